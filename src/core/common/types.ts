import type { InfillApi } from './infillSetting.ts';
/** The vocabulary of the house: plain data that every other module speaks. */

/** Tiers in the order of their price. They are named, never numbered. */
export const TIERS = ['local', 'mid', 'frontier'] as const;
export type Tier = (typeof TIERS)[number];

/** The choices for a question: a tier, or the one that the routing rules choose for it. */
export const TIER_CHOICES = ['auto', ...TIERS] as const;
export type TierChoice = (typeof TIER_CHOICES)[number];

/** The task of a call: the second axis of the ledger. */
export const TASKS = [
  'completion',
  'chat',
  'escalate',
  'edit',
  'commit',
  'review',
  'routing',
  'test',
  // Requests of VS Code's own chat and agents, and of other extensions.
  'agent',
  // Titles, progress texts and summaries that VS Code asks for by itself.
  'overhead',
] as const;
export type Task = (typeof TASKS)[number];

/** A model as the settings name it: `provider/model`, the provider being everything before the first slash. */
export interface ModelRef {
  readonly provider: string;
  readonly model: string;
}

/** `"openrouter/deepseek/deepseek-chat"` → provider `openrouter`, model `deepseek/deepseek-chat`; undefined if a half is missing. */
export function parseModelRef(text: string): ModelRef | undefined {
  const slash = text.indexOf('/');
  const provider = text.slice(0, slash).trim();
  const model = text.slice(slash + 1).trim();
  return slash > 0 && provider && model ? { provider, model } : undefined;
}

export const formatModelRef = (ref: ModelRef): string => `${ref.provider}/${ref.model}`;

export interface Message {
  /** `tool`: the result of a tool call of the assistant's message before it. */
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string;
  /** Pictures that go with the text of a user's message or of a tool's result. */
  readonly images?: readonly Picture[];
  /** Of an assistant's message: the tools that the model called. */
  readonly toolCalls?: readonly ToolCall[];
  /** Of an assistant's message: what the model thought before it, for servers that want it back. */
  readonly reasoning?: string;
  /** Of a tool's result: the call that it answers. */
  readonly answers?: Pick<ToolCall, 'id' | 'name'>;
}

/** A tool that a model may call. */
export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments; undefined: it takes none. */
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
}

/** A model calls a tool. */
export interface ToolCall {
  /** Unique in its conversation: the result names it. */
  readonly id: string;
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
  /**
   * What the server added to the call and wants back with it, for example Gemini's signature of its thoughts
   * (ai.google.dev, "Thought signatures"). Members of the call as the server spells them.
   */
  readonly extra?: Readonly<Record<string, unknown>>;
}

export interface Picture {
  /** For example `image/png`. */
  readonly mime: string;
  /** Base64, without the head of a data URL. */
  readonly data: string;
}

/** How long a model that thinks may think before it answers. */
export const EFFORTS = ['low', 'medium', 'high'] as const;
export type Effort = (typeof EFFORTS)[number];

/** A conversation to be answered. */
export interface ChatRequest {
  readonly kind: 'chat';
  readonly messages: readonly Message[];
  /** Upper bound of the answer in tokens. */
  readonly maxTokens: number;
  /** The tools that the model may call; without any, calls in its answer are ignored. */
  readonly tools?: readonly ToolDefinition[];
  /** `required`: the answer must call one of the tools. By default the model decides. */
  readonly toolChoice?: 'auto' | 'required';
  /** Undefined: as the server does it by itself. A server that knows no efforts refuses the request, or ignores it. */
  readonly effort?: Effort | undefined;
}

/**
 * A gap to be filled. Either `raw` text with the model family's own FIM tokens, or prefix and suffix
 * for a server that knows the model's template.
 */
export interface GapPrompt {
  readonly prefix: string;
  readonly suffix: string;
  /** The way of the server to take them; undefined for Ollama's own. */
  readonly api?: InfillApi | undefined;
  /** Text of other files, for ways that take it. */
  readonly files?: readonly { readonly path: string; readonly text: string }[];
}

export interface FimRequest {
  readonly kind: 'fim';
  /** A prompt with the family's marks; or the two sides of the gap, for servers that write the marks themselves. */
  readonly prompt: { readonly raw: string } | GapPrompt;
  readonly stop: readonly string[];
  readonly maxTokens: number;
  readonly temperature: number;
}

export type ModelRequest = ChatRequest | FimRequest;

/**
 * Tokens of one attempt in disjoint buckets: `input` is what was neither read from nor written to the
 * provider's cache. `reasoning` is part of `output` and is kept for information only.
 */
export interface Usage {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number;
  readonly reasoning: number;
}

export const NO_USAGE: Usage = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0 };

/**
 * Where an amount comes from, most trustworthy first. `plan`: a flat monthly plan pays, so the amount is 0. `unknown` has
 * no amount and is never shown as zero.
 */
export type CostSource = 'provider' | 'computed' | 'estimated' | 'free' | 'plan' | 'unknown';

/** An amount in integer nano-USD (1e-9 USD), with its source. `nanoUsd` is null exactly when the source is `unknown`. */
export interface Cost {
  readonly nanoUsd: number | null;
  readonly source: CostSource;
}

/** How an attempt, or the logical call it belongs to, ended. `interrupted`: its window died before it could say. */
export type Outcome = 'done' | 'partial' | 'failed' | 'cancelled' | 'interrupted';

/** Why the model stopped, in the words of the OpenAI protocol. */
export type FinishReason = 'stop' | 'length' | 'content-filter' | 'tool-calls';

/** Milliseconds since the epoch, compared with the time at which attempts were opened. */
export interface TimeSpan {
  readonly since: number;
  /** The first moment after it. */
  readonly until: number;
}
