import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { daysOf, lastWeeks, spanOf } from '../../../src/core/insights/spans.ts';

test('weeks and months follow each other without a gap, and the present moment lies in the present one', () => {
  const now = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2035, 0, 1) });
  fc.assert(
    fc.property(now, fc.constantFrom('week', 'month'), fc.nat(30), (at, kind, back) => {
      const present = spanOf(kind, 0, at);
      assert.ok(present.since <= at && at < present.until);
      assert.equal(spanOf(kind, back + 1, at).until, spanOf(kind, back, at).since);
      const days = daysOf(spanOf(kind, back, at));
      assert.equal(days[0]?.since, spanOf(kind, back, at).since);
      assert.equal(days.at(-1)?.until, spanOf(kind, back, at).until);
      if (kind === 'week') assert.equal(days.length, 7);
      for (const [index, day] of days.entries()) assert.equal(day.since, days[index - 1]?.until ?? day.since);
    }),
  );
});

test('a week has 167 or 169 hours where the clocks change, in any time zone', () => {
  const code = `import { spanOf, lastWeeks } from ${JSON.stringify(new URL('../../../src/core/insights/spans.ts', import.meta.url).href)};
    const hours = (at) => { const { since, until } = spanOf('week', 0, at); return (until - since) / 3600000; };
    console.log(JSON.stringify([Date.UTC(2026, 2, 27), Date.UTC(2026, 9, 22), Date.UTC(2026, 5, 3)].map(hours)));`;
  const hoursIn = (zone: string): unknown => {
    const env = { ...process.env, TZ: zone };
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { env, encoding: 'utf8' });
    return JSON.parse(stdout) as unknown;
  };
  assert.deepEqual(hoursIn('Europe/Bucharest'), [167, 169, 168]);
  assert.deepEqual(hoursIn('Asia/Kolkata'), [168, 168, 168]);
  assert.deepEqual(hoursIn('UTC'), [168, 168, 168]);
});

test('the last weeks end with the present one', () => {
  const now = Date.UTC(2026, 10, 30, 12);
  const weeks = lastWeeks(8, now);
  assert.equal(weeks.length, 8);
  assert.deepEqual(weeks.at(-1), spanOf('week', 0, now));
});
