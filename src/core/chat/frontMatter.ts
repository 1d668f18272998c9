/**
 * The head of prompt and instruction files. It is YAML by name, but a fair part of the published files is not: `applyTo: *`,
 * `globs: **\/*.ts`, `description: Use when: it hangs`. So it is read line by line, in the forms that such heads use: plain
 * and quoted text, folded and literal blocks, lists in one line or several. Deeper structures are skipped.
 */

/** Keys in lower case without dashes, so that `argument-hint`, `argumentHint` and `ArgumentHint` are one. */
export type FrontMatter = ReadonlyMap<string, string | readonly string[]>;

/** Longest head, in characters. */
const MOST_CHARACTERS = 16_000;

/** Splits a file into its head, which may be missing, and the text below it. */
export function readFrontMatter(file: string): { readonly head: FrontMatter; readonly body: string } {
  const text = unwrap(file.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n'));
  const open = /^\s*---[ \t]*\n/.exec(text);
  const close = open && /^(?:---|\.\.\.)[ \t]*$/m.exec(text.slice(open[0].length, MOST_CHARACTERS));
  if (!open || !close) return { head: new Map(), body: text.trim() };
  const start = open[0].length;
  return {
    head: parseHead(text.slice(start, start + close.index).split('\n')),
    body: text.slice(start + close.index + close[0].length).trim(),
  };
}

/** Some files hold the whole prompt in one fence: "````prompt". */
function unwrap(text: string): string {
  const fence = /^\s*(`{3,})(?:prompt|instructions|chatmode|chatagent)[ \t]*\n/.exec(text);
  const mark = fence?.[1];
  if (!fence || !mark) return text;
  const body = text.slice(fence[0].length);
  const end = body.lastIndexOf(`\n${mark}`);
  return end < 0 ? body : body.slice(0, end);
}

function parseHead(lines: readonly string[]): FrontMatter {
  const head = new Map<string, string | readonly string[]>();
  for (let i = 0; i < lines.length; i++) {
    const pair = /^([\p{L}_][\p{L}\p{N}_-]*)[ \t]*:(?:[ \t]+(.*)|[ \t]*)$/u.exec(lines[i] ?? '');
    const key = pair?.[1]?.toLowerCase().replaceAll(/[-_]/g, '');
    if (!key) continue;
    const value = (pair?.[2] ?? '').trim();
    const block = indentedBelow(lines, i);
    i += block.length;
    head.set(key, valueOf(value, block));
  }
  return head;
}

/** The lines that belong to a key: indented ones, empty ones between them, and list entries that are not indented. */
function indentedBelow(lines: readonly string[], at: number): readonly string[] {
  let end = at + 1;
  for (let i = at + 1; i < lines.length; i++) {
    const line = lines[i] ?? '';
    if (/^(?:[ \t]+\S|- |-$)/.test(line)) end = i + 1;
    else if (line.trim()) break;
  }
  return lines.slice(at + 1, end);
}

function valueOf(value: string, block: readonly string[]): string | readonly string[] {
  const style = /^[>|][-+\d]*(?:[ \t]+#.*)?$/.exec(value)?.[0];
  if (style) return style.startsWith('|') ? literal(block) : folded(block);
  if (value.startsWith('[')) return listIn([value, ...block].join(' '));
  if (value) return unquote([value, ...block.map((line) => line.trim())].filter(Boolean).join(' '));
  // A list of objects, such as handoffs, has keys in its entries; nothing here needs it.
  const entries = block.filter((line) => /^[ \t]*-(?:[ \t]|$)/.test(line));
  return entries.map((line) => unquote(line.replace(/^[ \t]*-[ \t]*/, ''))).filter(Boolean);
}

const literal = (block: readonly string[]): string => {
  const indent = Math.min(...block.filter((line) => line.trim()).map((line) => line.search(/\S/)), 100);
  return block
    .map((line) => line.slice(indent))
    .join('\n')
    .trim();
};

/** Lines become one; an empty line is a line break. */
const folded = (block: readonly string[]): string =>
  block
    .map((line) => line.trim())
    .join(' ')
    .replace(/ {2,}/g, '\n')
    .trim();

/** `[a, "b, c"]`; without its closing bracket it is read to its end. */
const listIn = (text: string): readonly string[] =>
  [...text.replace(/^\[|\][^\]]*$/g, '').matchAll(/\s*("[^"]*"|'[^']*'|[^,]+)\s*(?:,|$)/g)]
    .map(([, entry = '']) => unquote(entry.trim()))
    .filter(Boolean);

function unquote(value: string): string {
  const quoted = /^(["'])(.*)\1(?:[ \t]+#.*)?$/.exec(value);
  if (quoted)
    return quoted[1] === "'" ? (quoted[2] ?? '').replaceAll("''", "'") : (quoted[2] ?? '').replace(/\\(["\\])/g, '$1');
  return value.replace(/[ \t]+#.*$/, '').trim();
}

/** A value as one text. */
export const textIn = (head: FrontMatter, key: string): string => {
  const value = head.get(key) ?? '';
  return typeof value === 'string' ? value : value.join(', ');
};

/** A value as a list: that of a list, or the parts between commas that are not inside braces. */
export const listOf = (head: FrontMatter, key: string): readonly string[] => {
  const value = head.get(key) ?? '';
  const parts = typeof value === 'string' ? [value] : value;
  return parts
    .flatMap((part) => part.split(/,(?![^{]*\})/))
    .map((part) => unquote(part.trim()))
    .filter(Boolean);
};
