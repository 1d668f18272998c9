import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { giveUp } from '../../core/common/debugLog.ts';
import type { Cleared, LedgerFiles, LedgerRow } from '../../core/ledger/ledger.ts';
import { readPieces } from '../lines.ts';
import { stamp } from '../files.ts';
import { decodeChange, encodeChange } from './change.ts';
import type { OutcomeRow } from '../../core/ledger/outcomes.ts';
import type { RowChange } from './change.ts';

/** Backups of what was cleared: `cleared-<time>.backup`, lines as in a spill (`change.ts`): rows, then outcomes, newest first. */

const NAME = /^cleared-.*\.backup$/;

const isBackup = (name: string): boolean => NAME.test(name);

/** The changes that made a row. */
export function changesOf({ settled, ...row }: LedgerRow): Exclude<RowChange, { kind: 'outcome' }>[] {
  const changes: Exclude<RowChange, { kind: 'outcome' }>[] = [{ kind: 'opened', row }];
  if (settled) changes.push({ kind: 'settled', row: { attemptId: row.attemptId, ...settled } });
  return changes;
}

type Pages<Row> = AsyncIterable<readonly Row[]> | Iterable<readonly Row[]>;

/**
 * Writes the settled rows and the outcomes to a backup. It bears its name only when all of it has reached the disk; where there is nothing
 * to write there is no file.
 */
export async function writeBackup(dir: string, pages: Pages<LedgerRow>, outcomes: Pages<OutcomeRow>): Promise<Cleared> {
  const backup = join(dir, `cleared-${stamp()}.backup`);
  const part = `${backup}.part`;
  let rows = 0;
  let changes = 0;
  try {
    const handle = await open(part, 'wx', 0o600);
    const write = async (page: readonly RowChange[]): Promise<void> => {
      changes += page.length;
      await handle.appendFile(page.map((change) => `${encodeChange(change)}\n`).join(''));
    };
    try {
      for await (const page of pages) {
        const settled = page.filter((row) => row.settled);
        rows += settled.length;
        await write(settled.flatMap(changesOf));
      }
      for await (const page of outcomes) await write(page.map((row) => ({ kind: 'outcome', row })));
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (changes > 0) await rename(part, backup);
    return { backup: changes > 0 ? backup : null, rows };
  } finally {
    await rm(part, { force: true });
  }
}

/** The files in the folder of a ledger. */
export async function measureFiles(dir: string): Promise<LedgerFiles> {
  const names = await readdir(dir).catch(giveUp('files of the ledger', []));
  const found = await Promise.all(
    names.map(async (name) => ({
      name,
      ...(await stat(join(dir, name)).catch(giveUp('a file of the ledger', { size: 0, mtimeMs: 0 }))),
    })),
  );
  const isOther = ({ name }: { name: string }): boolean => !isBackup(name);
  return {
    bytes: found.filter(isOther).reduce((sum, { size }) => sum + size, 0),
    backups: found
      .filter(({ name }) => isBackup(name))
      .map(({ name, size, mtimeMs }) => ({ file: join(dir, name), at: mtimeMs, bytes: size }))
      .sort((a, b) => b.at - a.at),
  };
}

/** The changes of a backup, a batch at a time; damaged lines are left out. */
export async function* readBackup(backup: string): AsyncGenerator<readonly RowChange[], void> {
  for await (const { lines } of readPieces(backup, 0, { chunk: PIECE_BYTES, final: true, longest: 1 << 24 })) {
    const changes = lines.map(decodeChange).filter((change) => change !== undefined);
    yield changes.filter((change) => change.kind !== 'beat');
  }
}

/** Some hundred rows. */
const PIECE_BYTES = 1 << 18;
