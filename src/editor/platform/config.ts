import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { setDisplayCurrency } from '../../core/common/displayCurrency.ts';
import { ollamaHostUrl } from '../../core/common/endpoints.ts';
import { agreementFor } from '../../core/common/places.ts';
import type { Tier } from '../../core/common/types.ts';
import { setIgnoredFiles, setIgnoredFolders } from '../../core/privacy/ignoredFiles.ts';
import {
  parseSettings,
  SETTING_NAMES,
  type RawSettings,
  type SettingName,
  type Settings,
  type SettingsProblem,
} from '../../core/settings/settings.ts';
import type { Logger } from '../../core/common/logger.ts';
import { showInformationMessage, showWarningMessage } from './messages.ts';

/** Key of the agreements in the extension's own memory, which VS Code keeps on this computer and does not sync. */
const CONSENTS = 'consents';
/** Key of the mark that the user was told of the setting that allows nothing. */
const OLD_CONSENTS_TOLD = 'oldConsentsTold';

/**
 * The settings as a typed snapshot that follows every change. Only the user's own values are looked at: what a
 * workspace says about any of them is ignored, whatever scope a later manifest may give it by mistake.
 */
export class Config implements vscode.Disposable {
  readonly #log: Logger;
  readonly #changed = new vscode.EventEmitter<Settings>();
  readonly #disposables: vscode.Disposable[] = [this.#changed];
  readonly onChange = this.#changed.event;
  #settings: Settings | undefined;
  #problems: readonly SettingsProblem[] = [];
  readonly #memory: vscode.Memento;
  readonly #agreed = new vscode.EventEmitter<readonly string[]>();
  /** Told the origins that the user has just agreed to send to. */
  readonly onAgreed = this.#agreed.event;

  /** @param memory the extension's own, on this computer: what is agreed to is not synced */
  constructor(log: Logger, memory: vscode.Memento) {
    this.#log = log;
    this.#memory = memory;
    this.#disposables.push(this.#agreed);
    this.#disposables.push(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('gearshift')) this.#read();
      }),
      vscode.workspace.onDidChangeWorkspaceFolders(setFolders),
    );
  }

  /** Read when first asked for, which is not while the extension is activated. */
  get settings(): Settings {
    return (this.#settings ??= this.#readFirst());
  }
  get problems(): readonly SettingsProblem[] {
    // They are found with the first reading.
    void this.settings;
    return this.#problems;
  }

  /** Writes a user setting. For objects the caller passes the user's part only, see `userValue`. */
  async write(name: SettingName, value: unknown): Promise<void> {
    await vscode.workspace.getConfiguration('gearshift').update(name, value, vscode.ConfigurationTarget.Global);
  }

  /** Keeps that a tier may send to these origins. */
  async agree(origins: readonly string[], tier: Tier): Promise<void> {
    await this.#setConsents([...this.settings.consent, ...origins.map((origin) => agreementFor(origin, tier))]);
    this.#agreed.fire(origins);
  }

  /** Takes an agreement back, as `Settings.consent` has it. */
  async revoke(agreement: string): Promise<void> {
    await this.#setConsents([...this.settings.consent].filter((each) => each !== agreement));
  }

  async #setConsents(consents: readonly string[]): Promise<void> {
    await this.#memory.update(CONSENTS, [...new Set(consents)]);
    this.#read();
  }

  /**
   * What the user agreed to on this computer. Nothing else grants anything: a setting may come from another computer by
   * Settings Sync, or from a settings.json that somebody shared.
   */
  #consents(): readonly string[] {
    const kept = this.#memory.get<unknown>(CONSENTS);
    return Array.isArray(kept) ? kept.filter((each) => typeof each === 'string') : [];
  }

  /** The values of the user, with what is kept outside of the settings. */
  #raw(): RawSettings {
    return { ...readRaw('user'), 'consent.cloud': this.#consents() };
  }

  /** Says once that a setting of earlier versions, which allowed hosts, allows nothing now. */
  async #tellOldConsents(): Promise<void> {
    const old = this.userValue('consent.cloud');
    if (!Array.isArray(old) || old.length === 0 || this.#memory.get(OLD_CONSENTS_TOLD) === true) return;
    this.#log.info('gearshift.consent.cloud is in the settings: it allows nothing');
    await this.#memory.update(OLD_CONSENTS_TOLD, true);
    const open = t('Open settings.json');
    const choice = await showInformationMessage(
      t(
        'The setting gearshift.consent.cloud does not allow anything anymore, because it can come from another computer. Gearshift asks you before it sends to a host for the first time. You can remove the setting.',
      ),
      open,
    );
    if (choice === open) await openSettingsJson('gearshift.consent.cloud');
  }

  /** The user's own value, without the defaults. */
  userValue(name: SettingName): unknown {
    return at(inspectSettings()?.globalValue, name);
  }

  defaultValue(name: SettingName): unknown {
    return at(inspectSettings()?.defaultValue, name);
  }

  dispose(): void {
    vscode.Disposable.from(...this.#disposables).dispose();
  }

  /** The defaults of the manifest are looked at only when they are needed: as the last good value of a bad one. */
  #readFirst(): Settings {
    void this.#tellOldConsents();
    const first = parseSettings(this.#raw(), undefined, envOllama());
    if (first.problems.length === 0) return this.#tell(first);
    const defaults = parseSettings(readRaw('defaults'), undefined, envOllama()).settings;
    return this.#tell(parseSettings(this.#raw(), defaults, envOllama()));
  }

  #read(): void {
    const settings = this.#tell(parseSettings(this.#raw(), this.settings, envOllama()));
    this.#settings = settings;
    this.#changed.fire(settings);
  }

  #tell({ settings, problems }: ReturnType<typeof parseSettings>): Settings {
    const told = JSON.stringify(this.#problems);
    this.#problems = problems;
    for (const { setting, message } of problems) this.#log.warn(`${setting}: ${message}`);
    if (problems.length && JSON.stringify(problems) !== told) void tell(problems);
    setIgnoredFiles(settings.ignored);
    setDisplayCurrency(settings.insights.currency);
    setFolders();
    return settings;
  }
}

const setFolders = (): void => setIgnoredFolders((vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.path));

const envOllama = (): string | undefined => ollamaHostUrl(process.env['OLLAMA_HOST'] ?? '');

async function tell(problems: readonly SettingsProblem[]): Promise<void> {
  const open = t('Open settings.json');
  const [first] = problems;
  if (!first) return;
  const more = problems.length > 1 ? ` ${t('({0} more in the Gearshift settings)', problems.length - 1)}` : '';
  const choice = await showWarningMessage(`${first.setting}: ${first.message}${more}`, open);
  if (choice === open) await openSettingsJson(first.setting);
}

/** Opens the user's settings.json at a setting. */
export async function openSettingsJson(setting: string): Promise<void> {
  await vscode.commands.executeCommand('workbench.action.openSettingsJson', { revealSetting: { key: setting } });
}

function readRaw(which: 'defaults' | 'user'): RawSettings {
  const found = inspectSettings();
  const read = (name: SettingName): unknown => {
    const shipped = at(found?.defaultValue, name);
    return which === 'defaults' ? shipped : merge(shipped, at(found?.globalValue, name));
  };
  return Object.fromEntries(SETTING_NAMES.map((name) => [name, read(name)])) as unknown as RawSettings;
}

/** All Gearshift settings as nested objects, by where they come from: one question, since each takes VS Code a while. */
const inspectSettings = () => vscode.workspace.getConfiguration().inspect('gearshift');

/** The value of `tiers.local` in `{ tiers: { local: … } }`. */
const at = (tree: unknown, name: SettingName): unknown =>
  name.split('.').reduce((node, part) => (isPlainObject(node) ? node[part] : undefined), tree);

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
