import { textsOf, type Answer, type Question } from '../../../core/chat/conversation.ts';
import type { ChatSession } from '../../../core/chat/session.ts';
import { hasMasked, namesOf, unmaskSecrets } from '../../../core/privacy/maskSecrets.ts';
import type { AppliedEdit } from '../../edits/proposal.ts';
import { nameSecret } from '../../platform/installKey.ts';
import { useCode } from '../codeBlockActions.ts';
import { answerOf, type ChatViewParts, type Handlers } from './chatPage.ts';

/** Code of an answer: applied to documents, or used in another way. The page only says which block it means. */
export function editHandlers(
  { session, applyAnswer, restoreBefore, followCode }: ChatViewParts,
  applied: AnswerEdits,
): Handlers<'applyCode' | 'applyAnswer' | 'applied' | 'restoreBefore' | 'useCode'> {
  const apply = async (turnId: string, block?: number): Promise<void> => {
    const answer = answerOf(session, turnId);
    const question = session.thread.turns.find(
      (turn): turn is Question => turn.id === answer?.questionId && turn.role === 'user',
    );
    if (answer) await applyAnswer(asUsed(session, answer), question, block);
  };
  return {
    applyCode: ({ turnId, block }) => apply(turnId, block),
    applyAnswer: ({ turnId }) => apply(turnId),
    restoreBefore: ({ turnId }) => restoreBefore(turnId),
    applied: (message) => applied.act(message.turnId, message.do),
    useCode: async ({ turnId, block, use }) => {
      const answer = answerOf(session, turnId);
      if (answer) await useCode(asUsed(session, answer).text, block, use, (code) => followCode?.(answer, code));
    },
  };
}

/** With the secrets that were masked on their way to the model: code is to work where it goes. */
function asUsed({ thread }: ChatSession, answer: Answer): Answer {
  if (!hasMasked(answer.text)) return answer;
  return { ...answer, text: unmaskSecrets(answer.text, namesOf(textsOf(thread), nameSecret)) };
}

interface Applied {
  readonly edit: AppliedEdit;
  readonly isUndone: boolean;
}

/** The edits last applied from each answer, in this window. */
export class AnswerEdits {
  readonly #applied = new Map<string, Applied>();
  readonly #onChange: (answerId: string) => void;

  constructor(onChange: (answerId: string) => void) {
    this.#onChange = onChange;
  }

  get(answerId: string): Applied | undefined {
    return this.#applied.get(answerId);
  }

  /** Takes what came of applying code of an answer. False if that is of no interest any more. */
  show(answerId: string, edit: AppliedEdit): boolean {
    const known = this.#applied.get(answerId);
    // The problems of an edit that was undone, dismissed or followed by another.
    if (edit.problems !== null && known?.edit.id !== edit.id) return false;
    if (known?.edit.id === edit.id && known.isUndone) return false;
    this.#set(answerId, { edit, isUndone: false });
    return true;
  }

  async act(answerId: string, what: 'undo' | 'fix' | 'dismiss'): Promise<void> {
    const known = this.#applied.get(answerId);
    if (!known) return;
    const { edit } = known;
    if (what === 'dismiss') return this.#set(answerId, undefined);
    if (what === 'fix') return edit.fix?.();
    if (!known.isUndone && (await edit.undo())) this.#set(answerId, { edit, isUndone: true });
  }

  #set(answerId: string, state: Applied | undefined): void {
    if (state) this.#applied.set(answerId, state);
    else this.#applied.delete(answerId);
    this.#onChange(answerId);
  }
}
