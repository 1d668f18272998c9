import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { Category } from '../../core/ledger/categories.ts';
import { GroupTally } from '../../core/ledger/groups.ts';
import type { GroupQuery, GroupSums, GroupTotal } from '../../core/ledger/groupTypes.ts';
import { NO_LATENCIES } from '../../core/ledger/latency.ts';
import type { LedgerStore } from '../../core/ledger/ledger.ts';
import type { AnswerOutcome } from '../../core/ledger/outcomes.ts';
import { GROUP_SUM_COLUMNS } from './groupSchema.ts';
import {
  ANSWER_OUTCOMES,
  FIRST_ROW,
  GROUPS_OF_HOURS,
  GROUPS_OF_SPAN,
  GROUP_SPAN_COLUMNS,
  QUESTIONS,
  SCORES,
  SHOWN_TIMES,
  SUM_GROUPS_OF_HOUR,
  WORKSPACES,
} from './groupStatements.ts';
import { inTransaction } from './schema.ts';
import { asRow, HOUR_MS } from './statements.ts';

type GroupReader = Pick<LedgerStore, 'groups' | 'answerOutcomes' | 'shownTimes' | 'scores' | 'extent' | 'questions'>;

/** Reads the sums by category and model. */
export function createGroupReader(db: DatabaseSync): GroupReader {
  // A file that is only read may have been written before there were such sums.
  if (db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'groupHours'").get() === undefined) return NO_GROUPS;
  const ofHours = db.prepare(GROUPS_OF_HOURS);
  const ofSpan = db.prepare(GROUPS_OF_SPAN);
  const answers = db.prepare(ANSWER_OUTCOMES);
  const questions = db.prepare(QUESTIONS);
  const shown = db.prepare(SHOWN_TIMES);
  const scores = db.prepare(SCORES);
  const workspaces = db.prepare(WORKSPACES);
  const firstRow = db.prepare(FIRST_ROW);
  ofHours.setReadBigInts(true);
  ofSpan.setReadBigInts(true);
  ofSpan.setReturnArrays?.(true);

  const span = (since: number, until: number, workspace: string | null): GroupTotal[] =>
    since >= until
      ? []
      : ofSpan.all(since, until, workspace).map((row) => {
          const values: unknown = row;
          const cells = Array.isArray(values) ? (values as SQLOutputValue[]) : Object.values(row);
          return asGroup(Object.fromEntries(GROUP_SPAN_COLUMNS.map((name, index) => [name, cells[index] ?? null])));
        });
  return {
    async groups(query: GroupQuery) {
      const { since, until } = wholeMs(query);
      const workspace = query.workspace ?? null;
      const from = Math.ceil(since / HOUR_MS);
      const end = Math.floor(until / HOUR_MS);
      if (from >= end) return span(since, until, workspace);
      const whole = ofHours.all({ from, until: end, workspace }).map(asGroup);
      const edges = [...span(since, from * HOUR_MS, workspace), ...span(end * HOUR_MS, until, workspace)];
      if (edges.length === 0) return whole;
      const tally = new GroupTally();
      tally.add(whole);
      tally.add(edges);
      return tally.totals();
    },
    async answerOutcomes(query) {
      const rows = answers.all({ ...wholeMs(query), workspace: query.workspace ?? null });
      return rows.map((row) => ({ ...row }) as unknown as AnswerOutcome);
    },
    async questions({ since, until = Number.MAX_SAFE_INTEGER, limit = -1 }) {
      const span = wholeMs({ since, until });
      return questions.all(span.since, span.until, limit).map(asRow);
    },
    async shownTimes(query) {
      const { since, until } = wholeMs(query);
      return shown.all(since, until, query.workspace ?? null).map((row) => Number(row['ms']));
    },
    async scores(query) {
      const { since, until } = wholeMs(query);
      return scores.all(since, until).map((row) => Number(row['score']));
    },
    async extent() {
      const first = firstRow.get()?.['first'];
      return {
        first: first === null || first === undefined ? undefined : Number(first),
        workspaces: workspaces.all().map((row) => String(row['workspace'])),
      };
    },
  };
}

export const NO_GROUPS: GroupReader = {
  groups: () => Promise.resolve([]),
  answerOutcomes: () => Promise.resolve([]),
  shownTimes: () => Promise.resolve([]),
  scores: () => Promise.resolve([]),
  questions: () => Promise.resolve([]),
  extent: () => Promise.resolve({ first: undefined, workspaces: [] }),
};

/** Puts calls into categories of the user, and makes the sums of their hours again. */
export function createCorrection(db: DatabaseSync): LedgerStore['correctCategory'] {
  const correct = db.prepare('UPDATE attempts SET ownCategory = ? WHERE attemptId = ?');
  const opened = db.prepare('SELECT openedAt FROM attempts WHERE attemptId = ?');
  const deleteSums = db.prepare('DELETE FROM groupHours WHERE hour = ?');
  const sum = db.prepare(SUM_GROUPS_OF_HOUR);
  return async (callId: string, category: Category | null) =>
    inTransaction(db, () => {
      const hours = new Set<number>();
      // The attempts of a call are numbered from 1.
      for (let attempt = 1; ; attempt += 1) {
        const found = opened.get(`${callId}/${attempt}`);
        if (!found) break;
        correct.run(category, `${callId}/${attempt}`);
        hours.add(Math.floor(Number(found['openedAt']) / HOUR_MS));
      }
      for (const hour of hours) {
        deleteSums.run(hour);
        sum.run(hour * HOUR_MS, (hour + 1) * HOUR_MS);
      }
      return hours.size > 0;
    });
}

/** Bounds as whole ms that a database can compare with. */
const wholeMs = ({ since, until }: GroupQuery): { since: number; until: number } => ({
  since: Math.max(0, Math.ceil(since)),
  until: Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.ceil(until))),
});

type Columns = Record<string, SQLOutputValue>;

/** The tables are STRICT and only this folder writes them: the casts hold. */
function asGroup(columns: Columns): GroupTotal {
  const sums: Record<string, number> = {};
  const first = [...NO_LATENCIES];
  const end = [...NO_LATENCIES];
  for (const name of GROUP_SUM_COLUMNS) {
    const bucket = BUCKET.exec(name);
    const value = Number(columns[name] ?? 0);
    if (bucket) (bucket[1] === 'first' ? first : end)[Number(bucket[2])] = value;
    else sums[name] = value;
  }
  const { tier, task, category, model } = columns;
  const key = { tier, task, category: category || null, model } as unknown as GroupTotal;
  return { ...key, ...(sums as unknown as GroupSums), first, end };
}

const BUCKET = /^(first|end)(\d+)$/;
