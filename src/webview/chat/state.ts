import { t } from '@vscode/l10n';
import type { TierChoice } from '../../core/common/types.ts';
import type { AnswerTurnView, ChatState, ChatToPage, TurnView } from '../../protocol/chat.ts';
import { displayLanguage } from '../../core/common/language.ts';

/** The state of the chat page, and how messages and the user's actions change it. No DOM, no clock. */

interface PageState extends Omit<ChatState, 'turns'> {
  readonly turns: readonly TurnView[];
}

export interface PageModel {
  /** Null until the host sent the first one. */
  readonly state: PageState | null;
  /** A question that was posted and that the host has not reacted to; until then no other is posted. */
  readonly sending: string | null;
  /** The last question asked from this page, for recalling it. */
  readonly asked: string;
  /** Why the host did not take the last question; empty if it did. */
  readonly refusal: string;
}

export const EMPTY: PageModel = { state: null, sending: null, asked: '', refusal: '' };

/** Messages of the host, and what the user did here before the host can answer. */
export type PageEvent =
  | ChatToPage
  | { readonly kind: 'asked'; readonly text: string }
  /** The host said nothing in time: the composer is given back. */
  | { readonly kind: 'unanswered' }
  | { readonly kind: 'tierChosen'; readonly tier: TierChoice };

export function reduce(model: PageModel, event: PageEvent): PageModel {
  switch (event.kind) {
    case 'init':
    case 'focus':
    case 'history':
    case 'compose':
    case 'suggestions':
    case 'hits':
    case 'files':
      return model;
    case 'state':
      return {
        ...model,
        state: withTurns(event.state, model.state?.turns ?? []),
        sending: null,
        // Why a question of another chat was not taken is no news in this one.
        refusal: event.state.thread.id === model.state?.thread.id ? model.refusal : '',
      };
    case 'contextMeter':
      return withState(model, (state) => ({ ...state, contextMeter: event.contextMeter }));
    case 'asked':
      return { ...model, sending: event.text, asked: event.text, refusal: '' };
    case 'refused':
      return { ...model, sending: null, refusal: event.words };
    case 'unanswered':
      return { ...model, sending: null };
    case 'tierChosen':
      return withState(model, (state) => ({ ...state, tier: event.tier, model: null }));
    case 'turn':
      return withState({ ...model, sending: null }, (state) => ({
        ...state,
        turns: replaceTurn(state.turns, event.turn),
      }));
    case 'delta':
      return withState(model, (state) => {
        const index = state.turns.findLastIndex((turn) => turn.id === event.turnId);
        const turn = state.turns[index];
        // Text that arrives after the end (a stop overtook it) belongs to no answer any more.
        if (turn?.role !== 'assistant' || !isUnderWay(turn)) return state;
        return { ...state, turns: state.turns.with(index, appendDelta(turn, event)) };
      });
  }
}

/** Puts the turns that the page has in the place of their names: the same objects, so they are not drawn again. */
function withTurns(state: ChatState, had: readonly TurnView[]): PageState {
  const byId = new Map(had.map((turn) => [turn.id, turn]));
  const turns = state.turns.map((turn) => (typeof turn === 'string' ? byId.get(turn) : turn));
  return { ...state, turns: turns.filter((turn) => turn !== undefined) };
}

function withState(model: PageModel, change: (state: PageState) => PageState): PageModel {
  if (!model.state) return model;
  const state = change(model.state);
  return state === model.state ? model : { ...model, state };
}

/** A turn that is not shown (another branch is) is left out; the next state brings what is new. */
function replaceTurn(turns: readonly TurnView[], turn: TurnView): readonly TurnView[] {
  const index = turns.findLastIndex((old) => old.id === turn.id);
  return index < 0 ? turns : turns.with(index, turn);
}

function appendDelta(turn: AnswerTurnView, delta: ChatToPage & { kind: 'delta' }): AnswerTurnView {
  const started = turn.state === 'waiting';
  return {
    ...turn,
    text: append(turn.text, delta.text, delta.textAt),
    reasoning: append(turn.reasoning, delta.reasoning, delta.reasoningAt),
    state: 'streaming',
    // The first token ends the waiting, so its words are no longer true.
    words: started ? '' : turn.words,
  };
}

/** Text that the page already received with the whole turn is not added again. */
const append = (text: string, more: string, at: number): string => text + more.slice(Math.max(0, text.length - at));

export const isUnderWay = (turn: AnswerTurnView): boolean => turn.state === 'waiting' || turn.state === 'streaming';

/** The longest question that the protocol lets through. */
export const MAX_QUESTION = 2 * 1024 * 1024;

/** Why a question cannot be sent now; empty if it can. */
export function whyNotAsk(model: PageModel, length: number): string {
  if (!model.state) return t('Not ready yet');
  if (model.state.consent) return t('Answer the question above first');
  if (model.state.busy !== null || model.sending !== null) return t('An answer is in progress');
  if (length > MAX_QUESTION)
    return t('Too long to send: the limit is {0} characters', MAX_QUESTION.toLocaleString(displayLanguage()));
  return '';
}

/** The questions that the up arrow brings back, the newest first, each once. */
export function questionsAsked(model: PageModel): readonly string[] {
  const turns = model.state?.turns ?? [];
  const texts = turns.flatMap((turn) => (turn.role === 'user' && turn.text ? [turn.text] : []));
  return [...new Set([...texts, ...(model.asked ? [model.asked] : [])].reverse())];
}

/** The question to put back into the composer when consent was not given: it was not sent and is not in the thread. */
export function unsentQuestion(model: PageModel): string {
  const inThread = model.state?.turns.some((turn) => turn.role === 'user' && turn.text === model.asked);
  return inThread ? '' : model.asked;
}

/** The text of a card about applied code. */
function appliedWords(turn: TurnView | undefined): string {
  if (turn?.role !== 'assistant' || !turn.applied) return '';
  return [turn.applied.words, ...turn.applied.problems].join(' ');
}

/** The announcement to screen readers about a change: an answer began or ended, consent is asked for. */
export function describeChange(before: PageModel, after: PageModel): string {
  if (after.refusal && after.refusal !== before.refusal) return after.refusal;
  if (before.state?.thread.id !== after.state?.thread.id || !before.state || !after.state) return '';
  if (after.state.consent && after.state.consent.id !== before.state.consent?.id)
    return after.state.consent.stepUp?.words ?? t('Your consent is needed');
  const turn = after.state.turns.at(-1);
  const { warning = '' } = after.state.contextMeter ?? {};
  if (warning && warning !== before.state.contextMeter?.warning) return warning;
  for (const turn of after.state.turns) {
    const words = appliedWords(turn);
    if (words && words !== appliedWords(before.state.turns.find((old) => old.id === turn.id))) return words;
  }
  if (turn?.role !== 'assistant') return '';
  const vote = voteWords(turn, before.state.turns);
  if (vote) return vote;
  const old = before.state.turns.findLast((other) => other.id === turn.id);
  const was = old?.role === 'assistant' ? old.state : undefined;
  if (was === turn.state) return '';
  switch (turn.state) {
    case 'waiting':
      return turn.blind ? t('Waiting for an answer') : t('Waiting for an answer from {0}', turn.model);
    case 'streaming':
      return t('Answer started');
    case 'done':
      return turn.footer ? t('Answer finished, {0}', turn.footer.cost) : t('Answer finished');
    case 'partial':
      return t('Answer incomplete. {0}', turn.words);
    case 'failed':
      return t('Answer failed. {0}', turn.words);
    case 'cancelled':
      return t('Answer stopped');
  }
}

/** The vote on two blind answers, or that one can be given, when that is new. */
function voteWords({ id, blind }: AnswerTurnView, before: readonly TurnView[]): string {
  const old = before.find((turn) => turn.id === id);
  const was = old?.role === 'assistant' ? old.blind : undefined;
  if (blind?.words && blind.words !== was?.words) return blind.words;
  return blind?.canVote && !was?.canVote ? t('Both answers are ready. Which one is better?') : '';
}
