import assert from 'node:assert/strict';
import { test } from 'node:test';
import { modelsAnswer, openSettingsPage } from '../../support/settingsPage.ts';
import { limitOf } from '../../../src/core/money/budgets.ts';

/** What the sections of the settings page write into the user's settings, and what they show of them. */

const LAB = { kind: 'openai', baseUrl: 'https://lab.example/v1' };

test('switches, languages and globs write the part of the user only, and null removes a built-in entry', async (t) => {
  const page = await openSettingsPage(t);
  await page.after({ kind: 'setSwitch', setting: 'completions.enabled', on: false }, (s) => !s.completions.enabled);
  assert.equal(page.setting('completions.enabled'), false);
  const shipped = page.config.defaultValue('completions.languages') as Record<string, boolean>;
  await page.after({ kind: 'setLanguage', id: 'cobol', on: false }, (s) =>
    s.completions.languages.some(({ id, on }) => id === 'cobol' && !on),
  );
  assert.deepEqual(page.setting('completions.languages'), { cobol: false });
  const state = await page.after(
    { kind: 'setLanguage', id: 'cobol', on: null },
    (s) => !s.completions.languages.some(({ id }) => id === 'cobol'),
  );
  assert.deepEqual(page.setting('completions.languages'), {});
  assert.deepEqual(
    state.completions.languages.map(({ id }) => id),
    Object.keys(shipped),
  );
  await page.after({ kind: 'setFiles', glob: 'legacy/**', on: false }, (s) => s.completions.files.length > 0);
  assert.deepEqual(page.setting('completions.files'), { 'legacy/**': false });
  await page.after({ kind: 'setFiles', glob: 'legacy/**', on: null }, (s) =>
    s.completions.files.every(({ glob }) => glob !== 'legacy/**'),
  );
  assert.deepEqual(page.setting('completions.files'), {});
});

test('a shipped glob that the user takes off stays off, and the last ignored glob takes the setting away', async (t) => {
  const page = await openSettingsPage(t);
  const [glob] = Object.keys((page.config.defaultValue('completions.files') ?? {}) as object);
  if (glob !== undefined) {
    await page.after({ kind: 'setFiles', glob, on: null }, (s) =>
      s.completions.files.every((each) => each.glob !== glob),
    );
    assert.deepEqual(page.setting('completions.files'), { [glob]: null });
  }
  await page.after({ kind: 'setIgnored', globs: ['*.pem', 'secret/**'] }, (s) => s.privacy.ignored.length === 2);
  assert.deepEqual(page.setting('privacy.ignore'), ['*.pem', 'secret/**']);
  await page.after({ kind: 'setIgnored', globs: [] }, (s) => !s.privacy.ignored.includes('*.pem'));
  assert.equal(page.setting('privacy.ignore'), undefined);
});

test('the privacy section names the places of each tier, and a consent that is revoked is gone', async (t) => {
  const page = await openSettingsPage(t, {
    settings: {
      providers: { lab: LAB },
      'tiers.local': ['ollama/a', 'ollama/b'],
      'tiers.mid': ['lab/big', 'openrouter/x', 'lab/small'],
      'tiers.frontier': [],
    },
    consents: ['https://lab.example mid', 'https://openrouter.ai'],
  });
  assert.deepEqual(
    page.state.privacy.tiers.map(({ where }) => where),
    ['this computer', 'lab.example, openrouter.ai', 'nowhere: the tier has no model'],
  );
  const state = await page.after(
    { kind: 'revokeConsent', origin: 'https://lab.example mid' },
    (s) => s.privacy.consents.length === 1,
  );
  assert.deepEqual(state.privacy.consents, ['https://openrouter.ai']);
  assert.deepEqual(page.memory.values.get('consents'), ['https://openrouter.ai']);
});

test('budgets are written without what they do not say, and show what was spent or that they are for elsewhere', async (t) => {
  const budget = { usd: 2, period: 'day', tier: 'frontier', workspace: null, warnAt: 0.8, stop: 'ask' } as const;
  const page = await openSettingsPage(t, {
    budgetStates: ({ budgets }) =>
      budgets.slice(0, 1).map((each) => ({
        budget: each,
        limit: limitOf(each, Date.now()),
        spending: { spent: 1.9e9, reserved: 0, unknown: 0 },
        level: 'near' as const,
      })),
  });
  const state = await page.after(
    { kind: 'setBudgets', budgets: [budget, { ...budget, usd: 5, tier: null, workspace: 'file:///other' }] },
    (s) => s.budgets.list.length === 2,
  );
  assert.deepEqual(page.setting('budgets'), [
    { usd: 2, period: 'day', warnAt: 0.8, stop: 'ask', tier: 'frontier' },
    { usd: 5, period: 'day', warnAt: 0.8, stop: 'ask', workspace: 'file:///other' },
  ]);
  assert.deepEqual(
    state.budgets.list.map(({ words, spent, level }) => [words, spent, level]),
    [
      ['$2.00 a day for frontier', '$1.90 spent', 'near'],
      [state.budgets.list[1]?.words, 'of another workspace', 'ok'],
    ],
  );
  assert.equal(state.budgets.workspace?.name, 'project');
  await page.after({ kind: 'setBudgets', budgets: [] }, (s) => s.budgets.list.length === 0);
  assert.equal(page.setting('budgets'), undefined);
  await page.after(
    { kind: 'setAmount', setting: 'escalate.previewAbove', usd: 0.25 },
    (s) => s.budgets.previewAbove === 0.25,
  );
  await page.after({ kind: 'setAmount', setting: 'confirmAbove', usd: 0 }, (s) => s.budgets.confirmAbove === 0);
  await page.after({ kind: 'setCostlierFallback', value: 'never' }, (s) => s.budgets.costlierFallback === 'never');
});

test('a price of the user is kept beside what the provider has, and removing it leaves nothing behind', async (t) => {
  const page = await openSettingsPage(t, {
    settings: {
      providers: { lab: LAB, openrouter: { apiKeyEnv: 'MINE' } },
      'tiers.mid': ['lab/big', 'openrouter/a/b'],
    },
  });
  const price = { input: 1.5, output: 2, cacheRead: 0.1, cacheWrite: null };
  const of = (ref: string, s = page.state) => s.prices.find((each) => each.ref === ref);
  assert.match(of('lab/big')?.source ?? '', /unknown: its calls are counted/);
  const state = await page.after({ kind: 'setPrice', ref: 'lab/big', price }, (s) => of('lab/big', s)?.own);
  assert.deepEqual(page.setting('providers'), {
    lab: { ...LAB, prices: { big: { input: 1.5, output: 2, cacheRead: 0.1 } } },
    openrouter: { apiKeyEnv: 'MINE' },
  });
  assert.deepEqual([of('lab/big', state)?.input, of('lab/big', state)?.cacheRead], [1.5, 0.1]);
  await page.after({ kind: 'setPrice', ref: 'openrouter/a/b', price }, (s) => of('openrouter/a/b', s)?.own);
  await page.after({ kind: 'setPrice', ref: 'openrouter/a/b', price: null }, (s) => !of('openrouter/a/b', s)?.own);
  await page.after({ kind: 'setPrice', ref: 'lab/big', price: null }, (s) => !of('lab/big', s)?.own);
  assert.deepEqual(page.setting('providers'), { lab: LAB, openrouter: { apiKeyEnv: 'MINE' } });
  // A shipped provider of which the user only set a price.
  await page.after({ kind: 'setPrice', ref: 'mistral/x', price }, (s) => of('mistral/x', s)?.own);
  await page.after({ kind: 'setPrice', ref: 'mistral/x', price: null }, (s) => !of('mistral/x', s));
  assert.deepEqual(page.setting('providers'), { lab: LAB, openrouter: { apiKeyEnv: 'MINE' } });
  await page.done({ kind: 'setPrice', ref: 'nobody/x', price });
  assert.deepEqual(page.setting('providers'), { lab: LAB, openrouter: { apiKeyEnv: 'MINE' } });
});

test('a price per token instead of per million is not taken, and the page says why', async (t) => {
  const page = await openSettingsPage(t, {
    settings: {
      providers: { openrouter: { prices: { 'anthropic/claude-haiku-4.5': { input: 0.000001, output: 0.000005 } } } },
      'tiers.mid': ['openrouter/anthropic/claude-haiku-4.5'],
    },
  });
  const [price] = page.state.prices;
  assert.equal(price?.own, false);
  assert.match(price.doubtful, /a thousand times off the list price.*must be per million tokens/);
  const mid = page.state.tiers.find(({ tier }) => tier === 'mid');
  assert.match(mid?.chain[0]?.warning ?? '', /1,000 times higher or lower/);
});

test('the models of a provider with a flat plan are in plan, with their list price beside it', async (t) => {
  const page = await openSettingsPage(t, {
    settings: {
      providers: { openrouter: { monthlyPlan: 10 }, lab: { ...LAB, monthlyPlan: 3 } },
      'tiers.mid': ['openrouter/anthropic/claude-haiku-4.5', 'lab/big'],
    },
  });
  const of = (ref: string) => page.state.prices.find((each) => each.ref === ref);
  const listed = of('openrouter/anthropic/claude-haiku-4.5');
  assert.match(listed?.source ?? '', /^in plan; list price as of \d{4}-\d\d-\d\d$/);
  assert.ok((listed?.output ?? 0) > (listed?.input ?? 0) && (listed?.input ?? 0) > 0);
  assert.deepEqual([of('lab/big')?.source, of('lab/big')?.input], ['in plan', null]);
  assert.deepEqual(page.state.plans, [
    { provider: 'openrouter', usd: 10 },
    { provider: 'lab', usd: 3 },
  ]);
  await page.done({ kind: 'setMonthlyPlan', provider: 'openrouter', usd: null });
  await page.done({ kind: 'setMonthlyPlan', provider: 'lab', usd: 20 });
  assert.deepEqual(page.setting('providers'), { lab: { ...LAB, monthlyPlan: 20 } });
});

test('an endpoint without prices of its own is marked as such', async (t) => {
  const page = await openSettingsPage(t, { settings: { providers: { lab: LAB } } });
  await page.done({ kind: 'refreshPrices', provider: 'lab' });
  assert.match(page.host.said.join(), /lab publishes no prices/);
  const stated = await openSettingsPage(t, { refreshPrices: () => Promise.resolve(true) });
  await stated.done({ kind: 'refreshPrices', provider: 'openrouter' });
  assert.equal(stated.host.said.length, 0);
});

test('a preset sets all tiers and can be undone until the user edits something', async (t) => {
  const page = await openSettingsPage(t, { settings: { 'tiers.mid': ['openrouter/mine'] } });
  const before = page.config.settings.tiers.mid;
  const { id, title } = page.state.presets.list.find(({ active }) => !active) ?? { id: '', title: '' };
  const applied = await page.after({ kind: 'applyPreset', preset: id }, (s) => s.presets.undo === title);
  assert.equal(applied.presets.list.find((each) => each.id === id)?.active, true);
  assert.notDeepEqual(page.config.settings.tiers.mid, before);
  await page.after({ kind: 'undoPreset' }, (s) => s.presets.undo === '');
  assert.deepEqual(page.config.settings.tiers.mid, before);
  assert.equal(page.setting('tiers.frontier'), undefined, 'what the user had not set is not set afterwards');
  await page.after({ kind: 'applyPreset', preset: id }, (s) => s.presets.undo === title);
  await page.after({ kind: 'setTier', tier: 'mid', chain: ['openrouter/other'] }, (s) => s.presets.undo === '');
  await page.done({ kind: 'applyPreset', preset: 'no-such-preset' });
  assert.deepEqual(page.setting('tiers.mid'), ['openrouter/other']);
});

test('presets say what is missing to use them: keys and models', async (t) => {
  const page = await openSettingsPage(t);
  const needs = page.state.presets.list.map((each) => each.needs.join());
  assert.ok(needs.some((text) => text.includes('a key for openrouter')));
  assert.ok(needs.every((text) => /the model \S+ on ollama/.test(text)));
  await page.keys.store(page.provider('openrouter'), 'sk-1');
  const state = await page.done({ kind: 'undoPreset' });
  assert.ok(state.presets.list.every((each) => !each.needs.join().includes('a key for openrouter')));
});

test('a server of the user’s own, and the largest installed chat model, are what presets offer', async (t) => {
  const page = await openSettingsPage(t, {
    settings: { providers: { lab: LAB }, 'tiers.mid': ['lab/big'], 'tiers.local': [] },
    answer: (url) =>
      url.endsWith('/api/tags')
        ? Response.json({
            models: [
              { name: 'small:3b', size: 2e9, details: { family: 'llama' }, capabilities: ['completion'] },
              { name: 'large:30b', size: 2e10, details: { family: 'llama' }, capabilities: ['completion'] },
              { name: 'embedder-embed:1b', size: 9e10, details: {}, capabilities: ['completion'] },
            ],
          })
        : url.endsWith('/api/version')
          ? Response.json({ version: '0.32.9' })
          : url.endsWith('/api/ps')
            ? Response.json({ models: [] })
            : modelsAnswer('big'),
  });
  const state = await page.after(
    { kind: 'lookForOllama', provider: 'ollama' },
    (s) => s.ollama[0]?.state === 'reached',
  );
  assert.equal(state.ollama[0]?.words, 'Ollama 0.32.9');
  const sets = state.presets.list.flatMap((each) => each.sets).join('\n');
  assert.match(sets, /lab\/big/);
  assert.match(sets, /ollama\/large:30b/);
  assert.doesNotMatch(sets, /small:3b|embedder/);
});

test('rules are turned off, moved and tried; turning one off and on again leaves it where the user put it', async (t) => {
  const page = await openSettingsPage(t);
  const order = () => page.config.settings.routing.rules.map(({ name }) => name);
  const shipped = order();
  await page.after({ kind: 'setRule', name: 'simple', enabled: false }, (s) =>
    s.routing.rules.some(({ name, enabled }) => name === 'simple' && !enabled),
  );
  assert.deepEqual(page.setting('routing.rules'), [{ name: 'simple', enabled: false }]);
  await page.after({ kind: 'setRule', name: 'simple', enabled: true }, (s) =>
    s.routing.rules.every(({ enabled }) => enabled),
  );
  assert.equal(page.setting('routing.rules'), undefined);
  await page.after({ kind: 'moveRule', name: 'simple', by: -1 }, () => order().join() !== shipped.join());
  const moved = order();
  for (const enabled of [false, true])
    await page.after({ kind: 'setRule', name: 'simple', enabled }, (s) =>
      s.routing.rules.some((rule) => rule.name === 'simple' && rule.enabled === enabled),
    );
  assert.deepEqual(order(), moved);
  const tried = await page.after({ kind: 'tryRoute', text: 'fix\nthe typo' }, (s) => s.routing.tried);
  assert.equal(tried.routing.tried?.text, 'fix the typo');
  assert.ok(tried.routing.tried.result.tried.some(({ matched }) => matched));
  await page.after({ kind: 'tryRoute', text: '  ' }, (s) => !s.routing.tried);
  await page.after({ kind: 'setThreshold', value: 4.5 }, (s) => s.routing.threshold === 4.5);
  await page.after({ kind: 'setChatTier', value: 'frontier' }, (s) => s.routing.chatTier === 'frontier');
  assert.deepEqual(
    page.sent.filter(({ url }) => !url.includes('11434')),
    [],
    'trying a route asks no model',
  );
});

test('a rule that only the user has says so, as a sentence', async (t) => {
  const languages = ['rust', 'ada', 'c', 'go', 'zig'];
  const page = await openSettingsPage(t, {
    settings: { 'routing.rules': [{ name: 'mine', tier: 'frontier', when: { languages, score: { min: 2 } } }] },
  });
  const mine = page.state.routing.rules.find(({ name }) => name === 'mine');
  assert.equal(mine?.own, true);
  assert.equal(mine.when, 'the complexity is at least 2.0 and the language is rust, ada, c or one of 2 more');
  assert.equal(mine.sentence, `When ${mine.when}, then frontier.`);
  assert.equal(mine.removable, true);
  const last = page.state.routing.rules.find(({ name }) => name === 'default');
  assert.deepEqual([last?.when, last?.own], ['always', false]);
});
