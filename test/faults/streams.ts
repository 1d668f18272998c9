import assert from 'node:assert/strict';
import { runAsWorker } from '../support/worker.ts';
import { CHAT_LIMITS } from '../../src/core/gateway/call.ts';
import { ModelError } from '../../src/core/common/failures.ts';
import { ADAPTERS } from '../../src/core/providers/adapters.ts';
import { checkOllamaLine } from '../../src/core/providers/ollama.ts';
import type { ProviderEvent } from '../../src/core/providers/provider.ts';
import type { Usage } from '../../src/core/common/types.ts';
import { guardFetch } from '../../src/core/providers/guardedFetch.ts';
import { Dice } from '../support/random.ts';
import { FRAMES, PROTOCOLS, type Protocol } from './frames.ts';

/**
 * Generated streams, read by the real adapters and the real guard, without sockets: the generated cases of CATALOGUE.md.
 * They run in workers, where node:test does not follow every promise.
 */

/** Streams by their seeds, or all cuts of a few. */
export type Streams = { readonly protocol: Protocol; readonly from: number; readonly to: number } | 'every cut';

interface Read {
  readonly text: string;
  readonly reasoning: string;
  readonly usage: Usage | null;
  readonly finished: boolean;
  readonly error: ModelError | null;
}

const ORIGIN = 'http://127.0.0.1:1';
const REQUEST = { kind: 'chat', messages: [{ role: 'user', content: 'x' }], maxTokens: 100 } as const;
const never = new AbortController().signal;

/** Reads a stream of pieces to its end. Anything other than a `ModelError` is thrown is a fault of Gearshift. */
async function read(protocol: Protocol, pieces: readonly Uint8Array[], broken: boolean): Promise<Read> {
  const queue = [...pieces];
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const piece = queue.shift();
        if (piece) controller.enqueue(piece);
        else if (broken) controller.error(Object.assign(new TypeError('terminated'), { code: 'ECONNRESET' }));
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  const { fetch } = guardFetch({
    fetch: () => Promise.resolve(new Response(body, { headers: { 'content-type': FRAMES[protocol].contentType } })),
    origin: ORIGIN,
    signal: never,
    limits: CHAT_LIMITS,
    ...(protocol === 'ollama' ? { checkLine: (line: string) => checkOllamaLine(line).failure } : {}),
  });
  const wire = { baseUrl: ORIGIN, apiKey: null, headers: {}, fetch };
  const events: ProviderEvent[] = [];
  let error: ModelError | null = null;
  try {
    for await (const event of ADAPTERS[protocol].stream('m', REQUEST, wire, never)) events.push(event);
  } catch (thrown) {
    if (!(thrown instanceof ModelError)) throw thrown;
    error = thrown;
  }
  const join = (kind: 'text' | 'reasoning'): string =>
    events.map((event) => (event.kind === kind ? event.text : '')).join('');
  return {
    text: join('text'),
    reasoning: join('reasoning'),
    usage: events.findLast((event) => event.kind === 'usage')?.usage ?? null,
    finished: events.some(({ kind }) => kind === 'finish'),
    error,
  };
}

/** A whole answer and what must be read from it. */
interface Reference {
  readonly body: Buffer;
  readonly text: string;
  readonly reasoning: string;
  readonly input: number;
  readonly output: number;
}

const WORDS = [
  'const ',
  'x',
  ' = ',
  '1;\n',
  'naïve ',
  '价格',
  '🧪',
  '👨‍👩‍👧',
  '\t{}',
  '"q" ',
  '\\n',
  '```ts\n',
  ' ',
  '\u2028',
  'مرحبا ',
];

function refer(protocol: Protocol, dice: Dice): Reference {
  const { text, reasoning, end } = FRAMES[protocol];
  const say = (count: number): string[] => Array.from({ length: count }, () => dice.one(WORDS));
  const said = say(1 + dice.below(6));
  const thought = dice.chance(0.2) ? say(1 + dice.below(3)) : [];
  const input = 1 + dice.below(5_000);
  const output = said.length + thought.length;
  const frames = [...thought.map(reasoning), ...said.map(text), end({ counts: { input, output } })];
  const body = dice.chance(0.2) ? frames.join('').replaceAll('\n', '\r\n') : frames.join('');
  return { body: Buffer.from(body), text: said.join(''), reasoning: thought.join(''), input, output };
}

/** Cuts bytes into pieces at random places. */
function split(body: Uint8Array, dice: Dice): Uint8Array[] {
  const most = dice.one([1, 2, 3, 7, 40, 400]);
  const begin = dice.below(body.length + 1);
  const pieces = begin > 0 ? [body.subarray(0, begin)] : [];
  for (let at = begin; at < body.length;) {
    const length = 1 + dice.below(most);
    pieces.push(body.subarray(at, at + length));
    at += length;
    // A burst of small pieces, and the rest: where it lies is different each time.
    if (pieces.length > 12) {
      pieces.push(body.subarray(at));
      break;
    }
  }
  return pieces;
}

/** Flips, drops, repeats, swaps or inserts a few bytes. */
function spoil(body: Buffer, dice: Dice): Buffer {
  const bytes = [...body];
  for (let n = 1 + dice.below(4); n > 0; n--) {
    const at = dice.below(bytes.length);
    const length = 1 + dice.below(12);
    switch (dice.below(5)) {
      case 0:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << dice.below(8));
        break;
      case 1:
        bytes.splice(at, length);
        break;
      case 2:
        bytes.splice(at, 0, ...bytes.slice(at, at + length));
        break;
      case 3:
        bytes.splice(at, length, ...bytes.slice(at, at + length).reverse());
        break;
      default:
        bytes.splice(at, 0, ...Array.from({ length }, () => dice.below(256)));
    }
    if (bytes.length === 0) bytes.push(0x0a);
  }
  return Buffer.from(bytes);
}

const ODD: readonly unknown[] = [null, -1, 1.5, '7', 1e15, NaN, true, [], {}, undefined, Infinity];

/** The end of an answer with counts that may be anything. */
function oddEnd(protocol: Protocol, dice: Dice): string {
  const { frame, end } = FRAMES[protocol];
  const odd = (): unknown => (dice.chance(0.5) ? dice.below(1_000) : dice.one(ODD));
  if (protocol === 'ollama')
    return frame({ message: {}, done: true, done_reason: 'stop', prompt_eval_count: odd(), eval_count: odd() });
  const usage = dice.chance(0.1)
    ? dice.one(ODD)
    : {
        prompt_tokens: odd(),
        completion_tokens: odd(),
        total_tokens: odd(),
        prompt_tokens_details: dice.chance(0.5) ? dice.one(ODD) : { cached_tokens: odd(), cache_write_tokens: odd() },
        completion_tokens_details: { reasoning_tokens: odd() },
        cost: odd(),
      };
  return end({ counts: null }).replace('data: [DONE]\n\n', '') + frame({ choices: [], usage }) + 'data: [DONE]\n\n';
}

const isCount = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 20_000_000;

/** One generated stream, checked. */
async function tryOne(protocol: Protocol, dice: Dice): Promise<void> {
  const { body, text, reasoning, input, output } = refer(protocol, dice);
  switch (dice.below(4)) {
    case 0: {
      const whole = await read(protocol, split(body, dice), false);
      assert.deepEqual(whole.error, null);
      assert.deepEqual([whole.text, whole.reasoning], [text, reasoning]);
      assert.deepEqual(whole.usage, { input, cacheRead: 0, cacheWrite: 0, output, reasoning: 0 });
      break;
    }
    case 1: {
      const cut = await read(protocol, split(body.subarray(0, dice.below(body.length)), dice), dice.chance(0.5));
      assert.ok(text.startsWith(cut.text), 'a prefix');
      assert.ok(reasoning.startsWith(cut.reasoning), 'a prefix');
      if (cut.finished) assert.equal(cut.text, text);
      else assert.ok(cut.error, 'never silently done');
      break;
    }
    case 2: {
      const said = FRAMES[protocol].text(text);
      const odd = await read(protocol, split(Buffer.from(said + oddEnd(protocol, dice)), dice), false);
      assert.equal(odd.text, text);
      for (const figure of Object.values(odd.usage ?? {})) assert.ok(isCount(figure as number), String(figure));
      break;
    }
    default: {
      const spoilt = await read(protocol, split(spoil(body, dice), dice), dice.chance(0.2));
      assert.ok(spoilt.finished || spoilt.error, 'done, or a failure');
      assert.ok(spoilt.text.isWellFormed() && !spoilt.text.includes('\0'));
      for (const figure of Object.values(spoilt.usage ?? {})) assert.ok(isCount(figure as number), String(figure));
    }
  }
}

async function tryCuts(): Promise<number> {
  let tried = 0;

  for (const protocol of PROTOCOLS) {
    const { text, reasoning, toolCall, error, end } = FRAMES[protocol];
    for (const [frames, said] of [
      [[text('Hi é'), text(' 🧪!')], 'Hi é 🧪!'],
      [[reasoning('hm'), text('```ts\nlet a;\n```')], '```ts\nlet a;\n```'],
      [[toolCall('run')], ''],
      [[text('begun'), error({ message: 'broken', code: 502 })], 'begun'],
    ] as const) {
      const body = Buffer.from(frames.join('') + end());
      for (let at = 0; at < body.length; at++)
        for (const broken of [false, true]) {
          tried++;
          const seen = await read(protocol, [body.subarray(0, at)], broken);
          assert.ok(said.startsWith(seen.text), `${protocol} at ${at}`);
          assert.ok(seen.finished ? seen.text === said : seen.error, `${protocol} at ${at}`);
        }
    }
  }
  return tried;
}

async function trySeeds(protocol: Protocol, from: number, to: number): Promise<number> {
  for (let seed = from; seed < to; seed++)
    await tryOne(protocol, new Dice(seed)).catch((error: unknown) => {
      throw new Error(`${protocol}, seed ${seed}: ${String(error)}`, { cause: error });
    });
  return to - from;
}

await runAsWorker<Streams, number>((streams) =>
  streams === 'every cut' ? tryCuts() : trySeeds(streams.protocol, streams.from, streams.to),
);
