import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { accept } from './accept.ts';
import { cases, isQuote, LANGUAGES, WORD } from './closingPairs.ts';

/**
 * A property, not cases: what the editor closed by itself is in the document once, wherever the answer ends. The
 * document is a line up to the cursor and the closers that the editor wrote behind it; the answer is what truly comes
 * next, and continues past the closers for any number of characters.
 *
 *   CLOSERS_RUNS=20000  runs per language
 *   CLOSERS_SEED=1      another sample
 */
const RUNS = Number(process.env['CLOSERS_RUNS'] ?? 700);
const SEED = Number(process.env['CLOSERS_SEED'] ?? 17);

const isBalanced = (text: string): boolean => {
  const stack: string[] = [];
  for (const char of text) {
    if ('([{'.includes(char)) stack.push(char);
    else if (')]}'.includes(char) && stack.pop() !== { ')': '(', ']': '[', '}': '{' }[char]) return false;
  }
  return stack.length === 0 && text.split('"').length % 2 === 1;
};

for (const [language, about] of Object.entries(LANGUAGES)) {
  test(`${language}: what the editor closed is written once, seed ${SEED}`, () => {
    const past = fc.nat({ max: 12 });
    fc.assert(
      fc.property(cases(about), past, fc.boolean(), ({ before, closers, inner, tail }, beyond, longer) => {
        const full = closers + tail;
        const said = full.slice(0, beyond);
        const answer = inner + said + (longer && beyond >= full.length ? '\n' : '');
        // An answer that begins as its line does may as well repeat it.
        fc.pre(!answer.startsWith(before.trimStart()));
        const got = accept(language, `${before}█${closers}\n`, answer);
        const wanted = before + inner + closers + said.slice(closers.length);
        // A tail that stops in the middle of its brackets may be left out,
        const base = `${before}${inner}${closers}`;
        // or keeps the closers that are behind the cursor.
        const isCut = !isBalanced(said.slice(closers.length));
        const isPart = isCut && wanted.startsWith(got.trimEnd()) && got.startsWith(base);
        if (isCut && got.startsWith(wanted) && isBalanced(got.slice(base.length))) return;
        if (!isPart) assert.equal(got.trimEnd(), wanted.trimEnd(), JSON.stringify({ before, closers, answer }));
      }),
      { numRuns: RUNS, seed: SEED },
    );
  });

  const { body } = about;
  if (body === undefined) continue;
  test(`${language}: a body ends on a line of its own, seed ${SEED}`, () => {
    const brackets = about.pairs.filter((pair) => !isQuote(pair));
    fc.assert(
      fc.property(
        fc.constantFrom('', body, body + body),
        fc.array(fc.constantFrom(...brackets), { maxLength: 1 }),
        fc.constantFrom(...brackets),
        fc.array(WORD, { minLength: 1, maxLength: 3 }),
        fc.constantFrom('', '\n', 'closed', 'closed and more'),
        // What the line continues with behind the closers.
        fc.constantFrom('', ';', '.c;', ' + [a];', ', b'),
        (indent, outer, last, words, ending, behind) => {
          const open = [...outer, last].map(([opener], i) => (i < outer.length ? `${opener}b, ` : opener)).join('');
          const closers = [...outer, last]
            .map(([, closer]) => closer)
            .reverse()
            .join('');
          const lines = words.map((word, i) => `\n${indent}${body}${word}${i},`).join('');
          const closed = `\n${indent}${closers}${behind}`;
          const answer = lines + { '': '', '\n': '\n', closed, 'closed and more': `${closed}\n` }[ending];
          const before = `${indent}f${open}`;
          const got = accept(language, `${before}█${closers}${behind}\n`, answer);
          assert.equal(got.trimEnd(), `${before}${lines}${closed}`, JSON.stringify({ before, closers, answer }));
        },
      ),
      { numRuns: Math.ceil(RUNS / 4), seed: SEED },
    );
  });
}

/** Pairs of several characters: language, what is before the cursor, what the editor closes, what may follow. */
const LONG_PAIRS: readonly (readonly [string, string, string, readonly string[]])[] = [
  ['html', '<p>', '</p>', ['', '<b>x</b>', '\n<p>y</p>']],
  ['html', '  <a href="', '"></a>', ['', '<b>x</b>']],
  ['html', '<!-- ', ' -->', ['', '\n<p>y</p>']],
  ['vue', '  <p>{{ ', ' }}</p>', ['', '<b>x</b>']],
  ['svelte', '<li>{', '}</li>', ['', '\n<li>']],
  ['astro', '<li>', '</li>', ['', '\n<li>']],
  ['xml', '  <name>', '</name>', ['', '\n  <a/>']],
  ['handlebars', '<p>{{', '}}</p>', ['', '<b>x</b>']],
  ['typescriptreact', '    return <b>', '</b>;', ['']],
  ['typescriptreact', '      <b className="', '" />', ['', '\n      <c />']],
  ['javascriptreact', '      <b onClick={() => ', '}>x</b>', ['']],
  ['typescript', 'const a = `x ${', '}`;', ['', '\nfoo();']],
  ['typescript', '/** ', ' */', ['', '\nfoo();']],
  ['python', 'def f():\n    """', '"""', ['', '\n    return 1']],
  ['python', 'print(f"{', '}")', ['', '\nfoo()']],
  ['java', 'String a = """', '""";', ['', '\nfoo();']],
  ['kotlin', 'val a = "${', '}"', ['', '\nfoo()']],
  ['swift', 'let a = """', '"""', ['', '\nfoo()']],
  ['ruby', 'puts "#{', '}"', ['', '\nfoo']],
  ['css', '/* ', ' */', ['', '\n.a {}']],
  ['php', 'echo "{$', '}";', ['', '\nfoo();']],
  ['elixir', 'a = "#{', '}"', ['', '\nfoo()']],
  ['shellscript', 'a="${', '}"', ['', '\nls']],
  ['powershell', '$a = "$(', ')"', ['', '\nls']],
];

for (const [language, before, close, tails] of LONG_PAIRS)
  test(`${language}: ${JSON.stringify(before)} and ${JSON.stringify(close)} appear once, seed ${SEED}`, () => {
    fc.assert(
      fc.property(
        fc.array(WORD, { minLength: 1, maxLength: 3 }),
        fc.constantFrom(...tails),
        fc.nat({ max: 20 }),
        (words, tail, beyond) => {
          const inner = words.join(' ');
          const said = (close + tail).slice(0, beyond).trimEnd();
          const got = accept(language, `${before}█${close}\n`, inner + said);
          const wanted = before + inner + close + said.slice(close.length);
          // Of a longer tail on its line all or nothing comes; what follows below begins a line of its own.
          const base = before + inner + close;
          const isBelow = tail.startsWith('\n') && got.startsWith(`${base}\n`);
          const isPart = said.length > close.length && (got.trimEnd() === base || isBelow);
          if (!isPart) assert.equal(got.trimEnd(), wanted.trimEnd(), JSON.stringify({ before, close, said }));
        },
      ),
      { numRuns: Math.ceil(RUNS / 7), seed: SEED },
    );
  });
