import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chatRequest } from '../../../src/core/chat/contextBudget.ts';
import { answerBound, reservationFor, roomIn, shortageOf } from '../../../src/core/gateway/reservation.ts';
import { budgetsFor, type Budget } from '../../../src/core/money/budgets.ts';
import { costOf, mostOf, type Price } from '../../../src/core/money/pricing.ts';
import { findBroken, type Spending, type SpendingLimit } from '../../../src/core/ledger/ledger.ts';
import { mostRequestTokens } from '../../../src/core/common/tokens.ts';
import { NO_USAGE, TIERS, type ChatRequest, type Tier } from '../../../src/core/common/types.ts';
import { route } from '../../../src/core/routing/route.ts';
import { SHIPPED_RULES } from '../../../src/core/routing/rules.ts';
import type { RequestFacts } from '../../../src/core/routing/routingTypes.ts';

/** Budgets step down before the wall: no question is refused that a cheaper tier could have answered. */

const NOW = new Date(2026, 8, 23, 12).getTime();
const perMillion = (usd: number): number => Math.round(usd * 1e9);
const priceOf = (input: number, output: number): Price => ({
  source: 'user',
  date: '',
  steps: [
    {
      above: 0,
      input: perMillion(input),
      output: perMillion(output),
      cacheRead: perMillion(input),
      cacheWrite: perMillion(input),
    },
  ],
});
const FREE: Price = {
  source: 'free',
  date: '',
  steps: [{ above: 0, input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }],
};

const budget: fc.Arbitrary<Budget> = fc.record({
  usd: fc.constantFrom(0.01, 0.05, 0.1, 0.3, 1, 5),
  period: fc.constantFrom('day', 'week', 'month'),
  tier: fc.option(fc.constantFrom(...TIERS), { nil: undefined }),
  warnAt: fc.constant(0.8),
  stop: fc.constantFrom('ask', 'refuse', 'warn'),
});
/** A question of so many characters, as hard as its score, or the end of a call that began before. */
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('ask' as const),
      chars: fc.nat(12_000),
      score: fc.double({ min: 1, max: 5, noNaN: true }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      which: fc.nat(3),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
);
const schedule = fc.record({
  budgets: fc.array(budget, { minLength: 1, maxLength: 3 }),
  mid: fc.constantFrom(priceOf(0.1, 0.4), priceOf(1, 2), priceOf(3, 15), undefined),
  frontier: fc.constantFrom(priceOf(5, 25), priceOf(15, 75), undefined),
  canLocal: fc.boolean(),
  steps: fc.array(step, { minLength: 1, maxLength: 8 }),
});

interface Row {
  readonly tier: Tier;
  readonly reserved: number;
  readonly spent: number | null;
}

/** The ledger's sums, naively. */
const spendingOf = (rows: readonly Row[], { tier }: SpendingLimit): Spending => {
  const counted = rows.filter((row) => tier === null || row.tier === tier);
  return {
    spent: counted.reduce((sum, { spent }) => sum + (spent ?? 0), 0),
    reserved: counted.reduce((sum, { spent, reserved }) => sum + (spent === null ? reserved : 0), 0),
  };
};

const LONG_TEXT = 'x'.repeat(20_000);
const requestOf = (chars: number, tier: Tier): ChatRequest =>
  chatRequest([{ role: 'user', content: LONG_TEXT.slice(0, chars) }], tier);

/** Whether a call would be let through now, as the gateway decides it: reserve, or less, or not at all. */
function reserve(
  rows: readonly Row[],
  budgets: readonly Budget[],
  tier: Tier,
  price: Price | undefined,
  request: ChatRequest,
) {
  const limits = budgetsFor(budgets, tier, null, NOW).filter(({ budget: { stop } }) => stop !== 'warn');
  const most = mostOf(mostRequestTokens(request), request.maxTokens, price);
  if (most === 0 || limits.length === 0) return { maxTokens: request.maxTokens, nanoUsd: most ?? 0 };
  const spending = limits.map(({ limit }) => spendingOf(rows, limit));
  const found = reservationFor(request, price, roomIn(limits, spending));
  const broken =
    found &&
    findBroken(
      { reserved: found.nanoUsd },
      limits.map(({ limit }) => limit),
      spending,
    );
  assert.equal(broken, undefined, 'what was reserved breaks no budget');
  return found;
}

test('over 10,000 schedules no question is refused while a cheaper tier could answer, and no budget is overrun', () => {
  let refused = 0;
  let steppedDown = 0;
  fc.assert(
    fc.property(schedule, ({ budgets, mid, frontier, canLocal, steps }) => {
      const prices: Record<Tier, Price | undefined> = { local: FREE, mid, frontier };
      let rows: Row[] = [];
      for (const each of steps) {
        if (each.kind === 'end') {
          const open = rows.filter(({ spent }) => spent === null)[each.which];
          rows = rows.map((row) => (row === open ? { ...row, spent: Math.floor(row.reserved * each.share) } : row));
          continue;
        }
        const shortages = TIERS.flatMap((tier) => {
          const limits = budgetsFor(budgets, tier, null, NOW).filter(({ budget: { stop } }) => stop !== 'warn');
          const room = roomIn(
            limits,
            limits.map(({ limit }) => spendingOf(rows, limit)),
          );
          const short = shortageOf(requestOf(each.chars, tier), [prices[tier]], room);
          return short ? [[tier, short] as const] : [];
        });
        const facts: RequestFacts = {
          ...{ text: 'x', tokens: 10, files: 0, task: 'chat', threadTurns: 0, offline: false, private: false },
          overBudget: shortages.map(([tier]) => tier),
          shortages: Object.fromEntries(shortages),
          unhealthy: canLocal ? [] : ['local'],
          windowTokens: {},
        };
        const complexity = { score: each.score, level: 3, signals: [] } as const;
        const first = route({ ...facts, overBudget: [] }, { rules: SHIPPED_RULES, threshold: 3.5, complexity });
        const { tier } = route(facts, { rules: SHIPPED_RULES, threshold: 3.5, complexity });
        if (tier !== first.tier) steppedDown++;
        const found = reserve(rows, budgets, tier, prices[tier], requestOf(each.chars, tier));
        if (found) rows.push({ tier, reserved: found.nanoUsd, spent: null });
        else {
          refused++;
          for (const cheaper of TIERS.slice(0, TIERS.indexOf(tier)))
            assert.ok(
              (cheaper === 'local' && !canLocal) ||
                !reserve(rows, budgets, cheaper, prices[cheaper], requestOf(each.chars, cheaper)),
              `${tier} is refused while ${cheaper} could answer`,
            );
        }
      }
      // Whatever the calls under way cost at most, no budget that stops is broken.
      for (const { limit } of TIERS.flatMap((tier) => budgetsFor(budgets, tier, null, NOW)).filter(
        ({ budget: { stop } }) => stop !== 'warn',
      )) {
        const { spent, reserved } = spendingOf(rows, limit);
        assert.ok(spent + reserved <= limit.nanoUsd);
      }
    }),
    { numRuns: 10_000 },
  );
  assert.ok(refused > 100 && steppedDown > 1_000, `refused ${refused}, stepped down ${steppedDown}`);
});

test('a one-line question reserves a likely answer with a bound, not the longest that the tier allows', () => {
  const request = requestOf(60, 'frontier');
  assert.ok(answerBound(request) < request.maxTokens / 3);
  const found = reservationFor(request, priceOf(5, 25), 0.3e9);
  assert.ok(found && found.nanoUsd < 0.12e9, 'a budget of $0.30 lets it through');
  assert.equal(found?.maxTokens, answerBound(request));
  assert.ok(answerBound(requestOf(12_000, 'frontier')) > answerBound(request), 'much code may come back changed');
});

test('a reservation never costs more than what is left, and the answer that it allows costs no more than it', () => {
  fc.assert(
    fc.property(
      fc.nat(20_000),
      fc.nat(1e9),
      fc.constantFrom(priceOf(5, 25), priceOf(0.1, 0.4)),
      (chars, room, price) => {
        const request = requestOf(chars, 'frontier');
        const found = reservationFor(request, price, room);
        if (!found) return;
        assert.ok(found.nanoUsd <= room && found.maxTokens <= answerBound(request));
        const usage = { ...NO_USAGE, input: mostRequestTokens(request), output: found.maxTokens };
        assert.ok(costOf(usage, price) <= found.nanoUsd);
      },
    ),
    { numRuns: 2_000 },
  );
});
