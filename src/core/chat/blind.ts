import type { BlindPart } from './blindVote.ts';
import type { Answer } from './conversation.ts';

/**
 * A blind comparison: two models answer one question, and their names and prices stay hidden until the user votes, so
 * that the vote is about the answers alone.
 */

/** One of the two answers. */
export type BlindAnswer = Answer & { readonly blind: BlindPart };

const isBlind = (answer: Answer): answer is BlindAnswer => answer.blind !== undefined;

const UNDER_WAY: ReadonlySet<Answer['state']> = new Set(['waiting', 'streaming']);

/** Whether names and prices of the blind answers to a question are hidden: nothing failed, and no vote was given. */
export function isHidden(answers: readonly Answer[]): boolean {
  const pair = answers.filter(isBlind);
  if (pair.some(({ vote, state }) => vote !== undefined || (state !== 'done' && !UNDER_WAY.has(state)))) return false;
  // The first of the two is there a moment before the other.
  return pair.length === 2 || pair.some(({ state }) => UNDER_WAY.has(state));
}

/** The two answers that the user can vote on, A first; undefined when there are none. */
export function votable(answers: readonly Answer[]): readonly [BlindAnswer, BlindAnswer] | undefined {
  const [a, b, more] = inPlace(answers).filter(isBlind);
  return a && b && !more && isHidden(answers) && [a, b].every(({ state, text }) => state === 'done' && text !== '')
    ? [a, b]
    : undefined;
}

/** The answers to a question with A before B; the others stay where they are. */
export const inPlace = (answers: readonly Answer[]): readonly Answer[] =>
  answers.toSorted((one, other) => (one.blind?.place ?? '').localeCompare(other.blind?.place ?? ''));
