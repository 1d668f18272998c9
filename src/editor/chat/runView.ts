import { t } from '@vscode/l10n';
import type { RecipeRun, RunForecast, StageRun } from '../../core/chat/recipeRun.ts';
import { isInPlan, shadowOf, spentBy, workedBy } from '../../core/chat/recipeRun.ts';
import { formatCount, formatSeconds } from '../../core/common/format.ts';
import { plural } from '../../core/common/language.ts';
import { displayMoney, withShadow } from '../../core/money/displayMoney.ts';
import { formatUsd } from '../../core/money/pricing.ts';
import { describeInPlan, type InPlan } from '../../core/money/likelyCost.ts';
import type { ConsentView, RunAction, RunRowView, RunView } from '../../protocol/chat.ts';

/** Runs of recipes as the page shows them. */

/** @param waiting what the run waits for right now, in words */
export function runView(run: RecipeRun, waiting: string): RunView {
  const isEnded = run.status !== 'running';
  const isUnknown = run.stages.some(({ costUnknown }) => costUnknown);
  const known = paidFor(spentBy(run), isInPlan(run) ? shadowOf(run) : undefined);
  const money = isUnknown ? t('{0} and unknown costs', known) : known;
  const requests = run.stages.reduce((sum, stage) => sum + stage.requests, 0);
  const canCompare = run.status === 'done' && !run.compared;
  return {
    title: run.compared ? t('One model alone') : `/${run.recipe}`,
    status: run.status,
    words: statusWords(run, waiting),
    rows: run.stages.map((stage, i) => rowView(run, stage, i)),
    total: isEnded || requests > 0 ? [money, time(workedBy(run)), requestWords(requests)].join(' · ') : '',
    actions: canCompare ? ['compare'] : [],
  };
}

function statusWords(run: RecipeRun, waiting: string): string {
  switch (run.status) {
    case 'running':
      return waiting;
    case 'paused':
      return t('The run waits for you.');
    case 'done':
      return savedWords(run);
    case 'failed':
      return t('The run ended at a stage that failed. Nothing after it was started.');
    case 'stopped':
      return t('The run was stopped. Everything that it has done is kept.');
    case 'handed-over':
      if (run.stages.some(({ kind, status }) => kind === 'check' && status === 'failed'))
        return t(
          'The check failed, so the changes are not approved; they are in your files. Look at the output, then take over, restore the files to before, or run a stage again.',
        );
      return t('The models did not get it done. Look at the last output, and take over or run a stage again.');
  }
}

/** What the extraction saved, told with what was really read. */
function savedWords({ stages }: RecipeRun): string {
  const tokens = stages.find((stage) => stage.tokens)?.tokens;
  if (!tokens || tokens.output >= tokens.context) return '';
  return t(
    'The last stage read about {0} tokens in place of about {1}.',
    formatCount(tokens.output),
    formatCount(tokens.context),
  );
}

/** @param shadowNanoUsd by list price, of what a flat plan paid for; 0: unknown, undefined: no plan paid */
const paidFor = (nanoUsd: number, shadowNanoUsd: number | undefined): string =>
  shadowNanoUsd === 0 && nanoUsd === 0
    ? t('in plan')
    : withShadow(displayMoney(nanoUsd), { nanoUsd, shadowNanoUsd: shadowNanoUsd ?? 0 });

const time = (ms: number): string => t('{0} s', formatSeconds(ms));

const requestWords = (count: number): string => plural(count, t('{0} request', count), t('{0} requests', count));

function rowView(run: RecipeRun, stage: StageRun, index: number): RunRowView {
  const { name, status, usage, requests, nanoUsd, costUnknown, ms, words, by, edited } = stage;
  const input = usage.input + usage.cacheRead + usage.cacheWrite;
  const tokens = [
    t('{0} in', formatCount(input)),
    ...(usage.cacheRead > 0
      ? [t('{0} cached ({1}%)', formatCount(usage.cacheRead), Math.round((100 * usage.cacheRead) / input))]
      : []),
    t('{0} out', formatCount(usage.output)),
    costUnknown ? t('cost unknown') : paidFor(nanoUsd, stage.shadowNanoUsd),
  ];
  const facts = [
    ...(requests > 0 ? tokens : []),
    ...(ms > 0 ? [time(ms)] : []),
    ...(requests > 1 ? [requestWords(requests)] : []),
  ].join(' · ');
  return {
    name,
    status,
    model: stage.model ? (stage.returned ?? stage.model.model) : (stage.tier ?? ''),
    facts: [facts, ...(edited ? [t('edited')] : [])].filter(Boolean).join(' · '),
    words: [words, by.length > 2 && status === 'done' ? t('Answered by: {0}.', by.join(', ')) : '']
      .filter(Boolean)
      .join(' '),
    actions: run.status === 'running' ? outputOf(stage) : actionsOf(run, stage, index),
  };
}

const outputOf = ({ output }: StageRun): RunAction[] => (output ? ['open'] : []);

function actionsOf(run: RecipeRun, stage: StageRun, index: number): RunAction[] {
  const { kind, status, failure } = stage;
  if (status === 'paused') return kind === 'approve' ? ['approve'] : ['show', 'go-on'];
  const hasNext = run.stages.slice(index + 1).some((each) => each.status !== 'skipped');
  return [
    ...outputOf(stage),
    ...(kind === 'review' && failure?.kind === 'no-model' ? (['add-model'] as const) : []),
    ...(status === 'failed' || status === 'stopped' ? (['go-on'] as const) : []),
    ...(status === 'done' && stage.output && hasNext && kind !== 'work' && kind !== 'check'
      ? (['edited'] as const)
      : []),
  ];
}

/** The card before a run begins: stages with models, likely and highest price, and what it may use. */
export function runConsent(run: RunForecast): NonNullable<ConsentView['run']> {
  const { limits } = run;
  const cost = (likely: number | null, atMost: number | null, monthlyPlan?: InPlan): string => {
    if (likely === null || atMost === null) return t('price unknown');
    const paid = atMost === 0 ? '' : t('likely {0}, at most {1}', displayMoney(likely), displayMoney(atMost));
    return [paid, monthlyPlan ? describeInPlan(monthlyPlan) : ''].filter(Boolean).join(' + ') || t('free');
  };
  const plans = run.stages.flatMap(({ monthlyPlan }) => (monthlyPlan ? [monthlyPlan.shadowNanoUsd] : []));
  const shadow = plans.reduce((sum, each) => (sum === null || each === null ? null : sum + each), 0 as number | null);
  return {
    title: `/${run.recipe}`,
    stages: [
      ...run.stages.map(({ name, tier, model, likely, atMost, monthlyPlan }) => ({
        name,
        model: tier ? (model?.model ?? t('no model set')) : '',
        cost: tier ? cost(likely, atMost, monthlyPlan) : '',
      })),
      {
        name: t('All stages'),
        model: '',
        cost: cost(run.likely, run.atMost, plans.length > 0 ? { shadowNanoUsd: shadow } : undefined),
      },
    ],
    limits: [
      t(
        'Limits: {0} for the run, {1} for each stage, {2} min of work.',
        formatUsd(limits.nanoUsd),
        requestWords(limits.requests),
        Math.round((limits.ms / 60_000) * 10) / 10,
      ),
      ...(run.unpriced.length > 0
        ? [
            t(
              'The price of {0} is unknown, so the money limit does not hold for it.',
              [...new Set(run.unpriced.map(({ model }) => model))].join(', '),
            ),
          ]
        : []),
      ...run.remarks,
    ],
  };
}
