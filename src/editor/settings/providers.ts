import { t } from '@vscode/l10n';
import { endpointOf } from '../../core/common/endpoints.ts';
import { describeFailure } from '../../core/gateway/describeFailure.ts';
import { formatCount, formatSeconds } from '../../core/common/format.ts';
import { judgeForCompletions } from '../../core/setup/ollamaRecommend.ts';
import { formatBytes } from '../../core/setup/ollamaPulls.ts';
import { formatPrice, type PriceBook } from '../../core/money/pricing.ts';
import { classifyHeader } from '../../core/common/headers.ts';
import { hostOf, learnSites } from '../../core/common/places.ts';
import { ADAPTERS } from '../../core/providers/adapters.ts';
import type { ModelInfo } from '../../core/providers/provider.ts';
import { checkPastedAddress } from '../../core/common/pastedAddress.ts';
import type { ProviderConfig } from '../../core/common/providerConfig.ts';
import type { ModelView, ProviderView, SettingsFromPage, SettingsState, TestView } from '../../protocol/settings.ts';
import { askProvider, type AskParts } from '../platform/askProvider.ts';
import { agreeToList } from '../platform/consent.ts';
import type { Keys } from '../platform/apiKeys.ts';
import type { Config } from '../platform/config.ts';
import { isDemoProvider } from '../platform/notices.ts';
import type { Handlers } from './section.ts';
import { plural } from '../../core/common/language.ts';

export interface ProvidersParts extends AskParts {
  readonly keys: Keys;
  readonly config: Config;
  readonly prices: PriceBook;
  readonly refresh: () => void;
  readonly postModels: (provider: string, models: readonly ModelView[]) => void;
}

/** How long listing a provider's models may take, in ms. */
const LIST_MS = 10_000;
/** Prices of so many models are looked up before others get their turn: a list has thousands. */
const BATCH = 200;
const IDLE: TestView = { state: 'idle' };

type SetProvider = Extract<SettingsFromPage, { kind: 'setProvider' }>;

/** Addresses, keys and model lists. */
export class ProvidersSection {
  readonly #parts: ProvidersParts;
  readonly #tests = new Map<string, TestView>();
  readonly #listings = new Map<string, TestView>();
  readonly #counts = new Map<string, number>();
  lastEdit: SettingsState['lastEdit'] = null;

  constructor(parts: ProvidersParts) {
    this.#parts = parts;
  }

  readonly handlers: Handlers<
    'setProvider' | 'removeProvider' | 'setKey' | 'removeKey' | 'testProvider' | 'listModels'
  > = {
    setProvider: async (message) => {
      const { settings } = this.#parts.config;
      const allowed = settings.providers.get(message.name)?.allowUnencrypted;
      const check = checkPastedAddress(message.baseUrl, message.providerKind, allowed);
      const refused = message.headers.find(({ name }) => ['key', 'never'].includes(classifyHeader(name)));
      const problem = !check.ok
        ? t("The address isn't valid: {0}.", check.why)
        : refused
          ? t('The header {0} cannot be set here.', refused.name)
          : await this.#set({ ...message, baseUrl: check.endpoint.baseUrl }, check.query).then(() => '', String);
      this.lastEdit = { edit: message.edit, problem };
    },
    removeProvider: ({ name }) => editProviders(this.#parts.config, (users) => void delete users[name]),
    setKey: ({ provider }) =>
      this.#with(provider, async (found) => {
        // A key that was just typed, or agreed to, for this address may go there.
        if (await this.#parts.keys.ask(found)) await this.#list(found, true, true);
      }),
    removeKey: ({ provider }) => this.#with(provider, (found) => this.#parts.keys.remove(found)),
    testProvider: ({ provider }) =>
      this.#with(provider, async (found) => {
        const answer = await agreeToList(found, this.#parts);
        if (answer !== 'refused') await this.#list(found, true, answer === 'agreed');
      }),
    listModels: ({ provider }) => this.#with(provider, (found) => this.#list(found, false)),
  };

  views(): Promise<ProviderView[]> {
    return Promise.all([...this.#parts.config.settings.providers.values()].map((provider) => this.#view(provider)));
  }

  async #view(provider: ProviderConfig): Promise<ProviderView> {
    const { config, keys } = this.#parts;
    const check = endpointOf(provider);
    const shipped = (config.defaultValue('providers') ?? {}) as Record<string, unknown>;
    const users = (config.userValue('providers') ?? {}) as Record<string, unknown>;
    return {
      name: provider.name,
      kind: provider.kind,
      baseUrl: provider.baseUrl,
      host: check.ok ? check.endpoint.host : provider.baseUrl,
      key: await keys.origin(provider),
      apiKeyEnv: provider.apiKeyEnv ?? '',
      headers: Object.entries(provider.headers).map(([name, value]) => ({ name, value })),
      shipped: provider.name in shipped,
      changed: provider.name in users && !isDemoProvider(provider.name),
      test: this.#tests.get(provider.name) ?? IDLE,
      modelCount: this.#counts.get(provider.name) ?? 0,
      listing: this.#listings.get(provider.name) ?? IDLE,
    };
  }

  async #with(name: string, act: (provider: ProviderConfig) => Promise<unknown>): Promise<void> {
    const provider = this.#parts.config.settings.providers.get(name);
    if (provider) await act(provider);
  }

  /** The values of the form are agreed to for the address that the user typed beside them. */
  async #set(
    { name, providerKind, baseUrl, apiKeyEnv, headers: typed }: SetProvider,
    query: Readonly<Record<string, string>>,
  ): Promise<void> {
    const headers = typed.filter((header) => classifyHeader(header.name, header.value) !== 'secret');
    const secret = typed.filter((header) => classifyHeader(header.name, header.value) === 'secret');
    const provider = {
      name,
      kind: providerKind,
      baseUrl,
      headers: {},
      prices: new Map(),
      ...(apiKeyEnv && { apiKeyEnv }),
    };
    if (apiKeyEnv) await this.#parts.keys.agree(provider);
    if (secret.length > 0)
      await this.#parts.keys.storeHeaders(
        provider,
        Object.fromEntries(secret.map((header) => [header.name, header.value])),
      );
    await editProviders(this.#parts.config, (users) => {
      const { apiKeyEnv: _, headers: __, ...rest } = (users[name] ?? {}) as Record<string, unknown>;
      users[name] = {
        ...rest,
        kind: providerKind,
        baseUrl,
        ...(Object.keys(query).length > 0 ? { query: { ...Object(rest['query']), ...query } as object } : {}),
        ...(apiKeyEnv ? { apiKeyEnv } : {}),
        ...(headers.length ? { headers: Object.fromEntries(headers.map((each) => [each.name, each.value])) } : {}),
      };
    });
  }

  /** Asks the provider for its models: that tests address and key, and costs nothing. */
  async #list(provider: ProviderConfig, show: boolean, agreed = false): Promise<void> {
    const say = (view: TestView): void => {
      this.#listings.set(provider.name, view);
      if (show) this.#tests.set(provider.name, view);
      this.#parts.refresh();
    };
    say({ state: 'running' });
    const answer = await askProvider(provider, this.#parts, { ms: LIST_MS, agreed }, (wire, signal) =>
      ADAPTERS[provider.kind].models(wire, signal),
    );
    if (!answer.ok) return say({ state: 'failed', words: describeFailure(answer.failure, answer.place).text });
    this.#counts.set(provider.name, answer.value.length);
    learnSites(provider, answer.value);
    say({
      state: 'ok',
      words: plural(
        answer.value.length,
        t('Connected in {0} s. {1} model available.', formatSeconds(answer.ms), answer.value.length),
        t('Connected in {0} s. {1} models available.', formatSeconds(answer.ms), answer.value.length),
      ),
    });
    this.#parts.postModels(provider.name, await this.#describe(provider, answer.value));
  }

  async #describe(provider: ProviderConfig, models: readonly ModelInfo[]): Promise<ModelView[]> {
    const views: ModelView[] = [];
    for (const model of models) {
      const entry = await this.#parts.prices.find(provider, model.id);
      const context = model.contextTokens ?? entry?.contextTokens;
      const capabilities = model.capabilities?.filter((name) => !['completion', 'no-vision'].includes(name)) ?? [];
      views.push({
        id: model.id,
        detail: [
          model.sizeBytes ? formatBytes(model.sizeBytes) : '',
          context ? t('{0} context', formatCount(context)) : '',
          model.passedOnTo === undefined ? '' : t('runs at {0}', hostOf(model.passedOnTo)),
          formatPrice(entry?.price),
          capabilities.join(', '),
        ]
          .filter(Boolean)
          .join(' · '),
        ...(provider.kind === 'ollama' ? { installed: true, completions: judgeForCompletions(model.id, model) } : {}),
      });
      if (views.length % BATCH === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    return views;
  }
}

/** Changes the user's part of `gearshift.providers`. */
export async function editProviders(config: Config, edit: (users: Record<string, unknown>) => void): Promise<void> {
  const users = structuredClone(config.userValue('providers') ?? {}) as Record<string, unknown>;
  edit(users);
  await config.write('providers', Object.keys(users).length ? users : undefined);
}
