import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FailureKind } from '../../src/core/common/failures.ts';
import { describeFailure } from '../../src/core/gateway/describeFailure.ts';
import type { LedgerRow } from '../../src/core/ledger/ledger.ts';
import type { BookEntry } from '../servers/book.ts';
import { CANARY_KEY, CANARY_PROMPT, type Rig, type Run } from './rig.ts';

export interface Expected {
  readonly outcome: Run['result']['outcome'];
  /** Null: none. Left out: looked at by the test itself. */
  readonly failure?: FailureKind | null;
  /** Requests that the server saw; left out where no model server was asked. */
  readonly requests?: number;
  /** Rows on the ledger; by default as many as requests. */
  readonly rows?: number;
  /** Whether a row is marked as estimated. */
  readonly estimated?: boolean;
  /** Whether a healthy call is made at the end (O8). */
  readonly next?: boolean;
}

/** The ledger's rows of a call, in the order of its attempts. */
export async function rowsOf(rig: Rig, callId: string): Promise<LedgerRow[]> {
  const rows = await rig.ledger.rows({ since: 0 });
  return rows.filter((row) => row.callId === callId).sort((a, b) => a.attempt - b.attempt);
}

/** Oracles O1 to O8 of a call that has just ended; the server's book must hold its requests alone. */
export async function checkOracles(rig: Rig, run: Run, expected: Expected): Promise<readonly LedgerRow[]> {
  const { result } = run;
  const { book } = rig.server;
  checkEnd(run, expected);

  const entries = book.calls;
  if (expected.requests !== undefined) assert.equal(entries.length, expected.requests, `O2: ${book.summary()}`);
  assert.deepEqual(entries.map(({ fault }) => fault).filter(Boolean), [], 'the server has no fault of its own');

  await settles(
    () => book.inFlight === 0 || entries.every(({ scenario }) => scenario.includes('goes-on')),
    'O4: requests',
  );
  await settles(() => rig.clock.pending === 0, 'O4: timers');
  assert.equal(getEventListeners(run.signal, 'abort').length, 0, 'O4: listeners');

  const rows = await rowsOf(rig, result.callId);
  assert.equal(rows.length, expected.rows ?? expected.requests ?? rows.length, 'O3: a row for each attempt');
  checkRows(rows, entries, run);
  if (expected.estimated !== undefined)
    assert.equal(
      rows.some(({ settled }) => settled?.usageEstimated),
      expected.estimated,
      'O3: marked as estimated',
    );
  checkSecrets(rig, run, rows);
  if (expected.next ?? expected.requests !== undefined) await checkNext(rig);
  return rows;
}

/** O1: one state, in time, in words. */
function checkEnd({ result, events, tookMs, limits }: Run, expected: Expected): void {
  assert.equal(result.outcome, expected.outcome, `O1: ${JSON.stringify(result.failure)}`);
  if (expected.failure !== undefined)
    assert.equal(result.failure?.kind ?? null, expected.failure, JSON.stringify(result));
  const waits = events.reduce((sum, event) => sum + (event.kind === 'waiting' ? event.ms : 0), 0);
  assert.ok(tookMs <= limits.attempts * (limits.attemptMs + 2_000) + waits, `O1: ended after ${tookMs} ms`);
  assert.equal(result.failure !== null, ['failed', 'partial'].includes(result.outcome), 'O1: a failure has a reason');
  if (!result.failure || !result.place) return;
  const { text } = describeFailure(result.failure, result.place);
  assert.ok(text.length > 15, text);
  assert.doesNotMatch(text, /\[object|undefined|null|NaN|^terminated$|^fetch failed$/, 'O1');
}

/** O3: equal to the server's book to the last unit, or marked and not below it. */
function checkRows(rows: readonly LedgerRow[], entries: readonly BookEntry[], { result }: Run): void {
  assert.deepEqual(
    rows.map(({ attempt }) => attempt),
    rows.map((_, i) => i + 1),
    'O3: attempts',
  );
  const asked = entries.slice(-rows.length);
  let sum = 0;
  for (const [i, { settled }] of rows.entries()) {
    assert.ok(settled, 'O3: settled');
    const { nanoUsd } = settled.cost;
    assert.ok(nanoUsd !== null, 'O3: every model of the rig has a price');
    sum += nanoUsd;
    const entry = rows.length === entries.length ? asked[i] : undefined;
    if (!entry) continue;
    const free = settled.cost.source === 'free';
    // Of an answer that we left, what the server writes on unseen is in no estimate.
    const goesOn = settled.outcome === 'cancelled' && entry.scenario.includes('goes-on');
    if (settled.usageEstimated)
      assert.ok(free || goesOn || nanoUsd >= entry.costNano, `O3: ${nanoUsd} >= ${entry.costNano}`);
    else if (settled.usage.input + settled.usage.output > 0 && !entry.scenario.startsWith('{'))
      assert.equal(nanoUsd, free ? 0 : entry.costNano, 'O3: equal to the book');
  }
  assert.equal(result.knownNanoUsd, sum, 'O3: the result is the sum of the rows');
}

/** O7: neither the key nor the prompt anywhere but in the request. */
function checkSecrets(rig: Rig, run: Run, rows: readonly LedgerRow[]): void {
  const { failure, place } = run.result;
  const said = JSON.stringify([rig.log, rows, run.result, failure && place && describeFailure(failure, place)]);
  const files = readdirSync(rig.ledgerDir).map((file) => readFileSync(join(rig.ledgerDir, file), 'latin1'));
  for (const secret of [CANARY_KEY, CANARY_PROMPT])
    for (const text of [said, ...files]) assert.ok(!text.includes(secret), `O7: ${secret}`);
}

/** O8: the next healthy call succeeds at once. */
async function checkNext(rig: Rig): Promise<void> {
  const { server } = rig;
  server.reset();
  server.script('Fine again.');
  const next = await rig.ask();
  assert.equal(next.text, 'Fine again.', `O8: ${JSON.stringify(next.result.failure)}`);
  assert.deepEqual(next.waits, [], 'O8');
  assert.equal(server.book.calls.length, 1, 'O8');
  server.reset();
}

async function settles(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 1000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, `${what}: still there after 1 s`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
