import { codeTokens, lexMarkdown } from '../common/codeBlocks.ts';
import { pathInComment, pathInHeading, readFenceInfo } from './answerPaths.ts';
import { diffLines } from './lineDiff.ts';
import { limitEdits } from './limitEdits.ts';
import { splitAnswer } from './lines.ts';
import { looksLikeDiff, readDiff } from './parseDiff.ts';
import type { AnswerProblem, BlockEdit, BlockLine, EditBlock, ParsedAnswer, ProposedEdit } from './proposal.ts';

/**
 * Reads the edits out of a model's answer: whole files in fences, search/replace blocks, unified diffs, several files
 * in any mixture. A part that cannot be read with certainty is a problem, never a guess.
 */

const SEARCH = /^\s{0,3}<{5,9} ?(?:SEARCH|ORIGINAL)\b/;
const DIVIDER = /^\s{0,3}={5,9}\s*$/;
const REPLACE = /^\s{0,3}>{5,9} ?(?:REPLACE|UPDATED)\b/;
/** Other merge-conflict marks: text like any other, but a pair that a block must hold whole. */
const CONFLICT_START = /^<{7} /;
const CONFLICT_END = /^>{7} /;
const FENCE = /^(\s*(?:[-*+]\s+)?)(`{3,}|~{3,})(.*)$/;

/** Blocks in these languages are something to run or to read, not the text of a file, unless the answer names one. */
const NO_FILE =
  /^(?:bash|sh|shell|shellscript|zsh|fish|console|terminal|powershell|ps1|bat|cmd|text|txt|plaintext|output|log)$/i;

interface Found {
  readonly problem: AnswerProblem;
  readonly path: string | null;
  readonly line: number;
}

class AnswerReader {
  readonly #lines: readonly string[];
  readonly #edits: ProposedEdit[] = [];
  readonly #problems: Found[] = [];
  #at = 0;
  /** The path named last, and the line that named it. */
  #named: { readonly path: string; readonly line: number } | null = null;
  /** The fence around the search/replace blocks that are being read. */
  #around: string | null = null;

  constructor(lines: readonly string[]) {
    this.#lines = lines;
  }

  read(): ParsedAnswer {
    while (this.#at < this.#lines.length) this.#readNext();
    return limitEdits({ edits: joinBlocks(this.#edits), problems: this.#problems });
  }

  #line(index = this.#at): string {
    return this.#lines[index] ?? '';
  }

  #problem(problem: AnswerProblem, path: string | null, line = this.#at): void {
    this.#problems.push({ problem, path, line: line + 1 });
  }

  #readNext(): void {
    const line = this.#line();
    if (SEARCH.test(line)) return this.#readSearch();
    const fence = FENCE.exec(line);
    if (fence && this.#around !== null && isClosing(line, this.#around)) {
      this.#around = null;
      this.#at += 1;
      return;
    }
    if (fence && !(fence[2]?.startsWith('`') && fence[3]?.includes('`'))) return this.#readFence(fence);
    if (/^--- \S/.test(line) && /^\+\+\+ \S/.test(this.#line(this.#at + 1))) return this.#readBareDiff();
    const path = pathInHeading(line);
    if (path !== null) this.#named = { path, line: this.#at };
    this.#at += 1;
  }

  /** The path for a block that begins here: named in the two lines with text before it. */
  #pathNear(start: number): string | null {
    if (this.#named === null || this.#named.line < 0) return null;
    const between = this.#lines.slice(this.#named.line + 1, start).filter((line) => line.trim() !== '').length;
    return between <= 1 ? this.#named.path : null;
  }

  #readSearch(): void {
    const start = this.#at;
    const path = this.#named?.path ?? null;
    const body: string[] = [];
    let depth = 0;
    for (this.#at += 1; this.#at < this.#lines.length; this.#at += 1) {
      const line = this.#line();
      if (SEARCH.test(line)) break;
      if (CONFLICT_START.test(line)) depth += 1;
      else if (REPLACE.test(line) || (depth === 0 && /^>{7}\s*$/.test(line))) {
        this.#at += 1;
        const block = readBlock(body);
        if (block === null) this.#problem('malformed', path, start);
        else this.#edits.push({ kind: 'blocks', format: 'search-replace', path, creates: false, blocks: [block] });
        return;
      } else if (CONFLICT_END.test(line)) depth -= 1;
      body.push(line);
    }
    this.#problem(this.#at < this.#lines.length ? 'malformed' : 'truncated', path, start);
  }

  #readFence(fence: RegExpExecArray): void {
    const start = this.#at;
    const indent = fence[1] ?? '';
    const marks = fence[2] ?? '```';
    const info = readFenceInfo(fence[3] ?? '');
    if (info.path !== null) this.#named = { path: info.path, line: start };
    if (this.#holdsSearch(start, marks)) {
      this.#around = marks;
      this.#at += 1;
      return;
    }
    const path = info.path ?? this.#pathNear(start);
    const end = findFenceEnd(
      this.#lines,
      start,
      marks,
      /^(?:md|markdown|mdx)$/i.test(info.language) || /\.mdx?$/i.test(path ?? ''),
    );
    if (typeof end === 'string') {
      this.#at = this.#lines.length;
      if (path !== null || !NO_FILE.test(info.language)) this.#problem(end, path, start);
      return;
    }
    this.#at = end + 1;
    const width = indent.replace(/[-*+]/, ' ').length;
    const content = this.#lines.slice(start + 1, end).map((line) => dedent(line, width));
    this.#addBlock(info.language, content, path, start);
    // A path named before one block is not that of the next, except of more search/replace blocks.
    if (this.#named !== null && this.#named.line <= start) this.#named = path === null ? null : { path, line: -2 };
  }

  #addBlock(language: string, content: readonly string[], path: string | null, start: number): void {
    const { edits, problems } = readBlockText(language, content, path);
    this.#edits.push(...edits);
    for (const problem of problems) this.#problem(problem.problem, problem.path, start);
  }

  /** Whether search/replace marks come before the fence closes: then they and not the fences count. */
  #holdsSearch(start: number, marks: string): boolean {
    for (let i = start + 1; i < this.#lines.length; i++) {
      if (SEARCH.test(this.#line(i))) return true;
      if (isClosing(this.#line(i), marks)) return false;
    }
    return false;
  }

  #readBareDiff(): void {
    const start = this.#at;
    let end = start + 2;
    while (end < this.#lines.length && isDiffLine(this.#lines, end)) end += 1;
    // Blank lines after the last hunk belong to the prose.
    while (end > start && this.#line(end - 1).trim() === '') end -= 1;
    this.#at = end;
    this.#addBlock('diff', this.#lines.slice(start, end), this.#pathNear(start), start);
  }
}

/** All that an answer proposes. */
export function parseAnswer(answer: string): ParsedAnswer {
  return new AnswerReader(splitAnswer(answer.replace(/^\uFEFF/, ''))).read();
}

/**
 * One code block of an answer, for "apply this block".
 * @param info the info string of its fence
 * @param path what the answer names as its file, if it does
 */
export function parseCodeBlock(text: string, info: string, path: string | null): ParsedAnswer {
  const { language, path: inInfo } = readFenceInfo(info);
  const content = splitAnswer(text.replace(/(?:\r\n|\n|\r)$/, ''));
  const named = inInfo ?? path;
  if (content.some((line) => SEARCH.test(line))) {
    const { edits, problems } = parseAnswer(text);
    return { edits: edits.map((edit) => ({ ...edit, path: edit.path ?? named })), problems };
  }
  // The caller that asks for this block means it, whatever its language.
  return readBlockText(NO_FILE.test(language) ? '' : language, content, named);
}

function readBlockText(language: string, content: readonly string[], path: string | null): ParsedAnswer {
  if (looksLikeDiff(content, language)) return readDiff(content, path);
  if (content.every((line) => line.trim() === '')) return { edits: [], problems: [] };
  const inComment = pathInComment(content[0] ?? '');
  if (path === null && inComment === null && NO_FILE.test(language)) return { edits: [], problems: [] };
  const firstLineNames = inComment !== null && (path === null || samePath(path, inComment));
  return {
    edits: [{ kind: 'whole', path: path ?? inComment, lines: content, firstLineNames, language }],
    problems: [],
  };
}

const samePath = (a: string, b: string): boolean => a === b || a.endsWith(`/${b}`) || b.endsWith(`/${a}`);

/** Each line that may part a block costs a comparison of its whole text; honest blocks have a few. */
const MOST_DIVIDERS = 20;

/** The block between the marks; null if it has no divider. */
function readBlock(body: readonly string[]): EditBlock | null {
  const dividers: number[] = [];
  let depth = 0;
  for (const [i, line] of body.entries()) {
    if (CONFLICT_START.test(line)) depth += 1;
    else if (CONFLICT_END.test(line)) depth -= 1;
    else if (DIVIDER.test(line) && depth === 0 && dividers.length < MOST_DIVIDERS) dividers.push(i);
  }
  const readings = dividers.map((at) => linesBetween(body.slice(0, at), body.slice(at + 1)));
  const [lines, ...alternatives] = readings;
  if (lines === undefined) return null;
  return alternatives.length > 0 ? { lines, alternatives } : { lines };
}

/** The change from one text to the other, as context, removed and added lines. */
function linesBetween(before: readonly string[], after: readonly string[]): BlockLine[] {
  const lines: BlockLine[] = [];
  const add = (kind: BlockLine['kind'], texts: readonly string[]): void => {
    for (const text of texts) lines.push({ kind, text });
  };
  let at = 0;
  for (const change of diffLines(before, after)) {
    add('context', before.slice(at, change.start));
    add('remove', before.slice(change.start, change.end));
    add('add', after.slice(change.newStart, change.newEnd));
    at = change.end;
  }
  add('context', before.slice(at));
  return lines;
}

const isClosing = (line: string, marks: string): boolean => {
  const fence = FENCE.exec(line);
  return fence?.[3]?.trim() === '' && (fence[2] ?? '').startsWith(marks);
};

/**
 * The line that closes a fence. Fences inside it count when they have a language; in Markdown also bare ones, if there
 * is one way only to pair them.
 */
function findFenceEnd(
  lines: readonly string[],
  start: number,
  marks: string,
  isMarkdown: boolean,
): number | 'truncated' | 'ambiguous-fence' {
  let depth = 0;
  let end = -1;
  for (let i = start + 1; i < lines.length && end < 0; i++) {
    const fence = FENCE.exec(lines[i] ?? '');
    if (!fence || !fence[2]?.startsWith(marks)) continue;
    const info = fence[3]?.trim() ?? '';
    if (info !== '' && /^[\w+#.:{/-]+(?:\s|$)/.test(info) && !info.includes('`')) depth += 1;
    else if (info === '') {
      if (depth === 0) end = i;
      else depth -= 1;
    }
  }
  if (end < 0) return 'truncated';
  if (!isMarkdown) return end;
  const later = lines
    .slice(end + 1)
    .flatMap((line, i) => (FENCE.exec(line)?.[2]?.startsWith(marks) ? [end + 1 + i] : []));
  if (later.length === 0) return end;
  if (later.every((at) => FENCE.exec(lines[at] ?? '')?.[3]?.trim() === '')) {
    // Bare fences only: an even number of them pairs up inside, and the last one closes.
    return later.length % 2 === 0 ? (later.at(-1) as number) : 'ambiguous-fence';
  }
  // Another block with a language follows; it is a new one if the fences up to it are balanced and text names it.
  return opensNext(lines, end, later[0] as number) ? end : 'ambiguous-fence';
}

const opensNext = (lines: readonly string[], end: number, next: number): boolean =>
  FENCE.exec(lines[next] ?? '')?.[3]?.trim() !== '' &&
  (readFenceInfo(FENCE.exec(lines[next] ?? '')?.[3] ?? '').path !== null ||
    lines.slice(end + 1, next).some((line) => pathInHeading(line) !== null));

function dedent(line: string, width: number): string {
  let cut = 0;
  while (cut < width && line[cut] === ' ') cut += 1;
  return line.slice(cut);
}

/** Whether a line outside any fence still belongs to a diff. */
function isDiffLine(lines: readonly string[], at: number): boolean {
  const line = lines[at] ?? '';
  if (/^(?:[ +\\@-]|diff --git |index [0-9a-f]+\.\.|new file mode|deleted file mode)/.test(line))
    return !/^- \S.*\.$/.test(line) || at === 0;
  return line === '' && /^[ +@-]/.test(lines[at + 1] ?? '');
}

/** Blocks for the same file that stand next to each other are one edit. */
function joinBlocks(edits: readonly ProposedEdit[]): ProposedEdit[] {
  const joined: ProposedEdit[] = [];
  for (const edit of edits) {
    const last = joined.at(-1);
    if (
      edit.kind === 'blocks' &&
      last?.kind === 'blocks' &&
      last.path === edit.path &&
      last.format === edit.format &&
      !edit.creates
    ) {
      const both: BlockEdit = { ...last, ...edit, creates: last.creates, blocks: [...last.blocks, ...edit.blocks] };
      joined[joined.length - 1] = both;
    } else joined.push(edit);
  }
  return joined;
}

/**
 * The edit that one code block of an answer proposes, when the user chooses the block: it is counted as the page counts it, and the
 * line before it may name its file.
 *
 * @param block from 0; undefined if there is no such block
 */
export function editsOfBlock(answer: string, block: number): ParsedAnswer | undefined {
  const token = codeTokens(lexMarkdown(answer))[block];
  if (!token) return undefined;
  const isFenced = token.codeBlockStyle !== 'indented';
  if (isFenced && !/\n[ \t>]*(?:`{3,}|~{3,})[ \t]*\n*$/.test(token.raw))
    return { edits: [], problems: [{ problem: 'truncated', path: null, line: 1 }] };
  return parseCodeBlock(token.text, token.lang ?? '', pathBefore(answer, token.raw));
}

/** The file that the last line with text before the block names, if that is not a line of another block. */
function pathBefore(answer: string, raw: string): string | null {
  const at = answer.indexOf(raw.trimEnd());
  const lines = at < 0 ? [] : answer.slice(0, at).trimEnd().split('\n');
  const line = lines.at(-1) ?? '';
  return /^\s*(?:`{3,}|~{3,})/.test(line) ? null : pathInHeading(line);
}
