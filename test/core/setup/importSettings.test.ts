import { load } from 'js-yaml';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isEmpty, keyVariablesIn, planContinue, planEnvironment } from '../../../src/core/setup/importSettings.ts';
import { parseSettings, type RawSettings } from '../../../src/core/settings/settings.ts';
import { DEFAULTS } from '../../support/manifest.ts';

const KNOWN = parseSettings(DEFAULTS as RawSettings, undefined).settings.providers;
const CANARY = 'sk-canary-0123456789abcdef';

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
context: [{ provider: code }]
rules: [Be brief]
mcpServers: []
`;

test("Continue's YAML: models by role, addresses by provider, keys apart from settings", () => {
  const plan = planContinue(load(YAML), KNOWN, { ANTHROPIC_API_KEY: 'set' });
  assert.deepEqual(plan.tiers, {
    local: ['ollama/qwen2.5-coder:3b-base'],
    mid: ['anthropic/claude-sonnet-5', 'openai/gpt-5-mini', 'openai-2/qwen3-coder', 'lmstudio/devstral'],
  });
  assert.deepEqual(Object.fromEntries(plan.providers), {
    anthropic: { apiKeyEnv: 'ANTHROPIC_API_KEY' },
    openai: { headers: { 'X-Team': 'compilers' } },
    'openai-2': { kind: 'openai', baseUrl: 'http://gpu.lan:8000/v1' },
    lmstudio: { kind: 'openai', baseUrl: 'http://127.0.0.1:1234/v1' },
  });
  assert.deepEqual([...plan.keys], [['openai', CANARY]]);
  const left = plan.left.join('\n');
  for (const words of [
    /Authorization, which carries a key/,
    /verifySsl/,
    /Finder: its roles are embed/,
    /claude-4-sonnet.*hub/,
    /codestral|Cloud completions.*Ollama/,
    /bedrock is not known/,
    /context: /,
    /rules: /,
    /frontier/,
  ])
    assert.match(left, words);
  assert.doesNotMatch(left, /mcpServers/);
  // Nothing that is shown or written holds the key.
  const { keys: _, ...shown } = plan;
  assert.ok(!JSON.stringify({ ...shown, providers: [...shown.providers] }).includes(CANARY));
  // What it makes of the settings is valid.
  const raw = { ...(DEFAULTS as RawSettings), 'tiers.local': plan.tiers.local, 'tiers.mid': plan.tiers.mid };
  const providers: Record<string, unknown> = { ...(raw.providers as object) };
  for (const [name, fields] of plan.providers) providers[name] = { ...(providers[name] as object), ...fields };
  assert.deepEqual(parseSettings({ ...raw, providers }, undefined).problems, []);
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
  const plan = planContinue(config, KNOWN, {});
  assert.deepEqual(plan.tiers, { mid: ['ollama/llama3.1:8b', 'openrouter/x/y'], local: ['ollama/starcoder2:3b'] });
  assert.deepEqual([...plan.providers], []);
  assert.deepEqual([...plan.keys.keys()], ['openrouter']);
  assert.match(plan.left.join('\n'), /All of them: it names no model[^]*embeddingsProvider[^]*tabAutocompleteOptions/);
});

test('a secret that nobody here can read is left, and said so', () => {
  const config = { models: [{ name: 'S', provider: 'openai', model: 'm', apiKey: '${{ secrets.WORK_KEY }}' }] };
  const plan = planContinue(config, KNOWN, {});
  assert.deepEqual([plan.providers.size, plan.keys.size], [0, 0]);
  assert.match(plan.left.join(), /S: its key is the secret WORK_KEY/);
});

test('addresses that could not be used are left: no scheme, plain http to the world, metadata services', () => {
  for (const apiBase of ['gpu:8000', 'http://example.com/v1', 'http://169.254.169.254/v1', 'https://u:p@h/v1']) {
    const plan = planContinue({ models: [{ provider: 'openai', model: 'm', apiBase }] }, KNOWN, {});
    assert.ok(isEmpty(plan), apiBase);
    assert.match(plan.left.join(), /cannot be used/);
  }
});

test('whatever the file holds, a plan comes of it', () => {
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
  for (const config of odd) assert.ok(isEmpty(planContinue(config, KNOWN, {})), JSON.stringify(config)?.slice(0, 80));
});

test('keys of the environment are taken by name; one that is taken already stays', () => {
  const env = { OPENROUTER_API_KEY: CANARY, OPENAI_API_KEY: CANARY, GEMINI_API_KEY: CANARY, GOOGLE_API_KEY: CANARY };
  assert.deepEqual(keyVariablesIn(env), ['OPENROUTER_API_KEY', 'OPENAI_API_KEY', 'GEMINI_API_KEY', 'GOOGLE_API_KEY']);
  const plan = planEnvironment(env, KNOWN);
  assert.deepEqual(Object.fromEntries(plan.providers), {
    openrouter: { apiKeyEnv: 'OPENROUTER_API_KEY' },
    openai: { apiKeyEnv: 'OPENAI_API_KEY' },
    google: { apiKeyEnv: 'GEMINI_API_KEY' },
  });
  assert.match(plan.left.join(), /GOOGLE_API_KEY: the key for google already comes from GEMINI_API_KEY/);
  assert.ok(!JSON.stringify([plan.took, plan.left, [...plan.providers]]).includes(CANARY));
});

test('a key that belongs to another address never becomes that of OpenAI', () => {
  const plan = planEnvironment({ OPENAI_API_KEY: CANARY, OPENAI_BASE_URL: 'https://llm.corp.example/v1/' }, KNOWN);
  assert.deepEqual(
    [...plan.providers],
    [['openai-compatible', { kind: 'openai', baseUrl: 'https://llm.corp.example/v1', apiKeyEnv: 'OPENAI_API_KEY' }]],
  );
  const bad = planEnvironment({ OPENAI_API_KEY: CANARY, OPENAI_BASE_URL: 'http://evil.example/v1' }, KNOWN);
  assert.ok(isEmpty(bad));
  assert.match(bad.left.join(), /OPENAI_BASE_URL, which cannot be used/);
});
