import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NO_GROUP_SUMS } from '../../../src/core/ledger/groups.ts';
import { latencyOf, NO_LATENCIES } from '../../../src/core/ledger/latency.ts';
import type { LedgerRow } from '../../../src/core/ledger/ledger.ts';
import type { GroupTotal } from '../../../src/core/ledger/groupTypes.ts';
import { NO_USAGE, type Task } from '../../../src/core/common/types.ts';
import { trySlow } from '../../../src/core/insights/fasterModels.ts';
import { smallWork } from '../../../src/core/insights/smallWork.ts';
import { openedRow, settledRow } from '../../support/ledgerRows.ts';
import { advise, DISMISSED_MS, type AdviceFacts, type TimeFacts } from '../../../src/core/insights/advice.ts';
import type { CorrectionRow } from '../../../src/core/insights/quality.ts';
import { medianOf, shareOf, wilson } from '../../../src/core/insights/statistics.ts';

const NOW = Date.UTC(2026, 10, 30);
const NOTHING: AdviceFacts = {
  corrections: [],
  smallWork: [],
  shares: [],
  frontierPace: undefined,
  ghostText: { n: 0, p50: undefined, p95: undefined, model: 'ollama/small' },
  scores: [],
  threshold: 3.5,
  ruled: new Set(),
};

const corrected = (bad: number, judged: number, fields: Partial<CorrectionRow> = {}): CorrectionRow => ({
  tier: 'mid',
  category: 'bug',
  kept: judged - bad,
  edited: bad,
  undone: 0,
  judged,
  rate: shareOf(bad, judged),
  ...fields,
});

const ids = (facts: Partial<AdviceFacts>, dismissed = new Map<string, number>(), now = NOW): string[] =>
  advise({ ...NOTHING, ...facts }, dismissed, now).map(({ id }) => id);

test('rework is advised when the lower end of its interval reaches 30%, and not just under it', () => {
  for (const judged of [20, 41, 100, 1_000]) {
    const first = Array.from({ length: judged + 1 }, (_, bad) => bad).find((bad) => wilson(bad, judged).low >= 0.3);
    assert.ok(first !== undefined);
    assert.deepEqual(ids({ corrections: [corrected(first, judged)] }), ['rework:mid:bug'], `${first} of ${judged}`);
    assert.deepEqual(ids({ corrections: [corrected(first - 1, judged)] }), [], `${first - 1} of ${judged}`);
  }
  assert.deepEqual(ids({ corrections: [corrected(19, 19)] }), [], 'fewer than 20');
  assert.deepEqual(ids({ corrections: [corrected(40, 40, { tier: 'frontier' })] }), [], 'nothing is above frontier');
  assert.deepEqual(ids({ corrections: [corrected(40, 40)], ruled: new Set(['bug']) }), [], 'a rule is there already');
});

test('a category goes one tier down when frontier is 20% over pace and 90% of it is kept', () => {
  const kept = corrected(2, 20, { tier: 'frontier' });
  assert.deepEqual(ids({ corrections: [kept], frontierPace: 1.2 }), ['over-pace:bug']);
  assert.deepEqual(ids({ corrections: [kept], frontierPace: 1.19 }), []);
  assert.deepEqual(ids({ corrections: [corrected(3, 20, { tier: 'frontier' })], frontierPace: 2 }), []);
  assert.deepEqual(ids({ corrections: [corrected(0, 19, { tier: 'frontier' })], frontierPace: 2 }), []);
});

test('expensive calls that do small work are advised from 10 calls and $0.10 on', () => {
  const with_ = (calls: number, nanoUsd: number) =>
    ids({ smallWork: [{ category: 'lookup', model: 'lab/big', calls, nanoUsd }] });
  assert.deepEqual(with_(10, 100_000_000), ['small-work:lookup']);
  assert.deepEqual(with_(9, 400_000_000), []);
  assert.deepEqual(with_(12, 99_999_999), []);
});

test('ghost text that comes later than 400 ms is reported after 50 suggestions', () => {
  const answers = (n: number, p50: number) =>
    ids({ midAnswers: { n, p50, p95: p50, model: 'lab/mid', targetMs: 10_000 } });
  assert.deepEqual(answers(50, 10_001), ['slow:lab/mid']);
  assert.deepEqual(answers(50, 10_000), []);
  assert.deepEqual(answers(49, 60_000), []);
  const slow = (n: number, p50: number) => ids({ ghostText: { n, p50, p95: p50, model: 'ollama/small' } });
  assert.deepEqual(slow(50, 401), ['slow:ollama/small']);
  assert.deepEqual(slow(49, 900), []);
  assert.deepEqual(slow(50, 400), []);
});

test('another threshold is advised where the share of frontier leaves its range and the scores can restore it', () => {
  const scores = Array.from({ length: 100 }, (_, n) => 1 + n / 25);
  const shares = (ofQuestions: number) => ({
    scores,
    shares: [{ tier: 'frontier', questions: 40, nanoUsd: 1, ofQuestions, ofMoney: 1, target: [0.15, 0.2] }] as const,
  });
  const [card] = advise({ ...NOTHING, ...shares(0.4) }, new Map(), NOW);
  assert.deepEqual(card?.action, { kind: 'threshold', threshold: 4.3 });
  assert.deepEqual(ids(shares(0.24)), []);
  assert.deepEqual(ids(shares(0.251)), ['shares:frontier']);
  assert.deepEqual(ids({ ...shares(0.4), scores: scores.slice(0, 49) }), []);
  assert.deepEqual(ids(shares(0.02)), [], 'a higher threshold would lower the share further');
});

test('dismissed advice stays away for 30 days, and there are never more than two cards', () => {
  const corrections = (['bug', 'tests', 'docs'] as const).map((category) => corrected(30, 40, { category }));
  assert.deepEqual(ids({ corrections }), ['rework:mid:bug', 'rework:mid:tests']);
  const dismissed = new Map([['rework:mid:bug', NOW]]);
  assert.deepEqual(ids({ corrections }, dismissed, NOW + DISMISSED_MS - 1), ['rework:mid:tests', 'rework:mid:docs']);
  assert.deepEqual(ids({ corrections }, dismissed, NOW + DISMISSED_MS)[0], 'rework:mid:bug');
});

test('an interval holds its share, and narrows as observations grow', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), fc.nat(5_000), (of, n) => {
      const part = Math.min(of, n);
      const { low, high, share } = wilson(part, of);
      assert.ok(low >= 0 && low <= share + 1e-9 && share <= high + 1e-9 && high <= 1);
      const more = wilson(part * 4, of * 4);
      assert.ok(more.high - more.low <= high - low + 1e-9);
    }),
  );
  // 6 of 41, as a table of Wilson intervals has it.
  const { low, high } = wilson(6, 41);
  assert.deepEqual([low.toFixed(3), high.toFixed(3)], ['0.069', '0.284']);
});

test('the interval of a median lies in the ranks around it, whatever the values are', () => {
  // A table of such intervals has the 6th and the 15th of 20 observations.
  assert.deepEqual(medianOf(Array.from({ length: 20 }, (_, n) => n + 1)), { n: 20, middle: 10.5, low: 6, high: 15 });
  assert.equal(medianOf(Array.from({ length: 19 }, () => 1)), undefined, 'fewer than 20');
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1e6 }), { minLength: 20, maxLength: 300 }), (values) => {
      const found = medianOf(values);
      assert.ok(found && found.low <= found.middle && found.middle <= found.high);
    }),
  );
});

test("with the developer's hourly rate, a move that costs more than it saves is no advice", () => {
  const price = (output: number) =>
    ({
      source: 'user',
      date: '',
      steps: [{ above: 0, input: 0, output: output * 1e9, cacheRead: 0, cacheWrite: 0 }],
    }) as const;
  const sums = { ...NO_GROUP_SUMS, first: NO_LATENCIES, end: NO_LATENCIES, calls: 10, outputTokens: 10_000 };
  // A question is 1,000 tokens: $0.002 on mid, $0.03 on frontier.
  const time = (hourly: number, midMs: number | undefined, frontierMs: number | undefined): TimeFacts => ({
    hourly: hourly * 1e9,
    useful: [
      { tier: 'mid', n: 40, ms: midMs },
      { tier: 'frontier', n: 40, ms: frontierMs },
    ],
    totals: [
      { ...sums, tier: 'mid', task: 'edit', category: 'bug', model: 'lab/mid', nanoUsd: 20_000_000 },
      { ...sums, tier: 'frontier', task: 'chat', category: 'lookup', model: 'lab/big', nanoUsd: 300_000_000 },
    ],
    prices: { local: undefined, mid: price(2), frontier: price(30) },
  });
  const rework = (facts: TimeFacts) =>
    advise({ ...NOTHING, corrections: [corrected(20, 30)], time: facts }, new Map(), NOW);
  // 36 s sooner at $60 an hour are $0.60, for $0.028 more tokens.
  const [up] = rework(time(60, 120_000, 84_000));
  assert.deepEqual(up?.balance, { tokens: 28_000_000, time: -600_000_000 });
  assert.deepEqual(rework(time(60, 84_000, 120_000)), [], 'slower and dearer');
  assert.deepEqual(rework(time(2.8, 120_000, 84_000)), [], 'at $2.80 an hour it costs what it saves');
  assert.equal(rework(time(2.81, 120_000, 84_000)).length, 1);
  const [unknown] = rework(time(60, undefined, 84_000));
  assert.ok(unknown && unknown.balance === undefined, 'without a known time only the figures of before count');

  const small = [{ category: 'lookup', model: 'lab/big', calls: 10, nanoUsd: 300_000_000 }] as const;
  const down = (facts: TimeFacts) => advise({ ...NOTHING, smallWork: small, time: facts }, new Map(), NOW);
  assert.deepEqual(down(time(60, 84_000, 84_000))[0]?.balance, { tokens: -28_000_000, time: 0 });
  assert.deepEqual(down(time(60, 120_000, 84_000)), [], 'saving $0.028 is not worth 36 s of the developer');
  assert.equal(down(time(2, 120_000, 84_000)).length, 1);
});

const lookups = (count: number, fields: Partial<LedgerRow> = {}, output = 900, cost = 40_000_000): LedgerRow[] =>
  Array.from({ length: count }, (_each, n) => {
    const row = openedRow(`${JSON.stringify(fields)}${output}-${n}/1`, {
      ...{ tier: 'frontier', task: 'chat', category: 'lookup', score: 1.8, provider: 'lab', modelAsked: 'big' },
      ...fields,
    });
    const { attemptId: _id, ...settled } = settledRow(row.attemptId, {
      usage: { ...NO_USAGE, input: 2_000, output },
      cost: { nanoUsd: cost, source: 'computed' },
    });
    return { ...row, settled };
  });

test('small work is what the scorer found simple, or what was answered in a few words, not a category alone', () => {
  const all = { category: 'lookup', model: 'lab/big', calls: 12, nanoUsd: 480_000_000 } as const;
  assert.deepEqual(smallWork(lookups(12)), [all], 'simple by its score');
  assert.deepEqual(smallWork(lookups(12, { score: 2.5 })), [all], 'at the bound');
  assert.deepEqual(smallWork(lookups(12, { score: 2.51 })), [], 'hard, and answered at length');
  assert.deepEqual(smallWork(lookups(12, { score: 4 }, 199)), [all], 'a short answer');
  assert.deepEqual(smallWork(lookups(12, { score: 4 }, 200)), []);
  assert.deepEqual(smallWork(lookups(12, { category: 'architecture' })), [], 'a simple question about architecture');
  assert.deepEqual(smallWork(lookups(12, { ownCategory: 'architecture' })), [], 'the user corrected the category');
  assert.deepEqual(smallWork(lookups(12, { tier: 'mid' })), []);
  assert.deepEqual(smallWork(lookups(12, { task: 'completion' })), []);
  const mixed = [...lookups(5), ...lookups(7, { score: 4.5 })];
  assert.equal(smallWork(mixed)[0]?.calls, 5, 'only the small ones count');
  assert.deepEqual(ids({ smallWork: smallWork(mixed) }), [], 'five are too few for advice');
  assert.deepEqual(ids({ smallWork: smallWork([...mixed, ...lookups(5, { score: 1 })]) }), ['small-work:lookup']);
});

test('a slow model is tried on the ledger: how often it was in time, and which models answered sooner, for how much', () => {
  const total = (model: string, ms: number, calls: number, nanoUsd: number, task: Task = 'chat'): GroupTotal => ({
    ...{ ...NO_GROUP_SUMS, first: NO_LATENCIES, tier: 'mid', category: null, model, task, calls, nanoUsd },
    end: latencyOf(ms).map((count) => count * calls),
  });
  const totals = [
    total('lab/mid', 12_000, 40, 80_000_000),
    total('lab/mid', 4_000, 20, 40_000_000),
    total('lab/fast', 900, 30, 60_000_000),
    total('lab/few', 100, 19, 1),
    total('lab/slower', 40_000, 30, 1),
    total('ollama/ghost', 60, 500, 0, 'completion'),
  ];
  const { slow, faster } = trySlow({ model: 'lab/mid', tier: 'mid', targetMs: 10_000 }, totals);
  assert.deepEqual([slow?.n, slow?.inTime], [60, 20]);
  assert.deepEqual(
    faster.map(({ model, n, each }) => [model, n, each]),
    [['lab/fast', 30, 2_000_000]],
  );
  const ghost = trySlow({ model: 'ollama/other', tier: 'local', targetMs: 400 }, totals);
  assert.deepEqual([ghost.slow, ghost.faster.map(({ model }) => model)], [undefined, ['ollama/ghost']]);
});
