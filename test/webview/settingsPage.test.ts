import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { Locator } from 'playwright-core';
import { parsePageMessage } from '../../src/protocol/channel.ts';
import { SettingsFromPage, type ProviderView, type SettingsState, type TestView } from '../../src/protocol/settings.ts';
import { editChain, splitRef, suggestModels } from '../../src/webview/settings/chain.ts';
import { describeChange } from '../../src/webview/settings/changes.ts';
import {
  checkAddress,
  checkKeyVariable,
  checkLanguage,
  checkModel,
  checkProviderName,
} from '../../src/webview/settings/checks.ts';
import { HOSTILE, servePage, THEMES, type HostedPage } from './panelPages.ts';

const IDLE: TestView = { state: 'idle' };

function provider(name: string, baseUrl: string, more: Partial<ProviderView> = {}): ProviderView {
  return {
    name,
    kind: 'openai',
    baseUrl,
    host: new URL(baseUrl).host,
    key: 'not-needed',
    apiKeyEnv: '',
    shipped: true,
    changed: false,
    test: IDLE,
    models: [],
    listing: IDLE,
    ...more,
  };
}

const STATE: SettingsState = {
  tiers: [
    {
      tier: 'local',
      chain: [{ ref: 'ollama/qwen2.5-coder:1.5b-base', price: 'free, on this computer' }],
      state: 'ready',
      ready: true,
      test: { state: 'ok', words: 'Answered in 0.4 s, free.' },
    },
    {
      tier: 'mid',
      chain: [
        { ref: 'openrouter/deepseek/deepseek-chat', price: '$0.27 in · $1.10 out per M tokens' },
        { ref: 'mistral/devstral-small-latest', price: '$0.10 in · $0.30 out per M tokens' },
        { ref: 'lab/Qwen3-Coder-30B-A3B-Instruct-FP8', price: 'price unknown' },
      ],
      state: 'ready',
      ready: true,
      test: IDLE,
    },
    { tier: 'frontier', chain: [], state: 'no model', ready: false, test: IDLE },
  ],
  providers: [
    provider('ollama', 'http://127.0.0.1:11434', { kind: 'ollama' }),
    provider('openrouter', 'https://openrouter.ai/api/v1', {
      key: 'stored',
      models: [
        { id: 'deepseek/deepseek-chat', detail: '128k context' },
        { id: 'x-ai/grok-code-fast-1', detail: '' },
      ],
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
  ollamaNote: 'Ollama at http://127.0.0.1:11434, from the environment variable OLLAMA_HOST.',
  completions: {
    enabled: true,
    languages: [
      { id: 'markdown', on: false },
      { id: '*', on: true },
    ],
  },
  consents: ['https://openrouter.ai', 'http://gpu-07.lab.internal:8000'],
  problems: [{ setting: 'gearshift.tiers.mid', message: '"groq/x" names a provider that is not there.' }],
  ledger: '/home/ada/.config/Code/User/globalStorage/gearshift.gearshift/ledger/ledger.sqlite',
  notice: '',
  lastEdit: null,
};

const server = await servePage('settings');
after(() => server.close());

async function open(state: SettingsState = STATE, width = 1000): Promise<HostedPage> {
  const hosted = await server.open({ width, height: 900 });
  await hosted.send({ kind: 'init', l10n: {} });
  await hosted.send({ kind: 'state', state });
  assert.deepEqual(await hosted.posted(), [{ kind: 'ready' }]);
  return hosted;
}

/** What the page posted, after the host's own check of it. */
async function posted(hosted: HostedPage): Promise<SettingsFromPage[]> {
  const messages = await hosted.posted();
  const parsed = messages.map((message) => parsePageMessage<SettingsFromPage>(SettingsFromPage, message));
  assert.deepEqual(parsed, messages);
  return parsed.filter((message) => message !== undefined);
}

const button = (place: Locator, name: string | RegExp): Locator => place.getByRole('button', { name });
const tier = ({ page }: HostedPage, name: string): Locator => page.locator(`[data-tier="${name}"]`);
const row = ({ page }: HostedPage, name: string): Locator => page.locator(`[data-provider="${name}"]`);
const changeProvider = (name: string, more: Partial<ProviderView>, state = STATE): SettingsState => ({
  ...state,
  providers: state.providers.map((view) => (view.name === name ? { ...view, ...more } : view)),
});

test('nothing is drawn before the translations are there, and the page uses them', async () => {
  const hosted = await server.open();
  await hosted.send({ kind: 'state', state: STATE });
  assert.equal(await hosted.page.locator('main').count(), 0);
  await hosted.send({ kind: 'init', l10n: { Providers: 'Anbieter' } });
  await hosted.page.getByRole('heading', { name: 'Anbieter' }).waitFor();
});

test('every control posts its message', async () => {
  const hosted = await open();
  const { page } = hosted;
  const main = page.getByRole('main');
  const mid = tier(hosted, 'mid');
  const [first, second, third] = STATE.tiers[1]?.chain.map(({ ref }) => ref) ?? [];
  const cases: [Locator, SettingsFromPage][] = [
    [button(main, /Open settings.json/), { kind: 'openJson', setting: 'gearshift.tiers.mid' }],
    [button(mid, /^Test/), { kind: 'testTier', tier: 'mid' }],
    [button(mid, `Move ${second} up`), { kind: 'setTier', tier: 'mid', chain: [second, first, third] as string[] }],
    [button(row(hosted, 'openrouter'), /Test connection/), { kind: 'testProvider', provider: 'openrouter' }],
    [button(row(hosted, 'openrouter'), /Replace key/), { kind: 'setKey', provider: 'openrouter' }],
    [button(row(hosted, 'anthropic'), /Set key/), { kind: 'setKey', provider: 'anthropic' }],
    [page.getByLabel('Suggest code while I type'), { kind: 'setCompletions', enabled: false }],
    [page.getByLabel('markdown', { exact: true }), { kind: 'setLanguage', id: 'markdown', on: true }],
    [page.getByLabel('All other languages'), { kind: 'setLanguage', id: '*', on: false }],
    [button(main, 'Take markdown off the list'), { kind: 'setLanguage', id: 'markdown', on: null }],
    [button(main, /Revoke.*gpu-07/), { kind: 'revokeConsent', origin: 'http://gpu-07.lab.internal:8000' }],
    [button(main, 'Open meter'), { kind: 'openMeter' }],
  ];
  for (const [control, message] of cases) {
    await control.click();
    assert.deepEqual(await posted(hosted), [message]);
  }
  // The page waits for the host's answer to the first edit; the second builds on it.
  await button(mid, `Remove ${third}`).click();
  assert.deepEqual(await posted(hosted), [{ kind: 'setTier', tier: 'mid', chain: [second, first] }]);
  assert.deepEqual(hosted.errors, []);
});

test('what cannot be used says why, and posts nothing', async () => {
  const hosted = await open();
  const idle: [Locator, string][] = [
    [button(tier(hosted, 'frontier'), /^Test/), 'There is no model to test.'],
    [button(row(hosted, 'mistral'), /Test connection/), 'The test is running.'],
    [button(tier(hosted, 'local'), /^Move .* up/), 'It is the first already.'],
  ];
  for (const [control, why] of idle) {
    assert.match((await control.getAttribute('title')) ?? '', new RegExp(why));
    assert.equal(await control.getAttribute('aria-disabled'), 'true');
    await control.click({ force: true });
  }
  assert.deepEqual(await posted(hosted), []);
});

test('what cannot be taken back is asked for once, and Escape keeps it', async () => {
  const hosted = await open();
  const { page } = hosted;
  const cases: [string, RegExp, RegExp, string, SettingsFromPage][] = [
    [
      'openrouter',
      /^Remove key/,
      /the key for openrouter.ai/,
      'Remove key',
      { kind: 'removeKey', provider: 'openrouter' },
    ],
    ['mistral', /^Reset/, /shipped address/, 'Reset', { kind: 'removeProvider', name: 'mistral' }],
    ['lab', /^Remove/, /Used by: mid/, 'Remove', { kind: 'removeProvider', name: 'lab' }],
  ];
  for (const [name, opener, question, yes, message] of cases) {
    const place = row(hosted, name);
    await button(place, opener).click();
    await place.getByText(question).waitFor();
    await page.keyboard.press('Escape');
    assert.match(await page.evaluate(() => document.activeElement?.textContent ?? ''), opener);
    await page.keyboard.press('Enter');
    // The focus is on the harmless answer.
    await page.keyboard.press('Enter');
    assert.deepEqual(await posted(hosted), []);
    await button(place, opener).click();
    await place.getByRole('group').getByRole('button', { name: yes }).click();
    assert.deepEqual(await posted(hosted), [message]);
  }
  assert.equal(await button(row(hosted, 'anthropic'), /Remove|Reset/).count(), 0);
});

test('a model is added by keyboard alone; choosing a provider asks for its models', async () => {
  const hosted = await open();
  const { page } = hosted;
  await button(tier(hosted, 'mid'), /^Add fallback/).focus();
  await page.keyboard.press('Enter');
  assert.deepEqual(await posted(hosted), [{ kind: 'listModels', provider: 'openrouter' }]);
  const form = tier(hosted, 'mid').getByRole('group', { name: 'Add a model to mid' });
  await form.getByText('2 models known').waitFor();
  await page.keyboard.press('ArrowUp');
  assert.deepEqual(await posted(hosted), [{ kind: 'listModels', provider: 'ollama' }]);
  await hosted.send({ kind: 'state', state: changeProvider('ollama', { listing: { state: 'running' } }) });
  await form.getByText('Asking ollama for its models…').waitFor();
  const failed = changeProvider('ollama', { listing: { state: 'failed', words: 'Nothing listens there.' } });
  await hosted.send({ kind: 'state', state: failed });
  await form.getByText('could not be listed: Nothing listens there.').waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Tab');
  await page.keyboard.type('deepseek/deepseek-chat');
  await page.keyboard.press('Enter');
  await form.getByText('openrouter/deepseek/deepseek-chat is in this chain already.').waitFor();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type(' x-ai/grok-code-fast-1 ');
  assert.deepEqual(await form.locator('option[value="x-ai/grok-code-fast-1"]').count(), 1);
  await hosted.posted();
  await page.keyboard.press('Enter');
  const chain = [...(STATE.tiers[1]?.chain.map(({ ref }) => ref) ?? []), 'openrouter/x-ai/grok-code-fast-1'];
  assert.deepEqual(await posted(hosted), [{ kind: 'setTier', tier: 'mid', chain }]);
  await form.waitFor({ state: 'detached' });
  assert.match(await page.evaluate(() => document.activeElement?.textContent ?? ''), /Add fallback/);
});

test('the focus follows a model that is moved, and its neighbour when it is removed', async () => {
  const hosted = await open();
  const { page } = hosted;
  const withChain = (chain: readonly string[]): SettingsState => ({
    ...STATE,
    tiers: STATE.tiers.map((view) =>
      view.tier === 'mid' ? { ...view, chain: chain.map((ref) => ({ ref, price: '' })) } : view,
    ),
  });
  const focused = (): Promise<string> => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');
  const last = 'lab/Qwen3-Coder-30B-A3B-Instruct-FP8';
  await button(tier(hosted, 'mid'), `Move ${last} up`).focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  const moves = await posted(hosted);
  assert.deepEqual(
    moves.map((move) => move.kind === 'setTier' && move.chain.indexOf(last)),
    [1, 0],
  );
  for (const move of moves)
    await hosted.send({ kind: 'state', state: withChain(move.kind === 'setTier' ? move.chain : []) });
  assert.equal(await focused(), `Move ${last} up`);
  await button(tier(hosted, 'mid'), `Remove ${last}`).focus();
  await page.keyboard.press('Enter');
  const [removed] = await posted(hosted);
  await hosted.send({ kind: 'state', state: withChain(removed?.kind === 'setTier' ? removed.chain : []) });
  assert.equal(await focused(), 'Remove openrouter/deepseek/deepseek-chat');
});

test('a provider form stays open with its text until the host has taken it', async () => {
  const hosted = await open();
  const { page } = hosted;
  const place = row(hosted, 'lab');
  await button(place, /^Edit/).click();
  await place.getByLabel('Address').fill('http://example.com/v1');
  await page.keyboard.press('Enter');
  const [sent] = await posted(hosted);
  assert.ok(sent?.kind === 'setProvider');
  const { edit, ...rest } = sent;
  assert.deepEqual(rest, {
    kind: 'setProvider',
    name: 'lab',
    providerKind: 'openai',
    baseUrl: 'http://example.com/v1',
    apiKeyEnv: '',
  });
  const problem = 'The address cannot be used: use https://.';
  await hosted.send({ kind: 'state', state: { ...STATE, lastEdit: { edit: 'of-another-page', problem: '' } } });
  await hosted.send({ kind: 'state', state: { ...STATE, lastEdit: { edit, problem } } });
  await place.getByRole('alert').filter({ hasText: problem }).waitFor();
  assert.equal(await place.getByLabel('Address').inputValue(), 'http://example.com/v1');
  await place.getByLabel('Address').fill('https://example.com/v1');
  await button(place, 'Save').click();
  const [again] = await posted(hosted);
  assert.ok(again?.kind === 'setProvider' && again.edit !== edit);
  await hosted.send({ kind: 'state', state: { ...STATE, lastEdit: { edit: again.edit, problem: '' } } });
  await place.getByLabel('Address').waitFor({ state: 'detached' });
  assert.match(await page.evaluate(() => document.activeElement?.textContent ?? ''), /^Edit/);
});

test('a new provider is added, and a name that is taken is refused at once', async () => {
  const hosted = await open();
  const { page } = hosted;
  await button(page.getByRole('main'), 'Add provider').click();
  const form = page.getByRole('group', { name: 'Add provider' });
  await form.getByLabel('Name').fill('lab');
  await page.keyboard.press('Enter');
  await form.getByText('There is a provider lab already.').waitFor();
  await form.getByText('Type the address').waitFor();
  assert.deepEqual(await posted(hosted), []);
  await form.getByLabel('Name').fill('groq');
  await form.getByLabel('Kind').selectOption('openai');
  await form.getByLabel('Address').fill('https://api.groq.com/openai/v1');
  await form.getByLabel('Key variable').fill('GROQ_API_KEY');
  await page.keyboard.press('Enter');
  const [sent] = await posted(hosted);
  assert.ok(sent?.kind === 'setProvider');
  assert.deepEqual([sent.name, sent.apiKeyEnv], ['groq', 'GROQ_API_KEY']);
});

test('a key that is pasted into the wrong box does not leave the page', async () => {
  const hosted = await open();
  const { page } = hosted;
  await button(row(hosted, 'anthropic'), /^Edit/).click();
  for (const key of ['sk-ant-api03-abc', 'gsk_aB3dEfGh1jKlMn0pQrSt', '0a1b2c3d4e5f60718293a4b5']) {
    await row(hosted, 'anthropic').getByLabel('Key variable').fill(key);
    await page.keyboard.press('Enter');
    await row(hosted, 'anthropic').getByRole('alert').waitFor();
  }
  assert.deepEqual(await posted(hosted), []);
  assert.equal(await page.evaluate(() => 'kept' in window), false);
});

test('what is being typed survives the states that arrive, with focus and cursor', async () => {
  const hosted = await open();
  const { page } = hosted;
  await button(tier(hosted, 'mid'), /^Add fallback/).click();
  await tier(hosted, 'mid').getByLabel('Model', { exact: true }).fill('half a mod');
  await button(row(hosted, 'openrouter'), /^Edit/).click();
  await row(hosted, 'openrouter').getByLabel('Key variable').fill('OPENROU');
  await page.getByLabel('Language id').fill('pyth');
  const address = row(hosted, 'openrouter').getByLabel('Address');
  await address.fill('https://openrouter.example/v1');
  await address.evaluate((input: HTMLInputElement) => input.setSelectionRange(8, 18));
  const busy = changeProvider('openrouter', { test: { state: 'running' }, baseUrl: 'https://elsewhere.example/v1' });
  await hosted.send({ kind: 'state', state: { ...busy, problems: [], notice: 'Something happened.', consents: [] } });
  await hosted.send({ kind: 'state', state: { ...busy, providers: busy.providers.toReversed() } });
  const values = await page
    .locator('input[type=text]')
    .evaluateAll((all) => all.map((one) => (one as HTMLInputElement).value));
  for (const value of ['half a mod', 'OPENROU', 'pyth', 'https://openrouter.example/v1'])
    assert.ok(values.includes(value), value);
  await page.keyboard.type('X');
  assert.equal(await address.inputValue(), 'https://X.example/v1');
});

test('a check box shows what the host has, not what was clicked', async () => {
  const hosted = await open();
  const box = hosted.page.getByLabel('Suggest code while I type');
  await box.click();
  await hosted.send({ kind: 'state', state: { ...STATE, notice: 'The setting could not be written.' } });
  assert.equal(await box.isChecked(), true);
  await hosted.send({ kind: 'state', state: { ...STATE, completions: { ...STATE.completions, enabled: false } } });
  assert.equal(await box.isChecked(), false);
  await hosted.page.getByText('Switched off everywhere').waitFor();
});

test('a language is added as an exception to the rest', async () => {
  const hosted = await open();
  const { page } = hosted;
  for (const [typed, problem] of [
    ['', 'Type the id'],
    ['two words', 'no blanks'],
    ['markdown', 'on the list already'],
  ] as const) {
    await page.getByLabel('Language id').fill(typed);
    await page.keyboard.press('Enter');
    await page.getByText(problem).waitFor();
  }
  await page.getByLabel('Language id').fill('python');
  await page.keyboard.press('Enter');
  assert.deepEqual(await posted(hosted), [{ kind: 'setLanguage', id: 'python', on: false }]);
  assert.equal(await page.getByLabel('Language id').inputValue(), '');
});

test('states stand in words, and changes of them are said aloud', async () => {
  const hosted = await open();
  const { page } = hosted;
  const words: [Locator, string][] = [
    [tier(hosted, 'local'), 'ok: Answered in 0.4 s, free.'],
    [row(hosted, 'mistral'), 'testing…'],
    [row(hosted, 'lab'), 'failed: Nothing listens at gpu-07.lab.internal:8000.'],
    [row(hosted, 'openrouter'), 'key stored for openrouter.ai'],
    [row(hosted, 'mistral'), 'key from the environment variable MISTRAL_API_KEY'],
    [row(hosted, 'anthropic'), 'key missing; ANTHROPIC_API_KEY is not set'],
    [row(hosted, 'ollama'), 'no key needed'],
    [tier(hosted, 'frontier'), 'No model yet.'],
  ];
  for (const [place, text] of words) await place.getByText(text).waitFor();
  await hosted.send({ kind: 'state', state: changeProvider('mistral', { test: { state: 'ok', words: 'Reached.' } }) });
  await page.getByRole('status').filter({ hasText: 'mistral: ok: Reached.' }).waitFor();
});

test('the list of sections leads to them by keyboard', async () => {
  const hosted = await open();
  const { page } = hosted;
  await page.getByRole('navigation').getByRole('link', { name: 'Privacy' }).focus();
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'privacy-title');
  await page.keyboard.press('Tab');
  assert.match(await page.evaluate(() => document.activeElement?.textContent ?? ''), /Revoke/);
});

/** Opens every form and question of the page. */
async function openEverything(hosted: HostedPage): Promise<void> {
  const { page } = hosted;
  await button(tier(hosted, 'mid'), /^Add fallback/).click();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await button(row(hosted, 'anthropic'), /^Edit/).click();
  await row(hosted, 'anthropic').getByLabel('Key variable').fill('not a name');
  await page.keyboard.press('Enter');
  await button(row(hosted, 'lab'), /^Remove/).click();
  await button(page.getByRole('main'), 'Add provider').click();
}

test('axe-core finds nothing in any theme, and nothing is wider than the page', async () => {
  const hosted = await open({ ...STATE, notice: 'The ledger was repaired.' });
  await openEverything(hosted);
  for (const theme of THEMES) {
    await hosted.setTheme(theme);
    assert.deepEqual(await hosted.axe(), [], theme);
  }
  for (const width of [320, 600, 1400]) {
    await hosted.page.setViewportSize({ width, height: 900 });
    assert.equal(await hosted.overflow(), 0, `at ${width} px`);
  }
  assert.deepEqual(hosted.errors, []);
});

test("the host's strings are text, whatever stands in them", async () => {
  const hosted = await open();
  await button(tier(hosted, 'mid'), /^Add fallback/).click();
  for (const text of HOSTILE) {
    const failed: TestView = { state: 'failed', words: text };
    const state: SettingsState = {
      tiers: STATE.tiers.map((view) => ({
        ...view,
        state: text,
        test: failed,
        chain: [{ ref: `p/${text}`, price: text }],
      })),
      providers: [
        provider('lab', 'http://127.0.0.1', {
          name: text,
          baseUrl: text,
          host: text,
          apiKeyEnv: text,
          key: 'environment',
          shipped: false,
          changed: true,
          test: failed,
          models: [{ id: text, detail: text }],
          listing: failed,
        }),
      ],
      ollamaNote: text,
      completions: { enabled: true, languages: [{ id: text, on: true }] },
      consents: [text],
      problems: [{ setting: text, message: text }],
      ledger: text,
      notice: text,
      lastEdit: { edit: text, problem: text },
    };
    await hosted.send({ kind: 'state', state });
    await button(hosted.page.locator('#providers'), /^Remove/).click();
    assert.deepEqual(await hosted.harm(), { ran: false, elements: [] }, text);
    assert.deepEqual(await hosted.violations(), []);
    assert.ok((await hosted.page.getByRole('main').innerText()).includes(text));
  }
});

describe('the edits of a chain', () => {
  const chain = ['a/1', 'b/2', 'c/3'];
  test('move, add and remove by name', () => {
    assert.deepEqual(editChain(chain, { kind: 'move', ref: 'c/3', by: -1 }), ['a/1', 'c/3', 'b/2']);
    assert.deepEqual(editChain(chain, { kind: 'move', ref: 'a/1', by: 1 }), ['b/2', 'a/1', 'c/3']);
    assert.deepEqual(editChain(chain, { kind: 'remove', ref: 'b/2' }), ['a/1', 'c/3']);
    assert.deepEqual(editChain(chain, { kind: 'add', ref: 'd/4' }), [...chain, 'd/4']);
  });
  test('what changes nothing gives the same chain', () => {
    assert.equal(editChain(chain, { kind: 'move', ref: 'a/1', by: -1 }), chain);
    assert.equal(editChain(chain, { kind: 'move', ref: 'c/3', by: 1 }), chain);
    assert.equal(editChain(chain, { kind: 'add', ref: 'a/1' }), chain);
    assert.equal(editChain(chain, { kind: 'remove', ref: 'z/9' }), chain);
  });
});

test('a ref is split at its first slash', () => {
  assert.deepEqual(splitRef('openrouter/deepseek/deepseek-chat'), ['openrouter', 'deepseek/deepseek-chat']);
  assert.deepEqual(splitRef('odd'), ['', 'odd']);
});

test('suggestions match every word typed and stop at their limit', () => {
  const models = Array.from({ length: 5000 }, (_, i) => ({ id: `vendor/Model-${i}` }));
  assert.equal(suggestModels(models, '').length, 200);
  assert.deepEqual(suggestModels(models, 'model 4999'), [{ id: 'vendor/Model-4999' }]);
});

test('what the page lets through, the protocol takes', () => {
  const texts = [
    '',
    'a',
    'ok',
    'a b',
    'a/b',
    'x'.repeat(61),
    'x'.repeat(400),
    '*',
    'c++',
    'OPENAI_KEY',
    '1x',
    'tab\t',
    '<b>',
  ];
  const take = (message: unknown): boolean => parsePageMessage(SettingsFromPage, message) !== undefined;
  for (const text of texts) {
    if (!checkModel(text, 'p', [])) assert.ok(take({ kind: 'setTier', tier: 'mid', chain: [`p/${text}`] }), text);
    if (!checkLanguage(text, [])) assert.ok(take({ kind: 'setLanguage', id: text, on: true }), text);
    const fields = { name: 'p', providerKind: 'openai', baseUrl: 'https://h', apiKeyEnv: '' };
    const base = { kind: 'setProvider', edit: 'e-1', ...fields };
    if (!checkProviderName(text, [])) assert.ok(take({ ...base, name: text }), text);
    if (!checkAddress(text)) assert.ok(take({ ...base, baseUrl: text }), text);
    if (!checkKeyVariable(text)) assert.ok(take({ ...base, apiKeyEnv: text }), text);
  }
  for (const name of ['', 'OPENROUTER_API_KEY', 'HF_TOKEN', 'my_key', 'KEY1'])
    assert.equal(checkKeyVariable(name), '', name);
});

test('only what is new in a state is said', () => {
  assert.deepEqual(describeChange(STATE, structuredClone(STATE)), []);
  const after = { ...STATE, notice: 'Hello.', problems: [...STATE.problems, { setting: 's', message: 'bad' }] };
  assert.deepEqual(describeChange(STATE, after), ['Hello.', 's: bad']);
  const keyed = changeProvider('anthropic', { key: 'stored' });
  assert.deepEqual(describeChange(STATE, keyed), ['anthropic: key stored for api.anthropic.com']);
});
