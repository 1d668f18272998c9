import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { exportRows } from '../../../src/core/ledger/export.ts';
import { readExport } from '../../../src/core/insights/colleague.ts';
import { formatMoney } from '../../../src/core/money/displayMoney.ts';
import { openedRow, settledRow } from '../../support/ledgerRows.ts';

test("a colleague's export is summed up as its own ledger would be", () => {
  const at = Date.UTC(2026, 10, 1);
  const rows = Array.from({ length: 10 }, (_, n) => {
    const { attemptId: _id, ...settled } = settledRow(`c${n}/1`, {
      cost: { nanoUsd: n * 1_000_003, source: 'computed' },
    });
    const about = { task: n % 2 === 0 ? 'chat' : 'completion', tier: n % 4 === 0 ? 'frontier' : 'mid' } as const;
    return { ...openedRow(`c${n}/1`, { openedAt: at + n * 86_400_000, category: 'bug', ...about }), settled };
  });
  const found = readExport(exportRows(rows, 'json'));
  assert.deepEqual(
    [found?.questions, found?.completions, found?.nanoUsd, found?.byTier],
    [5, 5, 45 * 1_000_003, { local: 0, mid: 2, frontier: 3 }],
  );
  assert.deepEqual([found?.since, found?.until], [at, at + 9 * 86_400_000]);
  assert.deepEqual(
    found?.byCategory.find(([category]) => category === 'bug'),
    ['bug', 5],
  );
});

test('a file that is no export is recognized, whatever is in it', () => {
  for (const text of ['', '{}', '[]', '[1,null]', 'attemptId,callId', '[{"attemptId":1}]', '[{"attemptId":"a"}]'])
    assert.equal(readExport(text), undefined, text);
  fc.assert(fc.property(fc.json(), (text) => void readExport(text)));
});

test('an amount is shown in the currency that the user states, else in USD, and an amount above 0 is never shown as 0', () => {
  const euro = { code: 'EUR', rate: 0.92, date: '2026-11-30' };
  assert.deepEqual(
    [0, 1_000_000_000, 420_000_000, 3_200_000, 1].map((nanoUsd) => formatMoney(nanoUsd, euro)),
    ['0.00 EUR', '0.92 EUR', '0.39 EUR', '0.0029 EUR', '0.000000001 EUR'],
  );
  for (const currency of [{}, { code: 'EUR' }, { rate: 2 }, { code: 'USD', rate: 2 }])
    assert.equal(formatMoney(420_000_000, currency), '$0.42');
});
