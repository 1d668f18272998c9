/** Takes the lock under which budgets are kept, says so, and never lets go: `node lockHolder.ts <kind> <dir>`. */
import { writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const [kind, dir = ''] = process.argv.slice(2);
if (kind === 'sqlite') new DatabaseSync(join(dir, 'ledger.db')).exec('BEGIN IMMEDIATE');
else writeFileSync(join(dir, 'reserve.lock'), '', { flag: 'wx' });
writeSync(1, 'held\n');
setInterval(() => undefined, 1_000);
