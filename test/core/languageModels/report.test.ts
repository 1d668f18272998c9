import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PeriodSums, Sum } from '../../../src/core/insights/figures.ts';
import {
  budgetReport,
  describeConversation,
  describeLeft,
  describeToday,
} from '../../../src/core/languageModels/report.ts';
import { limitOf, budgetState, type Budget } from '../../../src/core/money/budgets.ts';
import { openedRow, settledRow } from '../../support/ledgerRows.ts';

/** What `@gearshift` says of money. */

const SUM: Sum = {
  ...{ calls: 3, inputTokens: 100, cachedTokens: 0, outputTokens: 10, nanoUsd: 42e7, estimatedNanoUsd: 0, unknown: 0 },
};
const TODAY: PeriodSums = { all: SUM, byTier: new Map([['mid', SUM]]), byTask: new Map() };
const budget: Budget = { usd: 2, period: 'day', warnAt: 0.8, stop: 'refuse' };
const state = (spent: number) => budgetState({ budget, limit: limitOf(budget, Date.now()) }, { spent, reserved: 0 });

test('today, what is left and the last conversation, from the ledger', () => {
  assert.equal(describeToday({ today: TODAY }), 'Today: **$0.42**\n\n- mid: $0.42 (3 requests)');
  assert.equal(describeLeft({ budgets: [state(42e7)] }), '- $2.00 a day: **$1.58** left');
  assert.equal(describeLeft({ budgets: [] }), 'No budget is set.');
  const row = (id: string, conversation: string | null, stage: string) => {
    const { attemptId: _, ...settled } = settledRow(id, {
      usage: { input: 50, cacheRead: 50, cacheWrite: 0, output: 1, reasoning: 0 },
    });
    return { ...openedRow(id, { conversation, stage }), settled };
  };
  const rows = [
    row('a/1', null, 'title'),
    row('b/1', 'two', 'Gearshift Build'),
    row('c/1', 'two', 'Gearshift Build'),
    row('d/1', 'two', 'Gearshift Plan'),
    row('e/1', 'one', 'chat'),
  ];
  assert.equal(
    describeConversation(rows),
    'The last conversation:\n\n- Gearshift Build: $2.00 (2 requests, 50% of the input from the cache)\n- Gearshift Plan: $1.00 (1 request, 50% of the input from the cache)',
  );
  assert.equal(describeConversation([row('a/1', null, 'title')]), '');
});

test('an agent is asked to be sparing when little is left', () => {
  const plenty = budgetReport({ today: TODAY, budgets: [state(1e8)] });
  assert.deepEqual([plenty.spentTodayUsd, plenty.leftUsd], [0.42, 1.9]);
  assert.doesNotMatch(plenty.advice, /Little is left/);
  assert.match(budgetReport({ today: TODAY, budgets: [state(1.9e9)] }).advice, /Little is left/);
  assert.equal(budgetReport({ today: TODAY, budgets: [] }).leftUsd, null);
});
