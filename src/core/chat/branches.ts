import type { Answer, Summary, Question, Thread } from './conversation.ts';

/**
 * A thread is a tree: a question follows an answer, and an answer belongs to a question. Editing a question adds another
 * one in its place, asking again adds another answer; nothing is lost, and the path through the tree is what is shown
 * and sent.
 */

/** One question on the path, with all answers to it. */
export interface Step {
  readonly question: Question;
  /** The questions that were asked in this place, this one among them, oldest first. */
  readonly versions: readonly Question[];
  /** Oldest first; empty only when the window died before the first one was begun. */
  readonly answers: readonly Answer[];
  /** The answer that the conversation goes on from. */
  readonly active: Answer | undefined;
}

/** The answer that the next question follows: the id of the last answer of the path, or empty for the first question. */
export function endOfPath(thread: Thread): string {
  const last = threadPath(thread).at(-1);
  return last?.active?.id ?? last?.question.id ?? '';
}

/** The last answer, where *Auto* chose another tier for it and frontier can be asked in its place. */
export function answerForFrontier(thread: Thread): Answer | undefined {
  const answer = threadPath(thread).at(-1)?.active;
  const isOffered = answer?.route?.offers.some(({ tier }) => tier === 'frontier') ?? false;
  return isOffered && answer?.tier !== 'frontier' ? answer : undefined;
}

/**
 * The path that is shown and sent: in each place what was chosen, else what came last. It ends where it would come to a
 * turn again: in a damaged file two turns can have one id.
 */
export function threadPath(thread: Thread): readonly Step[] {
  const { questions, answers } = index(thread);
  const path: Step[] = [];
  const passed = new Set<string>();
  for (let key = ''; !passed.has(key);) {
    passed.add(key);
    const versions = questions.get(key) ?? [];
    const question = pick(versions, thread.chosen[key]);
    if (!question) break;
    const given = answers.get(question.id) ?? [];
    const active = pick(given, thread.chosen[question.id]);
    path.push({ question, versions, answers: given, active });
    key = active?.id ?? question.id;
  }
  return path;
}

/** The key under which the choice of an id is stored: the place of a question, or the question of an answer. */
export function choiceKey(turn: Question | Answer): string {
  return turn.role === 'user' ? (turn.after ?? '') : turn.questionId;
}

/** Whether questions were asked about an answer: then it cannot be taken away without losing them. */
export const hasFollowers = (thread: Thread, answerId: string): boolean =>
  thread.turns.some((turn) => turn.role === 'user' && turn.after === answerId);

/** The steps that are still sent in full. */
export function stepsAfter(steps: readonly Step[], summary: Summary | undefined): readonly Step[] {
  if (!summary) return steps;
  return steps.slice(steps.findIndex(({ active }) => active?.id === summary.upTo) + 1);
}

/** The summary that lies on the path: the one that reaches furthest. */
export function summaryOf(steps: readonly Step[], summaries: readonly Summary[]): Summary | undefined {
  const place = ({ upTo }: Summary): number => steps.findIndex(({ active }) => active?.id === upTo);
  return summaries.filter((summary) => place(summary) >= 0).sort((a, b) => place(b) - place(a))[0];
}

const pick = <T extends { readonly id: string }>(all: readonly T[], chosen: string | undefined): T | undefined =>
  all.find(({ id }) => id === chosen) ?? all.at(-1);

function index(thread: Thread) {
  const questions = new Map<string, Question[]>();
  const answers = new Map<string, Answer[]>();
  for (const turn of thread.turns) {
    const key = choiceKey(turn);
    if (turn.role === 'user') questions.set(key, [...(questions.get(key) ?? []), turn]);
    else answers.set(key, [...(answers.get(key) ?? []), turn]);
  }
  return { questions, answers };
}
