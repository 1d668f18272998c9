import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { damage } from './sqliteErrors.ts';
import { GROUP_DISAGREEMENT } from './groupStatements.ts';
import { DISAGREEMENT, HOUR_AFTER, HOUR_MS, OUTCOME_DISAGREEMENT } from './statements.ts';

export interface Check {
  /**
   * Looks at every page of the file, and at every row and sum; throws what SQLite throws on damage. Takes seconds where
   * the file is large.
   */
  check(): void;
  /**
   * Compares rows and sums, an hour at a time, and rejects with what SQLite throws on damage where they disagree: a
   * flipped bit can hide rows, or change an amount, without SQLite noticing.
   */
  verify(): Promise<void>;
}

/** Compares the rows of a database with the sums that its triggers keep. */
export function createCheck(db: DatabaseSync): Check {
  const hourAfter = db.prepare(HOUR_AFTER);
  const kinds = [DISAGREEMENT, GROUP_DISAGREEMENT, OUTCOME_DISAGREEMENT].map((sql) => db.prepare(sql));

  /** The next hour that has sums or rows. */
  const nextHour = (hour: number): number | undefined => {
    const next = hourAfter.get({ hour, end: (hour + 1) * HOUR_MS })?.['next'];
    return next === null || next === undefined || !db.isOpen ? undefined : Number(next);
  };
  /** Compares one kind of sums in an hour. */
  const compare = (statement: StatementSync, hour: number): void => {
    const from = hour * HOUR_MS;
    const place = [hour, from, from + HOUR_MS, from, from + HOUR_MS, hour];
    if (statement.get(...place))
      throw damage(`rows and sums disagree in the hour from ${new Date(Math.max(0, from)).toISOString()}`);
  };

  return {
    check() {
      const found = db.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
      if (found !== 'ok') throw damage(String(found));
      for (let hour: number | undefined = -1; hour !== undefined; hour = nextHour(hour))
        for (const statement of kinds) compare(statement, hour);
    },
    async verify() {
      for (let hour: number | undefined = -1; hour !== undefined && db.isOpen; hour = nextHour(hour)) {
        for (const statement of kinds) {
          if (!db.isOpen) return;
          compare(statement, hour);
          await setImmediate();
        }
      }
    },
  };
}
