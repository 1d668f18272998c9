import assert from 'node:assert/strict';
import test from 'node:test';
import { LEARNED_SHAPES, type ShapeStore } from '../../../src/core/providers/refusedParameters.ts';
import { chatCall, openAiAt, testGateway } from '../../support/gateway.ts';
import { finish } from './wireSupport.ts';

/** What servers refuse of a request, in their published words, and what is sent instead. */

const URL_ = 'http://127.0.0.1:9998';
const SSE = 'data: {"choices":[{"index":0,"delta":{"content":"Fine."},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';

type Body = Readonly<Record<string, unknown>> & { readonly messages: readonly { role: string; content: unknown }[] };

/** A server that refuses requests by a rule, and keeps what it was sent. */
function server(refuse: (body: Body) => object | undefined, status = 400) {
  const bodies: Body[] = [];
  const urls: string[] = [];
  const fetch: typeof globalThis.fetch = (input, init) => {
    const body = JSON.parse(String(init?.body)) as Body;
    bodies.push(body);
    urls.push(String(input instanceof Request ? input.url : input));
    const no = refuse(body);
    return Promise.resolve(
      no ? Response.json(no, { status }) : new Response(SSE, { headers: { 'content-type': 'text/event-stream' } }),
    );
  };
  return { fetch, bodies, urls };
}

let models = 0;
/** Asks a model that nothing is known of. */
async function ask(
  refuse: (body: Body) => object | undefined,
  { status = 400, model = `m${models++}`, extra = {}, debug = (_: string): void => undefined } = {},
) {
  const { fetch, bodies, urls } = server(refuse, status);
  const { gateway, ledger } = testGateway(openAiAt(URL_, { prices: { [model]: { input: 1, output: 1 } }, ...extra }), {
    fetch,
    debug,
  });
  const messages = [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Hello?' },
  ] as const;
  const call = chatCall(model, { request: { kind: 'chat', messages, maxTokens: 16_384 } });
  const ended = await finish(gateway.stream(call, new AbortController().signal));
  return { ...ended, bodies, urls, ledger, model };
}

const openai = (message: string, param: string | null = null) => ({
  error: { message, type: 'invalid_request_error', param, code: 'unsupported_parameter' },
});

const CASES: readonly (readonly [
  name: string,
  refuse: (body: Body) => object | undefined,
  check: (last: Body) => void,
  status?: number,
])[] = [
  [
    'OpenAI: max_completion_tokens instead',
    (body) =>
      'max_tokens' in body
        ? openai(
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
            'max_tokens',
          )
        : undefined,
    (last) => assert.equal(last['max_completion_tokens'], 16_384),
  ],
  [
    'vLLM, Mistral: fields that must not be there',
    (body) =>
      'stream_options' in body
        ? {
            detail: [
              {
                type: 'extra_forbidden',
                loc: ['body', 'stream_options'],
                msg: 'Extra inputs are not permitted',
                input: {},
              },
            ],
          }
        : undefined,
    (last) => assert.ok(!('stream_options' in last)),
    422,
  ],
  [
    'Anthropic: a limit in the words',
    (body) =>
      Number(body['max_tokens']) > 8192
        ? {
            type: 'error',
            error: {
              type: 'invalid_request_error',
              message:
                'max_tokens: 16384 > 8192, which is the maximum allowed number of output tokens for claude-3-5-haiku-20241022',
            },
          }
        : undefined,
    (last) => assert.equal(last['max_tokens'], 8192),
  ],
  [
    'OpenAI: at most',
    (body) =>
      Number(body['max_tokens']) > 4096
        ? openai(
            'max_tokens is too large: 16384. This model supports at most 4096 completion tokens, whereas you provided 16384.',
            'max_tokens',
          )
        : undefined,
    (last) => assert.equal(last['max_tokens'], 4096),
  ],
  [
    'DashScope: a range',
    (body) =>
      Number(body['max_tokens']) > 8192
        ? { error: { message: 'Range of max_tokens should be [1, 8192]', code: 'InvalidParameter' } }
        : undefined,
    (last) => assert.equal(last['max_tokens'], 8192),
  ],
  [
    'Gemma templates: no system role',
    ({ messages }) =>
      messages.some(({ role }) => role === 'system')
        ? { object: 'error', message: 'System role not supported', code: 400 }
        : undefined,
    (last) => assert.deepEqual(last.messages, [{ role: 'user', content: 'Be brief.\n\nHello?' }]),
  ],
  [
    'Google: no developer instruction',
    ({ messages }) =>
      messages.some(({ role }) => role === 'system')
        ? [
            {
              error: {
                code: 400,
                message: 'Developer instruction is not enabled for models/gemma-3-27b-it',
                status: 'INVALID_ARGUMENT',
              },
            },
          ]
        : undefined,
    (last) => assert.deepEqual(last.messages, [{ role: 'user', content: 'Be brief.\n\nHello?' }]),
  ],
  [
    'Azure: no streams',
    (body) =>
      body['stream']
        ? openai("Unsupported value: 'stream' does not support true with this model.", 'stream')
        : undefined,
    (last) => assert.ok(!('stream' in last) && !('stream_options' in last)),
  ],
  [
    'two things, one after the other',
    (body) =>
      'stream_options' in body
        ? openai('Unrecognized request argument supplied: stream_options')
        : 'max_tokens' in body
          ? openai("Unsupported parameter: 'max_tokens' is not supported with this model.", 'max_tokens')
          : undefined,
    (last) => assert.ok('max_completion_tokens' in last && !('stream_options' in last)),
  ],
];

for (const [name, refuse, check, status] of CASES)
  test(`refused: ${name}: sent again without it, remembered, one row, and logged at debug level`, async () => {
    const debug: string[] = [];
    const first = await ask(refuse, { status, debug: (line) => debug.push(line) });
    assert.equal(first.result.outcome, 'done', JSON.stringify(first.result.failure));
    assert.equal(first.text, 'Fine.');
    check(first.bodies.at(-1) as Body);
    assert.equal(first.ledger.settled.length, 1);
    assert.equal(debug.length, first.bodies.length - 1);
    const again = await ask(refuse, { status, model: first.model });
    assert.equal(again.bodies.length, 1, 'remembered');
    check(again.bodies[0] as Body);
  });

test('refused: parameters that we do not send, and those refused in every form, are reported at once', async () => {
  const other = await ask(() => openai('temperature must be a cheese', 'temperature'));
  assert.equal(other.bodies.length, 1);
  assert.equal(other.result.failure?.kind, 'bad-request');
  const always = await ask(() => openai("Unsupported parameter: 'max_tokens' or 'max_completion_tokens'"));
  assert.ok(always.bodies.length <= 4, String(always.bodies.length));
  assert.equal(always.result.failure?.kind, 'bad-request');
});

test('refused: a provider setting states the form, and nothing has to be refused', async () => {
  const request = {
    maxTokens: 'max_completion_tokens',
    systemRole: 'user',
    omit: ['stream_options'],
    mostTokens: 1_000,
  };
  const { bodies } = await ask(() => undefined, { extra: { request } });
  assert.deepEqual(Object.keys(bodies[0] ?? {}).sort(), ['max_completion_tokens', 'messages', 'model', 'stream']);
  assert.equal(bodies[0]?.['max_completion_tokens'], 1_000);
  assert.deepEqual(bodies[0]?.messages, [{ role: 'user', content: 'Be brief.\n\nHello?' }]);
});

test('the address of a deployment: its query and the name of the model in its path', async () => {
  const { urls, result } = await ask(() => undefined, {
    model: 'my deployment',
    extra: { baseUrl: `${URL_}/openai/deployments/{model}/chat/completions?api-version=2025-01-01` },
  });
  assert.equal(result.outcome, 'done', JSON.stringify(result.failure));
  assert.equal(urls[0], `${URL_}/openai/deployments/my%20deployment/chat/completions?api-version=2025-01-01`);
});

test('what was refused is kept over restarts, and what a store has in the wrong form is ignored', () => {
  let kept: unknown = {
    'http://a/v1 m': { maxTokens: 'max_completion_tokens', omit: ['stream', 'nonsense'] },
    x: 7,
    y: { maxTokens: 1 },
  };
  const store: ShapeStore = { load: () => kept, save: (value) => (kept = value) };
  LEARNED_SHAPES.keepIn(store);
  assert.equal(LEARNED_SHAPES.get('http://a/v1', 'm')?.maxTokens, 'max_completion_tokens');
  assert.deepEqual(LEARNED_SHAPES.get('http://a/v1', 'm')?.omit, ['stream']);
  LEARNED_SHAPES.learn('http://a/v1', 'n', { systemRole: 'user' });
  assert.deepEqual((kept as Record<string, unknown>)['http://a/v1 n'], { systemRole: 'user' });
});

test('a change that did not help is not remembered', async () => {
  // The refusal names the system role, but what is wrong is something else.
  const refuse = () => ({ error: { message: 'Unexpected role: system prompts are not what this is about' } });
  const { result, bodies, model } = await ask(refuse);
  assert.equal(result.failure?.kind, 'bad-request');
  assert.ok(bodies.length > 1, 'it was tried');
  assert.equal(LEARNED_SHAPES.get(`${URL_}/v1`, model), undefined);
  const again = await ask(() => undefined, { model });
  assert.equal(again.bodies[0]?.messages[0]?.role, 'system');
});
