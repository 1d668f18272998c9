import { splitAnswer } from './lines.ts';
import { linesBetween } from './searchReplace.ts';
import type { EditBlock, ParsedAnswer, ProposedEdit } from './proposal.ts';

/**
 * Calls of editing tools that a model wrote as text, because it was trained with such tools and was given none: JSON in
 * the forms of OpenAI, Anthropic, Qwen, Mistral, Llama and Kimi, and the XML of Cline, Roo Code, Anthropic, Qwen and GLM.
 * What counts is what the arguments hold (a path, and a text, a change or a patch), not what the tool is called.
 */

/** A call that was read. */
interface ToolText extends ParsedAnswer {
  /** Length of the text that the call takes, in UTF-16 units. */
  readonly length: number;
}

/** Reads a patch, a diff or search/replace blocks that are the argument of a call. */
type PatchReader = (lines: readonly string[]) => ParsedAnswer;
type Members = Readonly<Record<string, unknown>>;

const PATH = /^(?:path|file|file_?path|file_?name|target_?file|relative_?(?:workspace_)?path|absolute_?path|uri)$/i;
const CONTENT =
  /^(?:contents?|file_?text|file_?contents?|new_?contents?|text|code|code_?edit|code_?content|body|source_?code|insert_?text)$/i;
const OLD =
  /^(?:old|old_?(?:str|string|text|code|content|lines)|search|find|original(?:_?(?:text|code|string))?|target_?content|before)$/i;
const NEW =
  /^(?:new|new_?(?:str|string|text|code|lines)|replace|replacement(?:_?content)?|replace_?with|updated(?:_?(?:text|code))?|after)$/i;
const PATCH = /^(?:patch|diff|unified_?diff|input|patch_?text)$/i;
const CHANGES = /^(?:edits|replacements|changes|replacement_?chunks|blocks|hunks|operations)$/i;
const ARGUMENTS = /^(?:arguments|args|parameters|params|input|action_?input|kwargs|tool_?input)$/i;
const LISTS = /^(?:tool_?calls|tool_?uses|calls|actions|files|edits|changes|operations)$/i;
const NAME = /^(?:name|tool|tool_?name|function|action|recipient_?name|command|type)$/i;
const MOST_DEPTH = 6;

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The first member whose name fits and that is a text. */
const textOf = (members: Members, names: RegExp): string | undefined =>
  Object.entries(members).flatMap(([name, value]) => (names.test(name) && typeof value === 'string' ? [value] : []))[0];

/** What a value proposes; undefined where it is no call. */
function readValue(
  value: unknown,
  readPatch: PatchReader,
  outerPath: string | null,
  depth = 0,
): ParsedAnswer | undefined {
  if (depth > MOST_DEPTH) return undefined;
  if (Array.isArray(value)) {
    const read = value.slice(0, 200).map((each) => readValue(each, readPatch, outerPath, depth + 1));
    const calls = read.filter((each) => each !== undefined);
    return calls.length > 0 && calls.length === read.length ? joined(calls) : undefined;
  }
  if (!isObject(value)) return undefined;
  const name = textOf(value, NAME);
  for (const [member, inner] of Object.entries(value)) {
    const args = ARGUMENTS.test(member) ? objectIn(inner) : undefined;
    if (args && !('properties' in args)) return readArguments(args, readPatch, name, outerPath) ?? nothingIf(name);
    // OpenAI's `{"type": "function", "function": {"name": …, "arguments": …}}`.
    if (member === 'function' && isObject(inner)) return readValue(inner, readPatch, outerPath, depth + 1);
  }
  const own = readArguments(value, readPatch, name, outerPath);
  if (own) return own;
  for (const [member, inner] of Object.entries(value)) {
    if (!LISTS.test(member) || !Array.isArray(inner)) continue;
    const read = readValue(inner, readPatch, outerPath, depth + 1);
    if (read) return read;
  }
  return undefined;
}

/** A call of a tool that changes no file. */
const nothingIf = (name: string | undefined): ParsedAnswer | undefined =>
  name === undefined ? undefined : { edits: [], problems: [] };

const joined = (all: readonly ParsedAnswer[]): ParsedAnswer => ({
  edits: all.flatMap(({ edits }) => edits),
  problems: all.flatMap(({ problems }) => problems),
});

/** An object, or a text that is the JSON of one. */
function objectIn(value: unknown): Members | undefined {
  if (isObject(value)) return value;
  const parsed = typeof value === 'string' && /^\s*\{/.test(value) ? parseJson(value) : undefined;
  return isObject(parsed) ? parsed : undefined;
}

/** What the arguments of one call propose; undefined where they change no file. */
function readArguments(
  args: Members,
  readPatch: PatchReader,
  name: string | undefined,
  outerPath: string | null,
): ParsedAnswer | undefined {
  const path = textOf(args, PATH) ?? outerPath;
  const named = { path, ...(path === null ? {} : { namedBy: 'format' as const }) };
  const edit = (...edits: readonly ProposedEdit[]): ParsedAnswer => ({ edits, problems: [] });
  const command = typeof args['command'] === 'string' ? args['command'] : (name ?? '');
  const patch = textOf(args, PATCH);
  if (
    patch !== undefined &&
    /^\s*(?:\*{3} Begin Patch|--- |diff --git |@@ |<{5,} ?SEARCH|-{5,} ?SEARCH)/m.test(patch)
  ) {
    const read = readPatch(splitAnswer(patch));
    if (read.edits.length + read.problems.length > 0)
      return { ...read, edits: read.edits.map((each) => (each.path === null ? { ...each, ...named } : each)) };
  }
  const blocks = changesIn(args);
  if (blocks.length > 0) return edit({ kind: 'blocks', format: 'search-replace', ...named, creates: false, blocks });
  if (path === null) return undefined;
  const isInsert = /insert/i.test(command) || 'insert_line' in args;
  const text = textOf(args, CONTENT) ?? (textOf(args, OLD) === '' ? textOf(args, NEW) : undefined);
  if (isInsert && text !== undefined) return { edits: [], problems: [{ problem: 'unsupported', path, line: 1 }] };
  if (text !== undefined)
    return edit({ kind: 'whole', ...named, lines: linesOf(text), firstLineNames: false, language: '' });
  return /(?:^|[_.-])(?:delete|remove)(?:_?file)?$/i.test(command) ? edit({ kind: 'delete', ...named }) : undefined;
}

/** Texts and what comes in their place, in one call. */
function changesIn(args: Members): readonly EditBlock[] {
  const [old, fresh] = [textOf(args, OLD), textOf(args, NEW)];
  if (old && fresh !== undefined) return [{ lines: linesBetween(linesOf(old), linesOf(fresh)) }];
  const list = Object.entries(args).find(([name, value]) => CHANGES.test(name) && Array.isArray(value))?.[1];
  if (!Array.isArray(list)) return [];
  const changes = (list as readonly unknown[]).slice(0, 1_000).map((each) => {
    const hasOwnPath = isObject(each) && textOf(each, PATH) !== undefined;
    return isObject(each) && !hasOwnPath ? changesIn(each) : [];
  });
  return changes.every((each) => each.length > 0) ? changes.flat() : [];
}

/** The lines of a text that an argument holds, without the line breaks around it. */
const linesOf = (text: string): string[] => (text === '' ? [] : splitAnswer(text.replace(/\r?\n$/, '')));

/** JSON, also with line breaks inside of strings, as models write it. */
function parseJson(text: string): unknown {
  for (const each of [() => text, () => escaped(text)])
    try {
      return JSON.parse(each()) as unknown;
    } catch {
      continue;
    }
  return undefined;
}

const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const escaped = (text: string): string =>
  text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"/gs, (string) => string.replace(/[\n\r\t]/g, (char) => ESCAPES[char] ?? ''));

/** The end of the JSON value that begins a text; -1 where it is not closed. */
function endOfJson(text: string): number {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') {
      for (at += 1; at < text.length && text[at] !== '"'; at++) if (text[at] === '\\') at += 1;
    } else if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return -1;
}

/** What is before the JSON of a call: nothing, or the marks of a chat template. */
const JSON_START = /^(?:\s*|[^{"]{0,200}(?:[>\]▁｜|]|Input:)\s*)(?=\{|\[\s*\{)/;
const JSON_MEMBER =
  /"(?:name|tool|tool_?name|tool_?calls|tool_?uses|function|recipient_name|action|command|type|path|file|files|edits|file_?path|file_?name|target_?file|arguments|parameters|input|content|old_?str(?:ing)?)"\s*:/i;
/** Elements in which the XML forms name a file. */
const XML_MEMBER =
  /<(?:\w+:)?(?:path|file|file_?path|file_?name|target_?file|invoke\b|function=|parameter[ =]|arg_key|args?>)|\s(?:path|file|file_?path|name)="[^"\n]+"/i;

/** Whether a call may begin in a line, by the line and the few that follow. */
export function mayBeToolText(lines: readonly string[], at: number): boolean {
  const line = lines[at] ?? '';
  const head = lines
    .slice(at, at + 5)
    .join('\n')
    .slice(0, 600);
  if (JSON_START.test(line)) return JSON_MEMBER.test(head);
  return /^\s*<(?:\w+:)?[a-z]\w*(?:[ =>]|$)/i.test(line) && XML_MEMBER.test(head);
}

/**
 * Reads the call that begins a text.
 *
 * @returns undefined where it is none; `open` where it is cut before its end
 */
export function readToolText(text: string, readPatch: PatchReader): ToolText | 'open' | undefined {
  const [before] = JSON_START.exec(text) ?? [];
  if (before !== undefined) {
    const json = text.slice(before.length);
    const end = endOfJson(json);
    if (end < 0) return 'open';
    const read = readValue(parseJson(json.slice(0, end)), readPatch, null);
    return read && { ...read, length: before.length + end };
  }
  return readXml(text, readPatch);
}

function readXml(text: string, readPatch: PatchReader): ToolText | 'open' | undefined {
  const [open, , name = '', attributes = ''] =
    /^\s*<((?:\w+:)?([a-z]\w*))((?:=[\w.-]+)?(?:\s[^<>]*)?)>/i.exec(text) ?? [];
  if (open === undefined || /^(?:parameter|arg_key)$/.test(name)) return undefined;
  const closing = new RegExp(`</(?:\\w+:)?${name}>`, 'i').exec(text);
  const body = closing ? text.slice(open.length, closing.index) : text.slice(open.length);
  if (closing && !INNER_CALL.test(open) && INNER_CALL.test(body))
    return { ...innerCalls(body, readPatch), length: closing.index + closing[0].length };
  const args = argumentsIn(body, attributes);
  const isCall = Object.keys(args).length > 0;
  if (!closing) return isCall && textOf(args, PATH) !== undefined ? 'open' : undefined;
  const length = closing.index + closing[0].length;
  const tool =
    /name="([^"]+)"/.exec(attributes)?.[1] ??
    /^=([\w.-]+)/.exec(attributes)?.[1] ??
    /^\s*([\w.-]+)\s*</.exec(body)?.[1] ??
    name;
  const inner = /^\s*[[{]/.test(body) ? parseJson(body.trim()) : undefined;
  if (inner !== undefined) {
    const read = readValue(inner, readPatch, null);
    return read && { ...read, length };
  }
  if (!isCall) return undefined;
  const read = readArguments(args, readPatch, tool, null);
  return read ? { ...read, length } : undefined;
}

/** The element of a call within one that only holds calls. */
const INNER_CALL = /<(?:\w+:)?(?:invoke\s|function=)/;
const MOST_CALLS = 200;

function innerCalls(body: string, readPatch: PatchReader): ParsedAnswer {
  const calls: ParsedAnswer[] = [];
  let at = 0;
  for (let next = body.search(INNER_CALL); next >= 0 && calls.length < MOST_CALLS;) {
    at += next;
    const read = readXml(body.slice(at), readPatch);
    if (read === 'open') calls.push({ edits: [], problems: [{ problem: 'truncated', path: null, line: 1 }] });
    else if (read) calls.push(read);
    at += read === undefined || read === 'open' ? 1 : read.length;
    next = body.slice(at).search(INNER_CALL);
  }
  return joined(calls);
}

/** The arguments in the body of an element: parameters, pairs of key and value, or elements of their own. */
function argumentsIn(body: string, attributes: string): Members {
  const found: Record<string, string> = {};
  const own = [...attributes.matchAll(/([\w-]+)="([^"]*)"/g)];
  for (const [, key = '', value = ''] of own) if (/path$|^file/i.test(key)) found['path'] = value;
  let at = 0;
  while (at < body.length) {
    const [start, key] = nextArgument(body, at);
    if (start === undefined || key === undefined) break;
    const end = endOfArgument(body, start, key.close);
    found[key.name] ??= unwrapped(body.slice(start, end));
    at = end + key.close.length;
  }
  // `<file path="a.ts">text</file>`: the body is the text.
  if (found['path'] !== undefined && Object.keys(found).length === 1 && own.length > 0 && body.trim() !== '')
    found['content'] = unwrapped(body);
  return found;
}

interface Key {
  readonly name: string;
  readonly close: string;
}

const KEY =
  /<(?:(\w+:)?parameter(?:=|\s+name=)"?([\w-]+)"?[^>]{0,200}|arg_key>\s*([\w-]+)\s*<\/arg_key>\s*<arg_value|([a-z]\w*))>/gi;

/** Where the value of the next argument begins, and what closes it. */
function nextArgument(body: string, at: number): readonly [start: number, key: Key] | readonly [] {
  KEY.lastIndex = at;
  const match = KEY.exec(body);
  if (!match) return [];
  const [whole, space = '', parameter, pair, element = ''] = match;
  const start = match.index + whole.length;
  if (parameter !== undefined) return [start, { name: parameter, close: `</${space}parameter>` }];
  if (pair !== undefined) return [start, { name: pair, close: '</arg_value>' }];
  return [start, { name: element, close: `</${element}>` }];
}

/**
 * The end of a value: its last closing mark before the next argument. The text of a file may hold such marks itself, and
 * a value without any goes to the end.
 */
function endOfArgument(body: string, start: number, close: string): number {
  let end = body.indexOf(close, start);
  if (end < 0) return body.length;
  for (let tries = 0; tries < 50; tries++) {
    const rest = body.slice(end + close.length, end + close.length + 200);
    if (/^\s*(?:$|<(?:\w+:)?(?:parameter|arg_key|\w+>))/.test(rest)) return end;
    const next = body.indexOf(close, end + 1);
    if (next < 0) return end;
    end = next;
  }
  return end;
}

/** A value without the line breaks, the fence or the section around it. */
function unwrapped(value: string): string {
  const text = value.replace(/^[ \t]*\r?\n/, '').replace(/\r?\n[ \t]*$/, '');
  const [, section] = /^\s*<!\[CDATA\[(?:\r?\n)?([^]*?)(?:\r?\n)?\]\]>\s*$/.exec(text) ?? [];
  if (section !== undefined) return section;
  const [, fenced] = /^\s*```[^\n`]*\n([^]*?)\n?```\s*$/.exec(text) ?? [];
  return fenced ?? text;
}
