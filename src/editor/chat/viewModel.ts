import { t } from '@vscode/l10n';
import { summaryOf, threadPath, type Step } from '../../core/chat/branches.ts';
import type {
  Answer,
  AnswerFacts,
  AnswerRoute,
  Attachment,
  Summary,
  Question,
  Thread,
  ThreadSummary,
} from '../../core/chat/conversation.ts';
import { preparePart, type Part } from '../../core/chat/escalation.ts';
import { setupSteps } from '../../core/chat/setupSteps.ts';
import { triedLines } from '../../core/chat/handoff.ts';
import {
  describeCostOf,
  describeFallback,
  describeMove,
  describeRoute,
  describeRouteBriefly,
  isCut,
  smallPrint,
  wordsOf,
} from '../../core/chat/describeAnswer.ts';
import type { RecipeRun } from '../../core/chat/recipeRun.ts';
import type { Forecast } from '../../core/chat/contextBudget.ts';
import { describeRowNote } from '../../core/ledger/rowNotes.ts';
import { formatCount } from '../../core/common/format.ts';
import { displayMoney, formatCost } from '../../core/money/displayMoney.ts';
import { describeInPlan, describeLikely, type LikelyCost } from '../../core/money/likelyCost.ts';
import { formatModelRef, TIERS, type Tier } from '../../core/common/types.ts';
import type {
  AnswerTurnView,
  AppliedView,
  ChipView,
  SummaryView,
  ContextMeterView,
  RouteView,
  ThreadView,
  TurnView,
  UserTurnView,
  VersionsView,
} from '../../protocol/chat.ts';

import { inPlace, isHidden, votable } from '../../core/chat/blind.ts';
import type { Place } from '../../core/chat/blindVote.ts';
import { runView } from './runView.ts';
import type { AppliedEdit } from '../edits/proposal.ts';
import { plural } from '../../core/common/language.ts';

/** The turns of a thread as the page shows them. */

/** The data that views of answers need beside the thread. */
export interface TurnParts {
  readonly busy: { readonly answerId: string; readonly waiting: string } | null;
  /** The rule that the user's equal overrides suggest; null while there are too few. */
  readonly describeRemembered: (route: AnswerRoute, tier: Tier) => string | null;
  /** The result of applying code of an answer. */
  readonly applied: (answerId: string) => AppliedView | undefined;
  /** Whether a tier has a model that answers questions; by default, each has. */
  readonly answers?: (tier: Tier) => boolean;
  /** Whether files can be restored to before an answer. */
  readonly canRestore: (answerId: string) => boolean;
  /** What agents cost that were started from an answer, in words. */
  readonly agentCost?: (answerId: string) => string | undefined;
}

/** The path of a thread; answers that are compared are one after the other. */
export function turnViews(thread: Thread, parts: TurnParts): readonly TurnView[] {
  const path = threadPath(thread);
  const summary = summaryOf(path, thread.summaries);
  return path.flatMap((step, i): TurnView[] => [
    questionView(step),
    ...shownAnswers(step, i === path.length - 1).map((answer) => answerView(answer, parts, step)),
    ...(summary && summary.upTo === step.active?.id ? [summaryView(summary)] : []),
  ]);
}

function summaryView({ id, questions, text, model, nanoUsd, costSource }: Summary): SummaryView {
  return {
    role: 'summary',
    id,
    words: t('The questions above ({0}) are sent as a summary', questions),
    text,
    detail: t('Written by {0}, {1}', model, formatCost({ nanoUsd, source: costSource })),
  };
}

/** In nano-USD. Below it, digits say nothing: the hover has them. */
const CENT = 10_000_000;

/** The likely cost of the next question in the composer; empty where the price is unknown. */
function costChip(cost: LikelyCost): string {
  if (cost.monthlyPlan) return t('in plan');
  if (cost.nanoUsd === null) return '';
  if (cost.nanoUsd > 0 && cost.nanoUsd < CENT) return `<${displayMoney(CENT)}`;
  return costWords(cost);
}

const costWords = ({ nanoUsd, monthlyPlan }: LikelyCost): string =>
  monthlyPlan ? describeInPlan(monthlyPlan) : nanoUsd === 0 ? t('free') : `~${displayMoney(nanoUsd ?? 0)}`;

/** A row of the history. */
export const threadView = ({ nanoUsd, ...thread }: ThreadSummary): ThreadView => ({
  ...thread,
  cost: nanoUsd > 0 ? displayMoney(nanoUsd) : '',
});

/** The meter of the composer. */
export function contextMeterView({
  plan,
  model,
  tier,
  likely,
  monthlyPlan,
  larger,
  without,
}: Forecast): ContextMeterView {
  const { used, room, toCompact, tooLarge } = plan;
  const share = room === null ? null : Math.min(1, used.total / Math.max(1, room));
  const percent = share === null ? '' : t('{0}%', share > 0 && share < 0.01 ? '<1' : Math.round(share * 100));
  const line = (tokens: number, words: string): string[] => (tokens > 0 ? [`${formatCount(tokens)} ${words}`] : []);
  const warning = tooLarge
    ? larger
      ? t(
          "This doesn't fit in {1}'s {0}-token window, so {2} will answer.",
          formatCount(room ?? 0),
          model.model,
          larger.model,
        )
      : without.length > 0
        ? t(
            "This doesn't fit in {1}'s {0}-token window. It would fit without {2}.",
            formatCount(room ?? 0),
            model.model,
            without.join(', '),
          )
        : t('This does not fit into the {0} tokens that {1} can take.', formatCount(room ?? 0), model.model)
    : toCompact > 0
      ? plural(
          toCompact,
          t('Before sending, the mid tier will summarize the {0} oldest question to make room.', toCompact),
          t('Before sending, the mid tier will summarize the {0} oldest questions to make room.', toCompact),
        )
      : '';
  return {
    share: percent || formatCount(used.total),
    used: share,
    cost: costChip({ nanoUsd: likely, monthlyPlan }),
    level: tooLarge && !larger ? 'over' : tooLarge || toCompact > 0 || (share ?? 0) > 0.75 ? 'near' : 'ok',
    details: [
      room === null
        ? t('About {0} tokens for {1} ({2}), whose window is unknown.', formatCount(used.total), tier, model.model)
        : t('About {0} of {1} tokens for {2} ({3}).', formatCount(used.total), formatCount(room), tier, model.model),
      ...line(used.head, t('instructions')),
      ...line(used.summary, t('summary of earlier turns')),
      ...line(used.turns, t('earlier turns')),
      ...line(used.context, t('attached context')),
      ...line(used.question, t('your question')),
      likely === null && !monthlyPlan
        ? t('Its cost is unknown because it has no known price.')
        : t('Likely cost: {0}, before prompt-cache savings.', costWords({ nanoUsd: likely, monthlyPlan })),
    ],
    warning,
  };
}

/** One answer, with its place among others where that is known. */
export function answerView(answer: Answer, parts: TurnParts, step: Step | undefined): AnswerTurnView {
  if (answer.blind && step && isHidden(step.answers)) return hiddenView(answer, answer.blind.place, parts, step);
  const { busy } = parts;
  const facts = isWorthTelling(answer) ? answer.facts : null;
  const words = wordsOf(answer, busy?.answerId === answer.id ? busy.waiting : '');
  const compared = step !== undefined && isCompared(step);
  const applied = parts.applied(answer.id);
  const agentCost = parts.agentCost?.(answer.id);
  return {
    role: 'assistant',
    id: answer.id,
    text: answer.text,
    reasoning: answer.reasoning,
    tier: answer.tier,
    // Where nothing could be sent, which tier it would have been is of no interest.
    route: answer.route && answer.failure?.kind !== 'not-set-up' ? routeView(answer.route, answer.tier, parts) : null,
    before: [
      describeMove(answer),
      answer.leftOut ? t('The oldest questions ({0}) are left out, because the window is full.', answer.leftOut) : '',
    ].filter(Boolean),
    escalated: answer.escalated,
    model: answer.model,
    provider: answer.provider,
    state: answer.state,
    words: words.text,
    next: words.next,
    ...useTier(answer, parts),
    ...(answer.failure?.gaps ? { setup: setupSteps(answer.failure.gaps) } : {}),
    tried: triedLines(answer.tried ?? []),
    canContinue: isCut(answer),
    ...versions(step?.answers ?? [], answer),
    ...(compared ? { chosen: step.active?.id === answer.id } : {}),
    footer: facts && {
      ...smallPrint(facts),
      costSource: facts.costSource,
      costDetail: describeCostOf(facts),
      fallback: describeFallback(facts),
      notes: notesOf(facts),
    },
    ...(applied && { applied }),
    ...(parts.canRestore(answer.id) && { canRestore: true }),
    ...(answer.run && runParts(answer, answer.run, busy?.answerId === answer.id ? busy.waiting : '')),
    ...(agentCost !== undefined && { agentCost }),
    ...(answer.blind && { blind: { name: placeName(answer.blind.place), words: voteWords(answer), canVote: false } }),
  };
}

const placeName = (place: Place): string => (place === 'a' ? t('Answer A') : t('Answer B'));

/** What the user said of two blind answers; empty where no vote was given. */
function voteWords({ vote }: Answer): string {
  switch (vote) {
    case 'a':
      return t('Your vote: A is better.');
    case 'b':
      return t('Your vote: B is better.');
    case 'same':
      return t('Your vote: both are equally good.');
    case 'neither':
      return t('Your vote: neither is good.');
    default:
      return '';
  }
}

/**
 * An answer of a blind comparison before the vote. What it is made of reaches the page, so it holds nothing that tells the
 * models apart: no name, tier, price, time or token count.
 */
function hiddenView({ id, text, state }: Answer, place: Place, parts: TurnParts, step: Step): AnswerTurnView {
  const applied = parts.applied(id);
  return {
    role: 'assistant',
    id,
    text,
    reasoning: '',
    tier: 'mid',
    route: null,
    before: [],
    escalated: false,
    model: '',
    provider: '',
    state,
    words: state === 'waiting' ? t('Waiting for an answer') : '',
    next: 'none',
    tried: [],
    canContinue: false,
    footer: null,
    blind: { name: placeName(place), words: '', canVote: votable(step.answers) !== undefined },
    ...(applied && { applied }),
    ...(parts.canRestore(id) && { canRestore: true }),
  };
}

/** A run says by its rows what happened and what can be done; the buttons of an answer do not fit it. */
const runParts = (answer: Answer, run: RecipeRun, waiting: string): Partial<AnswerTurnView> => ({
  run: runView(run, waiting),
  tier: answer.tier,
  tried: [],
  words: '',
  next: 'none',
  canContinue: false,
});

/**
 * The notes on the rows of an answer in words; those that only a newer version knows are left out, and so are those that
 * only the ledger is for: some servers never state why an answer ended.
 */
const notesOf = ({ notes = [] }: AnswerFacts): string[] =>
  notes
    .filter((note) => typeof note === 'string' || note.note !== 'no-reason')
    .map((note) => (typeof note === 'string' ? note : describeRowNote(note.note, note.asked, note.returned)))
    .filter(Boolean);

/** Figures of an answer that came to something, or cost something; for nothing there is nothing to tell. */
function isWorthTelling({ facts, text }: Answer): boolean {
  if (!facts) return false;
  const tokens = Object.values(facts.usage).some((count) => count > 0);
  return text !== '' || tokens || (facts.nanoUsd ?? 0) > 0 || notesOf(facts).length > 0;
}

/** Problems that a card lists. */
const MOST_PROBLEMS = 5;

/** The card of what was applied. */
export function appliedView({ id, files, problems, fix }: AppliedEdit, isUndone: boolean): AppliedView {
  const names = files.join(', ');
  if (isUndone)
    return { id, words: t('Undone in {0}.', names), state: 'undone', problems: [], canUndo: false, canFix: false };
  const base = { id, problems: [], canUndo: true, canFix: false };
  if (problems === null)
    return { ...base, words: t('Applied to {0}. Looking for new problems …', names), state: 'checking' };
  if (problems.length === 0) return { ...base, words: t('Applied to {0}. No new problems.', names), state: 'clean' };
  return {
    ...base,
    words: plural(
      problems.length,
      t('Applied to {0}. One new problem:', names),
      t('Applied to {0}. {1} new problems:', names, problems.length),
    ),
    state: 'problems',
    problems: problems.slice(0, MOST_PROBLEMS),
    canFix: fix !== null,
  };
}

/** The next cheaper tier that has a model, for an answer that a budget refused. */
function useTier({ failure, tier, state }: Answer, { answers = () => true }: TurnParts): { useTier?: Tier } {
  if (state !== 'failed' || (failure?.kind !== 'budget' && failure?.kind !== 'no-price')) return {};
  const cheaper = TIERS.slice(0, TIERS.indexOf(tier)).findLast((each) => answers(each));
  return cheaper ? { useTier: cheaper } : {};
}

function routeView(route: AnswerRoute, tier: Tier, { describeRemembered }: TurnParts): RouteView {
  const here = route.offers.find((offer) => offer.tier === tier);
  const reason = describeRoute(route);
  const score = route.likeness.score.toFixed(1);
  return {
    line: route.tier === tier ? t('Auto → {0}', tier) : t('{0} instead of {1}', tier, route.tier),
    brief: route.tier === tier ? describeRouteBriefly(route) : t('your choice'),
    score: reason.includes(score) ? '' : t('Complexity {0} of 5', score),
    words:
      route.tier === tier
        ? route.mayNeedFrontier
          ? t('Auto chose {0}: {1}; it may need frontier', tier, reason)
          : t('Auto chose {0}: {1}', tier, reason)
        : t('You chose {0}; Auto had chosen {1}: {2}', tier, route.tier, reason),
    cost: here ? describeLikely(here) : '',
    others: route.offers
      .filter((offer) => offer.tier !== tier)
      .map((offer) => ({ tier: offer.tier, cost: describeLikely(offer), model: formatModelRef(offer.model) })),
    remember: route.tier === tier ? null : describeRemembered(route, tier),
  };
}

/** Side by side until the conversation has gone on from one of them. */
const shownAnswers = (step: Step, last: boolean): readonly Answer[] =>
  last && isCompared(step) ? inPlace(step.answers) : step.active ? [step.active] : [];

const isCompared = ({ answers }: Step): boolean => answers.length > 1 && answers.some(({ beside }) => beside);

function questionView({ question, versions: all }: Step): UserTurnView {
  const { id, text, attachments, prompt } = question;
  return {
    role: 'user',
    id,
    text,
    chips: attachments.map(chipView),
    ...(prompt
      ? {
          prompt: {
            label: prompt.version ? t('/{0}, version {1}', prompt.name, prompt.version) : t('Prompt'),
            text: prompt.text,
          },
        }
      : {}),
    ...versions(all, question),
  };
}

function versions(all: readonly (Question | Answer)[], shown: { readonly id: string }): { versions?: VersionsView } {
  const at = all.findIndex(({ id }) => id === shown.id);
  if (all.length < 2) return {};
  return {
    versions: { at: at + 1, of: all.length, previous: all[at - 1]?.id ?? null, next: all[at + 1]?.id ?? null },
  };
}

/** Context that waits for its question, with what one should know before it is sent. */
export function draftChip(attachment: Attachment): ChipView {
  const { secrets, hidden } = preparedPart(attachment);
  return { ...chipView(attachment), ...(secrets ? { secrets } : {}), ...(hidden ? { hidden } : {}) };
}

/** Attachments never change, and are shown often. */
const inspected = new WeakMap<Attachment, Part>();

function preparedPart(attachment: Attachment): Part {
  const known = inspected.get(attachment) ?? preparePart(attachment, true);
  inspected.set(attachment, known);
  return known;
}

const chipView = ({ id, kind, label, tokens, notes, path, remarks = [], pieces }: Attachment): ChipView => ({
  id,
  kind,
  label,
  tokens,
  detail: [notes || path, ...remarks].filter(Boolean).join('\n'),
  ...(pieces && {
    pieces: pieces.map((piece) => ({ label: piece.label, symbol: piece.symbol, tokens: piece.tokens })),
  }),
});
