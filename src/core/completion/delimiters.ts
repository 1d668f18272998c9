import { hasEscapes, syntaxOf, type Syntax } from './lexical.ts';

/**
 * Reads which brackets, quotes, comments and tags a text opens and closes. It reads every language by the same rough
 * rules, which is enough to compare two ways of writing the same line.
 */

/** A bracket, quote, comment, tag or element that is open. */
export interface OpenDelimiter {
  /** The text that closes it, such as `)`, `"""` or `</div>`. */
  readonly close: string;
  readonly kind: 'bracket' | 'string' | 'template' | 'comment' | 'tag' | 'element';
  /** White space at the beginning of the line on which it was opened. */
  readonly indent: string;
  /** Number of that line, counted from the beginning of the text that was read. */
  readonly line: number;
  /** Nothing in it is escaped. */
  readonly isPlain: boolean;
  /** Nothing but white space follows it on its line. */
  endsLine: boolean;
}

const BRACKETS: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
const MARKUP = /^(html|xml|xsl|xhtml|svg|vue|svelte|astro|handlebars|razor|blade|erb|ejs|jinja-html|django-html)$/;
/** Code that has elements in it. */
const MIXED = /^(javascript|javascriptreact|typescriptreact|mdx|php|markdown)$/;
const SCRIPT = /^(javascript|typescript)(react)?$/;
/** In scripts a regular expression begins where a value may begin. */
const REGEX = /\/(?![*/])(?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
const PROSE = /^(markdown|plaintext|latex|tex|restructuredtext|asciidoc|git-commit|git-rebase)$/;
/** Elements without content; https://html.spec.whatwg.org/multipage/syntax.html#void-elements */
const VOID = /^<\/(area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr)>$/i;
/** In code a value, and so an element or a regular expression, may begin after this. */
const BEFORE_VALUE = /(^|[(,=?:{}>&|;[!]|\breturn|\bdefault)\s*$/;
const TAG = /<\/[A-Za-z][\w.:-]*\s*>?|<\/>|<[A-Za-z][\w.:-]*(?=[\s/>]|$)|<>/y;
/** What is in angle brackets without being an element: instructions, declarations, and the code of templates. */
const INSTRUCTIONS: readonly (readonly [RegExp, string])[] = [
  [/^<\?/, '?>'],
  [/^<%/, '%>'],
  [/^<![A-Za-z]/, '>'],
];
/** No delimiter begins with these. */
const PLAIN = /[\p{L}\p{N}_.,]+/uy;
const WORD_END = /[\p{L}\p{N}_]$/u;
const WORD_START = /^[\p{L}\p{N}_]/u;

/** Whether a language has elements such as `<p>`, by VS Code's language id. */
export const hasElements = (language: string): boolean => MARKUP.test(language) || MIXED.test(language);

/** The state after a text; see `read`. */
export class Delimiters {
  readonly #syntax: Syntax;
  readonly #prose: boolean;
  readonly #markup: boolean;
  readonly #mixed: boolean;
  readonly #script: boolean;
  /** A backslash before a bracket begins a value inside a string. */
  readonly #swift: boolean;
  #open: OpenDelimiter[] = [];
  #line = 0;
  #indent = '';
  #atLineStart = true;
  #isFirstOnLine = true;
  /** Only white space came since this opener. */
  #opener: OpenDelimiter | null = null;
  /** Closers that nothing opened, and openers that the wrong closer or the end of the line closed. */
  faults = 0;
  #textFaults = 0;
  /** Braces that begin a line deeper than the line that they were opened on. */
  looseBraces = 0;
  /** What would close the brackets that strings and comments left open: another one on the line may. */
  #leftOpen: string[] = [];
  /** Quotes in prose and between tags of which an odd number came; the same for escaped quotes in strings. */
  readonly #quoting = new Set<string>();
  readonly #escaped = new Set<string>();

  /** @param language VS Code's language id */
  constructor(language: string) {
    const syntax = syntaxOf(language);
    this.#prose = PROSE.test(language);
    this.#syntax = this.#prose ? { ...syntax, quotes: '', long: [] } : syntax;
    this.#markup = MARKUP.test(language);
    this.#mixed = MIXED.test(language);
    this.#script = SCRIPT.test(language);
    this.#swift = language === 'swift';
  }

  /** Faults inside strings, comments and markup, where an odd one may be meant. */
  get textFaults(): number {
    return this.#textFaults + this.#leftOpen.length + this.#quoting.size;
  }

  /** How many kinds of escaped quotes came in an odd number, over all strings. */
  get oddEscapes(): number {
    return this.#escaped.size;
  }

  /** Number of the line that is being read, counted from 0. */
  get line(): number {
    return this.#line;
  }

  get open(): readonly OpenDelimiter[] {
    return this.#open;
  }

  /** The innermost open delimiter. */
  get top(): OpenDelimiter | undefined {
    return this.#open.at(-1);
  }

  /** The text ends between tags, where people write sentences. */
  get isInContent(): boolean {
    return this.top ? this.top.kind === 'element' : this.#markup;
  }

  /** The string or comment in which the text ends. */
  get enclosing(): OpenDelimiter | undefined {
    return this.#open[this.#enclosingAt()];
  }

  /** Begins inside a string or comment that was opened above. */
  enter(enclosing: OpenDelimiter): this {
    this.#open.push({ ...enclosing, line: -1 });
    return this;
  }

  /** Reads on. A delimiter of several characters must not be split between two texts. */
  read(text: string): this {
    let i = 0;
    while (i < text.length) i += this.#step(text, i);
    return this;
  }

  /** Reads the text at `i`; returns how many UTF-16 units it took. */
  #step(text: string, i: number): number {
    const char = text.charAt(i);
    if (char === '\n') {
      this.#endLine();
      return 1;
    }
    if (char === ' ' || char === '\t') {
      if (this.#atLineStart) this.#indent += char;
      return 1;
    }
    this.#isFirstOnLine = this.#atLineStart;
    this.#atLineStart = false;
    this.#opener = null;
    PLAIN.lastIndex = i;
    const plain = PLAIN.exec(text);
    if (plain) return plain[0].length;
    const at = this.#enclosingAt();
    const enclosing = this.#open[at];
    if (enclosing) return this.#inText(text, i, enclosing, at);
    if (this.top?.kind === 'tag') return this.#inTag(text, i, this.top);
    if (this.isInContent) return this.#inContent(text, i);
    return this.#inCode(text, i, char);
  }

  /** Position of the innermost string or comment that is not left again by `${`; -1 outside. */
  #enclosingAt(): number {
    for (let at = this.#open.length - 1; at >= 0; at--) {
      const { kind, close } = this.#open[at] ?? { kind: 'bracket', close: '' };
      if (kind === 'string' || kind === 'template' || kind === 'comment') return at;
      if (close === '}' && this.#open[at - 1]?.kind === 'template') return -1;
    }
    return -1;
  }

  #endLine(): void {
    if (this.#opener) this.#opener.endsLine = true;
    this.#opener = null;
    const at = this.#enclosingAt();
    const enclosing = this.#open[at];
    if (enclosing?.close === '\n') this.#leave(at);
    // A quote that its line does not close was an apostrophe, or is a fault.
    else if (enclosing?.kind === 'string' && !this.#syntax.long.includes(enclosing.close)) {
      this.#leave(at);
      this.faults++;
    }
    this.#line++;
    this.#indent = '';
    this.#atLineStart = true;
  }

  #push(kind: OpenDelimiter['kind'], close: string, isPlain = false): void {
    const opened: OpenDelimiter = { kind, close, indent: this.#indent, line: this.#line, isPlain, endsLine: false };
    this.#open.push(opened);
    this.#opener = opened;
  }

  /** Leaves a string or comment; what it left open inside is odd. */
  #leave(at: number): void {
    this.#leftOpen.push(...this.#open.slice(at + 1).map(({ close }) => close));
    this.#open.length = at;
  }

  /** Closes the innermost delimiter with this end, above `floor`, and counts what had to be passed over. */
  #close(close: string, isText: boolean, floor: number): void {
    let at = this.#open.length - 1;
    while (at > floor && this.#open[at]?.close !== close) at--;
    const leftOpen = at > floor || !isText ? -1 : this.#leftOpen.lastIndexOf(close);
    if (leftOpen >= 0) {
      this.#leftOpen.splice(leftOpen, 1);
      return;
    }
    const opener = this.#open[at];
    if (at > floor && close === '}' && this.#isFirstOnLine && opener?.line !== this.#line)
      this.looseBraces += Number(this.#indent.length > (opener?.indent.length ?? 0));
    const passed = at > floor ? this.#open.length - 1 - at : 1;
    if (at > floor) this.#open.length = at;
    if (isText) this.#textFaults += passed;
    else this.faults += passed;
  }

  #inText(text: string, i: number, enclosing: OpenDelimiter, at: number): number {
    const { kind, close, isPlain } = enclosing;
    const char = text.charAt(i);
    if (
      char === (this.#syntax.escape ?? '\\') &&
      kind !== 'comment' &&
      !isPlain &&
      !(this.#swift && text.charAt(i + 1) === '(')
    )
      return text.charAt(i + 1) === '\n' ? 1 : this.#escape(text, i);
    if (close !== '\n' && text.startsWith(close, i)) {
      this.#leave(at);
      return close.length;
    }
    if (kind === 'template' && text.startsWith('${', i)) {
      this.#push('bracket', '}');
      return 2;
    }
    // Markup has code in the values of its attributes.
    if (kind === 'comment' || (kind === 'string' && this.#markup)) this.#quote(text, i);
    this.#bracket(char, true, at);
    return 1;
  }

  /** An escape in a string; returns its length. */
  #escape(text: string, i: number): number {
    const escaped = text.slice(i, i + 2);
    if (/["'`]$/.test(escaped) && !this.#escaped.delete(escaped)) this.#escaped.add(escaped);
    return 2;
  }

  #isEscaped(text: string, i: number): boolean {
    const { escape = '\\', plainStrings = false, quotes, long } = this.#syntax;
    const next = text.charAt(i + 1);
    return !plainStrings && text.charAt(i) === escape && next !== '' && (quotes.includes(next) || long.includes(next));
  }

  #bracket(char: string, isText: boolean, floor: number): void {
    const close = BRACKETS[char];
    if (close) this.#push('bracket', close);
    else if (char === ')' || char === ']' || char === '}') this.#close(char, isText, floor);
  }

  #inTag(text: string, i: number, tag: OpenDelimiter): number {
    const char = text.charAt(i);
    const isInstruction = !tag.close.startsWith('</');
    if (isInstruction && text.startsWith(tag.close, i)) {
      this.#open.pop();
      return tag.close.length;
    }
    if (!isInstruction && text.startsWith('/>', i)) {
      this.#open.pop();
      return 2;
    }
    if (char === '>' && !isInstruction) {
      this.#open.pop();
      if (!VOID.test(tag.close)) this.#push('element', tag.close);
    } else if (char === '"' || char === "'") this.#push('string', char);
    else this.#bracket(char, false, -1);
    return 1;
  }

  /** Text between tags. */
  #inContent(text: string, i: number): number {
    if (text.startsWith('<!--', i)) {
      this.#push('comment', '-->');
      return 4;
    }
    const instruction = INSTRUCTIONS.find(([start]) => start.test(text.slice(i, i + 3)));
    if (instruction) {
      this.#push('tag', instruction[1]);
      return 2;
    }
    const size = this.#tag(text, i);
    this.#quote(text, i);
    if (text.charAt(i) === '>') this.#textFaults++;
    if (size === 0) this.#bracket(text.charAt(i), true, -1);
    return Math.max(1, size);
  }

  /** Counts a quote where an odd one may be meant. */
  #quote(text: string, i: number): void {
    const char = text.charAt(i);
    if (!/["'`]/.test(char) || isApostrophe(text, i)) return;
    if (!this.#quoting.delete(char)) this.#quoting.add(char);
  }

  /** The beginning or the end of an element; returns its length, 0 where there is none. */
  #tag(text: string, i: number): number {
    if (text.charAt(i) !== '<') return 0;
    TAG.lastIndex = i;
    const tag = TAG.exec(text)?.[0] ?? '';
    if (tag.startsWith('</')) {
      this.#close(tag.replace(/\s|>/g, '') + '>', true, -1);
      if (!tag.endsWith('>')) this.#textFaults++;
    }
    if (tag === '<>') this.#push('element', '</>');
    else if (tag && !tag.startsWith('</')) this.#push('tag', `</${tag.slice(1)}>`);
    return tag.length;
  }

  #inCode(text: string, i: number, char: string): number {
    const { block, line, long, quotes } = this.#syntax;
    const comment = block.find(([start]) => text.startsWith(start, i));
    if (comment) {
      this.#push('comment', comment[1]);
      return comment[0].length;
    }
    const mark = line.find((each) => text.startsWith(each, i));
    if (mark && isCommentHere(text, i)) {
      this.#push('comment', '\n');
      return mark.length;
    }
    // `*/` where no comment is open.
    const end = block.find(([, each]) => /^\W+$/.test(each) && each.length > 1 && text.startsWith(each, i));
    if (end && !/^[)\]}]/.test(end[1])) {
      this.faults++;
      return end[1].length;
    }
    if (char === '/' && this.#script && BEFORE_VALUE.test(text.slice(Math.max(0, i - 12), i))) {
      REGEX.lastIndex = i;
      const regex = REGEX.exec(text)?.[0];
      if (regex) return regex.length;
    }
    // An escaped quote opens nothing: it belongs to a pattern, or to a string whose beginning was misread.
    if (this.#isEscaped(text, i)) return 2;
    const quote = long.find((each) => text.startsWith(each, i));
    if (quote && (quote.length > 1 || !isApostrophe(text, i))) {
      this.#push(quote === '`' ? 'template' : 'string', quote, !hasEscapes(this.#syntax, text, i, quote));
      return quote.length;
    }
    if (quotes.includes(char) && !isApostrophe(text, i)) {
      this.#push('string', char, !hasEscapes(this.#syntax, text, i, char));
      return 1;
    }
    if (char === '<' && (this.#mixed || this.#markup)) {
      const isTag = text.charAt(i + 1) === '/' || BEFORE_VALUE.test(text.slice(Math.max(0, i - 12), i));
      const size = isTag ? this.#tag(text, i) : 0;
      if (size) return size;
    }
    if (!quotes && long.length === 0) this.#quote(text, i);
    this.#bracket(char, false, -1);
    return 1;
  }
}

/** `#` begins a comment only at the beginning of a word, and `#{` a value; `//` after a colon belongs to an address. */
function isCommentHere(text: string, i: number): boolean {
  const before = text.charAt(i - 1);
  return text.charAt(i) === '#'
    ? text.charAt(i + 1) !== '{' && (!before || /[\s;(){}[\],]/.test(before))
    : !(before === ':' && text.startsWith('//', i));
}

/** Within a word a single quote is an apostrophe. */
const isApostrophe = (text: string, i: number): boolean =>
  text.charAt(i) === "'" &&
  WORD_END.test(text.slice(Math.max(0, i - 2), i)) &&
  WORD_START.test(text.slice(i + 1, i + 3));
