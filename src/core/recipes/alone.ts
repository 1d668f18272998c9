import { TIERS } from '../common/types.ts';
import type { RecipeRun } from '../chat/recipeRun.ts';
import { parseRecipe, type Recipe } from './recipe.ts';
import { recipeOf } from './run.ts';

/**
 * The same task for one model: the best tier of the run answers it alone, with all of the context, and the same check
 * follows.
 */
export function aloneRecipe(run: RecipeRun): Recipe {
  const { stages, limits } = recipeOf(run);
  const tier = TIERS.findLast((each) => stages.some((stage) => stage.tier === each)) ?? 'frontier';
  const hasWork = stages.some(({ kind }) => kind === 'work');
  const hasCheck = stages.some(({ kind }) => kind === 'check');
  const text = [
    '---',
    `name: ${run.recipe}`,
    'description: One model alone',
    `money: ${limits.nanoUsd / 1e9}`,
    `requests: ${limits.requests}`,
    `minutes: ${limits.ms / 60_000}`,
    '---',
    hasWork ? `## work (${tier})` : `## answer (${tier})`,
    '{{task}}',
    '{{context}}',
    ...(hasCheck ? ['## check'] : []),
  ].join('\n');
  const { recipe, problems } = parseRecipe(`${run.recipe}.md`, text, 'shipped');
  if (!recipe) throw new Error(problems.map(({ words }) => words).join(' '));
  return recipe;
}
