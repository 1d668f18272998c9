import assert from 'node:assert/strict';
import test from 'node:test';
import { runFailedAgain } from './e2e.mjs';

const FIRST = {
  passed: 10,
  failed: 2,
  failedFiles: ['a.spec.ts', 'b.spec.ts'],
  failedTests: ['a.spec.ts: one', 'b.spec.ts: two'],
};

test('a run without a failure is not repeated', async () => {
  const counts = { passed: 3, failed: 0, failedFiles: [], failedTests: [] };
  const again = await runFailedAgain(counts, () => Promise.reject(new Error('run again')));
  assert.deepEqual(again, { ...counts, flakyTests: [] });
});

test('what passes the second time is flaky, what fails again has failed', async () => {
  const asked: string[][] = [];
  const counts = await runFailedAgain(FIRST, async (files) => {
    asked.push(files);
    return { passed: 4, failed: 1, failedFiles: ['b.spec.ts'], failedTests: ['b.spec.ts: two'] };
  });
  assert.deepEqual(asked, [['a.spec.ts', 'b.spec.ts']]);
  assert.deepEqual(counts, {
    passed: 11,
    failed: 1,
    failedFiles: ['b.spec.ts'],
    failedTests: ['b.spec.ts: two'],
    flakyTests: ['a.spec.ts: one'],
  });
});

test('a test that fails in the second run only has failed', async () => {
  const counts = await runFailedAgain(FIRST, async () => ({
    passed: 4,
    failed: 1,
    failedFiles: ['a.spec.ts'],
    failedTests: ['a.spec.ts: three'],
  }));
  assert.equal(counts.failed, 1);
  assert.deepEqual(counts.failedTests, ['a.spec.ts: three']);
});

test('a run that ended early without a failed test is still a failure', async () => {
  const counts = await runFailedAgain({ ...FIRST, failed: 3 }, async () => ({ passed: 5, failed: 0 }));
  assert.equal(counts.failed, 1);
});
