import { GroupTally, groupKeyOf } from '../../core/ledger/groups.ts';
import type { GroupQuery, GroupTotal } from '../../core/ledger/groupTypes.ts';
import { isWithin } from '../../core/ledger/ledger.ts';
import type {
  AttemptOpened,
  AttemptSettled,
  LedgerExtent,
  LedgerRow,
  RowQuery,
  Spending,
} from '../../core/ledger/ledger.ts';
import type { SpendingLimit, Total } from '../../core/ledger/ledger.ts';
import { createOutcomeTally } from '../../core/ledger/outcomes.ts';
import type { TimeSpan } from '../../core/common/types.ts';
import type { AnswerOutcome, OutcomeQuery, OutcomeRow, OutcomeTotal } from '../../core/ledger/outcomes.ts';
import { Tally } from '../../core/ledger/tally.ts';
import type { LedgerChange } from './change.ts';
import type { LedgerReader } from './reader.ts';

/** The changes that wait to be written into the database, and how they count until then. */

interface WaitingAttempt {
  readonly opened: AttemptOpened | null;
  readonly settled: AttemptSettled | null;
}

/** Changes by the id of their row. When a row was opened or settled twice, the first one counts. */
export class Waiting {
  readonly attempts = new Map<string, WaitingAttempt>();
  readonly outcomes = new Map<string, OutcomeRow>();
  /** Last sign of life of windows, by their ids. Milliseconds since the epoch. */
  readonly beats = new Map<string, number>();

  enter(change: LedgerChange): void {
    if (change.kind === 'beat') {
      this.beats.set(change.windowId, Math.max(change.at, this.beats.get(change.windowId) ?? 0));
    } else if (change.kind === 'outcome') {
      const { row } = change;
      if (!this.outcomes.has(row.outcomeId)) this.outcomes.set(row.outcomeId, row);
    } else {
      const id = change.row.attemptId;
      const { opened = null, settled = null } = this.attempts.get(id) ?? {};
      this.attempts.set(
        id,
        change.kind === 'opened'
          ? { opened: opened ?? change.row, settled }
          : { opened, settled: settled ?? change.row },
      );
    }
  }

  /** The same with more changes after it. */
  with(changes: readonly LedgerChange[]): Waiting {
    const all = new Waiting();
    for (const [id, attempt] of this.attempts) all.attempts.set(id, attempt);
    for (const [id, row] of this.outcomes) all.outcomes.set(id, row);
    for (const [id, at] of this.beats) all.beats.set(id, at);
    for (const change of changes) all.enter(change);
    return all;
  }
}

/** The sums that waiting attempts add to the rows of the database. */
export interface Overlay {
  /** Rows that the database does not have, in the order in which they were written. */
  readonly added: readonly LedgerRow[];
  /** Rows that are open in the database, as they are once settled. */
  readonly closed: readonly LedgerRow[];
}

/** @param stored the rows of the database with the ids of waiting ones */
function overlayOf(waiting: Waiting, stored: readonly LedgerRow[]): Overlay {
  const known = new Map(stored.map((row) => [row.attemptId, row]));
  const added: LedgerRow[] = [];
  const closed: LedgerRow[] = [];
  for (const [id, { opened, settled }] of waiting.attempts) {
    const row = known.get(id);
    if (row && !row.settled && settled) closed.push(settledRow(row, settled));
    else if (!row && opened) added.push(settled ? settledRow(opened, settled) : { ...opened, settled: null });
  }
  return { added, closed };
}

function settledRow(row: AttemptOpened, { attemptId: _, ...settled }: AttemptSettled): LedgerRow {
  return { ...row, settled };
}

/** The figures and rows of a base, with what waits. */
export class OverlaidReader {
  readonly #base: LedgerReader;
  readonly #waiting: () => Promise<Waiting>;

  /** @param waiting is asked before the base: a row that is imported meanwhile is then in both, and not in none */
  constructor(base: LedgerReader, waiting: () => Promise<Waiting>) {
    this.#base = base;
    this.#waiting = waiting;
  }

  async spending(limits: readonly SpendingLimit[]): Promise<readonly Spending[]> {
    const waiting = await this.#waiting();
    const stored = await this.#base.spending(limits);
    const overlay = await this.overlay(waiting);
    return limits.map((limit, i) => overlaySpending(stored[i] ?? { spent: 0, reserved: 0 }, limit, overlay));
  }

  async totals(since: number): Promise<readonly Total[]> {
    const waiting = await this.#waiting();
    const stored = await this.#base.totals(since);
    return waiting.attempts.size === 0 ? stored : overlayTotals(stored, since, await this.overlay(waiting));
  }

  async groups(query: GroupQuery): Promise<readonly GroupTotal[]> {
    const waiting = await this.#waiting();
    const stored = await this.#base.groups(query);
    return waiting.attempts.size === 0 ? stored : overlayGroups(stored, query, await this.overlay(waiting));
  }

  async answerOutcomes(query: GroupQuery): Promise<readonly AnswerOutcome[]> {
    const waiting = await this.#waiting();
    const stored = await this.#base.answerOutcomes(query);
    const added = await this.#addedOutcomes(waiting);
    if (added.length === 0) return stored;
    const calls = new Map((await this.#callsOf(waiting, added)).map((row) => [row.callId, row]));
    const fresh = added
      .filter(({ at, task }) => task !== 'completion' && at >= query.since && at < query.until)
      .map(({ callId, at, tier, task, model, kind, characters, kept, ms }): AnswerOutcome => {
        const call = calls.get(callId);
        return {
          callId,
          at,
          tier,
          task,
          model,
          kind,
          characters,
          kept,
          ms,
          category: call ? groupKeyOf(call).category : null,
          promptName: call?.promptName ?? null,
          promptVersion: call?.promptVersion ?? null,
        };
      })
      .filter(({ callId }) => !query.workspace || calls.get(callId)?.workspace === query.workspace);
    return [...fresh.reverse(), ...stored].sort((a, b) => b.at - a.at);
  }

  async questions(query: RowQuery): Promise<readonly LedgerRow[]> {
    const waiting = await this.#waiting();
    const { added, closed } = await this.overlay(waiting);
    const scored = { added: added.filter(({ score }) => score !== null), closed };
    return overlayRows(await this.#base.questions(query), query, scored);
  }

  shownTimes(query: GroupQuery): Promise<readonly number[]> {
    return this.#base.shownTimes(query);
  }

  scores(query: TimeSpan): Promise<readonly number[]> {
    return this.#base.scores(query);
  }

  async extent(): Promise<LedgerExtent> {
    const waiting = await this.#waiting();
    const { first, workspaces } = await this.#base.extent();
    const { added } = await this.overlay(waiting);
    const times = [...(first === undefined ? [] : [first]), ...added.map(({ openedAt }) => openedAt)];
    const named = added.flatMap(({ workspace }) => (workspace === null ? [] : [workspace]));
    return {
      first: times.length > 0 ? Math.min(...times) : undefined,
      workspaces: [...new Set([...workspaces, ...named])],
    };
  }

  /** The first attempts of the calls of outcomes, wherever they are. */
  async #callsOf({ attempts }: Waiting, outcomes: readonly OutcomeRow[]): Promise<readonly AttemptOpened[]> {
    const ids = [...new Set(outcomes.map(({ callId }) => `${callId}/1`))];
    const waiting = ids.flatMap((id) => attempts.get(id)?.opened ?? []);
    return [...waiting, ...(await this.#base.find(ids))];
  }

  async rows(query: RowQuery): Promise<readonly LedgerRow[]> {
    const waiting = await this.#waiting();
    return overlayRows(await this.#base.rows(query), query, await this.overlay(waiting));
  }

  async outcomes(query: OutcomeQuery): Promise<readonly OutcomeRow[]> {
    const waiting = await this.#waiting();
    return overlayOutcomes(await this.#base.outcomes(query), query, await this.#addedOutcomes(waiting));
  }

  async outcomeTotals(since: number): Promise<readonly OutcomeTotal[]> {
    const waiting = await this.#waiting();
    const stored = await this.#base.outcomeTotals(since);
    return overlayOutcomeTotals(stored, since, await this.#addedOutcomes(waiting));
  }

  async overlay(waiting: Waiting): Promise<Overlay> {
    if (waiting.attempts.size === 0) return { added: [], closed: [] };
    return overlayOf(waiting, await this.#base.find([...waiting.attempts.keys()]));
  }

  async #addedOutcomes({ outcomes }: Waiting): Promise<readonly OutcomeRow[]> {
    if (outcomes.size === 0) return [];
    const known = await this.#base.findOutcomes([...outcomes.keys()]);
    return [...outcomes.values()].filter(({ outcomeId }) => !known.has(outcomeId));
  }
}

function overlayTotals(stored: readonly Total[], since: number, { added, closed }: Overlay): readonly Total[] {
  const tally = new Tally();
  tally.add(stored);
  for (const row of added) if (row.openedAt >= since) tally.open(row);
  for (const row of [...added, ...closed]) if (row.openedAt >= since && row.settled) tally.settle(row, row.settled);
  return tally.totals();
}

function overlayGroups(
  stored: readonly GroupTotal[],
  { since, until, workspace }: GroupQuery,
  { added, closed }: Overlay,
): readonly GroupTotal[] {
  const isIn = (row: LedgerRow): boolean =>
    row.openedAt >= since && row.openedAt < until && (!workspace || row.workspace === workspace);
  const tally = new GroupTally();
  tally.add(stored);
  for (const row of added.filter(isIn)) tally.open(row);
  for (const row of [...added, ...closed].filter(isIn)) if (row.settled) tally.settle(row, row.settled);
  return tally.totals();
}

function overlaySpending(stored: Spending, limit: SpendingLimit, { added, closed }: Overlay): Spending {
  let { spent, reserved } = stored;
  for (const row of [...added, ...closed].filter((row) => isWithin(row, limit))) {
    if (row.settled) spent += row.settled.cost.nanoUsd ?? 0;
    else reserved += row.reserved ?? 0;
  }
  for (const row of closed) if (isWithin(row, limit)) reserved -= row.reserved ?? 0;
  return { spent, reserved };
}

/** The rows of a query, newest first. */
function overlayRows(
  stored: readonly LedgerRow[],
  { since, until = Infinity, limit }: RowQuery,
  { added, closed }: Overlay,
): readonly LedgerRow[] {
  if (added.length + closed.length === 0) return stored;
  const settled = new Map(closed.map((row) => [row.attemptId, row]));
  const fresh = added.filter(({ openedAt }) => openedAt >= since && openedAt < until).reverse();
  return [...fresh, ...stored.map((row) => settled.get(row.attemptId) ?? row)]
    .sort((a, b) => b.openedAt - a.openedAt)
    .slice(0, limit);
}

/** The outcomes of a query, newest first. `added` are those that the database does not have. */
function overlayOutcomes(
  stored: readonly OutcomeRow[],
  { since, until = Infinity, limit }: OutcomeQuery,
  added: readonly OutcomeRow[],
): readonly OutcomeRow[] {
  if (added.length === 0) return stored;
  const fresh = added.filter(({ at }) => at >= since && at < until).reverse();
  return [...fresh, ...stored].sort((a, b) => b.at - a.at).slice(0, limit);
}

function overlayOutcomeTotals(
  stored: readonly OutcomeTotal[],
  since: number,
  added: readonly OutcomeRow[],
): readonly OutcomeTotal[] {
  const tally = createOutcomeTally();
  tally.add(stored);
  added.filter(({ at }) => at >= since).forEach(tally.record);
  return tally.totals();
}
