import type { FailureReason } from './hunks.ts';

/** What the guards need to know of a change, and why one may not be shown. */

export interface Guarded {
  /** How the change says what it removes: in a `diff` and a `search` text by its lines, in the others not at all. */
  readonly format: 'whole' | 'piece' | 'search' | 'diff';
  /** Language of the block or extension of the file; empty where neither is known. */
  readonly language: string;
  /** Text for people: Markdown and its like, where `#` and fences are text. */
  readonly isProse: boolean;
  /** The user's question: what it names may vanish. */
  readonly question?: string | undefined;
  /** The user has seen what vanishes. */
  readonly allowsLoss?: boolean | undefined;
}

export interface Refusal {
  readonly reason: FailureReason;
  /** Where in the file, from 0. */
  readonly at: number;
  readonly names?: readonly string[];
}
