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

/**
 * Words of a prompt that is too long. `tokens` and `window` are the figures, where the words hold them. One line may
 * tell the class and another one the figures.
 */
const TOO_LONG: readonly RegExp[] = [
  // OpenAI, vLLM, Mistral, DeepSeek
  /maximum context length (?:is|of) (?<window>\d+)(?: tokens)?[^\d]*(?:requested|resulted in|has|contains)[^\d]*(?<tokens>\d+)/,
  /context.?length|context window|maximum context|too many tokens/,
  // Anthropic
  /prompt is too long(?:: (?<tokens>\d+) tokens > (?<window>\d+))?/,
  // Fireworks
  /prompt is too long: (?<tokens>\d+), model maximum context length: (?<window>\d+)/,
  /input length and `?max_tokens`? exceed context limit(?:: (?<tokens>\d+ \+ \d+) > (?<window>\d+))?/,
  // llama.cpp, Ollama
  /request \((?<tokens>\d+) tokens\) exceeds the available context size \((?<window>\d+) tokens\)/,
  /exceeds? the (?:available )?context|exceed_context_size|prompt is longer/,
  // SGLang
  /input \((?<tokens>\d+) tokens\) is longer than the model'?s context length \((?<window>\d+)/,
  // Google
  /input token count \(?(?<tokens>\d+)?\)? ?exceeds the maximum number of tokens allowed \(?(?<window>\d+)?/,
  // z.ai, Moonshot, DashScope
  /prompt exceeds max(?:imum)? length|exceeded model token limit|range of input length should be/,
  /exceeded model token limit: (?<window>\d+) \(requested: (?<tokens>\d+)/,
  // xAI, Cohere, Together, Bedrock
  /maximum prompt length is (?<window>\d+)[^\d]*(?<tokens>\d+)/,
  /too many (?:input )?tokens|input is too long|must have less than \d+ tokens|exceeds? (?:the )?maximum (?:input|prompt|allowed) (?:length|tokens)|inputs tokens \+ max_new_tokens|size limit exceeded: .*tokens/,
  /(?:total|input|prompt|request)[^.]{0,20}tokens?[^.]{0,20}exceeds? (?:the )?(?:limit|maximum)/,
  // Cerebras
  /current length is (?<tokens>\d+) while limit is (?<window>\d+)/,
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
  // Money that is missing: OpenAI, OpenRouter, DeepSeek, Anthropic, xAI, Fireworks, Vercel, DashScope, Volcengine, Cloudflare
  ...[
    /insufficient.{0,3}(quota|credits?|balance|funds)|(credits?|balance|funds) (is|are|has been|have been) (too low|insufficient|exhausted|depleted|used up)/,
    /(used|run|ran) (up|all|out)\b.{0,40}(credits?|quota|allocation|balance|allowance)|(no|any|enough|more|purchase|included) credits|add (more )?(credits|funds)/,
    /spending limit|(key|credit|billing) limit (has been )?(exceeded|reached)|usage limits?( has been)? reached|reached your .{0,20}usage limit/,
    /payment (required|method)|credit card|past invoices|billing.{0,20}(hard limit|not active|disabled)|account.{0,20}(arrears|overdue)|arrearage/,
    /free (tier|quota|trial).{0,30}(exhausted|used up|expired)|余额不足|欠费|充值/,
  ].map((words): FailureClass => ({ kind: 'credit', words })),
  // A key that is wrong, missing or too old: Google, Anthropic, OpenAI, Mistral, Amazon, and LiteLLM with and without its database
  ...[
    /api[_ -]?key[_ ](not valid|invalid|not found|expired|missing)|(invalid|incorrect|missing|malformed|wrong|no) (x-)?api[_ -]?key|api key.{0,30}(leaked|revoked|disabled|deleted)/,
    /invalid (authentication|token|bearer|access token)|(bearer|access|auth|security) token.{0,30}(expired|invalid|revoked|missing)|credentials? (could not|cannot|can't) be/,
    /authentication[_ ]?(error|fail|required)|authfailure|noautherror|unauthenticated|not authenticated|unregistered callers|login fail/,
    /no_db_connection|token_not_found_in_db|no connected db|invalid proxy server token|no auth credentials|user not found\.?$/,
  ].map((words): FailureClass => ({ kind: 'auth', words, statuses: [400, 401, 403, 404, 422, 500] })),
  // Azure, OpenAI, DashScope, OpenRouter, Volcengine, Zhipu, Moonshot
  {
    kind: 'content-filter',
    words:
      /content[_ ]?(filter|management policy|policy_violation)|responsibleaipolicyviolation|data_inspection_failed|(was|were|been|content) flagged|flagged (as|for|by)|sensitive ?(content|information|words?)|considered high risk|violat.{0,40}(usage|content) polic|敏感/,
    statuses: [400, 403, 422],
  },
  // OpenRouter, Groq, Portkey: what the account allows
  {
    kind: 'policy',
    words:
      /data policy|privacy settings|no allowed providers|guardrail (restrictions|checks)|violat.{0,40}terms of|terms acceptance|accept the terms/,
    statuses: [400, 402, 403, 404, 422, 446, 451],
  },
  // A model that this path does not lead to, or that lacks what was asked for
  {
    kind: 'unsupported',
    words:
      /only supported in v1\/responses|not a chat model|not supported in the v1\/chat|does not support (chat|completions?|generate|insert|embed|image|vision|think(ing)?|tools?|infill|suffix)|no endpoints found that support|is not a multimodal model|(operation|endpoint).{0,20}does not work with|on-demand throughput|(suffix|infill) is not (currently )?supported/,
    statuses: [400, 404, 405, 422, 500, 501],
  },
  // LiteLLM, OpenRouter, Mistral, DeepSeek, DashScope, Together, Azure, Bedrock, LM Studio, NVIDIA
  {
    kind: 'model-missing',
    words:
      /invalid model name|no healthy deployment|model_?not_?found|(model|deployment)[^.]{0,80}(not found|does not exist|not exist|not available|is not supported|doesn't exist|no longer available|has been (deprecated|decommissioned)|(was|been|is) (retired|removed|discontinued))|not a valid model|(unknown|invalid|unsupported|no such) model|model identifier is invalid|unable to access model|model_decommissioned|no models? (is |are )?loaded|no endpoints found for|function .{0,60}not found for account|模型不存在/,
    statuses: [400, 403, 404, 410, 422, 429, 503],
  },
  // Google, OpenAI: the user's place
  {
    kind: 'forbidden',
    words: /(location|country|region|territory)[^.]{0,30}(is|are)? ?(not supported|unsupported|restricted|not allowed)/,
    statuses: [400, 404, 451],
  },
  // LM Studio with status 200, Express, Kong, OpenAI
  {
    kind: 'wrong-path',
    words:
      /unexpected endpoint or method|unknown request url|invalid url \((post|get)|cannot (post|get) \/|no route matched|404 page not found|unknown endpoint|no handler found|method not allowed/,
  },
  // LM Studio: the fault is the server's, whatever its status says
  { kind: 'server-error', words: /\b(crashed|unloaded|out of memory|exit code)\b/, statuses: [400, 422] },
  {
    kind: 'rate-limited',
    words: /rate.?limit|too many requests|requests per (minute|day)|request limit|throttl/,
    statuses: [400, 403, 429],
  },
  { kind: 'overloaded', words: /overloaded|server is busy|temporarily unavailable|capacity/, statuses: [400, 529] },
];

/** The class of an error, and its figures where its words hold them. */
export function classify(
  status: number,
  words: string,
): (Pick<FailureClass, 'kind' | 'onlyModel'> & Pick<Failure, 'sizes'>) | undefined {
  const plain = words.replace(/[`"]/g, '').replace(/(\d),(?=\d{3}(?!\d))/g, '$1');
  for (const { kind, words: pattern, statuses, onlyModel } of FAILURE_CLASSES) {
    if (statuses && !statuses.includes(status)) continue;
    const match = pattern.exec(plain);
    if (!match) continue;
    const sizes = kind === 'context-length' ? sizesIn(plain) : undefined;
    return { kind, ...(onlyModel ? { onlyModel } : {}), ...(sizes ? { sizes } : {}) };
  }
  return undefined;
}

/** Fewer tokens than this are no window. */
const LEAST_WINDOW = 512;

/** The figures of a prompt that is too long: as one of the wordings has them, else the two figures that the words hold. */
function sizesIn(plain: string): Failure['sizes'] {
  for (const words of [...TOO_LONG, LARGER_THAN_A_MINUTE]) {
    const sizes = sizesOf(words.exec(plain)?.groups);
    if (sizes) return sizes;
  }
  const figures = [...plain.matchAll(/(?<![\w.-])\d+(?![\w-]|\.\d)/g)].map(([figure]) => Number(figure));
  const [window = 0, tokens = 0, ...more] = [...new Set(figures)]
    .filter((each) => each >= LEAST_WINDOW)
    .sort((a, b) => a - b);
  return tokens > 0 && more.length === 0 ? { tokens, window } : undefined;
}

function sizesOf(groups: Readonly<Record<string, string | undefined>> | undefined): Failure['sizes'] {
  const sum = (text = ''): number => text.split('+').reduce((total, part) => total + Number(part), 0);
  const tokens = sum(groups?.['tokens']);
  const window = sum(groups?.['window']);
  return tokens > 0 && window > 0 ? { tokens, window } : undefined;
}
