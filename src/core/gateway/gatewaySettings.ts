import type { ProviderConfig } from '../common/providerConfig.ts';
import type { CostlierFallback } from '../money/costlierModel.ts';
import type { ModelRef, Tier } from '../common/types.ts';

/** What the gateway reads of the user's settings. */
export interface GatewaySettings {
  readonly providers: ReadonlyMap<string, ProviderConfig>;
  /** The chain of models of each tier. */
  readonly tiers: Readonly<Record<Tier, readonly ModelRef[]>>;
  /** Origins that the user agreed to send to. */
  readonly consent: ReadonlySet<string>;
  /** Whether the chain may go on to a model that costs over twice as much as the first. */
  readonly costlierFallback: CostlierFallback;
  /** Nothing may leave this machine. */
  readonly private: boolean;
}
