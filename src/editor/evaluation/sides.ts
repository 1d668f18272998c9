import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { EFFORTS, formatModelRef, parseModelRef, TIERS, type ModelRef, type Tier } from '../../core/common/types.ts';
import { modelOf, nameOf, type Variant } from '../../core/evaluation/compare.ts';
import type { KeptTask } from '../../core/evaluation/keptTask.ts';
import { hasPrompt } from '../../core/evaluation/promptSide.ts';
import type { Config } from '../platform/config.ts';
import type { KeptTaskRecipes } from '../platform/keptTaskRecipes.ts';

/** The two sides of a comparison: as a program states them, or as the user chooses them. */

/** What a caller of the command may state, so that nothing is asked: for programs that run it. */
export interface Stated {
  readonly a?: unknown;
  readonly b?: unknown;
}

export const asStated = (stated: unknown): Stated => (typeof stated === 'object' && stated !== null ? stated : {});

export interface SideParts {
  readonly config: Config;
  readonly recipes: () => Promise<KeptTaskRecipes>;
}

/** The sides that a caller stated, where they can be asked. */
export async function sidesIn(parts: SideParts, { a, b }: Stated): Promise<readonly (Variant | undefined)[]> {
  return [await sideIn(parts, a), await sideIn(parts, b)];
}

/**
 * A side from `stored`, from `provider/model`, or from an object: `{ model, effort, prompts }` or `{ recipe, schemas }`.
 * Undefined for anything else, and for what is not set up here.
 */
async function sideIn({ config, recipes }: SideParts, value: unknown): Promise<Variant | undefined> {
  if (value === 'stored') return 'stored';
  if (typeof value === 'string') return sideIn({ config, recipes }, { model: value });
  const { model: name, effort: said, prompts, recipe, schemas } = Object(value) as Record<string, unknown>;
  if (typeof recipe === 'string') {
    const known = (await recipes()).all.get(recipe);
    return known && { recipe, ...(isTexts(schemas) ? { schemas } : {}) };
  }
  const model = typeof name === 'string' ? parseModelRef(name) : undefined;
  if (!model || !config.settings.providers.has(model.provider)) return undefined;
  const effort = EFFORTS.find((each) => each === said);
  return { model, ...(effort ? { effort } : {}), ...(prompts === 'now' ? { prompts } : {}) };
}

const isTexts = (value: unknown): value is Record<string, string> =>
  typeof value === 'object' && value !== null && Object.values(value).every((text) => typeof text === 'string');

/**
 * The tasks that two sides can differ on: where only the prompts differ, those that were made with one. The others would
 * be asked alike.
 */
export function tasksFor(tasks: readonly KeptTask[], a: Variant, b: Variant): readonly KeptTask[] {
  const [one, other] = [modelOf(a), modelOf(b)];
  if (!one || !other || a === 'stored' || b === 'stored' || 'recipe' in a || 'recipe' in b) return tasks;
  const isSame = formatModelRef(one) === formatModelRef(other) && a.effort === b.effort;
  return isSame && a.prompts !== b.prompts ? tasks.filter(hasPrompt) : tasks;
}

interface Known {
  readonly model: ModelRef;
  readonly tiers: readonly Tier[];
}

/** The models of all tiers that answer questions, each once. */
export function modelsOf({ settings }: Config): Known[] {
  const found = new Map<string, Known>();
  for (const tier of TIERS)
    for (const model of tier === 'local' ? settings.localAnswers : settings.tiers[tier]) {
      const key = formatModelRef(model);
      found.set(key, { model, tiers: [...(found.get(key)?.tiers ?? []), tier] });
    }
  return [...found.values()];
}

type SideItem = vscode.QuickPickItem & { readonly side: () => Promise<Variant | undefined> };

const row = (side: Variant, description = ''): SideItem => ({
  label: nameOf(side),
  description,
  side: () => Promise.resolve(side),
});

/** Lets the user choose a side: a model, its effort, the current prompts, a recipe, or what was kept. */
export async function pickSide(
  title: string,
  { config, recipes }: SideParts,
  { tasks, stored }: { readonly tasks: readonly KeptTask[]; readonly stored: boolean },
): Promise<Variant | undefined> {
  const known = modelsOf(config);
  const found = await recipes();
  const items: SideItem[] = [
    ...(stored ? [{ ...row('stored', t('nothing is sent for them')), label: t('The answers you kept') }] : []),
    ...known.map(({ model, tiers }) => row({ model }, tiers.join(', '))),
    ...(tasks.some(hasPrompt)
      ? known.map(({ model }) => row({ model, prompts: 'now' }, t('instead of the ones that the tasks were kept with')))
      : []),
    ...(known.length > 0
      ? [
          {
            label: t('A model with a stated effort…'),
            description: t('how long it may think: {0}', EFFORTS.join(', ')),
            side: () => pickEffort(known),
          },
        ]
      : []),
    ...[...found.all.values()].map(({ name, description }): SideItem => ({
      label: t('Recipe /{0}', name),
      description,
      side: async () => {
        const schemas = await found.schemasFor(name);
        return schemas && { recipe: name, ...(Object.keys(schemas).length > 0 ? { schemas } : {}) };
      },
    })),
  ];
  return (await vscode.window.showQuickPick(items, { title }))?.side();
}

async function pickEffort(known: readonly Known[]): Promise<Variant | undefined> {
  const items = known.flatMap(({ model }) => EFFORTS.map((effort) => row({ model, effort })));
  return (await vscode.window.showQuickPick(items, { title: t('Which model, with which effort?') }))?.side();
}
