import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { listOf, readFrontMatter, textIn } from '../../../src/core/chat/frontMatter.ts';
import { appliesTo, foldersAbove, instructionsIn, parseInstructions } from '../../../src/core/chat/instructionFiles.ts';
import { cpuMs } from '../../support/cpuTime.ts';

const head = (...lines: string[]) => readFrontMatter(`---\n${lines.join('\n')}\n---\nBody`).head;

test('values in all forms that published heads use', () => {
  const found = head(
    'plain: a b # comment',
    'quoted: "a: \\"b\\""',
    "single: 'it''s'",
    'colon: use when: it hangs',
    'star: *',
    'folded: >-',
    '  one',
    '  two',
    '',
    '  three',
    'literal: |',
    '  one',
    '    two',
    'inline: [a, "b, c", \'d\']',
    'list:',
    '- x',
    '- "y"',
    'empty:',
    'spaced : yes',
    'url: https://example.com/#x',
  );
  assert.deepEqual(Object.fromEntries(found), {
    plain: 'a b',
    quoted: 'a: "b"',
    single: "it's",
    colon: 'use when: it hangs',
    star: '*',
    folded: 'one two\nthree',
    literal: 'one\n  two',
    inline: ['a', 'b, c', 'd'],
    list: ['x', 'y'],
    empty: [],
    spaced: 'yes',
    url: 'https://example.com/#x',
  });
});

test('globs are split at commas outside braces, in texts and in lists', () => {
  assert.deepEqual(listOf(head('applyTo: "**/*.{ts,tsx},src/**"'), 'applyto'), ['**/*.{ts,tsx}', 'src/**']);
  assert.deepEqual(listOf(head("applyTo: ['a/**', 'b/*.md']"), 'applyto'), ['a/**', 'b/*.md']);
  assert.deepEqual(listOf(head('applyTo: **/*.ts, **/*.js'), 'applyto'), ['**/*.ts', '**/*.js']);
  assert.equal(textIn(head('argument-hint: x'), 'argumenthint'), 'x');
});

test('a file without a head, with an open one, and with a line in its text is all text', () => {
  for (const text of ['Just text', '---\nname: x\nno end', 'A\n\n---\n\nB'])
    assert.equal(readFrontMatter(text).body, text);
  assert.equal(readFrontMatter('\uFEFF---\r\nname: x\r\n---\r\nText\r\n').body, 'Text');
});

test('every file is read quickly and without failing', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('---\n', '- ', ': ', 'a', '>-', '\n', '  ', '"', "'", '[', ']', ',')),
      (parts) => {
        readFrontMatter(parts.join(''));
      },
    ),
  );
  const begun = cpuMs();
  readFrontMatter(`---\n${'x: ["'.repeat(20_000)}`);
  readFrontMatter(`---\nx: [${'"a'.repeat(7_000)}\n---\n`);
  assert.ok(cpuMs() - begun < 500);
});

test('instructions are for the files that match, or for every question', () => {
  const of = (line: string) => parseInstructions(`---\n${line}\n---\nUse tabs.`);
  assert.ok(appliesTo(of("applyTo: '**'"), []));
  assert.ok(appliesTo(of('applyTo: **/*'), []));
  assert.ok(appliesTo(of('applyTo: *'), []));
  assert.ok(appliesTo(of('applyTo: "**/*.ts,**/*.tsx"'), ['src/a.tsx']));
  assert.ok(appliesTo(of('applyTo: *.py'), ['deep/down/a.py']));
  assert.ok(!appliesTo(of('applyTo: "src/**"'), ['test/a.ts']));
  assert.ok(!appliesTo(of('description: only when asked for'), ['src/a.ts']));
  assert.equal(of('applyTo: x').body, 'Use tabs.');
});

test('rules of other assistants say in their own heads what they are for', () => {
  const of = (head: string, isForAll = false) => parseInstructions(`---\n${head}\n---\nUse tabs.`, isForAll).applyTo;
  const cases: readonly (readonly [head: string, isForAll: boolean, globs: readonly string[]])[] = [
    // Cursor: a rule without a scope is used by name, or when the model asks for it.
    ['alwaysApply: true\nglobs: *.ts', false, ['**']],
    ['description: API\nglobs: src/**/*.ts, *.tsx\nalwaysApply: false', false, ['src/**/*.ts', '*.tsx']],
    ['description: API\nglobs:\nalwaysApply: false', false, []],
    // Windsurf
    ['trigger: always_on', false, ['**']],
    ['trigger: glob\nglobs: "**/*.go"', false, ['**/*.go']],
    ['trigger: manual\nglobs: "**/*.go"', false, []],
    ['trigger: model_decision\ndescription: Go', false, []],
    // Cline and Claude: a rule without a scope is for everything.
    ['description: All', true, ['**']],
    ['paths:\n  - src/api/**\n  - "*.sql"', true, ['src/api/**', '*.sql']],
    ['paths: []', true, []],
  ];
  for (const [head, isForAll, globs] of cases) assert.deepEqual(of(head, isForAll), globs, head);
  assert.deepEqual(parseInstructions('Use tabs.', true).applyTo, ['**']);
  assert.deepEqual(parseInstructions('Use tabs.').applyTo, []);
});

test('the folders above files, the outermost first, and none outside', () => {
  assert.deepEqual(foldersAbove(['a/b/c.ts', 'a/d.ts', 'root.ts', 'e/']), ['a', 'e', 'a/b']);
  assert.deepEqual(foldersAbove(['../x/y.ts', 'a/../../z.ts']), []);
});

test('a CLAUDE.md that only points at AGENTS.md has no text of its own', () => {
  assert.equal(instructionsIn('@AGENTS.md\n'), '');
  assert.equal(instructionsIn('@AGENTS.md\n\nAnd use tabs.'), '@AGENTS.md\n\nAnd use tabs.');
});
