import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { classifyReason } from '../../../src/core/providers/finishReasons.ts';
import { chatCall, openAiAt, testGateway } from '../../support/gateway.ts';
import { finish } from './wireSupport.ts';

/**
 * Streams with anything in them: unknown members of any type anywhere, members in any order, events of other kinds in
 * between, every published shape of content, any line ends, any split into bytes. No text is lost, and what was cut is
 * never done.
 */

const KNOWN =
  /^(choices?|delta|message|content|text|error|errors?|usage|model|data|result|response|body|detail|msg|title|object|type|.*reason.*|.*think.*|.*thought.*|refusal|tool_calls|function_call|output_text|value|parts|summary|index|x_groq|error_msg|__proto__)$/i;
const Unknown = fc.dictionary(
  fc.string({ minLength: 1, maxLength: 8 }).filter((name) => !KNOWN.test(name)),
  fc.jsonValue({ maxDepth: 2 }),
  { maxKeys: 3 },
);
/** Text without the beginnings of marks, which are a test of their own. */
const Text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .filter((text) => !/[<[◁|\0]/.test(text) && text.isWellFormed());

/** An object with unknown members, in any order. */
const mixed = (known: Record<string, unknown>): fc.Arbitrary<Record<string, unknown>> =>
  Unknown.chain((unknown) =>
    fc
      .shuffledSubarray(Object.entries({ ...unknown, ...known }), {
        minLength: Object.keys({ ...unknown, ...known }).length,
      })
      .map((entries) => Object.fromEntries(entries) as Record<string, unknown>),
  );

/** The shapes in which text comes. */
const shaped = (text: string): fc.Arbitrary<unknown> =>
  fc.oneof(
    fc.constant(text),
    mixed({ type: 'text', text }).map((part) => [part]),
    mixed({ type: 'output_text', text }).map((part) => [part, { type: 'reference', reference_ids: [1] }]),
    fc.constant([{ text: { value: text } }]),
    fc.constant([text]),
  );
const piece = (text: string, reason: unknown = null): fc.Arbitrary<string> =>
  shaped(text)
    .chain((content) => mixed({ content }))
    .chain((delta) => mixed({ index: 0, delta, finish_reason: reason }))
    .chain((choice) => mixed({ model: 'm', choices: [choice] }))
    .map((chunk) => JSON.stringify(chunk));

/** Events that are no part of the answer. */
const Noise = fc.oneof(
  fc.constantFrom(
    ': a comment',
    'data:',
    'data: ',
    'data: ping',
    'event: ping\ndata: {"type":"ping"}',
    'event: heartbeat\ndata: {"message":"still at it"}',
    'event: keep-alive',
    'id: 7',
    'retry: 100',
    'data: {}',
    'data: null',
    'data: 1',
    'data: {"choices":[]}',
    'data: {"choices":[],"error":null}',
    'data: {"choices":[{"index":1,"delta":{"content":"another"}}]}',
    'data: {"choices":[{"index":0,"delta":{}}]}',
    'data: {"choices":[{"index":0,"delta":{"content":null},"finish_reason":null}]}',
  ),
  Unknown.map((unknown) => `data: ${JSON.stringify(unknown)}`),
);
const Ends = ['reason and mark', 'mark', 'count', 'reason'] as const;
type End = (typeof Ends)[number];
const REASON = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}';
const COUNT = 'data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}';
const endOf = (end: End): string[] =>
  end === 'mark'
    ? ['data: [DONE]']
    : end === 'count'
      ? [COUNT]
      : end === 'reason'
        ? [REASON]
        : [REASON, 'data: [DONE]'];

interface Stream {
  readonly texts: readonly string[];
  readonly body: Uint8Array;
  readonly splits: readonly number[];
}

const Streams: fc.Arbitrary<Stream> = fc
  .record({
    texts: fc.array(Text, { minLength: 1, maxLength: 5 }),
    end: fc.constantFrom(...Ends),
    lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
    gap: fc.constantFrom(1, 2, 3),
    splits: fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 6 }),
  })
  .chain(({ texts, end, lineEnd, gap, splits }) =>
    fc.tuple(...texts.map((text) => fc.tuple(fc.array(Noise, { maxLength: 2 }), piece(text)))).map((parts): Stream => {
      const events = [...parts.flatMap(([noise, data]) => [...noise, `data: ${data}`]), ...endOf(end)];
      const body = events.map((event) => event.replaceAll('\n', lineEnd) + lineEnd.repeat(gap)).join('');
      return { texts, body: new TextEncoder().encode(body), splits };
    }),
  );

/** A body in pieces of changing sizes, which then ends or breaks. */
function pieces(bytes: Uint8Array, splits: readonly number[], broken: boolean): ReadableStream<Uint8Array> {
  let at = 0;
  let turn = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (at < bytes.length) controller.enqueue(bytes.subarray(at, (at += splits[turn++ % splits.length] ?? 1)));
        else if (broken) controller.error(Object.assign(new TypeError('terminated'), { code: 'ECONNRESET' }));
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

const { gateway, setBody, taken } = (() => {
  let body: ReadableStream<Uint8Array> | undefined;
  const fetch: typeof globalThis.fetch = () =>
    Promise.resolve(new Response(body ?? null, { headers: { 'content-type': 'text/event-stream' } }));
  return {
    gateway: () => testGateway(openAiAt('http://127.0.0.1:9997'), { fetch }).gateway,
    setBody: (next: ReadableStream<Uint8Array>) => void (body = next),
    taken: (): ReadableStream<Uint8Array> | null => body ?? null,
  };
})();

async function read(bytes: Uint8Array, splits: readonly number[], broken = false) {
  setBody(pieces(bytes, splits, broken));
  const call = chatCall('m', { limits: { ...chatCall('m').limits, attempts: 1 } });
  return finish(gateway().stream(call, new AbortController().signal));
}

test('no text is lost, whatever else is in the stream and however it is split', async () => {
  await fc.assert(
    fc.asyncProperty(Streams, async ({ texts, body, splits }) => {
      const { text, result } = await read(body, splits);
      assert.equal(result.outcome, 'done', JSON.stringify(result.failure));
      assert.equal(text, texts.join(''));
    }),
    { numRuns: 300 },
  );
});

test('a stream that is cut at any byte counts as done only with all of its text', async () => {
  await fc.assert(
    fc.asyncProperty(Streams, fc.nat(), fc.boolean(), async ({ texts, body, splits }, cut, broken) => {
      const { text, result } = await read(body.subarray(0, cut % body.length), splits, broken);
      const whole = texts.join('');
      assert.ok(whole.startsWith(text), `${JSON.stringify(text)} of ${JSON.stringify(whole)}`);
      if (result.outcome === 'done') assert.equal(text, whole);
      else assert.equal(result.outcome, text ? 'partial' : 'failed');
    }),
    { numRuns: 300 },
  );
});

test('an unknown finish reason never makes an answer complete, and is named', async () => {
  const Reason = fc.stringMatching(/^[a-z]{4,12}(_[a-z]{3,8})?$/).filter((word) => classifyReason(word) === 'unknown');
  await fc.assert(
    fc.asyncProperty(Text, Reason, fc.boolean(), async (said, reason, own) => {
      const choice = (delta: object, finish_reason: string | null): string =>
        `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
      const body = own ? choice({ content: said }, null) + choice({}, reason) : choice({ content: said }, reason);
      const { text, result } = await read(new TextEncoder().encode(`${body}${COUNT}\n\ndata: [DONE]\n\n`), [40]);
      assert.equal(text, said);
      assert.equal(result.outcome, 'partial');
      assert.deepEqual(result.failure, { kind: 'unknown-end', detail: reason });
      assert.equal(result.usage.output, 3, 'what was counted counts');
    }),
    { numRuns: 150 },
  );
});

test('a lone closing mark makes a thought of all before it, wherever the pieces end', async () => {
  await fc.assert(
    fc.asyncProperty(
      Text.filter((text) => text.trim() !== '' && !/[`"'“‘«~]/.test(text)),
      Text.filter((text) => text.trim() !== ''),
      fc.integer({ min: 1, max: 9 }),
      async (thought, said, size) => {
        const whole = [...`${thought}\n</think>\n\n${said}`];
        let body = '';
        for (let at = 0; at < whole.length; at += size)
          body += `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: whole.slice(at, at + size).join('') } }] })}\n\n`;
        const { text, reasoning } = await read(new TextEncoder().encode(`${body}data: [DONE]\n\n`), [64]);
        assert.equal(text, said.trimStart());
        assert.equal(reasoning, `${thought}\n`);
      },
    ),
    { numRuns: 200 },
  );
});

test('the cost of an answer that is cut or stopped at any place is marked, and not below what arrived', async () => {
  await fc.assert(
    fc.asyncProperty(Streams, fc.nat(), fc.nat(6), fc.boolean(), async ({ body, splits }, cut, stopAfter, broken) => {
      setBody(pieces(body.subarray(0, cut % body.length), splits, broken));
      const prices = { m: { input: 1, output: 1 } };
      const { gateway: priced, ledger } = testGateway(openAiAt('http://127.0.0.1:9997', { prices }), {
        fetch: () => Promise.resolve(new Response(taken(), { headers: { 'content-type': 'text/event-stream' } })),
      });
      const stop = new AbortController();
      const call = chatCall('m', { limits: { ...chatCall('m').limits, attempts: 1 } });
      let arrived = '';
      for await (const event of priced.stream(call, stop.signal)) {
        if (event.kind === 'text') arrived += event.text;
        if (arrived.length > stopAfter) stop.abort();
      }
      const row = ledger.settled.at(-1);
      assert.ok(row);
      // A token is one character or more: at a rate of one for four, no published tokenizer makes fewer of real text.
      const least = Math.ceil(arrived.length / 4);
      assert.ok(row.usage.output >= Math.min(least, 3), `${row.usage.output} for ${JSON.stringify(arrived)}`);
      if (row.usageEstimated) assert.ok(row.usage.output >= least && row.cost.source !== 'computed');
      assert.ok((row.cost.nanoUsd ?? 0) >= row.usage.output * 1_000);
    }),
    { numRuns: 200 },
  );
});

test('an answer in pieces of one character is not cut at the limit of tokens', async () => {
  const said = 'The lock is held until the writer has left it. '.repeat(30).slice(0, 1_200);
  const pieces = [...said].map((content) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}`);
  const body = [...pieces, REASON, 'data: [DONE]', ''].join('\n\n');
  const { gateway } = testGateway(openAiAt('http://127.0.0.1:9994'), {
    fetch: () => Promise.resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } })),
  });
  const { text, result } = await finish(gateway.stream(chatCall('mid'), new AbortController().signal));
  assert.deepEqual([text, result.outcome, result.finish], [said, 'done', 'stop']);
});
