import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { INLINE_LIMITS, CHAT_LIMITS, type Gateway } from '../core/call.ts';
import { formatCount, formatSeconds } from '../core/format.ts';
import { checkEndpoint } from '../core/endpoints.ts';
import { describeFailure, ModelError } from '../core/errors.ts';
import { leavesMachine, needsKey } from '../core/candidates.ts';
import { formatCost, formatPrice, type PriceBook } from '../core/pricing.ts';
import { ADAPTERS } from '../core/providers/index.ts';
import type { ProviderConfig } from '../core/settings.ts';
import type { TierState } from '../core/tierState.ts';
import { formatModelRef, TIERS, type ModelRequest, type Tier } from '../core/types.ts';
import { failureOfError, guardFetch } from '../core/wire.ts';
import { SettingsFromPage, type SettingsState, type SettingsToPage, type TestView } from '../protocol/settings.ts';
import { openSettingsJson, type Config } from './config.ts';
import { agreeTo } from './consent.ts';
import type { Keys } from './secrets.ts';
import { PagePanel } from './webviewHost.ts';

export interface SettingsPanelParts {
  readonly extensionUri: vscode.Uri;
  readonly config: Config;
  readonly keys: Keys;
  readonly prices: PriceBook;
  readonly gateway: Gateway;
  readonly tierState: (tier: Tier) => Promise<TierState>;
  readonly ledgerLocation: () => Promise<string>;
  readonly notices: () => readonly string[];
  /** The request that tests the local tier with the FIM format of its model. */
  readonly infillTest: () => ModelRequest;
  readonly fetch: typeof globalThis.fetch;
  readonly trusted: () => boolean;
  readonly log: (line: string) => void;
}

/** How long listing a provider's models may take, in ms. */
const LIST_MS = 10_000;
const LIST_LIMITS = { lineBytes: 8 * 1024 * 1024, responseBytes: 16 * 1024 * 1024, requestBytes: 64 * 1024 };

/** The settings page. What it changes are plain VS Code settings of the user; it follows edits made elsewhere. */
export class SettingsPanel implements vscode.Disposable {
  readonly #parts: SettingsPanelParts;
  readonly #panel: PagePanel<SettingsToPage, SettingsFromPage>;
  readonly #tests = new Map<string, TestView>();
  readonly #models = new Map<string, SettingsState['providers'][number]['models']>();
  readonly #listings = new Map<string, TestView>();
  #lastEdit: SettingsState['lastEdit'] = null;

  constructor(parts: SettingsPanelParts) {
    this.#parts = parts;
    this.#panel = new PagePanel(parts.extensionUri, 'gearshift.settings', {
      name: 'settings',
      title: t('Gearshift Settings'),
      schema: SettingsFromPage,
      onMessage: (message) =>
        void this.#onPage(message)
          .catch((error: unknown) => this.#failed(error))
          .finally(() => this.refresh()),
    });
  }

  show(): void {
    this.#panel.show();
  }

  refresh(): void {
    if (this.#panel.visible) void this.#send().catch((error: unknown) => this.#failed(error));
  }

  dispose(): void {
    this.#panel.dispose();
  }

  #failed(error: unknown): void {
    this.#parts.log(`settings page: ${String(error)}`);
    void vscode.window.showErrorMessage(
      t('The setting could not be written: {0}', error instanceof Error ? error.message : String(error)),
    );
  }

  async #send(): Promise<void> {
    const { config, notices, ledgerLocation } = this.#parts;
    const { settings } = config;
    const tiers = await Promise.all(TIERS.map((tier) => this.#tierView(tier)));
    const providers = await Promise.all(
      [...settings.providers.values()].map((provider) => this.#providerView(provider)),
    );
    this.#panel.post({
      kind: 'state',
      state: {
        tiers,
        providers,
        ollamaNote: ollamaNote(config),
        completions: {
          enabled: settings.completions.enabled,
          languages: [...settings.completions.languages].map(([id, on]) => ({ id, on })),
        },
        consents: [...settings.consent],
        problems: config.problems,
        ledger: await ledgerLocation(),
        notice: notices().join(' '),
        lastEdit: this.#lastEdit,
      },
    });
  }

  async #tierView(tier: Tier): Promise<SettingsState['tiers'][number]> {
    const { config, prices, tierState } = this.#parts;
    const state = await tierState(tier);
    const chain = await Promise.all(
      config.settings.tiers[tier].map(async (ref) => {
        const provider = config.settings.providers.get(ref.provider);
        return {
          ref: formatModelRef(ref),
          price: formatPrice(provider && (await prices.find(provider, ref.model))?.price),
        };
      }),
    );
    return { tier, chain, state: state.words, ready: state.ready, test: this.#test(`tier:${tier}`) };
  }

  async #providerView(provider: ProviderConfig): Promise<SettingsState['providers'][number]> {
    const check = checkEndpoint(provider.baseUrl);
    const shipped = (this.#parts.config.defaultValue('providers') ?? {}) as Record<string, unknown>;
    const users = (this.#parts.config.userValue('providers') ?? {}) as Record<string, unknown>;
    return {
      name: provider.name,
      kind: provider.kind,
      baseUrl: provider.baseUrl,
      host: check.ok ? check.endpoint.host : provider.baseUrl,
      key: await this.#parts.keys.origin(provider),
      apiKeyEnv: provider.apiKeyEnv ?? '',
      shipped: provider.name in shipped,
      changed: provider.name in users,
      test: this.#test(`provider:${provider.name}`),
      models: this.#models.get(provider.name) ?? [],
      listing: this.#listings.get(provider.name) ?? { state: 'idle' },
    };
  }

  #test(id: string): TestView {
    return this.#tests.get(id) ?? { state: 'idle' };
  }

  async #onPage(message: SettingsFromPage): Promise<void> {
    const { config, keys } = this.#parts;
    const provider = (name: string): ProviderConfig | undefined => config.settings.providers.get(name);
    switch (message.kind) {
      case 'ready':
        return;
      case 'setTier':
        return config.write(`tiers.${message.tier}`, message.chain);
      case 'setProvider': {
        const check = checkEndpoint(message.baseUrl);
        const problem = check.ok
          ? await this.#setProvider(message).then(() => '', String)
          : t('The address cannot be used: {0}.', check.why);
        this.#lastEdit = { edit: message.edit, problem };
        return;
      }
      case 'removeProvider':
        return this.#editProviders((users) => void delete users[message.name]);
      case 'setKey': {
        const found = provider(message.provider);
        if (found) await keys.ask(found);
        return;
      }
      case 'removeKey': {
        const found = provider(message.provider);
        if (found) await keys.remove(found);
        return;
      }
      case 'testProvider':
      case 'listModels': {
        const found = provider(message.provider);
        if (found) await this.#list(found, message.kind === 'testProvider');
        return;
      }
      case 'testTier':
        return this.#testTier(message.tier);
      case 'setCompletions':
        return config.write('completions.enabled', message.enabled);
      case 'setLanguage': {
        const { [message.id]: _, ...others } = (config.userValue('completions.languages') ?? {}) as Record<
          string,
          boolean
        >;
        return config.write(
          'completions.languages',
          message.on === null ? others : { ...others, [message.id]: message.on },
        );
      }
      case 'revokeConsent':
        return config.write(
          'consent.cloud',
          [...config.settings.consent].filter((origin) => origin !== message.origin),
        );
      case 'openMeter':
        await vscode.commands.executeCommand('gearshift.meter.open');
        return;
      case 'openJson':
        return openSettingsJson(message.setting);
    }
  }

  #setProvider(message: Extract<SettingsFromPage, { kind: 'setProvider' }>): Promise<void> {
    return this.#editProviders((users) => {
      const { apiKeyEnv: _, ...rest } = (users[message.name] ?? {}) as Record<string, unknown>;
      users[message.name] = {
        ...rest,
        kind: message.providerKind,
        baseUrl: message.baseUrl,
        ...(message.apiKeyEnv ? { apiKeyEnv: message.apiKeyEnv } : {}),
      };
    });
  }

  async #editProviders(edit: (users: Record<string, unknown>) => void): Promise<void> {
    const users = structuredClone(this.#parts.config.userValue('providers') ?? {}) as Record<string, unknown>;
    edit(users);
    await this.#parts.config.write('providers', Object.keys(users).length ? users : undefined);
  }

  /** Asks the provider for its models: that tests address and key, and costs nothing. */
  async #list(provider: ProviderConfig, show: boolean): Promise<void> {
    const id = `provider:${provider.name}`;
    const check = checkEndpoint(provider.baseUrl);
    if (!check.ok) return;
    const { endpoint } = check;
    const apiKey = await this.#parts.keys.get(provider, endpoint);
    const place = { provider: provider.name, host: endpoint.host, model: '', kind: provider.kind };
    const say = (view: TestView): void => {
      this.#listings.set(provider.name, view);
      if (show) this.#tests.set(id, view);
      this.refresh();
    };
    if (leavesMachine(provider.kind, endpoint) && !this.#parts.trusted())
      return say({ state: 'failed', words: describeFailure({ kind: 'untrusted' }, place).text });
    if (apiKey === null && needsKey(endpoint))
      return say({ state: 'failed', words: describeFailure({ kind: 'no-key' }, place).text });
    say({ state: 'running' });
    const started = performance.now();
    const signal = AbortSignal.timeout(LIST_MS);
    const guard = guardFetch({ fetch: this.#parts.fetch, origin: endpoint.origin, signal, limits: LIST_LIMITS });
    try {
      const wire = { baseUrl: endpoint.baseUrl, apiKey, headers: provider.headers, fetch: guard.fetch };
      const models = await ADAPTERS[provider.kind].models(wire, signal);
      this.#models.set(
        provider.name,
        models.map((model) => ({
          id: model.id,
          detail: [
            model.contextTokens ? t('{0} context', formatCount(model.contextTokens)) : '',
            model.insert ? t('can infill') : '',
          ]
            .filter(Boolean)
            .join(', '),
        })),
      );
      say({
        state: 'ok',
        words: t('Reached in {0} s; it offers {1} models.', formatSeconds(performance.now() - started), models.length),
      });
    } catch (error) {
      const failure = signal.aborted
        ? ({ kind: 'timeout' } as const)
        : (guard.failure() ?? (error instanceof ModelError ? error.failure : failureOfError(error)));
      say({ state: 'failed', words: describeFailure(failure, place).text });
    }
  }

  /** One cheap real call; it is on the ledger like any other. */
  async #testTier(tier: Tier): Promise<void> {
    const { config, gateway, prices, trusted, infillTest } = this.#parts;
    const id = `tier:${tier}`;
    const ref = config.settings.tiers[tier][0];
    const provider = ref && config.settings.providers.get(ref.provider);
    if (!ref || !provider) return;
    if (!(await agreeTo(provider, ref.model, config, prices, trusted()))) return;
    this.#tests.set(id, { state: 'running' });
    this.refresh();
    const request: ModelRequest =
      tier === 'local'
        ? infillTest()
        : { kind: 'chat', messages: [{ role: 'user', content: 'Answer with the single word: ready' }], maxTokens: 200 };
    const limits =
      tier === 'local'
        ? { ...INLINE_LIMITS, headersMs: 60_000, firstTokenMs: 60_000, attemptMs: 65_000 }
        : { ...CHAT_LIMITS, attempts: 1 };
    const call = { tier, task: 'test' as const, chain: [ref], request, limits };
    for await (const event of gateway.stream(call, new AbortController().signal)) {
      if (event.kind !== 'end') continue;
      const { outcome, failure, place, cost, ttftMs, durationMs } = event.result;
      const words =
        outcome === 'done'
          ? t(
              'Answered in {0} s (first token after {1} s), {2}.',
              formatSeconds(durationMs),
              formatSeconds(ttftMs ?? durationMs),
              formatCost(cost),
            )
          : failure && place
            ? describeFailure(failure, place).text
            : t('It did not answer.');
      this.#tests.set(id, { state: outcome === 'done' ? 'ok' : 'failed', words });
    }
  }
}

function ollamaNote(config: Config): string {
  const found = config.settings.providers.get('ollama');
  if (!found) return '';
  if (config.userValue('ollama.baseUrl')) return t('Ollama at {0}, from gearshift.ollama.baseUrl.', found.baseUrl);
  const users = config.userValue('providers') as Record<string, unknown> | undefined;
  if (users?.['ollama']) return t('Ollama at {0}, from gearshift.providers.', found.baseUrl);
  return process.env['OLLAMA_HOST']
    ? t('Ollama at {0}, from the environment variable OLLAMA_HOST.', found.baseUrl)
    : t('Ollama at {0}, the default address.', found.baseUrl);
}
