import { t } from '@vscode/l10n';
import { describeFailure } from '../gateway/describeFailure.ts';
import { formatUsd } from '../money/pricing.ts';
import type { Tried } from '../gateway/call.ts';
import type { Answer, Thread } from './conversation.ts';
import { buildMessages } from './prompt.ts';

/**
 * When no model answered, a human is the last link of the chain: what was asked with all its context, what was tried,
 * why each failed and what that cost, as Markdown that can be sent to a colleague or pasted elsewhere.
 */
export function handoff(thread: Thread, answer: Answer): string {
  const messages = buildMessages(thread, answer.questionId).filter(({ role }) => role !== 'system');
  const question = messages.pop();
  const tried = answer.tried ?? [];
  return [
    `# ${t('A question that no model answered')}`,
    `## ${t('What was tried')}`,
    triedLines(tried)
      .map((line) => `- ${line}`)
      .join('\n') || t('No models were tried.'),
    totalLine(tried),
    `## ${t('The question')}`,
    question?.content ?? '',
    ...(messages.length > 0
      ? [
          `## ${t('What was said before')}`,
          ...messages.map(({ role, content }) => `### ${role === 'user' ? t('You') : t('The model')}\n\n${content}`),
        ]
      : []),
    '',
  ].join('\n\n');
}

/** A line for each attempt, in their order; attempts that ended alike are one line, with their count. */
export function triedLines(tried: readonly Tried[]): string[] {
  const counts = new Map<string, number>();
  for (const line of tried.map(triedLine)) counts.set(line, (counts.get(line) ?? 0) + 1);
  return [...counts].map(([line, count]) => (count === 1 ? line : t('{0}, {1} attempts', line, count)));
}

/** `mid at api.example.com: … ($0.0010)`, in one line. */
function triedLine({ place, failure, nanoUsd }: Tried): string {
  const why = failure ? describeFailure(failure, place).text : t('it answered');
  const cost = nanoUsd === null ? t('cost unknown') : nanoUsd === 0 ? t('no cost') : formatUsd(nanoUsd);
  return t('{0} at {1}: {2} ({3})', place.model, place.host, why.replaceAll(/\s+/g, ' '), cost);
}

function totalLine(tried: readonly Tried[]): string {
  const known = formatUsd(tried.reduce((sum, { nanoUsd }) => sum + (nanoUsd ?? 0), 0));
  const isWhole = tried.every(({ nanoUsd }) => nanoUsd !== null);
  return isWhole ? t('Total: {0}.', known) : t('Total: {0}, plus calls of unknown cost.', known);
}
