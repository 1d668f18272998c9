import { CLOSING_MARKS, isQuoted, openingMarks, tailOfMark } from '../common/thinkingMarks.ts';

/**
 * Headers of channels inside thoughts, in the harmony format of gpt-oss (github.com/openai/harmony): servers that do not
 * parse it pass them on. A header that ends the thoughts is a closing mark.
 */
const HEADER =
  String.raw`<\|start\|>(?:assistant)?|<\|channel\|>(?:analysis|commentary)(?:\s+to=[\w.]+)?|` +
  String.raw`<\|(?:end|message|return|call|constrain)\|>`;
const MARK = new RegExp(`${HEADER}|${CLOSING_MARKS.map((mark) => mark.replace(/[[\]|]/g, '\\$&')).join('|')}`, 'iu');
const IS_HEADER = new RegExp(`^(?:${HEADER})$`, 'iu');
/** The end of a text that may be the beginning of a header. */
const BEGUN = /<(?:\|(?:[a-z]{0,12}\|?|start\|(?:>[a-z]{0,8})?|channel\|(?:>[a-z]{0,10}(?:\s+[\w.=]{0,60})?)?)|)$/iu;

/** Spaces are held back up to here: they may come before an opening mark. */
const MOST_SPACES = 200;

/** UTF-16 units of shown thoughts that are kept. */
const MOST_REMEMBERED = 8_000;

/** The thoughts of an answer as they may be shown: without the marks of channels, and up to the mark that ends them. */
export class ThoughtText {
  #said = '';
  #held = '';
  #begun = false;

  /**
   * @param last nothing of the thoughts is to come, so nothing is held back
   * @returns what may be shown, and what is after a closing mark; undefined where there is none
   */
  read(text: string, last = false): { readonly thought: string; readonly after?: string } {
    this.#held += text;
    if (!this.#begun && !this.#begin(last)) return { thought: '' };
    let thought = '';
    for (;;) {
      const mark = MARK.exec(this.#held);
      if (!mark || (!last && mark.index >= this.#held.length - this.#begunLength())) break;
      const before = this.#held.slice(0, mark.index);
      const quoted = isQuoted(this.#said + before);
      const shown = quoted ? before + mark[0] : before;
      this.#remember(shown);
      thought += shown;
      this.#held = this.#held.slice(mark.index + mark[0].length);
      if (quoted || IS_HEADER.test(mark[0])) continue;
      const after = this.#held;
      this.#held = '';
      return { thought, after };
    }
    const begun = last ? 0 : Math.max(this.#begunLength(), tailOfMark(this.#held, CLOSING_MARKS));
    const end = this.#held.length - begun;
    this.#remember(this.#held.slice(0, end));
    thought += this.#held.slice(0, end);
    this.#held = this.#held.slice(end);
    return { thought };
  }

  /** Keeps of what was shown only what decides whether the next mark is quoted: open fences, and the last line. */
  #remember(shown: string): void {
    this.#said += shown;
    if (this.#said.length < MOST_REMEMBERED) return;
    const begin = this.#said.lastIndexOf('\n') + 1;
    const [above, line] = [this.#said.slice(0, begin), this.#said.slice(begin)];
    const ticks = (line.match(/`/g)?.length ?? 0) % 2 === 1 ? '`' : '';
    this.#said =
      (isQuoted(above) ? '```\n' : '') + (line.length < MOST_REMEMBERED / 2 ? line : ticks + (line.at(-1) ?? ''));
  }

  /** How much at the end may be the beginning of a header, or of a longer one. */
  #begunLength(): number {
    return BEGUN.exec(this.#held)?.[0].length ?? 0;
  }

  /** Drops an opening mark that the server left in. Whether it is known how the thoughts begin. */
  #begin(last: boolean): boolean {
    const begun = this.#held.trimStart();
    const marks = openingMarks(begun);
    if (marks === 'maybe' && !last && this.#held.length < MOST_SPACES) return false;
    if (marks && marks !== 'maybe') this.#held = begun.slice(marks.open.length);
    this.#begun = true;
    return true;
  }
}
