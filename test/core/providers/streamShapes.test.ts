import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import type { Failure } from '../../../src/core/common/failures.ts';
import { describeFailure } from '../../../src/core/gateway/describeFailure.ts';
import { CHAT_LIMITS } from '../../../src/core/gateway/call.ts';
import { chatCall, openAiAt, testGateway } from '../../support/gateway.ts';
import { bodyOf, finish } from './wireSupport.ts';

/** Bodies with status 200 as servers publish them, through the real gateway, whole and in pieces. */

interface StreamShape {
  /** The server and the case. */
  readonly name: string;
  readonly date: string;
  readonly body: string;
  readonly text: string;
  /** `done` unless stated. */
  readonly outcome?: string;
  readonly reasoning?: string;
  readonly finish?: string;
  readonly failure?: Failure['kind'];
  readonly says?: string;
  readonly retryAfterMs?: number;
  readonly input?: number;
  readonly output?: number;
  readonly estimated?: boolean;
  readonly nanoUsd?: number;
  readonly note?: string;
}

const SHAPES = JSON.parse(
  readFileSync(new URL('../../fixtures/wire/streams.json', import.meta.url), 'utf8'),
) as readonly StreamShape[];

for (const { name, date, body, says, ...shape } of SHAPES)
  test(`stream: ${name}`, async () => {
    assert.match(date, /^20\d\d-\d\d-\d\d$/);
    const bytes = new TextEncoder().encode(body);
    for (const pieces of [Math.max(1, bytes.length), 11]) {
      const type = /^\s*</.test(body) ? 'text/html' : /^\s*[[{]/.test(body) ? 'application/json' : 'text/event-stream';
      const fetch: typeof globalThis.fetch = () =>
        Promise.resolve(new Response(bodyOf(bytes, pieces), { headers: { 'content-type': type } }));
      const prices = { mid: { input: 1, output: 2 } };
      const { gateway, ledger } = testGateway(openAiAt('http://127.0.0.1:9993', { prices }), { fetch });
      const call = chatCall('mid', { limits: { ...CHAT_LIMITS, attempts: 1 } });
      const { text, reasoning, result } = await finish(gateway.stream(call, new AbortController().signal));
      const { failure, place } = result;
      const seen = {
        text,
        reasoning,
        outcome: result.outcome,
        finish: result.finish,
        failure: failure?.kind,
        retryAfterMs: failure?.retryAfterMs,
        input: result.usage.input,
        output: result.usage.output,
        estimated: result.usageEstimated,
        nanoUsd: result.cost.nanoUsd,
        note: ledger.settled.at(-1)?.note,
      };
      const wanted = { outcome: 'done', ...shape };
      const got = Object.fromEntries(Object.keys(wanted).map((key) => [key, seen[key as keyof typeof seen]]));
      assert.deepEqual(got, wanted, `in pieces of ${pieces}: ${JSON.stringify(failure)}`);
      const words = failure && place ? describeFailure(failure, place).text : '';
      if (says !== undefined) assert.ok(words.includes(says), words);
    }
  });
