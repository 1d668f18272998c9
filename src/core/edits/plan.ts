import { guardNewFile, isProseFile, languageFor } from './guards.ts';
import { applyHunks, type BlockFailure, failureAt, type Hunk, type NearMiss, type Placed } from './hunks.ts';
import { diffLines, type LineChange } from './lineDiff.ts';
import { readLines, type Lines } from './lines.ts';
import type { FileNow } from './fileNow.ts';
import { placeBlocks } from './placeBlocks.ts';
import { newSide, type DeleteEdit, type ProposedEdit } from './proposal.ts';
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

export function planEdit(edit: ProposedEdit, now: FileNow): FilePlan {
  if (now.text === null) return planNewFile(edit, now);
  if (edit.kind === 'delete') return { kind: 'delete', hunks: [], failures: [], alreadyThere: 0 };
  const current = readLines(now.text);
  const base = now.base === undefined || now.base === now.text ? current : readLines(now.base);
  const placed = place(edit, base, now);
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

function place(edit: Exclude<ProposedEdit, DeleteEdit>, base: Lines, now: FileNow): Placed {
  switch (edit.kind) {
    case 'whole':
      return readWhole(edit, base, now);
    case 'blocks':
      return placeBlocks(edit, base, now);
    case 'hunks':
      return { hunks: edit.hunks.map((hunk, block) => ({ block, hunk })), failures: [], alreadyThere: 0 };
  }
}

function planNewFile(edit: ProposedEdit, now: FileNow): FilePlan {
  const none = { hunks: [], alreadyThere: 0 };
  const created = (lines: readonly string[]): FilePlan => {
    const path = now.path ?? edit.path;
    const language = edit.kind === 'whole' || edit.kind === 'blocks' ? (edit.language ?? '') : '';
    const hunk: Hunk = { start: 0, end: 0, lines, match: 'exact' };
    const how = {
      language: languageFor(path, language),
      isProse: isProseFile(path, language, lines),
      allowsLoss: now.allows !== undefined,
    };
    const kept = guardNewFile(hunk, how);
    if (kept !== null) return { kind: 'edit', ...none, failures: [failureAt(0, kept)] };
    const end = edit.kind === 'blocks' && edit.finalNewline === false ? { finalNewline: false } : {};
    return { kind: 'create', hunks: [hunk], failures: [], alreadyThere: 0, ...end };
  };
  if (edit.kind === 'whole') return created(edit.firstLineNames ? withoutName(edit.lines) : edit.lines);
  if (edit.kind === 'blocks') {
    const [block, ...more] = edit.blocks;
    if (block?.lines.every(({ kind }) => kind === 'add')) {
      const made = newSide(block.lines);
      if (more.length === 0) return created(made);
      // The blocks behind it change what it made.
      const text = made.map((line) => `${line}\n`).join('');
      const plan = planEdit({ ...edit, blocks: more, creates: false }, { ...now, text, base: undefined });
      const result = readLines(applyHunks(text, plan.hunks)).content;
      return plan.failures.length > 0 ? { ...plan, hunks: [] } : created(result);
    }
  }
  return { kind: 'edit', ...none, failures: [failureAt(0, 'missing')] };
}

/** Without the comment that names the file and the empty line after it; `#!` and the like never count as one. */
const withoutName = (lines: readonly string[]): readonly string[] => lines.slice(lines[1]?.trim() === '' ? 2 : 1);

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
