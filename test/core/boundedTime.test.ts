import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCommand } from '../../src/core/chat/terminalCommand.ts';
import { parseTask } from '../../src/core/evaluation/keptTask.ts';
import { judge } from '../../src/core/evaluation/checks.ts';
import { Gitignore, plainIgnoredFolders } from '../../src/core/codebase/gitignore.ts';
import { cutPieces } from '../../src/core/codebase/choose.ts';
import { indexWhole, rangesOf } from '../../src/core/codebase/fileEntry.ts';
import { readCommitMessage } from '../../src/core/codeTools/commitMessage.ts';
import { readReview } from '../../src/core/codeTools/reviewFindings.ts';
import { jsonIn } from '../../src/core/common/jsonIn.ts';
import { readExport } from '../../src/core/insights/colleague.ts';
import { describeForHost, sentence } from '../../src/core/languageModels/sentences.ts';
import { parseVerdict } from '../../src/core/routing/classifier.ts';
import { parseRecipe } from '../../src/core/recipes/recipe.ts';
import { validate, withoutDuplicates, type JsonSchema } from '../../src/core/recipes/schema.ts';
import { cpuMsOf, leastCpuMs } from '../support/cpuTime.ts';

/** Readers of files and answers of others that came with recipes, kept tasks, `@codebase` and Insights. */

const HEAD = '---\nname: a\ndescription: a\ntier: mid\nmodel: a/b\nchecks:\n  - answers\n---\n';
const DIFF = 'diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n';
const PLACE = { provider: 'p', host: 'h', model: 'm', kind: 'openai' } as const;
const TASK = {
  checks: [{ kind: 'applies' }, { kind: 'schema', schema: '{"type":"object"}' }],
  files: [{ path: 'a.ts', before: 'a\n', after: 'b\n' }],
  messages: [],
} as const;

const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  'a kept task': parseTask,
  'the sections of a kept task': (text) => parseTask(`${HEAD}## ${text}`),
  'the checks of a kept task': (text) => parseTask(HEAD.replace('answers', text)),
  'an answer to a kept task': (text) => judge(TASK, text),
  'a recipe': (text) => parseRecipe('a.md', text, 'workspace'),
  'the heading of a stage': (text) => parseRecipe('a.md', `${HEAD}## ${text}`, 'workspace'),
  'the prompt of a stage': (text) => parseRecipe('a.md', `${HEAD}## extract (mid)\n${text}`, 'workspace'),
  'JSON in an answer': jsonIn,
  'a review': (text) => readReview(text, DIFF),
  'a commit message': readCommitMessage,
  'a command': readCommand,
  'the verdict of a judge': parseVerdict,
  'an ignore file': (text) => {
    plainIgnoredFolders(text);
    new Gitignore([{ folder: '', text }]).ignores('aaaaaaaa/bbbbbbbb/cccccc.ts');
  },
  'a file of the codebase': (text) => {
    const entry = indexWhole('a.ts', text);
    cutPieces('a.ts', text, rangesOf(entry), [0]);
  },
  "a colleague's export": readExport,
  'an error in the chat of the editor': (text) => [
    sentence(text),
    describeForHost({ kind: 'bad-request', detail: text }, PLACE),
  ],
};

const UNITS = [
  ...[' ', '\t', '\n', '\r', 'a', '.', '-', '_', '*', '#', '(', ')', '[', ']', '{', '}', '<', '>', '`', '~', '"', '\\'],
  ...['```\n', '```x\n', '```json\n', '## a\n', '## a (', '- a\n', '- a: b\n', '  - x\n', '---\n', '{"a":', '[1,', ','],
  ...[
    '{{a}}',
    '<answer>',
    '**',
    '\\"',
    'a: ',
    ': ',
    'a.b:1 ',
    '!',
    '|',
    '=======\n',
    'diff --git a/x b/x\n',
    'git commit ',
  ],
];

/** A text that is read in steps that grow with its square takes seconds at this length, in characters. */
const LENGTH = 60_000;
const MOST_MS = 700;

for (const [what, read] of Object.entries(READERS))
  test(`T23 ${what}: no text of others takes long`, () => {
    for (const unit of UNITS)
      for (const [before, after] of [
        ['', '!'],
        ['"', 'x'],
        ['```\n', '\n'],
      ]) {
        const text = `${before}${unit.repeat(LENGTH / unit.length)}${after}`;
        const ms = leastCpuMs(() => read(text), MOST_MS);
        assert.ok(ms < MOST_MS, `${JSON.stringify([before, unit, after])} took ${ms.toFixed(0)} ms`);
      }
  });

const LIST: JsonSchema = { type: 'array' };

test('T23 JSON of an answer: long, deep, wide and repeated values end soon', () => {
  assert.equal(jsonIn('['.repeat(100_000) + ']'.repeat(100_000)), undefined, 'deeper than anything asked for');
  assert.equal(jsonIn(`[${'1,'.repeat(600_000)}1]`), undefined, 'longer than an answer');
  assert.equal(jsonIn('['.repeat(70) + ']'.repeat(70)), undefined);
  assert.deepEqual(jsonIn('```\n{"a": [1, 2,]}\n```'), { value: { a: [1, 2] } });
  const wide = Array.from({ length: 100_000 }, (_, n) => n);
  assert.ok(cpuMsOf(() => withoutDuplicates(wide)) < 1_500);
  assert.equal((withoutDuplicates([...wide, ...wide]) as unknown[]).length, wide.length);
  const names = Array.from({ length: 5_000 }, (_, n) => `name ${n}`);
  const schema: JsonSchema = { type: 'array', items: { enum: names } };
  assert.ok(
    cpuMsOf(() =>
      validate(
        schema,
        Array.from({ length: 50_000 }, () => 'none'),
      ),
    ) < 1_500,
  );
  assert.equal(
    validate(
      schema,
      Array.from({ length: 50_000 }, () => 'none'),
    ).length,
    10,
    'the first problems',
  );
  assert.ok(
    cpuMsOf(() =>
      validate(
        schema,
        Array.from({ length: 50_000 }, (_, n) => names[n % 5_000]),
      ),
    ) < 1_500,
  );
  assert.deepEqual(validate(LIST, wide), []);
});
