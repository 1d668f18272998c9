import assert from 'node:assert/strict';
import { test } from 'node:test';
import { examine, fixLabel, type DoctorFacts } from '../../../src/core/setup/doctor.ts';
import type { Finding } from '../../../src/core/setup/findings.ts';
import { parseSettings, type RawSettings } from '../../../src/core/settings/settings.ts';
import { DEFAULTS } from '../../support/manifest.ts';

function settings(raw: Record<string, unknown>) {
  const { providers, ...rest } = raw;
  const merged = { ...(DEFAULTS as RawSettings), ...rest };
  const all = { ...(merged.providers as object), ...(providers as object | undefined) };
  return parseSettings({ ...merged, providers: all } as RawSettings, undefined).settings;
}

const OLLAMA = { id: 'qwen2.5-coder:1.5b-base', capabilities: ['completion', 'insert'] };
const LOCAL = { provider: 'ollama', model: 'qwen2.5-coder:1.5b-base' };
const CLOUD = [{ id: 'deepseek/deepseek-v4-flash' }, { id: 'anthropic/claude-opus-5.5' }];

/** Everything in order, with a budget. */
function facts(over: Partial<DoctorFacts> & { raw?: Record<string, unknown> } = {}): DoctorFacts {
  const { raw = {}, ...rest } = over;
  return {
    settings: settings({ budgets: [{ usd: 5, period: 'month' }], ...raw }),
    problems: [],
    trusted: true,
    inlineSuggest: true,
    workspaceSettings: [],
    answers: new Map([
      ['ollama', { models: [OLLAMA] }],
      ['openrouter', { models: CLOUD }],
    ]),
    hasKey: () => true,
    price: () => 'known',
    crowding: [],
    localModel: { kind: 'none' },
    ledger: [],
    ...rest,
  };
}

test('a configuration in order has no findings', () => {
  assert.deepEqual(examine(facts()), []);
});

const cases: [string, Parameters<typeof facts>[0], Finding['level'], RegExp, string | undefined][] = [
  [
    'a value that was not taken',
    { problems: [{ setting: 'gearshift.tiers.mid', message: 'is not a list' }] },
    'error',
    /gearshift\.tiers\.mid: is not a list/,
    'json',
  ],
  [
    'a workspace that sets ours',
    { workspaceSettings: ['gearshift.providers'] },
    'warning',
    /never takes its settings from a workspace/,
    undefined,
  ],
  [
    'no ghost text in the editor',
    { inlineSuggest: false },
    'error',
    /editor\.inlineSuggest\.enabled is off/,
    'inline-suggest',
  ],
  ['completions off', { raw: { 'completions.enabled': false } }, 'info', /turned off/, 'completions-on'],
  ['an untrusted workspace', { trusted: false }, 'warning', /not trusted/, 'trust'],
  ['a tier without a model', { raw: { 'tiers.mid': [] } }, 'error', /mid has no model/, 'section'],
  ['a missing key', { hasKey: () => false }, 'error', /openrouter needs an API key/, 'set-key'],
  [
    'a refused key',
    { answers: new Map([['openrouter', { failure: { kind: 'auth' } }]]) },
    'error',
    /refused the key/,
    'set-key',
  ],
  [
    'a missing /v1',
    { answers: new Map([['openrouter', { failure: { kind: 'wrong-path', status: 404 } }]]) },
    'error',
    /\/v1 missing/,
    'section',
  ],
  [
    'no Ollama',
    { answers: new Map([['ollama', { failure: { kind: 'refused' } }]]) },
    'error',
    /No Ollama at 127\.0\.0\.1:11434/,
    'look',
  ],
  [
    'a model that is not pulled',
    { answers: new Map([['ollama', { models: [{ id: 'other' }] }]]) },
    'error',
    /qwen2\.5-coder:1\.5b-base is not on the server/,
    'pull',
  ],
  [
    'a model that the endpoint does not list',
    { answers: new Map([['openrouter', { models: CLOUD.slice(0, 1) }]]) },
    'error',
    /does not list the model anthropic\/claude-opus-5\.5 \(frontier\)/,
    'section',
  ],
  [
    'embeddings for completions',
    {
      raw: { 'tiers.local': ['ollama/nomic-embed-text'] },
      answers: new Map([['ollama', { models: [{ id: 'nomic-embed-text:latest', capabilities: ['embedding'] }] }]]),
    },
    'error',
    /embedding model/,
    'section',
  ],
  [
    'a model without infill',
    {
      raw: { 'tiers.local': ['ollama/llama3.2:3b'] },
      answers: new Map([['ollama', { models: [{ id: 'llama3.2:3b', capabilities: ['completion'] }] }]]),
    },
    'warning',
    /cannot fill a gap/,
    'section',
  ],
  [
    'a model of which it is unknown whether it can infill',
    { localModel: { kind: 'cannot-tell', model: LOCAL, why: 'Gearshift cannot tell whether it can infill.' } },
    'warning',
    /cannot tell whether it can infill/,
    'try-infill',
  ],
  [
    'the same on another server than Ollama',
    {
      raw: {
        providers: { vllm: { kind: 'openai', baseUrl: 'http://127.0.0.1:8000/v1' } },
        'tiers.local': ['vllm/complete'],
      },
      localModel: {
        kind: 'cannot-tell',
        model: { provider: 'vllm', model: 'complete' },
        why: 'Gearshift cannot tell whether it can infill.',
      },
    },
    'warning',
    /cannot tell whether it can infill/,
    'try-infill',
  ],
  [
    'a model of another server that cannot infill',
    {
      raw: {
        providers: { vllm: { kind: 'openai', baseUrl: 'http://127.0.0.1:8000/v1' } },
        'tiers.local': ['vllm/talk'],
      },
      localModel: {
        kind: 'cannot-infill',
        model: { provider: 'vllm', model: 'talk' },
        why: 'talk cannot fill a gap in code.',
      },
    },
    'warning',
    /cannot fill a gap/,
    'section',
  ],
  [
    'a cloud model for completions',
    { raw: { 'tiers.local': ['ollama/gpt-oss:120b-cloud'] } },
    'error',
    /runs in the cloud/,
    'section',
  ],
  ["tiers in each other's way", { crowding: ['a, b need 13 GB together'] }, 'warning', /need 13 GB/, 'section'],
  [
    'one provider for a whole chain',
    { raw: { 'tiers.mid': ['openrouter/a', 'openrouter/b'] } },
    'info',
    /All models in the mid tier are hosted by openrouter/,
    'section',
  ],
  ['an unknown price', { price: () => 'unknown' }, 'warning', /No price is known for openrouter/, 'section'],
  ['a doubtful price', { price: () => 'doubtful' }, 'warning', /a thousand times off/, 'section'],
  ['no budget', { raw: { budgets: [] } }, 'info', /No budget is set/, 'section'],
  [
    'a plain connection',
    { raw: { providers: { ollama: { kind: 'ollama', baseUrl: 'http://gpu.lan:11434' } } } },
    'warning',
    /gpu\.lan:11434 isn't encrypted/,
    'section',
  ],
  [
    'a local tier that is elsewhere',
    { raw: { providers: { ollama: { kind: 'ollama', baseUrl: 'https://gpu.lan' } } } },
    'warning',
    /What you type is sent there/,
    'section',
  ],
  ['a ledger in trouble', { ledger: ['It cannot be written.'] }, 'error', /cannot be written/, undefined],
];
for (const [name, over, level, words, fix] of cases) {
  test(`found: ${name}`, () => {
    const found = examine(facts(over)).filter((finding) => words.test(finding.text));
    assert.ok(found.length >= 1, JSON.stringify(examine(facts(over))));
    assert.deepEqual([found[0]?.level, found[0]?.fix?.kind], [level, fix]);
    if (found[0]?.fix) assert.ok(fixLabel(found[0].fix).length > 3);
  });
}

test('a setup that is all local needs no budget, no price and no key', () => {
  const raw = {
    'tiers.mid': ['ollama/qwen2.5-coder:1.5b-base'],
    'tiers.frontier': ['ollama/qwen2.5-coder:1.5b-base'],
    budgets: [],
  };
  assert.deepEqual(examine(facts({ raw, hasKey: () => false, price: () => 'unknown' })), []);
});

test('errors come first', () => {
  const levels = examine(facts({ raw: { budgets: [], 'tiers.mid': [] }, trusted: false })).map(({ level }) => level);
  assert.deepEqual(levels, ['error', 'warning', 'info']);
});

test('a model that a try has proven to infill is no finding, whatever the list of its server says', () => {
  const model = { provider: 'ollama', model: 'mycompany/complete:v2' };
  const raw = { 'tiers.local': ['ollama/mycompany/complete:v2'] };
  const answers: DoctorFacts['answers'] = new Map([
    ['ollama', { models: [{ id: model.model, capabilities: ['completion'] }] }],
    ['openrouter', { models: CLOUD }],
  ]);
  assert.match(
    examine(facts({ raw, answers }))
      .map(({ text }) => text)
      .join(),
    /cannot tell/,
  );
  const format = { mode: 'suffix' } as const;
  const localModel = { kind: 'ready', model, format, contextTokens: undefined } as const;
  assert.deepEqual(examine(facts({ raw, answers, localModel })), []);
});
