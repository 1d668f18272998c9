import type { CallResult, Gateway, ModelCall } from '../gateway/call.ts';
import type { Failure } from '../common/failures.ts';
import type { delay } from '../gateway/retry.ts';
import { anchorOf, mayLeadTo, remainderAt, type Anchor, type Remainder, type Site } from './cache.ts';
import type { AnswerContext } from './documentContext.ts';
import { readAnswer, type Answer } from './postprocess.ts';
import { SUPERSEDED, untilAborted } from '../common/lazyAbort.ts';
import { AnswerPace, INVOKED_MS, LINE_MS, RESTING_MS, SOON_MS, type Progress } from './answerPace.ts';
import type { Trigger } from './localModel.ts';

/**
 * An answer that no caller waits for is kept this long, in ms: the editor cancels at each key and asks again some 50 ms
 * later, and then the answer may be just what is being typed.
 */
export const GRACE_MS = 300;

/** Typed characters of agreement after which an answer counts as right. */
const AGREED = 3;
/** So many answers wait to be judged: the last ones, and what was asked for ahead of them. */
const MOST_UNJUDGED = 4;

export interface InFlightOptions {
  readonly gateway: Gateway;
  readonly call: ModelCall;
  readonly spot: Site;
  readonly context: AnswerContext;
  /**
   * Called once at the end, before any waiting caller hears of it; not when the answer was given up. Of a broken answer
   * the whole lines are still of use.
   */
  readonly onEnd: (answer: Answer, failure: Failure | null, raw: string, result: CallResult | null) => void;
  /** Told when the first line is there, in ms since the request. */
  readonly onFirstLine?: (ms: number) => void;
  /** Told once whether the answer was what was typed next, as soon as that is known. */
  readonly onJudged?: (agreed: boolean) => void;
  readonly wait: typeof delay;
  /** Ms since any fixed time. */
  readonly now: () => number;
}

/** One answer on its way: it owns the stream, and may be awaited by several keys in succession. */
export class InFlightRequest {
  readonly #mark: Anchor;
  readonly #parts: InFlightOptions;
  readonly #pace: AnswerPace;
  readonly #controller = new AbortController();
  /** Settled when the stream is closed; never rejects. */
  readonly closed: Promise<void>;
  #answer: Answer = { text: '', complete: false };
  #raw = '';
  #failure: Failure | null = null;
  #waiting = 0;
  /** How often a caller began to wait. */
  #waits = 0;
  #judged = false;
  /** All has come; false also when it was given up before. */
  #ended = false;
  #sawLine = false;
  /** When the first text came, and the first whole line of more; undefined before. */
  #textAt: number | undefined;
  #lineAt: number | undefined;
  /** Whether the end was near when the first line came: decided once. */
  #endsSoon = false;
  #progress = Promise.withResolvers<void>();

  /** @param pace what earlier answers taught about speed and length */
  constructor(parts: InFlightOptions, pace: AnswerPace) {
    this.#mark = anchorOf(parts.spot);
    this.#parts = parts;
    this.#pace = pace;
    this.closed = this.#run();
  }

  /** Whether this answer, as far as it has come, is what is being typed, or still may become it. */
  agreesWith(spot: Site): boolean {
    if (this.#controller.signal.aborted) return false;
    const now = anchorOf(spot);
    this.judge(now);
    return mayLeadTo(this.#mark, this.#answer.text, now);
  }

  /** Learns from the place that typing has come to whether the answer was right. @returns whether that is known */
  judge(now: Anchor): boolean {
    if (this.#judged) return true;
    const { text } = this.#answer;
    const typed = now.before.length - this.#mark.before.length;
    // Elsewhere, and going back, is no verdict; neither is agreement with nothing.
    if (!text || typed <= 0 || now.uri !== this.#mark.uri || now.after !== this.#mark.after) return false;
    const agrees = mayLeadTo(this.#mark, text, now);
    if (agrees && (typed < AGREED || text.length < typed)) return false;
    this.#judged = true;
    this.#parts.onJudged?.(agrees);
    return true;
  }

  /** All has come. */
  get ended(): boolean {
    return this.#ended;
  }

  /** What its call is known by on the ledger. */
  get callId(): string {
    return this.#parts.call.callId ?? '';
  }

  /** Why there is no answer; null also when there is one although something went wrong. */
  get failure(): Failure | null {
    return this.#answer.text ? null : this.#failure;
  }

  /** The whole lines that have come of what is still to be typed at a place. */
  linesAt(spot: Site): Remainder | undefined {
    const end = this.#answer.text.lastIndexOf('\n');
    const rest = end > 0 ? remainderAt(this.#mark, this.#answer.text.slice(0, end), anchorOf(spot)) : undefined;
    return rest?.text.trim() ? rest : undefined;
  }

  /** Whether what has come leads elsewhere, or all has come: then a place of which it says nothing needs its own. */
  turnedOutOtherwise(spot: Site): boolean {
    const { text } = this.#answer;
    return this.#ended || (text !== '' && !mayLeadTo(this.#mark, text, anchorOf(spot)));
  }

  /**
   * Waits until a whole line has come for a place, and then for the end of the block where it is near; at most until the
   * answer turns out otherwise, or `signal` is aborted (then it rejects).
   */
  async wait(spot: Site, trigger: Trigger, signal: AbortSignal): Promise<void> {
    this.#waiting++;
    this.#waits++;
    const askedAt = this.#parts.now();
    try {
      const settled = (): boolean => this.linesAt(spot) !== undefined || this.turnedOutOtherwise(spot);
      while (!this.#controller.signal.aborted && !settled())
        await untilAborted(Promise.race([this.#progress.promise, this.closed]), signal);
      if (!this.#controller.signal.aborted && !this.turnedOutOtherwise(spot))
        await this.#parts.wait(this.#patienceMs(trigger, askedAt), this.#over(signal)).catch(() => undefined);
      signal.throwIfAborted();
    } finally {
      this.#waiting--;
      if (this.#waiting === 0) void this.#giveUpUnlessWanted();
    }
  }

  /** Ms that the end is still waited for, now that a line can be shown. */
  #patienceMs(trigger: Trigger, askedAt: number): number {
    if (trigger === 'invoke') return INVOKED_MS;
    const now = this.#parts.now();
    const lineAt = this.#lineAt ?? now;
    if (!this.#endsSoon) return LINE_MS;
    // A question that came after the first line is that of a later key: the user types on.
    return Math.max(LINE_MS, lineAt + (askedAt > lineAt ? SOON_MS : RESTING_MS) - now);
  }

  #over = (signal: AbortSignal): AbortSignal => AbortSignal.any([this.#controller.signal, signal]);

  /** Waits for the end, at most until `signal` is aborted (then it rejects). */
  async end(signal: AbortSignal): Promise<void> {
    this.#waiting++;
    this.#waits++;
    try {
      await untilAborted(this.closed, signal);
    } finally {
      this.#waiting--;
      if (this.#waiting === 0) void this.#giveUpUnlessWanted();
    }
  }

  /** Closes the connection. */
  abort(): void {
    this.#controller.abort(SUPERSEDED);
    this.#progress.resolve();
  }

  async #giveUpUnlessWanted(): Promise<void> {
    const { signal } = this.#controller;
    if (signal.aborted) return;
    const waits = this.#waits;
    await this.#parts.wait(GRACE_MS, signal).catch(() => undefined);
    if (this.#waiting === 0 && waits === this.#waits) this.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#controller;
    let end: CallResult | null = null;
    try {
      end = await this.#stream(signal);
    } catch (error) {
      // The gateway does not throw; but nothing may leave a window without completions forever.
      this.#failure = { kind: 'internal', detail: String(error) };
    }
    if (signal.aborted) return;
    this.#ended = true;
    this.#failure ??= end?.failure ?? null;
    this.#parts.onEnd(this.#answer, this.#failure, this.#raw, end);
    // Ends the wait after which it would be closed.
    this.abort();
  }

  /** @returns how the call ended; null when it was left because the suggestion was complete */
  async #stream(signal: AbortSignal): Promise<CallResult | null> {
    const { gateway, call, context } = this.#parts;
    const started = this.#parts.now();
    for await (const event of gateway.stream(call, signal)) {
      if (event.kind === 'end') {
        const cut = event.result.finish === 'length' || event.result.outcome !== 'done';
        this.#answer = readAnswer(this.#raw, context, cut ? 'cut' : 'ended');
        this.#measure();
        // The only line of an answer ends with it.
        if (this.#answer.text.trim()) this.#onLine(started);
        return event.result;
      }
      if (event.kind !== 'text') continue;
      this.#raw += event.text;
      this.#textAt ??= this.#parts.now();
      this.#answer = readAnswer(this.#raw, context, 'streaming');
      if (!this.#sawLine && (this.#answer.complete || /\S.*\n/.test(this.#answer.text))) this.#onLine(started);
      this.#measure();
      // Leaving the loop closes the socket: the server makes no token that the user will not see.
      if (this.#answer.complete) break;
      this.#progress.resolve();
      this.#progress = Promise.withResolvers();
    }
    return null;
  }

  /** Notes the first whole line, and at the end how long the answer was. */
  #measure(): void {
    const now = this.#parts.now();
    const progress: Progress = { characters: this.#raw.length, ms: now - (this.#textAt ?? now) };
    if (this.#answer.complete) {
      if (this.#lineAt !== undefined) this.#pace.ended(progress);
    } else if (this.#lineAt === undefined && /\S.*\n/.test(this.#answer.text)) {
      this.#lineAt = now;
      this.#endsSoon = this.#pace.remainingMs(progress) <= SOON_MS;
    }
  }

  #onLine(started: number): void {
    if (this.#sawLine) return;
    this.#sawLine = true;
    this.#parts.onFirstLine?.(this.#parts.now() - started);
  }
}

/** The one generation that a window may have under way. */
export class InFlightRequests {
  readonly #pace = new AnswerPace();
  #current: InFlightRequest | null = null;
  /** Answers that have come and of which it is not known yet whether they were right, newest last. */
  #unjudged: InFlightRequest[] = [];
  #questions = 0;

  /** Counts a question in. @returns whether none has come after it */
  queue(): () => boolean {
    const mine = ++this.#questions;
    return () => mine === this.#questions;
  }

  /** The generation that is producing what is wanted here. Another one is given up. */
  join(spot: Site): InFlightRequest | null {
    if (this.#current && !this.#current.agreesWith(spot)) this.#current.abort();
    return this.#current?.agreesWith(spot) ? this.#current : null;
  }

  /** Learns from the place that typing has come to which of the last answers were right, also when it is known what to show. */
  observe(spot: Site): void {
    if (this.#unjudged.length === 0) return;
    const now = anchorOf(spot);
    this.#unjudged = this.#unjudged.filter((generation) => !generation.judge(now));
  }

  /** Whether the server has something to do for us. */
  get busy(): boolean {
    return this.#current !== null;
  }

  /**
   * Starts a generation when no other is under way any more; of two that wait for that, the later one wins. Rejects
   * when `signal` is aborted before.
   *
   * @param another whether an answer that is under way for the same place is not what is wanted
   */
  async start(parts: InFlightOptions, signal: AbortSignal, another = false): Promise<InFlightRequest> {
    while (this.#current) {
      // Another caller that waited as well may have asked the same already.
      if (!another && this.#current.agreesWith(parts.spot)) return this.#current;
      this.#current.abort();
      await this.#current.closed;
    }
    signal.throwIfAborted();
    const generation = new InFlightRequest(parts, this.#pace);
    this.#current = generation;
    void generation.closed.then(() => {
      if (this.#current === generation) this.#current = null;
      if (generation.ended) this.#unjudged = [...this.#unjudged.slice(1 - MOST_UNJUDGED), generation];
    });
    return generation;
  }

  /** Gives up what is under way. */
  abort(): void {
    this.#current?.abort();
  }
}
