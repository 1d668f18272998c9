import { debugLog, giveUp } from '../common/debugLog.ts';
import type { Endpoint } from '../common/endpoints.ts';
import type { ProviderConfig } from '../common/providerConfig.ts';

/**
 * API keys and headers that carry keys, each bound to the origin that it was agreed for: a changed address inherits
 * nothing. A key is either in the secret storage, or in an environment variable that the user named; of a variable the
 * storage keeps that its value may go to this origin.
 */

/** VS Code's secret storage, or a stand-in. Its functions reject when the keyring cannot be read. */
export interface SecretStore {
  get(id: string): PromiseLike<string | undefined>;
  store(id: string, value: string): PromiseLike<void>;
  delete(id: string): PromiseLike<void>;
}

/**
 * Where a key comes from. `not-agreed`: the variable has a value, but the user has not agreed to send it to this origin.
 */
export type KeySource = 'environment' | 'stored' | 'not-agreed' | 'none';

type Owner = Pick<ProviderConfig, 'name' | 'apiKeyEnv'>;

export class KeyStore {
  readonly #secrets: SecretStore;
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #cache = new Map<string, Promise<string | undefined>>();
  /** What was agreed to in this window. */
  readonly #agreed = new Set<string>();

  constructor(secrets: SecretStore, env: Readonly<Record<string, string | undefined>>) {
    this.#secrets = secrets;
    this.#env = env;
  }

  /** The key that may go to exactly this origin, and where it comes from. Rejects when the keyring cannot be read. */
  async find(provider: Owner, { origin }: Endpoint): Promise<{ key: string | null; source: KeySource }> {
    const named = provider.apiKeyEnv && this.#env[provider.apiKeyEnv];
    if (named && (await this.#isAgreed(variableId(provider, origin)))) return { key: named, source: 'environment' };
    const stored = await this.#read(keyId(provider, origin));
    if (stored) return { key: stored, source: 'stored' };
    return { key: null, source: named ? 'not-agreed' : 'none' };
  }

  /** Headers that carry keys, for exactly this origin. Rejects when the keyring cannot be read. */
  async headers(provider: Owner, { origin }: Endpoint): Promise<Readonly<Record<string, string>>> {
    const kept = await this.#read(headersId(provider, origin));
    try {
      const value: unknown = JSON.parse(kept ?? '{}');
      const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
      return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
    } catch (error) {
      debugLog('headers that carry keys', error);
      return {};
    }
  }

  /**
   * The user agrees that the key in the provider's variable goes to this origin. Where the keyring cannot be written the
   * agreement holds until the window closes: variables are what people without a keyring use.
   */
  async agree(provider: Owner, { origin }: Endpoint): Promise<void> {
    if (!provider.apiKeyEnv) return;
    const id = variableId(provider, origin);
    this.#agreed.add(id);
    await this.#write(id, 'agreed').catch(giveUp('keeping an agreement'));
  }

  async #isAgreed(id: string): Promise<boolean> {
    return this.#agreed.has(id) || (await this.#read(id)) !== undefined;
  }

  async store(provider: Owner, { origin }: Endpoint, key: string): Promise<void> {
    await this.#write(keyId(provider, origin), key.trim());
  }

  /** Keeps headers beside those that are there; an empty value takes a header away. */
  async storeHeaders(provider: Owner, endpoint: Endpoint, headers: Readonly<Record<string, string>>): Promise<void> {
    const next = Object.entries({ ...(await this.headers(provider, endpoint)), ...headers }).filter(
      ([, value]) => value !== '',
    );
    const id = headersId(provider, endpoint.origin);
    if (next.length > 0) await this.#write(id, JSON.stringify(Object.fromEntries(next)));
    else await this.#delete(id);
  }

  /** Forgets everything that may go to this origin. */
  async remove(provider: Owner, { origin }: Endpoint): Promise<void> {
    this.#agreed.delete(variableId(provider, origin));
    for (const id of [keyId(provider, origin), variableId(provider, origin), headersId(provider, origin)])
      await this.#delete(id);
  }

  /** Another window, or the user, changed the storage. */
  forget(): void {
    this.#cache.clear();
  }

  /** Reading is a round trip to the main process, too slow for every completion. */
  #read(id: string): Promise<string | undefined> {
    const cached = this.#cache.get(id);
    if (cached) return cached;
    const read = new Promise<string | undefined>((resolve) => resolve(this.#secrets.get(id)));
    this.#cache.set(id, read);
    // A locked keyring may be open at the next try.
    read.catch(() => this.#cache.delete(id));
    return read;
  }

  async #write(id: string, value: string): Promise<void> {
    await this.#secrets.store(id, value);
    this.#cache.delete(id);
  }

  async #delete(id: string): Promise<void> {
    await this.#secrets.delete(id);
    this.#cache.delete(id);
  }
}

const keyId = ({ name }: Owner, origin: string): string => `key:${name}@${origin}`;
const variableId = ({ name, apiKeyEnv = '' }: Owner, origin: string): string =>
  `variable:${name}:${apiKeyEnv}@${origin}`;
const headersId = ({ name }: Owner, origin: string): string => `headers:${name}@${origin}`;
