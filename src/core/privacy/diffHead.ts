import { linesInSecrets, sliceBetweenSecrets } from './maskSecrets.ts';

/** The head of a file's changes that are too long to be sent whole: the first lines of each hunk, with true numbers. */

/** A hunk that is cut shows no fewer characters than this; where less is left, it is not shown. */
const LEAST_HUNK = 200;

const HUNK = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@(.*)$/;

/**
 * The head of the hunks of one file.
 *
 * @param part the file's part of a git diff, as git prints it
 * @param room longest result, in characters
 * @returns undefined where no hunk fits, or the part has none
 */
export function headOfHunks(part: string, room: number): string | undefined {
  const first = part.search(/^@@ /m);
  if (first < 0) return undefined;
  const hunks = part.slice(first).split(/^(?=@@ -)/m);
  let text = part.slice(0, first);
  let shown = 0;
  for (const [i, hunk] of hunks.entries()) {
    const share = Math.floor((room - text.length) / (hunks.length - i));
    const head =
      hunk.length <= share ? hunk : headOfHunk(hunk, Math.max(share, Math.min(LEAST_HUNK, room - text.length)));
    if (head === undefined) continue;
    text += head;
    shown++;
  }
  return shown === 0 ? undefined : text;
}

/** The first lines of a hunk, its counts made those of what is shown, and a line that says how much is missing. */
function headOfHunk(hunk: string, room: number): string | undefined {
  const end = hunk.indexOf('\n') + 1;
  const [, oldStart, newStart, context = ''] = HUNK.exec(hunk.slice(0, end - 1)) ?? [];
  if (end === 0 || oldStart === undefined || newStart === undefined) return undefined;
  const body = hunk.slice(end);
  const all = body.split('\n').length - 1;
  // Room for the line of counts and the line about what is missing.
  const left = room - end - 80;
  if (left <= 0) return undefined;
  const lines = firstLines(body, left);
  // One line that is longer than all the room, as in generated files.
  if (lines.length === 0) lines.push(`${sliceBetweenSecrets(body, 0, Math.min(left, body.search(/\n|$/)))}…`);
  const count = (...marks: readonly string[]): number => lines.filter((line) => marks.includes(line[0] ?? ' ')).length;
  const head = `@@ -${oldStart},${count(' ', '-')} +${newStart},${count(' ', '+')} @@${context}`;
  return [head, ...lines, `[${all - lines.length} more lines of this hunk are not shown]`, ''].join('\n');
}

/** The share of the room that removed lines may take: what is new says more. */
const REMOVED_SHARE = 0.4;

/** Most characters of a hunk that are looked at. */
const MOST_LOOKED_AT = 200_000;

/**
 * The first lines of a hunk that fit. Of the lines after the change none is left out in between, so that they can be
 * counted; removed lines can be. A secret that goes over several lines is never cut.
 */
function firstLines(body: string, room: number): string[] {
  const looked = body.slice(0, body.lastIndexOf('\n', MOST_LOOKED_AT) + 1);
  const secret = linesInSecrets(looked);
  const lines: string[] = [];
  let left = room;
  let leftForRemoved = room * REMOVED_SHARE;
  for (const [i, line] of looked.split('\n').slice(0, -1).entries()) {
    const size = line.length + 1;
    const isRemoved = line.startsWith('-');
    if (isRemoved && (size > leftForRemoved || secret.has(i))) {
      leftForRemoved = 0;
      continue;
    }
    if (size > left || secret.has(i)) break;
    left -= size;
    if (isRemoved) leftForRemoved -= size;
    lines.push(line);
  }
  return lines;
}

/** Added and removed lines of one file's part of a git diff, as `+3 -1`. */
export function countsOf(part: string): string {
  const first = part.search(/^@@ /m);
  const lines = first < 0 ? [] : part.slice(first).split('\n');
  const count = (mark: string): number => lines.filter((line) => line.startsWith(mark)).length;
  return `+${count('+')} -${count('-')}`;
}
