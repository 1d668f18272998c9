import { t } from '@vscode/l10n';
import { PROCESS_CLOCK } from '../../core/common/clock.ts';
import { formatModelRef, type Tier } from '../../core/common/types.ts';
import { commandsOf, type FileAfter } from '../../core/evaluation/checks.ts';
import type { Asked, Asking, ModelSide, RecipeSide } from '../../core/evaluation/compare.ts';
import { KEPT_TASK_STAGE, type KeptTask } from '../../core/evaluation/keptTask.ts';
import { withPromptNow } from '../../core/evaluation/promptSide.ts';
import { askRecipe } from '../../core/evaluation/recipeSide.ts';
import { CHAT_LIMITS, FRONTIER_LIMITS, type CallResult } from '../../core/gateway/call.ts';
import { describeFailure } from '../../core/gateway/describeFailure.ts';
import type { Config } from '../platform/config.ts';
import { modelsOf } from './sides.ts';
import type { RunTasksParts } from './runParts.ts';

/** Longest answer to a task, in tokens. */
export const ANSWER_TOKENS = 8_192;

/**
 * The tier that a model is asked as. It is the settings' word and not that of a task: a file of the workspace could
 * name a tier whose budget has room, or whose consent is there.
 */
export function tierOf(config: Config, model: ModelSide['model']): Tier {
  const name = formatModelRef(model);
  const known = modelsOf(config).find((each) => formatModelRef(each.model) === name);
  return known?.tiers.at(-1) ?? 'frontier';
}

type Run = (command: string, files: readonly FileAfter[], signal: AbortSignal) => Promise<string>;

/** Asks one side of a comparison for a task. @param run runs a command of the task */
export async function askSide(
  parts: RunTasksParts,
  side: Asking,
  task: KeptTask,
  { run, signal }: { readonly run: Run; readonly signal: AbortSignal },
): Promise<Asked> {
  if ('recipe' in side) return askWithRecipe(parts, side, task, { run, signal });
  const asked = side.prompts ? withPromptNow(task, await parts.prompts()) : task;
  return asked ? askModel(parts, side, asked, signal) : promptGone(task);
}

const none = (words: string): Asked => ({ text: null, nanoUsd: 0, ms: 0, words });

const promptGone = ({ prompt }: KeptTask): Asked => none(t('There is no prompt /{0} anymore.', prompt?.name ?? ''));

async function askWithRecipe(
  { recipes, gateway }: RunTasksParts,
  { recipe: name, schemas }: RecipeSide,
  task: KeptTask,
  { run, signal }: { readonly run: Run; readonly signal: AbortSignal },
): Promise<Asked> {
  const { all, chain, search, exists } = await recipes();
  const recipe = all.get(name);
  if (!recipe) return none(t('There is no recipe /{0} anymore.', name));
  const check = async (files: readonly FileAfter[], stop: AbortSignal): Promise<string> => {
    for (const command of commandsOf(task)) {
      const words = await run(command, files, stop);
      if (words) return words;
    }
    return '';
  };
  const id = `kept-task/${crypto.randomUUID()}`;
  const ports = { gateway, chain, search, exists, check, clock: PROCESS_CLOCK, run: id };
  return askRecipe(recipe, task, { schemas, ports }, signal);
}

/** Asks one model, and no other of its tier, for a task. */
async function askModel(
  { gateway, config }: RunTasksParts,
  { model, effort }: ModelSide,
  task: KeptTask,
  signal: AbortSignal,
): Promise<Asked> {
  const tier = tierOf(config, model);
  const started = performance.now();
  let text = '';
  let result: CallResult | undefined;
  const call = {
    tier,
    task: 'chat',
    chain: [model],
    request: { kind: 'chat', messages: task.messages, maxTokens: ANSWER_TOKENS, ...(effort ? { effort } : {}) },
    limits: tier === 'frontier' ? FRONTIER_LIMITS : CHAT_LIMITS,
    stage: KEPT_TASK_STAGE,
    wholeAnswer: true,
    ...(task.prompt ? { promptName: task.prompt.name, promptVersion: task.prompt.version } : {}),
  } as const;
  for await (const event of gateway.stream(call, signal)) {
    if (event.kind === 'text') text += event.text;
    else if (event.kind === 'rethought') text = '';
    else if (event.kind === 'end') ({ result } = event);
  }
  const ms = performance.now() - started;
  const nanoUsd = result?.cost.nanoUsd ?? null;
  if (result?.outcome === 'done' && result.finish === 'length')
    return { text: null, words: t('The answer was cut at the length limit.'), nanoUsd, ms };
  if (result?.outcome === 'done') return { text, words: '', nanoUsd, ms };
  const failure = result?.failure;
  const words = failure && result?.place ? describeFailure(failure, result.place).text : t('It did not answer.');
  return {
    ...{ text: null, words, nanoUsd, ms, isGone: failure?.kind === 'model-missing' },
    ends: result?.outcome === 'cancelled' || failure?.kind === 'budget',
  };
}
