import { failureOfError } from '../common/networkFailures.ts';
import { ModelError, type FailureKind } from '../common/failures.ts';
import type { InfillApi } from '../common/infillSetting.ts';
import { addressFor } from '../common/pastedAddress.ts';
import type { LearnedShape } from '../common/requestShape.ts';
import type { FimRequest, GapPrompt } from '../common/types.ts';
import { ChatAnswer } from './chatAnswer.ts';
import { readEvents, type WireEvent } from './eventStream.ts';
import { keyHeaders } from './keyHeaders.ts';
import type { ProviderEvent, Wire } from './provider.ts';
import { askInForms } from './requestForms.ts';

/**
 * Infilling by servers beside Ollama. What differs between them is data: the path, the names of the fields, and where
 * the text is in an event. All of them stream server-sent events.
 *
 * - OpenAI's `/completions` with a raw prompt or with `suffix`: vLLM, LM Studio, llama.cpp, LiteLLM
 * - llama.cpp's `/infill` (tools/server/README.md): it writes the marks of the model's vocabulary itself
 * - Mistral's `/fim/completions` (docs.mistral.ai/api): shaped like a chat
 * - DeepSeek's `/beta/completions` (api-docs.deepseek.com/guides/fim_completion)
 */

interface InfillWay {
  /** Address of the question; the base address may end in `/v1` or not. */
  readonly url: (baseUrl: string) => string;
  readonly body: (model: string, request: FimRequest, prompt: GapPrompt) => Record<string, unknown>;
}

const withoutVersion = (baseUrl: string): string => baseUrl.replace(/\/(v1|beta)$/, '');

/**
 * OpenAI's `/completions` takes up to four (platform.openai.com/docs/api-reference/completions), and hosts of open models
 * refuse more as well. The reader of the answer cuts it at all of them.
 */
const MOST_STOPS = 4;

const usual = (model: string, { maxTokens, temperature, stop }: FimRequest): Record<string, unknown> => ({
  model,
  stream: true,
  max_tokens: maxTokens,
  temperature,
  ...(stop.length > 0 ? { stop: stop.slice(0, MOST_STOPS) } : {}),
});

const STREAM_USAGE = { stream_options: { include_usage: true } };

const WAYS: Readonly<Record<InfillApi, InfillWay>> = {
  suffix: {
    url: (baseUrl) => `${baseUrl}/completions`,
    body: (model, request, { prefix, suffix }) => ({
      ...usual(model, request),
      ...STREAM_USAGE,
      prompt: prefix,
      suffix,
    }),
  },
  'llama.cpp': {
    url: (baseUrl) => `${withoutVersion(baseUrl)}/infill`,
    body: (_model, { maxTokens, temperature, stop }, { prefix, suffix, files = [] }) => ({
      input_prefix: prefix,
      input_suffix: suffix,
      input_extra: files.map(({ path, text }) => ({ filename: path, text })),
      n_predict: maxTokens,
      temperature,
      stop: [...stop],
      stream: true,
      cache_prompt: true,
    }),
  },
  'mistral-api': {
    // It answers 422 to fields that it does not know, and sends the usage without being asked.
    url: (baseUrl) => `${baseUrl}/fim/completions`,
    body: (model, request, { prefix, suffix }) => ({ ...usual(model, request), prompt: prefix, suffix }),
  },
  'deepseek-api': {
    url: (baseUrl) => `${withoutVersion(baseUrl)}/beta/completions`,
    body: (model, request, { prefix, suffix }) => ({
      ...usual(model, request),
      ...STREAM_USAGE,
      prompt: prefix,
      suffix,
    }),
  },
};

/** The vendors whose address tells their way. */
const API_OF_HOST: Readonly<Record<string, InfillApi>> = {
  'api.mistral.ai': 'mistral-api',
  'codestral.mistral.ai': 'mistral-api',
  'api.deepseek.com': 'deepseek-api',
};

/** What one probe tells of a server. */
export interface InfillServer {
  readonly api?: InfillApi;
  readonly contextTokens?: number;
  /** The name of the model's file, where the server tells it. */
  readonly basename?: string;
}

/**
 * Finds out how a server fills gaps. Nothing of the user's is sent and nothing is generated: the address tells, or
 * llama.cpp's `GET /props`, which other servers do not have. Throws `ModelError` when the server cannot be reached or is not
 * ready.
 */
export async function probeInfill(wire: Wire): Promise<InfillServer> {
  const byHost = API_OF_HOST[new URL(wire.baseUrl).hostname];
  if (byHost) return { api: byHost };
  try {
    const response = await wire.fetch(`${withoutVersion(addressFor(wire.baseUrl, undefined))}/props`, {
      headers: headersOf(wire),
    });
    const props = asObject(parse(await response.text()));
    const generation = asObject(props['default_generation_settings']);
    if (typeof generation['n_ctx'] !== 'number') return {};
    const file = typeof props['model_path'] === 'string' ? (props['model_path'].split(/[\\/]/).at(-1) ?? '') : '';
    return { api: 'llama.cpp', contextTokens: generation['n_ctx'], ...(file ? { basename: file } : {}) };
  } catch (error) {
    const { failure } = error instanceof ModelError ? error : new ModelError(failureOfError(error), { cause: error });
    // A server that answers, but not to this question, is another one.
    if (OF_ANOTHER.has(failure.kind) || failure.status === 500) return {};
    throw error instanceof ModelError ? error : new ModelError(failure, { cause: error });
  }
}

/**
 * What servers without `/props` answer: a missing path, a page, or that this may not be asked. Whether the key is right,
 * the first completion tells.
 */
const OF_ANOTHER: ReadonlySet<FailureKind> = new Set([
  'auth',
  'wrong-path',
  'model-missing',
  'bad-request',
  'unsupported',
  'not-a-model',
  'forbidden',
  'redirect',
  'empty',
]);

/** Streams the answer to a gap; see `ProviderAdapter.stream`. */
export async function* streamInfill(
  model: string,
  request: FimRequest,
  wire: Wire,
  signal: AbortSignal,
): AsyncGenerator<ProviderEvent> {
  yield* askInForms(model, wire, signal, {}, (shape) => {
    const body = bodyOf(model, request, shape);
    const sent = {
      shape,
      maxTokens: request.maxTokens,
      refusedFields: new Set<string>(),
      hasSystem: false,
      hasParts: false,
      hasCacheMarks: false,
      hasSampling: true,
    };
    return { sent, events: streamOnce(model, request, body, wire, signal) };
  });
}

const wayOf = ({ prompt }: FimRequest): InfillWay => WAYS['raw' in prompt ? 'suffix' : (prompt.api ?? 'suffix')];

/** The body of a question in a shape, without what the server refuses. */
function bodyOf(model: string, request: FimRequest, shape: LearnedShape): object {
  const { prompt } = request;
  const whole =
    'raw' in prompt
      ? { ...usual(model, request), ...STREAM_USAGE, prompt: prompt.raw }
      : wayOf(request).body(model, request, prompt);
  const { max_tokens: limit, ...rest } = whole;
  const field = shape.maxTokens ?? 'max_tokens';
  const bounded = limit === undefined || field === 'none' ? rest : { ...rest, [field]: limit };
  const omitted: readonly string[] = [
    ...(shape.omit ?? []),
    ...(shape.omit?.includes('stream') ? ['stream_options'] : []),
  ];
  return Object.fromEntries(Object.entries(bounded).filter(([name]) => !omitted.includes(name)));
}

async function* streamOnce(
  model: string,
  request: FimRequest,
  body: object,
  wire: Wire,
  signal: AbortSignal,
): AsyncGenerator<ProviderEvent> {
  const answer = new ChatAnswer({ thoughtsApart: false, chat: false });
  try {
    const response = await wire.fetch(wayOf(request).url(addressFor(wire.baseUrl, model)), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headersOf(wire) },
      body: JSON.stringify(body),
    });
    if (response.body) yield* answer.readAll(inOneShape(readEvents(response.body)), response.headers);
  } catch (error) {
    if (signal.aborted) return;
    // The answer was whole; what broke after it can only have been its count.
    if (!answer.isSettled)
      throw error instanceof ModelError ? error : new ModelError(failureOfError(error), { cause: error });
  }
  if (!signal.aborted) yield* answer.end();
}

const headersOf = ({ baseUrl, headers, apiKey }: Wire): Record<string, string> => ({
  accept: 'application/json, text/event-stream',
  ...headers,
  ...keyHeaders(baseUrl, apiKey),
});

/** Events in OpenAI's shape, also those of llama.cpp's own API, which have the text at the top. */
async function* inOneShape(events: AsyncIterable<WireEvent>): AsyncGenerator<WireEvent> {
  for await (const event of events)
    yield event.kind === 'object' ? { ...event, value: fromLlamaCpp(asObject(event.value), event.value) } : event;
}

function fromLlamaCpp(event: Record<string, unknown>, value: unknown): unknown {
  const { content, stop, tokens_evaluated: input, tokens_predicted: output } = event;
  if (typeof content !== 'string' || 'choices' in event) return value;
  const said = stop === true ? stopTypeOf(event) : undefined;
  const reason = said === 'limit' ? 'length' : said === 'word' ? 'stop' : said;
  return {
    choices: [{ text: content, finish_reason: reason ?? null }],
    ...(stop === true && typeof input === 'number'
      ? { usage: { prompt_tokens: input, completion_tokens: output } }
      : {}),
  };
}

/** Why llama.cpp stopped: `stop_type`, or the flags of servers before it. Without either the reason is unknown. */
function stopTypeOf(event: Record<string, unknown>): string {
  if (typeof event['stop_type'] === 'string') return event['stop_type'];
  if (event['stopped_limit'] === true) return 'limit';
  return event['stopped_eos'] === true || event['stopped_word'] === true ? 'word' : 'unknown';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const asObject = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
