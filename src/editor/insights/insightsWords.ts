import { t } from '@vscode/l10n';
import type { Advice } from '../../core/insights/advice.ts';
import type { ShareRow } from '../../core/insights/insightFigures.ts';
import {
  BAD_CORRECTION_RATE,
  GOOD_CORRECTION_RATE,
  type CorrectionRow,
  type Look,
} from '../../core/insights/quality.ts';
import type { FormatMoney } from '../../core/money/displayMoney.ts';
import { LEAST_OBSERVATIONS, type Share } from '../../core/insights/statistics.ts';
import type { ScenarioId } from '../../core/insights/whatIf.ts';
import { FEW_A_DAY, HEAVY_A_DAY, MANY_CALLS_A_DAY, type WorthVerdict } from '../../core/insights/worthIt.ts';
import { categoryName } from '../../core/ledger/categoryNames.ts';
import { tierName } from '../../core/insights/figures.ts';
import { formatSeconds } from '../../core/common/format.ts';
import { formatDecimal, plural } from '../../core/common/language.ts';

/** The sentences of Insights. Every amount comes formatted, in the currency that the user reads. */

export const percent = (share: number): string => t('{0}%', Math.round(share * 100));

/** `6 of 41 (15%, likely 7–28%)`. */
export const describeShare = ({ part, of, share, low, high }: Share): string =>
  t('{0} of {1} ({2}%, likely {3}–{4}%)', part, of, ...[share, low, high].map((each) => Math.round(each * 100)));

export const tooFew = (n: number): string =>
  n === 0 ? t('nothing yet') : t('not enough yet: {0} of {1}', n, LEAST_OBSERVATIONS);

/** From this time on in ms, times are told in minutes. */
const MINUTES_FROM = 120_000;

/** A time in ms as `340 ms`, `2.4 s` or `4.0 min`. */
export function formatTime(ms: number | undefined): string {
  if (ms === undefined) return '–';
  if (ms < 1_000) return t('{0} ms', Math.round(ms));
  return ms < MINUTES_FROM ? t('{0} s', formatSeconds(ms)) : t('{0} min', formatDecimal(ms / 60_000, 1));
}

export function describeAdvice(
  { evidence, action }: Advice,
  money: FormatMoney,
): { readonly title: string; readonly evidence: string; readonly apply: string } {
  const apply = t('Apply');
  switch (evidence.kind) {
    case 'rework': {
      const to = action.kind === 'rule' ? tierName(action.tier) : '';
      return {
        title: t('Send {0} to {1}', categoryName(evidence.category), to),
        evidence: t(
          'Of the edits that {0} made for {1}, {2} were corrected. From 30% on, a better model usually pays.',
          tierName(evidence.tier),
          categoryName(evidence.category),
          describeShare(evidence.rate),
        ),
        apply,
      };
    }
    case 'over-pace':
      return {
        title: t('Send {0} to {1}', categoryName(evidence.category), tierName('mid')),
        evidence: t(
          'Frontier is {0}% over the pace of its budget, and {1} of {2} of its edits for {3} were kept as they were.',
          Math.round((evidence.pace - 1) * 100),
          evidence.kept.part,
          evidence.kept.of,
          categoryName(evidence.category),
        ),
        apply,
      };
    case 'small-work':
      return {
        title: t('Send {0} to {1}', categoryName(evidence.category), tierName('mid')),
        evidence: t(
          'Small questions about {3}, simple by their score or answered briefly, cost {1} on {0} (n = {2}).',
          evidence.model,
          money(evidence.nanoUsd),
          evidence.calls,
          categoryName(evidence.category),
        ),
        apply,
      };
    case 'slow':
      if (evidence.tier !== 'local')
        return {
          title: t('Use a faster model for {0}', tierName(evidence.tier)),
          evidence: t(
            'Half of the answers of {1} took longer than {2}; your target for a whole answer is {3} (n = {0}).',
            evidence.n,
            evidence.model,
            formatTime(evidence.p50),
            formatTime(evidence.targetMs),
          ),
          apply: t('Choose a model'),
        };
      return {
        title: t('Use a smaller model for ghost text'),
        evidence: t(
          'Half of the latest suggestions of {1} came later than {2}; {3} is about as long as a typist waits. Suggestions timed: {0}.',
          evidence.n,
          evidence.model,
          formatTime(evidence.p50),
          formatTime(evidence.targetMs),
        ),
        apply: t('Choose a model'),
      };
    case 'shares':
      return {
        title: t(
          'Set the threshold of frontier to {0}',
          action.kind === 'threshold' ? action.threshold.toFixed(1) : '',
        ),
        evidence: t(
          'Frontier answered {0} of your questions; {1}–{2} is the range to aim for. This threshold restores it, by the scores of your latest questions (n = {3}).',
          percent(evidence.share),
          ...evidence.target.map(percent),
          evidence.n,
        ),
        apply,
      };
  }
}

/** What the move costs a question, where the developer's time is counted; empty where it is not. */
export function describeBalance({ balance }: Advice, money: FormatMoney): string {
  if (!balance) return '';
  const { tokens, time } = balance;
  const of = (nanoUsd: number): string =>
    nanoUsd < 0 ? t('{0} less', money(-nanoUsd)) : t('{0} more', money(nanoUsd));
  return t('By your hourly rate, a question there costs {0} in tokens and {1} in your time.', of(tokens), of(time));
}

/** @param isMidReworked whether advice says that work of mid needs a better model */
export function describeWorth(
  { kind, perDay, moreAMonth, completionsAMonth, ghostSavesAMonth }: WorthVerdict,
  money: FormatMoney,
  isMidReworked: boolean,
): { readonly words: string; readonly small: string; readonly action: string } {
  const asked = plural(
    Math.round(perDay),
    t('You ask {0} question a day.', Math.round(perDay)),
    t('You ask {0} questions a day.', Math.round(perDay)),
  );
  const difference =
    moreAMonth > 0
      ? t('With mid alone, the month would cost {0} more.', money(moreAMonth))
      : t('With mid alone, the month would cost {0} less.', money(-moreAMonth));
  const ghost =
    ghostSavesAMonth !== undefined && ghostSavesAMonth > 0
      ? t(
          "Ghost text saves money: {0} completions would cost {1} at mid's price.",
          completionsAMonth,
          money(ghostSavesAMonth),
        )
      : '';
  const verdict = isMidReworked
    ? t('But what mid writes is often corrected, so it would not do for everything.')
    : kind === 'one-model'
      ? t('Routing is not what you need; one model would do.')
      : t('Routing pays for you.');
  return {
    words: [asked, difference, verdict, ghost].filter(Boolean).join(' '),
    small: t(
      'Published rules of thumb: under {0} interactions a day several models may be too much, from {1} on use is heavy; under {2} calls a day one good model is probably fine. Same tokens, list prices: answers may differ.',
      FEW_A_DAY,
      HEAVY_A_DAY,
      MANY_CALLS_A_DAY,
    ),
    action: kind === 'one-model' && !isMidReworked ? t('Ask mid in new chats') : '',
  };
}

export const lookName = (look: Look): string =>
  ({
    'there-30s': t('after 30 s'),
    'there-5min': t('after 5 min'),
    'there-15min': t('after 15 min'),
    'there-commit': t('at the next commit'),
  })[look];

/** What a correction rate says, by the lines at 5% and 30%. */
export function describeRate({ rate, judged }: CorrectionRow): { readonly words: string; readonly verdict: string } {
  if (!rate) return { words: tooFew(judged), verdict: '' };
  const verdict =
    rate.low >= BAD_CORRECTION_RATE
      ? t('needs a better model')
      : rate.share < GOOD_CORRECTION_RATE
        ? t('good')
        : rate.share >= BAD_CORRECTION_RATE
          ? t('high, not certain yet')
          : t('normal');
  return { words: describeShare(rate), verdict };
}

export function describeShares({ tier, questions, ofQuestions, ofMoney, target }: ShareRow): {
  readonly words: string;
  readonly target: string;
} {
  return {
    words:
      ofQuestions === undefined
        ? tierName(tier)
        : t(
            '{0}: {1} of the questions ({2}), {3} of the cost',
            tierName(tier),
            percent(ofQuestions),
            questions,
            percent(ofMoney ?? 0),
          ),
    target: target ? t('aim: {0}–{1}', ...target.map(percent)) : '',
  };
}

export const scenarioName = (id: ScenarioId): string =>
  ({
    'as-it-was': t('As it was'),
    'all-frontier': t('Everything on frontier'),
    'one-mid': t('One mid model'),
    'primary-budget': t('Strong model and budget model'),
    'speed-depth': t('One family in three sizes'),
    'several-providers': t('Several providers'),
    'own-server': t('Own server and premium model'),
    'all-local': t('Everything local'),
  })[id];
