import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { ollamaHostUrl } from '../core/endpoints.ts';
import {
  parseSettings,
  SETTING_NAMES,
  type RawSettings,
  type SettingName,
  type Settings,
  type SettingsProblem,
} from '../core/settings.ts';
import type { Log } from './log.ts';

/**
 * The settings as a typed snapshot that follows every change. Only the user's own values are looked at: what a
 * workspace says about any of them is ignored, whatever scope a later manifest may give it by mistake.
 */
export class Config implements vscode.Disposable {
  readonly #log: Log;
  readonly #changed = new vscode.EventEmitter<Settings>();
  readonly #disposables: vscode.Disposable[] = [this.#changed];
  readonly onChange = this.#changed.event;
  #settings: Settings;
  #problems: readonly SettingsProblem[] = [];

  constructor(log: Log) {
    this.#log = log;
    this.#settings = parseSettings(readRaw('defaults'), undefined, envOllama()).settings;
    this.#read();
    this.#disposables.push(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('gearshift')) this.#read();
      }),
    );
  }

  get settings(): Settings {
    return this.#settings;
  }
  get problems(): readonly SettingsProblem[] {
    return this.#problems;
  }

  /** Writes a user setting. For objects the caller passes the user's part only, see `userValue`. */
  async write(name: SettingName, value: unknown): Promise<void> {
    await vscode.workspace.getConfiguration('gearshift').update(name, value, vscode.ConfigurationTarget.Global);
  }

  /** What the user has set, without the defaults. */
  userValue(name: SettingName): unknown {
    return vscode.workspace.getConfiguration('gearshift').inspect(name)?.globalValue;
  }

  defaultValue(name: SettingName): unknown {
    return vscode.workspace.getConfiguration('gearshift').inspect(name)?.defaultValue;
  }

  dispose(): void {
    vscode.Disposable.from(...this.#disposables).dispose();
  }

  #read(): void {
    const { settings, problems } = parseSettings(readRaw('user'), this.#settings, envOllama());
    const told = JSON.stringify(this.#problems);
    this.#settings = settings;
    this.#problems = problems;
    for (const { setting, message } of problems) this.#log.warn(`${setting}: ${message}`);
    if (problems.length && JSON.stringify(problems) !== told) void tell(problems);
    this.#changed.fire(settings);
  }
}

const envOllama = (): string | undefined => ollamaHostUrl(process.env['OLLAMA_HOST'] ?? '');

async function tell(problems: readonly SettingsProblem[]): Promise<void> {
  const open = t('Open settings.json');
  const [first] = problems;
  if (!first) return;
  const more = problems.length > 1 ? ` ${t('({0} more in the Gearshift settings)', problems.length - 1)}` : '';
  const choice = await vscode.window.showWarningMessage(`${first.setting}: ${first.message}${more}`, open);
  if (choice === open) await openSettingsJson(first.setting);
}

/** Opens the user's settings.json at a setting. */
export async function openSettingsJson(setting: string): Promise<void> {
  await vscode.commands.executeCommand('workbench.action.openSettingsJson', { revealSetting: { key: setting } });
}

function readRaw(which: 'defaults' | 'user'): RawSettings {
  const section = vscode.workspace.getConfiguration('gearshift');
  const read = (name: SettingName): unknown => {
    const found = section.inspect(name);
    return which === 'defaults' ? found?.defaultValue : merge(found?.defaultValue, found?.globalValue);
  };
  return Object.fromEntries(SETTING_NAMES.map((name) => [name, read(name)])) as unknown as RawSettings;
}

/**
 * The user's value over the default. Objects are merged by entry, and entries that are objects by field, so that a user
 * can add a provider or change one field of a shipped one; null takes an entry away.
 */
function merge(base: unknown, over: unknown): unknown {
  if (over === undefined) return base;
  if (!isPlainObject(base) || !isPlainObject(over)) return over;
  const entries = Object.entries({ ...base, ...over })
    .filter(([, value]) => value !== null)
    .map(([key, value]) => {
      const shipped = base[key];
      return [key, isPlainObject(shipped) && isPlainObject(value) ? { ...shipped, ...value } : value];
    });
  return Object.fromEntries(entries);
}

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
