import { splitAtOmissions } from './parseDiff.ts';
import type { AnswerProblem, BlockLine, EditBlock, ParsedAnswer, ProposedEdit } from './proposal.ts';

/**
 * The patch that begins with `*** Begin Patch`: several files, each updated, added, deleted or moved. Hunks have no
 * line numbers; `@@ class Pool` names a line above them. Its grammar is published with OpenAI's apply_patch tool.
 */

const BEGIN = /^\s*\*{3} Begin Patch\s*$/;
const END = /^\s*\*{3} End Patch\s*$/;
const FILE = /^\s*\*{3} (Update|Add|Delete) File: (.+?)\s*$/;
const MOVE = /^\s*\*{3} Move to: (.+?)\s*$/;
const END_OF_FILE = /^\s*\*{3} End of File\s*$/;

/** Whether a patch of this kind begins in a line. */
export const beginsPatch = (line: string): boolean => BEGIN.test(line) || FILE.test(line);

export const endsPatch = (line: string): boolean => END.test(line);

interface Part {
  readonly verb: string;
  readonly path: string;
  moveTo?: string;
  readonly hunks: { readonly below: string[]; readonly lines: BlockLine[]; atEnd: boolean }[];
  readonly added: BlockLine[];
}

/** The edits of such a patch. Lines before its first file are left out. */
export function readPatch(lines: readonly string[]): ParsedAnswer {
  const parts: Part[] = [];
  const problems: { problem: AnswerProblem; path: string | null; line: number }[] = [];
  let ended = false;
  for (const [i, line] of lines.entries()) {
    const file = FILE.exec(line);
    const part = parts.at(-1);
    if (file || BEGIN.test(line) || END.test(line)) ended = END.test(line);
    if (file) parts.push({ verb: file[1] ?? '', path: file[2] ?? '', hunks: [], added: [] });
    // What follows the last mark is the shell's, or text.
    else if (BEGIN.test(line) || ended || !part) continue;
    else if (MOVE.test(line)) part.moveTo = MOVE.exec(line)?.[1] ?? '';
    else if (part.verb === 'Add') addLine(part, line);
    else if (part.verb === 'Update') updateLine(part, line);
    else if (line.trim() !== '') problems.push({ problem: 'malformed', path: part.path, line: i + 1 });
  }
  const edits = parts
    .filter(({ path }) => !problems.some((problem) => problem.path === path))
    .flatMap((part) => editOf(part) ?? []);
  return { edits, problems };
}

function addLine({ added }: Part, line: string): void {
  // Some models leave the plus of an empty line out.
  if (line.startsWith('+')) added.push({ kind: 'add', text: line.slice(1) });
  else if (line.trim() === '') added.push({ kind: 'add', text: '' });
}

function updateLine({ hunks }: Part, line: string): void {
  let hunk = hunks.at(-1);
  if (END_OF_FILE.test(line)) {
    if (hunk) hunk.atEnd = true;
    return;
  }
  if (line.startsWith('@@')) {
    if (!hunk || hunk.lines.length > 0) hunks.push((hunk = { below: [], lines: [], atEnd: false }));
    // Numbers as in a unified diff say nothing that can be believed here.
    const name = line.replace(/^@@\s?|\s*@@\s*$/g, '').replace(/^-\d+(?:,\d+)? \+\d+(?:,\d+)?(?: @@ ?)?/, '');
    if (name.trim() !== '') hunk.below.push(name);
    return;
  }
  if (!hunk) hunks.push((hunk = { below: [], lines: [], atEnd: false }));
  if (line.startsWith('+')) hunk.lines.push({ kind: 'add', text: line.slice(1) });
  else if (line.startsWith('-')) hunk.lines.push({ kind: 'remove', text: line.slice(1) });
  else hunk.lines.push({ kind: 'context', text: line.startsWith(' ') ? line.slice(1) : line });
}

function editOf({ verb, path, moveTo, hunks, added }: Part): ProposedEdit | undefined {
  if (verb === 'Delete') return { kind: 'delete', path };
  const base = { kind: 'blocks', format: 'diff', path } as const;
  if (verb === 'Add') {
    while (added.at(-1)?.text === '') added.pop();
    return { ...base, creates: true, blocks: [{ lines: added }] };
  }
  const blocks = hunks.flatMap(({ below, lines, atEnd }): EditBlock[] => {
    while (lines.at(-1)?.kind === 'context' && lines.at(-1)?.text === '') lines.pop();
    if (lines.every(({ kind }) => kind === 'context')) return [];
    return splitAtOmissions(lines).map((each) => ({
      lines: each,
      ...(below.length > 0 ? { below } : {}),
      ...(atEnd ? { atEnd } : {}),
    }));
  });
  if (blocks.length === 0 && moveTo === undefined) return undefined;
  return { ...base, creates: false, blocks, ...(moveTo === undefined ? {} : { moveTo }) };
}
