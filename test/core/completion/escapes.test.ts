import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { accept } from './accept.ts';

/**
 * A property: in a line of strings with escaped quotes, an answer that fills a gap and says the rest of the line again, all
 * of it or only the quote that it begins with, leaves the line as it is meant to be.
 *
 *   ESCAPES_RUNS=20000  runs per language
 *   ESCAPES_SEED=1      another sample
 */
const RUNS = Number(process.env['ESCAPES_RUNS'] ?? 500);
const SEED = Number(process.env['ESCAPES_SEED'] ?? 23);

/** What is before the first string, between two, and behind the last one; the quote, and how it is escaped. */
interface Line {
  readonly head: string;
  readonly joint: string;
  readonly tail: string;
  readonly quote: string;
  readonly escaped: string;
}

const C_LIKE: Line = { head: 'say(', joint: ' + name + ', tail: ');', quote: '"', escaped: '\\"' };
const SINGLE = { quote: "'", escaped: "\\'" };
const LINES: readonly (readonly [string, Line])[] = [
  ['php', { ...C_LIKE, head: '  echo ', joint: ' . $name . ', tail: ';' }],
  ['php', { ...C_LIKE, ...SINGLE, head: 'return foo(', joint: ' . $name . ' }],
  ['javascript', C_LIKE],
  ['typescript', { ...C_LIKE, ...SINGLE, head: '  const a = ', tail: ';' }],
  ['typescriptreact', C_LIKE],
  ['python', { ...C_LIKE, tail: ')' }],
  ['python', { ...C_LIKE, ...SINGLE, head: 'd = {', joint: ': a, ', tail: ': 1}' }],
  ['json', { ...C_LIKE, head: '  ', joint: ': ', tail: ',' }],
  ['go', { ...C_LIKE, head: '\tfmt.Println(', tail: ')' }],
  ['java', C_LIKE],
  ['csharp', C_LIKE],
  ['c', { ...C_LIKE, joint: ', ' }],
  ['cpp', { ...C_LIKE, joint: ' << ' }],
  ['rust', { ...C_LIKE, joint: ', ' }],
  ['swift', C_LIKE],
  ['kotlin', { ...C_LIKE, tail: ')' }],
  ['dart', { ...C_LIKE, ...SINGLE }],
  ['lua', { ...C_LIKE, joint: ' .. name .. ', tail: ')' }],
  ['ruby', { ...C_LIKE, head: 'puts ', tail: '' }],
  ['perl', { ...C_LIKE, joint: ' . $name . ' }],
  ['powershell', { ...C_LIKE, head: 'Write-Host ', joint: ', ', escaped: '`"', tail: ' -NoNewline' }],
];

/** No word is twice: what a text repeats by chance is no sign that the answer says what follows. */
const WORDS = ['a', 'name', 'größe', 'b_c', '42', '日本', 'x y', '<b>', 'k=v', '50%', 'c/d', '(see it)', 'é'] as const;

for (const [language, { head, joint, tail, quote, escaped }] of LINES)
  test(`${language}: escaped ${quote} appear once, seed ${SEED}`, () => {
    const words = fc.uniqueArray(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 6 });
    const texts = fc
      .tuple(words, fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }), fc.nat({ max: 3 }))
      .map(([all, areQuoted, end]) => {
        const said = all.map((word, i) => (areQuoted[i] ? escaped + word + escaped : word));
        return [said.slice(0, end), said.slice(end)].map((each) => each.join(' ')).filter((each) => each !== '');
      });
    fc.assert(
      fc.property(texts, fc.nat(), fc.nat(), fc.boolean(), (strings, first, second, isWhole) => {
        const line = head + strings.map((each) => quote + each + quote).join(joint) + tail;
        const from = first % line.length;
        const to = from + 1 + (second % (line.length - from));
        const [before, gap, rest] = [line.slice(0, from), line.slice(from, to), line.slice(to)];
        const escape = escaped.charAt(0);
        // No user's cursor is in the middle of a word, of an escaped quote, or between two quotes of an empty string.
        fc.pre(gap.trim() !== '' && !/^[\p{L}\p{N}_$]/u.test(rest) && before.trim() !== '');
        fc.pre(!before.endsWith(escape) && !gap.endsWith(escape) && !/^(["']){2}/.test(rest));
        fc.pre(!(before + gap).endsWith(quote) || !rest.startsWith(quote));
        const again = isWhole ? `${rest}\n` : ([quote, escaped].find((each) => rest.startsWith(each)) ?? '');
        const got = accept(language, `${before}█${rest}\n`, gap + again);
        assert.equal(got.trimEnd(), line.trimEnd(), JSON.stringify({ before, rest, answer: gap + again }));
      }),
      { numRuns: RUNS, seed: SEED },
    );
  });
