/**
 * An OpenAI-compatible server on 127.0.0.1: `GET /v1/models` and `POST /v1/chat/completions`, in the dialects of
 * OpenAI, OpenRouter and DeepSeek.
 *
 *     const server = await startOpenAi({ apiKey: 'sk-test', models: [{ name: 'mid', price: { input: 0.25, output: 1 } }] });
 *     const client = new OpenAI({ apiKey: 'sk-test', baseURL: server.baseUrl, maxRetries: 0 });
 *     ...
 *     server.book.totals().costNano;
 *     await server.stop();
 */
import type { Book, Price, Tokens } from './book.ts';
import { SSE, deliver, planAnswer } from './generation.ts';
import { startLoopback } from './loopback.ts';
import type { Exchange, LoopbackOptions, ModelServer } from './loopback.ts';
import { chatVoice, openAiError, readMessages } from './openaiShape.ts';
import type { Ask, Message, TextModel } from './text.ts';
import { countTokens, hash, renderChat } from './text.ts';
import { sleep } from './wire.ts';

interface OpenAiModel {
  readonly name: string;
  /** USD per million tokens; without it the model is free. */
  readonly price?: Price;
  /** Tokens; a longer request is refused with 400. Default 128000. */
  readonly contextLength?: number;
  /** Thinks before it answers. Default false. */
  readonly reasoning?: boolean;
}

/** Settings that may also be changed while the server runs. */
interface OpenAiSettings {
  /** Time to the first token in ms. Default 0. */
  ttftMs: number;
  /** Default Infinity: no delay. */
  tokensPerSecond: number;
  /** The only key accepted; undefined accepts any, also none. */
  apiKey: string | undefined;
  /**
   * Prompt cache: the longest common beginning of messages with an earlier request for the model counts as cached.
   * `write` also counts what is new as written to the cache instead of fresh. `marked` keeps and finds only beginnings
   * that end at a message with a mark, as Anthropic's cache does. Default `off`.
   */
  promptCache: 'off' | 'read' | 'write' | 'marked';
  /** Request fields that are refused (with 400), as strict endpoints do. */
  refusedFields: readonly string[];
  /**
   * `openrouter` adds `usage.cost`, `reasoning` deltas, a comment line, pricing in the model list and the generation
   * look-up; `deepseek` adds its cache fields and `reasoning_content` and takes paths without /v1.
   */
  dialect: 'openai' | 'openrouter' | 'deepseek';
  /** The name that answers state in place of the one that was asked, as an alias for a dated model does. */
  answersAs: string | undefined;
}

export interface OpenAiOptions extends Omit<LoopbackOptions, 'prices'>, Partial<OpenAiSettings> {
  /** Default: `demo-mid` and `demo-frontier`. A string is a free model. */
  readonly models?: readonly (string | OpenAiModel)[];
}

export interface OpenAiServer extends ModelServer {
  /** What goes into a client: `<url>/v1`. */
  readonly baseUrl: string;
  readonly settings: OpenAiSettings;
}

const DEMO_MODELS: readonly OpenAiModel[] = [
  { name: 'demo-mid', price: { input: 0.25, output: 1 } },
  { name: 'demo-frontier', price: { input: 5, output: 25 }, reasoning: true },
];

export async function startOpenAi(options: OpenAiOptions = {}): Promise<OpenAiServer> {
  const models = (options.models ?? DEMO_MODELS).map((model) => (typeof model === 'string' ? { name: model } : model));
  const prices = Object.fromEntries(models.flatMap(({ name, price }) => (price ? [[name, price]] : [])));
  const settings: OpenAiSettings = {
    ttftMs: options.ttftMs ?? 0,
    tokensPerSecond: options.tokensPerSecond ?? Infinity,
    apiKey: options.apiKey,
    promptCache: options.promptCache ?? 'off',
    refusedFields: options.refusedFields ?? [],
    dialect: options.dialect ?? 'openai',
    answersAs: options.answersAs,
  };
  const server = await startLoopback({ ...options, prices }, (text, book) => {
    const chat = new ChatCompletions(models, settings, text, book);
    return {
      isModelCall: (path) => path.endsWith('/chat/completions'),
      errorBody: (status, message) =>
        openAiError(message, typeOf(status), status === 429 ? 'rate_limit_exceeded' : null),
      handle: (exchange) => chat.handle(exchange),
    };
  });
  return Object.assign(server, { baseUrl: `${server.url}/v1`, settings });
}

function typeOf(status: number): string {
  return status >= 500 ? 'server_error' : status === 429 ? 'rate_limit_error' : 'invalid_request_error';
}

class ChatCompletions {
  readonly #models: readonly OpenAiModel[];
  readonly #settings: OpenAiSettings;
  readonly #text: TextModel;
  readonly #book: Book;
  /** Conversations the prompt cache has seen, by model. */
  readonly #seen = new Map<string, Message[][]>();

  constructor(models: readonly OpenAiModel[], settings: OpenAiSettings, text: TextModel, book: Book) {
    this.#models = models;
    this.#settings = settings;
    this.#text = text;
    this.#book = book;
  }

  async handle(exchange: Exchange): Promise<void> {
    const { entry, wire } = exchange;
    const path = this.#route(entry.path);
    if (path === undefined) return wire.reply({ status: 404, body: '404 page not found' });
    const denied = this.#checkKey(entry.headers.authorization);
    if (denied) return wire.reply({ status: 401, body: denied });
    const route = `${entry.method} ${path}`;
    if (route === 'GET /models') return wire.reply({ body: { object: 'list', data: this.#listModels() } });
    if (route === 'GET /generation') return wire.reply(this.#generation(exchange));
    if (route === 'POST /chat/completions') return this.#complete(exchange);
    return wire.reply({ status: 404, body: openAiError(`Invalid URL (${route})`, 'invalid_request_error') });
  }

  /** The path below the base URL, undefined if it is not below one. */
  #route(path: string): string | undefined {
    const match = /^(?:\/api)?\/v1(\/.*)$/.exec(path);
    return match?.[1] ?? (this.#settings.dialect === 'deepseek' ? path : undefined);
  }

  #checkKey(authorization: string | undefined): object | undefined {
    const { apiKey } = this.#settings;
    if (apiKey === undefined || authorization === `Bearer ${apiKey}`) return undefined;
    const key = authorization?.replace(/^Bearer\s+/, '') ?? '';
    const masked = key.length > 8 ? `${key.slice(0, 4)}${'*'.repeat(key.length - 8)}${key.slice(-4)}` : '****';
    const message = key
      ? `Incorrect API key provided: ${masked}.`
      : "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth.";
    return openAiError(message, 'invalid_request_error', key ? 'invalid_api_key' : null);
  }

  #listModels(): object[] {
    if (this.#settings.dialect !== 'openrouter') {
      return this.#models.map(({ name }) => ({ id: name, object: 'model', created: 1760000000, owned_by: 'loopback' }));
    }
    return this.#models.map(({ name, price, contextLength = 128_000 }) => ({
      id: name,
      canonical_slug: name,
      name,
      created: 1760000000,
      context_length: contextLength,
      architecture: { modality: 'text->text', input_modalities: ['text'], output_modalities: ['text'] },
      pricing: {
        prompt: perToken(price?.input),
        completion: perToken(price?.output),
        request: '0',
        image: '0',
        ...(price?.cacheRead !== undefined && { input_cache_read: perToken(price.cacheRead) }),
        ...(price?.cacheWrite !== undefined && { input_cache_write: perToken(price.cacheWrite) }),
      },
      top_provider: { context_length: contextLength, max_completion_tokens: 16_384, is_moderated: false },
      supported_parameters: ['max_tokens', 'temperature', 'stop', 'reasoning'],
    }));
  }

  /** OpenRouter's way to settle an aborted call: `GET /generation?id=`. */
  #generation({ entry }: Exchange): { status: number; body: object } {
    const id = new URLSearchParams(entry.query).get('id');
    const found = this.#book.calls.find((call) => generationId(call.sequence) === id);
    if (!found) return { status: 404, body: openAiError(`Generation ${id} not found`, 'invalid_request_error', 404) };
    const { tokens } = found;
    const data = {
      id,
      model: found.model,
      total_cost: found.costNano / 1e9,
      cancelled: found.closedBy === 'client',
      native_tokens_prompt: promptTokens(tokens),
      native_tokens_completion: tokens.output,
      native_tokens_reasoning: tokens.reasoning,
      native_tokens_cached: tokens.inputCached,
    };
    return { status: 200, body: { data } };
  }

  async #complete(exchange: Exchange): Promise<void> {
    const { entry, body, wire, signal, scenario } = exchange;
    const { dialect, ttftMs, tokensPerSecond } = this.#settings;
    const model = this.#models.find(({ name }) => name === entry.model);
    const messages = readMessages(body.messages);
    const prompt = renderChat(messages);
    const maxTokens = Number(body.max_completion_tokens ?? body.max_tokens ?? Infinity);
    const refusal = this.#refuse(model, body, messages, prompt);
    if (refusal) return wire.reply(refusal);

    const ask: Ask = { kind: 'chat', model: entry.model!, prompt, messages, body, thinks: model?.reasoning === true };
    const answer = this.#text.answer(ask);
    const id = dialect === 'openrouter' ? generationId(entry.sequence) : `chatcmpl-${hash(prompt).toString(36)}`;
    const stream = body.stream === true;
    const includeUsage = (body.stream_options as { include_usage?: unknown } | undefined)?.include_usage === true;

    // The input is sold as soon as the model reads it, whatever happens afterward.
    entry.phase = 'prompt';
    this.#sellInput(entry.tokens, entry.model!, messages, marksIn(body.messages));
    const headers = {
      'x-request-id': `req_${entry.sequence}`,
      ...(dialect === 'openrouter' && { 'x-generation-id': id }),
    };
    if (stream && !scenario.delay?.headersMs && scenario.keepAliveMs === undefined) {
      wire.head(200, { 'content-type': SSE.contentType, ...headers });
      if (dialect === 'openrouter') await wire.write(': OPENROUTER PROCESSING\n\n');
    }
    await sleep(ttftMs, signal);

    await deliver(exchange, {
      stream,
      framing: SSE,
      headers,
      tokensPerSecond,
      plan: planAnswer(answer, { stop: [body.stop ?? []].flat() as string[], maxTokens }),
      voice: chatVoice(exchange, {
        id,
        model: this.#settings.answersAs ?? entry.model!,
        answer,
        reasoningField: dialect === 'openrouter' ? 'reasoning' : 'reasoning_content',
        usage: () => this.#usage(entry.tokens, entry.costNano),
        streamUsage: includeUsage || dialect === 'openrouter',
        error: (message) =>
          dialect === 'openrouter'
            ? {
                id,
                object: 'chat.completion.chunk',
                model: entry.model,
                error: { code: 502, message },
                choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }],
              }
            : openAiError(message, 'server_error', 'server_error'),
      }),
      errorBody: (message) => openAiError(message, 'server_error', 'server_error'),
    });
  }

  #refuse(model: OpenAiModel | undefined, body: Record<string, unknown>, messages: Message[], prompt: string) {
    const bad = (status: number, message: string, code: string | null = null) => ({
      status,
      body: openAiError(message, 'invalid_request_error', code),
    });
    if (Object.keys(body).length === 0) return bad(400, 'We could not parse the JSON body of your request.');
    if (!model) {
      return bad(
        404,
        `The model \`${String(body.model)}\` does not exist or you do not have access to it.`,
        'model_not_found',
      );
    }
    if (messages.length === 0) return bad(400, "Missing required parameter: 'messages'.", 'missing_required_parameter');
    const refused = this.#settings.refusedFields.find((field) => field in body);
    if (refused) return bad(400, `Unsupported parameter: '${refused}'.`, 'unsupported_parameter');
    const { contextLength = 128_000 } = model;
    const tokens = countTokens(prompt);
    if (tokens <= contextLength) return undefined;
    return bad(
      400,
      `This model's maximum context length is ${contextLength} tokens. However, your messages resulted in ${tokens} tokens. Please reduce the length of the messages.`,
      'context_length_exceeded',
    );
  }

  #sellInput(tokens: Tokens, model: string, messages: Message[], marks: readonly number[]): void {
    const total = countTokens(renderChat(messages));
    const { promptCache } = this.#settings;
    if (promptCache === 'marked') return this.#sellMarked(tokens, model, messages, marks);
    if (promptCache !== 'off') {
      const seen = this.#seen.get(model) ?? [];
      const common = Math.max(0, ...seen.map((earlier) => commonMessages(earlier, messages)));
      const renderedTail = countTokens(renderChat([]));
      if (common > 0) tokens.inputCached = countTokens(renderChat(messages.slice(0, common))) - renderedTail;
      this.#seen.set(model, [...seen, messages]);
    }
    const rest = total - tokens.inputCached;
    if (promptCache === 'write') tokens.cacheWrite = rest;
    else tokens.inputFresh = rest;
  }

  /** Written is what a mark ends and was not there; what comes after the last mark is fresh. */
  #sellMarked(tokens: Tokens, model: string, messages: Message[], marks: readonly number[]): void {
    const sizeOf = (length: number): number =>
      length === 0 ? 0 : countTokens(renderChat(messages.slice(0, length))) - countTokens(renderChat([]));
    const last = (marks.at(-1) ?? -1) + 1;
    const seen = this.#seen.get(model) ?? [];
    const found = seen.filter((kept) => kept.length <= last && commonMessages(kept, messages) === kept.length);
    tokens.inputCached = sizeOf(Math.max(0, ...found.map(({ length }) => length)));
    tokens.cacheWrite = sizeOf(last) - tokens.inputCached;
    tokens.inputFresh = countTokens(renderChat(messages)) - tokens.inputCached - tokens.cacheWrite;
    this.#seen.set(model, [...seen, ...marks.map((mark) => messages.slice(0, mark + 1))]);
  }

  #usage(tokens: Tokens, nano: number): Record<string, unknown> {
    const { dialect, promptCache } = this.#settings;
    const prompt = promptTokens(tokens);
    const caching = promptCache !== 'off';
    return {
      prompt_tokens: prompt,
      completion_tokens: tokens.output,
      total_tokens: prompt + tokens.output,
      ...(dialect === 'deepseek' && {
        prompt_cache_hit_tokens: tokens.inputCached,
        prompt_cache_miss_tokens: prompt - tokens.inputCached,
      }),
      ...(dialect === 'openrouter' && { cost: nano / 1e9, is_byok: false }),
      prompt_tokens_details: {
        cached_tokens: tokens.inputCached,
        ...(caching && { cache_write_tokens: tokens.cacheWrite }),
        audio_tokens: 0,
      },
      completion_tokens_details: {
        reasoning_tokens: tokens.reasoning,
        audio_tokens: 0,
        accepted_prediction_tokens: 0,
        rejected_prediction_tokens: 0,
      },
    };
  }
}

/** Cached and written tokens are inside prompt_tokens. */
function promptTokens(tokens: Tokens): number {
  return tokens.inputFresh + tokens.inputCached + tokens.cacheWrite;
}

function generationId(sequence: number): string {
  return `gen-${String(sequence).padStart(6, '0')}`;
}

/** USD per single token as a decimal string, as OpenRouter writes it. */
function perToken(usdPerMillion = 0): string {
  return (usdPerMillion / 1e6).toFixed(13).replace(/0+$/, '').replace(/\.$/, '');
}

/** The messages of a request that carry a mark for the cache, by index. */
const marksIn = (messages: unknown): number[] =>
  (Array.isArray(messages) ? messages : []).flatMap((message, index) =>
    JSON.stringify(message).includes('"cache_control"') ? [index] : [],
  );

function commonMessages(a: readonly Message[], b: readonly Message[]): number {
  let length = 0;
  while (
    length < a.length &&
    length < b.length &&
    a[length]!.role === b[length]!.role &&
    a[length]!.content === b[length]!.content
  )
    length++;
  return length;
}
