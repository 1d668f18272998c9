import type { Failure } from '../common/failures.ts';

/**
 * Classes of errors by the words of their servers, for where the status says too little: one line for each wording. The
 * words are the codes and the message of an error in lower case; first match first.
 */

export interface FailureClass {
  readonly kind: Failure['kind'];
  readonly words: RegExp;
  /** Statuses that the words are looked for with; without, any. */
  readonly statuses?: readonly number[];
  /** Only the model that was asked is concerned: another one of the same server may answer. */
  readonly onlyModel?: true;
}

/** Statuses of what a server refuses because of the request itself. */
const REFUSED = [400, 404, 413, 422, 500];

/** Words of a prompt that is too long. `tokens` and `window` are the figures, where the words hold them. */
const TOO_LONG: readonly RegExp[] = [
  // OpenAI, vLLM, Mistral, DeepSeek
  /maximum context length (?:is|of) (?<window>\d+)(?: tokens)?[^\d]*(?:requested|resulted in|has|contains)[^\d]*(?<tokens>\d+)/,
  /context.?length|context window|maximum context|too many tokens/,
  // Anthropic
  /prompt is too long(?:: (?<tokens>\d+) tokens > (?<window>\d+))?/,
  /input length and `?max_tokens`? exceed context limit(?:: (?<tokens>\d+ \+ \d+) > (?<window>\d+))?/,
  // llama.cpp, Ollama
  /request \((?<tokens>\d+) tokens\) exceeds the available context size \((?<window>\d+) tokens\)/,
  /exceeds? the (?:available )?context|exceed_context_size|prompt is longer/,
  // Google
  /input token count \(?(?<tokens>\d+)?\)? ?exceeds the maximum number of tokens allowed \(?(?<window>\d+)?/,
  // z.ai, Moonshot, DashScope
  /prompt exceeds max(?:imum)? length|exceeded model token limit|range of input length should be/,
  // xAI, Cohere, Together, Bedrock
  /maximum prompt length is (?<window>\d+)[^\d]*(?<tokens>\d+)/,
  /too many (?:input )?tokens|input is too long|must have less than \d+ tokens|exceeds? (?:the )?maximum (?:input|prompt|allowed) (?:length|tokens)|inputs tokens \+ max_new_tokens|size limit exceeded: .*tokens/,
  // GitHub Models, Groq, LM Studio
  /tokens_limit_reached|max size: \d+ tokens/,
  /reduce (?:your|the) (?:message|prompt|input) (?:size|length)|reduce the length of the messages|tokens to keep from the initial prompt/,
];
/** A request that alone is more than the tokens of a minute: waiting does not help (OpenAI, Groq). */
const LARGER_THAN_A_MINUTE = /request too large for .*limit (?<window>\d+), requested (?<tokens>\d+)/;

const FAILURE_CLASSES: readonly FailureClass[] = [
  ...TOO_LONG.map((words): FailureClass => ({ kind: 'context-length', words, statuses: REFUSED })),
  { kind: 'context-length', words: LARGER_THAN_A_MINUTE, statuses: [400, 413, 429] },
  // LiteLLM: the budget of one deployment, provider or model
  {
    kind: 'credit',
    words: /crossed budget|exceeded budget for (deployment|model|provider)|over budget for model/,
    onlyModel: true,
  },
  // LiteLLM: of a key, a user, a team, a customer
  { kind: 'credit', words: /budget[_ .]?(has been )?exceeded|exceeded ?budget|over .{0,30}budget/ },
  // OpenAI, OpenRouter, DeepSeek, Anthropic, xAI
  {
    kind: 'credit',
    words:
      /insufficient.?(quota|credits?|balance|funds)|credit balance is too low|(used|run) (all|out).{0,30}credits|payment required|billing.{0,20}(hard limit|not active)|account.{0,20}(arrears|overdue)|余额不足|欠费/,
  },
  // Google, Anthropic, OpenAI, Mistral, and LiteLLM with and without its database
  {
    kind: 'auth',
    words:
      /api[_ -]?key[_ ](not valid|invalid|not found|expired|missing)|(invalid|incorrect|missing|malformed|wrong|no) (x-)?api[_ -]?key|invalid (authentication|token|bearer|access token)|no_db_connection|token_not_found_in_db|no connected db|invalid proxy server token|no auth credentials|user not found\.?$/,
    statuses: [400, 401, 403, 404, 422, 500],
  },
  // Azure, OpenAI, DashScope, OpenRouter
  {
    kind: 'content-filter',
    words:
      /content[_ ]?(filter|management policy|policy_violation)|responsibleaipolicyviolation|data_inspection_failed|flagged (as|for)|violat.{0,40}(usage|content) polic/,
    statuses: [400, 403, 422],
  },
  // OpenRouter: what the account allows
  {
    kind: 'policy',
    words: /data policy|privacy settings|no allowed providers|guardrail restrictions|violat.{0,40}terms of/,
    statuses: [400, 402, 403, 404, 422, 451],
  },
  // A model that this path does not lead to, or that lacks what was asked for
  {
    kind: 'unsupported',
    words:
      /only supported in v1\/responses|not a chat model|not supported in the v1\/chat|does not support (chat|completions?|generate|insert|embed|image|vision|tools?|infill|suffix)|no endpoints found that support|is not a multimodal model|(suffix|infill) is not (currently )?supported/,
    statuses: [400, 404, 405, 422, 500],
  },
  // LiteLLM, OpenRouter, Mistral, DeepSeek, DashScope, Together
  {
    kind: 'model-missing',
    words:
      /invalid model name|no healthy deployment|model_?not_?found|model[^.]{0,80}(not found|does not exist|not exist|not available|is not supported|doesn't exist|no longer available|has been (deprecated|decommissioned))|not a valid model|(unknown|invalid|unsupported|no such) model|unable to access model|model_decommissioned|模型不存在/,
    statuses: [400, 403, 404, 410, 422, 429, 503],
  },
  // LM Studio with status 200, Express, Kong, OpenAI
  {
    kind: 'wrong-path',
    words:
      /unexpected endpoint or method|unknown request url|invalid url \((post|get)|cannot (post|get) \/|no route matched|404 page not found|unknown endpoint|no handler found|method not allowed/,
  },
  { kind: 'rate-limited', words: /rate.?limit|too many requests|requests per minute/, statuses: [400, 403, 429] },
  { kind: 'overloaded', words: /overloaded|server is busy|temporarily unavailable|capacity/, statuses: [400, 529] },
];

/** The class of an error, and its figures where its words hold them. */
export function classify(
  status: number,
  words: string,
): (Pick<FailureClass, 'kind' | 'onlyModel'> & Pick<Failure, 'sizes'>) | undefined {
  const plain = words.replace(/[`"]/g, '').replace(/(\d),(?=\d{3})/g, '$1');
  for (const { kind, words: pattern, statuses, onlyModel } of FAILURE_CLASSES) {
    if (statuses && !statuses.includes(status)) continue;
    const match = pattern.exec(plain);
    if (!match) continue;
    const sizes = sizesOf(match.groups);
    return { kind, ...(onlyModel ? { onlyModel } : {}), ...(sizes ? { sizes } : {}) };
  }
  return undefined;
}

function sizesOf(groups: Readonly<Record<string, string | undefined>> | undefined): Failure['sizes'] {
  const sum = (text = ''): number => text.split('+').reduce((total, part) => total + Number(part), 0);
  const tokens = sum(groups?.['tokens']);
  const window = sum(groups?.['window']);
  return tokens > 0 && window > 0 ? { tokens, window } : undefined;
}
