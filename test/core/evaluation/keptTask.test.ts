import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  CHECK_KINDS,
  formatTask,
  parseTask,
  secretsIn,
  taskFileName,
  type Check,
  type KeptTask,
} from '../../../src/core/evaluation/keptTask.ts';

/** Tasks are files that people read and edit: what is written is read back, and a wrong line is named. */

export const TASK: KeptTask = {
  name: 'Find the race in stock.go',
  kept: '2026-11-30',
  tier: 'mid',
  model: { provider: 'cloud', model: 'deepseek/deepseek-v4' },
  checks: [{ kind: 'applies' }, { kind: 'contains', text: 'sync.Mutex' }],
  messages: [
    { role: 'system', content: 'You are a coding assistant.' },
    { role: 'user', content: 'Is this safe?\n\n```go\nfunc f() {}\n```' },
  ],
  answer: 'No:\n\n```go\nfunc g() {}\n```',
  files: [{ path: 'stock/stock.go', before: 'func f() {}\n', after: 'func g() {}\n' }],
};

// A file has no lone surrogates and no carriage returns. Some characters end a line for JavaScript only.
const text = fc
  .oneof(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.constantFrom('  ', 'a\u2028b', '\u2029', '\u0085'))
  .map((value) => value.replaceAll('\r', '').toWellFormed());
const lines = fc
  .array(fc.oneof(text, fc.constantFrom('```', '````js', '## answer', '---', '## user', '    ')), { maxLength: 6 })
  .map((parts) => parts.join('\n'));
const word = fc.stringMatching(/^[a-z][a-z0-9 "'\\#:-]{0,20}[a-z]$/);
const check: fc.Arbitrary<Check> = fc.oneof(
  fc.constantFrom<Check>({ kind: 'answers' }, { kind: 'parses' }, { kind: 'applies' }, { kind: 'keeps' }),
  fc.record({ kind: fc.constantFrom('contains' as const, 'lacks' as const), text: text.filter(Boolean) }),
  fc.constant<Check>({ kind: 'schema', schema: '{"type":"object"}' }),
  fc.record({ kind: fc.constant('command' as const), command: text.filter(Boolean) }),
);
const task: fc.Arbitrary<KeptTask> = fc.record(
  {
    name: word,
    kept: fc.constant('2026-11-30'),
    tier: fc.constantFrom('local' as const, 'mid' as const, 'frontier' as const),
    model: fc.record({ provider: fc.stringMatching(/^[a-z]{1,8}$/), model: fc.stringMatching(/^[a-z0-9/:.-]{1,20}$/) }),
    prompt: fc.option(
      fc.record(
        {
          name: fc.stringMatching(/^[a-z]{1,9}$/),
          version: fc.stringMatching(/^[0-9a-f]{1,9}$/),
          text: lines,
          input: lines,
        },
        { requiredKeys: ['name', 'version'] },
      ),
      {
        nil: undefined,
      },
    ),
    checks: fc.array(check, { minLength: 1, maxLength: 4 }),
    messages: lines.map((content) => [{ role: 'user' as const, content }]),
    answer: lines,
    files: fc.uniqueArray(
      fc.record({
        path: fc.stringMatching(/^[a-z]{1,8}\/[a-z ]{0,5}[a-z]\.ts$/),
        before: fc.option(lines),
        after: lines,
      }),
      { selector: ({ path }) => path, maxLength: 3 },
    ),
  },
  { requiredKeys: ['name', 'kept', 'tier', 'model', 'checks', 'messages', 'answer', 'files'] },
);

test('what is written is read back, whatever the texts hold', () => {
  fc.assert(
    fc.property(task, (written) => {
      const parsed = parseTask(formatTask(written));
      assert.ok('task' in parsed, JSON.stringify(parsed));
      assert.deepEqual(parsed.task, JSON.parse(JSON.stringify(written)));
    }),
    { numRuns: 500 },
  );
});

test('a wrong file is reported with its line', () => {
  const good = formatTask(TASK);
  const cases: readonly [string, RegExp, number][] = [
    [good.replace(/^name: .*$/m, ''), /needs a name/, 1],
    [good.replace('tier: mid', 'tier: middle'), /The tier of a task is one of: local, mid, frontier/, 4],
    [good.replace(/^model: .*$/m, 'model: deepseek'), /provider\/model/, 5],
    [good.replace('- applies', '- aplies'), /"aplies" is not a check\. The checks are: answers/, 7],
    [good.replace('contains "sync.Mutex"', 'contains'), /The check "contains" needs a text/, 8],
    [good.replace('contains "sync.Mutex"', 'schema "{"'), /needs a text|not valid JSON/, 8],
    [good.replace(/^ {2}- .*\n/gm, ''), /at least one check/, 6],
    [good.replace('## user', '## asked'), /last message/, 1],
    [good.replace('## answer', '## result'), /stored answer/, 1],
    ['x'.repeat(1_000_001), /too long/, 1],
    ['', /needs a name/, 1],
  ];
  for (const [file, words, line] of cases) {
    const parsed = parseTask(file);
    assert.ok('problem' in parsed, file.slice(0, 80));
    assert.match(parsed.problem.words, words);
    assert.equal(parsed.problem.line, line, parsed.problem.words);
  }
  assert.equal(CHECK_KINDS.length, 9);
});

test('a secret anywhere in a task is found; a masked one does not count', () => {
  const secret = `ghp_${'a1B2c3D4e5F6'.repeat(3)}`;
  assert.equal(secretsIn(TASK), 0);
  assert.equal(secretsIn({ ...TASK, answer: `Use ${secret}.` }), 1);
  assert.equal(secretsIn({ ...TASK, files: [{ path: 'a', before: null, after: `token = "${secret}"` }] }), 1);
  assert.equal(secretsIn({ ...TASK, messages: [{ role: 'user', content: `${secret} why?` }] }), 1);
  assert.equal(secretsIn({ ...TASK, answer: 'Use «masked secret 1a2b3c».' }), 0);
});

test('files are named after their tasks, and no name is used twice', () => {
  assert.equal(taskFileName('Find the race in stock.go', new Set()), 'find-the-race-in-stock-go.md');
  assert.equal(taskFileName('Über die Größe', new Set()), 'über-die-größe.md');
  assert.equal(taskFileName('../../etc', new Set()), 'etc.md');
  assert.equal(taskFileName('!!!', new Set(['task.md'])), 'task-2.md');
  assert.equal(taskFileName('a', new Set(['a.md', 'a-2.md'])), 'a-3.md');
});
