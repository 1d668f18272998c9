import { t } from '@vscode/l10n';
import {
  changeRun,
  newStage,
  spentBy,
  workedBy,
  type RecipeRun,
  type RunChange,
  type RunStatus,
  type StageRun,
} from '../chat/recipeRun.ts';
import type { RunPorts } from './ports.ts';
import { parseRecipe, type Recipe, type Stage } from './recipe.ts';
import { doStage } from './stages.ts';
import type { Doing, StageEnd } from './stageCall.ts';

/**
 * The run of a recipe: a machine whose whole state is a `RecipeRun`. Each change of it is handed out before the next
 * step, so it can be stored, and a run goes on from any stored state. Whatever happens, a run ends in one status, and
 * nothing is started after a stage that did not end well.
 */

/** Most steps of one run: more only a mistake of Gearshift can make. */
const MOST_STEPS = 40;

/** A run that has not begun. @param schemas that the user chose, as JSON, by the names of their stages */
export const newRun = (recipe: Recipe, task: string, schemas: Readonly<Record<string, string>> = {}): RecipeRun => ({
  recipe: recipe.name,
  version: recipe.version,
  text: recipe.text,
  schemas,
  task,
  limits: recipe.limits,
  since: { nanoUsd: 0, ms: 0, requests: recipe.stages.map(() => 0) },
  status: 'running',
  stages: recipe.stages.map(({ name, kind, tier }) => newStage(name, kind, tier)),
});

/** The recipe of a run, as it was when the run began. */
export function recipeOf({ text, recipe }: Pick<RecipeRun, 'text' | 'recipe'>): Recipe {
  const read = parseRecipe(`${recipe}.md`, text, 'shipped');
  if (!read.recipe) throw new Error(read.problems.map(({ words }) => words).join(' '));
  return read.recipe;
}

/**
 * A run that is to go on at a stage: this one and those after it begin again, and keep what they have cost. The limits
 * count from here.
 *
 * @param output what the user made of the output of the stage before; undefined: it stays
 */
export function goOnAt(run: RecipeRun, index: number, output?: string): RecipeRun {
  const stages = run.stages.map((stage, i): StageRun => {
    if (i < index) return editedAt(run, index, i, output, stage);
    const { failure: _, trouble: __, sentBack: ___, score: ____, edited: _____, ...rest } = stage;
    return { ...rest, status: 'waiting', output: '', words: '' };
  });
  const since = { nanoUsd: spentBy(run), ms: workedBy(run), requests: run.stages.map(({ requests }) => requests) };
  return { ...run, stages, since, status: 'running' };
}

/** An earlier stage: what the user approved or applied is done, and an edit belongs to the last one with an output. */
function editedAt(run: RecipeRun, index: number, i: number, output: string | undefined, stage: StageRun): StageRun {
  const settled: StageRun = stage.status === 'skipped' ? stage : { ...stage, status: 'done' };
  const cleared: StageRun = stage.status === 'paused' ? { ...settled, words: '' } : settled;
  const last = run.stages.slice(0, index).findLastIndex((each) => each.output !== '');
  if (i !== last || output === undefined || output === stage.output) return cleared;
  return { ...cleared, output, edited: true };
}

/** The first stage that has not ended; -1: none. */
const nextOf = ({ stages }: RecipeRun): number => stages.findIndex(({ status }) => status === 'waiting');

/** Lets a run go on until it ends or waits for the user. The result is what the last change made of it. */
export async function advance(begun: RecipeRun, ports: RunPorts, signal: AbortSignal): Promise<RecipeRun> {
  let run = begun;
  const change = (next: RunChange): void => {
    run = changeRun(run, next);
    ports.changed(next);
  };
  const end = (status: RunStatus): RecipeRun => {
    change({ status });
    return run;
  };
  let recipe: Recipe;
  try {
    recipe = recipeOf(run);
  } catch {
    return end('failed');
  }
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    const index = nextOf(run);
    const stage = recipe.stages[index];
    const row = run.stages[index];
    if (!stage || !row) return end('done');
    if (signal.aborted) {
      change({ status: 'stopped', index, stage: { ...row, status: 'stopped', words: t('Stopped.') } });
      return run;
    }
    if (isSkipped(run, stage, recipe)) {
      change({ status: 'running', index, stage: { ...row, status: 'skipped', words: t('Not needed.') } });
      continue;
    }
    // A check or a review of before says nothing about what is there now.
    const output = stage.kind === 'work' ? row.output : '';
    change({ status: 'running', index, stage: { ...row, status: 'running', words: '', output } });
    const ended = await doTimed(run, index, stage, ports, signal);
    if (ended.kind === 'back') {
      sendBack(run, index, ended, change);
      continue;
    }
    change({ status: statusAfter(ended), index, stage: ended.stage });
    if (ended.kind !== 'done') return run;
  }
  return end('failed');
}

function statusAfter({ kind, stage }: StageEnd): RunStatus {
  if (kind === 'done') return 'running';
  if (kind === 'paused' || kind === 'stopped') return kind;
  // Models did what they could, and it is not right: a person takes over.
  return (stage.kind === 'check' || stage.kind === 'review') && stage.output !== '' && !stage.failure
    ? 'handed-over'
    : 'failed';
}

/** Whether a stage depends on a score that is high enough. */
function isSkipped(run: RecipeRun, { onlyBelow }: Stage, recipe: Recipe): boolean {
  if (onlyBelow === undefined) return false;
  const least = recipe.stages.find(({ name }) => name === onlyBelow)?.threshold ?? 10;
  const score = run.stages.find(({ name }) => name === onlyBelow)?.score;
  return score !== undefined && score >= least;
}

/** Does a stage within the time that the run has left; what a port throws fails the stage. */
async function doTimed(
  run: RecipeRun,
  index: number,
  stage: Stage,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<StageEnd> {
  const late = new AbortController();
  const left = run.limits.ms - (workedBy(run) - run.since.ms);
  const cancel = ports.clock.after(Math.max(0, left), () => late.abort());
  const row = run.stages[index];
  if (!row) throw new Error('no such stage');
  const both = AbortSignal.any([signal, late.signal]);
  const isLate = (): boolean => late.signal.aborted && !signal.aborted;
  const doing: Doing = { run, index, stage, ports, signal: both, isLate, row };
  try {
    if (left <= 0) return { kind: 'stopped', stage: { ...row, status: 'stopped', words: lateWords() } };
    return await doStage(doing);
  } catch (error) {
    if (both.aborted)
      return {
        kind: 'stopped',
        stage: { ...doing.row, status: 'stopped', words: isLate() ? lateWords() : t('Stopped.') },
      };
    const detail = (error instanceof Error ? error.message : String(error)).slice(0, 300);
    return {
      kind: 'failed',
      stage: { ...doing.row, status: 'failed', failure: { kind: 'internal', detail }, words: detail },
    };
  } finally {
    cancel();
    ports.waiting?.('');
  }
}

const lateWords = (): string => t('The time limit of the run has passed.');

/** The work stage and those after it begin once more; what they were goes with the work as its trouble. */
function sendBack(
  run: RecipeRun,
  from: number,
  { stage, because, trouble }: Extract<StageEnd, { kind: 'back' }>,
  change: (next: RunChange) => void,
): void {
  const work = run.stages.findIndex(({ kind }) => kind === 'work');
  for (const [i, each] of run.stages.entries()) {
    if (i < work || i > from) continue;
    const now = i === from ? stage : each;
    const { check, review } = now.sentBack ?? { check: 0, review: 0 };
    const sentBack = because === 'check' ? { check: check + 1, review } : { check, review: review + 1 };
    change({
      status: 'running',
      index: i,
      stage: { ...now, status: 'waiting', ...(i === work ? { sentBack, trouble } : {}) },
    });
  }
}
