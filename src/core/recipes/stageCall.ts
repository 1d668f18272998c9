import { t } from '@vscode/l10n';
import type { RecipeRun, StageRun } from '../chat/recipeRun.ts';
import { spentBy } from '../chat/recipeRun.ts';
import { promptVersionOf } from '../chat/promptFiles.ts';
import { hashText } from '../common/hashText.ts';
import { describeFailure } from '../gateway/describeFailure.ts';
import { CHAT_LIMITS, FRONTIER_LIMITS, type CallResult, type ModelCall } from '../gateway/call.ts';
import { addFields } from '../common/sums.ts';
import type { Message, ModelRef, Tier } from '../common/types.ts';
import type { Stage } from './recipe.ts';
import type { RunPorts } from './ports.ts';

/** One call of a stage, within the limits of its run, and its cost on the stage's row. */

/** Upper bound of an answer in tokens, by the kind of its stage. */
export const ANSWER_TOKENS: Readonly<Record<string, number>> = {
  ask: 8_192,
  extract: 8_192,
  score: 1_024,
  work: 16_384,
  review: 8_192,
};

/** How a stage ends. */
export type StageEnd =
  | { readonly kind: 'done'; readonly stage: StageRun }
  /** It waits for the user. */
  | { readonly kind: 'paused'; readonly stage: StageRun }
  | { readonly kind: 'failed' | 'stopped'; readonly stage: StageRun }
  /** The work stage goes once more, with what is wrong. */
  | { readonly kind: 'back'; readonly stage: StageRun; readonly because: 'check' | 'review'; readonly trouble: string };

/** A stage under way: what it is, and the row that it fills. */
export interface Doing {
  readonly run: RecipeRun;
  readonly index: number;
  readonly stage: Stage;
  readonly ports: RunPorts;
  readonly signal: AbortSignal;
  /** The run's time is up, so a stop is not the user's. */
  readonly isLate: () => boolean;
  /** The row; each call adds to it. */
  row: StageRun;
}

interface Asked {
  readonly messages: readonly Message[];
  readonly chain: readonly ModelRef[];
  readonly tier: Tier;
  readonly accept?: ModelCall['accept'];
}

/** The text of a whole answer; or how the stage ends without one. */
export type Answered = { readonly text: string; readonly result: CallResult } | { readonly end: StageEnd };

/** Asks a model for a stage. */
export async function ask(doing: Doing, { messages, chain, tier, accept }: Asked): Promise<Answered> {
  const { run, index, stage, ports, signal } = doing;
  const left = run.limits.nanoUsd - (spentBy(withRow(doing)) - run.since.nanoUsd);
  const requests = run.limits.requests - (doing.row.requests - (run.since.requests[index] ?? 0));
  if (left <= 0) return { end: stopped(doing, t('The money limit of the run is used up.')) };
  if (requests <= 0) return { end: stopped(doing, t('The stage has used up its requests.')) };
  const limits = tier === 'frontier' ? FRONTIER_LIMITS : CHAT_LIMITS;
  const call: ModelCall = {
    tier,
    task: 'chat',
    chain,
    request: { kind: 'chat', messages, maxTokens: ANSWER_TOKENS[stage.kind] ?? ANSWER_TOKENS['ask'] ?? 4_096 },
    limits: { ...limits, attempts: Math.min(limits.attempts, requests) },
    stage: stage.name,
    run: ports.context.run,
    promptName: run.recipe,
    promptVersion: promptVersionOf({ version: run.version, hash: hashText(run.text) }),
    conversation: ports.context.conversation,
    wholeAnswer: true,
    mostNanoUsd: left,
    ...(accept ? { accept } : {}),
  };
  const started = ports.clock.now();
  let text = '';
  let made = 0;
  let result: CallResult | undefined;
  for await (const event of ports.gateway.stream(call, signal)) {
    if (event.kind === 'attempt') {
      made++;
      ports.waiting?.(t('{0}: asking {1}', stage.name, event.model.model));
    } else if (event.kind === 'text') text += event.text;
    else if (event.kind === 'rethought') text = '';
    else if (event.kind === 'end') ({ result } = event);
  }
  if (!result) throw new Error('the call ended without its end');
  doing.row = withCall(doing.row, result, made, ports.clock.now() - started);
  return { text, result, ...endOf(doing, text, result) };
}

/** How the stage ends where a call brought no whole answer. */
function endOf(doing: Doing, text: string, result: CallResult): { readonly end: StageEnd } | Record<never, never> {
  if (result.outcome === 'done' && result.finish !== 'length' && text.trim() !== '') return {};
  const kept = text.trim() === '' ? doing.row : { ...doing.row, output: text };
  doing.row = kept;
  if (result.outcome === 'cancelled') return { end: stopped(doing, stopWords(doing)) };
  // A budget stops the run where it is; the user may go on later.
  const end = result.failure && failed(doing, '', result);
  if (end && result.failure?.kind === 'budget')
    return { end: { kind: 'stopped', stage: { ...end.stage, status: 'stopped' } } };
  if (end) return { end };
  return {
    end: failed(doing, text.trim() ? t('The answer was cut at the length limit.') : t('The answer is empty.'), result),
  };
}

/** A stage that failed, with its failure in words. */
export function failed(doing: Doing, words: string, result?: Pick<CallResult, 'failure' | 'place'>): StageEnd {
  const { failure = null, place } = result ?? {};
  const nowhere = { provider: '', host: '', model: doing.stage.tier ?? '', kind: 'openai' as const };
  const said = words || (failure ? describeFailure(failure, place ?? nowhere).text : '');
  return { kind: 'failed', stage: { ...doing.row, status: 'failed', failure, words: said } };
}

export const stopped = (doing: Doing, words: string): StageEnd => ({
  kind: 'stopped',
  stage: { ...doing.row, status: 'stopped', words },
});

export const done = (doing: Doing, change: Partial<StageRun>): StageEnd => ({
  kind: 'done',
  stage: { ...doing.row, status: 'done', words: '', failure: null, ...change },
});

export const stopWords = ({ isLate }: Doing): string =>
  isLate() ? t('The time limit of the run has passed.') : t('Stopped.');

/** The run with the row of the stage under way. */
const withRow = ({ run, index, row }: Doing): Pick<RecipeRun, 'stages'> => ({
  stages: run.stages.map((each, i) => (i === index ? row : each)),
});

/** A row with what a call has used and who answered. */
function withCall(row: StageRun, result: CallResult, requests: number, ms: number): StageRun {
  const answered = result.outcome === 'done' || result.outcome === 'partial' ? result : undefined;
  const names = answered ? [answered.model?.model, answered.modelReturned ?? undefined] : [];
  return {
    ...row,
    usage: addFields(row.usage, result.usage),
    nanoUsd: row.nanoUsd + result.knownNanoUsd,
    ...(result.cost.nanoUsd === null ? { costUnknown: true } : {}),
    ...(result.cost.source === 'plan' || result.shadowNanoUsd !== undefined
      ? { shadowNanoUsd: (row.shadowNanoUsd ?? 0) + (result.shadowNanoUsd ?? 0) }
      : {}),
    requests: row.requests + requests,
    ms: row.ms + ms,
    by: [...new Set([...row.by, ...names.filter((name) => name !== undefined)])],
    ...(answered?.model ? { model: answered.model, returned: answered.modelReturned } : {}),
  };
}
