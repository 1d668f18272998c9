/** `POST /api/generate`, `POST /api/chat` and `POST /v1/chat/completions` of the Ollama server. */
import { NDJSON, SSE, deliver, planAnswer } from './generation.ts';
import type { Piece, Voice } from './generation.ts';
import type { Exchange } from './loopback.ts';
import type { OllamaHost } from './ollamaHost.ts';
import { keepAliveMs, optionError, registryName, remoteOf, runnerKey } from './ollamaModels.ts';
import type { OllamaModel } from './ollamaModels.ts';
import { chatVoice, openAiError, readMessages } from './openaiShape.ts';
import { distortUsage } from './scenario.ts';
import type { Answer, Ask, Message, TextModel } from './text.ts';
import { findGap, hash, renderChat, tokenize } from './text.ts';

/** A request that ends with this status and text instead of an answer. */
class Refusal extends Error {
  readonly status: number;
  readonly extra: object;

  constructor(status: number, message: string, extra: object = {}) {
    super(message);
    this.status = status;
    this.extra = extra;
  }
}

/** A request as the engine needs it, whichever endpoint it came by. */
interface Job {
  readonly model: OllamaModel;
  /** Modelfile parameters under request options. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly shift: boolean;
  readonly truncate: boolean;
  readonly thinks: boolean;
  /** Window of the runner in tokens. */
  readonly contextLength: number;
  readonly keepAliveMs: number;
}

/** Durations for the last line, in ms. */
interface Times {
  loadMs: number;
  promptMs: number;
  /** performance.now() when decoding began. */
  decodingSince: number;
}

/** The runner's own refusal, which the server passes on as a text (0.30 and later; recorded of 0.32.15). */
const overflow = (tokens: number, contextLength: number): string =>
  JSON.stringify({
    error: {
      code: 400,
      message: `request (${tokens} tokens) exceeds the available context size (${contextLength} tokens), try increasing it`,
      type: 'exceed_context_size_error',
      n_prompt_tokens: tokens,
      n_ctx: contextLength,
    },
  });

/** The runner gives up silently when the same token repeats more often than this. */
const MAX_REPEATS = 30;

export class OllamaGeneration {
  readonly #host: OllamaHost;
  readonly #text: TextModel;

  constructor(host: OllamaHost, text: TextModel) {
    this.#host = host;
    this.#text = text;
  }

  generate(exchange: Exchange): Promise<void> {
    return this.#refusable(exchange, nativeError, async () => {
      const { body } = exchange;
      const { prompt = '', suffix = '', raw = false } = body as { prompt?: string; suffix?: string; raw?: boolean };
      const model = this.#find(body);
      if (isElsewhere(model)) return passOn(exchange, model);
      if (prompt === '' && keepAliveMs(body.keep_alive) === 0) return this.#unload(exchange, model);
      if (raw && (body.template || body.system || (body.context as unknown[] | undefined)?.length)) {
        throw new Refusal(400, 'raw mode does not support template, system, or context');
      }
      const job = this.#prepare(model, body, suffix === '' ? [] : ['insert'], 'generate');
      const answering = async (times: Times) => {
        if (prompt === '') return this.#loaded(exchange);
        const isGap = raw || suffix !== '';
        const messages: Message[] = [
          ...(body.system ? [{ role: 'system', content: String(body.system) }] : []),
          { role: 'user', content: prompt },
        ];
        const rendered = raw ? prompt : suffix === '' ? renderChat(messages) : renderInsert(prompt, suffix);
        const tokens = this.#fit(tokenize(rendered), job);
        // The model sees what is left of the prompt: truncation costs it the beginning of the prefix.
        const seen = tokens.join('');
        const ask: Ask = {
          kind: isGap ? 'completion' : 'chat',
          model: model.name,
          prompt: seen,
          ...(isGap ? findGap(seen) : { messages }),
          thinks: job.thinks,
          body,
        };
        await this.#run(exchange, job, ask, tokens, times, {
          fields: (piece) => ({ response: piece?.kind === 'text' ? piece.text : '', ...thinking(piece) }),
          whole: ({ text, reasoning }) => ({ response: text, ...(reasoning && { thinking: reasoning }) }),
          last: () => (raw ? {} : { context: tokens.map((token) => hash(token) % 150_000) }),
        });
      };
      return this.#scheduled(exchange, job, answering);
    });
  }

  chat(exchange: Exchange): Promise<void> {
    return this.#refusable(exchange, nativeError, async () => {
      const { body } = exchange;
      const model = this.#find(body);
      if (isElsewhere(model)) return passOn(exchange, model);
      const messages = readMessages(body.messages);
      if (messages.length === 0 && keepAliveMs(body.keep_alive) === 0) return this.#unload(exchange, model);
      const job = this.#prepare(model, body, (body.tools as unknown[] | undefined)?.length ? ['tools'] : [], 'chat');
      return this.#scheduled(exchange, job, async (times) => {
        if (messages.length === 0) return this.#loaded(exchange);
        const { ask, tokens } = this.#askChat(job, messages, body);
        await this.#run(exchange, job, ask, tokens, times, {
          fields: (piece, calls) => ({
            message: {
              role: 'assistant',
              content: piece?.kind === 'text' ? piece.text : '',
              ...thinking(piece),
              ...(calls && { tool_calls: calls }),
            },
          }),
          whole: ({ text, reasoning }, calls) => ({
            message: {
              role: 'assistant',
              content: text,
              ...(reasoning && { thinking: reasoning }),
              ...(calls && { tool_calls: calls }),
            },
          }),
          last: () => ({}),
        });
      });
    });
  }

  /** The OpenAI-compatible side: no num_ctx, no keep_alive, plain usage. */
  completions(exchange: Exchange): Promise<void> {
    const errorBody = (message: string, _extra: object, status: number) =>
      openAiError(message, status === 404 ? 'not_found_error' : status < 500 ? 'invalid_request_error' : 'api_error');
    return this.#refusable(exchange, errorBody, async () => {
      const { body, entry } = exchange;
      const messages = readMessages(body.messages);
      if (messages.length === 0) throw new Refusal(400, '[] is too short - messages');
      const options = {
        ...(body.max_tokens !== undefined && { num_predict: body.max_tokens }),
        ...(body.stop !== undefined && { stop: [body.stop].flat() }),
      };
      const job = this.#prepare(this.#find(body), { model: body.model, options }, [], 'chat');
      return this.#scheduled(exchange, job, async (times) => {
        const { ask, tokens } = this.#askChat(job, messages, body);
        const answer = this.#answer(job, ask);
        const streamOptions = body.stream_options as { include_usage?: boolean } | undefined;
        const voice = chatVoice(exchange, {
          id: `chatcmpl-${entry.sequence}`,
          model: entry.model!,
          answer,
          reasoningField: 'reasoning',
          streamUsage: streamOptions?.include_usage === true,
          usage: () => {
            const prompt = entry.tokens.inputFresh + entry.tokens.inputCached;
            const output = entry.tokens.output;
            return { prompt_tokens: prompt, completion_tokens: output, total_tokens: prompt + output };
          },
          // Ollama loses the message: an empty chunk, then neither finish_reason nor [DONE].
          error: () => ({ id: `chatcmpl-${entry.sequence}`, object: 'chat.completion.chunk', choices: [] }),
        });
        await this.#deliver(exchange, job, tokens, times, {
          stream: body.stream === true,
          framing: SSE,
          voice,
          answer,
          errorBody: (message) => openAiError(message, 'api_error'),
        });
      });
    });
  }

  async #refusable(
    { wire }: Exchange,
    errorBody: (message: string, extra: object, status: number) => object,
    handle: () => Promise<void>,
  ): Promise<void> {
    try {
      await handle();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      await wire.reply({ status: error.status, body: errorBody(error.message, error.extra, error.status) });
    }
  }

  #find(body: Record<string, unknown>): OllamaModel {
    const model = this.#host.find(body.model);
    if (!model) throw new Refusal(404, `model '${String(body.model ?? '')}' not found`);
    if (model.remoteHost && !this.#host.environment.signedIn) {
      throw new Refusal(401, 'unauthorized', { signin_url: 'https://ollama.com/connect?name=loopback&key=demo' });
    }
    return model;
  }

  #prepare(
    model: OllamaModel,
    body: Record<string, unknown>,
    needed: readonly ('insert' | 'tools')[],
    verb: 'generate' | 'chat',
  ): Job {
    const { capabilities } = model;
    const name = String(body.model);
    const think = body.think;
    if (!capabilities.includes('completion')) throw new Refusal(400, `"${name}" does not support ${verb}`);
    if (think && !capabilities.includes('thinking')) throw new Refusal(400, `"${name}" does not support thinking`);
    const missing = needed.filter((capability) => !capabilities.includes(capability));
    if (missing.length > 0) throw new Refusal(400, `${registryName(name)} does not support ${missing.join('\n')}`);
    const requested = (body.options ?? {}) as Record<string, unknown>;
    const wrong = optionError(requested);
    if (wrong) throw new Refusal(500, wrong);
    const options = { ...model.parameters, ...requested };
    return {
      model,
      options,
      shift: body.shift !== false,
      truncate: body.truncate !== false,
      thinks: capabilities.includes('thinking') && think !== false,
      contextLength: Number(options.num_ctx ?? this.#host.environment.contextLength),
      keepAliveMs: keepAliveMs(body.keep_alive) ?? this.#host.environment.keepAliveMs,
    };
  }

  /** Loads the model if needed, answers, and sets when it is to be unloaded. */
  async #scheduled(exchange: Exchange, job: Job, answering: (times: Times) => Promise<void>): Promise<void> {
    const { entry, signal } = exchange;
    const runner = this.#host.runnerOf(job.model);
    if (runner.waiting >= this.#host.environment.maxQueue) {
      throw new Refusal(503, 'server busy, please try again.  maximum pending requests exceeded');
    }
    const start = performance.now();
    await runner.ready(runnerKey(job.options, job.shift), job.contextLength, entry, signal);
    try {
      await answering({ loadMs: performance.now() - start, promptMs: 0, decodingSince: 0 });
    } finally {
      runner.done(job.keepAliveMs);
    }
  }

  /** What the runner really reads: an overlong prompt is refused, or loses its front until half the window is free. */
  #fit(tokens: string[], { contextLength, truncate, shift, options }: Job): string[] {
    if (tokens.length <= contextLength - 1) return tokens;
    if (!truncate || !shift) throw new Refusal(400, overflow(tokens.length, contextLength));
    const keep = Math.min(Number(options.num_keep ?? 4), contextLength - 1);
    const rest = Math.max(1, Math.floor(contextLength / 2) - keep);
    return [...tokens.slice(0, keep), ...tokens.slice(-rest)];
  }

  /** A chat that is too long loses its oldest messages first, but not the system message and the last one. */
  #askChat(job: Job, messages: Message[], body: Record<string, unknown>): { ask: Ask; tokens: string[] } {
    let kept = messages;
    const tooLong = () => tokenize(renderChat(kept)).length > job.contextLength - 1;
    while (job.truncate && tooLong()) {
      const oldest = kept.findIndex((message, index) => message.role !== 'system' && index < kept.length - 1);
      if (oldest < 0) break;
      kept = kept.toSpliced(oldest, 1);
    }
    const prompt = renderChat(kept);
    const ask: Ask = { kind: 'chat', model: job.model.name, prompt, messages: kept, thinks: job.thinks, body };
    return { ask, tokens: this.#fit(tokenize(prompt), job) };
  }

  #answer(job: Job, ask: Ask): Answer {
    const { reasoning, ...rest } = this.#text.answer(ask);
    return job.thinks && reasoning !== undefined ? { ...rest, reasoning } : rest;
  }

  /** The native side: NDJSON lines with the fields of the endpoint. */
  async #run(exchange: Exchange, job: Job, ask: Ask, tokens: string[], times: Times, shape: Shape): Promise<void> {
    const { entry, scenario, body } = exchange;
    const answer = this.#answer(job, ask);
    const calls = answer.toolCalls?.map((call) => ({ function: { name: call.name, arguments: call.arguments } }));
    const line = (fields: object, done = false) => ({
      model: entry.model,
      ...remoteOf(job.model),
      created_at: new Date().toISOString(),
      ...fields,
      done,
      ...(!done && scenario.usage === 'every' && counts(exchange)),
    });
    const last = (reason: string, fields: object) => {
      const figures = distortUsage(counts(exchange), scenario.usage);
      const absent = figures === null ? { prompt_eval_count: null, eval_count: null } : {};
      return {
        ...line(fields, true),
        ...(reason !== 'none' && { done_reason: reason === 'tool_calls' ? 'stop' : reason }),
        ...shape.last(),
        ...nonZero({
          total_duration: nanoseconds(performance.timeOrigin + performance.now() - entry.receivedAt),
          load_duration: nanoseconds(times.loadMs),
          prompt_eval_duration: nanoseconds(times.promptMs),
          eval_duration: nanoseconds(performance.now() - times.decodingSince),
        }),
        ...(typeof figures === 'object' && figures),
        ...absent,
      };
    };
    const voice: Voice = {
      begin: () => [],
      piece: (piece) => line(shape.fields(piece)),
      finish(reason) {
        const end = last(reason, shape.fields(undefined));
        return [
          ...(calls ? [line(shape.fields(undefined, calls))] : []),
          ...(scenario.noEnd ? [] : scenario.usage === 'repeated' ? [end, end] : [end]),
        ];
      },
      error: (message) => ({ error: message }),
      whole: (reason) => last(reason, shape.whole(entry, calls)),
    };
    await this.#deliver(exchange, job, tokens, times, {
      stream: body.stream !== false,
      framing: NDJSON,
      voice,
      answer,
      errorBody: (message) => ({ error: message }),
    });
  }

  /** Evaluates the prompt in a slot and generates; headers go out with the first chunk. */
  async #deliver(exchange: Exchange, job: Job, tokens: string[], times: Times, how: How): Promise<void> {
    const { entry, signal } = exchange;
    const session = await this.#host.runnerOf(job.model).evaluate(tokens, entry, signal);
    times.promptMs = session.promptMs;
    times.decodingSince = performance.now();
    try {
      await deliver(exchange, {
        ...how,
        plan: planAnswer(how.answer, {
          stop: (job.options.stop ?? []) as string[],
          maxTokens: outputLimit(job, tokens.length),
        }),
        tokensPerSecond: this.#host.timing.decodeTokensPerSecond,
        onToken: countRepeats((piece) => session.generated(piece.text)),
      });
    } finally {
      session.release();
    }
  }

  #unload({ wire, entry }: Exchange, model: OllamaModel): Promise<void> {
    this.#host.runners.get(model.name)?.unload();
    return wire.reply({ body: finished(entry.model!, entry.path, 'unload') });
  }

  #loaded({ wire, entry }: Exchange): Promise<void> {
    return wire.reply({ body: finished(entry.model!, entry.path, 'load') });
  }
}

/** A cloud stub whose cloud is another server of the test; the answers of ollama.com are made here. */
const isElsewhere = ({ remoteHost }: OllamaModel): boolean => remoteHost?.startsWith('http://127.0.0.1') ?? false;

/** Sends the request to the stub's own server, under the name that the model has there, and passes its lines back. */
async function passOn({ wire, body, entry, signal }: Exchange, model: OllamaModel): Promise<void> {
  const remote = remoteOf(model) as { remote_model: string; remote_host: string };
  const response = await fetch(`${remote.remote_host}${entry.path}`, {
    method: 'POST',
    body: JSON.stringify({ ...body, model: remote.remote_model }),
    headers: { 'content-type': 'application/json' },
    signal,
  });
  const text = await response.text();
  const lines = text.split('\n').filter((line) => line.trim());
  const marked = lines.map((line) => JSON.stringify({ ...(JSON.parse(line) as object), ...remote, model: model.name }));
  return wire.reply({
    status: response.status,
    headers: { 'content-type': 'application/x-ndjson' },
    body: `${marked.join('\n')}\n`,
  });
}

/** The fields in which the two native endpoints differ. */
interface Shape {
  fields(piece: Piece | undefined, calls?: object[]): object;
  whole(said: { text: string; reasoning: string }, calls?: object[]): object;
  last(): object;
}

interface How {
  readonly stream: boolean;
  readonly framing: typeof NDJSON;
  readonly voice: Voice;
  readonly answer: Answer;
  readonly errorBody: (message: string) => object;
}

function nativeError(message: string, extra: object): object {
  return { error: message, ...extra };
}

function renderInsert(prompt: string, suffix: string): string {
  return `<|fim_prefix|>${prompt}<|fim_suffix|>${suffix}<|fim_middle|>`;
}

function thinking(piece: Piece | undefined): object {
  return piece?.kind === 'reasoning' ? { thinking: piece.text } : {};
}

function finished(model: string, path: string, reason: 'load' | 'unload'): object {
  const said = path === '/api/chat' ? { message: { role: 'assistant', content: '' } } : { response: '' };
  return { model, created_at: new Date().toISOString(), ...said, done: true, done_reason: reason };
}

function counts({ entry: { tokens } }: Exchange): Record<string, unknown> {
  return nonZero({ prompt_eval_count: tokens.inputFresh + tokens.inputCached, eval_count: tokens.output });
}

/** Ollama leaves out zero fields. */
function nonZero(fields: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== 0));
}

function nanoseconds(ms: number): number {
  return Math.max(0, Math.round(ms * 1e6));
}

/** num_predict, bounded to ten windows; without context shift also by the room left in the window. */
function outputLimit({ options, contextLength, shift }: Job, promptTokens: number): number {
  const wanted = Number(options.num_predict ?? -1);
  const bound = 10 * contextLength;
  const limit = wanted < 0 || wanted > bound ? bound : wanted;
  return shift ? limit : Math.min(limit, contextLength - promptTokens);
}

function countRepeats(generated: (piece: Piece) => void): (piece: Piece) => boolean {
  let last = '';
  let repeats = 0;
  return (piece) => {
    generated(piece);
    repeats = piece.text.trim() === last ? repeats + 1 : 0;
    last = piece.text.trim();
    return repeats <= MAX_REPEATS;
  };
}
