import { t } from '@vscode/l10n';
import type { Advice } from '../../core/insights/advice.ts';
import { trySlow, type ModelTimes } from '../../core/insights/fasterModels.ts';
import { tierName } from '../../core/insights/figures.ts';
import { isQuestion, repriced, sumGroups } from '../../core/insights/insightFigures.ts';
import type { GroupTotal } from '../../core/ledger/groupTypes.ts';
import type { FormatMoney } from '../../core/money/displayMoney.ts';
import type { AdviceView } from '../../protocol/insightsView.ts';
import type { InsightsData } from './insightsData.ts';
import { describeAdvice, describeBalance, formatTime } from './insightsWords.ts';

/** A card of advice, with what it would have done to the questions of the last 30 days. Nothing is sent for it. */

export function adviceView(
  advice: Advice,
  { month, tierPrices, scores }: InsightsData,
  money: FormatMoney,
): AdviceView {
  const { action, evidence } = advice;
  const words = describeAdvice(advice, money);
  const told = [words.evidence, describeBalance(advice, money)].filter(Boolean).join(' ');
  const view = { id: advice.id, ...words, evidence: told, tried: '' };
  if (action.kind === 'threshold') {
    const reached = scores.filter((score) => score >= action.threshold).length;
    return {
      ...view,
      tried: t('Of your last {0} questions, {1} would have gone to frontier.', scores.length, reached),
    };
  }
  if (evidence.kind === 'slow') return { ...view, tried: trySlowWords(evidence, month, money) };
  if (action.kind !== 'rule') return view;
  const asked = sumGroups(month.filter((total) => isQuestion(total) && total.category === action.category));
  const price = tierPrices[action.tier];
  const there = price && repriced(asked, price);
  const asWas = t('Questions of this kind in the last 30 days: {0}, for {1}.', asked.calls, money(asked.nanoUsd));
  const then =
    there === undefined
      ? t('The price there is unknown.')
      : t('On {0} their tokens would have cost {1}.', tierName(action.tier), money(there));
  return { ...view, tried: `${asWas} ${then}` };
}

/** Faster models that a card names. */
const MOST_FASTER = 3;

/** How soon the model answered, and how soon others did, by the ledger of the last 30 days. */
function trySlowWords(
  evidence: Extract<Advice['evidence'], { kind: 'slow' }>,
  month: readonly GroupTotal[],
  money: FormatMoney,
): string {
  const { tier, model, targetMs } = evidence;
  const { slow, faster } = trySlow({ model, tier, targetMs }, month);
  const isGhost = tier === 'local';
  const own = slow
    ? [
        isGhost
          ? t(
              'Of the last {0} completions, {1} alone needed at most {3} for {2}.',
              slow.n,
              slow.model,
              slow.inTime,
              formatTime(targetMs),
            )
          : t(
              'Of your last {0} questions, {1} answered {2} within {3}.',
              slow.n,
              slow.model,
              slow.inTime,
              formatTime(targetMs),
            ),
      ]
    : [];
  const named = faster.slice(0, MOST_FASTER).map(timesWords(money));
  const others =
    named.length > 0
      ? t('Models of your ledger that answered sooner: {0}.', named.join('; '))
      : t('No other model on your ledger answered sooner. The settings of the tier can test one.');
  return [...own, others].join(' ');
}

const timesWords =
  (money: FormatMoney) =>
  ({ model, p50, n, each }: ModelTimes): string =>
    each === undefined
      ? t('{0}, half of its answers within {1} (n = {2})', model, formatTime(p50), n)
      : t('{0}, half of its answers within {1} (n = {2}), {3} each', model, formatTime(p50), n, money(each));
