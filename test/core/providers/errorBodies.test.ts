import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { describeFailure } from '../../../src/core/gateway/describeFailure.ts';
import type { Failure } from '../../../src/core/common/failures.ts';
import { judge, type Verdict } from '../../../src/core/gateway/retry.ts';
import { CHAT_LIMITS } from '../../../src/core/gateway/call.ts';
import { chatCall, openAiAt, testGateway } from '../../support/gateway.ts';
import { finish } from './wireSupport.ts';

/**
 * Bodies of errors as servers publish them, through the real gateway: the class, the words that the user reads, who said
 * them, and the wait.
 */

interface ErrorBody {
  /** The server and the case. */
  readonly name: string;
  readonly date: string;
  readonly status: number;
  /** A string is the body as it is; anything else is sent as JSON. */
  readonly body: unknown;
  readonly kind: Failure['kind'];
  /** Headers beside the type. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Part of the words that the user reads, and one that must not be in them. */
  readonly says?: string;
  readonly says_not?: string;
  readonly by?: string;
  readonly retryAfterMs?: number;
  /** A wait is stated, however long it is by now. */
  readonly waits?: boolean;
  readonly sizes?: Failure['sizes'];
  /** What follows where the next model is one of the same provider. */
  readonly verdict?: Verdict;
}

const BODIES = JSON.parse(
  readFileSync(new URL('../../fixtures/wire/error-bodies.json', import.meta.url), 'utf8'),
) as readonly ErrorBody[];

for (const { name, date, status, body, headers, ...expected } of BODIES)
  test(`error: ${name}`, async () => {
    assert.match(date, /^20\d\d-\d\d-\d\d$/);
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const type = typeof body === 'string' ? (/^\s*</.test(body) ? 'text/html' : 'text/plain') : 'application/json';
    const fetch: typeof globalThis.fetch = () =>
      Promise.resolve(new Response(text, { status, headers: { 'content-type': type, ...headers } }));
    const { gateway } = testGateway(openAiAt('http://127.0.0.1:9996'), { fetch });
    const call = chatCall('mid', { limits: { ...CHAT_LIMITS, attempts: 1 } });
    const { result } = await finish(gateway.stream(call, new AbortController().signal));
    const { failure, place } = result;
    assert.ok(failure && place, JSON.stringify(result));
    assert.equal(failure.kind, expected.kind, JSON.stringify(failure));
    const words = describeFailure(failure, place).text;
    if (expected.says !== undefined) assert.ok(words.includes(expected.says), words);
    if (expected.says_not !== undefined) assert.ok(!words.includes(expected.says_not), words);
    if (expected.by !== undefined) assert.equal(failure.by, expected.by);
    if (expected.retryAfterMs !== undefined) assert.equal(failure.retryAfterMs, expected.retryAfterMs);
    if (expected.waits) assert.ok((failure.retryAfterMs ?? 0) > 0, JSON.stringify(failure));
    const facts = { failure, visible: false, sent: true, sameBefore: 0, nextIsElsewhere: false };
    if (expected.verdict) assert.equal(judge(facts), expected.verdict);
    if (expected.sizes) assert.deepEqual(failure.sizes, expected.sizes);
  });
