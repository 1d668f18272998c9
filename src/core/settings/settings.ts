import { t } from '@vscode/l10n';
import type { ProviderConfig } from '../common/providerConfig.ts';
import { arrangeRules } from '../routing/rules.ts';
import type { Rule } from '../routing/routingTypes.ts';
import { show } from './providerSettings.ts';
import { SETTINGS, type Reading, type Setting } from './settingsTable.ts';

type Table = typeof SETTINGS;
export type SettingName = keyof Table;
export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

type Key<N extends SettingName> = Table[N]['key'];
type Value<N extends SettingName> = Exclude<ReturnType<Table[N]['parse']>, undefined>;
type Group<K extends string> = K extends `${infer G}.${string}` ? G : never;

/** The settings whose key has no point. */
type Single = { readonly [N in SettingName as Key<N> extends `${string}.${string}` ? never : Key<N>]: Value<N> };
/** Those of the others, by the part of the key before the point and the part after it. */
type Grouped = {
  readonly [G in Group<Key<SettingName>>]: {
    readonly [N in SettingName as Key<N> extends `${G}.${infer K}` ? K : never]: Value<N>;
  };
};

/** Everything the extension reads from VS Code's settings, parsed; what each value means is in the table. */
export type Settings = Single &
  Grouped & {
    /** The user's rules and the shipped ones, in the order in which they are tried. */
    readonly routing: { readonly rules: readonly Rule[] };
  };

/** A value that was not taken, and what is used in its place. */
export interface SettingsProblem {
  /** For example `gearshift.providers`. */
  readonly setting: string;
  readonly message: string;
}

/** The values as VS Code gives them, by the manifest's names without `gearshift.`. */
export type RawSettings = Readonly<Record<SettingName, unknown>>;

/** A nested object while it is filled. */
interface Tree {
  [key: string]: unknown;
}

/**
 * Reads the raw values. A bad value does not take the others down: its problem is reported by name, and the value of
 * `lastGood` is used in its place (at the first reading: the default).
 *
 * @param raw values of the user merged over the defaults
 * @param lastGood the settings before, or the parsed defaults
 * @param ollamaHost address that the environment's OLLAMA_HOST means; used while neither setting gives another
 */
export function parseSettings(
  raw: RawSettings,
  lastGood: Settings | undefined,
  ollamaHost?: string,
): { settings: Settings; problems: SettingsProblem[] } {
  const problems: SettingsProblem[] = [];
  const tree: Tree = {};
  for (const name of SETTING_NAMES) {
    // Each entry parses into its own type, which the compiler cannot follow through a loop.
    const setting = SETTINGS[name] as Setting<unknown, string>;
    const report = (message: string): void => void problems.push({ setting: `gearshift.${name}`, message });
    const reading: Reading<unknown> = {
      lastGood: lastGood && get(lastGood, setting.key),
      providers: (tree['providers'] ?? new Map()) as ReadonlyMap<string, ProviderConfig>,
      ollamaUrl: (tree['ollamaUrl'] as string | undefined) || undefined,
      ollamaHost,
      report,
    };
    let value = setting.parse(raw[name], reading);
    if (value === undefined) {
      report(t('{0} is not {1}; the last good value stays in use.', show(raw[name]), setting.expected()));
      value = reading.lastGood ?? setting.parse(setting.default, { ...reading, report: () => undefined });
    }
    set(tree, setting.key, value);
  }
  const settings = tree as unknown as Settings;
  return {
    settings: { ...settings, routing: { ...settings.routing, rules: arrangeRules(settings.routing.entries) } },
    problems,
  };
}

/** The value at a key such as `completions.enabled`. */
const get = (settings: Settings, key: string): unknown =>
  key.split('.').reduce((node, part) => (node as Tree | undefined)?.[part], settings as unknown);

/** Sets the value at a key such as `completions.enabled`. */
function set(tree: Tree, key: string, value: unknown): void {
  const [group = '', name] = key.split('.');
  if (name === undefined) tree[group] = value;
  else tree[group] = { ...(tree[group] as Tree | undefined), [name]: value };
}
