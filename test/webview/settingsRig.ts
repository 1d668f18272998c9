import assert from 'node:assert/strict';
import { after } from 'node:test';
import type { Locator } from 'playwright-core';
import { parsePageMessage } from '../../src/protocol/channel.ts';
import {
  SettingsFromPage,
  type ChainLink,
  type DryRunView,
  type ModelView,
  type ProviderView,
  type SettingsState,
  type TestView,
} from '../../src/protocol/settings.ts';
import { servePage, type HostedPage } from './panelPages.ts';

/** A state of the settings page for its tests, and the page in a browser. */

const IDLE: TestView = { state: 'idle' };

function provider(name: string, baseUrl: string, more: Partial<ProviderView> = {}): ProviderView {
  return {
    name,
    kind: 'openai',
    baseUrl,
    host: new URL(baseUrl).host,
    key: 'not-needed',
    apiKeyEnv: '',
    headers: [],
    shipped: true,
    changed: false,
    test: IDLE,
    modelCount: 0,
    listing: IDLE,
    ...more,
  };
}

export const link = (ref: string, price = '', more: Partial<ChainLink> = {}): ChainLink => ({
  ref,
  price,
  priceSource: '',
  warning: '',
  ...more,
});

const run = (tier: DryRunView['tier']): DryRunView => ({
  tier,
  rule: 'simple',
  reason: 'its complexity is 1.4 of 5',
  tried: [
    { rule: 'private', matched: false, why: 'private mode is off' },
    { rule: 'simple', matched: true, why: 'its complexity is 1.4 of 5' },
  ],
});

export const STATE: SettingsState = {
  tiers: [
    {
      tier: 'local',
      chain: [link('ollama/qwen2.5-coder:1.5b-base', 'free, on this computer')],
      features: [{ name: 'Ghost text while you type', on: true }],
      state: 'ready',
      ready: true,
      triesInfill: false,
      test: { state: 'ok', words: 'Answered in 0.4 s, free.' },
    },
    {
      tier: 'mid',
      chain: [
        link('openrouter/deepseek/deepseek-chat', '$0.27 in · $1.10 out per M tokens', {
          priceSource: 'list price of 2026-09-23',
        }),
        link('mistral/devstral-small-latest', '$0.10 in · $0.30 out per M tokens', {
          warning: 'Your price is 1,000 times higher or lower than the list price, so the list price is used.',
        }),
        link('lab/Qwen3-Coder-30B-A3B-Instruct-FP8', 'price unknown'),
      ],
      features: [{ name: 'Chat in the sidebar', on: true }],
      state: 'ready',
      ready: true,
      triesInfill: false,
      test: IDLE,
    },
    { tier: 'frontier', chain: [], features: [], state: 'no model', ready: false, triesInfill: false, test: IDLE },
  ],
  providers: [
    provider('ollama', 'http://127.0.0.1:11434', { kind: 'ollama' }),
    provider('openrouter', 'https://openrouter.ai/api/v1', {
      key: 'stored',
      modelCount: 2,
      listing: { state: 'ok', words: 'Reached in 0.2 s.' },
    }),
    provider('mistral', 'https://api.mistral.ai/v1', {
      key: 'environment',
      apiKeyEnv: 'MISTRAL_API_KEY',
      changed: true,
      test: { state: 'running' },
    }),
    provider('lab', 'http://gpu-07.lab.internal:8000/v1', {
      shipped: false,
      changed: true,
      test: { state: 'failed', words: 'Nothing listens at gpu-07.lab.internal:8000.' },
    }),
    provider('anthropic', 'https://api.anthropic.com/v1', { key: 'missing', apiKeyEnv: 'ANTHROPIC_API_KEY' }),
  ],
  ollama: [
    {
      provider: 'ollama',
      host: '127.0.0.1:11434',
      state: 'reached',
      words: 'Ollama 0.32.9',
      note: 'The address is from the environment variable OLLAMA_HOST.',
      holes: '',
      installed: [{ model: 'team-chat:7b', words: '4.4 GB · completion', cloud: false, uses: ['mid'] }],
      elsewhere: [],
      running: [{ model: 'qwen2.5-coder:1.5b-base', words: '1.2 GB on the GPU · unloaded in 4 min' }],
      keepAlive: '',
      crowding: 'qwen2.5-coder:7b (local), qwen3:8b (mid) need 13.0 GB together, but the GPU has 8.0 GB.',
      pulls: [
        { model: 'qwen2.5-coder:3b-base', state: 'running', words: '412 MB of 1.9 GB · 12 MB/s', percent: 21 },
        { model: 'codestral:22b', state: 'failed', words: 'The disk is full.', percent: 4 },
        { model: 'starcoder2:3b', state: 'cancelled', words: 'Stopped at 1.1 GB of 1.7 GB.', percent: 64 },
      ],
      recommended: [
        { model: 'qwen2.5-coder:1.5b-base', words: '986 MB to download', installed: true, best: false },
        { model: 'qwen2.5-coder:3b-base', words: '1.9 GB to download', installed: false, best: false },
        { model: 'qwen2.5-coder:7b-base', words: '4.7 GB to download', installed: false, best: true },
      ],
      recommendedWhy: 'Chosen for a GPU with 8.0 GB.',
      recommendedOn: '2026-11-21',
    },
  ],
  budgets: {
    list: [
      {
        usd: 2,
        period: 'day',
        tier: 'frontier',
        workspace: null,
        warnAt: 0.8,
        stop: 'ask',
        words: '$2.00 a day for frontier',
        spent: '$1.90 spent',
        level: 'near',
      },
    ],
    workspace: { uri: 'file:///home/ada/engine', name: 'engine' },
    confirmAbove: 0.5,
    previewAbove: 0,
    costlierFallback: 'ask',
  },
  completions: {
    enabled: true,
    comments: true,
    strings: false,
    onBattery: true,
    files: [{ glob: 'legacy/**', on: false }],
    languages: [
      { id: 'markdown', on: false },
      { id: '*', on: true },
    ],
  },
  routing: {
    rules: [
      { name: 'private', when: 'private: true', tier: 'local', enabled: true, own: false },
      { name: 'sql', when: 'languages: sql', tier: 'mid', enabled: true, own: true },
    ],
    threshold: 3.5,
    classifier: false,
    chatTier: 'auto',
    tried: { text: 'rename x to y', result: run('local') },
    past: [
      {
        id: 'q2',
        question: 'Why does the pool deadlock under load?',
        time: '11/20/26, 4:12 PM',
        then: 'mid · deepseek-chat, by the rule default',
        now: run('frontier'),
        differs: true,
      },
      {
        id: 'q1',
        question: 'What is a mutex?',
        time: '11/20/26, 4:10 PM',
        then: 'local · qwen3:8b, chosen by you',
        now: run('local'),
        differs: false,
      },
    ],
  },
  privacy: {
    private: false,
    urls: false,
    ignored: ['**/customers/**'],
    consents: ['https://openrouter.ai', 'http://gpu-07.lab.internal:8000'],
    tiers: [
      { tier: 'local', what: 'The code around the cursor.', where: 'this computer' },
      { tier: 'mid', what: 'Your question.', where: 'openrouter.ai' },
      { tier: 'frontier', what: 'Your question.', where: 'nowhere: the tier has no model' },
    ],
  },
  prices: [
    {
      ref: 'openrouter/deepseek/deepseek-chat',
      input: 0.27,
      output: 1.1,
      cacheRead: 0.07,
      cacheWrite: 0.27,
      source: 'list price of 2026-09-23',
      own: false,
      doubtful: '',
      refreshable: true,
    },
    {
      ref: 'mistral/devstral-small-latest',
      input: 0.1,
      output: 0.3,
      cacheRead: 0.1,
      cacheWrite: 0.1,
      source: 'list price of 2026-09-23',
      own: false,
      doubtful: 'Your price of $0.0000001 in, $0.0000003 out is a thousand times off the list price.',
      refreshable: true,
    },
    {
      ref: 'lab/Qwen3-Coder-30B-A3B-Instruct-FP8',
      input: null,
      output: null,
      cacheRead: null,
      cacheWrite: null,
      source: 'unknown',
      own: false,
      doubtful: '',
      refreshable: true,
    },
  ],
  plans: [
    { provider: 'openrouter', usd: null },
    { provider: 'lab', usd: 20 },
  ],
  vsCodeChat: {
    used: true,
    obstacle: '',
    pieces: [
      { id: 'version', name: 'Version of VS Code', level: 'ok', text: 'VS Code 1.139.1 has it.', fix: '' },
      { id: 'builtIn', name: 'Built-in chat extension', level: 'error', text: 'It is off.', fix: 'Set Up' },
      {
        id: 'chat.utilityModel',
        name: 'Model for titles',
        level: 'warning',
        text: 'gearshift/frontier is costly.',
        fix: 'Open settings.json',
      },
      { id: 'harness', name: 'Where agents run', level: 'info', text: 'Unknown.', fix: '' },
    ],
  },
  presets: {
    list: [
      {
        id: 'three-layers',
        title: 'Three layers',
        description: 'Cheap and good.',
        sets: ['local: ollama/qwen2.5-coder:1.5b-base', 'mid: openrouter/deepseek/deepseek-v4-flash'],
        cost: 'about $12.30 a month',
        needs: ['a key for openrouter'],
        active: false,
      },
      {
        id: 'all-local',
        title: 'All local',
        description: 'Nothing leaves.',
        sets: ['mid: ollama/qwen2.5-coder:7b'],
        cost: '$0 a month',
        needs: [],
        active: true,
      },
    ],
    basis: 'The months are an example.',
    undo: 'All local',
  },
  data: {
    location: '/home/ada/.config/Code/User/globalStorage/gearshift.gearshift/ledger/ledger.sqlite',
    size: '1.2 MB',
    cleared: '120 rows were deleted.',
    canRestore: true,
  },
  diagnostics: [
    {
      ref: 'openrouter/deepseek/deepseek-chat',
      tiers: ['mid'],
      host: 'openrouter.ai',
      key: 'key stored',
      last: 'answered',
      ok: true,
      latency: 'first token after 1.2 s',
      circuit: '',
    },
  ],
  doctor: {
    state: 'done',
    findings: [
      { level: 'error', text: 'anthropic needs an API key.', fix: 'Set key' },
      { level: 'info', text: 'No budget is set.', fix: '' },
    ],
  },
  imported: { source: 'Continue config.yaml', took: ['qwen for completions'], left: ['rules: no such part'] },
  problems: [{ setting: 'gearshift.tiers.mid', message: '"groq/x" names a provider that is not there.' }],
  notice: '',
  lastEdit: null,
};

export const MODELS: readonly ModelView[] = [
  { id: 'deepseek/deepseek-chat', detail: '128k context · $0.27 in · $1.10 out per M tokens' },
  { id: 'x-ai/grok-code-fast-1', detail: '' },
];

export const server = await servePage('settings');

after(() => server.close());

export async function open(state: SettingsState = STATE, width = 1000): Promise<HostedPage> {
  const hosted = await server.open({ width, height: 900 });
  await hosted.send({ kind: 'init', l10n: {} });
  await hosted.send({ kind: 'state', state });
  assert.deepEqual(await hosted.posted(), [{ kind: 'ready' }]);
  // The providers that are not in use are folded away.
  await hosted.page.locator('details summary').evaluateAll((all) => all.forEach((one) => (one as HTMLElement).click()));
  return hosted;
}

/** What the page posted, after the host's own check of it. */
export async function posted(hosted: HostedPage): Promise<SettingsFromPage[]> {
  const messages = await hosted.posted();
  const parsed = messages.map((message) => parsePageMessage<SettingsFromPage>(SettingsFromPage, message));
  assert.deepEqual(parsed, messages);
  return parsed.filter((message) => message !== undefined);
}

export const button = (place: Locator, name: string | RegExp): Locator => place.getByRole('button', { name });

export const tier = ({ page }: HostedPage, name: string): Locator => page.locator(`[data-tier="${name}"]`);

export const row = ({ page }: HostedPage, name: string): Locator => page.locator(`[data-provider="${name}"]`);

export const changeProvider = (name: string, more: Partial<ProviderView>, state = STATE): SettingsState => ({
  ...state,
  providers: state.providers.map((view) => (view.name === name ? { ...view, ...more } : view)),
});
