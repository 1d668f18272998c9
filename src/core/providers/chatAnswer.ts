import { ModelError } from '../common/failures.ts';
import { cleanDetail } from '../common/networkFailures.ts';
import { readMessage, type Piece } from './answerContent.ts';
import type { WireEvent } from './eventStream.ts';
import { classifyReason, readReason } from './finishReasons.ts';
import { failureOfErrorObject, hasError } from './httpFailures.ts';
import { NativeEvents } from './nativeEvents.ts';
import type { ProviderEvent } from './provider.ts';
import { AnswerText } from './reasoningText.ts';
import { RepeatedTail } from './repeatedTail.ts';
import type { ToolCallReader } from './toolCalls.ts';
import { UsageReader, withStatedCost } from './usage.ts';

/** One answer of an endpoint that speaks OpenAI's chat completions or completions, as it comes, as events. */

type Json = Readonly<Record<string, unknown>>;

const asObject = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});

export class ChatAnswer {
  readonly #text: AnswerText;
  readonly #counts: UsageReader;
  readonly #native = new NativeEvents();
  #begun = false;
  #model: string | undefined;
  #servedBy: string | undefined;
  /** All text of the answer, and what of it came as pieces. */
  #said = '';
  #hasPieces = false;
  #thought = false;
  #calls = false;
  #refusal = '';
  /** The last finish reason; undefined while there is none, or when text came after it. */
  #reason: string | undefined;
  /** Text came after a reason: at this server a reason is no end. */
  #reasonsLie = false;
  /** Something ended the answer for good: its end mark, its count, or a reason on a piece of its own. */
  #settled = false;
  #usages = 0;
  /** The model continues with a turn that it makes up, which is not read. */
  #leaves = false;
  #headers = new Headers();
  /** Set where the server is Ollama, which ends some answers without a word. */
  #tail: RepeatedTail | undefined;
  /** What the server sent that is no JSON. */
  #words = '';
  readonly #tools: ToolCallReader | undefined;

  /**
   * @param counting how the endpoint counts, see `readOpenAiUsage`
   * @param chat whether it is a turn of a conversation, see `AnswerText`; text that fills a gap is none
   * @param tools collects tool calls; without it they are ignored
   */
  constructor(
    { chat = true, ...counting }: { readonly thoughtsApart: boolean; readonly chat?: boolean },
    tools?: ToolCallReader,
  ) {
    this.#text = new AnswerText({ chat });
    this.#counts = new UsageReader(counting);
    this.#tools = tools;
  }

  /** Whether the answer is whole: what goes wrong afterward does not make it less so. */
  get isSettled(): boolean {
    return this.#settled;
  }

  /** Reads events up to the end mark. Throws `ModelError` on an error among them. */
  async *readAll(events: AsyncIterable<WireEvent>, headers: Headers): AsyncGenerator<ProviderEvent> {
    this.#headers = headers;
    for await (const event of events) {
      if (event.kind === 'done') {
        this.#settled = this.#begun;
        return;
      }
      yield* this.#read(event, headers);
      if (this.#text.wentOn) {
        this.#leaves = true;
        return;
      }
    }
    // A stream that ends by itself after a reason has ended there.
    this.#settled ||= this.#reason !== undefined;
  }

  *#read(event: WireEvent, headers: Headers): Generator<ProviderEvent> {
    switch (event.kind) {
      case 'done':
        return;
      case 'broken':
        throw new ModelError({ kind: 'incomplete', detail: 'an event that is not JSON' });
      case 'words':
        if (ERROR_EVENT.test(event.name)) throw this.#failed(event.text);
        this.#words ||= event.text;
        return;
      case 'object':
        for (const each of Array.isArray(event.value) ? (event.value as unknown[]) : [event.value])
          yield* this.#object(asObject(each), event, event.whole ? headers : undefined);
        if (ENDS.test(event.name)) this.#settled ||= this.#hasAnswer();
    }
  }

  *#object(object: Json, event: { name: string; whole: boolean }, headers?: Headers): Generator<ProviderEvent> {
    const answer = this.#native.read(unwrap(object));
    if (hasError(answer['error'])) throw this.#failed(answer);
    const choices = choicesOf(answer, event.name);
    if (!choices?.length && isErrorOfOtherShape(answer, event)) throw this.#failed(answer);
    this.#begun = true;
    const { model } = answer;
    if (typeof model === 'string' && model && model !== this.#model)
      yield { kind: 'model', model: (this.#model = model) };
    // OpenRouter names the provider that it chose (openrouter.ai/docs, "API Reference", field `provider`).
    const { provider } = answer;
    if (typeof provider === 'string' && provider && provider !== this.#servedBy)
      yield { kind: 'served', by: (this.#servedBy = provider) };
    // Azure's first chunk has no choices; others send several, of which the first is the answer.
    const choice = choices?.filter(isObject).find(isFirst);
    const before = this.#said.length;
    if (answer['system_fingerprint'] === OF_OLLAMA) this.#tail ??= new RepeatedTail();
    if (choice) yield* this.#choice(choice, answer);
    else yield* this.#ends(readReason(answer), false);
    for (const usage of this.#counts.read(withUsage(answer, choice, headers, event.name)))
      yield this.#counted(usage, this.#said.length > before);
    if (event.whole) this.#settled = true;
  }

  /** @param answer the whole object, which may say why the answer ended in place of the choice */
  *#choice(choice: Json, answer: Json): Generator<ProviderEvent> {
    if (hasError(choice['error'])) throw this.#failed(choice);
    const { pieces, calls } = this.#message(choice);
    this.#calls ||= calls;
    const speaks = pieces.some(({ kind }) => kind !== 'refusal');
    if (speaks && (this.#reason !== undefined || this.#settled)) {
      this.#reasonsLie = true;
      this.#reason = undefined;
      this.#settled = false;
    }
    for (const piece of pieces) {
      this.#tail?.add(piece.text);
      yield* this.#piece(piece);
    }
    const called = this.#tools?.read(choice['delta'] ?? choice['message']) ?? '';
    if (called) {
      this.#calls = true;
      yield { kind: 'tool-text', text: called };
    }
    const places = [choice, asObject(choice['delta']), asObject(choice['message']), answer];
    yield* this.#ends(
      places.map(readReason).find((reason) => reason !== undefined),
      speaks || called !== '',
    );
  }

  /** @param speaks the piece with the reason says something, so that it need not be the end */
  *#ends(reason: string | undefined, speaks: boolean): Generator<ProviderEvent> {
    if (reason === undefined) return;
    this.#reason = reason;
    if (speaks || this.#reasonsLie) return;
    this.#settled = true;
    // Whether calls can be read is known at the end.
    if (!this.#refusal && this.#tools?.isEmpty !== false) yield this.#finish();
  }

  /** What a choice says: a piece, or a whole message, which may repeat the pieces that came before it. */
  #message(choice: Json): ReturnType<typeof readMessage> {
    const piece = choice['delta'] ?? choice['text'];
    const found = readMessage(piece);
    const isPiece = found.pieces.length > 0;
    if (isPiece) {
      this.#hasPieces = true;
      return found;
    }
    // Some servers put what is said into the choice itself.
    const { pieces, calls } = readMessage(choice['message'] ?? choice);
    if (!this.#hasPieces) return { pieces, calls: calls || found.calls };
    const whole = pieces.map(({ kind, text }) => (kind === 'text' ? text : '')).join('');
    const rest = whole.startsWith(this.#said) ? whole.slice(this.#said.length) : whole;
    return { pieces: rest ? [{ kind: 'text', text: rest }] : [], calls: calls || found.calls };
  }

  *#piece({ kind, text }: Piece): Generator<ProviderEvent> {
    if (kind === 'refusal') this.#refusal += text;
    else if (kind === 'reasoning') {
      this.#thought = true;
      for (const event of this.#text.think(text)) {
        if (event.kind === 'text') this.#said += event.text;
        if (event.kind === 'rethought') this.#said = '';
        yield event;
      }
    } else {
      this.#said += text;
      yield* this.#text.push(text);
    }
  }

  #counted(usage: ProviderEvent, withText: boolean): ProviderEvent {
    this.#usages++;
    const isFirst = this.#usages === 1;
    // Servers that count with every piece have not ended with the first count.
    if (!withText && ((isFirst && this.#hasAnswer()) || this.#reason !== undefined)) this.#settled = true;
    return usage;
  }

  /** An error in place of an answer, or in it. */
  #failed(error: unknown): ModelError {
    return new ModelError(failureOfErrorObject(error, this.#headers));
  }

  #hasAnswer(): boolean {
    return this.#said !== '' || this.#thought || this.#calls || this.#refusal !== '';
  }

  #finish(): ProviderEvent {
    const said = this.#reason;
    const reason = said === undefined ? 'stop' : classifyReason(said);
    // Servers end calls with `stop` as well.
    const callsOnly = reason === 'stop' && this.#calls && (this.#said === '' || this.#tools?.isEmpty === false);
    const dropped = this.#text.dropped || undefined;
    // What was cut after the answer was none of it.
    const cut = dropped !== undefined && reason === 'length';
    return {
      kind: 'finish',
      reason: cut ? 'stop' : callsOnly ? 'tool-calls' : reason,
      said,
      ...(dropped ? { dropped } : {}),
    };
  }

  /** The end of the answer. Throws `ModelError` when nothing said that it is one. */
  *end(): Generator<ProviderEvent> {
    yield* this.#text.end();
    const { dropped } = this.#text;
    if (this.#leaves) return yield { kind: 'finish', reason: 'stop', said: 'stop', dropped, left: true };
    if (this.#refusal) throw new ModelError({ kind: 'content-filter', detail: cleanDetail(this.#refusal) });
    if (this.#settled && this.#tools?.isEmpty === false) {
      const cut = this.#reason !== undefined && classifyReason(this.#reason) === 'length';
      for (const call of this.#tools.end(cut)) yield { kind: 'tool-call', call };
    }
    if (this.#settled && (this.#reason !== undefined || this.#hasAnswer())) return yield this.#finish();
    if (this.#words && !this.#hasAnswer()) throw this.#failed(this.#words);
    if (!this.#begun || this.#settled) throw new ModelError({ kind: 'empty' });
    if (this.#tail?.isStop) return yield this.#finish();
    throw new ModelError({ kind: 'incomplete', ...(this.#tail ? { endedByServer: true } : {}) });
  }
}

/** The fingerprint of Ollama's OpenAI-style answers (middleware/openai.go). */
const OF_OLLAMA = 'fp_ollama';

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;

/** Whether a choice is the answer: the first one, by a number in any form. */
const isFirst = (choice: Json): boolean => !(Number(choice['index'] ?? 0) > 0);

/** Some gateways put the answer into another object. */
function unwrap(object: Json): Json {
  if (Array.isArray(object['choices'])) return object;
  const inner = ['data', 'result', 'response', 'body', 'output']
    .map((key) => asObject(object[key]))
    .find((each) => Array.isArray(each['choices']) || textOf(each) !== undefined);
  return inner ? { ...object, ...inner } : object;
}

/** Members that hold the text of answers without choices: Cloudflare's, Hugging Face's, Cohere's and DashScope's own forms. */
const TEXT_ALONE = ['response', 'generated_text', 'output_text', 'completion', 'text'];
const textOf = (answer: Json): unknown =>
  TEXT_ALONE.map((key) => answer[key]).find((value) => typeof value === 'string' && value !== '');

/** The choices of an answer, also where it has the message alone, or nothing but the text. */
function choicesOf(answer: Json, name: string): readonly unknown[] | undefined {
  if (Array.isArray(answer['choices'])) return answer['choices'] as unknown[];
  if (typeof answer['choices'] === 'object' && answer['choices'] !== null)
    return Object.values(answer['choices'] as Json);
  const own = choicesOfOwnProtocol(answer);
  if (own) return own;
  const { message, delta } = answer;
  const isAnswer = (value: unknown): boolean => 'content' in asObject(value) || 'role' in asObject(value);
  if (isAnswer(message) || isAnswer(delta)) return [answer];
  const text = isForeign(name) || 'type' in answer ? undefined : textOf(answer);
  return text === undefined ? undefined : [{ ...answer, delta: { content: text } }];
}

/** The choices of answers in the protocols of Google, Anthropic and OpenAI's responses, as some gateways pass them on. */
function choicesOfOwnProtocol(answer: Json): readonly unknown[] | undefined {
  const { candidates, output, role, content, status } = answer;
  if (Array.isArray(candidates))
    return candidates.filter(isObject).map((each) => ({ ...each, delta: { content: each['content'] } }));
  if (role !== undefined && Array.isArray(content)) return [{ ...answer, delta: { content } }];
  if (!Array.isArray(output)) return undefined;
  const { reason } = asObject(answer['incomplete_details']);
  return [{ delta: { content: output }, finish_reason: reason ?? status }];
}

/** Names of events that end an answer. */
const ENDS = /^(done|end|complete|completed|finish|finished)$/i;

/** Names of events that tell of an error. */
const ERROR_EVENT = /(^|[._-])(error|exception|failed|failure)$/i;

/** Names of events that only keep a connection open, or tell of other things than the answer. */
const isForeign = (name: string): boolean => name !== '' && !/^(message|error|data|chunk|completion)/i.test(name);

/** Types of objects that may be errors; those of others tell how the work goes on. */
const OF_ERRORS = /err|fail|exception|invalid|refus|denied|about:blank|limit|https?:/i;

/** Members that say by a number how it went: MiniMax's `base_resp.status_code`, Baidu's `error_code` and their kin. */
const RESULT_CODES = /^(err(or)?_?|status_?|ret_?)(code|no)$/i;

/** Whether an object, or one in it, states a code that is not that of success. */
function statesFailure(answer: Json): boolean {
  return [answer, ...Object.values(answer).filter(isObject)].some((object) =>
    Object.entries(object).some(
      ([key, value]) =>
        RESULT_CODES.test(key) &&
        /^-?\d+$/.test(String(value)) &&
        Number(value) !== 0 &&
        !/^2\d\d$/.test(String(value)),
    ),
  );
}

/**
 * Whether an object without choices is an error: it has a sentence where errors have one, or a code of failure. A whole
 * body without an answer is one as soon as it says anything.
 */
function isErrorOfOtherShape(answer: Json, { name, whole }: { name: string; whole: boolean }): boolean {
  if (ERROR_EVENT.test(name)) return true;
  if (isForeign(name)) return false;
  // Amazon names the member after the class of its error.
  if (Object.entries(answer).some(([key, value]) => /(exception|error)s?$/i.test(key) && hasError(value))) return true;
  if (statesFailure(answer)) return hasError(answer);
  if (answer['usage'] || !OF_ERRORS.test(String(answer['type'] ?? 'error'))) return false;
  if (answer['object'] === 'chat.completion.chunk' || answer['object'] === 'chat.completion') return false;
  if (whole && !('choices' in answer)) return hasError(answer);
  const { message, msg, detail, errors, error_msg, error_message } = answer;
  return hasError(message ?? msg ?? detail ?? errors ?? error_msg ?? error_message);
}

/**
 * An answer with its usage where `UsageReader` looks for it: Moonshot states it in the choice. What an answer cost that
 * was not streamed may be in a header; for a stream the server cannot know it yet.
 */
function withUsage(answer: Json, choice: Json | undefined, headers: Headers | undefined, event: string): Json {
  // Some servers name the event so, and put the figures beside each other.
  const named = /usage/i.test(event) && !choice ? answer : undefined;
  const usage = answer['usage'] ?? choice?.['usage'] ?? named;
  return { ...answer, usage: headers ? withStatedCost(usage, headers) : usage };
}
