import type { OneShotReply, OneShotRequest, OneShot } from '../../src/editor/gateway/oneShot.ts';
import { RESULT } from './facts.ts';

/** What a test does while the model answers; undefined stands for a call that failed or was canceled. */
export type Reply = (asked: OneShotRequest, signal: AbortSignal, onText: (text: string) => void) => unknown;

/**
 * An asker that answers with what `reply` gives, and keeps what it was asked, and why the caller did not accept an
 * answer. Then the call has failed, as with a chain of one model; the user is told by the asker.
 */
export function asking(reply: Reply) {
  const asked: OneShotRequest[] = [];
  const rejected: string[] = [];
  const asker = {
    async ask(question: OneShotRequest, signal: AbortSignal, onText = (_: string): void => undefined) {
      asked.push(question);
      const text = await reply(question, signal, onText);
      if (text === undefined) return undefined;
      const why = question.accept?.(String(text)) ?? null;
      if (why !== null) {
        rejected.push(why);
        return undefined;
      }
      return { text: String(text), tier: 'mid', result: { ...RESULT, modelReturned: 'small' } } satisfies OneShotReply;
    },
  };
  /** All that was sent with the question, as one text. */
  const sent = (at = 0): string => (asked[at]?.messages ?? []).map(({ content }) => content).join('\n');
  return { asker: asker as unknown as OneShot, asked, rejected, sent };
}
