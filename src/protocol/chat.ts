import * as v from 'valibot';
import type { AttachmentKind } from '../core/chat/conversation.ts';
import type { Vote } from '../core/chat/blindVote.ts';
import type { SetupStep } from '../core/chat/setupSteps.ts';
import type { NextStep } from '../core/gateway/describeFailure.ts';
import type { CostSource, Tier, TierChoice } from '../core/common/types.ts';
import { Id, TierChoiceName, TierName, type PageInit } from './channel.ts';

/** Messages between the chat view's host and its page. The host formats every amount; the page only draws. */

/** A piece of context that is sent with a question: shown as a chip, sent as text. */
export interface ChipView {
  readonly id: string;
  readonly kind?: AttachmentKind;
  /** For example `src/pool.ts:40-88`. */
  readonly label: string;
  readonly tokens: number;
  /** Longer text for the tooltip, for example the full path or `escalated: 2 diagnostics, in function send`. */
  readonly detail?: string;
  /** How many secrets will be masked. Only of context that is not sent yet. */
  readonly secrets?: number;
  /** Characters that the user cannot see and a model reads, and that can be removed. Only of context that is not sent yet. */
  readonly hidden?: number;
  /** The pieces of files that it consists of, in the order in which they were found. */
  readonly pieces?: readonly { readonly label: string; readonly symbol: string; readonly tokens: number }[];
}

/** A piece of context that the editor offers: the selection, which is sent unless it is removed, or a file or symbol. */
export interface OfferView extends Omit<ChipView, 'tokens'> {
  /** Null where the text has not been read. */
  readonly tokens: number | null;
  /** It is sent with the next question. */
  readonly on: boolean;
  readonly detail: string;
}

/** Which of several versions in one place is shown, and the ids of its neighbors. */
export interface VersionsView {
  /** From 1. */
  readonly at: number;
  readonly of: number;
  readonly previous: string | null;
  readonly next: string | null;
}

export interface UserTurnView {
  readonly role: 'user';
  readonly id: string;
  readonly text: string;
  readonly chips: readonly ChipView[];
  /** The prompt that was used, for example `/review, version 2`, and the text that the model was sent for it. */
  readonly prompt?: { readonly label: string; readonly text: string };
  /** Present when the question was edited. */
  readonly versions?: VersionsView;
}

type AnswerState = 'waiting' | 'streaming' | 'done' | 'partial' | 'failed' | 'cancelled';

export interface AnswerTurnView {
  readonly role: 'assistant';
  readonly id: string;
  readonly text: string;
  /** Reasoning that the model showed; drawn collapsed. */
  readonly reasoning: string;
  readonly tier: Tier;
  /** Present when the question was left to *Auto*. */
  readonly route: RouteView | null;
  /** The action taken because the question is too long: the larger model that is asked, or the turns that are left out. */
  readonly before: readonly string[];
  /** True when the question was escalated to this tier, rather than asked in the composer. */
  readonly escalated: boolean;
  /** The model that really answered, else the one that was asked. */
  readonly model: string;
  readonly provider: string;
  readonly state: AnswerState;
  /** The current wait or the failure, as plain text. Empty when there is neither. */
  readonly words: string;
  /** The button beside `words`. */
  readonly next: NextStep;
  /** A budget refused it: the cheaper tier that can be asked instead. */
  readonly useTier?: Tier;
  /** What has to be set up before a model can answer, with the buttons that lead there; absent when nothing has to. */
  readonly setup?: readonly SetupStep[];
  /** The failed attempts, one line each: the question can be handed over to a human. */
  readonly tried: readonly string[];
  /** The model can go on with it: it was cut off. */
  readonly canContinue: boolean;
  /** Present when there are several answers to the question and only one is shown. */
  readonly versions?: VersionsView;
  /** Present when it is beside others: whether the conversation goes on from this one. */
  readonly chosen?: boolean;
  /** Present once the answer has ended. */
  readonly footer: FooterView | null;
  /** Present once code of it was applied in this window. */
  readonly applied?: AppliedView;
  /** Present while files can be restored to before this answer. */
  readonly canRestore?: boolean;
  /** What an agent cost that was started from this answer in this window: `Gearshift Build: $0.03 for 5 requests`. */
  readonly agentCost?: string;
  /** Present when it is the run of a recipe. */
  readonly run?: RunView;
  /** Present when it is one of two answers whose models are hidden until the vote, or were. */
  readonly blind?: BlindView;
}

/** An answer of a blind comparison. */
export interface BlindView {
  /** `Answer A` */
  readonly name: string;
  /** The vote in words; empty before it. */
  readonly words: string;
  /** Both answers are there, and the user may vote. */
  readonly canVote: boolean;
}

/** What the user can do with a run, or with one of its stages. */
const RUN_ACTIONS = ['open', 'approve', 'show', 'go-on', 'edited', 'add-model', 'compare'] as const;
export type RunAction = (typeof RUN_ACTIONS)[number];

/** The run of a recipe: a folded row for each stage. */
export interface RunView {
  readonly title: string;
  readonly status: 'running' | 'paused' | 'done' | 'failed' | 'stopped' | 'handed-over';
  /** One line, for example `Waits for your approval.` */
  readonly words: string;
  readonly rows: readonly RunRowView[];
  /** The sums, for example `$0.031 · 12.3 s`. */
  readonly total: string;
  /** What can be done with the whole run. */
  readonly actions: readonly RunAction[];
}

export interface RunRowView {
  readonly name: string;
  readonly status: 'waiting' | 'running' | 'paused' | 'done' | 'skipped' | 'failed' | 'stopped';
  /** The model that answered; before that, the tier. */
  readonly model: string;
  /** For example `1.2k in · 300 out · $0.002 · 3.1 s`. */
  readonly facts: string;
  /** What happened, in words; empty for nothing to say. */
  readonly words: string;
  readonly actions: readonly RunAction[];
}

/** The result of applying code of an answer: the card under it. */
export interface AppliedView {
  /** Told apart by it: a second application has a card of its own in the place of the first. */
  readonly id: string;
  /** For example `Applied to src/pool.ts. 2 new problems:`. */
  readonly words: string;
  /** `checking` while the editor's tools may still report problems. */
  readonly state: 'checking' | 'clean' | 'problems' | 'undone';
  /** The first new problems, one line each. */
  readonly problems: readonly string[];
  readonly canUndo: boolean;
  readonly canFix: boolean;
}

/** Why this tier was asked, with what the others would cost. */
export interface RouteView {
  /** One line: `Auto → mid`, or `frontier instead of mid`. */
  readonly line: string;
  /** The one reason in a few words, for example `a quick lookup`. */
  readonly brief: string;
  /** For example `Auto chose mid: its complexity is 3 of 5`; or what the user chose instead. */
  readonly words: string;
  /** For example `Complexity 3.0 of 5`; empty where `words` say it. */
  readonly score: string;
  /** The cost of the question here, for example `about $0.0021`; empty when it is unknown. */
  readonly cost: string;
  /** The other tiers, cheapest first, for example `about $0.09`. */
  readonly others: readonly { readonly tier: Tier; readonly cost: string; readonly model: string }[];
  /** The text of a rule that would remember the user's choice; null when there is no choice to remember. */
  readonly remember: string | null;
}

/** The small print under an answer, formatted by the host. */
export interface FooterView {
  /** For example `3.2k in (2.1k cached)`. */
  readonly input: string;
  readonly output: string;
  /** For example `$0.031`, `~$0.002`, `free`, `cost unknown`. */
  readonly cost: string;
  readonly costSource: CostSource;
  /** A sentence on where the amount comes from. */
  readonly costDetail: string;
  /** For example `1.9 s to first token, 8.2 s`. */
  readonly time: string;
  /** Empty, or why another model than the first of the chain answered. */
  readonly fallback: string;
  /** Sentences on tokens and cost: figures that are doubtful, a model that was not asked, what may be billed. */
  readonly notes: readonly string[];
}

/** A place from which on the turns are sent in full; those above are sent as this summary. */
export interface SummaryView {
  readonly role: 'summary';
  readonly id: string;
  /** For example `Above: 6 questions, which the model gets as a summary`. */
  readonly words: string;
  /** The summary, in Markdown. */
  readonly text: string;
  /** The model that wrote it, and the cost. */
  readonly detail: string;
}

export type TurnView = UserTurnView | AnswerTurnView | SummaryView;

/** How much of the context window the next question takes, and what it is likely to cost. */
export interface ContextMeterView {
  /** `12%`, or `15k` where the size of the window is unknown. */
  readonly share: string;
  /** 0 to 1; null where the size of the window is unknown. */
  readonly used: number | null;
  /** `~$0.002`; empty where nothing is known. */
  readonly cost: string;
  readonly level: 'ok' | 'near' | 'over';
  /** The parts of the sum, one line each. */
  readonly details: readonly string[];
  /** The action that is taken before the question is sent; empty when there is none. */
  readonly warning: string;
  /** A recipe that would likely cost less, with both prices in words; absent when none would. */
  readonly offer?: { readonly recipe: string; readonly words: string };
}

export interface TierView {
  readonly tier: TierChoice;
  /** False while no model is set that answers questions: no button offers the tier. */
  readonly answers?: boolean;
  /** Model and provider, for example `deepseek-chat · openrouter`; or a word that none is set. */
  readonly model: string;
  /** For example `$0.27 in · $1.10 out per M tokens`, `free, on this computer`, `price unknown`. */
  readonly price: string;
  readonly ready: boolean;
  /** It is ready as far as is known, and its model was not asked yet. */
  readonly untried?: boolean | undefined;
  /** `ready`, `no key`, `not asked yet` and the like. */
  readonly state: string;
  /** Another model or prompt answers now: the sentence, and the words of the link that compares; absent for none. */
  readonly changed?: { readonly words: string; readonly compare: string };
  /** The models of its chain, in order, with their prices. */
  readonly models: readonly { readonly name: string; readonly price: string }[];
}

export interface ThreadView {
  readonly id: string;
  readonly title: string;
  /** Milliseconds since the epoch. */
  readonly updatedAt: number;
  readonly pinned: boolean;
  /** What it has cost, for example `$0.02`; empty for nothing. */
  readonly cost: string;
}

/** A place in a thread where searched words are, in one line. */
export interface HitView {
  readonly threadId: string;
  readonly title: string;
  readonly before: string;
  readonly match: string;
  readonly after: string;
}

/**
 * The question before the first use of a cloud tier, or before an expensive call, or before a much costlier model stands in for
 * one that did not answer. Nothing has been sent to the place that it asks about while it is open.
 */
export interface ConsentView {
  readonly id: string;
  readonly tier: Tier;
  /** Every place that needs consent, the first choice first; none when only the cost is asked about. */
  readonly places: readonly {
    readonly host: string;
    readonly model: string;
    readonly price: string;
    readonly note: string;
  }[];
  /** Model, cost and content in one line, for a card that folds the rest. */
  readonly brief: string;
  /** The possible cost, one line each. */
  readonly cost: readonly string[];
  /** The content that would be sent, one line each. */
  readonly sends: readonly string[];
  /** Present where it asks about a costlier model: its name, and what happened and what it may cost. */
  readonly stepUp?: { readonly model: string; readonly words: string };
  /** Present where the run of a recipe would begin: its name, a line for each stage, and what it may use. */
  readonly run?: {
    readonly title: string;
    readonly stages: readonly { readonly name: string; readonly model: string; readonly cost: string }[];
    readonly limits: readonly string[];
  };
}

/** A row of the list that opens on `@` or `/` in the composer. The host issued its id and knows what it stands for. */
export interface SuggestionView {
  readonly id: string;
  readonly icon: string;
  readonly label: string;
  readonly detail: string;
  /** The text that replaces the typed text: `@file:` to go on, or the name of what was chosen. */
  readonly insert: string;
  /** Choosing it only narrows the list down; nothing is attached yet. */
  readonly more: boolean;
  /** Why it cannot be chosen now; empty if it can. */
  readonly unavailable: string;
}

export interface ChatState {
  readonly thread: { readonly id: string; readonly title: string };
  /** The page is in a view, which has *New Chat* and the history in its own title. */
  readonly inView: boolean;
  /** The turns of the path. A turn that the page has already, unchanged, is only named by its id. */
  readonly turns: readonly (TurnView | string)[];
  /** All threads of this workspace, newest first. */
  readonly threads: readonly ThreadView[];
  readonly tiers: readonly TierView[];
  /** The tier that the next question goes to. */
  readonly tier: TierChoice;
  /** `provider/model` that the user chose for the next question; null for the models of the tier. */
  readonly model: string | null;
  /** Context attached to the next question. */
  readonly chips: readonly ChipView[];
  /** Context that the editor offers beside them. */
  readonly offers: readonly OfferView[];
  /** Null when no model is set. */
  readonly contextMeter: ContextMeterView | null;
  /** The answer under way, if any. */
  readonly busy: string | null;
  readonly consent: ConsentView | null;
  /** A line above the composer: restricted workspace, demo models. Empty for none. */
  readonly notice: string;
  readonly noticeNext: NextStep;
}

export type ChatToPage =
  | PageInit
  | { readonly kind: 'state'; readonly state: ChatState }
  /** More of an answer under way, and where it begins: the page may have been sent some of it with the state. */
  | {
      readonly kind: 'delta';
      readonly turnId: string;
      readonly text: string;
      readonly reasoning: string;
      readonly textAt: number;
      readonly reasoningAt: number;
    }
  | { readonly kind: 'contextMeter'; readonly contextMeter: ContextMeterView | null }
  /** Names of files in answers that lead to a file: they become links. */
  | { readonly kind: 'files'; readonly paths: readonly string[] }
  /** Answers `searchThreads` of the same number. */
  | { readonly kind: 'hits'; readonly seq: number; readonly hits: readonly HitView[] }
  /** Answers `suggest` of the same number. */
  | { readonly kind: 'suggestions'; readonly seq: number; readonly items: readonly SuggestionView[] }
  /** A text for the composer. */
  | { readonly kind: 'compose'; readonly text: string }
  /** The question was not asked, and why; it goes back into the composer. */
  | { readonly kind: 'refused'; readonly words: string }
  /** One turn changed. */
  | { readonly kind: 'turn'; readonly turn: TurnView }
  /** Show the history. */
  | { readonly kind: 'history' }
  /** Put the cursor into the composer. */
  | { readonly kind: 'focus' };

const Text = v.pipe(v.string(), v.maxLength(2 * 1024 * 1024));
const kind = v.literal;

export const ChatFromPage = v.variant('kind', [
  v.object({ kind: kind('ready') }),
  v.object({ kind: kind('ask'), text: Text, tier: TierChoiceName }),
  /** The text in the composer, sent at pauses in typing: the context meter counts it. */
  v.object({ kind: kind('draft'), text: Text }),
  v.object({ kind: kind('stop') }),
  /** Asks again, on another tier if one is named: then side by side. */
  v.object({ kind: kind('retry'), turnId: Id, tier: v.optional(TierName) }),
  /** Asks the question of an answer of another tier than *Auto* chose, in its place. */
  v.object({ kind: kind('reroute'), turnId: Id, tier: TierName }),
  /** Hands a question that no model answered over to a human, as Markdown. */
  v.object({ kind: kind('handoff'), turnId: Id, to: v.picklist(['clipboard', 'file']) }),
  /** Makes a rule of the override. */
  v.object({ kind: kind('rememberRoute'), turnId: Id }),
  /** The same question with the same context, to the frontier tier. */
  v.object({ kind: kind('escalateTurn'), turnId: Id }),
  /** Which of two blind answers is better; `turnId` is one of them. */
  v.object({
    kind: kind('vote'),
    turnId: Id,
    vote: v.picklist(['a', 'b', 'same', 'neither', 'none'] satisfies Vote[]),
  }),
  /** Keeps the answer as a test. */
  v.object({ kind: kind('keepTask'), turnId: Id }),
  /** Opens an agent of VS Code's chat with the answer. */
  v.object({ kind: kind('toAgent'), turnId: Id, use: v.picklist(['escalate', 'build']) }),
  v.object({ kind: kind('continueAnswer'), turnId: Id }),
  /** Asks something else in the place of an earlier question. */
  v.object({ kind: kind('edit'), turnId: Id, text: Text, tier: TierChoiceName }),
  /** Goes to another version of a question, or to another answer. */
  v.object({ kind: kind('useTurn'), turnId: Id }),
  v.object({ kind: kind('newThread') }),
  v.object({ kind: kind('openThread'), threadId: Id }),
  v.object({ kind: kind('deleteThread'), threadId: Id }),
  v.object({ kind: kind('undoDelete'), threadId: Id }),
  /** Lets the user choose a chat of another folder, which is copied into this workspace. */
  v.object({ kind: kind('otherChats') }),
  v.object({ kind: kind('renameThread'), threadId: Id, title: v.pipe(v.string(), v.maxLength(500)) }),
  v.object({ kind: kind('pinThread'), threadId: Id, pinned: v.boolean() }),
  v.object({ kind: kind('exportThread'), threadId: Id, format: v.picklist(['markdown', 'json']) }),
  v.object({
    kind: kind('searchThreads'),
    seq: v.pipe(v.number(), v.integer(), v.minValue(0)),
    query: v.pipe(v.string(), v.maxLength(500)),
  }),
  v.object({ kind: kind('setTier'), tier: TierChoiceName }),
  /** Chooses a model of a tier's chain for the next question; the host looks it up in the user's settings. */
  v.object({ kind: kind('setModel'), tier: TierName, model: v.pipe(v.string(), v.maxLength(300)) }),
  /** Compares what a tier answered with before and now on the kept tasks. */
  v.object({ kind: kind('compareTier'), tier: TierName }),
  /** Asks the user for any other model for the next question. */
  v.object({ kind: kind('otherModel') }),
  /** Asks for the entries that match a mention, or behind `/` a prompt, while it is typed. `seq` counts the requests. */
  v.object({
    kind: kind('suggest'),
    seq: v.pipe(v.number(), v.integer(), v.minValue(0)),
    mention: v.pipe(v.string(), v.regex(/^(\/|[a-z]{0,20})$/)),
    query: v.pipe(v.string(), v.maxLength(300)),
  }),
  /** Attach what a suggestion stands for. */
  v.object({ kind: kind('choose'), suggestionId: Id }),
  v.object({ kind: kind('detach'), chipId: Id }),
  /** Attaches what the editor offers. */
  v.object({ kind: kind('takeOffer'), offerId: Id }),
  /** Leaves the selection out of the next question. */
  v.object({ kind: kind('removeOffer'), offerId: Id }),
  v.object({ kind: kind('stripHidden'), chipId: Id }),
  /** Opens a piece of a file that an attachment of a question consists of; `piece` counts from 0. */
  v.object({
    kind: kind('openPiece'),
    turnId: Id,
    chipId: Id,
    piece: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1_000)),
  }),
  /** Text that is too long for the composer, or a file that was dropped from outside; `name` is empty for what was pasted. */
  v.object({ kind: kind('attachText'), name: v.pipe(v.string(), v.maxLength(200)), text: Text }),
  v.object({
    kind: kind('attachImage'),
    name: v.pipe(v.string(), v.maxLength(200)),
    mime: v.picklist(['image/png', 'image/jpeg', 'image/gif', 'image/webp']),
    data: v.pipe(v.string(), v.maxLength(8 * 1024 * 1024), v.regex(/^[A-Za-z0-9+/]+={0,2}$/)),
  }),
  /** Files and folders that were dropped from the editor; only those of the workspace are taken. */
  v.object({
    kind: kind('attachFiles'),
    uris: v.pipe(v.array(v.pipe(v.string(), v.maxLength(4096))), v.maxLength(50)),
  }),
  /** `block` counts the fenced or indented code blocks of the stored answer from 0. */
  v.object({
    kind: kind('useCode'),
    /** `terminal`: run there, after the user has agreed. */
    use: v.picklist(['copy', 'insert', 'newFile', 'compare', 'terminal']),
    turnId: Id,
    block: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(10_000)),
  }),
  /** Opens a file that the answer names. */
  v.object({
    kind: kind('openFile'),
    turnId: Id,
    path: v.pipe(v.string(), v.maxLength(300)),
    line: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(9_999_999))),
  }),
  v.object({
    kind: kind('applyCode'),
    turnId: Id,
    block: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(10_000)),
  }),
  /** Apply all changes of an answer, over all its files. */
  v.object({ kind: kind('applyAnswer'), turnId: Id }),
  /** Restores the files that this answer and later ones changed. */
  v.object({ kind: kind('restoreBefore'), turnId: Id }),
  /** The buttons of the card of what was applied. */
  v.object({ kind: kind('applied'), turnId: Id, do: v.picklist(['undo', 'fix', 'dismiss']) }),
  v.object({ kind: kind('copyAnswer'), turnId: Id }),
  /** The buttons of a run, or of one of its stages. */
  v.object({
    kind: kind('run'),
    turnId: Id,
    do: v.picklist(RUN_ACTIONS),
    stage: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(5))),
  }),
  v.object({ kind: kind('consent'), consentId: Id, allow: v.boolean() }),
  /** The button beside an answer's words, or beside the notice when there is no turn. */
  v.object({
    kind: kind('nextStep'),
    turnId: v.optional(Id),
    /** The provider that it is about, where that is not the one of the answer. */
    provider: v.optional(Id),
    next: v.picklist([
      'retry',
      'set-key',
      'settings',
      'trust',
      'consent',
      'start-ollama',
      'pull-model',
      'send-anyway',
      'change-question',
      'larger-limit',
      'try-infill',
      'choose-local',
      'set-up-ollama',
      'get-started',
    ]),
  }),
  v.object({ kind: kind('openLink'), href: v.pipe(v.string(), v.maxLength(4096)) }),
]);
export type ChatFromPage = v.InferOutput<typeof ChatFromPage>;
