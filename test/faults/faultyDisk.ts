import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import * as sqlite from 'node:sqlite';

/** Faults at the two places where the ledger meets the disk: `node:fs/promises` and `node:sqlite`. */

export type FileOperation =
  'open' | 'write' | 'appendFile' | 'sync' | 'stat' | 'readdir' | 'rename' | 'unlink' | 'mkdir' | 'chmod' | 'read';

const OF_HANDLES: readonly FileOperation[] = ['write', 'appendFile', 'sync', 'read'];

export const errorOf = (code: string): Error =>
  Object.assign(new Error(`${code}: the disk says no`), { code, errno: -1, syscall: 'test' });

/** Called before and after every use of an operation; what `before` throws is what the operation throws. */
export interface Spy {
  before?(operation: FileOperation, args: readonly unknown[]): void | { shortBy: number };
  after?(operation: FileOperation): void;
}

type Method = (...args: unknown[]) => Promise<unknown>;

/** Puts a spy on all file operations of the process; answers what takes it away. */
export function spyOnFiles(spy: Spy): () => void {
  const original = { ...fs };
  const replace = (target: object, operation: FileOperation, work: Method) => {
    (target as Record<string, Method>)[operation] = async (...args) => {
      const fault = spy.before?.(operation, args);
      if (fault) args[0] = (args[0] as Buffer).subarray(0, (args[0] as Buffer).length - fault.shortBy);
      const result = await work(...args);
      spy.after?.(operation);
      return result;
    };
  };
  for (const operation of ['appendFile', 'stat', 'readdir', 'rename', 'unlink', 'mkdir', 'chmod'] as const)
    replace(fs, operation, original[operation] as Method);
  replace(fs, 'open', async (...args) => {
    spy.before?.('open', args);
    const handle = await original.open(...(args as Parameters<typeof fs.open>));
    spy.after?.('open');
    for (const operation of OF_HANDLES) {
      const method = handle[operation as 'write'] as unknown as Method;
      replace(handle, operation, method.bind(handle));
    }
    return handle;
  });
  syncBuiltinESMExports();
  return () => {
    Object.assign(fs, original);
    syncBuiltinESMExports();
  };
}

/** `node:sqlite` with a spy on every statement that is executed: its text before and after. */
export function spyOnSqlite(spy: { before?(sql: string): void; after?(sql: string): void }): typeof sqlite {
  const around = <T>(sql: string, work: () => T): T => {
    spy.before?.(sql);
    const result = work();
    spy.after?.(sql);
    return result;
  };
  class Spied extends sqlite.DatabaseSync {
    override exec(sql: string): void {
      around(sql, () => super.exec(sql));
    }
    override prepare(...args: Parameters<sqlite.DatabaseSync['prepare']>): sqlite.StatementSync {
      const statement = super.prepare(...args);
      for (const name of ['run', 'all', 'get'] as const) {
        const method = statement[name].bind(statement) as (...values: unknown[]) => unknown;
        Object.assign(statement, { [name]: (...values: unknown[]) => around(args[0], () => method(...values)) });
      }
      return statement;
    }
  }
  return { ...sqlite, DatabaseSync: Spied };
}

/** What SQLite throws, by its result code. */
export const sqliteError = (errcode: number, message: string): Error =>
  Object.assign(new Error(message), { code: 'ERR_SQLITE_ERROR', errcode });
