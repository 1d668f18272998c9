import { t } from '@vscode/l10n';
import { guard, isProseFile } from '../edits/guards.ts';
import { hunksBetween, planFile } from '../edits/planFile.ts';
import { applyHunks, type FailureReason, type Hunk } from '../edits/hunks.ts';
import { readLines } from '../edits/lines.ts';
import { weightOf } from '../edits/locator.ts';
import { isMark } from '../edits/marks.ts';
import { parseAnswer } from '../edits/parseAnswer.ts';
import { placeEdit, readEditAnswer, type EditTask } from './inlineEdit.ts';

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

/** Lines of code that show that the answer repeats what is before or behind the lines of the task. */
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
