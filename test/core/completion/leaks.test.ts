import assert from 'node:assert/strict';
import test from 'node:test';
import v8 from 'node:v8';
import vm from 'node:vm';
import { complete } from '../../../src/core/completion/complete.ts';
import { startWindow } from './socketWindow.ts';
import { at, settle, told, Window } from './support.ts';

v8.setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc') as () => void;

/** Heap in MB after everything that nothing refers to is gone. */
async function heapMb(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    await settle();
    collect();
  }
  return process.memoryUsage().heapUsed / 1e6;
}

test('L04: 10,000 completions, most of them overtaken, leave no more than 5 MB', { timeout: 60_000 }, async () => {
  const window = new Window();
  const text = (i: number): string =>
    `${'// a line of the document above the cursor\n'.repeat(40)}const value${i} = █\nend();\n`;
  const round = async (from: number, count: number): Promise<void> => {
    for (let i = from; i < from + count; i++) {
      const controller = new AbortController();
      const asked = window.ask(text(i), { trigger: 'invoke' }, controller.signal);
      for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
      const stream = window.gateway.streams.at(-1);
      if (i % 7 === 0 && stream && !stream.closed) {
        await stream.say(`compute(${i});\n`);
        await stream.end();
      } else controller.abort();
      await asked;
      window.clock.ms += 200;
      window.gateway.streams.splice(0, window.gateway.streams.length - 1);
    }
    window.parts.inFlight.abort();
    await settle();
  };
  await round(0, 500);
  const before = await heapMb();
  await round(500, 10_000);
  const grown = (await heapMb()) - before;
  assert.ok(grown <= 5, `${grown.toFixed(1)} MB`);
});

test('sockets, timers and listeners of completions are gone when they are', { timeout: 60_000 }, async (context) => {
  const { server, parts } = await startWindow(context);
  server.script((ask) => `value${ask.prompt.length % 10};\n`);
  const resources = (): string =>
    process
      .getActiveResourcesInfo()
      .filter((name) => name === 'Timeout')
      .join();
  const listener = new AbortController();
  let listeners = 0;
  const add = listener.signal.addEventListener.bind(listener.signal);
  const remove = listener.signal.removeEventListener.bind(listener.signal);
  listener.signal.addEventListener = ((...args: Parameters<typeof add>) => {
    listeners++;
    add(...args);
  }) as typeof add;
  listener.signal.removeEventListener = ((...args: Parameters<typeof remove>) => {
    listeners--;
    remove(...args);
  }) as typeof remove;
  const place = { severalCursors: false, writable: true, repo: 'work', sinceEditMs: 50, trigger: 'invoke' as const };
  const ask = (i: number, signal: AbortSignal) => complete({ ...at(`const a${i} = █\n`), ...place }, parts, { signal });
  await ask(-1, new AbortController().signal);
  const before = resources();
  let offered = 0;
  for (let i = 0; i < 60; i++) {
    const controller = new AbortController();
    const asked = ask(i, i % 3 ? controller.signal : listener.signal);
    if (i % 3) setTimeout(() => controller.abort(), i % 20);
    if (told(await asked).startsWith('value')) offered++;
  }
  parts.inFlight.abort();
  for (let i = 0; i < 100 && resources() !== before; i++)
    await new Promise((resolve) => setTimeout(resolve, 20).unref());
  assert.ok(offered >= 20, `${offered} were offered`);
  assert.equal(resources(), before, 'timers');
  assert.equal(listeners, 0, 'listeners on the editor’s signal');
  await server.book.waitFor((book) => book.calls.every(({ closedAt }) => closedAt !== undefined), 2_000);
});
