import { createHmac } from 'node:crypto';
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { checkEndpoint, type Endpoint } from '../../core/common/endpoints.ts';
import { needsKey } from '../../core/gateway/resolveModel.ts';
import type { NameSecret } from '../../core/privacy/maskSecrets.ts';
import type { ProviderConfig } from '../../core/common/providerConfig.ts';

/**
 * API keys. They live in VS Code's secret storage under the provider and the origin they were entered for, so that a
 * changed address never inherits a key; or in an environment variable that the user named for the provider.
 */
export class Keys implements vscode.Disposable {
  readonly #storage: vscode.SecretStorage;
  readonly #onRead: (key: string) => void;
  readonly #cache = new Map<string, Promise<string | undefined>>();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #watch: vscode.Disposable;
  readonly onChange = this.#changed.event;

  /** @param onRead told of each key that is read, so that no line of the log ever tells it */
  constructor(storage: vscode.SecretStorage, onRead: (key: string) => void = () => {}) {
    this.#storage = storage;
    this.#onRead = onRead;
    this.#watch = storage.onDidChange(() => {
      this.#cache.clear();
      this.#changed.fire();
    });
  }

  /** The key for exactly this origin, or null. */
  async get(provider: ProviderConfig, endpoint: Endpoint): Promise<string | null> {
    const named = provider.apiKeyEnv && process.env[provider.apiKeyEnv];
    const key = named || (await this.#stored(provider.name, endpoint.origin)) || null;
    if (key !== null) this.#onRead(key);
    return key;
  }

  /** Where the key of a provider comes from, for people. */
  async origin(provider: ProviderConfig): Promise<'environment' | 'stored' | 'missing' | 'not-needed'> {
    const check = checkEndpoint(provider.baseUrl);
    if (!check.ok) return 'missing';
    if (provider.apiKeyEnv && process.env[provider.apiKeyEnv]) return 'environment';
    if (await this.#stored(provider.name, check.endpoint.origin)) return 'stored';
    return needsKey(check.endpoint) ? 'missing' : 'not-needed';
  }

  /** Asks for a key in a password box and stores it. False when the user gave none. */
  async ask(provider: ProviderConfig): Promise<boolean> {
    const check = checkEndpoint(provider.baseUrl);
    if (!check.ok) return false;
    const { origin, host } = check.endpoint;
    const key = await vscode.window.showInputBox({
      title: t('API key of {0}', provider.name),
      prompt: t('Kept in the secret storage and sent only to {0}.', origin),
      placeHolder: t('Key for {0}; Escape if it needs none', host),
      password: true,
      ignoreFocusOut: true,
      validateInput: (value) => (/[\s\p{Cc}]/u.test(value.trim()) ? t('A key has no blanks.') : undefined),
    });
    if (!key?.trim()) return false;
    await this.store(provider, key);
    return true;
  }

  /** Stores a key for the address that a provider has now; blanks around it are not part of it. */
  async store(provider: ProviderConfig, key: string): Promise<void> {
    const check = checkEndpoint(provider.baseUrl);
    if (check.ok && key.trim()) await this.#storage.store(idOf(provider.name, check.endpoint.origin), key.trim());
  }

  /** Lets the user choose a provider, then asks for its key. */
  async pick(providers: readonly ProviderConfig[]): Promise<void> {
    const items = await Promise.all(
      providers.map(async (provider) => ({
        label: provider.name,
        description: provider.baseUrl,
        detail: keyWords(await this.origin(provider), provider),
        provider,
      })),
    );
    const chosen = await vscode.window.showQuickPick(items, {
      title: t('Set API key'),
      placeHolder: t('Which provider is the key for?'),
      matchOnDescription: true,
    });
    if (chosen && (await this.ask(chosen.provider)))
      void vscode.window.showInformationMessage(t('The key of {0} is stored.', chosen.label));
  }

  async remove(provider: ProviderConfig): Promise<void> {
    const check = checkEndpoint(provider.baseUrl);
    if (check.ok) await this.#storage.delete(idOf(provider.name, check.endpoint.origin));
  }

  dispose(): void {
    this.#watch.dispose();
    this.#changed.dispose();
  }

  /** Reading is a round trip to the main process, too slow for every completion. */
  #stored(provider: string, origin: string): Promise<string | undefined> {
    const id = idOf(provider, origin);
    const cached = this.#cache.get(id);
    if (cached) return cached;
    const read = Promise.resolve(this.#storage.get(id));
    this.#cache.set(id, read);
    // A locked keyring may be open at the next try.
    read.catch(() => this.#cache.delete(id));
    return read;
  }
}

const idOf = (provider: string, origin: string): string => `key:${provider}@${origin}`;

export function keyWords(origin: Awaited<ReturnType<Keys['origin']>>, provider: ProviderConfig): string {
  switch (origin) {
    case 'environment':
      return t('key from the environment variable {0}', provider.apiKeyEnv ?? '');
    case 'stored':
      return t('key stored');
    case 'missing':
      return t('no key yet');
    case 'not-needed':
      return t('no key stored; it may not need one');
  }
}

/**
 * Names what is masked by a key that only this machine knows: 20 bits tell the secrets of a conversation apart, and tell
 * nothing of them to who reads them.
 */
export const nameSecret: NameSecret = (secret) =>
  createHmac('sha256', vscode.env.machineId).update(secret).digest('hex').slice(0, 5);
