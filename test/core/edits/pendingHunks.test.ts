import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { applyHunks, replacementsOf } from '../../../src/core/edits/hunks.ts';
import { readLines } from '../../../src/core/edits/lines.ts';
import { lineEditOf, PendingHunks } from '../../../src/core/edits/pendingHunks.ts';
import { hunksBetween } from '../../../src/core/edits/planFile.ts';

/** The user's decisions about hunks: in any order, with edits, undo and redo between them. */

const EOL = fc.constantFrom('\n', '\r\n');
const LINE = fc.constantFrom('', '}', '  return 1;', 'take(pool);', '// größe', 'const a = 1;', 'end');
/** A text before and after a proposal; both with or without a line end at the end. */
const TEXTS = fc
  .record({
    eol: EOL,
    before: fc.array(LINE, { maxLength: 12 }),
    after: fc.array(LINE, { maxLength: 12 }),
    open: fc.boolean(),
  })
  .map(({ eol, before, after, open }) => {
    const text = (lines: readonly string[]): string =>
      lines.length === 0 ? '' : lines.join(eol) + (open && lines.at(-1) !== '' ? '' : eol);
    return { before: text(before), after: text(after) };
  });

/** Accepts as the editor does: the text is written, then the change is told. */
function accept(pending: PendingHunks, ids: readonly string[]): void {
  pending.changed(pending.expectAccepted(ids), []);
}

test('all accepted is the proposal, all rejected is the original, and nothing waits any more', () => {
  fc.assert(
    fc.property(TEXTS, ({ before, after }) => {
      const hunks = hunksBetween(before, after);
      const whole = applyHunks(before, hunks);
      // Line ends stay as they were, so an empty line cannot be the last of a text that has no end.
      const proposed = readLines(after).content;
      if (proposed.at(-1) !== '') assert.deepEqual(readLines(whole).content, proposed);
      const accepted = new PendingHunks(before, hunks);
      accept(
        accepted,
        accepted.hunks.map(({ id }) => id),
      );
      assert.deepEqual([accepted.text, accepted.hunks], [whole, []]);
      const rejected = new PendingHunks(before, hunks);
      rejected.reject(rejected.hunks.map(({ id }) => id));
      assert.deepEqual([rejected.text, rejected.hunks], [before, []]);
    }),
  );
});

test('one by one in any order, the document is what the accepted hunks make of the original', () => {
  fc.assert(
    fc.property(
      TEXTS,
      fc.array(fc.tuple(fc.nat(), fc.boolean()), { minLength: 12, maxLength: 12 }),
      (texts, choices) => {
        const { before, after } = texts;
        // As above: once written, an empty last line is the line end of the text.
        fc.pre(readLines(after).content.at(-1) !== '');
        const hunks = hunksBetween(before, after);
        const pending = new PendingHunks(before, hunks);
        const taken = new Set<string>();
        for (const [at, isAccepted] of choices) {
          const hunk = pending.hunks[at % Math.max(1, pending.hunks.length)];
          if (!hunk) break;
          if (isAccepted) taken.add(hunk.id);
          if (isAccepted) accept(pending, [hunk.id]);
          else pending.reject([hunk.id]);
        }
        const expected = hunks.filter((_, i) => taken.has(String(i)));
        assert.equal(pending.text, applyHunks(before, expected));
      },
    ),
  );
});

test("the user's edits beside the hunks are kept, wherever and whenever they are made", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 3 }), { minLength: 2, maxLength: 12 }),
      fc.array(fc.tuple(fc.nat(), fc.boolean(), fc.nat()), { minLength: 1, maxLength: 6 }),
      (kinds, steps) => {
        // Line i is kept, replaced, removed or followed by new lines, by its kind; all lines are different.
        const before = kinds.map((_, i) => `old ${i}`);
        const hunks = kinds.flatMap((kind, i) => {
          if (kind === 1) return [{ start: i, end: i + 1, lines: [`new ${i}`], match: 'exact' as const }];
          if (kind === 2) return [{ start: i, end: i + 1, lines: [], match: 'exact' as const }];
          if (kind === 3) return [{ start: i + 1, end: i + 1, lines: [`added ${i}`], match: 'exact' as const }];
          return [];
        });
        const pending = new PendingHunks(`${before.join('\n')}\n`, hunks);
        let typed = 0;
        const written: string[] = [];
        for (const [at, isAccept, which] of steps) {
          const lines = pending.text.split('\n').slice(0, -1);
          if (isAccept) {
            const hunk = pending.hunks[which % Math.max(1, pending.hunks.length)];
            if (hunk) accept(pending, [hunk.id]);
            continue;
          }
          // The user writes a line of their own somewhere, in front of one that a hunk may replace.
          const line = at % (lines.length + 1);
          const mine = `mine ${typed++}`;
          written.push(mine);
          const from = { line, character: 0 };
          const lost = pending.changed(`${lines.toSpliced(line, 0, mine).join('\n')}\n`, [
            lineEditOf(from, from, `${mine}\n`),
          ]);
          assert.equal(lost, 0);
        }
        accept(
          pending,
          pending.hunks.map(({ id }) => id),
        );
        const left = pending.text.split('\n').slice(0, -1);
        assert.deepEqual(left.filter((line) => line.startsWith('mine')).sort(), written.sort());
        const expected = kinds.flatMap((kind, i) =>
          kind === 0 ? [`old ${i}`] : kind === 1 ? [`new ${i}`] : kind === 2 ? [] : [`old ${i}`, `added ${i}`],
        );
        assert.deepEqual(
          left.filter((line) => !line.startsWith('mine')),
          expected,
        );
      },
    ),
  );
});

test('a hunk whose lines the user edits is dropped, and is back when the user undoes that', () => {
  const before = 'a\nb\nc\nd\n';
  const pending = new PendingHunks(before, hunksBetween(before, 'a\nB\nc\nD\n'));
  const lost = pending.changed('a\nmine\nc\nd\n', [
    lineEditOf({ line: 1, character: 0 }, { line: 1, character: 1 }, 'mine'),
  ]);
  assert.equal(lost, 1);
  assert.deepEqual(
    pending.hunks.map(({ lines }) => lines),
    [['D']],
  );
  pending.changed(before, [lineEditOf({ line: 1, character: 0 }, { line: 1, character: 4 }, 'b')]);
  assert.deepEqual(
    pending.hunks.map(({ lines }) => lines),
    [['B'], ['D']],
  );
});

test('undoing an accepted hunk lets it wait again, redoing accepts it again, and a rejected one stays away', () => {
  const before = 'a\nb\nc\nd\n';
  const pending = new PendingHunks(before, hunksBetween(before, 'a\nB\nc\nD\n'));
  accept(pending, ['0']);
  assert.deepEqual(
    pending.hunks.map(({ id }) => id),
    ['1'],
  );
  pending.changed(before, []);
  assert.deepEqual(
    pending.hunks.map(({ id }) => id),
    ['0', '1'],
  );
  pending.changed('a\nB\nc\nd\n', []);
  assert.deepEqual(
    pending.hunks.map(({ id }) => id),
    ['1'],
  );
  pending.reject(['1']);
  pending.changed(before, []);
  assert.deepEqual(
    pending.hunks.map(({ id }) => id),
    ['0'],
  );
});

test('what the user types at the edges of a hunk belongs to the user, not to the hunk', () => {
  const before = 'a\nb\nc\n';
  const hunks = hunksBetween(before, 'a\nB\nc\n');
  for (const [now, from, text] of [
    ['a!\nb\nc\n', { line: 0, character: 1 }, '!'],
    ['a\n\nb\nc\n', { line: 0, character: 1 }, '\n'],
    ['a\nx\nb\nc\n', { line: 1, character: 0 }, 'x\n'],
    ['a\nb\nx\nc\n', { line: 2, character: 0 }, 'x\n'],
  ] as const) {
    const pending = new PendingHunks(before, hunks);
    assert.equal(pending.changed(now, [lineEditOf(from, from, text)]), 0, now);
    accept(pending, ['0']);
    assert.equal(pending.text, now.replace('b', 'B'));
  }
});

test('the editor writes for a hunk exactly the text that is expected', () => {
  fc.assert(
    fc.property(TEXTS, fc.nat(), ({ before, after }, which) => {
      const hunks = hunksBetween(before, after);
      const hunk = hunks[which % Math.max(1, hunks.length)];
      if (!hunk) return;
      const lines = before.split(/\r\n|\n/);
      const eol = before.includes('\r\n') ? '\r\n' : '\n';
      const offset = ({ line, character }: { readonly line: number; readonly character: number }): number =>
        lines.slice(0, line).reduce((sum, { length }) => sum + length + eol.length, 0) + character;
      const [{ start, end, text }] = replacementsOf(before, [hunk]) as [ReturnType<typeof replacementsOf>[number]];
      const written = before.slice(0, offset(start)) + text.replaceAll('\n', eol) + before.slice(offset(end));
      assert.equal(written, new PendingHunks(before, hunks).expectAccepted([String(hunks.indexOf(hunk))]));
    }),
  );
});
