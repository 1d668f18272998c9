import type { Answered, Asked, Asker } from '../../src/editor/gateway/oneShot.ts';
import { RESULT } from './facts.ts';

/** What a test does while the model answers; undefined stands for a call that failed or was cancelled. */
export type Reply = (asked: Asked, signal: AbortSignal, onText: (text: string) => void) => unknown;

/** An asker that answers with what `reply` gives, and keeps what it was asked. */
export function asking(reply: Reply) {
  const asked: Asked[] = [];
  const asker = {
    async ask(question: Asked, signal: AbortSignal, onText = (_: string): void => undefined) {
      asked.push(question);
      const text = await reply(question, signal, onText);
      if (text === undefined) return undefined;
      return { text: String(text), tier: 'mid', result: { ...RESULT, modelReturned: 'small' } } satisfies Answered;
    },
  };
  /** All that was sent with the question, as one text. */
  const sent = (at = 0): string => (asked[at]?.messages ?? []).map(({ content }) => content).join('\n');
  return { asker: asker as unknown as Asker, asked, sent };
}
