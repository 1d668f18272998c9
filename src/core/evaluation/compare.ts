import { t } from '@vscode/l10n';
import { plural } from '../common/language.ts';
import { formatModelRef, type Effort, type ModelRef } from '../common/types.ts';
import { MOST_P, signTest } from '../insights/statistics.ts';
import { commandsOf, filesAfter, judge, type CheckOutcome, type FileAfter, type Findings } from './checks.ts';
import type { KeptTask } from './keptTask.ts';

/** Two ways of answering the kept tasks, each asked more than once because answers differ from run to run. */

/** What is compared. `stored`: the answers that the user kept, of models that may be gone. */
export type Variant = Asking | 'stored';

/** Who is asked, and how. */
export type Asking = ModelSide | RecipeSide;

/** One model. */
export interface ModelSide {
  readonly model: ModelRef;
  /** Undefined: as the model does it by itself. */
  readonly effort?: Effort | undefined;
  /** `now`: the prompts of the tasks as they are now, not as they were kept. */
  readonly prompts?: 'now' | undefined;
}

/** The models of a recipe, one stage after the other. */
export interface RecipeSide {
  readonly recipe: string;
  /** Schemas that the user chose for its extract stages, as JSON, by the names of the stages. */
  readonly schemas?: Readonly<Record<string, string>> | undefined;
}

/** The model that a side asks; undefined where it asks none, or those of a recipe. */
export const modelOf = (variant: Variant): ModelRef | undefined =>
  variant !== 'stored' && 'model' in variant ? variant.model : undefined;

/** How often each task is asked of a model. */
const ROUNDS = 2;

/** An answer to a task, or why there is none. */
export interface Asked {
  /** Null: no whole answer came. */
  readonly text: string | null;
  /** Why there is none, for the user; empty when there is one. */
  readonly words: string;
  /** Integer nano-USD; null when unknown. */
  readonly nanoUsd: number | null;
  readonly ms: number;
  /** Nothing further can be asked: a budget is used up, or the user stopped. */
  readonly ends?: boolean | undefined;
  /** Its server does not have the model any more. */
  readonly isGone?: boolean | undefined;
}

/** One answer of one side to one task, judged. */
export interface Trial {
  readonly task: string;
  readonly side: 'a' | 'b';
  readonly round: number;
  readonly answer: string | null;
  readonly words: string;
  readonly outcomes: readonly CheckOutcome[];
  readonly nanoUsd: number | null;
  readonly ms: number;
}

/** What came of the checks of a task that need more than the answer, one after the other. */
async function findingsOf(
  task: KeptTask,
  answer: string,
  { run, newProblems }: Pick<ComparePorts, 'run' | 'newProblems'>,
  signal: AbortSignal,
): Promise<Findings> {
  const ran = new Map<string, string>();
  const files = filesAfter(task, answer);
  for (const command of run ? commandsOf(task) : []) ran.set(command, (await run?.(command, files, signal)) ?? '');
  const looks = newProblems && task.checks.some(({ kind }) => kind === 'problems');
  return { ran, ...(looks ? { problems: await newProblems(task, files, signal) } : {}) };
}

/** The stored answer in the place of one of its model, which is gone; undefined where another model gave it. */
function storedFor(task: KeptTask, variant: Variant, asked: Asked): Asked | undefined {
  const model = modelOf(variant);
  if (!asked.isGone || !model || formatModelRef(task.model) !== formatModelRef(model)) return undefined;
  const words = t('{0} is gone: its stored answer is compared.', formatModelRef(model));
  return { ...asked, text: task.answer, words };
}

export interface Comparison {
  readonly a: Variant;
  readonly b: Variant;
  readonly tasks: readonly KeptTask[];
  readonly trials: readonly Trial[];
  /** Whether all that was to be asked was asked. */
  readonly isComplete: boolean;
}

export interface ComparePorts {
  readonly ask: (side: Asking, task: KeptTask, signal: AbortSignal) => Promise<Asked>;
  /** Runs a command of a task on the files that an answer makes; answers why it failed, empty for well. */
  readonly run?: (command: string, files: readonly FileAfter[], signal: AbortSignal) => Promise<string>;
  /** Why the files that an answer makes have new problems, or that it is unknown whether they do; empty for none. */
  readonly newProblems?: (task: KeptTask, files: readonly FileAfter[], signal: AbortSignal) => Promise<string>;
  /** Told after each answer. */
  readonly progress?: (done: number, of: number) => void;
  /** Keeps what there is after each answer, so that a comparison outlives its window. */
  readonly keep?: (soFar: Comparison) => Promise<void>;
}

/**
 * Asks and judges what a comparison still lacks, so that one that was stopped can be continued. Never throws; it ends
 * early, with what it has, when the signal is aborted or when nothing further can be asked.
 */
export async function compare(
  start: Comparison,
  { ask, progress, keep, ...ports }: ComparePorts,
  signal: AbortSignal,
): Promise<Comparison> {
  const left = missing(start);
  const trials = [...start.trials];
  const all = trials.length + left.length;
  for (const { task, side, round } of left) {
    if (signal.aborted) return { ...start, trials, isComplete: false };
    const variant = start[side];
    const asked =
      variant === 'stored' ? { text: task.answer, words: '', nanoUsd: 0, ms: 0 } : await ask(variant, task, signal);
    const given = variant === 'stored' ? asked : (storedFor(task, variant, asked) ?? asked);
    if (asked.ends) return { ...start, trials, isComplete: false };
    trials.push({
      task: task.name,
      side,
      round,
      answer: given.text,
      words: given.words,
      outcomes: given.text === null ? [] : judge(task, given.text, await findingsOf(task, given.text, ports, signal)),
      nanoUsd: asked.nanoUsd,
      ms: asked.ms,
    });
    progress?.(trials.length, all);
    await keep?.({ ...start, trials: [...trials], isComplete: false });
  }
  return { ...start, trials, isComplete: true };
}

interface ToAsk {
  readonly task: KeptTask;
  readonly side: 'a' | 'b';
  readonly round: number;
}

/** Both sides of a task are next to each other, so that a comparison that ends early is still one of pairs. */
export function missing({ a, b, tasks, trials }: Comparison): ToAsk[] {
  const has = new Set(trials.map(({ task, side, round }) => `${side}${round}${task}`));
  const rounds = Array.from({ length: ROUNDS }, (_, round) => round);
  return rounds.flatMap((round) =>
    tasks.flatMap((task) =>
      (['a', 'b'] as const)
        // A stored answer is always the same.
        .filter((side) => !((side === 'a' ? a : b) === 'stored' && round > 0))
        .filter((side) => !has.has(`${side}${round}${task.name}`))
        .map((side) => ({ task, side, round })),
    ),
  );
}

/** Figures of one side, over all its answers. */
export interface SideFigures {
  readonly answers: number;
  /** Answers that pass all their checks. */
  readonly passed: number;
  /** Integer nano-USD of the known ones. */
  readonly nanoUsd: number;
  readonly unknownCosts: number;
  /** Mean time of an answer in ms; null without one. */
  readonly ms: number | null;
}

export function figuresOf({ trials }: Comparison, side: 'a' | 'b'): SideFigures {
  const own = trials.filter((trial) => trial.side === side);
  return {
    answers: own.length,
    passed: own.filter(hasPassed).length,
    nanoUsd: own.reduce((sum, { nanoUsd }) => sum + (nanoUsd ?? 0), 0),
    unknownCosts: own.filter(({ nanoUsd }) => nanoUsd === null).length,
    ms: own.length === 0 ? null : own.reduce((sum, { ms }) => sum + ms, 0) / own.length,
  };
}

export const hasPassed = ({ answer, outcomes }: Trial): boolean =>
  answer !== null && outcomes.every(({ passed }) => passed);

/** How two sides differ over the tasks that both answered. */
export interface Difference {
  readonly tasks: number;
  /** Tasks in which side B passes more of its answers than side A, and fewer. */
  readonly better: number;
  readonly worse: number;
  /** Mean difference of the shares that pass, B less A, with its 95% interval; undefined below two tasks. */
  readonly mean?: { readonly value: number; readonly low: number; readonly high: number } | undefined;
  /** Probability of a difference as large or larger if both were equally good (two-sided sign test). */
  readonly p: number;
}

export function differenceOf(comparison: Comparison): Difference {
  const shares = comparison.tasks.flatMap(({ name }) => {
    const [a, b] = (['a', 'b'] as const).map((side) => {
      const own = comparison.trials.filter((trial) => trial.side === side && trial.task === name);
      return own.length === 0 ? undefined : own.filter(hasPassed).length / own.length;
    });
    return a === undefined || b === undefined ? [] : [b - a];
  });
  const better = shares.filter((share) => share > 0).length;
  const worse = shares.filter((share) => share < 0).length;
  return { tasks: shares.length, better, worse, mean: meanOf(shares), p: signTest(better, worse) };
}

function meanOf(values: readonly number[]): Difference['mean'] {
  const n = values.length;
  if (n < 2) return undefined;
  const value = values.reduce((sum, each) => sum + each, 0) / n;
  const variance = values.reduce((sum, each) => sum + (each - value) ** 2, 0) / (n - 1);
  const width = 1.96 * Math.sqrt(variance / n);
  return { value, low: Math.max(-1, value - width), high: Math.min(1, value + width) };
}

/** The result in one sentence. */
export function describeDifference(comparison: Comparison): string {
  const difference = differenceOf(comparison);
  const { tasks, better, worse, p } = difference;
  if (tasks === 0) return t('Nothing can be compared yet.');
  const [a, b] = [nameOf(comparison.a), nameOf(comparison.b)];
  const counts = plural(
    tasks,
    t('{0} does better in {1} and worse in {2} of {3} task', b, better, worse, tasks),
    t('{0} does better in {1} and worse in {2} of {3} tasks', b, better, worse, tasks),
  );
  if (p > MOST_P) return t('{0}: too close to call.', counts);
  return better > worse
    ? t('{0}: {1} is better on your tasks.', counts, b)
    : t('{0}: {1} is better on your tasks.', counts, a);
}

/** What a side is called. */
export function nameOf(variant: Variant): string {
  if (variant === 'stored') return t('the answers you kept');
  if ('recipe' in variant) return t('the recipe /{0}', variant.recipe);
  const { model, effort, prompts } = variant;
  const name = formatModelRef(model);
  if (effort && prompts) return t('{0} with effort {1} and the current prompts', name, effort);
  if (effort) return t('{0} with effort {1}', name, effort);
  return prompts ? t('{0} with the current prompts', name) : name;
}
