import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import type { Failure } from '../../../src/core/common/failures.ts';
import type { Message, ToolCall, ToolDefinition } from '../../../src/core/common/types.ts';
import { CHAT_LIMITS, type CallEvent } from '../../../src/core/gateway/call.ts';
import { describeFailure } from '../../../src/core/gateway/describeFailure.ts';
import { habitsOf, ollamaMessages, openAiMessages } from '../../../src/core/providers/chatMessages.ts';
import { ToolCallReader } from '../../../src/core/providers/toolCalls.ts';
import { startOllama } from '../../servers/ollama.ts';
import { startOpenAi } from '../../servers/openai.ts';
import { chatCall, finish, openAiAt, testGateway } from '../../support/gateway.ts';

/** Tool calls both ways: as servers publish them in streams, and as they want them back. */

const READ: ToolDefinition = {
  name: 'read_file',
  description: 'Reads a file.',
  parameters: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
};
const LIST: ToolDefinition = { name: 'list_dir', description: 'Lists a folder.' };
const REQUEST = {
  kind: 'chat' as const,
  messages: [{ role: 'user' as const, content: 'Read a.js' }],
  maxTokens: 500,
  tools: [READ, LIST],
};

const sse = (...chunks: readonly object[]): string =>
  [...chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`), 'data: [DONE]\n\n'].join('');
const delta = (value: object, finish: string | null = null): object => ({
  id: 'c',
  object: 'chat.completion.chunk',
  model: 'mid',
  choices: [{ index: 0, delta: value, finish_reason: finish }],
});
const piece = (call: object): object => delta({ tool_calls: [call] });
const fn = (name: string, args: unknown): object => ({ name, arguments: args });
const A = { name: 'read_file', input: { path: 'a.js' } };
const B = { name: 'list_dir', input: {} };

interface Variant {
  /** The servers that send it so. */
  readonly name: string;
  readonly body: string;
  readonly calls?: readonly { readonly name: string; readonly input: unknown; readonly id?: string }[];
  readonly text?: string;
  readonly failure?: Failure['kind'];
  readonly says?: RegExp;
}

const VARIANTS: readonly Variant[] = [
  {
    name: 'OpenAI: head with id and name, arguments in pieces by index',
    body: sse(
      delta({ role: 'assistant', content: null }),
      piece({ index: 0, id: 'call_1', type: 'function', function: fn('read_file', '') }),
      piece({ index: 0, function: { arguments: '{"pa' } }),
      piece({ index: 0, function: { arguments: 'th":"a.js"}' } }),
      delta({}, 'tool_calls'),
    ),
    calls: [{ ...A, id: 'call_1' }],
  },
  {
    name: 'OpenAI: two calls, their pieces mixed',
    body: sse(
      piece({ index: 0, id: 'x', type: 'function', function: fn('read_file', '') }),
      piece({ index: 1, id: 'y', type: 'function', function: fn('list_dir', '') }),
      piece({ index: 1, function: { arguments: '{}' } }),
      piece({ index: 0, function: { arguments: '{"path":"a.js"}' } }),
      delta({}, 'tool_calls'),
    ),
    calls: [
      { ...A, id: 'x' },
      { ...B, id: 'y' },
    ],
  },
  {
    name: 'text before the call',
    body: sse(
      delta({ role: 'assistant', content: 'I read it.' }),
      piece({ index: 0, id: 'x', type: 'function', function: fn('read_file', '{"path":"a.js"}') }),
      delta({}, 'tool_calls'),
    ),
    text: 'I read it.',
    calls: [A],
  },
  {
    name: 'Mistral: the whole call and its reason in one chunk, no type',
    body: sse(
      delta(
        { content: '', tool_calls: [{ id: 'D681PevKs', function: fn('read_file', '{"path":"a.js"}'), index: 0 }] },
        'tool_calls',
      ),
    ),
    calls: [{ ...A, id: 'D681PevKs' }],
  },
  {
    name: 'Gemini: every call has index 0 and the id of its own, the end says stop',
    body: sse(
      piece({ index: 0, id: 'f-1', type: 'function', function: fn('read_file', '{"path":"a.js"}') }),
      piece({ index: 0, id: 'f-2', type: 'function', function: fn('list_dir', '{}') }),
      delta({}, 'stop'),
    ),
    calls: [A, B],
  },
  {
    name: 'Gemini: no id and no index',
    body: sse(
      delta({
        role: 'assistant',
        tool_calls: [{ type: 'function', function: fn('read_file', '{"path":"a.js"}') }],
      }),
      delta({ tool_calls: [{ type: 'function', function: fn('list_dir', '{}') }] }, 'stop'),
    ),
    calls: [A, B],
  },
  {
    name: 'the same tool twice, without id and index',
    body: sse(
      piece({ function: fn('read_file', '{"path":"a.js"}') }),
      piece({ function: fn('read_file', '{"path":"b.js"}') }),
      delta({}, 'tool_calls'),
    ),
    calls: [A, { name: 'read_file', input: { path: 'b.js' } }],
  },
  {
    name: 'vLLM: a new id and the name with each piece',
    body: sse(
      piece({ index: 0, id: 'chatcmpl-tool-1', type: 'function', function: { name: 'read_file' } }),
      piece({ index: 0, id: 'chatcmpl-tool-2', function: { arguments: '{"path": ' } }),
      piece({ index: 0, id: 'chatcmpl-tool-3', function: fn('read_file', '"a.js"}') }),
      delta({}, 'tool_calls'),
    ),
    calls: [{ ...A, id: 'chatcmpl-tool-1' }],
  },
  {
    name: 'LiteLLM for Anthropic: an empty object before the arguments',
    body: sse(
      piece({ index: 0, id: 'toolu_1', type: 'function', function: fn('read_file', '{}') }),
      piece({ index: 0, function: { arguments: '{"path":' } }),
      piece({ index: 0, function: { arguments: '"a.js"}' } }),
      delta({}, 'tool_calls'),
    ),
    calls: [{ ...A, id: 'toolu_1' }],
  },
  {
    name: 'LiteLLM: the whole call once more at the end',
    body: sse(
      piece({ index: 0, id: 'x', type: 'function', function: fn('read_file', '') }),
      piece({ index: 0, function: { arguments: '{"path":"a.js"}' } }),
      piece({ index: 0, id: 'x', type: 'function', function: fn('read_file', '{"path":"a.js"}') }),
      delta({}, 'tool_calls'),
    ),
    calls: [A],
  },
  {
    name: 'llama.cpp: arguments as an object',
    body: sse(
      piece({ index: 0, id: '', type: 'function', function: fn('read_file', { path: 'a.js' }) }),
      delta({}, 'stop'),
    ),
    calls: [A],
  },
  {
    name: 'JSON within JSON',
    body: sse(
      piece({ index: 0, id: 'x', function: fn('read_file', JSON.stringify('{"path":"a.js"}')) }),
      delta({}, 'tool_calls'),
    ),
    calls: [A],
  },
  {
    name: 'arguments null for a tool without any, end mark without a reason',
    body: sse(piece({ index: 0, id: 'x', function: fn('list_dir', null) })),
    calls: [B],
  },
  {
    name: 'function_call of the first protocol',
    body: sse(
      delta({ function_call: { name: 'read_file', arguments: '' } }),
      delta({ function_call: { arguments: '{"path":"a.js"}' } }),
      delta({}, 'function_call'),
    ),
    calls: [A],
  },
  {
    name: 'Anthropic passed on: tool_use among the parts of the content',
    body: sse(
      delta(
        {
          content: [
            { type: 'text', text: 'I read it.' },
            { type: 'tool_use', id: 'toolu_1', name: 'read_file', input: { path: 'a.js' } },
          ],
        },
        'tool_use',
      ),
    ),
    text: 'I read it.',
    calls: [{ ...A, id: 'toolu_1' }],
  },
  {
    name: 'not streamed: one object with a message',
    body: JSON.stringify({
      object: 'chat.completion',
      choices: [
        {
          message: {
            role: 'assistant',
            content: null,
            tool_calls: [{ id: 'x', type: 'function', function: fn('read_file', '{"path":"a.js"}') }],
          },
          finish_reason: 'tool_calls',
        },
      ],
    }),
    calls: [A],
  },
  {
    name: 'the same id for every call',
    body: sse(
      piece({ index: 0, id: 'call', function: fn('read_file', '{"path":"a.js"}') }),
      piece({ index: 1, id: 'call', function: fn('list_dir', '{}') }),
      delta({}, 'tool_calls'),
    ),
    calls: [A, B],
  },
  {
    name: 'empty lists beside text are no calls',
    body: sse(delta({ content: 'Done.', tool_calls: [] }), delta({ tool_calls: null }, 'stop')),
    text: 'Done.',
    calls: [],
  },
  {
    name: 'arguments that are no JSON are told with their text',
    body: sse(piece({ index: 0, id: 'x', function: fn('read_file', '{"path": a.js}') }), delta({}, 'tool_calls')),
    failure: 'bad-tool-call',
    says: /read_file\(\{"path": a\.js\}\)/,
  },
  {
    name: 'arguments that are a list',
    body: sse(piece({ index: 0, id: 'x', function: fn('read_file', '["a.js"]') }), delta({}, 'tool_calls')),
    failure: 'bad-tool-call',
    says: /read_file/,
  },
  {
    name: 'a call that the limit cut',
    body: sse(piece({ index: 0, id: 'x', function: fn('read_file', '{"path": "a') }), delta({}, 'length')),
    failure: 'bad-tool-call',
    says: /length limit/,
  },
  {
    name: 'a call without a name',
    body: sse(piece({ index: 0, id: 'x', function: { arguments: '{}' } }), delta({}, 'tool_calls')),
    failure: 'bad-tool-call',
  },
  {
    name: 'a stream that breaks off in a call',
    body: `data: ${JSON.stringify(piece({ index: 0, id: 'x', function: fn('read_file', '{"pa') }))}\n\n`,
    failure: 'incomplete',
  },
];

const callsOf = (events: readonly CallEvent[]): ToolCall[] =>
  events.flatMap((event) => (event.kind === 'tool-call' ? [event.call] : []));

for (const { name, body, calls, text = '', failure, says } of VARIANTS)
  test(`tool calls: ${name}`, async () => {
    for (const bytes of [body.length, 7]) {
      const type = body.startsWith('{') ? 'application/json' : 'text/event-stream';
      const fetch: typeof globalThis.fetch = () => {
        const all = new TextEncoder().encode(body);
        let at = 0;
        const stream = new ReadableStream<Uint8Array>({
          pull: (out) => (at < all.length ? out.enqueue(all.subarray(at, (at += bytes))) : out.close()),
        });
        return Promise.resolve(new Response(stream, { headers: { 'content-type': type } }));
      };
      const { gateway } = testGateway(openAiAt('http://127.0.0.1:9993'), { fetch });
      const call = chatCall('mid', { request: REQUEST, limits: { ...CHAT_LIMITS, attempts: 1 } });
      const { events, text: said, result } = await finish(gateway.stream(call, new AbortController().signal));
      assert.equal(result.failure?.kind, failure, JSON.stringify(result.failure));
      if (failure !== undefined) {
        const words = result.failure && result.place ? describeFailure(result.failure, result.place).text : '';
        if (says) assert.match(words, says);
        assert.deepEqual(callsOf(events), [], 'no half call is given out');
        continue;
      }
      assert.equal(said, text);
      const found = callsOf(events);
      assert.deepEqual(
        found.map(({ name: tool, input }) => ({ name: tool, input })),
        (calls ?? []).map(({ name: tool, input }) => ({ name: tool, input })),
      );
      assert.equal(new Set(found.map(({ id }) => id)).size, found.length, 'ids are unique');
      for (const [i, { id }] of (calls ?? []).entries()) if (id !== undefined) assert.equal(found[i]?.id, id);
      assert.equal(result.finish, found.length > 0 ? 'tool-calls' : 'stop');
      assert.equal(result.outcome, 'done');
    }
  });

test('however arguments are cut into pieces, the calls are the same', () => {
  const name = fc.constantFrom('read_file', 'list_dir', 'edit');
  const input = fc.dictionary(fc.string({ minLength: 1, maxLength: 5 }), fc.jsonValue({ maxDepth: 2 }));
  const calls = fc.array(fc.record({ name, input }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(calls, fc.integer({ min: 1, max: 9 }), fc.boolean(), (all, length, numbered) => {
      const reader = new ToolCallReader();
      for (const [index, call] of all.entries()) {
        const text = JSON.stringify(call.input);
        const id = `call_${index}`;
        const at = numbered ? { index } : {};
        reader.read({ tool_calls: [{ ...at, id, function: { name: call.name, arguments: text.slice(0, length) } }] });
        for (let from = length; from < text.length; from += length)
          reader.read({ tool_calls: [{ ...at, function: { arguments: text.slice(from, from + length) } }] });
      }
      const found = reader.end().map((call) => ({ name: call.name, input: call.input }));
      assert.deepEqual(found, JSON.parse(JSON.stringify(all)));
    }),
    { numRuns: 200 },
  );
});

test('text that has the shape of no message throws nothing', () => {
  fc.assert(
    fc.property(fc.anything(), fc.jsonValue(), (odd, json) => {
      const reader = new ToolCallReader();
      reader.read(odd);
      reader.read({ tool_calls: odd, content: json, function_call: json });
      reader.read({ tool_calls: [json] });
    }),
    { numRuns: 300 },
  );
});

const CONVERSATION: readonly Message[] = [
  { role: 'system', content: 'Rules.' },
  { role: 'user', content: 'Read a.js' },
  {
    role: 'assistant',
    content: '',
    reasoning: 'I should read it.',
    toolCalls: [{ id: 'call_1', name: 'read_file', input: { path: 'a.js' }, extra: { extra_content: { g: 1 } } }],
  },
  {
    role: 'tool',
    content: 'one line',
    answers: { id: 'call_1', name: 'read_file' },
    images: [{ mime: 'image/png', data: 'AAAA' }],
  },
];

test('a conversation with tools is sent back in the form of each protocol', () => {
  assert.deepEqual(openAiMessages(CONVERSATION, false), [
    { role: 'system', content: 'Rules.' },
    { role: 'user', content: 'Read a.js' },
    {
      role: 'assistant',
      content: null,
      tool_calls: [
        {
          extra_content: { g: 1 },
          id: 'call_1',
          type: 'function',
          function: { name: 'read_file', arguments: '{"path":"a.js"}' },
        },
      ],
    },
    { role: 'tool', tool_call_id: 'call_1', content: 'one line' },
    {
      role: 'user',
      content: [
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
        { type: 'text', text: 'Pictures of the result of read_file:' },
      ],
    },
  ]);
  assert.deepEqual(ollamaMessages(CONVERSATION).slice(2), [
    {
      role: 'assistant',
      content: '',
      thinking: 'I should read it.',
      tool_calls: [{ function: { name: 'read_file', arguments: { path: 'a.js' } } }],
    },
    { role: 'tool', content: 'one line', tool_name: 'read_file' },
    { role: 'user', content: 'Pictures of the result of read_file:', images: ['AAAA'] },
  ]);
});

test('thoughts go back only to endpoints that ask for them, and ids as each endpoint takes them', () => {
  const assistant = (url: string, model: string) =>
    openAiMessages(CONVERSATION, false, undefined, habitsOf(url, model))[2] as unknown as Record<string, unknown>;
  assert.equal(assistant('https://api.deepseek.com', 'deepseek-chat')['reasoning_content'], 'I should read it.');
  assert.equal(assistant('https://openrouter.ai/api/v1', 'x/y')['reasoning'], 'I should read it.');
  assert.ok(!('reasoning_content' in assistant('https://api.openai.com/v1', 'gpt-6')));
  const idOf = (url: string, model: string, id: string) => habitsOf(url, model).callId?.(id) ?? id;
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 80 }), (id) => {
      assert.match(idOf('https://api.mistral.ai/v1', 'mistral-large', id), /^[a-zA-Z0-9]{9}$/);
      assert.match(idOf('http://localhost:4000', 'anthropic/claude-5', id), /^[\w-]+$/);
      assert.ok(idOf('https://api.openai.com/v1', 'gpt-6', id).length <= 40);
    }),
  );
  assert.equal(idOf('https://api.mistral.ai/v1', 'm', 'D681PevKs'), 'D681PevKs');
});

test('the request says which tools there are, both protocols answer with calls, and the book agrees', async () => {
  const openai = await startOpenAi({ models: [{ name: 'mid', price: { input: 1, output: 2 } }] });
  const ollama = await startOllama({ models: ['qwen3:4b'] });
  after(async () => {
    await openai.stop();
    await ollama.stop();
  });
  const toolCalls = [{ name: 'read_file', arguments: { path: 'a.js' }, pieceLength: 3 }];
  for (const server of [openai, ollama]) server.script({ text: 'I read it. ', toolCalls });
  const raw = openAiAt(openai.url, { prices: { mid: { input: 1, output: 2 } } });
  const providers = { ...raw.providers, local: { kind: 'ollama', baseUrl: ollama.url } };
  const { gateway, ledger } = testGateway({ ...raw, providers });
  for (const chain of [[{ provider: 'cloud', model: 'mid' }], [{ provider: 'local', model: 'qwen3:4b' }]]) {
    const request = { ...REQUEST, toolChoice: 'required' as const };
    const { events, text, result } = await finish(
      gateway.stream(chatCall('mid', { chain, request }), new AbortController().signal),
    );
    assert.equal(result.outcome, 'done', JSON.stringify(result.failure));
    assert.equal(text.trim(), 'I read it.');
    assert.deepEqual(
      callsOf(events).map(({ name, input }) => ({ name, input })),
      [A],
    );
    assert.equal(result.finish, 'tool-calls');
  }
  const body = openai.book.last?.body as { tools?: { function: object }[]; tool_choice?: string };
  assert.equal(body.tool_choice, 'required');
  assert.deepEqual(body.tools?.[1]?.function, {
    name: 'list_dir',
    description: 'Lists a folder.',
    parameters: { type: 'object', properties: {} },
  });
  assert.equal(ledger.settled[0]?.cost.nanoUsd, openai.book.totals().costNano);
  assert.ok(openai.book.totals().output > 5, 'calls are paid for');
});

test('calls that no tool was offered for are ignored', async () => {
  const server = await startOpenAi({ models: ['mid'] });
  after(() => server.stop());
  server.script({ text: 'Fine.', toolCalls: [{ name: 'read_file', arguments: {} }] });
  const { gateway } = testGateway(openAiAt(server.url));
  const { events, result } = await finish(gateway.stream(chatCall('mid'), new AbortController().signal));
  assert.deepEqual([callsOf(events), result.outcome], [[], 'done']);
});
