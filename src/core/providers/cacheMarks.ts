import { estimateTokens } from '../common/tokens.ts';
import type { Message } from '../common/types.ts';

/**
 * Marks for Anthropic's prompt cache, which keeps only what is marked. OpenRouter, LiteLLM and compatible gateways pass
 * the marks on (openrouter.ai/docs, "Prompt caching"; docs.litellm.ai, "Prompt Caching"). Anthropic's rules: at most
 * four marks, each on the end of a part that will be sent again; parts below a least size are not kept, and marks on
 * them do nothing (docs.anthropic.com, "Prompt caching").
 */

const MOST_MARKS = 4;
/** User's turns that are marked at the end: the next question finds the last one, or the one before it. */
const LAST_TURNS = 2;

/** Hosts that cache without marks or refuse fields that they do not know, or that ignore the marks. */
const OWN_CACHE =
  /(^|\.)(openai\.com|azure\.com|mistral\.ai|deepseek\.com|groq\.com|googleapis\.com|x\.ai|anthropic\.com)$/;

/** Anthropic's names: of the maker, of the family, and of its members, which aliases of gateways often are. */
const OF_CLAUDE = /(?<![a-z])(claude|anthropic|sonnet|opus|haiku)(?![a-z])/i;

/** Whether a prompt cache has to be asked for: the model is a Claude, and the endpoint passes marks on. */
export const marksCache = (baseUrl: string, model: string): boolean =>
  OF_CLAUDE.test(model) && !OWN_CACHE.test(new URL(baseUrl).hostname);

/**
 * The name by which {@link marksCache} knows a model; undefined where its cache does not have to be asked for.
 *
 * @param names of the model, and of what the endpoint says that it stands for
 */
export const markedAs = (baseUrl: string, names: readonly string[]): string | undefined =>
  names.find((name) => marksCache(baseUrl, name));

/** The least tokens that a part must have to be kept; the model's name says which. */
export function leastCached(model: string): number {
  const [, major = '', minor = '0'] = /(?:opus|haiku)[-.]?(\d+)(?:[-.](\d{1,2})(?!\d))?/i.exec(model) ?? [];
  const isNewer = Number(major) > 4 || (Number(major) === 4 && Number(minor) >= 5);
  if (/opus|haiku/i.test(model) && isNewer) return 4_096;
  return /haiku/i.test(model) ? 2_048 : 1_024;
}

/**
 * The messages that end a part worth keeping, by index: the instructions at the head, which are the same in every
 * question, and the last turns of the user, or of tools. The only question of a conversation is not marked: writing
 * costs a quarter more than reading the prompt once, and most single questions stay single. Where tools are offered,
 * the next request follows soon. The mark on the instructions covers the tools as well, which come before them
 * (docs.anthropic.com, "Prompt caching": tools, system, messages).
 *
 * @param least tokens of the shortest part that the cache keeps
 * @param toolTokens tokens of the tools that are offered; 0 without any
 */
export function cachePoints(messages: readonly Message[], least = 0, toolTokens = 0): ReadonlySet<number> {
  const ends = messages.map(() => 0);
  messages.reduce((sum, { content }, i) => (ends[i] = sum + estimateTokens(content)), toolTokens);
  const isKept = (i: number): boolean => i >= 0 && (ends[i] ?? 0) >= least;
  const isTurn = (role: Message['role'] | undefined): boolean => role === 'user' || role === 'tool';
  // Results of several calls are one turn, which ends with the last of them.
  const users = messages.flatMap(({ role }, i) =>
    isTurn(role) && !(role === 'tool' && isTurn(messages[i + 1]?.role)) ? [i] : [],
  );
  const turns = users.length > 1 || toolTokens > 0 ? users.slice(-LAST_TURNS).filter(isKept) : [];
  const firstOther = messages.findIndex(({ role }) => role !== 'system');
  const head = (firstOther < 0 ? messages.length : firstOther) - 1;
  const heads = least > 0 && isKept(head) ? [head] : [];
  return new Set([...heads, ...turns].slice(-MOST_MARKS));
}
