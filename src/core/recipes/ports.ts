import type { Attachment } from '../chat/conversation.ts';
import type { RunChange } from '../chat/recipeRun.ts';
import type { Clock } from '../common/clock.ts';
import type { Failure } from '../common/failures.ts';
import type { ModelRef, Tier, Usage } from '../common/types.ts';
import type { Gateway } from '../gateway/call.ts';
import type { FailurePlace } from '../gateway/describeFailure.ts';

/** What a check found. */
export interface CheckResult {
  readonly ok: boolean;
  /** New problems and the output of the task, for people and models. */
  readonly output: string;
}

/** What an agent of the editor has used. */
export interface AgentUsed {
  /** The models that answered, by the names that were asked and returned. */
  readonly by: readonly string[];
  readonly model?: ModelRef | undefined;
  readonly requests: number;
  readonly usage: Usage;
  /** Known cost in nano-USD. */
  readonly nanoUsd: number;
  readonly costUnknown?: boolean;
}

/** What came of a work stage that an agent of the editor did. */
export interface AgentEnd extends AgentUsed {
  /** `limited`: it reached a limit of the run. */
  readonly outcome: 'done' | 'failed' | 'cancelled' | 'limited';
  /** The agent's last words. */
  readonly text: string;
  /** What ended it, where it is not done. */
  readonly words?: string;
  readonly failure?: Failure | null;
  readonly place?: FailurePlace | null;
}

/** What a work stage asks of the editor's agent. */
export interface AgentTask {
  readonly prompt: string;
  /** Files that the agent is given to read; the prompt names them. */
  readonly files: readonly Attachment[];
  readonly tier: Tier;
  /** The models that may begin. The first one that answers does the whole stage. */
  readonly chain: readonly ModelRef[];
  readonly requests: number;
  readonly nanoUsd: number;
  /** Told after each request what all of them have used. */
  readonly progress: (used: AgentUsed) => void;
}

/** Where a run belongs to, for the rows of the ledger. */
interface RunContext {
  readonly run: string;
  readonly conversation?: string | undefined;
}

/** What a run needs of the world. None of it may reject because the user stopped; a port that throws fails the stage. */
export interface RunPorts {
  readonly gateway: Gateway;
  readonly context: RunContext;
  /** The models of a tier that can answer, first choice first. */
  readonly chain: (tier: Tier) => readonly ModelRef[];
  /** What is attached, with files as they are now. */
  readonly attached: () => Promise<readonly Attachment[]>;
  /** What the workspace and the attached web pages have for texts: passages with path or address, and lines. */
  readonly search: (texts: readonly string[], signal: AbortSignal) => Promise<string>;
  /** Whether a file of the workspace, or the attached page with this address, has this line, from 1. */
  readonly exists: (path: string, line: number) => Promise<boolean>;
  /** The changes of the work stage so far, as a diff; empty for none. */
  readonly changes: () => Promise<string>;
  /** Code around a change, for its reviewer; empty for none. */
  readonly around: (diff: string, signal: AbortSignal) => Promise<string>;
  readonly check: (signal: AbortSignal) => Promise<CheckResult>;
  /**
   * Offers the edits of an answer to the user, as a diff. `applied`: they are in the files; `waits`: the user has to
   * apply them first; `none`: the answer contains no change that fits.
   */
  readonly apply: (answer: string) => Promise<'applied' | 'waits' | 'none'>;
  /**
   * Lets VS Code's agent do the work. `unavailable`: nothing was sent, and why; the work is then one answer with edits.
   * Undefined where there is no agent.
   */
  readonly agent?:
    ((task: AgentTask, signal: AbortSignal) => Promise<AgentEnd | { readonly unavailable: string }>) | undefined;
  /** Told of every change, in order; what it is told is stored. */
  readonly changed: (change: RunChange) => void;
  /** Told what a stage waits for, in words; empty: nothing. */
  readonly waiting?: ((words: string) => void) | undefined;
  readonly clock: Clock;
}
