/**
 * The chat at its limits, in real VS Code: a thread of 200 turns with 500 code blocks, and an answer at 200 tokens a
 * second. Every token is the time at which the server sent it, so that the page itself knows how late its pixels are.
 */
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { ChatSession } from '../../src/core/chat/session.ts';
import { openChatStore } from '../../src/storage/chatStore.ts';
import { ChatPage } from '../e2e/chatPage.ts';
import { openVSCode } from '../e2e/harness.ts';
import { UNASKED } from '../support/chatSession.ts';
import { openAiAt, testGateway } from '../support/gateway.ts';
import { CODE_BLOCKS, longThread, TURNS } from './longThread.ts';
import { MOST_STOLEN, waitForQuiet, watchSteal } from './steal.ts';

const TOKENS_PER_SECOND = 200;
const SECONDS = 10;
const TOKENS_PER_PARAGRAPH = 60;

/** Bounds in ms and MB. */
const BOUNDS = { p50: 50, p95: 100, frameGap: 100, hostGap: 50, open: 400, heap: 120 };

const server = http.createServer((request, response) => {
  if (!request.url?.endsWith('/chat/completions')) return void response.writeHead(404).end();
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (delta: object, finish: string | null): boolean =>
    response.write(
      `data: ${JSON.stringify({ id: 'c', model: 'mid', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`,
    );
  const start = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - start) / 1000) * TOKENS_PER_SECOND);
    for (; sent < Math.min(due, TOKENS_PER_SECOND * SECONDS); sent++) {
      const space = (sent + 1) % TOKENS_PER_PARAGRAPH === 0 ? '.\n\n' : ' ';
      send({ content: `${Date.now()}${space}` }, null);
    }
    if (sent < TOKENS_PER_SECOND * SECONDS && !response.destroyed) return;
    clearInterval(timer);
    send({}, 'stop');
    response.end('data: [DONE]\n\n');
  }, 1000 / TOKENS_PER_SECOND);
});
await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

/** Measurements at most; the first that the machine let be judges, and if there is none, the last. */
const TRIES = 5;

for (let tries = 1, stolen = 1; tries <= TRIES && stolen > MOST_STOLEN; tries++) {
  await waitForQuiet();
  const host = await measureHost();
  const page = await measurePage();
  stolen = Math.max(host.stolen, page.stolen);
  const broken = report(host, page);
  if (stolen > MOST_STOLEN)
    console.log(
      `      disturbed: other machines took ${(stolen * 100).toFixed(0)} % of the processors meanwhile${tries < TRIES ? '; measured again' : ''}\n`,
    );
  process.exitCode = broken > 0 ? 1 : 0;
}
server.closeAllConnections();
server.close();

/** Prints the figures and gives the number of broken bounds. */
function report(host: Awaited<ReturnType<typeof measureHost>>, page: Awaited<ReturnType<typeof measurePage>>): number {
  const rows: [string, number, number, string][] = [
    ['opening the thread, last turns in sight', page.open, BOUNDS.open, 'ms'],
    ['token sent -> pixels, p50', page.p50, BOUNDS.p50, 'ms'],
    ['token sent -> pixels, p95', page.p95, BOUNDS.p95, 'ms'],
    ['longest gap between frames', page.frameGap, BOUNDS.frameGap, 'ms'],
    ['longest gap of the host event loop (session, gateway, store)', host.gap, BOUNDS.hostGap, 'ms'],
    ['JavaScript heap that the thread and the answer add to the page', page.heap, BOUNDS.heap, 'MB'],
  ];
  console.log(
    `${TURNS} turns, ${CODE_BLOCKS} code blocks, ${TOKENS_PER_SECOND} tokens/s for ${SECONDS} s; load ${os.loadavg()[0]?.toFixed(1)} on ${os.cpus().length} cores`,
  );
  for (const [name, value, bound, unit] of rows)
    console.log(
      `${value > bound ? 'OVER ' : 'ok   '} ${name.padEnd(62)} ${value.toFixed(0).padStart(5)} ${unit} (bound ${bound})`,
    );
  console.log(
    `      all ${TURNS} turns are drawn after ${page.all.toFixed(0)} ms; ${page.tokens} tokens were measured`,
  );
  return rows.filter(([, value, bound]) => value > bound).length;
}

/** The same session, gateway and store as in the extension host, with the long thread open. */
async function measureHost(): Promise<{ gap: number; stolen: number }> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gearshift-bench-'));
  const store = openChatStore(dir, () => undefined);
  await store.append('long', longThread('long', Date.now()));
  const { gateway } = testGateway(openAiAt(origin, { prices: { mid: { input: 1, output: 2 } } }));
  const session = new ChatSession({
    gateway,
    store,
    chain: () => [{ provider: 'cloud', model: 'mid' }],
    ...UNASKED,
    log: () => undefined,
  });
  await session.restore('long');
  // Here the sources of what is loaded with the first question are compiled then, which the bundle's are not.
  await session.ask('hello', 'mid');
  const delay = monitorEventLoopDelay({ resolution: 5 });
  const stolen = watchSteal();
  delay.enable();
  await session.ask('and now?', 'mid');
  delay.disable();
  const disturbed = stolen();
  await session.dispose();
  fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  return { gap: delay.max / 1e6, stolen: disturbed };
}

async function measurePage() {
  const code = await openVSCode({
    consents: [origin],
    settings: {
      'gearshift.providers': {
        cloud: { kind: 'openai', baseUrl: `${origin}/v1`, prices: { mid: { input: 0.27, output: 1.1 } } },
      },
      'gearshift.tiers.local': [],
      'gearshift.tiers.mid': ['cloud/mid'],
      'gearshift.tiers.frontier': [],
      'gearshift.completions.enabled': false,
    },
    files: { 'a.ts': 'let a;\n' },
  });
  try {
    const window = await code.newWindow();
    const chat = await ChatPage.open(window);
    // The first question makes the folder of this workspace's threads.
    await chat.chooseTier('mid');
    await chat.ask('hello');
    await chat.ended(0);
    const chats = path.join(code.globalStorageDir, 'chats');
    const [folder = ''] = fs.readdirSync(chats);
    const events = longThread('long', Date.now());
    fs.writeFileSync(
      path.join(chats, folder, 'long.jsonl'),
      events.map((event) => `${JSON.stringify(event)}\n`).join(''),
    );
    await window.reload();
    const again = await ChatPage.open(window);
    // The page shares its process with the workbench, so that only what is added can be told.
    const debug = await code.context.newCDPSession(window.page);
    const heapNow = async (): Promise<number> => {
      await debug.send('HeapProfiler.collectGarbage');
      return again.frame.evaluate(
        () => (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize / 1e6,
      );
    };
    const heapBefore = await heapNow();
    await again.openHistory();
    await again.frame.locator('.history [data-row]', { hasText: 'A long thread' }).waitFor();
    const stolenOpening = watchSteal();
    const opened = { ...(await again.frame.evaluate(openLongThread)), stolen: stolenOpening() };
    await window.page.waitForTimeout(1_000);
    await again.composer().click();
    await again.composer().pressSequentially('and now?');
    const stolenAnswering = watchSteal();
    const measured = again.frame.evaluate(watchTokens);
    await again.composer().press('Enter');
    const { late, gaps } = await measured;
    const stolen = Math.max(opened.stolen, stolenAnswering());
    const heap = (await heapNow()) - heapBefore;
    const sorted = [...late].sort((a, b) => a - b);
    const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Infinity;
    const [p50, p95] = [at(0.5), at(0.95)];
    return { ...opened, stolen, heap, p50, p95, frameGap: Math.max(0, ...gaps), tokens: late.length };
  } finally {
    await code.close();
  }
}

/** Runs in the page: opens the thread and waits for its last turns, then for all. */
async function openLongThread(): Promise<{ open: number; all: number }> {
  const frame = (): Promise<number> => new Promise((done) => requestAnimationFrame(done));
  const painted = (): Promise<void> =>
    new Promise((done) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => done();
      port2.postMessage(0);
    });
  const rows = [...document.querySelectorAll<HTMLElement>('.history [data-row]')];
  const start = performance.now();
  rows.find((row) => row.textContent?.includes('A long thread'))?.click();
  for (; document.querySelectorAll('article.answer .code-block').length < 5;) await frame();
  await painted();
  const open = performance.now() - start;
  for (; document.querySelectorAll('article').length < 200;) await frame();
  return { open, all: performance.now() - start };
}

/** Runs in the page: for each token, how long after it was sent a frame with it was painted; and the gaps of frames. */
async function watchTokens(): Promise<{ late: number[]; gaps: number[] }> {
  const before = document.querySelectorAll('article.answer').length;
  const late: number[] = [];
  const gaps: number[] = [];
  let open = 0;
  let seen = 0;
  let last = 0;
  let ended = false;
  while (!ended) {
    const at = await new Promise<number>((done) => requestAnimationFrame(done));
    // After this frame has been painted, with what others had drawn for it.
    await new Promise<void>((done) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => done();
      port2.postMessage(0);
    });
    const now = Date.now();
    const answers = document.querySelectorAll('article.answer');
    const answer = answers.length > before ? answers[answers.length - 1] : undefined;
    // Only what may have grown is read: measuring takes time of the page too.
    const blocks = answer?.querySelector('.markdown')?.children ?? [];
    const fresh: string[] = [];
    for (let i = open; i < blocks.length; i++) {
      const stamps = blocks[i]?.textContent?.match(/\b\d{13}\b/g) ?? [];
      fresh.push(...stamps.slice(i === open ? seen : 0));
      if (i < blocks.length - 1) continue;
      open = i;
      seen = stamps.length;
    }
    if (blocks.length > 0 && last > 0) gaps.push(at - last);
    last = blocks.length > 0 ? at : 0;
    for (const stamp of fresh) late.push(now - Number(stamp));
    ended = answer?.querySelector('.ending') !== null && answer !== undefined;
  }
  return { late, gaps };
}
