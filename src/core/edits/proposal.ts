import type { Hunk } from './hunks.ts';

/**
 * A model's proposed edits, as data. Every format that names what it replaces (search/replace, unified diff) comes down to
 * blocks of context, removed and added lines; `whole` gives the text of a file or of one piece of it.
 */

export interface BlockLine {
  readonly kind: 'context' | 'remove' | 'add';
  readonly text: string;
}

export interface EditBlock {
  readonly lines: readonly BlockLine[];
  /** Where the answer says that the block begins, from 1; a hint among several equal places, never more. */
  readonly line?: number;
  /**
   * Other ways to read the same block: a search text that has a line of `=======` itself. Only the one that is found
   * counts.
   */
  readonly alternatives?: readonly (readonly BlockLine[])[];
  /** Lines that are above the block, the outermost first: `@@ class Pool`. They decide between equal places. */
  readonly below?: readonly string[];
  /** The block ends at the end of the file. */
  readonly atEnd?: boolean;
}

/**
 * How an answer names a file. `format`: the edit format itself does (a diff header, an info string, a comment in the
 * first line). `label`: a line of its own above the block. `mention`: a word in a sentence above it.
 */
export type NamedBy = 'format' | 'label' | 'mention';

interface Proposed {
  /** As the answer writes it; null where it names none and so means the document that it was asked about. */
  readonly path: string | null;
  /** How the answer names `path`; `format` where it is not said. */
  readonly namedBy?: NamedBy;
  /** The answer says in words that the file is new. */
  readonly saysNew?: boolean;
  /** A text above the block that names a file only if that file exists: a name with spaces or an unknown extension. */
  readonly perhaps?: string;
}

export interface WholeEdit extends Proposed {
  readonly kind: 'whole';
  readonly lines: readonly string[];
  /** The first line is a comment that names the file, which may or may not be part of it. */
  readonly firstLineNames: boolean;
  readonly language: string;
}

export interface BlockEdit extends Proposed {
  readonly kind: 'blocks';
  readonly format: 'search-replace' | 'diff';
  readonly blocks: readonly EditBlock[];
  /** The diff begins with `/dev/null`. */
  readonly creates: boolean;
  /** The path to which the file moves. */
  readonly moveTo?: string;
  /** Language of the fence around the blocks, if they have one. */
  readonly language?: string;
  /** The diff's statement about the end of the last line; undefined where it has none. */
  readonly finalNewline?: boolean;
}

export interface DeleteEdit extends Proposed {
  readonly kind: 'delete';
}

/** Hunks of the very text that the edit was made for: nothing has to be searched for. */
interface HunkEdit extends Proposed {
  readonly kind: 'hunks';
  readonly hunks: readonly Hunk[];
  readonly finalNewline?: boolean;
}

export type ProposedEdit = WholeEdit | BlockEdit | DeleteEdit | HunkEdit;

export type AnswerProblem =
  | 'truncated' // the answer ends inside an edit
  | 'malformed' // a search/replace block without its middle or end
  | 'ambiguous-fence' // fences inside fences that can be read in two ways
  | 'too-many' // more edits of one file than any honest answer has; the first are among the edits
  | 'unsupported'; // a rename or binary patch

export interface ParsedAnswer {
  /** In the order of the answer; edits with a problem are not among them. */
  readonly edits: readonly ProposedEdit[];
  readonly problems: readonly {
    readonly problem: AnswerProblem;
    readonly path: string | null;
    readonly line: number;
  }[];
}

export const oldSide = (lines: readonly BlockLine[]): string[] =>
  lines.filter(({ kind }) => kind !== 'add').map(({ text }) => text);

export const newSide = (lines: readonly BlockLine[]): string[] =>
  lines.filter(({ kind }) => kind !== 'remove').map(({ text }) => text);
