import { applyHunks, type Hunk, type Match } from './hunks.ts';
import { diffLines } from './lineDiff.ts';
import { readLines } from './lines.ts';
import type { FileNow } from './fileNow.ts';
import { planEdit, type FilePlan } from './plan.ts';
import type { ProposedEdit } from './proposal.ts';

/** The effect of several edits of one answer on one file: each starts from the result of the one before. */
export function planFile(edits: readonly ProposedEdit[], now: FileNow): FilePlan {
  const [first, ...more] = onlyOnce(edits);
  if (!first) return { kind: 'edit', hunks: [], failures: [], alreadyThere: 0 };
  const plan = planEdit(first, now);
  if (more.length === 0 || plan.kind === 'delete') return plan;
  let whole = plan;
  let text = resultOf(now.text, plan);
  let base =
    now.base === undefined
      ? undefined
      : resultOf(now.base, planEdit(first, { ...now, text: now.base, base: undefined }));
  for (const edit of more) {
    const next = planEdit(edit, { ...now, text, base, about: undefined });
    whole = {
      ...whole,
      failures: [
        ...whole.failures,
        ...next.failures.map((failure) => ({ ...failure, block: whole.failures.length + failure.block })),
      ],
      alreadyThere: whole.alreadyThere + next.alreadyThere,
      hunks: [...whole.hunks, ...next.hunks],
    };
    base =
      base === undefined
        ? undefined
        : resultOf(base, planEdit(edit, { ...now, text: base, base: undefined, about: undefined }));
    text = resultOf(text, next);
  }
  return { ...whole, hunks: hunksBetween(now.text ?? '', text, worst(whole.hunks)) };
}

/** Without blocks that repeat earlier ones word for word: answers show the same change twice. */
function onlyOnce(edits: readonly ProposedEdit[]): readonly ProposedEdit[] {
  if (edits.length < 2) return edits;
  const seen = new Set<string>();
  return edits.filter((edit) => {
    const key = edit.kind === 'blocks' ? JSON.stringify(edit) : '';
    if (key !== '' && seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** The text that a plan makes of the text it was made for. */
export const resultOf = (text: string | null, plan: FilePlan): string =>
  applyHunks(text ?? '', plan.hunks, plan.finalNewline);

/** The line changes from one text to another, as hunks. */
export function hunksBetween(before: string, after: string, match: Match = 'exact'): Hunk[] {
  const lines = readLines(after).content;
  return diffLines(readLines(before).content, lines).map(({ start, end, newStart, newEnd }) => ({
    start,
    end,
    lines: lines.slice(newStart, newEnd),
    match,
  }));
}

const worst = (hunks: readonly Hunk[]): Match =>
  (['fuzzy', 'whitespace'] as const).find((match) => hunks.some((hunk) => hunk.match === match)) ?? 'exact';
