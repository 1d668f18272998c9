import { diffLines, type LineChange } from './lineDiff.ts';

/** Two versions of a file as git prints their difference, for where git itself cannot be run. */

/** A file that changed. A name is null where the file does not exist in that version. */
interface FileVersions {
  readonly nameBefore: string | null;
  readonly nameAfter: string | null;
  readonly before: string;
  readonly after: string;
}

/** Lines shown around a change. */
const CONTEXT = 3;

/**
 * The file's part of a git diff, with a line break at its end.
 *
 * @returns empty where nothing differs
 */
export function unifiedDiff({ nameBefore, nameAfter, before, after }: FileVersions): string {
  const [one, other] = [nameBefore ?? nameAfter ?? '', nameAfter ?? nameBefore ?? ''];
  const head = [
    `diff --git a/${one} b/${other}`,
    ...(nameBefore === null ? ['new file mode 100644'] : []),
    ...(nameAfter === null ? ['deleted file mode 100644'] : []),
    ...(one === other ? [] : [`rename from ${one}`, `rename to ${other}`]),
  ];
  const [a, b] = [linesOf(before), linesOf(after)];
  const hunks = groups(diffLines(a, b)).map((changes) => hunk(changes, a, b));
  if (hunks.length === 0)
    return one === other && nameBefore !== null && nameAfter !== null ? '' : `${head.join('\n')}\n`;
  const names = [
    nameBefore === null ? '--- /dev/null' : `--- a/${one}`,
    nameAfter === null ? '+++ /dev/null' : `+++ b/${other}`,
  ];
  return `${[...head, ...names, ...hunks.flat()].join('\n')}\n`;
}

/** The lines of a text; the last one carries a mark of its own where it has no line break. */
function linesOf(text: string): string[] {
  if (text === '') return [];
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  else lines.push(`${lines.pop() ?? ''}${NO_END}`);
  return lines;
}

const NO_END = '\n\\ No newline at end of file';

/** Changes that share lines around them are one hunk. */
function groups(changes: readonly LineChange[]): LineChange[][] {
  const all: LineChange[][] = [];
  for (const change of changes) {
    const last = all.at(-1)?.at(-1);
    if (last && change.start - last.end <= 2 * CONTEXT) all.at(-1)?.push(change);
    else all.push([change]);
  }
  return all;
}

function hunk(changes: readonly LineChange[], a: readonly string[], b: readonly string[]): string[] {
  const [first, last] = [changes[0], changes.at(-1)];
  if (!first || !last) return [];
  const before = Math.min(CONTEXT, first.start);
  const [start, end] = [first.start - before, Math.min(a.length, last.end + CONTEXT)];
  const [newStart, newEnd] = [first.newStart - before, Math.min(b.length, last.newEnd + CONTEXT)];
  const lines: string[] = [];
  let at = start;
  for (const change of changes) {
    lines.push(...a.slice(at, change.start).map((line) => ` ${line}`));
    lines.push(...a.slice(change.start, change.end).map((line) => `-${line}`));
    lines.push(...b.slice(change.newStart, change.newEnd).map((line) => `+${line}`));
    at = change.end;
  }
  lines.push(...a.slice(at, end).map((line) => ` ${line}`));
  return [`@@ -${range(start, end)} +${range(newStart, newEnd)} @@`, ...lines];
}

/** As git counts: from 1, and of no lines the line before them. */
const range = (start: number, end: number): string => `${end > start ? start + 1 : start},${end - start}`;
