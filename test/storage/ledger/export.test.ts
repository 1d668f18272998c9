import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DisplayCurrency } from '../../../src/core/common/displayCurrency.ts';
import { exportRows } from '../../../src/core/ledger/export.ts';
import { exportOutcomePages } from '../../../src/core/ledger/paging.ts';
import type { LedgerRow } from '../../../src/core/ledger/ledger.ts';
import { addUp, makeDir, openKind, opened, outcome, settled, wholeRow } from './rows.ts';

/** Reads CSV as RFC 4180 defines it. */
function parseCsv(text: string): Record<string, string>[] {
  const cells = [...text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)];
  const lines: string[][] = [[]];
  for (const [, quoted, plain = '', end] of cells) {
    lines.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === '\r\n') lines.push([]);
  }
  const [header = [], ...rows] = lines.slice(0, -1);
  return rows.map((row) => Object.fromEntries(header.map((name, index) => [name, row[index] ?? ''])));
}

const ROWS: LedgerRow[] = [
  wholeRow(opened('a/1'), settled('a/1')),
  wholeRow(opened('b/1'), settled('b/1', { cost: { nanoUsd: 12_000_000_345, source: 'computed' } })),
  wholeRow(opened('c/1'), settled('c/1', { cost: { nanoUsd: null, source: 'unknown' } })),
  wholeRow(opened('d/1', { workspace: null })),
];

test('both formats have the same columns and rows', () => {
  const json = JSON.parse(exportRows(ROWS, 'json')) as Record<string, unknown>[];
  const asText = json.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value ?? '')])),
  );
  assert.deepEqual(parseCsv(exportRows(ROWS, 'csv')), asText);
});

test('amounts are exact, and unknown ones are empty', () => {
  const csv = parseCsv(exportRows(ROWS, 'csv'));
  assert.deepEqual(
    csv.map((row) => [row['costUsd'], row['costNanoUsd'], row['costSource'], row['outcome']]),
    [
      ['0.000005001', '5001', 'provider', 'done'],
      ['12.000000345', '12000000345', 'computed', 'done'],
      ['', '', 'unknown', 'done'],
      ['', '', '', 'open'],
    ],
  );
});

test('the cost is in the display currency too, with its rate and day, beside USD', () => {
  const shown = (currency: DisplayCurrency) =>
    parseCsv(exportRows(ROWS, 'csv', currency)).map((row) =>
      ['costUsd', 'costShown', 'currency', 'currencyRate', 'currencyDate'].map((name) => row[name]),
    );
  assert.deepEqual(shown({ code: 'EUR', rate: 0.92, date: '2026-11-30' }).slice(1, 3), [
    ['12.000000345', '11.040000317', 'EUR', '0.92', '2026-11-30'],
    ['', '', 'EUR', '0.92', '2026-11-30'],
  ]);
  assert.deepEqual(shown({})[1], ['12.000000345', '12.000000345', 'USD', '1', '']);
});

test('no rows are a header, and an empty array', () => {
  assert.match(exportRows([], 'csv'), /^attemptId,callId,[^\r\n]*\r\n$/);
  assert.equal(exportRows([], 'json'), '[]');
});

test('a text that a spreadsheet would read as a formula is made harmless', () => {
  for (const modelAsked of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1']) {
    const [row] = parseCsv(exportRows([wholeRow(opened('a/1', { modelAsked }))], 'csv'));
    assert.equal(row?.['modelAsked'], `'${modelAsked}`);
    assert.equal(row?.['estimatedInput'], '120');
  }
});

test('any text survives the way through CSV', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', 'a', 'ä', '😀', ' ') }), (workspace) => {
      fc.pre(!workspace.startsWith('\r'));
      const [row] = parseCsv(exportRows([wholeRow(opened('a/1', { workspace }))], 'csv'));
      assert.equal(row?.['workspace'], workspace);
    }),
  );
});

test('what is exported adds up to the totals', async (t) => {
  const store = await openKind('sqlite', await makeDir(t));
  t.after(() => store.close());
  for (const { settled: end, ...row } of ROWS) {
    await store.open(row);
    if (end) await store.settle({ attemptId: row.attemptId, ...end });
  }
  const csv = parseCsv(exportRows(await store.rows({ since: 0 }), 'csv'));
  const sum = csv.reduce((total, row) => total + Number(row['costNanoUsd']), 0);
  const [total] = await store.totals(0);
  assert.equal(sum, total?.nanoUsd);
  assert.deepEqual([total], addUp(ROWS));
});

test('outcomes are exported page by page, and lead to their call', async () => {
  const rows = [outcome('a:kept', { callId: 'call', model: '=small' }), outcome('b', { kept: null, language: null })];
  async function* pages() {
    for (const row of rows) yield [row];
  }
  const join = async (format: 'csv' | 'json') => {
    let text = '';
    for await (const piece of exportOutcomePages(pages(), format)) text += piece;
    return text;
  };
  assert.deepEqual((await join('csv')).split('\r\n').slice(0, 3), [
    'outcomeId,callId,at,tier,task,model,language,kind,characters,kept,share,ms',
    "a:kept,call,2026-11-15T10:00:00.000Z,local,completion,'=small,typescript,there-5min,40,30,0.75,",
    'b,a,2026-11-15T10:00:00.000Z,local,completion,qwen2.5-coder:7b,,there-5min,40,,,',
  ]);
  const parsed = JSON.parse(await join('json')) as Record<string, unknown>[];
  assert.deepEqual([parsed.length, parsed[0]?.['share'], parsed[1]?.['share']], [2, 0.75, null]);
});
