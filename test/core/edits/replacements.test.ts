import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyHunks, type Hunk, type Replacement, replacementsOf } from '../../../src/core/edits/hunks.ts';

/** What an editor does: all replacements at once, on the text as it was, with the document's own line ends. */
function edit(text: string, replacements: readonly Replacement[]): string {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const lines = text.split(eol);
  const offsetOf = ({ line, character }: Replacement['start']): number =>
    lines.slice(0, line).reduce((sum, each) => sum + each.length + eol.length, 0) + character;
  return replacements
    .map(({ start, end, text: added }) => ({
      start: offsetOf(start),
      end: offsetOf(end),
      added: added.replaceAll('\n', eol),
    }))
    .sort((a, b) => b.start - a.start)
    .reduce((result, { start, end, added }) => result.slice(0, start) + added + result.slice(end), text);
}

const hunk = (start: number, end: number, ...lines: string[]): Hunk => ({ start, end, lines, match: 'exact' });

test('what the editor gets is what the core makes: every range of every small text, with each kind of end', () => {
  for (const eol of ['\n', '\r\n']) {
    for (const count of [0, 1, 2, 3]) {
      for (const open of [false, true]) {
        if (open && count === 0) continue;
        const text = Array.from({ length: count }, (_, i) => `line ${i}`).join(eol) + (open || count === 0 ? '' : eol);
        for (let start = 0; start <= count; start++) {
          for (let end = start; end <= count; end++) {
            for (const added of [[], ['new'], ['new', 'newer']]) {
              if (start === end && added.length === 0) continue; // no hunk at all
              for (const finalNewline of [undefined, true, false]) {
                const hunks = [hunk(start, end, ...added)];
                const expected = applyHunks(text, hunks, finalNewline);
                const normal = text.includes('\r\n') ? expected.replace(/\r?\n/g, '\r\n') : expected;
                const words = JSON.stringify({ text, start, end, added, finalNewline });
                assert.equal(edit(text, replacementsOf(text, hunks, finalNewline)), normal, words);
              }
            }
          }
        }
      }
    }
  }
});

test('several hunks of a text are applied together', () => {
  const text = 'a\nb\nc\nd';
  const hunks = [hunk(0, 1, 'A', 'AA'), hunk(2, 2, 'between'), hunk(3, 4, 'D')];
  assert.equal(edit(text, replacementsOf(text, hunks)), 'A\nAA\nb\nbetween\nc\nD');
  assert.equal(applyHunks(text, hunks), 'A\nAA\nb\nbetween\nc\nD');
});
