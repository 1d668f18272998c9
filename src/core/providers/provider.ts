import type { Failure } from '../common/failures.ts';
import type { ModelSite } from '../common/places.ts';
import type { ModelRequest, ToolCall, Usage } from '../common/types.ts';
import type { RequestShape } from '../common/requestShape.ts';
import type { EndReason } from './finishReasons.ts';

/** How a provider is reached; the gateway makes one for each attempt. */
export interface Wire {
  /** Without a trailing slash. */
  readonly baseUrl: string;
  /** Null when the server needs none. */
  readonly apiKey: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** For Ollama: how long it keeps a model in memory after an answer, such as `30m`; undefined leaves it to the server. */
  readonly keepAlive?: string | undefined;
  /** What the endpoint says that the model's name stands for, where it is an alias. */
  readonly standsFor?: readonly string[] | undefined;
  /** What the user states of its requests. */
  readonly request?: RequestShape | undefined;
  /** Told, at debug level, of requests that had to be changed. */
  readonly debug?: ((line: string) => void) | undefined;
  /** Refuses redirects, bounds sizes, adds what the address needs in its query, and is tied to the attempt's signal. */
  readonly fetch: typeof globalThis.fetch;
}

/** What a provider says that an answer took. */
export interface ReportedUsage {
  /** In disjoint buckets; null when the figures cannot be true. */
  readonly usage: Usage | null;
  /** Where the provider states the cost itself. */
  readonly nanoUsd?: number;
  /** The figures contradict each other or themselves; those that are taken are the higher ones. */
  readonly doubtful?: boolean;
  /** Some of the tokens (audio) have a price of their own that no one told us. */
  readonly unpriced?: boolean;
  /** The service tier that served the answer, in lower case, such as `flex` or `priority`; undefined when not told. */
  readonly servedTier?: string;
}

/** What an adapter reports while it streams, in the order of the wire. */
export type ProviderEvent =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'reasoning'; readonly text: string }
  /** A piece of a tool call as it comes: a sign of life, and what is paid for. The call itself comes whole. */
  | { readonly kind: 'tool-text'; readonly text: string }
  /** A whole tool call; only where the request offered tools. All come before the end of the answer. */
  | { readonly kind: 'tool-call'; readonly call: ToolCall }
  /** All text that came so far was a thought: a closing mark came that nothing had opened. */
  | { readonly kind: 'rethought' }
  /** The model that the server says answers. */
  | { readonly kind: 'model'; readonly model: string }
  /** The provider behind a gateway that serves the answer, as the gateway names it. */
  | { readonly kind: 'served'; readonly by: string }
  | ({ readonly kind: 'usage' } & ReportedUsage)
  /** The last one counts: servers that state a reason with every piece are no rare thing. */
  | {
      readonly kind: 'finish';
      readonly reason: EndReason;
      /** The reason as the server spells it; undefined when its end mark came without one. */
      readonly said?: string | undefined;
      /** What the model wrote after its answer: a next turn that it made up, as far as it was read. */
      readonly dropped?: string | undefined;
      /** The server writes on: that is not read, and not counted. */
      readonly left?: boolean | undefined;
    };

export interface ModelInfo {
  readonly id: string;
  /** Context window in tokens; undefined when the server does not say. */
  readonly contextTokens?: number;
  /** What the server says the model can do: `completion`, `insert`, `embedding`, `tools`, `vision` and so on. */
  readonly capabilities?: readonly string[];
  readonly sizeBytes?: number;
  /** Origin of the server that the requests for the model are passed on to; undefined when the server runs it itself. */
  readonly passedOnTo?: string;
}

/** What a line of an answer says before the adapter reads it. */
export interface LineCheck {
  /** What is wrong with it. */
  readonly failure?: Failure | undefined;
  /** Origin of the server that really answers. */
  readonly passedOnTo?: string | undefined;
}

/** One protocol. A provider that speaks it is data (`ProviderConfig`), not code. */
export interface ProviderAdapter {
  /**
   * Streams the answer. Ends normally only when the answer is complete by the protocol's own end mark; throws
   * `ModelError` otherwise. When `signal` is aborted the socket is closed and the iteration ends or throws; the
   * caller looks at the signal, not at the error.
   */
  stream(model: string, request: ModelRequest, wire: Wire, signal: AbortSignal): AsyncIterable<ProviderEvent>;
  /** The models that the server offers. Throws `ModelError`. */
  models(wire: Wire, signal: AbortSignal): Promise<readonly ModelInfo[]>;
  /**
   * Asks the server where a model runs; nothing of the user's is sent. Only protocols have it whose servers may pass on
   * what they get for some models and run others themselves. Throws `ModelError`: `model-missing` when the server does
   * not have the model, anything else when it cannot say.
   *
   * @param known what it said before: as long as the name stands for the same model, less has to be asked
   */
  locate?(model: string, wire: Wire, known: ModelSite | undefined): Promise<ModelSite>;
  /**
   * Loading of models into memory, which may take minutes and generates nothing. Only protocols have it whose servers
   * load a model when they are asked. Both learn the window that the model is loaded with, and throw `ModelError`.
   */
  readonly loading?: {
    isLoaded(model: string, wire: Wire): Promise<boolean>;
    load(model: string, wire: Wire): Promise<void>;
  };
  /** Looks at each line of a streamed answer before the adapter reads it. */
  checkLine?(line: string): LineCheck;
  /** A line without what is none of the protocol. */
  cleanLine?(line: string): string;
}
