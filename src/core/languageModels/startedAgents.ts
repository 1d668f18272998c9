import { t } from '@vscode/l10n';
import { plural } from '../common/language.ts';
import { NO_USAGE, type Usage } from '../common/types.ts';
import { formatUsd } from '../money/pricing.ts';

/** What agents of VS Code's chat cost that the user started from one of our places. */

export interface AgentCost {
  readonly requests: number;
  /** What is known of the cost, in nano-USD. */
  readonly nanoUsd: number;
  /** The price of a request is unknown, so the cost is more than `nanoUsd`. */
  readonly isUnknown: boolean;
}

/** A request of VS Code's chat that ended. */
export interface EndedRequest {
  /** Undefined in the inline chat, where each request stands alone. */
  readonly conversation: string | undefined;
  readonly stage: string | undefined;
  readonly nanoUsd: number;
  readonly isUnknown: boolean;
  /** Empty where the model only called tools. */
  readonly text: string;
  readonly usage: Usage;
  /** The model that answered; undefined where none did. */
  readonly model: string | undefined;
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
}

interface Watched extends StartedAgent {
  readonly tell: (cost: AgentCost) => void;
}

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
   */
  expect(stage: string, tell: (cost: AgentCost) => void): StartedAgent {
    const cost = { requests: 0, nanoUsd: 0, isUnknown: false };
    this.#expected = { stage, tell, conversation: undefined, cost, text: '', usage: NO_USAGE, models: [] };
    return this.#expected;
  }

  /** A request of a user's agent ended; titles and summaries are none. */
  ended(request: EndedRequest): void {
    const { conversation, stage } = request;
    const watched = conversation === undefined ? undefined : this.#byConversation.get(conversation);
    const found = watched ?? (this.#expected?.stage === stage ? this.#expected : undefined);
    if (!found) return;
    if (!watched && conversation !== undefined) {
      found.conversation = conversation;
      this.#byConversation.set(conversation, found);
      this.#expected = undefined;
      const [oldest] = this.#byConversation.keys();
      if (this.#byConversation.size > MOST_WATCHED && oldest !== undefined) this.#byConversation.delete(oldest);
    }
    found.cost = {
      requests: found.cost.requests + 1,
      nanoUsd: found.cost.nanoUsd + request.nanoUsd,
      isUnknown: found.cost.isUnknown || request.isUnknown,
    };
    found.text = request.text || found.text;
    found.usage = addUsage(found.usage, request.usage);
    if (request.model !== undefined) found.models = [...new Set([...found.models, request.model])];
    found.tell(found.cost);
  }
}

const addUsage = (a: Usage, b: Usage): Usage => ({
  input: a.input + b.input,
  cacheRead: a.cacheRead + b.cacheRead,
  cacheWrite: a.cacheWrite + b.cacheWrite,
  output: a.output + b.output,
  reasoning: a.reasoning + b.reasoning,
});

/** `Gearshift Build: $0.03 for 5 requests`. */
export function describeAgentCost(name: string, { requests, nanoUsd, isUnknown }: AgentCost): string {
  const cost = isUnknown ? t('{0} and an unknown part', formatUsd(nanoUsd)) : formatUsd(nanoUsd);
  return plural(
    requests,
    t('{0}: {1} for {2} request', name, cost, requests),
    t('{0}: {1} for {2} requests', name, cost, requests),
  );
}
