import { inOneLine } from '../common/elements.ts';
import { aroundSecrets } from '../privacy/maskSecrets.ts';
import { walkDiff } from './reviewFindings.ts';

/**
 * What a reviewer reads beside a diff: the functions that changed, their callers and their tests. A diff alone hides
 * whether a caller still fits. Everything is gathered before the model is asked, within a time and a size.
 */

/** A stretch of a file. Lines from 0, the end exclusive. */
export interface CodeSpan {
  readonly path: string;
  readonly start: number;
  readonly end: number;
}

/** A function, method or class that a file declares. */
export interface Declaration extends Omit<CodeSpan, 'path'> {
  readonly name: string;
  /** Line from 0 and column of the name. */
  readonly line: number;
  readonly column: number;
}

/**
 * What the editor knows of the code. Paths are those of the repository, with `/`. None of the functions rejects; each
 * gives up when `signal` is aborted, and then answers with what it has.
 */
export interface CodeReader {
  /** The lines of a file; null where it is not there or no model may be shown it. */
  readonly lines: (path: string, signal: AbortSignal) => Promise<readonly string[] | null>;
  /** What a file declares, outer declarations before inner ones; null where no language server knows it. */
  readonly declarations: (path: string, signal: AbortSignal) => Promise<readonly Declaration[] | null>;
  /** Where a declared name is used; null where no language server knows. */
  readonly references: (path: string, at: Declaration, signal: AbortSignal) => Promise<readonly CodeSpan[] | null>;
  /** Lines of other files that hold a name as a word. */
  readonly search: (name: string, like: string, signal: AbortSignal) => Promise<readonly CodeSpan[]>;
}

interface ReviewContextLimits {
  /** Ends the gathering; what has been found by then is used. */
  readonly signal: AbortSignal;
  /** Longest text, in characters. */
  readonly characters: number;
}

/** Changed functions that are looked at, and places of each that are shown. */
const MOST_FUNCTIONS = 12;
const MOST_CALLERS = 4;
const MOST_TESTS = 2;
/** Longest function that is shown whole; of a longer one, this many lines around the change. */
const MOST_LINES = 80;
/** Lines shown before and after a use. */
const AROUND_CALLER = 4;
const AROUND_TEST = 12;

/** A path of a test, by the conventions of most languages: `x.test.ts`, `test_x.py`, `x_test.go`, `tests/x.rs`, `XTest.java`. */
export const isTestPath = (path: string): boolean =>
  /(?:^|[/._-])(?:tests?|specs?|__tests__)(?:[/._-]|$)/i.test(path) || /[a-z](?:Tests?|Spec)\.\w+$/.test(path);

/** Code of one kind that the reviewer reads. */
interface Piece extends CodeSpan {
  readonly what: string;
}

/**
 * Gathers the code around a change as text for the model.
 *
 * @param diff the change, as it is sent
 * @returns empty where nothing is known beyond the diff
 */
export async function gatherReviewContext(
  diff: string,
  reader: CodeReader,
  { signal, characters }: ReviewContextLimits,
): Promise<string> {
  const texts = new Map<string, Promise<readonly string[] | null>>();
  const linesOf = (path: string): Promise<readonly string[] | null> => {
    const known = texts.get(path) ?? reader.lines(path, signal);
    texts.set(path, known);
    return known;
  };
  const pieces: Piece[] = [];
  let functions = 0;
  for (const [path, changed] of changedLines(diff)) {
    if (signal.aborted || functions >= MOST_FUNCTIONS) break;
    const lines = await linesOf(path);
    // A file that is not as the diff says, because it has changed since, would show the wrong functions.
    if (!lines || changed.some(({ line, text }) => text !== null && lines[line] !== text)) continue;
    const declared = await reader.declarations(path, signal);
    for (const each of enclosing(changed, declared, lines).slice(0, MOST_FUNCTIONS - functions)) {
      functions++;
      pieces.push({ ...shownPart(each, changed), path, what: each.name ? `changed: ${each.name}` : 'changed' });
      if (each.name && !signal.aborted) pieces.push(...(await usesOf(path, each, declared !== null, reader, signal)));
    }
  }
  return format(pieces, linesOf, characters);
}

interface Changed {
  /** From 0. */
  readonly line: number;
  /** Null for the place of a removed line. */
  readonly text: string | null;
}

/** The changed lines of each file that exists after the change. */
function changedLines(diff: string): Map<string, Changed[]> {
  const files = new Map<string, Changed[]>();
  walkDiff(diff, ({ path, line, mark, text }) => {
    if (mark === ' ') return;
    const changed = { line: line - 1, text: mark === '+' ? text.replace(/\r$/, '') : null };
    const lines = files.get(path);
    if (lines) lines.push(changed);
    else files.set(path, [changed]);
  });
  return files;
}

/** The innermost declarations around the changed lines, each once; by indentation where no language server knows them. */
function enclosing(
  changed: readonly Changed[],
  declared: readonly Declaration[] | null,
  lines: readonly string[],
): Declaration[] {
  const found = new Map<number, Declaration>();
  for (const { line } of changed) {
    const inner = declared
      ? declared
          .filter(({ start, end }) => start <= line && line < end)
          .sort((a, b) => a.end - a.start - (b.end - b.start))[0]
      : blockAround(lines, line);
    if (inner && !found.has(inner.start)) found.set(inner.start, inner);
  }
  return [...found.values()];
}

/** Words before a bracket that declare nothing. */
const NO_NAME = /^(?:if|for|while|switch|catch|return|function|func|fn|def|match|with|elif|else|do|try|new|await)$/;

/**
 * The block that a line is in by its indentation: from the nearest line above that is indented less and names something,
 * to the line before the next one that is indented no more than that.
 */
export function blockAround(lines: readonly string[], line: number): Declaration | undefined {
  const indentOf = (text: string): number => text.length - text.trimStart().length;
  let limit = Math.max(1, indentOf(lines[line] ?? '') || indentOf(lines[line - 1] ?? ''));
  for (let start = line; start >= 0 && line - start < 400; start--) {
    const text = lines[start] ?? '';
    if (text.trim() === '' || (indentOf(text) >= limit && start !== line)) continue;
    const name = [
      ...text.matchAll(
        /([\p{L}_$][\p{L}\p{N}_$]*)\s*(?:<[^>]*>)?\s*(?:\(|=\s*(?:async\s*)?(?:\(|function\b))|(?:class|struct|trait|interface|impl|enum|module)\s+([\p{L}_$][\p{L}\p{N}_$]*)/gu,
      ),
    ]
      .map(([, called, typed]) => called ?? typed ?? '')
      .find((word) => word && !NO_NAME.test(word));
    const opens = /[{:([]\s*$|\bdo\s*$|\bthen\s*$|^\s*(?:def|class|func|fn|sub|function)\b/.test(text);
    if (name !== undefined && opens) {
      const own = indentOf(text);
      let end = start + 1;
      while (end < lines.length && ((lines[end] ?? '').trim() === '' || indentOf(lines[end] ?? '') > own)) end++;
      // The bracket that closes it.
      if (/^\s*(?:[)}\]]|end\b)/.test(lines[end] ?? '')) end++;
      if (end > line) return { name, start, end, line: start, column: Math.max(0, text.indexOf(name)) };
    }
    if (indentOf(text) < limit) limit = Math.max(1, indentOf(text));
    if (start !== line && indentOf(text) === 0) return undefined;
  }
  return undefined;
}

/** A function whole, or of a long one the lines around what changed in it. */
function shownPart({ start, end }: Declaration, changed: readonly Changed[]): Omit<CodeSpan, 'path'> {
  if (end - start <= MOST_LINES) return { start, end };
  const first = changed.find(({ line }) => line >= start && line < end)?.line ?? start;
  const from = Math.max(start, Math.min(first - MOST_LINES / 4, end - MOST_LINES));
  return { start: from, end: Math.min(end, from + MOST_LINES) };
}

/**
 * Callers and tests of a declaration: by the language server, and where it names none in other files, by its name in their
 * text. A server without a project file knows the open files alone.
 */
async function usesOf(
  path: string,
  declared: Declaration,
  isKnown: boolean,
  reader: CodeReader,
  signal: AbortSignal,
): Promise<Piece[]> {
  const known = isKnown ? await reader.references(path, declared, signal) : null;
  const isEnough = known?.some((use) => use.path !== path) ?? false;
  const found = isEnough ? (known ?? []) : [...(known ?? []), ...(await reader.search(declared.name, path, signal))];
  const uses = found.filter((use) => use.path !== path || use.end <= declared.start || use.start >= declared.end);
  const take = (what: string, most: number, around: number, isTest: boolean): Piece[] =>
    uses
      .filter((use) => isTestPath(use.path) === isTest)
      .slice(0, most)
      .map((use) => ({ what, path: use.path, start: Math.max(0, use.start - around), end: use.end + around }));
  return [
    ...take(`uses ${declared.name}`, MOST_CALLERS, AROUND_CALLER, false),
    ...take(`tests ${declared.name}`, MOST_TESTS, AROUND_TEST, true),
  ];
}

/** The pieces as text, overlapping ones as one, as many as fit. */
async function format(
  pieces: readonly Piece[],
  linesOf: (path: string) => Promise<readonly string[] | null>,
  characters: number,
): Promise<string> {
  const heading = 'Code around the change, to read only:';
  const texts: string[] = [];
  let left = characters - heading.length;
  const shown: Piece[] = [];
  for (const piece of pieces) {
    if (shown.some(({ path, start, end }) => path === piece.path && start <= piece.start && end >= piece.end)) continue;
    const lines = await linesOf(piece.path);
    if (!lines) continue;
    const text = numbered(lines, piece);
    const block = `\n\n${inOneLine(piece.path)} (${piece.what}):\n${text}`;
    if (block.length > left) continue;
    left -= block.length;
    shown.push(piece);
    texts.push(block);
  }
  return texts.length === 0 ? '' : heading + texts.join('');
}

/** Lines with their numbers from 1; a secret that goes over several lines is shown whole, to be masked as one. */
function numbered(lines: readonly string[], { start, end }: CodeSpan): string {
  const text = lines.join('\n');
  const offset = (line: number): number => lines.slice(0, line).reduce((sum, each) => sum + each.length + 1, 0);
  const span = aroundSecrets(text, offset(start), Math.min(text.length, offset(Math.min(end, lines.length)) - 1));
  const first = text.slice(0, span.start).split('\n').length;
  return text
    .slice(span.start, span.end)
    .split('\n')
    .map((line, i) => `${String(first + i).padStart(5)} ${line}`)
    .join('\n');
}
