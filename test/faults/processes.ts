import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LedgerStore } from '../../src/core/ledger/ledger.ts';
import { NOON, addUp, costOf, inOrder } from '../storage/ledger/rows.ts';
import type { Kind } from '../storage/ledger/rows.ts';

/** Windows as processes of their own, and their death. */

export interface Ended {
  /** Whole lines; the last one may have been cut by a kill. */
  readonly said: string[];
  readonly errors: string;
  readonly signal: NodeJS.Signals | null;
}

/** Runs a file of this folder, killed that many milliseconds after its first word. */
export function runFile(
  name: string,
  args: readonly string[],
  { killAfter }: { killAfter?: number | undefined } = {},
): Promise<Ended> {
  const file = fileURLToPath(new URL(name, import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file, ...args]);
    let said = '';
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (said === '' && killAfter !== undefined) setTimeout(() => child.kill('SIGKILL'), killAfter);
      said += text;
    });
    child.on('error', reject);
    child.on('close', (_, signal) => resolve({ said: said.split('\n').slice(0, -1), errors, signal }));
  });
}

export const runWriter = (kind: Kind, dir: string, windowId: string, rows: number, killAfter?: number) =>
  runFile('./ledgerWriter.ts', [kind, dir, windowId, String(rows)], { killAfter });

/** Numbers from 0 to 1, the same in every run. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** What the ledger has acknowledged, kept outside of it. */
export interface Book {
  readonly opened: Set<string>;
  readonly settled: Set<string>;
  kills: number;
}

/**
 * Kills writers, three at a time, until that many have died. `pick` answers a number from 0 to 1: how soon each dies.
 */
export async function killWriters(kind: Kind, dir: string, kills: number, pick: () => number): Promise<Book> {
  const book: Book = { opened: new Set(), settled: new Set(), kills: 0 };
  while (book.kills < kills) {
    const ids = ['a', 'b', 'c'].slice(0, kills - book.kills).map((name) => `${name}${book.kills}`);
    const ended = await Promise.all(ids.map((id) => runWriter(kind, dir, id, 1e9, Math.floor(pick() * 120))));
    for (const { said, errors, signal } of ended) {
      assert.equal(errors, '');
      assert.equal(signal, 'SIGKILL');
      book.kills += 1;
      for (const line of said) {
        const [state, id = ''] = line.split(' ');
        if (state === 'opened') book.opened.add(id);
        if (state === 'settled') book.settled.add(id);
      }
    }
  }
  return book;
}

/** Compares a ledger with the book: nothing acknowledged is lost, nothing is there twice, and the sums are right. */
export async function compareWithBook(store: LedgerStore, book: Book): Promise<{ rows: number; nanoUsd: number }> {
  const rows = await store.rows({ since: 0 });
  const found = new Map(rows.map((row) => [row.attemptId, row]));
  assert.equal(found.size, rows.length, 'a row is there twice');
  const lost = [...book.opened].filter((id) => !found.has(id));
  const unsettled = [...book.settled].filter((id) => found.get(id)?.settled?.outcome !== 'done');
  assert.deepEqual([lost, unsettled], [[], []]);
  // A writer dies at most in one row between writing and saying so.
  assert.ok(rows.length - book.opened.size <= book.kills);
  const done = rows.filter(({ settled }) => settled);
  assert.ok(done.length - book.settled.size <= book.kills);
  const expected = done.reduce((sum, { attemptId }) => sum + costOf(attemptId), 0);
  const before = await store.totals(0);
  assert.equal(before[0]?.nanoUsd, expected);
  assert.equal(before[0]?.open, rows.length - done.length);
  await store.heartbeat(NOON + 120_000);
  const after = await store.rows({ since: 0 });
  const interrupted = after.filter(({ settled }) => settled?.outcome === 'interrupted');
  assert.equal(interrupted.length, rows.length - done.length);
  assert.ok(interrupted.every(({ settled }) => settled?.cost.source === 'estimated'));
  assert.deepEqual(inOrder(await store.totals(0)), inOrder(addUp(after)));
  return { rows: rows.length, nanoUsd: expected };
}
