import type { CostSource, FinishReason, ModelRef, Picture, Tier, TierChoice, Usage } from '../common/types.ts';
import type { CallNote, Tried } from '../gateway/call.ts';
import type { LikelyCost } from '../money/likelyCost.ts';
import type { Price } from '../money/pricing.ts';
import type { Failure } from '../common/failures.ts';
import type { FailurePlace } from '../gateway/describeFailure.ts';
import type { Reason } from '../routing/routingTypes.ts';
import type { UsedPrompt } from './promptFiles.ts';
import type { BlindPart, Vote } from './blindVote.ts';
import { changeRun, settleRun, type RecipeRun, type RunChange } from './recipeRun.ts';

/**
 * A conversation as data, and the events it is made of. The events are what is stored, one line each; replaying them
 * gives the conversation. The session in memory goes through the same function, so the two cannot drift apart.
 */

export type AttachmentKind =
  | 'selection'
  | 'file'
  | 'escalation'
  | 'folder'
  | 'symbol'
  | 'problems'
  | 'diff'
  | 'terminal'
  | 'search'
  | 'codebase'
  | 'url'
  | 'pasted'
  | 'image'
  | 'rules';

/** Context that is sent with a question, as it was when it was attached. */
export interface Attachment {
  readonly id: string;
  readonly kind: AttachmentKind;
  /** For people: `src/pool.ts:40-88`. */
  readonly label: string;
  /** Path in the workspace, for the model. Empty where there is none. */
  readonly path: string;
  readonly language: string;
  readonly text: string;
  /** The facts that the model receives beside the text: the enclosing symbol, diagnostics. Empty for none. */
  readonly notes: string;
  /** For `image`, whose text is empty. */
  readonly picture?: Picture;
  /** For people only: what was left out of it and why. */
  readonly remarks?: readonly string[];
  /** For `codebase`: the pieces of files that its text consists of. */
  readonly pieces?: readonly AttachedPiece[];
  /** Estimated. */
  readonly tokens: number;
}

/** A piece of a file in an attachment. */
interface AttachedPiece {
  /** As people see it: relative to the workspace. */
  readonly path: string;
  /** Its first line, from 1. */
  readonly line: number;
  /** `src/pool.ts:40-88`. */
  readonly label: string;
  /** The first name that it defines; empty where it defines none. */
  readonly symbol: string;
  /** Estimated. */
  readonly tokens: number;
}

export interface Question {
  readonly role: 'user';
  readonly id: string;
  readonly at: number;
  /**
   * Id of the answer that it follows; empty for a first question. Threads of older versions have none, and their turns
   * follow one another.
   */
  readonly after?: string;
  /** The text that the user wrote. */
  readonly text: string;
  readonly attachments: readonly Attachment[];
  /** The text that the model receives in place of `text`, when the question names a prompt. */
  readonly prompt?: UsedPrompt;
}

type AnswerState = 'waiting' | 'streaming' | 'done' | 'partial' | 'failed' | 'cancelled';

/** The facts of the small print under an answer. */
export interface AnswerFacts {
  readonly usage: Usage;
  readonly usageEstimated: boolean;
  /** Integer nano-USD, null when unknown. */
  readonly nanoUsd: number | null;
  readonly costSource: CostSource;
  /** What the tokens that a flat plan paid for would have cost by list price, in nano-USD; absent without any. */
  readonly shadowNanoUsd?: number | undefined;
  /** The list that a price was taken from; absent when no price was known. */
  readonly priceFrom?: PriceOrigin | undefined;
  /** A sentence on where the amount comes from, in the language of the time; in threads of older versions only. */
  readonly costDetail?: string;
  readonly ttftMs: number | null;
  readonly durationMs: number;
  readonly finish: FinishReason | null;
  /** The model that answered in place of the first of the chain; absent when the first one did. In threads of older versions, a sentence. */
  readonly fallback?: Fallback | string | undefined;
  /** Notes on the rows of the ledger. In threads of older versions, sentences. */
  readonly notes?: readonly (CallNote | string)[];
}

/** Where a price comes from, for `describeCost`. */
type PriceOrigin = Pick<Price, 'source' | 'date'>;

/** A model that answered in place of another, and why the other did not. */
export interface Fallback {
  readonly from: ModelRef;
  readonly to: ModelRef;
  readonly failure: Pick<Failure, 'kind' | 'status'> | null;
}

/** A model that is asked because the question is too long for another. */
export interface Move {
  readonly from: ModelRef;
  readonly to: ModelRef;
  /** Estimated tokens of the question, and those of the window of `from`, where they are known. */
  readonly sizes?: Failure['sizes'];
}

/** Why *Auto* asked this tier, as it was shown before the answer began. */
export interface AnswerRoute {
  /** The tier that the rules chose; another than the answer's when the user overrode it. */
  readonly tier: Tier;
  /** The models to be asked, in order: those of the tier, or with another one first that the rule names. */
  readonly chain: readonly ModelRef[];
  /** Name of the rule. */
  readonly rule: string;
  /** Why the rules chose it, for `describeReasons`. */
  readonly reasons?: readonly Reason[] | undefined;
  /** The same in words, in the language of the time; in threads of older versions only. */
  readonly reason?: string | undefined;
  /** The likely cost of this question on each tier that has a model, in nano-USD; null when no price is known. */
  readonly offers: readonly (LikelyCost & { readonly tier: Tier; readonly model: ModelRef })[];
  /** The features that a rule for questions like this one would test. */
  readonly likeness: Likeness;
  /** The question went to mid and may be one for the best model. */
  readonly mayNeedFrontier?: boolean | undefined;
}

/** The features that make two questions alike for a remembered rule. */
export interface Likeness {
  /** Complexity, 1 to 5. */
  readonly score: number;
  readonly language?: string | undefined;
  /** A named action such as `/explain`. */
  readonly action?: string | undefined;
  /** Estimated tokens of what would be sent; absent in threads of older versions. */
  readonly tokens?: number | undefined;
}

export interface Answer {
  readonly role: 'assistant';
  readonly id: string;
  readonly at: number;
  readonly questionId: string;
  readonly tier: Tier;
  /** Present when the question was left to *Auto*. */
  readonly route?: AnswerRoute | undefined;
  readonly escalated: boolean;
  /** Made to be compared with the other answers to its question: they are shown side by side. */
  readonly beside?: boolean;
  /** Present when it is one of two answers whose models stay hidden until the user votes. */
  readonly blind?: BlindPart | undefined;
  /** What the user said of the two. */
  readonly vote?: Vote | undefined;
  readonly provider: string;
  readonly model: string;
  readonly state: AnswerState;
  readonly text: string;
  readonly reasoning: string;
  readonly failure: Failure | null;
  readonly place: FailurePlace | null;
  readonly facts: AnswerFacts | null;
  /** The last call that wrote it, as the ledger knows it; absent in answers of before that was kept. */
  readonly callId?: string | undefined;
  /** How many of the oldest questions were left out of what was sent, because the window is full and no summary came. */
  readonly leftOut?: number | undefined;
  /** Present when another model of the chain is asked, because the question is too long for the first. */
  readonly move?: Move | undefined;
  /** The same as a sentence, in the language of the time; in threads of older versions only. */
  readonly moved?: string | undefined;
  /** The failed attempts, when no model answered. */
  readonly tried?: readonly Tried[] | undefined;
  /** Present when it is the run of a recipe. */
  readonly run?: RecipeRun | undefined;
}

export type Turn = Question | Answer;

/** A summary that is sent in the place of all turns up to and including an answer. */
export interface Summary {
  readonly id: string;
  /** Id of the answer. */
  readonly upTo: string;
  /** How many questions it stands for. */
  readonly questions: number;
  readonly text: string;
  /** Estimated, with the rules that are sent with it. */
  readonly tokens: number;
  /** `provider/model` that wrote it. */
  readonly model: string;
  /** Integer nano-USD, null when unknown. */
  readonly nanoUsd: number | null;
  readonly costSource: CostSource;
}

export interface Thread {
  readonly id: string;
  readonly title: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** The tier that the composer of this thread is set to. */
  readonly tier: TierChoice;
  /** Kept at the top of the list. */
  readonly pinned: boolean;
  /** All turns of all branches, in the order in which they came. */
  readonly turns: readonly Turn[];
  /** Which of several questions or answers in one place is shown; see `branches.ts`. */
  readonly chosen: Readonly<Record<string, string>>;
  /** Summaries in the order in which they were made; those of other branches too. */
  readonly summaries: readonly Summary[];
}

export interface ThreadSummary {
  readonly id: string;
  readonly title: string;
  readonly pinned: boolean;
  /** When something was last said in it; renaming and pinning do not count. */
  readonly updatedAt: number;
  /** What its answers and summaries have cost, as far as that is known, in integer nano-USD. */
  readonly nanoUsd: number;
}

export type ThreadEvent =
  /** Always the first event of a thread. */
  | {
      readonly e: 'thread';
      readonly at: number;
      readonly id: string;
      readonly title: string;
      readonly tier: TierChoice;
    }
  | { readonly e: 'tier'; readonly at: number; readonly tier: TierChoice }
  | { readonly e: 'renamed'; readonly at: number; readonly title: string }
  | { readonly e: 'pinned'; readonly at: number; readonly pinned: boolean }
  | { readonly e: 'question'; readonly at: number; readonly turn: Question }
  | { readonly e: 'answer'; readonly at: number; readonly turn: Answer }
  | { readonly e: 'delta'; readonly at: number; readonly id: string; readonly text: string; readonly reasoning: string }
  /** The model that is being asked changed (fallback), or the answer ended. */
  | { readonly e: 'update'; readonly at: number; readonly id: string; readonly change: AnswerChange }
  | { readonly e: 'folded'; readonly at: number; readonly fold: Summary }
  /** The user went to another version of a question, or to another answer. */
  | { readonly e: 'choose'; readonly at: number; readonly id: string }
  /** A run of a recipe begins, or goes on from a stage. */
  | { readonly e: 'run'; readonly at: number; readonly id: string; readonly run: RecipeRun }
  | { readonly e: 'stage'; readonly at: number; readonly id: string; readonly change: RunChange }
  /** An answer was taken back so that its question can be asked again. */
  | { readonly e: 'removed'; readonly at: number; readonly id: string };

export type AnswerChange = Partial<
  Pick<
    Answer,
    | 'provider'
    | 'model'
    | 'state'
    | 'vote'
    | 'failure'
    | 'place'
    | 'facts'
    | 'callId'
    | 'tried'
    | 'leftOut'
    | 'move'
    // What was taken for text turned out to be a thought.
    | 'text'
    | 'reasoning'
  >
>;

/** The thread after one more event. Events that make no sense for it leave it as it is. */
export function applyEvent(thread: Thread | undefined, event: ThreadEvent): Thread | undefined {
  if (event.e === 'thread') {
    return (
      thread ?? {
        id: event.id,
        title: event.title,
        createdAt: event.at,
        updatedAt: event.at,
        tier: event.tier,
        pinned: false,
        turns: [],
        chosen: {},
        summaries: [],
      }
    );
  }
  if (!thread) return undefined;
  const next = { ...thread, updatedAt: event.at };
  switch (event.e) {
    case 'tier':
      return { ...next, tier: event.tier };
    case 'renamed':
      return { ...thread, title: event.title };
    case 'pinned':
      return { ...thread, pinned: event.pinned };
    case 'question': {
      const turn = { ...event.turn, after: event.turn.after ?? thread.turns.at(-1)?.id ?? '' };
      return thread.turns.some(({ id }) => id === turn.id)
        ? thread
        : choose({ ...next, turns: [...thread.turns, turn] }, turn);
    }
    case 'answer':
      return thread.turns.some(({ id }) => id === event.turn.id)
        ? thread
        : choose({ ...next, turns: [...thread.turns, event.turn] }, event.turn);
    case 'folded':
      return { ...thread, summaries: [...thread.summaries, event.fold] };
    case 'choose': {
      const turn = thread.turns.find(({ id }) => id === event.id);
      return turn ? choose(thread, turn) : thread;
    }
    case 'delta':
      return withAnswer(next, event.id, (answer) => ({
        ...answer,
        state: 'streaming',
        text: answer.text + event.text,
        reasoning: answer.reasoning + event.reasoning,
      }));
    case 'update':
      return withAnswer(next, event.id, (answer) => ({ ...answer, ...event.change }));
    case 'run':
      return withAnswer(next, event.id, (answer) => ({ ...answer, run: event.run }));
    case 'stage':
      return withAnswer(next, event.id, (answer) => ({
        ...answer,
        ...(answer.run ? { run: changeRun(answer.run, event.change) } : {}),
      }));
    case 'removed':
      return { ...next, turns: thread.turns.filter(({ id }) => id !== event.id) };
  }
}

/** The version that was added last is shown until the user chooses another one. */
const choose = (thread: Thread, turn: Turn): Thread => ({
  ...thread,
  chosen: { ...thread.chosen, [turn.role === 'user' ? (turn.after ?? '') : turn.questionId]: turn.id },
});

function withAnswer(thread: Thread, id: string, change: (answer: Answer) => Answer): Thread {
  return {
    ...thread,
    turns: thread.turns.map((turn) => (turn.id === id && turn.role === 'assistant' ? change(turn) : turn)),
  };
}

/**
 * A stored thread as it is shown again: an answer that was under way when its window ended keeps what it had, and says
 * that it is not whole.
 */
export function settleInterrupted(thread: Thread): Thread {
  const turns = thread.turns.map((turn): Turn =>
    turn.role === 'assistant' && turn.run?.status === 'running'
      ? { ...turn, state: 'cancelled', failure: null, run: settleRun(turn.run) }
      : turn.role === 'assistant' && (turn.state === 'waiting' || turn.state === 'streaming')
        ? { ...turn, state: turn.text ? 'partial' : 'cancelled', failure: turn.text ? { kind: 'interrupted' } : null }
        : turn,
  );
  return { ...thread, turns };
}

/**
 * The thread that stored events make. Where its first line is lost, what is known of the others makes up for it: what
 * was asked and answered is worth more than the title.
 */
export function replay(threadId: string, events: readonly ThreadEvent[]): Thread | undefined {
  const first = events[0];
  if (!first) return undefined;
  const question = events.find((event) => event.e === 'question');
  const answer = events.find((event) => event.e === 'answer');
  const head: ThreadEvent = {
    e: 'thread',
    at: first.at,
    id: threadId,
    title: (question && titleOf(question.turn.text)) || threadId.slice(0, 8),
    tier: answer?.turn.tier ?? 'mid',
  };
  const whole = first.e === 'thread' ? events : [head, ...events];
  return whole.reduce<Thread | undefined>(applyEvent, undefined);
}

/** A title from the first words of the first question. */
export function titleOf(text: string): string {
  const line = text.trim().split(/\r?\n/, 1)[0] ?? '';
  return line.length > 60 ? `${line.slice(0, 57).trimEnd()}…` : line;
}

/** Everything that was said and went along in a thread. */
export const textsOf = ({ turns }: Thread): readonly string[] =>
  turns.flatMap((turn) =>
    turn.role === 'assistant'
      ? [turn.text]
      : [turn.text, turn.prompt?.text ?? '', ...turn.attachments.flatMap(({ text, notes }) => [text, notes])],
  );
