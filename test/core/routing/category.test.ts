import assert from 'node:assert/strict';
import { test } from 'node:test';
import { categoryOf } from '../../../src/core/routing/category.ts';
import type { Category } from '../../../src/core/ledger/categories.ts';

const QUESTIONS: Readonly<Record<Category, readonly string[]>> = {
  naming: ['Rename this variable to something better', 'Benenne die Variable um'],
  lookup: ['What does Array.prototype.flatMap do?', 'How do I sort a map by value in Go?', 'Erkläre diesen Code'],
  feature: ['Implement pagination for the user list', 'Add a dark mode toggle to the settings page'],
  tests: ['Write unit tests for this parser', 'Schreibe Tests für diese Funktion', '为这个函数写单元测试'],
  docs: ['Document this function', 'Add a comment to this function'],
  bug: ['Fix the crash when the list is empty', 'Why does this throw a TypeError?', '修复这个错误'],
  refactoring: ['Refactor this class into smaller functions', 'Convert this legacy code to modern patterns'],
  review: ['Review this code'],
  architecture: [
    'Design the architecture of a multi-tenant billing service',
    'Should we use Kafka or RabbitMQ for events?',
  ],
  other: ['hello', ''],
};

test('a question has the category that its words speak for, in any language', () => {
  for (const [category, texts] of Object.entries(QUESTIONS))
    for (const text of texts) assert.equal(categoryOf({ text, files: 0, contextTokens: 200 }), category, text);
});

test('an action says what it is, whatever was written with it', () => {
  const of = (action: string) => categoryOf({ text: 'design the architecture', files: 0, contextTokens: 0, action });
  assert.deepEqual(['/tests', '/fix', '/explain', 'commit-message'].map(of), ['tests', 'bug', 'lookup', 'docs']);
  assert.equal(of('/my-own'), 'architecture');
  assert.equal(categoryOf({ text: 'diff', files: 0, contextTokens: 0, task: 'review' }), 'review');
});
