import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { brandOf } from '../../core/common/brands.ts';
import { debugLog, giveUp } from '../../core/common/debugLog.ts';
import { endpointOf, type Endpoint } from '../../core/common/endpoints.ts';
import { needsKey } from '../../core/gateway/resolveModel.ts';
import { KeyStore } from '../../core/privacy/keyStore.ts';
import type { ProviderConfig } from '../../core/common/providerConfig.ts';
import type { Config } from './config.ts';
import { showInformationMessage, showWarningMessage } from './messages.ts';

export type KeyOrigin = 'environment' | 'stored' | 'missing' | 'not-needed' | 'not-agreed' | 'unreadable';

/**
 * API keys. They live in VS Code's secret storage under the provider and the origin they were entered for, so that a
 * changed address never inherits a key; or in an environment variable that the user named for the provider, which is
 * read for the origins that the user agreed to.
 */
export class Keys implements vscode.Disposable {
  readonly #store: KeyStore;
  readonly #config: Config;
  readonly #onRead: (key: string) => void;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #watch: vscode.Disposable;
  readonly onChange = this.#changed.event;
  /** Providers, variables and origins that the user was asked about in this window. */
  readonly #asked = new Set<string>();

  /** @param onRead told of each key that is read, so that no line of the log ever tells it */
  constructor(storage: vscode.SecretStorage, config: Config, onRead: (key: string) => void = () => {}) {
    this.#onRead = onRead;
    this.#store = new KeyStore(storage, process.env);
    this.#config = config;
    this.#watch = vscode.Disposable.from(
      storage.onDidChange(() => {
        this.#store.forget();
        this.#changed.fire();
      }),
      // Who agrees to send to a place agrees to the key that was named for it.
      config.onAgreed((origins) => void this.#agreeAll(origins).catch(giveUp('keys of agreed places'))),
    );
  }

  /** The key for exactly this origin, or null. Rejects when the keyring cannot be read. */
  async get(provider: ProviderConfig, endpoint: Endpoint): Promise<string | null> {
    const { key, source } = await this.#store.find(provider, endpoint);
    if (source === 'not-agreed') void this.#offer(provider, endpoint);
    if (key !== null) this.#onRead(key);
    return key;
  }

  /** Headers that carry keys, for exactly this origin. Rejects when the keyring cannot be read. */
  async headers(provider: ProviderConfig, endpoint: Endpoint): Promise<Readonly<Record<string, string>>> {
    const headers = await this.#store.headers(provider, endpoint);
    for (const value of Object.values(headers)) this.#onRead(value);
    return headers;
  }

  /** Where the key of a provider comes from, for people. */
  async origin(provider: ProviderConfig): Promise<KeyOrigin> {
    const check = endpointOf(provider);
    if (!check.ok) return 'missing';
    try {
      const { source } = await this.#store.find(provider, check.endpoint);
      if (source !== 'none') return source;
      // A key may be in a header of its own, as with Azure.
      if (Object.keys(await this.#store.headers(provider, check.endpoint)).length > 0) return 'stored';
    } catch (error) {
      debugLog('the keyring', error);
      return 'unreadable';
    }
    return needsKey(check.endpoint) ? 'missing' : 'not-needed';
  }

  /** The user agrees that the key in a provider's variable goes to the address that the provider has now. */
  async agree(provider: ProviderConfig): Promise<void> {
    const check = endpointOf(provider);
    if (check.ok) await this.#agreeTo(provider, check.endpoint);
  }

  async #agreeTo(provider: ProviderConfig, endpoint: Endpoint): Promise<void> {
    await this.#store.agree(provider, endpoint);
    // Without a keyring the storage tells of no change.
    this.#changed.fire();
  }

  /** Before a question that the user asked for: whether the key of the variable may be sent. False: do not ask. */
  async confirm(provider: ProviderConfig): Promise<boolean> {
    const check = endpointOf(provider);
    if (!check.ok || (await this.origin(provider)) !== 'not-agreed') return true;
    const send = t('Send the Key');
    const choice = await showWarningMessage(
      variableWords(provider, check.endpoint),
      { modal: true, detail: t('A key belongs to the address that it was made for.') },
      send,
    );
    if (choice !== send) return false;
    await this.agree(provider);
    return true;
  }

  /** Keeps headers that carry keys for the address that a provider has now. */
  async storeHeaders(provider: ProviderConfig, headers: Readonly<Record<string, string>>): Promise<void> {
    const check = endpointOf(provider);
    if (check.ok) await this.#store.storeHeaders(provider, check.endpoint, headers);
  }

  /** Says once in a window, without being in the way, that a variable's key waits for an answer. */
  async #offer(provider: ProviderConfig, endpoint: Endpoint): Promise<void> {
    const what = JSON.stringify([provider.name, provider.apiKeyEnv, endpoint.origin]);
    if (this.#asked.has(what)) return;
    this.#asked.add(what);
    const send = t('Send the Key');
    const choice = await showWarningMessage(variableWords(provider, endpoint), send, t('Not Now'));
    if (choice === send) await this.#agreeTo(provider, endpoint);
  }

  async #agreeAll(origins: readonly string[]): Promise<void> {
    for (const provider of this.#config.settings.providers.values()) {
      const check = endpointOf(provider);
      if (check.ok && origins.includes(check.endpoint.origin)) await this.#store.agree(provider, check.endpoint);
    }
  }

  /** Asks for a key in a password box and stores it. False when the user gave none. */
  async ask(provider: ProviderConfig): Promise<boolean> {
    const check = endpointOf(provider);
    if (!check.ok) return false;
    const { origin, host } = check.endpoint;
    // A key that waits in a variable only needs the user's agreement.
    if ((await this.origin(provider)) === 'not-agreed' && (await this.confirm(provider))) return true;
    const key = await vscode.window.showInputBox({
      title: t('API key for {0}', brandOf(provider.name)),
      prompt: t("Stored in VS Code's secret storage and sent only to {0}.", origin),
      placeHolder: t('API key for {0} (press Escape if none is needed)', host),
      password: true,
      ignoreFocusOut: true,
      validateInput: (value) => (/[\s\p{Cc}]/u.test(value.trim()) ? t("A key can't contain spaces.") : undefined),
    });
    if (!key?.trim()) return false;
    await this.store(provider, key);
    return true;
  }

  /** Stores a key for the address that a provider has now; spaces around it are not part of it. */
  async store(provider: ProviderConfig, key: string): Promise<void> {
    const check = endpointOf(provider);
    if (check.ok && key.trim()) await this.#store.store(provider, check.endpoint, key);
  }

  /**
   * Lets the user choose a provider, then asks for its key. First those that a tier uses and that lack one, last those that
   * need none.
   */
  async pick(providers: readonly ProviderConfig[]): Promise<void> {
    const used = new Set(
      Object.values(this.#config.settings.tiers).flatMap((chain) => chain.map((ref) => ref.provider)),
    );
    const items = await Promise.all(
      providers.map(async (provider) => {
        const origin = await this.origin(provider);
        const lacks = origin !== 'stored' && origin !== 'environment';
        const rank = origin === 'not-needed' ? 3 : used.has(provider.name) ? (lacks ? 0 : 1) : 2;
        return {
          label: brandOf(provider.name),
          description: provider.baseUrl,
          detail: keyWords(origin, provider),
          provider,
          rank,
        };
      }),
    );
    items.sort((a, b) => a.rank - b.rank);
    const chosen = await vscode.window.showQuickPick(items, {
      title: t('Set API key'),
      placeHolder: t('Which provider is the key for?'),
      matchOnDescription: true,
    });
    if (chosen && (await this.ask(chosen.provider)))
      void showInformationMessage(t('The key for {0} has been saved.', chosen.label));
  }

  async remove(provider: ProviderConfig): Promise<void> {
    const check = endpointOf(provider);
    if (check.ok) await this.#store.remove(provider, check.endpoint);
  }

  dispose(): void {
    this.#watch.dispose();
    this.#changed.dispose();
  }
}

const variableWords = ({ name, apiKeyEnv = '' }: ProviderConfig, { origin }: Endpoint): string =>
  t('Send the key in the environment variable {0} to {1}? The provider {2} names it.', apiKeyEnv, origin, name);

export function keyWords(origin: KeyOrigin, provider: ProviderConfig): string {
  switch (origin) {
    case 'environment':
      return t('key from the environment variable {0}', provider.apiKeyEnv ?? '');
    case 'stored':
      return t('key stored');
    case 'missing':
      return t('no key yet');
    case 'not-needed':
      return t('no key stored; it may not need one');
    case 'not-agreed':
      return t('the key in {0} is not sent to this address: you have not agreed to that', provider.apiKeyEnv ?? '');
    case 'unreadable':
      return t('the keyring cannot be read');
  }
}
