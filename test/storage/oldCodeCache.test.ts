import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { removeOldCodeCache } from '../../src/storage/oldCodeCache.ts';

test('the code cache of an earlier version is removed, and nothing else', async (t) => {
  const storage = fs.mkdtempSync(path.join(os.tmpdir(), 'gearshift-old-cache-'));
  t.after(() => fs.rmSync(storage, { recursive: true, force: true, maxRetries: 5 }));
  fs.mkdirSync(path.join(storage, 'code-cache'));
  fs.writeFileSync(path.join(storage, 'code-cache', '13.6.233-x64-0a1b2c'), Buffer.alloc(4096));
  fs.mkdirSync(path.join(storage, 'ledger'));
  fs.writeFileSync(path.join(storage, 'prices.json'), '{}');
  await removeOldCodeCache(storage);
  assert.deepEqual(fs.readdirSync(storage).sort(), ['ledger', 'prices.json']);
  // There is none now, and the storage folder of a new installation is not there at all.
  await removeOldCodeCache(storage);
  await removeOldCodeCache(path.join(storage, 'not-there'));
  assert.deepEqual(fs.readdirSync(storage).sort(), ['ledger', 'prices.json']);
});

test('a code cache that cannot be removed is no failure', { skip: process.platform === 'win32' }, async (t) => {
  const storage = fs.mkdtempSync(path.join(os.tmpdir(), 'gearshift-old-cache-'));
  t.after(() => fs.rmSync(storage, { recursive: true, force: true, maxRetries: 5 }));
  fs.writeFileSync(path.join(storage, 'a-file'), '');
  // Part of the path is a file, so that the system refuses.
  await removeOldCodeCache(path.join(storage, 'a-file'));
});
