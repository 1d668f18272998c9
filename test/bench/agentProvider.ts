/**
 * What our provider adds to a request of VS Code's chat, against a bare `fetch` of the same body to the same server, in
 * turns; and what counting tokens takes. Part of `npm run bench:agent`.
 */
import type { TestContext } from 'node:test';
import { performance } from 'node:perf_hooks';
import * as vscode from 'vscode';
import { quickTokens } from '../../src/core/languageModels/quickTokens.ts';
import { agentRig } from '../support/agentRig.ts';

const ROUNDS = 200;
const WARM_UP = 40;
/** As large as the first request of VS Code's default agent: 41 tools with 12,000 tokens, 4,000 tokens of instructions. */
const TOOLS = 41;
/** Bounds in ms. */
const BOUNDS = { p50: 15, p95: 60, counting: 1 };

const ends: (() => unknown)[] = [];
const test = { after: (end: () => unknown) => void ends.push(end) } as unknown as TestContext;
const { provider, server } = await agentRig(test);
server.script({ text: 'Fine.' });

const words = (count: number): string => 'Read the file before you edit it. '.repeat(Math.ceil(count / 8));
const tools = Array.from({ length: TOOLS }, (_, i) => ({
  name: `tool_${i}`,
  description: words(250),
  inputSchema: { type: 'object', properties: { path: { type: 'string', description: words(30) } } },
}));
const message = (role: number, text: string): object => ({ role, content: [new vscode.LanguageModelTextPart(text)] });

/** Milliseconds until the whole answer was handed to VS Code. */
async function throughProvider(round: number): Promise<number> {
  const started = performance.now();
  await provider.respond(
    'mid',
    [message(3, words(4_000)), message(1, `Question ${round}`)] as never,
    {
      tools,
      toolMode: 1,
      requestInitiator: 'github.copilot-chat',
      modelOptions: { _conversationId: `conversation-${round}` },
    } as never,
    { report: () => undefined },
    new vscode.CancellationTokenSource().token,
  );
  return performance.now() - started;
}

/** Milliseconds until the whole answer to the same body was read. */
async function bare(body: string): Promise<number> {
  const started = performance.now();
  const response = await fetch(`${server.baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  await response.text();
  return performance.now() - started;
}

const at = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? NaN;

const times = { provider: [] as number[], bare: [] as number[], added: [] as number[] };
for (let round = 0; round < WARM_UP + ROUNDS; round++) {
  const through = await throughProvider(round);
  const body = server.book.last?.rawBody ?? '';
  const plain = await bare(body);
  server.book.reset();
  if (round < WARM_UP) continue;
  times.provider.push(through);
  times.bare.push(plain);
  times.added.push(through - plain);
}

/** VS Code counts some thousand texts before each request: pieces of instructions, and names and descriptions of tools. */
const texts = Array.from({ length: 5_000 }, (_, i) => `${'property '.repeat(i % 12)}${i}`);
let sum = 0;
const counting: number[] = [];
for (let run = 0; run < 20; run++) {
  const started = performance.now();
  for (const text of texts) sum += quickTokens(text);
  counting.push((performance.now() - started) / 5);
}
if (sum === 0) throw new Error('nothing was counted');

const rows: readonly (readonly [string, number, number])[] = [
  ['a request of 16,000 tokens: added by the provider, p50', at(times.added, 0.5), BOUNDS.p50],
  ['the same, p95', at(times.added, 0.95), BOUNDS.p95],
  ['1,000 calls that count tokens, p50', at(counting, 0.5), BOUNDS.counting],
];
console.log(`${ROUNDS} requests each, in turns; fetch itself takes ${at(times.bare, 0.5).toFixed(1)} ms at p50`);
for (const [name, value, bound] of rows)
  console.log(`${value > bound ? 'OVER ' : 'ok   '} ${name.padEnd(60)} ${value.toFixed(2)} ms (bound ${bound})`);
if (rows.some(([, value, bound]) => value > bound)) process.exitCode = 1;
for (const end of ends.reverse()) await end();
