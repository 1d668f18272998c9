import { familyOf } from '../common/modelFamily.ts';
import { isSameModel } from '../common/modelNames.ts';
import type { ModelRef, Tier, ToolCall } from '../common/types.ts';

/** What is remembered of conversations of VS Code's chat: their tier, the model of a tool loop, and who built. */

/** More than any window has; beyond, what was used longest ago is forgotten. */
const MOST_CONVERSATIONS = 500;
const MOST_CALLS = 20_000;

interface Conversation {
  /** The tier that *Auto* chose. */
  auto: Tier | undefined;
  /** The model that answered last, and its tier. */
  last: { readonly model: ModelRef; readonly tier: Tier } | undefined;
  /** Families of the models that changed files. */
  readonly builders: Set<string>;
}

/** A call that one of our models made. */
interface MadeCall {
  readonly model: ModelRef;
  readonly tier: Tier;
  readonly extra: ToolCall['extra'];
}

export class Conversations {
  readonly #conversations = new Map<string, Conversation>();
  readonly #calls = new Map<string, MadeCall>();

  /** The tier that *Auto* chose for a conversation; undefined before its first question. */
  autoTier(id: string): Tier | undefined {
    return this.#conversations.get(id)?.auto;
  }

  chooseAuto(id: string, tier: Tier): void {
    this.#of(id).auto = tier;
  }

  /**
   * The model that has to go on in a tool loop: the one that made the calls. Prompts, tools and the provider's cache are
   * made for it, and another one would pay for the whole conversation once more.
   *
   * @param callIds the calls that were answered last
   */
  modelOfLoop(callIds: readonly string[], id: string | undefined): { model: ModelRef; tier: Tier } | undefined {
    const made = callIds.map((callId) => this.#calls.get(callId)).find((call) => call !== undefined);
    return made ?? (id === undefined ? undefined : this.#conversations.get(id)?.last);
  }

  /** Whether one of our models made a call in this window. */
  knows(callId: string): boolean {
    return this.#calls.has(callId);
  }

  extraOf(callId: string): ToolCall['extra'] {
    return this.#calls.get(callId)?.extra;
  }

  /**
   * Keeps who answered.
   *
   * @param built the answer changes the user's files
   * @param returned the model that the server says answered
   */
  answered(
    id: string | undefined,
    {
      model,
      tier,
      returned,
      calls,
      built,
    }: {
      readonly model: ModelRef;
      readonly tier: Tier;
      readonly returned: string | null;
      readonly calls: readonly ToolCall[];
      readonly built: boolean;
    },
  ): void {
    for (const call of calls) {
      this.#calls.set(call.id, { model, tier, extra: call.extra });
      const [oldest] = this.#calls.keys();
      if (this.#calls.size > MOST_CALLS && oldest !== undefined) this.#calls.delete(oldest);
    }
    if (id === undefined) return;
    const conversation = this.#of(id);
    conversation.last = { model, tier };
    if (!built) return;
    conversation.builders.add(familyOf(model.model));
    if (returned) conversation.builders.add(familyOf(returned));
  }

  /** The families that changed files in a conversation. */
  builders(id: string | undefined): ReadonlySet<string> {
    return (id === undefined ? undefined : this.#conversations.get(id)?.builders) ?? new Set();
  }

  #of(id: string): Conversation {
    const found = this.#conversations.get(id) ?? { auto: undefined, last: undefined, builders: new Set<string>() };
    // The newest is last.
    this.#conversations.delete(id);
    this.#conversations.set(id, found);
    const [oldest] = this.#conversations.keys();
    if (this.#conversations.size > MOST_CONVERSATIONS && oldest !== undefined) this.#conversations.delete(oldest);
    return found;
  }
}

/** The models of a chain that may go on where one of them was in the middle of its work: the same at any provider. */
export const sameModels = (chain: readonly ModelRef[], model: ModelRef): readonly ModelRef[] => [
  model,
  ...chain.filter(
    (other) =>
      (other.provider !== model.provider || other.model !== model.model) && isSameModel(model.model, other.model),
  ),
];

/** A chain with the models of the first one's family before the others: VS Code's instructions are made for that family. */
export function familyFirst(chain: readonly ModelRef[]): readonly ModelRef[] {
  const [first] = chain;
  if (!first) return chain;
  const isOne = ({ model }: ModelRef): boolean => familyOf(model) === familyOf(first.model);
  return [...chain.filter(isOne), ...chain.filter((model) => !isOne(model))];
}

/** A model that may review, and the tier that it belongs to. */
export interface Reviewer {
  readonly tier: Tier;
  readonly chain: readonly ModelRef[];
}

/**
 * The models that may review what others built: none of a family that built. The tier that was asked comes first, then
 * the others, costlier ones last.
 *
 * @returns undefined where every model is of a family that built
 */
export function reviewersFor(
  asked: Tier,
  chains: Readonly<Record<Tier, readonly ModelRef[]>>,
  builders: ReadonlySet<string>,
): Reviewer | undefined {
  const order: readonly Tier[] = [asked, ...(['mid', 'frontier', 'local'] as const).filter((tier) => tier !== asked)];
  for (const tier of order) {
    const chain = chains[tier].filter(({ model }) => !builders.has(familyOf(model)));
    if (chain.length > 0) return { tier, chain };
  }
  return undefined;
}
