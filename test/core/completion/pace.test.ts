import assert from 'node:assert/strict';
import test from 'node:test';
import { Pace } from '../../../src/core/completion/pace.ts';
import { Clock } from './support.ts';

const paceWith = (clock = new Clock()) => ({ clock, pace: new Pace(clock.now) });
const repeat = (n: number, what: () => void): void => Array.from({ length: n }).forEach(what);

test('a model that is mostly right is asked at once', () => {
  const { pace } = paceWith();
  repeat(5, () => pace.judged(true));
  assert.equal(pace.pauseMs(0), 0);
});

test('for a model that is mostly wrong typing has to stop first, by the typist’s own measure', () => {
  for (const gap of [80, 160]) {
    const { clock, pace } = paceWith();
    repeat(30, () => {
      clock.ms += gap;
      pace.typed();
    });
    repeat(20, () => pace.judged(false));
    pace.answered(500);
    const pause = pace.pauseMs(0);
    assert.ok(pause > gap * 1.5 && pause < gap * 2, `${pause} at a gap of ${gap}`);
    assert.equal(pace.pauseMs(50), pause - 50, 'what has passed counts');
  }
});

test('a quick model costs little when it is wrong: the pause is shorter', () => {
  const pauses = [30, 600].map((ms) => {
    const { pace } = paceWith();
    repeat(20, () => pace.judged(false));
    repeat(20, () => pace.answered(ms));
    return pace.pauseMs(0);
  });
  assert.ok((pauses[0] as number) < (pauses[1] as number) / 2);
});

test('rests do not belong to the rhythm', () => {
  const { clock, pace } = paceWith();
  const before = pace.state.gapMs;
  pace.typed();
  clock.ms += 5_000;
  pace.typed();
  assert.equal(pace.state.gapMs, before);
});

test('L02: in the long run typing causes two requests per second', () => {
  const { clock, pace } = paceWith();
  repeat(20, () => pace.judged(true));
  let sent = 0;
  repeat(1_000, () => {
    clock.ms += 66;
    if (pace.pauseMs(0) > 0) return;
    pace.sent();
    sent++;
  });
  assert.ok(sent <= 66 * 2 + 4, `${sent} in 66 s`);
});
