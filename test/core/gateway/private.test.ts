import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { INLINE_LIMITS, type ModelCall } from '../../../src/core/gateway/call.ts';
import { describeFailure } from '../../../src/core/gateway/describeFailure.ts';
import { stateIcon } from '../../../src/core/common/stateIcon.ts';
import { tierState, Health } from '../../../src/core/gateway/tierStatus.ts';
import { isFree, placesOf } from '../../../src/core/common/places.ts';
import { checkEndpoint } from '../../../src/core/common/endpoints.ts';
import { startOllama, type OllamaServer } from '../../servers/ollama.ts';
import { openFetch } from '../../support/fetch.ts';
import { startOpenAi } from '../../servers/openai.ts';
import { parseSettings } from '../../../src/core/settings/settings.ts';
import { DEFAULTS } from '../../support/manifest.ts';
import { chatCall, finish, testGateway } from '../../support/gateway.ts';

/** What leaves the machine is what the server says, whatever a model is called. The cloud is a server that keeps a book. */

const never = new AbortController().signal;
const SECRET = 'PRIVATE CODE: const key = 1';

async function serve(t: TestContext, over: Parameters<typeof startOllama>[0] = {}) {
  const cloud = await startOllama({ models: ['gpt-oss:120b'] });
  const local = await startOllama({
    models: [
      'demo-coder',
      'qwen2.5-coder:1.5b-base',
      { name: 'fast', remoteHost: cloud.url, remoteModel: 'gpt-oss:120b' },
      { name: 'me/Helper:v2', remoteHost: cloud.url, remoteModel: 'gpt-oss:120b' },
    ],
    cloudHost: cloud.url,
    signedIn: true,
    ...over,
  });
  t.after(() => Promise.all([cloud.stop(), local.stop()]));
  return { cloud, local };
}

const rawFor = (server: Pick<OllamaServer, 'url'>, over: Record<string, unknown> = {}): Record<string, unknown> => ({
  providers: { cloud: { kind: 'ollama', baseUrl: server.url } },
  'tiers.local': [],
  'tiers.mid': [],
  'tiers.frontier': [],
  ...over,
});

const asking = (model: string, over: Partial<ModelCall> = {}): ModelCall =>
  chatCall(model, {
    request: { kind: 'chat', messages: [{ role: 'user', content: SECRET }], maxTokens: 60 },
    ...over,
  });

/** How people and tools write one name. */
const spellings = (names: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom(...names),
      fc.array(fc.boolean(), { minLength: 24, maxLength: 24 }),
      fc.constantFrom('', ' ', '\t', '  '),
      fc.constantFrom('', ' ', '\n'),
      fc.constantFrom('', 'registry.ollama.ai/library/', 'library/'),
    )
    .map(([name, upper, before, after, registry]) => {
      const cased = [...name].map((char, i) => (upper[i % upper.length] ? char.toUpperCase() : char)).join('');
      return `${before}${name.includes('/') ? '' : registry}${cased}${after}`;
    });

test('private mode: not a byte of any call reaches the cloud, however its model is spelled', async (t) => {
  const { cloud, local } = await serve(t);
  const { gateway, ledger } = testGateway(rawFor(local, { private: true }));
  const names = ['fast', 'fast:latest', 'me/Helper:v2', 'gpt-oss:120b-cloud', 'gpt-oss:cloud', 'gpt-oss:120b:cloud'];
  await fc.assert(
    fc.asyncProperty(
      spellings(names),
      fc.constantFrom('chat', 'completion', 'review', 'commit', 'edit', 'routing', 'test', 'escalate'),
      async (model, task) => {
        const call = asking(model, { task });
        const fim = { kind: 'fim', prompt: { raw: SECRET }, stop: [], maxTokens: 20, temperature: 0 } as const;
        const { result } = await finish(
          gateway.stream(
            task === 'completion' ? { ...call, tier: 'local', request: fim, limits: INLINE_LIMITS } : call,
            never,
          ),
        );
        assert.equal(result.outcome, 'failed', model);
        assert.ok(
          ['private', 'model-missing'].includes(result.failure?.kind ?? ''),
          `${model}: ${result.failure?.kind}`,
        );
        assert.equal(cloud.book.connections, 0, model);
      },
    ),
    { numRuns: 150, seed: 17 },
  );
  assert.equal(ledger.opened.length, 0);
  assert.ok(local.book.entries.every(({ rawBody }) => !rawBody.includes('PRIVATE CODE')));
});

test('private mode: where a model runs is read from its list and description, in any spelling and place', async () => {
  const host = 'https://ollama.com:443';
  const stated = [
    { remote_host: host },
    { remoteHost: host },
    { RemoteHost: host },
    { remote_model: 'gpt-oss:120b' },
    { details: { remote_host: host } },
    { remote: { host } },
  ];
  for (const place of ['list', 'description'])
    for (const remote of stated) {
      const asked: string[] = [];
      const fetch: typeof globalThis.fetch = (input) => {
        const { pathname } = new URL(String(input instanceof Request ? input.url : input));
        asked.push(pathname);
        const entry = { name: 'fast', digest: 'd', ...(place === 'list' ? remote : {}) };
        if (pathname === '/api/tags') return Promise.resolve(Response.json({ models: [entry] }));
        return Promise.resolve(Response.json({ capabilities: ['completion'], ...(place === 'list' ? {} : remote) }));
      };
      const { gateway } = testGateway(rawFor({ url: 'http://127.0.0.1:9' }, { private: true }), { fetch });
      const { result } = await finish(gateway.stream(asking('fast'), never));
      assert.equal(result.failure?.kind, 'private', `${place}: ${JSON.stringify(remote)}`);
      assert.ok(!asked.includes('/api/chat'), asked.join(' '));
    }
});

test('private mode: models that the server runs itself answer, for free, in any spelling', async (t) => {
  const { local } = await serve(t);
  const { gateway } = testGateway(rawFor(local, { private: true }), { trusted: () => false });
  await fc.assert(
    fc.asyncProperty(spellings(['demo-coder', 'demo-coder:latest']), async (model) => {
      const { result } = await finish(gateway.stream(asking(model), never));
      assert.deepEqual([result.failure, result.cost], [null, { nanoUsd: 0, source: 'free' }]);
    }),
    { numRuns: 30, seed: 17 },
  );
});

test('private mode: servers of before 0.12, which know no cloud models, work as before', async (t) => {
  const old = await startOllama({ models: ['demo-coder'], version: '0.9.6' });
  t.after(() => old.stop());
  // Their lists have neither the capabilities nor the window of a model.
  old.always(
    { reply: { body: { models: [{ name: 'demo-coder:latest', digest: 'a1', size: 986_000_000, details: {} }] } } },
    '/api/tags',
  );
  const { gateway } = testGateway(rawFor(old, { private: true }));
  const { result } = await finish(gateway.stream(asking('demo-coder'), never));
  assert.equal(result.outcome, 'done');
});

test('a server that cannot say where its models run gets nothing in private mode, and needs consent outside it', async (t) => {
  const { local } = await serve(t);
  for (const reply of [{ status: 404 }, { body: 'hello' }, { body: { models: 'none' } }, { status: 403 }]) {
    local.always({ reply }, '/api/tags');
    local.book.reset();
    const closed = await finish(
      testGateway(rawFor(local, { private: true })).gateway.stream(asking('demo-coder'), never),
    );
    assert.equal(closed.result.failure?.kind, 'private', JSON.stringify(reply));
    const open = await finish(testGateway(rawFor(local)).gateway.stream(asking('demo-coder'), never));
    assert.equal(open.result.failure?.kind, 'no-consent', JSON.stringify(reply));
    assert.equal(local.book.calls.length, 0);
  }
  const agreed = testGateway(rawFor(local, { 'consent.cloud': [local.url] }));
  const { result } = await finish(agreed.gateway.stream(asking('demo-coder'), never));
  assert.deepEqual([result.outcome, result.cost.source], ['done', 'unknown']);
});

test('a call that is canceled while its server is asked leaves nothing behind', async (t) => {
  const { local } = await serve(t);
  const raw = rawFor(local, { 'consent.cloud': [local.url] });
  local.next({ delay: { acceptMs: 200 } }, '/api/tags');
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 20);
  const left = await finish(testGateway(raw).gateway.stream(asking('demo-coder'), controller.signal));
  assert.equal(left.result.outcome, 'cancelled');
  const { result } = await finish(testGateway(raw).gateway.stream(asking('demo-coder'), never));
  assert.deepEqual([result.outcome, result.cost.source], ['done', 'free']);
});

test('a server that is down is reported as that, not as private mode', async (t) => {
  const { local } = await serve(t);
  const raw = rawFor(local, { private: true });
  await local.stop();
  const { result } = await finish(testGateway(raw).gateway.stream(asking('demo-coder'), never));
  assert.equal(result.failure?.kind, 'refused');
});

test('consent for a model that runs elsewhere is for that place, and its price is unknown', async (t) => {
  const { cloud, local } = await serve(t);
  const without = testGateway(rawFor(local, { 'consent.cloud': [local.url] }));
  const refused = await finish(without.gateway.stream(asking('fast'), never));
  const { host } = new URL(cloud.url);
  assert.deepEqual(refused.result.failure, { kind: 'no-consent', detail: host });
  assert.ok(refused.result.place);
  assert.match(describeFailure(refused.result.failure!, refused.result.place).text, new RegExp(`send code to ${host}`));
  assert.equal(cloud.book.connections, 0);
  const provider = without.settings.providers.get('cloud')!;
  const check = checkEndpoint(provider.baseUrl);
  assert.ok(check.ok);
  assert.deepEqual(placesOf(provider, check.endpoint, 'fast'), [cloud.url]);
  assert.equal(isFree(provider, 'fast'), false);

  const agreed = testGateway(rawFor(local, { 'consent.cloud': [cloud.url] }));
  const estimate = await agreed.gateway.estimate(asking('fast'));
  assert.deepEqual([estimate?.likely, estimate?.atMost], [null, null]);
  const { result } = await finish(agreed.gateway.stream(asking('fast'), never));
  assert.deepEqual(result.failure, null);
  assert.deepEqual([result.outcome, result.cost], ['done', { nanoUsd: null, source: 'unknown' }]);
  assert.equal(cloud.book.calls.length, 1);
});

test('what goes to a model that runs elsewhere is masked', async (t) => {
  const { cloud, local } = await serve(t);
  const { gateway } = testGateway(rawFor(local, { 'consent.cloud': [cloud.url] }));
  const key = 'ghp_16C7e42F292c6912E7710c838347Ae178B4a';
  const request = { kind: 'chat', messages: [{ role: 'user', content: `token = "${key}"` }], maxTokens: 60 } as const;
  await finish(gateway.stream(asking('fast', { request }), never));
  assert.ok(!(cloud.book.calls[0]?.rawBody ?? key).includes(key));
});

test('a name that means a cloud model since the last call is recognized before the next', async (t) => {
  const { cloud, local } = await serve(t);
  const { gateway } = testGateway(rawFor(local, { private: true }));
  const before = await finish(gateway.stream(asking('demo-coder'), never));
  assert.equal(before.result.outcome, 'done');
  local.addModel({ name: 'demo-coder', remoteHost: cloud.url, remoteModel: 'gpt-oss:120b' });
  const after = await finish(gateway.stream(asking('demo-coder'), never));
  assert.equal(after.result.failure?.kind, 'private');
  local.removeModel('demo-coder');
  local.addModel('demo-coder');
  const again = await finish(gateway.stream(asking('demo-coder'), never));
  assert.equal(again.result.outcome, 'done');
  assert.equal(cloud.book.connections, 0);
});

/** A server whose list says that it runs the model itself, and whose answers say otherwise. */
async function serveLiar(t: TestContext): Promise<{ url: string; chats: () => number }> {
  let chats = 0;
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (request.url === '/api/tags')
        return response.end(JSON.stringify({ models: [{ name: 'fast:latest', digest: 'd1', size: 5e8 }] }));
      if (request.url === '/api/show') return response.end(JSON.stringify({ template: '', model_info: {} }));
      if (request.url === '/api/ps') return response.end(JSON.stringify({ models: [{ name: 'fast:latest' }] }));
      chats++;
      const line = (more: object): string =>
        `${JSON.stringify({ model: 'fast', remote_host: 'https://ollama.com:443', remote_model: 'gpt-oss:120b', ...more })}\n`;
      response.write(line({ message: { role: 'assistant', content: 'hello' }, done: false }));
      response.end(line({ message: { role: 'assistant', content: '' }, done: true, done_reason: 'stop' }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, chats: () => chats };
}

test('an answer that comes from elsewhere ends with its first line, and the model is not asked again', async (t) => {
  const liar = await serveLiar(t);
  for (const over of [{ private: true }, {}]) {
    const { gateway, ledger, reports } = testGateway(rawFor(liar, over));
    const asked = liar.chats();
    const { result, text } = await finish(gateway.stream(asking('fast'), never));
    if (asked === 0) {
      assert.deepEqual([text, result.outcome], ['', 'failed']);
      assert.deepEqual(result.failure, { kind: 'passed-on', detail: 'ollama.com' });
      assert.equal(result.cost.source, 'unknown', 'nobody knows what it cost');
      assert.equal(ledger.settled[0]?.cost.source, 'unknown');
      assert.equal(reports.at(-1)?.failure?.kind, 'passed-on');
      assert.match(
        describeFailure(result.failure!, result.place!).text,
        /passed the request for fast on to ollama\.com/,
      );
    }
    const again = await finish(gateway.stream(asking('fast'), never));
    assert.equal(again.result.failure?.kind, 'private' in over ? 'private' : 'no-consent');
    assert.equal(liar.chats(), 1);
  }
  const agreed = testGateway(rawFor(liar, { 'consent.cloud': ['https://ollama.com'] }));
  const { result, text } = await finish(agreed.gateway.stream(asking('fast'), never));
  assert.deepEqual([text, result.cost.source], ['hello', 'unknown']);
});

test('the state of a tier says where its model runs', async (t) => {
  const { cloud, local } = await serve(t);
  const raw = rawFor(local, { 'tiers.mid': ['cloud/fast'] });
  const stateWith = (over: Record<string, unknown>): Promise<{ words: string; ready: boolean }> =>
    tierState('mid', {
      settings: testGateway({ ...raw, ...over }).settings,
      health: new Health(() => undefined),
      trusted: true,
      hasKey: () => Promise.resolve(true),
    });
  await finish(testGateway({ ...raw, private: true }).gateway.stream(asking('fast'), never));
  const off = await stateWith({ private: true });
  assert.deepEqual([off.ready, off.words], [false, `off: private mode, it runs at ${new URL(cloud.url).host}`]);
  assert.equal((await stateWith({})).words, 'asks before first use');
});

test('the state of a tier has a check only once its model has answered', async () => {
  const cloud = { kind: 'openai', baseUrl: 'https://api.example/v1' };
  const raw = { ...rawFor({ url: '' }, { 'tiers.mid': ['cloud/fast'] }), providers: { cloud } };
  const health = new Health(() => undefined);
  const icon = async (origins: readonly string[], trusted = true): Promise<string> =>
    stateIcon(
      await tierState('mid', {
        settings: testGateway({ ...raw, 'consent.cloud': origins }).settings,
        health,
        trusted,
        hasKey: () => Promise.resolve(true),
      }),
    );
  const agreed = ['https://api.example'];
  assert.deepEqual(
    [await icon([]), await icon(agreed), await icon(agreed, false)],
    ['circle-large-outline', 'circle-large-outline', 'warning'],
  );
  health.report({ provider: 'cloud', model: 'fast' }, null);
  assert.equal(await icon(agreed), 'pass');
  health.report({ provider: 'cloud', model: 'fast' }, { kind: 'refused' });
  assert.equal(await icon(agreed), 'warning');
});

test('a keyring that cannot be read: the call ends with a message, and a local model still answers', async (t) => {
  const { local } = await serve(t);
  const key = () => Promise.reject(new Error('locked'));
  const raw = rawFor(local);
  const cloud = { providers: { cloud: { kind: 'openai', baseUrl: 'https://api.example.com/v1' } } };
  const closed = testGateway({ ...raw, ...cloud, 'consent.cloud': ['https://api.example.com'] }, { key });
  const { result } = await finish(closed.gateway.stream(asking('mid'), never));
  assert.deepEqual(result.failure, { kind: 'no-keyring', detail: 'locked' });
  const words = describeFailure(result.failure!, result.place!);
  assert.match(words.text, /keyring cannot be read/);
  assert.equal(words.next, 'retry');
  const open = await finish(testGateway(raw, { key }).gateway.stream(asking('demo-coder'), never));
  assert.equal(open.result.outcome, 'done');
  const state = await tierState('mid', {
    settings: testGateway({
      ...raw,
      providers: { cloud: { kind: 'openai', baseUrl: 'https://api.openai.com/v1' } },
      'tiers.mid': ['cloud/mid'],
    }).settings,
    health: new Health(() => undefined),
    trusted: true,
    hasKey: key,
  });
  assert.deepEqual([state.ready, state.words, state.next], [false, 'the keyring cannot be read', 'retry']);
});

test('whatever a part throws, a call ends with an end event', async (t) => {
  const { local } = await serve(t);
  const { gateway } = testGateway(rawFor(local), {
    prices: { find: () => Promise.reject(new Error('no prices')) },
  });
  const { result } = await finish(gateway.stream(asking('demo-coder'), never));
  assert.deepEqual([result.outcome, result.failure?.kind], ['failed', 'internal']);
});

test('an OpenAI-style server on this computer needs consent and is not asked in private mode, unless the user says that it runs its models', async (t) => {
  const server = await startOpenAi({ models: [{ name: 'mid', price: { input: 1, output: 1 } }] });
  t.after(() => server.stop());
  const provider = { kind: 'openai', baseUrl: `${server.url}/v1` };
  const ask = async (over: Record<string, unknown>, more: Record<string, unknown>) => {
    const { gateway, ledger } = testGateway(
      rawFor(server, { providers: { cloud: { ...provider, ...more } }, ...over }),
    );
    const { result } = await finish(gateway.stream(chatCall('mid'), never));
    return { failure: result.failure?.kind ?? null, source: ledger.settled.at(-1)?.cost.source };
  };
  assert.deepEqual(await ask({}, {}), { failure: 'no-consent', source: undefined });
  assert.deepEqual(await ask({ private: true }, {}), { failure: 'private', source: undefined });
  const place = { provider: 'cloud', host: new URL(server.url).host, model: 'mid', kind: 'openai' } as const;
  assert.match(describeFailure({ kind: 'private' }, place).text, /If it runs its models .* "runsHere": true for cloud/);
  assert.doesNotMatch(describeFailure({ kind: 'private' }, { ...place, host: 'api.example.com' }).text, /runsHere/);
  assert.deepEqual(await ask({ private: true }, { runsHere: false }), { failure: 'private', source: undefined });
  assert.equal(server.book.calls.length, 0);
  assert.deepEqual(await ask({}, { runsHere: true }), { failure: null, source: 'free' });
  assert.deepEqual(await ask({ private: true }, { runsHere: true }), { failure: null, source: 'free' });
});

test('a gateway that is said to run its models is recognized by its first answer: no second request is sent', async (t) => {
  const server = await startOpenAi({ models: [{ name: 'mid', price: { input: 1, output: 1 } }] });
  t.after(() => server.stop());
  const fetch: typeof globalThis.fetch = async (...of) => {
    const response = await openFetch(...of);
    return new Response(response.body, {
      headers: { ...Object.fromEntries(response.headers), 'x-litellm-version': '1' },
    });
  };
  const providers = { cloud: { kind: 'openai', baseUrl: `${server.url}/v1`, runsHere: true } };
  const { gateway, ledger } = testGateway(rawFor(server, { providers, private: true }), { fetch });
  const ask = async () => (await finish(gateway.stream(chatCall('mid'), never))).result;
  const first = await ask();
  assert.equal(first.failure?.kind, 'passed-on');
  assert.notEqual(ledger.settled[0]?.cost.source, 'free');
  assert.equal((await ask()).failure?.kind, 'private');
  assert.equal(server.book.calls.length, 1);
});

test('that a server runs its models itself counts only at an address of this computer', () => {
  const settings = (baseUrl: string, kind = 'openai') =>
    parseSettings(
      { ...DEFAULTS, providers: { cloud: { kind, baseUrl, runsHere: true } } } as Parameters<typeof parseSettings>[0],
      undefined,
    );
  for (const baseUrl of ['https://api.example.com/v1', 'http://192.168.1.7:8000/v1', 'http://build-box:8000/v1']) {
    const { settings: read, problems } = settings(baseUrl);
    const provider = read.providers.get('cloud');
    const check = checkEndpoint(baseUrl);
    assert.ok(provider && check.ok);
    assert.equal(provider.runsHere, undefined);
    assert.equal(placesOf({ ...provider, runsHere: true }, check.endpoint, 'm').length, 1, baseUrl);
    assert.ok(problems.some((problem) => JSON.stringify(problem).includes('runsHere')));
  }
  const complaints = (...of: Parameters<typeof settings>): number =>
    settings(...of).problems.filter((problem) => JSON.stringify(problem).includes('runsHere')).length;
  assert.equal(complaints('http://127.0.0.1:11434', 'ollama'), 1);
  assert.equal(complaints('http://127.0.0.1:8000/v1'), 0);
});
