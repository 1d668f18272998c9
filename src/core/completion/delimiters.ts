import { syntaxOf, type Syntax } from './lexical.ts';

/**
 * Reads which brackets, quotes, template strings and tags a text opens and closes. It reads every language by the same
 * rough rules, which is enough to compare two ways of writing the same line.
 */

/** A bracket, quote or element that is open. */
export interface OpenDelimiter {
  /** The same in copies. */
  readonly id: number;
  /** The text that closes it, such as `)`, `"""` or `</div>`. */
  readonly close: string;
  readonly kind: 'bracket' | 'string' | 'template' | 'element' | 'tag';
  /** White space at the beginning of the line on which it was opened. */
  readonly indent: string;
  /** Number of that line, counted from the beginning of the text that was read. */
  readonly line: number;
  /** Nothing but white space follows it on its line. */
  endsLine: boolean;
}

const BRACKETS: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
const MARKUP = /^(html|xml|xsl|xhtml|svg|vue|svelte|astro|handlebars|razor|php|blade|erb|ejs|jinja-html|django-html)$/;
const JSX = /^(javascript|javascriptreact|typescriptreact|mdx)$/;
const SCRIPT = /^(javascript|typescript)(react)?$/;
/** In scripts a regular expression begins where a value may begin. */
const REGEX = /^\/(?![*/])(?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/;
const PROSE = /^(markdown|plaintext|latex|tex|restructuredtext|asciidoc|git-commit|git-rebase)$/;
/** Elements without content; https://html.spec.whatwg.org/multipage/syntax.html#void-elements */
const VOID = /^(area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr)$/i;
/** Elements whose content is code. */
const CODE_ELEMENTS = /^(script|style)$/i;
/** In JSX an element begins where a value may begin. */
const BEFORE_ELEMENT = /(^|[(,=?:{}>&|;[]|\breturn|\bdefault)\s*$/;
const TAG_NAME = /^[A-Za-z][\w.:-]*/;

/** The state after a text. `copy` it to read several texts on from the same place. */
export class Delimiters {
  readonly #language: string;
  readonly #syntax: Syntax;
  readonly #markup: boolean;
  readonly #jsx: boolean;
  #open: OpenDelimiter[] = [];
  #line = 0;
  #opened = 0;
  #indent = '';
  #atLineStart = true;
  /** Only white space came since the last opener. */
  #opener: OpenDelimiter | null = null;
  /** The last characters of code, to tell an element from a comparison. */
  #recent = '';
  /** Closers that nothing opened, and openers that the wrong closer or the end of the line closed. */
  faults = 0;

  constructor(language: string) {
    this.#language = language;
    this.#syntax = PROSE.test(language) ? { ...syntaxOf(language), quotes: '', long: [] } : syntaxOf(language);
    this.#markup = MARKUP.test(language);
    this.#jsx = JSX.test(language);
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

  copy(): Delimiters {
    const copy = new Delimiters(this.#language);
    copy.#open = this.#open.map((each) => ({ ...each }));
    copy.#opener = this.#opener === this.top ? (copy.#open.at(-1) ?? null) : null;
    copy.#line = this.#line;
    copy.#opened = this.#opened;
    copy.#indent = this.#indent;
    copy.#atLineStart = this.#atLineStart;
    copy.#recent = this.#recent;
    copy.faults = this.faults;
    return copy;
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
      else this.#remember(char);
      return 1;
    }
    this.#atLineStart = false;
    const top = this.top;
    const size =
      top?.kind === 'string' || top?.kind === 'template'
        ? this.#inString(text, i, top)
        : top?.kind === 'tag'
          ? this.#inTag(text, i, top)
          : this.#isContent(top)
            ? this.#inContent(text, i)
            : this.#inCode(text, i);
    for (const each of text.slice(i, i + size)) this.#remember(each);
    if (this.#opener && this.#opener !== this.top) this.#opener = null;
    if (this.#opener && !this.#justOpened) this.#opener = null;
    this.#justOpened = false;
    return size;
  }

  #justOpened = false;

  #remember(char: string): void {
    this.#recent = (this.#recent + char).slice(-12);
  }

  #endLine(): void {
    if (this.#opener) this.#opener.endsLine = true;
    this.#opener = null;
    const top = this.top;
    // A quote that its line does not close was an apostrophe, or is a fault.
    if (top?.kind === 'string' && top.close.length === 1 && !this.#syntax.long.includes(top.close)) {
      this.#open.pop();
      this.faults++;
    }
    this.#line++;
    this.#indent = '';
    this.#atLineStart = true;
    this.#remember('\n');
  }

  #push(kind: OpenDelimiter['kind'], close: string): void {
    const id = this.#opened++;
    const opened: OpenDelimiter = { id, kind, close, indent: this.#indent, line: this.#line, endsLine: false };
    this.#open.push(opened);
    this.#opener = opened;
    this.#justOpened = true;
  }

  /** Closes the innermost delimiter with this end, and counts what had to be passed over. */
  #close(close: string): void {
    for (let at = this.#open.length - 1; at >= 0; at--) {
      const each = this.#open[at];
      if (each?.kind === 'string' || each?.kind === 'template') break;
      if (each?.close !== close) continue;
      this.faults += this.#open.length - 1 - at;
      this.#open.length = at;
      return;
    }
    this.faults++;
  }

  #isContent(top: OpenDelimiter | undefined): boolean {
    if (top?.kind === 'element') return !CODE_ELEMENTS.test(top.close.slice(2, -1));
    return top === undefined && this.#markup && this.#language !== 'php';
  }

  #inString(text: string, i: number, top: OpenDelimiter): number {
    if (text.charAt(i) === '\\') return text.charAt(i + 1) === '\n' ? 1 : 2;
    if (text.startsWith(top.close, i)) {
      this.#open.pop();
      return top.close.length;
    }
    if (top.kind === 'template' && text.startsWith('${', i)) {
      this.#push('bracket', '}');
      return 2;
    }
    return 1;
  }

  #inTag(text: string, i: number, top: OpenDelimiter): number {
    const char = text.charAt(i);
    if (text.startsWith('/>', i)) {
      this.#open.pop();
      return 2;
    }
    if (char === '>') {
      this.#open.pop();
      if (!VOID.test(top.close.slice(2, -1)) || this.#jsx) this.#push('element', top.close);
      return 1;
    }
    if (char === '"' || char === "'") {
      this.#push('string', char);
      return 1;
    }
    if (char === '{') {
      this.#push('bracket', '}');
      return 1;
    }
    if (')]}'.includes(char)) this.#close(char);
    return 1;
  }

  /** Text between tags. */
  #inContent(text: string, i: number): number {
    const char = text.charAt(i);
    if (text.startsWith('<!--', i)) return this.#skip(text, i, '-->');
    if (char === '<') return this.#tag(text, i) ?? 1;
    if (char === '{') this.#push('bracket', '}');
    else if (char === '}') this.#close('}');
    return 1;
  }

  /** The beginning or the end of an element; undefined where there is none. */
  #tag(text: string, i: number): number | undefined {
    const closing = text.charAt(i + 1) === '/';
    const start = i + (closing ? 2 : 1);
    const name = TAG_NAME.exec(text.slice(start, start + 80))?.[0] ?? '';
    const next = text.charAt(start + name.length);
    if (closing) {
      if (next !== '>') return undefined;
      this.#close(`</${name}>`);
      return start + name.length + 1 - i;
    }
    if (!name && !(this.#jsx && next === '>')) return undefined;
    if (next !== '' && !/[\s/>]/.test(next)) return undefined;
    this.#push('tag', `</${name}>`);
    return start + name.length - i;
  }

  #inCode(text: string, i: number): number {
    const char = text.charAt(i);
    const block = this.#syntax.block.find(([start]) => text.startsWith(start, i));
    if (block) return this.#skip(text, i, block[1]);
    if (this.#syntax.line.some((mark) => text.startsWith(mark, i)) && this.#isCommentHere(text, i)) {
      const end = text.indexOf('\n', i);
      return (end < 0 ? text.length : end) - i;
    }
    if (char === '/' && SCRIPT.test(this.#language) && /(^|[(,=:[!&|?{};>]|\breturn)\s*$/.test(this.#recent)) {
      const regex = REGEX.exec(text.slice(i, i + 300))?.[0];
      if (regex) return regex.length;
    }
    const long = this.#syntax.long.find((quote) => text.startsWith(quote, i));
    if (long) {
      this.#push(long === '`' ? 'template' : 'string', long);
      return long.length;
    }
    if (this.#syntax.quotes.includes(char) && !this.#isApostrophe(text, i, char)) {
      this.#push('string', char);
      return 1;
    }
    if (char === '<' && (this.#markup || this.#jsx)) {
      const isElement = text.charAt(i + 1) === '/' || this.#markup || BEFORE_ELEMENT.test(this.#recent);
      return (isElement ? this.#tag(text, i) : undefined) ?? 1;
    }
    const close = BRACKETS[char];
    if (close) this.#push('bracket', close);
    else if (')]}'.includes(char)) this.#close(char);
    return 1;
  }

  /** `#` and the like begin a comment only at the beginning of a word. */
  #isCommentHere(text: string, i: number): boolean {
    if (text.charAt(i) !== '#') return !(text.startsWith('//', i) && this.#recent.endsWith(':'));
    return /(^|[\s;(){}[\],])$/.test(this.#recent);
  }

  /** Within a word a single quote is an apostrophe; before a word that no quote ends it is a mark, as in `'a`. */
  #isApostrophe(text: string, i: number, char: string): boolean {
    return char === "'" && /[\p{L}\p{N}_]$/u.test(this.#recent) && /^[\p{L}\p{N}_]/u.test(text.slice(i + 1, i + 3));
  }

  #skip(text: string, i: number, end: string): number {
    const at = text.indexOf(end, i + 1);
    const skipped = text.slice(i, at < 0 ? text.length : at + end.length);
    this.#line += skipped.split('\n').length - 1;
    return skipped.length;
  }
}
