import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { describeKeyVariable, missingConsent, type ConsentPlace } from '../../core/chat/approval.ts';
import { plural } from '../../core/common/language.ts';
import { hostOf } from '../../core/common/places.ts';
import { formatModelRef, TIERS, type ModelRef, type Tier } from '../../core/common/types.ts';
import { compare, nameOf, ROUNDS, type Asked, type Comparison, type Variant } from '../../core/evaluation/compare.ts';
import type { KeptTask } from '../../core/evaluation/keptTask.ts';
import { junitReport, markdownReport } from '../../core/evaluation/report.ts';
import {
  CHAT_LIMITS,
  FRONTIER_LIMITS,
  type CallResult,
  type Estimator,
  type Gateway,
} from '../../core/gateway/call.ts';
import { describeFailure } from '../../core/gateway/describeFailure.ts';
import { formatUsd } from '../../core/money/pricing.ts';
import type { Config } from '../platform/config.ts';
import { writeOwnFile } from '../platform/ownFiles.ts';
import type { TaskFolders } from './taskFolder.ts';
import { showInformationMessage, showWarningMessage, withProgress } from '../platform/messages.ts';

export interface RunTasksParts {
  readonly config: Config;
  readonly gateway: Gateway & Estimator;
  readonly folders: TaskFolders;
  readonly trusted: () => boolean;
}

/** Longest answer to a task, in tokens. */
const ANSWER_TOKENS = 8_192;

/** What a caller of the command may state, so that nothing is asked: for programs that run it. */
interface Stated {
  readonly a?: unknown;
  readonly b?: unknown;
}

/** The comparison that was stopped in this window; it can be continued. */
let unfinished: Comparison | undefined;

/**
 * Compares two models on the kept tasks: asks for the models, says what it may cost, asks each task of both, and writes
 * the reports.
 */
export async function runTasks(parts: RunTasksParts, stated: unknown): Promise<void> {
  const { config, folders } = parts;
  const { tasks, problems } = await folders.read();
  if (problems.length > 0) void showWarningMessage(problems.join('\n'));
  if (tasks.length === 0)
    throw new Error(t('No task is kept yet. Choose "Keep as a test" below an answer in the chat.'));
  const start = await chooseSides(config, tasks, asStated(stated));
  if (!start || !(await agree(parts, start))) return;
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
          ask: (model, task, signal) => askTask(parts, model, task, signal),
          progress: (done, of) => progress.report({ message: t('{0} of {1}', done, of), increment: (1 / of) * 100 }),
        },
        stop.signal,
      );
    },
  );
  unfinished = ended.isComplete ? undefined : ended;
  await writeReports(ended);
}

const asStated = (stated: unknown): Stated => (typeof stated === 'object' && stated !== null ? stated : {});

async function chooseSides(
  config: Config,
  tasks: readonly KeptTask[],
  { a, b }: Stated,
): Promise<Comparison | undefined> {
  const known = modelsOf(config);
  const named = (value: unknown): Variant | undefined => {
    if (value === 'stored') return 'stored';
    const model = known.find((each) => formatModelRef(each.model) === value)?.model;
    return model && { model };
  };
  const [statedA, statedB] = [named(a), named(b)];
  if (statedA && statedB) return { a: statedA, b: statedB, tasks, trials: [], isComplete: false };
  if (unfinished && (await wantsToContinue(unfinished))) return { ...unfinished, tasks };
  const first = statedA ?? (await pickVariant(t('Compare which model?'), known, true));
  if (!first) return undefined;
  const second = statedB ?? (await pickVariant(t('With which model?'), known, false));
  return second && { a: first, b: second, tasks, trials: [], isComplete: false };
}

async function wantsToContinue({ a, b, trials }: Comparison): Promise<boolean> {
  const goOn = t('Continue');
  const words = t('The comparison of {0} and {1} was stopped after {2} answers.', nameOf(a), nameOf(b), trials.length);
  return (await showInformationMessage(words, goOn, t('Start Again'))) === goOn;
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

async function pickVariant(title: string, known: readonly Known[], withStored: boolean): Promise<Variant | undefined> {
  const items: (vscode.QuickPickItem & { variant: Variant })[] = known.map(({ model, tiers }) => ({
    label: formatModelRef(model),
    description: tiers.join(', '),
    variant: { model },
  }));
  if (withStored)
    items.unshift({
      label: t('The answers you kept'),
      description: t('nothing is sent for them'),
      variant: 'stored',
    });
  return (await vscode.window.showQuickPick(items, { title }))?.variant;
}

/** What the user agrees to before a comparison. */
interface Agreement {
  readonly tier: Tier;
  readonly places: readonly ConsentPlace[];
}

/** The places that the models of a comparison have not been used at yet, by the tier that each model belongs to. */
function missingAgreements({ config, trusted }: RunTasksParts, { a, b }: Comparison): Agreement[] {
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
  let likely = 0;
  let atMost = 0;
  let isUnknown = false;
  for (const variant of [start.a, start.b])
    for (const task of variant === 'stored' ? [] : start.tasks) {
      const estimate = await gateway.estimate({
        chain: variant === 'stored' ? [] : [variant.model],
        request: { kind: 'chat', messages: task.messages, maxTokens: ANSWER_TOKENS },
      });
      if (!estimate || estimate.likely === null || estimate.atMost === null) isUnknown = true;
      else {
        likely += estimate.likely * ROUNDS;
        atMost += estimate.atMost * ROUNDS;
      }
    }
  const count = plural(start.tasks.length, t('{0} task', start.tasks.length), t('{0} tasks', start.tasks.length));
  const price = isUnknown
    ? t('It will likely cost {0} and an unknown part.', formatUsd(likely))
    : t('It will likely cost {0}, and at most {1}.', formatUsd(likely), formatUsd(atMost));
  const missing = missingAgreements(parts, start);
  const firsts = missing.flatMap(({ tier, places }) =>
    places.map((place) =>
      [
        t('{0} gets the texts of the tasks: you have not used it for the tier {1} yet.', hostOf(place.origin), tier),
        describeKeyVariable(place),
      ]
        .filter(Boolean)
        .join(' '),
    ),
  );
  const run = t('Compare');
  const chosen = await showInformationMessage(
    t('Compare {0} and {1} on {2}?', nameOf(start.a), nameOf(start.b), count),
    {
      modal: true,
      detail: [...firsts, t('Each task is asked twice of each model.'), price, t('Your budgets apply.')].join(' '),
    },
    run,
  );
  if (chosen !== run) return false;
  for (const { tier, places } of missing)
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
  return { text: null, words, nanoUsd, ms, ends: result?.outcome === 'cancelled' || failure?.kind === 'budget' };
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
