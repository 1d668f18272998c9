import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { TrackedText, type TextChange } from '../../../src/core/insights/trackedText.ts';

/** A text with `«accepted»` marks: the document, and what is followed in it. */
function marked(text: string): { document: string; kept: TrackedText } {
  const pieces: { at: number; text: string }[] = [];
  let document = '';
  for (const [n, part] of text.split(/[«»]/).entries()) {
    if (n % 2 === 1) pieces.push({ at: document.length, text: part });
    document += part;
  }
  return { document, kept: new TrackedText(pieces) };
}

const replace = (document: string, what: string, text: string): TextChange => {
  const offset = document.indexOf(what);
  assert.ok(offset >= 0, what);
  return { offset, removed: what.length, text };
};

const apply = (document: string, { offset, removed, text }: TextChange): string =>
  document.slice(0, offset) + text + document.slice(offset + removed);

/** Characters kept after steps of `[what, by what]`. */
function after(text: string, ...steps: readonly (readonly [string, string])[]): number {
  const { document, kept } = marked(text);
  let now = document;
  for (const [what, by] of steps) {
    const change = replace(now, what, by);
    kept.change([change]);
    now = apply(now, change);
  }
  return kept.kept;
}

test('changes before and behind it take nothing away', () => {
  assert.equal(after('ab «cdef» gh', ['ab', ''], ['gh', 'longer text'], [' ', '  new ']), 4);
});

test('what is extracted is missing, and what is written into it is not counted', () => {
  assert.equal(after('x = «compute(1, 2)»;', ['1, 2', '']), 9);
  assert.equal(after('x = «compute(1, 2)»;', ['com', 'comX']), 12);
  assert.equal(after('x = «compute»;', ['x = compute;', '']), 0);
});

test('white space is not counted, so that indenting it again changes nothing', () => {
  const { kept } = marked('f() {\n«  one();\n  two();»\n}');
  assert.equal(kept.characters, 12);
  assert.equal(after('f() {\n«  one();\n  two();»\n}', ['  one();\n  two();', '\tone();\n\ttwo();']), 12);
});

test('a formatter that rewrites the whole document leaves what it wrote as it was', () => {
  const text = 'a\n«if (x) {\n  go();\n}»\nb';
  const whole = marked(text).document;
  assert.equal(after(text, [whole, 'a;\nif (x) {\n    go();\n}\nb;']), 12);
  assert.equal(after(text, [whole, 'a;\nif (x) {\n    stop();\n}\nb;']), 7);
});

test('several changes of one step are meant for the text before it', () => {
  const { document, kept } = marked('one «two» three «four»');
  kept.change([replace(document, 'one', 'once upon'), replace(document, 'three', ''), replace(document, 'fo', '')]);
  assert.equal(kept.kept, 5);
});

test('without rewriting, what is kept are exactly the characters that were not removed', () => {
  const STEP = fc.record({ at: fc.nat(60), removed: fc.nat(8), text: fc.constantFrom('', '#', '##\n#') });
  fc.assert(
    fc.property(
      fc.nat(20),
      fc.integer({ min: 1, max: 20 }),
      fc.array(STEP, { maxLength: 15 }),
      (from, length, steps) => {
        // Every character is another, and none is white space or part of what is written later.
        let document = Array.from({ length: 45 }, (_, n) => String.fromCodePoint(0x4e00 + n));
        const accepted = document.slice(from, from + length);
        const kept = new TrackedText([{ at: from, text: accepted.join('') }]);
        for (const { at, removed, text } of steps) {
          const offset = Math.min(at, document.length);
          const count = Math.min(removed, document.length - offset);
          kept.change([{ offset, removed: count, text }]);
          document = document.toSpliced(offset, count, ...text);
        }
        assert.equal(kept.kept, accepted.filter((each) => document.includes(each)).length);
      },
    ),
  );
});
