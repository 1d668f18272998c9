import type * as vscode from 'vscode';
import type { Advice } from '../../core/insights/advice.ts';
import type { SettingName } from '../../core/settings/settings.ts';
import type { Config } from '../platform/config.ts';

/** Applies advice as settings of the user, undoes it, and remembers what was dismissed. */

const DISMISSED = 'gearshift.advice.dismissed';
const APPLIED = 'gearshift.advice.applied';

/** What was applied last, with the user's own value from before: undefined where there was none. */
interface Applied {
  readonly setting: SettingName;
  readonly before?: unknown;
  readonly words: string;
}

export interface AdviceParts {
  readonly config: Pick<Config, 'settings' | 'write' | 'userValue'>;
  readonly memento: Pick<vscode.Memento, 'get' | 'update'>;
  readonly now: () => number;
  /** Opens the settings of a tier. */
  readonly openSettings: () => void;
}

export class AdviceActions {
  readonly #parts: AdviceParts;

  constructor(parts: AdviceParts) {
    this.#parts = parts;
  }

  /** When each advice was dismissed, by its id; ms since the epoch. */
  get dismissed(): ReadonlyMap<string, number> {
    return new Map(Object.entries(this.#parts.memento.get<Record<string, number>>(DISMISSED) ?? {}));
  }

  /** What can be undone, in words; empty for nothing. */
  get applied(): string {
    return this.#parts.memento.get<Applied>(APPLIED)?.words ?? '';
  }

  async dismiss(id: string): Promise<void> {
    const { memento, now } = this.#parts;
    await memento.update(DISMISSED, { ...Object.fromEntries(this.dismissed), [id]: now() });
  }

  /** @param words what is applied, for the line that offers to undo it */
  async apply({ id, action }: Advice, words: string): Promise<void> {
    const { config } = this.#parts;
    if (action.kind === 'tier') return this.#parts.openSettings();
    if (action.kind === 'threshold') return this.#write('routing.threshold', action.threshold, words);
    const { category, tier } = action;
    const rule = { name: `advice-${id.replaceAll(':', '-')}`, when: { categories: [category] }, tier };
    const others = config.settings.routing.entries.filter(({ name }) => name !== rule.name);
    await this.#write('routing.rules', [rule, ...others], words);
  }

  /** One model answers everything that is asked in a new chat. */
  oneModel(words: string): Promise<void> {
    return this.#write('chat.tier', 'mid', words);
  }

  /** Puts the user's own value back as it was, or takes it out where there was none. */
  async undo(): Promise<void> {
    const { config, memento } = this.#parts;
    const applied = memento.get<Applied>(APPLIED);
    if (!applied) return;
    await config.write(applied.setting, applied.before);
    await memento.update(APPLIED, undefined);
  }

  async #write(setting: SettingName, value: unknown, words: string): Promise<void> {
    const { config, memento } = this.#parts;
    const before = config.userValue(setting);
    await memento.update(APPLIED, { setting, words, ...(before === undefined ? {} : { before }) } satisfies Applied);
    await config.write(setting, value);
  }
}
