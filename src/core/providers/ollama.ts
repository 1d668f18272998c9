import { ModelError, type Failure } from '../common/failures.ts';
import type { ModelSite } from '../common/places.ts';
import { isOllamaCloudName, OLLAMA_CLOUD } from '../common/providerRules.ts';
import type { ChatRequest, FimRequest, FinishReason, ModelRequest } from '../common/types.ts';
import { cleanDetail, failureOfError } from '../common/networkFailures.ts';
import { failureOfErrorObject } from './httpFailures.ts';
import type { Ollama } from './ollamaClient.ts';
import { infillFactsOf } from './ollamaInfill.ts';
import { ollamaMessages } from './chatMessages.ts';
import type { LineCheck, ModelInfo, ProviderAdapter, ProviderEvent, Wire } from './provider.ts';
import { AnswerText } from './reasoningText.ts';
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
        return {
          id: model.name,
          sizeBytes: model.size,
          ...(Array.isArray(capabilities) ? { capabilities } : {}),
          ...(details?.context_length ? { contextTokens: details.context_length } : {}),
          ...passedOn(model),
        };
      });
    } catch (error) {
      throw ollamaFailure(error);
    }
  },
  locate,
  checkLine: checkOllamaLine,
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
  const { remote_host: host, remote_model: model } = from as Record<string, unknown>;
  if (!host && !model) return {};
  if (typeof host !== 'string' || !host.trim()) return { passedOnTo: OLLAMA_CLOUD };
  const url = /^https?:\/\//i.test(host.trim()) ? host.trim() : `https://${host.trim()}`;
  return { passedOnTo: URL.canParse(url) ? new URL(url).origin : OLLAMA_CLOUD };
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
      ...(typeof context === 'number' ? { contextTokens: context } : {}),
      ...infillFactsOf(info),
      ...remoteHostOf(shown),
    };
  } catch (error) {
    throw ollamaFailure(error);
  }
}

function remoteHostOf(shown: object): { remoteHost?: string } {
  const { passedOnTo } = passedOn(shown);
  return passedOnTo === undefined ? {} : { remoteHost: new URL(passedOnTo).host };
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
  return { ...passedOn(value), failure: 'error' in value ? failureOfErrorObject(value.error) : undefined };
}

/** One client per request: the library cannot abort before the headers have arrived, but the wire's fetch can. */
export async function openOllama(wire: Wire): Promise<Ollama> {
  const { Ollama } = await import('./ollamaClient.ts');
  return new Ollama({
    host: wire.baseUrl,
    fetch: wire.fetch,
    headers: { ...wire.headers, ...(wire.apiKey ? { authorization: `Bearer ${wire.apiKey}` } : {}) },
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
  const answer = new Answer();
  for await (const part of stream) yield* answer.read(part, part.response, part.thinking);
}

async function* streamChat(model: string, request: ChatRequest, wire: Wire): AsyncGenerator<ProviderEvent> {
  const stream = await (
    await openOllama(wire)
  ).chat({
    model,
    messages: ollamaMessages(request.messages),
    stream: true,
    ...TYPED_LATER,
    ...stay(wire),
    options: { num_predict: request.maxTokens },
  });
  const answer = new Answer();
  for await (const part of stream) {
    // What a server sends need not be what the types say.
    const message = part.message as Partial<typeof part.message> | null | undefined;
    yield* answer.read(part, message?.content, message?.thinking, (message?.tool_calls?.length ?? 0) > 0);
  }
}

interface OllamaPart {
  readonly model: unknown;
  readonly done: unknown;
  readonly done_reason: unknown;
}

/** The parts of one answer, as events. */
class Answer {
  readonly #text = new AnswerText();
  #said = false;
  #calls = false;

  *read(part: OllamaPart, text: unknown, thinking: unknown, calls = false): Generator<ProviderEvent> {
    this.#calls ||= calls;
    if (typeof thinking === 'string' && thinking) yield { kind: 'reasoning', text: thinking };
    if (typeof text === 'string' && text) yield* this.#events(this.#text.push(text));
    if (!part.done) return;
    yield* this.#events(this.#text.end());
    if (typeof part.model === 'string' && part.model) yield { kind: 'model', model: part.model };
    yield { kind: 'usage', ...readOllamaUsage(part as object) };
    const stopped: FinishReason = this.#calls && !this.#said ? 'tool-calls' : 'stop';
    yield { kind: 'finish', reason: part.done_reason === 'length' ? 'length' : stopped };
  }

  *#events(events: Iterable<Extract<ProviderEvent, { text: string }>>): Generator<ProviderEvent> {
    for (const event of events) {
      this.#said ||= event.kind === 'text';
      yield event;
    }
  }
}

/** The one error that leaves this folder. */
export function ollamaFailure(error: unknown): ModelError {
  return error instanceof ModelError ? error : new ModelError(failureOf(error), { cause: error });
}

function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  if (/^Did not receive done/.test(message)) return { kind: 'incomplete' };
  const failure = failureOfError(error);
  // An error line inside the stream arrives as a plain Error with the server's text.
  return failure.kind === 'internal' && error instanceof Error && error.name === 'Error'
    ? { kind: 'server-error', detail: cleanDetail(message) }
    : failure;
}
