import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { INLINE_LIMITS } from '../../../src/core/gateway/call.ts';
import { startOllama } from '../../servers/ollama.ts';
import { chatCall, finish, openAiAt, testGateway } from '../../support/gateway.ts';

/** Who served an answer: the provider behind a gateway, and the digest of the model's files at Ollama. */

const never = new AbortController().signal;

/** An endpoint whose chunks are these, as OpenRouter and its like stream them. */
async function streaming(t: TestContext, chunks: readonly object[]) {
  const server = createServer((request, response) => {
    request.resume();
    if (request.method !== 'POST') return response.writeHead(404).end();
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    for (const chunk of chunks) response.write(`data: ${JSON.stringify(chunk)}\n\n`);
    return response.end('data: [DONE]\n\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return testGateway(openAiAt(`http://127.0.0.1:${port}`));
}

const chunk = (content: string, more: object = {}) => ({
  ...{ id: 'gen-1', object: 'chat.completion.chunk', created: 1, model: 'lab/model' },
  choices: [{ index: 0, delta: { role: 'assistant', content }, finish_reason: null }],
  ...more,
});
const END = {
  ...{ id: 'gen-1', object: 'chat.completion.chunk', created: 1, model: 'lab/model' },
  choices: [{ index: 0, delta: {}, finish_reason: 'stop' }],
  usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 },
};

test('the provider that a gateway names is on the ledger; without one there is none', async (t) => {
  for (const [chunks, expected] of [
    [[chunk('Yes', { provider: 'DeepInfra' }), END], 'DeepInfra'],
    // A gateway that continues with another provider: the one that ended the answer.
    [[chunk('Y', { provider: 'Novita' }), chunk('es', { provider: 'Fireworks' }), END], 'Fireworks'],
    [[chunk('Yes'), END], null],
    [[chunk('Yes', { provider: '' }), END], null],
    [[chunk('Yes', { provider: { name: 'odd' } }), chunk('!', { provider: null }), END], null],
  ] as const) {
    const { gateway, ledger } = await streaming(t, chunks);
    const { result } = await finish(gateway.stream(chatCall('lab/model'), never));
    assert.equal(result.outcome, 'done', JSON.stringify(result.failure));
    assert.equal(ledger.settled[0]?.servedBy, expected, JSON.stringify(chunks));
  }
});

test('an answer of Ollama has the digest that its list states for the model; of a cloud model there is none', async (t) => {
  const server = await startOllama({ models: ['qwen2.5-coder:1.5b-base'] });
  t.after(() => server.stop());
  const { models } = (await (await fetch(`${server.url}/api/tags`)).json()) as {
    models: { name: string; digest: string }[];
  };
  const digest = models.find(({ name }) => name === 'qwen2.5-coder:1.5b-base')?.digest;
  assert.ok(digest);
  const { gateway, ledger } = testGateway({
    providers: { ollama: { kind: 'ollama', baseUrl: server.url } },
    'tiers.mid': [],
    'tiers.frontier': [],
  });
  server.script('const a = 1;');
  const prompt = { raw: '<|fim_prefix|>a<|fim_suffix|>b<|fim_middle|>' };
  const call = {
    ...({ tier: 'local', task: 'completion', limits: INLINE_LIMITS } as const),
    chain: [{ provider: 'ollama', model: 'qwen2.5-coder:1.5b-base' }],
    request: { kind: 'fim', prompt, stop: [], maxTokens: 50, temperature: 0 } as const,
  };
  await finish(gateway.stream(call, never));
  assert.equal(ledger.settled[0]?.outcome, 'done');
  assert.equal(ledger.settled[0]?.digest, digest);

  const cloud = await streaming(t, [chunk('Yes'), END]);
  await finish(cloud.gateway.stream(chatCall('lab/model'), never));
  assert.equal(cloud.ledger.settled[0]?.digest, null);
});
