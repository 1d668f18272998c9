import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { failureOfErrorObject, failureOfStatus, hasError } from '../../../src/core/providers/httpFailures.ts';

const of = (status: number, body: unknown) =>
  failureOfStatus(status, new Headers(), typeof body === 'string' ? body : JSON.stringify(body));

test('the first sentence for people is found wherever it is in a body', () => {
  const Name = fc
    .stringMatching(/^[a-z]{2,8}$/)
    .filter(
      (name) =>
        !/^(type|code|status|model|object|param|input|help|id|url|loc|ctx|links|trace|stack|retry.*)$/.test(name),
    );
  fc.assert(
    fc.property(fc.array(fc.oneof(Name, fc.constant('[]')), { maxLength: 5 }), fc.boolean(), (path, inText) => {
      const sentence = 'The gadget is out of order';
      let body: unknown = sentence;
      for (const name of path) body = name === '[]' ? [body] : { [name]: body, code: 7 };
      const failure = of(400, inText ? `Upstream: ${JSON.stringify({ error: body })}` : { error: body });
      assert.equal(failure.detail, sentence);
    }),
  );
});

test('any body is read without an error, to at most 300 characters of one line', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.json(), fc.string({ unit: 'binary' })),
      fc.integer({ min: 400, max: 599 }),
      (body, status) => {
        const { detail = '', kind } = of(status, body);
        assert.ok(detail.length <= 300 && !/[\r\n]/.test(detail));
        assert.ok(kind.length > 0);
        failureOfErrorObject(body);
        hasError(body);
      },
    ),
  );
});

test('words are cut at a sentence, and a body without words has none', () => {
  const sentence = 'This is one sentence that explains what is wrong.';
  const { detail = '' } = of(400, { error: { message: Array(12).fill(sentence).join(' ') } });
  assert.equal(detail, Array(6).fill(sentence).join(' '));
  for (const body of ['', '{}', 'null', '[]', '{"error":{}}', '<html><p>400 Bad Request</p></html>'])
    assert.equal(of(400, body).detail, undefined, body);
});

test('what a gateway adds for its administrator is dropped, and the author of the rest is named', () => {
  for (const [message, detail, by] of [
    [
      'litellm.BadRequestError: AnthropicException - {"type":"error","error":{"message":"messages: at least one message is required"}}. Received Model Group=x\nAvailable Model Group Fallbacks=None',
      'messages: at least one message is required',
      'Anthropic',
    ],
    [
      'litellm.APIConnectionError: Connection error.. Received Model Group=mid\nLiteLLM Retried: 1 times',
      'Connection error.',
      undefined,
    ],
  ] as const) {
    const failure = of(400, { error: { message, code: '400' } });
    assert.deepEqual([failure.detail, failure.by], [detail, by]);
  }
});

test('the provider behind a gateway is named where a member names it', () => {
  for (const body of [
    { error: { message: 'The model is full', metadata: { provider_name: 'Acme' } } },
    { error: { message: 'The model is full' }, provider: 'Acme' },
  ])
    assert.equal(of(400, body).by, 'Acme', JSON.stringify(body));
});

test('a wait is read from words and members, in every form', () => {
  for (const [message, ms] of [
    ['Please try again in 6.2s.', 6_200],
    ['Please try again in 350ms.', 350],
    ['Please try again in 1m26.4s.', 86_400],
    ['Please retry after 20 seconds.', 20_000],
    ['You must wait 2 minutes before the next request', 120_000],
    ['Try again later.', undefined],
    ['Your rate limit resets in 12 seconds.', 12_000],
    ['Usage will be available again in 3 minutes', 180_000],
    ['The cooldown period of 30 seconds has begun', 30_000],
  ] as const)
    assert.equal(of(429, { error: { message } }).retryAfterMs, ms, message);
  for (const [member, ms] of [
    [{ retry_after: 4 }, 4_000],
    [{ retry_after_ms: 250 }, 250],
    [{ retryDelay: '34.5s' }, 34_500],
    [{ retryAfter: '7' }, 7_000],
  ] as const)
    assert.equal(of(503, { error: { message: 'It is busy', ...member } }).retryAfterMs, ms, JSON.stringify(member));
  const inAnHour = (ms: number | undefined): boolean => Math.abs((ms ?? 0) - 3_600_000) < 5_000;
  const at = new Date(Date.now() + 3_600_000);
  const iso = at.toISOString();
  for (const body of [
    { error: { message: `Limit resets at: ${iso.slice(0, 19).replace('T', ' ')} UTC` } },
    { error: { message: `You will regain access on ${iso.slice(0, 10)} at ${iso.slice(11, 19)} UTC.` } },
    { error: { message: 'It is busy', resets_at: Math.round(at.getTime() / 1000) } },
    { error: { message: 'It is busy', resets_in_seconds: 3600 } },
    { error: { message: 'It is busy', retry_at: iso } },
    { error: { message: 'It is busy', metadata: { headers: { 'X-RateLimit-Reset': String(at.getTime()) } } } },
  ])
    assert.ok(inAnHour(of(429, body).retryAfterMs), JSON.stringify(body));
  for (const headers of [
    { 'anthropic-ratelimit-input-tokens-remaining': '0', 'anthropic-ratelimit-input-tokens-reset': iso },
    { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '1h0m0s' },
    { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Math.round(at.getTime() / 1000)) },
    { 'ratelimit-remaining': '0', 'ratelimit-reset': '3600' },
    { ratelimit: '"default";r=0;t=3600' },
    { ratelimit: 'limit=10, remaining=0, reset=3600' },
    { 'x-ms-retry-after-ms': '3600000' },
    { 'retry-after': at.toUTCString() },
  ])
    assert.ok(inAnHour(failureOfStatus(429, new Headers(headers), '').retryAfterMs), JSON.stringify(headers));
  const left = { 'x-ratelimit-remaining-requests': '7', 'x-ratelimit-reset-requests': '1h' };
  assert.equal(failureOfStatus(429, new Headers(left), '').retryAfterMs, undefined, 'that limit is not used up');
  const header = failureOfStatus(429, new Headers({ 'retry-after': '3' }), '{"error":{"message":"try again in 9s"}}');
  assert.equal(header.retryAfterMs, 3_000, 'a header counts first');
});
