import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { chatCall, openAiAt, testGateway } from '../../support/gateway.ts';
import { bodyOf, finish } from './wireSupport.ts';

/** Streams in other protocols than OpenAI's, as gateways pass them on: no text is lost, and what was cut is never done. */

const data = (event: Record<string, unknown>, named: boolean): string =>
  `${named && typeof event['type'] === 'string' ? `event: ${event['type']}\n` : ''}data: ${JSON.stringify(event)}\n\n`;

/** Each protocol: the events before the text, of each piece, and after it. */
const PROTOCOLS: Readonly<
  Record<
    string,
    {
      readonly begin: readonly Record<string, unknown>[];
      readonly piece: (text: string) => Record<string, unknown>;
      readonly end: (whole: string) => readonly Record<string, unknown>[];
      readonly input?: number;
    }
  >
> = {
  "Anthropic's messages": {
    begin: [
      {
        type: 'message_start',
        message: { role: 'assistant', content: [], usage: { input_tokens: 12, output_tokens: 1 } },
      },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ],
    piece: (text) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
    end: () => [
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 9 } },
      { type: 'message_stop' },
    ],
    input: 12,
  },
  "OpenAI's responses": {
    begin: [
      { type: 'response.created', response: { status: 'in_progress', output: [] } },
      { type: 'response.output_item.added', item: { type: 'message', content: [] } },
    ],
    piece: (text) => ({ type: 'response.output_text.delta', item_id: 'a', delta: text }),
    end: (whole) => [
      { type: 'response.output_text.done', text: whole },
      {
        type: 'response.completed',
        response: {
          status: 'completed',
          output: [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: whole }] }],
          usage: { input_tokens: 12, output_tokens: 9, total_tokens: 21 },
        },
      },
    ],
    input: 12,
  },
  "Cohere's chat": {
    begin: [{ type: 'message-start', id: 'a', delta: { message: { role: 'assistant', content: [] } } }],
    piece: (text) => ({ type: 'content-delta', index: 0, delta: { message: { content: { text } } } }),
    end: () => [
      { type: 'content-end', index: 0 },
      {
        type: 'message-end',
        delta: { finish_reason: 'COMPLETE', usage: { tokens: { input_tokens: 12, output_tokens: 9 } } },
      },
    ],
    input: 12,
  },
  "Google's contents": {
    begin: [],
    piece: (text) => ({ candidates: [{ content: { role: 'model', parts: [{ text }] }, index: 0 }] }),
    end: () => [
      {
        candidates: [{ content: { role: 'model', parts: [] }, finishReason: 'STOP', index: 0 }],
        usageMetadata: { promptTokenCount: 12, candidatesTokenCount: 9, totalTokenCount: 21 },
      },
    ],
    input: 12,
  },
  "text generation's tokens": {
    begin: [],
    piece: (text) => ({ index: 1, token: { id: 1, text, special: false }, generated_text: null, details: null }),
    end: (whole) => [
      {
        index: 2,
        token: { id: 2, text: '</s>', special: true },
        generated_text: whole,
        details: { finish_reason: 'eos_token', generated_tokens: 9 },
      },
    ],
  },
};

const Text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .filter((text) => !/[<[◁|\0]/.test(text) && text.isWellFormed());
const Noise = fc.constantFrom('', ': on\n\n', 'event: ping\ndata: {"type":"ping"}\n\n', 'data:\n\n');

async function read(body: string, size: number, cut = Infinity) {
  const bytes = new TextEncoder().encode(body).subarray(0, cut);
  const fetch: typeof globalThis.fetch = () =>
    Promise.resolve(new Response(bodyOf(bytes, size), { headers: { 'content-type': 'text/event-stream' } }));
  const { gateway } = testGateway(openAiAt('http://127.0.0.1:9989'), { fetch });
  const call = chatCall('m', { limits: { ...chatCall('m').limits, attempts: 1 } });
  return finish(gateway.stream(call, new AbortController().signal));
}

for (const [name, { begin, piece, end, input }] of Object.entries(PROTOCOLS))
  test(`${name}: no text is lost, however it is split, and a cut is never done with less`, async () => {
    const Streams = fc.record({
      texts: fc.array(Text, { minLength: 1, maxLength: 5 }),
      noise: Noise,
      named: fc.boolean(),
      size: fc.integer({ min: 1, max: 90 }),
      cut: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(Streams, async ({ texts, noise, named, size, cut }) => {
        const whole = texts.join('');
        const events = [...begin, ...texts.map(piece), ...end(whole)];
        const body = events.map((event) => data(event, named) + noise).join('');
        const { text, result } = await read(body, size);
        assert.equal(text, whole);
        assert.equal(result.outcome, 'done', JSON.stringify(result.failure));
        if (input !== undefined) assert.deepEqual([result.usage.input, result.usage.output], [input, 9]);
        const part = await read(body, size, cut % new TextEncoder().encode(body).length);
        assert.ok(whole.startsWith(part.text), JSON.stringify(part.text));
        if (part.result.outcome === 'done') assert.equal(part.text, whole);
      }),
      { numRuns: 40 },
    );
  });
