import assert from 'node:assert/strict';
import { FRONTIER_LIMITS, INLINE_LIMITS, type ModelCall } from '../../src/core/gateway/call.ts';
import type { LedgerRow } from '../../src/core/ledger/ledger.ts';
import type { BookEntry } from '../servers/book.ts';
import { Dice } from '../support/random.ts';
import { runAsWorker } from '../support/worker.ts';
import type { Protocol } from './frames.ts';
import { costAtServer, makeRig, type Rig } from './rig.ts';

/**
 * Many calls of every kind through the real gateway, adapters and ledger to the loopback servers, a fifth of them with
 * something wrong; then every row is compared with the server's book. Runs in a worker.
 */

export interface Mixed {
  readonly protocol: Protocol;
  readonly calls: number;
  readonly seed: number;
}

/** What was compared. */
export interface Compared {
  readonly calls: number;
  readonly rows: number;
  /** Rows whose tokens the provider counted: equal to the book, to the last nano-dollar. */
  readonly exact: number;
  /** Rows without counts: never below the book. */
  readonly estimated: number;
  readonly exactNano: number;
  readonly estimatedNano: number;
  readonly bookNano: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly failures: Readonly<Record<string, number>>;
}

const WORDS = [
  'const x = 1;\n',
  'the mutex ',
  'is held; ',
  'naïve ',
  '价格表 ',
  '🧪 ',
  'if (a < b) {\n',
  '  return null;\n',
];

/** What goes wrong, of both protocols. */
const FAULTS: readonly ((dice: Dice) => string)[] = [
  (dice) => `status:${dice.one([400, 402, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 504, 529])}`,
  (dice) => `${dice.one(['reset', 'close', 'cut'])}:${dice.below(1_500)}`,
  (dice) => `${dice.one(['drop-reset', 'drop-close'])}`,
  (dice) => `error:${dice.below(5)}`,
  (dice) => dice.one(['empty', 'html', 'json-error', 'raw']),
  (dice) => `usage:${dice.one(['missing', 'null', 'negative', 'nan', 'string', 'huge', 'inconsistent'])}`,
  (dice) => dice.one(['no-end', 'finish:none', 'finish:length', 'finish:content_filter']),
  (dice) => `redirect-${dice.one([301, 302, 307, 308])}:http://127.0.0.1:1/`,
  (dice) => `gzip+reset:${dice.below(300)}`,
];
const FAIR: readonly ((dice: Dice) => string)[] = [
  () => 'ok',
  () => 'ok',
  (dice) => `chunks:${1 + dice.below(200)}`,
  (dice) => (dice.chance(0.1) ? dice.one(['gzip', 'deflate', 'br']) : 'ok'),
  (dice) => `usage:${dice.one(['every', 'repeated', 'ok'])}`,
];

function makeCall(rig: Rig, dice: Dice, mark: string): ModelCall {
  const say = (most: number): string => Array.from({ length: 1 + dice.below(most) }, () => dice.one(WORDS)).join('');
  const kind = dice.below(10);
  const models = ['mid', 'second', 'frontier', 'local'].filter((name) => name !== 'local' || rig.protocol === 'ollama');
  const ref = (name: string) => (name === 'local' ? { provider: 'server', model: 'local' } : rig.ref(name));
  const chain = Array.from({ length: dice.one([1, 1, 2, 3]) }, () => ref(dice.one(models)));
  const turns = Array.from({ length: dice.below(3) }, (_, turn) => ({
    role: turn % 2 ? ('assistant' as const) : ('user' as const),
    content: say(60),
  }));
  const messages = [...turns, { role: 'user' as const, content: `${mark} ${say(120)}` }];
  return rig.call({
    chain,
    // What ties a row to its call here.
    language: mark,
    request: { kind: 'chat', messages, maxTokens: dice.one([20, 100, 1_000]) },
    ...(kind === 0 ? { limits: INLINE_LIMITS, task: 'completion', tier: 'local' } : {}),
    ...(kind === 1 ? { limits: FRONTIER_LIMITS, task: 'escalate', tier: 'frontier' } : {}),
    ...(kind === 2 ? { accept: (text: string) => (text.length % 5 === 0 ? 'not in the format' : null) } : {}),
  });
}

/**
 * Makes one call, consumed to its end or canceled somewhere.
 *
 * @param arrived takes the characters of the last attempt that arrived, by the mark of the call
 */
async function makeOne(
  rig: Rig,
  plan: Map<string, string[]>,
  arrived: Map<string, number>,
  dice: Dice,
  n: number,
): Promise<string> {
  const mark = `#${n}#`;
  const call = makeCall(rig, dice, mark);
  const wrong = dice.chance(0.2);
  const cancelled = wrong && dice.chance(0.2);
  const wrongs = cancelled
    ? [dice.one(['hang', 'stall:0', 'stall:2', 'between-tokens:1+goes-on'])]
    : Array.from({ length: 1 + dice.below(3) }, () => dice.one(FAULTS)(dice));
  plan.set(mark, [...(wrong ? wrongs : []), dice.one(FAIR)(dice)]);
  const controller = new AbortController();
  if (cancelled) setTimeout(() => controller.abort(), dice.below(12));
  const left = dice.chance(0.02) ? 1 + dice.below(4) : Infinity;
  let tokens = 0;
  for await (const event of rig.gateway.stream(call, controller.signal)) {
    if (event.kind === 'waiting') setTimeout(() => rig.clock.advance(event.ms), 1);
    if (event.kind === 'attempt') arrived.set(mark, 0);
    if (event.kind === 'text') arrived.set(mark, (arrived.get(mark) ?? 0) + event.text.length);
    if (event.kind === 'text' && ++tokens === left) return 'left';
    if (event.kind === 'end') return event.result.outcome;
  }
  return 'no end';
}

/** The margin that the estimate of an answer that we left states, in tokens; see `estimateUsage`. */
const ON_THE_WAY = 16;

/**
 * What a request cost as far as we can know it that left its answer: the prompt, and of the answer what arrived and the
 * stated margin. What this server, faster than any model, had written in that moment cannot be in our figures.
 *
 * @param characters of the answer that arrived
 */
function knowableCost(protocol: Protocol, entry: BookEntry, characters: number): number {
  const { model, tokens } = entry;
  const { output } = tokens;
  const share = entry.text ? characters / entry.text.length : 0;
  return costAtServer(protocol, model, {
    ...tokens,
    output: Math.min(output, Math.floor(output * share) + ON_THE_WAY),
  });
}

const markOf = (entry: BookEntry): string => /#\d+#/.exec(entry.rawBody)?.[0] ?? '';

/** Compares the rows of each call with the requests that the server saw for it. */
function compare(
  rig: Rig,
  arrived: ReadonlyMap<string, number>,
  rows: readonly LedgerRow[],
  entries: readonly BookEntry[],
): Pick<Compared, 'rows' | 'exact' | 'estimated' | 'exactNano' | 'estimatedNano' | 'bookNano'> {
  const { protocol } = rig;
  const sum = { rows: 0, exact: 0, estimated: 0, exactNano: 0, estimatedNano: 0, bookNano: 0 };
  const byCall = Map.groupBy(rows, ({ language }) => language ?? '');
  const byMark = Map.groupBy(entries, markOf);
  for (const [mark, made] of byCall) {
    const asked = (byMark.get(mark) ?? []).toSorted((a, b) => a.sequence - b.sequence);
    const attempts = made.toSorted((a, b) => a.attempt - b.attempt);
    // A call that was canceled in its first moment never reached the server.
    assert.ok(
      asked.length <= attempts.length,
      `${protocol} ${mark}: ${asked.length} requests, ${attempts.length} rows`,
    );
    const pairs = attempts.map((row, index) => [row, asked[index]] as const);
    for (const [row, entry] of pairs) {
      const where = `${protocol} ${mark} ${entry?.scenario}: ${JSON.stringify(row.settled)}`;
      assert.ok(row.settled, where);
      const { cost, usageEstimated } = row.settled;
      const free = cost.source === 'free';
      const book = free ? 0 : (entry?.costNano ?? 0);
      assert.ok(cost.nanoUsd !== null, where);
      sum.rows++;
      sum.bookNano += book;
      if (usageEstimated) {
        const left = row.settled.finish === null && ['cancelled', 'done'].includes(row.settled.outcome);
        const least = left && entry && !free ? knowableCost(protocol, entry, arrived.get(mark) ?? 0) : book;
        assert.ok(cost.nanoUsd >= Math.min(book, least), `${where} below ${least} of ${book}`);
        sum.estimated++;
        sum.estimatedNano += cost.nanoUsd;
      } else {
        assert.equal(cost.nanoUsd, book, `${where} is not ${book}`);
        sum.exact++;
        sum.exactNano += cost.nanoUsd;
      }
    }
  }
  return sum;
}

async function runMixed({ protocol, calls, seed }: Mixed): Promise<Compared> {
  const count = (into: Record<string, number>, name: string): void => void (into[name] = (into[name] ?? 0) + 1);
  const outcomes: Record<string, number> = {};
  const failures: Record<string, number> = {};
  const undo: (() => unknown)[] = [];
  /** Scenarios by the mark of a call, for one request after the other; the last one stays. */
  const plan = new Map<string, string[]>();
  const arrived = new Map<string, number>();
  const scenarioOf = (body: unknown): string => {
    const planned = plan.get(/#\d+#/.exec(String(body))?.[0] ?? '') ?? [];
    return (planned.length > 1 ? planned.shift() : planned[0]) ?? 'ok';
  };
  const rig = await makeRig({ after: (done) => void undo.unshift(done) }, protocol, {
    parts: {
      // By header, because calls overtake one another.
      fetch: (input, init) => {
        const headers = new Headers(init?.headers);
        headers.set('x-scenario', scenarioOf(init?.body));
        return globalThis.fetch(input, { ...init, headers });
      },
    },
  });
  rig.server.script(({ prompt }) => {
    const answer = new Dice(prompt.length);
    return Array.from({ length: 1 + answer.below(12) }, () => answer.one(WORDS)).join('');
  });
  try {
    let next = 0;
    const workers = Array.from({ length: 4 }, async () => {
      for (let n = next++; n < calls; n = next++) {
        count(outcomes, await makeOne(rig, plan, arrived, new Dice(seed + n), n));
        // What went wrong before is forgotten now and then: circuits and the quota would keep most calls back.
        if (n % 5 === 0) rig.renew();
      }
    });
    await Promise.all(workers);
    await rig.server.book.waitFor((book) => book.inFlight === 0, 20_000);
    const rows = await rig.ledger.rows({ since: 0 });
    for (const { settled } of rows) count(failures, settled?.failure ?? 'none');
    const sums = compare(rig, arrived, rows, rig.server.book.calls);
    const totals = await rig.ledger.totals(0);
    assert.equal(
      totals.reduce((sum, { nanoUsd }) => sum + nanoUsd, 0),
      sums.exactNano + sums.estimatedNano,
      'the totals are the sum of the rows',
    );
    return { calls, ...sums, outcomes, failures };
  } finally {
    for (const done of undo) await done();
  }
}

await runAsWorker(runMixed);
