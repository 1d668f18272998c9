import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSettings, type RawSettings } from '../../../src/core/settings/settings.ts';
import { askProvider, type AskParts } from '../../../src/editor/platform/askProvider.ts';
import { DEFAULTS } from '../../support/manifest.ts';

/** Lists of models, tests and looks at servers: what is sent with them, and when nothing is sent. */

interface Given {
  readonly baseUrl?: string;
  readonly kind?: 'openai' | 'ollama';
  readonly headers?: Record<string, string>;
  readonly key?: string | null;
  readonly from?: 'stored' | 'environment';
  readonly consent?: string[];
  readonly isPrivate?: boolean;
  readonly secretHeaders?: Record<string, string>;
  readonly reject?: boolean;
}

function given(over: Given) {
  const {
    baseUrl = 'https://api.good.example/v1',
    kind = 'openai',
    headers = {},
    key = 'sk-1',
    from = 'environment',
  } = over;
  const { settings, problems } = parseSettings(
    {
      ...DEFAULTS,
      providers: { cloud: { kind, baseUrl, headers } },
      'tiers.local': [],
      'tiers.mid': [],
      'tiers.frontier': [],
      'consent.cloud': over.consent ?? [],
      private: over.isPrivate ?? false,
    } as RawSettings,
    undefined,
  );
  assert.equal(problems.length, 0);
  const sent: { url: string; headers: Headers }[] = [];
  const parts: AskParts = {
    config: { settings },
    trusted: () => true,
    keys: {
      get: () => (over.reject ? Promise.reject(new Error('locked')) : Promise.resolve(key)),
      headers: () => Promise.resolve(over.secretHeaders ?? {}),
      origin: () => Promise.resolve(key === null ? 'missing' : from),
    },
    fetch: (input, init) => {
      sent.push({ url: String(input), headers: new Headers(init?.headers) });
      return Promise.resolve(Response.json({ data: [] }));
    },
  };
  const provider = settings.providers.get('cloud');
  assert.ok(provider);
  const ask = (limits: Partial<Parameters<typeof askProvider>[2]> = {}) =>
    askProvider(provider, parts, { ms: 1000, ...limits }, async (wire) => {
      await wire.fetch(`${wire.baseUrl}/models`, {
        headers: { ...wire.headers, ...(wire.apiKey ? { authorization: `Bearer ${wire.apiKey}` } : {}) },
      });
    });
  return { ask, sent };
}

test('H8: without consent no key of a variable and no header leaves, not even for a list of models', async () => {
  const cases: Given[] = [
    {},
    { key: null, headers: { 'X-Team': 'compilers' } },
    { key: null, secretHeaders: { 'api-key': 'azure' } },
    { kind: 'ollama', baseUrl: 'http://192.168.1.7:11434' },
  ];
  for (const over of cases) {
    const { ask, sent } = given(over);
    const answer = await ask();
    assert.equal(answer.ok ? '' : answer.failure.kind, 'no-consent', JSON.stringify(over));
    assert.equal(sent.length, 0);
  }
});

test('with consent, or for a key that was typed for this very origin, the question is asked', async () => {
  const cases: Given[] = [{ consent: ['https://api.good.example'] }, { from: 'stored' }];
  for (const over of cases) {
    const { ask, sent } = given(over);
    assert.equal((await ask()).ok, true);
    assert.equal(sent[0]?.headers.get('authorization'), 'Bearer sk-1');
  }
});

test('public facts of a server are asked without a key when the user wants them now, and are never polled', async () => {
  const { ask, sent } = given({ key: null });
  assert.equal((await ask()).ok, true);
  assert.equal(sent.length, 1);
  const polled = await ask({ unasked: true });
  assert.equal(polled.ok ? '' : polled.failure.kind, 'no-consent');
  assert.equal(sent.length, 1);
});

test('private mode asks nothing outside this machine; a broken keyring has a message', async () => {
  const closed = given({ isPrivate: true, consent: ['https://api.good.example'], from: 'stored' });
  const answer = await closed.ask();
  assert.equal(answer.ok ? '' : answer.failure.kind, 'private');
  const broken = given({ reject: true, consent: ['https://api.good.example'] });
  const failed = await broken.ask();
  assert.deepEqual(failed.ok ? {} : failed.failure, { kind: 'no-keyring', detail: 'locked' });
  assert.deepEqual([...closed.sent, ...broken.sent], []);
});

test('a request that the user just confirmed is sent; it opens neither private mode nor another request', async () => {
  const { ask, sent } = given({ headers: { 'X-Team': 'compilers' } });
  assert.equal((await ask({ agreed: true })).ok, true);
  assert.equal(sent[0]?.headers.get('authorization'), 'Bearer sk-1');
  assert.equal(sent[0].headers.get('x-team'), 'compilers');
  // What generates something needs the consent of a tier.
  const model = await ask({ agreed: true, model: 'large' });
  assert.equal(model.ok ? '' : model.failure.kind, 'no-consent');
  const closed = given({ isPrivate: true });
  const answer = await closed.ask({ agreed: true });
  assert.equal(answer.ok ? '' : answer.failure.kind, 'private');
  assert.equal(closed.sent.length, 0);
});
