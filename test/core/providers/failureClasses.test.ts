import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Failure } from '../../../src/core/common/failures.ts';
import { judge } from '../../../src/core/gateway/retry.ts';
import { failureOfErrorObject, failureOfStatus } from '../../../src/core/providers/httpFailures.ts';

/**
 * Errors are classed by what their words say of what: a model that is missing, a key that is wrong, money that is gone.
 * The sentences are put together from parts, with any name, in any envelope, under any status that refuses.
 */

const Name = fc.oneof(
  fc.constantFrom('gpt-5', 'meta-llama/Llama-3.1-8B-Instruct', 'claude-sonnet-4.5', 'qwen2.5-coder:0.5b', '@cf/x/y-7b'),
  fc.stringMatching(/^[a-z]{2,8}-\d(\.\d)?[a-z]?$/),
);
const Quote = fc.constantFrom('', '"', "'", '`');
const Size = fc.integer({ min: 1_000, max: 2_000_000 });
/** A figure as servers write it. */
const figure = (value: number): fc.Arbitrary<string> => fc.constantFrom(String(value), value.toLocaleString('en-US'));

/** The ways in which servers wrap a sentence. */
const ENVELOPES: readonly ((message: string) => unknown)[] = [
  (message) => ({ error: { message, type: 'invalid_request_error', param: null, code: null } }),
  (message) => ({ error: message }),
  (message) => ({ detail: message }),
  (message) => ({ detail: { error: { message } } }),
  (message) => ({ errors: [{ message, code: 7003 }], success: false }),
  (message) => ({ message }),
  (message) => ({ code: 20012, message, data: null }),
  (message) => ({ object: 'error', message, type: 'BadRequestError', code: 400 }),
  (message) => [{ error: { code: 400, message, status: 'INVALID_ARGUMENT' } }],
  (message) => ({ error: { message: `litellm.BadRequestError: OpenAIException - ${message}`, code: '400' } }),
  (message) => ({
    error: { message: 'Provider returned error', metadata: { raw: JSON.stringify({ error: { message } }) } },
  }),
  (message) => message,
];
const REFUSING = [400, 403, 404, 409, 412, 422, 424, 498];

type Words = fc.Arbitrary<string>;
const join = (...parts: readonly (string | Words)[]): Words =>
  fc
    .tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part)))
    .map((words) => words.join(''));
const one = (...words: readonly string[]): Words => fc.constantFrom(...words);
const name = fc.tuple(Name, Quote).map(([text, quote]) => quote + text + quote);
const Tokens = Size.chain((size) => figure(size));

const SENTENCES: Readonly<Partial<Record<Failure['kind'], Words>>> = {
  'model-missing': fc.oneof(
    join(
      one('The model ', 'Model ', 'Deployment ', 'The requested model '),
      name,
      one(
        ' was not found',
        ' does not exist',
        ' is not available',
        ' has been decommissioned',
        ' is not supported by any provider',
      ),
    ),
    join(one('Unknown model: ', 'Unavailable model: ', 'No such model ', 'Invalid model '), name),
    join(one('Could not find ', 'Unable to access ', 'Cannot resolve '), 'the model ', name),
    join('No available channel for model ', name, ' under group default'),
  ),
  credit: one(
    'Insufficient balance',
    'You do not have enough credits to make this request.',
    'not enough balance',
    'Your credit balance is too low to access the API.',
    'You have used up your daily free allocation of 10,000 neurons.',
    'Your account is suspended, please check your plan and billing details.',
    'This request exceeds the token quota of your plan',
    'Please enable billing on project 7.',
    '用户额度不足, 剩余额度: 0',
  ),
  auth: one(
    'Incorrect API key provided: sk-ab***yz.',
    'Invalid token',
    'invalid api token',
    'API key expired. Please renew the API key.',
    'Authentication failed',
    'The security token included in the request is invalid.',
    '无效的令牌',
  ),
  'context-length': fc.oneof(
    join('This model has a maximum context length of ', Tokens, ' tokens; your messages have more.'),
    join('The prompt is too long for this model: ', Tokens, ' tokens'),
    join(one('The prompt', 'Your input', 'The conversation'), ' exceeds the limit of ', Tokens, ' tokens'),
    join('The decoder prompt (length ', Tokens, ') is longer than what the model takes'),
    join('input token count is ', Tokens, ' but model only supports up to ', Tokens),
  ),
  'content-filter': one(
    "The prompt triggered the service's content management policy.",
    'Your input was flagged for violence. No credits were charged.',
    'Content violates usage guidelines.',
    'Prompt blocked due to security configurations',
  ),
  forbidden: fc.oneof(
    join("You don't have access to the model ", name),
    join('key not allowed to access model. Tried to access ', name),
    join('No access to model: ', name),
    one(
      'Organization has been restricted.',
      'Your account has been suspended. Contact support.',
      'Your IP address is not authorized.',
    ),
  ),
  policy: one(
    'This model requires a subscription, upgrade for access.',
    'Please accept the terms of this model first.',
    'No endpoints found matching your data policy.',
  ),
};

for (const [kind, Sentence] of Object.entries(SENTENCES))
  test(`${kind}: whatever is named, however it is wrapped, under any status that refuses`, () => {
    fc.assert(
      fc.property(
        Sentence,
        fc.constantFrom(...ENVELOPES),
        fc.constantFrom(...REFUSING, 200),
        fc.constantFrom('', ' (request id: 2026-11-30)', ' See https://example.com/docs for more.'),
        (sentence, wrap, status, more) => {
          const body = wrap(sentence + more);
          const text = typeof body === 'string' ? body : JSON.stringify(body);
          const failure = status === 200 ? failureOfErrorObject(body) : failureOfStatus(status, new Headers(), text);
          assert.equal(failure.kind, kind, `${status} ${text}: ${JSON.stringify(failure)}`);
        },
      ),
      { numRuns: 400 },
    );
  });

test('a code alone says its class, in any spelling', () => {
  const spell = fc.constantFrom<(words: readonly string[]) => string>(
    (words) => words.join('_'),
    (words) => words.join('-'),
    (words) => words.join('_').toUpperCase(),
    (words) => words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join(''),
    (words) => words.map((word, index) => (index ? word[0]?.toUpperCase() + word.slice(1) : word)).join(''),
  );
  fc.assert(
    fc.property(
      fc.constantFrom<readonly [readonly string[], Failure['kind']]>(
        [['model', 'not', 'found'], 'model-missing'],
        [['model', 'not', 'available'], 'model-missing'],
        [['deployment', 'not', 'found'], 'model-missing'],
        [['insufficient', 'balance'], 'credit'],
        [['insufficient', 'user', 'quota'], 'credit'],
        [['invalid', 'api', 'key'], 'auth'],
        [['context', 'length', 'exceeded'], 'context-length'],
        [['content', 'filter'], 'content-filter'],
        [['model', 'access', 'denied'], 'forbidden'],
      ),
      spell,
      fc.constantFrom(400, 403, 422),
      fc.constantFrom('code', 'type', 'status', 'error_code'),
      ([words, kind], write, status, member) => {
        const body = JSON.stringify({ error: { [member]: write(words), message: 'The gadget said no' } });
        assert.equal(failureOfStatus(status, new Headers(), body).kind, kind, body);
      },
    ),
    { numRuns: 300 },
  );
});

test('words of something else leave the class to the status', () => {
  for (const [status, kind] of [
    [400, 'bad-request'],
    [403, 'forbidden'],
    [404, 'wrong-path'],
    [409, 'overloaded'],
    [418, 'bad-request'],
    [422, 'bad-request'],
    [500, 'overloaded'],
  ] as const)
    for (const message of [
      'The gadget is out of order',
      'messages: at least one message is required',
      'Input should be greater than or equal to 0',
      'image exceeds 5 MB maximum: 6291456 bytes',
      'The seed must be a number',
      'No credits were charged.',
      'context deadline exceeded',
      'Invalid stop token in the list',
      '请求超过速率限制',
      'The context took more than its time',
      'The value of top_p is not in its range',
    ])
      assert.equal(failureOfStatus(status, new Headers(), JSON.stringify({ error: { message } })).kind, kind, message);
});

test('a refusal of one model continues with the next model of the same server', () => {
  for (const message of [
    'key not allowed to access model. This key can only access models=["mid"]. Tried to access gpt-5',
    'The model `x` is blocked at the project level.',
    'No access to model: openai/gpt-5',
  ]) {
    const failure = failureOfStatus(401, new Headers(), JSON.stringify({ error: { message } }));
    assert.equal(failure.kind, 'forbidden');
    assert.equal(failure.detail, message, 'a list of names is part of the sentence');
    const facts = { failure, visible: false, sent: true, sameBefore: 0, nextIsElsewhere: false };
    assert.equal(judge(facts), 'next');
  }
});
