import type { ProviderConfig } from '../common/providerConfig.ts';

/**
 * Flat monthly plans: the user pays a provider a fixed amount a month, so a single call costs nothing more. What its
 * tokens would cost by list price, the shadow price, is kept beside it: it tells whether the plan is worth its money.
 */

/** A provider's plan, as the user states it. */
export interface Plan {
  readonly provider: string;
  /** Nano-USD a month. */
  readonly nanoUsd: number;
}

/** The plans of all providers, by name. */
export const plansOf = (providers: ReadonlyMap<string, ProviderConfig>): readonly Plan[] =>
  [...providers.values()].flatMap(({ name, monthlyPlan }) =>
    monthlyPlan === undefined ? [] : [{ provider: name, nanoUsd: Math.round(monthlyPlan * 1e9) }],
  );
