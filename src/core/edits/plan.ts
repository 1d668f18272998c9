import { type BlockFailure, failureAt, type FailureReason, type Hunk, type NearMiss, type Placed } from './hunks.ts';
import { diffLines, type LineChange } from './lineDiff.ts';
import { readLines, type Lines } from './lines.ts';
import { Locator, type Place } from './locator.ts';
import {
  newSide,
  type BlockEdit,
  type BlockLine,
  type DeleteEdit,
  type EditBlock,
  type ProposedEdit,
} from './proposal.ts';
import { reindent } from './reindent.ts';
import { readWhole } from './whole.ts';

/**
 * The effect of a proposed edit on one file: hunks that can be taken or left one by one, and the parts that could not be
 * placed. Nothing is written here.
 */

export interface FilePlan {
  readonly kind: 'edit' | 'create' | 'delete';
  /** In the order of the file, not touching each other's lines. */
  readonly hunks: readonly Hunk[];
  readonly failures: readonly BlockFailure[];
  /** Blocks whose result is there already. */
  readonly alreadyThere: number;
  /** The answer's statement about the end of the last line; undefined where the file's own way stays. */
  readonly finalNewline?: boolean;
}

export interface FileNow {
  /** Null: there is no such file. */
  readonly text: string | null;
  /** The text that the answer was made for, where it is known and differs. */
  readonly base?: string | undefined;
  /** Lines (from 0, exclusive end) of the base that the question was about: they decide between equal places. */
  readonly about?: { readonly start: number; readonly end: number } | undefined;
}

export function planEdit(edit: ProposedEdit, now: FileNow): FilePlan {
  if (now.text === null) return planNewFile(edit);
  if (edit.kind === 'delete') return { kind: 'delete', hunks: [], failures: [], alreadyThere: 0 };
  const current = readLines(now.text);
  const base = now.base === undefined || now.base === now.text ? current : readLines(now.base);
  const placed = place(edit, base, now.about);
  const failures = [...placed.failures];
  const changes = base === current ? [] : diffLines(base.content, current.content);
  const hunks: Hunk[] = [];
  let alreadyThere = 0;
  for (const { block, hunk } of withoutOverlaps(placed.hunks, failures)) {
    const moved = moveTo(current, changes, hunk);
    if (moved === 'changed') failures.push(failureAt(block, 'changed', nearOf(current, changes, hunk)));
    else if (moved === 'there' || (edit.kind !== 'whole' && changesNothing(current, moved, edit.finalNewline)))
      alreadyThere += 1;
    else hunks.push(moved);
  }
  return {
    kind: 'edit',
    hunks: hunks.sort((a, b) => a.start - b.start || a.end - b.end),
    failures: failures.sort((a, b) => a.block - b.block),
    alreadyThere: alreadyThere + placed.alreadyThere,
    ...(edit.kind !== 'whole' && edit.finalNewline !== undefined ? { finalNewline: edit.finalNewline } : {}),
  };
}

function place(edit: Exclude<ProposedEdit, DeleteEdit>, base: Lines, about: FileNow['about']): Placed {
  switch (edit.kind) {
    case 'whole':
      return readWhole(edit, base);
    case 'blocks':
      return placeBlocks(edit, base, about);
    case 'hunks':
      return { hunks: edit.hunks.map((hunk, block) => ({ block, hunk })), failures: [], alreadyThere: 0 };
  }
}

function planNewFile(edit: ProposedEdit): FilePlan {
  const none = { hunks: [], alreadyThere: 0 };
  const created = (lines: readonly string[]): FilePlan => ({
    kind: 'create',
    hunks: [{ start: 0, end: 0, lines, match: 'exact' }],
    failures: [],
    alreadyThere: 0,
    ...(edit.kind === 'blocks' && edit.finalNewline === false ? { finalNewline: false } : {}),
  });
  if (edit.kind === 'whole') return created(edit.firstLineNames ? withoutName(edit.lines) : edit.lines);
  const [block] = edit.kind === 'blocks' ? edit.blocks : [];
  if (edit.kind === 'blocks' && block && edit.blocks.length === 1 && block.lines.every(({ kind }) => kind === 'add'))
    return created(newSide(block.lines));
  return { kind: 'edit', ...none, failures: [failureAt(0, 'missing')] };
}

/** Without the comment that names the file and the empty line after it; `#!` and the like never count as one. */
const withoutName = (lines: readonly string[]): readonly string[] => lines.slice(lines[1]?.trim() === '' ? 2 : 1);

function placeBlocks(edit: BlockEdit, base: Lines, about: FileNow['about']): Placed {
  const hunks: { block: number; hunk: Hunk }[] = [];
  const failures: BlockFailure[] = [];
  let alreadyThere = 0;
  if (base.content.every((line) => line.trim() === '')) {
    const [block] = edit.blocks;
    if (
      block &&
      edit.blocks.length === 1 &&
      block.lines.every(({ kind, text }) => kind === 'add' || text.trim() === '')
    )
      return {
        hunks: [
          { block: 0, hunk: { start: 0, end: base.content.length, lines: newSide(block.lines), match: 'exact' } },
        ],
        failures,
        alreadyThere,
      };
  } else if (edit.creates) return { hunks, failures: [failureAt(0, 'exists')], alreadyThere };

  const locator = new Locator(
    base,
    edit.blocks.flatMap(({ lines, alternatives = [] }) => [lines, ...alternatives]),
  );
  const found = edit.blocks.map((block) => locateBlock(block, locator));
  for (const [i, block] of edit.blocks.entries()) {
    const { located, lines } = found[i] as Found;
    const isThere = (): boolean => isResultThere(lines, locator);
    switch (located.kind) {
      case 'found':
      case 'ambiguous': {
        const place = located.kind === 'found' ? located.place : choose(located.places, block, i, found, edit, about);
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
  return { hunks, failures, alreadyThere };
}

interface Found {
  readonly lines: readonly BlockLine[];
  readonly located: ReturnType<Locator['locate']>;
}

/**
 * When a block can be read in several ways, the reading whose search text is found counts, and among those the longest: that the file
 * has a row of equals signs just there is no accident.
 */
function locateBlock(block: EditBlock, locator: Locator): Found {
  const readings = [block.lines, ...(block.alternatives ?? [])];
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
  about: FileNow['about'],
): Place | undefined {
  if (places.some(({ match }) => match === 'fuzzy')) return undefined;
  const inside = about ? places.filter(({ at }) => startOf(at) >= about.start && endOf(at) <= about.end) : [];
  if (inside.length === 1) return inside[0];
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

function withoutOverlaps(placed: Placed['hunks'], failures: BlockFailure[]): { block: number; hunk: Hunk }[] {
  const sorted = [...placed].sort((a, b) => a.hunk.start - b.hunk.start || a.hunk.end - b.hunk.end);
  const clashing = new Set<number>();
  for (const [i, { block, hunk }] of sorted.entries()) {
    for (let j = i + 1; j < sorted.length; j++) {
      const other = sorted[j] as (typeof sorted)[number];
      if (other.hunk.start > hunk.end || (other.hunk.start === hunk.end && hunk.start < hunk.end)) break;
      const bothInsert =
        other.hunk.start === hunk.start && (hunk.start === hunk.end || other.hunk.start === other.hunk.end);
      if (other.block === block) continue;
      if (other.hunk.start < hunk.end || bothInsert) {
        clashing.add(block);
        clashing.add(other.block);
      }
    }
  }
  for (const block of clashing) failures.push(failureAt(block, 'overlap'));
  return sorted.filter(({ block }) => !clashing.has(block));
}

/** The hunk in the text as it is now, given what was changed since. */
function moveTo(current: Lines, changes: readonly LineChange[], hunk: Hunk): Hunk | 'changed' | 'there' {
  let shift = 0;
  for (const change of changes) {
    const isInsertion = hunk.start === hunk.end;
    const clash = isInsertion
      ? (change.start < hunk.start && change.end > hunk.start) ||
        (change.start === hunk.start && change.end === change.start)
      : change.start < hunk.end && change.end > hunk.start;
    if (clash) return isSame(current, changes, hunk) ? 'there' : 'changed';
    if (change.end <= hunk.start) shift += change.newEnd - change.newStart - (change.end - change.start);
  }
  return { ...hunk, start: hunk.start + shift, end: hunk.end + shift };
}

/** Whether the user has made the very change of the hunk. */
function isSame(current: Lines, changes: readonly LineChange[], hunk: Hunk): boolean {
  return changes.some(
    ({ start, end, newStart, newEnd }) =>
      start === hunk.start &&
      end === hunk.end &&
      newEnd - newStart === hunk.lines.length &&
      hunk.lines.every((line, i) => current.content[newStart + i] === line),
  );
}

function nearOf(current: Lines, changes: readonly LineChange[], hunk: Hunk): NearMiss {
  const change = changes.find(({ start, end }) => start <= hunk.end && end >= hunk.start);
  const line = change?.newStart ?? hunk.start;
  return { line: line + 1, expected: hunk.lines[0] ?? '', found: current.content[line] ?? '' };
}

/** Whether a hunk writes what is there: then it is no change at all. */
function changesNothing({ content, ends }: Lines, hunk: Hunk, finalNewline: boolean | undefined): boolean {
  if (hunk.end - hunk.start !== hunk.lines.length) return false;
  if (!hunk.lines.every((line, i) => content[hunk.start + i] === line)) return false;
  const atEnd = hunk.end === content.length;
  return !atEnd || finalNewline === undefined || finalNewline === (ends.at(-1) !== '');
}
