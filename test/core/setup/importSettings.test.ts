import fc from 'fast-check';
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { planContinue } from '../../../src/core/setup/importContinue.ts';
import { keyVariablesIn, planDotEnv, planEnvironment } from '../../../src/core/setup/importEnvironment.ts';
import { readKey } from '../../../src/core/setup/importKeys.ts';
import { isEmpty, type ImportPlan } from '../../../src/core/setup/importPlan.ts';
import { FIXED_PROVIDERS } from '../../../src/core/setup/importProviders.ts';
import { planFile } from '../../../src/core/setup/importSettings.ts';
import { parseConfig, parseDotEnv } from '../../../src/core/setup/importText.ts';
import { parseSettings, type RawSettings } from '../../../src/core/settings/settings.ts';
import { DEFAULTS } from '../../support/manifest.ts';

const KNOWN = parseSettings(DEFAULTS as RawSettings, undefined).settings.providers;
const CANARY = 'sk-canary-0123456789abcdef';

type Variables = Readonly<Record<string, string | undefined>>;
const readContinue = (config: unknown, env: Variables = {}, files: Variables = {}): ImportPlan =>
  planContinue(config, { known: KNOWN, env, files });
/** Imports the text of a file, with files beside it. */
const read = async (name: string, text: string, env: Variables = {}, beside: Readonly<Record<string, string>> = {}) =>
  planFile(name, text, { known: KNOWN, env }, (other) => Promise.resolve(beside[other]));

/** What the plan makes of the settings is valid, and nothing that is shown or written holds a key. */
function assertSound(plan: ImportPlan): void {
  const { keys, secretHeaders } = plan;
  const shown = JSON.stringify([plan.took, plan.left, [...plan.providers], plan.tiers]);
  for (const key of [...keys.values(), ...[...secretHeaders.values()].flatMap((headers) => Object.values(headers))])
    assert.ok(!shown.includes(key), shown);
  const raw = { ...(DEFAULTS as RawSettings) };
  const providers: Record<string, unknown> = { ...(raw.providers as object) };
  for (const [name, fields] of plan.providers) providers[name] = { ...(providers[name] as object), ...fields };
  const tiers = Object.fromEntries(Object.entries(plan.tiers).map(([tier, chain]) => [`tiers.${tier}`, chain]));
  assert.deepEqual(parseSettings({ ...raw, ...tiers, providers }, undefined).problems, []);
}

/** Shapes: docs.continue.dev/reference and its deprecated JSON reference. */
const YAML = `
name: Mine
version: 1.0.0
schema: v1
models:
  - name: Coder
    provider: ollama
    model: qwen2.5-coder:3b-base
    roles: [autocomplete]
  - name: Sonnet
    provider: anthropic
    model: claude-sonnet-5
    apiKey: \${{ secrets.ANTHROPIC_API_KEY }}
  - name: Mini
    provider: openai
    model: gpt-5-mini
    apiKey: ${CANARY}
    requestOptions:
      headers: { X-Team: compilers, Authorization: Bearer ${CANARY} }
      verifySsl: false
  - name: Shelf
    provider: openai
    model: qwen3-coder
    apiBase: http://gpu.lan:8000/v1/
    roles: [chat, edit]
  - name: Studio
    provider: lmstudio
    model: devstral
  - name: Finder
    provider: openai
    model: text-embedding-3-large
    roles: [embed]
  - uses: anthropic/claude-4-sonnet
  - name: Cloud completions
    provider: mistral
    model: codestral-latest
    roles: [autocomplete]
  - name: Bedrock
    provider: bedrock
    model: x
  - name: Own box
    provider: homemade
    model: y
context: [{ provider: code }]
rules: [Be brief]
mcpServers: []
`;

test("Continue's YAML: models by role, addresses by provider, keys apart from settings", () => {
  const plan = readContinue(parseConfig(YAML, false), { ANTHROPIC_API_KEY: 'set' });
  assert.deepEqual(plan.tiers, {
    local: ['ollama/qwen2.5-coder:3b-base', 'mistral/codestral-latest'],
    mid: ['anthropic/claude-sonnet-5', 'openai/gpt-5-mini', 'gpu.lan/qwen3-coder', 'lmstudio/devstral'],
  });
  assert.deepEqual(Object.fromEntries(plan.providers), {
    anthropic: { apiKeyEnv: 'ANTHROPIC_API_KEY' },
    openai: { headers: { 'X-Team': 'compilers' } },
    'gpu.lan': { kind: 'openai', baseUrl: 'http://gpu.lan:8000/v1' },
    lmstudio: { kind: 'openai', baseUrl: 'http://127.0.0.1:1234/v1' },
  });
  assert.deepEqual([...plan.keys], [['openai', CANARY]]);
  const left = plan.left.join('\n');
  for (const words of [
    /Authorization, which carries a key/,
    /verifySsl/,
    /Finder: Gearshift has no tier for its roles \(embed\)/,
    /claude-4-sonnet.*hub/,
    /Bedrock: the provider bedrock needs a signature/,
    /Own box: the provider homemade is not known/,
    /context, rules: not supported/,
    /frontier/,
  ])
    assert.match(left, words);
  assert.match(plan.took.join('\n'), /completions, which sends code to api\.mistral\.ai as you type/);
  assert.doesNotMatch(left, /mcpServers/);
  assertSound(plan);
});

test("Continue's JSON: chat models and the model for tab completion", () => {
  const config = {
    models: [
      { title: 'A', provider: 'ollama', model: 'llama3.1:8b', apiBase: 'http://localhost:11434' },
      { title: 'All of them', provider: 'ollama', model: 'AUTODETECT' },
      { title: 'B', provider: 'openrouter', model: 'x/y', apiKey: CANARY },
    ],
    tabAutocompleteModel: { title: 'Tab', provider: 'ollama', model: 'starcoder2:3b' },
    tabAutocompleteOptions: { debounceDelay: 300 },
    embeddingsProvider: { provider: 'transformers.js' },
  };
  const plan = readContinue(config);
  assert.deepEqual(plan.tiers, { mid: ['ollama/llama3.1:8b', 'openrouter/x/y'], local: ['ollama/starcoder2:3b'] });
  assert.deepEqual([...plan.providers], []);
  assert.deepEqual([...plan.keys.keys()], ['openrouter']);
  assert.match(
    plan.left.join('\n'),
    /All of them: it stands for every model[^]*embeddingsProvider, tabAutocompleteOptions/,
  );
});

test('YAML merges and anchors: own members win over the merged ones, lists of sources merge in order', async () => {
  const { tool, plan } = await read(
    'config.yaml',
    `
defaults: &defaults { provider: groq, apiKey: ${CANARY}, roles: [chat] }
fast: &fast
  <<: *defaults
  model: llama-3.1-8b-instant
models:
  - <<: *fast
    name: One
  - name: Two
    <<: [*fast, *defaults]
    model: openai/gpt-oss-120b
  - <<: *fast
    provider: cerebras
    name: Three
`,
  );
  assert.equal(tool, 'Continue');
  assert.deepEqual(plan.tiers.mid, [
    'groq/llama-3.1-8b-instant',
    'groq/openai/gpt-oss-120b',
    'cerebras/llama-3.1-8b-instant',
  ]);
  assert.deepEqual([...plan.keys.keys()], ['groq', 'cerebras']);
  assertSound(plan);
});

test('JSON with comments behind values, comments of blocks, trailing commas and addresses in quotes', async () => {
  const { plan } = await read(
    'config.json',
    `\uFEFF// mine
{
  "models": [ /* two */
    { "title": "A", "provider": "openai", "model": "m", "apiBase": "https://lab.example/v1", }, // a server, of "us"
    { "title": "B // not a comment", "provider": "ollama", "model": "b" },
  ],
}`,
  );
  assert.deepEqual(plan.tiers.mid, ['lab.example/m', 'ollama/b']);
  assert.match(plan.took.join('\n'), /B \/\/ not a comment/);
});

test('the reason that a file cannot be read quotes nothing of it', () => {
  for (const text of [`{ "models": [ { "apiKey": "${CANARY}" `, `a: b: ${CANARY}\n c`, `[${CANARY}`])
    assert.throws(
      () => parseConfig(text, true),
      (error: Error) => error.message.length > 0 && !error.message.includes(CANARY),
    );
});

const PLACEHOLDERS = [
  'YOUR_OPENAI_API_KEY_HERE',
  'API_KEY',
  'xxx',
  'sk-xxxxxxxxxxxxxxxxxxxx',
  'dummy',
  'fake',
  'local',
  'none',
  'ollama',
  'EMPTY',
  'lm-studio',
  '<your key>',
  '[API KEY]',
  'sk-...',
  'sk-no-key-required',
  'not-needed',
  'TODO',
  '********',
  'my key',
  'sk-your-key-here',
  'ключ',
];

test('placeholders are never taken for a key', () => {
  for (const apiKey of PLACEHOLDERS)
    for (const apiBase of [undefined, 'http://gpu.lan:8000/v1']) {
      const plan = readContinue({ models: [{ name: 'S', provider: 'openai', model: 'm', apiKey, apiBase }] });
      assert.deepEqual([...plan.keys], [], apiKey);
      assert.match(plan.left.join(), /S: its key looks like a placeholder/, apiKey);
      assert.equal(plan.tiers.mid?.length, 1, apiKey);
    }
});

test('property: keys as issuers make them are taken, whatever their random part', () => {
  const random = fc.string({
    unit: fc.constantFrom(...'abcdefghijkmnpqrstuvwABCDEFGHJKLMNPQRSTUVW23456789'),
    minLength: 32,
    maxLength: 64,
  });
  const prefix = fc.constantFrom(
    'sk-',
    'sk-or-v1-',
    'sk-ant-api03-',
    'gsk_',
    'xai-',
    'AIza',
    'hf_',
    'nvapi-',
    'pplx-',
    'csk-',
  );
  fc.assert(
    fc.property(prefix, random, (start, rest) => {
      // No issuer makes a key of one letter.
      fc.pre(!/(.)\1{5}/.test(rest));
      assert.deepEqual(readKey(` ${start}${rest}\n`, false), { kind: 'key', key: `${start}${rest}` });
    }),
    { numRuns: 2000 },
  );
  // Words of placeholders inside of a key's random part.
  for (const key of ['sk-aaaaa5faKeaaaaa7aaaaaWaaaaaBaaaa', 'sk-9xXx4kTodo7your2q81mz04ab', 'gsk_4notB7dummyQ2r8'])
    assert.equal(readKey(key, false).kind, 'key', key);
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9a-f]{32}$/), (key) => {
      // 32 letters without one digit happen once in ten millions.
      fc.pre(/\d/.test(key) && !/(.)\1{5}/.test(key));
      assert.equal(readKey(key, false).kind, 'key');
    }),
    { numRuns: 2000 },
  );
});

test('references stay references: the variable is named, its value is never read into the plan', () => {
  for (const apiKey of [
    '${WORK_KEY}',
    '${env:WORK_KEY}',
    '${{ env.WORK_KEY }}',
    '$WORK_KEY',
    'os.environ/WORK_KEY',
    '%WORK_KEY%',
    '${WORK_KEY:-none}',
    '${{ secrets.WORK_KEY }}',
  ])
    for (const env of [{ WORK_KEY: CANARY }, {}]) {
      const secret = apiKey.includes('secrets');
      const plan = readContinue({ models: [{ name: 'S', provider: 'openai', model: 'm', apiKey }] }, env);
      assert.deepEqual([...plan.keys], [], apiKey);
      assert.equal(
        plan.providers.get('openai')?.apiKeyEnv,
        secret && !('WORK_KEY' in env) ? undefined : 'WORK_KEY',
        apiKey,
      );
      assert.ok(!JSON.stringify([...plan.providers, plan.took, plan.left]).includes(CANARY));
    }
});

test('a secret of Continue is found in its .env file, and otherwise the message says where it was looked for', () => {
  const config = { models: [{ name: 'S', provider: 'openai', model: 'm', apiKey: '${{ secrets.WORK_KEY }}' }] };
  const missing = readContinue(config);
  assert.deepEqual([missing.providers.size, missing.keys.size], [0, 0]);
  assert.match(missing.left.join(), /S: its key is the secret WORK_KEY, which was found neither/);
  const found = readContinue(config, {}, { WORK_KEY: CANARY });
  assert.deepEqual([...found.keys], [['openai', CANARY]]);
  assert.match(found.took.join(), /from WORK_KEY in a \.env file/);
  assertSound(found);
});

test('two keys at one address are two providers; an entry that is left brings no key', () => {
  const plan = readContinue({
    models: [
      { name: 'Work', provider: 'openai', model: 'a', apiKey: 'sk-work-1234567890' },
      { name: 'Home', provider: 'openai', model: 'b', apiKey: 'sk-home-1234567890' },
      { name: 'Embed', provider: 'groq', model: 'c', apiKey: 'gsk_embed1234567890', roles: ['embed'] },
    ],
  });
  assert.deepEqual(plan.tiers.mid, ['openai/a', 'openai-2/b']);
  assert.deepEqual(
    [...plan.keys],
    [
      ['openai', 'sk-work-1234567890'],
      ['openai-2', 'sk-home-1234567890'],
    ],
  );
  assertSound(plan);
});

test('addresses as people write them become those that answer', () => {
  const cases: [entry: Record<string, unknown>, ref: string, baseUrl: string | undefined][] = [
    [{ provider: 'anthropic', apiBase: 'https://api.anthropic.com' }, 'anthropic/m', undefined],
    [{ provider: 'openai', apiBase: 'https://api.openai.com/v1/chat/completions' }, 'openai/m', undefined],
    [{ provider: 'openai', apiBase: 'http://localhost:11434/v1' }, 'ollama/m', undefined],
    [{ provider: 'openai', apiBase: 'https://ch.at/v1' }, 'ch.at/m', 'https://ch.at/v1'],
    [{ provider: 'openai', apiBase: 'https://api.z.ai/api/paas/v4' }, 'zai/m', 'https://api.z.ai/api/paas/v4'],
    [{ provider: 'openai', apiBase: 'http://127.0.0.1:9000/v1' }, 'local-9000/m', 'http://127.0.0.1:9000/v1'],
    [{ provider: 'lmstudio', apiBase: 'http://localhost:1234' }, 'lmstudio/m', 'http://localhost:1234/v1'],
    [{ provider: 'vllm', apiBase: 'http://gpu.lan:8000' }, 'vllm/m', 'http://gpu.lan:8000/v1'],
    [
      {
        provider: 'azure',
        apiBase: 'https://acme.openai.azure.com',
        env: { deployment: 'dep', apiVersion: '2024-02-01' },
      },
      'acme.openai.azure.com/dep',
      'https://acme.openai.azure.com/openai/v1',
    ],
    [
      {
        provider: 'azure',
        apiBase: 'https://acme.openai.azure.com/openai/deployments/dep/chat/completions?api-version=1',
      },
      'acme.openai.azure.com/dep',
      'https://acme.openai.azure.com/openai/v1',
    ],
  ];
  for (const [entry, ref, baseUrl] of cases) {
    const plan = readContinue({ models: [{ model: 'm', ...entry }] });
    assert.deepEqual(plan.tiers.mid, [ref]);
    assert.equal([...plan.providers.values()][0]?.baseUrl, baseUrl, ref);
    assertSound(plan);
  }
});

test('every provider with one address is known by each of its names', () => {
  for (const { name, aka = [], baseUrl } of FIXED_PROVIDERS)
    for (const provider of [name, ...aka]) {
      const plan = readContinue({ models: [{ provider, model: 'm' }] });
      assert.deepEqual(plan.tiers.mid, [`${name}/m`]);
      assert.equal(plan.providers.get(name)?.baseUrl ?? KNOWN.get(name)?.baseUrl, baseUrl);
      assertSound(plan);
    }
});

test('a line appears once: models with one reason share it, and a model stated twice is taken once', () => {
  const same = { provider: 'homemade', model: 'm' };
  const plan = readContinue({
    models: [
      ...Array.from({ length: 13 }, (_, n) => ({ name: `N${n}`, ...same })),
      { name: 'A', provider: 'groq', model: 'a' },
      { name: 'A', provider: 'groq', model: 'a' },
    ],
  });
  assert.equal(plan.left.filter((line) => line.includes('homemade')).length, 1);
  for (let n = 0; n < 13; n++) assert.match(plan.left.join(), new RegExp(`\\bN${n}\\b`));
  assert.equal(plan.took.filter((line) => line.startsWith('A ')).length, 1);
  assert.deepEqual(plan.tiers.mid, ['groq/a']);
});

test('a tier takes twenty models, and each further one is named', () => {
  const models = Array.from({ length: 23 }, (_, n) => ({ name: `M${n}`, provider: 'groq', model: `m${n}` }));
  const plan = readContinue({ models });
  assert.equal(plan.tiers.mid?.length, 20);
  assert.match(plan.left.join('\n'), /M20, M21, M22: the mid tier is full \(maximum: 20\)/);
  assert.doesNotMatch(plan.took.join('\n'), /M20/);
  assertSound(plan);
});

test('an entry with an empty member is read; one with a wrong member is named, with the member', () => {
  const { tiers, left } = readContinue({
    models: [
      { name: 'Empty', provider: 'groq', model: 'a', roles: null, apiKey: null },
      { name: 'Wrong', provider: 'groq', model: ['b'] },
    ],
  });
  assert.deepEqual(tiers.mid, ['groq/a']);
  assert.match(left.join('\n'), /Wrong: its model cannot be read/);
});

test('addresses that could not be used are left: no scheme, plain http to the world, metadata services', () => {
  for (const apiBase of ['gpu:8000', 'http://example.com/v1', 'http://169.254.169.254/v1', 'https://u:p@h/v1']) {
    const plan = readContinue({ models: [{ provider: 'openai', model: 'm', apiBase }] });
    assert.ok(isEmpty(plan), apiBase);
    assert.match(plan.left.join(), /cannot be used/);
  }
});

test('any file leads to a plan', () => {
  const odd: unknown[] = [
    null,
    3,
    'text',
    [],
    {},
    { models: 3 },
    { models: 'x' },
    { models: [null, 3, {}, { model: {} }] },
  ];
  odd.push(
    { models: [{ provider: '__proto__', model: 'constructor' }] },
    { models: [{ provider: 'ollama', model: '' }] },
  );
  odd.push({ tabAutocompleteModel: [1, { provider: 'ollama', model: 'a'.repeat(3000) }] });
  for (const config of odd) assert.ok(isEmpty(readContinue(config)), JSON.stringify(config)?.slice(0, 80));
});

test('keys of the environment are taken by name; one that is taken already stays', () => {
  const env = { OPENROUTER_API_KEY: CANARY, OPENAI_API_KEY: CANARY, GEMINI_API_KEY: CANARY, GOOGLE_API_KEY: CANARY };
  assert.deepEqual(keyVariablesIn(env), ['OPENROUTER_API_KEY', 'OPENAI_API_KEY', 'GEMINI_API_KEY', 'GOOGLE_API_KEY']);
  const plan = planEnvironment({ known: KNOWN, env });
  assert.deepEqual(Object.fromEntries(plan.providers), {
    openrouter: { apiKeyEnv: 'OPENROUTER_API_KEY' },
    openai: { apiKeyEnv: 'OPENAI_API_KEY' },
    google: { apiKeyEnv: 'GEMINI_API_KEY' },
  });
  assert.match(plan.left.join(), /GOOGLE_API_KEY: the key for google already comes from GEMINI_API_KEY/);
  assert.equal(plan.keys.size, 0);
  assertSound(plan);
});

test('a provider that the settings do not have is added for its key in the environment', () => {
  const plan = planEnvironment({ known: KNOWN, env: { XAI_API_KEY: CANARY } });
  assert.deepEqual(
    [...plan.providers],
    [['xai', { kind: 'openai', baseUrl: 'https://api.x.ai/v1', apiKeyEnv: 'XAI_API_KEY' }]],
  );
  assertSound(plan);
});

test('a key that belongs to another address never becomes that of OpenAI', () => {
  const plan = planEnvironment({
    known: KNOWN,
    env: { OPENAI_API_KEY: CANARY, OPENAI_BASE_URL: 'https://llm.corp.example/v1/' },
  });
  assert.deepEqual(
    [...plan.providers],
    [['llm.corp.example', { kind: 'openai', baseUrl: 'https://llm.corp.example/v1', apiKeyEnv: 'OPENAI_API_KEY' }]],
  );
  const bad = planEnvironment({
    known: KNOWN,
    env: { OPENAI_API_KEY: CANARY, OPENAI_BASE_URL: 'http://evil.example/v1' },
  });
  assert.ok(isEmpty(bad));
  assert.match(bad.left.join(), /OPENAI_API_KEY, which is for OPENAI_BASE_URL: the address .* cannot be used/);
});

test('a .env file: known names alone, quotes and comments, placeholders said, values into the secret storage', async () => {
  const text = `# keys
export OPENAI_API_KEY="${CANARY}"
ANTHROPIC_API_KEY=sk-ant-0123456789 # mine
GROQ_API_KEY=your_key_here
STRIPE_KEY=sk_live_0123456789
AIDER_DEEPSEEK_API_KEY='sk-deep-0123456789'
EMPTY=
`;
  assert.deepEqual(parseDotEnv(text)['ANTHROPIC_API_KEY'], 'sk-ant-0123456789');
  for (const name of ['.env', '.env.local', 'dev.env']) {
    const { tool, plan } = await read(name, text);
    assert.equal(tool, '.env');
    assert.deepEqual(Object.fromEntries(plan.keys), {
      openai: CANARY,
      anthropic: 'sk-ant-0123456789',
      deepseek: 'sk-deep-0123456789',
    });
    assert.match(plan.left.join(), /GROQ_API_KEY: its key looks like a placeholder/);
    assert.doesNotMatch(plan.left.join() + plan.took.join(), /STRIPE/);
    assertSound(plan);
  }
  assert.ok(isEmpty(planDotEnv({}, { known: KNOWN, env: {} })));
});

test("LiteLLM's configuration: models through the proxy once each, its own key as the reference that it is", async () => {
  const { tool, plan } = await read(
    'config.yaml',
    `
model_list:
  - model_name: gpt-5
    litellm_params: &azure { model: azure/gpt-5-eu, api_base: os.environ/AZURE_API_BASE, api_key: os.environ/AZURE_API_KEY }
  - model_name: gpt-5
    litellm_params: { <<: *azure, model: azure/gpt-5-us }
  - model_name: claude-sonnet-5
    litellm_params: { model: anthropic/claude-sonnet-5, api_key: os.environ/ANTHROPIC_API_KEY }
  - model_name: "openai/*"
    litellm_params: { model: "openai/*" }
  - model_name: embed
    litellm_params: { model: text-embedding-3-large }
    model_info: { mode: embedding }
  - litellm_params: { model: nameless }
general_settings:
  master_key: os.environ/LITELLM_MASTER_KEY
`,
    { LITELLM_MASTER_KEY: CANARY },
  );
  assert.equal(tool, 'LiteLLM');
  assert.deepEqual(plan.tiers, { mid: ['litellm/gpt-5', 'litellm/claude-sonnet-5'] });
  assert.deepEqual([...plan.providers], [['litellm', { apiKeyEnv: 'LITELLM_MASTER_KEY' }]]);
  const left = plan.left.join('\n');
  for (const words of [
    /openai\/\*: it stands for many/,
    /embed: its mode is embedding/,
    /names no model/,
    /stay with LiteLLM/,
  ])
    assert.match(left, words);
  assertSound(plan);
});

test("Aider's configuration and the .env file beside it", async () => {
  const text = `
model: openrouter/deepseek/deepseek-chat-v4
weak-model: gpt-5-mini
editor-model: sonnet
api-key: [openrouter=${CANARY}, gemini=AIza0123456789abcdefgh]
edit-format: diff
`;
  const { tool, plan } = await read('.aider.conf.yml', text);
  assert.equal(tool, 'Aider');
  assert.deepEqual(plan.tiers, { mid: ['openrouter/deepseek/deepseek-chat-v4'] });
  assert.deepEqual([...plan.keys.keys()], ['openrouter', 'google']);
  assert.match(plan.left.join('\n'), /gpt-5-mini: the weak model[^]*|sonnet: the editor model/);
  assertSound(plan);
  const architect = await read('.aider.conf.yml', 'model: o5\narchitect: true\neditor-model: deepseek/deepseek-chat\n');
  assert.deepEqual(architect.plan.tiers, { frontier: ['openai/o5'], mid: ['deepseek/deepseek-chat'] });
  const short = await read('.aider.conf.yml', 'model: opus\n');
  assert.match(short.plan.left.join(), /opus: a short name that only Aider can look up/);
  const local = await read('.aider.conf.yml', 'model: ollama_chat/qwen3:8b\nopenai-api-base: http://gpu.lan/v1\n');
  assert.deepEqual(local.plan.tiers, { mid: ['ollama/qwen3:8b'] });
});

test("Cline's state: Act becomes the mid tier, another model for Plan the frontier tier, keys from secrets.json", async () => {
  const state = {
    actModeApiProvider: 'openrouter',
    actModeOpenRouterModelId: 'deepseek/deepseek-v4',
    planModeApiProvider: 'anthropic',
    planModeApiModelId: 'claude-opus-5',
    planModeOpenRouterModelId: 'unused/x',
    taskHistory: [],
  };
  const secrets = {
    openRouterApiKey: CANARY,
    apiKey: 'sk-ant-0123456789',
    groqApiKey: 'gsk_0123456789',
    authNonce: 'n',
  };
  const { tool, plan } = await read(
    'globalState.json',
    JSON.stringify(state),
    {},
    { 'secrets.json': JSON.stringify(secrets) },
  );
  assert.equal(tool, 'Cline');
  assert.deepEqual(plan.tiers, { mid: ['openrouter/deepseek/deepseek-v4'], frontier: ['anthropic/claude-opus-5'] });
  assert.deepEqual(Object.fromEntries(plan.keys), {
    openrouter: CANARY,
    anthropic: 'sk-ant-0123456789',
    groq: 'gsk_0123456789',
  });
  assertSound(plan);
  const account = await read('globalState.json', '{"actModeApiProvider":"cline","planModeApiProvider":"cline"}');
  assert.match(account.plan.left.join('\n'), /cline is an account[^]*secrets\.json was not found/);
});

test("Copilot's models with own keys: endpoints, vendors, and keys that VS Code keeps", async () => {
  const groups = [
    {
      name: 'Lab',
      vendor: 'customendpoint',
      apiKey: '${input:chat.lm.secret.-1a2b}',
      apiType: 'chat-completions',
      models: [
        { id: 'qwen3', name: 'Qwen', url: 'https://lab.example/v1/chat/completions', toolCalling: true },
        { id: 'claude', name: 'Claude', url: 'https://lab.example/v1/messages', apiType: 'messages' },
        { name: 'Nameless', url: 'https://lab.example/v1' },
      ],
    },
    { name: 'OpenRouter', vendor: 'openrouter', apiKey: CANARY },
    { name: 'Ollama', vendor: 'ollama', url: 'http://localhost:11434' },
    { name: 'Copilot', vendor: 'copilot' },
    { vendor: 7 },
  ];
  const { tool, plan } = await read('chatLanguageModels.json', `// groups\n${JSON.stringify(groups)}`);
  assert.equal(tool, 'Copilot');
  assert.deepEqual(plan.tiers, { mid: ['lab.example/qwen3'] });
  assert.deepEqual([...plan.providers], [['lab.example', { kind: 'openai', baseUrl: 'https://lab.example/v1' }]]);
  assert.deepEqual([...plan.keys], [['openrouter', CANARY]]);
  const left = plan.left.join('\n');
  for (const words of [
    /Qwen: its key is in a storage/,
    /Claude: it uses the API messages/,
    /Nameless: it names no model/,
    /OpenRouter, Ollama: it lists no models/,
    /only Copilot can ask/,
  ])
    assert.match(left, words);
  assertSound(plan);
  const older = {
    'github.copilot.chat.customOAIModels': {
      glm: { name: 'GLM', url: 'https://api.z.ai/api/paas/v4', requiresAPIKey: true },
    },
  };
  const settings = await read('settings.json', JSON.stringify(older));
  assert.deepEqual(settings.plan.tiers, { mid: ['zai/glm'] });
  assert.match(settings.plan.left.join(), /glm: its key is in a storage/);
});

test('an address that is the name of a variable is that of its value; a variable inside an address is never replaced', async () => {
  const ask = (apiBase: string, env: Variables = {}, files: Variables = {}): ImportPlan =>
    readContinue({ models: [{ name: 'S', provider: 'openai', model: 'm', apiBase }] }, env, files);
  for (const apiBase of ['${{ secrets.LAB_URL }}', '${LAB_URL}', '$LAB_URL', 'os.environ/LAB_URL'])
    for (const plan of [
      ask(apiBase, { LAB_URL: 'https://lab.example/v1' }),
      ask(apiBase, {}, { LAB_URL: 'https://lab.example/v1' }),
    ]) {
      assert.deepEqual(plan.tiers.mid, ['lab.example/m'], apiBase);
      assert.match(plan.places.join(), /lab\.example/);
      assertSound(plan);
    }
  // The value of a variable that is no address may be a key: it is neither sent nor shown.
  for (const apiBase of ['${KEY}', 'https://evil.example/${KEY}', 'https://evil.example/${{ secrets.KEY }}/v1']) {
    const plan = ask(apiBase, { KEY: CANARY }, { KEY: CANARY });
    assert.ok(isEmpty(plan), apiBase);
    assert.match(plan.left.join(), /S: the address .* cannot be used/);
    assert.ok(!plan.left.join().includes(CANARY));
  }
  const deployed = readContinue(
    { models: [{ provider: 'azure', model: 'gpt-5', apiBase: '${AZ}', env: { deployment: 'dep' } }] },
    { AZ: 'https://acme.openai.azure.com' },
  );
  assert.deepEqual(deployed.tiers.mid, ['acme.openai.azure.com/dep']);
});

test("models of Continue's blocks in files beside the configuration are read; each block that is not says why", async () => {
  const config = `
models:
  - uses: ./models/fast.yaml
  - name: Own
    provider: groq
    model: own
  - uses: ../shared/deep.yml
  - uses: file://./models/local.yaml
  - uses: ./models/lost.yaml
  - uses: ./models/broken.yaml
  - uses: ./models/rules.yaml
  - uses: ./models/fast.yaml
    override: { apiBase: "https://other.example/v1" }
  - uses: acme/coder
`;
  const block = (name: string): string => `schema: v1\nmodels: [{ name: ${name}, provider: groq, model: ${name} }]\n`;
  const { tool, plan } = await read(
    'config.yaml',
    config,
    {},
    {
      './models/fast.yaml': block('fast'),
      '../shared/deep.yml': block('deep'),
      './models/local.yaml': block('local'),
      './models/broken.yaml': 'models: [',
      './models/rules.yaml': 'rules: [Be brief]',
    },
  );
  assert.equal(tool, 'Continue');
  assert.deepEqual(plan.tiers.mid, ['groq/fast', 'groq/own', 'groq/deep', 'groq/local']);
  const left = plan.left.join('\n');
  assert.match(left, /lost\.yaml, .*broken\.yaml, .*rules\.yaml, .*fast\.yaml: it is in another file/);
  assert.match(left, /acme\/coder: it is a block of Continue's hub/);
  assertSound(plan);
});

test('a tab completion model may be the name of one of the models', async () => {
  const models = [{ title: 'Mine', provider: 'ollama', model: 'qwen2.5-coder:3b' }];
  const text = (tabAutocompleteModel: string): string => JSON.stringify({ models, tabAutocompleteModel });
  const { plan } = await read('config.json', text('Mine'));
  assert.deepEqual(plan.tiers, { mid: ['ollama/qwen2.5-coder:3b'], local: ['ollama/qwen2.5-coder:3b'] });
  assert.match((await read('config.json', text('Other'))).plan.left.join('\n'), /Other: it names no model/);
});

test('an entry for every model of a server brings its address and key', () => {
  const plan = readContinue({
    models: [{ name: 'All', provider: 'cerebras', model: 'AUTODETECT', apiKey: 'csk-0123456789abcdefgh' }],
  });
  assert.deepEqual([...plan.providers.keys()], ['cerebras']);
  assert.deepEqual([...plan.keys.keys()], ['cerebras']);
  assert.match(plan.left.join(), /All: it stands for every model on its server/);
  assertSound(plan);
});

test("a request option is said to be VS Code's only where VS Code has it", () => {
  const requestOptions = { proxy: 'http://p', caBundlePath: '/a', timeout: 5, extraBodyProperties: { think: false } };
  const left = readContinue({ models: [{ name: 'S', provider: 'groq', model: 'm', requestOptions }] }).left.join('\n');
  for (const option of ['proxy', 'caBundlePath'])
    assert.match(left, new RegExp(`option ${option} \\(VS Code's own proxy`));
  for (const option of ['timeout', 'extraBodyProperties'])
    assert.match(left, new RegExp(`option ${option}, which Gearshift does not support`));
});

test('of two members with one name the later one counts', async () => {
  const yaml = await read('config.yaml', 'models: []\nname: a\nmodels: [{ provider: groq, model: b }]\n');
  assert.deepEqual(yaml.plan.tiers.mid, ['groq/b']);
  const json = await read('config.json', '{ "models": [], "models": [{ "provider": "groq", "model": "b" }] }');
  assert.deepEqual(json.plan.tiers.mid, ['groq/b']);
});

test('property: of long lists each model is taken or named, and what is beyond the limit is counted', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 1200 }), async (count) => {
      const names = Array.from({ length: count }, (_, n) => `m${n}x`);
      const model_list = names.map((model_name) => ({ model_name, litellm_params: { model: `openai/${model_name}` } }));
      const { plan } = await read('litellm_config.yaml', JSON.stringify({ model_list }));
      const told = [...plan.took, ...plan.left].join('\n');
      const lost = names.filter((name) => !told.includes(name)).length;
      const counted = Number(/^(\d+) further entries: only the first 1000 are read$/m.exec(told)?.[1] ?? 0);
      assert.equal(lost, counted);
      assert.equal(counted, Math.max(0, count - 1000));
      assert.equal(plan.tiers.mid?.length ?? 0, Math.min(count, 20));
    }),
    { numRuns: 7, examples: [[20], [21], [201], [1000], [1001]] },
  );
});

test("LiteLLM's models that cannot chat are named, by the name behind theirs too; a usual variable has its key", async () => {
  const text = `
model_list:
  - { model_name: vectors, litellm_params: { model: openai/text-embedding-3-large } }
  - { model_name: ears, litellm_params: { model: groq/whisper-large-v3 } }
  - { model_name: my-reranker, litellm_params: { model: cohere/x } }
  - { model_name: embedded-coder, litellm_params: { model: openai/x } }
  - { model_name: smart, litellm_params: { model: openai/gpt-5 } }
`;
  const { plan } = await read('config.yaml', text, { LITELLM_MASTER_KEY: CANARY });
  assert.deepEqual(plan.tiers.mid, ['litellm/embedded-coder', 'litellm/smart']);
  assert.match(plan.left.join('\n'), /vectors, ears, my-reranker: by its name it is not a model for chat/);
  assert.deepEqual([...plan.providers], [['litellm', { apiKeyEnv: 'LITELLM_MASTER_KEY' }]]);
  assert.deepEqual([...(await read('config.yaml', text)).plan.providers], []);
  assertSound(plan);
});

test("Aider's keys and addresses by the usual names of their variables, its aliases, its architect format", async () => {
  const name = '.aider.conf.yml';
  const beside = { '.env': `OPENROUTER_API_KEY=${CANARY}\n` };
  const { plan } = await read(name, 'model: openrouter/x/y\n', {}, beside);
  assert.deepEqual([...plan.keys], [['openrouter', CANARY]]);
  assertSound(plan);
  const inEnvironment = await read(name, 'model: xai/grok-9\n', { XAI_API_KEY: CANARY });
  assert.equal(inEnvironment.plan.providers.get('xai')?.apiKeyEnv, 'XAI_API_KEY');
  for (const prefix of ['ollama', 'ollama_chat']) {
    const text = `model: ${prefix}/qwen3:8b\n`;
    const set = `${text}set-env: [OLLAMA_API_BASE=http://gpu.lan:11434, OLLAMA_NUM_CTX=65536]\n`;
    for (const each of [
      await read(name, set),
      await read(name, text, { OLLAMA_API_BASE: 'http://gpu.lan:11434' }),
      await read(name, text, {}, { '.env': 'OLLAMA_API_BASE=http://gpu.lan:11434' }),
    ]) {
      assert.deepEqual(each.plan.tiers.mid, ['gpu.lan/qwen3:8b']);
      assert.equal(each.plan.providers.get('gpu.lan')?.baseUrl, 'http://gpu.lan:11434');
    }
  }
  const studio = await read(name, 'model: lm_studio/m\nset-env: LM_STUDIO_API_BASE=http://localhost:4321/v1\n');
  assert.equal(studio.plan.providers.get('lmstudio')?.baseUrl, 'http://localhost:4321/v1');
  const short = await read(name, 'model: fast\nalias: ["fast:openrouter/x/y:free", "big: o9"]\n');
  assert.deepEqual(short.plan.tiers, { mid: ['openrouter/x/y:free'] });
  const planned = await read(name, 'model: big\nalias: "big: o9"\nedit-format: architect\neditor-model: gpt-5\n');
  assert.deepEqual(planned.plan.tiers, { frontier: ['openai/o9'], mid: ['openai/gpt-5'] });
  // Neither a key of the file nor one of the environment goes to an address that it is not for.
  const base = await read(name, 'model: openai/m\nopenai-api-base: https://lab.example/v1\n', {
    OPENAI_API_KEY: CANARY,
  });
  assert.deepEqual([...base.plan.providers], [['lab.example', { kind: 'openai', baseUrl: 'https://lab.example/v1' }]]);
  const keyed = await read(
    name,
    `model: fast\nalias: [fast:openai/m]\nopenai-api-base: https://lab.example/v1\nopenai-api-key: ${CANARY}\n`,
  );
  assert.deepEqual([...keyed.plan.keys], [['lab.example', CANARY]]);
  const wrong = await read(name, 'model: [a]\n');
  assert.match(wrong.plan.left.join(), /its model cannot be read/);
});

test('a file of a tool that names no model and no key says that, and is not called a file of none', async () => {
  const files: [name: string, text: string, tool: string, why: RegExp][] = [
    ['.aider.conf.yml', 'dark-mode: true\nread: [CONVENTIONS.md]\n', 'Aider', /names no model and no key/],
    ['.aider.conf.yml', 'edit-format: diff\n', 'Aider', /names no model and no key/],
    ['.aider.conf.yml', 'read:\n', 'Aider', /names no model and no key/],
    ['.aider.conf.yml', '# all of it a comment\n', 'Aider', /names no model and no key/],
    ['config.yaml', 'schema: v1\nname: a\nrules: [Be brief]\n', 'Continue', /rules: not supported/],
    ['config.json', '{ "models": [] }', 'Continue', /names no model and no key/],
    ['config.json', '{ "slashCommands": [{ "name": "edit" }] }', 'Continue', /slashCommands: not supported/],
    ['.env', 'STRIPE_KEY=sk_live_0123456789\n', '.env', /names no model and no key/],
  ];
  for (const [name, text, tool, why] of files) {
    const found = await read(name, text);
    assert.equal(found.tool, tool, text);
    assert.ok(isEmpty(found.plan), text);
    assert.match(found.plan.left.join('\n'), why, text);
  }
  const others = await read('config.json', '{ "models": { "main": { "provider": "ollama", "modelId": "x" } } }');
  assert.equal(others.tool, undefined);
});

test('a file of none of the tools says so', async () => {
  for (const text of ['services: { web: { image: nginx } }', '[1, 2]', 'just words', '']) {
    const { tool, plan } = await read('x.yaml', text);
    assert.equal(tool, undefined);
    assert.ok(isEmpty(plan));
    assert.match(plan.left.join(), /not a configuration of Continue, Cline, Aider, Copilot or LiteLLM/);
  }
});

/** Entries as they are in published files of Continue, in the shares in which they were found there. */
const PUBLISHED_KEYS = [
  undefined,
  undefined,
  ...PLACEHOLDERS,
  '${OPENAI_API_KEY}',
  '${{ secrets.MISTRAL_API_KEY }}',
  CANARY,
];
const publishedModel = fc.record(
  {
    provider: fc.constantFrom(
      ...['ollama', 'ollama', 'ollama', 'openai', 'openai', 'anthropic', 'mistral', 'gemini', 'openrouter', 'lmstudio'],
      ...['nvidia', 'cerebras', 'cohere', 'xAI', 'zAI', 'moonshot', 'sambanova', 'deepinfra', 'fireworks', 'nebius'],
      ...['siliconflow', 'scaleway', 'novita', 'venice', 'together', 'groq', 'vllm', 'llama.cpp', 'azure', 'bedrock'],
      ...['msty', 'huggingface-tei', 'free-trial', ''],
    ),
    model: fc.constantFrom('qwen2.5-coder:7b', 'gpt-5', 'claude-sonnet-5', 'codestral-latest', 'AUTODETECT', ''),
    apiBase: fc.constantFrom(
      ...[
        undefined,
        undefined,
        undefined,
        'http://localhost:11434',
        'http://localhost:11434/v1',
        'http://gpu.lan:8000/v1',
      ],
      ...['https://acme.openai.azure.com', 'https://api.anthropic.com', 'https://ch.at/v1', '${env:BASE}', 'gpu:8000'],
    ),
    apiKey: fc.constantFrom(...PUBLISHED_KEYS),
    roles: fc.constantFrom(
      undefined,
      undefined,
      ['chat'],
      ['autocomplete'],
      ['chat', 'edit', 'apply'],
      ['embed'],
      null,
    ),
  },
  { requiredKeys: [] },
);

test('property: each model of a file is taken or named with the reason, and no placeholder becomes a key', (t) => {
  const count = { models: 0, taken: 0, keys: 0 };
  fc.assert(
    fc.property(fc.array(publishedModel, { minLength: 1, maxLength: 40 }), (models) => {
      const named = models.map((model, n) => ({ ...model, name: `Model-${n}-` }));
      const plan = readContinue({ models: named });
      const took = plan.took.join('\n');
      const left = plan.left.join('\n');
      for (const { name } of named) {
        const isTaken = took.includes(name);
        assert.ok(isTaken || left.includes(name), name);
        count.models++;
        if (isTaken) count.taken++;
      }
      for (const key of plan.keys.values()) assert.equal(key, CANARY);
      count.keys += plan.keys.size;
      assertSound(plan);
    }),
    { numRuns: 1000, seed: 5 },
  );
  assert.ok(count.keys > 0);
  t.diagnostic(`${count.models} models: ${count.taken} taken, ${count.models - count.taken} said why not`);
});

/** A kind of entry that published files have, and what becomes of it: the provider that takes it, or the reason why none does. */
interface PublishedKind {
  readonly what: string;
  readonly entry: Readonly<Record<string, unknown>>;
  readonly becomes: string | RegExp;
}

const AZURE = 'https://acme.openai.azure.com';
const PUBLISHED_KINDS: readonly PublishedKind[] = [
  ...FIXED_PROVIDERS.flatMap(({ name, aka = [] }) =>
    [name, ...aka, name.toUpperCase()].map((provider) => ({
      what: `the provider ${provider}`,
      entry: { provider },
      becomes: name,
    })),
  ),
  ...PLACEHOLDERS.map((apiKey) => ({ what: 'a placeholder', entry: { provider: 'groq', apiKey }, becomes: 'groq' })),
  ...['${GROQ_API_KEY}', '${env:GROQ_API_KEY}', '$GROQ_API_KEY', '${{ env.GROQ_API_KEY }}', '${{ secrets.GROQ }}'].map(
    (apiKey) => ({ what: 'a reference', entry: { provider: 'groq', apiKey }, becomes: 'groq' }),
  ),
  { what: 'empty members', entry: { provider: 'groq', roles: null, apiKey: null, apiBase: null }, becomes: 'groq' },
  {
    what: 'no address path',
    entry: { provider: 'anthropic', apiBase: 'https://api.anthropic.com' },
    becomes: 'anthropic',
  },
  {
    what: 'a full address',
    entry: { provider: 'openai', apiBase: 'https://api.openai.com/v1/chat/completions' },
    becomes: 'openai',
  },
  {
    what: 'Ollama by another name',
    entry: { provider: 'openai', apiBase: 'http://localhost:11434/v1' },
    becomes: 'ollama',
  },
  { what: 'a known host', entry: { provider: 'openai', apiBase: 'https://api.z.ai/api/paas/v4' }, becomes: 'zai' },
  { what: 'another host', entry: { provider: 'openai', apiBase: 'https://ch.at/v1' }, becomes: 'ch.at' },
  {
    what: 'an unknown provider with an address',
    entry: { provider: 'msty', apiBase: 'https://ch.at/v1' },
    becomes: 'msty',
  },
  { what: 'no provider, an address', entry: { apiBase: 'https://ch.at/v1' }, becomes: 'ch.at' },
  {
    what: 'Azure with a deployment',
    entry: { provider: 'azure', apiBase: AZURE, env: { deployment: 'dep', apiVersion: '2024-02-01' } },
    becomes: 'acme.openai.azure.com',
  },
  { what: 'Azure without one', entry: { provider: 'azure', apiBase: AZURE }, becomes: 'acme.openai.azure.com' },
  { what: 'Azure without an address', entry: { provider: 'azure' }, becomes: /has no address/ },
  { what: 'a signed provider', entry: { provider: 'bedrock' }, becomes: /needs a signature/ },
  {
    what: 'an unknown provider',
    entry: { provider: 'homemade' },
    becomes: /is not known here, and it has no address/,
  },
  { what: 'a service of Continue', entry: { provider: 'free-trial' }, becomes: /only Continue can ask/ },
  {
    what: 'a model for embeddings',
    entry: { provider: 'groq', model: 'nomic-embed-text' },
    becomes: /not a model for chat/,
  },
  { what: 'neither provider nor address', entry: {}, becomes: /neither a provider nor an address/ },
  {
    what: 'every model of a server',
    entry: { provider: 'ollama', model: 'AUTODETECT' },
    becomes: /choose one in the settings/,
  },
  { what: 'no model', entry: { provider: 'groq', model: '' }, becomes: /names no model/ },
  { what: 'a model of another form', entry: { provider: 'groq', model: ['a'] }, becomes: /its model cannot be read/ },
  { what: 'roles of another form', entry: { provider: 'groq', roles: 'chat' }, becomes: /its roles cannot be read/ },
  {
    what: 'a role without a counterpart',
    entry: { provider: 'groq', roles: ['embed'] },
    becomes: /no tier for its roles \(embed\)/,
  },
  { what: 'a block of the hub', entry: { uses: 'anthropic/claude-4-sonnet' }, becomes: /block of Continue's hub/ },
  { what: 'a block in a file that is not there', entry: { uses: './a.yaml' }, becomes: /it is in another file/ },
  ...['${env:BASE}', '${{ secrets.BASE }}', 'os.environ/BASE', 'https://${HOST}/v1'].map((apiBase) => ({
    what: 'a reference as address',
    entry: { provider: 'openai', apiBase },
    becomes: /cannot be used: it names a variable/,
  })),
  { what: 'an address without scheme', entry: { provider: 'openai', apiBase: 'gpu:8000' }, becomes: /cannot be used/ },
];

/** An entry as a file of Continue has it: its own members, in YAML with the others merged in, in JSON with comments. */
const WRITTEN: Readonly<Record<string, (entry: Readonly<Record<string, unknown>>) => string>> = {
  'config.yaml': (entry) => `models:\n  - ${JSON.stringify(entry)}\n`,
  'merged/config.yaml': ({ name, ...others }) =>
    `defaults: &defaults ${JSON.stringify(others)}\nmodels:\n  - <<: *defaults\n    name: ${JSON.stringify(name)}\n`,
  'config.json': (entry) => `{ // mine\n  "models": [\n    ${JSON.stringify(entry)}, /* the first */\n  ],\n}\n`,
};

test('property: each kind of entry that published files have is taken, or left with the reason for it', async () => {
  for (const { what, entry, becomes } of PUBLISHED_KINDS)
    for (const [file, write] of Object.entries(WRITTEN))
      await fc.assert(
        fc.asyncProperty(fc.stringMatching(/^[a-z][a-z0-9.]{1,12}(:[0-9]b)?$/), async (model) => {
          const { tool, plan } = await read(path.basename(file), write({ name: 'Mine', model, ...entry }));
          const told = `${what} in ${file}: ${JSON.stringify([plan.took, plan.left])}`;
          assert.equal(tool, 'Continue', told);
          const refs = Object.values(plan.tiers).flat();
          if (typeof becomes === 'string') {
            assert.deepEqual(refs, [`${becomes}/${what === 'Azure with a deployment' ? 'dep' : model}`], told);
            assert.match(plan.took.join('\n'), /^Mine /m, told);
          } else {
            assert.deepEqual(refs, [], told);
            assert.match(plan.left.join('\n'), becomes, told);
          }
          assert.deepEqual([...plan.keys], [], told);
          assertSound(plan);
        }),
        { numRuns: 2 },
      );
});

test('property: whatever files hold, the plan from it is one that the settings accept', async () => {
  const members = fc.constantFrom(
    ...['models', 'model_list', 'general_settings', 'model', 'api-key', 'actModeApiProvider', 'actModeApiModelId'],
    ...['vendor', 'apiKey', 'litellm_params', 'model_name', '__proto__', 'architect', 'editor-model', '<<'],
    'github.copilot.chat.customOAIModels',
  );
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom('ollama', 'cline', 'https://a.example/v1', '${X}', 'a/b', '', CANARY),
      fc.string(),
      fc.anything({ maxDepth: 1 }),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(members, tie('any'), { maxKeys: 5 }),
    ),
  })).any;
  await fc.assert(
    fc.asyncProperty(
      value,
      value,
      fc.constantFrom('config.json', 'globalState.json'),
      async (config, secrets, name) => {
        const text = JSON.stringify(config) ?? '';
        const { plan } = await read(name, text, {}, { 'secrets.json': JSON.stringify(secrets) ?? '' });
        assertSound(plan);
      },
    ),
    { numRuns: 2000 },
  );
});

test('H8: a header that is a key, by its name or by its value, goes to the secret storage, whatever tool it comes from', async () => {
  const named = fc.constantFrom(
    ...['x-goog-api-key', 'Ocp-Apim-Subscription-Key', 'X-Auth-Token', 'CF-Access-Client-Secret', 'api-key', 'X-Pass'],
    ...['PRIVATE-TOKEN', 'X-Functions-Code', 'X-HMAC', 'X-Session-Id', 'X-Sig', 'Helicone-Auth'],
  );
  const keyed = fc.stringMatching(/^[a-z]{4}[0-9]{4}[A-Za-z0-9]{20}$/);
  const [plainName, plainValue] = [
    fc.constantFrom('X-Team', 'HTTP-Referer', 'X-Title', 'X-Org'),
    fc.constantFrom('compilers', 'https://a.example', 'Mine', 'eu-west-1'),
  ];
  const secret = fc.oneof(
    fc.tuple(named, keyed),
    fc.tuple(
      plainName,
      keyed.map((key) => `sk-${key}`),
    ),
    fc.tuple(
      plainName,
      keyed.map((key) => `Bearer ${key}`),
    ),
  );
  await fc.assert(
    fc.asyncProperty(secret, fc.tuple(plainName, plainValue), async ([name, value], [other, plain]) => {
      fc.pre(name !== other);
      const headers = { [name]: value, [other]: plain };
      const ofContinue = readContinue({
        models: [
          { name: 'A', provider: 'openai', model: 'm', apiBase: 'https://lab.example/v1', requestOptions: { headers } },
        ],
      });
      const groups = [
        {
          ...{ name: 'Lab', vendor: 'customendpoint', apiType: 'chat-completions' },
          models: [{ id: 'm', url: 'https://lab.example/v1/chat/completions', requestHeaders: headers }],
        },
      ];
      const { plan: ofCopilot } = await read('chatLanguageModels.json', JSON.stringify(groups));
      for (const plan of [ofContinue, ofCopilot]) {
        const [provider] = [...plan.secretHeaders.keys()];
        assert.deepEqual([...plan.secretHeaders.values()], [{ [name]: value }]);
        assert.deepEqual(plan.providers.get(provider ?? '')?.headers, { [other]: plain });
        assertSound(plan);
      }
    }),
  );
});
