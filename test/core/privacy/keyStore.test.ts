import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkEndpoint, type Endpoint } from '../../../src/core/common/endpoints.ts';
import { classifyHeader } from '../../../src/core/common/headers.ts';
import { agreementFor, isAgreedTo } from '../../../src/core/common/places.ts';
import { KeyStore } from '../../../src/core/privacy/keyStore.ts';

class Storage {
  readonly values = new Map<string, string>();
  broken = false;
  get(id: string): Promise<string | undefined> {
    return this.broken ? Promise.reject(new Error('locked')) : Promise.resolve(this.values.get(id));
  }
  store(id: string, value: string): Promise<void> {
    if (this.broken) return Promise.reject(new Error('locked'));
    this.values.set(id, value);
    return Promise.resolve();
  }
  delete(id: string): Promise<void> {
    this.values.delete(id);
    return Promise.resolve();
  }
}

const at = (url: string): Endpoint => {
  const check = checkEndpoint(url);
  assert.ok(check.ok);
  return check.endpoint;
};
const GOOD = at('https://api.good.example/v1');
const EVIL = at('https://evil.example/v1');
const ENV = { CLOUD_KEY: 'sk-from-environment', AWS_SECRET_ACCESS_KEY: 'aws-secret' };

test('T03: the key of a variable goes to the origin that was agreed to, and to no other', async () => {
  const storage = new Storage();
  const store = new KeyStore(storage, ENV);
  const cloud = { name: 'cloud', apiKeyEnv: 'CLOUD_KEY' };
  assert.deepEqual(await store.find(cloud, GOOD), { key: null, source: 'not-agreed' });
  await store.agree(cloud, GOOD);
  assert.deepEqual(await store.find(cloud, GOOD), { key: 'sk-from-environment', source: 'environment' });
  for (const elsewhere of [EVIL, at('https://api.good.example:8443/v1'), at('http://127.0.0.1:4000')])
    assert.deepEqual(await store.find(cloud, elsewhere), { key: null, source: 'not-agreed' });
  // Another window, or the next start, knows it as well.
  assert.equal((await new KeyStore(storage, ENV).find(cloud, GOOD)).source, 'environment');
  assert.ok(![...storage.values.values()].join().includes('sk-from-environment'), 'the value itself is not kept');
});

test('T03: another variable, or the same one of another provider, has to be agreed to again', async () => {
  const store = new KeyStore(new Storage(), ENV);
  await store.agree({ name: 'cloud', apiKeyEnv: 'CLOUD_KEY' }, GOOD);
  for (const other of [
    { name: 'cloud', apiKeyEnv: 'AWS_SECRET_ACCESS_KEY' },
    { name: 'other', apiKeyEnv: 'CLOUD_KEY' },
  ])
    assert.deepEqual(await store.find(other, GOOD), { key: null, source: 'not-agreed' });
});

test('a stored key and stored headers are for the origin that they were entered for', async () => {
  const store = new KeyStore(new Storage(), {});
  const cloud = { name: 'cloud' };
  await store.store(cloud, GOOD, ' sk-typed ');
  await store.storeHeaders(cloud, GOOD, { 'api-key': 'azure', 'X-Token': 't' });
  await store.storeHeaders(cloud, GOOD, { 'X-Token': '' });
  assert.deepEqual(await store.find(cloud, GOOD), { key: 'sk-typed', source: 'stored' });
  assert.deepEqual(await store.headers(cloud, GOOD), { 'api-key': 'azure' });
  assert.deepEqual(await store.find(cloud, EVIL), { key: null, source: 'none' });
  assert.deepEqual(await store.headers(cloud, EVIL), {});
  await store.remove(cloud, GOOD);
  assert.deepEqual([(await store.find(cloud, GOOD)).key, await store.headers(cloud, GOOD)], [null, {}]);
});

test('a keyring that cannot be read rejects, is asked again, and does not block an allowed variable', async () => {
  const storage = new Storage();
  const store = new KeyStore(storage, ENV);
  const cloud = { name: 'cloud' };
  storage.broken = true;
  await assert.rejects(store.find(cloud, GOOD), /locked/);
  await assert.rejects(store.headers(cloud, GOOD), /locked/);
  const named = { name: 'cloud', apiKeyEnv: 'CLOUD_KEY' };
  await store.agree(named, GOOD);
  assert.equal((await store.find(named, GOOD)).source, 'environment');
  storage.broken = false;
  assert.deepEqual(await store.find(cloud, GOOD), { key: null, source: 'none' });
});

test('header names are known by what they say: keys are for the secret storage, the connection for no setting', () => {
  const kinds: Record<ReturnType<typeof classifyHeader>, string[]> = {
    plain: ['X-Team', 'HTTP-Referer', 'X-Title', 'anthropic-version', 'OpenAI-Organization', 'User-Agent', 'accept'],
    secret: [
      'x-api-key',
      'api-key',
      'x-goog-api-key',
      'Ocp-Apim-Subscription-Key',
      'X-Auth-Token',
      'cf-access-client-secret',
      'Cookie',
      'X-Amz-Security-Token',
      'X-Password',
      'X-Credential',
    ],
    key: ['Authorization', 'AUTHORIZATION'],
    never: ['Host', 'content-length', 'Transfer-Encoding', 'proxy-authorization', 'Upgrade', 'TE', 'Sec-Fetch-Site'],
  };
  for (const [kind, names] of Object.entries(kinds))
    for (const name of names) assert.equal(classifyHeader(name), kind, name);
});

test('T26: an agreement is for a tier at an origin; an older one is for every tier', () => {
  const consent = new Set([agreementFor('https://openrouter.ai', 'mid'), 'https://old.example']);
  assert.equal(isAgreedTo(consent, 'https://openrouter.ai', 'mid'), true);
  assert.equal(isAgreedTo(consent, 'https://openrouter.ai', 'frontier'), false);
  assert.equal(isAgreedTo(consent, 'https://openrouter.ai'), true);
  assert.equal(isAgreedTo(consent, 'https://old.example', 'frontier'), true);
  assert.equal(isAgreedTo(consent, 'https://openrouter.ai.evil.example'), false);
});
