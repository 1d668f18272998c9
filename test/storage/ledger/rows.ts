import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { crc32 } from 'node:zlib';
import type { AttemptOpened, AttemptSettled, LedgerRow, LedgerStore, Total } from '../../../src/core/ledger/ledger.ts';
import type { OutcomeRow, OutcomeTotal } from '../../../src/core/ledger/outcomes.ts';
import { NO_USAGE } from '../../../src/core/common/types.ts';
import { openLedger } from '../../../src/storage/ledger/openLedger.ts';
import { openSqliteLedger } from '../../../src/storage/ledger/sqlite.ts';

/** 2026-11-15, 10:00 UTC: in the middle of a month, at the beginning of an hour. */
export const NOON = Date.UTC(2026, 10, 15, 10);
export const HOUR = 3_600_000;

/** A row with something in every field. */
export const opened = (attemptId: string, fields: Partial<AttemptOpened> = {}): AttemptOpened => ({
  attemptId,
  callId: attemptId.split('/')[0] ?? attemptId,
  attempt: 1,
  windowId: 'w1',
  openedAt: NOON,
  tier: 'mid',
  task: 'chat',
  provider: 'openrouter',
  origin: 'https://openrouter.ai:443',
  modelAsked: 'deepseek/deepseek-chat',
  language: 'typescript',
  workspace: 'file:///home/ada/project',
  estimatedInput: 120,
  estimatedCost: 4_200,
  reserved: 90_000,
  price: 'snapshot 0.27/1.1',
  rule: null,
  conversation: 'conversation-1',
  stage: 'Gearshift Build',
  initiator: 'GitHub.copilot-chat',
  reason: 'its complexity is 3.2 of 5',
  category: 'feature',
  ownCategory: null,
  score: 3.25,
  reasonKind: 'score',
  bumpKind: 'moved',
  run: 'run-1',
  promptName: 'explain',
  promptVersion: '1.2',
  queueMs: 12,
  loadMs: 340,
  ...fields,
});

export const settled = (attemptId: string, fields: Partial<AttemptSettled> = {}): AttemptSettled => ({
  attemptId,
  closedAt: NOON + 1_500,
  outcome: 'done',
  failure: null,
  finish: 'stop',
  modelReturned: 'deepseek-chat-v3',
  usage: { input: 100, cacheRead: 20, cacheWrite: 3, output: 40, reasoning: 10 },
  usageEstimated: false,
  cost: { nanoUsd: 5_001, source: 'provider' },
  ttftMs: 210.5,
  durationMs: 1_500.25,
  note: null,
  servedBy: 'DeepInfra',
  digest: 'sha256:1a2b',
  headersMs: 180,
  shadowNanoUsd: 70,
  ...fields,
});

/** A cost that differs from row to row, so that a sum shows which rows it is made of. Nano-USD. */
export const costOf = (attemptId: string): number => crc32(attemptId) % 1_000_000;

/** A whole row, as the ledger gives it back. */
export function wholeRow(row: AttemptOpened, settlement?: AttemptSettled): LedgerRow {
  if (!settlement) return { ...row, settled: null };
  const { attemptId: _, ...rest } = settlement;
  return { ...row, settled: rest };
}

/** The totals as a person would add them up by hand. */
export function addUp(rows: readonly LedgerRow[], since = 0): Total[] {
  const within = rows.filter((row) => row.openedAt >= since);
  const groups = Object.groupBy(within, (row) => `${row.tier} ${row.task}`);
  return Object.values(groups).flatMap((group = []) => {
    const [first] = group;
    const sum = (of: (row: LedgerRow) => number) => group.reduce((total, row) => total + of(row), 0);
    const usage = (row: LedgerRow) => row.settled?.usage ?? NO_USAGE;
    const cost = (row: LedgerRow) => row.settled?.cost.nanoUsd ?? 0;
    if (!first) return [];
    return {
      tier: first.tier,
      task: first.task,
      calls: sum((row) => (row.attempt === 1 ? 1 : 0)),
      attempts: group.length,
      inputTokens: sum((row) => usage(row).input + usage(row).cacheRead + usage(row).cacheWrite),
      cachedTokens: sum((row) => usage(row).cacheRead),
      outputTokens: sum((row) => usage(row).output),
      nanoUsd: sum(cost),
      estimatedNanoUsd: sum((row) => (row.settled?.cost.source === 'estimated' ? cost(row) : 0)),
      unknown: sum((row) => (row.settled?.cost.source === 'unknown' ? 1 : 0)),
      open: sum((row) => (row.settled ? 0 : 1)),
    };
  });
}

export const inOrder = (totals: readonly Total[]): Total[] =>
  totals.toSorted((a, b) => `${a.tier} ${a.task}`.localeCompare(`${b.tier} ${b.task}`));

/** A folder that is gone after the test. */
export async function makeDir(test: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'ledger-'));
  test.after(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  return dir;
}

/** The database, and the spill beside it where there is none. */
export type Kind = 'sqlite' | 'spill';
export const KINDS: readonly Kind[] = ['sqlite', 'spill'];

export async function openKind(kind: Kind, dir: string, windowId = 'w1'): Promise<LedgerStore> {
  if (kind === 'sqlite') return openSqliteLedger({ file: join(dir, 'ledger.db'), windowId });
  const { store } = await openLedger({
    dir,
    windowId,
    clock: () => NOON,
    log: () => undefined,
    loadSqlite: withoutSqlite,
  });
  return store;
}

/** A host without SQLite. */
export const withoutSqlite = (): Promise<never> =>
  Promise.reject(
    Object.assign(new Error('No such built-in module: node:sqlite'), { code: 'ERR_UNKNOWN_BUILTIN_MODULE' }),
  );

/** An outcome with something in every field. */
export const outcome = (outcomeId: string, fields: Partial<OutcomeRow> = {}): OutcomeRow => ({
  outcomeId,
  callId: 'a',
  at: NOON,
  tier: 'local',
  task: 'completion',
  model: 'qwen2.5-coder:7b',
  language: 'typescript',
  kind: 'there-5min',
  characters: 40,
  kept: 30,
  ms: null,
  ...fields,
});

/** The totals as a person would add them up by hand. */
export const addUpOutcomes = (rows: readonly OutcomeRow[], since = 0): OutcomeTotal[] =>
  outcomesInOrder(
    Object.values(
      Object.groupBy(
        rows.filter(({ at }) => at >= since),
        ({ tier, task, model, kind }) => `${tier} ${task} ${model} ${kind}`,
      ),
    ).flatMap((group = []) => {
      const [first] = group;
      if (!first) return [];
      const { tier, task, model, kind } = first;
      const sum = (of: (row: OutcomeRow) => number) => group.reduce((total, row) => total + of(row), 0);
      const sums = { characters: sum((row) => row.characters), kept: sum((row) => row.kept ?? 0) };
      return { tier, task, model, kind, count: group.length, ...sums };
    }),
  );

export const outcomesInOrder = (totals: readonly OutcomeTotal[]): OutcomeTotal[] =>
  totals.toSorted((a, b) => nameOf(a).localeCompare(nameOf(b)));

const nameOf = ({ tier, task, model, kind }: OutcomeTotal): string => `${tier} ${task} ${model} ${kind}`;
