import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { VsCodeChatFacts } from '../../core/setup/vsCodeChat.ts';
import type { BudgetState } from '../../core/money/budgets.ts';
import type { Gateway } from '../../core/gateway/call.ts';
import type { CircuitInfo } from '../../core/gateway/circuitBreaker.ts';
import type { Logger } from '../../core/common/logger.ts';
import { checkEndpoint } from '../../core/common/endpoints.ts';
import type { LocalModelState } from '../../core/completion/localModel.ts';
import type { LedgerStore } from '../../core/ledger/ledger.ts';
import type { PriceBook } from '../../core/money/pricing.ts';
import type { ProviderConfig } from '../../core/common/providerConfig.ts';
import type { Health, TierState } from '../../core/gateway/tierStatus.ts';
import { formatModelRef, type ModelRequest, type Tier } from '../../core/common/types.ts';
import { SettingsFromPage, type SettingsState, type SettingsToPage } from '../../protocol/settings.ts';
import { openSettingsJson, type Config } from '../platform/config.ts';
import { agreeToServer } from '../platform/consent.ts';
import { EXTENSION_ID, type Command } from '../platform/contributions.ts';
import { OLLAMA_DOWNLOAD, OllamaManager } from './ollamaManager.ts';
import type { Keys } from '../platform/apiKeys.ts';
import { ChoicesSection } from './choices.ts';
import { DataSection } from './data.ts';
import { diagnose } from './diagnostics.ts';
import { DoctorSection } from './doctor.ts';
import { MoneySection } from './money.ts';
import { PresetsSection } from './presets.ts';
import { editProviders, ProvidersSection } from './providers.ts';
import { RoutingSection, type RoutingParts } from './routing.ts';
import type { AllHandlers, Handlers } from './section.ts';
import { TiersSection, type TiersParts } from './tiers.ts';
import { VsCodeChatSection } from './vsCodeChat.ts';
import type { PagePanel } from '../platform/webviewHost.ts';
import { showErrorMessage, showInformationMessage } from '../platform/messages.ts';

export interface SettingsPanelParts extends Pick<RoutingParts, 'chats'> {
  /** May be on show already, while this is being loaded. */
  readonly page: SettingsPage;
  readonly config: Config;
  readonly keys: Keys;
  readonly prices: PriceBook;
  readonly gateway: Gateway;
  /** Ends at this machine while private mode is on. */
  readonly fetch: typeof globalThis.fetch;
  readonly context: Pick<vscode.ExtensionContext, 'globalStorageUri'>;
  readonly health: Health;
  readonly circuits: () => readonly CircuitInfo[];
  readonly tierState: (tier: Tier) => Promise<TierState>;
  /** How often learned rules chose and were overridden, by their names. */
  readonly uses?: RoutingParts['uses'];
  readonly store: () => Promise<LedgerStore>;
  readonly budgetStates: () => readonly BudgetState[];
  readonly refreshPrices: (provider: ProviderConfig) => Promise<boolean>;
  readonly notices: () => readonly string[];
  readonly ledgerNotices: () => readonly string[];
  readonly modelChange: TiersParts['modelChange'];
  /** The state of VS Code's own chat; see the doctor. */
  readonly vsCodeChat?: (() => Promise<VsCodeChatFacts | undefined>) | undefined;
  readonly openVsCodeChat?: (() => Promise<void>) | undefined;
  /** The request that tests the local tier with the FIM format of its model. */
  readonly infillTest: () => Promise<ModelRequest>;
  /** What is known of the local tier's model, after its server was asked. Rejects when the signal is aborted before. */
  readonly localModel: (signal: AbortSignal) => Promise<LocalModelState>;
  /** A model that was missing on a server may be there now. */
  readonly recheckLocal: () => void;
  readonly trusted: () => boolean;
  readonly log: Logger;
}

export type SettingsPage = PagePanel<SettingsToPage, SettingsFromPage>;

/** While the page is on show, the servers' loaded models are looked at this often, in ms. */
const LOOK_MS = 15_000;
/** After this long the page has what it draws first, in ms. */
const DRAWN_MS = 150;
/** Several changes within this time are one message to the page, in ms. */
const GATHER_MS = 30;

/** The settings page. It changes plain VS Code settings of the user; it follows edits made elsewhere. */
export class SettingsPanel implements vscode.Disposable {
  readonly #parts: SettingsPanelParts;
  readonly #page: SettingsPage;
  readonly #ollamas: OllamaManager;
  readonly #providers: ProvidersSection;
  readonly #tiers: TiersSection;
  readonly #money: MoneySection;
  readonly #presets: PresetsSection;
  readonly #choices: ChoicesSection;
  readonly #routing: RoutingSection;
  readonly #data: DataSection;
  readonly #doctor: DoctorSection;
  readonly #vsCodeChat: VsCodeChatSection;
  readonly #handlers: AllHandlers;
  readonly #timer: NodeJS.Timeout;
  #imported: SettingsState['imported'] = null;
  /** The section that a loading page will show first. */
  #first: Promise<SettingsState> | undefined;
  /** A section to show once the page is there. */
  #wanted: string | undefined;
  #gathering: NodeJS.Timeout | undefined;

  constructor(parts: SettingsPanelParts) {
    this.#parts = parts;
    this.#page = parts.page;
    const refresh = (): void => this.refresh();
    const asking = { ...parts, private: () => parts.config.settings.private };
    this.#ollamas = new OllamaManager({ ...asking, onChange: refresh, onPulled: parts.recheckLocal });
    const shared = { ...asking, ollamas: this.#ollamas, refresh };
    this.#providers = new ProvidersSection({
      ...shared,
      postModels: (provider, models) => this.#page.post({ kind: 'models', provider, models }),
    });
    this.#tiers = new TiersSection(shared);
    this.#money = new MoneySection({ ...shared, tell: (words) => void showInformationMessage(words) });
    this.#presets = new PresetsSection(shared);
    this.#choices = new ChoicesSection(parts.config);
    this.#routing = new RoutingSection(parts);
    this.#data = new DataSection(parts.store, parts.log);
    this.#doctor = new DoctorSection({
      ...shared,
      reveal: (section) => this.#page.post({ kind: 'reveal', section }),
      pull: (provider, model) => this.#ollamas.pull(provider, model),
      tryInfill: () => this.#tiers.test('local'),
    });
    this.#vsCodeChat = new VsCodeChatSection({ ...shared, fix: (fix) => this.#doctor.fix(fix) });
    this.#handlers = {
      ...this.#providers.handlers,
      ...this.#tiers.handlers,
      ...this.#money.handlers,
      ...this.#presets.handlers,
      ...this.#choices.handlers,
      ...this.#routing.handlers,
      ...this.#data.handlers,
      ...this.#doctor.handlers,
      ...this.#vsCodeChat.handlers,
      ...this.#ollamaHandlers(),
      ...this.#otherHandlers(),
    };
    this.#page.connect({ schema: SettingsFromPage, onMessage: (message) => void this.#onPage(message) });
    this.#timer = setInterval(() => {
      if (this.#page.visible) void this.#ollamas.look(false);
    }, LOOK_MS);
  }

  /** Opens the page, at a section where one is named. */
  show(section?: string): void {
    this.#page.show();
    if (this.#page.drawn) {
      if (section) this.#page.post({ kind: 'reveal', section });
      return;
    }
    // Runs while the page is being loaded. A failure is reported when the result is asked for.
    this.#first ??= this.#state();
    this.#first.catch((error: unknown) => this.#parts.log.debug('settings page', error));
    this.#wanted = section;
  }

  /** Opens the page and looks the configuration over. */
  async examine(): Promise<void> {
    this.show('diagnostics');
    await this.#doctor.run();
    this.refresh();
  }

  /** Imports settings from elsewhere, and shows what was taken. */
  async import(): Promise<void> {
    const { importSettings } = await import('./importer.ts');
    const report = await importSettings(this.#parts);
    if (!report) return;
    this.#imported = report;
    this.show('presets');
    this.refresh();
  }

  /** Pulls a model that a tier names, with its progress in the page. */
  async pull(provider: ProviderConfig, model: string): Promise<void> {
    this.show('ollama');
    await this.#ollamas.pull(provider, model);
  }

  refresh(): void {
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      if (this.#page.drawn) void this.#send().catch((error: unknown) => this.#failed(error));
    }, GATHER_MS);
  }

  dispose(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#gathering);
    this.#ollamas.dispose();
    this.#vsCodeChat.dispose();
  }

  #failed(error: unknown): void {
    this.#parts.log.error('settings page', error);
    void showErrorMessage(t('That did not work: {0}', error instanceof Error ? error.message : String(error)));
  }

  async #onPage(message: SettingsFromPage): Promise<void> {
    try {
      const handle = this.#handlers[message.kind] as (message: SettingsFromPage) => unknown;
      await handle(message);
    } catch (error) {
      this.#failed(error);
    }
    this.refresh();
  }

  async #send(ready?: Promise<SettingsState>): Promise<void> {
    const state = await (ready ?? this.#state());
    this.#page.post({ kind: 'state', state });
    if (this.#wanted) this.#page.post({ kind: 'reveal', section: this.#wanted });
    this.#wanted = undefined;
  }

  async #state(): Promise<SettingsState> {
    const { config, notices } = this.#parts;
    const [tiers, providers, prices, presets, diagnostics, data, routing, vsCodeChat] = await Promise.all([
      this.#tiers.views(),
      this.#providers.views(),
      this.#money.prices(),
      this.#presets.view(),
      diagnose(this.#parts),
      this.#data.view(),
      this.#routing.view(),
      this.#vsCodeChat.view(),
    ]);
    return {
      tiers,
      providers,
      ollama: [...config.settings.providers.values()]
        .filter(({ kind }) => kind === 'ollama')
        .map((provider) => this.#ollamas.view(provider, provider.name === 'ollama' ? ollamaNote(config) : '')),
      budgets: this.#money.budgets(),
      completions: this.#choices.completions(),
      routing,
      privacy: this.#choices.privacy(),
      prices,
      plans: this.#money.plans(prices),
      vsCodeChat,
      presets,
      data,
      diagnostics,
      doctor: this.#doctor.view(),
      imported: this.#imported,
      problems: config.problems,
      notice: notices().join(' '),
      lastEdit: this.#providers.lastEdit,
    };
  }

  #ollamaHandlers(): Handlers<
    | 'lookForOllama'
    | 'useOllamaAt'
    | 'pull'
    | 'useModel'
    | 'cancelPull'
    | 'unload'
    | 'setKeepAlive'
    | 'openOllamaDownload'
  > {
    const { config } = this.#parts;
    const provider = (name: string): ProviderConfig | undefined => {
      const found = config.settings.providers.get(name);
      return found?.kind === 'ollama' ? found : undefined;
    };
    return {
      lookForOllama: async ({ provider: name }) => {
        const found = provider(name);
        if (found) await this.#ollamas.lookAt(found, true);
      },
      useOllamaAt: async ({ url }) => {
        const check = checkEndpoint(url);
        if (!check.ok || !(await agreeToServer(url, config))) return;
        await config.write('ollama.baseUrl', check.endpoint.baseUrl);
        await this.#ollamas.look(false);
      },
      pull: ({ provider: name, model, use }) => {
        const found = provider(name);
        // Not waited for: it may take an hour, and the page hears of its progress.
        if (found) void this.#pull(found, model, use).catch((error: unknown) => this.#failed(error));
      },
      useModel: async ({ provider: name, model, tier }) => {
        const found = provider(name);
        if (found) await this.#putFirst(tier, found, model);
      },
      cancelPull: ({ provider: name, model }) => this.#ollamas.cancel(name, model),
      unload: async ({ provider: name, model }) => {
        const found = provider(name);
        if (found) await this.#ollamas.unload(found, model);
      },
      setKeepAlive: ({ provider: name, value }) =>
        editProviders(config, (users) => {
          const { keepAlive: _, ...rest } = (users[name] ?? {}) as Record<string, unknown>;
          const next = { ...rest, ...(value ? { keepAlive: value } : {}) };
          if (Object.keys(next).length) users[name] = next;
          else delete users[name];
        }),
      openOllamaDownload: () => vscode.env.openExternal(vscode.Uri.parse(OLLAMA_DOWNLOAD)),
    };
  }

  async #pull(provider: ProviderConfig, model: string, use: boolean | 'answers'): Promise<void> {
    const there = await this.#ollamas.pull(provider, model);
    if (there && use === 'answers') await this.#tiers.answerWith(provider.name, model);
    else if (there && use) await this.#putFirst('local', provider, model);
  }

  async #putFirst(tier: 'local' | 'mid', provider: ProviderConfig, model: string): Promise<void> {
    const { config } = this.#parts;
    const ref = formatModelRef({ provider: provider.name, model });
    const others = config.settings.tiers[tier].map(formatModelRef).filter((other) => other !== ref);
    await config.write(`tiers.${tier}`, [ref, ...others]);
  }

  #otherHandlers(): Handlers<'ready' | 'openMeter' | 'openJson' | 'exportLedger' | 'importSettings'> {
    const run = (command: Command): Thenable<unknown> => vscode.commands.executeCommand(command);
    return {
      ready: async () => {
        const first = this.#first;
        this.#first = undefined;
        await this.#send(first);
        // Not waited for: the page is drawn at once, and again when the servers have answered. Not begun before either: the
        // first request of a window loads so much code that the page would wait for its answer.
        setTimeout(() => {
          if (this.#page.visible) void this.#ollamas.look(true);
        }, DRAWN_MS);
      },
      openMeter: () => run('gearshift.meter.open'),
      exportLedger: () => run('gearshift.ledger.export'),
      importSettings: () => this.import(),
      openJson: ({ setting }) => openSettingsJson(setting),
    };
  }
}

function ollamaNote(config: Config): string {
  const remote = vscode.env.remoteName;
  const isRemote =
    remote !== undefined &&
    vscode.extensions.getExtension(EXTENSION_ID)?.extensionKind === vscode.ExtensionKind.Workspace;
  const where = isRemote ? t('As seen from the remote host ({0}), where Gearshift runs.', remote) : '';
  return [ollamaAddressNote(config), where].filter(Boolean).join(' ');
}

/** By which rule the address of the provider `ollama` came about. */
function ollamaAddressNote(config: Config): string {
  const found = config.settings.providers.get('ollama');
  if (!found) return '';
  if (config.userValue('ollama.baseUrl')) return t('The address is from gearshift.ollama.baseUrl.');
  const users = config.userValue('providers') as Record<string, unknown> | undefined;
  if (users?.['ollama']) return t('The address is from gearshift.providers.');
  return process.env['OLLAMA_HOST']
    ? t('The address is from the environment variable OLLAMA_HOST.')
    : t('This is the default address.');
}
