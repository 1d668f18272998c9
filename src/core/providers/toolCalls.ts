import { ModelError } from '../common/failures.ts';
import { cleanDetail } from '../common/networkFailures.ts';
import type { ToolCall } from '../common/types.ts';

/**
 * Tool calls as servers put them into an answer: whole or in pieces, with or without an index or an id, with arguments
 * as text or as an object, in the shapes of OpenAI, Ollama, Anthropic, Google and OpenAI's responses. Pieces are put
 * together here; a call is only given out when its arguments are a JSON object.
 */

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What one entry of an answer says of a call. */
interface CallPiece {
  /** The number of the call within the answer; undefined where the server does not count. */
  readonly index: number | undefined;
  readonly id: string;
  readonly name: string;
  /** Text to append, or the whole arguments as an object. */
  readonly input: string | Json;
  readonly extra: Json | undefined;
}

interface OpenCall {
  readonly index: number | undefined;
  id: string;
  name: string;
  text: string;
  whole: Json | undefined;
  extra: Json | undefined;
}

/** Members of a call that we read; what else a server adds is kept and sent back. */
const KNOWN = new Set(['index', 'id', 'type', 'function', 'call_id', 'name', 'input', 'arguments', 'args', 'status']);

/** Types of parts of a content that are tool calls: Anthropic's, and those of OpenAI's responses. */
const CALL_TYPES = /^(tool_use|tool_call|function_call|toolUse)$/;

/** Collects the tool calls of one answer. */
export class ToolCallReader {
  readonly #calls: OpenCall[] = [];
  readonly #newId: () => string;

  /** @param newId makes an id for a call that came without one */
  constructor(newId: () => string = () => `call_${crypto.randomUUID().replaceAll('-', '').slice(0, 24)}`) {
    this.#newId = newId;
  }

  get isEmpty(): boolean {
    return this.#calls.length === 0;
  }

  /**
   * Reads the calls in a message or a piece of one.
   *
   * @param message of any shape
   * @returns the text that the pieces have, to count it; empty when there was no call in it
   */
  read(message: unknown): string {
    return piecesIn(message)
      .map((piece) => {
        this.#add(piece);
        return typeof piece.input === 'string' ? piece.name + piece.input : piece.name + JSON.stringify(piece.input);
      })
      .join('');
  }

  #add(piece: CallPiece): void {
    const call = this.#callOf(piece);
    if (!call) {
      this.#calls.push({
        index: piece.index,
        id: piece.id,
        name: piece.name,
        text: typeof piece.input === 'string' ? piece.input : '',
        whole: typeof piece.input === 'string' ? undefined : piece.input,
        extra: piece.extra,
      });
      return;
    }
    call.id ||= piece.id;
    call.extra = piece.extra ? { ...call.extra, ...piece.extra } : call.extra;
    // A name in pieces is rare; the same name with every piece is not.
    if (piece.name && piece.name !== call.name && !call.name.endsWith(piece.name)) call.name += piece.name;
    if (typeof piece.input !== 'string') call.whole = piece.input;
    // Some servers repeat the whole call at the end.
    else if (!isRepeated(call, piece.input)) call.text += piece.input;
  }

  /** The call that a piece continues; undefined when it begins one. */
  #callOf(piece: CallPiece): OpenCall | undefined {
    const { id, index, name } = piece;
    const byId = this.#calls.find(
      (call) =>
        id !== '' && call.id === id && (index === undefined || call.index === undefined || call.index === index),
    );
    if (byId) return byId;
    const last = this.#calls.at(-1);
    const known = index === undefined ? last : this.#calls.findLast((call) => call.index === index);
    if (!known) return index === undefined || name ? undefined : last;
    if (!name) return known;
    // Gemini numbers all calls of an answer 0; others leave out both number and id. A name begins a call, unless the
    // server repeats it with every piece of the arguments.
    const isOther = id !== '' && known.id !== '' && id !== known.id;
    if (isWhole(known)) return !isOther && isRepeatedCall(known, piece) ? known : undefined;
    if (name === known.name) return known;
    return isOther || index === undefined ? undefined : known;
  }

  /**
   * The calls, whole.
   *
   * @param cut the answer was cut at its limit, so the last call may be half
   * @throws ModelError `bad-tool-call`, with the text that is no JSON object
   */
  end(cut = false): readonly ToolCall[] {
    const ids = new Set<string>();
    return this.#calls.map(({ id, name, text, whole, extra }) => {
      const input = whole ?? parseInput(text);
      const title = name.trim();
      if (!title || !input) {
        const why = cut ? 'cut at the length limit: ' : '';
        throw new ModelError({ kind: 'bad-tool-call', detail: cleanDetail(`${why}${title}(${text})`) });
      }
      const own = id && !ids.has(id) ? id : this.#newId();
      ids.add(own);
      return { id: own, name: title, input, ...(extra ? { extra } : {}) };
    });
  }
}

const isWhole = ({ text, whole }: OpenCall): boolean =>
  whole !== undefined || (text !== '' && parseInput(text) !== undefined);

/** Whether text says once more what a call has already. */
const isRepeated = ({ text, whole }: OpenCall, more: string): boolean =>
  more !== '' && (whole !== undefined || (text !== '' && text.trim() !== '{}' && isSameJson(text, more)));

const isRepeatedCall = (call: OpenCall, { name, input }: CallPiece): boolean =>
  name === call.name &&
  (typeof input === 'string' ? input === '' || isRepeated(call, input) : isSameJson(call.text, JSON.stringify(input)));

function isSameJson(a: string, b: string): boolean {
  const [first, second] = [parseInput(a), parseInput(b)];
  return first !== undefined && second !== undefined && JSON.stringify(first) === JSON.stringify(second);
}

/**
 * Arguments as an object; undefined when they are none. No text is no arguments. Some servers send JSON in JSON, and
 * some (LiteLLM for Anthropic's models) an empty object before the pieces of the real one.
 */
function parseInput(text: string): Json | undefined {
  const plain = text.trim();
  if (plain === '' || plain === 'null') return {};
  try {
    const value: unknown = JSON.parse(plain);
    if (isObject(value)) return value;
    return typeof value === 'string' && value.trim().startsWith('{') ? parseInput(value) : undefined;
  } catch {
    const rest = /^\{\s*\}(?=\s*\{)/.exec(plain);
    return rest ? parseInput(plain.slice(rest[0].length)) : undefined;
  }
}

/** The pieces of calls in a message, wherever its protocol has them. */
function piecesIn(message: unknown): CallPiece[] {
  if (!isObject(message)) return [];
  const { tool_calls, toolCalls, function_call, content, parts } = message;
  const lists = [tool_calls, toolCalls].flatMap((list) =>
    Array.isArray(list) ? (list as unknown[]) : isObject(list) ? Object.values(list) : [],
  );
  const inContent = [content, parts, isObject(content) ? content['parts'] : undefined].flatMap((list) =>
    Array.isArray(list) ? (list as unknown[]).filter(isCallPart) : [],
  );
  return [...lists, ...(isObject(function_call) ? [{ function: function_call }] : []), ...inContent].flatMap((entry) =>
    isObject(entry) ? pieceOf(entry) : [],
  );
}

const isCallPart = (part: unknown): boolean =>
  isObject(part) && (CALL_TYPES.test(String(part['type'] ?? '')) || isObject(part['functionCall']));

function pieceOf(entry: Json): CallPiece[] {
  const inner = [entry['function'], entry['functionCall'], entry['tool_call']].find(isObject) ?? entry;
  const { name, arguments: args, input, args: plain, parameters } = inner;
  const given = args ?? input ?? plain ?? (inner === entry ? undefined : parameters);
  const id = [entry['call_id'], entry['id'], entry['tool_call_id'], inner['id']].find(
    (value) => (typeof value === 'string' && value !== '') || typeof value === 'number',
  );
  const at = entry['index'] ?? inner['index'];
  const index = typeof at === 'number' || (typeof at === 'string' && /^\d+$/.test(at)) ? Number(at) : undefined;
  const title = typeof name === 'string' ? name : '';
  if (!title && given === undefined && id === undefined) return [];
  const extra = Object.entries(entry).filter(([key, value]) => !KNOWN.has(key) && isObject(value));
  const kept = extra.filter(([key]) => key !== 'functionCall' && key !== 'tool_call');
  return [
    {
      index,
      id: id === undefined ? '' : String(id),
      name: title,
      input: isObject(given)
        ? given
        : typeof given === 'string'
          ? given
          : given === undefined || given === null
            ? ''
            : JSON.stringify(given),
      extra: kept.length > 0 ? Object.fromEntries(kept) : undefined,
    },
  ];
}
