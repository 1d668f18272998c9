/**
 * The traces of the bench in simulated time, without VS Code: a development aid for tuning, done in seconds. What counts is
 * `run.ts`.
 *
 *   node test/bench/completions/simulate.ts [--speed=laptop|fast] [--file=part of a name] [--log]
 */
import { parseArgs } from 'node:util';
import type { CallEvent, Gateway, ModelCall } from '../../../src/core/gateway/call.ts';
import { Prefetcher } from '../../../src/core/completion/prefetch.ts';
import {
  DocumentContextReader,
  type DocumentView,
  type Position,
} from '../../../src/core/completion/documentContext.ts';
import { SuggestionCache } from '../../../src/core/completion/cache.ts';
import {
  complete,
  KeystrokeMemo,
  type CompletionParts,
  type CompletionRequest,
} from '../../../src/core/completion/complete.ts';
import { InFlightRequests } from '../../../src/core/completion/inFlight.ts';
import { LocalModel } from '../../../src/core/completion/localModel.ts';
import { AdaptiveDebounce } from '../../../src/core/completion/adaptiveDebounce.ts';
import { QWEN, settingsWith } from '../../core/completion/support.ts';
import { completeFromDocuments, parseFim } from '../../servers/fim.ts';
import { tokenize } from '../../servers/text.ts';
import { RESULT } from '../../support/facts.ts';
import { judgeGhost, quantile } from './figures.ts';
import { spoil } from './habits.ts';
import { loadFixtures, PAUSE_MS, USUAL, type Fixture } from './trace.ts';

const SPEEDS = {
  laptop: { prompt: 1_500, decode: 80 },
  fast: { prompt: 6_000, decode: 200 },
} as const;
type Speed = keyof typeof SPEEDS;

const { values: options } = parseArgs({
  options: {
    usual: { type: 'boolean', default: false },
    speed: { type: 'string' },
    file: { type: 'string' },
    wrong: { type: 'string', default: '0' },
    log: { type: 'boolean', default: false },
  },
});

/** Time that moves from one timer to the next, once nothing is left to do before it. */
class VirtualTime {
  ms = 0;
  #timers: { at: number; go: () => void }[] = [];
  readonly now = (): number => this.ms;
  readonly wait = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const timer = { at: this.ms + ms, go: resolve };
      this.#timers.push(timer);
      signal?.addEventListener('abort', () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
        reject(signal.reason as Error);
      });
    });

  async run(until: Promise<unknown>): Promise<void> {
    let done = false;
    void until.finally(() => (done = true));
    for (;;) {
      for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
      if (done) return;
      const next = this.#timers.sort((a, b) => a.at - b.at).shift();
      if (!next) throw new Error('nothing left to wait for');
      this.ms = Math.max(this.ms, next.at);
      next.go();
    }
  }
}

interface Call {
  readonly at: number;
  readonly prompt: string;
  fresh: number;
  cached: number;
  output: number;
  text: string;
  busyMs: number;
  aborted: boolean;
}

/** One slot with a prefix cache; the model knows the programs by heart and runs on past the gap. */
class SimulatedModel implements Gateway {
  readonly calls: Call[] = [];
  #cache: string[] = [];
  readonly #time: VirtualTime;
  readonly #speed: { prompt: number; decode: number };
  readonly #known: { text: string; runOn: boolean }[];
  constructor(time: VirtualTime, speed: { prompt: number; decode: number }, known: readonly string[]) {
    this.#time = time;
    this.#speed = speed;
    this.#known = known.map((text) => ({ text, runOn: true }));
  }

  async *stream(call: ModelCall, signal: AbortSignal): AsyncGenerator<CallEvent> {
    const { request } = call;
    if (request.kind !== 'fim' || !('raw' in request.prompt)) throw new Error('not FIM');
    const prompt = request.prompt.raw;
    const tokens = tokenize(prompt);
    let cached = 0;
    while (cached < tokens.length - 1 && cached < this.#cache.length && tokens[cached] === this.#cache[cached])
      cached++;
    const entry: Call = { at: this.#time.ms, prompt, fresh: 0, cached, output: 0, text: '', busyMs: 0, aborted: false };
    this.calls.push(entry);
    let ended = false;
    try {
      // What the network and the client take.
      await this.#time.wait(3, signal);
      const started = this.#time.ms;
      try {
        await this.#time.wait(((tokens.length - cached) * 1000) / this.#speed.prompt, signal);
        entry.fresh = tokens.length - cached;
        this.#cache = [...tokens];
      } catch (error) {
        entry.fresh = Math.min(
          tokens.length - cached,
          Math.floor(((this.#time.ms - started) * this.#speed.prompt) / 1000),
        );
        this.#cache = tokens.slice(0, cached + entry.fresh);
        throw error;
      }
      const { prefix, suffix } = parseFim(prompt)!;
      const known = completeFromDocuments(this.#known, prefix, suffix) ?? '';
      const answer = tokenize(spoil(known, prefix, Number(options.wrong))).slice(0, request.maxTokens);
      for (const token of answer) {
        await this.#time.wait(1000 / this.#speed.decode, signal);
        entry.output++;
        entry.text += token;
        this.#cache.push(token);
        yield { kind: 'text', text: token };
      }
      ended = true;
      yield { kind: 'end', result: { ...RESULT, finish: answer.length === request.maxTokens ? 'length' : 'stop' } };
    } catch (error) {
      if (!signal.aborted) throw error;
      yield { kind: 'end', result: { ...RESULT, outcome: 'cancelled' } };
    } finally {
      entry.aborted = !ended;
      entry.busyMs = this.#time.ms - entry.at;
    }
  }
}

interface Key {
  at: number;
  missing: string;
  ghost: string;
  restMs: number;
}

async function type(fixture: Fixture, speed: Speed, everything: readonly string[]) {
  const time = new VirtualTime();
  const gateway = new SimulatedModel(time, SPEEDS[speed], everything);
  const settings = settingsWith();
  const model = new LocalModel({
    client: { show: () => Promise.resolve(QWEN), load: () => Promise.resolve() },
    now: time.now,
  });
  model.configure(settings);
  const parts: CompletionParts = {
    gateway,
    settings: () => settings,
    model,
    cache: new SuggestionCache(time.now),
    inFlight: new InFlightRequests(),
    debounce: new AdaptiveDebounce(time.now),
    reader: new DocumentContextReader(),
    keystrokeMemo: new KeystrokeMemo(),
    context: null,
    snoozedUntil: () => 0,
    paused: () => null,
    now: time.now,
    wait: time.wait,
  };
  const anticipation = new Prefetcher(parts);
  let text = fixture.holed;
  let cursor = 0;
  let lastEdit = -Infinity;
  let ghost = '';
  let asking = new AbortController();
  const ghosts: { at: number; text: string }[] = [];
  const show = (next: string): void => {
    if (next !== ghost) ghosts.push({ at: time.ms, text: next });
    ghost = next;
  };
  const requestNow = (trigger: 'typing' | 'invoke' = 'typing'): CompletionRequest => {
    const lines = text.split('\n');
    const before = text.slice(0, cursor).split('\n');
    const document: DocumentView = {
      uri: `file:///${fixture.name}`,
      scheme: 'file',
      path: fixture.name,
      fullPath: `/${fixture.name}`,
      language: 'x',
      version: keys.length,
      lineCount: lines.length,
      lineAt: (line) => lines[line] ?? '',
    };
    const position: Position = { line: before.length - 1, character: before.at(-1)!.length };
    return {
      document,
      position,
      trigger,
      severalCursors: false,
      writable: true,
      repo: 'bench',
      sinceEditMs: time.ms - lastEdit,
    };
  };
  const ask = async (delay: number): Promise<void> => {
    const { signal } = (asking = new AbortController());
    try {
      await time.wait(delay, signal);
      anticipation.asked();
      const found = await complete(requestNow(), parts, { signal });
      await time.wait(2, signal);
      show('text' in found ? found.text : '');
      if ('text' in found) await found.rest?.(signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  };
  const keys: Key[] = [];
  const insert = (typed: string): void => {
    text = text.slice(0, cursor) + typed + text.slice(cursor);
    cursor += typed.length;
    show(ghost.startsWith(typed) ? ghost.slice(typed.length) : '');
    asking.abort();
    lastEdit = time.ms;
    parts.debounce.typed();
    anticipation.typed(requestNow());
    void ask(50);
  };
  const typing = async (): Promise<void> => {
    for (const [i, hole] of fixture.holes.entries()) {
      const start =
        fixture.holed
          .split('\n')
          .slice(0, hole.line - 1)
          .join('\n').length + 1;
      const earlier = fixture.holes.slice(0, i).reduce((sum, { text: hidden }) => sum + hidden.length, 0);
      cursor = Math.min(text.length, start + hole.indent.length + earlier);
      await time.wait(1500);
      for (const key of hole.keys) {
        const last = keys.at(-1);
        if (last) last.restMs = key.waitMs;
        await time.wait(key.waitMs);
        keys.push({ at: time.ms, missing: hole.text.slice(key.offset), ghost, restMs: 0 });
        const spaces = key.char === '\n' ? (/^[ \t]*/.exec(hole.text.slice(key.offset + 1))?.[0] ?? '') : '';
        insert(key.char + spaces);
      }
      await time.wait(200);
    }
  };
  await time.run(typing());
  return { keys, ghosts, calls: gateway.calls, seconds: time.ms / 1000, pace: parts.debounce.state };
}

const fixtures = loadFixtures(1, options.usual ? 1 : Infinity).filter(
  ({ name }) => (!options.file || name.includes(options.file)) && (!options.usual || USUAL.test(name)),
);
const everything = loadFixtures().map(({ full }) => full);
for (const speed of Object.keys(SPEEDS) as Speed[]) {
  if (options.speed && options.speed !== speed) continue;
  const all = {
    keys: [] as Key[],
    calls: [] as Call[],
    seconds: 0,
    right: 0,
    pauses: [] as string[],
    waits: [] as number[],
  };
  const shownWrong = { keys: 0 };
  for (const fixture of fixtures) {
    const run = await type(fixture, speed, everything);
    const right = run.keys.filter(({ ghost, missing }) => judgeGhost(ghost, missing) === 'right').length;
    all.right += right;
    shownWrong.keys += run.keys.filter(({ ghost, missing }) => judgeGhost(ghost, missing) === 'wrong').length;
    all.keys.push(...run.keys);
    all.calls.push(...run.calls);
    all.seconds += run.seconds;
    run.keys.forEach((key, i) => {
      const next = run.keys[i + 1];
      if (key.restMs < PAUSE_MS || !next) return;
      const verdict = judgeGhost(next.ghost, next.missing);
      all.pauses.push(verdict);
      const shown = run.ghosts.find(
        ({ at, text }) => at > key.at && at < next.at && judgeGhost(text, next.missing) === 'right',
      );
      if (shown) all.waits.push(shown.at - key.at);
      if (verdict !== 'right' && options.log)
        console.log(fixture.name, verdict, JSON.stringify(next.ghost), JSON.stringify(next.missing.slice(0, 60)));
    });
    if (options.log) {
      console.log(
        fixture.name,
        run.keys.length,
        'keys',
        ((100 * right) / run.keys.length).toFixed(0),
        '% right',
        run.calls.length,
        'calls',
        run.pace,
      );
      for (const call of run.calls)
        console.log(
          '  ',
          call.at.toFixed(0).padStart(6),
          call.cached,
          '+',
          call.fresh,
          '->',
          call.output,
          call.aborted ? 'closed' : '',
          JSON.stringify(parseFim(call.prompt)!.prefix.slice(-30)),
          JSON.stringify(call.text),
        );
      for (const key of run.keys)
        if (judgeGhost(key.ghost, key.missing) !== 'right')
          console.log(
            '     ',
            key.at.toFixed(0),
            JSON.stringify(key.missing.slice(0, 12)),
            JSON.stringify(key.ghost.slice(0, 30)),
          );
    }
  }
  const per100 = (n: number): string => ((100 * n) / all.keys.length).toFixed(1);
  const share = (n: number, of: number): string => `${((100 * n) / of).toFixed(1)} %`;
  const sum = (of: (call: Call) => number): number => all.calls.reduce((total, call) => total + of(call), 0);
  console.log(`${speed}: ${all.keys.length} keys, ${all.pauses.length} pauses`);
  console.log(
    `  right ghost text on screen ${share(all.right, all.keys.length)}, wrong ${share(shownWrong.keys, all.keys.length)}, at pauses ${share(all.pauses.filter((p) => p === 'right').length, all.pauses.length)} (over ${all.pauses.filter((p) => p === 'over').length}, wrong ${all.pauses.filter((p) => p === 'wrong').length}, none ${all.pauses.filter((p) => p === 'none').length})`,
  );
  console.log(
    `  waits ${all.waits.length}: p50 ${quantile(all.waits, 0.5).toFixed(0)} p95 ${quantile(all.waits, 0.95).toFixed(0)} ms`,
  );
  console.log(
    `  per 100 keys: requests ${per100(all.calls.length)}, closed ${per100(all.calls.filter(({ aborted }) => aborted).length)}, prompt tokens ${per100(sum(({ fresh }) => fresh))} (${share(
      sum(({ fresh }) => fresh),
      sum(({ fresh, cached }) => fresh + cached),
    )} of sent), generated ${per100(sum(({ output }) => output))}`,
  );
  console.log(
    `  requests that repeat the one before ${all.calls.filter((call, i) => call.prompt === all.calls[i - 1]?.prompt).length}, server busy ${share(
      sum(({ busyMs }) => busyMs),
      all.seconds * 1000,
    )}`,
  );
}
