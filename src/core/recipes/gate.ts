import type { RecipeRun, StageRun } from '../chat/recipeRun.ts';

/** The deterministic check of a run gates what the work stage made: changes that it found wrong are not applied unasked. */

/** How often the work had been sent back when it made something. */
export type Round = NonNullable<StageRun['sentBack']>;

const workOf = ({ stages }: Pick<RecipeRun, 'stages'>): StageRun | undefined =>
  stages.find(({ kind }) => kind === 'work');

/** The round that the work of a run is in. */
export const roundOf = (run: Pick<RecipeRun, 'stages'>): Round => workOf(run)?.sentBack ?? { check: 0, review: 0 };

/**
 * What the check said of the changes of a round, where it failed on them; undefined where it did not, or has not looked at
 * them yet.
 *
 * @param round in which the changes were made
 */
export function redCheck(run: Pick<RecipeRun, 'stages'>, round: Round): string | undefined {
  const now = roundOf(run);
  // A check that fails sends its round back: every later round says that this one was wrong.
  if (now.check > round.check) return workOf(run)?.trouble ?? '';
  const check = run.stages.find(({ kind, status, output }) => kind === 'check' && status === 'failed' && output !== '');
  return check && now.review === round.review ? check.output : undefined;
}
