import type { ProviderEvent } from './provider.ts';

type TextEvent = Extract<ProviderEvent, { text: string }>;

const OPEN = '<think>';
const CLOSE = '</think>';

/**
 * The text of an answer as it may be shown: thoughts that a model writes between `<think>` tags at its beginning are
 * reasoning (also when the closing tag never comes), halves of a character that a server split are joined again, and
 * what is no character at all becomes U+FFFD.
 */
export class AnswerText {
  #state: 'begin' | 'thinking' | 'answer' = 'begin';
  /** Text that cannot be judged before more of it is there. */
  #held = '';

  /** The events that a piece of text makes; none while more is needed. */
  push(text: string): TextEvent[] {
    this.#held += text;
    return this.#read(false);
  }

  /** What is left when the answer is complete. */
  end(): TextEvent[] {
    return this.#read(true);
  }

  #read(last: boolean): TextEvent[] {
    const events: TextEvent[] = [];
    if (this.#state === 'begin') {
      const begun = this.#held.trimStart();
      // Blanks before the tag are not shown, those before an answer are.
      if (!last && begun.length < OPEN.length && OPEN.startsWith(begun) && this.#held.length < 200) return events;
      this.#state = begun.startsWith(OPEN) ? 'thinking' : 'answer';
      if (this.#state === 'thinking') this.#held = begun.slice(OPEN.length);
    }
    if (this.#state === 'thinking') {
      const end = this.#held.indexOf(CLOSE);
      const thought = end >= 0 ? end : last ? this.#held.length : this.#held.length - tailOf(this.#held);
      add(events, 'reasoning', this.#held.slice(0, thought));
      this.#held = this.#held.slice(end >= 0 ? end + CLOSE.length : thought);
      if (end < 0) return events;
      this.#state = 'answer';
      this.#held = this.#held.replace(/^\s+/, '');
    }
    const cut = !last && /[\uD800-\uDBFF]$/.test(this.#held) ? this.#held.length - 1 : this.#held.length;
    add(events, 'text', this.#held.slice(0, cut));
    this.#held = this.#held.slice(cut);
    return events;
  }
}

function add(events: TextEvent[], kind: TextEvent['kind'], text: string): void {
  if (text) events.push({ kind, text: text.toWellFormed().replaceAll('\0', '\uFFFD') });
}

/** How many characters at the end may be the beginning of the closing tag. */
function tailOf(text: string): number {
  for (let length = Math.min(text.length, CLOSE.length - 1); length > 0; length--)
    if (CLOSE.startsWith(text.slice(-length))) return length;
  return 0;
}
