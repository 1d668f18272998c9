import * as vscode from 'vscode';
import { formatModelRef, type ModelRef, type Tier } from '../../core/common/types.ts';
import {
  changedTiers,
  describeChange,
  goBackTo,
  keepNew,
  observe,
  type GuardState,
} from '../../core/evaluation/modelGuard.ts';
import { GUARD_KEY } from '../platform/contributions.ts';
import type { AttemptOpened, AttemptSettled } from '../../core/ledger/ledger.ts';

/** What the ledger says of an attempt that ended. */
export type Ended = AttemptSettled & Pick<AttemptOpened, 'tier' | 'provider' | 'modelAsked'>;

interface GuardParts {
  readonly state: vscode.Memento;
  /** The models of a tier, first choice first. */
  readonly chain: (tier: Tier) => readonly ModelRef[];
  readonly setChain: (tier: Tier, chain: readonly string[]) => Promise<void>;
  /** Told when a sentence appears or goes. */
  readonly onChange: () => void;
  readonly now?: () => number;
}

/** Watches which model really answers each tier. It stores names alone, and never blocks a call. */
export class ModelGuard {
  readonly #parts: GuardParts;

  constructor(parts: GuardParts) {
    this.#parts = parts;
  }

  /** Takes note of an answer by the first model of a tier; what a fallback answers says nothing of the tier. */
  async note(ended: Ended): Promise<void> {
    const { tier, provider, modelAsked, modelReturned, digest, outcome } = ended;
    if (outcome !== 'done' && outcome !== 'partial') return;
    const [first] = this.#parts.chain(tier);
    if (!first || first.provider !== provider || first.model !== modelAsked) return;
    const seen = { asked: formatModelRef(first), returned: modelReturned, digest };
    // Read each time: another window may have written it.
    const before = this.#state;
    const state = observe(before, tier, seen, (this.#parts.now ?? Date.now)());
    if (state === before) return;
    await this.#write(state);
  }

  get #state(): GuardState {
    return this.#parts.state.get<GuardState>(GUARD_KEY) ?? {};
  }

  async #write(state: GuardState): Promise<void> {
    await this.#parts.state.update(GUARD_KEY, state);
    this.#parts.onChange();
  }

  /** The sentence on a tier's model; empty while nothing changed. */
  words(tier: Tier): string {
    return describeChange(this.#state, tier, (ms) => dayOf(ms, (this.#parts.now ?? Date.now)()));
  }

  /** Whether any tier has a sentence. */
  get hasChange(): boolean {
    return changedTiers(this.#state).length > 0;
  }

  canGoBack(tier: Tier): boolean {
    return goBackTo(this.#state, tier) !== undefined;
  }

  /** The models of before and now, as `provider/model`, where both can be asked by name. */
  sides(tier: Tier): { readonly a: string; readonly b: string } | undefined {
    const before = goBackTo(this.#state, tier);
    const now = this.#state[tier]?.now.asked;
    return before && now ? { a: before, b: now } : undefined;
  }

  keep(tier: Tier): Promise<void> {
    return this.#write(keepNew(this.#state, tier));
  }

  /** Puts the model of before first in the tier. */
  async goBack(tier: Tier): Promise<void> {
    const before = goBackTo(this.#state, tier);
    if (!before) return;
    const now = this.#state[tier]?.now.asked;
    const others = this.#parts
      .chain(tier)
      .map(formatModelRef)
      .filter((ref) => ref !== before && ref !== now);
    await this.#parts.setChain(tier, [before, ...others]);
    await this.#write(keepNew(this.#state, tier));
  }
}

const WEEK_MS = 6 * 24 * 3_600_000;

/** A weekday for a time of the last six days, else a date, in the editor's language. */
function dayOf(ms: number, now: number): string {
  const options: Intl.DateTimeFormatOptions = now - ms < WEEK_MS ? { weekday: 'long' } : { dateStyle: 'medium' };
  return new Date(ms).toLocaleDateString(vscode.env.language, options);
}
