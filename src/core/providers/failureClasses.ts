import type { Failure } from '../common/failures.ts';

/**
 * Classes of errors by the words of their servers, for where the status says too little: one line for each wording. The
 * words are the codes and the message of an error in lower case; first match first.
 */

export interface FailureClass {
  readonly kind: Failure['kind'];
  readonly words: RegExp;
  /** Words that mean something else although `words` are in them. */
  readonly unless?: RegExp;
  /** Statuses that the words are looked for with; without, any. */
  readonly statuses?: (status: number) => boolean;
  /** Only the model that was asked is concerned: another one of the same server may answer. */
  readonly onlyModel?: true;
}

/** What a server refuses because of the request, the key, the account or the model: every 4xx but waits and proxies. */
const isRefusal = (status: number): boolean => (status >= 400 && status < 500 && !isWait(status)) || status === 500;
/** Too slow, too early, too many. */
const isWait = (status: number): boolean => [407, 408, 425, 429].includes(status);
const isRefusalOrWait = (status: number): boolean => isRefusal(status) || status === 429;
const isRefusalOrAway = (status: number): boolean => isRefusalOrWait(status) || status === 503;

/**
 * Words of a prompt that is too long. `tokens` and `window` are the figures, where the words hold them. One line may
 * tell the class and another one the figures.
 */
const TOO_LONG: readonly RegExp[] = [
  // OpenAI, vLLM, Mistral, DeepSeek
  /maximum context length (?:is|of) (?<window>\d+)(?: tokens)?[^\d]*(?:requested|resulted in|has|contains)[^\d]*(?<tokens>\d+)/,
  /context.?length|context window|maximum context|request too large for[^.]{0,60}\btokens\b(?!.*\b(?:tpm|per minute)\b)|maximum (?:model|supported|sequence)[a-z ]*length|too many tokens|max_?model_?len/,
  // Anthropic
  /prompt is too long(?:: (?<tokens>\d+) tokens > (?<window>\d+))?/,
  // Fireworks
  /prompt is too long: (?<tokens>\d+), model maximum context length: (?<window>\d+)/,
  /input length and `?max_tokens`? exceed context limit(?:: (?<tokens>\d+ \+ \d+) > (?<window>\d+))?/,
  // llama.cpp, Ollama
  /request \((?<tokens>\d+) tokens\) exceeds the available context size \((?<window>\d+) tokens\)/,
  /exceeds? the (?:available )?context|exceed_context_size|prompt is longer/,
  // vLLM
  /prompt \(length (?<tokens>\d+)\) is longer than the maximum model length of (?<window>\d+)/,
  // SGLang
  /input \((?<tokens>\d+) tokens\) is longer than the model'?s context length \((?<window>\d+)/,
  // Google
  /input token count (?:is )?\(?(?<tokens>\d+)?\)? ?(?:exceeds the maximum number of tokens allowed|but (?:the )?model only supports up to) \(?(?<window>\d+)?/,
  // z.ai, Moonshot, DashScope
  /exceeded model token limit|range of input length should be/,
  /exceeded model token limit: (?<window>\d+) \(requested: (?<tokens>\d+)/,
  // xAI, Cohere, Together, Bedrock
  /maximum prompt length is (?<window>\d+)[^\d]*(?<tokens>\d+)/,
  /too many (?:input )?tokens|must have less than \d+ tokens|exceeds? (?:the )?maximum (?:input|prompt|allowed) (?:length|tokens)|inputs tokens \+ max_new_tokens|size limit exceeded: .*tokens/,
  // Cerebras
  /current length is (?<tokens>\d+) while limit is (?<window>\d+)/,
  // GitHub Models, Groq, LM Studio
  /tokens_limit_reached|max size: \d+ tokens/,
  /reduce (?:your|the) (?:message|prompt|input) (?:size|length)|reduce the length of the messages|tokens to keep from the initial prompt/,
  // Any other server: what was sent is longer than it may be
  /(?:prompt|inputs?|messages|conversation|sequence|context|total tokens|number of tokens)\b[^.;:]{0,60}?(?:too (?:long|large)|exceed(?:s|ed)?\b|(?:longer|larger|more) than|only supports? up to)/,
  /(?:prompt|输入|上下文|请求|内容)[^，。]{0,12}(?:超长|过长|超出|超过)/,
];
/** What is too large is no text, or it is the answer that was asked for, or the tokens of a minute or of a plan. */
const NOT_THE_PROMPT =
  /\b(?:images?|audio|files?|pdfs?|attachments?|bytes|[kmg]b)\b|\bper (?:second|minute|hour|day|month)\b|\b(?:quota|plan|budget|rate|tpm|tpd|deadline|time|timeout)\b|速率|频率|并发|限流|配额|额度|次数/;
/** A request that alone is more than the tokens of a minute: waiting does not help (OpenAI, Groq). */
const LARGER_THAN_A_MINUTE = /request too large for .*limit (?<window>\d+), requested (?<tokens>\d+)/;

/** What stands for a model: Azure and Databricks have deployments and endpoints, NVIDIA functions. */
const MODEL = '(?:model|deployment|engine|serving endpoint|inference profile)';
/** Names that are between a model and what is said of it hold dots. */
const OF_MODEL = '(?:[^.]|\\.(?=\\S)){0,80}?';
const ACCOUNT = '(?:account|organi[sz]ation|project|team|user|tenant|workspace|subscription)';

const FAILURE_CLASSES: readonly FailureClass[] = [
  ...TOO_LONG.map((words, index): FailureClass => ({
    kind: 'context-length',
    words,
    statuses: isRefusal,
    ...(index < TOO_LONG.length - 2 ? {} : { unless: NOT_THE_PROMPT }),
  })),
  {
    kind: 'context-length',
    words: LARGER_THAN_A_MINUTE,
    statuses: isRefusalOrWait,
  },
  // Azure, OpenAI, DashScope, OpenRouter, Volcengine, Zhipu, Moonshot, xAI, Cloudflare
  {
    kind: 'content-filter',
    words:
      /content[_ ]?(filter|management policy|policy_violation)|responsibleaipolicyviolation|data_inspection_failed|(was|were|been|content) flagged|flagged (as|for|by)|sensitive ?(content|information|words?)|considered high risk|violat.{0,40}((usage|content|safety) polic|guideline)|(prompt|input|response|output|completion|content)s? (was |were |is |has been )?blocked|blocked (input|prompt|content)|safety (check|filter|system)|敏感/,
    unless: /account.{0,20}flagged/,
    statuses: isRefusal,
  },
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
    /insufficient.{0,8}(quota|credits?|balance|funds|money)|(not|n't have) enough (quota|credits?|balance|funds|money)|no (more |remaining |available )+(credits?|balance|funds)|(credits?|balance|funds) (is|are|has been|have been|was|were)? ?(too low|insufficient|exhausted|depleted|used up|expired|negative|empty|zero)/,
    /(used|run|ran) (up|all|out)\b.{0,40}(credits?|quota|allocation|balance|allowance)|(no|any|enough|more|purchase|included) credits(?! (was|were|are|have been) )|add (more )?(credits|funds)/,
    /spending limit|(key|credit|billing) limit (has been )?(exceeded|reached)|usage limits?( has been)? reached|reached your .{0,20}usage limit|exceeded[_ ]current[_ ]quota[_ ]error/,
    /payment (required|method)|credit card|past invoices|billing.{0,30}(hard limit|not active|disabled|not enabled|to be enabled)|(enable|requires?|set up|activate|add) billing|account.{0,20}(arrears|overdue)|arrearage|unpaid/,
    /free (tier|quota|trial).{0,30}(exhausted|used up|expired)|余额不足|额度不足|额度已(用尽|耗尽)|配额不足|欠费|充值/,
  ].map((words): FailureClass => ({ kind: 'credit', words })),
  {
    kind: 'credit',
    words:
      /(quota|allowance|allocation|plan limit).{0,40}(exceeded|reached|exhausted|used up)|(exceed(s|ed)?|reached) .{0,20}(quota|plan limit|allowance)|token_quota/,
    statuses: isRefusal,
  },
  {
    kind: 'credit',
    words: new RegExp(`${ACCOUNT}[^.]{0,40}suspended[^]*(balance|billing|spending|payment|invoice|recharge|credit)`),
  },
  // LiteLLM, OpenRouter, Mistral, DeepSeek, DashScope, Together, Azure, Bedrock, LM Studio, NVIDIA, One API, llama-swap
  ...[
    new RegExp(
      `${MODEL}${OF_MODEL}(not found|does not exist|not exist|not available|is not supported|not supported by any|doesn.?t exist|no longer (available|supported)|has been (deprecated|decommissioned)|(was|been|is) (retired|removed|discontinued)|end of (its )?life|marked by provider as legacy)`,
    ),
    /invalid model name|model_?not_?found|not a valid model|(unknown|invalid|unsupported|unavailable|unexpected|unrecogni[sz]ed|no such) (model|deployment)|model identifier is invalid|model_decommissioned|no models? (is |are )?loaded/,
    new RegExp(
      `(unable to|could not|cannot|can't|couldn't|failed to) (access|find|resolve|locate|identify|recogni[sz]e)${OF_MODEL}${MODEL}`,
    ),
    /no (healthy |available |suitable )?(deployment|channel|endpoint|provider|backend|router|route)s? (is |are )?(available |found )?(for|of) (?!.*\bsupport)|no healthy deployment|endpoint with name .{0,80}does not exist|function .{0,60}not found for account|模型不存在|无可用渠道|未找到.{0,6}模型/,
  ].map((words): FailureClass => ({
    kind: 'model-missing',
    words,
    unless:
      /data policy|privacy settings|no allowed providers|\bthat support|not a chat model|v1\/responses|stream|\brole\b/,
    statuses: isRefusalOrAway,
  })),
  // OpenRouter, Groq, Portkey, Cloudflare: what the account allows
  {
    kind: 'policy',
    words:
      /data policy|privacy settings|no allowed providers|guardrail (restrictions|checks)|violat.{0,40}terms of|terms acceptance|(accept|agree to) the (terms|license)|model agreement|must submit the prompt 'agree'|(requires?|need) an? (paid )?(subscription|plan|upgrade)|upgrade (your|the) (plan|account|subscription)|upgrade (for access|to (access|use|continue))|plan (does not|doesn't) include/,
    statuses: isRefusal,
  },
  // LiteLLM, Bedrock, GitHub, DashScope, Groq: the key may use other models
  {
    kind: 'forbidden',
    words: new RegExp(
      `(not|n't|no|without|lacks?|denied|need) (have )?access to (the |this |that )?(requested )?${MODEL}|access to (the |this )?${MODEL}[^.]{0,30}(denied|restricted|blocked|forbidden|not allowed)|${MODEL}.{0,3}access.{0,3}denied|not (allowed|authori[sz]ed|permitted|entitled|eligible) (to|for) (access|use|us(e|ing)|query|invok(e|ing)|call)?[^.]{0,20}${MODEL}|${MODEL}${OF_MODEL}(is |been )(blocked|disabled|not enabled|restricted|not allowed)`,
    ),
    statuses: isRefusal,
    onlyModel: true,
  },
  // Google, OpenAI, Groq: the user's place, network or account
  {
    kind: 'forbidden',
    words:
      /(location|country|region|territory)[^.]{0,30}(is|are)? ?(not supported|unsupported|restricted|not allowed)|\bip\b( address)?[^.]{0,20}not (authori[sz]ed|allowed|permitted)/,
    statuses: isRefusal,
  },
  {
    kind: 'forbidden',
    words: new RegExp(
      `${ACCOUNT}[^.]{0,30}(is|was|been|has been) (temporarily |permanently )?(restricted|suspended|disabled|deactivated|banned|blocked|locked|terminated)`,
    ),
    statuses: (status) => isRefusalOrWait(status) && status !== 401,
  },
  // A key that is wrong, missing or too old: Google, Anthropic, OpenAI, Mistral, Amazon, and LiteLLM with and without its database
  ...[
    /api[_ -]?key[_ ](not valid|invalid|not found|expired|missing)|(invalid|incorrect|missing|malformed|wrong|no) (x-)?api[_ -]?key|api[_ -]?key.{0,30}(leaked|revoked|disabled|deleted)|(api|access|secret)[_ -]?key[^.]{0,20} (is|was|has been) (not valid|invalid|incorrect|wrong|expired|missing|unknown|unrecogni[sz]ed|not recogni[sz]ed)|api ?キー/,
    /invalid (?!stop|json|special|eos|next|start|end|max)([a-z]{2,20} )?(authentication|token|bearer|access token)\b|(bearer|access|auth|security|authentication) token.{0,30}(expired|invalid|revoked|missing)|expired token|credentials? (could not|cannot|can't) be/,
    /authentication[_ ]?(error|fail|required)|authfailure|noautherror|unauthenticated|not authenticated|unregistered callers|login fail/,
    /no_db_connection|token_not_found_in_db|no connected db|invalid proxy server token|no auth credentials|user not found\.?$|身份验证|鉴权失败|无效的(令牌|密钥)|认证失败/,
  ].map((words): FailureClass => ({ kind: 'auth', words, statuses: isRefusal })),
  // The server has not the memory, or did not load the model: LM Studio, Ollama, LocalAI, Jan
  {
    kind: 'unsupported',
    words: new RegExp(
      `requires more (system |gpu |video )?memory|insufficient (system )?(resources|memory|vram)|not enough (system |gpu |video )?(memory|vram|ram)\\b|(failed|unable|could not|error|cannot) (to )?load(ing)? (the )?${MODEL}|${MODEL}[^.]{0,40}(has not been|is not|isn't|not) loaded`,
    ),
    statuses: (status) => isRefusal(status) && status !== 500,
  },
  // A model that this path does not lead to, or that lacks what was asked for
  {
    kind: 'unsupported',
    words:
      /only supported in v1\/responses|not a chat model|not supported in the v1\/chat|does not support (chat|completions?|generate|insert|embed|image|vision|think(ing)?|tools?|infill|suffix)|no endpoints found that support|is not a multimodal model|(operation|endpoint).{0,20}does not work with|on-demand throughput|(suffix|infill|stream|streaming)( is)? not (currently )?supported/,
    statuses: (status) => isRefusal(status) || status === 501,
  },
  // LM Studio with status 200, Express, Kong, OpenAI
  {
    kind: 'wrong-path',
    words:
      /unexpected endpoint or method|unknown request url|invalid url \((post|get)|cannot (post|get) \/|no route matched|404 page not found|unknown endpoint|no handler found|method not allowed/,
  },
  // LM Studio: the fault is the server's, whatever its status says
  {
    kind: 'server-error',
    words: /\b(crashed|unloaded|out of memory|exit code)\b/,
    statuses: (status) => status === 400 || status === 422,
  },
  {
    kind: 'rate-limited',
    words: /rate.?limit|too many requests|requests per (minute|day)|request limit|throttl/,
    statuses: (status) => [400, 403, 429].includes(status),
  },
  {
    kind: 'overloaded',
    words: /overloaded|server is busy|temporarily unavailable|capacity/,
    statuses: (status) => status === 400 || status === 529,
  },
];

/** The class of an error, and its figures where its words hold them. */
export function classify(
  status: number,
  words: string,
): (Pick<FailureClass, 'kind' | 'onlyModel'> & Pick<Failure, 'sizes'>) | undefined {
  const plain = words
    .toLowerCase()
    .replace(/[`"]/g, '')
    .replace(/’/g, "'")
    .replace(/(\d),(?=\d{3}(?!\d))/g, '$1');
  for (const { kind, words: pattern, unless, statuses, onlyModel } of FAILURE_CLASSES) {
    if (statuses && !statuses(status)) continue;
    if (!pattern.test(plain) || unless?.test(plain)) continue;
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
