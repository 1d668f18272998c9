/**
 * One reader for what servers put into an answer: text as a string, as a list of parts or as parts within parts;
 * thoughts under any of their names; refusals; whole messages and pieces of them. What it does not know it reads as text
 * where it holds any, so that no text is lost.
 */

export interface Piece {
  readonly kind: 'text' | 'reasoning' | 'refusal';
  readonly text: string;
}

/**
 * Members that hold thoughts. Servers that send several of them send the same thoughts twice, so the first that is not
 * empty counts: DeepSeek, vLLM and llama.cpp; OpenRouter, Groq and newer vLLM; Copilot's API; Anthropic and Ollama;
 * Google; OpenRouter's and LiteLLM's lists.
 */
const THOUGHT_KEYS = [
  'reasoning_content',
  'reasoning',
  'reasoning_text',
  'thinking',
  'thought',
  'thoughts',
  'reasoning_details',
  'thinking_blocks',
  'summary',
] as const;
/** Members that hold text, the first that is not empty. */
const TEXT_KEYS = ['content', 'text', 'output_text', 'value', 'parts', 'response', 'answer', 'markdown'] as const;
/** Other names of the same two kinds: thoughts by any name, but none of their counts, ids and signatures. */
const OTHER_THOUGHTS =
  /^(reasoning|thinking|thoughts?|chain_?of_?thoughts?|cot)(_?(content|text|summary|process|trace|output|delta))?$/i;

/** Parts deeper than this are not looked for. */
const MOST_DEPTH = 6;

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** The pieces of any value that is where content is. */
function readContent(value: unknown, kind: Piece['kind'] = 'text', depth = 0): readonly Piece[] {
  if (typeof value === 'string') return value ? [{ kind, text: value }] : [];
  if (typeof value === 'number') return [{ kind, text: String(value) }];
  if (depth > MOST_DEPTH || !isObject(value)) return [];
  if (Array.isArray(value)) return value.flatMap((part) => readContent(part, kind, depth + 1));
  return readPart(value, kind, depth + 1);
}

function readPart(part: Record<string, unknown>, kind: Piece['kind'], depth: number): readonly Piece[] {
  const type = typeof part['type'] === 'string' ? part['type'].toLowerCase() : '';
  // Thoughts that only the server can read are in `data`; calls of tools and pictures are no text.
  if (/tool|function|image|audio|encrypted|redacted/.test(type)) return [];
  const isThought = /think|thought|reason/.test(type) || part['thought'] === true;
  const own = isThought ? 'reasoning' : /refus/.test(type) ? 'refusal' : kind;
  return [
    ...thoughtsOf(part, depth),
    ...firstOf(part, TEXT_KEYS, own, depth),
    ...readContent(part['refusal'], 'refusal', depth),
  ];
}

function thoughtsOf(part: Record<string, unknown>, depth: number): readonly Piece[] {
  const known = firstOf(part, THOUGHT_KEYS, 'reasoning', depth);
  if (known.length > 0) return known;
  const others = Object.keys(part).filter((key) => OTHER_THOUGHTS.test(key));
  const found = firstOf(part, others, 'reasoning', depth);
  // LiteLLM puts there what its own form has no member for.
  const fields = part['provider_specific_fields'];
  return found.length > 0 || !isObject(fields) ? found : firstOf(fields, THOUGHT_KEYS, 'reasoning', depth);
}

function firstOf(
  from: Record<string, unknown>,
  keys: readonly string[],
  kind: Piece['kind'],
  depth: number,
): readonly Piece[] {
  for (const key of keys) {
    const pieces = readContent(from[key], kind, depth);
    if (pieces.length > 0) return pieces;
  }
  return [];
}

/** What a message, or a piece of one, says; thoughts first. */
export function readMessage(message: unknown): { readonly pieces: readonly Piece[]; readonly calls: boolean } {
  if (!isObject(message) || Array.isArray(message)) return { pieces: readContent(message), calls: false };
  const { tool_calls, function_call } = message;
  return {
    pieces: readPart({ ...message, type: undefined }, 'text', 0),
    calls: (Array.isArray(tool_calls) && tool_calls.length > 0) || Boolean(function_call),
  };
}
