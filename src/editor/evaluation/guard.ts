import * as vscode from 'vscode';
import { formatModelRef, TIERS, type ModelRef, type Tier } from '../../core/common/types.ts';
import {
  describeChange,
  describePromptChanges,
  goBackTo,
  goneBack,
  keepNew,
  observe,
  observePrompt,
  sidesOf,
  withFirst,
  WATCHES,
  type GuardState,
  type StatedSide,
  type Watch,
} from '../../core/evaluation/modelGuard.ts';
import { KEPT_TASK_STAGE } from '../../core/evaluation/keptTask.ts';
import { GUARD_KEY } from '../platform/contributions.ts';
import type { SettledRow } from '../platform/services.ts';

interface GuardParts {
  readonly state: vscode.Memento;
  /** The models of a watch, first choice first. */
  readonly chain: (watch: Watch) => readonly ModelRef[];
  readonly setChain: (watch: Watch, chain: readonly string[]) => Promise<void>;
  /** URI of the workspace; null for none. */
  readonly workspace: () => string | null;
  /** Told when a sentence appears or goes. */
  readonly onChange: () => void;
  readonly now?: () => number;
}

/** Watches which model and which prompts really answer each tier. It stores names and hashes, and never blocks a call. */
export class ModelGuard {
  readonly #parts: GuardParts;

  constructor(parts: GuardParts) {
    this.#parts = parts;
  }

  /**
   * Takes note of an answer by the first model of a tier, and of the prompt that it was asked with. What a fallback
   * answers says nothing of the tier.
   */
  async note(row: SettledRow): Promise<void> {
    if (row.outcome !== 'done' && row.outcome !== 'partial') return;
    // Read each time: another window may have written it.
    const before = this.#state;
    const state = this.#withPrompt(this.#withModel(before, row), row);
    if (state !== before) await this.#write(state);
  }

  #withModel(state: GuardState, { tier, task, provider, modelAsked, modelReturned, digest }: SettledRow): GuardState {
    const watch = tier === 'local' && task !== 'completion' ? 'localAnswers' : tier;
    const [first] = this.#parts.chain(watch);
    if (!first || first.provider !== provider || first.model !== modelAsked) return state;
    return observe(state, watch, { asked: formatModelRef(first), returned: modelReturned, digest }, this.#now());
  }

  #withPrompt(state: GuardState, row: SettledRow): GuardState {
    const { promptName: name, promptVersion: version, stage, run, tier, provider, modelAsked, workspace } = row;
    // A comparison asks with prompts of before too, and a run's prompts are those of its recipe.
    if (name === null || version === null || run !== null || stage === KEPT_TASK_STAGE) return state;
    const asked = formatModelRef({ provider, model: modelAsked });
    return observePrompt(state, { name, version, workspace: workspace ?? '', tier, asked }, this.#now());
  }

  get #state(): GuardState {
    return this.#parts.state.get<GuardState>(GUARD_KEY) ?? {};
  }

  async #write(state: GuardState): Promise<void> {
    await this.#parts.state.update(GUARD_KEY, state);
    this.#parts.onChange();
  }

  /** What is known, with the models of a tier that the user put first and that have not answered yet. */
  #stateOf(tier: Tier): GuardState {
    return watchesOf(tier).reduce((state, watch) => {
      const [first] = this.#parts.chain(watch);
      return withFirst(state, watch, first && formatModelRef(first), this.#now());
    }, this.#state);
  }

  #now(): number {
    return (this.#parts.now ?? Date.now)();
  }

  get #workspace(): string {
    return this.#parts.workspace() ?? '';
  }

  /**
   * The sentences on a tier's models and prompts; empty while nothing changed.
   *
   * @param isForQuestions leaves out the local model that only completes
   */
  words(tier: Tier, isForQuestions = false): string {
    const state = this.#stateOf(tier);
    const day = (ms: number): string => dayOf(ms, this.#now());
    return [
      ...watchesOf(tier)
        .filter((watch) => !(isForQuestions && watch === 'local'))
        .map((watch) => describeChange(state, watch, day)),
      ...describePromptChanges(state, tier, { workspace: this.#workspace, day }),
    ]
      .filter(Boolean)
      .join(' · ');
  }

  /** Whether any tier has a sentence. */
  get hasChange(): boolean {
    return TIERS.some((tier) => this.words(tier) !== '');
  }

  canGoBack(tier: Tier): boolean {
    return this.#backTo(tier).length > 0;
  }

  /** The watches of a tier whose model of before can still be asked. */
  #backTo(tier: Tier): readonly Watch[] {
    const state = this.#stateOf(tier);
    return watchesOf(tier).filter((watch) => goBackTo(state, watch) !== undefined);
  }

  /** What can be compared after a change; see `sidesOf`. */
  sides(tier: Tier): { readonly a: StatedSide; readonly b: StatedSide } | undefined {
    return sidesOf(this.#stateOf(tier), tier, this.#workspace);
  }

  keep(tier: Tier): Promise<void> {
    return this.#write(keepNew(this.#stateOf(tier), tier, this.#workspace));
  }

  /** Puts the model of before first in the tier: under its dated name, where an alias leads elsewhere now. */
  async goBack(tier: Tier): Promise<void> {
    for (const watch of this.#backTo(tier)) {
      const state = this.#stateOf(tier);
      const before = goBackTo(state, watch);
      if (!before) continue;
      const now = state[watch]?.now.asked;
      const others = this.#parts
        .chain(watch)
        .map(formatModelRef)
        .filter((ref) => ref !== before && ref !== now);
      await this.#write(goneBack(state, watch));
      await this.#parts.setChain(watch, [before, ...others]);
    }
  }
}

/** A tier's own watch, and that of the local models that answer questions. */
const watchesOf = (tier: Tier): readonly Watch[] =>
  WATCHES.filter((watch) => watch === tier || (tier === 'local' && watch === 'localAnswers'));

const WEEK_MS = 6 * 24 * 3_600_000;

/** A weekday for a time of the last six days, else a date, in the editor's language. */
function dayOf(ms: number, now: number): string {
  const options: Intl.DateTimeFormatOptions = now - ms < WEEK_MS ? { weekday: 'long' } : { dateStyle: 'medium' };
  return new Date(ms).toLocaleDateString(vscode.env.language, options);
}
