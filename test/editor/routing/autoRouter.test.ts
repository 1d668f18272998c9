import assert from 'node:assert/strict';
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import { test, type TestContext } from 'node:test';
import type { CallEvent, Estimate, ModelCall } from '../../../src/core/gateway/call.ts';
import { Health, tierState } from '../../../src/core/gateway/tierStatus.ts';
import type { LedgerStore, SpendingLimit } from '../../../src/core/ledger/ledger.ts';
import { MODEL_WINDOWS } from '../../../src/core/common/modelWindows.ts';
import { budgetsFor } from '../../../src/core/money/budgets.ts';
import { formatModelRef, type ModelRef } from '../../../src/core/common/types.ts';
import { doubtsOf } from '../../../src/core/routing/classifier.ts';
import { describeReasons } from '../../../src/core/routing/describeReasons.ts';
import { scoreComplexity } from '../../../src/core/routing/scorer.ts';
import { Router } from '../../../src/editor/routing/autoRouter.ts';
import { ChoiceLog } from '../../../src/editor/platform/choiceLog.ts';
import type { AnswerRoute } from '../../../src/core/chat/conversation.ts';
import { RESULT } from '../../support/facts.ts';
import { Memory, openWindow, type WindowOptions } from '../../support/window.ts';

/** *Auto*: where a question goes, by what is known of the tiers, the budgets and the network at that moment. */

const LAB = {
  kind: 'openai',
  baseUrl: 'https://lab.example/v1',
  contextTokens: { mid: 8_000 },
  prices: { mid: { input: 1, output: 2 }, frontier: { input: 5, output: 25 } },
};
const SETTINGS = {
  providers: { lab: LAB },
  'tiers.localAnswers': ['ollama/qwen3:4b'],
  'tiers.mid': ['lab/mid'],
  'tiers.frontier': ['lab/frontier'],
};

interface Given extends WindowOptions {
  /** What was spent, in USD. */
  readonly spent?: number;
  /** What a call would cost, in nano-USD; null: unknown. */
  readonly cost?: (model: ModelRef) => number | null;
  /** The window that the local server tells when it is asked, in tokens. */
  readonly learned?: number;
  /** What the classifier answers. */
  readonly verdict?: string;
}

/** What one test learned of windows is no knowledge of the next. */
function forgetWindows({ config }: ReturnType<typeof openWindow>): void {
  for (const provider of config.settings.providers.values()) MODEL_WINDOWS.forget(provider.baseUrl, 'qwen3:4b');
}

function given(
  t: TestContext,
  { spent = 0, cost = () => 0, verdict = '{"complexity": 5}', learned, ...options }: Given = {},
) {
  const window = openWindow(t, { ...options, settings: { ...SETTINGS, ...options.settings } });
  const { config, keys, prices, trusted } = window;
  t.after(() => forgetWindows(window));
  let now = 1_000_000;
  const health = new Health(
    () => undefined,
    () => now,
  );
  const calls: ModelCall[] = [];
  const asked: string[] = [];
  const choices = new ChoiceLog(new Memory(), window.log);
  let today = Date.UTC(2026, 8, 23);
  const router = new Router({
    ...{ config, prices, trusted, health, choices, now: () => today },
    windows: {
      ask: (provider, model) => {
        asked.push(`${provider.name} ${model}`);
        if (learned !== undefined && provider.kind === 'ollama') MODEL_WINDOWS.learn(provider.baseUrl, model, learned);
        return Promise.resolve();
      },
    },
    gateway: {
      async *stream(call): AsyncIterable<CallEvent> {
        calls.push(call);
        yield { kind: 'text', text: verdict };
        yield { kind: 'end', result: RESULT };
      },
      estimate: ({ chain: [model] }) =>
        Promise.resolve(
          model && ({ model, inputTokens: 10, likely: cost(model), atMost: cost(model) } satisfies Estimate),
        ) as Promise<Estimate>,
    },
    ledger: () =>
      Promise.resolve({
        spending: (limits: readonly SpendingLimit[]) =>
          Promise.resolve(limits.map(() => ({ spent: spent * 1e9, reserved: 0, unknown: 0 }))),
      } as unknown as LedgerStore),
    budgets: (tier) => budgetsFor(config.settings.budgets, tier, null, Date.now()),
    tierState: (tier, model) =>
      tierState(
        tier,
        {
          settings: config.settings,
          health,
          trusted: trusted(),
          hasKey: async (provider, endpoint) => (await keys.get(provider, endpoint)) !== null,
        },
        model,
      ),
  });
  const ask = (text: string, over: Partial<Parameters<Router['route']>[0]> = {}) =>
    router.route(
      {
        question: { role: 'user', id: 'q', at: 0, text, attachments: [] },
        messages: [{ role: 'user', content: text }],
        threadTurns: 0,
        ...over,
      },
      new AbortController().signal,
    );
  return {
    ...window,
    ask,
    router,
    health,
    calls,
    asked,
    choices,
    later: (ms: number) => void (now += ms),
    pass: (ms: number) => void (today += ms),
  };
}

const scoreOf = (text: string) => scoreComplexity({ text, contextTokens: 0, files: 0 });
const UNSURE_TEXTS = [
  'the cache',
  'the queue',
  'the parser',
  'the scheduler',
  'the lock',
  'the import',
  'the config',
].flatMap((thing) =>
  ['improve', 'rework', 'speed up', 'simplify', 'redesign', 'check', 'tidy up', 'migrate', 'debug', 'split'].map(
    (verb) => `${verb} ${thing} that our service uses`,
  ),
);

const EASY = 'rename this variable';
const MIDDLING = { settings: { 'routing.rules': [{ name: 'all', tier: 'mid', when: {} }] } };
const HARD = { settings: { 'routing.rules': [{ name: 'all', tier: 'frontier', when: {} }] } };
const chainOf = (chosen: { chain: readonly ModelRef[] }): string[] => chosen.chain.map(formatModelRef);

test('an easy question goes to the local tier, with the rule that chose', async (t) => {
  const { ask } = given(t);
  const chosen = await ask(EASY);
  assert.deepEqual([chosen.tier, chosen.rule, chainOf(chosen)], ['local', 'simple', ['ollama/qwen3:4b']]);
});

test('the local tier answers with the models that are set for it, and never with those that complete code', async (t) => {
  const { ask, router, change } = given(t, {
    settings: { 'tiers.local': ['ollama/llama3.2:3b'], 'tiers.localAnswers': [] },
  });
  assert.deepEqual(router.chain('local'), []);
  const mid = await ask(EASY);
  assert.deepEqual([mid.tier, mid.rule], ['mid', 'local-unhealthy']);
  assert.equal(describeReasons(mid.reasons), 'local has no model that answers questions, so mid');
  await change('tiers.localAnswers', ['ollama/qwen2.5-coder:1.5b-base', 'ollama/qwen3:4b']);
  assert.deepEqual(router.chain('local').map(formatModelRef), ['ollama/qwen3:4b'], 'a base model cannot answer');
  assert.equal((await ask(EASY)).tier, 'local');
  assert.deepEqual(router.chain('mid').map(formatModelRef), ['lab/mid']);
});

test('where no tier can answer the message names what is missing, but only what the user can set up', async (t) => {
  const { router, keys, provider, change, health } = given(t, {
    settings: { 'tiers.mid': ['openrouter/a/b'], 'tiers.frontier': ['openrouter/a/c'], 'tiers.localAnswers': [] },
  });
  const key = { tier: 'mid', why: 'no-key', provider: 'openrouter' };
  const local = { tier: 'local', why: 'no-chat-model' };
  assert.deepEqual(await router.gaps('mid', true), [key, local]);
  assert.deepEqual(await router.gaps('local', true), [key, local]);
  assert.deepEqual(await router.gaps('mid', false), [key], 'the user chose mid, so local is of no interest');
  assert.deepEqual(await router.gaps('frontier', true), [{ ...key, tier: 'frontier' }, key, local]);
  await change('tiers.mid', ['openrouter/a/b', 'lab/mid']);
  assert.deepEqual(await router.gaps('mid', true), [], 'another model of the tier can answer');
  await change('private', true);
  assert.deepEqual(await router.gaps('local', true), [local], 'in private mode no key would help');
  await change('private', false);
  await keys.store(provider('openrouter'), 'sk-1');
  health.report({ provider: 'openrouter', model: 'a/b' }, { kind: 'overloaded' });
  assert.deepEqual(await router.gaps('mid', true), [], 'a failure is told as what it is');
});

test('a tier that failed a moment ago is skipped, and is tried again after a while', async (t) => {
  const { ask, health, later } = given(t, MIDDLING);
  health.report({ provider: 'lab', model: 'mid' }, { kind: 'overloaded' });
  assert.deepEqual([(await ask(EASY)).tier, (await ask(EASY)).rule], ['local', 'mid-unhealthy']);
  later(61_000);
  assert.equal((await ask(EASY)).tier, 'mid', 'that its last call failed is no reason forever');
});

test('a tier without a key cannot answer', async (t) => {
  const { ask, keys, provider } = given(t, {
    settings: { ...MIDDLING.settings, 'tiers.mid': ['openrouter/a/b'] },
  });
  assert.equal((await ask(EASY)).tier, 'local');
  await keys.store(provider('openrouter'), 'sk-1');
  assert.equal((await ask(EASY)).tier, 'mid');
});

test('a budget that stops moves questions down; one that only warns, or of another tier, does not', async (t) => {
  const budget = { usd: 1, period: 'day', tier: 'frontier' };
  const cases = [
    { budgets: [{ ...budget, stop: 'refuse' }], spent: 2, tier: 'mid' },
    { budgets: [{ ...budget, stop: 'ask' }], spent: 2, tier: 'mid' },
    { budgets: [{ ...budget, stop: 'warn' }], spent: 2, tier: 'frontier' },
    { budgets: [{ ...budget, stop: 'refuse' }], spent: 0.5, tier: 'frontier' },
    { budgets: [{ ...budget, tier: 'mid', stop: 'refuse' }], spent: 2, tier: 'frontier' },
    { budgets: [{ usd: 1, period: 'day', stop: 'refuse' }], spent: 2, tier: 'local' },
  ];
  for (const { budgets, spent, tier } of cases) {
    const { ask } = given(t, { spent, settings: { ...HARD.settings, budgets } });
    assert.equal((await ask(EASY)).tier, tier, JSON.stringify({ budgets, spent }));
  }
});

test('a budget steps down before it is used up, and the reason says what is left and what the call may cost', async (t) => {
  const budgets = [{ usd: 1, period: 'day', tier: 'frontier', stop: 'refuse' }];
  const providers = { lab: { ...LAB, contextTokens: {} } };
  const { ask } = given(t, { spent: 0.7, settings: { ...HARD.settings, budgets, providers } });
  assert.equal((await ask(EASY)).tier, 'frontier', 'a short question fits into $0.30');
  const long = { messages: [{ role: 'user', content: 'word '.repeat(20_000) }] } as const;
  const chosen = await ask(EASY, long);
  assert.deepEqual([chosen.tier, chosen.rule], ['mid', 'frontier-over-budget']);
  assert.match(
    describeReasons(chosen.reasons),
    /^the frontier budget has \$0\.30 left and this may cost \$\d\.\d\d, so mid$/,
  );
});

test('a tier whose price is unknown is over a budget that stops, because no call could be counted', async (t) => {
  const budgets = [{ usd: 1, period: 'day', stop: 'ask' }];
  const { ask } = given(t, { settings: { ...HARD.settings, budgets, 'tiers.frontier': ['lab/unlisted'] } });
  const chosen = await ask(EASY);
  assert.equal(chosen.tier, 'mid');
  assert.equal(describeReasons(chosen.reasons), 'a budget is set and the price of frontier is unknown, so mid');
});

test('the window that a server on this computer runs a model with is asked for before the rules are tried', async (t) => {
  const { ask, asked } = given(t, { learned: 2_048 });
  const long = `${EASY} ${'word '.repeat(4_000)}`;
  const chosen = await ask(EASY, { messages: [{ role: 'user', content: long }] });
  assert.ok(asked.includes('ollama qwen3:4b'));
  assert.equal(chosen.tier, 'mid');
  assert.match(describeReasons(chosen.reasons), /won't fit in the 1536 that local has room for, so mid/);
});

test('private mode keeps every question here', async (t) => {
  const { ask } = given(t, { settings: { private: true } });
  const chosen = await ask('Design a lock-free queue with hazard pointers and prove that it is linearizable.');
  assert.deepEqual([chosen.tier, chosen.rule], ['local', 'private']);
});

function withNetwork(t: TestContext, interfaces: ReturnType<typeof os.networkInterfaces>): void {
  t.mock.method(os, 'networkInterfaces', () => interfaces);
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
}
const address = (internal: boolean) => [{ internal, address: '10.0.0.1' }] as unknown as os.NetworkInterfaceInfo[];
const HARD_QUESTION = 'Design a lock-free queue with hazard pointers and prove that it is linearizable.';

test('without a network questions go to the local tier; a mid tier on this computer needs none', async (t) => {
  withNetwork(t, { lo: address(true) });
  const away = given(t);
  assert.deepEqual((await away.ask(HARD_QUESTION)).rule, 'offline');
  const here = given(t, { settings: { providers: { lab: { ...LAB, baseUrl: 'http://127.0.0.1:1234/v1' } } } });
  assert.notEqual((await here.ask(HARD_QUESTION)).rule, 'offline');
});

test('a name that could not be looked up a moment ago means that there is no network', async (t) => {
  withNetwork(t, { lo: address(true), eth0: address(false) });
  const { ask, health, later } = given(t);
  assert.notEqual((await ask(HARD_QUESTION)).rule, 'offline');
  health.report({ provider: 'lab', model: 'mid' }, { kind: 'dns' });
  assert.equal((await ask(HARD_QUESTION)).rule, 'offline');
  later(61_000);
  assert.notEqual((await ask(HARD_QUESTION)).rule, 'offline');
});

test('a rule may name the model: it is asked first, and no model is in the chain twice', async (t) => {
  const rule = { name: 'all', tier: 'mid', model: 'lab/second', when: {} };
  const { ask } = given(t, { settings: { 'routing.rules': [rule], 'tiers.mid': ['lab/mid', 'lab/second'] } });
  assert.deepEqual(chainOf(await ask(EASY)), ['lab/second', 'lab/mid']);
});

test('the language is that of the attached code, else of the file that the user looks at', async (t) => {
  const { ask, host } = given(t, { files: { 'a.py': 'x = 1\n' } });
  assert.equal((await ask(EASY)).likeness.language, undefined);
  await host.show('a.py');
  assert.equal((await ask(EASY)).likeness.language, 'python');
});

/** Requests of which the scorer is unsure: whether the best model is needed, and whether a small one will do. */
const UNSURE_FRONTIER = UNSURE_TEXTS.find((text) => doubtsOf(scoreOf(text), 3.5).frontier) ?? '';
const UNSURE_SMALL =
  UNSURE_TEXTS.find((text) => {
    const { mid, frontier } = doubtsOf(scoreOf(text), 3.5);
    return mid && !frontier;
  }) ?? '';

test('the classifier is asked only where the scorer is unsure, asking is worth its price, and the user has agreed', async (t) => {
  assert.ok(UNSURE_FRONTIER && UNSURE_SMALL);
  const free = given(t);
  assert.equal((await free.ask(UNSURE_FRONTIER)).tier, 'frontier', 'it found the question hard');
  assert.deepEqual([free.calls[0]?.task, free.calls[0]?.chain.map(formatModelRef)], ['routing', ['ollama/qwen3:4b']]);
  await free.ask(EASY);
  await free.ask(HARD_QUESTION);
  assert.equal(free.calls.length, 1, 'of these the scorer is sure');
  const off = given(t, { settings: { 'routing.classifier': false } });
  await off.ask(UNSURE_FRONTIER);
  assert.equal(off.calls.length, 0);
  const ruled = given(t, MIDDLING);
  await ruled.ask(UNSURE_FRONTIER);
  assert.equal(ruled.calls.length, 0, 'a rule decides, whatever the verdict');
  // Only the mid tier could be asked, to which the user has not agreed.
  const away = { 'tiers.localAnswers': [] };
  const unasked = given(t, { settings: away });
  await unasked.ask(UNSURE_FRONTIER);
  assert.equal(unasked.calls.length, 0, 'nothing is sent without consent, not even to choose');
  const agreed = given(t, { settings: away, consents: ['https://lab.example'] });
  await agreed.ask(UNSURE_FRONTIER);
  assert.equal(agreed.calls.length, 1);
  const cost = ({ model }: ModelRef): number => (model === 'frontier' ? 2_000 : 1_000);
  const costly = given(t, { settings: away, consents: ['https://lab.example'], cost });
  await costly.ask(UNSURE_FRONTIER);
  assert.equal(costly.calls.length, 0, 'it would cost more than it could save');
  const unknown = given(t, { settings: away, consents: ['https://lab.example'], cost: () => null });
  await unknown.ask(UNSURE_FRONTIER);
  assert.equal(unknown.calls.length, 0);
});

test('a verdict decides only between the tiers in doubt, and is shown with its cost', async (t) => {
  const hard = await given(t, { verdict: '{"complexity": 5}' }).ask(UNSURE_SMALL);
  assert.equal(hard.tier, 'mid', 'whether the best model is needed was not in doubt');
  const easy = await given(t, { verdict: '{"complexity": 1}' }).ask(UNSURE_SMALL);
  assert.equal(easy.tier, 'local');
  assert.equal(describeReasons(easy.reasons), 'ollama/qwen3:4b rated it 1 of 5 (free)');
});

test('a question that goes to mid and may need frontier is marked, unless a model was asked', async (t) => {
  const below = UNSURE_TEXTS.find((text) => doubtsOf(scoreOf(text), 3.5).frontier && scoreOf(text).score < 3.5) ?? '';
  assert.ok(below);
  const off = given(t, { settings: { 'routing.classifier': false } });
  const unsure = await off.ask(below);
  assert.deepEqual([unsure.tier, unsure.mayNeedFrontier], ['mid', true]);
  assert.equal((await off.ask(EASY)).mayNeedFrontier, false);
  const judged = await given(t, { verdict: '{"complexity": 3}' }).ask(below);
  assert.deepEqual([judged.tier, judged.mayNeedFrontier], ['mid', false]);
});

test('an answer of the classifier that is not a verdict changes nothing', async (t) => {
  const { ask } = given(t, { verdict: 'I think this is hard' });
  const off = given(t, { settings: { 'routing.classifier': false } });
  for (const text of [UNSURE_FRONTIER, UNSURE_SMALL])
    assert.deepEqual((await ask(text)).reasons, (await off.ask(text)).reasons);
});

test('three equal overrides suggest a narrow rule that ends, and fewer, or questions that are left where they are, suggest none', async (t) => {
  const { ask, router, setting, config, change, choices, pass } = given(t);
  await change('routing.rules', [{ name: 'mine', tier: 'mid', when: { languages: ['go'] } }]);
  const override = async (text: string): Promise<AnswerRoute> => {
    const chosen = { ...(await ask(text)), offers: [] };
    router.overrode(chosen, 'frontier');
    return chosen;
  };
  const first = await override(EASY);
  assert.equal(router.describeRemembered(first, 'frontier'), null, 'one is no habit');
  await override(EASY);
  const third = await override(EASY);
  const words = router.describeRemembered(third, 'frontier') ?? '';
  assert.match(
    words,
    /^When the complexity is from \d\.\d to \d\.\d and at most 2\.0k tokens are sent, then frontier, because you chose frontier 3 times for such questions\. Until 20\d\d-/,
  );
  assert.equal(router.describeRemembered(third, 'mid'), null);
  assert.equal(JSON.stringify(choices.history).includes(EASY), false, 'no text is kept');
  await router.addRule(router.rule(third.likeness, 'frontier'));
  assert.deepEqual(config.problems, []);
  const rules = setting('routing.rules') as { name: string; tier: string }[];
  assert.deepEqual(
    rules.map(({ tier }) => tier),
    ['frontier', 'mid'],
  );
  const learned = await ask(EASY);
  assert.deepEqual([learned.tier, learned.rule], ['frontier', 'my-choice']);
  router.overrode({ ...learned }, 'local');
  assert.deepEqual(choices.history.uses['my-choice'], { chosen: 1, overridden: 1 });
  pass(61 * 86_400_000);
  assert.equal((await ask(EASY)).rule, 'simple', 'the rule has ended');
});

test('a user who mostly leaves such questions where they are is offered no rule', async (t) => {
  const { ask, router } = given(t);
  for (let i = 0; i < 4; i++) await ask(EASY);
  let last: AnswerRoute | undefined;
  for (let i = 0; i < 3; i++) {
    last = { ...(await ask(EASY)), offers: [] };
    router.overrode(last, 'mid');
  }
  assert.ok(last);
  assert.equal(router.describeRemembered(last, 'mid'), null);
});
