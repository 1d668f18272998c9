import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import type { Answer } from '../../../src/core/chat/conversation.ts';
import type { Forecast } from '../../../src/core/chat/contextBudget.ts';
import type { WindowPlan } from '../../../src/core/chat/window.ts';
import { setDisplayCurrency } from '../../../src/core/common/displayCurrency.ts';
import type { RunForecast } from '../../../src/core/chat/recipeRun.ts';
import { runConsent } from '../../../src/editor/chat/runView.ts';
import { answerView, contextMeterView } from '../../../src/editor/chat/viewModel.ts';

const PLAN: WindowPlan = {
  used: { head: 100, summary: 0, turns: 500, context: 400, question: 20, total: 1_020 },
  room: 8_000,
  toCompact: 0,
  tooLarge: false,
};
const FORECAST: Forecast = {
  tier: 'mid',
  model: { provider: 'cloud', model: 'small' },
  plan: PLAN,
  likely: 1_000_000,
  larger: undefined,
  without: [],
};

afterEach(() => setDisplayCurrency({}));

test('the composer says what a question will likely cost: an amount, in plan with its list price, free, or unknown', () => {
  const told = (over: Partial<Forecast>) => {
    const { cost, details } = contextMeterView({ ...FORECAST, ...over });
    return [cost, details.at(-1)];
  };
  assert.deepEqual(told({ likely: 420_000_000 }), ['~$0.42', 'Likely cost: ~$0.42, before prompt-cache savings.']);
  assert.deepEqual(told({ likely: 1 }), ['<$0.01', 'Likely cost: ~$0.000000001, before prompt-cache savings.']);
  assert.deepEqual(told({ likely: 0 }), ['free', 'Likely cost: free, before prompt-cache savings.']);
  assert.deepEqual(told({ likely: 0, monthlyPlan: { shadowNanoUsd: 420_000_000 } }), [
    'in plan',
    'Likely cost: in plan (~$0.42), before prompt-cache savings.',
  ]);
  assert.deepEqual(told({ likely: 0, monthlyPlan: { shadowNanoUsd: null } }), [
    'in plan',
    'Likely cost: in plan, before prompt-cache savings.',
  ]);
  assert.deepEqual(told({ likely: null })[0], '');
  setDisplayCurrency({ code: 'EUR', rate: 0.5 });
  assert.equal(told({ likely: 420_000_000 })[0], '~0.21 EUR');
});

const ROUTED: Answer = {
  role: 'assistant',
  id: 'a',
  at: 0,
  questionId: 'q',
  tier: 'mid',
  escalated: false,
  provider: 'cloud',
  model: 'large',
  state: 'done',
  text: 'Done.',
  reasoning: '',
  failure: null,
  place: null,
  facts: null,
  route: {
    tier: 'mid',
    chain: [],
    rule: 'default',
    reasons: [],
    likeness: { score: 2 },
    offers: [
      { tier: 'local', model: { provider: 'ollama', model: 'l' }, nanoUsd: 0 },
      { tier: 'mid', model: { provider: 'zai', model: 'm' }, nanoUsd: 0, monthlyPlan: { shadowNanoUsd: 20_000_000 } },
      { tier: 'frontier', model: { provider: 'cloud', model: 'f' }, nanoUsd: 310_000_000 },
    ],
  },
};
const PARTS = { busy: null, describeRemembered: () => '', applied: () => undefined, canRestore: () => false };

test('the route line says in plan, with the list price, for a model of a flat plan, and uses the display currency', () => {
  const costs = () => {
    const { route } = answerView(ROUTED, PARTS, undefined);
    return [route?.cost, ...(route?.others.map(({ cost }) => cost) ?? [])];
  };
  assert.deepEqual(costs(), ['in plan (~$0.02)', 'free', 'about $0.31']);
  setDisplayCurrency({ code: 'EUR', rate: 0.5 });
  assert.deepEqual(costs(), ['in plan (~0.01 EUR)', 'free', 'about 0.16 EUR']);
});

test('the composer says what becomes of a question that is too long, before it is sent', () => {
  const view = (over: Partial<Forecast>, plan: Partial<WindowPlan> = {}) =>
    contextMeterView({ ...FORECAST, ...over, plan: { ...PLAN, ...plan } });
  assert.deepEqual([view({}).level, view({}).warning], ['ok', '']);
  const near = view({}, { toCompact: 3 });
  assert.deepEqual([near.level, /summarize the 3 oldest questions/.test(near.warning)], ['near', true]);
  const moves = view({ larger: { provider: 'cloud', model: 'large' } }, { tooLarge: true });
  assert.deepEqual(
    [moves.level, moves.warning],
    ['near', "This doesn't fit in small's 8.0k-token window, so large will answer."],
  );
  const trims = view({ without: ['src/big.ts', 'README.md'] }, { tooLarge: true });
  assert.deepEqual(
    [trims.level, trims.warning],
    ['over', "This doesn't fit in small's 8.0k-token window. It would fit without src/big.ts, README.md."],
  );
  const never = view({}, { tooLarge: true });
  assert.deepEqual(
    [never.level, never.warning],
    ['over', 'This does not fit into the 8.0k tokens that small can take.'],
  );
});

test('an answer says above its text which model took the question over, or what was left out, as soon as that is known', () => {
  const waiting: Answer = {
    role: 'assistant',
    id: 'a',
    at: 0,
    questionId: 'q',
    tier: 'mid',
    escalated: false,
    provider: 'cloud',
    model: 'large',
    state: 'waiting',
    text: '',
    reasoning: '',
    failure: null,
    place: null,
    facts: null,
    leftOut: 2,
    moved: 'The question is too long for small, so large will answer.',
  };
  const { before, footer } = answerView(
    waiting,
    { busy: null, describeRemembered: () => '', applied: () => undefined, canRestore: () => false },
    undefined,
  );
  assert.equal(footer, null);
  assert.deepEqual(before, [
    'The question is too long for small, so large will answer.',
    'The oldest questions (2) are left out, because the window is full.',
  ]);
});

test('notes of today are worded when they are shown, those of older threads are shown as they were stored', () => {
  const answer: Answer = {
    role: 'assistant',
    id: 'a',
    at: 0,
    questionId: 'q',
    tier: 'mid',
    escalated: false,
    provider: 'cloud',
    model: 'small',
    state: 'done',
    text: 'Because.',
    reasoning: '',
    failure: null,
    place: null,
    facts: {
      usage: { input: 1, cacheRead: 0, cacheWrite: 0, output: 1, reasoning: 0 },
      usageEstimated: false,
      nanoUsd: 1,
      costSource: 'provider',
      ttftMs: 1,
      durationMs: 1,
      finish: 'stop',
      notes: [{ note: 'other-model', asked: 'small', returned: 'other' }, 'Ein Satz von früher.'],
    },
  };
  const { footer } = answerView(
    answer,
    { busy: null, describeRemembered: () => '', applied: () => undefined, canRestore: () => false },
    undefined,
  );
  assert.deepEqual(footer?.notes, ['other answered instead of small.', 'Ein Satz von früher.']);
  assert.deepEqual([footer.costDetail, footer.fallback], ['The provider stated this cost.', '']);
});

test('the card of a recipe says in plan for the stages that a flat plan pays, and for their part of the sum', () => {
  const model = { provider: 'zai', model: 'glm' };
  const stage = { name: 'plan', kind: 'ask', tier: 'mid', model } as const;
  const inPlan = { ...stage, likely: 0, atMost: 0, monthlyPlan: { shadowNanoUsd: 20_000_000 } };
  const paid = { ...stage, name: 'review', likely: 30_000_000, atMost: 90_000_000 };
  const free = { ...stage, name: 'work', likely: 0, atMost: 0 };
  const costs = (...stages: RunForecast['stages']) =>
    runConsent({
      ...{ recipe: 'build', stages, unpriced: [], remarks: [], limits: { nanoUsd: 2e9, requests: 30, ms: 60_000 } },
      likely: stages.reduce((sum, { likely }) => sum + (likely ?? 0), 0),
      atMost: stages.reduce((sum, { atMost }) => sum + (atMost ?? 0), 0),
    }).stages.map(({ cost }) => cost);
  assert.deepEqual(costs(inPlan, inPlan), ['in plan (~$0.02)', 'in plan (~$0.02)', 'in plan (~$0.04)']);
  assert.deepEqual(costs(inPlan, paid), [
    'in plan (~$0.02)',
    'likely $0.03, at most $0.09',
    'likely $0.03, at most $0.09 + in plan (~$0.02)',
  ]);
  assert.deepEqual(costs(free), ['free', 'free']);
});
