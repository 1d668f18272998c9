import assert from 'node:assert/strict';
import { CHAT_LIMITS, INLINE_LIMITS } from '../../src/core/gateway/call.ts';
import { describeFailure } from '../../src/core/gateway/describeFailure.ts';
import { startSink } from '../servers/ports.ts';
import { redirect } from '../servers/scenario.ts';
import { FRAMES } from './frames.ts';
import { checkOracles, rowsOf } from './oracles.ts';
import { fault, type Run } from './rig.ts';

/** Faults before and at the headers: F13 to F36. */

const words = ({ result }: Run): string =>
  result.failure && result.place ? describeFailure(result.failure, result.place).text : '';

for (const [ms, outcome] of [
  [4_900, 'done'],
  [5_100, 'failed'],
] as const)
  fault(`F13 headers after ${ms / 1000} s for inline: ${outcome === 'done' ? 'accepted' : 'ended'}`, async (rig) => {
    rig.server.script('late');
    rig.server.next('headers:60');
    rig.clock.freeze();
    const asked = rig.ask({ limits: INLINE_LIMITS });
    await rig.server.book.waitFor((book) => book.calls.length === 1);
    rig.clock.advance(ms);
    const run = await asked;
    await checkOracles(rig, run, { outcome, failure: outcome === 'done' ? null : 'timeout', requests: 1 });
  });

fault('F14 200 with a web page (captive portal): an error, no cost, no success', async (rig) => {
  rig.server.always('html');
  const run = await rig.ask();
  const [row] = await checkOracles(rig, run, {
    outcome: 'failed',
    failure: 'not-a-model',
    requests: 1,
    estimated: false,
  });
  assert.equal(row?.settled?.cost.nanoUsd, 0);
  assert.match(words(run), /HTML/);
});

fault('F15 200 with an error as JSON: its words are shown, and its content decides', async (rig) => {
  for (const [error, kind, requests] of [
    [{ message: 'upstream failed', code: 502 }, 'overloaded', 3],
    [{ message: 'slow down', code: 'rate_limit_exceeded' }, 'rate-limited', 3],
    [{ message: "This model's maximum context length is 10 tokens" }, 'context-length', 1],
    ['something odd', 'server-error', 2],
    [{ message: { nested: 'object' } }, 'server-error', 2],
  ] as const) {
    rig.server.reset();
    rig.server.always({ reply: { status: 200, body: { error } } });
    const run = await rig.ask();
    await checkOracles(rig, run, { outcome: 'failed', failure: kind, requests });
    if (typeof error === 'object' && 'message' in error && typeof error.message === 'string' && kind === 'overloaded')
      assert.match(words(run), /upstream failed/);
  }
});

fault('F16 200 with an empty body: asked once more, then the next in the chain; never an answer', async (rig) => {
  rig.server.always('empty');
  const run = await rig.ask();
  await checkOracles(rig, run, { outcome: 'failed', requests: 2 });
  assert.ok(['empty', 'incomplete'].includes(run.result.failure?.kind ?? ''), run.result.failure?.kind);
  rig.server.next('empty');
  rig.server.next('empty');
  rig.server.script('from the second');
  const chain = await rig.ask({ chain: [rig.ref('mid'), rig.ref('second')] });
  assert.equal(chain.text, 'from the second');
  assert.equal(chain.result.model?.model, rig.ref('second').model);
});

fault('F17 200 with one whole object although a stream was asked for: understood', async (rig) => {
  const whole =
    rig.protocol === 'openai'
      ? {
          model: 'mid',
          choices: [{ index: 0, message: { role: 'assistant', content: 'whole' }, finish_reason: 'stop' }],
          usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 },
        }
      : {
          model: 'mid:cloud',
          message: { role: 'assistant', content: 'whole' },
          done: true,
          done_reason: 'stop',
          prompt_eval_count: 7,
          eval_count: 3,
        };
  rig.server.next({ reply: { status: 200, body: whole } });
  const run = await rig.ask();
  const [row] = await checkOracles(rig, run, { outcome: 'done', failure: null, requests: 1, estimated: false });
  assert.equal(run.text, 'whole');
  assert.equal(row?.settled?.cost.nanoUsd, 7 * 270 + 3 * 1100);
});

fault('F18 a wrong or missing content type on a right stream: accepted', async (rig) => {
  for (const scenario of ['wrong-type:text/plain', 'wrong-type:application/json', 'wrong-type:text/html'] as const) {
    rig.server.reset();
    rig.server.script('fine anyway');
    rig.server.next(`${scenario}+chunks:40`);
    const run = await rig.ask();
    await checkOracles(rig, run, { outcome: 'done', failure: null, requests: 1, estimated: false });
    assert.equal(run.text, 'fine anyway', scenario);
  }
  const { text, end } = FRAMES[rig.protocol];
  rig.server.next({ reply: { status: 200, body: text('no type') + end() } });
  assert.equal((await rig.ask()).text, 'no type');
});

fault('F19 204, 206 and 304: an error, and no hanging', async (rig) => {
  for (const status of [204, 206, 304]) {
    rig.server.reset();
    rig.server.always({ reply: { status, body: '' } });
    const run = await rig.ask();
    await checkOracles(rig, run, { outcome: 'failed', failure: 'not-a-model', requests: 1, estimated: false });
    assert.equal(run.result.failure?.status, status);
  }
});

fault('F20 any redirect: not followed, its target is never contacted', async (rig) => {
  const sink = await startSink();
  rig.t.after(() => sink.stop());
  for (const status of [301, 302, 307, 308] as const) {
    for (const location of [`${sink.url}/v1`, '/elsewhere', '//127.0.0.2/x', 'not a url %%']) {
      rig.server.reset();
      rig.server.always(redirect(status, location));
      const run = await rig.ask();
      await checkOracles(rig, run, { outcome: 'failed', failure: 'redirect', requests: 1, estimated: false });
    }
  }
  assert.equal(sink.contacts.length, 0);
});

fault(
  'F21 400 context too long, in the words of three vendors: once, then only a model with a larger window',
  async (rig) => {
    for (const message of [
      "This model's maximum context length is 4096 tokens. However, your messages resulted in 9000 tokens.",
      'prompt is too long: 210000 tokens > 200000 maximum',
      'the prompt is longer than the context length currently available to the model',
      'The input token count exceeds the context window',
    ]) {
      rig.server.reset();
      rig.server.next({ reply: { status: 400, body: { error: { message } } } });
      rig.server.script('from the larger one');
      const run = await rig.ask({ chain: [rig.ref('mid'), rig.ref('second')] });
      await checkOracles(rig, run, { outcome: 'done', failure: null, requests: 2 });
      assert.equal(run.text, 'from the larger one');
      assert.equal(run.result.attempts[0]?.failure?.kind, 'context-length', message);
      rig.server.always({ reply: { status: 400, body: { error: { message } } } });
      const alone = await rig.ask();
      await checkOracles(rig, alone, { outcome: 'failed', failure: 'context-length', requests: 1 });
    }
  },
);

fault('F22 400 other and 422: not repeated, and the words of the provider are shown', async (rig) => {
  for (const status of [400, 422]) {
    rig.server.reset();
    rig.server.always({ reply: { status, body: { error: { message: 'temperature must be a cheese' } } } });
    const run = await rig.ask({ chain: [rig.ref('mid'), rig.ref('second')] });
    await checkOracles(rig, run, { outcome: 'failed', failure: 'bad-request', requests: 1, estimated: false });
    assert.match(words(run), /must be a cheese/);
  }
});

fault('F23 401: not repeated, the key is never in the words, and the other models are not affected', async (rig) => {
  rig.server.always({ reply: ({ headers }) => ({ status: 401, body: { error: `bad key ${headers.authorization}` } }) });
  const run = await rig.ask({ chain: [rig.ref('mid'), { ...rig.ref('second'), provider: 'twin' }] });
  await checkOracles(rig, run, { outcome: 'failed', failure: 'auth', requests: 1, estimated: false });
  assert.match(run.result.failure?.detail ?? '', /bad key Bearer •••/);
});

for (const [id, status, kind] of [
  ['F24', 402, 'credit'],
  ['F25', 403, 'forbidden'],
] as const)
  fault(`${id} ${status}: not repeated; only a model of another provider may step in`, async (rig) => {
    rig.server.always(`status:${status}`);
    const same = await rig.ask({ chain: [rig.ref('mid'), rig.ref('second')] });
    await checkOracles(rig, same, { outcome: 'failed', failure: kind, requests: 1, estimated: false });
    rig.server.next(`status:${status}`);
    rig.server.script('from elsewhere');
    const other = await rig.ask({ chain: [rig.ref('mid'), { ...rig.ref('second'), provider: 'twin' }] });
    await checkOracles(rig, other, { outcome: 'done', failure: null, requests: 2 });
    assert.equal(other.text, 'from elsewhere');
  });

fault('F26 404 model missing: the next in the chain; alone, Ollama says how to get it', async (rig) => {
  rig.server.script('from the next');
  const run = await rig.ask({ chain: [rig.ref('gone'), rig.ref('mid')] });
  assert.equal(run.text, 'from the next');
  rig.server.reset();
  const alone = await rig.ask({ chain: [rig.ref('gone')] });
  assert.equal(alone.result.failure?.kind, 'model-missing');
  assert.equal(rig.server.book.calls.length, 1);
  if (rig.protocol === 'ollama') assert.match(words(alone), /ollama pull gone:cloud/);
  const rows = await rowsOf(rig, alone.result.callId);
  assert.deepEqual(
    rows.map(({ settled }) => settled?.usageEstimated),
    [false],
  );
});

fault('F27 404 wrong path: a hint about the URL, one request', async (rig) => {
  rig.server.always({ reply: { status: 404, body: '404 page not found' } });
  const run = await rig.ask();
  await checkOracles(rig, run, { outcome: 'failed', failure: 'wrong-path', requests: 1, estimated: false });
  assert.match(words(run), /\/v1/);
});

fault('F28 408 and 409: repeated by rule', async (rig) => {
  for (const status of [408, 409]) {
    rig.server.reset();
    rig.server.next(`status:${status}`);
    rig.server.script('then');
    const run = await rig.ask();
    await checkOracles(rig, run, { outcome: 'done', failure: null, requests: 2, estimated: false });
  }
});

fault('F29 413 and a request beyond our own limit: said, once, and the large one is not even sent', async (rig) => {
  rig.server.always('status:413');
  const run = await rig.ask();
  await checkOracles(rig, run, { outcome: 'failed', failure: 'too-large', requests: 1, estimated: false });
  rig.server.reset();
  const content = 'x'.repeat(70 * 1024);
  const own = await rig.ask({
    limits: INLINE_LIMITS,
    request: { kind: 'chat', messages: [{ role: 'user', content }], maxTokens: 10 },
  });
  await checkOracles(rig, own, { outcome: 'failed', failure: 'too-large', requests: 0, rows: 1, estimated: false });
});

fault(
  'F30 429 with Retry-After 2: waits at least 2 s, can be canceled while it waits, and asks exactly once more',
  async (rig) => {
    rig.server.next('retry-after:2');
    rig.server.script('patience');
    const run = await rig.ask();
    await checkOracles(rig, run, { outcome: 'done', failure: null, requests: 2, estimated: false });
    assert.equal(run.waits.length, 1);
    assert.ok((run.waits[0] ?? 0) >= 2_000);
    const gap = run.tookMs;
    assert.ok(gap >= 2_000, String(gap));
    rig.server.reset();
    rig.server.always('retry-after:2');
    const controller = new AbortController();
    const kinds: string[] = [];
    for await (const event of rig.gateway.stream(rig.call(), controller.signal)) {
      kinds.push(event.kind === 'end' ? event.result.outcome : event.kind);
      if (event.kind === 'waiting') setTimeout(() => controller.abort(), 10);
    }
    assert.deepEqual(kinds, ['attempt', 'waiting', 'cancelled']);
    assert.equal(rig.server.book.calls.length, 1);
    assert.equal(rig.clock.pending, 0);
  },
);

fault('F31 429 with every form of Retry-After: waited for, own step, or not waited for at all', async (rig) => {
  const soon = new Date(Date.now() + 5_000).toUTCString();
  const cases: [Record<string, string>, (ms: number | undefined) => boolean][] = [
    [{ 'retry-after': soon }, (ms) => ms !== undefined && ms > 2_500 && ms <= 5_000],
    [{ 'retry-after-ms': '1700' }, (ms) => ms === 1_700],
    [{ 'retry-after': '0' }, (ms) => ms === 750],
    [{ 'retry-after': '-5' }, (ms) => ms === 750],
    [{ 'retry-after': 'abc' }, (ms) => ms === 750],
    [{ 'retry-after': '3600' }, (ms) => ms === undefined],
    [{ 'retry-after': 'Wed, 01 Jan 2099 00:00:00 GMT' }, (ms) => ms === undefined],
  ];
  for (const [headers, waitedFor] of cases) {
    rig.server.reset();
    rig.server.next({ reply: { status: 429, headers } });
    rig.server.script('then');
    const run = await rig.ask();
    const waited = waitedFor(undefined) ? 'failed' : 'done';
    await checkOracles(rig, run, { outcome: waited, requests: waited === 'done' ? 2 : 1, estimated: false });
    assert.ok(waitedFor(run.waits[0]), `${JSON.stringify(headers)}: ${run.waits[0]}`);
    if (waited === 'failed') assert.ok((run.result.failure?.retryAfterMs ?? 0) > 30_000, 'it says when to come back');
  }
});

fault('F32 429 every time: three requests, then the circuit is open and typing pauses', async (rig) => {
  rig.server.always('status:429');
  const run = await rig.ask();
  await checkOracles(rig, run, {
    outcome: 'failed',
    failure: 'rate-limited',
    requests: 3,
    estimated: false,
    next: false,
  });
  assert.equal(rig.gateway.circuits()[0]?.state, 'open');
  const typing = { limits: INLINE_LIMITS, task: 'completion' } as const;
  for (let key = 0; key < 20; key++) assert.equal((await rig.ask(typing)).result.failure?.kind, 'circuit-open');
  assert.equal(rig.server.book.calls.length, 3);
  rig.clock.advance(30_000);
  rig.server.always('ok');
  assert.equal((await rig.ask(typing)).result.outcome, 'done', 'one probe after half a minute');
  assert.equal(rig.gateway.circuits()[0]?.state, 'closed');
});

fault('F33 500, 502, 503, 504 and 529 once, then an answer: two requests, two rows', async (rig) => {
  for (const status of [500, 502, 503, 504, 529]) {
    rig.server.reset();
    rig.server.next(`status:${status}`);
    rig.server.script('then');
    const run = await rig.ask();
    await checkOracles(rig, run, { outcome: 'done', failure: null, requests: 2, estimated: false });
    assert.equal(run.text, 'then');
  }
});

fault('F34 5xx every time: three requests over the whole chain, each reported', async (rig) => {
  rig.server.always('status:503');
  const run = await rig.ask({ chain: [rig.ref('mid'), rig.ref('second')] });
  await checkOracles(rig, run, { outcome: 'failed', failure: 'overloaded', requests: 3, estimated: false });
  assert.deepEqual(
    run.result.attempts.map(({ model, failure }) => [model.model, failure?.kind]),
    [
      [rig.ref('mid').model, 'overloaded'],
      [rig.ref('mid').model, 'overloaded'],
      [rig.ref('second').model, 'overloaded'],
    ],
  );
});

fault('F35 5xx with a page of 1 MB: little of it is read, and its words are clean', async (rig) => {
  const body = `<html>\u001b]0;title\u0007${'\u202e<p>down</p>'.repeat(80_000)}</html>`;
  rig.server.always({ reply: { status: 503, body } });
  const run = await rig.ask();
  await checkOracles(rig, run, { outcome: 'failed', failure: 'overloaded', requests: 3, estimated: false });
  assert.doesNotMatch(words(run), /[\u0000-\u001f\u202e]|<p>/);
  assert.ok(words(run).length < 500);
});

fault('F36 a hundred failing calls at once: the retry quota and the circuit hold', async (rig) => {
  rig.server.always('status:503');
  const runs = await Promise.all(Array.from({ length: 100 }, () => rig.ask({ limits: CHAT_LIMITS })));
  assert.ok(runs.every(({ result }) => result.outcome === 'failed'));
  const requests = rig.server.book.calls.length;
  assert.ok(requests <= 110, String(requests));
  assert.ok(rig.server.book.maxConcurrent <= 4, String(rig.server.book.maxConcurrent));
  rig.server.reset();
  rig.server.always('status:503');
  const typing = { limits: INLINE_LIMITS, task: 'completion' } as const;
  await Promise.all(Array.from({ length: 100 }, () => rig.ask(typing)));
  assert.equal(rig.server.book.calls.length, 0, 'typing pauses while the circuit is open');
});
