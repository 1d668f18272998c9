import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { describeFailure } from '../../../src/core/gateway/describeFailure.ts';
import { judge } from '../../../src/core/gateway/retry.ts';
import { CHAT_LIMITS } from '../../../src/core/gateway/call.ts';
import { bodyOf, finish } from './wireSupport.ts';
import { chatCall, openAiAt, testGateway } from '../../support/gateway.ts';

/**
 * Every shape in `test/fixtures/wire`, read by the real gateway and adapters: a file holds where the shape was published
 * and when, what must be read from it, and the body as the server sends it. The bodies were written by us after the
 * facts.
 */

interface Expected {
  readonly outcome: string;
  readonly text: string;
  readonly reasoning?: string;
  readonly finish?: string | null;
  readonly failure?: string | null;
  /** Part of the words that the user reads, and one that must not be in them. */
  readonly says?: string;
  readonly says_not?: string;
  readonly next?: string;
  /** What follows where the next model is one of the same provider. */
  readonly verdict?: string;
  readonly retryAfterMs?: number;
  readonly input?: number;
  readonly output?: number;
  readonly estimated?: boolean;
  readonly note?: string | null;
  readonly nanoUsd?: number;
}

interface Fixture {
  readonly source: string;
  readonly date: string;
  readonly protocol: 'openai' | 'ollama';
  readonly status: number;
  readonly type: string;
  readonly expect: Expected;
}

const FOLDER = path.resolve(import.meta.dirname, '../../fixtures/wire');
const files = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.txt'))
  .sort();

function read(file: string): { fixture: Fixture; body: Buffer } {
  const text = readFileSync(path.join(FOLDER, file), 'utf8');
  const at = text.indexOf('\n-----\n');
  return { fixture: JSON.parse(text.slice(0, at)) as Fixture, body: Buffer.from(text.slice(at + 7)) };
}

/** What is learned of a model counts for its address, so each question has an address of its own. */
let port = 20_000;

/** Asks once; Ollama's questions before the first request are answered too. */
async function ask({ protocol, status, type }: Fixture, body: Buffer, pieces: number) {
  const url = `http://127.0.0.1:${port++}`;
  const fetch: typeof globalThis.fetch = (input) => {
    const { pathname } = new URL(String(input instanceof Request ? input.url : input));
    if (pathname === '/api/tags') return Promise.resolve(Response.json({ models: [{ name: 'mid', digest: 'd' }] }));
    if (pathname === '/api/show') return Promise.resolve(Response.json({ capabilities: ['completion'] }));
    return Promise.resolve(new Response(bodyOf(body, pieces), { status, headers: { 'content-type': type } }));
  };
  const prices = { mid: { input: 1, output: 2 } };
  const { gateway, ledger } = testGateway(
    protocol === 'openai'
      ? openAiAt(url, { prices })
      : { ...openAiAt(url), providers: { cloud: { kind: 'ollama', baseUrl: url } } },
    { fetch },
  );
  const call = chatCall('mid', { limits: { ...CHAT_LIMITS, attempts: 1 } });
  const ended = await finish(gateway.stream(call, new AbortController().signal));
  return { ...ended, row: ledger.settled.at(-1) };
}

for (const file of files)
  test(`wire: ${path.basename(file, '.txt')}`, async () => {
    const { fixture, body } = read(file);
    const { expect } = fixture;
    assert.match(fixture.date, /^20\d\d-\d\d-\d\d$/);
    assert.ok(fixture.source.length > 3);
    for (const pieces of [body.length, 7, 1]) {
      const { text, reasoning, result, row } = await ask(fixture, body, pieces);
      const { failure } = result;
      const words = failure && result.place ? describeFailure(failure, result.place) : undefined;
      const seen = {
        outcome: result.outcome,
        text,
        reasoning,
        finish: result.finish,
        failure: failure?.kind ?? null,
        next: words?.next,
        verdict: failure
          ? judge({ failure, visible: text + reasoning !== '', sent: true, sameBefore: 0, nextIsElsewhere: false })
          : undefined,
        retryAfterMs: failure?.retryAfterMs,
        input: result.usage.input,
        output: result.usage.output,
        estimated: result.usageEstimated,
        note: row?.note ?? null,
        nanoUsd: result.cost.nanoUsd,
      };
      const { says, says_not, ...rest } = expect;
      const wanted = { failure: null, ...rest };
      const got = Object.fromEntries(Object.keys(wanted).map((key) => [key, seen[key as keyof typeof seen]]));
      assert.deepEqual(got, wanted, `in pieces of ${pieces}: ${JSON.stringify(failure)}`);
      if (says !== undefined) assert.ok(words?.text.includes(says), words?.text);
      if (says_not !== undefined) assert.ok(!words?.text.includes(says_not), words?.text);
    }
  });
