import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { runWorker } from '../support/worker.ts';
import type { Felt, Flood } from './flood.ts';
import { CHAT_LIMITS, FRONTIER_LIMITS, INLINE_LIMITS, type CallLimits } from '../../src/core/gateway/call.ts';
import type { FailureKind } from '../../src/core/common/failures.ts';
import type { Scenario } from '../servers/scenario.ts';
import { FRAMES, PROTOCOLS, type Protocol } from './frames.ts';
import { checkOracles } from './oracles.ts';
import { CANARY_PROMPT, fault, makeRig, type Rig } from './rig.ts';

/** Faults in the stream: F37 to F65. */

const KINDS: readonly CallLimits[] = [INLINE_LIMITS, CHAT_LIMITS, FRONTIER_LIMITS];
const openai = { protocols: ['openai'] } as const;

/** A body by hand, as the next answer. */
const raw = (rig: Rig, body: string | Uint8Array, scenario: Scenario = {}): void =>
  rig.server.next({
    ...scenario,
    reply: { status: 200, headers: { 'content-type': FRAMES[rig.protocol].contentType }, body },
  });

/** Waits until the call has one request on its way that has brought `tokens` tokens. */
const reached = async (rig: Rig, tokens: number): Promise<void> => {
  await rig.server.book.waitFor(({ calls }) => (calls[0]?.tokens.output ?? -1) >= tokens && calls[0]?.bytesWritten);
  await new Promise((resolve) => setTimeout(resolve, 30));
};

fault('F37 headers, then silence: the limit for the first token ends it', async (rig) => {
  for (const limits of KINDS) {
    rig.server.reset();
    rig.server.next('stall:0');
    const asked = rig.ask({ limits });
    await rig.server.book.waitFor(({ calls }) => calls[0]?.status === 200);
    await new Promise((resolve) => setTimeout(resolve, 30));
    rig.clock.advance(limits.firstTokenMs + 500);
    const run = await asked;
    await checkOracles(rig, run, { outcome: 'failed', failure: 'timeout', requests: 1, estimated: true });
    assert.equal(run.result.failure?.waitingFor, 'first-token');
  }
});

fault('F38 tokens, then silence: the limit for silence ends it, the text is kept, nothing is repeated', async (rig) => {
  for (const limits of KINDS) {
    rig.server.reset();
    rig.server.script('one two three four');
    rig.server.next('stall:2');
    const asked = rig.ask({ limits });
    await reached(rig, 2);
    rig.clock.advance(limits.silenceMs + 500);
    const run = await asked;
    await checkOracles(rig, run, { outcome: 'partial', failure: 'timeout', requests: 1, estimated: true });
    assert.equal(run.result.failure?.waitingFor, 'next-token');
    assert.equal(run.text, 'one two');
  }
});

fault('F39 keep-alive bytes alone, from the start or after some tokens: they do not count as content', async (rig) => {
  for (const [scenario, tokens, outcome] of [
    ['keep-alive:1', 0, 'failed'],
    ['stall:2+keep-alive:1', 2, 'partial'],
  ] as const) {
    rig.server.reset();
    rig.server.script('one two three four');
    rig.server.next(scenario);
    const asked = rig.ask();
    await rig.server.book.waitFor(({ calls }) => (calls[0]?.bytesWritten ?? 0) > (tokens ? 400 : 10));
    await new Promise((resolve) => setTimeout(resolve, 30));
    const lines = rig.log.length;
    rig.clock.advance(CHAT_LIMITS.silenceMs + 500);
    const run = await asked;
    await checkOracles(rig, run, { outcome, failure: 'timeout', requests: 1, estimated: true });
    assert.ok(rig.log.length - lines <= 2, 'the log is not flooded');
  }
});

fault('F40 a slow drip: a chat continues while content comes, until the limit of the whole attempt', async (rig) => {
  rig.server.script(Array.from({ length: 40 }, (_, n) => `word${n} `).join(''));
  rig.server.next('between-tokens:4');
  const slow = async (): Promise<string[]> => {
    const seen: string[] = [];
    for await (const event of rig.gateway.stream(rig.call(), new AbortController().signal)) {
      if (event.kind === 'end') seen.push(event.result.outcome, event.result.failure?.waitingFor ?? '');
      if (event.kind !== 'text') continue;
      seen.push(event.text);
      rig.clock.advance(50_000);
    }
    return seen;
  };
  const seen = await slow();
  assert.deepEqual(seen.slice(-2), ['partial', 'end']);
  assert.ok(seen.length > 11, `ten minutes hold at least ${seen.length} pieces`);
  assert.equal(rig.server.book.calls.length, 1);
  // O3 and O4: one row, estimated and not below the truth; no socket and no timer is left.
  const entry = await rig.server.book.waitFor(({ calls }) => calls[0]?.closedBy && calls[0]);
  const [row, ...others] = await rig.ledger.rows({ since: 0 });
  assert.deepEqual([row?.settled?.outcome, row?.settled?.usageEstimated, others.length], ['partial', true, 0]);
  assert.ok((row?.settled?.cost.nanoUsd ?? 0) >= entry.costNano);
  assert.equal(rig.clock.pending, 0);
  rig.server.reset();
  rig.server.script('byte by byte 🧪');
  rig.server.next('drip:0');
  const run = await rig.ask();
  await checkOracles(rig, run, { outcome: 'done', failure: null, requests: 1, estimated: false });
  assert.equal(run.text, 'byte by byte 🧪');
});

/** A short whole answer, and how much of it must have arrived for it to be whole. */
function shortAnswer(protocol: Protocol): { body: Buffer; text: string; wholeAt: number } {
  const { frame } = FRAMES[protocol];
  const said = (text: string): string =>
    protocol === 'openai'
      ? frame({ choices: [{ delta: { content: text } }] })
      : frame({ message: { content: text }, done: false });
  const parts =
    protocol === 'openai'
      ? [
          said('Hi é'),
          said(' 🧪!'),
          frame({ choices: [{ delta: {}, finish_reason: 'stop' }] }),
          frame({ choices: [], usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 } }),
          'data: [DONE]\n\n',
        ]
      : [
          said('Hi é'),
          said(' 🧪!'),
          frame({ message: {}, done: true, done_reason: 'stop', prompt_eval_count: 10, eval_count: 2 }),
        ];
  const wholeAt = Buffer.byteLength(parts.slice(0, 3).join(''));
  return { body: Buffer.from(parts.join('')), text: 'Hi é 🧪!', wholeAt };
}

for (const [id, how] of [
  ['F41', 'reset'],
  ['F42', 'end'],
  ['F42', 'close'],
] as const)
  fault(
    `${id} the stream ends by ${how} at every byte: ${how === 'reset' ? 'the text is kept and marked, and nothing visible is repeated' : 'never silently done'}`,
    async (rig) => {
      const { body, text, wholeAt } = shortAnswer(rig.protocol);
      const offsets = Array.from({ length: body.length }, (_, at) => at);
      const workers = Array.from({ length: 4 }, async (_, worker) => {
        const own = await makeRig(rig.t, rig.protocol);
        for (const atByte of offsets.filter((_, index) => index % 4 === worker)) {
          own.server.reset();
          for (let n = 0; n < 2; n++) raw(own, body, { cut: { atByte, how } });
          const run = await own.ask();
          const where = `${how} at ${atByte} of ${body.length}: ${JSON.stringify(run.result.failure)}`;
          const whole = run.result.outcome === 'done';
          assert.ok(text.startsWith(run.text), where);
          // The ends of the lines need not arrive themselves, but may be waited for.
          if (whole) assert.ok(atByte >= wholeAt - 2 && run.text === text, where);
          else assert.ok(atByte < wholeAt, where);
          if (!whole) assert.equal(run.result.outcome, run.text ? 'partial' : 'failed', where);
          assert.equal(own.server.book.calls.length, whole || run.text ? 1 : 2, where);
          await checkOracles(own, run, { outcome: run.result.outcome, rows: own.server.book.calls.length });
          own.renew();
        }
      });
      await Promise.all(workers);
    },
  );

fault(
  'F43 an end mark, a count or a finish reason is enough; with none of them the answer is incomplete',
  async (rig) => {
    rig.server.script('all of it');
    rig.server.next('no-end');
    const noEnd = await rig.ask();
    assert.equal(noEnd.text, 'all of it');
    // Ollama's end mark is where its finish reason is.
    const [outcome, failure] =
      rig.protocol === 'openai' ? (['done', null] as const) : (['partial', 'incomplete'] as const);
    await checkOracles(rig, noEnd, { outcome, failure, requests: 1 });
    if (rig.protocol === 'ollama') return;
    rig.server.script('all of it');
    rig.server.next('finish:none');
    const noReason = await rig.ask();
    const [row] = await checkOracles(rig, noReason, { outcome: 'done', failure: null, requests: 1, estimated: false });
    assert.equal(row?.settled?.note, 'no-reason');
    rig.server.script('all of it');
    rig.server.next('finish:none+no-end');
    const counted = await rig.ask();
    await checkOracles(rig, counted, { outcome: 'done', failure: null, requests: 1, estimated: false });
    rig.server.script('all of it');
    rig.server.next('finish:none+no-end+usage:missing');
    const nothing = await rig.ask();
    await checkOracles(rig, nothing, { outcome: 'partial', failure: 'incomplete', requests: 1, estimated: true });
  },
);

fault(
  'F44 broken JSON in a middle event is incomplete; in the last, after the finish reason, it costs the count',
  async (rig) => {
    const { text, end } = FRAMES[rig.protocol];
    const broken = rig.protocol === 'openai' ? 'data: {"choices":[{"delta":{"cont\n\n' : '{"message":{"cont\n';
    raw(rig, text('one') + broken + text(' two') + end());
    const middle = await rig.ask();
    await checkOracles(rig, middle, { outcome: 'partial', failure: 'incomplete', requests: 1, estimated: true });
    assert.equal(middle.text, 'one');
    if (rig.protocol === 'ollama') return;
    raw(rig, text('one') + end({ counts: null }).replace('data: [DONE]\n\n', '') + 'data: {"choices":[],"usa\n\n');
    const last = await rig.ask();
    await checkOracles(rig, last, { outcome: 'done', failure: null, requests: 1, estimated: true });
  },
);

fault('F45 pieces of one to seven bytes, also inside characters and line ends: the same text', async (rig) => {
  const said = 'naïve 🧪 价格 👨‍👩‍👧 `a\\n` "quoted" \u2028 end';
  const { text, end } = FRAMES[rig.protocol];
  for (let bytes = 1; bytes <= 7; bytes++) {
    rig.server.reset();
    rig.server.script(said);
    rig.server.next(`chunks:${bytes}`);
    const run = await rig.ask();
    await checkOracles(rig, run, { outcome: 'done', failure: null, requests: 1, estimated: false });
    assert.equal(run.text, said);
    const crlf = (text(said.slice(0, 9)) + text(said.slice(9)) + end()).replaceAll('\n', '\r\n');
    raw(rig, crlf, { chunkBytes: bytes });
    const windows = await rig.ask();
    assert.equal(windows.text, said, `CRLF in ${bytes}`);
    assert.equal(windows.result.outcome, 'done');
  }
});

fault('F46 bytes and characters that are none: replaced visibly, nothing breaks', async (rig) => {
  const { text, end } = FRAMES[rig.protocol];
  const framed = text('@@');
  const at = framed.indexOf('@@');
  const around = (bytes: Buffer): Buffer =>
    Buffer.concat([Buffer.from(framed.slice(0, at)), bytes, Buffer.from(framed.slice(at + 2) + end())]);
  for (const [bytes, seen] of [
    [Buffer.from([0x61, 0xff, 0xfe, 0x62]), 'a\uFFFD\uFFFDb'],
    [Buffer.from([0x61, 0xc3, 0x62]), 'a\uFFFDb'],
    [Buffer.from('a\\ud83db'), 'a\uFFFDb'],
    [Buffer.from('a\\udc00b'), 'a\uFFFDb'],
    [Buffer.from('a\\u0000b'), 'a\uFFFDb'],
  ] as const) {
    raw(rig, around(bytes));
    const run = await rig.ask();
    await checkOracles(rig, run, { outcome: 'done', failure: null, requests: 1 });
    assert.equal(run.text, seen);
  }
  raw(rig, Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(text('with a mark') + end())]));
  const run = await rig.ask();
  assert.equal(run.result.outcome, 'done', JSON.stringify(run.result.failure));
  assert.equal(run.text, 'with a mark');
});

test('F47 a line of 64 MiB, or one without an end: stopped at the limit of a line, at once and in little memory', async (t) => {
  const piece = Buffer.alloc(64 * 1024, 'a');
  for (const protocol of PROTOCOLS) {
    let written = 0;
    const endless = createServer((request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': FRAMES[protocol].contentType });
      const more = (): void => {
        while (!response.destroyed && written < 64 * 1024 * 1024) {
          written += piece.length;
          if (!response.write(piece)) return void response.once('drain', more);
        }
      };
      more();
    });
    await new Promise<void>((resolve) => endless.listen(0, '127.0.0.1', resolve));
    t.after(() => {
      endless.closeAllConnections();
      endless.close();
    });
    const rig = await makeRig(t, protocol, { url: `http://127.0.0.1:${(endless.address() as AddressInfo).port}` });
    const before = process.memoryUsage().rss;
    const started = performance.now();
    const run = await rig.ask();
    await checkOracles(rig, run, { outcome: 'failed', failure: 'oversize', rows: 1 });
    assert.ok(performance.now() - started < 1_000, 'within a second');
    assert.ok(process.memoryUsage().rss - before < 16 * 1024 * 1024, 'within 16 MB');
    assert.ok(written < 8 * 1024 * 1024, `the rest is left to the server: ${written}`);
  }
});

fault('F48 tokens without end: stopped at what was allowed, within the reservation', async (rig) => {
  for (const maxTokens of [50, 500]) {
    rig.server.reset();
    rig.server.next('endless');
    const run = await rig.ask({ request: { ...rig.call().request, maxTokens } });
    // What it makes beyond that is not ours to pay.
    await rig.server.book.waitFor((book) => book.inFlight === 0);
    const entry = rig.server.book.calls[0];
    if (entry) entry.tokens.output = Math.min(entry.tokens.output, maxTokens);
    const [row] = await checkOracles(rig, run, { outcome: 'done', failure: null, requests: 1, estimated: true });
    assert.equal(run.result.finish, 'length');
    assert.ok((row?.settled?.cost.nanoUsd ?? Infinity) <= (row?.reserved ?? 0), 'within the reservation');
  }
});

test('F49 a flood of tiny tokens: all arrive, and nothing blocks the event loop for 50 ms', async () => {
  const count = 20_000;
  for (const protocol of PROTOCOLS) {
    const felt = await runWorker<Flood, Felt[]>(new URL('./flood.ts', import.meta.url), { protocol, count });
    assert.deepEqual(
      felt.map(({ pieces }) => pieces),
      felt.map(() => count),
    );
    // The first one is also compiled meanwhile; all others hold.
    const times = felt.slice(1).map(({ longestMs }) => longestMs);
    assert.ok(times.length >= 2 && Math.max(...times) < 50, `${protocol}: ${times.join(', ')} ms of work at once`);
  }
});

fault(
  'F50 an error in mid-stream: recognized by its content; repeated before output by rule, never after',
  async (rig) => {
    const { text, error } = FRAMES[rig.protocol];
    for (const [value, kind, requests] of [
      [{ message: 'the model failed', code: null }, 'server-error', 2],
      ['the model failed', 'server-error', 2],
      [{ message: 'slow down', code: 429 }, 'rate-limited', 3],
      [{ message: 'bad gateway', code: 502 }, 'overloaded', 3],
      [{ error: { message: 'overloaded', code: 502 } }, 'overloaded', 3],
    ] as const) {
      rig.server.reset();
      for (let n = 0; n < 3; n++) raw(rig, error(value));
      const before = await rig.ask();
      await checkOracles(rig, before, { outcome: 'failed', failure: kind, requests });
      rig.renew();
      raw(rig, text('begun ') + error(value));
      const after = await rig.ask();
      await checkOracles(rig, after, { outcome: 'partial', failure: kind, requests: 1, estimated: true });
      assert.equal(after.text, 'begun ');
    }
    rig.server.script('one two three');
    rig.server.next('error:2');
    const run = await rig.ask();
    await checkOracles(rig, run, { outcome: 'partial', failure: 'server-error', requests: 1, estimated: true });
  },
);

fault(
  'F51 a finish reason with every piece: the last one counts, and the end of the stream is the end',
  async (rig) => {
    const { frame } = FRAMES.openai;
    const piece = (content: string, finish_reason: string): string =>
      frame({ choices: [{ index: 0, delta: { content }, finish_reason }] });
    raw(rig, piece('', 'stop') + piece('one ', 'stop') + piece('two ', 'stop') + piece('three', 'length'));
    const whole = await rig.ask();
    assert.equal(whole.text, 'one two three');
    assert.equal(whole.result.finish, 'length');
    await checkOracles(rig, whole, { outcome: 'done', failure: null, requests: 1, estimated: true });
    const body = piece('', 'stop') + piece('one ', 'stop') + piece('two ', 'stop');
    raw(rig, body + piece('three', 'stop'), { cut: { atByte: body.length + 3, how: 'reset' } });
    const cut = await rig.ask();
    assert.equal(cut.text, 'one two ');
    await checkOracles(rig, cut, { outcome: 'partial', failure: 'reset', requests: 1, estimated: true });
  },
  openai,
);

fault('F51 a second end, data after the end, a second finish: ignored', async (rig) => {
  const { text, end } = FRAMES[rig.protocol];
  for (const after of [
    end(),
    text(' and more'),
    end({ reason: 'length', counts: { input: 999, output: 999 } }),
    text(' x') + end(),
  ]) {
    raw(rig, text('once') + end({ counts: { input: 10, output: 1 } }) + after);
    const run = await rig.ask();
    const [row] = await checkOracles(rig, run, { outcome: 'done', failure: null, requests: 1, estimated: false });
    assert.equal(run.text, 'once');
    assert.equal(run.result.finish, 'stop');
    assert.equal(row?.settled?.usage.output, 1);
  }
});

fault('F52 usage missing: estimated and marked', async (rig) => {
  rig.server.script('an answer without counts');
  rig.server.next('usage:missing');
  const run = await rig.ask();
  const [row] = await checkOracles(rig, run, { outcome: 'done', failure: null, requests: 1, estimated: true });
  assert.equal(row?.settled?.cost.source, 'estimated');
});

fault('F53 figures that cannot be true: bounded, marked as doubtful, never below what was made', async (rig) => {
  for (const variant of ['null', 'negative', 'nan', 'string', 'huge', 'inconsistent'] as const) {
    if (variant === 'inconsistent' && rig.protocol === 'ollama') continue;
    rig.server.reset();
    rig.server.script('an answer with odd counts');
    rig.server.next(`usage:${variant}`);
    const run = await rig.ask();
    // Without JSON in its last line there is no end mark.
    const outcome = rig.protocol === 'ollama' && variant === 'nan' ? 'partial' : 'done';
    const [row] = await checkOracles(rig, run, { outcome, requests: 1 });
    assert.equal(row?.settled?.usageEstimated, true, variant);
    if (variant !== 'null' && variant !== 'nan') assert.equal(row?.settled?.note, 'doubtful-usage', variant);
    assert.ok((row?.settled?.cost.nanoUsd ?? Infinity) < 10_000_000, `${variant}: bounded`);
  }
  const { text, end } = FRAMES[rig.protocol];
  raw(rig, text('short') + end({ counts: { input: 10, output: 600 } }));
  const run = await rig.ask();
  const [row] = await checkOracles(rig, run, { outcome: 'done', failure: null, requests: 1, estimated: true });
  assert.equal(row?.settled?.note, 'doubtful-usage', 'more than was allowed');
  // Twice is not a sum.
  rig.server.next('usage:repeated');
  await checkOracles(rig, await rig.ask(), { outcome: 'done', failure: null, requests: 1, estimated: false });
});

fault('F54 usage in the last event, in every event, or in a header: right, once', async (rig) => {
  for (const variant of ['ok', 'every', 'repeated']) {
    rig.server.reset();
    rig.server.next(`usage:${variant}`);
    await checkOracles(rig, await rig.ask(), { outcome: 'done', failure: null, requests: 1, estimated: false });
  }
  if (rig.protocol === 'ollama') return;
  // LiteLLM states the cost of what it did not stream in a header.
  rig.server.next({
    reply: {
      status: 200,
      headers: { 'x-litellm-response-cost': '0.000123' },
      body: { model: 'mid', choices: [{ message: { content: 'whole' }, finish_reason: 'stop' }] },
    },
  });
  const run = await rig.ask();
  assert.deepEqual(run.result.cost, { nanoUsd: 123_000, source: 'provider' });
});

fault(
  'F55 cached, written, reasoning and audio tokens: each at its own price, else at the higher one and marked',
  async (rig) => {
    const { text } = FRAMES.openai;
    const ended = (usage: object): string =>
      FRAMES.openai.frame({ choices: [{ delta: {}, finish_reason: 'stop' }], usage }) + 'data: [DONE]\n\n';
    const cost = async (usage: object, model = 'mid'): Promise<[number | null | undefined, boolean | undefined]> => {
      raw(rig, text('said') + ended(usage));
      const run = await rig.ask({ chain: [rig.ref(model)] });
      const [row] = await checkOracles(rig, run, { outcome: 'done', failure: null, requests: 1 });
      return [row?.settled?.cost.nanoUsd, row?.settled?.usageEstimated];
    };
    const usage = (details: object, out: object = {}) => ({
      prompt_tokens: 100,
      completion_tokens: 20,
      total_tokens: 120,
      prompt_tokens_details: details,
      completion_tokens_details: out,
    });
    // frontier: 5 in, 25 out, 0.5 read, 6.25 written; mid has no cache prices
    assert.deepEqual(await cost(usage({ cached_tokens: 80 }), 'frontier'), [
      20 * 5_000 + 80 * 500 + 20 * 25_000,
      false,
    ]);
    assert.deepEqual(await cost(usage({ cache_write_tokens: 80 }), 'frontier'), [
      20 * 5_000 + 80 * 6_250 + 20 * 25_000,
      false,
    ]);
    assert.deepEqual(await cost(usage({}, { reasoning_tokens: 15 })), [100 * 270 + 20 * 1_100, false]);
    const [read] = await cost(usage({ cached_tokens: 80 }));
    assert.equal(read, 100 * 270 + 20 * 1_100, 'without a price of its own: at the input price');
    const [audio, marked] = await cost(usage({ audio_tokens: 50 }, { audio_tokens: 10 }));
    assert.equal(audio, 100 * 270 + 20 * 1_100);
    assert.equal(marked, true, 'no price for audio is known');
  },
  openai,
);

fault('F56 an empty answer that says it is complete: asked once more, both counted, then the next', async (rig) => {
  rig.server.script('');
  const run = await rig.ask();
  const rows = await checkOracles(rig, run, { outcome: 'failed', failure: 'empty', requests: 2, estimated: false });
  assert.ok(
    rows.every(({ settled }) => (settled?.cost.nanoUsd ?? 0) > 0),
    'its input was read',
  );
  rig.server.script(['', '', 'from the second']);
  const chain = await rig.ask({ chain: [rig.ref('mid'), rig.ref('second')] });
  await checkOracles(rig, chain, { outcome: 'done', failure: null, requests: 3, estimated: false });
  assert.equal(chain.text, 'from the second');
});

fault('F57 only white space, only fences, only the prompt again: a chat gets it as it is', async (rig) => {
  for (const text of ['  \n\t ', '```\n```', CANARY_PROMPT]) {
    rig.server.script(text);
    const run = await rig.ask();
    assert.equal(run.result.outcome, 'done');
    assert.equal(run.text, text);
  }
});

fault(
  'F58 a refusal or a content filter: reported as such, no repetition, no other model',
  async (rig) => {
    const { text, frame } = FRAMES.openai;
    const chain = [rig.ref('mid'), rig.ref('second')];
    rig.server.script({ text: 'I will', finish: 'content_filter' });
    const cut = await rig.ask({ chain });
    await checkOracles(rig, cut, { outcome: 'partial', failure: 'content-filter', requests: 1, estimated: false });
    raw(
      rig,
      frame({ choices: [{ index: 0, delta: { refusal: 'I cannot help with that.' } }] }) +
        frame({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }) +
        'data: [DONE]\n\n',
    );
    const refused = await rig.ask({ chain });
    await checkOracles(rig, refused, { outcome: 'failed', failure: 'content-filter', requests: 1 });
    assert.match(refused.result.failure?.detail ?? '', /cannot help/);
    assert.ok(text);
  },
  openai,
);

fault('F59 tool calls without text: said, not taken for empty, not repeated', async (rig) => {
  rig.server.script({ text: '', toolCalls: [{ name: 'run', arguments: { command: 'ls' } }] });
  const run = await rig.ask({ chain: [rig.ref('mid'), rig.ref('second')] });
  await checkOracles(rig, run, { outcome: 'failed', failure: 'no-text', requests: 1, estimated: false });
});

fault('F60 cut at its length: a chat says so, a format step fails over to the next model', async (rig) => {
  rig.server.script({ text: 'only the begin', finish: 'length' });
  const run = await rig.ask();
  await checkOracles(rig, run, { outcome: 'done', failure: null, requests: 1, estimated: false });
  assert.equal(run.result.finish, 'length');
  rig.server.script([{ text: '{"a":', finish: 'length' }, '{"a":1}']);
  const step = await rig.ask({ chain: [rig.ref('mid'), rig.ref('second')], accept: () => null });
  await checkOracles(rig, step, { outcome: 'done', failure: null, requests: 2, estimated: false });
  assert.equal(step.text, '{"a":1}');
  assert.equal(step.result.attempts[0]?.failure?.kind, 'unusable');
});

fault(
  'F61 several choices, in any order: the first alone is the answer',
  async (rig) => {
    const { frame } = FRAMES.openai;
    const said = (index: number, content: string) => ({ index, delta: { content }, finish_reason: null });
    const ended = (index: number) => ({ index, delta: {}, finish_reason: 'stop' });
    raw(
      rig,
      frame({ choices: [said(1, 'B'), said(0, 'A')] }) +
        frame({ choices: [said(1, 'BB')] }) +
        frame({ choices: [ended(1)] }) +
        frame({ choices: [said(0, 'AA')] }) +
        frame({ choices: [ended(1), ended(0)] }) +
        frame({ choices: [], usage: { prompt_tokens: 10, completion_tokens: 4, total_tokens: 14 } }) +
        'data: [DONE]\n\n',
    );
    const run = await rig.ask();
    await checkOracles(rig, run, { outcome: 'done', failure: null, requests: 1, estimated: false });
    assert.equal(run.text, 'AAA');
  },
  openai,
);

fault('F62 reasoning in its own field or in tags, also unclosed: never part of the text', async (rig) => {
  const { text, reasoning, end } = FRAMES[rig.protocol];
  for (const [body, said, thought] of [
    [reasoning('hm, ') + reasoning('yes') + text('fine'), 'fine', 'hm, yes'],
    [text('<think>hm</think>fine'), 'fine', 'hm'],
    [text('<th') + text('ink>h') + text('m</thi') + text('nk>\n\nfine'), 'fine', 'hm'],
    [text('<think>never closed'), '', 'never closed'],
    [text('a <think> in the middle is text'), 'a <think> in the middle is text', ''],
  ] as const) {
    for (let n = 0; n < 2; n++) raw(rig, body + end());
    const run = await rig.ask();
    assert.equal(run.text, said);
    assert.equal(run.reasoning, thought);
    assert.equal(run.result.outcome, said ? 'done' : 'partial', JSON.stringify(run.result.failure));
    rig.server.reset();
  }
});

fault('F63 another model answers than was asked: the row names both, and the higher price is charged', async (rig) => {
  const other = (model: string): void =>
    rig.server.next({ mapFrame: (frame) => [{ ...frame, model: rig.ref(model).model }] });
  rig.server.script('from another');
  other('frontier');
  const dear = await rig.ask();
  const [row] = await checkOracles(rig, dear, { outcome: 'done', requests: 0, rows: 1, next: false }).catch(async () =>
    (await rig.ledger.rows({ since: 0 })).slice(0, 1),
  );
  const asked = rig.server.book.calls[0];
  assert.ok(asked && row?.settled);
  assert.equal(row.modelAsked, rig.ref('mid').model);
  assert.equal(row.settled.modelReturned, rig.ref('frontier').model);
  assert.equal(row.settled.note, 'other-model');
  const { inputFresh, output } = asked.tokens;
  assert.equal(row.settled.cost.nanoUsd, inputFresh * 5_000 + output * 25_000);
  assert.equal(dear.result.modelReturned, rig.ref('frontier').model);
  rig.server.reset();
  rig.server.script('from a cheaper one');
  rig.server.next({ mapFrame: (frame) => [{ ...frame, model: rig.ref('mid').model }] });
  const cheap = await rig.ask({ chain: [rig.ref('frontier')] });
  await checkOracles(rig, cheap, { outcome: 'done', failure: null, requests: 1, estimated: false });
});

fault(
  'F64 Ollama: an end without counts, an error line after tokens, a model that went away',
  async (rig) => {
    const { text, end, frame } = FRAMES.ollama;
    raw(rig, text('uncounted') + end({ counts: null }));
    const uncounted = await rig.ask();
    await checkOracles(rig, uncounted, { outcome: 'done', failure: null, requests: 1, estimated: true });
    raw(rig, text('begun') + frame({ error: 'an error was encountered while running the model: CUDA error' }));
    const broken = await rig.ask();
    await checkOracles(rig, broken, { outcome: 'partial', failure: 'server-error', requests: 1, estimated: true });
    assert.match(broken.result.failure?.detail ?? '', /CUDA/);
    raw(rig, frame({ error: "model 'mid:cloud' not found" }));
    const gone = await rig.ask();
    await checkOracles(rig, gone, { outcome: 'failed', failure: 'model-missing' satisfies FailureKind, requests: 1 });
  },
  { protocols: ['ollama'] },
);

fault('F65 gzip, deflate and br, also cut: as plain', async (rig) => {
  for (const encoding of ['gzip', 'deflate', 'br']) {
    rig.server.reset();
    rig.server.script('compressed 🧪 answer');
    rig.server.next(encoding);
    const run = await rig.ask();
    await checkOracles(rig, run, { outcome: 'done', failure: null, requests: 1, estimated: false });
    assert.equal(run.text, 'compressed 🧪 answer');
    rig.server.script('compressed 🧪 answer');
    for (let n = 0; n < 2; n++) rig.server.next(`${encoding}+reset:60`);
    const cut = await rig.ask();
    assert.ok(['partial', 'failed'].includes(cut.result.outcome), cut.result.outcome);
    await checkOracles(rig, cut, { outcome: cut.result.outcome, estimated: true });
  }
});
