/** Every scenario, on both protocols where it applies. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { parseEvents, parseLines, post, rawExchange, readAll } from './client.ts';
import type { ModelServer } from './loopback.ts';
import { startOllama } from './ollama.ts';
import { startOpenAi } from './openai.ts';
import { distortUsage, scenarioNamed, scenarioNames, splitModel } from './scenario.ts';
import type { ScenarioLike } from './scenario.ts';

interface Side {
  readonly server: ModelServer;
  /** Asks with `stream: true`. */
  ask(init?: RequestInit & { headers?: Record<string, string> }, model?: string): Promise<Response>;
  text(body: string): string;
  /** Does the body have the protocol's end? */
  ended(body: string): boolean;
}

const WORDS = 'alpha beta gamma delta epsilon zeta';

type Start = (t: TestContext) => Promise<Side>;

const SIDES: Readonly<Record<string, Start>> = {
  async ollama(t) {
    const server = await startOllama({ models: ['coder'] });
    t.after(() => server.stop());
    server.script(WORDS);
    return {
      server,
      ask: (init, model = 'coder') => post(`${server.url}/api/generate`, { model, prompt: 'q' }, init),
      text: (body) =>
        parseLines(body)
          .map((line) => line.response ?? '')
          .join(''),
      ended: (body) => body.includes('"done":true'),
    };
  },
  async openai(t) {
    const server = await startOpenAi();
    t.after(() => server.stop());
    server.script(WORDS);
    const messages = [{ role: 'user', content: 'q' }];
    const more = { stream: true, stream_options: { include_usage: true }, messages };
    return {
      server,
      ask: (init, model = 'demo-mid') => post(`${server.baseUrl}/chat/completions`, { model, ...more }, init),
      text: (body) => {
        const events = parseEvents(body) as unknown as { choices?: { delta: { content?: string } }[] }[];
        return events.map((event) => event.choices?.[0]?.delta.content ?? '').join('');
      },
      ended: (body) => body.includes('data: [DONE]'),
    };
  },
};

for (const [name, start] of Object.entries(SIDES)) {
  const on = (sentence: string, check: (side: Side) => Promise<void>): void => {
    test(`${name}: ${sentence}`, async (t) => check(await start(t)));
  };

  on('without a scenario the whole answer comes with its end', async ({ ask, text, ended }) => {
    const body = await (await ask()).text();
    assert.equal(text(body), WORDS);
    assert.ok(ended(body));
  });

  on('header, model suffix, queue and always decide in this order', async ({ server, ask }) => {
    const model = name === 'ollama' ? 'coder' : 'demo-mid';
    server.always('status:500');
    server.next('status:501');
    assert.equal((await ask({ headers: { 'x-scenario': 'status:503' } }, `${model}!status:502`)).status, 503);
    assert.equal((await ask({}, `${model}!status:502`)).status, 502);
    assert.equal((await ask()).status, 501);
    assert.equal((await ask()).status, 500);
    assert.equal((await ask({}, `${model}!ok`)).status, 200);
    assert.equal(server.book.last!.model, model, 'the suffix is not part of the model');
    server.always('ok');
    assert.equal((await ask()).status, 200);
    assert.deepEqual(server.book.calls.map((call) => call.scenario).slice(0, 3), [
      'status:503',
      'status:502',
      'status:501',
    ]);
  });

  on('a scenario for a path leaves model calls alone', async ({ server, ask }) => {
    const path = name === 'ollama' ? '/api/tags' : '/v1/models';
    server.next('status:500', path);
    assert.equal((await ask()).status, 200);
    assert.equal((await fetch(server.url + path)).status, 500);
    assert.equal((await fetch(server.url + path)).status, 200);
  });

  on('delays come in their phase', async ({ server, ask }) => {
    const timed = async (scenario: string) => {
      server.next(scenario);
      const start = performance.now();
      const response = await ask();
      const headers = performance.now() - start;
      await response.text();
      return { headers, whole: performance.now() - start };
    };
    assert.ok((await timed('accept:60')).headers >= 59);
    assert.ok((await timed('headers:60')).headers >= 59);
    const first = await timed('first-token:150');
    assert.ok(first.headers < first.whole - 75 && first.whole >= 149, JSON.stringify(first));
    assert.ok((await timed('between-tokens:15')).whole >= 59);
  });

  on('every cut leaves a beginning of the true body', async ({ server, ask }) => {
    const full = await (await ask()).text();
    for (const how of ['cut', 'close', 'reset']) {
      for (const at of [0, 1, 77, full.length - 30]) {
        server.next(`${how}:${at}`);
        const { text, error } = await readAll(await ask());
        assert.equal(text.length, at, `${how} at ${at}`);
        assert.equal(error === undefined, how === 'cut', `${how} at ${at}: ${String(error)}`);
        assert.equal(server.book.last!.bytesWritten, at);
        assert.equal(server.book.last!.closedBy, 'server');
      }
    }
  });

  on('chunk size and encoding do not change the text', async ({ server, ask, text }) => {
    server.script('Grüße, 你好 👋 – x');
    for (const scenario of [
      'chunks:1',
      'chunks:3',
      'chunks:7',
      'gzip',
      'deflate',
      'br',
      'gzip+chunks:5',
      'wrong-type',
    ]) {
      server.next(scenario);
      assert.equal(text(await (await ask()).text()), 'Grüße, 你好 👋 – x', scenario);
    }
    server.next('gzip+cut:30');
    assert.ok((await readAll(await ask())).text.length < 400, 'a cut counts compressed bytes');
    server.next('wrong-type');
    assert.equal((await ask()).headers.get('content-type'), 'text/plain');
  });

  on('a slow drip sends one byte at a time', async ({ server, ask }) => {
    server.next('drip:20');
    const response = await ask();
    const reader = response.body!.getReader();
    const sizes = [];
    for (let i = 0; i < 4; i++) sizes.push((await reader.read()).value!.length);
    await reader.cancel();
    assert.deepEqual(sizes, [1, 1, 1, 1]);
  });

  on('replies: status, own body, HTML, JSON error, empty, no content', async ({ server, ask }) => {
    const reply = async (scenario: ScenarioLike) => {
      server.next(scenario);
      const response = await ask();
      return { status: response.status, headers: response.headers, body: await response.text() };
    };
    const error = await reply('status:429');
    assert.equal(error.status, 429);
    assert.ok(JSON.parse(error.body).error, 'the protocol has its own error body');
    assert.equal((await reply('retry-after:2')).headers.get('retry-after'), '2');
    assert.match((await reply('html')).body, /<html>/);
    assert.equal(JSON.parse((await reply('json-error')).body).error.code, 502);
    assert.equal((await reply('empty')).body, '');
    assert.deepEqual([(await reply('status:204')).status, (await reply('status:304')).status], [204, 304]);
    const echo = await reply({ reply: ({ headers }) => ({ status: 401, body: { error: headers['content-type'] } }) });
    assert.equal(JSON.parse(echo.body).error, 'application/json');
    assert.equal(server.book.totals().output, 0, 'nothing is sold');
  });

  on('redirects point where they are told', async ({ server, ask }) => {
    for (const status of [301, 302, 307, 308]) {
      server.next(`redirect-${status}:http://127.0.0.1:9/x`);
      const response = await ask({ redirect: 'manual' });
      assert.deepEqual([response.status, response.headers.get('location')], [status, 'http://127.0.0.1:9/x']);
    }
  });

  on('raw bytes and dropped connections are no HTTP', async ({ server, ask }) => {
    for (const scenario of ['raw', 'drop-close', 'drop-reset']) {
      server.next(scenario);
      await assert.rejects(ask(), { name: 'TypeError', message: 'fetch failed' }, scenario);
      assert.equal(server.book.last!.closedBy, 'server');
    }
    const request = `POST ${name === 'ollama' ? '/api/generate' : '/v1/chat/completions'} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}`;
    server.next('raw');
    assert.match((await rawExchange(server.port, request)).text, /this is not HTTP/);
    server.next('drop-reset');
    assert.equal((await rawExchange(server.port, request)).error, 'ECONNRESET');
  });

  on('endless, keep-alive, stall and hang go on until the client leaves', async ({ server, ask, text }) => {
    /** Reads until enough has come, sees what else comes in a while, and leaves. */
    const seen = async (scenario: string, enough: (body: string) => boolean) => {
      server.next(scenario);
      const abort = new AbortController();
      let body = '';
      const response = await ask({ signal: abort.signal });
      await assert.rejects(
        async () => {
          const decoder = new TextDecoder();
          for await (const bytes of response.body!) {
            body += decoder.decode(bytes, { stream: true });
            if (enough(body)) setTimeout(() => abort.abort(), 30);
          }
        },
        { name: 'AbortError' },
      );
      const call = server.book.last!;
      await server.book.waitFor(() => call.closedBy === 'client');
      return body;
    };
    await seen('endless', (body) => body.includes('word50'));
    const keptAlive = await seen('keep-alive:5', (body) => body.length > 40 || /^\n{3}/.test(body));
    assert.match(keptAlive, name === 'ollama' ? /^\n+$/ : /^(: keep-alive\n\n)+$/);
    assert.equal(text(await seen('stall:2', (body) => body.includes('beta'))), 'alpha beta');

    for (const scenario of ['stall:0', 'hang']) {
      server.next(scenario);
      const abort = new AbortController();
      const asked = ask({ signal: abort.signal });
      const call = await server.book.waitFor((book) =>
        book.calls.find((each) => !each.closedBy && each.phase !== 'received'),
      );
      if (scenario === 'stall:0') assert.equal((await asked).status, 200, 'headers come');
      setTimeout(() => abort.abort(), 30);
      await assert.rejects(async () => (await asked).text(), { name: 'AbortError' });
      await server.book.waitFor(() => call.closedBy === 'client');
      assert.equal(call.tokens.output, 0);
      assert.equal(call.status, scenario === 'hang' ? undefined : 200);
    }
    assert.equal(server.book.inFlight, 0);
  });

  on('an error frame comes after so many tokens, then the end', async ({ server, ask, ended }) => {
    server.next('error:2');
    const body = await (await ask()).text();
    assert.match(body, /beta[\s\S]*error[\s\S]*failed in mid-stream/);
    assert.equal(ended(body), false);
    server.next({ error: { afterTokens: 0, frame: { error: 'only text' } } });
    assert.match(await (await ask()).text(), /^(data: )?\{"error":"only text"\}\n+$/);
  });

  on('finish reasons and the missing end', async ({ server, ask, ended }) => {
    const body = async (scenario: string) => {
      server.next(scenario);
      return (await ask()).text();
    };
    assert.match(await body('finish:length'), /"(finish|done)_reason":"length"/);
    assert.match(await body('finish:content_filter'), /"(finish|done)_reason":"content_filter"/);
    assert.doesNotMatch(await body('finish:none'), /"(finish|done)_reason":"/);
    assert.equal(ended(await body('no-end')), false);
  });

  on('usage variants lie on the wire, never in the book', async ({ server, ask }) => {
    const field = name === 'ollama' ? 'eval_count' : 'completion_tokens';
    const figures = async (variant: string) => {
      server.next(`usage:${variant}`);
      const body = await (await ask()).text();
      return [...body.matchAll(new RegExp(`"${field}":("[^"]*"|[^,}]*)`, 'g'))].map((match) => match[1]);
    };
    assert.deepEqual(await figures('ok'), ['6']);
    assert.deepEqual(await figures('missing'), []);
    assert.deepEqual(await figures('null'), name === 'ollama' ? ['null'] : []);
    assert.deepEqual(await figures('negative'), ['-7']);
    assert.deepEqual(await figures('nan'), ['NaN']);
    assert.deepEqual(await figures('string'), ['"6"']);
    assert.deepEqual(await figures('huge'), ['1000000000000000']);
    assert.deepEqual(await figures('doubled'), ['12']);
    assert.deepEqual(await figures('repeated'), ['6', '6']);
    const every = await figures('every');
    assert.ok(every.length >= 6 && every.at(-1) === '6' && every.includes('3'), every.join());
    assert.ok(server.book.calls.every((call) => call.tokens.output === 6));
  });

  on('frames can be dropped, doubled and changed', async ({ server, ask, text }) => {
    server.next({ mapFrame: (frame, index) => (index === 1 ? [] : index === 2 ? [frame, frame] : [frame]) });
    const body = text(await (await ask()).text());
    assert.notEqual(body, WORDS);
    server.next({ mapFrame: (frame) => [{ ...frame, model: 'another' }] });
    assert.match(await (await ask()).text(), /"model":"another"/);
  });
}

test('every named scenario can be made, an unknown one cannot', async (t) => {
  for (const name of scenarioNames) scenarioNamed(`${name}:1`);
  assert.throws(() => scenarioNamed('no-such'), /Unknown scenario "no-such"/);
  const server = await startOllama();
  t.after(() => server.stop());
  assert.throws(() => server.next('misspelled'));
});

test('names join with + and merge their delays', () => {
  assert.deepEqual(scenarioNamed('headers:5+first-token:7+chunks:2'), {
    delay: { headersMs: 5, firstTokenMs: 7 },
    chunkBytes: 2,
  });
  assert.deepEqual(splitModel('coder:7b!cut:5'), { model: 'coder:7b', scenario: 'cut:5' });
  assert.deepEqual(splitModel('coder:7b'), { model: 'coder:7b', scenario: undefined });
});

test('inconsistent usage breaks the sum', () => {
  const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
  assert.equal((distortUsage(usage, 'inconsistent') as typeof usage).total_tokens, 10);
});
