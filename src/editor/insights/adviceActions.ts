import { isDeepStrictEqual } from 'node:util';
import type * as vscode from 'vscode';
import type { Advice } from '../../core/insights/advice.ts';
import type { RuleEntry } from '../../core/routing/routingTypes.ts';
import type { SettingName } from '../../core/settings/settings.ts';
import type { Config } from '../platform/config.ts';

/** Applies advice as settings of the user, undoes it, and remembers what was dismissed. */

const DISMISSED = 'gearshift.advice.dismissed';
const APPLIED = 'gearshift.advice.applied';

/** What was applied last: a value of a setting, or one rule among the user's own. */
interface Applied {
  readonly setting: SettingName;
  /** What was written: the value, or the rule. */
  readonly written: unknown;
  /** What was there before: the user's own value, or the rule of the same name; absent where there was none. */
  readonly before?: unknown;
  readonly words: string;
}

/** What became of an undo: `changed` means that the user changed it since, so that nothing was touched. */
export type Undone = 'undone' | 'changed' | 'nothing';

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
    const rules = rulesIn(config.userValue('routing.rules'));
    await this.#remember({ setting: 'routing.rules', written: rule, before: rules.find(named(rule.name)), words });
    await config.write('routing.rules', [rule, ...rules.filter((each) => !named(rule.name)(each))]);
  }

  /** One model answers everything that is asked in a new chat. */
  oneModel(words: string): Promise<void> {
    return this.#write('chat.tier', 'mid', words);
  }

  /**
   * Puts back what was there before, and nothing else: the user's other rules stay as they are now, and a value or rule
   * that the user changed since is left alone.
   */
  async undo(): Promise<Undone> {
    const { config, memento } = this.#parts;
    const applied = memento.get<Applied>(APPLIED);
    if (!applied) return 'nothing';
    const { setting, written, before } = applied;
    const now = config.userValue(setting);
    const rules = rulesIn(now);
    const name = setting === 'routing.rules' ? (written as Partial<RuleEntry>).name : undefined;
    const present = name === undefined ? now : rules.find(named(name));
    await memento.update(APPLIED, undefined);
    if (!isDeepStrictEqual(present, written)) return 'changed';
    if (name === undefined) await config.write(setting, before);
    else {
      const left = rules.flatMap((each) => (named(name)(each) ? (before === undefined ? [] : [before]) : [each]));
      await config.write(setting, left.length > 0 ? left : undefined);
    }
    return 'undone';
  }

  async #write(setting: SettingName, written: unknown, words: string): Promise<void> {
    const { config } = this.#parts;
    await this.#remember({ setting, written, before: config.userValue(setting), words });
    await config.write(setting, written);
  }

  /** A memento keeps JSON: what is undefined is left out. */
  #remember({ before, ...applied }: Applied): Thenable<void> {
    return this.#parts.memento.update(APPLIED, { ...applied, ...(before === undefined ? {} : { before }) });
  }
}

/** The user's rules as they are written in the settings, also those that cannot be read. */
const rulesIn = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const named =
  (name: string) =>
  (rule: unknown): boolean =>
    typeof rule === 'object' && rule !== null && 'name' in rule && rule.name === name;
