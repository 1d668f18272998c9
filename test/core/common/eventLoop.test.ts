import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventLoop } from '../../../src/core/common/eventLoop.ts';

/** Keeps the thread for so many ms. */
function work(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test('many callers that work in small steps let timers run, and every caller gets its turn', async () => {
  let fired = 0;
  const timer = setInterval(() => fired++);
  const done = await Promise.all(
    Array.from({ length: 40 }, async (_, n) => {
      for (let bit = 0; bit < 10; bit++) {
        await eventLoop.yieldIfBusy();
        work(0.2);
      }
      return n;
    }),
  );
  clearInterval(timer);
  assert.equal(done.length, 40);
  // 80 ms of work in turns of 8 ms and a bit; without turns there would be none.
  assert.ok(fired >= 4, `${fired} turns of the timer`);
});

test('a caller that comes when nothing has been done does not wait', async () => {
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  assert.equal(eventLoop.yieldIfBusy(), undefined);
  work(10);
  const waits = eventLoop.yieldIfBusy();
  assert.ok(waits);
  await waits;
  assert.equal(eventLoop.yieldIfBusy(), undefined);
});

test('callers continue in the order in which they asked, also those that come while others wait', async () => {
  const order: number[] = [];
  const ask = async (n: number): Promise<void> => {
    await eventLoop.yieldIfBusy();
    work(n % 3 === 0 ? 9 : 0);
    await eventLoop.yieldIfBusy();
    order.push(n);
  };
  const asked: Promise<void>[] = [];
  for (let n = 0; n < 30; n++) {
    asked.push(ask(n));
    if (n % 7 === 0) work(9);
    if (n % 5 === 0) await new Promise(setImmediate);
  }
  await Promise.all(asked);
  assert.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
  );
});
