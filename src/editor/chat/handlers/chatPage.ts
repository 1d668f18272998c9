import type { FollowCode } from '../codeBlockActions.ts';
import type * as vscode from 'vscode';
import type { BlindAnswer } from '../../../core/chat/blind.ts';
import type { Answer, AnswerRoute, Question, Thread } from '../../../core/chat/conversation.ts';
import type { ChosenModel } from '../../../core/chat/contextBudget.ts';
import type { ChatSession } from '../../../core/chat/session.ts';
import type { Logger } from '../../../core/common/logger.ts';
import type { ModelRef, Tier } from '../../../core/common/types.ts';
import type { NextStep } from '../../../core/gateway/describeFailure.ts';
import type { TierState } from '../../../core/gateway/tierStatus.ts';
import type { PriceBook } from '../../../core/money/pricing.ts';
import type { Settings } from '../../../core/settings/settings.ts';
import type { SharedPartTypes } from '../../platform/sharedParts.ts';
import type { ChatFromPage, ChatToPage, TurnView } from '../../../protocol/chat.ts';
import type { Codebase } from '../../codebase/codebase.ts';
import type { ContextPicker } from '../contextPicker.ts';
import type { PromptLibrary } from '../promptLibrary.ts';

export interface ChatViewParts {
  readonly extensionUri: vscode.Uri;
  readonly session: ChatSession;
  readonly settings: () => Settings;
  readonly prices: PriceBook;
  readonly context: ContextPicker;
  readonly prompts: PromptLibrary;
  /** Recipes and their runs; loaded when they are first asked for. */
  readonly recipes: () => Promise<SharedPartTypes['recipes']>;
  /** The index of the workspace, which is loaded with the first `@codebase`. */
  readonly codebase: () => Promise<Codebase>;
  /** Lets the user choose a chat of another folder and copies it here; undefined when the user gives up. */
  readonly chooseOtherChat: () => Promise<string | undefined>;
  /** Lets the user choose any model; undefined when the user gives up. */
  readonly chooseModel: () => Promise<ModelRef | undefined>;
  /** Whether the open file and the selection are offered as context. */
  readonly offersContext: () => boolean;
  readonly tierState: (tier: Tier) => Promise<TierState>;
  /** Told of code of an answer that was copied or placed in a document. */
  readonly followCode?: (answer: Answer, code: Parameters<FollowCode>[0]) => void;
  /** Applies a code block of an answer, or all of its changes. */
  readonly applyAnswer: (answer: Answer, question: Question | undefined, block?: number) => Promise<void>;
  /** Whether files can be restored to before an answer: it or a later one of the chat has changed some. */
  readonly canRestore: (answerId: string) => boolean;
  /** Restores them, after the user has agreed. */
  readonly restoreBefore: (answerId: string) => Promise<void>;
  /** A line above the composer (demo models, untrusted workspace); empty for none. */
  readonly notice: () => { readonly text: string; readonly next: NextStep };
  /** The rule that equal overrides suggest for such questions, in words; null while there are too few. */
  readonly describeRemembered: (route: AnswerRoute, tier: Tier) => string | null;
  /** The user asks another tier than Auto chose. */
  readonly overrode?: (route: AnswerRoute, tier: Tier) => void;
  /** Makes that rule. */
  readonly remember: (route: AnswerRoute, tier: Tier) => Promise<void>;
  /** Keeps the user's vote on two blind answers. */
  readonly voted: (pair: readonly [BlindAnswer, BlindAnswer]) => Promise<void>;
  /** Keeps an answer as a test, after it has asked for a name. */
  readonly keepTask: (thread: Thread, answer: Answer) => Promise<void>;
  /** Compares what a tier answered with before and now on the kept tasks. */
  readonly compareTier: (tier: Tier) => Promise<void>;
  /** Opens an agent of VS Code's chat with an answer; `tell` gets its cost in words. */
  readonly toAgent: (
    use: 'escalate' | 'build',
    turn: { readonly question: string; readonly answer: string },
    tell: (words: string) => void,
  ) => Promise<void>;
  /** Does what a button beside an error promises. */
  readonly takeStep: (next: NextStep, provider: string | undefined) => void | Promise<void>;
  readonly log: Logger;
}

/** The model that the user chose for the next question, if any. */
export interface NextModel {
  chosen: ChosenModel | undefined;
}

/** What is being attached, from a disk, a page of the web or the clipboard: a question waits for it. */
export class Attaching {
  readonly #underWay = new Set<Promise<unknown>>();

  /** Attaches what a step brings; throws what it throws. */
  async add<T>(step: Promise<T>, attach: (brought: T) => void): Promise<void> {
    const whole = step.then(attach);
    this.#underWay.add(whole);
    try {
      await whole;
    } finally {
      this.#underWay.delete(whole);
    }
  }

  /** Resolves when what is being attached now is attached, or cannot be. @returns whether all of it is */
  async ended(): Promise<boolean> {
    const steps = await Promise.allSettled(this.#underWay);
    return steps.every(({ status }) => status === 'fulfilled');
  }
}

/** A page, and which turns it has: a long thread is not sent again for every change. */
export interface Page {
  readonly place: vscode.WebviewView | vscode.WebviewPanel;
  readonly post: (message: ChatToPage) => void;
  readonly turns: Map<string, TurnView>;
  /** How many names of files it was told. */
  files: number;
  /** The text in its composer, as far as the page has sent it. */
  draft: string;
  searching: AbortController | undefined;
  /** A question that begins with an unknown `/word`, which the user was told once. */
  unknownCommand?: string | undefined;
}

type Kind = ChatFromPage['kind'];

/** The handlers of one section of the chat for messages of its pages. */
export type Handlers<K extends Kind> = {
  readonly [Each in K]: (message: Extract<ChatFromPage, { kind: Each }>, page: Page) => unknown;
};
export type AllHandlers = Handlers<Kind>;

/** An answer of the open thread by its id. */
export const answerOf = ({ thread }: ChatSession, id: string): Answer | undefined =>
  thread.turns.find((turn): turn is Answer => turn.id === id && turn.role === 'assistant');
