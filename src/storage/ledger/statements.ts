import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';
import type { AttemptOpened, AttemptSettled, LedgerRow, Total } from '../../core/ledger/ledger.ts';
import type { OutcomeRow, OutcomeTotal } from '../../core/ledger/outcomes.ts';
import { OPENED_COLUMNS, OUTCOME_COLUMNS, SETTLED_COLUMNS } from './schema.ts';

/** The SQL of the ledger, and what turns its rows into ours and back. */

export const HOUR_MS = 3_600_000;

export const INSERT = `INSERT INTO attempts (${OPENED_COLUMNS.join()}) VALUES (${OPENED_COLUMNS.map(() => '?').join()})
  ON CONFLICT (attemptId) DO NOTHING`;

export const SETTLE = `UPDATE attempts SET ${SETTLED_COLUMNS.map((column) => `${column} = ?`).join()}
  WHERE attemptId = ? AND outcome IS NULL`;

/** The values for `SETTLE`. */
export function settledValues({ usage, cost, ...row }: AttemptSettled): SQLInputValue[] {
  const columns = {
    ...row,
    ...usage,
    usageEstimated: row.usageEstimated ? 1 : 0,
    nanoUsd: cost.nanoUsd,
    costSource: cost.source,
  };
  return [...SETTLED_COLUMNS.map((column) => columns[column]), row.attemptId];
}

/** The sums that the triggers would have made for the attempts of a span within one hour. */
export const SUMS_OF_HOUR = `
  SELECT openedAt / ${HOUR_MS}, tier, task, ifnull(workspace, ''), sum(attempt = 1), count(*),
    sum(ifnull(input + cacheRead + cacheWrite, 0)), sum(ifnull(cacheRead, 0)), sum(ifnull(output, 0)),
    sum(ifnull(nanoUsd, 0)), sum(iif(costSource = 'estimated', nanoUsd, 0)), sum(ifnull(costSource = 'unknown', 0)),
    sum(outcome IS NULL)
  FROM attempts WHERE openedAt >= ? AND openedAt < ? GROUP BY 1, 2, 3, 4`;

export const HOUR_AFTER = `
  SELECT min(next) AS next FROM (
    SELECT min(hour) AS next FROM hours WHERE hour > :hour
    UNION ALL
    SELECT min(openedAt) / ${HOUR_MS} FROM attempts WHERE openedAt >= :end
    UNION ALL
    SELECT min(hour) FROM outcomeHours WHERE hour > :hour
    UNION ALL
    SELECT min(at) / ${HOUR_MS} FROM outcomes WHERE at >= :end
  )`;

export const INSERT_OUTCOME = `INSERT INTO outcomes (${OUTCOME_COLUMNS.join()})
  VALUES (${OUTCOME_COLUMNS.map(() => '?').join()}) ON CONFLICT (outcomeId) DO NOTHING`;

export const OUTCOMES = 'SELECT * FROM outcomes WHERE at >= ? AND at < ? ORDER BY at DESC, rowid DESC LIMIT ?';

export const OUTCOME_TOTALS = `
  SELECT tier, task, model, kind, sum(count) AS count, sum(characters) AS characters, sum(kept) AS kept
  FROM (
    SELECT tier, task, model, kind, count, characters, kept FROM outcomeHours WHERE hour >= ?
    UNION ALL
    SELECT tier, task, model, kind, 1, characters, ifnull(kept, 0) FROM outcomes WHERE at >= ? AND at < ?
  ) GROUP BY tier, task, model, kind`;

/** The sums that the trigger would have made for the outcomes of a span within one hour. */
export const OUTCOME_SUMS_OF_HOUR = `
  SELECT at / ${HOUR_MS}, tier, task, model, kind, count(*), sum(characters), sum(ifnull(kept, 0))
  FROM outcomes WHERE at >= ? AND at < ? GROUP BY 1, 2, 3, 4, 5`;

export const OUTCOME_DISAGREEMENT = `
  SELECT 1 FROM (SELECT * FROM outcomeHours WHERE hour = ? EXCEPT SELECT * FROM (${OUTCOME_SUMS_OF_HOUR}))
  UNION ALL
  SELECT 1 FROM (SELECT * FROM (${OUTCOME_SUMS_OF_HOUR}) EXCEPT SELECT * FROM outcomeHours WHERE hour = ?)`;

/** In one statement, so that no write comes between rows and sums. */
export const DISAGREEMENT = `
  SELECT 1 FROM (SELECT * FROM hours WHERE hour = ? EXCEPT SELECT * FROM (${SUMS_OF_HOUR}))
  UNION ALL
  SELECT 1 FROM (SELECT * FROM (${SUMS_OF_HOUR}) EXCEPT SELECT * FROM hours WHERE hour = ?)`;

export const FIND = 'SELECT * FROM attempts WHERE attemptId = ?';
export const FIND_OUTCOME = 'SELECT 1 FROM outcomes WHERE outcomeId = ?';

/** A window's own beat counts as it is: its clock may have been set back. One that is imported never hides a later one. */
export const BEAT = 'INSERT INTO windows VALUES (?, ?) ON CONFLICT DO UPDATE SET beat = excluded.beat';
export const IMPORT_BEAT =
  'INSERT INTO windows VALUES (?, ?) ON CONFLICT DO UPDATE SET beat = max(beat, excluded.beat)';

export const OPEN_ROWS = 'SELECT * FROM attempts LEFT JOIN windows USING (windowId) WHERE outcome IS NULL';

/** Cost of the attempts of a scope: whole hours, and single attempts in the hour where the period begins. */
export const SPENT = `
  SELECT ifnull(sum(nanoUsd), 0) AS sum FROM (
    SELECT nanoUsd FROM hours WHERE hour >= :hour AND (:tier IS NULL OR tier = :tier)
      AND (:workspace IS NULL OR workspace = :workspace)
    UNION ALL
    SELECT nanoUsd FROM attempts WHERE openedAt >= :from AND openedAt < :end AND (:tier IS NULL OR tier = :tier)
      AND (:workspace IS NULL OR workspace = :workspace)
  )`;

export const RESERVED = `SELECT ifnull(sum(reserved), 0) AS sum FROM attempts WHERE outcome IS NULL AND openedAt >= :from
  AND (:tier IS NULL OR tier = :tier) AND (:workspace IS NULL OR workspace = :workspace)`;

export const ROWS = `SELECT * FROM attempts WHERE openedAt >= ? AND openedAt < ?
  ORDER BY openedAt DESC, rowid DESC LIMIT ?`;

export const TOTALS = `
  SELECT tier, task, sum(calls) AS calls, sum(attempts) AS attempts, sum(inputTokens) AS inputTokens,
    sum(cachedTokens) AS cachedTokens, sum(outputTokens) AS outputTokens, sum(nanoUsd) AS nanoUsd, sum(estimatedNanoUsd) AS estimatedNanoUsd,
    sum(unknown) AS unknown, sum(open) AS open
  FROM (
    SELECT tier, task, calls, attempts, inputTokens, cachedTokens, outputTokens, nanoUsd, estimatedNanoUsd, unknown, open
    FROM hours WHERE hour >= ?
    UNION ALL
    SELECT tier, task, attempt = 1, 1, ifnull(input + cacheRead + cacheWrite, 0), ifnull(cacheRead, 0),
      ifnull(output, 0), ifnull(nanoUsd, 0),
      iif(costSource = 'estimated', nanoUsd, 0), ifnull(costSource = 'unknown', 0), outcome IS NULL
    FROM attempts WHERE openedAt >= ? AND openedAt < ?
  ) GROUP BY tier, task`;

// ---- From columns to rows. The tables are STRICT and only this folder writes them: the casts hold.

type Columns = Record<string, SQLOutputValue>;

export function asTotal({ tier, task, ...sums }: Columns): Total {
  const numbers = Object.entries(sums).map(([name, sum]) => [name, Number(sum)]);
  return { tier, task, ...Object.fromEntries(numbers) } as Total;
}

export const asOutcome = (columns: Columns): OutcomeRow => ({ ms: null, ...columns }) as unknown as OutcomeRow;

export function asOutcomeTotal({ tier, task, model, kind, count, characters, kept }: Columns): OutcomeTotal {
  const sums = { count: Number(count), characters: Number(characters), kept: Number(kept) };
  return { tier, task, model, kind, ...sums } as OutcomeTotal;
}

const asOpened = (columns: Columns): AttemptOpened =>
  Object.fromEntries(OPENED_COLUMNS.map((column) => [column, columns[column] ?? null])) as unknown as AttemptOpened;

/** An open row and the last beat of its window, from `OPEN_ROWS`. */
export const asOpenRow = (columns: Columns): { row: AttemptOpened; beat: number | undefined } => ({
  row: asOpened(columns),
  beat: (columns['beat'] as number | null) ?? undefined,
});

export function asRow(columns: Columns): LedgerRow {
  return { ...asOpened(columns), settled: columns['outcome'] === null ? null : asSettled(columns) };
}

function asSettled(columns: Columns): LedgerRow['settled'] {
  const { closedAt, outcome, failure, finish, modelReturned, ttftMs, durationMs } = columns;
  const { input, cacheRead, cacheWrite, output, reasoning, usageEstimated, nanoUsd, costSource, note = null } = columns;
  const { servedBy = null, digest = null, headersMs = null, shadowNanoUsd = null } = columns;
  return {
    closedAt,
    outcome,
    failure,
    finish,
    modelReturned,
    usage: { input, cacheRead, cacheWrite, output, reasoning },
    usageEstimated: usageEstimated === 1,
    cost: { nanoUsd, source: costSource },
    ttftMs,
    durationMs,
    note,
    servedBy,
    digest,
    headersMs,
    shadowNanoUsd,
  } as LedgerRow['settled'];
}
