import assert from 'node:assert/strict';

/** Waits for something that no one waits for, at most 20 s, also where the test has taken over the timers. */
export async function until(isSo: () => boolean, what = 'what the test waits for'): Promise<void> {
  const end = performance.now() + 20_000;
  while (!isSo()) {
    assert.ok(performance.now() < end, `${what} has not come`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Lets what was started, and waits for neither disk nor clock, come to its end. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}
