import type { Attachment } from './conversation.ts';

/** Two equal commands within this time (in ms) are one: a double click, or two keys that start the same command. */
const TWICE_MS = 500;

/** Knows the last escalation, so that it is not paid twice. */
export class RepeatGuard {
  #last: { readonly key: string; readonly at: number } | null = null;

  /** @param at now, in ms since 1970 */
  isRepeated({ label, text }: Attachment, question: string, at: number): boolean {
    const key = JSON.stringify([label, text, question]);
    const repeated = this.#last?.key === key && at - this.#last.at < TWICE_MS;
    this.#last = { key, at };
    return repeated;
  }
}
