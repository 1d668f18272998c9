import type { TierChoice } from '../common/types.ts';
import { choiceKey, threadPath } from './branches.ts';
import {
  applyEvent,
  type Answer,
  type AnswerChange,
  type Attachment,
  type Question,
  type Thread,
  type ThreadEvent,
} from './conversation.ts';

/** A question and one answer to it. */
export interface Exchange {
  readonly question: Question;
  readonly answer: Answer;
}

/**
 * A thread in memory, with its draft, and the only way to change it. Each change is one synchronous step that is also
 * written to the thread's own file. An answer holds the thread that it was asked in, so it writes to no other, whichever
 * thread the window shows.
 */
export class LiveThread {
  readonly #write: (threadId: string, events: readonly ThreadEvent[]) => void;
  #thread: Thread;
  #stored: boolean;
  #removed = false;
  #attachments: readonly Attachment[] = [];

  /**
   * @param write appends events to the file of a thread
   * @param stored whether the file exists; without a question there is none
   */
  constructor(thread: Thread, write: (threadId: string, events: readonly ThreadEvent[]) => void, stored: boolean) {
    this.#thread = thread;
    this.#write = write;
    this.#stored = stored;
  }

  get id(): string {
    return this.#thread.id;
  }
  get thread(): Thread {
    return this.#thread;
  }
  get stored(): boolean {
    return this.#stored;
  }
  /** Whether the user deleted the thread. */
  get removed(): boolean {
    return this.#removed;
  }
  /** The attachments of the next question. */
  get attachments(): readonly Attachment[] {
    return this.#attachments;
  }
  set attachments(attachments: readonly Attachment[]) {
    this.#attachments = attachments;
  }

  /** Takes what is attached for a question: the next one begins without it. */
  takeAttachments(): readonly Attachment[] {
    const taken = this.#attachments;
    this.#attachments = [];
    return taken;
  }

  /** From now on nothing is written: a write would bring the deleted file back. */
  markRemoved(): void {
    this.#removed = true;
  }

  /** Sets the tier of a thread without questions, which has no file yet. */
  setEmptyTier(tier: TierChoice): void {
    this.#thread = { ...this.#thread, tier };
  }

  /** Applies an event in memory and stores it. */
  apply(event: ThreadEvent): void {
    this.applyUnstored(event);
    this.store(event);
  }

  /** Applies an event in memory only, for text that is stored in larger pieces; see `store`. */
  applyUnstored(event: ThreadEvent): void {
    this.#thread = applyEvent(this.#thread, event) ?? this.#thread;
  }

  /** Stores an event that was applied already. A thread without questions, or a deleted one, is not stored. */
  store(event: ThreadEvent): void {
    if (this.#stored && !this.#removed) this.#write(this.id, [event]);
  }

  /**
   * Adds a question. With the first one the thread gets its title and its file.
   *
   * @param at milliseconds since 1970
   */
  addQuestion(question: Question, tier: TierChoice, title: string, at: number): void {
    if (!this.#stored) {
      this.#stored = true;
      this.#thread = { ...this.#thread, title, tier, createdAt: at };
      this.store({ e: 'thread', at, id: this.id, title, tier });
    } else if (tier !== this.#thread.tier) this.apply({ e: 'tier', at, tier });
    this.apply({ e: 'question', at, turn: question });
  }

  /**
   * Chooses the branch that a question is on, where another one is chosen: what is sent with a question is the path to
   * it.
   *
   * @param at milliseconds since 1970
   */
  chooseBranchOf(questionId: string, at: number): void {
    if (threadPath(this.#thread).some(({ question }) => question.id === questionId)) return;
    const byId = new Map(this.#thread.turns.map((turn) => [turn.id, turn]));
    for (let turn = byId.get(questionId); turn; turn = byId.get(choiceKey(turn))) {
      this.apply({ e: 'choose', at, id: turn.id });
      // A damaged file may lead in a circle.
      byId.delete(turn.id);
    }
  }

  /** Changes an answer and returns it as it is then; undefined when there is none of this id. */
  update(answerId: string, change: AnswerChange, at: number): Answer | undefined {
    this.apply({ e: 'update', at, id: answerId, change });
    return this.find(answerId)?.answer;
  }

  /** An answer with its question; undefined when there is none of this id. */
  find(answerId: string): Exchange | undefined {
    const { turns } = this.#thread;
    const answer = turns.find((turn): turn is Answer => turn.id === answerId && turn.role === 'assistant');
    const question = turns.find((turn): turn is Question => turn.id === answer?.questionId && turn.role === 'user');
    return answer && question && { question, answer };
  }
}

/**
 * A thread without questions.
 *
 * @param at milliseconds since 1970
 */
export const emptyThread = (tier: TierChoice, at: number): Thread => ({
  id: crypto.randomUUID(),
  title: '',
  createdAt: at,
  updatedAt: at,
  tier,
  pinned: false,
  turns: [],
  chosen: {},
  summaries: [],
});
