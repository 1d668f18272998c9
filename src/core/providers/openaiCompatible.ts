import { ModelError } from '../common/failures.ts';
import { capabilitiesOfEntry, MODEL_ABILITIES, MODEL_WINDOWS, windowOfEntry } from '../common/modelWindows.ts';
import { addressFor } from '../common/pastedAddress.ts';
import type { ChatRequest, ModelRequest } from '../common/types.ts';
import { cleanDetail, failureOfError } from '../common/networkFailures.ts';
import { toolTokens, upperRequestTokens } from '../common/tokens.ts';
import type { LearnedShape, Omittable, RequestShape } from '../common/requestShape.ts';
import { ChatAnswer } from './chatAnswer.ts';
import { readEvents } from './eventStream.ts';
import { failureOfErrorObject, hasError } from './httpFailures.ts';
import type * as Library from './openaiClient.ts';
import { leastCached, markedAs } from './cacheMarks.ts';
import { habitsOf, openAiMessages, openAiTools, withoutParts, withSystemAs } from './chatMessages.ts';
import { streamInfill } from './infill.ts';
import { keyHeaders, keyHeadersForList } from './keyHeaders.ts';
import { ToolCallReader } from './toolCalls.ts';
import type { ModelInfo, ProviderAdapter, ProviderEvent, Wire } from './provider.ts';
import type { Sent } from './refusedParameters.ts';
import { askInForms } from './requestForms.ts';

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
 * friends, and send the organization and the key of an OpenAI account to whatever server is set.
 */
async function createClient(wire: Wire, model?: string): Promise<Library.OpenAI> {
  const { OpenAI } = await loadLibrary();
  return new OpenAI({
    baseURL: addressFor(wire.baseUrl, model),
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
    fetch: (input, init) => wire.fetch(input, { ...init, headers: ownHeaders(wire, model) }),
  });
}

/** Exactly the headers that we mean to send; the library's own (and OPENAI_CUSTOM_HEADERS) stay here. */
function ownHeaders(wire: Wire, model: string | undefined): Record<string, string> {
  return {
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
    ...wire.headers,
    ...(model === undefined ? keyHeadersForList : keyHeaders)(wire.baseUrl, wire.apiKey),
  };
}

/** How requests to an endpoint differ from the usual, and how it counts. Unknown hosts get the usual; refusals teach the rest. */
function dialectOf(baseUrl: string): RequestShape & { readonly thoughtsApart: boolean } {
  const host = new URL(baseUrl).hostname;
  // OpenAI's reasoning models refuse max_tokens; Mistral answers 422 to fields it does not know, and sends usage anyway.
  const ofOpenAi = /(^|\.)api\.openai\.com$|\.openai\.azure\.com$/.test(host);
  return {
    maxTokens: ofOpenAi ? 'max_completion_tokens' : 'max_tokens',
    omit: host === 'api.mistral.ai' ? ['stream_options'] : [],
    // Thinking tokens are in no figure but the total.
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
  const { thoughtsApart, ...usual } = dialectOf(wire.baseUrl);
  yield* askInForms(model, wire, signal, usual, (shape, refusedFields) => {
    const { body, sent } = buildRequest(model, request, wire, shape, refusedFields);
    const answer = new ChatAnswer({ thoughtsApart }, request.tools?.length ? new ToolCallReader() : undefined);
    return { sent, events: streamOnce(body, answer, wire, model, signal) };
  });
}

async function* streamOnce(
  body: object,
  answer: ChatAnswer,
  wire: Wire,
  model: string,
  signal: AbortSignal,
): AsyncGenerator<ProviderEvent> {
  try {
    const client = await createClient(wire, model);
    const response = await client.chat.completions
      .create(body as Parameters<typeof client.chat.completions.create>[0], { signal })
      .asResponse();
    if (response.body) yield* answer.readAll(readEvents(response.body), response.headers);
  } catch (error) {
    // The answer was whole; what broke after it can only have been its count.
    if (!answer.isSettled)
      throw error instanceof ModelError ? error : new ModelError(failureOfError(error), { cause: error });
  }
  if (!signal.aborted) yield* answer.end();
}

/** The body of a request in a form, and what a refusal can be about. */
function buildRequest(
  model: string,
  request: ChatRequest,
  { baseUrl, standsFor = [] }: Wire,
  shape: LearnedShape,
  refusedFields: ReadonlySet<string>,
): { readonly body: object; readonly sent: Sent } {
  const { messages, maxTokens, tools = [], toolChoice, effort } = request;
  const omits = (name: Omittable): boolean => shape.omit?.includes(name) ?? false;
  const claude =
    omits('cache_control') || omits('content_parts') ? undefined : markedAs(baseUrl, [...standsFor, model]);
  const marks = claude !== undefined;
  const form = { toolTokens: toolTokens(request), ...habitsOf(baseUrl, model) };
  const made = withSystemAs(openAiMessages(messages, marks, leastCached(claude ?? model), form), shape.systemRole);
  const field = shape.maxTokens ?? 'max_tokens';
  const limit = Math.min(maxTokens, shape.mostTokens ?? maxTokens, roomIn(shape.together, request));
  const streams = !omits('stream');
  return {
    body: {
      model,
      messages: omits('content_parts') ? withoutParts(made) : made,
      ...(tools.length > 0 ? { tools: openAiTools(tools) } : {}),
      ...(tools.length > 0 && toolChoice === 'required' ? { tool_choice: 'required' } : {}),
      // OpenAI's own name, which OpenRouter, LiteLLM and Google take too (openrouter.ai/docs, "ChatRequestReasoningEffort").
      ...(effort === undefined ? {} : { reasoning_effort: effort }),
      ...(streams ? { stream: true } : {}),
      ...(field === 'none' ? {} : { [field]: limit }),
      ...(streams && !omits('stream_options') ? { stream_options: { include_usage: true } } : {}),
    },
    sent: {
      shape: { ...shape, maxTokens: field },
      maxTokens: limit,
      refusedFields,
      hasSystem: messages.some(({ role }) => role === 'system'),
      hasParts: made.some(({ content }) => Array.isArray(content) && content.every(({ type }) => type === 'text')),
      hasCacheMarks: marks,
      hasSampling: false,
    },
  };
}

/** A smaller limit would only cut the answer: the server shall say that the prompt is too long. */
const LEAST_LIMIT = 256;

/** Tokens that are left for the answer where the server counts it together with the prompt. */
function roomIn(together: number | undefined, request: ChatRequest): number {
  const room = together === undefined ? Infinity : together - upperRequestTokens(request);
  return room < LEAST_LIMIT ? Infinity : room;
}

/** The models that the endpoint offers. */
async function listModels(wire: Wire, signal: AbortSignal): Promise<readonly ModelInfo[]> {
  try {
    const entries = await readList(wire, signal);
    return entries.slice(0, 5_000).flatMap((model): ModelInfo[] => {
      if (typeof model?.id !== 'string') return [];
      const contextTokens = windowOfEntry(model);
      const capabilities = capabilitiesOfEntry(model);
      MODEL_WINDOWS.learn(wire.baseUrl, model.id, contextTokens);
      MODEL_ABILITIES.learn(wire.baseUrl, model.id, capabilities);
      return [
        {
          id: model.id,
          ...(contextTokens === undefined ? {} : { contextTokens }),
          ...(capabilities === undefined ? {} : { capabilities }),
        },
      ];
    });
  } catch (error) {
    throw error instanceof ModelError ? error : new ModelError(failureOfError(error), { cause: error });
  }
}

/** The entries of a list of models: an object with `data` or `models`, or (Together, GitHub) the list by itself. */
async function readList(wire: Wire, signal: AbortSignal): Promise<readonly { readonly id?: unknown }[]> {
  const response = await (await createClient(wire)).models.list({ signal }).asResponse();
  const text = await response.text();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ModelError({ kind: 'not-a-model', detail: cleanDetail(text) });
  }
  const { data, models, error } = Object(value) as { data?: unknown; models?: unknown; error?: unknown };
  const list = [value, data, models].find(Array.isArray) as unknown[] | undefined;
  if (!list) {
    if (hasError(error) || hasError(value)) throw new ModelError(failureOfErrorObject(value));
    return [];
  }
  return list.map((entry) => {
    if (typeof entry === 'string') return { id: entry };
    const { id, name } = Object(entry) as { id?: unknown; name?: unknown };
    return { ...(Object(entry) as object), id: id ?? name };
  });
}
