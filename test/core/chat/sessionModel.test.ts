import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  replay,
  settleInterrupted,
  type Answer,
  type Attachment,
  type Question,
  type Thread,
  type ThreadEvent,
} from '../../../src/core/chat/conversation.ts';
import { ChatSession, type AskResult } from '../../../src/core/chat/session.ts';
import type { ChatStore } from '../../../src/core/chat/threadStore.ts';
import { NO_USAGE, type Tier } from '../../../src/core/common/types.ts';
import type { CallEvent, CallResult, Estimator, Gateway, ModelCall } from '../../../src/core/gateway/call.ts';

/**
 * A session under random entries that overlap, with a gateway and a store that take a random number of turns of the event
 * loop for everything they do.
 */

/** What a user can do. Numbers choose among the threads or answers that there are. */
type Entry =
  | { readonly do: 'ask' | 'escalate' | 'start' | 'stop' | 'attach' | 'dispose' }
  | {
      readonly do: 'open' | 'remove' | 'undoDelete' | 'rename' | 'retry' | 'reroute' | 'edit' | 'continueAnswer';
      readonly at: number;
    }
  | { readonly do: 'decide'; readonly allow: boolean };

const some = fc.nat({ max: 7 });
const entry: fc.Arbitrary<Entry> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('ask' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('escalate' as const, 'start' as const, 'stop' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('attach' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('open' as const), at: some }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('remove' as const, 'undoDelete' as const), at: some }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'retry' as const,
        'reroute' as const,
        'edit' as const,
        'continueAnswer' as const,
        'rename' as const,
      ),
      at: some,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('decide' as const), allow: fc.boolean() }) },
);

/** How a call ends: whole, with a failure, or, which a gateway never should, with an error. */
const ending = fc.constantFrom('done', 'done', 'done', 'cut', 'failed', 'throws');

interface Chance {
  /** Turns of the event loop that the next step takes. */
  readonly pause: () => Promise<void>;
  readonly ending: () => string;
}

function chance(turns: readonly number[], endings: readonly string[]): Chance {
  let n = 0;
  let calls = 0;
  return {
    async pause() {
      for (let left = turns[n++ % turns.length] ?? 0; left > 0; left--) await nextTurn();
    },
    ending: () => endings[calls++ % endings.length] ?? 'done',
  };
}

/** Threads in memory, as lines of JSON, so that what is stored cannot change later. */
class SlowStore implements ChatStore {
  readonly problem = null;
  readonly files = new Map<string, string[]>();
  readonly removed = new Map<string, string[]>();
  readonly #chance: Chance;
  constructor(luck: Chance) {
    this.#chance = luck;
  }
  read(id: string): ThreadEvent[] {
    return (this.files.get(id) ?? []).map((line) => JSON.parse(line) as ThreadEvent);
  }
  async list() {
    await this.#chance.pause();
    return [...this.files.keys()].map((id) => ({ id, title: '', pinned: false, updatedAt: 0, nanoUsd: 0 }));
  }
  async load(id: string) {
    await this.#chance.pause();
    const events = this.read(id);
    await this.#chance.pause();
    return events;
  }
  async append(id: string, events: readonly ThreadEvent[]) {
    await this.#chance.pause();
    this.files.set(id, [...(this.files.get(id) ?? []), ...events.map((event) => JSON.stringify(event))]);
  }
  async remove(id: string) {
    await this.#chance.pause();
    const lines = this.files.get(id);
    if (lines) this.removed.set(id, lines);
    this.files.delete(id);
  }
  async restore(id: string) {
    await this.#chance.pause();
    const lines = this.removed.get(id);
    if (!lines || this.files.has(id)) return false;
    this.files.set(id, lines);
    this.removed.delete(id);
    return true;
  }
  search() {
    return Promise.resolve([]);
  }
}

/** Answers `to <question>, a b c`, a word at a time, and counts how many calls are paid for at once. */
class SlowGateway implements Gateway, Estimator {
  atOnce = 0;
  most = 0;
  readonly #chance: Chance;
  constructor(luck: Chance) {
    this.#chance = luck;
  }
  async estimate({ chain: [model], request }: Pick<ModelCall, 'chain' | 'request'>) {
    await this.#chance.pause();
    const atMost = request.maxTokens;
    return model && { model, inputTokens: 1, likely: 1, atMost };
  }
  async *stream(call: ModelCall, signal: AbortSignal): AsyncGenerator<CallEvent> {
    const ending = this.#chance.ending();
    const asked = call.request.kind === 'chat' ? (call.request.messages.findLast(isQuestion)?.content ?? '') : '';
    const [model = { provider: 'cloud', model: 'none' }] = call.chain;
    const place = { provider: 'cloud', host: 'x.example', model: model.model, kind: 'openai' as const };
    this.most = Math.max(this.most, ++this.atOnce);
    try {
      await this.#chance.pause();
      yield { kind: 'attempt', attempt: 1, model, place, instead: null };
      for (const text of [`to ${asked.match(/q\d+!/g)?.at(-1) ?? ''},`, ' a', ' b', ' c']) {
        await this.#chance.pause();
        if (signal.aborted) break;
        yield { kind: 'text', text };
        if (ending === 'throws' && text === ' b') throw new Error('the gateway broke');
      }
      // The socket closes, and the row is settled.
      await this.#chance.pause();
      const outcome = signal.aborted ? 'cancelled' : ending === 'failed' ? 'failed' : 'done';
      const finish = ending === 'cut' ? 'length' : 'stop';
      yield { kind: 'end', result: { ...RESULT, outcome, finish, model, place, failure: failureOf(outcome) } };
    } finally {
      this.atOnce -= 1;
    }
  }
}

const isQuestion = ({ role, content }: { readonly role: string; readonly content: string }): boolean =>
  role === 'user' && /q\d+!/.test(content);
const failureOf = (outcome: string) => (outcome === 'failed' ? ({ kind: 'overloaded' } as const) : null);
const RESULT: CallResult = {
  callId: 'c',
  outcome: 'done',
  failure: null,
  place: null,
  finish: 'stop',
  model: null,
  modelReturned: null,
  usage: NO_USAGE,
  usageEstimated: false,
  cost: { nanoUsd: 1, source: 'provider' },
  knownNanoUsd: 1,
  attempts: [],
  notes: [],
  ttftMs: 1,
  durationMs: 1,
};

const attachment = (label: string): Attachment => ({
  id: label,
  kind: 'escalation',
  label,
  path: 'a.ts',
  language: 'typescript',
  text: 'x',
  notes: '',
  tokens: 1,
});

/** What was asked, where, and what became of it. */
interface Asked {
  readonly text: string;
  /** Undefined for an escalation, whose thread is new. */
  readonly threadId: string | undefined;
  result?: AskResult;
}

async function play(entries: readonly (readonly [number, Entry])[], luck: Chance) {
  const store = new SlowStore(luck);
  const gateway = new SlowGateway(luck);
  const logs: string[] = [];
  let at = 0;
  let granted = false;
  const chain = (tier: Tier) => [{ provider: 'cloud', model: tier }];
  const session = new ChatSession({
    gateway,
    store,
    chain,
    route: async () => {
      await luck.pause();
      return { tier: 'mid', chain: chain('mid'), rule: 'r', reasons: [], likeness: { score: 1 } };
    },
    missingConsent: (models) =>
      granted ? [] : models.map((model) => ({ origin: 'https://x.example', model })).slice(0, 1),
    grantConsent: async () => {
      await luck.pause();
      granted = true;
    },
    price: async () => {
      await luck.pause();
      return undefined;
    },
    confirmAbove: () => 10_000,
    // Each call of it is later than the one before.
    now: () => ++at * 1_000,
    defaultTier: () => 'auto',
    rules: async () => {
      await luck.pause();
      return [];
    },
    log: (line) => logs.push(line),
  });
  /** Each thread as it was last in memory. */
  const seen = new Map<string, Thread>();
  session.onEvent(() => void seen.set(session.thread.id, session.thread));
  const asked: Asked[] = [];
  const done: Promise<unknown>[] = [];
  const note = (text: string, threadId: string | undefined, result: Promise<AskResult>): void => {
    const each: Asked = { text, threadId };
    asked.push(each);
    done.push(result.then((became) => (each.result = became)));
  };
  const pick = <T>(all: readonly T[], n: number): T | undefined => all[n % Math.max(1, all.length)];
  const threadAt = (n: number): string => pick([...new Set([...seen.keys(), session.thread.id])], n) ?? '';
  const answerAt = (n: number): string => pick(answersOf(session.thread), n)?.id ?? '';
  const act = (what: Entry): void => {
    const text = `q${asked.length}!`;
    switch (what.do) {
      case 'ask':
        return note(text, session.thread.id, session.ask(text, session.thread.tier));
      case 'escalate':
        return note(text, undefined, session.escalate(attachment(text), text));
      case 'edit': {
        const old = pick(questionsOf(session.thread), what.at);
        return old && note(text, session.thread.id, session.edit(old.id, text, 'mid'));
      }
      case 'attach':
        return session.attach(attachment(`label ${text}`));
      case 'decide':
        return session.decideConsent(session.consent?.id ?? '', what.allow);
      case 'start':
        return void done.push(session.start());
      case 'stop':
        return void done.push(session.stop().then(() => assert.equal(gateway.atOnce <= 1, true)));
      case 'dispose':
        return void done.push(session.dispose());
      case 'open':
        return void done.push(session.open(threadAt(what.at)));
      case 'remove':
        return void done.push(session.remove(threadAt(what.at)));
      case 'undoDelete':
        return void done.push(session.undoDelete(threadAt(what.at)));
      case 'rename':
        return void done.push(session.rename(threadAt(what.at), `name ${what.at}`));
      case 'retry':
        return void done.push(session.retry(answerAt(what.at), what.at % 2 ? { tier: 'frontier' } : {}));
      case 'reroute':
        return void done.push(session.reroute(answerAt(what.at), 'local'));
      case 'continueAnswer':
        return void done.push(session.continueAnswer(answerAt(what.at)));
    }
  };
  for (const [turns, each] of entries) {
    for (let left = turns; left > 0; left--) await nextTurn();
    act(each);
  }
  return { store, gateway, session, logs, seen, asked, done };
}

const answersOf = ({ turns }: Thread): Answer[] => turns.filter((turn): turn is Answer => turn.role === 'assistant');
const questionsOf = ({ turns }: Thread): Question[] => turns.filter((turn): turn is Question => turn.role === 'user');
/** What a thread is, without when it was last changed: pieces of an answer are stored later than they came. */
const kept = ({ id, tier, turns, chosen, summaries }: Thread) =>
  JSON.parse(JSON.stringify({ id, tier, turns, chosen, summaries })) as unknown;

test('whatever overlaps: one paid call at once, each answer in its thread, never busy forever, and disk and memory agree', async () => {
  const unhandled: unknown[] = [];
  const onUnhandled = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', onUnhandled);
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat({ max: 12 }), entry), { minLength: 2, maxLength: 20 }),
        fc.array(fc.nat({ max: 6 }), { minLength: 1, maxLength: 24 }),
        fc.array(ending, { minLength: 1, maxLength: 6 }),
        async (entries, turns, endings) => {
          const { store, gateway, session, seen, asked, done } = await play(entries, chance(turns, endings));
          // What still waits for the user's consent would wait forever.
          await session.stop();
          await Promise.all(done);
          assert.equal(session.busy, null);
          assert.equal(session.consent, null);
          assert.equal(gateway.atOnce, 0);
          assert.ok(gateway.most <= 1, `${gateway.most} paid calls at once`);
          seen.set(session.thread.id, session.thread);
          await session.dispose();

          const lines = new Map([...store.removed, ...store.files]);
          const threads = [...lines].map(([id, stored]) =>
            replay(
              id,
              stored.map((line) => JSON.parse(line) as ThreadEvent),
            ),
          );
          const inThreads = threads.flatMap((thread) =>
            (thread ? questionsOf(thread) : []).map(({ text }) => ({ text, threadId: thread?.id })),
          );
          for (const { text, threadId, result } of asked) {
            const places = inThreads.filter((each) => each.text === text).map((each) => each.threadId);
            assert.equal(places.length, result === 'asked' ? 1 : 0, `${text} ${result}: in ${places.length} threads`);
            if (result === 'asked' && threadId) assert.equal(places[0], threadId, text);
          }
          for (const thread of threads)
            for (const answer of thread ? answersOf(thread) : []) {
              const question = thread?.turns.find(({ id }) => id === answer.questionId);
              if (answer.text) assert.ok(answer.text.startsWith(`to ${question?.text},`), answer.text);
              assert.ok(answer.state !== 'waiting' && answer.state !== 'streaming', answer.state);
            }
          for (const [id, stored] of lines) {
            const inMemory = seen.get(id);
            const onDisk = replay(
              id,
              stored.map((line) => JSON.parse(line) as ThreadEvent),
            );
            assert.ok(inMemory && onDisk);
            assert.deepEqual(kept(settleInterrupted(onDisk)), kept(inMemory));
          }
        },
      ),
      { numRuns: 300, includeErrorInReport: true },
    );
    await nextTurn();
    assert.deepEqual(unhandled, []);
  } finally {
    process.off('unhandledRejection', onUnhandled);
  }
});
