import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseAnswer } from '../../../src/core/edits/parseAnswer.ts';
import { planFile, resultOf } from '../../../src/core/edits/planFile.ts';
import { fenced, searchReplace } from './apply.ts';
import { SMALL_FILES, type SmallFile } from './smallFiles.ts';

/**
 * The guard in every language: whatever a comment says, it deletes nothing that it stands for; a part of a function or
 * file deletes nothing behind it; and a comment that is only added is no reason to refuse.
 */

const textOf = (lines: readonly string[]): string => `${lines.join('\n')}\n`;

/** The text of a file after an answer; the same text where any of it is refused. */
function applied(answer: string, { name, lines }: SmallFile): string {
  const text = textOf(lines);
  const { edits, problems } = parseAnswer(answer, { origin: name });
  const plan = planFile(
    edits.filter(({ path }) => path === null || path === name),
    { text, path: name },
  );
  return problems.length > 0 || plan.failures.length > 0 ? text : resultOf(text, plan);
}

/** The first of these lines that is not in the text, in this order; undefined where all are. */
function lostOf(text: string, wanted: readonly string[]): string | undefined {
  let at = 0;
  for (const line of text.split('\n')) if (at < wanted.length && line === wanted[at]) at += 1;
  return wanted[at];
}

const changed = (line: string): string =>
  /\d/.test(line) ? line.replace(/\d+/, '777') : line.replace(/\p{L}{3,}(?=\P{L}*$)/u, 'changed');

const indentOf = (line: string): string => /^\s*/.exec(line)?.[0] ?? '';

/** A file, a block of it or all of it, and a line in which a number changes. */
const anyChange = fc
  .record({ file: fc.constantFrom(...SMALL_FILES), block: fc.nat(), at: fc.nat(), comment: fc.nat() })
  .map(({ file, block, at, comment }) => {
    const all = [...file.blocks, { start: 0, end: file.lines.length }];
    const { start, end } = all[block % all.length] ?? { start: 0, end: 0 };
    const [before, after] = file.comments[comment % file.comments.length] ?? ['', ''];
    const numbers = file.lines.flatMap((line, i) => (i >= start && i < end && /\d/.test(line) ? [i] : []));
    return { file, start, end, at: numbers[at % Math.max(1, numbers.length)] ?? -1, before, after };
  });

/** Words in any script, as models write them in place of code and as people write them about it. */
const words = fc.oneof(
  fc.constantFrom(
    '... existing code ...',
    'rest unchanged',
    'остальной код',
    '残りは変更なし',
    'باقي الكود',
    '…',
    'snip',
  ),
  fc
    .array(fc.string({ unit: fc.constantFrom(...'abcdeéßжд中日한ب'), minLength: 2, maxLength: 8 }), {
      minLength: 1,
      maxLength: 5,
    })
    .map((each) => each.join(' ')),
);

test('a comment in any language in place of two lines or more deletes none of them', () => {
  fc.assert(
    fc.property(anyChange, words, fc.nat(), fc.nat(), ({ file, start, end, at, before, after }, said, from, count) => {
      const { lines, language, name } = file;
      const first = start + 1 + (from % Math.max(1, end - start - 2));
      const last = Math.min(end, first + 2 + (count % 6));
      const vanish = lines.slice(first, last);
      // What goes must be code, of the same block, and not the line that changes.
      const isCode = (line: string): boolean => /\p{L}/u.test(line) && !/^\s*(?:end\b|<\/|esac|done|fi\b)/i.test(line);
      const outer = indentOf(lines[first] ?? '').length;
      if (vanish.length < 2 || !vanish.every(isCode) || vanish.some((line) => indentOf(line).length < outer)) return;
      const now = lines.map((line, i) => (i === at ? changed(line) : line));
      const comment = `${indentOf(lines[first] ?? '')}${before}${said}${after}`;
      const piece = [...now.slice(start, first), comment, ...now.slice(last, end)];
      const whole = [...now.slice(0, first), comment, ...now.slice(last)];
      const kept = lines.filter((_, i) => i !== at || (i >= first && i < last));
      for (const answer of [
        fenced(piece.join('\n'), language),
        `${name}\n${fenced(whole.join('\n'), language)}`,
        `${name}\n${searchReplace(lines.slice(start, end).join('\n'), piece.join('\n'))}`,
      ])
        assert.equal(lostOf(applied(answer, file), kept), undefined, answer);
    }),
    { numRuns: 1_500 },
  );
});

test('a comment in any language that is only added is written, with the line that changes', () => {
  let [pieces, right] = [0, 0];
  const plainWords = words.filter((said) => !/\.\.\.|…|snip|rest|остальн|残り|باقي/.test(said));
  fc.assert(
    fc.property(anyChange, plainWords, fc.nat(), ({ file, start, end, at, before, after }, said, place) => {
      const { lines, language, name } = file;
      const now = lines.map((line, i) => (i === at ? changed(line) : line));
      const i = start + 1 + (place % Math.max(1, end - start - 1));
      const comment = `${indentOf(lines[i] ?? '')}${before}${said}${after}`;
      const expected = textOf(now.toSpliced(i, 0, comment));
      const block = now
        .slice(start, end)
        .toSpliced(i - start, 0, comment)
        .join('\n');
      const answer = `${name}\n${searchReplace(lines.slice(start, end).join('\n'), block)}`;
      assert.equal(applied(answer, file), expected, answer);
      // A piece that no line declares is not placed; nothing may come out that differs.
      const piece = applied(fenced(block, language), file);
      pieces += 1;
      if (piece === expected) right += 1;
      else assert.equal(piece, textOf(lines), block);
    }),
    { numRuns: 1_000 },
  );
  assert.ok(right / pieces > 0.8, `${right} of ${pieces} pieces were applied`);
});

for (const file of SMALL_FILES)
  test(`${file.name}: the first lines of any function or of the file delete nothing behind them`, () => {
    const { lines, language, name } = file;
    for (const { start, end } of [...file.blocks, { start: 0, end: lines.length }])
      for (let k = 1; k < end - start; k++)
        for (const i of new Set([-1, k - 1, k >> 1])) {
          if (i === 0) continue;
          const shown = lines.slice(start, start + k).map((line, at) => (at === i ? changed(line) : line));
          const kept = lines.filter((_, at) => i < 0 || at !== start + i);
          for (const heading of ['', `${name}\n`]) {
            const answer = heading + fenced(shown.join('\n'), language);
            assert.equal(lostOf(applied(answer, file), kept), undefined, answer);
          }
        }
  });

test('a file that is written from scratch is not merged with the old one in pieces', () => {
  const before = [
    "import a from 'a';",
    '',
    'const limit = 1;',
    '',
    "test('one', () => {",
    '  a(limit);',
    '  b(limit);',
    '  c(limit);',
    '});',
  ];
  const after = [
    "import a from 'a';",
    '',
    '/** Other words. */',
    'const sizes = [1, 2];',
    '',
    "test('every size', () => {",
    '  for (const size of sizes) a(size);',
    '});',
    '',
    "test('one', () => {",
    '  d(sizes);',
    '});',
  ];
  const file: SmallFile = { name: 'one.test.ts', language: 'ts', comments: [], lines: before, blocks: [] };
  assert.equal(applied(`one.test.ts\n${fenced(after.join('\n'))}`, file), textOf(before));
});
