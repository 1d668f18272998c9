import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { chatCall, openAiAt, testGateway } from '../../support/gateway.ts';
import { bodyOf, finish } from './wireSupport.ts';

/** A model that continues after its answer with a turn of the user that it makes up: the answer ends before it. */

const URL_ = 'http://127.0.0.1:9994';

/** Reads an answer that comes in pieces of so many characters. */
async function answer(whole: string, size: number, protocol: 'openai' | 'ollama' = 'openai', usage = true) {
  const characters = [...whole];
  const pieces: string[] = [];
  for (let at = 0; at < characters.length; at += size) pieces.push(characters.slice(at, at + size).join(''));
  const lines =
    protocol === 'openai'
      ? [
          ...pieces.map((content) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`),
          'data: {"choices":[{"index":0,"delta":{},"finish_reason":"length"}]}\n\n',
          ...(usage
            ? ['data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":40,"total_tokens":49}}\n\n']
            : []),
          'data: [DONE]\n\n',
        ]
      : [
          ...pieces.map(
            (content) => `${JSON.stringify({ model: 'mid', message: { role: 'assistant', content }, done: false })}\n`,
          ),
          '{"model":"mid","message":{"role":"assistant","content":""},"done":true,"done_reason":"length","prompt_eval_count":9,"eval_count":40}\n',
        ];
  let left = 0;
  const fetch: typeof globalThis.fetch = (input) => {
    const { pathname } = new URL(String(input instanceof Request ? input.url : input));
    if (pathname === '/api/tags') return Promise.resolve(Response.json({ models: [{ name: 'mid', digest: 'd' }] }));
    if (pathname === '/api/show') return Promise.resolve(Response.json({ capabilities: ['completion'] }));
    if (pathname === '/api/ps') return Promise.resolve(Response.json({ models: [{ name: 'mid' }] }));
    const bytes = new TextEncoder().encode(lines.join(''));
    const body = bodyOf(bytes, 64);
    const counted = body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({ transform: (chunk, to) => (left++, to.enqueue(chunk)) }),
    );
    return Promise.resolve(
      new Response(counted, {
        headers: { 'content-type': protocol === 'openai' ? 'text/event-stream' : 'application/x-ndjson' },
      }),
    );
  };
  const { gateway, ledger } = testGateway(
    protocol === 'openai'
      ? openAiAt(URL_, { prices: { mid: { input: 1, output: 1 } } })
      : { ...openAiAt(URL_), providers: { cloud: { kind: 'ollama', baseUrl: URL_ } } },
    { fetch },
  );
  const ended = await finish(gateway.stream(chatCall('mid'), new AbortController().signal));
  return { ...ended, row: ledger.settled.at(-1), chunks: left, all: Math.ceil(lines.join('').length / 64) };
}

const MADE_UP: readonly (readonly [string, string])[] = [
  ['ChatML', '<|im_end|>\n<|im_start|>user\nAnd what is a semaphore?<|im_end|>\n<|im_start|>assistant\nIt counts.'],
  ['Llama 3', '<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nAnd a semaphore?<|eot_id|>'],
  ['Gemma', '<end_of_turn>\n<start_of_turn>user\nAnd a semaphore?<end_of_turn>'],
  ['Gemma 4', '<turn|>\n<|turn>user\nAnd a semaphore?'],
  ['Phi', '<|end|><|user|>\nAnd a semaphore?<|end|><|assistant|>\nIt counts.'],
  ['DeepSeek', '<｜end▁of▁sentence｜><｜User｜>And a semaphore?<｜Assistant｜>It counts.'],
  ['Llama 2, Mistral', '</s>[INST] And a semaphore? [/INST] It counts.'],
  ['Mistral', ' [INST] And a semaphore? [/INST] It counts.'],
  ['GPT', '<|endoftext|>Human: And a semaphore?'],
  ['Command R', '<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|USER_TOKEN|>And a semaphore?'],
  ['plain', '\n\nUser: And what is a semaphore?\n\nAssistant: It counts.'],
  ['plain, without an answer', '\n\nUser: And what is a semaphore?'],
  ['Vicuna', '\n\nHuman: And a semaphore?\nAI: It counts.'],
  ['Alpaca', '\n\n### Instruction:\nTell of semaphores.\n\n### Response:\nThey count.'],
  ['bold', '\n\n**User:** And a semaphore?\n\n**Assistant:** It counts.'],
  ['in Chinese', '\n\n用户：信号量是什么？\n\n助手：它会计数。'],
];
const ANSWER = 'A mutex is a lock.\n\n```c\nlock(m); // <|im_end|>\n```\n\nOne thread holds it.';

for (const [name, turn] of MADE_UP)
  test(`made-up turn: ${name}`, async () => {
    for (const size of [1, 3, 7, 1_000])
      for (const protocol of ['openai', 'ollama'] as const) {
        const { text, result } = await answer(ANSWER + turn, size, protocol);
        assert.equal(text.trimEnd(), ANSWER, `${protocol} in pieces of ${size}`);
        assert.equal(result.outcome, 'done');
        assert.equal(result.finish, 'stop');
      }
  });

const KEPT: readonly (readonly [string, string])[] = [
  ['a token in backticks', 'ChatML ends a turn with `<|im_end|>`, and begins one with `<|im_start|>`. Use both.'],
  ['a token in quotes', 'The text "<|eot_id|>" ends a turn.'],
  ['a token in a block', 'So:\n\n```\n<|im_start|>user\nHello<|im_end|>\n```\n\nThat is all.'],
  ['markup', 'Write <s>old</s> for text that is struck out, and then go on.'],
  ['a dialog that was asked for', 'User: Hello?\n\nAssistant: Hello!\n\nUser: Bye.\n\nAssistant: Bye.'],
  ['a dialog after a colon', 'An example:\n\nUser: Hello?\n\nAssistant: Hello!'],
  ['a form', 'These are the defaults of the service.\n\nUser: admin\nPassword: none\n\nChange them.'],
  ['a label within a line', 'Ask the user.\nThe User: field must not be empty.\n\nAssistant: none.'],
  ['operators', 'In F# you write a <| b |> c and in Haskell (<|>).'],
  ['a label in a block', 'So:\n\n```yaml\n\nUser: me\n\nAssistant: you\n```\n\nDone.'],
  ['an end that begins like a token', 'a <|'],
  ['an end that begins like a label', 'a\n\nUse'],
];
for (const [name, text] of KEPT)
  test(`no made-up turn: ${name}`, async () => {
    for (const size of [1, 3, 7, 1_000]) {
      const read = await answer(text, size);
      assert.equal(read.text, text, `in pieces of ${size}`);
      assert.equal(read.row?.usage.output, 40);
    }
  });

test('a leaked end token alone: the count that follows it is read', async () => {
  const { text, row } = await answer('Fine.<|im_end|>\n', 4);
  assert.equal(text, 'Fine.');
  assert.equal(row?.usage.output, 40);
  assert.equal(row?.usageEstimated, false);
});

test('a token at the beginning is dropped with the role that it names', async () => {
  for (const begin of [
    '<|im_start|>assistant\n',
    '<start_of_turn>model\n',
    '<|start_header_id|>assistant<|end_header_id|>\n\n',
    '<|assistant|>',
  ])
    for (const size of [1, 5, 100])
      assert.equal((await answer(`${begin}Fine, thank you.`, size)).text, 'Fine, thank you.');
});

test('a model that never ends is cut off, and what was read of it counts', async () => {
  const rest = 'And what is a semaphore? It counts. '.repeat(200);
  const { text, result, row, chunks, all } = await answer(`Fine.<|im_end|>\n<|im_start|>user\n${rest}`, 4);
  assert.equal(text, 'Fine.');
  assert.equal(result.outcome, 'done');
  assert.ok(chunks < all / 5, `${chunks} of ${all} chunks were read`);
  assert.equal(row?.usageEstimated, true);
  assert.ok((row?.usage.output ?? 0) >= 25 && (row?.usage.output ?? 0) <= 200, String(row?.usage.output));
});

test('no text is lost where nothing looks like a turn', async () => {
  const Word = fc.constantFrom(
    'User',
    'user',
    ' ',
    '\n',
    '\n\n',
    ':',
    '<',
    '|',
    '>',
    '<|',
    'Assistant',
    '[',
    ']',
    'INS',
    '/',
    '#',
    '`',
    'x',
    '？',
    '**',
    's',
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(Word, { minLength: 1, maxLength: 14 }),
      fc.integer({ min: 1, max: 5 }),
      async (words, size) => {
        const whole = `x${words.join('')}x`;
        fc.pre(!/<\|\w+\|>|<\/s>|\[\/?INST\]|\n[ \t]*\n[#* ]*user\** ?:/i.test(whole));
        assert.equal((await answer(whole, size)).text, whole);
      },
    ),
    { numRuns: 300 },
  );
});
