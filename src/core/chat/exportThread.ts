import { t } from '@vscode/l10n';
import type { Answer, Attachment, Question, Thread } from './conversation.ts';
import { threadPath } from './branches.ts';
import { displayCurrency, foreignCurrency } from '../common/displayCurrency.ts';
import { formatUsd } from '../money/pricing.ts';
import { smallPrint, wordsOf } from './describeAnswer.ts';

/**
 * A thread as a file of its own: Markdown of the branch that is shown, to be read, or JSON with everything that is
 * stored, `version` first. Times are
 * ISO 8601 in UTC.
 */
export function exportThread(thread: Thread, format: 'markdown' | 'json'): string {
  if (format === 'json') return `${JSON.stringify({ version: 1, ...thread }, null, 2)}\n`;
  const turns = threadPath(thread).flatMap(({ question, active }) => [
    questionText(question),
    ...(active ? [answerText(active)] : []),
  ]);
  return `${[`# ${oneLine(thread.title)}`, formatTime(thread.createdAt), ...turns].join('\n\n')}\n`;
}

const formatTime = (time: number): string => new Date(time).toISOString();
const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

const questionText = ({ at, text, attachments }: Question): string =>
  [`## ${t('You')}, ${formatTime(at)}`, closeFence(text), ...attachments.map(attachmentText)].join('\n\n');

const attachmentText = ({ label, notes, language, text }: Attachment): string =>
  [`**${oneLine(label)}**`, notes, fence(text, language)].filter(Boolean).join('\n\n');

function answerText(answer: Answer): string {
  const { tier, provider, model, at, reasoning, text, facts } = answer;
  const { input = '', output = '', cost = '', time = '' } = facts ? smallPrint(facts) : {};
  // Others read the file too: an amount in the reader's currency has the USD beside it.
  const usd = facts?.nanoUsd && foreignCurrency(displayCurrency()) ? ` (${formatUsd(facts.nanoUsd)})` : '';
  const words = oneLine(wordsOf(answer, '').text);
  return [
    `## ${tier}: ${oneLine(`${provider}/${model}`)}, ${formatTime(at)}`,
    reasoning && reasoning.trimEnd().replaceAll(/^/gm, '> '),
    closeFence(text),
    words && `*${words}*`,
    facts && `*${[input, output, `${cost}${usd}`, time].join(' · ')}*`,
  ]
    .filter(Boolean)
    .join('\n\n');
}

/** Text between fences that are longer than any inside it. */
function fence(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}${language.replaceAll(/[^\w#+.-]/g, '')}\n${text}${text.endsWith('\n') ? '' : '\n'}${ticks}`;
}

/** The text with a fence closed that was cut off: else it would swallow all that follows. */
function closeFence(text: string): string {
  let open = '';
  for (const line of text.split('\n')) {
    const [, marks = '', rest = ''] = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
    if (!open) open = marks;
    else if (marks.startsWith(open) && !rest.trim()) open = '';
  }
  return open ? `${text}${text.endsWith('\n') ? '' : '\n'}${open}` : text;
}
