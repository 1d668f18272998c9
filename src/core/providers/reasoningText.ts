import {
  CLOSING_MARKS,
  findLoneClose,
  indexOfMark,
  openingMarks,
  tailOfMark,
  type ThinkingMarks,
} from '../common/thinkingMarks.ts';
import { AnswerTurn } from './nextTurn.ts';
import { ThoughtText } from './thoughtText.ts';
import type { ProviderEvent } from './provider.ts';

type AnswerEvent = Extract<ProviderEvent, { kind: 'text' | 'reasoning' | 'rethought' }>;

/** Spaces before an answer are held back up to here: they may come before a mark. */
const MOST_SPACES = 200;

/**
 * The text of an answer as it may be shown: thoughts that a model writes between marks at its beginning are reasoning
 * (also when the closing mark never comes), and so is all before a closing mark that nothing opened, even where it was
 * shown as text already. Halves of a character that a server split are joined again, and what is no character at all
 * becomes U+FFFD.
 */
export class AnswerText {
  #state: 'begin' | 'thinking' | 'answer' = 'begin';
  #marks: ThinkingMarks | undefined;
  /** Text that cannot be judged before more of it is there. */
  #held = '';
  /** Text that was given out, as long as a lone closing mark may still make it a thought; then undefined. */
  #said: string | undefined;
  /** After thoughts the answer begins with its first character that is no space. */
  #trims = false;

  /** Undefined where the text is no turn of a conversation. */
  #turn: AnswerTurn | undefined;
  #thoughts = new ThoughtText();
  /** The member for thoughts went on with the answer, of which something was given out or not. */
  #ofField: 'none' | 'begun' | 'said' = 'none';

  /**
   * @param chat whether the text is the answer in a chat: a closing mark alone counts, and a made-up next turn is cut.
   * Text that fills a gap may well contain both.
   */
  constructor({ chat = true } = {}) {
    this.#said = chat ? '' : undefined;
    this.#turn = chat ? new AnswerTurn() : undefined;
  }

  /** The model went on with a turn that it makes up: nothing of the answer is to come. */
  get wentOn(): boolean {
    return this.#turn?.wentOn ?? false;
  }

  /** What was read of such a turn. */
  get dropped(): string {
    return this.#turn?.dropped ?? '';
  }

  /** The events that a piece of text makes; none while more is needed. */
  push(text: string): AnswerEvent[] {
    const again = text.trim() ? this.#answerAgain() : [];
    this.#held += text;
    return [...again, ...this.#read(false)];
  }

  /**
   * The events that a piece of the member for thoughts makes. A server that does not know the mark which ends the
   * thoughts of its model writes the answer there as well.
   */
  think(text: string): AnswerEvent[] {
    if (this.#ofField !== 'none') return this.#pushOfField(text);
    const { thought, after } = this.#thoughts.read(text);
    const shown = [...events('reasoning', thought)];
    if (after === undefined) return shown;
    // A second mark, or one after text of the answer, ends nothing.
    if (this.#state !== 'begin' || !this.#turn) return [...shown, ...this.think(after)];
    this.#ofField = 'begun';
    this.#said = undefined;
    this.#state = 'answer';
    this.#trims = true;
    return [...shown, ...this.#pushOfField(after)];
  }

  #pushOfField(text: string): AnswerEvent[] {
    this.#held += text;
    const found = [...this.#read(false)];
    if (found.length > 0) this.#ofField = 'said';
    return found;
  }

  /** The answer has a member of its own after all: what the member for thoughts said was thought. */
  #answerAgain(): AnswerEvent[] {
    if (this.#ofField === 'none') return [];
    const found: AnswerEvent[] = this.#ofField === 'said' ? [{ kind: 'rethought' }] : [];
    this.#ofField = 'none';
    const left = this.dropped + (this.#turn?.take() ?? '') + this.#held;
    this.#held = '';
    this.#turn = new AnswerTurn();
    this.#state = 'begin';
    this.#said = '';
    this.#trims = false;
    return [...found, ...events('reasoning', left)];
  }

  /** What is left when the answer is complete. */
  end(): AnswerEvent[] {
    return [...events('reasoning', this.#thoughts.read('', true).thought), ...this.#read(true)];
  }

  *#read(last: boolean): Generator<AnswerEvent> {
    if (this.#state === 'begin' && !this.#begin(last)) return;
    if (this.#state === 'thinking') yield* this.#think(last);
    if (this.#state !== 'answer') return;
    if (this.#said !== undefined) yield* this.#findEnd();
    yield* this.#answer(last);
  }

  /** Whether it is known how the answer begins. */
  #begin(last: boolean): boolean {
    const begun = this.#held.trimStart();
    const marks = openingMarks(begun);
    if (marks === 'maybe' && !last && this.#held.length < MOST_SPACES) return false;
    if (marks === undefined || marks === 'maybe') {
      this.#state = 'answer';
      return true;
    }
    this.#state = 'thinking';
    this.#marks = marks;
    this.#said = undefined;
    // Spaces before the mark are not shown, those before an answer are.
    this.#held = begun.slice(marks.open.length);
    return true;
  }

  *#think(last: boolean): Generator<AnswerEvent> {
    const close = this.#marks?.close ?? '';
    const end = indexOfMark(this.#held, close);
    const thought = end >= 0 ? end : last ? this.#held.length : this.#held.length - tailOfMark(this.#held, [close]);
    yield* events('reasoning', this.#thoughts.read(this.#held.slice(0, thought), end >= 0 || last).thought);
    this.#held = this.#held.slice(end >= 0 ? end + close.length : thought);
    if (end < 0) return;
    this.#state = 'answer';
    this.#trims = true;
  }

  *#findEnd(): Generator<AnswerEvent> {
    const close = findLoneClose(this.#said ?? '', this.#held);
    if (!close) return;
    if (this.#said) yield { kind: 'rethought' };
    const thought = (this.#turn?.take() ?? '') + this.#held.slice(0, close.at);
    yield* events('reasoning', new ThoughtText().read(thought, true).thought);
    this.#held = this.#held.slice(close.at + close.length);
    this.#said = undefined;
    this.#trims = true;
  }

  *#answer(last: boolean): Generator<AnswerEvent> {
    if (this.#trims) this.#held = this.#held.trimStart();
    if (this.#held) this.#trims = false;
    const mark = last || this.#said === undefined ? 0 : tailOfMark(this.#held, CLOSING_MARKS);
    const half = !last && /[\uD800-\uDBFF]$/.test(this.#held) ? 1 : 0;
    const cut = this.#held.length - Math.max(mark, half);
    const text = this.#held.slice(0, cut);
    this.#held = this.#held.slice(cut);
    if (this.#said !== undefined) this.#said += text;
    yield* events('text', this.#turn ? this.#turn.push(text, last) : text);
  }
}

function* events(kind: 'text' | 'reasoning', text: string): Generator<AnswerEvent> {
  if (text) yield { kind, text: text.toWellFormed().replaceAll('\0', '\uFFFD') };
}
