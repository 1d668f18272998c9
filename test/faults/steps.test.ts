import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Answer } from '../../src/core/chat/conversation.ts';
import { wordsOf } from '../../src/core/chat/describeAnswer.ts';
import { ChatSession, type SessionParts } from '../../src/core/chat/session.ts';
import { estimateTokens } from '../../src/core/common/tokens.ts';
import { openChatStore } from '../../src/storage/chatStore.ts';
import { openLedger } from '../../src/storage/ledger/openLedger.ts';
import { applyTo, fenced, searchReplace } from '../core/edits/apply.ts';
import { at, told, Window } from '../core/completion/support.ts';
import { startOpenAi } from '../servers/openai.ts';
import { openAiAt, testGateway } from '../support/gateway.ts';
import { fault } from './rig.ts';

/**
 * Work in several steps (M12, M13, M19), and answers that land where something changed (F72). There are no pipelines;
 * what takes several paid steps is a question that folds the oldest turns first, and an answer that is checked and asked
 * for again.
 */

const PRICE = { input: 1, output: 2 } as const;

/** A chat with a small window, at a server that counts; budgets and prices are real. */
async function chat(t: TestContext, window: number, parts: Parameters<typeof testGateway>[1] = {}) {
  const server = await startOpenAi({ models: [{ name: 'mid', price: PRICE }] });
  t.after(() => server.stop());
  const { gateway, ledger } = testGateway(openAiAt(server.url, { prices: { mid: PRICE } }), parts);
  const dir = mkdtempSync(join(tmpdir(), 'faults-chat-'));
  t.after(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  const nano = (usd: number): number => usd * 1e9;
  const step = { above: 0, input: nano(1), output: nano(2), cacheRead: nano(1), cacheWrite: nano(1) };
  const session = new ChatSession({
    gateway,
    store: openChatStore(dir, () => undefined),
    chain: () => [{ provider: 'cloud', model: 'mid' }],
    route: () => Promise.reject(new Error('not asked for')),
    missingConsent: () => [],
    grantConsent: () => Promise.resolve(),
    price: () => Promise.resolve({ source: 'user', date: '', steps: [step] }),
    window: () => Promise.resolve(window),
    confirmAbove: () => Infinity,
    now: Date.now,
    defaultTier: () => 'mid',
    log: () => undefined,
  } satisfies SessionParts);
  t.after(() => session.dispose());
  const answers = (): Answer[] => session.thread.turns.filter((turn): turn is Answer => turn.role === 'assistant');
  return { server, ledger, session, answers };
}

const isSummary = (prompt: string): boolean => prompt.includes('Write the notes.');
/** Long enough that three questions fill a window of 3,000 tokens. */
const LONG = 'lorem ipsum dolor '.repeat(200);

// ---- M12

fault(
  'M12 a check that says "again" of every answer: at most as many attempts as allowed, then the failure',
  async (rig) => {
    rig.server.always('ok');
    let judged = 0;
    const run = await rig.ask({
      chain: ['mid', 'second', 'frontier', 'mid', 'second', 'frontier'].map((name) => rig.ref(name)),
      accept: () => `again, for the ${++judged}th time`,
    });
    assert.deepEqual([judged, rig.server.book.calls.length], [3, 3]);
    assert.deepEqual([run.result.outcome, run.result.failure?.kind, run.text], ['failed', 'unusable', '']);
    const rows = await rig.ledger.rows({ since: 0 });
    assert.equal(rows.length, 3);
    assert.equal(run.result.knownNanoUsd, rig.server.book.totals().costNano, 'and every one of them is paid for');
  },
);

test('M12 a summary that is as long as its source is made once for a question, and never loops', async (t) => {
  const { server, session, answers } = await chat(t, 3_000);
  server.script(({ prompt }) => (isSummary(prompt) ? LONG : `Answer. ${LONG}`));
  for (let n = 0; n < 8; n++) {
    const before = server.book.calls.length;
    await session.ask(`question ${n}`, 'mid');
    assert.ok(server.book.calls.length - before <= 2, `${server.book.calls.length - before} calls for question ${n}`);
  }
  assert.equal(answers().length, 8);
  assert.ok(session.thread.summaries.length > 0, 'it did fold');
});

// ---- M13

test('M13 stopped while the oldest turns are summed up: the answer is not begun, what was spent is on the ledger', async (t) => {
  const { server, session, ledger, answers } = await chat(t, 3_000);
  server.script(() => `Answer. ${LONG}`);
  for (const question of ['q1', 'q2', 'q3']) await session.ask(question, 'mid');
  server.always('between-tokens:30');
  const asked = session.ask(`q4 ${LONG}`, 'mid');
  await server.book.waitFor(({ calls }) => calls[3]?.status === 200);
  assert.match(session.busy?.waiting ?? '', /Summarizing the first \d questions/);
  await session.stop();
  await asked;
  assert.equal(server.book.calls.length, 4, 'the later step was not started');
  assert.equal(answers().at(-1)?.state, 'cancelled');
  assert.equal(session.thread.summaries.length, 0, 'half a summary is none');
  const row = ledger.settled.at(-1);
  assert.equal(row?.outcome, 'cancelled');
  assert.ok((row?.cost.nanoUsd ?? 0) >= (server.book.calls[3]?.costNano ?? Infinity), 'not below the truth');
});

test('M13 no budget for the first step: the later one is not started either, and the words say why', async (t) => {
  let usd = 100;
  const dir = mkdtempSync(join(tmpdir(), 'faults-steps-'));
  const { store } = await openLedger({ dir, windowId: 'w', clock: Date.now, log: () => undefined });
  t.after(async () => {
    await store.close();
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  });
  const { server, session, answers } = await chat(t, 3_000, {
    ledger: store,
    budgets: () => [
      {
        budget: { usd, period: 'day', warnAt: 0.8, stop: 'refuse' },
        limit: { since: 0, tier: null, workspace: null, nanoUsd: usd * 1e9 },
      },
    ],
  });
  server.script(() => `Answer. ${LONG}`);
  for (const question of ['q1', 'q2', 'q3']) await session.ask(question, 'mid');
  usd = 0.000_001;
  await session.ask(`q4 ${LONG}`, 'mid');
  assert.equal(server.book.calls.length, 3);
  const last = answers().at(-1);
  assert.deepEqual([last?.state, last?.failure?.kind], ['failed', 'budget']);
  assert.match(last ? wordsOf(last, '').text : '', /\$0\.\d+.*spent/);
});

// ---- M19

test('M19 two hundred turns: each says its cost before it is sent, the window is kept, and the cost of a turn stays bounded', async (t) => {
  const window = 3_000;
  const { server, session, answers } = await chat(t, window);
  server.script(({ prompt }) => (isSummary(prompt) ? 'NOTES: locks.' : `Answer. ${LONG.slice(0, 300)}`));
  const shown: number[] = [];
  for (let n = 0; n < 200; n++) {
    const question = `Question ${n}: ${LONG.slice(0, 200)}`;
    const forecast = await session.forecast(question);
    assert.ok(forecast?.likely && forecast.plan.room !== null, 'a figure before it is sent');
    assert.equal(forecast.plan.tooLarge, false);
    shown.push(forecast.likely);
    await session.ask(question, 'mid');
  }
  assert.equal(answers().filter(({ state }) => state === 'done').length, 200);
  const sizes = server.book.calls.map(({ body }) =>
    estimateTokens(JSON.stringify((body as { messages: unknown }).messages)),
  );
  assert.ok(Math.max(...sizes) < window, `${Math.max(...sizes)} tokens`);
  const folds = server.book.calls.length - 200;
  assert.ok(folds >= 5 && folds <= 40, `${folds} summaries`);
  const most = (values: readonly number[]): number => Math.max(...values);
  const costs = answers().map(({ facts }) => facts?.nanoUsd ?? Infinity);
  assert.ok(most(costs.slice(100)) <= 1.1 * most(costs.slice(0, 100)), 'the thread grows, the cost of a turn does not');
  // What was shown counts the usual length of an answer, which is above that of these.
  for (const [n, cost] of costs.entries()) assert.ok(cost <= (shown[n] ?? 0) * 1.2, `turn ${n}: ${cost} > ${shown[n]}`);
});

// ---- F72

const CODE = `import { pool } from './pool';

export function take(n: number): Item[] {
  const found = pool.slice(0, n);
  return found;
}

export function put(item: Item): void {
  pool.push(item);
}
`;
const FIXED = CODE.replace('pool.slice(0, n)', 'pool.splice(0, n)');
const ANSWERS = {
  'search/replace': searchReplace('  const found = pool.slice(0, n);', '  const found = pool.splice(0, n);'),
  diff: fenced(
    `@@ -3,3 +3,3 @@
 export function take(n: number): Item[] {
-  const found = pool.slice(0, n);
+  const found = pool.splice(0, n);
   return found;`,
    'diff',
  ),
  'whole file': fenced(FIXED.trimEnd(), 'ts src/take.ts'),
};
/** What the user did before the answer landed: the same to the text with the change, or a refusal. */
const MEANWHILE: Readonly<Record<string, { change: (text: string) => string; refused?: RegExp }>> = {
  nothing: { change: (text) => text },
  'lines were put above': { change: (text) => `// one\n// two\n${text}` },
  'lines were put below': { change: (text) => `${text}\nexport const last = 1;\n` },
  'the function beside it was changed': { change: (text) => text.replace('pool.push(item)', 'pool.unshift(item)') },
  'the function beside it was removed': { change: (text) => text.slice(0, text.indexOf('\nexport function put')) },
  'the very line was changed': {
    change: (text) =>
      text.replace(/pool\.spl?ice\(0, n\)/, 'pool.filter(isFree)').replace('pool.slice(0, n)', 'pool.filter(isFree)'),
    refused: /^(not-found|changed)$/,
  },
  'the line was removed': {
    change: (text) => text.replace(/ {2}const found = .*\n/, ''),
    refused: /^(not-found|changed)$/,
  },
};

for (const [format, answer] of Object.entries(ANSWERS))
  for (const [name, { change, refused }] of Object.entries(MEANWHILE))
    test(`F72 ${format}, ${name} before the answer landed: ${refused ? 'refused' : 'rebased'}`, () => {
      const now = change(CODE);
      const result = applyTo(answer, now, { base: CODE });
      if (refused) {
        assert.match(result.refused ?? 'applied', refused);
        assert.equal(result.text, now, 'nothing changed');
      } else assert.deepEqual([result.refused, result.text], [null, change(FIXED)]);
    });

test('F72 the file is gone, under this name, when the answer lands: refused, and no file comes of it', () => {
  for (const format of ['search/replace', 'diff'] as const)
    assert.equal(applyTo(ANSWERS[format], null, { base: CODE }).refused, 'missing', format);
});

test('F72 a completion that lands after its place changed, or in another file, is not offered there', async () => {
  const window = new Window();
  const first = new AbortController();
  const asked = window.ask('const found = █\n', {}, first.signal);
  await window.clock.pass(75);
  first.abort();
  const elsewhere = window.ask('// the line is gone now\n█\n');
  await window.gateway.streams[0]?.say('pool.take();');
  await window.gateway.streams[0]?.end();
  await window.clock.pass(1_000);
  await window.gateway.last.say('export {};');
  await window.gateway.last.end();
  assert.deepEqual([told(await asked), told(await elsewhere)], ['none: cancelled', 'export {};']);
  // The same line in a file of another name: the old answer is not its answer.
  const renamed = window.ask('const found = █\n', { ...at('const found = █\n', { uri: 'file:///repo/src/other.ts' }) });
  await window.clock.pass(1_000);
  assert.equal(window.gateway.streams.length, 3, 'asked again');
  await window.gateway.last.say('other();');
  await window.gateway.last.end();
  assert.equal(told(await renamed), 'other();');
});
