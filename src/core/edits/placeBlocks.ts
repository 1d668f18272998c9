import { isProseFile, guard, languageFor } from './guards.ts';
import {
  applyHunks,
  failureAt,
  type BlockFailure,
  type FailureReason,
  type Hunk,
  type NearMiss,
  type Placed,
} from './hunks.ts';
import { diffLines } from './lineDiff.ts';
import { indentOf, looseKey, readLines, type Lines } from './lines.ts';
import { Locator, type Place } from './locator.ts';
import { DIVIDER } from './marks.ts';
import type { FileNow } from './fileNow.ts';
import { newSide, type BlockEdit, type BlockLine, type EditBlock } from './proposal.ts';
import { reindent } from './reindent.ts';

/**
 * Where the blocks of an edit belong in a file: search/replace blocks, and the hunks of diffs and patches. Each is looked for
 * in the file as it is; blocks that build on each other, in the text after those before them.
 */

/** What helps to tell places apart, and what the user allowed. */
export type BlockContext = Pick<FileNow, 'about' | 'chosen' | 'allows' | 'path'>;

/** Most lines that are read for blocks that build on each other. */
const MOST_READ = 500_000;

export function placeBlocks(edit: BlockEdit, base: Lines, context: BlockContext): Placed {
  if (base.content.every((line) => line.trim() === '')) {
    const [block] = edit.blocks;
    if (
      block &&
      edit.blocks.length === 1 &&
      block.lines.every(({ kind, text }) => kind === 'add' || text.trim() === '')
    ) {
      const hunk: Hunk = { start: 0, end: base.content.length, lines: newSide(block.lines), match: 'exact' };
      return guardBlocks([{ block: 0, hunk }], edit, base, context, { hunks: [], failures: [], alreadyThere: 0 });
    }
  } else if (edit.creates) return { hunks: [], failures: [failureAt(0, 'exists')], alreadyThere: 0 };
  const placed = placeAtOnce(edit, base, context);
  const mayBuild = placed.failures.some(({ reason }) => reason === 'not-found' || reason === 'ambiguous');
  // Each block reads the text again.
  const isTooMuch = edit.blocks.length * base.content.length > MOST_READ;
  if (edit.blocks.length < 2 || !mayBuild || isTooMuch) return placed;
  const inOrder = placeInOrder(edit, base, context);
  return inOrder ?? placed;
}

/** All blocks in the file as it is. */
function placeAtOnce(edit: BlockEdit, base: Lines, context: BlockContext): Placed {
  const hunks: { block: number; hunk: Hunk }[] = [];
  const failures: BlockFailure[] = [];
  let alreadyThere = 0;
  const locator = new Locator(
    base,
    edit.blocks.flatMap(({ lines, alternatives = [] }) => [lines, ...alternatives]),
  );
  const isProse = isProseFile(context.path ?? edit.path, edit.language ?? '', base.content);
  const found = edit.blocks.map((block) => locateBlock(block, locator, base, isProse));
  for (const [i, block] of edit.blocks.entries()) {
    const { located, lines } = found[i] as Found;
    const isThere = (): boolean => isResultThere(lines, locator);
    switch (located.kind) {
      case 'found':
      case 'ambiguous': {
        const place =
          located.kind === 'found' ? located.place : choose(located.places, block, i, found, edit, base, context);
        if (!place)
          failures.push(failureAt(i, 'ambiguous', null, located.kind === 'ambiguous' ? linesOf(located.places) : []));
        else {
          const made = hunksOf(lines, place, base);
          if (Array.isArray(made)) hunks.push(...made.map((hunk) => ({ block: i, hunk })));
          else failures.push(failureAt(i, made, nearAt(lines, place, base)));
        }
        break;
      }
      case 'not-found':
        if (isThere()) alreadyThere += 1;
        else failures.push(failureAt(i, 'not-found', located.near));
        break;
      case 'no-anchor':
        failures.push(failureAt(i, 'no-anchor'));
        break;
    }
  }
  return guardBlocks(hunks, edit, base, context, { hunks: [], failures, alreadyThere });
}

/** Takes out the blocks that would write marks or delete what is left out. */
function guardBlocks(
  hunks: readonly { readonly block: number; readonly hunk: Hunk }[],
  edit: BlockEdit,
  base: Lines,
  { path, allows }: BlockContext,
  { failures, alreadyThere }: Placed,
): Placed {
  const name = path ?? edit.path;
  const language = languageFor(name, edit.language ?? '');
  const isProse = isProseFile(name, edit.language ?? '', base.content);
  const format = edit.format === 'diff' ? 'diff' : 'search';
  const kept: { block: number; hunk: Hunk }[] = [];
  const stopped: BlockFailure[] = [];
  for (const block of new Set(hunks.map((each) => each.block))) {
    const own = hunks.flatMap((each) => (each.block === block ? [each.hunk] : []));
    const result = guard(own, base.content, { format, language, isProse, allowsLoss: allows !== undefined });
    if ('reason' in result) stopped.push(failureAt(block, result.reason, null, [result.at + 1]));
    else kept.push(...result.hunks.map((hunk) => ({ block, hunk })));
  }
  return { hunks: kept, failures: [...failures, ...stopped], alreadyThere };
}

/**
 * One block after the other, each in the text that those before it made.
 *
 * @returns null if one of them cannot be placed that way either
 */
function placeInOrder(edit: BlockEdit, base: Lines, context: BlockContext): Placed | null {
  let text = base.text;
  let alreadyThere = 0;
  let match: Hunk['match'] = 'exact';
  for (const block of edit.blocks) {
    const one = placeAtOnce({ ...edit, blocks: [block] }, readLines(text), context);
    if (one.failures.length > 0) return null;
    const hunks = one.hunks.map(({ hunk }) => hunk).sort((a, b) => a.start - b.start || a.end - b.end);
    if (hunks.some((hunk) => hunk.match !== 'exact')) match = 'fuzzy';
    alreadyThere += one.alreadyThere;
    text = applyHunks(text, hunks);
  }
  const lines = readLines(text).content;
  const hunks = diffLines(base.content, lines).map(({ start, end, newStart, newEnd }) => ({
    block: 0,
    hunk: { start, end, lines: lines.slice(newStart, newEnd), match },
  }));
  return { hunks, failures: [], alreadyThere };
}

interface Found {
  readonly lines: readonly BlockLine[];
  readonly located: ReturnType<Locator['locate']>;
}

/**
 * When a block can be read in several ways, the reading whose search text is found counts, and among those the longest: that the file
 * has a row of equals signs just there is no accident.
 */
function locateBlock(block: EditBlock, locator: Locator, { content }: Lines, isProse: boolean): Found {
  const all = [block.lines, ...(block.alternatives ?? [])];
  // A divider that the new text would bring into the file is a mark, except as the underline of a heading in prose.
  const marked = (lines: readonly BlockLine[]): boolean =>
    lines.some(
      ({ kind, text }, i) =>
        kind === 'add' && DIVIDER.test(text) && !(isProse && lines[i - 1]?.text.trim()) && !content.includes(text),
    );
  const unmarked = all.length > 1 ? all.filter((lines) => !marked(lines)) : all;
  const readings = unmarked.length > 0 ? unmarked : all;
  const found = readings.map((lines): Found => ({ lines, located: locator.locate(lines) }));
  const whole = found.filter(({ located }) => located.kind === 'found' && located.place.match !== 'fuzzy');
  const first = whole.at(-1) ?? (found[0] as Found);
  if (first.located.kind !== 'not-found') return first;
  // Empty lines at the ends are often not the file's but the model's.
  const trimmed = trimBlanks(first.lines);
  if (trimmed.length === first.lines.length) return first;
  const located = locator.locate(trimmed);
  return located.kind === 'found' || located.kind === 'ambiguous' ? { lines: trimmed, located } : first;
}

function trimBlanks(lines: readonly BlockLine[]): readonly BlockLine[] {
  const isBlank = (line: BlockLine | undefined): boolean => line?.kind === 'context' && line.text.trim() === '';
  let [start, end] = [0, lines.length];
  while (start < end && isBlank(lines[start])) start += 1;
  while (end > start && isBlank(lines[end - 1])) end -= 1;
  return lines.slice(start, end);
}

/** Whether what the block makes is there, at one place, so that it was applied before. */
function isResultThere(lines: readonly BlockLine[], locator: Locator): boolean {
  const made = newSide(lines);
  const strong = made.filter((line) => /[\p{L}\p{N}]/u.test(line)).length;
  if (strong < 2 || !lines.some(({ kind }) => kind === 'add')) return false;
  const located = locator.locate(made.map((text) => ({ kind: 'context', text })));
  return located.kind === 'found' && located.place.match === 'exact';
}

/** One of several equal places, if something else than a guess tells which. */
function choose(
  places: readonly Place[],
  block: EditBlock,
  index: number,
  all: readonly Found[],
  edit: BlockEdit,
  base: Lines,
  { about, chosen = [] }: BlockContext,
): Place | undefined {
  const picked = places.filter(({ at }) => chosen.includes(startOf(at)));
  if (picked.length === 1) return picked[0];
  if (places.some(({ match }) => match === 'fuzzy')) return undefined;
  const inside = about ? places.filter(({ at }) => startOf(at) >= about.start && endOf(at) <= about.end) : [];
  if (inside.length === 1) return inside[0];
  const named = block.below ? places.filter(({ at }) => isBelow(base, startOf(at), block.below ?? [])) : [];
  if (named.length === 1) return named[0];
  const last = base.content.findLastIndex((line) => line.trim() !== '');
  const atEnd = block.atEnd ? places.filter(({ at }) => endOf(at) > last) : [];
  if (atEnd.length === 1) return atEnd[0];
  // Diffs count lines, though often wrongly: a number counts only if a place is just there.
  if (block.line !== undefined) {
    const line = block.line - 1;
    const shifts = edit.blocks.flatMap(({ line: said }, i) => {
      const other = all[i]?.located;
      return i !== index && said !== undefined && other?.kind === 'found' ? [startOf(other.place.at) - (said - 1)] : [];
    });
    const shift = shifts.length > 0 && shifts.every((other) => other === shifts[0]) ? (shifts[0] as number) : 0;
    const there = places.filter(({ at }) => startOf(at) === line + shift);
    if (there.length === 1 && (shifts.length === 0 || shifts.every((other) => other === shifts[0]))) return there[0];
  }
  if (edit.format !== 'diff') return undefined;
  // The hunks of a diff are in the order of the file.
  const after = all
    .slice(0, index)
    .flatMap(({ located }) => (located.kind === 'found' ? [endOf(located.place.at)] : []));
  const before = all
    .slice(index + 1)
    .flatMap(({ located }) => (located.kind === 'found' ? [startOf(located.place.at)] : []));
  const between = places.filter(
    ({ at }) => after.every((end) => startOf(at) >= end) && before.every((start) => endOf(at) <= start),
  );
  return between.length === 1 ? between[0] : undefined;
}

/** Whether the lines of a file that these names begin enclose a line, the outermost first. */
function isBelow({ content }: Lines, line: number, names: readonly string[]): boolean {
  let at = line;
  let indent = Number.POSITIVE_INFINITY;
  for (const name of names.toReversed()) {
    const wanted = looseKey(name);
    for (at -= 1; at >= 0; at--) {
      const text = content[at] ?? '';
      if (text.trim() === '') continue;
      const isHead = looseKey(text) === wanted || looseKey(text).startsWith(wanted);
      if (isHead && indentOf(text).length <= indent) break;
      // A line of another block at the margin of what is looked for.
      if (indentOf(text).length === 0 && /^\p{L}/u.test(text)) return false;
    }
    if (at < 0) return false;
    indent = indentOf(content[at] ?? '').length;
  }
  return true;
}

const startOf = (at: readonly number[]): number => at.find((line) => line >= 0) ?? 0;
const endOf = (at: readonly number[]): number => (at.findLast((line) => line >= 0) ?? 0) + 1;
const linesOf = (places: readonly Place[]): number[] => places.slice(0, 20).map(({ at }) => startOf(at) + 1);

/** One hunk for each run of changed lines in the block; context is never written. */
function hunksOf(block: readonly BlockLine[], { at, match }: Place, base: Lines): Hunk[] | FailureReason {
  const pairs: { written: string; there: string }[] = [];
  let old = 0;
  for (const { kind, text } of block) {
    if (kind === 'add') continue;
    const line = at[old++] as number;
    if (line >= 0) pairs.push({ written: text, there: base.content[line] ?? '' });
  }
  const hunks: Hunk[] = [];
  old = 0;
  for (let i = 0; i < block.length;) {
    if (block[i]?.kind === 'context') {
      old += 1;
      i += 1;
      continue;
    }
    const first = old;
    const added: string[] = [];
    for (; i < block.length && block[i]?.kind !== 'context'; i++) {
      if (block[i]?.kind === 'add') added.push(block[i]?.text ?? '');
      else old += 1;
    }
    const range = rangeOf(at, first, old, base);
    if (!range) return 'not-found';
    const lines = reindent(added, pairs, base.content);
    if (lines === null) return 'indentation';
    hunks.push({ ...range, lines, match });
  }
  return hunks;
}

/** The lines of the file that the old lines `first` to `end` of the block are; where none are, the gap between. */
function rangeOf(
  at: readonly number[],
  first: number,
  end: number,
  base: Lines,
): { readonly start: number; readonly end: number } | undefined {
  if (end > first) {
    const start = at[first] as number;
    for (let i = first; i < end; i++) if (at[i] !== start + i - first) return undefined;
    return { start, end: start + end - first };
  }
  const before = first > 0 ? (at[first - 1] as number) : undefined;
  const after = end < at.length ? (at[end] as number) : undefined;
  const has = (line: number | undefined): line is number => line !== undefined && line >= 0;
  if (has(before) && has(after)) {
    const between = base.content.slice(before + 1, after);
    return between.every((line) => line.trim() === '') ? { start: before + 1, end: before + 1 } : undefined;
  }
  if (has(before)) return { start: before + 1, end: before + 1 };
  return has(after) ? { start: after, end: after } : undefined;
}

function nearAt(block: readonly BlockLine[], { at }: Place, base: Lines): NearMiss {
  const line = startOf(at);
  const [first] = block.filter(({ kind }) => kind !== 'add');
  return { line: line + 1, expected: first?.text ?? '', found: base.content[line] ?? '' };
}
