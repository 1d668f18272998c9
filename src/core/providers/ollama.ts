import { ModelError, type Failure } from '../common/failures.ts';
import type { ModelSite } from '../common/places.ts';
import { capabilitiesOfEntry, MODEL_ABILITIES, MODEL_WINDOWS } from '../common/modelWindows.ts';
import { isOllamaCloudName, OLLAMA_CLOUD } from '../common/providerRules.ts';
import type { ChatRequest, FimRequest, ModelRequest } from '../common/types.ts';
import { cleanDetail, failureOfError } from '../common/networkFailures.ts';
import { failureOfErrorObject, hasError } from './httpFailures.ts';
import type { Ollama, Tool } from './ollamaClient.ts';
import { infillFactsOf } from './ollamaInfill.ts';
import { ollamaMessages, openAiTools } from './chatMessages.ts';
import type { LineCheck, ModelInfo, ProviderAdapter, ProviderEvent, Wire } from './provider.ts';
import { classifyReason, readReason } from './finishReasons.ts';
import { keyHeaders } from './keyHeaders.ts';
import { readMessage, type Piece } from './answerContent.ts';
import { AnswerText } from './reasoningText.ts';
import { RepeatedTail } from './repeatedTail.ts';
import { ToolCallReader } from './toolCalls.ts';
import { readOllamaUsage } from './usage.ts';

/** Ollama's native API. Its OpenAI-style side loses errors in the stream and knows no options. */
export const ollama: ProviderAdapter = {
  async *stream(model: string, request: ModelRequest, wire: Wire, signal: AbortSignal): AsyncGenerator<ProviderEvent> {
    try {
      yield* request.kind === 'fim' ? streamFim(model, request, wire) : streamChat(model, request, wire);
    } catch (error) {
      if (signal.aborted) return;
      throw ollamaFailure(error);
    }
  },
  async models(wire: Wire): Promise<readonly ModelInfo[]> {
    try {
      const { models } = await (await openOllama(wire)).list();
      return models.map((model) => {
        // Newer servers list capabilities and window here; the library's types do not know them yet.
        const { capabilities, details } = model as unknown as {
          capabilities?: string[];
          details?: { context_length?: number };
        };
        // That a list has no `vision` in it says that the model takes no pictures.
        if (Array.isArray(capabilities))
          MODEL_ABILITIES.learn(wire.baseUrl, model.name, capabilitiesOfEntry({ capabilities, input_modalities: [] }));
        return {
          id: model.name,
          sizeBytes: model.size,
          ...(Array.isArray(capabilities) ? { capabilities } : {}),
          ...(typeof details?.context_length === 'number' ? { contextTokens: details.context_length } : {}),
          ...passedOn(model),
        };
      });
    } catch (error) {
      throw ollamaFailure(error);
    }
  },
  locate,
  loading: { isLoaded, load: loadAndLook },
  checkLine: checkOllamaLine,
  cleanLine: cleanOllamaLine,
};

/**
 * The list is asked first: it comes from the server's own disk, while a question about a cloud model may be passed on.
 * Servers before 0.12 know no cloud models and no fields for them: what they list, they run.
 */
async function locate(model: string, wire: Wire, known: ModelSite | undefined): Promise<ModelSite> {
  try {
    const client = await openOllama(wire);
    const { models } = (await client.list()) as { models?: unknown };
    if (!Array.isArray(models))
      throw new ModelError({ kind: 'not-a-model', detail: 'no list of models in its answer' });
    const name = plainName(model);
    const listed = models.filter((entry): entry is ListedModel => isListed(entry) && plainName(entry.name) === name);
    const digest = listed.map((entry) => (typeof entry.digest === 'string' ? entry.digest : '')).join(' ');
    const remote = [...new Set(listed.flatMap((entry) => passedOn(entry).passedOnTo ?? []))];
    if (remote.length > 0) return { passedOnTo: remote, digest };
    // Newer servers pass on what has such a name whether they list it or not.
    if (isOllamaCloudName(model)) return { passedOnTo: [OLLAMA_CLOUD], digest };
    const [first] = listed;
    if (!first) throw new ModelError({ kind: 'model-missing' });
    if (digest.trim() && known?.digest === digest && known.passedOnTo.length === 0) return { passedOnTo: [], digest };
    const { passedOnTo } = passedOn(await client.show({ model: first.name }));
    return { passedOnTo: passedOnTo === undefined ? [] : [passedOnTo], digest };
  } catch (error) {
    // What is not JSON is not Ollama.
    if (error instanceof SyntaxError) throw new ModelError({ kind: 'not-a-model', detail: 'its answer is not JSON' });
    throw ollamaFailure(error);
  }
}

interface ListedModel {
  readonly name: string;
  readonly digest?: unknown;
}

const isListed = (entry: unknown): entry is ListedModel =>
  typeof entry === 'object' && entry !== null && typeof (entry as Partial<ListedModel>).name === 'string';

/**
 * A name as all spellings of it have in common: Ollama finds names in any case, without the registry's and the library's
 * name, without the default tag, and with a tag `local` that means a model of its own.
 */
const plainName = (model: string): string =>
  model
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/^(registry\.ollama\.ai|ollama\.com)\//, '')
    .replace(/^library\//, '')
    .replace(/:local$/, '')
    .replace(/:latest$/, '');

/** Who really answers for a model, by the fields `remote_host` and `remote_model` of lists, descriptions and answers. */
function passedOn(from: object): { passedOnTo?: string } {
  const host = remoteIn(from, 'host');
  if (!host && !remoteIn(from, 'model')) return {};
  if (typeof host !== 'string' || !host.trim()) return { passedOnTo: OLLAMA_CLOUD };
  const url = /^https?:\/\//i.test(host.trim()) ? host.trim() : `https://${host.trim()}`;
  return { passedOnTo: URL.canParse(url) ? new URL(url).origin : OLLAMA_CLOUD };
}

/** A member for the remote server or model, in any spelling, of the object or of one in it: `details.remoteHost`, `remote.host`. */
function remoteIn(from: object, what: 'host' | 'model'): unknown {
  const isIt = (name: string): boolean =>
    name
      .replace(/[^A-Za-z.]/g, '')
      .toLowerCase()
      .replace('.', '') === `remote${what}`;
  for (const [name, value] of Object.entries(from)) {
    if (isIt(name) && value) return value;
    if (typeof value !== 'object' || value === null || name === 'message') continue;
    for (const [inner, found] of Object.entries(value as object))
      if ((isIt(inner) || isIt(`${name}.${inner}`)) && found) return found as unknown;
  }
  return undefined;
}

/** What `/api/show` tells about a model. */
export interface OllamaModel {
  /** Undefined on servers that do not list them; then the template tells. */
  readonly capabilities?: readonly string[];
  readonly template: string;
  readonly family: string;
  readonly architecture: string;
  readonly contextTokens?: number;
  /** Set for models that run elsewhere: what is sent to them leaves the machine. */
  readonly remoteHost?: string;
}

/** Asks what a model can do. Throws `ModelError`, `model-missing` among others. */
export async function showModel(model: string, wire: Wire): Promise<OllamaModel> {
  try {
    // model_info is a plain object on the wire, whatever the library's types say.
    const shown = (await (await openOllama(wire)).show({ model })) as unknown as Record<string, unknown>;
    const info = (shown['model_info'] ?? {}) as Record<string, unknown>;
    const architecture = String(info['general.architecture'] ?? '');
    const context = info[`${architecture}.context_length`];
    const details = (shown['details'] ?? {}) as { family?: string };
    return {
      ...(Array.isArray(shown['capabilities']) ? { capabilities: shown['capabilities'] as string[] } : {}),
      template: String(shown['template'] ?? ''),
      family: details.family ?? '',
      architecture,
      ...windowOf(context, numCtx(shown['parameters'])),
      ...infillFactsOf(info),
      ...remoteHostOf(shown),
    };
  } catch (error) {
    throw ollamaFailure(error);
  }
}

/** The smaller of the model's own window and the one that it is set to run with. */
function windowOf(own: unknown, set: number | undefined): { contextTokens?: number } {
  const known = [own, set].filter((tokens): tokens is number => typeof tokens === 'number');
  return known.length > 0 ? { contextTokens: Math.min(...known) } : {};
}

function remoteHostOf(shown: object): { remoteHost?: string } {
  const { passedOnTo } = passedOn(shown);
  return passedOnTo === undefined ? {} : { remoteHost: new URL(passedOnTo).host };
}

/**
 * The window that the server runs a model with, in tokens: what `/api/ps` says of a loaded model, else `num_ctx` of its
 * parameters. The server's own default, which depends on its memory, is told only once the model is loaded; undefined
 * until then. What is found is learned.
 *
 * @throws ModelError
 */
export async function readWindow(model: string, wire: Wire): Promise<number | undefined> {
  try {
    const running = await loadedWindow(model, wire);
    if (running !== undefined) return running;
    const shown = (await (await openOllama(wire)).show({ model })) as unknown as Record<string, unknown>;
    const set = numCtx(shown['parameters']);
    // Loaded with another window next time: what was known counts no longer.
    if (set === undefined) MODEL_WINDOWS.forget(wire.baseUrl, model);
    else MODEL_WINDOWS.learn(wire.baseUrl, model, set);
    return set;
  } catch (error) {
    throw ollamaFailure(error);
  }
}

/** The window of a model in the server's memory; undefined when it is not loaded. */
async function loadedWindow(model: string, wire: Wire): Promise<number | undefined> {
  const { models } = (await (await openOllama(wire)).ps()) as { models?: unknown };
  const name = plainName(model);
  for (const entry of Array.isArray(models) ? models : []) {
    const { name: found, context_length: tokens } = (entry ?? {}) as Record<string, unknown>;
    if (typeof found !== 'string' || plainName(found) !== name) continue;
    MODEL_WINDOWS.learn(wire.baseUrl, model, tokens);
    // Servers before 0.11 do not tell it.
    return typeof tokens === 'number' ? tokens : (MODEL_WINDOWS.get(wire.baseUrl, model) ?? 0);
  }
  return undefined;
}

/** `num_ctx` in the parameters of a model, which are lines of a name and a value. */
const numCtx = (parameters: unknown): number | undefined => {
  const [, tokens] = /^\s*num_ctx\s+(\d+)\s*$/m.exec(typeof parameters === 'string' ? parameters : '') ?? [];
  return tokens === undefined ? undefined : Number(tokens);
};

async function isLoaded(model: string, wire: Wire): Promise<boolean> {
  try {
    return (await loadedWindow(model, wire)) !== undefined;
  } catch (error) {
    throw ollamaFailure(error);
  }
}

async function loadAndLook(model: string, wire: Wire): Promise<void> {
  await loadModel(model, wire);
  await isLoaded(model, wire);
}

/** Loads a model into memory (an empty prompt does only that), which may take minutes. Throws `ModelError`. */
export async function loadModel(model: string, wire: Wire): Promise<void> {
  try {
    await (await openOllama(wire)).generate({ model, prompt: '', stream: false, ...stay(wire) });
  } catch (error) {
    throw ollamaFailure(error);
  }
}

/**
 * Every line of the stream is JSON. The library would log a line that is not, with the user's code in it, and go on;
 * so it never sees one. Lines of models that run elsewhere say so.
 */
export function checkOllamaLine(line: string): LineCheck {
  if (!line.trim()) return {};
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { failure: { kind: 'incomplete', detail: 'a line that is not JSON' } };
  }
  // The library looks into each with `in`, and takes any error for a text.
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { failure: { kind: 'incomplete', detail: 'a line that is not an object' } };
  const { error } = value as { error?: unknown };
  return { ...passedOn(value), failure: hasError(error) ? failureOfErrorObject(error) : undefined };
}

/**
 * A line without what proxies add: the form of server-sent events, comments, and an empty `error`, which the library takes
 * for one. Empty where nothing is left.
 */
function cleanOllamaLine(line: string): string {
  if (/^\s*(:|(event|id|retry)\s*:)/.test(line)) return '';
  const data = line.replace(/^\s*data\s*:\s?/, '');
  if (/^\s*\[DONE\]\s*$/i.test(data)) return '';
  if (!/"error"\s*:\s*(""|null|false|0|\{\s*\})/.test(data)) return data;
  try {
    const { error, ...rest } = JSON.parse(data) as { error?: unknown };
    return hasError(error) ? data : JSON.stringify(rest);
  } catch {
    return data;
  }
}

/** One client per request: the library cannot abort before the headers have arrived, but the wire's fetch can. */
export async function openOllama(wire: Wire): Promise<Ollama> {
  const { Ollama } = await import('./ollamaClient.ts');
  return new Ollama({
    host: wire.baseUrl,
    fetch: wire.fetch,
    headers: { ...wire.headers, ...keyHeaders(wire.baseUrl, wire.apiKey) },
  });
}

/** Fields that the server knows and the library's types do not. */
const TYPED_LATER = { truncate: false } as object;

/** Seconds are a number on the wire, durations are text. */
const stay = ({ keepAlive }: Wire): { keep_alive?: string | number } =>
  keepAlive === undefined ? {} : { keep_alive: /^-?[\d.]+$/.test(keepAlive) ? Number(keepAlive) : keepAlive };

async function* streamFim(model: string, request: FimRequest, wire: Wire): AsyncGenerator<ProviderEvent> {
  const { prompt } = request;
  const stream = await (
    await openOllama(wire)
  ).generate({
    model,
    ...('raw' in prompt ? { prompt: prompt.raw, raw: true } : { prompt: prompt.prefix, suffix: prompt.suffix }),
    stream: true,
    // A model that can think would; ghost text cannot wait for it.
    think: false,
    // A prompt that does not fit is an error to be seen, not something to be cut in half.
    ...TYPED_LATER,
    ...stay(wire),
    options: { num_predict: request.maxTokens, temperature: request.temperature, stop: [...request.stop] },
  });
  yield* new Answer({ chat: false }).readAll(stream, (part) => ({ content: part.response, thinking: part.thinking }));
}

async function* streamChat(model: string, request: ChatRequest, wire: Wire): AsyncGenerator<ProviderEvent> {
  const { tools = [], effort } = request;
  const stream = await (
    await openOllama(wire)
  ).chat({
    model,
    messages: ollamaMessages(request.messages),
    // The server knows no choice of tools: the model decides.
    ...(tools.length > 0 ? { tools: openAiTools(tools) as Tool[] } : {}),
    stream: true,
    ...(effort === undefined ? {} : { think: effort }),
    ...TYPED_LATER,
    ...stay(wire),
    options: { num_predict: request.maxTokens },
  });
  const reader = tools.length > 0 ? new ToolCallReader() : undefined;
  yield* new Answer(undefined, reader).readAll(stream, (part) => part.message ?? part);
}

interface OllamaPart {
  readonly model: unknown;
  readonly done: unknown;
  readonly done_reason: unknown;
}

/** Newer versions say in an error that a model repeated a token, see `RepeatedTail`. */
const SAYS_REPEATED = /token repeat limit/i;

/** The parts of one answer, as events. */
class Answer {
  readonly #text: AnswerText;
  #said = false;
  #calls = false;
  #ended = false;
  #begun = false;
  readonly #tail = new RepeatedTail();
  readonly #tools: ToolCallReader | undefined;

  /** @param tools collects tool calls; without it they are ignored */
  constructor(of?: { readonly chat: boolean }, tools?: ToolCallReader) {
    this.#text = new AnswerText(of);
    this.#tools = tools;
  }

  /** @param messageOf what a part says; what a server sends need not be what the library's types say */
  async *readAll<T extends OllamaPart>(
    parts: AsyncIterable<T>,
    messageOf: (part: T) => unknown,
  ): AsyncGenerator<ProviderEvent> {
    try {
      for await (const part of parts) {
        yield* this.#read(part, messageOf(part));
        if (this.#text.wentOn && !this.#ended) return yield this.#left();
      }
      // The library stops at some lines that end no answer.
      if (!this.#ended) throw new Error(WITHOUT_END);
    } catch (error) {
      if (this.#ended) return;
      const isWithoutLast = isWithoutEnd(error);
      if (isWithoutLast || saysRepeated(error)) yield* this.#events(this.#text.end());
      if (isWithoutLast ? this.#tail.isStop : this.#said && saysRepeated(error))
        return yield { kind: 'finish', reason: 'stop' };
      throw isWithoutLast && this.#begun ? new ModelError({ kind: 'incomplete', endedByServer: true }) : error;
    }
  }

  *#read(part: OllamaPart, message: unknown): Generator<ProviderEvent> {
    const { pieces, calls } = readMessage(message);
    this.#calls ||= calls;
    if (pieces.length === 0 && !calls && !part.done) this.#tail.add('');
    this.#begun ||= pieces.length > 0;
    for (const piece of pieces) yield* this.#piece(piece);
    const called = this.#tools?.read(message) ?? '';
    if (called) yield { kind: 'tool-text', text: called };
    if (!part.done) return;
    yield* this.#events(this.#text.end());
    for (const call of this.#tools?.end() ?? []) yield { kind: 'tool-call', call };
    this.#ended = true;
    if (typeof part.model === 'string' && part.model) yield { kind: 'model', model: part.model };
    yield { kind: 'usage', ...readOllamaUsage(part as object) };
    // Servers before 0.1.34 give no reason: their end mark is enough.
    const said = readReason({ done_reason: part.done_reason });
    const reason = said === undefined ? 'stop' : classifyReason(said);
    const { dropped } = this.#text;
    yield {
      kind: 'finish',
      // A limit that cut what came after the answer cut none of it.
      reason: dropped
        ? 'stop'
        : reason === 'stop' && this.#calls && (!this.#said || this.#tools)
          ? 'tool-calls'
          : reason,
      said: said ?? 'stop',
      ...(dropped ? { dropped } : {}),
    };
  }

  #left(): ProviderEvent {
    return { kind: 'finish', reason: 'stop', said: 'stop', dropped: this.#text.dropped, left: true };
  }

  *#piece({ kind, text }: Piece): Generator<ProviderEvent> {
    this.#tail.add(text);
    if (kind === 'reasoning') yield* this.#events(this.#text.think(text));
    else yield* this.#events(this.#text.push(text));
  }

  *#events(events: Iterable<ProviderEvent>): Generator<ProviderEvent> {
    for (const event of events) {
      this.#said ||= event.kind === 'text';
      yield event;
    }
  }
}

const saysRepeated = (error: unknown): boolean =>
  error instanceof Error &&
  SAYS_REPEATED.test(`${error.message} ${error instanceof ModelError ? (error.failure.detail ?? '') : ''}`);

/** The library's error for a stream that ended without its last line. */
const WITHOUT_END = 'Did not receive done';
const isWithoutEnd = (error: unknown): boolean => error instanceof Error && error.message.startsWith(WITHOUT_END);

/** The one error that leaves this folder. */
export function ollamaFailure(error: unknown): ModelError {
  return error instanceof ModelError ? error : new ModelError(failureOf(error), { cause: error });
}

function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  if (isWithoutEnd(error)) return { kind: 'incomplete' };
  const failure = failureOfError(error);
  // An error line inside the stream arrives as a plain Error with the server's text.
  return failure.kind === 'internal' && error instanceof Error && error.name === 'Error'
    ? { kind: 'server-error', detail: cleanDetail(message) }
    : failure;
}
