import { foreignCurrency, type DisplayCurrency } from '../common/displayCurrency.ts';
import type { LedgerRow } from './ledger.ts';
import type { OutcomeRow } from './outcomes.ts';

/**
 * The rows as text: CSV by RFC 4180, or a JSON array. Both have the same columns; what is unknown, or not known yet, is
 * an empty cell or null, and an attempt that is being answered has the outcome `open`. Times are ISO 8601 in UTC,
 * durations milliseconds, costs exact decimal USD and the same amount in whole nano-USD. The last columns have the cost
 * in the currency that the user reads, with its code, its rate to USD and the day of the rate.
 */
export const exportRows = (
  rows: readonly LedgerRow[],
  format: 'csv' | 'json',
  currency: DisplayCurrency = {},
): string =>
  toText(
    rows.map((row) => toRecord(row, currency)),
    HEADER,
    format,
  );

/** Outcomes as text in the same way; `callId` leads to the attempts. */
export const exportOutcomes = (rows: readonly OutcomeRow[], format: 'csv' | 'json'): string =>
  toText(rows.map(outcomeRecord), OUTCOME_HEADER, format);

const outcomeRecord = (row: OutcomeRow) => ({
  outcomeId: row.outcomeId,
  callId: row.callId,
  at: formatTime(row.at),
  tier: row.tier,
  task: row.task,
  model: row.model,
  language: row.language,
  kind: row.kind,
  characters: row.characters,
  kept: row.kept,
  share: row.kept === null || row.characters === 0 ? null : row.kept / row.characters,
  ms: row.ms,
});

function toRecord(row: LedgerRow, currency: DisplayCurrency) {
  const { settled } = row;
  const { code, rate } = foreignCurrency(currency) ?? { code: 'USD', rate: 1 };
  const nanoUsd = settled?.cost.nanoUsd ?? null;
  return {
    attemptId: row.attemptId,
    callId: row.callId,
    attempt: row.attempt,
    windowId: row.windowId,
    openedAt: formatTime(row.openedAt),
    closedAt: settled && formatTime(settled.closedAt),
    tier: row.tier,
    task: row.task,
    provider: row.provider,
    origin: row.origin,
    modelAsked: row.modelAsked,
    modelReturned: settled?.modelReturned ?? null,
    language: row.language,
    workspace: row.workspace,
    outcome: settled?.outcome ?? 'open',
    failure: settled?.failure ?? null,
    finish: settled?.finish ?? null,
    estimatedInput: row.estimatedInput,
    estimatedNanoUsd: row.estimatedCost,
    reservedNanoUsd: row.reserved,
    price: row.price,
    rule: row.rule,
    conversation: row.conversation,
    stage: row.stage,
    initiator: row.initiator,
    reason: row.reason,
    input: settled?.usage.input ?? null,
    cacheRead: settled?.usage.cacheRead ?? null,
    cacheWrite: settled?.usage.cacheWrite ?? null,
    output: settled?.usage.output ?? null,
    reasoning: settled?.usage.reasoning ?? null,
    usageEstimated: settled?.usageEstimated ?? null,
    costUsd: formatUsd(nanoUsd),
    costNanoUsd: nanoUsd,
    costSource: settled?.cost.source ?? null,
    ttftMs: settled?.ttftMs ?? null,
    durationMs: settled?.durationMs ?? null,
    note: settled?.note ?? null,
    category: row.ownCategory ?? row.category,
    score: row.score,
    reasonKind: row.reasonKind,
    bumpKind: row.bumpKind,
    run: row.run,
    promptName: row.promptName,
    promptVersion: row.promptVersion,
    queueMs: row.queueMs,
    loadMs: row.loadMs,
    headersMs: settled?.headersMs ?? null,
    servedBy: settled?.servedBy ?? null,
    digest: settled?.digest ?? null,
    shadowNanoUsd: settled?.shadowNanoUsd ?? null,
    costShown: nanoUsd === null ? null : ((nanoUsd / 1e9) * rate).toFixed(NANO_DIGITS),
    currency: code,
    currencyRate: rate,
    currencyDate: (code !== 'USD' && currency.date) || null,
  };
}

const formatTime = (time: number): string => new Date(time).toISOString();

const NANO_DIGITS = 9;

/** 1,250 nano-USD → `0.000001250`: whole-number work only, so nothing is rounded. */
function formatUsd(nanoUsd: number | null): string | null {
  if (nanoUsd === null) return null;
  const digits = String(nanoUsd).padStart(NANO_DIGITS + 1, '0');
  return `${digits.slice(0, -NANO_DIGITS)}.${digits.slice(-NANO_DIGITS)}`;
}

type Cell = string | number | boolean | null;

/** No row is needed for the header. */
const HEADER = Object.keys(toRecord({ openedAt: 0, settled: null } as LedgerRow, {}));

const OUTCOME_HEADER = Object.keys(outcomeRecord({ at: 0 } as OutcomeRow));

function toText(
  records: readonly Readonly<Record<string, Cell>>[],
  header: readonly string[],
  format: 'csv' | 'json',
): string {
  if (format === 'json') return JSON.stringify(records, null, 2);
  const lines = [header, ...records.map((record) => Object.values(record))];
  return lines.map((cells) => `${cells.map(toCell).join()}\r\n`).join('');
}

/** Names of models and folders come from outside: a spreadsheet must not take one for a formula. */
function toCell(value: Cell): string {
  if (typeof value !== 'string') return value === null ? '' : String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
