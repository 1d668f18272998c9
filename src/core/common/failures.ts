import type { Tier } from './types.ts';

/**
 * Every way in which a model call can fail: a closed list. Adapters translate what the wire says into one of these,
 * once, next to the wire; `describeFailure` turns it into words and a next step, once, next to the user.
 */
export type FailureKind =
  // Refused before anything was sent.
  | 'no-model' // the tier's chain is empty or names an unknown provider
  | 'not-set-up' // no tier that may answer has a model with a key, if it needs one; `gaps` says what is missing
  | 'bad-url' // the provider's address cannot be used
  | 'private' // private mode is on, and the model is not on this machine
  | 'untrusted' // cloud call in a workspace that is not trusted
  | 'no-consent' // the user has not agreed to send to this origin; `detail` names it where it is not the one asked
  | 'no-key' // the provider needs a key and none is there
  | 'no-keyring' // the keys cannot be read
  | 'budget' // a budget would be broken
  | 'no-price' // a budget applies, and the cost of the model is unknown
  | 'no-ledger' // a budget applies, and the ledger cannot be read or written
  | 'too-expensive' // it would cost much more than the first of the chain, and the user did not agree to that
  | 'too-large' // the request is larger than the limit of its task
  | 'circuit-open' // the model failed several times and is left alone for a while
  // The connection.
  | 'refused' // nothing listens there
  | 'dns' // the host's name does not resolve
  | 'tls' // certificate or protocol of a secure connection
  | 'reset' // the connection broke
  | 'slept' // the computer slept, and the connection did not live through it
  | 'proxy' // the proxy on the way refused
  | 'redirect' // the server sent us elsewhere; never followed
  | 'timeout' // a limit of section 0.3 passed
  // Failures that the server reported.
  | 'auth' // 401: the key was refused
  | 'credit' // 402, or a gateway's budget is used up
  | 'forbidden' // 403
  | 'model-missing' // 404 for the model
  | 'wrong-path' // 404 for the path: most often a base URL without /v1
  | 'context-length' // the prompt does not fit the model's window
  | 'bad-request' // 400 or 422: the provider's own words
  | 'policy' // the account, or a rule of the gateway, does not allow the model
  | 'rate-limited' // 429
  | 'overloaded' // 408, 409, 5xx
  | 'unsupported' // the model cannot do this (infill, chat)
  // Failures of the answer itself.
  | 'not-a-model' // HTML, another program on the port, a broken stream
  | 'empty' // an answer without content
  | 'no-text' // tool calls only, where none was asked for
  | 'bad-tool-call' // a tool call with arguments that are no JSON object; `detail` says which
  | 'thought-limit' // the limit was used up by thoughts, before there was any text
  | 'unknown-end' // the server ended it for a reason that we do not know; `detail` is its name
  | 'unusable' // not in the format that was asked for
  | 'not-local' // a model of the local tier runs elsewhere, at `detail`
  | 'passed-on' // its server passed the request on to `detail`, which the user had not agreed to
  | 'content-filter' // withheld, or the model refused; `detail` has its words
  | 'incomplete' // the stream ended without its end mark
  | 'interrupted' // the window ended while it came; only of answers that were stored
  | 'oversize' // the answer passed the size limit
  | 'server-error' // an error frame inside the stream
  | 'internal'; // our own mistake

export interface Failure {
  readonly kind: FailureKind;
  /** HTTP status, where there was one. */
  readonly status?: number;
  /** The server's own words, cleaned of control characters and cut to 300 characters; never shown as markup. */
  readonly detail?: string;
  /** The provider behind a gateway whose words `detail` are; undefined: the server that was asked. */
  readonly by?: string;
  /** The parameter of the request that the server refused, as it names it. */
  readonly param?: string;
  /** Only the model that was asked is concerned: another one of the same server may answer. */
  readonly onlyModel?: true;
  /** For `incomplete`: the server ended the answer itself, as HTTP ends one; the connection did not break. */
  readonly endedByServer?: true;
  /** Milliseconds the server asked us to wait. */
  readonly retryAfterMs?: number;
  /** For `context-length`, where we know them: estimated tokens of the request, and those of the model's window. */
  readonly sizes?: { readonly tokens: number; readonly window: number };
  /** For `budget`: the budget that would be broken. Threads of older versions have a sentence in `detail` instead. */
  readonly budget?: BudgetFigures;
  /** For `budget`: the user may send anyway. */
  readonly mayOverride?: boolean;
  /** For `not-set-up`: what is missing, the most useful first. */
  readonly gaps?: readonly SetupGap[];
  /** For `timeout`: what was being waited for. */
  readonly waitingFor?: 'connection' | 'headers' | 'first-token' | 'next-token' | 'end';
}

/** Why a tier cannot answer before the user has set something up. */
export interface SetupGap {
  readonly tier: Tier;
  readonly why: 'no-model' | 'no-chat-model' | 'no-key';
  /** For `no-key`: the provider by its name in the settings. */
  readonly provider?: string;
}

/** A budget that a call would break, as it was when the call was refused. Amounts in nano-USD except `usd`. */
export interface BudgetFigures {
  readonly usd: number;
  readonly period: 'day' | 'week' | 'month';
  /** Only this tier; undefined: all. */
  readonly tier?: Tier | undefined;
  /** Only the workspace whose first folder has this URI; undefined: all. */
  readonly workspace?: string | undefined;
  readonly limit: number;
  readonly spent: number;
  /** Held back for calls under way. */
  readonly reserved: number;
  /** The most that the refused call could cost. */
  readonly needed: number;
}

/** The error that adapters throw; everything else that reaches the gateway is `internal`. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  readonly failure: Failure;
  constructor(failure: Failure, options?: ErrorOptions) {
    super(failure.detail ?? failure.kind, options);
    this.failure = failure;
  }
}
