import { t } from '@vscode/l10n';
import type { Estimate, Estimator, ModelCall } from '../gateway/call.ts';
import { isAgreedTo, placesOf } from '../common/places.ts';
import { endpointOf } from '../common/endpoints.ts';
import type { ProviderConfig } from '../common/providerConfig.ts';
import type { PricedModel } from '../money/costlierModel.ts';
import type { ModelRef, Tier } from '../common/types.ts';
import type { Attachment } from './conversation.ts';
import type { RunForecast } from './recipeRun.ts';

/** What has to be asked of the user before a question is sent: one rule for the chat and for what is asked outside of it. */

/** A place that a question may go to and that the user has not agreed to yet. */
export interface ConsentPlace {
  readonly origin: string;
  readonly model: ModelRef;
  /** The environment variable whose value is sent as the key, where the user has not agreed to that yet. */
  readonly keyVariable?: string;
}

/** Says that the key of an environment variable is sent; empty when none is. */
export const describeKeyVariable = ({ keyVariable }: ConsentPlace): string =>
  keyVariable === undefined ? '' : t('The key in the environment variable {0} is sent too.', keyVariable);

/** The settings that consent depends on. */
export interface ConsentSettings {
  readonly providers: ReadonlyMap<string, ProviderConfig>;
  /** The agreement of the user, see `isAgreedTo`. */
  readonly consent: ReadonlySet<string>;
  /** Private mode. */
  readonly private: boolean;
}

/**
 * The places of a chain that the user has not agreed to send to yet, each origin once; the first use of each tier
 * there is introduced. Untrusted workspaces and private mode have none: there nothing is sent, so there is nothing to agree to.
 */
export function missingConsent(
  chain: readonly ModelRef[],
  settings: ConsentSettings,
  trusted: boolean,
  tier: Tier,
): ConsentPlace[] {
  const places = new Map<string, ConsentPlace>();
  for (const model of trusted && !settings.private ? chain : []) {
    const provider = settings.providers.get(model.provider);
    const check = provider && endpointOf(provider);
    for (const origin of provider && check?.ok ? placesOf(provider, check.endpoint, model.model) : [])
      if (!isAgreedTo(settings.consent, origin, tier) && !places.has(origin)) {
        const isNew = !isAgreedTo(settings.consent, origin);
        const keyVariable = isNew && check?.ok && check.endpoint.origin === origin ? provider?.apiKeyEnv : undefined;
        places.set(origin, { origin, model, ...(keyVariable && { keyVariable }) });
      }
  }
  return [...places.values()];
}

/**
 * The card that the user sees before a question is sent: it asks where the question may go, or whether it is worth its price, or both; or, after
 * a model did not answer, whether a much more expensive one may.
 */
export interface ConsentRequest {
  readonly id: string;
  readonly tier: Tier;
  /** Places that need consent; empty when only the cost is asked about. */
  readonly places: readonly ConsentPlace[];
  readonly attachments: readonly Attachment[];
  /** The possible cost of the question; undefined when it is unknown. */
  readonly estimate: Estimate | undefined;
  /** The more expensive model, and the one in whose place it would answer. */
  readonly stepUp?: { readonly from: PricedModel; readonly to: PricedModel };
  /** The run of a recipe that would begin, with what it may cost. */
  readonly run?: RunForecast;
}

/**
 * The most that a question can cost, in nano-USD. Infinity when the price is unknown: an unbounded cost counts as
 * expensive, not as free.
 */
export const mostNanoUsd = (estimate: Estimate | undefined): number => estimate?.atMost ?? Infinity;

/**
 * Whether the cost of a question is asked about before it is sent, as the setting `gearshift.confirmAbove` promises:
 * questions to the frontier tier that may cost more than its amount, or whose price is unknown.
 *
 * @param confirmAbove nano-USD; 0 asks each time
 * @param agreedTo nano-USD that the user has agreed to for this very question
 * @param agreedBefore nano-USD that the user agreed to for another question of the same chat; double of it is asked
 *   about again
 */
export function needsConfirmation(
  { tier, chain }: Pick<ModelCall, 'tier' | 'chain'>,
  estimate: Estimate | undefined,
  confirmAbove: number,
  { agreedTo = 0, agreedBefore = 0 }: { readonly agreedTo?: number; readonly agreedBefore?: number } = {},
): boolean {
  // Without a model nothing is sent.
  if (tier !== 'frontier' || chain.length === 0) return false;
  const before = confirmAbove === 0 ? 0 : AGAIN * agreedBefore;
  return mostNanoUsd(estimate) > Math.max(agreedTo, before, confirmAbove);
}

/** In a chat where the cost of a question was agreed to, the next one is asked about when it may cost so many times as much. */
const AGAIN = 2;

/** The approvals that a question still needs before it is sent. */
export interface Needed {
  readonly tier: Tier;
  readonly places: readonly ConsentPlace[];
  readonly estimate: Estimate | undefined;
  /** Whether the cost is asked about. */
  readonly cost: boolean;
}

export interface ApprovalParts {
  readonly gateway: Estimator;
  /** The places of a chain that still need consent. */
  readonly missingConsent: (chain: readonly ModelRef[], tier: Tier) => readonly ConsentPlace[];
  readonly grantConsent: (origins: readonly string[], tier: Tier) => Promise<void>;
  /** Questions to the frontier tier that may cost more than this, in nano-USD, are asked about. */
  readonly confirmAbove: () => number;
}

/** The approvals that the user gave, and those still missing. */
export class Approval {
  readonly #parts: ApprovalParts;
  /** By chat: the most, in nano-USD, that the user has agreed to for one question. */
  readonly #agreed = new Map<string, number>();

  constructor(parts: ApprovalParts) {
    this.#parts = parts;
  }

  /**
   * The question to the user before a call is made; undefined when none is needed.
   *
   * @param chatId what is agreed to holds for this chat; undefined outside of a chat
   * @param agreedTo nano-USD that the user has agreed to for this very question
   */
  async needed(chatId: string | undefined, call: ModelCall, agreedTo = 0): Promise<Needed | undefined> {
    // The estimate comes first: for it the server is asked where the model runs.
    const estimate = await this.#parts.gateway.estimate(call);
    const places = this.#parts.missingConsent(call.chain, call.tier);
    const agreedBefore = chatId === undefined ? 0 : this.#agreed.get(chatId);
    const cost = needsConfirmation(call, estimate, this.#parts.confirmAbove(), {
      agreedTo,
      ...(agreedBefore === undefined ? {} : { agreedBefore }),
    });
    return places.length > 0 || cost ? { tier: call.tier, places, estimate, cost } : undefined;
  }

  /** Keeps what the user has agreed to. */
  async grant(chatId: string | undefined, { tier, places, estimate, cost }: Needed): Promise<void> {
    if (cost && chatId !== undefined) this.#agreed.set(chatId, mostNanoUsd(estimate));
    if (places.length === 0) return;
    await this.#parts.grantConsent(
      places.map(({ origin }) => origin),
      tier,
    );
  }
}
