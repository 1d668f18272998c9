import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { describeKeyVariable, missingConsent, type ConsentPlace } from '../../core/chat/approval.ts';
import type { PromptFile } from '../../core/chat/promptFiles.ts';
import { plural } from '../../core/common/language.ts';
import { hostOf } from '../../core/common/places.ts';
import { formatModelRef, parseModelRef, TIERS, type ModelRef, type Tier } from '../../core/common/types.ts';
import {
  compare,
  describeDifference,
  missing,
  nameOf,
  type Asked,
  type Comparison,
  type Variant,
} from '../../core/evaluation/compare.ts';
import type { KeptTask } from '../../core/evaluation/keptTask.ts';
import { hasPrompt, withPromptNow } from '../../core/evaluation/promptSide.ts';
import { junitReport, markdownReport } from '../../core/evaluation/report.ts';
import {
  CHAT_LIMITS,
  FRONTIER_LIMITS,
  type CallResult,
  type Estimator,
  type Gateway,
} from '../../core/gateway/call.ts';
import { describeFailure } from '../../core/gateway/describeFailure.ts';
import { displayMoney } from '../../core/money/displayMoney.ts';
import type { Config } from '../platform/config.ts';
import { writeOwnFile } from '../platform/ownFiles.ts';
import type { TaskFolders } from './taskFolder.ts';
import { allowCommands, runCheckCommand } from './commandChecks.ts';
import { showInformationMessage, showWarningMessage, withProgress } from '../platform/messages.ts';
import type { UnfinishedComparison } from './unfinished.ts';

export interface RunTasksParts {
  readonly config: Config;
  readonly gateway: Gateway & Estimator;
  readonly folders: TaskFolders;
  readonly trusted: () => boolean;
  /** The prompts behind `/` as they are now, by name. */
  readonly prompts: () => Promise<ReadonlyMap<string, PromptFile>>;
  /** Of the workspace: the commands that the user allowed. */
  readonly state: vscode.Memento;
  /** The comparison that was stopped last. */
  readonly unfinished: Pick<UnfinishedComparison, 'read' | 'keep'>;
}

/** Longest answer to a task, in tokens. */
const ANSWER_TOKENS = 8_192;

/** What a caller of the command may state, so that nothing is asked: for programs that run it. */
interface Stated {
  readonly a?: unknown;
  readonly b?: unknown;
}

/**
 * Compares two models on the kept tasks: asks for the models, says what it may cost, asks each task of both, and writes
 * the reports.
 */
export async function runTasks(parts: RunTasksParts, stated: unknown): Promise<void> {
  const { config, folders, unfinished, state, prompts } = parts;
  const { tasks, problems } = await folders.read();
  if (problems.length > 0) void showWarningMessage(problems.join('\n'));
  if (tasks.length === 0)
    throw new Error(t('No task is kept yet. Choose "Keep as a test" below an answer in the chat.'));
  const start = await chooseSides(config, tasks, asStated(stated), await unfinished.read(tasks));
  if (!start || !(await allowCommands(tasks, state)) || !(await agree(parts, start))) return;
  const ended = await withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: t('Gearshift compares {0} and {1}', nameOf(start.a), nameOf(start.b)),
      cancellable: true,
    },
    (progress, token) => {
      const stop = new AbortController();
      token.onCancellationRequested(() => stop.abort());
      return compare(
        start,
        {
          run: (command, files, signal) => runCheckCommand(command, files, state, signal),
          keep: (soFar) => unfinished.keep(soFar),
          ask: async (model, task, signal, now) => {
            const asked = now ? withPromptNow(task, await prompts()) : task;
            return asked ? askTask(parts, model, asked, signal) : promptGone(task);
          },
          progress: (done, of) => progress.report({ message: t('{0} of {1}', done, of), increment: (1 / of) * 100 }),
        },
        stop.signal,
      );
    },
  );
  await unfinished.keep(ended);
  await writeReports(ended);
  // Not waited for: a program that runs the command goes on.
  void offerAnswers(ended);
}

/** Offers both answers to each task as a diff. */
async function offerAnswers(ended: Comparison): Promise<void> {
  if (ended.trials.length === 0) return;
  const show = t('Show Answers');
  if ((await showInformationMessage(describeDifference(ended), show)) === show)
    await (await import('./answerDiff.ts')).showAnswers(ended);
}

const asStated = (stated: unknown): Stated => (typeof stated === 'object' && stated !== null ? stated : {});

async function chooseSides(
  config: Config,
  tasks: readonly KeptTask[],
  stated: Stated,
  stopped: Comparison | undefined,
): Promise<Comparison | undefined> {
  const known = modelsOf(config);
  const [statedA, statedB] = sidesIn(config, stated);
  if (statedA && statedB) return { a: statedA, b: statedB, tasks, trials: [], isComplete: false };
  if (stopped) {
    const goesOn = await wantsToContinue(stopped);
    if (goesOn) return stopped;
    if (goesOn === undefined) return undefined;
  }
  const withPrompts = tasks.some(hasPrompt);
  const first = statedA ?? (await pickVariant(t('Compare which model?'), known, { stored: true, withPrompts }));
  if (!first) return undefined;
  const second = statedB ?? (await pickVariant(t('With which model?'), known, { stored: false, withPrompts }));
  return second && { a: first, b: second, tasks, trials: [], isComplete: false };
}

/** The sides that a caller stated, where they can be asked. */
function sidesIn({ settings }: Config, { a, b }: Stated): readonly (Variant | undefined)[] {
  return [a, b].map((value): Variant | undefined => {
    if (value === 'stored') return 'stored';
    const model = typeof value === 'string' ? parseModelRef(value) : undefined;
    return model && settings.providers.has(model.provider) ? { model } : undefined;
  });
}

/** Whether the user goes on with a comparison that was stopped; undefined: neither that nor another one. */
async function wantsToContinue({ a, b, trials }: Comparison): Promise<boolean | undefined> {
  const goOn = t('Continue');
  const again = t('Start Again');
  const words = t('The comparison of {0} and {1} was stopped after {2} answers.', nameOf(a), nameOf(b), trials.length);
  const chosen = await showInformationMessage(words, goOn, again);
  return chosen === undefined ? undefined : chosen === goOn;
}

interface Known {
  readonly model: ModelRef;
  readonly tiers: readonly Tier[];
}

/** The models of all tiers that answer questions, each once. */
function modelsOf({ settings }: Config): Known[] {
  const found = new Map<string, Known>();
  for (const tier of TIERS)
    for (const model of tier === 'local' ? settings.localAnswers : settings.tiers[tier]) {
      const key = formatModelRef(model);
      found.set(key, { model, tiers: [...(found.get(key)?.tiers ?? []), tier] });
    }
  return [...found.values()];
}

async function pickVariant(
  title: string,
  known: readonly Known[],
  { stored, withPrompts }: { readonly stored: boolean; readonly withPrompts: boolean },
): Promise<Variant | undefined> {
  const items: (vscode.QuickPickItem & { variant: Variant })[] = known.map(({ model, tiers }) => ({
    label: formatModelRef(model),
    description: tiers.join(', '),
    variant: { model },
  }));
  if (stored)
    items.unshift({
      label: t('The answers you kept'),
      description: t('nothing is sent for them'),
      variant: 'stored',
    });
  if (withPrompts)
    for (const { model } of known) {
      const variant = { model, prompts: 'now' } as const;
      items.push({
        label: nameOf(variant),
        description: t('instead of the ones that the tasks were kept with'),
        variant,
      });
    }
  return (await vscode.window.showQuickPick(items, { title }))?.variant;
}

/** What is left of a comparison will likely cost this, in words, and at most this. */
async function priceOf(gateway: Estimator, start: Comparison): Promise<{ words: string; atMost: string }> {
  let likely = 0;
  let atMost = 0;
  let isUnknown = false;
  for (const { task, side } of missing(start)) {
    const variant = start[side];
    if (variant === 'stored') continue;
    const estimate = await gateway.estimate({
      chain: [variant.model],
      request: { kind: 'chat', messages: task.messages, maxTokens: ANSWER_TOKENS },
    });
    if (!estimate || estimate.likely === null || estimate.atMost === null) isUnknown = true;
    else {
      likely += estimate.likely;
      atMost += estimate.atMost;
    }
  }
  return isUnknown
    ? { words: t('{0} and an unknown part', displayMoney(likely)), atMost: t('an unknown amount') }
    : { words: displayMoney(likely), atMost: displayMoney(atMost) };
}

/** The link to a comparison: on how many tasks, and for what price. */
export async function describeRun(
  { config, gateway, folders }: Pick<RunTasksParts, 'config' | 'gateway' | 'folders'>,
  stated: unknown,
): Promise<string> {
  const { tasks } = await folders.read();
  const [a, b] = sidesIn(config, asStated(stated));
  if (tasks.length === 0 || !a || !b) return t('Compare on kept tasks');
  const { words: price } = await priceOf(gateway, { a, b, tasks, trials: [], isComplete: false });
  return plural(
    tasks.length,
    t('Compare on {0} kept task (about {1})', tasks.length, price),
    t('Compare on {0} kept tasks (about {1})', tasks.length, price),
  );
}

/** The places that the models of a comparison have not been used at yet, by the tier that each model belongs to. */
function missingAgreements(
  { config, trusted }: RunTasksParts,
  { a, b }: Comparison,
): { readonly tier: Tier; readonly places: readonly ConsentPlace[] }[] {
  const models = [a, b].flatMap((variant) => (variant === 'stored' ? [] : [variant.model]));
  return models.flatMap((model) => {
    const tier = tierOf(config, model);
    const places = missingConsent([model], config.settings, trusted(), tier);
    return places.length > 0 ? [{ tier, places }] : [];
  });
}

/**
 * Says where the tasks are sent for the first time, and what the comparison may cost; false if the user does not want
 * it.
 */
async function agree(parts: RunTasksParts, start: Comparison): Promise<boolean> {
  const { gateway, config } = parts;
  const newPlaces = missingAgreements(parts, start);
  const firsts = newPlaces.flatMap(({ tier, places }) =>
    places.map((place) =>
      [
        t('{0} gets the texts of the tasks: you have not used it for the tier {1} yet.', hostOf(place.origin), tier),
        describeKeyVariable(place),
      ]
        .filter(Boolean)
        .join(' '),
    ),
  );
  const count = plural(start.tasks.length, t('{0} task', start.tasks.length), t('{0} tasks', start.tasks.length));
  const { words: price, atMost } = await priceOf(gateway, start);
  const run = t('Compare');
  const chosen = await showInformationMessage(
    t('Compare {0} and {1} on {2}?', nameOf(start.a), nameOf(start.b), count),
    {
      modal: true,
      detail: [
        ...firsts,
        t('Each task is asked twice of each model. It will likely cost {0}, and at most {1}.', price, atMost),
        t('Your budgets apply.'),
      ].join(' '),
    },
    run,
  );
  if (chosen !== run) return false;
  for (const { tier, places } of newPlaces)
    await config.agree(
      places.map(({ origin }) => origin),
      tier,
    );
  return true;
}

/**
 * The tier that a model is asked as. It is the settings' word and not that of a task: a file of the workspace could
 * name a tier whose budget has room, or whose consent is there.
 */
function tierOf(config: Config, model: ModelRef): Tier {
  const name = formatModelRef(model);
  const known = modelsOf(config).find((each) => formatModelRef(each.model) === name);
  return known?.tiers.at(-1) ?? 'frontier';
}

const promptGone = ({ prompt }: KeptTask): Asked => ({
  ...{ text: null, nanoUsd: 0, ms: 0 },
  words: t('There is no prompt /{0} any more.', prompt?.name ?? ''),
});

/** Asks one model, and no other of its tier, for a task. */
async function askTask(
  { gateway, config }: RunTasksParts,
  model: ModelRef,
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
    request: { kind: 'chat', messages: task.messages, maxTokens: ANSWER_TOKENS },
    limits: tier === 'frontier' ? FRONTIER_LIMITS : CHAT_LIMITS,
    stage: 'kept task',
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
  if (result?.outcome === 'done') return { text, words: '', nanoUsd, ms };
  const failure = result?.failure;
  const words = failure && result?.place ? describeFailure(failure, result.place).text : t('It did not answer.');
  return {
    ...{ text: null, words, nanoUsd, ms, isGone: failure?.kind === 'model-missing' },
    ends: result?.outcome === 'cancelled' || failure?.kind === 'budget',
  };
}

/** Writes both reports into the workspace, or shows the one to read where there is no folder to write to. */
async function writeReports(ended: Comparison): Promise<void> {
  const markdown = markdownReport(ended, new Date());
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  if (!folder || !vscode.workspace.isTrusted) {
    const document = await vscode.workspace.openTextDocument({ language: 'markdown', content: markdown });
    await vscode.window.showTextDocument(document);
    return;
  }
  const reports = vscode.Uri.joinPath(folder.uri, '.gearshift', 'reports');
  const file = vscode.Uri.joinPath(reports, 'kept-tasks.md');
  await writeOwnFile(file, markdown);
  await writeOwnFile(vscode.Uri.joinPath(reports, 'kept-tasks.xml'), junitReport(ended));
  await vscode.window.showTextDocument(file);
}
