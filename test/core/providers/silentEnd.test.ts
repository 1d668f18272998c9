import assert from 'node:assert/strict';
import test from 'node:test';
import { CHAT_LIMITS } from '../../../src/core/gateway/call.ts';
import { chatCall, openAiAt, testGateway } from '../../support/gateway.ts';
import { finish } from './wireSupport.ts';

/** Ollama's answer of a few words, line by line, then silence, then the end of the body without a last line. */
async function ask(gapMs: number, silentMs: number, words = 6) {
  const encoder = new TextEncoder();
  const url = 'http://127.0.0.1:9997';
  const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const fetch: typeof globalThis.fetch = (input) => {
    const { pathname } = new URL(String(input instanceof Request ? input.url : input));
    if (pathname === '/api/tags') return Promise.resolve(Response.json({ models: [{ name: 'mid', digest: 'd' }] }));
    if (pathname === '/api/show') return Promise.resolve(Response.json({ capabilities: ['completion'] }));
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        for (let word = 0; word < words; word++) {
          const line = { model: 'mid', message: { role: 'assistant', content: `w${word} ` }, done: false };
          controller.enqueue(encoder.encode(`${JSON.stringify(line)}\n`));
          await sleep(gapMs);
        }
        await sleep(silentMs);
        controller.close();
      },
    });
    return Promise.resolve(new Response(body, { headers: { 'content-type': 'application/x-ndjson' } }));
  };
  const settings = { ...openAiAt(url), providers: { cloud: { kind: 'ollama', baseUrl: url } } };
  const { gateway } = testGateway(settings, { fetch });
  const call = chatCall('mid', { limits: { ...CHAT_LIMITS, attempts: 1 } });
  const { text, result } = await finish(gateway.stream(call, new AbortController().signal));
  return { text, outcome: result.outcome, failure: result.failure?.kind };
}

test('Ollama goes silent for as long as thirty tokens without text take: a stop with the text', async () => {
  assert.deepEqual(await ask(25, 30 * 25), { text: 'w0 w1 w2 w3 w4 w5 ', outcome: 'done', failure: undefined });
});

test('Ollama ends at once, or after a silence of another length: the answer was cut off', async () => {
  const cases = [
    [25, 0],
    [2, 700],
    [60, 300],
    [25, 750, 2],
  ] as const;
  const ended = await Promise.all(cases.map(([gapMs, silentMs, words]) => ask(gapMs, silentMs, words)));
  assert.deepEqual(
    ended.map(({ failure }) => failure),
    cases.map(() => 'incomplete'),
  );
});
