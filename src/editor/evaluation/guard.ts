import * as vscode from 'vscode';
import { formatModelRef, TIERS, type ModelRef, type Tier } from '../../core/common/types.ts';
import {
  describeChange,
  goBackTo,
  goneBack,
  keepNew,
  observe,
  sidesOf,
  withFirst,
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
    const state = observe(before, tier, seen, this.#now());
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

  /** What is known of a tier, with a model that the user put first and that has not answered yet. */
  #stateOf(tier: Tier): GuardState {
    const [first] = this.#parts.chain(tier);
    return withFirst(this.#state, tier, first && formatModelRef(first), this.#now());
  }

  #now(): number {
    return (this.#parts.now ?? Date.now)();
  }

  /** The sentence on a tier's model; empty while nothing changed. */
  words(tier: Tier): string {
    return describeChange(this.#stateOf(tier), tier, (ms) => dayOf(ms, this.#now()));
  }

  /** Whether any tier has a sentence. */
  get hasChange(): boolean {
    return TIERS.some((tier) => this.words(tier) !== '');
  }

  canGoBack(tier: Tier): boolean {
    return goBackTo(this.#stateOf(tier), tier) !== undefined;
  }

  /** What can be compared after a change; see `sidesOf`. */
  sides(tier: Tier): { readonly a: string; readonly b: string } | undefined {
    return sidesOf(this.#stateOf(tier), tier);
  }

  keep(tier: Tier): Promise<void> {
    return this.#write(keepNew(this.#stateOf(tier), tier));
  }

  /** Puts the model of before first in the tier: under its dated name, where an alias leads elsewhere now. */
  async goBack(tier: Tier): Promise<void> {
    const state = this.#stateOf(tier);
    const before = goBackTo(state, tier);
    if (!before) return;
    const now = state[tier]?.now.asked;
    const others = this.#parts
      .chain(tier)
      .map(formatModelRef)
      .filter((ref) => ref !== before && ref !== now);
    await this.#write(goneBack(state, tier));
    await this.#parts.setChain(tier, [before, ...others]);
  }
}

const WEEK_MS = 6 * 24 * 3_600_000;

/** A weekday for a time of the last six days, else a date, in the editor's language. */
function dayOf(ms: number, now: number): string {
  const options: Intl.DateTimeFormatOptions = now - ms < WEEK_MS ? { weekday: 'long' } : { dateStyle: 'medium' };
  return new Date(ms).toLocaleDateString(vscode.env.language, options);
}
