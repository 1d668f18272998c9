/** SQLite's result codes: https://www.sqlite.org/rescode.html */

const SQLITE_ERROR = 1;
const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/** SQLite's primary result code, 0 for errors of other origin. */
const codeOf = (error: unknown): number =>
  error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;

/** An error as SQLite throws it where it finds a file damaged. */
export const damage = (message: string): Error => Object.assign(new Error(message), { errcode: SQLITE_CORRUPT });

export const isBusy = (error: unknown): boolean => codeOf(error) === SQLITE_BUSY;

/** Whether SQLite found a fault in a statement, not in the file. */
export const isStatementFault = (error: unknown): boolean => codeOf(error) === SQLITE_ERROR;

/**
 * Whether SQLite says that the file is no database, or a broken one. Our statements are sound: where SQLite finds a fault
 * in one, the text of tables and triggers in the file is damaged.
 */
export const isDamage = (error: unknown): boolean =>
  [SQLITE_ERROR, SQLITE_CORRUPT, SQLITE_NOTADB].includes(codeOf(error));
