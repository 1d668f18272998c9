import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  budgetsFor,
  budgetStart,
  budgetState,
  describeBudget,
  budgetFigures,
  describeOverBudget,
  forecastMonth,
  limitOf,
  warningName,
  type Budget,
} from '../../../src/core/money/budgets.ts';

const budget = (over: Partial<Budget> = {}): Budget => ({ usd: 5, period: 'day', warnAt: 0.8, stop: 'ask', ...over });
const at = (text: string): number => new Date(text).getTime();

test('only the budgets of the tier and of the workspace count for a call', () => {
  const all = budget();
  const frontier = budget({ tier: 'frontier' });
  const here = budget({ workspace: 'file:///home/ada/tea' });
  const chosen = (tier: 'mid' | 'frontier', workspace: string | null) =>
    budgetsFor([all, frontier, here], tier, workspace, 0).map((found) => found.budget);
  assert.deepEqual(chosen('mid', null), [all]);
  assert.deepEqual(chosen('frontier', 'file:///home/ada/tea'), [all, frontier, here]);
  assert.deepEqual(chosen('mid', 'file:///home/ada/tea-house'), [all]);
});

test('the level follows what is spent, and reservations warn early', () => {
  const limit = { budget: budget(), limit: limitOf(budget(), 0) };
  const level = (spent: number, reserved: number) => budgetState(limit, { spent, reserved }).level;
  assert.equal(level(3.9e9, 0), 'ok');
  assert.equal(level(4e9, 0), 'near');
  assert.equal(level(3e9, 1e9), 'near');
  assert.equal(level(5e9, 0), 'over');
});

test('the text names the budget, what is spent, reserved and left, and what is needed', () => {
  assert.equal(describeBudget(budget({ tier: 'frontier' })), '$5.00 a day for frontier');
  assert.equal(describeBudget(budget({ workspace: 'file:///home/ada/tea%20house' })), '$5.00 a day in tea house');
  const found = { budget: budget(), limit: limitOf(budget(), 0) };
  assert.equal(
    describeOverBudget(budgetFigures(found, { spent: 4.8e9, reserved: 0.1e9 }, 0.32e9)),
    'Budget $5.00 a day: $4.80 spent, $0.10 reserved for calls in progress, $0.10 left. This may cost up to $0.32.',
  );
});

test('M15 periods begin at the user’s own midnight: month ends, leap day, daylight saving, weeks from Monday', () => {
  const zone = process.env['TZ'];
  process.env['TZ'] = 'Europe/Berlin';
  try {
    const starts = (period: Budget['period'], now: string) => new Date(budgetStart(period, at(now))).toISOString();
    assert.equal(starts('day', '2026-11-21T12:00:00+01:00'), '2026-11-20T23:00:00.000Z');
    assert.equal(starts('day', '2028-02-29T23:59:59+01:00'), '2028-02-28T23:00:00.000Z');
    assert.equal(starts('month', '2028-03-01T00:00:00+01:00'), '2028-02-29T23:00:00.000Z');
    // the day on which the clock goes forward, and the one on which it goes back
    assert.equal(starts('day', '2026-03-29T12:00:00+02:00'), '2026-03-28T23:00:00.000Z');
    assert.equal(starts('day', '2026-10-25T12:00:00+01:00'), '2026-10-24T22:00:00.000Z');
    assert.equal(starts('week', '2026-11-22T12:00:00+01:00'), '2026-11-15T23:00:00.000Z', 'Sunday ends a week');
    assert.equal(starts('week', '2026-11-23T00:00:00+01:00'), '2026-11-22T23:00:00.000Z', 'Monday begins one');
    // the same moment in another zone is another day
    process.env['TZ'] = 'Asia/Tokyo';
    assert.equal(starts('day', '2026-11-21T12:00:00+01:00'), '2026-11-20T15:00:00.000Z');
  } finally {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  }
});

test('a warning has one name per budget and period', () => {
  const name = (over: Partial<Budget>, now: string) => {
    const found = budget(over);
    return warningName({ budget: found, limit: limitOf(found, at(now)) });
  };
  assert.equal(name({}, '2026-11-21T08:00'), name({}, '2026-11-21T22:00'));
  assert.notEqual(name({}, '2026-11-21T08:00'), name({}, '2026-11-22T08:00'));
  assert.notEqual(name({}, '2026-11-21T08:00'), name({ tier: 'mid' }, '2026-11-21T08:00'));
});

test('the forecast goes by the last 7 days, and says nothing when there is nothing to go by', () => {
  assert.equal(forecastMonth(1e9, 1e9, at('2026-11-02T12:00')), undefined);
  assert.equal(forecastMonth(0, 0, at('2026-11-20T12:00')), undefined);
  // 19.5 days passed, 10.5 left at a dollar a day
  const forecast = forecastMonth(10e9, 6.5e9, at('2026-11-20T12:00')) ?? 0;
  assert.ok(Math.abs(forecast - 20.5e9) < 1e6, String(forecast));
  assert.equal(forecastMonth(10e9, 1e9, at('2026-11-30T23:59:59.999')), 10_000_000_002);
});
