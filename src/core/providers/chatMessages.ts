import type { Message, ToolCall, ToolDefinition } from '../common/types.ts';
import { cachePoints } from './cacheMarks.ts';

export { marksCache } from './cacheMarks.ts';

/** The messages of a chat request in the words of each protocol. */

interface TextPart {
  readonly type: 'text';
  readonly text: string;
  readonly cache_control?: { readonly type: 'ephemeral' };
}
interface ImagePart {
  readonly type: 'image_url';
  readonly image_url: { readonly url: string };
}
interface OpenAiToolCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
}

export type OpenAiMessage =
  | { readonly role: 'system' | 'developer'; readonly content: string | TextPart[] }
  | {
      readonly role: 'assistant';
      /** Null: the message has tool calls alone. */
      readonly content: string | TextPart[] | null;
      readonly tool_calls?: readonly OpenAiToolCall[];
      readonly reasoning_content?: string;
      readonly reasoning?: string;
    }
  | { readonly role: 'tool'; readonly tool_call_id: string; readonly content: string | TextPart[] }
  | { readonly role: 'user'; readonly content: string | (TextPart | ImagePart)[] };

/** The tools of a request in OpenAI's shape, which is Ollama's as well. */
export const openAiTools = (tools: readonly ToolDefinition[]) =>
  tools.map(({ name, description, parameters = {} }) => ({
    type: 'function' as const,
    // Strict endpoints want a schema of an object, also for tools without arguments.
    function: { name, description, parameters: { type: 'object', properties: {}, ...parameters } },
  }));

/** What an endpoint wants of messages of a conversation with tools. */
export interface MessageHabits {
  /** The member that takes back what the model thought, where the endpoint wants it. */
  readonly thoughts?: 'reasoning_content' | 'reasoning' | undefined;
  /** Makes an id of a tool call that the endpoint accepts of any id. */
  readonly callId?: ((id: string) => string) | undefined;
}

/**
 * The habits of an endpoint. Thoughts go back where the maker asks for them within a tool loop (api-docs.deepseek.com,
 * "Thinking Mode"; platform.moonshot.ai, "Use Kimi K2 Thinking"; openrouter.ai/docs, "Preserving reasoning"): others may
 * refuse the field. Ids of calls: Mistral takes nine letters and digits only, Anthropic no other signs than `_` and `-`,
 * OpenAI at most forty characters. A conversation may have calls of several models.
 */
export function habitsOf(baseUrl: string, model: string): MessageHabits {
  const host = new URL(baseUrl).hostname;
  const thoughts = /(^|\.)(deepseek\.com|moonshot\.(ai|cn))$/.test(host)
    ? 'reasoning_content'
    : /(^|\.)openrouter\.ai$/.test(host)
      ? 'reasoning'
      : undefined;
  const isMistral = /(^|\.)mistral\.ai$/.test(host) || /mistral|mixtral|codestral|devstral|magistral/i.test(model);
  const isClaude = /(^|[/._:-])(claude|anthropic)([/._:-]|$)/i.test(model);
  const isOpenAi = /(^|\.)openai\.com$|\.openai\.azure\.com$/.test(host);
  const callId = isMistral
    ? (id: string) => (/^[a-zA-Z0-9]{9}$/.test(id) ? id : shortId(id, 9))
    : isClaude
      ? (id: string) => (/^[\w-]+$/.test(id) ? id : `call_${shortId(id, 20)}`)
      : isOpenAi
        ? (id: string) => (id.length <= 40 ? id : `call_${shortId(id, 20)}`)
        : undefined;
  return { thoughts, callId };
}

/** Letters and digits that follow from a text, different for different texts (FNV-1a, several times over). */
function shortId(text: string, length: number): string {
  let id = '';
  for (let seed = 0; id.length < length; seed++) {
    let hash = 0x811c9dc5 ^ seed;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    id += (hash >>> 0).toString(36).padStart(7, '0');
  }
  return id.slice(0, length);
}

/**
 * OpenAI's shape: plain text where that is enough, since not every endpoint takes parts.
 *
 * @param mark whether the endpoint caches only what is marked, see `marksCache`
 * @param least tokens of the shortest part that the cache keeps
 * @param form what else the endpoint wants, and the tokens of the tools that are offered
 */
export function openAiMessages(
  from: readonly Message[],
  mark: boolean,
  least?: number,
  form: MessageHabits & { readonly toolTokens?: number } = {},
): OpenAiMessage[] {
  const messages = withPicturesOfToolsApart(from);
  const marked = mark ? cachePoints(messages, least, form.toolTokens) : new Set<number>();
  const idOf = form.callId ?? ((id: string) => id);
  return messages.map((message, i): OpenAiMessage => {
    const { role, content, images = [], toolCalls = [], reasoning, answers } = message;
    const text: TextPart = {
      type: 'text',
      text: content,
      ...(marked.has(i) ? { cache_control: { type: 'ephemeral' } } : {}),
    };
    const plain = marked.has(i) ? [text] : content;
    switch (role) {
      case 'assistant':
        return {
          role,
          content: toolCalls.length > 0 && !content ? null : plain,
          ...(toolCalls.length > 0 ? { tool_calls: toolCalls.map((call) => openAiCall(call, idOf)) } : {}),
          ...(reasoning && form.thoughts ? { [form.thoughts]: reasoning } : {}),
        };
      case 'tool':
        return { role, tool_call_id: idOf(answers?.id ?? ''), content: plain };
      case 'system':
        return { role, content: plain };
      case 'user': {
        if (images.length === 0) return { role, content: plain };
        const pictures = images.map(({ mime, data }): ImagePart => ({
          type: 'image_url',
          image_url: { url: `data:${mime};base64,${data}` },
        }));
        return { role, content: [...pictures, text] };
      }
    }
  });
}

const openAiCall = ({ id, name, input, extra }: ToolCall, idOf: (id: string) => string): OpenAiToolCall => ({
  ...extra,
  id: idOf(id),
  type: 'function',
  function: { name, arguments: JSON.stringify(input) },
});

/** Neither protocol takes pictures in the result of a tool: they follow in a message of the user. */
function withPicturesOfToolsApart(messages: readonly Message[]): Message[] {
  let waiting: Message[] = [];
  return messages.flatMap((message, i): Message[] => {
    if (message.role !== 'tool') return [message];
    const { images = [], ...rest } = message;
    if (images.length > 0)
      waiting.push({
        role: 'user',
        content: `Pictures of the result of ${message.answers?.name ?? 'a tool'}:`,
        images,
      });
    // Results follow their calls without anything in between.
    if (messages[i + 1]?.role === 'tool') return [rest];
    const pictures = waiting;
    waiting = [];
    return [rest, ...pictures];
  });
}

/** The messages with the system text in the role that an endpoint takes it in. */
export function withSystemAs(messages: readonly OpenAiMessage[], role: string | undefined): OpenAiMessage[] {
  if (role === undefined || role === 'system') return [...messages];
  if (role === 'developer')
    return messages.map((message) => (message.role === 'system' ? { ...message, role: 'developer' } : message));
  const system = messages.filter((message) => message.role === 'system').map(({ content }) => textOf(content));
  const rest = messages.filter((message) => message.role !== 'system');
  const first = rest.findIndex((message) => message.role === 'user');
  const text = system.join('\n\n');
  if (!text) return rest;
  if (first < 0) return [{ role: 'user', content: text }, ...rest];
  return rest.map((message, index) => {
    if (index !== first || message.role !== 'user') return message;
    const { content } = message;
    return {
      ...message,
      content: typeof content === 'string' ? `${text}\n\n${content}` : [{ type: 'text', text }, ...content],
    };
  });
}

const textOf = (content: OpenAiMessage['content']): string =>
  typeof content === 'string'
    ? content
    : (content ?? []).map((part) => (part.type === 'text' ? part.text : '')).join('');

/** The messages with plain text wherever nothing else is in them, for endpoints that take no parts. */
export const withoutParts = (messages: readonly OpenAiMessage[]): OpenAiMessage[] =>
  messages.map((message) =>
    Array.isArray(message.content) && message.content.every(({ type }) => type === 'text')
      ? ({ ...message, content: textOf(message.content) } as OpenAiMessage)
      : message,
  );

interface OllamaMessage {
  role: Message['role'];
  content: string;
  images?: string[];
  thinking?: string;
  tool_calls?: { function: { name: string; arguments: Record<string, unknown> } }[];
  tool_name?: string;
}

/** Ollama's shape: pictures as base64 beside the text, calls without ids, results by the name of the tool. */
export const ollamaMessages = (messages: readonly Message[]): OllamaMessage[] =>
  withPicturesOfToolsApart(messages).map(({ role, content, images = [], toolCalls = [], reasoning, answers }) => ({
    role,
    content,
    ...(images.length ? { images: images.map(({ data }) => data) } : {}),
    ...(reasoning && toolCalls.length ? { thinking: reasoning } : {}),
    ...(toolCalls.length
      ? { tool_calls: toolCalls.map(({ name, input }) => ({ function: { name, arguments: { ...input } } })) }
      : {}),
    ...(role === 'tool' && answers?.name ? { tool_name: answers.name } : {}),
  }));
