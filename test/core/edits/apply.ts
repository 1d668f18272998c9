import { applyHunks } from '../../../src/core/edits/hunks.ts';
import { parseAnswer } from '../../../src/core/edits/parseAnswer.ts';
import type { FileNow } from '../../../src/core/edits/fileNow.ts';
import { planEdit, type FilePlan } from '../../../src/core/edits/plan.ts';

/** What becomes of files when a whole answer is applied, all or nothing for each file. */

export interface Applied {
  readonly plan: FilePlan;
  /** The text afterward; the unchanged text where anything was refused. */
  readonly text: string | null;
  readonly refused: string | null;
}

/** Applies an answer to one document. */
export function applyTo(answer: string, text: string | null, now: Omit<FileNow, 'text'> = {}): Applied {
  const { edits, problems } = parseAnswer(answer);
  const [edit] = edits;
  const nothing: FilePlan = { kind: 'edit', hunks: [], failures: [], alreadyThere: 0 };
  if (problems[0]) return { plan: nothing, text, refused: problems[0].problem };
  if (!edit) return { plan: nothing, text, refused: 'no edit' };
  if (edits.length > 1) return { plan: nothing, text, refused: `${edits.length} edits` };
  const plan = planEdit(edit, { text, ...now });
  if (plan.failures[0]) return { plan, text, refused: plan.failures[0].reason };
  if (plan.kind === 'delete') return { plan, text: null, refused: null };
  return { plan, text: applyHunks(text ?? '', plan.hunks, plan.finalNewline), refused: null };
}

/** An answer of one search/replace block. */
export const searchReplace = (search: string, replace: string): string =>
  ['<<<<<<< SEARCH', ...lines(search), '=======', ...lines(replace), '>>>>>>> REPLACE'].join('\n');

/** An answer with one fenced block. */
export const fenced = (text: string, info = 'ts'): string => `\`\`\`${info}\n${text}\n\`\`\``;

const lines = (text: string): string[] => (text === '' ? [] : text.split('\n'));
