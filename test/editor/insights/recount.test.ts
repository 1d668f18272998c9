import assert from 'node:assert/strict';
import path from 'node:path';
import { after, test } from 'node:test';
import { parseSettings, type RawSettings } from '../../../src/core/settings/settings.ts';
import type { LedgerRow } from '../../../src/core/ledger/ledger.ts';
import { TASKS, TIERS, type Outcome } from '../../../src/core/common/types.ts';
import { readInsights } from '../../../src/editor/insights/insightsData.ts';
import { openSqliteLedger } from '../../../src/storage/ledger/sqlite.ts';
import { DEFAULTS } from '../../support/manifest.ts';
import { openedRow, settledRow } from '../../support/ledgerRows.ts';
import { seeded } from '../../support/random.ts';
import { openWindow } from '../../support/window.ts';

/** The page against a recount of single rows by the user's calendar: time zones, changed clocks, two windows. */

const { TZ } = process.env;
after(() => {
  if (TZ === undefined) delete process.env.TZ;
  else process.env.TZ = TZ;
});

const DAY = 86_400_000;
const OUTCOMES: readonly Outcome[] = ['done', 'done', 'partial', 'failed', 'cancelled', 'interrupted'];
const QUESTIONS: readonly string[] = ['chat', 'escalate', 'edit', 'commit', 'review', 'agent'];
const { settings } = parseSettings(DEFAULTS as RawSettings, undefined);

/** Clocks change in most of these within the 60 days before their moment; Lord Howe moves by half an hour. */
const PLACES = [
  ['UTC', '2026-11-30T23:59:30Z'],
  ['America/New_York', '2026-11-15T04:30:00Z'],
  ['Europe/Bucharest', '2026-10-31T22:10:00Z'],
  ['Europe/Bucharest', '2026-04-02T09:00:00Z'],
  ['Australia/Lord_Howe', '2026-10-31T13:05:00Z'],
  ['Asia/Kathmandu', '2026-03-01T00:00:00Z'],
] as const;

function makeRows(seed: number, now: number): readonly LedgerRow[] {
  const random = seeded(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  return Array.from({ length: 1_500 }, (_, n): LedgerRow => {
    // Half of them close to a change of the hour or the day.
    const at = now - random() * 70 * DAY;
    const openedAt = Math.floor(n % 2 === 0 ? at : at - (at % 3_600_000) - (n % 4 === 1 ? 1 : 0));
    const fields = { openedAt, tier: pick(TIERS), task: pick(TASKS), category: pick(['bug', 'docs', null] as const) };
    const workspace = pick(['file:///a', 'file:///b', null]);
    const row = openedRow(`${seed}-${n}/1`, { ...fields, workspace, windowId: pick(['w1', 'w2']) });
    if (random() < 0.03) return { ...row, settled: null };
    const nanoUsd = Math.floor(random() * 3_000_000_000);
    const cost = pick([
      { nanoUsd, source: 'computed' },
      { nanoUsd, source: 'estimated' },
      { nanoUsd, source: 'provider' },
      { nanoUsd: null, source: 'unknown' },
    ] as const);
    const { attemptId: _id, ...settled } = settledRow(row.attemptId, { outcome: pick(OUTCOMES), cost });
    return { ...row, settled: { ...settled, closedAt: openedAt + 900 } };
  });
}

for (const [index, [zone, moment]] of PLACES.entries())
  test(`a period of the page equals a recount by the calendar of ${zone} at ${moment}`, async (t) => {
    process.env.TZ = zone;
    const now = Date.parse(moment);
    const file = path.join(openWindow(t).host.root, 'ledger.db');
    const windows = [
      await openSqliteLedger({ file, windowId: 'w1' }),
      await openSqliteLedger({ file, windowId: 'w2' }),
    ] as const;
    t.after(() => Promise.all(windows.map((store) => store.close())));
    const rows = makeRows(index + 1, now);
    for (const [which, store] of windows.entries())
      store.include(
        rows
          .filter(({ windowId }) => windowId === `w${which + 1}`)
          .flatMap(({ settled, ...row }) => [
            { kind: 'opened', row } as const,
            ...(settled ? [{ kind: 'settled', row: { attemptId: row.attemptId, ...settled } } as const] : []),
          ]),
      );
    const facts = { settings, prices: { find: () => Promise.resolve(undefined) }, dismissed: new Map(), now };
    // A calendar of days: the day of a row, as the user reads it.
    const calendar = new Intl.DateTimeFormat('en-CA', { timeZone: zone });
    const days = new Map<number, string>();
    const dayOf = (at: number): string => {
      const day = days.get(at) ?? calendar.format(at);
      days.set(at, day);
      return day;
    };
    const mondayOf = (at: number): string => {
      const day = new Date(`${dayOf(at)}T00:00:00Z`);
      return new Date(day.getTime() - ((day.getUTCDay() + 6) % 7) * DAY).toISOString().slice(0, 10);
    };
    const monthOf = (back: number): string => {
      const [year = 0, month = 0] = dayOf(now).split('-').map(Number);
      return new Date(Date.UTC(year, month - 1 - back, 1)).toISOString().slice(0, 7);
    };
    for (const [kind, back, isIn] of [
      ['month', 0, (at: number) => dayOf(at).startsWith(monthOf(0))],
      ['month', 1, (at: number) => dayOf(at).startsWith(monthOf(1))],
      ['month', 2, (at: number) => dayOf(at).startsWith(monthOf(2))],
      ...[0, 1, 4].map(
        (weeks) =>
          [
            'week',
            weeks,
            (at: number) => mondayOf(at) === mondayOf(Date.parse(`${mondayOf(now)}T12:00:00Z`) - weeks * 7 * DAY),
          ] as const,
      ),
    ] as const)
      for (const workspace of ['', 'file:///a']) {
        const own = rows.filter((row) => isIn(row.openedAt) && (workspace === '' || row.workspace === workspace));
        const paid = own.reduce((sum, { settled }) => sum + (settled?.cost.nanoUsd ?? 0), 0);
        // Whatever window looks.
        for (const store of back === 0 ? windows : [windows[0]]) {
          const { money, bars } = await readInsights({ ...facts, store }, { kind, back, workspace, tier: '' });
          const name = `${kind} ${back} of ${workspace || 'all'}`;
          assert.equal(money.nanoUsd, paid, name);
          assert.equal(money.unknown, own.filter(({ settled }) => settled?.cost.source === 'unknown').length, name);
          assert.equal(money.questions, own.filter(({ task }) => QUESTIONS.includes(task)).length, name);
          if (kind === 'month' && back > 0) {
            const drawn = bars.reduce((sum, { nanoUsd }) => sum + nanoUsd.local + nanoUsd.mid + nanoUsd.frontier, 0);
            assert.equal(drawn, paid, `the bars of ${name}`);
          }
        }
      }
  });
