import { t } from '@vscode/l10n';
import type { CallResult, Tried } from '../gateway/call.ts';
import type { Failure } from '../common/failures.ts';
import { describeFailure, type FailurePlace } from '../gateway/describeFailure.ts';
import { formatCount, formatSeconds } from '../common/format.ts';
import { formatUsd } from '../money/pricing.ts';
import { formatModelRef, type CostSource, type ModelRef, type Usage } from '../common/types.ts';
import type { Answer, AnswerFacts } from './conversation.ts';

/** What is said about an answer: beside it when it is not simply done, and in the small print below. */

/** Says which models of the chain were tried in vain, and why. */
export function fallbackWords(result: CallResult): string {
  const { model, attempts } = result;
  const first = attempts[0];
  if (!model || !first || formatModelRef(first.model) === formatModelRef(model)) return '';
  const why = first.failure ? shortFailure(first.failure) : '';
  return t('{0} answered because {1} did not ({2}).', formatModelRef(model), formatModelRef(first.model), why);
}

/** Says which model is asked because the question is too long for another. */
export function movedWords({ model: from, failure }: Tried, to: ModelRef): string {
  const { sizes } = failure ?? {};
  return sizes
    ? t(
        'About {0} tokens do not fit into the {1} that {2} takes, therefore {3} is asked.',
        formatCount(sizes.tokens),
        formatCount(sizes.window),
        from.model,
        to.model,
      )
    : t('The question is too long for {0}, therefore {1} is asked.', from.model, to.model);
}

function shortFailure(failure: Failure): string {
  return failure.status ? `${failure.kind}, ${failure.status}` : failure.kind;
}

/** What stands beside an answer that is not simply done. */
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

/** The small print: `3.2k in (2.1k cached)`, `410 out`, `$0.031`, `1.9 s to first token, 8.2 s`. */
export function smallPrint(facts: AnswerFacts): { input: string; output: string; cost: string; time: string } {
  const { usage, usageEstimated, nanoUsd, costSource, ttftMs, durationMs } = facts;
  const about = usageEstimated ? '~' : '';
  const input = about + formatCount(usage.input + usage.cacheRead + usage.cacheWrite);
  const costs =
    nanoUsd === null
      ? t('cost unknown')
      : costSource === 'free'
        ? t('free')
        : `${costSource === 'estimated' ? '~' : ''}${formatUsd(nanoUsd)}`;
  return {
    input: usage.cacheRead > 0 ? t('{0} in ({1} cached)', input, formatCount(usage.cacheRead)) : t('{0} in', input),
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
  const doubts: readonly CostSource[] = ['free', 'provider', 'computed', 'estimated', 'unknown'];
  const worse = doubts.indexOf(first.costSource) > doubts.indexOf(second.costSource) ? first : second;
  const keys = Object.keys(first.usage) as (keyof Usage)[];
  return {
    ...second,
    usage: Object.fromEntries(keys.map((key) => [key, first.usage[key] + second.usage[key]])) as unknown as Usage,
    usageEstimated: first.usageEstimated || second.usageEstimated,
    nanoUsd: first.nanoUsd === null || second.nanoUsd === null ? null : first.nanoUsd + second.nanoUsd,
    costSource: worse.costSource,
    costDetail: worse.costDetail,
    ttftMs: first.ttftMs ?? second.ttftMs,
    durationMs: first.durationMs + second.durationMs,
    fallback: second.fallback || first.fallback,
    notes: [...new Set([...(first.notes ?? []), ...(second.notes ?? [])])],
  };
}
