import { t } from '@vscode/l10n';
import { guard, isProseFile } from '../edits/guards.ts';
import { findFenceEnd } from '../edits/fences.ts';
import { hunksBetween, planFile } from '../edits/planFile.ts';
import { applyHunks, type FailureReason, type Hunk } from '../edits/hunks.ts';
import { readLines, splitAnswer } from '../edits/lines.ts';
import { weightOf } from '../edits/locator.ts';
import { isFence, isMark } from '../edits/marks.ts';
import { parseAnswer } from '../edits/parseAnswer.ts';
import { placeEdit, type EditTask } from './inlineEdit.ts';

/** What a model's answer to an instruction on some lines makes of them. */

/** The lines that take the place of those of the task; or why the answer cannot be used, as the end of a sentence. */
export type EditResult = { readonly lines: readonly string[] } | { readonly why: string };

/**
 * Reads a whole answer. It is asked for one block with the new lines; a change in another format counts where it stays
 * within the lines of the task. Marks of formats never become lines, and what the answer left out is never deleted.
 */
export function readEdit(task: EditTask, answer: string, instruction: string): EditResult {
  const text = textOf(task.lines);
  const hunks = hunksInFormat(task, text, answer) ?? hunksOfBlock(task, text, answer, instruction);
  if ('why' in hunks) return hunks;
  if (hunks.some(({ start, end }) => start < task.start || end > task.end))
    return { why: t('it changes other lines than those that were asked about') };
  const after = readLines(applyHunks(text, hunks)).content;
  return { lines: after.slice(task.start, task.end + after.length - task.lines.length) };
}

const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

/** The head of a diff, which a test of diffs has in its strings. */
const DIFF_HEAD = /^(?:---|\+\+\+|@@) /;

/** The change of an answer that names what it replaces: search/replace, a diff or a patch; undefined where it is none. */
function hunksInFormat(
  task: EditTask,
  text: string,
  answer: string,
): readonly Hunk[] | { readonly why: string } | undefined {
  const { path, language, lines } = task;
  // Where the file has such marks itself they are text.
  if (language === 'diff' || lines.some((line) => isMark(line) || DIFF_HEAD.test(line))) return undefined;
  const { edits, problems } = parseAnswer(answer, { origin: path });
  const changes = edits.filter(({ kind }) => kind === 'blocks');
  if (changes.length === 0) return undefined;
  const plan = planFile(changes, { text, path });
  const [failure] = plan.failures;
  if (failure) return { why: wordsOf(failure.reason) };
  return plan.kind === 'edit' && problems.length === 0 ? plan.hunks : { why: wordsOf('not-found') };
}

/** The change of an answer that gives the new lines. */
function hunksOfBlock(
  task: EditTask,
  text: string,
  answer: string,
  instruction: string,
): readonly Hunk[] | { readonly why: string } {
  const given = readEditAnswer(answer, true, task);
  const written = given && withoutSurroundings(given, task);
  if (!written) return { why: t('it contains no code to replace these lines') };
  const { path, language, lines } = task;
  const isProse = isProseFile(path, language, lines);
  // The answer is about these lines and no others, as the text of a search is.
  const how = { format: 'search', language, isProse, question: instruction } as const;
  const guarded = guard(hunksBetween(text, textOf(placeEdit(task, written, true))), lines, how);
  return 'reason' in guarded ? { why: wordsOf(guarded.reason) } : guarded.hunks;
}

/** Lines of code that show that the answer repeats what stands before or behind the lines of the task. */
const LEAST_REPEATED = 2;

/** An answer without the lines around those of the task, where it repeats them: some models give the whole file. */
function withoutSurroundings(written: readonly string[], { lines, start, end }: EditTask): readonly string[] {
  const key = (line: string | undefined): string => line?.trim() ?? '';
  const old = lines.slice(start, end);
  const isRepeated = (repeated: readonly string[]): boolean =>
    repeated.filter((line) => weightOf(line.trim()) >= 1).length >= LEAST_REPEATED;
  let head = 0;
  let tail = 0;
  for (let count = 1; count <= Math.min(start, written.length); count++)
    if (written.slice(0, count).every((line, i) => key(line) === key(lines[start - count + i]))) head = count;
  for (let count = 1; count <= Math.min(lines.length - end, written.length - head); count++)
    if (written.slice(-count).every((line, i) => key(line) === key(lines[end + i]))) tail = count;
  const before = written.slice(0, head);
  const after = tail > 0 ? written.slice(-tail) : [];
  // What the lines themselves began or ended with is theirs.
  const isOwn = (part: readonly string[], own: readonly string[]): boolean =>
    part.every((line, i) => key(line) === key(own[i]));
  const dropsHead = isRepeated(before) && !isOwn(before, old.slice(0, head));
  const dropsTail = isRepeated(after) && !isOwn(after, old.slice(-tail));
  return written.slice(dropsHead ? head : 0, dropsTail ? written.length - tail : undefined);
}

function wordsOf(reason: FailureReason): string {
  switch (reason) {
    case 'elided':
    case 'excerpt':
      return t('it leaves lines out');
    case 'marks':
      return t('it contains marks of an edit format');
    default:
      return t("its change doesn't fit these lines");
  }
}

/**
 * The lines of an answer, whole or as far as they have come; null if there is no block in it. Some models leave the
 * fence out, or repeat the `<edit>` marks; prose around the block is dropped. Of several blocks the one counts that has
 * most of the lines to be replaced.
 *
 * @param task what the answer is for; without it, fences in the block are taken for part of it
 */
export function readEditAnswer(answer: string, whole: boolean, task?: EditTask): readonly string[] | null {
  const lines = splitAnswer(answer);
  const open = lines.findIndex(isOpening);
  if (open < 0) {
    if (whole && (!/\S/.test(answer) || looksLikeProse(lines, task))) return null;
    return unmarked(lines, whole, task);
  }
  const marks = marksOf(lines[open]);
  // A change in a format of edits is shown once it can be read.
  if (task && !whole && (/^\s*[`~]+(?:diff|patch)\b/.test(lines[open] ?? '') || lines.some(isMark))) return null;
  if (!task || mayHaveFences(task)) {
    const close = lines.findLastIndex((line, i) => i > open && line.trim() === marks);
    if (close < 0 && whole) return null;
    return unmarked(close < 0 ? lines.slice(open + 1, -1) : lines.slice(open + 1, close), true, task);
  }
  const { blocks, isOpen } = blocksFrom(lines, open);
  if (isOpen && whole) return null;
  if (!whole)
    return unmarked(isOpen && blocks.length === 1 ? lines.slice(open + 1, -1) : (blocks[0] ?? []), true, task);
  const old = new Set(task.lines.slice(task.start, task.end).map((line) => line.trim()));
  const known = (block: readonly string[]): number =>
    block.filter((line) => line.trim() && old.has(line.trim())).length;
  const [best = []] = blocks.toSorted((a, b) => known(b) - known(a));
  return unmarked(best, true, task);
}

const isOpening = (line: string): boolean => /^\s*(?:`{3,}|~{3,})/.test(line);
const marksOf = (line = ''): string => /[`~]{3,}/.exec(line)?.[0] ?? '```';

/** Whether fences are text in a file: it is for people, or has some. */
const mayHaveFences = ({ path, language, lines }: EditTask): boolean =>
  isProseFile(path, language, lines) || lines.some(isFence);

/** The fenced blocks from a line on, without their fences; `isOpen` where the last one does not end. */
function blocksFrom(
  lines: readonly string[],
  open: number,
): { readonly blocks: readonly (readonly string[])[]; readonly isOpen: boolean } {
  const blocks: (readonly string[])[] = [];
  for (let at = open; at >= 0;) {
    const end = findFenceEnd(lines, at, marksOf(lines[at]), false);
    const stop = end.kind === 'closed' || end.kind === 'cut' ? end.at : lines.length;
    blocks.push(lines.slice(at + 1, stop));
    if (end.kind !== 'closed') return { blocks, isOpen: true };
    at = lines.findIndex((line, i) => i > stop && isOpening(line));
  }
  return { blocks, isOpen: false };
}

/** The marks of the question, which some models repeat. */
const OPEN_MARK = /^\s*<edit(?:-\d+)?>\s*$/;
const CLOSE_MARK = /^\s*<\/edit(?:-\d+)?>\s*$/;

/** The lines between the marks of the question, where they are there and not the file's own. */
function unmarked(lines: readonly string[], whole: boolean, task?: EditTask): readonly string[] {
  const isOwn = task?.lines.some((line) => OPEN_MARK.test(line) || CLOSE_MARK.test(line)) ?? false;
  const open = isOwn ? -1 : lines.findIndex((line) => OPEN_MARK.test(line));
  const close = isOwn ? -1 : lines.findLastIndex((line) => CLOSE_MARK.test(line));
  const inside = lines.slice(open + 1, close > open ? close : undefined);
  return whole || close > open ? inside : inside.slice(0, -1);
}

/** No sentence has these, once what it quotes is left out. */
const CODE = /[=(){}[\];<>]/;
const QUOTED = /`[^`]*`|\([\p{L}\p{M}\p{N}'’.,\- ]+\)/gu;
/** Four words that begin as a sentence does; `SELECT a FROM b` does not. */
const BEGINS = /^(?!\p{Lu}{2})\p{Lu}[\p{L}\p{M}'’]*(?:[,!.]? [\p{L}\p{M}\p{N}'’\-,]+){3,}/u;
/** Four words that end as a sentence does. */
const ENDS = /^[¡¿"“«]?\p{L}\S*(?: +\S+){2,} +\S*[\p{Sentence_Terminal}…]["”»]?$/u;
/** A sentence in a script without spaces or capitals. */
const NO_SPACES =
  /^[^\x20-\x7E]*?[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Devanagari}]{4}/u;

/** An answer without a fence that does not begin like code: a refusal or an explanation, in any language. */
function looksLikeProse(lines: readonly string[], task: EditTask | undefined): boolean {
  const first = lines.find((line) => line.trim() !== '') ?? '';
  const line = first.trim().replace(QUOTED, '');
  if (CODE.test(line) || task?.lines.some((old) => old.trim() === first.trim())) return false;
  if (BEGINS.test(line) || ENDS.test(line) || NO_SPACES.test(line)) return true;
  // A few words with a full stop, in place of lines that are code.
  const isWords = /^[\p{L}¡¿].*[\p{Sentence_Terminal}…]$/u.test(line) && !lines.some((each) => CODE.test(each));
  return isWords && (task?.lines.slice(task.start, task.end).some((old) => CODE.test(old)) ?? false);
}
