import assert from 'node:assert/strict';
import { test } from 'node:test';
import { issueBody } from '../../../src/core/setup/issueReport.ts';

test('a report holds versions and the last lines, without paths, in one block', () => {
  const body = issueBody({
    versions: { Gearshift: '1.2.3', 'VS Code': '1.130.0' },
    lines: ['old', "error ledger: Error: EACCES, open '/srv/merger/ledger.db'", 'an answer with ``` in it'],
  });
  assert.match(body, /^- Gearshift: 1\.2\.3$/m);
  assert.match(body, /^- VS Code: 1\.130\.0$/m);
  assert.ok(!body.includes('merger'));
  assert.equal(body.match(/```/g)?.length, 2);
});

test('a report is short enough for a tracker, and loses its oldest lines first', () => {
  const lines = Array.from({ length: 200 }, (_, i) => `line ${i} ${'x'.repeat(1_900)}`);
  const body = issueBody({ versions: { Gearshift: '1.2.3' }, lines });
  assert.ok(body.length <= 31_000);
  assert.ok(body.includes('line 199 '));
  assert.ok(!body.includes('line 0 '));
});
