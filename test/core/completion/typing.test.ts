import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  complete,
  type Completion,
  type CompletionRequest,
  type Suggestion,
} from '../../../src/core/completion/complete.ts';
import type { DocumentView } from '../../../src/core/completion/documentContext.ts';
import { Prefetcher } from '../../../src/core/completion/prefetch.ts';
import { cases, isQuote, LANGUAGES } from './closingPairs.ts';
import { at, settle, Window } from './support.ts';

/**
 * A property of typing in an editor that closes brackets and quotes by itself: whatever the order of keys, Tabs and
 * pieces of answers, each suggestion that may be accepted leads to a beginning of the true line with the closers that
 * are behind the cursor, and in the end the document is the true line.
 *
 *   TYPING_RUNS=500  runs per language
 *   TYPING_SEED=1    another sample
 */
const RUNS = Number(process.env['TYPING_RUNS'] ?? 12);
const SEED = Number(process.env['TYPING_SEED'] ?? 18);

const ABOVE = 'start\n';
const CLOSER_OF: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** Where a user is on a line: how much of the true line is before the cursor, and the closers behind it. */
interface State {
  readonly typed: number;
  readonly rest: string;
}

/** What happens at one key. */
interface Step {
  /** The editor writes the closer in a change of its own after that of the key. */
  readonly closesLater: boolean;
  /** Ms between the key and the editor's own question. */
  readonly asksAfter: number;
  /** Pieces of the answer that come before and after that question. */
  readonly pieces: readonly [number, number];
  /** Characters of the true line that the model says beyond its next closer. */
  readonly beyond: number;
  /** Ms until the next key. */
  readonly pause: number;
  /** The user accepts a suggestion instead of typing. */
  readonly tab: boolean;
}

const STEP: fc.Arbitrary<Step> = fc.record({
  closesLater: fc.boolean(),
  asksAfter: fc.constantFrom(0, 20, 60),
  pieces: fc.tuple(fc.constantFrom(0, 1, 2, 9), fc.constantFrom(0, 1, 9, 9)),
  beyond: fc.nat({ max: 12 }),
  pause: fc.constantFrom(0, 30, 90, 400, 900),
  tab: fc.boolean(),
});

/** A user, an editor and a model around one line. */
class Typing {
  readonly #window = new Window();
  readonly #prefetcher: Prefetcher;
  readonly #line: string;
  readonly #openers: ReadonlySet<number>;
  readonly #language: string;
  #state: State;
  #document: DocumentView;
  #question = new AbortController();
  /** Answers that are still to come, by the number of their stream. */
  readonly #answers = new Map<number, string[]>();
  #shown: Suggestion | null = null;

  /** @param openers places in the line of quotes and brackets that the editor closes */
  constructor(language: string, line: string, openers: ReadonlySet<number>) {
    this.#language = language;
    this.#line = line;
    this.#openers = openers;
    this.#prefetcher = new Prefetcher(this.#window.parts);
    this.#document = at('█').document;
    // The editor indents.
    this.#state = { typed: /^\s*/.exec(line)?.[0].length ?? 0, rest: '' };
  }

  get text(): string {
    return this.#line.slice(0, this.#state.typed) + this.#state.rest;
  }

  get isDone(): boolean {
    return this.#state.typed >= this.#line.length;
  }

  async step(step: Step): Promise<void> {
    if (step.tab && this.#shown) this.#accept(this.#shown);
    else await this.#type(step);
    this.#changed();
    await this.#window.clock.pass(step.asksAfter);
    await this.#answer(step.pieces[0], step.beyond);
    this.#ask();
    await this.#window.clock.pass(step.pause / 2);
    await this.#answer(step.pieces[1], step.beyond);
    await this.#window.clock.pass(step.pause / 2);
  }

  async #type({ closesLater }: Step): Promise<void> {
    const { typed, rest } = this.#state;
    const char = this.#line.charAt(typed);
    if (!this.#openers.has(typed) && rest.startsWith(char)) {
      this.#state = { typed: typed + 1, rest: rest.slice(1) };
      return;
    }
    const closer = this.#openers.has(typed) ? (CLOSER_OF[char] ?? char) : '';
    if (closer && closesLater) {
      this.#state = { typed: typed + 1, rest };
      this.#changed();
      this.#ask();
      await settle();
    }
    this.#state = { typed: typed + 1, rest: closer + rest };
  }

  #accept({ text, replaceAfter }: Suggestion): void {
    const { typed, rest } = this.#state;
    const before = this.#line.slice(0, typed) + text;
    assert.ok(this.#line.startsWith(before), `${before} is no beginning of ${this.#line}`);
    this.#state = { typed: before.length, rest: rest.slice(replaceAfter) };
  }

  /** The document is another one: the editor tells of it, and drops what it asked and shows. */
  #changed(): void {
    this.#question.abort();
    this.#shown = null;
    const { typed, rest } = this.#state;
    const marked = `${ABOVE}${this.#line.slice(0, typed)}█${rest}\n`;
    this.#document = at(marked, { language: this.#language }).document;
    this.#prefetcher.typed(this.#request());
  }

  #request(): CompletionRequest {
    return {
      document: this.#document,
      position: { line: 1, character: this.#state.typed },
      trigger: 'typing',
      severalCursors: false,
      writable: true,
      repo: 'work',
      sinceEditMs: 0,
    };
  }

  #ask(): void {
    this.#question = new AbortController();
    const { signal } = this.#question;
    const state = this.#state;
    this.#prefetcher.asked();
    const show = (found: Completion): void => {
      if (signal.aborted || !('text' in found)) return;
      this.#check(found, state);
      this.#shown = found;
      void found.rest?.(signal).catch(() => undefined);
    };
    void complete(this.#request(), this.#window.parts, { signal }).then(show).catch(this.#fail);
  }

  #failure: unknown;
  readonly #fail = (error: unknown): void => {
    this.#failure ??= error;
  };

  /** Rethrows what went wrong while a question was answered. */
  throwFailure(): void {
    if (this.#failure) throw this.#failure as Error;
  }

  #check({ text, replaceAfter, replaceBefore, source }: Suggestion, state: State): void {
    assert.equal(replaceBefore, 0);
    const before = this.#line.slice(0, state.typed);
    const accepted = (before + text + state.rest.slice(replaceAfter)).trimEnd();
    const right = placesAfter(this.#line, this.#openers, state).map(
      (place) => this.#line.slice(0, place.typed) + place.rest,
    );
    assert.ok(
      right.some((each) => each.trimEnd() === accepted),
      `${before}█${state.rest} with ${JSON.stringify(text)} (${source}, replaces ${replaceAfter}) is none of ${JSON.stringify(right)}`,
    );
  }

  /** The model says so many more pieces of what is being answered. */
  async #answer(pieces: number, beyond: number): Promise<void> {
    const { streams } = this.#window.gateway;
    const index = streams.length - 1;
    const stream = streams[index];
    if (!stream || stream.closed) return;
    let answer = this.#answers.get(index);
    if (!answer) this.#answers.set(index, (answer = this.#say(stream.raw, beyond)));
    for (let i = 0; i < pieces && !stream.closed; i++) {
      const piece = answer.shift();
      await (piece === undefined ? stream.end() : stream.say(piece));
    }
  }

  /** The true continuation of a prompt, up to a place where no bracket of its own is open, in pieces. */
  #say(raw: string, beyond: number): string[] {
    const [, prefix = '', suffix = ''] =
      /^<\|fim_prefix\|>([^]*)<\|fim_suffix\|>([^]*)<\|fim_middle\|>$/.exec(raw) ?? [];
    const typed = prefix.length - prefix.lastIndexOf('\n') - 1;
    const rest = suffix.split('\n', 1)[0] ?? '';
    const places = placesAfter(this.#line, this.#openers, { typed, rest });
    const ends = places.filter(({ isWhole }) => isWhole).map((place) => place.typed);
    const closed = ends.find((end, i) => i > 0 && rest.startsWith(this.#line.charAt(end))) ?? typed;
    const end = ends.filter((each) => each <= closed + beyond).at(-1) ?? this.#line.length;
    const said = this.#line.slice(typed, end) + (end === this.#line.length && beyond % 2 ? '\n' : '');
    return said.match(/[\p{L}\p{N}]+|[^]/gu) ?? [];
  }
}

/** A place that the cursor may come to. */
interface Place extends State {
  /** The new text has no bracket or string open. */
  readonly isWhole: boolean;
}

/** The places after one on a line, with the closers that are behind them once the text up to there was inserted. */
function placesAfter(line: string, openers: ReadonlySet<number>, { typed, rest }: State): Place[] {
  const places: Place[] = [];
  const open: string[] = [];
  let left = rest;
  for (let i = typed; i <= line.length; i++) {
    if (open.length === 0 || left === '') places.push({ typed: i, rest: left, isWhole: open.length === 0 });
    const char = line.charAt(i);
    if (open.at(-1) === char) open.pop();
    else if (open.length === 0 && left.startsWith(char)) left = left.slice(1);
    else if (CLOSER_OF[char] || openers.has(i)) open.push(CLOSER_OF[char] ?? char);
  }
  // The last closer of the new text may be that of the document.
  if (rest) places.push({ typed: line.length, rest: '', isWhole: true });
  return places;
}

/** Places of the brackets, and of the quotes that begin a string. */
function openersIn(text: string, quotes: readonly string[]): Set<number> {
  const openers = new Set<number>();
  let inside = '';
  for (const [i, char] of [...text].entries()) {
    if (inside === char) inside = '';
    else if (!inside && (CLOSER_OF[char] || quotes.includes(char))) {
      openers.add(i);
      if (quotes.includes(char)) inside = char;
    }
  }
  return openers;
}

for (const [language, about] of Object.entries(LANGUAGES))
  test(`${language}: keys, Tabs and answers in any order leave the true line, seed ${SEED}`, async () => {
    const steps = fc.array(STEP, { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(cases(about), steps, async ({ before, closers, inner, tail }, each) => {
        const line = before + inner + closers + tail;
        const openers = openersIn(
          before,
          about.pairs.filter(isQuote).map(([quote]) => quote),
        );
        const typing = new Typing(language, line, openers);
        for (let i = 0; !typing.isDone; i++) {
          await typing.step(each[i % each.length] as Step);
          typing.throwFailure();
        }
        assert.equal(typing.text, line);
      }),
      { numRuns: RUNS, seed: SEED, includeErrorInReport: true },
    );
  });
