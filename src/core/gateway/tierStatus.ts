import { t } from '@vscode/l10n';
import { giveUp } from '../common/debugLog.ts';
import { endpointOf, type Endpoint } from '../common/endpoints.ts';
import type { Failure } from '../common/failures.ts';
import { describeFailure, type NextStep } from './describeFailure.ts';
import { hostOf, isAgreedTo, placesOf } from '../common/places.ts';
import { needsKey } from './resolveModel.ts';
import type { GatewaySettings } from './gatewaySettings.ts';
import type { ProviderConfig } from '../common/providerConfig.ts';
import { formatModelRef, type ModelRef, type Tier } from '../common/types.ts';

/** What a tier's row says where another model or prompt answers than before. */
export interface TierChange {
  /** `mid has answered as v4-0926 since Tuesday (before: v4-0711)` */
  readonly words: string;
  /** The link that compares both: `Compare on my 12 tasks (about $0.03)` */
  readonly compare: string;
}

/** Whether a tier could answer now, as far as is known without asking it. */
export interface TierState {
  readonly tier: Tier;
  /** The first choice of the chain. */
  readonly model: ModelRef | null;
  readonly ready: boolean;
  /** It is ready as far as is known, and its model was not asked yet. */
  readonly untried?: boolean;
  /** `ready`, `no key for openrouter.ai` and the like: short, for the meter and the settings. */
  readonly words: string;
  readonly next: NextStep;
  /** Another model answers under the same name or in the place of the first, or a prompt changed; absent for none. */
  readonly changed?: TierChange;
}

/** How long a failure keeps *Auto* away from a tier, in ms. */
const RECENT_MS = 60_000;

/** The last thing that is known of each model: null when its last call went well. */
export class Health {
  readonly #last = new Map<string, Failure | null>();
  readonly #reportedAt = new Map<string, number>();
  readonly #onChange: () => void;
  readonly #now: () => number;

  constructor(onChange: () => void, now: () => number = Date.now) {
    this.#onChange = onChange;
    this.#now = now;
  }

  report(model: ModelRef, failure: Failure | null): void {
    const key = formatModelRef(model);
    const before = this.#last.get(key);
    this.#last.set(key, failure);
    this.#reportedAt.set(key, this.#now());
    if (before === undefined || before?.kind !== failure?.kind) this.#onChange();
  }

  of(model: ModelRef): Failure | null | undefined {
    return this.#last.get(formatModelRef(model));
  }

  /** The failure of its last call, while that is so recent that asking again is likely to fail too. */
  recently(model: ModelRef): Failure | undefined {
    const key = formatModelRef(model);
    const isRecent = this.#now() - (this.#reportedAt.get(key) ?? -Infinity) < RECENT_MS;
    return (isRecent ? this.#last.get(key) : undefined) ?? undefined;
  }

  /** Settings or keys changed: what was known may not hold any more. */
  forget(): void {
    this.#last.clear();
    this.#reportedAt.clear();
  }
}

export interface TierFacts {
  readonly settings: GatewaySettings;
  readonly health: Health;
  readonly trusted: boolean;
  readonly hasKey: (provider: ProviderConfig, endpoint: Endpoint) => Promise<boolean>;
}

/**
 * The state of a tier from its settings, its key, the consent and its last call.
 *
 * @param model the model that it is about; by default, the first of the tier
 */
export async function tierState(
  tier: Tier,
  facts: TierFacts,
  model: ModelRef | null = facts.settings.tiers[tier][0] ?? null,
): Promise<TierState> {
  const provider = model && facts.settings.providers.get(model.provider);
  const not = (words: string, next: NextStep): TierState => ({ tier, model, ready: false, words, next });
  if (!model || !provider) return not(t('no model set'), 'settings');
  const check = endpointOf(provider);
  if (!check.ok) return not(t('address cannot be used'), 'settings');
  const { endpoint } = check;
  const places = placesOf(provider, endpoint, model.model);
  const leaves = places.length > 0;
  const elsewhere = places.find((place) => place !== endpoint.origin);
  if (leaves && facts.settings.private)
    return not(
      elsewhere === undefined ? t('off: private mode') : t('off: private mode, it runs at {0}', hostOf(elsewhere)),
      'settings',
    );
  if (leaves && !facts.trusted) return not(t('off: workspace not trusted'), 'trust');
  if (needsKey(endpoint)) {
    const hasKey = await facts.hasKey(provider, endpoint).catch(giveUp('the keyring'));
    if (hasKey === undefined) return not(t('the keyring cannot be read'), 'retry');
    if (!hasKey) return not(t('no key for {0}', endpoint.host), 'set-key');
  }
  const failure = facts.health.of(model);
  if (failure) {
    const place = { provider: provider.name, host: endpoint.host, model: model.model, kind: provider.kind };
    return not(shortWords(failure, endpoint.host), describeFailure(failure, place).next);
  }
  if (places.some((place) => !isAgreedTo(facts.settings.consent, place, tier)))
    return { tier, model, ready: true, untried: true, words: t('asks before first use'), next: 'none' };
  if (failure === null) return { tier, model, ready: true, words: t('ready'), next: 'none' };
  return { tier, model, ready: true, untried: true, words: t('not used yet'), next: 'none' };
}

/** A failure in a few words, for places that have no room for the sentence. */
export function shortWords(failure: Failure, host: string): string {
  switch (failure.kind) {
    case 'refused':
      return t('no server at {0}', host);
    case 'dns':
      return t('{0} not found, offline?', host);
    case 'auth':
      return t('key refused by {0}', host);
    case 'no-key':
      return t('no key for {0}', host);
    case 'credit':
      return t('no credit at {0}', host);
    case 'rate-limited':
      return t('rate limited by {0}', host);
    case 'model-missing':
      return t('model not found at {0}', host);
    case 'timeout':
      return t('{0} did not answer in time', host);
    case 'overloaded':
      return t('{0} is having problems ({1})', host, failure.status ?? 503);
    case 'wrong-path':
      return t('wrong path at {0}', host);
    case 'not-a-model':
      return t('no model server at {0}', host);
    case 'tls':
      return t('no secure connection to {0}', host);
    case 'unsupported':
      return t('model cannot do this');
    case 'no-keyring':
      return t('the keyring cannot be read');
    case 'no-consent':
      return t('you have not agreed to {0} yet', failure.detail ?? host);
    case 'private':
      return t('off: private mode');
    case 'untrusted':
      return t('off: workspace not trusted');
    case 'passed-on':
    case 'not-local':
      return t('it runs at {0}', failure.detail ?? t('another server'));
    default:
      return t('last call failed ({0})', failure.kind);
  }
}
