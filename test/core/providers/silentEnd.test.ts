import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'node:test';
import fc from 'fast-check';
import { CHAT_LIMITS, type ModelCall } from '../../../src/core/gateway/call.ts';
import { describeFailure } from '../../../src/core/gateway/describeFailure.ts';
import { chatCall, openAiAt, testGateway } from '../../support/gateway.ts';
import { finish } from './wireSupport.ts';

/**
 * Ollama ends an answer without a last line when its model sends the same token more than thirty times. What arrived
 * decides: equal tokens at the end, and a body that ends by itself. How long anything took does not.
 */

const URL_OF_FAKE = 'http://127.0.0.1:9997';
/** Ollama's chat, its filling of gaps, and its OpenAI-style chat. */
const PROTOCOLS = ['ollama', 'fill', 'openai'] as const;
type Protocol = (typeof PROTOCOLS)[number];
type Ending = 'closed' | 'reset' | 'in a line';

/** One token as Ollama sends it. */
function lineOf(protocol: Protocol, token: string): string {
  if (protocol === 'ollama')
    return `${JSON.stringify({ model: 'mid', message: { role: 'assistant', content: token }, done: false })}\n`;
  if (protocol === 'fill') return `${JSON.stringify({ model: 'mid', response: token, done: false })}\n`;
  const choices = [{ index: 0, delta: { role: 'assistant', content: token }, finish_reason: null }];
  return `data: ${JSON.stringify({ model: 'mid', system_fingerprint: 'fp_ollama', choices })}\n\n`;
}

interface Stream {
  readonly protocol: Protocol;
  readonly tokens: readonly string[];
  readonly ending: Ending;
  /** Sizes of the pieces in bytes, used in turn, and the pause before each of the first pieces, in ms. */
  readonly sizes: readonly number[];
  readonly pausesMs: readonly number[];
}

function bodyOf({ protocol, tokens, ending, sizes, pausesMs }: Stream): ReadableStream<Uint8Array> {
  const whole = new TextEncoder().encode(tokens.map((token) => lineOf(protocol, token)).join(''));
  const bytes = ending === 'in a line' ? whole.subarray(0, -4) : whole;
  let at = 0;
  let pieces = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const pause = pausesMs[pieces];
        if (pause) await new Promise((resolve) => setTimeout(resolve, pause));
        const size = sizes[pieces++ % sizes.length] ?? 1;
        if (at < bytes.length) controller.enqueue(bytes.slice(at, (at += size)));
        else if (ending === 'reset')
          controller.error(Object.assign(new TypeError('terminated'), { code: 'ECONNRESET' }));
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

function gatewayTo(protocol: Protocol, url: string, fetch: typeof globalThis.fetch) {
  const settings =
    protocol === 'openai'
      ? openAiAt(url)
      : { ...openAiAt(url), providers: { cloud: { kind: 'ollama', baseUrl: url } } };
  return testGateway(settings, { fetch });
}

async function askOnce({ gateway, ledger }: ReturnType<typeof gatewayTo>, over: Partial<ModelCall> = {}) {
  const call = chatCall('mid', { limits: { ...CHAT_LIMITS, attempts: 1 }, ...over });
  const { text, result } = await finish(gateway.stream(call, new AbortController().signal));
  const { outcome, failure, place } = result;
  const words = failure && place ? describeFailure(failure, place).text : '';
  return { text, outcome, failure, words, note: ledger.settled.at(-1)?.note ?? null };
}

/** Answers the questions that come before the first request, and streams one body for each call. */
const fakeOf =
  (body: () => ReadableStream<Uint8Array>, protocol: Protocol): typeof globalThis.fetch =>
  (input) => {
    const { pathname } = new URL(String(input instanceof Request ? input.url : input));
    if (pathname === '/api/tags') return Promise.resolve(Response.json({ models: [{ name: 'mid', digest: 'd' }] }));
    if (pathname === '/api/show') return Promise.resolve(Response.json({ capabilities: ['completion'] }));
    const type = protocol !== 'openai' ? 'application/x-ndjson' : 'text/event-stream';
    return Promise.resolve(new Response(body(), { headers: { 'content-type': type } }));
  };

const GAP: Partial<ModelCall> = {
  task: 'completion',
  request: { kind: 'fim', prompt: { raw: 'x = ' }, maxTokens: 500, temperature: 0, stop: [] },
};
const ask = (stream: Stream) => {
  const rig = gatewayTo(
    stream.protocol,
    URL_OF_FAKE,
    fakeOf(() => bodyOf(stream), stream.protocol),
  );
  return askOnce(rig, stream.protocol === 'fill' ? GAP : {});
};

/** Words without the beginnings of marks, which are tests of their own. */
const Word = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 6 })
  .filter((text) => /\S/.test(text) && !/[<[◁|\0:#\u0085\ufeff]/.test(text) && text.isWellFormed());
const Space = fc.constantFrom('', ' ', '\n', '\t', '  ');
/** A token in the spaces that the server does not compare. */
const spaced = (word: string): fc.Arbitrary<string> =>
  fc.tuple(Space, Space).map(([before, after]) => `${before}${word}${after}`);
const repeated = (word: string, least: number, most = least): fc.Arbitrary<string[]> =>
  fc.array(word === '' ? fc.constantFrom(' ', '\n', '\t\t') : spaced(word), { minLength: least, maxLength: most });
const Delivery = {
  protocol: fc.constantFrom(...PROTOCOLS),
  sizes: fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 }),
  pausesMs: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 6 }),
};

/** Words, then one token so often. */
const looped = (least: number, most?: number) =>
  fc
    .tuple(fc.array(Word, { maxLength: 8 }), fc.oneof({ weight: 4, arbitrary: Word }, fc.constant('')))
    .filter(([words, token]) => words.at(-1)?.trim() !== token.trim())
    .chain(([words, token]) => repeated(token, least, most).map((loop) => [...words, ...loop]));

test('thirty-one equal tokens and a body that ends by itself: a stop with all of the text, in any pieces', async () => {
  await fc.assert(
    fc.asyncProperty(fc.record({ tokens: looped(31, 34), ...Delivery }), async ({ tokens, ...delivery }) => {
      const { text, outcome, failure, note } = await ask({ tokens, ending: 'closed', ...delivery });
      // An answer of spaces alone is empty by itself.
      if (!tokens.join('').trim()) return assert.ok(outcome !== 'partial');
      assert.deepEqual(
        { text, outcome, failure, note },
        { text: tokens.join(''), outcome: 'done', failure: null, note: 'no-reason' },
      );
    }),
    { numRuns: 60 },
  );
});

test('the same tokens, and the connection breaks or a line is cut: never done', async () => {
  const Broken = fc.constantFrom<Ending>('reset', 'in a line');
  await fc.assert(
    fc.asyncProperty(fc.record({ tokens: looped(31, 34), ending: Broken, ...Delivery }), async (stream) => {
      const { text, outcome, failure } = await ask(stream);
      assert.notEqual(outcome, 'done');
      assert.ok(stream.tokens.join('').startsWith(text));
      assert.equal(failure?.endedByServer, undefined);
      if (stream.protocol !== 'openai') assert.equal(failure?.kind, stream.ending === 'reset' ? 'reset' : 'incomplete');
    }),
    { numRuns: 40 },
  );
});

test('fewer equal tokens, or another one after them: not done, and not a broken connection', async () => {
  const Other = looped(31, 33).chain((tokens) =>
    Word.filter((word) => word.trim() !== tokens.at(-1)?.trim()).map((word) => [...tokens, word]),
  );
  const Fewer = looped(1, 28).filter((tokens) => /\S/.test(tokens.join('')));
  await fc.assert(
    fc.asyncProperty(fc.record({ tokens: fc.oneof(Other, Fewer), ...Delivery }), async ({ tokens, ...delivery }) => {
      const { text, outcome, failure, words } = await ask({ tokens, ending: 'closed', ...delivery });
      assert.deepEqual([text, outcome], [tokens.join(''), 'partial']);
      assert.deepEqual(failure, { kind: 'incomplete', endedByServer: true });
      assert.match(words, /ended the answer without saying that it is complete/);
      assert.doesNotMatch(words, /connection/);
    }),
    { numRuns: 40 },
  );
});

test('answers that the server ends itself leave the model in use; broken ones do not', async () => {
  const delivery = { protocol: 'ollama', sizes: [50], pausesMs: [] } as const;
  const outcomesOf = async (ending: Ending) => {
    const rig = gatewayTo(
      'ollama',
      URL_OF_FAKE,
      fakeOf(() => bodyOf({ ...delivery, tokens: ['one', ' two'], ending }), 'ollama'),
    );
    const kinds = [];
    for (let n = 0; n < 5; n++) kinds.push((await askOnce(rig, { task: 'completion' })).failure?.kind);
    return kinds;
  };
  assert.deepEqual(await outcomesOf('closed'), Array(5).fill('incomplete'));
  assert.deepEqual(await outcomesOf('reset'), ['reset', 'reset', 'reset', 'circuit-open', 'circuit-open']);
});

test('over HTTP: a last chunk ends the body, a closed socket breaks it, at any pace', async (t) => {
  const server = createServer((request, response) => {
    if (request.url === '/api/tags')
      return void response.end(JSON.stringify({ models: [{ name: 'mid', digest: 'd' }] }));
    if (request.url === '/api/show') return void response.end(JSON.stringify({ capabilities: ['completion'] }));
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    const { paceMs, silenceMs, breaks } = next;
    const say = (left: number): void => {
      if (left > 0) {
        response.write(lineOf('ollama', ' ='));
        setTimeout(say, paceMs, left - 1);
      } else setTimeout(() => (breaks ? response.destroy() : response.end()), silenceMs);
    };
    say(31);
  });
  let next = { paceMs: 0, silenceMs: 0, breaks: false };
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const [paceMs, silenceMs] of [
    [0, 0],
    [1, 0],
    [0, 200],
    [2, 60],
  ] as const)
    for (const breaks of [false, true]) {
      next = { paceMs, silenceMs, breaks };
      const { text, outcome, failure } = await askOnce(gatewayTo('ollama', url, globalThis.fetch));
      const found = breaks ? ['partial', 'reset'] : ['done', undefined];
      assert.deepEqual([text, outcome, failure?.kind], [' ='.repeat(31), ...found], JSON.stringify(next));
    }
});
