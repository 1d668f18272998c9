import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { unitTests } from './unit.mjs';

const ROOT = path.resolve(import.meta.dirname, '../..');

test('a test file in a folder that did not exist before is run without being listed anywhere', (t) => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'gearshift-unit-'));
  t.after(() => fs.rmSync(root, { recursive: true, force: true, maxRetries: 5 }));
  for (const file of [
    'test/atTheTop.test.ts',
    'test/newRoom/deep/below.test.ts',
    'test/hosts/notTheHost.test.ts',
    'test/host/needsVscode.test.ts',
    'test/e2e/needsVscode.test.ts',
    'test/newRoom/helper.ts',
  ]) {
    fs.mkdirSync(path.join(root, path.dirname(file)), { recursive: true });
    fs.writeFileSync(path.join(root, file), '');
  }
  assert.deepEqual(unitTests(root), [
    'test/atTheTop.test.ts',
    'test/hosts/notTheHost.test.ts',
    'test/newRoom/deep/below.test.ts',
  ]);
});

test('no test file has a name that no run finds', () => {
  const files = fs
    .readdirSync(path.join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
    .map((name) => `test/${name.replaceAll('\\', '/')}`);
  const run = new Set(unitTests());
  assert.ok(run.has('test/tools/unit.test.ts'));
  assert.deepEqual(
    files.filter((file) => /\.(test|spec)\.\w+$/.test(file) && !run.has(file) && !/^test\/(host|e2e)\//.test(file)),
    [],
  );
});
