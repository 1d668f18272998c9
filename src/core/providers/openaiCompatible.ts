import { ModelError } from '../common/failures.ts';
import type { ChatRequest, FinishReason, ModelRequest } from '../common/types.ts';
import { cleanDetail, failureOfError } from '../common/networkFailures.ts';
import { failureOfErrorObject } from './httpFailures.ts';
import { AnswerText } from './reasoningText.ts';
import type * as Library from './openaiClient.ts';
import { marksCache, openAiMessages } from './chatMessages.ts';
import { streamInfill } from './infill.ts';
import type { ModelInfo, ProviderAdapter, ProviderEvent, Wire } from './provider.ts';
import { readOpenAiUsage } from './usage.ts';

/** Any endpoint that speaks OpenAI's chat completions. */
export const openaiCompatible: ProviderAdapter = {
  async *stream(model: string, request: ModelRequest, wire: Wire, signal: AbortSignal): AsyncGenerator<ProviderEvent> {
    if (request.kind === 'fim') return yield* streamInfill(model, request, wire, signal);
    yield* streamChat(model, request, wire, signal);
  },
  models: listModels,
};

/** The library is large and is loaded with the first call: this import becomes a bundle of its own. */
const loadLibrary = (): Promise<typeof Library> => import('./openaiClient.ts');

/**
 * Makes a client that takes nothing from the environment: without these the library would read OPENAI_API_KEY and
 * friends, and send the organisation and the key of an OpenAI account to whatever server is set.
 */
async function createClient(wire: Wire): Promise<Library.OpenAI> {
  const { OpenAI } = await loadLibrary();
  return new OpenAI({
    baseURL: wire.baseUrl,
    // The library insists on one; a server without keys ignores it, and `fetch` below removes it.
    apiKey: wire.apiKey ?? 'none',
    organization: null,
    project: null,
    adminAPIKey: null,
    webhookSecret: null,
    logLevel: 'off',
    // There is one retry loop, and it is the gateway's.
    maxRetries: 0,
    // The gateway's own limits end a call; the library's would only cover the headers.
    timeout: 2_000_000,
    fetch: (input, init) => wire.fetch(input, { ...init, headers: ownHeaders(wire) }),
  });
}

/** Exactly the headers that we mean to send; the library's own (and OPENAI_CUSTOM_HEADERS) stay here. */
function ownHeaders(wire: Wire): Record<string, string> {
  return {
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
    ...wire.headers,
    ...(wire.apiKey ? { authorization: `Bearer ${wire.apiKey}` } : {}),
  };
}

/** What an endpoint is known to take beside the common fields, and how it counts. Unknown hosts get the common ones. */
interface Dialect {
  readonly maxTokens: 'max_tokens' | 'max_completion_tokens';
  readonly streamUsage: boolean;
  /** Thinking tokens are in no figure but the total. */
  readonly thoughtsApart: boolean;
}

function dialectOf(baseUrl: string): Dialect {
  const host = new URL(baseUrl).hostname;
  // OpenAI's reasoning models refuse max_tokens; Mistral answers 422 to fields it does not know, and sends usage anyway.
  const ofOpenAi = host === 'api.openai.com' || host.endsWith('.openai.azure.com');
  return {
    maxTokens: ofOpenAi ? 'max_completion_tokens' : 'max_tokens',
    streamUsage: host !== 'api.mistral.ai',
    thoughtsApart: host.endsWith('.googleapis.com'),
  };
}

const FINISH: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  length: 'length',
  content_filter: 'content-filter',
  refusal: 'content-filter',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
};

/** Streams one chat answer; see `ProviderAdapter.stream`. */
async function* streamChat(
  model: string,
  request: ChatRequest,
  wire: Wire,
  signal: AbortSignal,
): AsyncGenerator<ProviderEvent> {
  const dialect = dialectOf(wire.baseUrl);
  const answer = new Answer(dialect);
  try {
    const client = await createClient({ ...wire, fetch: streaming(wire.fetch) });
    const stream = await client.chat.completions.create(
      {
        model,
        messages: openAiMessages(request.messages, marksCache(wire.baseUrl, model)),
        stream: true,
        [dialect.maxTokens]: request.maxTokens,
        ...(dialect.streamUsage ? { stream_options: { include_usage: true } } : {}),
      },
      { signal },
    );
    for await (const chunk of stream) yield* answer.read(chunk);
  } catch (error) {
    // The answer was whole; what broke after it can only have been its count.
    if (answer.finish !== undefined) return;
    throw error instanceof ModelError ? error : new ModelError(await failureOfClient(error), { cause: error });
  }
  if (signal.aborted) return;
  // The library ends the loop without an error when the server just closes the connection.
  if (!answer.begun) throw new ModelError({ kind: 'empty' });
  if (answer.finish === undefined) throw new ModelError({ kind: 'incomplete' });
}

/** The chunks of one answer, as events. */
class Answer {
  begun = false;
  finish: FinishReason | undefined;
  readonly #text = new AnswerText();
  #model: string | undefined;
  #said = false;
  #calls = false;
  #refusal = '';
  readonly #dialect: Dialect;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  /** Throws `ModelError` on an error inside the stream. */
  *read(chunk: unknown): Generator<ProviderEvent> {
    this.begun = true;
    const { model, choices, usage } = asObject(chunk);
    if (typeof model === 'string' && model && model !== this.#model)
      yield { kind: 'model', model: (this.#model = model) };
    // Azure's first chunk has no choices; others send several, of which the first is the answer.
    const choice = Array.isArray(choices)
      ? choices.map(asObject).find((each) => (each['index'] ?? 0) === 0)
      : undefined;
    if (choice && this.finish === undefined) yield* this.#choice(choice);
    if (usage === undefined || usage === null) return;
    yield { kind: 'usage', ...readOpenAiUsage(usage, this.#dialect) };
  }

  *#choice(choice: Record<string, unknown>): Generator<ProviderEvent> {
    const { content, reasoning_content, reasoning, refusal, tool_calls, function_call } = asObject(choice['delta']);
    const thought = reasoning_content ?? reasoning;
    if (typeof thought === 'string' && thought) yield { kind: 'reasoning', text: thought };
    if (typeof content === 'string' && content) yield* this.#events(this.#text.push(content));
    if (typeof refusal === 'string') this.#refusal += refusal;
    this.#calls ||= (Array.isArray(tool_calls) && tool_calls.length > 0) || Boolean(function_call);
    const reason = choice['finish_reason'];
    if (reason === 'error') throw new ModelError({ kind: 'server-error', detail: 'finish_reason error' });
    if (typeof reason !== 'string' || !reason) return;
    yield* this.#events(this.#text.end());
    if (this.#refusal) throw new ModelError({ kind: 'content-filter', detail: cleanDetail(this.#refusal) });
    const known = FINISH[reason] ?? 'stop';
    this.finish = known === 'stop' && this.#calls && !this.#said ? 'tool-calls' : known;
    yield { kind: 'finish', reason: this.finish };
  }

  *#events(events: Iterable<Extract<ProviderEvent, { text: string }>>): Generator<ProviderEvent> {
    for (const event of events) {
      this.#said ||= event.kind === 'text';
      yield event;
    }
  }
}

const asObject = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/**
 * A fetch whose answer is a stream of events, also when the server sent the whole answer as one object although a
 * stream was asked for. An error in place of an answer becomes a `ModelError`.
 */
function streaming(fetch: Wire['fetch']): Wire['fetch'] {
  return async (input, init) => {
    const response = await fetch(input, init);
    if (!response.body || response.headers.get('content-type')?.startsWith('text/event-stream')) return response;
    // Any other name may be wrong: the first character tells.
    const [peeked, body] = await peek(response.body);
    if (!peeked.startsWith('{')) return new Response(body);
    const whole = parseObject(await new Response(body).text());
    if (whole['error']) throw new ModelError(failureOfErrorObject(whole['error']));
    const choices = Array.isArray(whole['choices'])
      ? whole['choices'].map(asObject).map(({ message, ...rest }) => ({ ...rest, delta: message }))
      : [];
    const usage = withStatedCost(whole['usage'], response.headers);
    return new Response(`data: ${JSON.stringify({ ...whole, choices, usage })}\n\ndata: [DONE]\n\n`);
  };
}

/** LiteLLM states in a header what an answer cost that it did not stream; for a stream it cannot know yet. */
function withStatedCost(usage: unknown, headers: Headers): unknown {
  const stated = headers.get('x-litellm-response-cost');
  return stated ? { cost: Number(stated), ...asObject(usage) } : usage;
}

/** The first text of a body that is not blank, and the whole body again. */
async function peek(body: ReadableStream<Uint8Array>): Promise<[string, ReadableStream<Uint8Array>]> {
  const reader = body.getReader();
  const seen: Uint8Array[] = [];
  let text = '';
  const decoder = new TextDecoder();
  while (!text) {
    const { done, value } = await reader.read();
    if (done) break;
    seen.push(value);
    text = decoder.decode(value, { stream: true }).trimStart();
  }
  const again = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const first = seen.shift();
        if (first) return controller.enqueue(first);
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  return [text, again];
}

/** Throws `ModelError` when the text breaks off. */
function parseObject(text: string): Record<string, unknown> {
  try {
    return asObject(JSON.parse(text));
  } catch {
    throw new ModelError({ kind: 'incomplete', detail: 'an answer that is not JSON' });
  }
}

/** The models that the endpoint offers. */
async function listModels(wire: Wire, signal: AbortSignal): Promise<readonly ModelInfo[]> {
  try {
    const page = await (await createClient(wire)).models.list({ signal });
    return (page.data ?? []).slice(0, 5_000).flatMap((model): ModelInfo[] => {
      if (typeof model?.id !== 'string') return [];
      const context = (model as { context_length?: unknown }).context_length;
      return [{ id: model.id, ...(typeof context === 'number' ? { contextTokens: context } : {}) }];
    });
  } catch (error) {
    throw error instanceof ModelError ? error : new ModelError(await failureOfClient(error), { cause: error });
  }
}

/** The library wraps what fetch threw; error frames inside a stream have a body and no status; broken JSON is a SyntaxError. */
async function failureOfClient(error: unknown): Promise<ModelError['failure']> {
  const { OpenAI } = await loadLibrary();
  if (error instanceof SyntaxError) return { kind: 'incomplete', detail: 'an event that is not JSON' };
  if (error instanceof OpenAI.APIError && !(error instanceof OpenAI.APIConnectionError) && error.status === undefined)
    return failureOfErrorObject(error.error ?? error.message);
  return failureOfError(error);
}
