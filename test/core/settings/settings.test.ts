import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkEndpoint, endpointOf, ollamaHostUrl } from '../../../src/core/common/endpoints.ts';
import fc from 'fast-check';
import { parseSettings, type RawSettings, type Settings } from '../../../src/core/settings/settings.ts';
import { DEFAULTS } from '../../support/manifest.ts';

const parse = (raw: Record<string, unknown>, last?: Settings, ollamaHost?: string) =>
  parseSettings({ ...DEFAULTS, ...raw } as RawSettings, last, ollamaHost);
const withProvider = (entry: unknown, name = 'mine') => ({
  providers: { ...(DEFAULTS['providers'] as object), [name]: entry },
});

test('T05 addresses: what may be used and what may not', () => {
  const good = [
    'https://api.openai.com/v1',
    'http://127.0.0.1:11434',
    'http://localhost:4000',
    'http://[::1]:8080/v1',
    'http://192.168.1.5:11434',
    'http://10.0.0.7/v1',
    'http://172.20.1.1',
    'http://ollama.lan:11434',
    'http://host.docker.internal:11434',
    'http://gpu-box:8000/v1',
    'https://gateway.example.com/some/path/',
    'http://127.1:11434',
    'http://localhost.:4000',
    'http://[fd12:3456::1]:11434',
    'http://[::ffff:192.168.1.5]:11434',
  ];
  const bad = [
    'http://api.openai.com/v1',
    'http://8.8.8.8/v1',
    'ftp://host/x',
    'file:///etc/passwd',
    'data:text/plain,x',
    'javascript:alert(1)',
    '',
    'no-scheme',
    'https://user:secret@host/v1',
    'https://host/v1?key=1',
    'https://host/#x',
    'https://host:0/v1',
    'http://169.254.169.254/latest',
    'https://metadata.google.internal/x',
    'https://ho st/v1',
    'https://host/\u0000',
    'https://host:99999/',
    'http://172.32.0.1/v1',
    // Names that only look like private addresses.
    'http://10.evil.com/v1',
    'http://192.168.evil.com',
    'http://172.16.evil.com',
    'http://127.0.0.1.evil.com',
    'http://100.64.0.1/v1',
    'http://0.0.0.0:11434',
    // Metadata services in every spelling.
    'https://metadata.google.internal./x',
    'http://metadata.goog',
    'http://metadata/computeMetadata',
    'http://[::ffff:169.254.169.254]',
    'http://[64:ff9b::169.254.169.254]',
    'http://169.254.170.2/v2/credentials',
    'http://2852039166/latest',
    'http://0xa9fea9fe/latest',
    'http://0251.0376.0251.0376/latest',
    'http://169.254.169.254./latest',
    'https://[fd00:ec2::254]/latest',
    'http://100.100.100.200/latest',
  ];
  for (const url of good) assert.equal(checkEndpoint(url).ok, true, url);
  for (const url of bad) assert.equal(checkEndpoint(url).ok, false, url);
});

test('a network that is private in fact can be allowed, by name; a metadata service cannot', () => {
  const entry = { kind: 'openai', baseUrl: 'http://100.101.102.103:4000/v1' };
  assert.equal(parse(withProvider(entry)).settings.providers.has('mine'), false);
  const { settings, problems } = parse(withProvider({ ...entry, allowUnencrypted: true }));
  assert.deepEqual(problems, []);
  const mine = settings.providers.get('mine');
  assert.ok(mine && endpointOf(mine).ok);
  const metadata = { kind: 'openai', baseUrl: 'http://169.254.169.254/v1', allowUnencrypted: true };
  assert.equal(parse(withProvider(metadata)).settings.providers.has('mine'), false);
});

test("OLLAMA_HOST is read by Ollama's own rules", () => {
  for (const [value, url] of [
    ['', undefined],
    ['127.0.0.1', 'http://127.0.0.1:11434'],
    ['0.0.0.0', 'http://127.0.0.1:11434'],
    ['0.0.0.0:8080', 'http://127.0.0.1:8080'],
    ['http://gpu', 'http://gpu:80'],
    ['https://gpu', 'https://gpu:443'],
    ['gpu:1234', 'http://gpu:1234'],
    ['[::]:1', 'http://[::1]:1'],
    [':5000', 'http://127.0.0.1:5000'],
    ['https://gpu:8443/ollama/', 'https://gpu:8443/ollama'],
  ] as const)
    assert.equal(ollamaHostUrl(value), url, value);
});

test('a bad value is named, keeps the last good one, and takes nothing else down', () => {
  const good = parse({
    ...withProvider({ kind: 'openai', baseUrl: 'https://a.example/v1' }),
    'tiers.mid': ['mine/m'],
  }).settings;
  const { settings, problems } = parse(
    {
      ...withProvider({ kind: 'openai', baseUrl: 'http://a.example/v1' }),
      'tiers.mid': ['mine/m'],
      'completions.enabled': 'yes',
    },
    good,
  );
  assert.equal(settings.providers.get('mine')?.baseUrl, 'https://a.example/v1');
  assert.equal(settings.completions.enabled, true);
  assert.deepEqual(settings.tiers.mid, [{ provider: 'mine', model: 'm' }]);
  assert.deepEqual(problems.map(({ setting }) => setting).sort(), [
    'gearshift.completions.enabled',
    'gearshift.providers',
  ]);
  assert.match(
    problems.find(({ setting }) => setting === 'gearshift.providers')?.message ?? '',
    /mine.*http:\/\/a\.example/,
  );
});

test('I59 garbage of every kind is survived with a message', () => {
  const garbage: unknown[] = [
    null,
    1,
    NaN,
    Infinity,
    -1,
    '',
    'x',
    [],
    [1],
    {},
    { a: 1 },
    true,
    [['ollama/x']],
    { ollama: null },
  ];
  for (const name of Object.keys(DEFAULTS)) {
    for (const value of garbage) {
      const { settings } = parse({ [name]: value }, parse({}).settings);
      assert.ok(
        settings.providers.size >= 0 && Array.isArray(settings.tiers.local),
        `${name} = ${JSON.stringify(value)}`,
      );
    }
  }
});

test('models of unknown providers, without a model, or named twice are left out of a chain', () => {
  const { settings, problems } = parse({
    'tiers.mid': ['openai/a', 'nobody/b', 'openai', '/x', 'openai/a', 'openrouter/v/m\n'],
  });
  assert.deepEqual(settings.tiers.mid, [{ provider: 'openai', model: 'a' }]);
  assert.ok(problems.length >= 3);
});

test('keys do not belong in headers, and header injection is refused', () => {
  for (const headers of [
    { Authorization: 'Bearer x' },
    { 'X-API-Key': 'x' },
    { 'x\r\ny': '1' },
    { x: 'a\r\nb: c' },
    { cookie: 'a' },
  ]) {
    const { settings, problems } = parse(withProvider({ kind: 'openai', baseUrl: 'https://a.example', headers }));
    assert.deepEqual(settings.providers.get('mine')?.headers, {}, JSON.stringify(headers));
    assert.equal(problems.length, 1);
  }
});

test('prices that cannot be true are refused', () => {
  for (const input of [-1, NaN, Infinity, 1e9, '0,5', null]) {
    const prices = { m: { input, output: 1 }, n: { input: 1, output: 2 } };
    const { settings, problems } = parse(withProvider({ kind: 'openai', baseUrl: 'https://a.example', prices }));
    assert.deepEqual([...(settings.providers.get('mine')?.prices.keys() ?? [])], ['n'], String(input));
    assert.equal(problems.length, 1);
    assert.match(problems[0]?.message ?? '', /mine.*prices\.m/);
  }
});

test('a wrong member of a provider is reported alone, and the provider stays', () => {
  const good = {
    kind: 'ollama',
    baseUrl: 'https://a.example',
    apiKeyEnv: 'KEY',
    headers: { 'X-Title': 'a' },
    keepAlive: '30m',
    contextTokens: { m: 4096 },
    prices: { m: { input: 1, output: 2 } },
    query: { version: '1' },
    request: { maxTokens: 'max_tokens', mostTokens: 4096 },
    infill: { m: 'qwen' },
    allowUnencrypted: false,
  };
  const before = parse(withProvider(good)).settings;
  const known = before.providers.get('mine');
  const bad = fc.constantFrom<unknown>(null, true, -7, '?', [], [1], { m: null }, { m: 'x' }, { m: { input: -1 } });
  const names = [
    ...(['apiKeyEnv', 'headers', 'keepAlive', 'contextTokens', 'prices'] as const),
    ...(['query', 'request', 'infill', 'allowUnencrypted'] as const),
  ];
  fc.assert(
    fc.property(fc.constantFrom(...names), bad, (name, value) => {
      const { settings, problems } = parse(withProvider({ ...good, [name]: value }), before);
      const provider = settings.providers.get('mine');
      assert.ok(provider, 'the provider stays');
      for (const other of names) if (other !== name) assert.deepEqual(provider[other], known?.[other], other);
      for (const { message } of problems) assert.match(message, new RegExp(`"mine": .*${name}`));
      // Without a problem the value was understood.
      if (problems.length === 0)
        assert.ok(
          (name === 'keepAlive' && value === -7) ||
            (Array.isArray(value) && value.length === 0) ||
            name === 'headers' ||
            name === 'query' ||
            name === 'request' ||
            (name === 'allowUnencrypted' && value === true),
          `${name} ${JSON.stringify(value)}`,
        );
      // Nothing of a wrong value is used at another address either.
      const moved = parse(withProvider({ ...good, baseUrl: 'https://b.example', [name]: value }), before);
      if (moved.problems.length && name === 'apiKeyEnv')
        assert.equal(moved.settings.providers.get('mine')?.apiKeyEnv, undefined);
    }),
  );
});

test('how long a model stays is read as Ollama reads it', () => {
  const keepAlive = (value: unknown) =>
    parse(withProvider({ kind: 'ollama', baseUrl: 'http://127.0.0.1:1', keepAlive: value })).settings.providers.get(
      'mine',
    )?.keepAlive;
  for (const [value, read] of [
    [-1, '-1'],
    [0, '0'],
    [300, '300'],
    ['30m', '30m'],
    ['1h30m', '1h30m'],
    ['1.5h', '1.5h'],
    ['-1', '-1'],
    ['-1m', '-1m'],
    ['soon', undefined],
    ['1d', undefined],
    ['1h 30m', undefined],
    ['', undefined],
    [NaN, undefined],
    [Infinity, undefined],
  ] as const)
    assert.equal(keepAlive(value), read, String(value));
});

test("the local address: its own setting wins, then the user's provider, then OLLAMA_HOST", () => {
  const url = (raw: Record<string, unknown>) =>
    parse(raw, undefined, 'http://127.0.0.1:7777').settings.providers.get('ollama')?.baseUrl;
  assert.equal(url({}), 'http://127.0.0.1:7777');
  const own = withProvider({ kind: 'ollama', baseUrl: 'http://127.0.0.1:8888' }, 'ollama');
  assert.equal(url(own), 'http://127.0.0.1:8888');
  assert.equal(url({ ...own, 'ollama.baseUrl': 'http://127.0.0.1:9999' }), 'http://127.0.0.1:9999');
});

test('routing rules: good ones are taken, each bad one is reported and left out', () => {
  const { settings, problems } = parse({
    'routing.rules': [
      { name: 'sql', when: { languages: ['sql'] }, tier: 'mid', model: 'openrouter/mistralai/codestral' },
      { name: 'complex', enabled: false },
      { name: 'nobody', tier: 'mid', model: 'nobody/x' },
      { name: 'misspelled', when: { langages: ['sql'] }, tier: 'mid' },
      { name: 'no-tier' },
      'text',
      { name: 'sql', tier: 'local' },
    ],
  });
  assert.deepEqual(
    settings.routing.entries.map(({ name }) => name),
    ['sql', 'complex'],
  );
  assert.equal(settings.routing.rules[0]?.name, 'sql');
  assert.equal(settings.routing.rules.find(({ name }) => name === 'complex')?.enabled, false);
  assert.equal(problems.length, 5);
  for (const { setting } of problems) assert.equal(setting, 'gearshift.routing.rules');
});

test('threshold, classifier and private mode fall back to the last good value', () => {
  const good = parse({ 'routing.threshold': 4.2, 'routing.classifier': true, private: true });
  assert.deepEqual(good.problems, []);
  for (const bad of [0, 5.1, NaN, '4', null]) {
    const { settings, problems } = parse(
      { 'routing.threshold': bad, 'routing.classifier': 'yes', private: 1 },
      good.settings,
    );
    assert.equal(settings.routing.threshold, 4.2);
    assert.equal(settings.routing.classifier, true);
    assert.equal(settings.private, true);
    assert.equal(problems.length, 3);
  }
});

test('one wrong request option leaves the others', () => {
  const request = { maxTokens: 'none', mostTokens: -1, systemRole: 'user', omit: ['stream', 'everything'] };
  const { settings, problems } = parse(withProvider({ kind: 'openai', baseUrl: 'https://a.example', request }));
  assert.deepEqual(settings.providers.get('mine')?.request, { maxTokens: 'none', systemRole: 'user' });
  assert.equal(problems.length, 2);
  for (const { message } of problems) assert.match(message, /"mine": request\.(mostTokens|omit)/);
});
