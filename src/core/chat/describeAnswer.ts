import { t } from '@vscode/l10n';
import type { CallResult } from '../gateway/call.ts';
import type { Failure } from '../common/failures.ts';
import { describeFailure, type FailurePlace } from '../gateway/describeFailure.ts';
import { formatCount, formatSeconds } from '../common/format.ts';
import { formatCost, withShadow } from '../money/displayMoney.ts';
import { describeCost } from '../money/pricing.ts';
import { formatModelRef, type CostSource, type Usage } from '../common/types.ts';
import { briefReason, describeReasons } from '../routing/describeReasons.ts';
import type { Answer, AnswerFacts, AnswerRoute, Fallback } from './conversation.ts';

/** The texts about an answer: beside it when it is not simply done, and in the small print below. */

/** The model of the chain that was tried first and in vain, and who answered instead; undefined when the first did. */
export function fallbackOf({ model, attempts: [first] }: CallResult): Fallback | undefined {
  if (!model || !first || formatModelRef(first.model) === formatModelRef(model)) return undefined;
  const { kind, status } = first.failure ?? {};
  const failure = kind ? { kind, ...(status === undefined ? {} : { status }) } : null;
  return { from: first.model, to: model, failure };
}

/** Says which model was tried in vain, and why; empty when the first of the chain answered. */
export function describeFallback({ fallback = '' }: AnswerFacts): string {
  if (typeof fallback === 'string') return fallback;
  const why = fallback.failure ? shortFailure(fallback.failure) : '';
  return t('{0} answered because {1} did not ({2}).', formatModelRef(fallback.to), formatModelRef(fallback.from), why);
}

/** Says where the amount that an answer cost comes from. */
export const describeCostOf = ({ costDetail, costSource, priceFrom }: AnswerFacts): string =>
  costDetail ?? describeCost({ source: costSource }, priceFrom);

/** Says why *Auto* chose a tier. */
export const describeRoute = ({ reasons, reason = '' }: AnswerRoute): string =>
  reasons ? describeReasons(reasons) : reason;

/** The same in a few words. */
export const describeRouteBriefly = ({ reasons, reason = '' }: AnswerRoute): string =>
  reasons ? briefReason(reasons) : reason;

/** Says which model is asked because the question is too long for another; empty when that is not so. */
export function describeMove({ move, moved = '' }: Answer): string {
  if (!move) return moved;
  const { from, to, sizes } = move;
  return sizes
    ? t(
        "About {0} tokens won't fit in {2}'s {1}-token window, so {3} will answer.",
        formatCount(sizes.tokens),
        formatCount(sizes.window),
        from.model,
        to.model,
      )
    : t('The question is too long for {0}, so {1} will answer.', from.model, to.model);
}

function shortFailure(failure: Pick<Failure, 'kind' | 'status'>): string {
  return failure.status ? `${failure.kind}, ${failure.status}` : failure.kind;
}

/** The text beside an answer that is not simply done. */
export function wordsOf(
  answer: Answer,
  waiting: string,
): { text: string; next: ReturnType<typeof describeFailure>['next'] } {
  if (answer.state === 'waiting' || answer.state === 'streaming') return { text: waiting, next: 'none' };
  if (answer.state === 'cancelled')
    return answer.failure?.kind === 'no-consent'
      ? { text: t('Not sent.'), next: 'retry' }
      : { text: t('Stopped.'), next: 'retry' };
  if (!answer.failure)
    return answer.facts?.finish === 'length'
      ? { text: t('The answer was cut at the length limit.'), next: 'none' }
      : { text: '', next: 'none' };
  const nowhere: FailurePlace = {
    provider: answer.provider,
    host: answer.provider,
    model: answer.model,
    kind: 'openai',
  };
  return describeFailure(answer.failure, answer.place ?? nowhere);
}

/** Share of the input that came from the provider's cache, in whole percent. */
const cachedShare = ({ input, cacheRead, cacheWrite }: AnswerFacts['usage']): number =>
  Math.round((100 * cacheRead) / Math.max(1, input + cacheRead + cacheWrite));

/** The small print: `3.2k in (2.1k cached, 66%)`, `410 out`, `$0.031`, `1.9 s to first token, 8.2 s`. */
export function smallPrint(facts: AnswerFacts): { input: string; output: string; cost: string; time: string } {
  const { usage, usageEstimated, nanoUsd, costSource, shadowNanoUsd = 0, ttftMs, durationMs } = facts;
  const about = usageEstimated ? '~' : '';
  const input = about + formatCount(usage.input + usage.cacheRead + usage.cacheWrite);
  const costs = withShadow(formatCost({ nanoUsd, source: costSource }), { nanoUsd: nanoUsd ?? 0, shadowNanoUsd });
  return {
    input:
      usage.cacheRead > 0
        ? t('{0} in ({1} cached, {2}%)', input, formatCount(usage.cacheRead), cachedShare(usage))
        : t('{0} in', input),
    output: t('{0} out', about + formatCount(usage.output)),
    cost: costs,
    time:
      ttftMs === null
        ? t('{0} s', formatSeconds(durationMs))
        : t('{0} s to first token, {1}\u00a0s', formatSeconds(ttftMs), formatSeconds(durationMs)),
  };
}

/** Whether the model could go on with an answer: it has text, and was stopped by a limit, the user or the network. */
export const isCut = ({ state, text, facts }: Answer): boolean =>
  text !== '' && (state === 'partial' || state === 'cancelled' || (state === 'done' && facts?.finish === 'length'));

/** The facts of an answer that was made in several calls: tokens, times and costs add up, the doubts remain. */
export function addFacts(first: AnswerFacts, second: AnswerFacts): AnswerFacts {
  const doubts: readonly CostSource[] = ['free', 'plan', 'provider', 'computed', 'estimated', 'unknown'];
  const worse = doubts.indexOf(first.costSource) > doubts.indexOf(second.costSource) ? first : second;
  const shadowNanoUsd = (first.shadowNanoUsd ?? 0) + (second.shadowNanoUsd ?? 0);
  const keys = Object.keys(first.usage) as (keyof Usage)[];
  return {
    ...second,
    usage: Object.fromEntries(keys.map((key) => [key, first.usage[key] + second.usage[key]])) as unknown as Usage,
    usageEstimated: first.usageEstimated || second.usageEstimated,
    nanoUsd: first.nanoUsd === null || second.nanoUsd === null ? null : first.nanoUsd + second.nanoUsd,
    costSource: worse.costSource,
    ...(shadowNanoUsd > 0 ? { shadowNanoUsd } : {}),
    priceFrom: worse.priceFrom,
    ...(worse.costDetail === undefined ? {} : { costDetail: worse.costDetail }),
    ttftMs: first.ttftMs ?? second.ttftMs,
    durationMs: first.durationMs + second.durationMs,
    fallback: second.fallback || first.fallback,
    notes: distinct([...(first.notes ?? []), ...(second.notes ?? [])]),
  };
}

/** Each note once. */
function distinct<T>(notes: readonly T[]): T[] {
  const words = notes.map((note) => JSON.stringify(note));
  return notes.filter((_, i) => words.indexOf(words[i] ?? '') === i);
}
