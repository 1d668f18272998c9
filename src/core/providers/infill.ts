import { failureOfError } from '../common/networkFailures.ts';
import { ModelError, type FailureKind } from '../common/failures.ts';
import type { InfillApi } from '../common/infillSetting.ts';
import { addressFor } from '../common/pastedAddress.ts';
import type { FimRequest, GapPrompt } from '../common/types.ts';
import { readEvents } from './eventStream.ts';
import { classifyReason, readReason, type EndReason } from './finishReasons.ts';
import { failureOfErrorObject, hasError } from './httpFailures.ts';
import { keyHeaders } from './keyHeaders.ts';
import type { ProviderEvent, Wire } from './provider.ts';
import { readOpenAiUsage } from './usage.ts';

/**
 * Infilling by servers beside Ollama. What differs between them is data: the path, the names of the fields, and where
 * the text stands in an event. All of them stream server-sent events.
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
  try {
    const { prompt } = request;
    const way = WAYS['raw' in prompt ? 'suffix' : (prompt.api ?? 'suffix')];
    const body =
      'raw' in prompt
        ? { ...usual(model, request), ...STREAM_USAGE, prompt: prompt.raw }
        : way.body(model, request, prompt);
    const response = await wire.fetch(way.url(addressFor(wire.baseUrl, model)), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headersOf(wire) },
      body: JSON.stringify(body),
    });
    yield* readAnswer(response.body);
  } catch (error) {
    if (signal.aborted) return;
    throw error instanceof ModelError ? error : new ModelError(failureOfError(error), { cause: error });
  }
}

const headersOf = ({ baseUrl, headers, apiKey }: Wire): Record<string, string> => ({
  accept: 'application/json, text/event-stream',
  ...headers,
  ...keyHeaders(baseUrl, apiKey),
});

/** Events in the shape of OpenAI's completions, of a chat, or of llama.cpp, up to the end mark. */
async function* readAnswer(body: ReadableStream<Uint8Array> | null): AsyncGenerator<ProviderEvent> {
  const answer = new Answer();
  if (body)
    for await (const event of readEvents(body)) {
      if (event.kind === 'done') break;
      if (event.kind === 'broken') throw new ModelError({ kind: 'incomplete', detail: 'an event that is not JSON' });
      if (event.kind === 'object') yield* answer.read(asObject(event.value));
      else if (event.name === 'error') throw new ModelError(failureOfErrorObject(event.text));
    }
  if (!answer.begun) throw new ModelError({ kind: 'empty' });
  if (answer.said === undefined) throw new ModelError({ kind: 'incomplete' });
  yield { kind: 'finish', reason: reasonOf(answer.said), said: answer.said };
}

/** A reason as llama.cpp's `stop_type` or any server's finish reason says it. */
const reasonOf = (said: string): EndReason =>
  said === 'limit' ? 'length' : said === 'word' ? 'stop' : classifyReason(said);

/** Why llama.cpp stopped: `stop_type`, or the flags of servers before it. Without either the reason is unknown. */
function stopTypeOf(event: Record<string, unknown>): string {
  if (typeof event['stop_type'] === 'string') return event['stop_type'];
  if (event['stopped_limit'] === true) return 'limit';
  return event['stopped_eos'] === true || event['stopped_word'] === true ? 'word' : 'unknown';
}

class Answer {
  begun = false;
  /** Why the answer ended, as the server spells it. */
  said: string | undefined;

  *read(event: Record<string, unknown>): Generator<ProviderEvent> {
    if (hasError(event['error'])) throw new ModelError(failureOfErrorObject(event));
    this.begun = true;
    // OpenAI's shape has choices, with text or, from Mistral, a message; llama.cpp's own has the text at the top.
    const choices = event['choices'];
    const choice = Array.isArray(choices) ? asObject(choices[0]) : event;
    const message = asObject(choice['delta'] ?? choice['message']);
    const text = choice['text'] ?? message['content'] ?? choice['content'];
    if (typeof text === 'string' && text) yield { kind: 'text', text };
    if (typeof event['model'] === 'string' && event['model'] && Array.isArray(choices))
      yield { kind: 'model', model: event['model'] };
    const stopped = event['stop'] === true ? stopTypeOf(event) : undefined;
    this.said = readReason(choice) ?? stopped ?? this.said;
    if (event['usage']) yield { kind: 'usage', ...readOpenAiUsage(event['usage']) };
    else if (event['stop'] === true && typeof event['tokens_evaluated'] === 'number')
      yield {
        kind: 'usage',
        ...readOpenAiUsage({
          prompt_tokens: event['tokens_evaluated'],
          completion_tokens: event['tokens_predicted'],
        }),
      };
  }
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
