import type { CallEvent, CallResult } from '../../../src/core/gateway/call.ts';

/** A body that comes in pieces of so many bytes, and then ends or breaks. */
export function bodyOf(bytes: Uint8Array, pieces: number, broken = false): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (at < bytes.length) controller.enqueue(bytes.subarray(at, (at += pieces)));
        else if (broken) controller.error(Object.assign(new TypeError('terminated'), { code: 'ECONNRESET' }));
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

/** Consumes a call to its end, as the views do: what was text may turn out to be a thought. */
export async function finish(
  events: AsyncIterable<CallEvent>,
): Promise<{ text: string; reasoning: string; result: CallResult }> {
  let text = '';
  let reasoning = '';
  for await (const event of events) {
    if (event.kind === 'text') text += event.text;
    else if (event.kind === 'reasoning') reasoning += event.text;
    else if (event.kind === 'rethought') {
      reasoning += text;
      text = '';
    } else if (event.kind === 'end') return { text, reasoning, result: event.result };
  }
  throw new Error('no end');
}
