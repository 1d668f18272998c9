import { commentText } from './codeShape.ts';
import { isCommandName } from './commands.ts';

/**
 * Lines that are no comment and no code of their language, but stand for lines that a model left out: `<rest of file>`,
 * `(rest unchanged)`, `{{ rest }}`, `[...]`. What they say decides nothing; what counts is that they cannot be code.
 */

/** What is around a line that may stand for others. */
export interface Surroundings {
  /** Of the block, or the extension of the file. */
  readonly language: string;
  /** Whether a word is used in the code of the file or of the answer, outside of such lines. */
  readonly isKnown: (word: string) => boolean;
  /** Whether the answer or the file closes an element of this name. */
  readonly isClosed: (tag: string) => boolean;
}

const MARKUP =
  /^(?:html?|xhtml|xml|svg|vue|svelte|astro|[jt]sx|javascriptreact|typescriptreact|php|erb|ejs|hbs|md|mdx)$/i;
/** Languages in which words beside each other are a call, a command or a statement. */
const WORDS_ARE_CALLS =
  /^(?:|lisp|cl|el|elisp|emacs-lisp|scheme|scm|rkt|racket|clj[cs]?|clojure|edn|fnl|sh|bash|zsh|fish|shell|shellscript|ksh|nu|console|ps1|powershell|pwsh|bat|cmd|hs|haskell|ml|mli|ocaml|fs|fsx|fsharp|elm|nix|tcl|rb|ruby|ex|exs|elixir|cr|sql|mysql|pgsql|make|makefile|mk|dockerfile|docker|pl|perl|jl|julia|r|groovy|gradle|vb|bas|edn|cob|cobol|f90|fortran|m|mm|matlab|octave|ya?ml|txt|text)$/i;
/** Languages in which a name in square brackets is a section, an attribute or a list. */
const SQUARE_IS_CODE = /^(?:toml|ini|cfg|conf|desktop|service|editorconfig|properties|cs|csharp|vb|ps1|powershell)$/i;
/** Languages in which several words in angle brackets are no tag, and plain words are no statement. */
const PLAIN_WORDS_ARE_NO_CODE =
  /^(?:[cm]?[jt]s|typescript|javascript|py|python|java|go|golang|rs|rust|cs|csharp|c|cc|cpp|h|hpp|kt|kotlin|swift|css|scss|less|json5?|dart|scala|zig|toml|lua)$/i;
/** Elements of HTML and SVG that answers write alone on a line, beside those that are closed. */
const ELEMENT =
  /^(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr|html|head|body|p|li|dt|dd|option|optgroup|tr|td|th|thead|tbody|tfoot|colgroup|slot)$/i;
/** Words that begin a statement of plain words: `return nil`, `from a import b`. */
const STATEMENT =
  /^(?:return|break|continue|pass|yield|await|throw|raise|import|from|export|package|using|namespace|module|global|nonlocal|public|private|protected|internal|static|final|abstract|const|let|var|val|def|fn|func|fun|function|class|struct|enum|interface|trait|type|case|default|else|end|begin|do|then|if|elif|and|or|except|with|match|try|catch|unless|for|while|until|in|goto|new|delete|del|assert|async|extern|unsafe|mut|pub|use|mod|where|override|virtual|inline|unsigned|signed|long|short|volatile|typedef|union|local|repeat|not)$/i;
/** Words that make a declaration or an expression of plain words: `results chan string`, `error instanceof Timeout`. */
const TYPE =
  /^(?:instanceof|extends|implements|satisfies|keyof|typeof|infer|None|True|False|null|nil|chan|int\d*|uint\d*|string|str|bool|boolean|byte|rune|error|float\d*|double|char|long|short|void|any|number|object|struct|interface|f32|f64|[iu](?:8|16|32|64)|usize)$/;

const BRACKETS: readonly (readonly [open: string, close: string])[] = [
  ['{{', '}}'],
  ['[[', ']]'],
  ['<<', '>>'],
  ['((', '))'],
  ['<#', '#>'],
  ['«', '»'],
  ['【', '】'],
  ['{', '}'],
  ['[', ']'],
  ['<', '>'],
  ['(', ')'],
];
/** Words and what people write between them: no operator, no quote, no path. */
const PROSE = /^(?=.*\p{L}{2})[\p{L}\p{M}\d\s,.:;’…–—-]+$/u;
const wordsOf = (text: string): readonly string[] => text.match(/[\p{L}\p{M}][\p{L}\p{M}\d-]*/gu) ?? [];

/** Whether a line that is no comment can stand for lines left out. */
export function standsAlone(line: string, around: Surroundings): boolean {
  const text = line.trim();
  if (text.length > 120) return false;
  if (/^(?:\.{3,4}|…+|(?:\. ){2}\.)$/.test(text)) return true;
  if (isNothingWithComment(text)) return true;
  for (const [open, close] of BRACKETS)
    if (text.length > open.length + close.length && text.startsWith(open) && text.endsWith(close)) {
      const inner = text.slice(open.length, -close.length).trim();
      if (/^[.…]{1,4}$/.test(inner)) return /\.{3}|…/.test(inner);
      return !/[{}[\]<>()]/.test(inner) && PROSE.test(inner) && !isCodeWithin(open, inner, around);
    }
  const [, , emphasized] = /^([*_=~+#-])\1*\s*([^*_=~+#]*?)\s*\1+$/u.exec(text) ?? [];
  if (emphasized !== undefined) return PROSE.test(emphasized) && wordsOf(emphasized).length >= 2;
  return isPlainWords(text, around.language);
}

/** A statement that does nothing, or the marks of a template, with a comment: `pass  # as before`, `<?php // rest ?>`. */
function isNothingWithComment(text: string): boolean {
  const [, comment] =
    /^(?:pass|\.{3}|…|;|\{\s*\}|null;|nil|noop\(?\)?;?)\s*((?:#|\/\/|\/\*|--|;;).*)$/.exec(text) ?? [];
  if (comment !== undefined) return commentText(comment) !== null;
  const [, inside] = /^<(?:\?(?:php|=)?|%[=-]?)\s*(.*?)\s*[?%-]+>$/.exec(text) ?? [];
  return inside !== undefined && commentText(inside) !== null;
}

/** Whether words between brackets are code of the language. */
function isCodeWithin(open: string, inner: string, { language, isKnown, isClosed }: Surroundings): boolean {
  const words = wordsOf(inner);
  const [first = ''] = words;
  const isPhrase = words.length >= 2 && /[\p{L}\p{M}\d]\s+[\p{L}\p{M}\d]/u.test(inner);
  const unknown = words.filter((word) => !isKnown(word)).length;
  const isMostlyKnown = unknown * 2 <= words.length;
  if (open === '<' && (MARKUP.test(language) || !isPhrase))
    return isClosed(first) || ELEMENT.test(first) || (/^\p{Lu}/u.test(first) && isMostlyKnown) || /,/.test(inner);
  if (open === '«' || open === '【' || open === '<<' || open === '<#') return false;
  if (STATEMENT.test(first)) return true;
  if (open === '[' && SQUARE_IS_CODE.test(language)) return true;
  // `[[nodiscard]]`, `{ cause: error }`.
  if ((open === '[[' && !isPhrase) || (open === '{' && /^\w+\s*[:,]/.test(inner))) return true;
  // Names with commas between them are a list, mostly.
  if (/^[\w.-]+(?:\s*,\s*[\w.-]+)+$/.test(inner)) return true;
  const mayBeCall = WORDS_ARE_CALLS.test(language) || (open === '{{' && !PLAIN_WORDS_ARE_NO_CODE.test(language));
  if (isPhrase && !mayBeCall) return false;
  if (open.startsWith('(') && isCommandName(first)) return true;
  // `(1)`, `[0]` and `{a}` are no words; a name that nothing else uses is.
  return isMostlyKnown;
}

/** Whether a line is only words, in a language that has no such statements. */
function isPlainWords(text: string, language: string): boolean {
  if (!PLAIN_WORDS_ARE_NO_CODE.test(language)) return false;
  if (!/^[\p{L}\p{M}’-]+(?: [\p{L}\p{M}’-]+)+[.…]*$/u.test(text)) return false;
  const words = wordsOf(text);
  const [first = ''] = words;
  const isCast = words.length === 3 && words[1] === 'as' && /^\p{Lu}/u.test(words[2] ?? '');
  return words.length >= 3 && !isCast && !STATEMENT.test(first) && !words.slice(1).some((word) => TYPE.test(word));
}
