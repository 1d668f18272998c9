import type { Message } from '../common/types.ts';
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

export type OpenAiMessage =
  | { readonly role: 'system' | 'developer' | 'assistant'; readonly content: string | TextPart[] }
  | { readonly role: 'user'; readonly content: string | (TextPart | ImagePart)[] };

/**
 * OpenAI's shape: plain text where that is enough, since not every endpoint takes parts.
 *
 * @param mark whether the endpoint caches only what is marked, see `marksCache`
 * @param least tokens of the shortest part that the cache keeps
 */
export function openAiMessages(messages: readonly Message[], mark: boolean, least?: number): OpenAiMessage[] {
  const marked = mark ? cachePoints(messages, least) : new Set<number>();
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

/** Ollama's shape: pictures as base64 beside the text. */
export const ollamaMessages = (
  messages: readonly Message[],
): { role: Message['role']; content: string; images?: string[] }[] =>
  messages.map(({ role, content, images = [] }) => ({
    role,
    content,
    ...(images.length ? { images: images.map(({ data }) => data) } : {}),
  }));
