import type { Message, ToolDefinition } from '../common/types.ts';
import { estimateTokens } from '../common/tokens.ts';

/** What VS Code wants with a request: an agent's step, a question, or one of its own errands. */

/** The built-in extension that runs VS Code's agents, as it names itself in any spelling. */
const isVsCodesChat = (initiator: string | undefined): boolean =>
  initiator === undefined || /^github\.copilot(-chat)?$/i.test(initiator);

export interface HostRequest {
  readonly messages: readonly Message[];
  readonly tools: readonly ToolDefinition[];
  /** `_conversationId` of VS Code's agents; undefined for its errands and for other extensions. */
  readonly conversation: string | undefined;
  /** Id of the extension that asks; undefined where VS Code does not say. */
  readonly initiator: string | undefined;
  /** VS Code has named a conversation in this window, so it names those of all of the user's work. */
  readonly namesConversations?: boolean;
}

/** Stages of requests that no custom agent makes. */
export const CHAT_STAGE = 'chat';
export const INLINE_STAGE = 'inline chat';

/** What VS Code asks for by itself. None of it goes to the frontier tier. */
export type Errand = 'title' | 'progress' | 'compaction' | 'utility';

/** Instructions of an errand are this short at most, in tokens; those of an agent are several thousand. */
const ERRAND_SYSTEM_TOKENS = 500;
/** The inline chat offers one tool (VS Code 1.139). An agent offers more. */
const MOST_INLINE_TOOLS = 3;

const systemOf = (messages: readonly Message[]): string =>
  messages
    .filter(({ role }) => role === 'system')
    .map(({ content }) => content)
    .join('\n\n');

const agentOf = (messages: readonly Message[]): string | undefined =>
  /You are currently running in "([^"\n]{1,80})" mode/.exec(systemOf(messages))?.[1];

/**
 * The errand that a request of VS Code's chat is; undefined for work of the user. Errands have no conversation, however long the
 * user's question is that they quote. VS Code 1.139 names the conversation of everything that an agent or *Ask*
 * sends. So once it has named one in this window, what has none and is no inline chat is an errand, also one that is not
 * known by its words: the default is the cheap tier. Older versions name none; there an errand is known by its short
 * instructions, and a summary, which has the agent's tools, by its words.
 */
export function errandOf(request: HostRequest): Errand | undefined {
  const { messages, tools, conversation, initiator, namesConversations = false } = request;
  if (conversation !== undefined || !isVsCodesChat(initiator) || agentOf(messages) !== undefined) return undefined;
  const system = systemOf(messages);
  const begin = system.slice(0, 400);
  const last = messages.at(-1)?.content.slice(0, 300) ?? '';
  if (/\bsummar(y|i[sz]e|i[sz]ing)\b/i.test(begin) && /\bconversation\b/i.test(begin)) return 'compaction';
  if (/\bsummari[sz]e\b.{0,60}\bconversation\b/i.test(last)) return 'compaction';
  const isOutside = namesConversations && initiator !== undefined;
  if (tools.length > 0) return isOutside && tools.length > MOST_INLINE_TOOLS ? 'compaction' : undefined;
  if (!isOutside && (!system || estimateTokens(system) > ERRAND_SYSTEM_TOKENS)) return undefined;
  if (/\btitles?\b/i.test(begin)) return 'title';
  return /\bprogress\b|\bstatus messages?\b/i.test(begin) ? 'progress' : 'utility';
}

/**
 * What a request is a part of, for the ledger: the errand, the custom agent that runs, `inline chat` or `chat`. Only the
 * instructions are looked at, since anybody can write such words into a question.
 */
export function stageOf(request: HostRequest): string | undefined {
  const errand = errandOf(request);
  if (errand) return errand;
  if (!isVsCodesChat(request.initiator)) return undefined;
  return agentOf(request.messages) ?? (request.conversation === undefined ? INLINE_STAGE : CHAT_STAGE);
}

/**
 * Tools that do nothing without a GitHub account: they ask Copilot's own servers. Seen with VS Code 1.139:
 * `insert_edit_into_file` ends with "ERROR while calling tool: key is missing".
 */
const NEED_ACCOUNT: ReadonlySet<string> = new Set(['insert_edit_into_file', 'github_repo']);

/** Results that say that a tool needs an account. */
const SAYS_ACCOUNT = /key is missing|not signed in|sign[- ]?in (to|required)|no (auth|copilot|github) (token|session)/i;

/** Tools that failed in this window for want of an account, whatever their name. */
export class ToolsWithoutAccount {
  readonly #failed = new Set<string>(NEED_ACCOUNT);

  /** Looks at the results of a request. */
  learn(messages: readonly Message[]): void {
    for (const { role, content, answers } of messages)
      if (
        role === 'tool' &&
        answers &&
        content.length < 500 &&
        /error|fail/i.test(content) &&
        SAYS_ACCOUNT.test(content)
      )
        this.#failed.add(answers.name);
  }

  /** The tools that work. */
  without(tools: readonly ToolDefinition[]): readonly ToolDefinition[] {
    return tools.filter(({ name }) => !this.#failed.has(name));
  }
}

/**
 * The messages without VS Code's advice to use tools that are not offered. Only its own reminders are changed, always in
 * the same way, so that the beginning of a conversation stays what the provider's cache knows.
 */
export function withoutAdvice(messages: readonly Message[], offered: readonly ToolDefinition[]): readonly Message[] {
  const missing = [...NEED_ACCOUNT].filter((name) => !offered.some((tool) => tool.name === name));
  return messages.map((message) =>
    message.content.includes('<reminderInstructions>') && missing.some((name) => message.content.includes(name))
      ? { ...message, content: message.content.replaceAll(REMINDERS, (block) => withoutSentences(block, missing)) }
      : message,
  );
}

const REMINDERS = /<reminderInstructions>[\s\S]*?<\/reminderInstructions>/g;

const withoutSentences = (block: string, names: readonly string[]): string =>
  block
    .split(/(?<=[.!?\n])/)
    .filter((part) => !names.some((name) => part.includes(name)))
    .join('');

/** Tools that change files, by their names: VS Code's, and those of other extensions. */
const EDITS = /edit|replace|patch|create|write|insert|rename|delete|apply/i;

/** Whether one of these calls changes the user's files. */
export const changesFiles = (names: readonly string[]): boolean => names.some((name) => EDITS.test(name));
