import type { ThreadSoFar } from '../routing/routingTypes.ts';
import { isNewTopic } from '../routing/newTopic.ts';
import { threadPath, type Step } from './branches.ts';
import type { Question, Thread } from './conversation.ts';

const pathsOf = ({ attachments }: Question): string[] =>
  attachments.filter(({ kind }) => kind !== 'rules').map(({ path }) => path);

/**
 * The tier that a chat goes on with, and whether a question begins a new topic in it; undefined before the first answer.
 *
 * @param before the questions and answers on the path before it
 */
export function threadSoFar(question: Question, before: readonly Step[]): ThreadSoFar | undefined {
  const last = before.findLast(({ active }) => active?.text);
  if (!last?.active) return undefined;
  return {
    tier: last.active.tier,
    newTopic: isNewTopic(
      { texts: [question.text], paths: pathsOf(question) },
      {
        texts: before.flatMap((step) => [step.question.text, step.active?.text ?? '']),
        paths: before.flatMap((step) => pathsOf(step.question)),
      },
    ),
  };
}

/** The questions and answers on the path of a thread before a question; all of them where it is not on it. */
export function stepsBefore(thread: Thread, questionId: string): readonly Step[] {
  const path = threadPath(thread);
  const at = path.findIndex(({ question }) => question.id === questionId);
  return at < 0 ? path : path.slice(0, at);
}
