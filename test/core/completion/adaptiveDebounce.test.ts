import assert from 'node:assert/strict';
import test from 'node:test';
import { AdaptiveDebounce } from '../../../src/core/completion/adaptiveDebounce.ts';
import { Clock } from './support.ts';

const paceWith = (clock = new Clock()) => ({ clock, pace: new AdaptiveDebounce(clock.now) });
const repeat = (n: number, what: () => void): void => Array.from({ length: n }).forEach(what);

test('a model that is mostly right is asked at once', () => {
  const { pace } = paceWith();
  repeat(5, () => pace.judged(true));
  assert.equal(pace.pauseMs(0), 0);
});

test('for a model that is mostly wrong, typing has to stop first, judged by the user’s own rhythm', () => {
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

test('a quick model that is always wrong does not use up what is needed when typing stops', () => {
  const { clock, pace } = paceWith();
  repeat(20, () => pace.judged(false));
  repeat(20, () => pace.answered(5));
  const waits: number[] = [];
  for (let word = 0; word < 40; word++) {
    let pause = 0;
    for (let key = 0; key < 7; key++) {
      clock.ms += 110;
      pace.typed();
      // VS Code asks some 50 ms after a key; the next one comes 60 ms later.
      pause = pace.pauseMs(50);
      if (key < 6 && pause < 60) pace.sent();
    }
    waits.push(pause);
    clock.ms += 900;
    pace.sent();
  }
  const late = waits.slice(5);
  assert.ok(Math.max(...late) <= 200, late.map(Math.round).join(', '));
});

test('long pauses do not belong to the typing rhythm', () => {
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
