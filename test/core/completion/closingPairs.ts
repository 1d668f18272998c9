import fc from 'fast-check';

/** What the editor closes: an opener with the closer that it writes. */
export type Pair = readonly [open: string, close: string];

const ROUND: Pair = ['(', ')'];
const SQUARE: Pair = ['[', ']'];
const CURLY: Pair = ['{', '}'];
const DOUBLE: Pair = ['"', '"'];
const SINGLE: Pair = ["'", "'"];
const TICK: Pair = ['`', '`'];
const BRACKETS = [ROUND, SQUARE, CURLY] as const;

export interface Language {
  readonly pairs: readonly Pair[];
  /** What may be before the first opener. */
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
/** By VS Code's language id. */
export const LANGUAGES: Readonly<Record<string, Language>> = {
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

export const isQuote = ([open]: Pair): boolean => /["'`]/.test(open);

export const WORD = fc.constantFrom('a', 'foo', 'value', 'x1', 'größe', 'naïve', 'b_c', '42');
/** What may be inside a string: prose with balanced brackets and, in double quotes, apostrophes. */
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

export interface Case {
  readonly before: string;
  readonly closers: string;
  readonly inner: string;
  readonly tail: string;
}

export function cases({ pairs, heads, tails }: Language): fc.Arbitrary<Case> {
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
