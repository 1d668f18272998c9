import type { Attachment } from '../../core/chat/conversation.ts';
import type { RunForecast } from '../../core/chat/recipeRun.ts';
import type { RunPorts } from '../../core/recipes/ports.ts';
import type { Recipe } from '../../core/recipes/recipe.ts';

/** What the recipes offer to a comparison on kept tasks. */
export interface KeptTaskRecipes extends Pick<RunPorts, 'chain' | 'search' | 'exists'> {
  /** By name. */
  readonly all: ReadonlyMap<string, Recipe>;
  /** Asks for the schemas that a recipe leaves open; undefined when the user gives up. */
  readonly schemasFor: (recipe: string) => Promise<Readonly<Record<string, string>> | undefined>;
  /** What one run would cost. */
  readonly estimate: (
    recipe: Recipe,
    given: { readonly task: string; readonly context: readonly Attachment[] },
  ) => Promise<RunForecast>;
}
