import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import type { DocumentView } from '../../src/core/completion/documentContext.ts';
import { codeBlocks } from '../../src/core/common/codeBlocks.ts';
import { upperRequestTokens } from '../../src/core/common/tokens.ts';
import { CHAT_LIMITS } from '../../src/core/gateway/call.ts';
import { openLedger } from '../../src/storage/ledger/openLedger.ts';
import { IncrementalLexer } from '../../src/webview/shared/incrementalLexer.ts';
import { at, settle, Window } from '../core/completion/support.ts';
import { startOpenAi } from '../servers/openai.ts';
import { makeDir, opened, openKind, settled } from '../storage/ledger/rows.ts';
import { cpuMs, cpuMsOf, leastCpuMs } from '../support/cpuTime.ts';
import { chatCall, finish, openAiAt, testGateway } from '../support/gateway.ts';

/** Load (L): the short form of what the benches measure in full. */

const quantile = (values: readonly number[], q: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(q * values.length)] ?? Infinity;

/** A file of 20,000 lines in which a user types at line 10,000. */
function longFile(): { document: DocumentView; type(key: number): { line: number; character: number } } {
  const lines = Array.from({ length: 20_000 }, (_, i) => `  const value${i} = compute(${i}, "${i}");`);
  const { document } = at('█', { lineCount: lines.length, lineAt: (line) => lines[line] ?? '' });
  return {
    document,
    type: (key) => {
      lines[10_000] = `  const x = ${'y'.repeat(key % 60)}`;
      return { line: 10_000, character: lines[10_000].length };
    },
  };
}

/** Processor time in ms of what each of `keys` keys does before it gives the editor its promise. */
async function typeInto(window: Window, keys: number): Promise<number[]> {
  const file = longFile();
  const times: number[] = [];
  for (let key = 0; key < keys; key++) {
    const position = file.type(key);
    const controller = new AbortController();
    let asked: Promise<unknown> = Promise.resolve();
    times.push(
      cpuMsOf(() => {
        asked = window.ask('█', { document: { ...file.document, version: key }, position }, controller.signal);
      }),
    );
    controller.abort();
    await asked;
  }
  return times;
}

test('L03 the editor gets its promise at once, even while the model has not answered for a minute', async () => {
  const window = new Window();
  void window.ask('const slow = █\n', { trigger: 'invoke' });
  await settle();
  await window.clock.pass(60_000);
  const times = await typeInto(window, 300);
  assert.ok(quantile(times, 0.95) < 2, `p95 ${quantile(times, 0.95)} ms`);
});

test('L05 no source looks through the workspace or watches it on its own', () => {
  const root = join(import.meta.dirname, '../../src');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name));
  const found = files.flatMap((name) => {
    const text = readFileSync(join(root, name), 'utf8');
    // The index of `@codebase` watches what it holds, from the first question on that needs it; its own test says so.
    if (name !== join('editor', 'codebase', 'changes.ts'))
      assert.doesNotMatch(text, /createFileSystemWatcher\(\s*['"`]\*\*/, `${name} watches all files`);
    return /workspace\.findFiles\(/.test(text) ? [name] : [];
  });
  // Mentions, stack traces and answers that name files look them up when a person asks; what a feature registers at its start does not.
  assert.deepEqual(found.sort(), [
    'editor/chat/escalationContext.ts',
    'editor/edits/editTargets.ts',
    'editor/platform/files.ts',
  ]);
  for (const name of files.filter((file) => /(^|\/)(main|register)\.ts$/.test(file)))
    assert.doesNotMatch(readFileSync(join(root, name), 'utf8'), /findFiles|readDirectory/, name);
});

test('L06 a chat of 200 turns with code blocks of 100 kB: sending and drawing a piece stay quick', () => {
  const block = `\`\`\`ts\n${'const value = compute(first, second);\n'.repeat(2_700)}\`\`\`\n`;
  const messages = Array.from({ length: 200 }, (_, i) => ({
    role: i % 2 ? ('assistant' as const) : ('user' as const),
    content: i % 40 === 1 ? block : `turn ${i}: ${'words '.repeat(50)}`,
  }));
  const request = { kind: 'chat', messages, maxTokens: 500 } as const;
  upperRequestTokens(request);
  assert.ok(leastCpuMs(() => upperRequestTokens(request), 50) < 50, 'counting before sending');
  assert.ok(leastCpuMs(() => codeBlocks(block), 50) < 50, 'blocks of the last answer');
  const lexer = new IncrementalLexer();
  lexer.lex(block.slice(0, 90_000), false);
  let length = 90_000;
  const pieces = Array.from({ length: 100 }, () => cpuMsOf(() => lexer.lex(block.slice(0, (length += 60)), false)));
  assert.ok(quantile(pieces, 0.95) < 16, `p95 ${quantile(pieces, 0.95)} ms for a piece`);
});

test('L07 with 20,000 rows a call is written, settled and totalled without a stall', async (t) => {
  const dir = await makeDir(t);
  const filled = await openKind('sqlite', dir, 'w0');
  for (let n = 0; n < 20_000; n++) {
    void filled.open(opened(`${n}/1`), []);
    void filled.settle(settled(`${n}/1`));
    if (n % 2_000 === 0) await filled.totals(0);
  }
  await filled.close();
  const { store } = await openLedger({ dir, windowId: 'w1', clock: Date.now, log: () => undefined });
  t.after(() => store.close());
  await store.totals(0);
  const begun = cpuMs();
  for (let n = 0; n < 20; n++) {
    await store.open(opened(`new-${n}/1`), []);
    await store.settle(settled(`new-${n}/1`));
    await store.totals(0);
  }
  assert.ok((cpuMs() - begun) / 20 < 50, `${(cpuMs() - begun) / 20} ms each`);
});

test('L08 three windows type at once: each key costs what it costs alone', async () => {
  const windows = [new Window(), new Window(), new Window()];
  const times = await Promise.all(windows.map((window) => typeInto(window, 300)));
  for (const own of times) assert.ok(quantile(own, 0.95) < 3, `p95 ${quantile(own, 0.95)} ms`);
});

/** What is in use, in MB. */
async function heapMb(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 3; i++) {
    await settle();
    collect();
  }
  return process.memoryUsage().heapUsed / 1e6;
}

test(
  'L10 eight replayed hours of typing, answers and pauses: memory and handles do not grow',
  { timeout: 60_000 },
  async () => {
    const window = new Window();
    const handles = (): number => process.getActiveResourcesInfo().length;
    const hour = async (n: number): Promise<void> => {
      for (let i = 0; i < 250; i++) {
        const controller = new AbortController();
        const asked = window.ask(`const value${n}x${i} = █\n`, { trigger: 'invoke' }, controller.signal);
        await settle();
        const stream = window.gateway.streams.at(-1);
        if (i % 7 === 0 && stream && !stream.closed) {
          await stream.say(`compute(${i});\n`);
          await stream.end();
        } else controller.abort();
        await asked;
        window.clock.ms += 14_400;
        window.gateway.streams.splice(0, window.gateway.streams.length - 1);
      }
      window.parts.inFlight.abort();
    };
    await hour(0);
    await hour(1);
    const [before, open] = [await heapMb(), handles()];
    for (let n = 2; n < 8; n++) await hour(n);
    const perHour = ((await heapMb()) - before) / 6;
    assert.ok(perHour <= 1, `${perHour.toFixed(2)} MB an hour`);
    assert.ok(handles() <= open + 1, `${handles()} handles after ${open}`);
  },
);

test('L11 fifty calls at once: at most four at one endpoint, in the order of asking; a waiting one stops at once', async (t) => {
  const server = await startOpenAi();
  t.after(() => server.stop());
  const { gateway } = testGateway(openAiAt(server.url));
  server.always('headers:20');
  const cancelled = new AbortController();
  const ends: number[] = [];
  let stoppedWith = -1;
  const calls = Array.from({ length: 50 }, async (_, n) => {
    const request = { kind: 'chat', messages: [{ role: 'user', content: `call ${n}` }], maxTokens: 20 } as const;
    const signal = n === 40 ? cancelled.signal : new AbortController().signal;
    const { result } = await finish(gateway.stream(chatCall('demo-mid', { request }), signal));
    if (n === 40) stoppedWith = ends.length;
    else ends.push(n);
    return result.outcome;
  });
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, server.book.inFlight)), 2);
  await server.book.waitFor((book) => book.calls.length >= 4);
  cancelled.abort();
  const outcomes = await Promise.all(calls);
  clearInterval(watch);
  assert.ok(most >= 2 && most <= 4, `${most} at once`);
  assert.equal(outcomes[40], 'cancelled');
  assert.ok(stoppedWith < 20, `the cancelled one ended after ${stoppedWith} others`);
  assert.equal(outcomes.filter((outcome) => outcome === 'done').length, 49);
  const asked = server.book.calls.map(({ body }) => Number(/call (\d+)/.exec(JSON.stringify(body))?.[1]));
  assert.ok(!asked.includes(40), 'the cancelled one was never sent');
  for (const [i, n] of asked.entries()) assert.ok(Math.abs(n - i) <= 5, `call ${n} was sent as number ${i}`);
});

test('L12 while other threads take the processor deadlines hold by the clock, and no slow answer is taken for a dead one', async (t) => {
  const burners = Array.from({ length: 4 }, () => new Worker('for (;;);', { eval: true }));
  t.after(() => Promise.all(burners.map((burner) => burner.terminate())));
  const server = await startOpenAi();
  t.after(() => server.stop());
  const { gateway } = testGateway(openAiAt(server.url));
  const limits = { ...CHAT_LIMITS, attempts: 1, headersMs: 2_000, firstTokenMs: 2_000 };
  server.next('headers:900');
  const slow = await finish(gateway.stream(chatCall('demo-mid', { limits }), new AbortController().signal));
  assert.equal(slow.result.outcome, 'done', JSON.stringify(slow.result.failure));
  server.next('hang');
  const begun = performance.now();
  const dead = await finish(gateway.stream(chatCall('demo-mid', { limits }), new AbortController().signal));
  const ms = performance.now() - begun;
  assert.equal(dead.result.failure?.kind, 'timeout');
  assert.ok(ms >= 1_950 && ms < 10_000, `${ms} ms`);
});
