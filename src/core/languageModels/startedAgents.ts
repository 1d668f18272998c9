import { t } from '@vscode/l10n';
import type { Failure } from '../common/failures.ts';
import type { FailurePlace } from '../gateway/describeFailure.ts';
import { plural } from '../common/language.ts';
import { Semaphore } from '../common/semaphore.ts';
import { addFields } from '../common/sums.ts';
import { NO_USAGE, type ModelRef, type Tier, type Usage } from '../common/types.ts';
import { displayMoney } from '../money/displayMoney.ts';

/** What agents of VS Code's chat cost that the user started from one of our places. */

export interface AgentCost {
  readonly requests: number;
  /** What is known of the cost, in nano-USD. */
  readonly nanoUsd: number;
  /** The price of a request is unknown, so the cost is more than `nanoUsd`. */
  readonly isUnknown: boolean;
}

/** What an agent may use for all of its requests. The user saw it before the start. */
export interface AgentLimits {
  readonly nanoUsd: number;
  /** Attempts at models, failed ones included. */
  readonly requests: number;
  readonly tier: Tier;
  /** The models that may begin, first choice first. The first one that answers stays to the end. */
  readonly chain: readonly ModelRef[];
  /** The run of a recipe, for the ledger. */
  readonly run: string;
}

/** A request of VS Code's chat that ended. */
export interface EndedRequest {
  /** Undefined in the inline chat, where each request is a conversation of its own. */
  readonly conversation: string | undefined;
  readonly stage: string | undefined;
  readonly nanoUsd: number;
  readonly isUnknown: boolean;
  /** Empty where the model only called tools. */
  readonly text: string;
  readonly usage: Usage;
  /** The model that answered, as the server says; undefined where none did. */
  readonly model: string | undefined;
  /** The model that was asked and answered. */
  readonly asked?: ModelRef | undefined;
  /** Attempts at models; by default 1. 0: nothing was sent. */
  readonly attempts?: number;
  readonly failure?: Failure | null;
  /** Where it failed. */
  readonly place?: FailurePlace | null;
  /** The model called tools, so the agent goes on with their results. */
  readonly goesOn?: boolean;
  /** The user stopped it. */
  readonly isStopped?: boolean;
}

/** An agent that was started, as far as its requests have ended. */
export interface StartedAgent {
  readonly stage: string;
  conversation: string | undefined;
  cost: AgentCost;
  /** The agent's last words. */
  text: string;
  usage: Usage;
  /** The models that answered, each once. */
  models: readonly string[];
  /** The first model that answered. */
  model: ModelRef | undefined;
  attempts: number;
  /** Why the last request failed; null when it did not. */
  failure: Failure | null;
  place: FailurePlace | null;
  /** The last request called no tools, so the turn of the agent is at its end. */
  isIdle: boolean;
  /** The user stopped the last request. */
  isStopped: boolean;
  /** Undefined where the agent has none, and when no one waits for its end any more. */
  limits: AgentLimits | undefined;
  /** The limit that ended the agent, in words; empty for none. */
  limitWords: string;
  /** Requests of an agent with limits are made one after the other: each has what the ones before it left. */
  readonly turn: Semaphore;
}

interface Watched extends StartedAgent {
  /** What tells its conversation from others, in one line; empty: nothing. */
  readonly prompt: string;
  readonly tell: (cost: AgentCost) => void;
}

/** So much of what an agent is asked tells its conversation from others, in characters. */
const TELLING = 160;

const inOneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
const beginningOf = (prompt: string): string => inOneLine(prompt).slice(0, TELLING);

/** More than one user starts in a window; beyond, the oldest is no longer told of. */
const MOST_WATCHED = 50;

/**
 * Finds the conversations of agents that the user started from the editor or from an answer. VS Code does not tell which
 * conversation a start led to: it is the first one with that agent that begins afterward.
 */
export class StartedAgents {
  #expected: Watched | undefined;
  readonly #byConversation = new Map<string, Watched>();

  /**
   * @param stage the agent, or `inline chat`, as the provider knows it
   * @param tell called after each request with what all of them cost
   * @param limits that the provider holds for all requests of the conversation
   * @param prompt what the agent is asked
   */
  expect(stage: string, tell: (cost: AgentCost) => void, limits?: AgentLimits, prompt = ''): StartedAgent {
    this.#expected = {
      ...{ stage, tell, limits, prompt: beginningOf(prompt) },
      conversation: undefined,
      cost: { requests: 0, nanoUsd: 0, isUnknown: false },
      text: '',
      usage: NO_USAGE,
      models: [],
      model: undefined,
      attempts: 0,
      failure: null,
      place: null,
      isIdle: false,
      isStopped: false,
      limitWords: '',
      turn: new Semaphore(1),
    };
    return this.#expected;
  }

  /** The agent that a request belongs to, before it is sent; undefined where no one waits for it. */
  agentOf({ conversation, stage }: Pick<EndedRequest, 'conversation' | 'stage'>): StartedAgent | undefined {
    return this.#find(conversation, stage);
  }

  /** A request of a user's agent ended; titles and summaries are none. */
  ended(request: EndedRequest): void {
    const found = this.#find(request.conversation, request.stage);
    if (!found) return;
    found.attempts += request.attempts ?? 1;
    found.failure = request.failure ?? null;
    found.place = request.place ?? null;
    found.isIdle = !request.goesOn;
    found.isStopped = request.isStopped ?? false;
    found.model ??= request.asked;
    found.cost = {
      requests: found.cost.requests + (request.attempts === 0 ? 0 : 1),
      nanoUsd: found.cost.nanoUsd + request.nanoUsd,
      isUnknown: found.cost.isUnknown || request.isUnknown,
    };
    found.text = request.text || found.text;
    found.usage = addFields(found.usage, request.usage);
    if (request.model !== undefined) found.models = [...new Set([...found.models, request.model])];
    found.tell(found.cost);
  }

  /**
   * The agent with limits that VS Code asks about by itself, for a title or a summary of its conversation. Such a request
   * names no conversation, but quotes what the agent was asked.
   *
   * @param text of the request
   */
  aboutAgent(text: string): StartedAgent | undefined {
    const line = inOneLine(text);
    const all = [...this.#byConversation.values(), ...(this.#expected ? [this.#expected] : [])];
    return all.findLast(({ limits, prompt }) => limits !== undefined && prompt !== '' && line.includes(prompt));
  }

  /** VS Code's own request about an agent ended: it costs like the agent's requests, and says nothing of its work. */
  endedAbout(agent: StartedAgent, spent: Pick<EndedRequest, 'nanoUsd' | 'isUnknown' | 'usage'>): void {
    agent.cost = {
      requests: agent.cost.requests,
      nanoUsd: agent.cost.nanoUsd + spent.nanoUsd,
      isUnknown: agent.cost.isUnknown || spent.isUnknown,
    };
    agent.usage = addFields(agent.usage, spent.usage);
  }

  #find(conversation: string | undefined, stage: string | undefined): Watched | undefined {
    const watched = conversation === undefined ? undefined : this.#byConversation.get(conversation);
    if (watched) return watched;
    const found = this.#expected?.stage === stage ? this.#expected : undefined;
    if (!found || conversation === undefined) return found;
    found.conversation = conversation;
    this.#byConversation.set(conversation, found);
    this.#expected = undefined;
    const [oldest] = this.#byConversation.keys();
    if (this.#byConversation.size > MOST_WATCHED && oldest !== undefined) this.#byConversation.delete(oldest);
    return found;
  }
}

/** `Gearshift Build: $0.03 for 5 requests`. */
export function describeAgentCost(name: string, { requests, nanoUsd, isUnknown }: AgentCost): string {
  const cost = isUnknown ? t('{0} and an unknown part', displayMoney(nanoUsd)) : displayMoney(nanoUsd);
  return plural(
    requests,
    t('{0}: {1} for {2} request', name, cost, requests),
    t('{0}: {1} for {2} requests', name, cost, requests),
  );
}

/** What is left of an agent's limits. */
export interface AgentRest {
  readonly nanoUsd: number;
  readonly requests: number;
}

/** What is left of the limits of an agent, or the one that is used up, in words. */
export function restOf({
  limits,
  cost,
  attempts,
}: Pick<StartedAgent, 'limits' | 'cost' | 'attempts'>): AgentRest | { readonly used: string } | undefined {
  if (!limits) return undefined;
  const nanoUsd = limits.nanoUsd - cost.nanoUsd;
  const requests = limits.requests - attempts;
  if (nanoUsd <= 0) return { used: t('The money limit of the run is used up.') };
  if (requests <= 0) return { used: t('The stage has used up its requests.') };
  return { nanoUsd, requests };
}
