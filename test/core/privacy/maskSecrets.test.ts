import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import {
  countSecrets,
  hasMasked,
  maskRequest,
  maskSecrets,
  namesOf,
  unmaskSecrets,
} from '../../../src/core/privacy/maskSecrets.ts';
import type { ChatRequest, FimRequest } from '../../../src/core/common/types.ts';
import { startOllama } from '../../servers/ollama.ts';
import { startOpenAi } from '../../servers/openai.ts';
import { chatCall, finish, openAiAt, testGateway } from '../../support/gateway.ts';
import { drawn, hex, nameOf, secrets } from './secretForms.ts';

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

test(`T18 ${secrets.length} forms of secrets are masked, and what stands around them stays`, () => {
  assert.ok(secrets.length >= 50);
  for (const [before, secret, after = ''] of secrets) {
    const { text, count } = maskSecrets(`${before}${secret}${after}\n`, nameOf);
    assert.ok(!text.includes(secret), `${before}${secret}`);
    assert.equal(text, `${before}«masked secret ${nameOf(secret)}»${after}\n`);
    assert.equal(count, 1);
  }
});

test('T18 none of them reaches a cloud, whatever asks; a model of this machine sees the code as it is', async (t) => {
  const content = secrets.map(([before, secret, after = '']) => `${before}${secret}${after}`).join('\n');
  const cloud = await startOpenAi();
  t.after(() => cloud.stop());
  const own = await startOllama();
  t.after(() => own.stop());
  const { gateway } = testGateway({
    ...openAiAt(cloud.url),
    providers: {
      cloud: { kind: 'openai', baseUrl: `${cloud.url}/v1` },
      own: { kind: 'ollama', baseUrl: own.url },
    },
  });
  const request = { kind: 'chat', messages: [{ role: 'user', content }], maxTokens: 50 } as const;
  await finish(gateway.stream(chatCall('mid', { request }), new AbortController().signal));
  const local = [{ provider: 'own', model: own.models()[0] ?? '' }];
  await finish(gateway.stream(chatCall([], { chain: local, request }), new AbortController().signal));
  const [sent] = cloud.book.calls.map(({ body }) => JSON.stringify(body));
  for (const [before, secret] of secrets)
    assert.ok(sent && !sent.includes(JSON.stringify(secret).slice(1, -1)), `${before}${secret}`);
  assert.ok(JSON.stringify(own.book.calls[0]?.body).includes(JSON.stringify(content)));
});

test('of 200 innocent strings at most two are masked', () => {
  const innocent = [
    ...Array.from({ length: 40 }, (_, i) => `commit ${hex(40, `c${i}`)}`),
    ...Array.from({ length: 30 }, (_, i) => `sha256:${hex(64, `s${i}`)}`),
    ...Array.from({ length: 30 }, () => `id: ${randomUUID()}`),
    ...Array.from({ length: 30 }, (_, i) => `"integrity": "sha512-${drawn(86, `i${i}`)}=="`),
    ...Array.from({ length: 30 }, (_, i) => `url(data:image/png;base64,${drawn(200, `b${i}`)})`),
    'const password = process.env.PASSWORD;',
    'password: string',
    'password: z.string().min(8)',
    "password = getpass.getpass('Password: ')",
    'const token = await getToken(user);',
    'token: TokenKind.Identifier',
    'tokens = estimateTokens(text)',
    "apiKey: 'your-api-key-here'",
    'api_key="<YOUR_API_KEY>"',
    'API_KEY=${API_KEY}',
    'secret: ${{ secrets.NPM_TOKEN }}',
    'password: "changeme"',
    "passwordField: 'input[name=password]'",
    'const maxTokens = 8192;',
    'maxTokens: 16_384',
    "tokenType: 'Bearer'",
    'secretName: my-app-tls',
    'https://example.com/a:b@c',
    'git@github.com:ada/tea.git',
    'http://localhost:11434/api/generate',
    'accessKey="k"',
    'function validatePassword(password: string): boolean {',
    "label: t('Password')",
    'if (token === undefined) return;',
    'token.length > 0',
    'private_key_path = "/etc/ssl/private/key.pem"',
    'passwordHash: bcrypt.hashSync(password, 10)',
    'sk-learn is a library',
    'hf_transfer is fast',
    'key-value store',
    'const tokenizer = new Tokenizer();',
    'CSRF_TOKEN_HEADER = "X-CSRF-Token"',
    'secret = input("Enter the secret: ")',
    'PASSWORD_MIN_LENGTH = 12',
    'credentials: "include"',
    'token = tokens[index]',
    'token: "keyword.control"',
    'export const API_KEY_HEADER = "x-api-key";',
    'secretKeyRef: { name: db, key: password }',
    'access_token_expires_in: 3600',
    'export type Token = string;',
    'lorem ipsum dolor sit amet consectetur',
    'AKIA is how AWS keys begin',
    'eyJ is how tokens begin',
    '-----BEGIN CERTIFICATE-----',
    '-----BEGIN PUBLIC KEY-----',
  ];
  assert.ok(innocent.length >= 200);
  const masked = innocent.filter((text) => maskSecrets(text, nameOf).count > 0);
  assert.ok(masked.length <= 2, masked.join('\n'));
});

test('the same secret has the same name, and is put back by it', () => {
  const key = `ghp_${drawn(36, 'same')}`;
  const other = `ghp_${drawn(36, 'other')}`;
  const text = `a = ${key}; b = ${other}; c = ${key}`;
  const masked = maskSecrets(text, nameOf);
  const [one, two] = [nameOf(key), nameOf(other)];
  assert.equal(masked.text, `a = «masked secret ${one}»; b = «masked secret ${two}»; c = «masked secret ${one}»`);
  assert.equal(masked.count, 3);
  assert.equal(countSecrets(text), 3);
  assert.ok(hasMasked(masked.text) && !hasMasked(text));
  assert.equal(unmaskSecrets(masked.text, masked.secrets), text);
  assert.equal(unmaskSecrets('«masked secret 99»', masked.secrets), '«masked secret 99»');
  const texts = [`b = ${other}`, `a = ${key}`];
  assert.equal(unmaskSecrets(masked.text, namesOf(texts, nameOf)), text);
});

test('a name that two secrets share is left as it is', () => {
  const texts = [`a = ghp_${drawn(36, 'one')}`, `b = ghp_${drawn(36, 'two')}`];
  const names = namesOf(texts, () => 'aaaaa');
  assert.equal(unmaskSecrets('«masked secret aaaaa»', names), '«masked secret aaaaa»');
});

test('a request is masked in all its texts, and in nothing else', async () => {
  const key = `ghp_${drawn(36, 'request')}`;
  const mark = `«masked secret ${nameOf(key)}»`;
  const images = [{ mime: 'image/png', data: 'iVBORw==' }];
  const chat: ChatRequest = {
    kind: 'chat',
    maxTokens: 5,
    messages: [
      { role: 'system', content: 'be brief' },
      { role: 'user', content: `why ${key}?`, images },
      { role: 'assistant', content: key },
    ],
  };
  assert.deepEqual(await maskRequest(chat, nameOf), {
    kind: 'chat',
    maxTokens: 5,
    messages: [
      { role: 'system', content: 'be brief' },
      { role: 'user', content: `why ${mark}?`, images },
      { role: 'assistant', content: mark },
    ],
  });
  const fim: FimRequest = { kind: 'fim', prompt: { raw: '' }, stop: [], maxTokens: 5, temperature: 0 };
  const raw = await maskRequest({ ...fim, prompt: { raw: `a = "${key}"` } }, nameOf);
  assert.deepEqual(raw.prompt, { raw: `a = "${mark}"` });
  const both = await maskRequest({ ...fim, prompt: { prefix: `a = "${key}"`, suffix: `b = "${key}"` } }, nameOf);
  assert.deepEqual(both.prompt, { prefix: `a = "${mark}"`, suffix: `b = "${mark}"` });
});

test('T18 passwords with symbols and keys in base64 are masked', () => {
  const base64 = `${LETTERS}0123456789+/`;
  const shapes: readonly (readonly [before: string, value: (seed: string) => string, after: string])[] = [
    ['password = "', (seed) => drawn(16, seed, `${LETTERS}0123456789!@#%^&*`), '"'],
    ['SECRET_KEY="', (seed) => `${drawn(43, seed, base64)}=`, '"'],
    ['JWT_SECRET="', (seed) => drawn(50, seed, 'abcdefghijklmnopqrstuvwxyz0123456789!@#$%^&*(-_=+)'), '"'],
    ['Endpoint=sb://x/;SharedAccessKey=', (seed) => `${drawn(43, seed, base64)}=`, ''],
    ['AWS_SESSION_TOKEN=', (seed) => drawn(300, seed, base64), ''],
  ];
  for (const [before, value, after] of shapes) {
    const values = Array.from({ length: 1_000 }, (_, index) => value(`${before}${index}`));
    const shown = values.filter((one) => maskSecrets(`${before}${one}${after}\n`, nameOf).text.includes(one));
    assert.ok(shown.length <= 50, `${before}: ${shown.length} of 1,000 are sent, as ${shown[0]}`);
  }
});

test('T18 a header of a private key without a key hides nothing', () => {
  const code = [
    "if (!pem.startsWith('-----BEGIN RSA PRIVATE KEY-----')) throw new Error('no key');",
    "const end = '-----END RSA PRIVATE KEY-----';",
    '```',
    '',
    'Why does parse() reject my file?',
  ].join('\n');
  assert.equal(maskSecrets(code, nameOf).text, code);
  const key = `-----BEGIN RSA PRIVATE KEY-----\n${drawn(64, 'cut')}\n${drawn(64, 'off')}`;
  assert.equal(
    maskSecrets(`${key}\n\nWhy is it refused?`, nameOf).text,
    `«masked secret ${nameOf(key)}»\n\nWhy is it refused?`,
  );
});

test('T18 the beginnings of web tokens in a row take no long time', () => {
  const times = [1, 2, 3].map(() => {
    const started = performance.now();
    maskSecrets('eyJ-'.repeat(25_000), nameOf);
    return performance.now() - started;
  });
  assert.ok(Math.min(...times) < 100, `${Math.min(...times)} ms for 100 kB`);
});

test('a long text takes no long time', () => {
  const text = 'const token = await getToken(user); // https://example.com/path?x=1\n'.repeat(15_000);
  const started = performance.now();
  maskSecrets(text, nameOf);
  maskSecrets('a'.repeat(1_000_000), nameOf);
  maskSecrets('"'.repeat(200_000), nameOf);
  maskSecrets('password'.repeat(50_000), nameOf);
  assert.ok(performance.now() - started < 5_000, `${performance.now() - started} ms`);
});
