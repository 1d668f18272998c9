import { CATEGORIES, type Category } from '../../src/core/ledger/categories.ts';
import type { AttemptOpened, AttemptSettled } from '../../src/core/ledger/ledger.ts';
import type { OutcomeKind, OutcomeRow } from '../../src/core/ledger/outcomes.ts';
import { NO_USAGE, type Tier } from '../../src/core/common/types.ts';
import { openedRow, settledRow } from './ledgerRows.ts';
import { seeded } from './random.ts';

/** A ledger as a developer has it after some days: questions by day, ghost text, and what became of edits. */

export interface LedgerRowsOf {
  readonly opened: readonly AttemptOpened[];
  readonly settled: readonly AttemptSettled[];
  readonly outcomes: readonly OutcomeRow[];
}

const DAY = 86_400_000;

/** How often each category is asked, which tier answers it, and how often its edits are corrected. */
const WORK: Readonly<Record<Category, readonly [often: number, tier: Tier, corrected: number]>> = {
  naming: [1, 'mid', 0.03],
  lookup: [3, 'frontier', 0.05],
  feature: [4, 'mid', 0.15],
  tests: [2, 'mid', 0.1],
  docs: [1, 'mid', 0.02],
  bug: [3, 'mid', 0.55],
  refactoring: [2, 'mid', 0.2],
  review: [1, 'frontier', 0.05],
  architecture: [1, 'frontier', 0.1],
  other: [1, 'mid', 0.1],
};

const MODELS: Readonly<Record<Tier, readonly [provider: string, model: string, input: number, output: number]>> = {
  local: ['ollama', 'qwen2.5-coder:1.5b-base', 0, 0],
  mid: ['openrouter', 'deepseek/deepseek-v4-flash', 0.27, 1.1],
  frontier: ['openrouter', 'anthropic/claude-opus-5.5', 5, 25],
};

/**
 * @param days that the ledger goes back
 * @param now ms since the epoch
 */
export function makeLedger(days: number, now: number, seed = 1): LedgerRowsOf {
  const random = seeded(seed);
  const opened: AttemptOpened[] = [];
  const settled: AttemptSettled[] = [];
  const outcomes: OutcomeRow[] = [];
  const pool = CATEGORIES.flatMap((category) => Array.from({ length: WORK[category][0] }, () => category));
  let n = 0;

  const write = (tier: Tier, fields: Partial<AttemptOpened>, end: Partial<AttemptSettled>): string => {
    const callId = `call-${seed}-${n++}`;
    const [provider, modelAsked, input, output] = MODELS[tier];
    const row = openedRow(`${callId}/1`, { callId, tier, provider, modelAsked, queueMs: 4, ...fields });
    const usage = end.usage ?? { ...NO_USAGE, input: 900, output: 60 };
    const nanoUsd = Math.round((usage.input * input + usage.output * output) * 1_000);
    opened.push(row);
    settled.push(
      settledRow(row.attemptId, {
        closedAt: row.openedAt + (end.durationMs ?? 900),
        modelReturned: modelAsked,
        cost: tier === 'local' ? { nanoUsd: 0, source: 'free' } : { nanoUsd, source: 'computed' },
        ...end,
        usage,
      }),
    );
    return callId;
  };
  const record = (kind: OutcomeKind, callId: string, at: number, fields: Partial<OutcomeRow> = {}): void => {
    const by = { callId, tier: 'mid', task: 'edit', model: 'deepseek-v4-flash', language: 'typescript' } as const;
    const shape = { characters: 200, kept: null, ms: null };
    outcomes.push({ ...by, outcomeId: `${callId}:${kind}`, at, kind, ...shape, ...fields });
  };

  for (let day = days - 1; day >= 0; day--) {
    const noon = now - day * DAY - 3_600_000;
    const weekday = new Date(noon).getDay();
    const asked = weekday === 0 || weekday === 6 ? 2 : 10 + Math.floor(random() * 8);
    for (let i = 0; i < asked; i++) {
      const category = pool[Math.floor(random() * pool.length)] ?? 'other';
      const [, tier, corrected] = WORK[category];
      const openedAt = Math.floor(noon - random() * 6 * 3_600_000);
      const usage = {
        ...NO_USAGE,
        input: 2_000 + Math.floor(random() * 6_000),
        cacheRead: 3_000,
        output: 300 + Math.floor(random() * 900),
      };
      const ttftMs = Math.round((tier === 'frontier' ? 1_400 : 600) * (0.5 + random()));
      const times = { ttftMs, headersMs: Math.round(ttftMs * 0.4), durationMs: ttftMs + Math.round(usage.output * 9) };
      const task = category === 'review' ? 'review' : i % 3 === 0 ? 'edit' : 'chat';
      const hard = random();
      // Lookups that the user sends to frontier are simple all the same.
      const score = category === 'lookup' ? 1.2 + hard : tier === 'frontier' ? 3.2 + hard * 1.6 : 1.5 + hard * 2;
      const about = { category, score, reasonKind: 'score', workspace: 'file:///home/ada/tea-house' };
      const callId = write(tier, { openedAt, task, ...about }, { usage, ...times });
      if (category === 'lookup') continue;
      const bad = random() < corrected;
      const kept = bad ? Math.floor(200 * random() * 0.7) : 200;
      record(bad ? (random() < 0.3 ? 'undone' : 'edited') : 'kept', callId, openedAt + 40_000, { tier, kept });
      for (const [kind, share] of [
        ['there-30s', 1],
        ['there-5min', 0.97],
        ['there-15min', 0.94],
        ['there-commit', 0.9],
      ] as const)
        record(kind, callId, openedAt + 60_000, { tier, kept: Math.floor(kept * share) });
      record('useful', callId, openedAt + 30_000 + Math.floor(random() * 120_000), { tier });
    }
    for (let i = 0; i < asked * 3; i++) {
      const openedAt = Math.floor(noon - random() * 6 * 3_600_000);
      const durationMs = 90 + Math.floor(random() * 160);
      const callId = write('local', { openedAt, task: 'completion' }, { durationMs, ttftMs: durationMs - 30 });
      const by = { tier: 'local', task: 'completion', model: MODELS.local[1] } as const;
      record('offered', callId, openedAt + 200, { ...by, ms: durationMs + 40 + Math.floor(random() * 80) });
    }
  }
  return { opened, settled, outcomes };
}
