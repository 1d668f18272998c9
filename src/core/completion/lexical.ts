/** Whether the cursor is in a comment or a string, from the text before it: a rough reading that every language shares. */

export type Lexical = 'code' | 'comment' | 'string';

/** Comments and quotes of a language. */
export interface Syntax {
  readonly line: readonly string[];
  readonly block: readonly (readonly [string, string])[];
  /** Quotes that end with their line. */
  readonly quotes: string;
  /** Quotes that go over lines, longest first. */
  readonly long: readonly string[];
}

const C_LIKE: Syntax = { line: ['//'], block: [['/*', '*/']], quotes: `"'`, long: ['`'] };
const HASH: Syntax = { line: ['#'], block: [], quotes: `"'`, long: [] };
const DASH: Syntax = { line: ['--'], block: [['/*', '*/']], quotes: `"'`, long: [] };
const MARKUP: Syntax = { line: [], block: [['<!--', '-->']], quotes: '', long: [] };

const SYNTAXES: readonly (readonly [RegExp, Syntax])[] = [
  [/^python$/, { ...HASH, long: ['"""', "'''"] }],
  [/^(ruby|shellscript|perl|r|yaml|toml|makefile|dockerfile|elixir|julia|powershell|coffeescript|ini)$/, HASH],
  [/^php$/, { ...C_LIKE, line: ['//', '#'], long: [] }],
  [/^(sql|haskell|ada|elm|vhdl)$/, DASH],
  [/^lua$/, { ...DASH, block: [['--[[', ']]']] }],
  [/^(html|xml|xsl|markdown|vue|svelte)$/, MARKUP],
  // A quote is the beginning of a lifetime as well.
  [/^(rust|ocaml|fsharp)$/, { ...C_LIKE, quotes: '"', long: [] }],
  [/^(css|less|scss|java|csharp|c|cpp|swift|objective-c|dart)$/, { ...C_LIKE, long: [] }],
  [/^(clojure|lisp|scheme)$/, { line: [';'], block: [], quotes: '', long: ['"'] }],
  [/^(latex|tex|erlang|matlab)$/, { line: ['%'], block: [], quotes: '', long: [] }],
];

/** The comments and quotes of a language by VS Code's language id; those of C where the language is unknown. */
export const syntaxOf = (language: string): Syntax =>
  SYNTAXES.find(([languages]) => languages.test(language))?.[1] ?? C_LIKE;

/** @param before text before the cursor, from some line's beginning on */
export function lexicalAt(language: string, before: string): Lexical {
  const syntax = syntaxOf(language);
  let i = 0;
  /** The position after the next `end`, or undefined when the text ends before. */
  const skip = (end: string, escapes: boolean): number | undefined => {
    for (let at = i; at < before.length; at++) {
      if (escapes && before.charAt(at) === '\\') at++;
      else if (before.startsWith(end, at)) return at + end.length;
    }
    return undefined;
  };
  while (i < before.length) {
    const block = syntax.block.find(([start]) => before.startsWith(start, i));
    const long = syntax.long.find((quote) => before.startsWith(quote, i));
    const char = before.charAt(i);
    if (block) {
      i += block[0].length;
      const end = skip(block[1], false);
      if (end === undefined) return 'comment';
      i = end;
    } else if (syntax.line.some((mark) => before.startsWith(mark, i))) {
      const end = before.indexOf('\n', i);
      if (end < 0) return 'comment';
      i = end + 1;
    } else if (long) {
      i += long.length;
      const end = skip(long, true);
      if (end === undefined) return 'string';
      i = end;
    } else if (char && syntax.quotes.includes(char)) {
      const line = before.indexOf('\n', i);
      i++;
      const end = skip(char, true);
      if (line < 0 && end === undefined) return 'string';
      // A quote that its line does not close was an apostrophe.
      if (end !== undefined && (line < 0 || end <= line)) i = end;
    } else i++;
  }
  return 'code';
}
