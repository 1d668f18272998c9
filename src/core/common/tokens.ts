import { estimateTokenCount } from 'tokenx';
import type { ChatRequest, Message, ModelRequest, ToolDefinition } from './types.ts';

/**
 * Tokens are known only from the provider's own count. These are estimates: against o200k they lie between 0.78 and
 * 1.19 of the truth for 90 % of real files, and other tokenizers differ by more.
 */
export const estimateTokens = (text: string): number => (text ? estimateTokenCount(text) : 0);

/** Factor by which an estimate is raised where it must not lie below the truth. */
const ESTIMATE_MARGIN = 1.3;

/** Pieces of text by how tokenizers treat them: words, digits, line ends, spaces, other ASCII, the rest. */
const PIECES = /[A-Za-z]+|\d|\n+|[^\S\n]+|[\x21-\x7e]|[\s\S]/gu;

/**
 * Tokens of a text where the figure must not lie below the truth, whichever tokenizer the provider has: the estimate
 * with its margin, or what a tokenizer with short words, single digits and one to three tokens for each other character
 * would make of it, whichever is more. About 1.5 times the truth for English and code.
 */
export function upperTokens(text: string): number {
  let tokens = 0;
  for (const [piece] of text.matchAll(PIECES)) {
    const code = piece.codePointAt(0) ?? 0;
    if (code === 0x20 || code === 0x09) tokens += Math.ceil((piece.length - 1) / 4);
    else if (code < 0x80) tokens += /[A-Za-z]/.test(piece) ? Math.ceil(piece.length / 4) : 1;
    else tokens += code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  }
  return Math.min(utf8Length(text), Math.max(tokens, Math.ceil(estimateTokens(text) * ESTIMATE_MARGIN)));
}

/** Characters of messages whose tokens are remembered, in UTF-16 units: a few long threads. */
const MOST_REMEMBERED = 4_000_000;

/** Counts a text once: the messages of a thread are counted again with each question, and while one is typed. */
function remember(count: (text: string) => number): (text: string) => number {
  const known = new Map<string, number>();
  let characters = 0;
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const tokens = count(text);
    characters += text.length;
    if (characters > MOST_REMEMBERED) {
      known.clear();
      characters = text.length;
    }
    known.set(text, tokens);
    return tokens;
  };
}

const messageTokens = remember(estimateTokens);
const upperMessageTokens = remember(upperTokens);

/** Tokens of a whole request where the figure must not lie below the truth. */
export const upperRequestTokens = (request: ModelRequest): number =>
  textsOf(request).reduce(
    (sum, text) => sum + (request.kind === 'chat' ? upperMessageTokens(text) : upperTokens(text)) + 8,
    8 + countPictures(request) * UPPER_PICTURE_TOKENS,
  );

const textsOf = (request: ModelRequest): string[] =>
  request.kind === 'chat'
    ? [...request.messages.map(textOfMessage), ...(request.tools ?? []).map(textOfTool)]
    : 'raw' in request.prompt
      ? [request.prompt.raw]
      : [request.prompt.prefix, request.prompt.suffix, ...(request.prompt.files ?? []).map(fileText)];

/** All that is sent of a message but its pictures. */
const textOfMessage = ({ content, toolCalls = [], reasoning = '' }: Message): string =>
  toolCalls.length === 0 && !reasoning
    ? content
    : [reasoning, content, ...toolCalls.map(({ name, input }) => `${name}${JSON.stringify(input)}`)].join('\n');

/** All that is sent of a tool. */
const textOfTool = ({ name, description, parameters }: ToolDefinition): string =>
  `${name}\n${description}\n${JSON.stringify(parameters ?? {})}`;

/** Tokens of the tools of a request, by estimate. */
export const toolTokens = ({ tools = [] }: Pick<ChatRequest, 'tools'>): number =>
  tools.reduce((sum, tool) => sum + messageTokens(textOfTool(tool)) + 4, 0);

const fileText = ({ path, text }: { readonly path: string; readonly text: string }): string => `${path}\n${text}`;

/** Tokens that a chat format may add to a message, at most, and to the whole. */
const FRAME_TOKENS = 24;

/** A picture of about a megapixel costs this much at most providers; small ones less. */
export const PICTURE_TOKENS = 1_500;

/**
 * No picture costs more: the dearest count in use is that of gpt-4o-mini, 2833 tokens and 5667 more for each of at most
 * eight tiles (https://platform.openai.com/docs/guides/images-vision).
 */
const MOST_PICTURE_TOKENS = 48_169;

/** Large pictures of the models in use take up to this; only gpt-4o-mini's count, which is of cheap tokens, is higher. */
const UPPER_PICTURE_TOKENS = 5_000;

const countPictures = (request: ModelRequest): number =>
  request.kind === 'chat' ? request.messages.reduce((sum, { images = [] }) => sum + images.length, 0) : 0;

/** A number of tokens that no tokenizer exceeds: each token is at least one byte. */
export const mostRequestTokens = (request: ModelRequest): number =>
  textsOf(request).reduce(
    (sum, text) => sum + utf8Length(text) + FRAME_TOKENS,
    FRAME_TOKENS + countPictures(request) * MOST_PICTURE_TOKENS,
  );

/** Bytes of a text in UTF-8; a lone half of a pair is sent as three. */
function utf8Length(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    bytes += unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
    if (unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      bytes += 1; // four for the pair
      i++;
    }
  }
  return bytes;
}

/** Tokens of a whole request, with the few that the chat format adds to each message. */
export function estimateRequestTokens(request: ModelRequest): number {
  if (request.kind === 'chat')
    return request.messages.reduce(
      (sum, message) => sum + messageTokens(textOfMessage(message)) + 4,
      3 + countPictures(request) * PICTURE_TOKENS + toolTokens(request),
    );
  return textsOf(request).reduce((sum, text) => sum + estimateTokens(text), 'raw' in request.prompt ? 0 : 3);
}
