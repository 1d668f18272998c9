import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseAnswer } from '../../../src/core/edits/parseAnswer.ts';
import { leastCpuMs } from '../../support/cpuTime.ts';
import { planFile, resultOf } from '../../../src/core/edits/planFile.ts';

/** Answers that are broken or meant to cost: reading and planning stay quick, whatever is repeated. */

const numbered = (count: number, text: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => text(i)).join('\n');

test('H5 a search block with a thousand dividers is read at once, and the first of them counts', () => {
  for (const body of ['=======\n'.repeat(1_000), 'a\n=======\nb\n'.repeat(1_000)]) {
    const answer = `a.ts\n<<<<<<< SEARCH\n${body}>>>>>>> REPLACE\n`;
    assert.ok(leastCpuMs(() => parseAnswer(answer), 300) < 300);
    const [edit] = parseAnswer(answer).edits;
    assert.equal(edit?.kind, 'blocks');
  }
});

test('H5 a file of 8,000 lines that all change is planned at once, as a whole, in part, and as functions', () => {
  const forms: Readonly<Record<string, readonly [string, string]>> = {
    all: [numbered(8_000, (i) => `line ${i} x`), numbered(8_000, (i) => `line ${i} y`)],
    half: [
      numbered(8_000, (i) => (i % 2 ? `same ${i}` : `line ${i} x`)),
      numbered(8_000, (i) => (i % 2 ? `same ${i}` : `line ${i} y`)),
    ],
    functions: [
      numbered(2_700, (i) => `function f${i}() {\n  return ${i};\n}`),
      numbered(2_700, (i) => `function f${2_700 - i}() {\n    return ${i} + 1;\n}`),
    ],
    added: ['function first() {\n}\n', numbered(2_700, (i) => `function g${i}() {\n}`)],
  };
  for (const [name, [before, after]] of Object.entries(forms)) {
    const { edits } = parseAnswer(`\`\`\`ts a.ts\n${after}\n\`\`\`\n`);
    const ms = leastCpuMs(() => planFile(edits, { text: before }), 500);
    assert.ok(ms < 500, `${name}: ${Math.round(ms)} ms`);
    resultOf(before, planFile(edits, { text: before }));
  }
});

test('H5 thousands of edits of one file are planned in time: the first are proposed, the rest are counted', () => {
  const text = numbered(5_000, (i) => (i % 3 ? `line ${i} x` : '}'));
  const search = (from: string, to: string): string => `<<<<<<< SEARCH\n${from}\n=======\n${to}\n>>>>>>> REPLACE\n`;
  const answers: Readonly<Record<string, string>> = {
    wholes: 'a.ts\n```\nx\n```\n'.repeat(4_000),
    same: `a.ts\n${search('}', '}}').repeat(4_000)}`,
    near: `a.ts\n${numbered(4_000, (i) => search(`  line ${i} xq\nzz`, 'b'))}`,
    readings: `a.ts\n${`<<<<<<< SEARCH\na\n${'=======\n'.repeat(20)}>>>>>>> REPLACE\n`.repeat(1_000)}`,
  };
  for (const [name, answer] of Object.entries(answers)) {
    const parsed = parseAnswer(answer);
    assert.ok(parsed.edits.length > 0, name);
    assert.ok(
      parsed.problems.some(({ problem }) => problem === 'too-many'),
      name,
    );
    const ms = leastCpuMs(() => planFile(parsed.edits, { text }), 1_500);
    assert.ok(ms < 1_500, `${name}: ${Math.round(ms)} ms`);
  }
  const honest = parseAnswer(`a.ts\n${numbered(150, (i) => search(`line ${3 * i + 1} x`, 'b'))}`);
  assert.deepEqual(honest.problems, []);
});

test('H5 200 kB of any mark of an edit are read in time', () => {
  const marks = ['```\n', '~~~\n', '```md\n', '```ts a.ts\n', '<<<<<<< SEARCH\n', '=======\n', '>>>>>>> REPLACE\n', '<<<<<<< x\n', '--- a\n+++ b\n', '@@ -1 +1 @@\n', 'diff --git a/b b/b\n', 'a.ts\n', '`a.ts`\n', '- ```js\n', '+\n', '-\n', '\n']; // prettier-ignore
  for (const mark of marks) {
    const ms = leastCpuMs(() => parseAnswer(mark.repeat(Math.ceil(200_000 / mark.length))), 500);
    assert.ok(ms < 500, `${JSON.stringify(mark)}: ${Math.round(ms)} ms`);
  }
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...marks), fc.integer({ min: 1, max: 500 })), { maxLength: 15 }),
      (parts) => {
        const answer = parts.map(([mark, count]) => mark.repeat(count)).join('');
        assert.ok(leastCpuMs(() => parseAnswer(answer), 500) < 500);
      },
    ),
    { numRuns: 60 },
  );
});
