import { ModelError } from '../common/failures.ts';
import type { ChatRequest, ModelRequest } from '../common/types.ts';
import { failureOfError } from '../common/networkFailures.ts';
import { ChatAnswer } from './chatAnswer.ts';
import { readEvents } from './eventStream.ts';
import type * as Library from './openaiClient.ts';
import { marksCache, openAiMessages } from './chatMessages.ts';
import type { ModelInfo, ProviderAdapter, ProviderEvent, Wire } from './provider.ts';

/** Any endpoint that speaks OpenAI's chat completions. */
export const openaiCompatible: ProviderAdapter = {
  async *stream(model: string, request: ModelRequest, wire: Wire, signal: AbortSignal): AsyncGenerator<ProviderEvent> {
    if (request.kind !== 'chat')
      throw new ModelError({ kind: 'unsupported', detail: 'infill over an OpenAI-style endpoint' });
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

/** Streams one chat answer; see `ProviderAdapter.stream`. */
async function* streamChat(
  model: string,
  request: ChatRequest,
  wire: Wire,
  signal: AbortSignal,
): AsyncGenerator<ProviderEvent> {
  const dialect = dialectOf(wire.baseUrl);
  const answer = new ChatAnswer(dialect);
  try {
    const client = await createClient(wire);
    const response = await client.chat.completions
      .create(
        {
          model,
          messages: openAiMessages(request.messages, marksCache(wire.baseUrl, model)),
          stream: true,
          [dialect.maxTokens]: request.maxTokens,
          ...(dialect.streamUsage ? { stream_options: { include_usage: true } } : {}),
        },
        { signal },
      )
      .asResponse();
    if (response.body) yield* answer.readAll(readEvents(response.body), response.headers);
  } catch (error) {
    // The answer was whole; what broke after it can only have been its count.
    if (!answer.isSettled)
      throw error instanceof ModelError ? error : new ModelError(failureOfError(error), { cause: error });
  }
  if (!signal.aborted) yield* answer.end();
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
    throw error instanceof ModelError ? error : new ModelError(failureOfError(error), { cause: error });
  }
}
