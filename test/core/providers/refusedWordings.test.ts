import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { chatCall, openAiAt, testGateway } from '../../support/gateway.ts';
import { finish } from './wireSupport.ts';

/** Refusals of parts of a request in the words that servers publish: each is answered once by another form. */

interface Wording {
  /** The server and the case. */
  readonly name: string;
  readonly date: string;
  readonly status: number;
  /** What the server refuses: a field, `limit:N`, `window:N`, `both` fields of the limit, the `system` role, `parts`. */
  readonly refuses: string;
  /** A string is the body as it is; anything else is sent as JSON. */
  readonly body: unknown;
  /** The provider's setting that the first form comes from. */
  readonly request?: Readonly<Record<string, unknown>>;
}

interface Body extends Readonly<Record<string, unknown>> {
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
}

const WORDINGS = JSON.parse(
  readFileSync(new URL('../../fixtures/wire/refused-parameters.json', import.meta.url), 'utf8'),
) as readonly Wording[];
const SSE = 'data: {"choices":[{"index":0,"delta":{"content":"Fine."},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
/** Tokens of the prompt, as the servers of this table count it. */
const PROMPT = 120;

const limitOf = (body: Body): number => Number(body['max_tokens'] ?? body['max_completion_tokens'] ?? 0);

/** Whether a server with this rule refuses a request. */
function isRefused(rule: string, body: Body): boolean {
  const [what = '', figure] = rule.split(':');
  const contents = body.messages.map(({ content }) => content);
  switch (what) {
    case 'limit':
      return limitOf(body) > Number(figure);
    case 'window':
      return limitOf(body) + PROMPT > Number(figure);
    case 'both':
      return 'max_tokens' in body || 'max_completion_tokens' in body;
    case 'system':
      return body.messages.some(({ role }) => role !== 'user' && role !== 'assistant');
    case 'parts':
      return contents.some((content) => typeof content !== 'string');
    case 'cache_control':
      return JSON.stringify(body).includes('cache_control');
    default:
      return what in body;
  }
}

const HEAD = 'Answer in the words of the project. '.repeat(1_000);
let models = 0;

for (const { name, date, status, refuses, body: refusal, request } of WORDINGS)
  test(`refused: ${name}`, async () => {
    assert.match(date, /^20\d\d-\d\d-\d\d$/);
    const cached = refuses === 'parts' || refuses === 'cache_control';
    const model = `${cached ? 'anthropic/claude-sonnet-' : 'm'}${models++}`;
    const bodies: Body[] = [];
    const fetch: typeof globalThis.fetch = (_, init) => {
      const body = JSON.parse(String(init?.body)) as Body;
      bodies.push(body);
      if (!isRefused(refuses, body))
        return Promise.resolve(new Response(SSE, { headers: { 'content-type': 'text/event-stream' } }));
      const limit = limitOf(body);
      // The figures are those of the request.
      const text = (typeof refusal === 'string' ? refusal : JSON.stringify(refusal))
        .replaceAll('16384', String(limit))
        .replaceAll('16504', String(limit + PROMPT));
      const type = typeof refusal === 'string' ? 'text/plain' : 'application/json';
      return Promise.resolve(new Response(text, { status, headers: { 'content-type': type } }));
    };
    const ask = async () => {
      const { gateway, ledger } = testGateway(openAiAt('http://127.0.0.1:9995', request ? { request } : {}), { fetch });
      const messages = [
        { role: 'system', content: cached ? HEAD : 'Be brief. '.repeat(40) },
        { role: 'user', content: 'Hello?' },
      ] as const;
      const call = chatCall(model, { request: { kind: 'chat', messages, maxTokens: 16_384 } });
      const { result, text } = await finish(gateway.stream(call, new AbortController().signal));
      assert.equal(result.outcome, 'done', `${JSON.stringify(result.failure)} after ${bodies.length}`);
      assert.equal(text, 'Fine.');
      assert.equal(ledger.settled.length, 1);
    };
    await ask();
    assert.equal(bodies.length, refuses === 'both' ? 3 : 2, 'once for each thing that is refused');
    const last = bodies.at(-1) as Body;
    assert.ok(refuses === 'both' || limitOf(last) >= 1_000, 'the answer has room');
    // A setting is the user's: it stays, whatever was learned.
    if (request) return;
    await ask();
    assert.equal(bodies.length, refuses === 'both' ? 4 : 3, 'remembered');
  });
