import { crc32 } from 'node:zlib';
import { debugLog } from '../../core/common/debugLog.ts';
import type { AttemptOpened, AttemptSettled, LedgerStore } from '../../core/ledger/ledger.ts';
import { isCategory } from '../../core/ledger/categories.ts';
import { OUTCOME_KINDS } from '../../core/ledger/outcomes.ts';
import type { OutcomeRow } from '../../core/ledger/outcomes.ts';
import { TASKS, TIERS } from '../../core/common/types.ts';
import type { CostSource, FinishReason, Outcome, Usage } from '../../core/common/types.ts';

/** The changes to the ledger: the lines of the journal, and the changes in memory while the disk is full. */
export type LedgerChange =
  | { readonly kind: 'opened'; readonly row: AttemptOpened }
  | { readonly kind: 'settled'; readonly row: AttemptSettled }
  | { readonly kind: 'outcome'; readonly row: OutcomeRow }
  | { readonly kind: 'beat'; readonly windowId: string; readonly at: number };

export type RowChange = Exclude<LedgerChange, { kind: 'beat' }>;

export function applyChange(store: LedgerStore, change: RowChange): Promise<void> {
  if (change.kind === 'opened') return store.open(change.row);
  return change.kind === 'settled' ? store.settle(change.row) : store.recordOutcomes([change.row]);
}

/** By what the attempt or outcome of a change is known. The two never have the same: only ids of attempts end in `/<n>`. */
export const idOf = (change: RowChange): string =>
  change.kind === 'outcome' ? change.row.outcomeId : change.row.attemptId;

// ---- Checks: the same for rows of our own and for what is read from a file.

type Check = (value: unknown) => boolean;
type Checks<Field extends string = string> = Readonly<Record<Field, Check>>;

const OUTCOMES: readonly Outcome[] = ['done', 'partial', 'failed', 'cancelled', 'interrupted'];
const SOURCES: readonly CostSource[] = ['provider', 'computed', 'estimated', 'free', 'plan', 'unknown'];
const FINISHES: readonly (FinishReason | null)[] = ['stop', 'length', 'content-filter', 'tool-calls', null];

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isSpan = (value: unknown): value is number => Number.isFinite(value) && (value as number) >= 0;
const isText = (value: unknown): value is string => typeof value === 'string';
const orNull =
  (is: Check): Check =>
  (value) =>
    value === null || is(value);
const among =
  (list: readonly unknown[]): Check =>
  (value) =>
    list.includes(value);

const OPENED: Checks<keyof AttemptOpened> = {
  attemptId: isText,
  callId: isText,
  attempt: isCount,
  windowId: isText,
  openedAt: isCount,
  tier: among(TIERS),
  task: among(TASKS),
  provider: isText,
  origin: isText,
  modelAsked: isText,
  language: orNull(isText),
  workspace: orNull(isText),
  estimatedInput: isCount,
  estimatedCost: orNull(isCount),
  reserved: orNull(isCount),
  price: orNull(isText),
  rule: orNull(isText),
  conversation: orNull(isText),
  stage: orNull(isText),
  initiator: orNull(isText),
  reason: orNull(isText),
  category: orNull(isCategory),
  ownCategory: orNull(isCategory),
  score: orNull(isSpan),
  reasonKind: orNull(isText),
  bumpKind: orNull(isText),
  run: orNull(isText),
  promptName: orNull(isText),
  promptVersion: orNull(isText),
  queueMs: orNull(isSpan),
  loadMs: orNull(isSpan),
};

/** Fields that lines of older versions do not have. They are null there. In the database they are columns in this order. */
export const LATER_OPENED = [
  'reserved',
  'price',
  'rule',
  'conversation',
  'stage',
  'initiator',
  'reason',
  'category',
  'ownCategory',
  'score',
  'reasonKind',
  'bumpKind',
  'run',
  'promptName',
  'promptVersion',
  'queueMs',
  'loadMs',
] as const satisfies readonly (keyof AttemptOpened)[];
export const LATER_SETTLED = [
  'note',
  'servedBy',
  'digest',
  'headersMs',
  'shadowNanoUsd',
] as const satisfies readonly (keyof AttemptSettled)[];
const LATER_OUTCOME = ['ms'] as const satisfies readonly (keyof OutcomeRow)[];
const LATER = {
  opened: nulls(LATER_OPENED),
  settled: nulls(LATER_SETTLED),
  outcome: nulls(LATER_OUTCOME),
};

function nulls(fields: readonly string[]): Readonly<Record<string, null>> {
  return Object.fromEntries(fields.map((field) => [field, null]));
}

const USAGE: Checks<keyof Usage> = {
  input: isCount,
  cacheRead: isCount,
  cacheWrite: isCount,
  output: isCount,
  reasoning: isCount,
};

const SETTLED: Checks<keyof AttemptSettled> = {
  attemptId: isText,
  closedAt: isCount,
  outcome: among(OUTCOMES),
  failure: orNull(isText),
  finish: among(FINISHES),
  modelReturned: orNull(isText),
  usage: (value) => isRecord(value) && wrongField(value, USAGE) === undefined,
  usageEstimated: (value) => typeof value === 'boolean',
  cost: isCost,
  ttftMs: orNull(isSpan),
  durationMs: isSpan,
  note: orNull(isText),
  servedBy: orNull(isText),
  digest: orNull(isText),
  headersMs: orNull(isSpan),
  shadowNanoUsd: orNull(isCount),
};

const OUTCOME: Checks<keyof OutcomeRow> = {
  outcomeId: isText,
  callId: isText,
  at: isCount,
  tier: among(TIERS),
  task: among(TASKS),
  model: isText,
  language: orNull(isText),
  kind: among(OUTCOME_KINDS),
  characters: isCount,
  kept: orNull(isCount),
  ms: orNull(isSpan),
};

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function isCost(value: unknown): boolean {
  if (!isRecord(value) || !among(SOURCES)(value['source'])) return false;
  return value['source'] === 'unknown' ? value['nanoUsd'] === null : isCount(value['nanoUsd']);
}

const wrongField = (row: object, checks: Checks): string | undefined =>
  Object.entries(checks).find(([field, holds]) => !holds((row as Record<string, unknown>)[field]))?.[0];

/** Throws a RangeError that names the first field with a value the ledger cannot keep. */
export function checkOpened(row: AttemptOpened): void {
  refuse(row, OPENED);
}

/** Throws a RangeError that names the first field with a value the ledger cannot keep. */
export function checkSettled(row: AttemptSettled): void {
  refuse(row, SETTLED);
}

/** Throws a RangeError that names the first field with a value the ledger cannot keep. */
export function checkOutcome(row: OutcomeRow): void {
  refuse(row, OUTCOME);
  if (row.kept !== null && row.kept > row.characters)
    throw new RangeError(`ledger row ${row.outcomeId}: more was kept than there was`);
}

function refuse(row: AttemptOpened | AttemptSettled | OutcomeRow, checks: Checks): void {
  const field = wrongField(row, checks);
  const id = 'attemptId' in row ? row.attemptId : row.outcomeId;
  if (field !== undefined) throw new RangeError(`ledger row ${id}: ${field} has an impossible value`);
}

// ---- Lines: `{"crc":"0a1b2c3d","change":{"v":1,…}}`. The checksum tells a flipped digit from a price.

const VERSION = 1;
const HEAD = '{"crc":"00000000","change":'.length;

/** One line of the journal, without line ends. */
export function encodeChange(change: LedgerChange): string {
  const json = JSON.stringify({ v: VERSION, ...change });
  return `{"crc":"${checksum(Buffer.from(json))}","change":${json}}`;
}

/** The change of a line, or undefined when the line is damaged or written by a newer version. */
export function decodeChange(line: Buffer): LedgerChange | undefined {
  const body = line.subarray(HEAD, -1);
  // The checksum covers the change; head and closing brace are compared.
  if (line.at(-1) !== CLOSING_BRACE) return undefined;
  if (line.subarray(0, HEAD).toString('latin1') !== `{"crc":"${checksum(body)}","change":`) return undefined;
  try {
    return asChange(JSON.parse(body.toString('utf8')));
  } catch (error) {
    debugLog('a spilled row', error);
    return undefined;
  }
}

const CLOSING_BRACE = 0x7d;

const checksum = (bytes: Buffer): string => crc32(bytes).toString(16).padStart(8, '0');

function asChange(value: unknown): LedgerChange | undefined {
  if (!isRecord(value) || value['v'] !== VERSION) return undefined;
  const { kind, windowId, at } = value;
  const row = isRecord(value['row']) ? complete(value['row'], kind) : undefined;
  // The checks looked at every field, which the compiler cannot see.
  if (kind === 'opened' && row && !wrongField(row, OPENED)) return { kind, row: row as never };
  if (kind === 'settled' && row && !wrongField(row, SETTLED)) return { kind, row: row as never };
  if (kind === 'outcome' && row && !wrongField(row, OUTCOME)) return { kind, row: row as never };
  if (kind === 'beat' && isText(windowId) && isCount(at)) return { kind, windowId, at };
  return undefined;
}

const complete = (row: Record<string, unknown>, kind: unknown): Record<string, unknown> =>
  kind === 'opened' || kind === 'settled' || kind === 'outcome' ? { ...LATER[kind], ...row } : row;
