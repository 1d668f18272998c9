/**
 * What the gateway adds to the time to the first token, against a bare `fetch` to the same server, in turns in one run;
 * and whether 100 streams at once leave the event loop free. Run with `npm run bench:gateway`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { openLedger } from '../../src/storage/ledger/openLedger.ts';
import { watchSending } from '../../src/editor/platform/requestEvents.ts';
import { chatCall, openAiAt, testGateway } from '../support/gateway.ts';

const ROUNDS = 2_000;
const WARM_UP = 300;
const STREAMS = 100;
const SECONDS = 10;

const child = spawn(process.execPath, [fileURLToPath(new URL('./gatewayServer.ts', import.meta.url))]);
const [said] = (await once(child.stdout, 'data')) as [Buffer];
const url = `http://127.0.0.1:${said.toString().trim()}`;
const dir = mkdtempSync(join(tmpdir(), 'bench-gateway-'));
const { store } = await openLedger({ dir, windowId: 'bench', clock: Date.now, log: () => undefined });
const prices = { mid: { input: 0.27, output: 1.1 } };
// Each stream of the second part has an endpoint of its own in name, as 100 windows would have.
const { gateway } = testGateway(openAiAt(url, { prices }), { ledger: store, watchSending });
const never = new AbortController().signal;

const call = (maxTokens: number) =>
  chatCall('mid', {
    request: { kind: 'chat', messages: [{ role: 'user', content: 'What is a mutex? '.repeat(100) }], maxTokens },
  });

/** Milliseconds to the first token through the gateway. */
async function throughGateway(): Promise<number> {
  const started = performance.now();
  let first = NaN;
  for await (const { kind } of gateway.stream(call(1), never))
    if (kind === 'text' && Number.isNaN(first)) first = performance.now() - started;
  return first;
}

/** Milliseconds to the first bytes of the answer, with nothing but `fetch`. */
async function bare(): Promise<number> {
  const started = performance.now();
  const { request } = call(1);
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'mid', stream: true, max_tokens: 1, ...request }),
  });
  const reader = response.body?.getReader();
  await reader?.read();
  const first = performance.now() - started;
  while (!(await reader?.read())?.done);
  return first;
}

const at = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? NaN;
const ms = (value: number): string => `${value.toFixed(2)} ms`;

for (let n = 0; n < WARM_UP; n++) await (n % 2 ? bare() : throughGateway());
const times = { gateway: [] as number[], bare: [] as number[], added: [] as number[] };
for (let n = 0; n < ROUNDS; n++) {
  // Who goes first changes, so that neither has the warmer socket.
  const [one, two] = n % 2 ? [await bare(), await throughGateway()] : [await throughGateway(), await bare()];
  const [plain, through] = n % 2 ? [one, two] : [two, one];
  times.bare.push(plain);
  times.gateway.push(through);
  times.added.push(through - plain);
}
console.log(`time to the first token, ${ROUNDS} calls each, in turns`);
for (const share of [0.5, 0.99]) {
  const [through, plain] = [at(times.gateway, share), at(times.bare, share)];
  console.log(
    `  p${share * 100}: gateway ${ms(through)}, fetch ${ms(plain)}, difference ${ms(through - plain)}; of pairs ${ms(at(times.added, share))}`,
  );
}

/** The same through one window; its endpoint takes four at a time, so each stream has a gateway of its own. */
const gateways = Array.from({ length: STREAMS }, () =>
  testGateway(openAiAt(url, { prices }), { ledger: store, watchSending }),
);
const loop = monitorEventLoopDelay({ resolution: 1 });
const cpu = process.cpuUsage();
loop.enable();
const tokens = await Promise.all(
  gateways.map(async (own) => {
    let seen = 0;
    for await (const { kind } of own.gateway.stream(call(100 * SECONDS), never)) if (kind === 'text') seen++;
    return seen;
  }),
);
loop.disable();
const used = process.cpuUsage(cpu);
console.log(
  `${STREAMS} streams of 100 tokens/s for ${SECONDS} s: ${tokens.reduce((sum, seen) => sum + seen, 0)} tokens, ` +
    `event loop p99 ${ms(loop.percentile(99) / 1e6)}, longest gap ${ms(loop.max / 1e6)}, ` +
    `${((used.user + used.system) / 1e4 / SECONDS).toFixed(0)} % of a core`,
);
await store.close();
rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
child.kill();
