import { cleanDetail, failureOfError } from '../wire.ts';
import { ModelError } from '../errors.ts';
import type { ChatRequest, FinishReason, ModelRequest } from '../types.ts';
import type * as Library from './openaiClient.ts';
import type { ModelInfo, ProviderAdapter, ProviderEvent, Wire } from './provider.ts';
import { readOpenAiUsage } from './usage.ts';

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

/** What an endpoint is known to take beside the common fields. Unknown hosts get the common ones. */
function dialectOf(baseUrl: string): { maxTokens: 'max_tokens' | 'max_completion_tokens'; streamUsage: boolean } {
  const host = new URL(baseUrl).hostname;
  // OpenAI's reasoning models refuse max_tokens; Mistral answers 422 to fields it does not know, and sends usage anyway.
  if (host === 'api.openai.com' || host.endsWith('.openai.azure.com'))
    return { maxTokens: 'max_completion_tokens', streamUsage: true };
  return { maxTokens: 'max_tokens', streamUsage: host !== 'api.mistral.ai' };
}

const FINISH: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  length: 'length',
  content_filter: 'content-filter',
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
  let finish: FinishReason | undefined;
  let reportedModel: string | undefined;
  let chunks = 0;
  try {
    const stream = await (
      await createClient(wire)
    ).chat.completions.create(
      {
        model,
        messages: request.messages.map(({ role, content }) => ({ role, content })),
        stream: true,
        [dialect.maxTokens]: request.maxTokens,
        ...(dialect.streamUsage ? { stream_options: { include_usage: true } } : {}),
      },
      { signal },
    );
    for await (const chunk of stream) {
      chunks++;
      if (typeof chunk.model === 'string' && chunk.model && chunk.model !== reportedModel)
        yield { kind: 'model', model: (reportedModel = chunk.model) };
      // Azure's first chunk has no choices; others send several, of which the first is the answer.
      const choice = Array.isArray(chunk.choices) ? chunk.choices.find((c) => (c.index ?? 0) === 0) : undefined;
      if (choice && finish === undefined) {
        const delta = (choice.delta ?? {}) as { content?: unknown; reasoning_content?: unknown; reasoning?: unknown };
        const reasoning = delta.reasoning_content ?? delta.reasoning;
        if (typeof reasoning === 'string' && reasoning) yield { kind: 'reasoning', text: reasoning };
        if (typeof delta.content === 'string' && delta.content) yield { kind: 'text', text: delta.content };
        if ((choice.finish_reason as string | null) === 'error')
          throw new ModelError({ kind: 'server-error', detail: 'finish_reason error' });
        if (choice.finish_reason) yield { kind: 'finish', reason: (finish = FINISH[choice.finish_reason] ?? 'stop') };
      }
      if (chunk.usage !== undefined && chunk.usage !== null) {
        const reported = readOpenAiUsage(chunk.usage);
        yield reported
          ? { kind: 'usage', ...reported }
          : {
              kind: 'usage',
              usage: { input: 0, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0 },
              doubtful: true,
            };
      }
    }
  } catch (error) {
    throw error instanceof ModelError ? error : new ModelError(await failureOfClient(error), { cause: error });
  }
  if (signal.aborted) return;
  // The library ends the loop without an error when the server just closes the connection.
  if (chunks === 0) throw new ModelError({ kind: 'empty' });
  if (finish === undefined) throw new ModelError({ kind: 'incomplete' });
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
    return { kind: 'server-error', detail: cleanDetail(error.message) };
  return failureOfError(error);
}
