import { chmodSync, existsSync, renameSync, rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { threadId } from 'node:worker_threads';
import { debugLog } from '../../core/common/debugLog.ts';
import type { AttemptOpened } from '../../core/ledger/ledger.ts';
import type { OutcomeRow } from '../../core/ledger/outcomes.ts';
import { LATER_OPENED, LATER_SETTLED } from './change.ts';
import { GROUP_STEP } from './groupSchema.ts';
import { damage } from './sqliteErrors.ts';

/**
 * Columns bear the names of the fields they hold. `hours` are the sums over each hour in UTC, kept by triggers in the
 * transaction of the change itself: totals add hours up, and look at single attempts only in the hour where a period
 * begins. Without them a month of a million rows takes most of a second.
 */
const V1 = `
  CREATE TABLE attempts (
    attemptId TEXT NOT NULL PRIMARY KEY,
    callId TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    windowId TEXT NOT NULL,
    openedAt INTEGER NOT NULL,
    tier TEXT NOT NULL,
    task TEXT NOT NULL,
    provider TEXT NOT NULL,
    origin TEXT NOT NULL,
    modelAsked TEXT NOT NULL,
    language TEXT,
    workspace TEXT,
    estimatedInput INTEGER NOT NULL,
    estimatedCost INTEGER,
    closedAt INTEGER,
    outcome TEXT,
    failure TEXT,
    finish TEXT,
    modelReturned TEXT,
    input INTEGER,
    cacheRead INTEGER,
    cacheWrite INTEGER,
    output INTEGER,
    reasoning INTEGER,
    usageEstimated INTEGER,
    nanoUsd INTEGER,
    costSource TEXT,
    ttftMs REAL,
    durationMs REAL
  ) STRICT;
  CREATE INDEX attemptsByTime ON attempts (openedAt);
  CREATE INDEX attemptsOpen ON attempts (windowId) WHERE outcome IS NULL;

  CREATE TABLE windows (windowId TEXT NOT NULL PRIMARY KEY, beat INTEGER NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE hours (
    hour INTEGER NOT NULL,
    tier TEXT NOT NULL,
    task TEXT NOT NULL,
    calls INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    inputTokens INTEGER NOT NULL DEFAULT 0,
    outputTokens INTEGER NOT NULL DEFAULT 0,
    nanoUsd INTEGER NOT NULL DEFAULT 0,
    estimatedNanoUsd INTEGER NOT NULL DEFAULT 0,
    unknown INTEGER NOT NULL DEFAULT 0,
    open INTEGER NOT NULL,
    PRIMARY KEY (hour, tier, task)
  ) STRICT, WITHOUT ROWID;

  CREATE TRIGGER attemptOpened AFTER INSERT ON attempts BEGIN
    INSERT INTO hours (hour, tier, task, calls, attempts, open)
    VALUES (new.openedAt / 3600000, new.tier, new.task, new.attempt = 1, 1, 1)
    ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, attempts = attempts + 1, open = open + 1;
  END;

  CREATE TRIGGER attemptSettled AFTER UPDATE OF outcome ON attempts
  WHEN old.outcome IS NULL AND new.outcome IS NOT NULL BEGIN
    UPDATE hours SET
      open = open - 1,
      inputTokens = inputTokens + new.input + new.cacheRead + new.cacheWrite,
      outputTokens = outputTokens + new.output,
      nanoUsd = nanoUsd + ifnull(new.nanoUsd, 0),
      estimatedNanoUsd = estimatedNanoUsd + iif(new.costSource = 'estimated', new.nanoUsd, 0),
      unknown = unknown + (new.costSource = 'unknown')
    WHERE hour = new.openedAt / 3600000 AND tier = new.tier AND task = new.task;
  END;
`;

/**
 * Reservations, what the price was, which rule chose the tier; sums also by workspace and with cached tokens apart, so
 * that budgets and comparisons need no look at single rows; and names that were claimed once for all windows.
 */
const V2 = `
  ALTER TABLE attempts ADD COLUMN reserved INTEGER;
  ALTER TABLE attempts ADD COLUMN price TEXT;
  ALTER TABLE attempts ADD COLUMN rule TEXT;
  ALTER TABLE attempts ADD COLUMN note TEXT;

  CREATE TABLE claims (name TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;

  DROP TRIGGER attemptOpened;
  DROP TRIGGER attemptSettled;
  DROP TABLE hours;
  CREATE TABLE hours (
    hour INTEGER NOT NULL,
    tier TEXT NOT NULL,
    task TEXT NOT NULL,
    workspace TEXT NOT NULL,
    calls INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    inputTokens INTEGER NOT NULL DEFAULT 0,
    cachedTokens INTEGER NOT NULL DEFAULT 0,
    outputTokens INTEGER NOT NULL DEFAULT 0,
    nanoUsd INTEGER NOT NULL DEFAULT 0,
    estimatedNanoUsd INTEGER NOT NULL DEFAULT 0,
    unknown INTEGER NOT NULL DEFAULT 0,
    open INTEGER NOT NULL,
    PRIMARY KEY (hour, tier, task, workspace)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO hours
  SELECT openedAt / 3600000, tier, task, ifnull(workspace, ''), sum(attempt = 1), count(*),
    sum(ifnull(input + cacheRead + cacheWrite, 0)), sum(ifnull(cacheRead, 0)), sum(ifnull(output, 0)),
    sum(ifnull(nanoUsd, 0)), sum(iif(costSource = 'estimated', nanoUsd, 0)), sum(ifnull(costSource = 'unknown', 0)),
    sum(outcome IS NULL)
  FROM attempts GROUP BY 1, 2, 3, 4;

  CREATE TRIGGER attemptOpened AFTER INSERT ON attempts BEGIN
    INSERT INTO hours (hour, tier, task, workspace, calls, attempts, open)
    VALUES (new.openedAt / 3600000, new.tier, new.task, ifnull(new.workspace, ''), new.attempt = 1, 1, 1)
    ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, attempts = attempts + 1, open = open + 1;
  END;

  CREATE TRIGGER attemptSettled AFTER UPDATE OF outcome ON attempts
  WHEN old.outcome IS NULL AND new.outcome IS NOT NULL BEGIN
    UPDATE hours SET
      open = open - 1,
      inputTokens = inputTokens + new.input + new.cacheRead + new.cacheWrite,
      cachedTokens = cachedTokens + new.cacheRead,
      outputTokens = outputTokens + new.output,
      nanoUsd = nanoUsd + ifnull(new.nanoUsd, 0),
      estimatedNanoUsd = estimatedNanoUsd + iif(new.costSource = 'estimated', new.nanoUsd, 0),
      unknown = unknown + (new.costSource = 'unknown')
    WHERE hour = new.openedAt / 3600000 AND tier = new.tier AND task = new.task
      AND workspace = ifnull(new.workspace, '');
  END;
`;

/** Outcomes of answers, with sums over each hour as for attempts. */
const V3 = `
  CREATE TABLE outcomes (
    outcomeId TEXT NOT NULL PRIMARY KEY,
    callId TEXT NOT NULL,
    at INTEGER NOT NULL,
    tier TEXT NOT NULL,
    task TEXT NOT NULL,
    model TEXT NOT NULL,
    language TEXT,
    kind TEXT NOT NULL,
    characters INTEGER NOT NULL,
    kept INTEGER
  ) STRICT;
  CREATE INDEX outcomesByTime ON outcomes (at);

  CREATE TABLE outcomeHours (
    hour INTEGER NOT NULL,
    tier TEXT NOT NULL,
    task TEXT NOT NULL,
    model TEXT NOT NULL,
    kind TEXT NOT NULL,
    count INTEGER NOT NULL,
    characters INTEGER NOT NULL,
    kept INTEGER NOT NULL,
    PRIMARY KEY (hour, tier, task, model, kind)
  ) STRICT, WITHOUT ROWID;

  CREATE TRIGGER outcomeRecorded AFTER INSERT ON outcomes BEGIN
    INSERT INTO outcomeHours
    VALUES (new.at / 3600000, new.tier, new.task, new.model, new.kind, 1, new.characters, ifnull(new.kept, 0))
    ON CONFLICT DO UPDATE SET count = count + 1, characters = characters + excluded.characters,
      kept = kept + excluded.kept;
  END;
`;

/** Which conversation a call belongs to, what it is a part of, and which extension asked. */
const V4 = `
  ALTER TABLE attempts ADD COLUMN conversation TEXT;
  ALTER TABLE attempts ADD COLUMN stage TEXT;
  ALTER TABLE attempts ADD COLUMN initiator TEXT;
`;

/** Why the routing rules chose the tier, in words; never any text of the user's. */
const V5 = `ALTER TABLE attempts ADD COLUMN reason TEXT;`;

/** The questions of people are found without a look at every row of ghost text. */
const V7 = `CREATE INDEX attemptsScored ON attempts (openedAt) WHERE score IS NOT NULL`;

/** Scores are read from the index alone, and workspaces without a look at every sum. */
const V8 = `
  DROP INDEX attemptsScored;
  CREATE INDEX attemptsScored ON attempts (openedAt, score) WHERE score IS NOT NULL;
  CREATE INDEX groupsByWorkspace ON groupHours (workspace);
`;

/** The step at index n leads from version n (`PRAGMA user_version`) to n + 1. Published steps are never edited. */
export const MIGRATIONS: readonly string[] = [V1, V2, V3, V4, V5, GROUP_STEP, V7, V8];

/** Columns of `attempts`: those that are written when an attempt is opened, then those that are written when it is settled. */
export const ATTEMPT_COLUMNS = [
  'attemptId',
  'callId',
  'attempt',
  'windowId',
  'openedAt',
  'tier',
  'task',
  'provider',
  'origin',
  'modelAsked',
  'language',
  'workspace',
  'estimatedInput',
  'estimatedCost',
  ...LATER_OPENED,
  'closedAt',
  'outcome',
  'failure',
  'finish',
  'modelReturned',
  'input',
  'cacheRead',
  'cacheWrite',
  'output',
  'reasoning',
  'usageEstimated',
  'nanoUsd',
  'costSource',
  'ttftMs',
  'durationMs',
  ...LATER_SETTLED,
] as const;

type Column = (typeof ATTEMPT_COLUMNS)[number];
type OpenedColumn = Extract<Column, keyof AttemptOpened>;

const isOpenedColumn = (column: Column): column is OpenedColumn =>
  ATTEMPT_COLUMNS.indexOf(column) < ATTEMPT_COLUMNS.indexOf('closedAt');

export const OPENED_COLUMNS: readonly OpenedColumn[] = ATTEMPT_COLUMNS.filter(isOpenedColumn);
export const SETTLED_COLUMNS = ATTEMPT_COLUMNS.filter((column) => !isOpenedColumn(column));

/** Columns of `outcomes`. */
export const OUTCOME_COLUMNS = [
  'outcomeId',
  'callId',
  'at',
  'tier',
  'task',
  'model',
  'language',
  'kind',
  'characters',
  'kept',
  'ms',
] as const satisfies readonly (keyof OutcomeRow)[];

/** The file was written by a newer version of the extension, which alone knows what its tables mean. */
export class NewerLedgerError extends Error {
  override readonly name = 'NewerLedgerError';
}

/**
 * Brings the file to the newest version, each step in a transaction of its own, and keeps a copy of what an older
 * version wrote. Several windows may do this at once: the version is read again under the write lock.
 */
export function migrate(db: DatabaseSync, file: string, migrations = MIGRATIONS): void {
  refuseNewer(db, migrations);
  const found = versionOf(db);
  if (found > 0 && found < migrations.length) backUp(db, `${file}.v${found}.backup`);
  while (versionOf(db) < migrations.length) inTransaction(db, () => takeStep(db, migrations));
}

/** No version of Gearshift will be so many steps ahead of another: such a number is damage. */
const MOST_STEPS_AHEAD = 1_000;

/**
 * Asked before anything is written, for even the mode of the journal is in the file.
 * @throws NewerLedgerError
 * @throws an error of a damaged file, when its version cannot be one
 */
export function refuseNewer(db: DatabaseSync, migrations = MIGRATIONS): void {
  const found = versionOf(db);
  if (found < 0 || found > migrations.length + MOST_STEPS_AHEAD) throw damage(`the version ${found} cannot be one`);
  if (found > migrations.length) throw new NewerLedgerError(`version ${found}, known are ${migrations.length}`);
}

function takeStep(db: DatabaseSync, migrations: readonly string[]): void {
  const version = versionOf(db);
  const step = migrations[version];
  if (step === undefined) return;
  db.exec(step);
  db.exec(`PRAGMA user_version = ${version + 1}`);
}

/**
 * The first copy is the right one: a later one may be half migrated. It bears its name only when it is whole, so that a
 * window that dies on the way leaves no torso that passes for the backup.
 */
function backUp(db: DatabaseSync, copy: string): void {
  if (existsSync(copy)) return;
  const part = `${copy}.${process.pid}-${threadId}`;
  rmSync(part, { force: true });
  db.prepare('VACUUM INTO ?').run(part);
  chmodSync(part, 0o600);
  if (existsSync(copy)) rmSync(part, { force: true });
  else renameSync(part, copy);
}

const versionOf = (db: DatabaseSync): number => Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);

/** Runs `work` under the write lock; what it throws undoes it. */
export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    try {
      db.exec('ROLLBACK');
    } catch (failed) {
      debugLog('rolling back', failed);
      // SQLite has rolled back by itself, as it does when the disk is full.
    }
    throw error;
  }
}
