import type { InPlan } from '../money/likelyCost.ts';
import type { WireLimits } from '../providers/guardedFetch.ts';
import type { Failure } from '../common/failures.ts';
import type { FailurePlace } from './describeFailure.ts';
import type { Category } from '../ledger/categories.ts';
import type { RowNote } from '../ledger/rowNotes.ts';
import type { CostlierModelQuestion } from '../money/costlierModel.ts';
import type {
  Cost,
  FinishReason,
  ModelRef,
  ModelRequest,
  Outcome,
  Task,
  Tier,
  ToolCall,
  Usage,
} from '../common/types.ts';

/** One logical call: what the user, or the typing of the user, asked for once. */
export interface ModelCall {
  /** What the call is known by on the ledger, for a caller that has to know it before the end. Never used twice. */
  readonly callId?: string | undefined;
  readonly tier: Tier;
  readonly task: Task;
  /** The models that may answer, first choice first. */
  readonly chain: readonly ModelRef[];
  readonly request: ModelRequest;
  /** Language id of the document, for the ledger. */
  readonly language?: string | undefined;
  readonly limits: CallLimits;
  /** The routing rule that chose the tier. */
  readonly rule?: string | undefined;
  /** Why it did, in words, for the ledger. */
  readonly reason?: string | undefined;
  /** For the ledger: the conversation that the call belongs to, what it is a part of, and the extension that asks. */
  readonly conversation?: string | undefined;
  readonly stage?: string | undefined;
  readonly initiator?: string | undefined;
  /** For the ledger: what the question is about and how hard it is, and the kinds of the reasons that chose its tier. */
  readonly category?: Category | undefined;
  readonly score?: number | undefined;
  readonly reasonKind?: string | undefined;
  readonly bumpKind?: string | undefined;
  /** For the ledger: the run of a recipe that the call is a stage of, and the prompt that the question was made with. */
  readonly run?: string | undefined;
  readonly promptName?: string | undefined;
  /** The version that the prompt states, or the hash of its text. */
  readonly promptVersion?: string | undefined;
  /** The user has seen the figures and sends anyway: budgets that ask do not stop the call. */
  readonly overBudget?: boolean | undefined;
  /** The user wants the answer in full: a budget does not bound its length below `maxTokens`, as long as it fits. */
  readonly wholeAnswer?: boolean | undefined;
  /**
   * All attempts together cost no more than this, in nano-USD: the answer is bounded, or refused where that leaves too
   * little. It holds for models whose price is known.
   */
  readonly mostNanoUsd?: number | undefined;
  /** Asks about a more expensive model where the user looks at; by default, the gateway asks in its own way. */
  readonly askStepUp?: CostlierModelQuestion | undefined;
  /**
   * For an answer that is wanted in a format: null when the text can be used, else why not. Nothing of the answer is
   * reported before it was accepted; one that is rejected, cut or refused makes way for the next model of the chain.
   */
  readonly accept?: ((text: string) => string | null) | undefined;
  /**
   * With `accept`: told of the answer so far as it comes, for a preview that may have to be withdrawn. An empty text
   * says that what was told before does not count: another attempt begins, or it was a thought.
   */
  readonly onDraft?: ((text: string) => void) | undefined;
}

/** Tokens that an answer usually has, for what a call will likely cost. */
export const LIKELY_OUTPUT = 700;

/** What a call would cost, before it is made. Amounts in nano-USD. */
export interface Estimate {
  readonly model: ModelRef;
  readonly inputTokens: number;
  /** Null: the price is unknown. */
  readonly likely: number | null;
  /** No answer can cost more. */
  readonly atMost: number | null;
  /** Present where a flat plan pays: then both amounts are 0. */
  readonly monthlyPlan?: InPlan | undefined;
}

/** Limits of one call; times in ms. `test/faults/CATALOGUE.md` says what each of them is for. */
export interface CallLimits extends WireLimits {
  /** Until the connection is open, where that can be seen. */
  readonly connectMs: number;
  /** From sending to the response's headers. */
  readonly headersMs: number;
  /** From sending to the first token of text or reasoning. */
  readonly firstTokenMs: number;
  /** Between two tokens; keep-alive bytes do not count. */
  readonly silenceMs: number;
  /** The whole attempt. */
  readonly attemptMs: number;
  /** Attempts over the whole chain. */
  readonly attempts: number;
}

const KiB = 1024;
const MiB = 1024 * KiB;

export const INLINE_LIMITS: CallLimits = {
  connectMs: 2_000,
  headersMs: 5_000,
  firstTokenMs: 5_000,
  silenceMs: 2_000,
  attemptMs: 10_000,
  attempts: 1,
  lineBytes: 256 * KiB,
  responseBytes: 256 * KiB,
  requestBytes: 64 * KiB,
};
/** While a local model may still have to be loaded. */
export const COLD_INLINE_LIMITS: CallLimits = {
  ...INLINE_LIMITS,
  headersMs: 60_000,
  firstTokenMs: 60_000,
  attemptMs: 65_000,
};
export const CHAT_LIMITS: CallLimits = {
  connectMs: 10_000,
  headersMs: 60_000,
  firstTokenMs: 60_000,
  silenceMs: 60_000,
  attemptMs: 600_000,
  attempts: 3,
  lineBytes: MiB,
  responseBytes: 8 * MiB,
  requestBytes: 2 * MiB,
};
export const FRONTIER_LIMITS: CallLimits = {
  ...CHAT_LIMITS,
  headersMs: 120_000,
  firstTokenMs: 120_000,
  silenceMs: 120_000,
  attemptMs: 900_000,
};

/** What happens during a call, in order. The last event is always exactly one `end`. */
export type CallEvent =
  /** An attempt is about to be sent. */
  | {
      readonly kind: 'attempt';
      readonly attempt: number;
      readonly model: ModelRef;
      readonly place: FailurePlace;
      /** The model before it in the chain that the request is too long for; null when none was. */
      readonly instead: Tried | null;
    }
  /** The server loads the model into memory, so long in ms already. Told every second. */
  | { readonly kind: 'loading'; readonly model: ModelRef; readonly place: FailurePlace; readonly ms: number }
  /** The next attempt waits; `failure` is why it is needed. */
  | {
      readonly kind: 'waiting';
      readonly ms: number;
      readonly attempt: number;
      readonly failure: Failure;
      readonly place: FailurePlace;
    }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'reasoning'; readonly text: string }
  /** A whole tool call; only where the request offered tools. All come before the end. */
  | { readonly kind: 'tool-call'; readonly call: ToolCall }
  /** All text of this attempt so far was a thought. */
  | { readonly kind: 'rethought' }
  | { readonly kind: 'end'; readonly result: CallResult };

/** A model that was asked, or that could not be. */
export interface Tried {
  readonly model: ModelRef;
  readonly place: FailurePlace;
  readonly failure: Failure | null;
  /** What it cost; null where no one knows. 0 where nothing was sent. */
  readonly nanoUsd: number | null;
}

/** A note on a row of the ledger, with what it needs to be worded; see `describeRowNote`. */
export interface CallNote {
  readonly note: RowNote;
  /** The model that was asked. */
  readonly asked: string;
  /** The model that the server says answered; null when it does not say. */
  readonly returned: string | null;
}

/** How the logical call ended. Sums are over all its attempts. */
export interface CallResult {
  readonly callId: string;
  readonly outcome: Exclude<Outcome, 'interrupted'>;
  /** Why, for `failed` and `partial`. */
  readonly failure: Failure | null;
  /** Where the failure happened, or where the answer came from; null when nothing could be tried. */
  readonly place: FailurePlace | null;
  readonly finish: FinishReason | null;
  readonly model: ModelRef | null;
  /** The model that the server says answered. */
  readonly modelReturned: string | null;
  readonly usage: Usage;
  readonly usageEstimated: boolean;
  /** `unknown` as soon as one attempt's cost is; then `knownNanoUsd` holds what is known. */
  readonly cost: Cost;
  readonly knownNanoUsd: number;
  /** What the attempts that a flat plan paid for would have cost by list price, in nano-USD; absent without any. */
  readonly shadowNanoUsd?: number | undefined;
  readonly attempts: readonly Tried[];
  /** The text of the last answer that `accept` rejected; absent where none was. Secrets in it are masked as sent. */
  readonly rejectedText?: string | undefined;
  /** What a reader of the ledger's rows of this call should know, each note once. */
  readonly notes: readonly CallNote[];
  readonly ttftMs: number | null;
  readonly durationMs: number;
}

/**
 * The only door to any model. Never throws: whatever goes wrong is in the `end` event. Leaving the loop early, or
 * aborting the signal, closes the socket, and the attempt is settled on the ledger anyway.
 */
export interface Gateway {
  stream(call: ModelCall, signal: AbortSignal): AsyncIterable<CallEvent>;
}

/** Says what a call would cost, without making it. */
export interface Estimator {
  /** What the first model of the chain would cost; undefined without one. */
  estimate(call: Pick<ModelCall, 'chain' | 'request'>): Promise<Estimate | undefined>;
}
