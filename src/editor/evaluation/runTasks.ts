import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { describeKeyVariable, missingConsent, type ConsentPlace } from '../../core/chat/approval.ts';
import { plural } from '../../core/common/language.ts';
import { hostOf } from '../../core/common/places.ts';
import { TIERS, type ModelRef, type Tier } from '../../core/common/types.ts';
import {
  compare,
  describeDifference,
  missing,
  modelOf,
  nameOf,
  type Comparison,
  type Variant,
} from '../../core/evaluation/compare.ts';
import type { KeptTask } from '../../core/evaluation/keptTask.ts';
import { givenBy } from '../../core/evaluation/recipeSide.ts';
import { junitReport, markdownReport } from '../../core/evaluation/report.ts';
import { displayMoney } from '../../core/money/displayMoney.ts';
import { formatUsd } from '../../core/money/pricing.ts';
import { writeOwnFile } from '../platform/ownFiles.ts';
import { ANSWER_TOKENS, askSide, tierOf } from './askTask.ts';
import { allowCommands, runCheckCommand } from './commandChecks.ts';
import { ProblemChecks } from './problemChecks.ts';
import { asStated, pickSide, sidesIn, tasksFor, type Stated } from './sides.ts';
import type { RunTasksParts } from './runParts.ts';
import { showInformationMessage, showWarningMessage, withProgress } from '../platform/messages.ts';

/**
 * Compares two sides on the kept tasks: asks for them, says what it may cost, asks each task of both, and writes the
 * reports.
 */
export async function runTasks(parts: RunTasksParts, stated: unknown): Promise<void> {
  const { folders, unfinished, state } = parts;
  const { tasks, problems } = await folders.read();
  if (problems.length > 0) void showWarningMessage(problems.join('\n'));
  if (tasks.length === 0)
    throw new Error(t('No task is kept yet. Choose "Keep as a test" below an answer in the chat.'));
  const limit = limitOf(stated);
  const start = await chooseSides(parts, tasks, asStated(stated));
  if (!start) return;
  if (start.tasks.length === 0)
    throw new Error(t('Both sides would ask the same: no kept task was made with a prompt that can be replaced.'));
  if (!(await allowCommands(start.tasks, state, limit !== undefined)) || !(await agree(parts, start, limit))) return;
  const looks = new ProblemChecks();
  const run = (...args: [string, Parameters<typeof runCheckCommand>[1], AbortSignal]): Promise<string> =>
    runCheckCommand(args[0], args[1], state, args[2]);
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
          run,
          newProblems: (...asked) => looks.newProblems(...asked),
          keep: (soFar) => unfinished.keep(soFar),
          ask: (side, task, signal) => askSide(parts, side, task, { run, signal }),
          progress: (done, of) => progress.report({ message: t('{0} of {1}', done, of), increment: (1 / of) * 100 }),
        },
        stop.signal,
      );
    },
  );
  await unfinished.keep(ended);
  await writeReports(ended);
  // Not waited for: a program that runs the command goes on.
  void offerAnswers(ended, parts.decide);
}

/** Offers both answers to each task as a diff, and after a change what can be decided. */
async function offerAnswers(ended: Comparison, decide: RunTasksParts['decide']): Promise<void> {
  if (ended.trials.length === 0) return;
  const show = t('Show Answers');
  const keep = t('Keep New');
  const back = t('Go Back');
  const more = [...(decide ? [keep] : []), ...(decide?.back ? [back] : [])];
  const chosen = await showInformationMessage(describeDifference(ended), show, ...more);
  if (chosen === show) await (await import('./answerDiff.ts')).showAnswers(ended);
  if (chosen === keep) await decide?.keep();
  if (chosen === back) await decide?.back?.();
}

async function chooseSides(
  parts: RunTasksParts,
  tasks: readonly KeptTask[],
  stated: Stated,
): Promise<Comparison | undefined> {
  const begin = (a: Variant, b: Variant): Comparison => ({
    ...{ a, b, trials: [], isComplete: false },
    tasks: tasksFor(tasks, a, b),
  });
  const [statedA, statedB] = await sidesIn(parts, stated);
  if (statedA && statedB) return begin(statedA, statedB);
  const stopped = await parts.unfinished.read(tasks);
  if (stopped) {
    const goesOn = await wantsToContinue(stopped);
    if (goesOn) return { ...stopped, tasks: tasksFor(tasks, stopped.a, stopped.b) };
    if (goesOn === undefined) return undefined;
  }
  const first = statedA ?? (await pickSide(t('Compare which model?'), parts, { tasks, stored: true }));
  if (!first) return undefined;
  const second = statedB ?? (await pickSide(t('With which model?'), parts, { tasks, stored: false }));
  return second && begin(first, second);
}

/** Whether the user goes on with a comparison that was stopped; undefined: neither that nor another one. */
async function wantsToContinue({ a, b, trials }: Comparison): Promise<boolean | undefined> {
  const goOn = t('Continue');
  const again = t('Start Again');
  const words = t('The comparison of {0} and {1} was stopped after {2} answers.', nameOf(a), nameOf(b), trials.length);
  const chosen = await showInformationMessage(words, goOn, again);
  return chosen === undefined ? undefined : chosen === goOn;
}

/** What is left of a comparison will likely cost, and at most, in nano-USD; `isUnknown`: a part of it has no price. */
interface Price {
  readonly likely: number;
  readonly atMost: number;
  readonly isUnknown: boolean;
}

type PriceParts = Pick<RunTasksParts, 'gateway' | 'recipes'>;

async function priceOf(parts: PriceParts, start: Comparison): Promise<Price> {
  let [likely, atMost, isUnknown] = [0, 0, false];
  for (const { task, side } of missing(start)) {
    const estimate = await priceOfOne(parts, start[side], task);
    if (!estimate || estimate.likely === null || estimate.atMost === null) isUnknown = true;
    else {
      likely += estimate.likely;
      atMost += estimate.atMost;
    }
  }
  return { likely, atMost, isUnknown };
}

/** What one answer of a side to a task would cost. */
async function priceOfOne(
  { gateway, recipes }: PriceParts,
  side: Variant,
  task: KeptTask,
): Promise<{ readonly likely: number | null; readonly atMost: number | null } | undefined> {
  if (side === 'stored') return { likely: 0, atMost: 0 };
  if ('recipe' in side) {
    const { all, estimate } = await recipes();
    const recipe = all.get(side.recipe);
    return recipe && estimate(recipe, givenBy(task));
  }
  const { model, effort } = side;
  const request = { kind: 'chat', messages: task.messages, maxTokens: ANSWER_TOKENS } as const;
  return gateway.estimate({ chain: [model], request: { ...request, ...(effort ? { effort } : {}) } });
}

const likelyWords = ({ likely, isUnknown }: Price): string =>
  isUnknown ? t('{0} and an unknown part', displayMoney(likely)) : displayMoney(likely);

/** The link to a comparison: on how many tasks, and for what price. */
export async function describeRun(
  parts: PriceParts & Pick<RunTasksParts, 'config' | 'folders'>,
  stated: unknown,
): Promise<string> {
  const { tasks: all } = await parts.folders.read();
  const [a, b] = await sidesIn(parts, asStated(stated));
  const tasks = a && b ? tasksFor(all, a, b) : [];
  if (tasks.length === 0 || !a || !b) return t('Compare on kept tasks');
  const price = likelyWords(await priceOf(parts, { a, b, tasks, trials: [], isComplete: false }));
  return plural(
    tasks.length,
    t('Compare on my {0} task (about {1})', tasks.length, price),
    t('Compare on my {0} tasks (about {1})', tasks.length, price),
  );
}

/** The models that a side may ask, each with the tier that it is asked as. */
async function modelsAsked(
  { config, recipes }: RunTasksParts,
  side: Variant,
): Promise<readonly (readonly [Tier, readonly ModelRef[]])[]> {
  const model = modelOf(side);
  if (model) return [[tierOf(config, model), [model]]];
  if (side === 'stored' || !('recipe' in side)) return [];
  const { all, chain } = await recipes();
  const stages = all.get(side.recipe)?.stages ?? [];
  // A reviewer may come from any tier: it is of another family than who did the work.
  const reviews = stages.some(({ kind }) => kind === 'review');
  return TIERS.filter((tier) => reviews || stages.some((stage) => stage.tier === tier)).map(
    (tier) => [tier, chain(tier)] as const,
  );
}

/** The places that the models of a comparison have not been used at yet, by the tier that each model belongs to. */
async function missingAgreements(
  parts: RunTasksParts,
  { a, b }: Comparison,
): Promise<readonly { readonly tier: Tier; readonly places: readonly ConsentPlace[] }[]> {
  const { config, trusted } = parts;
  const asked = [...(await modelsAsked(parts, a)), ...(await modelsAsked(parts, b))];
  return asked.flatMap(([tier, models]) => {
    const places = missingConsent(models, config.settings, trusted(), tier);
    return places.length > 0 ? [{ tier, places }] : [];
  });
}

/** Variable of the environment with the most that a comparison may cost, in USD, where no user can answer a dialog. */
const LIMIT_VARIABLE = 'GEARSHIFT_KEPT_TASKS_USD';

/**
 * The most, in nano-USD, that a program's comparison may cost without a question, as who started VS Code set it: no
 * dialog can be answered in a CI job. Undefined: the user is asked.
 */
function limitOf(stated: unknown): number | undefined {
  const { a, b } = asStated(stated);
  const usd = process.env[LIMIT_VARIABLE];
  if (a === undefined || b === undefined || usd === undefined || !/^\d+(\.\d+)?$/.test(usd)) return undefined;
  return Math.round(Number(usd) * 1e9);
}

/**
 * Says where the tasks are sent for the first time, and what the comparison may cost; false if the user does not want
 * it.
 *
 * @param limit agreed to before, in nano-USD, with every host: nothing is asked
 * @throws Error in words when the comparison could cost more than the limit
 */
async function agree(parts: RunTasksParts, start: Comparison, limit: number | undefined): Promise<boolean> {
  const { config } = parts;
  const newPlaces = await missingAgreements(parts, start);
  const price = await priceOf(parts, start);
  const atMost = price.isUnknown ? t('an unknown amount') : displayMoney(price.atMost);
  if (limit !== undefined && (price.isUnknown || price.atMost > limit))
    throw new Error(
      t(
        'The comparison may cost {0}; {1} allows {2}. Nothing was sent.',
        // The variable states USD.
        price.isUnknown ? atMost : formatUsd(price.atMost),
        LIMIT_VARIABLE,
        formatUsd(limit),
      ),
    );
  if (limit === undefined && !(await askToCompare(start, { newPlaces, likely: likelyWords(price), atMost })))
    return false;
  for (const { tier, places } of newPlaces)
    await config.agree(
      places.map(({ origin }) => origin),
      tier,
    );
  return true;
}

async function askToCompare(
  start: Comparison,
  {
    newPlaces,
    likely,
    atMost,
  }: {
    readonly newPlaces: Awaited<ReturnType<typeof missingAgreements>>;
    readonly likely: string;
    readonly atMost: string;
  },
): Promise<boolean> {
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
  const run = t('Compare');
  const chosen = await showInformationMessage(
    t('Compare {0} and {1} on {2}?', nameOf(start.a), nameOf(start.b), count),
    {
      modal: true,
      detail: [
        ...firsts,
        t('Each task is asked twice of each model. It will likely cost {0}, and at most {1}.', likely, atMost),
        t('Your budgets apply.'),
      ].join(' '),
    },
    run,
  );
  return chosen === run;
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
