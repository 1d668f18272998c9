import { eventLoop } from '../common/eventLoop.ts';
import type { Message, ModelRequest } from '../common/types.ts';
import { findDrawnTokens, isDrawn, isGenerated } from './drawnText.ts';
import { findAssigned, isHarmless, type Span } from './secretAssignments.ts';
import { SECRET_PATTERNS } from './secretPatterns.ts';
import { Triples } from './triples.ts';

/**
 * Secrets inside ordinary text: keys with a known form, private keys, passwords in addresses and assignments. The gateway
 * masks them in whatever leaves the machine. Each pattern takes only what must be hidden, so that the code around it
 * still says what it does.
 *
 * The forms are those that the services document; most begin with letters that they reserved for being found.
 */

export interface Masked {
  readonly text: string;
  /** How many were masked. */
  readonly count: number;
  /** For putting them back into what a model makes of the text. */
  readonly secrets: SecretNames;
}

/**
 * A short name for a secret, the same each time, which tells nothing of it without the key that it is made with.
 * Names follow from the secrets alone: what a conversation begins with stays the same for the providers' caches, and
 * answers of long ago can be read.
 */
export type NameSecret = (secret: string) => string;

/** Secrets by their names; null for a name that two secrets share, and that is better left as it is. */
export type SecretNames = ReadonlyMap<string, string | null>;

/** Replaces each secret by `«masked secret 3f9a2»`; the same secret has the same name, so that code stays readable. */
export function maskSecrets(text: string, nameOf: NameSecret): Masked {
  const secrets = new Map<string, string | null>();
  let masked = '';
  let at = 0;
  let count = 0;
  for (const { start, end } of findSecrets(text)) {
    const secret = text.slice(start, end);
    const name = nameOf(secret);
    addName(secrets, name, secret);
    masked += `${text.slice(at, start)}«masked secret ${name}»`;
    at = end;
    count += 1;
  }
  return { text: masked + text.slice(at), count, secrets };
}

/** How many secrets a text has that would be masked. */
export const countSecrets = (text: string): number => findSecrets(text).length;

/** Characters that are looked at on each side of a cut: longer than any key. */
const AROUND_CUT = 20_000;

/**
 * The part of a text between two offsets, without a secret that one of them would cut in half: half a secret has
 * lost what it is known by, and would be sent. Whatever cuts text for a model cuts it with this function, before the
 * text is masked.
 *
 * @returns at most the text from `start` to `end`; whole secrets in it are not masked
 */
export function sliceBetweenSecrets(text: string, start: number, end = text.length): string {
  const [from] = cutAt(text, start);
  const [, to] = end >= text.length ? [0, text.length] : cutAt(text, end);
  return from < to ? text.slice(from, to) : '';
}

/** The end and the start of the secret that a cut would divide; the cut itself, twice, if there is none. */
function cutAt(text: string, at: number): readonly [after: number, before: number] {
  if (at <= 0 || at >= text.length) return [at, at];
  const base = Math.max(0, at - AROUND_CUT);
  const cut = findSecrets(text.slice(base, at + AROUND_CUT)).find(
    ({ start, end }) => base + start < at && at < base + end,
  );
  return cut ? [base + cut.end, base + cut.start] : [at, at];
}

/** The two offsets moved outward, so that neither cuts a secret in half: for a part of a text that the user chose. */
export function aroundSecrets(text: string, start: number, end: number): Span {
  const [, from] = cutAt(text, start);
  const [to] = cutAt(text, end);
  return { start: Math.min(start, from), end: Math.max(end, to) };
}

/** Which lines of a text, counted from 0, hold a part of a secret that goes over several lines. */
export function linesInSecrets(text: string): ReadonlySet<number> {
  const lines = new Set<number>();
  let line = 0;
  let counted = 0;
  const countTo = (at: number): void => {
    for (let i = text.indexOf('\n', counted); i >= 0 && i < at; i = text.indexOf('\n', i + 1)) {
      line++;
      counted = i + 1;
    }
  };
  for (const { start, end } of findSecrets(text)) {
    if (!text.slice(start, end).includes('\n')) continue;
    countTo(start);
    const first = line;
    countTo(end);
    for (let i = first; i <= line; i++) lines.add(i);
  }
  return lines;
}

/** Puts the secrets back that `maskSecrets` took out; what it never gave out stays as it is. */
export const unmaskSecrets = (text: string, secrets: SecretNames): string =>
  text.replace(/«masked secret ([0-9a-z]+)»/g, (mark, name: string) => secrets.get(name) ?? mark);

/** Whether a model speaks of what was masked. */
export const hasMasked = (text: string): boolean => text.includes('«masked secret ');

/** The secrets of several texts by their names. */
export function namesOf(texts: Iterable<string>, nameOf: NameSecret): SecretNames {
  const all = new Map<string, string | null>();
  for (const text of texts) for (const [name, secret] of maskSecrets(text, nameOf).secrets) addName(all, name, secret);
  return all;
}

/** A request as it may leave the machine. Pictures are sent as they are. */
export async function maskRequest<Request extends ModelRequest>(
  request: Request,
  nameOf: NameSecret,
): Promise<Request> {
  const mask = async (text: string): Promise<string> => {
    await eventLoop.yieldIfBusy();
    return maskSecrets(text, nameOf).text;
  };
  if (request.kind === 'chat') {
    const messages = [];
    for (const message of request.messages) messages.push(await maskMessage(message, mask));
    const { tools } = request;
    return { ...request, messages, ...(tools ? { tools: await maskJson(tools, mask) } : {}) };
  }
  const { prompt } = request;
  if ('raw' in prompt) return { ...request, prompt: { raw: await mask(prompt.raw) } };
  const [prefix, suffix] = [await mask(prompt.prefix), await mask(prompt.suffix)];
  const files = [];
  for (const { path, text } of prompt.files ?? []) files.push({ path, text: await mask(text) });
  return { ...request, prompt: { ...prompt, prefix, suffix, ...(prompt.files ? { files } : {}) } };
}

async function maskMessage(message: Message, mask: (text: string) => Promise<string>): Promise<Message> {
  const { content, reasoning, toolCalls } = message;
  return {
    ...message,
    content: await mask(content),
    ...(reasoning ? { reasoning: await mask(reasoning) } : {}),
    ...(toolCalls ? { toolCalls: await maskJson(toolCalls, mask) } : {}),
  };
}

/** The same value with every text in it masked; names of members stay. What a server wants back stays as it is. */
async function maskJson<Value>(value: Value, mask: (text: string) => Promise<string>): Promise<Value> {
  if (typeof value === 'string') return (await maskShort(value, mask)) as Value;
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const item of value as readonly unknown[]) items.push(await maskJson(item, mask));
    return items as Value;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries: [string, unknown][] = [];
  for (const [key, inner] of Object.entries(value as Record<string, unknown>))
    entries.push([key, key === 'extra' ? inner : await maskJson(inner, mask)]);
  return Object.fromEntries(entries) as Value;
}

/** Short texts that were found to hold no secret: the descriptions of tools are sent with every request. */
const CLEAN = new Set<string>();
const MOST_CLEAN = 20_000;
const LONGEST_CLEAN = 2_000;

async function maskShort(text: string, mask: (text: string) => Promise<string>): Promise<string> {
  if (text.length < SHORTEST_SECRET || CLEAN.has(text)) return text;
  const masked = await mask(text);
  if (masked !== text || text.length > LONGEST_CLEAN) return masked;
  if (CLEAN.size >= MOST_CLEAN) CLEAN.clear();
  CLEAN.add(text);
  return masked;
}

/** No secret is shorter, in characters. */
const SHORTEST_SECRET = 6;

/** The same value with the secrets put back in every text of it. */
export function unmaskJson<Value>(value: Value, secrets: SecretNames): Value {
  if (typeof value === 'string') return unmaskSecrets(value, secrets) as Value;
  if (Array.isArray(value)) return (value as readonly unknown[]).map((item) => unmaskJson(item, secrets)) as Value;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value as Record<string, unknown>);
  return Object.fromEntries(entries.map(([key, inner]) => [key, unmaskJson(inner, secrets)])) as Value;
}

function addName(names: Map<string, string | null>, name: string, secret: string | null): void {
  const known = names.get(name);
  names.set(name, known === undefined || known === secret ? secret : null);
}

/** Where the secrets are, in order; none overlaps another. */
function findSecrets(text: string): Span[] {
  const spans = [...findForms(text), ...findAssigned(text), ...findDrawnTokens(text), ...findKubernetesData(text)];
  const split = joinSplit(text);
  if (split) {
    const { joined, at } = split;
    for (const { start, end } of [...findForms(joined), ...findAssigned(joined), ...findDrawnTokens(joined)])
      spans.push({ start: at(start), end: at(end - 1) + 1 });
  }
  spans.sort((a, b) => a.start - b.start || b.end - a.end);
  const found: Span[] = [];
  for (const span of spans) {
    const last = found.at(-1);
    if (span.start >= (last?.end ?? 0)) found.push(span);
    else if (last && span.end > last.end) found[found.length - 1] = { start: last.start, end: span.end };
  }
  return found.map(({ start, end }) => ({ start, end: beforeFence(text, start, end) }));
}

/** Below so many characters a search for each hint takes no longer than a first look at the whole text. */
const SHORT = 1_000;

/** The secrets that show by their form. */
function findForms(text: string): Span[] {
  const spans: Span[] = [];
  const searched = text.length < SHORT ? text : new Triples(text);
  for (const { hints, pattern } of SECRET_PATTERNS) {
    if (hints.length > 0 && !hints.some((hint) => searched.includes(hint))) continue;
    for (const match of text.matchAll(pattern)) {
      const end = match.index + match[0].length;
      const { groups = {} } = match;
      if ('head' in groups) spans.push({ start: match.index - (groups.head ?? '').length, end });
      else if (groups.typed !== undefined && !isHarmless(groups.typed)) spans.push(placeOf(match, groups.typed));
      else if (groups.secret !== undefined) spans.push(placeOf(match, groups.secret));
      else if (groups.drawn !== undefined && (isGenerated(groups.drawn) || isDrawn(groups.drawn)))
        spans.push(placeOf(match, groups.drawn));
      else if (!['secret', 'typed', 'drawn'].some((group) => group in groups)) spans.push({ start: match.index, end });
    }
  }
  // What is masked already stays as it is.
  return spans.filter(({ start, end }) => !text.slice(start, end).includes('«'));
}

function placeOf(match: RegExpExecArray, value: string): Span {
  const start = match.index + match[0].lastIndexOf(value);
  return { start, end: start + value.length };
}

/** A secret ends at the latest where a line opens or closes a fence: what follows is another's text, or a question. */
function beforeFence(text: string, start: number, end: number): number {
  const fence = /\r?\n[ \t]*(?:`{3,}|~{3,}|<\/)/g;
  const inside = text.slice(start, end);
  return start + (fence.exec(inside)?.index ?? inside.length);
}

/** `data` of a Kubernetes secret, in YAML and in JSON. */
const KUBERNETES_DATA =
  /^( {0,20})(?:data|stringData):[ \t]*\r?\n(?<yaml>(?:(?:\1 {1,8}[^\r\n]*|[ \t]{0,40})(?:\r?\n|$(?!\n)))+)|"(?:data|stringData)"\s{0,4}:\s{0,20}\{(?<json>[^{}]*)\}/gm;
const KUBERNETES_VALUE =
  /["']?[\w.-]{1,200}["']?[ \t]{0,4}:[ \t]{0,4}["']?([^\s"',|>]{6,})|^[ \t]{1,40}([^\s#:"']{6,})[ \t]*$/gm;

/** The values of a Kubernetes secret: each is one, under whatever name. */
function findKubernetesData(text: string): Span[] {
  const spans: Span[] = [];
  if (!/\bkind["']?[ \t]{0,4}:[ \t]{0,4}["']?Secret\b/.test(text)) return spans;
  for (const block of text.matchAll(KUBERNETES_DATA)) {
    const body = block.groups?.yaml ?? block.groups?.json ?? '';
    const start = block.index + block[0].lastIndexOf(body);
    for (const entry of body.matchAll(KUBERNETES_VALUE)) {
      const value = entry[1] ?? entry[2]?.trimEnd() ?? '';
      const end = start + entry.index + entry[0].length;
      if (!isHarmless(value)) spans.push({ start: end - value.length, end });
    }
  }
  return spans;
}

/** Strings that code puts together, and characters without width: what takes a key apart and leaves it whole when the code runs. */
const SPLIT =
  /(?<=[\w+/=.~-])(?:["'`][ \t]{0,20}(?:\+|\.\.?|&|\\)?[ \t]{0,20}(?:\r?\n[ \t]{0,40}(?:\+|\.\.?|&)?[ \t]{0,20})?["'`]|[\u200b-\u200d\u2060\ufeff\u00ad]{1,20})(?=[\w+/=.~-])/g;
/** Characters that are looked at on each side of a place where a text is taken apart. */
const AROUND_SPLIT = 300;

/**
 * The surroundings of all places where a text takes a string apart, with the parts joined.
 *
 * @returns undefined if there is no such place; `at` tells where a character of `joined` is in the text
 */
function joinSplit(text: string): { readonly joined: string; readonly at: (index: number) => number } | undefined {
  const pieces: { readonly from: number; readonly start: number }[] = [];
  let joined = '';
  let end = 0;
  const take = (from: number, to: number): void => {
    pieces.push({ from, start: joined.length });
    joined += text.slice(from, to);
  };
  let gapEnd = -1;
  for (const match of text.matchAll(SPLIT)) {
    const from = Math.max(gapEnd < 0 ? 0 : gapEnd, match.index - AROUND_SPLIT);
    if (gapEnd >= 0 && from > gapEnd) {
      end = Math.min(from, gapEnd + AROUND_SPLIT);
      take(gapEnd, end);
      if (end < from) joined += '\n\n';
      take(end < from ? from : end, match.index);
    } else take(from, match.index);
    gapEnd = match.index + match[0].length;
  }
  if (gapEnd < 0) return undefined;
  take(gapEnd, Math.min(text.length, gapEnd + AROUND_SPLIT));
  const at = (index: number): number => {
    let low = 0;
    for (let high = pieces.length; high - low > 1;) {
      const middle = (low + high) >> 1;
      if ((pieces[middle]?.start ?? 0) <= index) low = middle;
      else high = middle;
    }
    const piece = pieces[low] ?? { from: 0, start: 0 };
    return piece.from + index - piece.start;
  };
  return { joined, at };
}
