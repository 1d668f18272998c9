/**
 * The marks of the edit formats that models write: search/replace with all published marks, fences, and the patch that
 * begins with `*** Begin Patch`.
 */

/** `<<<<<<< SEARCH`, and Cline's `------- SEARCH`. */
export const SEARCH = /^\s{0,3}(?:<{3,10}|-{5,10}) ?(?:SEARCH|ORIGINAL)\b/i;
/** The row that parts the search text from its replacement. */
export const DIVIDER = /^\s{0,3}={5,9}\s*$/;
/** `>>>>>>> REPLACE`, and Cline's `+++++++ REPLACE`. */
export const REPLACE = /^\s{0,3}(?:>{3,10}|\+{5,10}) ?(?:REPLACE|UPDATED)\b/i;
/** Other merge-conflict marks: text like any other, but a pair that a block must hold whole. */
export const CONFLICT_START = /^<{7} /;
export const CONFLICT_END = /^>{7} /;
/** A fence with what may be before it: a list mark or quote marks. */
export const FENCE = /^(\s*(?:>\s?)*(?:(?:[-*+]|\d{1,3}[.)])\s+)?)(`{3,}|~{3,})(.*)$/;

/** `*** Begin Patch` and its like. */
const PATCH = /^\s{0,3}\*{3} (?:Begin Patch|End Patch|End of File|(?:Update|Add|Delete) File: |Move to: )/;

/** Whether a line is a mark of an edit format, which has no place in a file. */
export const isMark = (line: string): boolean =>
  SEARCH.test(line) || REPLACE.test(line) || DIVIDER.test(line) || PATCH.test(line);

/** Whether a line opens or closes a fenced block. */
export function isFence(line: string): boolean {
  const fence = FENCE.exec(line);
  return fence !== null && !(fence[2]?.startsWith('`') && fence[3]?.includes('`'));
}

/** Whether a line closes the fence that these marks opened. */
export function closesFence(line: string, marks: string): boolean {
  const fence = FENCE.exec(line);
  return fence?.[3]?.trim() === '' && (fence[2] ?? '').startsWith(marks);
}
