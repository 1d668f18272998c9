import { t } from '@vscode/l10n';
import type { CallResult } from '../gateway/call.ts';
import type { Failure } from '../common/failures.ts';
import { estimateTokens } from '../common/tokens.ts';
import { formatModelRef, type FimRequest, type ModelRef } from '../common/types.ts';
import type { Snippet } from './fim.ts';
import type { Draft } from './joinLine.ts';
import { findEnd } from './truncate.ts';
import { ANSWER_FILTERS, FIT_FILTERS, WHOLE_ANSWER_FILTERS, type Answer } from './postprocess.ts';
import type { AnswerContext } from './documentContext.ts';
import { displayLanguage } from '../common/language.ts';

/** One request for a completion with what came of it, kept in memory only: it holds the user's code. */
export interface Trace {
  /** Ms since the epoch. */
  readonly at: number;
  readonly model: ModelRef;
  readonly path: string;
  readonly request: FimRequest;
  readonly snippets: readonly Snippet[];
  readonly context: AnswerContext;
  readonly raw: string;
  readonly answer: Answer;
  readonly failure: Failure | null;
  /** From the request to the first line, in ms; null when none came. */
  readonly firstLineMs: number | null;
  readonly totalMs: number;
  /** Null: the stream was closed because the suggestion was complete. */
  readonly result: CallResult | null;
}

interface Step {
  readonly filter: string;
  readonly text: string;
}

/** What each filter made of an answer; those that changed nothing are left out. */
export function traceFilters(raw: string, context: AnswerContext): Step[] {
  const steps: Step[] = [];
  let text = raw;
  const run = (filter: string, next: string): void => {
    if (next !== text) steps.push({ filter, text: next });
    text = next;
  };
  for (const { name, apply } of ANSWER_FILTERS) run(name, apply(text, context));
  run('end', text.slice(0, findEnd(text, context.docContext, true)));
  for (const { name, apply } of WHOLE_ANSWER_FILTERS) run(name, apply(text, context));
  let draft: Draft = { text, replaceAfter: 0 };
  for (const { name, apply } of FIT_FILTERS) {
    draft = apply(draft, context.docContext);
    run(`fit: ${name}`, draft.text);
  }
  return steps;
}

/** The last request as a Markdown document. */
export function describeTrace(trace: Trace, why: string | null): string {
  const { request, context, snippets, result } = trace;
  const { before, after } = context.docContext;
  const tokens = (text: string): string => t('about {0} tokens', estimateTokens(text));
  const prompt = 'raw' in request.prompt ? request.prompt.raw : `${request.prompt.prefix}█${request.prompt.suffix}`;
  const ms = (value: number | null): string => (value === null ? '–' : `${Math.round(value)} ms`);
  const usage = result && !result.usageEstimated ? result.usage : null;
  const steps = traceFilters(trace.raw, context);
  return [
    `# ${t('The last request for a completion')}`,
    why ?? t('A suggestion was available.'),
    `| | |\n|---|---|\n${[
      [t('Model'), formatModelRef(trace.model)],
      [t('File'), trace.path],
      [t('Asked at'), new Date(trace.at).toLocaleTimeString(displayLanguage())],
      [t('Go to first line'), ms(trace.firstLineMs)],
      [t('Total'), ms(trace.totalMs)],
      [t('Text before the cursor'), tokens(before)],
      [t('Text after the cursor'), tokens(after)],
      ...snippets.map(({ path, text }) => [t('From {0}', path), tokens(text)]),
      [t('Prompt'), usage ? t('{0} tokens', usage.input + usage.cacheRead) : tokens(prompt)],
      [t('Answer'), usage ? t('{0} tokens', usage.output) : tokens(trace.raw)],
      [
        t('Ended'),
        result ? (result.failure?.kind ?? result.finish ?? result.outcome) : t('closed when it was complete'),
      ],
    ]
      .map(([name = '', value = '']) => `| ${name} | ${value.replaceAll('|', '\\|')} |`)
      .join('\n')}`,
    `## ${t('Raw model output')}`,
    fence(trace.raw),
    `## ${t('After filtering')}`,
    steps.length
      ? steps.map(({ filter, text }) => `**${filter}**\n\n${fence(text)}`).join('\n\n')
      : t('No filter changed it.'),
    `## ${t('Prompt')}`,
    fence(prompt),
    '',
  ].join('\n\n');
}

/** A fence longer than any in the text. */
function fence(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map(([ticks]) => ticks.length));
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}text\n${text}\n${ticks}`;
}
