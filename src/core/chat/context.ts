import { t } from '@vscode/l10n';
import { linesInSecrets, sliceBetweenSecrets } from '../privacy/maskSecrets.ts';

/**
 * Context as text: what the sources of the editor (files, problems, a git diff, a web page) become before they are sent
 * with a question. Every text says where each part is from, and every limit that cut something is told.
 */

/** A file of the workspace with its text. */
export interface SourceFile {
  /** As people see it: relative to the workspace. */
  readonly path: string;
  readonly text: string;
}

/** Text for the model, and what the user is told about it. */
export interface Gathered {
  readonly text: string;
  /** Sentences for the tooltip of the chip: what was left out and why. */
  readonly remarks: readonly string[];
}

// ---------------------------------------------------------------------------------------------------------------------
// Finding

/**
 * The paths that match a query best, best first. A query matches where its letters occur in order; whole words, the
 * start of the file's name and short paths count for more.
 */
export function rankPaths(paths: readonly string[], query: string, most: number): string[] {
  const wanted = query.toLowerCase().replaceAll('\\', '/');
  if (!wanted) return paths.slice(0, most);
  const scored: { path: string; score: number }[] = [];
  for (const path of paths) {
    const score = scorePath(path.toLowerCase(), wanted);
    if (score > 0) scored.push({ path, score });
  }
  return scored
    .sort((a, b) => b.score - a.score || a.path.length - b.path.length || (a.path < b.path ? -1 : 1))
    .slice(0, most)
    .map(({ path }) => path);
}

/** 0 for no match. Both in lower case. */
function scorePath(path: string, query: string): number {
  const name = path.slice(path.lastIndexOf('/', path.length - 2) + 1);
  if (name === query || path === query) return 1000;
  if (name.startsWith(query)) return 800 - name.length;
  const inName = name.indexOf(query);
  if (inName > 0) return (/[^a-z0-9]/.test(name[inName - 1] ?? '') ? 600 : 500) - name.length;
  if (path.includes(query)) return 300 - path.length / 100;
  if (isSubsequence(query, name)) return 150 - name.length;
  return isSubsequence(query, path) ? 50 - path.length / 100 : 0;
}

function isSubsequence(query: string, text: string): boolean {
  let at = 0;
  for (const letter of query) {
    at = text.indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return true;
}

/** A line of a file in which the searched text was found; lines count from 1. */
export interface FoundLine {
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

/** Longest line that is kept of a match, in characters: more is minified code. */
const LONGEST_LINE = 400;

/** The lines of a text that contain the needle, upper and lower case alike. Lines within a private key are left out. */
export function findLines({ path, text }: SourceFile, needle: string, most: number): FoundLine[] {
  const found: FoundLine[] = [];
  const lower = text.toLowerCase();
  const wanted = needle.toLowerCase();
  if (!wanted) return found;
  let line = 1;
  let counted = 0;
  let hidden: ReadonlySet<number> | undefined;
  for (let at = lower.indexOf(wanted); at >= 0 && found.length < most; at = lower.indexOf(wanted, at)) {
    for (let i = lower.indexOf('\n', counted); i >= 0 && i < at; i = lower.indexOf('\n', i + 1)) {
      line++;
      counted = i + 1;
    }
    const end = text.indexOf('\n', at);
    const whole = text.slice(counted, end < 0 ? text.length : end).trimEnd();
    hidden ??= linesInSecrets(text);
    // One line of a private key does not show that it is one.
    if (!hidden.has(line - 1)) {
      const shown = whole.length > LONGEST_LINE ? `${sliceBetweenSecrets(whole, 0, LONGEST_LINE)}…` : whole;
      found.push({ path, line, text: shown });
    }
    if (end < 0) break;
    at = end;
  }
  return found;
}

/** Matches by file, as `grep -n` would print them. */
export function formatFound(found: readonly FoundLine[]): string {
  return found.map(({ path, line, text }) => `${path}:${line}: ${text.trim()}`).join('\n');
}

// ---------------------------------------------------------------------------------------------------------------------
// Several files

/** Joins files under their names until the limit (in characters) is reached; the rest is only named. */
export function joinFiles(files: readonly SourceFile[], limit: number): Gathered {
  const parts: string[] = [];
  const left: string[] = [];
  let size = 0;
  for (const { path, text } of files) {
    if (size + text.length > limit) {
      left.push(path);
      continue;
    }
    size += text.length + path.length;
    parts.push(`--- ${path} ---\n${text.trimEnd()}\n`);
  }
  if (left.length) parts.push(`--- not included, too long ---\n${left.join('\n')}\n`);
  return {
    text: parts.join('\n'),
    remarks: left.length
      ? [t('Files listed by name only, because their contents would be too long: {0}', left.length)]
      : [],
  };
}

/** The message about files that are not read because a link in the workspace leads out of it. */
export function linksRemark(count: number): string[] {
  return count > 0 ? [t('Files left out because they are links that lead out of the workspace: {0}', count)] : [];
}

// ---------------------------------------------------------------------------------------------------------------------
// Problems

export interface Problem {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** The tool that reported it, with its code: `ts 2304`. */
  readonly source: string;
}

/** Problems as compilers print them, errors first. */
export function formatProblems(problems: readonly Problem[], most: number): Gathered {
  const sorted = [...problems].sort((a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning'));
  const shown = sorted.slice(0, most);
  return {
    text: shown
      .map(({ path, line, severity, message, source }) => {
        const said = message.replace(/\s+/g, ' ').trim();
        return `${path}:${line}: ${severity}: ${said}${source ? ` (${source})` : ''}`;
      })
      .join('\n'),
    remarks: shown.length < sorted.length ? [t('{0} of {1} problems, errors first.', shown.length, sorted.length)] : [],
  };
}

// ---------------------------------------------------------------------------------------------------------------------
// Changes

export { leftOutRemark, trimDiff } from '../privacy/gitDiff.ts';

// ---------------------------------------------------------------------------------------------------------------------
// Web pages

/** Elements whose content is not shown. Attributes are bounded, so that no page can make the search quadratic. */
const SILENT = /<(script|style|noscript|template|svg|title|iframe)\b[^<>]{0,2000}>[\s\S]*?(?:<\/\1\s*>|$)/gi;

/** The readable text of an HTML page, one line per block. Nothing of it is ever interpreted again. */
export function textOfHtml(html: string): string {
  return decode(
    html
      .replace(/<!--[\s\S]*?(?:-->|$)/g, ' ')
      .replace(SILENT, ' ')
      .replace(
        /<(?:br|hr)\b[^<>]{0,200}>|<\/(?:p|div|li|tr|h[1-6]|pre|section|article|table|ul|ol|blockquote|dt|dd)\s*>/gi,
        '\n',
      )
      .replace(/<li\b[^<>]{0,500}>/gi, '- ')
      .replace(/<\/?(?:a|b|i|em|strong|span|code|kbd|sup|sub|mark)\b[^<>]{0,1000}>/gi, '')
      .replace(/<[a-z/!?][^<>]*>?/gi, ' '),
  )
    .replace(/[ \t\f\v\u00a0]+/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

const decode = (text: string): string =>
  text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w{1,10}));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return NAMED[String(name).toLowerCase()] ?? whole;
    const point = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return point > 0 && point < 0x110000 && (point < 0xd800 || point > 0xdfff) ? String.fromCodePoint(point) : ' ';
  });

/** The title of an HTML page, or empty. */
export const titleOfHtml = (html: string): string =>
  decode(/<title[^<>]{0,300}>([^<]{0,300})/i.exec(html)?.[1] ?? '')
    .replace(/\s+/g, ' ')
    .trim();
