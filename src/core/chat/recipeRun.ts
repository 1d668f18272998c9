import type { Failure } from '../common/failures.ts';
import type { InPlan } from '../money/likelyCost.ts';
import { NO_USAGE, type ModelRef, type Tier, type Usage } from '../common/types.ts';

/** A run of a recipe as its turn of the chat keeps it. `core/recipes` runs it; here is what is stored and shown. */

/** What a run may use. */
export interface RunLimits {
  /** Money for all of its stages, in nano-USD. */
  readonly nanoUsd: number;
  /** Requests of one stage. */
  readonly requests: number;
  /** Working time of all of its stages, in ms; waiting for the user does not count. */
  readonly ms: number;
}

/**
 * `paused`: waits for the user, who approves or applies something; `handed-over`: the models did not get it done, and a
 * person takes over with everything that there is.
 */
export type RunStatus = 'running' | 'paused' | 'done' | 'failed' | 'stopped' | 'handed-over';

type StageStatus = 'waiting' | 'running' | 'paused' | 'done' | 'skipped' | 'failed' | 'stopped';

/** One stage of a run. Sums are over everything that the stage has done, repetitions included. */
export interface StageRun {
  readonly name: string;
  readonly kind: string;
  readonly tier?: Tier | undefined;
  readonly status: StageStatus;
  /** What it came to: Markdown, or JSON for an extract stage. */
  readonly output: string;
  /** The user changed the output. */
  readonly edited?: boolean;
  /** The model that answered last. */
  readonly model?: ModelRef;
  /** Its name as the server says it; null when it does not. */
  readonly returned?: string | null;
  /** Every model that answered for this stage, by the names that were asked and returned. */
  readonly by: readonly string[];
  readonly usage: Usage;
  /** Known cost in nano-USD. */
  readonly nanoUsd: number;
  /** By list price, of what a flat plan paid for; 0: the list price is unknown, absent: no plan paid. */
  readonly shadowNanoUsd?: number | undefined;
  /** Some of the cost is unknown. */
  readonly costUnknown?: boolean;
  readonly requests: number;
  /** Working time in ms. */
  readonly ms: number;
  readonly failure?: Failure | null;
  /** What happened, in words for the user; empty for nothing to say. */
  readonly words: string;
  /** Of a score stage, from 0 to 10. */
  readonly score?: number;
  /** Of an extract stage: estimated tokens of the context, and of the output that later stages read in its place. */
  readonly tokens?: { readonly context: number; readonly output: number };
  /** Of a work stage: how often a red check and a review sent it back. */
  readonly sentBack?: { readonly check: number; readonly review: number };
  /** Of a work stage that was sent back: what was wrong, for the model. */
  readonly trouble?: string;
}

export interface RecipeRun {
  readonly recipe: string;
  readonly version: string;
  /** The whole recipe file, as it was. */
  readonly text: string;
  /** Schemas that the user chose for extract stages, as JSON, by the stage's name. */
  readonly schemas?: Readonly<Record<string, string>>;
  readonly task: string;
  readonly limits: RunLimits;
  /** What had been used when the user last said to go on: limits count from there. */
  readonly since: { readonly nanoUsd: number; readonly ms: number; readonly requests: readonly number[] };
  readonly status: RunStatus;
  readonly stages: readonly StageRun[];
  /** It is run to compare costs with the other answer to its question. */
  readonly compared?: boolean;
}

/** What a stage would cost, before the run begins. Nano-USD; null: a price is unknown. */
export interface StageForecast {
  readonly name: string;
  readonly kind: string;
  readonly tier: Tier | undefined;
  /** The model that is asked first; undefined where none is asked, or none is set. */
  readonly model: ModelRef | undefined;
  /** With answers of usual length, and without what a run usually does not need. */
  readonly likely: number | null;
  /** With the longest answers, all repetitions, and the costliest model of the chain. */
  readonly atMost: number | null;
  /** Present where a flat plan pays for the stage. */
  readonly monthlyPlan?: InPlan | undefined;
}

/** What a run would cost and may use, before it begins. Nano-USD; null: a price is unknown. */
export interface RunForecast {
  readonly recipe: string;
  readonly stages: readonly StageForecast[];
  readonly likely: number | null;
  /** Never more than the money limit of the run, which the gateway holds where prices are known. */
  readonly atMost: number | null;
  /** Models without a known price: the money limit cannot be held for them. */
  readonly unpriced: readonly ModelRef[];
  readonly limits: RunLimits;
  /** What VS Code's agent or the edit path means for this run, and other things to know before, in words. */
  readonly remarks: readonly string[];
}

/** A stage that has not begun. */
export const newStage = (name: string, kind: string, tier: Tier | undefined): StageRun => ({
  name,
  kind,
  tier,
  status: 'waiting',
  output: '',
  by: [],
  usage: NO_USAGE,
  nanoUsd: 0,
  requests: 0,
  ms: 0,
  words: '',
});

/** A change of a run: its status, and one stage as it is now. */
export interface RunChange {
  readonly status: RunStatus;
  readonly since?: RecipeRun['since'];
  /** Index of the stage. */
  readonly index?: number;
  readonly stage?: StageRun;
}

/** A run after a change. */
export const changeRun = (run: RecipeRun, { status, since, index, stage }: RunChange): RecipeRun => ({
  ...run,
  status,
  ...(since ? { since } : {}),
  stages: stage ? run.stages.map((each, i) => (i === index ? stage : each)) : run.stages,
});

/** Known cost of a run so far, in nano-USD. */
export const spentBy = ({ stages }: Pick<RecipeRun, 'stages'>): number =>
  stages.reduce((sum, { nanoUsd }) => sum + nanoUsd, 0);

/** Whether a flat plan paid for a part of a run. */
export const isInPlan = ({ stages }: Pick<RecipeRun, 'stages'>): boolean =>
  stages.some(({ shadowNanoUsd }) => shadowNanoUsd !== undefined);

/** What that part would have cost by list price, in nano-USD; prices that are unknown count as 0. */
export const shadowOf = ({ stages }: Pick<RecipeRun, 'stages'>): number =>
  stages.reduce((sum, { shadowNanoUsd = 0 }) => sum + shadowNanoUsd, 0);

/** Working time of a run so far, in ms. */
export const workedBy = ({ stages }: Pick<RecipeRun, 'stages'>): number => stages.reduce((sum, { ms }) => sum + ms, 0);

/** A stored run as it is shown again: a stage that was under way when its window ended has stopped. */
export const settleRun = (run: RecipeRun): RecipeRun =>
  run.status !== 'running'
    ? run
    : {
        ...run,
        status: 'stopped',
        stages: run.stages.map((stage) => (stage.status === 'running' ? { ...stage, status: 'stopped' } : stage)),
      };
