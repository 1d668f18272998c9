import { readQuotedPath } from '../common/paths.ts';
import { looksLikePath } from './answerPaths.ts';
import { omissionIn } from './codeShape.ts';
import type { AnswerProblem, BlockLine, EditBlock, ParsedAnswer, ProposedEdit } from './proposal.ts';

/**
 * Unified diffs as models write them: counts and line numbers are often wrong, headers missing, empty context lines
 * without their space. The counts are therefore only believed where they agree with the lines.
 */

/** Whether a block is a diff, by its language or by what is in it. */
export function looksLikeDiff(lines: readonly string[], language: string): boolean {
  const isHeader = (line: string, i: number): boolean =>
    /^@@(?: .*)?@@|^@@ ?$/.test(line) || (line.startsWith('--- ') && (lines[i + 1] ?? '').startsWith('+++ '));
  if (/^(?:diff|patch|udiff)$/i.test(language))
    return lines.some((line) => /^[+-]|^diff --git /.test(line)) || lines.some(isHeader);
  if (lines.some((line) => line.startsWith('diff --git '))) return true;
  return lines.some(isHeader) && lines.some((line) => /^[+-](?![+-]{2} )/.test(line));
}

interface FilePart {
  oldPath: string | null;
  newPath: string | null;
  unsupported: boolean;
  readonly blocks: EditBlock[];
  finalNewline?: boolean;
}

/**
 * The edits of a diff over one or several files.
 * @param path the file, where the diff has no headers
 */
export function readDiff(lines: readonly string[], path: string | null): ParsedAnswer {
  const parts: FilePart[] = [];
  const newPart = (): FilePart => {
    const part: FilePart = { oldPath: null, newPath: null, unsupported: false, blocks: [] };
    parts.push(part);
    return part;
  };
  let part: FilePart | undefined;
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? '';
    if (line.startsWith('diff --git ')) part = newPart();
    else if (/^(?:rename|copy) (?:from|to) |^(?:GIT binary patch|Binary files )/.test(line))
      (part ??= newPart()).unsupported = true;
    else if (isFileHeader(lines, at)) {
      if (part === undefined || part.newPath !== null || part.blocks.length > 0) part = newPart();
      part.oldPath = readHeaderPath(line.slice(4));
      part.newPath = readHeaderPath((lines[at + 1] ?? '').slice(4));
      at += 1;
    } else if (line.startsWith('@@') || /^[ +-]/.test(line)) {
      part ??= newPart();
      const end = findHunkEnd(lines, line.startsWith('@@') ? at + 1 : at);
      readHunk(lines.slice(at, end), part);
      at = end;
      continue;
    }
    at += 1;
  }
  const edits: ProposedEdit[] = [];
  const problems: { problem: AnswerProblem; path: string | null; line: number }[] = [];
  for (const each of parts) {
    if (each.unsupported) problems.push({ problem: 'unsupported', path: each.newPath ?? path, line: 1 });
    else if (each.blocks.length > 0 || each.newPath === NOWHERE) edits.push(editOf(each, path));
  }
  return { edits, problems };
}

const NOWHERE = '/dev/null';

function editOf({ oldPath, newPath, blocks, finalNewline }: FilePart, path: string | null): ProposedEdit {
  if (newPath === NOWHERE) return { kind: 'delete', path: oldPath ?? path };
  const creates = oldPath === NOWHERE;
  const named = newPath ?? oldPath ?? path;
  return {
    kind: 'blocks',
    format: 'diff',
    path: named,
    creates,
    blocks,
    ...(finalNewline === undefined ? {} : { finalNewline }),
  };
}

const isFileHeader = (lines: readonly string[], at: number): boolean =>
  /^--- \S/.test(lines[at] ?? '') && /^\+\+\+ \S/.test(lines[at + 1] ?? '');

/** `a/src/x.ts\t2024-01-01` and `"b/\303\251.ts"` are paths with decoration. */
function readHeaderPath(text: string): string | null {
  const [name = ''] = text.split('\t');
  const plain = readQuotedPath(name.trim())
    .trim()
    .replace(/\s+\d{4}-\d\d-\d\d[ T][\d:.]+.*$/, '');
  if (plain === NOWHERE) return NOWHERE;
  const path = plain.replace(/^[ab]\//, '');
  return looksLikePath(path) || /^[\w./ -]+$/.test(path) ? path : null;
}

function findHunkEnd(lines: readonly string[], start: number): number {
  let at = start;
  while (at < lines.length) {
    const line = lines[at] ?? '';
    if (line.startsWith('@@') || line.startsWith('diff --git ') || isFileHeader(lines, at)) break;
    at += 1;
  }
  return at;
}

function readHunk(lines: readonly string[], part: FilePart): void {
  const header = /^@@+(?: -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))?)?/.exec(lines[0] ?? '');
  const body = header ? lines.slice(1) : lines;
  const read: BlockLine[] = [];
  for (const line of body) {
    if (line.startsWith('\\')) noteFinalNewline(read.at(-1), part);
    else if (line.startsWith('+')) read.push({ kind: 'add', text: line.slice(1) });
    else if (line.startsWith('-')) read.push({ kind: 'remove', text: line.slice(1) });
    // Models forget the space of a context line, most of all of an empty one.
    else read.push({ kind: 'context', text: line.startsWith(' ') ? line.slice(1) : line });
  }
  const wanted = header?.[1] === undefined ? null : { line: Number(header[1]), count: Number(header[2] ?? 1) };
  dropTrailingBlanks(read, wanted?.count);
  if (read.every(({ kind }) => kind === 'context')) return;
  const oldCount = read.filter(({ kind }) => kind !== 'add').length;
  const believed = wanted !== null && wanted.count === oldCount;
  if (believed) part.blocks.push({ lines: read, line: wanted.line });
  else part.blocks.push(...splitAtOmissions(read).map((each) => ({ lines: each })));
}

/** Hunks between which a diff leaves lines out by dots, without a header: each changes something. */
export function splitAtOmissions(lines: readonly BlockLine[]): (readonly BlockLine[])[] {
  const parts: BlockLine[][] = [[]];
  for (const line of lines) {
    const isOmission =
      line.kind === 'context' && (/^\s*(?:\.{3}|…)\s*$/.test(line.text) || omissionIn(line.text) === 'sure');
    if (isOmission) parts.push([]);
    else parts.at(-1)?.push(line);
  }
  return parts.filter((part) => part.some(({ kind }) => kind !== 'context'));
}

/** A blank line after a hunk parts it from the next thing; the count says whether it is context. */
function dropTrailingBlanks(read: BlockLine[], count: number | undefined): void {
  const oldCount = (): number => read.filter(({ kind }) => kind !== 'add').length;
  while (read.at(-1)?.kind === 'context' && read.at(-1)?.text === '' && (count === undefined || oldCount() > count))
    read.pop();
}

function noteFinalNewline(last: BlockLine | undefined, part: FilePart): void {
  if (last?.kind === 'remove') part.finalNewline ??= true;
  else part.finalNewline = false;
}
