import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { editsOfBlock, parseAnswer } from '../../../src/core/edits/parseAnswer.ts';
import { planFile, resultOf } from '../../../src/core/edits/planFile.ts';
import type { ProposedEdit } from '../../../src/core/edits/proposal.ts';
import { codeBlocks } from '../../../src/core/common/codeBlocks.ts';
import { fenced, searchReplace } from './apply.ts';
import { imbalance } from '../../../src/core/edits/codeShape.ts';
import { nameWorthKeeping } from '../../../src/core/edits/declarations.ts';
import { blocksIn, REAL_FILES, type RealFile } from './realFiles.ts';

/**
 * Nets under the reader of answers. Whatever an answer looks like: its blocks together are the whole, the beginning of a
 * function deletes nothing behind it, and what belongs to the answer alone never gets into a file.
 */

const anyFile = fc.constantFrom(...REAL_FILES);

/** What becomes of a file under these edits: the text, or null where something is refused. */
function outcome(edits: readonly ProposedEdit[], text: string | null, path?: string): string | null {
  const plan = planFile(edits, { text, path });
  return plan.failures.length > 0 ? null : plan.kind === 'delete' ? '' : resultOf(text, plan);
}

/** The text of a file after an answer; the same text where any of it is refused. */
function applied(answer: string, { name, text }: { readonly name: string; readonly text: string }): string {
  const { edits, problems } = parseAnswer(answer, { origin: name });
  const own = edits.filter(({ path }) => path === null || path === name);
  return problems.length > 0 ? text : (outcome(own, text, name) ?? text);
}

const linesOf = (text: string): string[] => text.replace(/\n$/, '').split('\n');

/** Whether these lines are in a text in this order. */
function holdsInOrder(text: string, wanted: readonly string[]): boolean {
  let at = 0;
  for (const line of linesOf(text)) if (at < wanted.length && line === wanted[at]) at += 1;
  return at === wanted.length;
}

/** A line with another content that is still code. */
const changed = (line: string): string =>
  /\d/.test(line) ? line.replace(/\d+/, '777') : line.replace(/\p{L}{3,}(?=\P{L}*$)/u, 'changed');

/** An answer that changes one line of a file, in one of the formats, and the file afterward. */
const rightAnswer = fc
  .record({
    file: anyFile,
    at: fc.nat(),
    format: fc.constantFrom('search', 'diff', 'patch', 'whole', 'function'),
    isBare: fc.boolean(),
  })
  .map(({ file, at, format, isBare }) => {
    const lines = linesOf(file.text);
    const places = lines.flatMap((line, i) => (/\p{L}{4}/u.test(line) && changed(line) !== line ? [i] : []));
    const line = places[at % places.length] as number;
    const after = lines.with(line, changed(lines[line] ?? ''));
    const [from, to] = [Math.max(0, line - 3), Math.min(lines.length, line + 4)];
    const hunk = [
      ...lines.slice(from, line).map((each) => ` ${each}`),
      `-${lines[line]}`,
      `+${after[line]}`,
      ...lines.slice(line + 1, to).map((each) => ` ${each}`),
    ].join('\n');
    const block = blocksIn(lines).find(({ start, end }) => start <= line && end > line) ?? {
      start: 0,
      end: lines.length,
    };
    const texts = {
      search: searchReplace(lines.slice(from, to).join('\n'), after.slice(from, to).join('\n')),
      diff: `--- a/${file.name}\n+++ b/${file.name}\n@@ -${from + 1},${to - from} +${from + 1},${to - from} @@\n${hunk}`,
      patch: `*** Begin Patch\n*** Update File: ${file.name}\n@@\n${hunk}\n*** End Patch`,
      whole: after.join('\n'),
      function: after.slice(block.start, block.end).join('\n'),
    };
    const info = { search: file.language, diff: 'diff', patch: '', whole: file.language, function: file.language }[
      format
    ];
    const text = texts[format];
    const body = isBare && (format === 'patch' || format === 'search' || format === 'diff') ? text : fenced(text, info);
    return {
      file,
      format,
      line,
      after: `${after.join('\n')}\n`,
      answer: `\`${file.name}\`:\n\n${body}\n\nThat is all.`,
    };
  });

test('a right answer in any format gives the file that it describes, or changes nothing', () => {
  let [right, all] = [0, 0];
  fc.assert(
    fc.property(rightAnswer, ({ file, after, answer }) => {
      const text = applied(answer, file);
      all += 1;
      if (text === after) right += 1;
      else assert.equal(text, file.text, answer);
    }),
    { numRuns: 600 },
  );
  assert.ok(right / all > 0.85, `${right} of ${all} were applied`);
});

test('all blocks of an answer together give what the whole answer gives', () => {
  const corpus = fs
    .readdirSync(path.join(import.meta.dirname, 'corpus'))
    .flatMap((name) => fs.readFileSync(path.join(import.meta.dirname, 'corpus', name), 'utf8').split(/^§ case.*$/m))
    .flatMap((each) => {
      const [, before = '', answer = ''] = /^§ before\n([^]*?)^§ answer\n([^]*?)^§ /m.exec(each) ?? [];
      return answer === '' ? [] : [{ answer, before }];
    });
  assert.ok(corpus.length > 100);
  const check = (answer: string, before: string): void => {
    const whole = parseAnswer(answer);
    const blocks = codeBlocks(answer).map((_, i) => editsOfBlock(answer, i));
    const together = blocks.flatMap((each) => each?.edits ?? []);
    const paths = new Set([...whole.edits, ...together].map(({ path }) => path));
    // What is outside of any fence has no button of its own.
    if (!/^[\s>]*(?:```|~~~)/m.test(answer)) return;
    for (const path of paths) {
      const of = (edits: readonly ProposedEdit[]) =>
        outcome(
          edits.filter((edit) => edit.path === path),
          before,
        );
      assert.equal(of(together), of(whole.edits), `${path}\n${answer}`);
    }
    for (const { problem } of whole.problems)
      assert.ok(
        blocks.some((each) => each?.problems.some((one) => one.problem === problem)),
        answer,
      );
  };
  for (const { answer, before } of corpus) check(answer, before);
  const piece = fc.oneof(
    rightAnswer.filter(({ answer }) => answer.includes('```')).map(({ answer }) => answer),
    fc.constantFrom(
      'Then run:\n\n```bash\nnpm test\n```',
      '- `src/a.ts`: the number',
      'README.md\n```markdown\n# Tool\n\n```bash\nnpm i\n```\n\n## Usage\n\nRun it.\n```',
      '### src/a/page.ts\n```ts\nexport default 1;\n```',
      '### src/b/page.ts\n```ts\nexport default 1;\n```',
      '> In `src/a.ts`:\n>\n> ```ts\n> export const a = 1;\n> ```',
      '1. In `src/a.ts`:\n\n   ```ts\n   export const a = 1;\n   ```',
    ),
  );
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 4 }), anyFile, (pieces, { text }) =>
      check(pieces.join('\n\n'), text),
    ),
    { numRuns: 200 },
  );
});

test('the first lines of any function delete nothing behind them, changed or not', () => {
  for (const { name, text, language } of REAL_FILES) {
    const lines = linesOf(text);
    for (const { start, end } of blocksIn(lines)) {
      for (let k = 1; k < end - start; k++) {
        const shown = lines.slice(start, start + k);
        assert.equal(
          applied(fenced(shown.join('\n'), language), { name, text }),
          text,
          `${name}:${start + 1}, ${k} lines`,
        );
        for (const i of new Set([k - 1, k >> 1])) {
          if (i === 0) continue;
          const with1 = shown.with(i, changed(shown[i] ?? ''));
          const rest = lines.filter((_, line) => line !== start + i);
          const after = applied(fenced(with1.join('\n'), language), { name, text });
          assert.ok(
            holdsInOrder(after, rest),
            `${name}:${start + 1}, ${k} lines, changed at ${i}\n${with1.join('\n')}\n---\n${after}`,
          );
        }
      }
    }
  }
});

test('the first lines of any file delete nothing behind them', () => {
  for (const { name, text, language } of REAL_FILES) {
    const lines = linesOf(text);
    for (let k = 1; k < lines.length; k++)
      for (const heading of ['', `${name}\n`]) {
        const after = applied(heading + fenced(lines.slice(0, k).join('\n'), language), { name, text });
        assert.equal(after, text, `${name}, ${k} lines`);
      }
  }
});

const STRAY = [
  '```',
  '```ts',
  '~~~',
  '<<<<<<< SEARCH',
  '=======',
  '>>>>>>> REPLACE',
  '------- SEARCH',
  '+++++++ REPLACE',
  '*** Begin Patch',
  '*** End Patch',
  '*** Update File: src/other.ts',
  '// ... existing code ...',
  '# ... rest of the file ...',
  '...',
  '<!-- ... -->',
  '[...]',
  '```bash\nnpm install left-pad\n```',
  'Then run:\n\n```sh\nnpm install left-pad\n```',
  '$ npm install left-pad',
];

test('marks, fences, omissions and commands anywhere in a right answer never get into the file', () => {
  fc.assert(
    fc.property(
      rightAnswer,
      fc.array(fc.record({ text: fc.constantFrom(...STRAY), at: fc.nat() }), { minLength: 1, maxLength: 3 }),
      ({ file, answer }, strays) => {
        let lines = answer.split('\n');
        for (const { text, at } of strays) lines = lines.toSpliced(at % (lines.length + 1), 0, text);
        const after = applied(lines.join('\n'), file);
        const known = new Set(linesOf(file.text));
        const bad = linesOf(after).filter(
          (line) =>
            !known.has(line) &&
            strays.some(({ text }) => text.split('\n').some((one) => one.trim() !== '' && line.trim() === one)),
        );
        assert.deepEqual(bad, [], lines.join('\n'));
      },
    ),
    { numRuns: 1_500 },
  );
});

/**
 * What may not go unseen when an answer gives a file or function whole. It says what goes by not showing it, so a few
 * lines inside a function may; functions, ends, imports that the code uses, closing brackets and most of a file may not.
 */
function unseenLoss(file: RealFile, changedAt: number, after: string, mentioned: ReadonlySet<string>): string[] {
  if (after === file.text) return [];
  const [before, now] = [linesOf(file.text), linesOf(after)].map((lines) => lines.filter((line) => line.trim() !== ''));
  if (!before || !now) return ['no lines'];
  const found: string[] = [];
  const declared = new Set(now.flatMap((line) => nameWorthKeeping(line) ?? []));
  for (const [at, line] of linesOf(file.text).entries()) {
    const name = at === changedAt ? null : nameWorthKeeping(line);
    if (name !== null && !declared.has(name) && !mentioned.has(line.trim())) found.push(`declaration: ${line}`);
  }
  for (const [end, line] of [
    ['first', before[0] ?? ''],
    ['last', before.at(-1) ?? ''],
  ] as const)
    if (
      !now.includes(line) &&
      !mentioned.has(line.trim()) &&
      line !== linesOf(file.text)[changedAt] &&
      now.length < before.length
    )
      found.push(`${end}: ${line}`);
  if (before.length - now.length >= 10 && now.length * 2 < before.length) found.push('more than half');
  const [was, is] = [imbalance(before), imbalance(now)];
  // A `case` of a shell never balances.
  if (file.language !== 'bash' && (is.open > was.open || is.closed > was.closed))
    found.push(`brackets: ${is.open} open, ${is.closed} closed`);
  return found;
}

test('lines that the answer does not mention, and does not show as removed, are all still there', () => {
  fc.assert(
    fc.property(rightAnswer, fc.nat(), fc.nat(6), ({ file, format, line, answer }, at, count) => {
      // Some lines of the answer are lost on the way, as they are when a model shortens.
      const lines = answer.split('\n');
      const cut = lines.toSpliced(at % lines.length, count).join('\n');
      const after = applied(cut, file);
      const mentioned = new Set(cut.split('\n').map((each) => each.replace(/^[ +-]/, '').trim()));
      const rest = linesOf(file.text).filter((each, i) => i !== line && !mentioned.has(each.trim()));
      if (format !== 'whole' && format !== 'function') assert.ok(holdsInOrder(after, rest), `${cut}\n---\n${after}`);
      else assert.deepEqual(unseenLoss(file, line, after, mentioned), [], `${cut}\n---\n${after}`);
    }),
    { numRuns: 600 },
  );
});
