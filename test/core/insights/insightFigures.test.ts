import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CATEGORIES } from '../../../src/core/ledger/categories.ts';
import { GroupTally } from '../../../src/core/ledger/groups.ts';
import type { GroupTotal } from '../../../src/core/ledger/groupTypes.ts';
import type { LedgerRow } from '../../../src/core/ledger/ledger.ts';
import { bucketOf, LATENCY_BOUNDS } from '../../../src/core/ledger/latency.ts';
import { OUTCOME_KINDS, type AnswerOutcome } from '../../../src/core/ledger/outcomes.ts';
import {
  moneyFigures,
  repriced,
  shareRows,
  sumGroups,
  timeFigures,
} from '../../../src/core/insights/insightFigures.ts';
import { LOOKS, qualityFigures } from '../../../src/core/insights/quality.ts';
import { NO_USAGE, TASKS, TIERS, type Cost, type Outcome, type Task } from '../../../src/core/common/types.ts';
import { openedRow, settledRow } from '../../support/ledgerRows.ts';
import { seeded } from '../../support/random.ts';

const COSTS: readonly Cost[] = [
  { nanoUsd: 12_345_678, source: 'computed' },
  { nanoUsd: 7_001, source: 'estimated' },
  { nanoUsd: null, source: 'unknown' },
  { nanoUsd: 0, source: 'free' },
  { nanoUsd: 999_999_999, source: 'provider' },
  { nanoUsd: 0, source: 'plan' },
];
const OUTCOMES: readonly Outcome[] = ['done', 'done', 'done', 'partial', 'failed', 'cancelled', 'interrupted'];
const QUESTIONS: readonly Task[] = ['chat', 'escalate', 'edit', 'commit', 'review', 'agent'];
const SIZE = 10_000;

/** Rows of all kinds: answered, canceled, failed, of unknown and of estimated cost, in plan, and still open. */
function makeRows(seed: number): readonly LedgerRow[] {
  const random = seeded(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  return Array.from({ length: SIZE }, (_, n): LedgerRow => {
    const fields = {
      tier: pick(TIERS),
      task: pick(TASKS),
      category: pick([...CATEGORIES, null]),
      attempt: pick([1, 1, 2]),
    };
    const row = openedRow(`c${n}/1`, { ...fields, modelAsked: pick(['big', 'small']), queueMs: pick([null, 10]) });
    if (random() < 0.05) return { ...row, settled: null };
    const durationMs = Math.round(random() * 70_000);
    const cost = pick(COSTS);
    const { attemptId: _id, ...settled } = settledRow(row.attemptId, {
      outcome: pick(OUTCOMES),
      cost,
      shadowNanoUsd: cost.source === 'plan' ? Math.floor(random() * 5_000_000) : null,
      durationMs,
      ttftMs: random() < 0.1 ? null : Math.round(durationMs * random()),
      headersMs: pick([null, 5]),
      usage: {
        ...NO_USAGE,
        input: Math.floor(random() * 4_000),
        cacheRead: pick([0, 300]),
        output: Math.floor(random() * 900),
      },
    });
    return { ...row, settled };
  });
}

function groupsOf(rows: readonly LedgerRow[]): readonly GroupTotal[] {
  const tally = new GroupTally();
  for (const row of rows) {
    tally.open(row);
    if (row.settled) tally.settle(row, row.settled);
  }
  return tally.totals();
}

const SEEDS = [27, 1, 5, 1_984, 2_026] as const;
const LEDGERS = SEEDS.map((seed) => {
  const rows = makeRows(seed);
  return { seed, rows, groups: groupsOf(rows) };
});
const [{ rows: ROWS, groups: GROUPS }] = LEDGERS as [(typeof LEDGERS)[number]];

const sum = <T>(list: readonly T[], of: (each: T) => number): number => list.reduce((all, each) => all + of(each), 0);
const paid = (row: LedgerRow): number => row.settled?.cost.nanoUsd ?? 0;
const isAsked = ({ task }: LedgerRow): boolean => QUESTIONS.includes(task);

for (const { seed, rows, groups } of LEDGERS)
  test(`money equals a recount of 10,000 rows, whatever became of them (seed ${seed})`, () => {
    const figures = moneyFigures(groups);
    assert.equal(figures.nanoUsd, sum(rows, paid));
    assert.equal(
      figures.estimatedNanoUsd,
      sum(
        rows.filter(({ settled }) => settled?.cost.source === 'estimated'),
        paid,
      ),
    );
    assert.equal(figures.unknown, rows.filter(({ settled }) => settled?.cost.source === 'unknown').length);
    assert.equal(figures.questions, rows.filter((row) => isAsked(row) && row.attempt === 1).length);
    assert.equal(figures.completions, rows.filter((row) => row.task === 'completion' && row.attempt === 1).length);
    const input = (row: LedgerRow) => (row.settled ? row.settled.usage.input + row.settled.usage.cacheRead : 0);
    assert.equal(figures.cachedShare, sum(rows, (row) => row.settled?.usage.cacheRead ?? 0) / sum(rows, input));
    assert.equal(
      sum(figures.rows, ({ nanoUsd }) => nanoUsd),
      sum(rows.filter(isAsked), paid),
    );
    for (const row of figures.rows) {
      const own = rows.filter(
        (each) =>
          isAsked(each) &&
          each.category === row.category &&
          each.tier === row.tier &&
          `${each.provider}/${each.modelAsked}` === row.model,
      );
      assert.equal(row.nanoUsd, sum(own, paid));
      assert.equal(row.questions, own.filter(({ attempt }) => attempt === 1).length);
    }
    assert.equal(
      sum([...figures.rows, ...figures.others], ({ nanoUsd }) => nanoUsd),
      figures.nanoUsd,
      'the rows of the table add up to the whole',
    );
    for (const row of figures.others) {
      const own = rows.filter(
        ({ task, tier, provider, modelAsked }) =>
          task === row.task && tier === row.tier && `${provider}/${modelAsked}` === row.model,
      );
      assert.equal(row.nanoUsd, sum(own, paid));
    }
    assert.equal(
      figures.shadowNanoUsd,
      sum(rows, ({ settled }) => settled?.shadowNanoUsd ?? 0),
    );
    const mid = moneyFigures(groups, 'mid');
    assert.equal(
      mid.nanoUsd,
      sum(
        rows.filter(({ tier }) => tier === 'mid'),
        paid,
      ),
    );
  });

for (const { seed, rows, groups } of LEDGERS)
  test(`times equal a recount: only answers that came to their end count (seed ${seed})`, () => {
    const { rows: lines, waits } = timeFigures(groups, [], { firstMs: 2_000, endMs: 10_000 });
    const done = rows.filter((row) => isAsked(row) && row.settled?.outcome === 'done');
    for (const { category, first, end } of lines) {
      const own = done.filter((row) => row.category === category);
      assert.equal(end.n, own.length);
      assert.equal(first.n, own.filter(({ settled }) => settled?.ttftMs !== null).length);
      const times = own.map(({ settled }) => settled?.durationMs ?? 0).toSorted((a, b) => a - b);
      for (const [share, found] of [
        [0.5, end.p50],
        [0.95, end.p95],
      ] as const) {
        const truth = times[Math.ceil(share * times.length) - 1] ?? 0;
        const bucket = bucketOf(truth);
        assert.ok(found !== undefined && found >= (LATENCY_BOUNDS[bucket - 1] ?? 0));
        assert.ok(found <= (LATENCY_BOUNDS[bucket] ?? Infinity));
      }
    }
    const timed = done.filter(({ settled }) => settled?.ttftMs !== null);
    assert.equal(waits?.n, timed.length);
    assert.equal(waits?.queueMs, sum(timed, ({ queueMs }) => queueMs ?? 0) / timed.length);
    assert.equal(waits?.networkMs, sum(timed, ({ settled }) => settled?.headersMs ?? 0) / timed.length);
  });

test('shares are of questions; ghost text is none', () => {
  const rows = shareRows(GROUPS, { frontier: [0.15, 0.2] });
  const asked = ROWS.filter((row) => isAsked(row));
  for (const { tier, questions, ofQuestions, ofMoney } of rows) {
    const own = asked.filter((row) => row.tier === tier);
    const first = (list: readonly LedgerRow[]) => list.filter(({ attempt }) => attempt === 1).length;
    assert.equal(questions, first(own));
    assert.equal(ofQuestions, first(own) / first(asked));
    assert.equal(ofMoney, sum(own, paid) / sum(asked, paid));
  }
  assert.deepEqual(
    shareRows([], {}).map(({ ofQuestions, ofMoney }) => [ofQuestions, ofMoney]),
    TIERS.map(() => [undefined, undefined]),
  );
});

test('quality equals a recount, and is hidden below 20 observations', () => {
  const random = seeded(28);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const outcomes = Array.from({ length: SIZE }, (_, n): AnswerOutcome => {
    const characters = Math.floor(random() * 400) + 1;
    return {
      callId: `c${n}`,
      at: n,
      tier: pick(TIERS),
      task: 'edit',
      model: 'big',
      category: pick([...CATEGORIES, null]),
      promptName: null,
      promptVersion: null,
      kind: pick(OUTCOME_KINDS),
      characters,
      kept: Math.floor(characters * random()),
      ms: Math.floor(random() * 60_000),
    };
  });
  const { corrections, survival, useful } = qualityFigures(outcomes);
  for (const { tier, category, judged, rate, edited, undone } of corrections) {
    const own = outcomes.filter((each) => each.tier === tier && each.category === category);
    const count = (...kinds: string[]) => own.filter(({ kind }) => kinds.includes(kind)).length;
    assert.equal(judged, count('kept', 'edited', 'undone'));
    assert.equal(edited + undone, count('edited', 'undone'));
    assert.equal(rate?.share, judged >= 20 ? (edited + undone) / judged : undefined);
    if (rate) assert.ok(rate.low <= rate.share && rate.share <= rate.high);
  }
  for (const [index, look] of LOOKS.entries()) {
    const own = outcomes.filter(({ kind }) => kind === look);
    const share = sum(own, ({ kept }) => kept ?? 0) / sum(own, ({ characters }) => characters);
    assert.equal(survival[index]?.n, own.length);
    assert.equal(survival[index]?.share?.share, share);
  }
  assert.equal(
    sum(useful, ({ n }) => n),
    outcomes.filter(({ kind }) => kind === 'useful').length,
  );
  for (const { ms, likely } of useful) assert.ok(likely && ms && likely[0] <= ms && ms <= likely[1]);
  const few = outcomes.filter(({ kind }) => kind === 'there-5min').slice(0, 19);
  assert.equal(qualityFigures(few).survival[1]?.share, undefined);
});

test('tokens at another price equal the sum of single requests at that price', () => {
  const price = {
    source: 'user',
    date: '',
    steps: [{ above: 0, input: 3e9, output: 15e9, cacheRead: 3e8, cacheWrite: 0 }],
  } as const;
  const by = sumGroups(GROUPS);
  const one = sum(ROWS, ({ settled }) =>
    settled ? settled.usage.input * 3_000 + settled.usage.cacheRead * 300 + settled.usage.output * 15_000 : 0,
  );
  assert.equal(repriced(by, price), one);
});

test('a target that is no bound of a bucket counts the part of its bucket; a bound counts exactly', () => {
  // 40 answers between 2 and 3 s, 60 within 1.5 s.
  const latencies = LATENCY_BOUNDS.map((bound) => (bound === 3_000 ? 40 : bound === 1_500 ? 60 : 0));
  const [first] = GROUPS;
  assert.ok(first);
  const total: GroupTotal = {
    ...first,
    task: 'chat',
    category: 'bug',
    first: [...latencies, 0],
    end: [...latencies, 0],
  };
  const inTime = (seconds: number) =>
    timeFigures([total], [], { firstMs: seconds * 1_000, endMs: 10_000 }).rows[0]?.inTime?.part;
  assert.deepEqual([1, 1.5, 2, 2.5, 3, 60].map(inTime), [0, 60, 60, 80, 100, 100]);
});
