import type { Message } from '../common/types.ts';

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

export type OpenAiMessage =
  | { readonly role: 'system' | 'developer' | 'assistant'; readonly content: string | TextPart[] }
  | { readonly role: 'user'; readonly content: string | (TextPart | ImagePart)[] };

/**
 * OpenAI's shape: plain text where that is enough, since not every endpoint takes parts.
 *
 * @param mark whether the endpoint caches only what is marked, see `marksCache`
 */
export function openAiMessages(messages: readonly Message[], mark: boolean): OpenAiMessage[] {
  const marked = mark ? markedMessages(messages) : new Set<number>();
  return messages.map(({ role, content, images = [] }, i): OpenAiMessage => {
    if (!marked.has(i) && images.length === 0) return { role, content };
    const text: TextPart = {
      type: 'text',
      text: content,
      ...(marked.has(i) ? { cache_control: { type: 'ephemeral' } } : {}),
    };
    if (role !== 'user') return { role, content: [text] };
    const pictures = images.map(({ mime, data }): ImagePart => ({
      type: 'image_url',
      image_url: { url: `data:${mime};base64,${data}` },
    }));
    return { role, content: [...pictures, text] };
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
  typeof content === 'string' ? content : content.map((part) => (part.type === 'text' ? part.text : '')).join('');

/** The messages with plain text wherever nothing else is in them, for endpoints that take no parts. */
export const withoutParts = (messages: readonly OpenAiMessage[]): OpenAiMessage[] =>
  messages.map((message) =>
    typeof message.content !== 'string' && message.content.every(({ type }) => type === 'text')
      ? ({ ...message, content: textOf(message.content) } as OpenAiMessage)
      : message,
  );

/**
 * Where the cache is written: the end of what will be sent again. A single question is not marked, because writing costs
 * a quarter more than reading the prompt once, and most single questions stay single.
 */
function markedMessages(messages: readonly Message[]): Set<number> {
  const users = messages.flatMap(({ role }, i) => (role === 'user' ? [i] : []));
  return new Set(users.length > 1 ? users.slice(-2) : []);
}

/**
 * Whether a prompt cache has to be asked for: Anthropic's does, and OpenRouter passes the marks on
 * (https://openrouter.ai/docs/features/prompt-caching). The others cache by themselves; strict ones refuse the field.
 */
export const marksCache = (baseUrl: string, model: string): boolean =>
  new URL(baseUrl).hostname === 'openrouter.ai' && model.startsWith('anthropic/');

/** Ollama's shape: pictures as base64 beside the text. */
export const ollamaMessages = (
  messages: readonly Message[],
): { role: Message['role']; content: string; images?: string[] }[] =>
  messages.map(({ role, content, images = [] }) => ({
    role,
    content,
    ...(images.length ? { images: images.map(({ data }) => data) } : {}),
  }));
