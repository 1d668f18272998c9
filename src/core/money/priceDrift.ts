import { formatModelRef, type ModelRef } from '../common/types.ts';

/** Calls of a model before its price is judged. */
const CALLS = 20;
/** Share by which a price may be off. */
const TOLERANCE = 0.02;

/** What a provider states for some calls, and what our price makes of their tokens. Nano-USD. */
export interface CostDrift {
  readonly model: ModelRef;
  readonly calls: number;
  readonly stated: number;
  readonly computed: number;
}

/** Compares the costs that providers state with the prices that we compute with where they state none. */
export class CostCheck {
  readonly #sums = new Map<string, CostDrift>();
  readonly #told = new Set<string>();

  /** Adds a call; answers the drift, once for a model, when it is above 2 % over 20 calls or more. */
  add(model: ModelRef, stated: number, computed: number): CostDrift | null {
    const key = formatModelRef(model);
    const before = this.#sums.get(key);
    const sum: CostDrift = {
      model,
      calls: (before?.calls ?? 0) + 1,
      stated: (before?.stated ?? 0) + stated,
      computed: (before?.computed ?? 0) + computed,
    };
    this.#sums.set(key, sum);
    const off = Math.abs(sum.stated - sum.computed) > TOLERANCE * sum.stated;
    if (sum.calls < CALLS || !off || this.#told.has(key)) return null;
    this.#told.add(key);
    return sum;
  }
}
