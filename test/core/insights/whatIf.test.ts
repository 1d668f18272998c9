import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GroupTally, NO_GROUP_SUMS } from '../../../src/core/ledger/groups.ts';
import { NO_LATENCIES } from '../../../src/core/ledger/latency.ts';
import {
  actualCost,
  exampleCosts,
  machinePrice,
  scenarioCost,
  withFirstShare,
} from '../../../src/core/insights/whatIf.ts';
import { machineCost } from '../../../src/core/insights/fixedCosts.ts';
import { judgeWorth, type WorthFacts } from '../../../src/core/insights/worthIt.ts';
import { NO_USAGE } from '../../../src/core/common/types.ts';
import { openedRow, settledRow } from '../../support/ledgerRows.ts';

test("the sources' example month: by their way of pricing, and with output prices beside it", () => {
  assert.deepEqual(exampleCosts(false), { mixed: 23.58, allBest: 112.5 });
  assert.deepEqual(exampleCosts(true), { mixed: 46.91, allBest: 225 });
});

const price = (input: number, output: number) =>
  ({
    source: 'user',
    date: '',
    steps: [{ above: 0, input: input * 1e9, output: output * 1e9, cacheRead: input * 1e8, cacheWrite: input * 1e9 }],
  }) as const;

const month = () => {
  const tally = new GroupTally();
  const write = (id: string, task: 'chat' | 'completion', input: number, output: number) => {
    const row = openedRow(`${id}/1`, { task });
    tally.open(row);
    const { attemptId: _, ...settled } = settledRow(row.attemptId, {
      usage: { ...NO_USAGE, input, output },
      cost: { nanoUsd: 5_000_000, source: 'computed' },
    });
    tally.settle(row, settled);
  };
  for (let n = 0; n < 10; n++) write(`q${n}`, 'chat', 100_000, 20_000);
  write('ghost', 'completion', 9_000_000, 9_000);
  return tally.totals();
};

test('a scenario prices the questions of the month by their shares; ghost text is no question', () => {
  const totals = month();
  assert.equal(actualCost(totals), 50_000_000);
  const all = scenarioCost({ id: 'all-frontier', parts: [{ model: 'f', share: 1, price: price(15, 75) }] }, totals);
  assert.equal(all, (1e6 * 15 + 2e5 * 75) * 1e3);
  const split = scenarioCost(
    {
      id: 'primary-budget',
      parts: [
        { model: 'a', share: 0.7, price: price(3, 15) },
        { model: 'b', share: 0.3, price: price(0.27, 1.1) },
      ],
    },
    totals,
  );
  assert.equal(split, Math.round((0.7e6 * 3 + 0.14e6 * 15 + 0.3e6 * 0.27 + 0.06e6 * 1.1) * 1e3));
  const unknown = { model: 'x', price: undefined };
  assert.equal(scenarioCost({ id: 'one-mid', parts: [{ ...unknown, share: 1 }] }, totals), undefined);
  const free = { model: 'l', share: 1, price: { source: 'free', date: '', steps: [] } } as const;
  assert.equal(scenarioCost({ id: 'all-local', parts: [free, { ...unknown, share: 0 }] }, totals), 0);
});

test('shares add up to one when the first is moved, and the others keep their proportion', () => {
  const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 4 });
  fc.assert(
    fc.property(shares, fc.double({ min: 0, max: 1, noNaN: true }), (list, first) => {
      const moved = withFirstShare(list, first);
      assert.ok(Math.abs(moved.reduce((sum, share) => sum + share, 0) - 1) < 1e-9);
      assert.ok(moved.every((share) => share >= 0));
    }),
  );
  assert.deepEqual(
    withFirstShare([0.4, 0.5, 0.1], 0.1).map((share) => share.toFixed(2)),
    ['0.10', '0.75', '0.15'],
  );
});

const WORTH: WorthFacts = {
  days: 7,
  questions: 98,
  completions: 910,
  paid: 500_000_000,
  oneMid: 710_000_000,
  ghostPaid: 0,
  ghostAtMid: 1_516_666_667,
};

test('one model is enough for a few questions a day and little to save', () => {
  const found = judgeWorth(WORTH);
  assert.deepEqual(found, {
    kind: 'one-model',
    perDay: 14,
    moreAMonth: 900_000_000,
    completionsAMonth: 3_900,
    ghostSavesAMonth: 6_500_000_001,
  });
});

test('no advice is given before seven days, without questions, or with an unknown price', () => {
  assert.equal(judgeWorth({ ...WORTH, days: 6 }), undefined);
  assert.equal(judgeWorth({ ...WORTH, questions: 0 }), undefined);
  assert.equal(judgeWorth({ ...WORTH, oneMid: undefined }), undefined);
});

test('routing is worth it at 100 questions a day, or where it saves a fifth and two dollars', () => {
  assert.equal(judgeWorth({ ...WORTH, questions: 99 * 7 })?.kind, 'one-model');
  assert.equal(judgeWorth({ ...WORTH, questions: 100 * 7 })?.kind, 'routing');
  assert.equal(judgeWorth({ ...WORTH, paid: 500_000_000, oneMid: 1_000_000_000 })?.kind, 'routing');
  assert.equal(judgeWorth({ ...WORTH, paid: 9_000_000_000, oneMid: 10_000_000_000 })?.kind, 'one-model');
});

test("the user's own machine costs what its time costs, for the tokens that it generated", () => {
  const at = (hourly: number, totals = month()) => machinePrice(hourly * 1e9, totals);
  assert.equal(at(0)?.source, 'free');
  assert.equal(at(1), undefined, 'it has answered nothing');
  const sums = { ...NO_GROUP_SUMS, first: NO_LATENCIES, end: NO_LATENCIES };
  const about = { tier: 'local', task: 'completion', category: null, model: 'ollama/qwen' } as const;
  // Half an hour for 100,000 tokens, at $0.40 an hour: $2 for a million.
  const worked = [...month(), { ...sums, ...about, durationMs: 1_800_000, outputTokens: 100_000 }];
  const own = at(0.4, worked);
  assert.equal(own?.steps[0]?.output, 2e9);
  const all = scenarioCost({ id: 'all-local', parts: [{ model: 'own', share: 1, price: own }] }, month());
  assert.equal(all, 200_000 * 2_000);
  const paid = { ...sums, ...about, durationMs: 9, outputTokens: 9, nanoUsd: 5 };
  assert.equal(machineCost(0.4e9, [{ ...sums, ...about, task: 'chat', durationMs: 1_800_000 }]), 0.2e9);
  const fixed = { plans: new Map([['zai', 3e9]]), machine: 0.2e9 };
  assert.equal(actualCost(month(), fixed), 50_000_000 + 3.2e9, 'as it was, with the plan and the machine');
  const plan = { source: 'plan', date: '', steps: [] } as const;
  const inPlan = (share: number) =>
    scenarioCost(
      {
        id: 'primary-budget',
        parts: [
          { model: 'zai/glm', share, price: plan },
          { model: 'lab/x', share: 1 - share, price: price(1, 1) },
        ],
      },
      month(),
      fixed,
    );
  assert.deepEqual([inPlan(1), inPlan(0.5), inPlan(0)], [3e9, 3e9 + 600_000_000, 1_200_000_000]);
  assert.equal(at(1, [paid]), undefined, 'a paid model of the local tier is no own machine');
});
