/** Whether the cursor is in a comment or a string, from the text before it: a rough reading by one table of languages. */

export type Lexical = 'code' | 'comment' | 'string';

/** Comments and quotes of a language. */
export interface Syntax {
  /** Marks of comments that end with their line. */
  readonly line: readonly string[];
  /** The same, where they count only as the first text of their line. */
  readonly lineStart?: RegExp;
  /** Those marks count only at the beginning of a word. */
  readonly wordStart?: boolean;
  /** Comments with a beginning and an end. */
  readonly block: readonly (readonly [string, string])[];
  /** Comments whose beginning and end are lines of their own. */
  readonly blockLines?: readonly [RegExp, RegExp];
  /** Long brackets: the mark that makes them a comment, then the signs that their other half has as well. */
  readonly longBracket?: RegExp;
  /** Quotes that end with their line. */
  readonly quotes: string;
  /** Quotes that go over lines, longest first. */
  readonly long: readonly string[];
  /** What escapes a quote; a backslash where it is not given. */
  readonly escape?: string;
  /** Nothing escapes a quote. */
  readonly plainStrings?: boolean;
  /** The same, only in strings with these quotes. */
  readonly plainQuotes?: readonly string[];
  /** The same, only in strings behind this. */
  readonly plainPrefix?: RegExp;
}

/**
 * Whether the quote that would close a string can be escaped in it.
 *
 * @param text text in which the string begins
 * @param at position of its opening quote
 */
export function hasEscapes(syntax: Syntax, text: string, at: number, quote: string): boolean {
  const { plainStrings = false, plainQuotes = [], plainPrefix } = syntax;
  return !plainStrings && !plainQuotes.includes(quote) && !plainPrefix?.test(text.slice(Math.max(0, at - 8), at));
}

const TRIPLE = ['"""', "'''"];
const C: Syntax = { line: ['//'], block: [['/*', '*/']], quotes: `"'`, long: [] };
const SCRIPT: Syntax = { ...C, long: ['`'] };
const HASH: Syntax = { line: ['#'], block: [], quotes: `"'`, long: [] };
const WORD_HASH: Syntax = { ...HASH, wordStart: true };
const DASH: Syntax = { line: ['--'], block: [], quotes: '"', long: [] };
const SEMICOLON: Syntax = { line: [';'], block: [['#|', '|#']], quotes: '', long: ['"'] };
const PERCENT: Syntax = { line: ['%'], block: [], quotes: '', long: [] };
const STYLE: Syntax = { line: [], block: [['/*', '*/']], quotes: `"'`, long: [] };
const MARKUP: Syntax = { line: [], block: [['<!--', '-->']], quotes: '', long: [] };
const NONE: Syntax = { line: [], block: [], quotes: '', long: [] };

const SYNTAXES: readonly (readonly [RegExp, Syntax])[] = [
  [/^(python|nim|starlark|gdscript|mojo)$/, { ...HASH, long: TRIPLE }],
  [/^julia$/, { ...HASH, block: [['#=', '=#']], quotes: '', long: ['"""', '"'] }],
  [/^elixir$/, { ...HASH, quotes: '', long: [...TRIPLE, '"'] }],
  [/^toml$/, { ...HASH, long: TRIPLE, plainQuotes: ["'", "'''"] }],
  [/^coffeescript$/, { ...HASH, block: [['###', '###']], long: TRIPLE }],
  [/^perl6?$|^raku$/, { ...WORD_HASH, blockLines: [/^=[a-z]/, /^=cut\b/] }],
  [/^(ruby|crystal)$/, { ...HASH, wordStart: true, blockLines: [/^=begin\b/, /^=end\b/] }],
  [/^shellscript$/, { ...WORD_HASH, quotes: '', long: ['"', "'"], plainQuotes: ["'"] }],
  [/^(fish|awk)$/, { ...WORD_HASH, quotes: '', long: ['"', "'"] }],
  [/^tcl$/, { ...WORD_HASH, lineStart: /^\s*#/, line: [';#', '; #'], quotes: '', long: ['"'] }],
  [/^(yaml|dockercompose)$/, { ...WORD_HASH, plainQuotes: ["'"] }],
  [/^(dockerfile|makefile|ssh_config|ignore)$/, WORD_HASH],
  [/^properties$/, { ...WORD_HASH, lineStart: /^\s*[#!]/, line: [], quotes: '' }],
  [/^powershell$/, { ...WORD_HASH, block: [['<#', '#>']], escape: '`', plainQuotes: ["'"] }],
  [/^cmake$/, { ...HASH, longBracket: /(#?)\[(=*)\[/y, quotes: '', long: ['"'] }],
  [/^(terraform|tf|hcl)$/, { line: ['#', '//'], block: [['/*', '*/']], quotes: '"', long: [] }],
  [/^nix$/, { ...WORD_HASH, block: [['/*', '*/']], quotes: '', long: ["''", '"'] }],
  [/^(r|graphql|gitignore)$/, { ...HASH, long: ['"""'] }],
  [/^(ini|conf)$/, { line: [], lineStart: /^[#;]/, block: [], quotes: '', long: [] }],
  [/^php$/, { ...C, line: ['//', '#'], quotes: '', long: ['"', "'"] }],
  [/^(sql|plsql|pgsql|mysql)$/, { ...DASH, block: [['/*', '*/']], quotes: '', long: [`'`, '"'], plainStrings: true }],
  [/^(haskell|elm|purescript|idris|agda)$/, { ...DASH, block: [['{-', '-}']] }],
  [/^(ada|vhdl)$/, DASH],
  [/^(applescript)$/, { ...DASH, block: [['(*', '*)']] }],
  [/^lua$/, { ...DASH, block: [['--[[', ']]']], longBracket: /(--)?\[(=*)\[/y, quotes: `"'`, long: [] }],
  [/^(markdown|quarto|rmd)$/, MARKUP],
  [
    /^(jinja|jinja-html|django-html|twig|nunjucks)$/,
    {
      ...MARKUP,
      block: [
        ['<!--', '-->'],
        ['{#', '#}'],
      ],
    },
  ],
  [
    /^(handlebars|mustache)$/,
    {
      ...MARKUP,
      block: [
        ['<!--', '-->'],
        ['{{!--', '--}}'],
        ['{{!', '}}'],
      ],
    },
  ],
  [
    /^blade$/,
    {
      ...MARKUP,
      block: [
        ['<!--', '-->'],
        ['{{--', '--}}'],
      ],
    },
  ],
  [
    /^(razor|aspnetcorerazor)$/,
    {
      ...MARKUP,
      block: [
        ['<!--', '-->'],
        ['@*', '*@'],
      ],
    },
  ],
  [/^(html|xml|xsl|svg|vue|svelte|astro|erb|ejs)$/, MARKUP],
  // A single quote is the beginning of a lifetime or of a type variable as well.
  [/^rust$/, { ...C, quotes: '', long: ['"'], plainPrefix: /\br#*$/ }],
  [/^ocaml$/, { line: [], block: [['(*', '*)']], quotes: '', long: ['"'] }],
  [/^fsharp$/, { line: ['//'], block: [['(*', '*)']], quotes: '', long: ['"""', '"'] }],
  [
    /^(pascal|delphi|objectpascal)$/,
    {
      line: ['//'],
      block: [
        ['{', '}'],
        ['(*', '*)'],
      ],
      quotes: "'",
      long: [],
      plainStrings: true,
    },
  ],
  [/^(verilog|systemverilog)$/, { ...C, quotes: '"' }],
  [/^(scala|kotlin)$/, { ...C, long: TRIPLE, plainQuotes: ['"""'] }],
  [/^dart$/, { ...C, long: TRIPLE, plainPrefix: /\br$/ }],
  [/^(swift|groovy|java)$/, { ...C, long: TRIPLE }],
  [/^go$/, { ...SCRIPT, plainQuotes: ['`'] }],
  [/^csharp$/, { ...C, long: ['"""'], plainPrefix: /@\$?$|\$@$/ }],
  [/^zig$/, { ...C, line: ['//', '\\\\'], block: [] }],
  [/^css$/, STYLE],
  [/^(less|scss|sass|stylus)$/, { ...STYLE, line: ['//'] }],
  [/^(c|cpp|cuda-cpp|objective-c|objective-cpp|proto3?|prisma|solidity|d|vala)$/, C],
  [/^(clojure|lisp|commonlisp|scheme|racket|elisp|emacs-lisp)$/, SEMICOLON],
  [
    /^(asm|arm|nasm|masm|asm-intel-x86-generic|asm-collection)$/,
    { line: [';', '#', '//'], wordStart: true, block: [['/*', '*/']], quotes: '"', long: [] },
  ],
  [/^(latex|tex|bibtex)$/, PERCENT],
  [/^(erlang|prolog)$/, { ...PERCENT, long: ['"'] }],
  [/^(matlab|octave)$/, { ...PERCENT, block: [['%{', '%}']], quotes: '"' }],
  [/^fortran/i, { line: ['!'], lineStart: /^[Cc*](?=\s|$)/, block: [], quotes: `"'`, long: [], plainStrings: true }],
  [/^cobol$/i, { line: ['*>'], lineStart: /^(?:[\d ]{6})?\*/, block: [], quotes: `"'`, long: [], plainStrings: true }],
  [/^abap$/, { line: ['"'], lineStart: /^\*/, block: [], quotes: "'`|", long: [], plainStrings: true }],
  [/^jcl$/, { line: [], lineStart: /^\/\/\*/, block: [], quotes: "'", long: [] }],
  [
    /^(vb|vba|vbscript)$/,
    { line: ["'"], lineStart: /^\s*rem\b/i, block: [], quotes: '"', long: [], plainStrings: true },
  ],
  [/^bat$/, { line: [], lineStart: /^\s*(?:@?rem\b|::)/i, block: [], quotes: '"', long: [], plainStrings: true }],
  [/^(viml|vim)$/, { line: [], lineStart: /^\s*"/, block: [], quotes: `"'`, long: [] }],
  [/^(plaintext|restructuredtext|asciidoc|csv|tsv|log|git-commit|git-rebase|diff)$/, NONE],
];

/** Whether a language has no strings, as lists of names and values do not: then its values are text. */
export function hasOnlyText(language: string): boolean {
  const { quotes, long, block } = syntaxOf(language);
  return quotes === '' && long.length === 0 && block.length === 0;
}

const syntaxes = new Map<string, Syntax>();

/** The comments and quotes of a language by VS Code's language id; those of C and scripts where it is unknown. */
export function syntaxOf(language: string): Syntax {
  const known = syntaxes.get(language);
  if (known) return known;
  const syntax = SYNTAXES.find(([languages]) => languages.test(language))?.[1] ?? SCRIPT;
  syntaxes.set(language, syntax);
  return syntax;
}

/**
 * @param language VS Code's language id
 * @param before text before the cursor, from some line's beginning on
 */
export function lexicalAt(language: string, before: string): Lexical {
  const syntax = syntaxOf(language);
  if (!syntax.block.some(([start]) => start === '<!--') || PROSE.test(language)) return lexicalIn(syntax, before);
  return lexicalInMarkup(syntax, before);
}

/** Languages whose angle brackets are mostly text. */
const PROSE = /^(markdown|quarto|rmd)$/;
/** An element whose content is of another language, not yet closed; or a tag that is open. */
const SCRIPT_ELEMENT = /<(script|style)\b[^>]*>(?![\s\S]*<\/\1\s*>)/gi;
const OPEN_TAG = /<[a-zA-Z/][^<>]*$/;

function lexicalInMarkup(syntax: Syntax, before: string): Lexical {
  const inner = [...before.matchAll(SCRIPT_ELEMENT)].at(-1);
  if (inner) {
    const content = before.slice(inner.index + inner[0].length);
    return lexicalIn(inner[1]?.toLowerCase() === 'style' ? STYLE : SCRIPT, content);
  }
  const where = lexicalIn(syntax, before);
  if (where !== 'code') return where;
  const tag = OPEN_TAG.exec(before)?.[0];
  return tag && lexicalIn({ ...NONE, long: ['"', "'"], plainStrings: true }, tag) === 'string' ? 'string' : 'code';
}

function lexicalIn(syntax: Syntax, before: string): Lexical {
  const { line, lineStart, wordStart, block, blockLines, longBracket, quotes, long, escape = '\\' } = syntax;
  let i = 0;
  /** The position after the next `end`, or undefined when the text ends before. */
  const skip = (end: string, escapes: boolean): number | undefined => {
    for (let at = i; at < before.length; at++) {
      if (escapes && before.charAt(at) === escape) at++;
      else if (before.startsWith(end, at)) return at + end.length;
    }
    return undefined;
  };
  const endOfLine = (): number => {
    const end = before.indexOf('\n', i);
    return end < 0 ? before.length : end;
  };
  while (i < before.length) {
    const previous = before.charAt(i - 1);
    if (i === 0 || previous === '\n') {
      const text = before.slice(i, endOfLine());
      if (blockLines?.[0].test(text)) {
        while (i < before.length && !blockLines[1].test(before.slice(i, endOfLine()))) i = endOfLine() + 1;
        if (i >= before.length) return 'comment';
        i = endOfLine();
        continue;
      }
      if (lineStart?.test(text)) {
        i = endOfLine();
        if (i >= before.length) return 'comment';
        continue;
      }
    }
    const bracket = longBracketAt(longBracket, before, i);
    if (bracket) {
      i += bracket.length;
      const end = skip(bracket.close, false);
      if (end === undefined) return bracket.isComment ? 'comment' : 'string';
      i = end;
      continue;
    }
    const char = before.charAt(i);
    const comment = block.find(([start]) => before.startsWith(start, i));
    const quote = long.find((each) => before.startsWith(each, i));
    const isWordStart = !wordStart || i === 0 || /[\s;(){}[\],&|]/.test(previous);
    if (comment) {
      i += comment[0].length;
      const end = skip(comment[1], false);
      if (end === undefined) return 'comment';
      i = end;
    } else if (isWordStart && previous !== '\\' && line.some((mark) => before.startsWith(mark, i))) {
      i = endOfLine();
      if (i >= before.length) return 'comment';
    } else if (quote && !(quote === "'" && /\w/.test(previous) && /\w/.test(before.charAt(i + 1)))) {
      const escapes = hasEscapes(syntax, before, i, quote);
      i += quote.length;
      const end = skip(quote, escapes);
      if (end === undefined) return 'string';
      i = end;
    } else if (char && quotes.includes(char)) {
      const end = endOfLine();
      const escapes = hasEscapes(syntax, before, i, char);
      i++;
      const closed = skip(char, escapes);
      if (end === before.length && closed === undefined) return 'string';
      // A quote that its line does not close was an apostrophe.
      if (closed !== undefined && closed <= end) i = closed;
    } else i++;
  }
  return 'code';
}

/** The long bracket that begins at `i`, such as `[==[`, and what closes it. */
function longBracketAt(
  pattern: RegExp | undefined,
  text: string,
  i: number,
): { readonly length: number; readonly close: string; readonly isComment: boolean } | undefined {
  if (!pattern) return undefined;
  pattern.lastIndex = i;
  const found = pattern.exec(text);
  return found ? { length: found[0].length, close: `]${found[2] ?? ''}]`, isComment: Boolean(found[1]) } : undefined;
}
