import { codeTokens, lexMarkdown } from '../common/codeBlocks.ts';
import { contradicts, pathInComment, pathInHeading, readFenceInfo, type HeadingPath } from './answerPaths.ts';
import { areCommands, isPlain, isScriptName, isShell } from './commands.ts';
import { findFenceEnd } from './fences.ts';
import { limitEdits } from './limitEdits.ts';
import { splitAnswer } from './lines.ts';
import { closesFence, CONFLICT_END, CONFLICT_START, FENCE, isFence, REPLACE, SEARCH } from './marks.ts';
import { looksLikeDiff, readDiff } from './parseDiff.ts';
import { beginsPatch, endsPatch, readPatch } from './parsePatch.ts';
import type { AnswerProblem, BlockEdit, ParsedAnswer, ProposedEdit } from './proposal.ts';
import { readSearchReplace } from './searchReplace.ts';
import { mayBeToolText, readToolText } from './toolCallText.ts';

/**
 * Reads the edits out of a model's answer: whole files in fences, search/replace blocks, unified diffs, patches, several files
 * in any mixture. A part that cannot be read with certainty is a problem, never a guess.
 */

export interface ReadOptions {
  /** Path of the document that the question came from: a block of commands is code where that is a script. */
  readonly origin?: string | undefined;
}

type Problem = ParsedAnswer['problems'][number];

/** What some lines of the answer propose. */
interface Part {
  /** Lines of the answer, from 0, the end exclusive. */
  readonly from: number;
  to: number;
  edits: readonly ProposedEdit[];
  problems: readonly Problem[];
}

/** What the text above a block says about its file, and in which line. */
interface Named extends HeadingPath {
  readonly line: number;
}

class AnswerReader {
  readonly #lines: readonly string[];
  readonly #origin: string | undefined;
  readonly #parts: Part[] = [];
  #at = 0;
  /** The path named last. */
  #named: Named | null = null;
  /** The fence around the search/replace blocks that are being read, and its language. */
  #around: { readonly marks: string; readonly language: string } | null = null;

  /** How often text was taken for the call of a tool that was none: each costs a look at the rest of the answer. */
  #triedCalls = 0;
  #text: string | undefined;
  /** Where a line begins in the text, for the line up to which it was counted. */
  #offset = 0;
  #offsetLine = 0;
  /** The line that decided, for fences of these marks, whether search/replace blocks are in them. */
  readonly #searched = new Map<string, { readonly line: number; readonly holds: boolean }>();

  constructor(lines: readonly string[], { origin }: ReadOptions) {
    this.#lines = lines;
    this.#origin = origin;
  }

  read(): readonly Part[] {
    while (this.#at < this.#lines.length) this.#readNext();
    return this.#parts;
  }

  #line(index = this.#at): string {
    return this.#lines[index] ?? '';
  }

  /** Adds what was read from line `from` to the current one. */
  #add(from: number, { edits, problems }: ParsedAnswer, to = this.#at): void {
    this.#parts.push({ from, to, edits, problems: problems.map((each) => ({ ...each, line: from + 1 })) });
  }

  #problem(problem: AnswerProblem, path: string | null, from: number): void {
    this.#add(from, { edits: [], problems: [{ problem, path, line: from + 1 }] });
  }

  #readNext(): void {
    const line = this.#line();
    if (SEARCH.test(line)) return this.#readSearch();
    if (REPLACE.test(line)) return this.#readStrayEnd();
    const fence = isFence(line) ? FENCE.exec(line) : null;
    if (fence && this.#around !== null && closesFence(line, this.#around.marks)) {
      this.#around = null;
      this.#at += 1;
      return;
    }
    if (fence) return this.#readFence(fence);
    if (mayBeToolText(this.#lines, this.#at) && this.#readToolCall()) return;
    if (beginsPatch(line)) return this.#readBarePatch();
    if (/^--- \S/.test(line) && /^\+\+\+ \S/.test(this.#line(this.#at + 1))) return this.#readBareDiff();
    const named = pathInHeading(line);
    if (named !== null) this.#named = { ...named, line: this.#at };
    this.#at += 1;
  }

  /** What is named in the two lines with text before a block that begins at `start`. */
  #near(start: number): Named | null {
    if (this.#named === null || this.#named.line < 0) return null;
    const between = this.#lines.slice(this.#named.line + 1, start).filter((line) => line.trim() !== '').length;
    return between <= 1 ? this.#named : null;
  }

  /** The mark of an end without its beginning: the block before it may have been read wrongly. */
  #readStrayEnd(): void {
    const last = this.#parts.at(-1);
    const between = last ? this.#lines.slice(last.to, this.#at) : [];
    const path = this.#named?.path ?? null;
    const isRepeated =
      last !== undefined && between.every((line) => line.trim() === '') && REPLACE.test(this.#line(last.to - 1));
    this.#at += 1;
    if (isRepeated) last.to = this.#at;
    else {
      this.#withdrawLast('malformed');
      this.#problem('malformed', path, this.#at - 1);
    }
  }

  /** What was read last cannot be trusted. */
  #withdrawLast(problem: AnswerProblem): void {
    const last = this.#parts.at(-1);
    if (!last || last.edits.length === 0) return;
    const [{ path } = { path: null }] = last.edits;
    last.edits = [];
    last.problems = [...last.problems, { problem, path, line: last.from + 1 }];
  }

  #readSearch(): void {
    const start = this.#at;
    const named = this.#named;
    const path = named?.path ?? null;
    const language = this.#around?.language ?? '';
    const body: string[] = [];
    let depth = 0;
    for (this.#at += 1; this.#at < this.#lines.length; this.#at += 1) {
      const line = this.#line();
      if (SEARCH.test(line)) break;
      if (CONFLICT_START.test(line)) depth += 1;
      else if (REPLACE.test(line) || (depth === 0 && /^>{7}\s*$/.test(line))) {
        this.#at += 1;
        const block = readSearchReplace(body);
        if (block === null) return this.#problem('malformed', path, start);
        const edit: BlockEdit = {
          kind: 'blocks',
          format: 'search-replace',
          ...pathOf(named),
          creates: false,
          blocks: [block],
        };
        return this.#add(start, { edits: [language === '' ? edit : { ...edit, language }], problems: [] });
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
    if (info.path !== null) this.#named = { path: info.path, namedBy: 'format', line: start };
    if (this.#holdsSearch(start, marks)) {
      this.#around = { marks, language: info.language };
      this.#at += 1;
      return;
    }
    const near = info.path === null ? this.#near(start) : this.#named;
    const isOther = near?.namedBy === 'mention' && near.path !== null && contradicts(info.language, near.path);
    const named = isOther ? null : near;
    const path = named?.path ?? null;
    const isMarkdown = /^(?:md|markdown|mdx)$/i.test(info.language) || /\.mdx?$/i.test(path ?? '');
    const end = findFenceEnd(this.#lines, start, marks, isMarkdown);
    if (end.kind === 'cut') {
      // The text names another file before the fence is closed.
      this.#at = end.at;
      this.#named = null;
      return this.#problem('ambiguous-fence', path, start);
    }
    if (end.kind !== 'closed') {
      const isBare = info.language === '' && named === null;
      // A fence without a language that never closes may be the end of the block before it.
      if (isBare) this.#withdrawLast('ambiguous-fence');
      this.#at = this.#lines.length;
      if (path !== null || !(isShell(info.language) || isPlain(info.language))) this.#problem(end.kind, path, start);
      return;
    }
    this.#at = end.at + 1;
    const content = this.#lines.slice(start + 1, end.at).map((line) => dedent(line, indent));
    this.#add(start, this.#readContent(info.language, content, named));
    // A path named before one block is not that of the next, except of more search/replace blocks.
    if (this.#named !== null && this.#named.line <= start)
      this.#named = named === null || named.path === null ? null : { ...named, line: -2 };
  }

  /** What the text of a block proposes. */
  #readContent(language: string, content: readonly string[], named: HeadingPath | null): ParsedAnswer {
    const path = named?.path ?? null;
    const call = readFencedCall(language, content, path, this.#origin);
    if (call) return call;
    if (content.some(beginsPatch)) return readPatch(content);
    if (looksLikeDiff(content, language)) return readNamedDiff(content, named);
    if (content.every((line) => line.trim() === '')) return NOTHING;
    // The end of a search/replace block without its beginning.
    if (content.some((line) => REPLACE.test(line)))
      return { edits: [], problems: [{ problem: 'malformed', path, line: 1 }] };
    const first = pathInComment(content[0] ?? '');
    const isToRun = isShell(language) || (language === '' && areCommands(content));
    if (isToRun) {
      const script = [named?.namedBy === 'format' ? path : null, path, first, this.#origin].find(
        (each, i) => typeof each === 'string' && (i === 0 || isScriptName(each)),
      );
      if (script === null || script === undefined || /^\s*\$ /.test(content[0] ?? '')) return NOTHING;
      named = script === this.#origin ? null : { ...named, path: script, namedBy: named?.namedBy ?? 'format' };
    } else if (isPlain(language) && path === null && first === null && !isPlainName(this.#origin)) return NOTHING;
    const firstLineNames = first !== null && (path === null || samePath(path, first));
    const own: HeadingPath | null =
      (named?.path ?? null) === null && first !== null && !isToRun ? { path: first, namedBy: 'format' } : named;
    return { edits: [{ kind: 'whole', ...pathOf(own), lines: content, firstLineNames, language }], problems: [] };
  }

  /** Whether search/replace marks come before the fence closes: then they and not the fences count. */
  #holdsSearch(start: number, marks: string): boolean {
    // The same line decides for every fence of these marks before it.
    const known = this.#searched.get(marks);
    if (known && start < known.line) return known.holds;
    let line = start + 1;
    while (line < this.#lines.length && !SEARCH.test(this.#line(line)) && !closesFence(this.#line(line), marks))
      line += 1;
    const holds = line < this.#lines.length && SEARCH.test(this.#line(line));
    this.#searched.set(marks, { line, holds });
    return holds;
  }

  #readBareDiff(): void {
    const start = this.#at;
    let end = start + 2;
    while (end < this.#lines.length && isDiffLine(this.#lines, end)) end += 1;
    // Blank lines after the last hunk belong to the prose.
    while (end > start && this.#line(end - 1).trim() === '') end -= 1;
    this.#at = end;
    this.#add(start, readNamedDiff(this.#lines.slice(start, end), this.#near(start)));
  }

  /** A call of an editing tool that the model wrote as text; false where it is none. */
  #readToolCall(): boolean {
    const start = this.#at;
    if (this.#triedCalls >= MOST_TRIES) return false;
    this.#text ??= this.#lines.join('\n');
    for (; this.#offsetLine < start; this.#offsetLine++) this.#offset += this.#line(this.#offsetLine).length + 1;
    const text = this.#text.slice(this.#offset);
    const read = readToolText(text, readPatchText);
    if (read === undefined || read === 'open') {
      this.#triedCalls += 1;
      // What is not closed and is followed by other blocks was no call.
      if (read === undefined || !isCutCall(text)) return false;
      this.#at = this.#lines.length;
      this.#problem('truncated', null, start);
      return true;
    }
    this.#at = start + text.slice(0, read.length).split('\n').length;
    this.#add(start, read);
    return true;
  }

  /** A patch outside of a fence goes to its last mark. */
  #readBarePatch(): void {
    const start = this.#at;
    let end = start;
    while (end < this.#lines.length && !endsPatch(this.#line(end))) end += 1;
    this.#at = Math.min(end + 1, this.#lines.length);
    if (end === this.#lines.length) return this.#problem('truncated', null, start);
    this.#add(start, readPatch(this.#lines.slice(start, end)));
  }
}

const NOTHING: ParsedAnswer = { edits: [], problems: [] };

const MOST_TRIES = 50;
/** The mark of a chat template in front of the JSON of a call. */
const BEFORE_CALL = /^<[\w:|｜]{1,40}>\s*(?=[{[])/;
/** What is between calls: commas, and the closing marks of chat templates. */
const AFTER_CALL = /^(?:[\s,;]|<\/[\w:]+>|<[|｜][^<>]{1,40}[|｜]>)+/;

/** Whether a call that is not closed goes to the end of the answer: it names a file and a text, and no block follows. */
const isCutCall = (text: string): boolean =>
  /["<=](?:\w*_?(?:path|file)\w*)[">]/i.test(text.slice(0, 600)) && !/^\s{0,3}(?:`{3,}|~{3,})/m.test(text);

/** Reads a patch, a diff or search/replace blocks without other text. */
const readPatchText = (lines: readonly string[]): ParsedAnswer => {
  if (lines.some((line) => /^@@ /.test(line)) && !lines.some((line) => beginsPatch(line) || SEARCH.test(line)))
    return readDiff(lines, null);
  const parts = new AnswerReader(lines, {}).read();
  return {
    edits: joinBlocks(parts.flatMap(({ edits }) => edits)),
    problems: parts.flatMap(({ problems }) => problems),
  };
};

/** Files that hold such text themselves. */
const HOLDS_CALLS = /\.(?:json[5cl]?|ndjson|xml|svg|html?|vue|svelte|astro|[jt]sx|md|mdx)$/i;

/** A block that is all calls of editing tools; undefined where it is the text of a file, or anything else. */
function readFencedCall(
  language: string,
  content: readonly string[],
  path: string | null,
  origin: string | undefined,
): ParsedAnswer | undefined {
  if (!/^(?:|jsonc?|json5|xml|html|tool_?(?:call|code|use)s?|text|txt|plaintext)$/i.test(language)) return undefined;
  if (HOLDS_CALLS.test(path ?? '') || (path === null && HOLDS_CALLS.test(origin ?? ''))) return undefined;
  let rest = content.join('\n').trim().replace(BEFORE_CALL, '');
  if (!mayBeToolText(splitAnswer(rest.slice(0, 1_000)), 0)) return undefined;
  const all: ParsedAnswer[] = [];
  for (let calls = 0; rest.trim() !== '' && calls < 200; calls++) {
    const read = readToolText(rest, readPatchText);
    if (read === undefined) return undefined;
    if (read === 'open') return { edits: [], problems: [{ problem: 'truncated', path, line: 1 }] };
    all.push(read);
    rest = rest.slice(read.length).replace(AFTER_CALL, '');
  }
  return { edits: all.flatMap(({ edits }) => edits), problems: all.flatMap(({ problems }) => problems) };
}

/** What an edit says about its file. */
function pathOf(named: HeadingPath | null): Pick<ProposedEdit, 'path' | 'namedBy' | 'saysNew' | 'perhaps'> {
  if (named === null) return { path: null };
  const { path, namedBy, saysNew, perhaps } = named;
  return {
    path,
    ...(path === null ? {} : { namedBy }),
    ...(saysNew ? { saysNew } : {}),
    ...(perhaps === undefined ? {} : { perhaps }),
  };
}

/** A diff with the file that is above it, where its headers name none. */
function readNamedDiff(content: readonly string[], named: HeadingPath | null): ParsedAnswer {
  const { edits, problems } = readDiff(content, null);
  return {
    edits: edits.map((edit) => (edit.path === null ? { ...edit, ...pathOf(named) } : edit)),
    problems: problems.map((each) => (each.path === null ? { ...each, path: named?.path ?? null } : each)),
  };
}

/** Whether a file of this name is plain text. */
const isPlainName = (path: string | undefined): boolean =>
  path !== undefined && /(?:\.(?:txt|log|text)|(?:^|[\\/])[^.\\/]+|(?:^|[\\/])\.[^.\\/]+)$/i.test(path);

const samePath = (a: string, b: string): boolean => a === b || a.endsWith(`/${b}`) || b.endsWith(`/${a}`);

/** All that an answer proposes. */
export function parseAnswer(answer: string, options: ReadOptions = {}): ParsedAnswer {
  return together(partsOf(answer, options));
}

const partsOf = (answer: string, options: ReadOptions): readonly Part[] =>
  new AnswerReader(splitAnswer(answer.replace(/^\uFEFF/, '')), options).read();

const together = (parts: readonly Part[]): ParsedAnswer =>
  limitEdits({
    edits: joinBlocks(parts.flatMap(({ edits }) => edits)),
    problems: parts.flatMap(({ problems }) => problems),
  });

/** The text of a line in a block, without the marks of the list or quote that the block is in. */
function dedent(line: string, indent: string): string {
  const quotes = indent.split('>').length - 1;
  if (quotes > 0) return line.replace(new RegExp(`^(?:\\s{0,3}>\\s?){0,${quotes}}`), '');
  let cut = 0;
  while (cut < indent.length && line[cut] === ' ') cut += 1;
  return line.slice(cut);
}

/** Whether a line outside any fence still belongs to a diff. */
function isDiffLine(lines: readonly string[], at: number): boolean {
  const line = lines[at] ?? '';
  if (/^(?:[ +\\@-]|diff --git |index [0-9a-f]+\.\.|new file mode|deleted file mode)/.test(line))
    return !/^- \S.*\.$/.test(line) || at === 0;
  return line === '' && /^[ +@-]/.test(lines[at + 1] ?? '');
}

/** Blocks for the same file that are next to each other are one edit. */
function joinBlocks(edits: readonly ProposedEdit[]): ProposedEdit[] {
  const joined: ProposedEdit[] = [];
  for (const edit of edits) {
    const last = joined.at(-1);
    if (
      edit.kind === 'blocks' &&
      last?.kind === 'blocks' &&
      last.path === edit.path &&
      last.perhaps === edit.perhaps &&
      last.format === edit.format &&
      last.moveTo === undefined &&
      !edit.creates
    ) {
      const both: BlockEdit = { ...last, ...edit, creates: last.creates, blocks: [...last.blocks, ...edit.blocks] };
      joined[joined.length - 1] = both;
    } else joined.push(edit);
  }
  return joined;
}

/**
 * The edits that one code block of an answer proposes, when the user chooses the block: what the whole answer proposes
 * in its lines. All blocks of an answer together give what the whole answer gives.
 *
 * @param block from 0, as the page counts the blocks; undefined if there is no such block
 */
export function editsOfBlock(answer: string, block: number, options: ReadOptions = {}): ParsedAnswer | undefined {
  const range = linesOfBlocks(answer)[block];
  if (!range) return undefined;
  const parts = partsOf(answer, options);
  const own = parts.filter(({ from }) => from >= range.from && from < range.to);
  // The page ends a Markdown file at the first fence in it: what follows belongs to the same edit.
  return together(own.length > 0 ? own : parts.filter(({ from, to }) => from < range.from && to > range.from));
}

/** The lines of each code block, as the page counts the blocks; from 0, the end exclusive. */
function linesOfBlocks(answer: string): readonly { readonly from: number; readonly to: number }[] {
  const lines = splitAnswer(answer);
  const ranges: { from: number; to: number }[] = [];
  let top = 0;
  for (const token of lexMarkdown(answer)) {
    let from = top;
    top += token.raw.split('\n').length - 1;
    for (const code of codeTokens([token])) {
      const raw = code.raw.replace(/\n+$/, '').split('\n');
      const first = (raw[0] ?? '').trim();
      // Quotes and lists put marks before the lines of a block.
      while (from < lines.length && !lines[from]?.trimEnd().endsWith(first)) from += 1;
      ranges.push({ from, to: from + raw.length });
      from += raw.length;
    }
  }
  return ranges;
}
