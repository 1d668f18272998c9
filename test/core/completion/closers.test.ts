import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { accept } from './accept.ts';

/**
 * A property, not cases: what the editor closed by itself stands in the document once, wherever the answer ends. The
 * document is a line up to the cursor and the closers that the editor wrote behind it; the answer is what truly comes
 * next, and goes on past the closers for any number of characters.
 *
 *   CLOSERS_RUNS=20000  runs per language
 *   CLOSERS_SEED=1      another sample
 */
const RUNS = Number(process.env['CLOSERS_RUNS'] ?? 700);
const SEED = Number(process.env['CLOSERS_SEED'] ?? 17);

/** What the editor closes: an opener with the closer that it writes. */
type Pair = readonly [open: string, close: string];

const ROUND: Pair = ['(', ')'];
const SQUARE: Pair = ['[', ']'];
const CURLY: Pair = ['{', '}'];
const DOUBLE: Pair = ['"', '"'];
const SINGLE: Pair = ["'", "'"];
const TICK: Pair = ['`', '`'];
const BRACKETS = [ROUND, SQUARE, CURLY] as const;

interface Language {
  readonly pairs: readonly Pair[];
  /** What may stand before the first opener. */
  readonly heads: readonly string[];
  /** What may follow the last closer. */
  readonly tails: readonly string[];
  /** The width of a level in a body of several lines; none where the language has no such bodies. */
  readonly body?: string;
}

const C_LIKE = {
  heads: ['foo', 'const a = foo', '  return foo.bar', 'if '],
  tails: ['', ';', ', b', '.then(c);', ' + g(1);'],
};
const LANGUAGES: Readonly<Record<string, Language>> = {
  typescript: { ...C_LIKE, pairs: [...BRACKETS, DOUBLE, SINGLE, TICK], body: '  ' },
  javascript: { ...C_LIKE, pairs: [...BRACKETS, DOUBLE, SINGLE, TICK], body: '    ' },
  typescriptreact: { ...C_LIKE, pairs: [...BRACKETS, DOUBLE, SINGLE, TICK], body: '  ' },
  javascriptreact: { ...C_LIKE, pairs: [...BRACKETS, DOUBLE, SINGLE, TICK], body: '  ' },
  java: { ...C_LIKE, pairs: [...BRACKETS, DOUBLE], body: '    ' },
  c: { ...C_LIKE, pairs: [...BRACKETS, DOUBLE], body: '\t' },
  cpp: { ...C_LIKE, pairs: [...BRACKETS, DOUBLE], body: '  ' },
  csharp: { ...C_LIKE, pairs: [...BRACKETS, DOUBLE], body: '    ' },
  go: { ...C_LIKE, heads: ['foo', 'a := foo', '\treturn foo.bar'], pairs: [...BRACKETS, DOUBLE, TICK], body: '\t' },
  rust: { ...C_LIKE, heads: ['foo', 'let a = foo', '    foo.bar'], pairs: [...BRACKETS, DOUBLE], body: '    ' },
  swift: { ...C_LIKE, pairs: [...BRACKETS, DOUBLE], body: '    ' },
  kotlin: { ...C_LIKE, pairs: [...BRACKETS, DOUBLE], body: '    ' },
  scala: { ...C_LIKE, pairs: [...BRACKETS, DOUBLE], body: '  ' },
  dart: { ...C_LIKE, pairs: [...BRACKETS, DOUBLE, SINGLE], body: '  ' },
  groovy: { ...C_LIKE, pairs: [...BRACKETS, DOUBLE, SINGLE], body: '    ' },
  php: { ...C_LIKE, heads: ['$a = foo', '    echo foo'], pairs: [...BRACKETS, DOUBLE, SINGLE], body: '    ' },
  python: {
    pairs: [...BRACKETS, DOUBLE, SINGLE],
    heads: ['foo', 'a = foo', '    return foo.bar', 'if '],
    tails: ['', ', b', '.lower()', ' + g(1)', ':'],
    body: '    ',
  },
  ruby: { pairs: [...BRACKETS, DOUBLE, SINGLE], heads: ['foo', 'a = foo', '  puts '], tails: ['', '.each', ' + g(1)'] },
  lua: { pairs: [...BRACKETS, DOUBLE, SINGLE], heads: ['foo', 'local a = foo'], tails: ['', '.. b', ':lower()'] },
  perl: { pairs: [...BRACKETS, DOUBLE], heads: ['$a = foo', 'print '], tails: ['', ';', ' . g(1);'] },
  r: { pairs: [...BRACKETS, DOUBLE], heads: ['foo', 'a <- foo'], tails: ['', ' + g(1)', ' |> h()'] },
  julia: { pairs: [...BRACKETS, DOUBLE], heads: ['foo', 'a = foo'], tails: ['', ' + g(1)'] },
  elixir: { pairs: [...BRACKETS, DOUBLE], heads: ['foo', 'a = foo'], tails: ['', ' |> h()'] },
  shellscript: { pairs: [ROUND, DOUBLE], heads: ['a=$', 'echo '], tails: ['', ' > out', ' && ls'] },
  powershell: { pairs: [...BRACKETS, DOUBLE], heads: ['$a = foo', 'Write-Host '], tails: ['', ' | Sort-Object'] },
  sql: {
    pairs: [ROUND, SINGLE],
    heads: ['SELECT a FROM b WHERE c IN ', 'INSERT INTO t VALUES '],
    tails: ['', ';', ' AND d'],
  },
  json: { pairs: [SQUARE, CURLY, DOUBLE], heads: ['"k": ', '  "a": '], tails: ['', ',', ', "w": 2'] },
  css: { pairs: [ROUND, DOUBLE], heads: ['  background: url', '  content: '], tails: ['', ';', ' no-repeat;'] },
  scss: { pairs: [ROUND, DOUBLE], heads: ['  width: calc', '  @include a'], tails: ['', ';'] },
  yaml: { pairs: [SQUARE, CURLY, DOUBLE, SINGLE], heads: ['key: ', '  - name: '], tails: ['', ' # note'] },
  toml: { pairs: [SQUARE, CURLY, DOUBLE], heads: ['key = '], tails: ['', ' # note'] },
};

const isQuote = ([open]: Pair): boolean => /["'`]/.test(open);

const WORD = fc.constantFrom('a', 'foo', 'value', 'x1', 'größe', 'naïve', 'b_c', '42');
/** What may stand inside a string: prose with balanced brackets and, in double quotes, apostrophes. */
const stringText = (quote: string): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(WORD, fc.constantFrom(' (x) ', ': ', ', ', '/', '-', '.', '%s', quote === '"' ? " it's " : ' ', '日本')),
      {
        minLength: 1,
        maxLength: 5,
      },
    )
    .map((parts) => parts.join(''))
    .filter((text) => text.trim() !== '');
const CODE_TEXT = fc
  .array(fc.oneof(WORD, fc.constantFrom('g(x)', 'h(1, i(2))', 'k[0]', 'm.n')), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join(', '));

interface Case {
  readonly before: string;
  readonly closers: string;
  readonly inner: string;
  readonly tail: string;
}

function cases({ pairs, heads, tails }: Language): fc.Arbitrary<Case> {
  const brackets = pairs.filter((pair) => !isQuote(pair));
  return fc
    .record({
      head: fc.constantFrom(...heads),
      outer: fc.array(fc.constantFrom(...brackets), { maxLength: 2 }),
      last: fc.constantFrom(...pairs),
      tail: fc.constantFrom(...tails),
    })
    .chain(({ head, outer, last, tail }) => {
      const open = [...outer, last];
      // VS Code closes no quote behind a word.
      const start = outer.length === 0 && isQuote(last) && /\w$/.test(head) ? `${head} ` : head;
      const before = start + open.map(([opener], i) => (i < open.length - 1 ? `${opener}b, ` : opener)).join('');
      const closers = open
        .map(([, closer]) => closer)
        .reverse()
        .join('');
      return (isQuote(last) ? stringText(last[0]) : CODE_TEXT).map((inner) => ({ before, closers, inner, tail }));
    });
}

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
        const got = accept(language, `${before}█${closers}\n`, answer);
        const wanted = before + inner + closers + said.slice(closers.length);
        // A tail that stops in the middle of its brackets may be left out,
        const base = `${before}${inner}${closers}`;
        // or keeps the closers that stand behind the cursor.
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
        // What the line goes on with behind the closers.
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

/** Pairs of several characters: language, what stands before the cursor, what the editor closes, what may follow. */
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
  test(`${language}: ${JSON.stringify(before)} and ${JSON.stringify(close)} stand once, seed ${SEED}`, () => {
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
