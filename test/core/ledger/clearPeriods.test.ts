import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLEAR_CHOICES, clearPeriod, periodOfDays } from '../../../src/core/ledger/clearPeriods.ts';

const day = (year: number, month: number, date: number): number => new Date(year, month - 1, date).getTime();

test('what is kept begins with a calendar month', () => {
  const now = day(2026, 1, 31) + 12 * 3_600_000;
  assert.deepEqual(
    CLEAR_CHOICES.map((choice) => clearPeriod(choice, now).until),
    [day(2026, 1, 1), day(2025, 10, 1), day(2026, 1, 1), Number.MAX_SAFE_INTEGER],
  );
  assert.ok(CLEAR_CHOICES.every((choice) => clearPeriod(choice, now).since === 0));
});

test('days are complete, both ends included, whatever their length', () => {
  assert.deepEqual(periodOfDays('2026-11-01', '2026-11-01'), { since: day(2026, 11, 1), until: day(2026, 11, 2) });
  assert.deepEqual(periodOfDays(' 2026-12-31', '2027-01-01 '), { since: day(2026, 12, 31), until: day(2027, 1, 2) });
  assert.deepEqual(periodOfDays('2028-02-29', '2028-02-29'), { since: day(2028, 2, 29), until: day(2028, 3, 1) });
});

test('an invalid day, or an end before the beginning, is not a period', () => {
  for (const [first, last] of [
    ['2026-11-02', '2026-11-01'],
    ['2026-02-29', '2026-03-01'],
    ['2026-13-01', '2026-13-01'],
    ['2026-11-1', '2026-11-2'],
    ['', ''],
    ['yesterday', 'today'],
  ] as const)
    assert.equal(periodOfDays(first, last), undefined, `${first} to ${last}`);
});
