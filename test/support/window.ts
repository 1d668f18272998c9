import type { TestContext } from 'node:test';
import { EventEmitter } from 'vscode';
import type * as vscode from 'vscode';
import { PriceBook } from '../../src/core/money/pricing.ts';
import type { ProviderConfig } from '../../src/core/common/providerConfig.ts';
import { endpointOf, type Endpoint } from '../../src/core/common/endpoints.ts';
import { createFetch } from '../../src/core/privacy/privateFetch.ts';
import { Keys } from '../../src/editor/platform/apiKeys.ts';
import { Config } from '../../src/editor/platform/config.ts';
import { createLog } from '../../src/editor/platform/log.ts';
import { startHost, type HostOptions } from './vscode/host.ts';

/** The extension's own memory, which VS Code keeps on this computer. */
export class Memory implements vscode.Memento {
  readonly values = new Map<string, unknown>();

  keys(): readonly string[] {
    return [...this.values.keys()];
  }
  get<T>(key: string, otherwise?: T): T {
    return (this.values.has(key) ? this.values.get(key) : otherwise) as T;
  }
  update(key: string, value: unknown): Promise<void> {
    if (value === undefined) this.values.delete(key);
    else this.values.set(key, value);
    return Promise.resolve();
  }
}

/** VS Code's secret storage. While it is `locked` the keyring can be neither read nor written. */
class Secrets implements vscode.SecretStorage {
  readonly values = new Map<string, string>();
  locked = false;
  readonly #changed = new EventEmitter<vscode.SecretStorageChangeEvent>();
  readonly onDidChange = this.#changed.event;

  keys(): Promise<string[]> {
    return this.#open(() => [...this.values.keys()]);
  }
  get(key: string): Promise<string | undefined> {
    return this.#open(() => this.values.get(key));
  }
  store(key: string, value: string): Promise<void> {
    return this.#open(() => {
      this.values.set(key, value);
      this.#changed.fire({ key });
    });
  }
  delete(key: string): Promise<void> {
    return this.#open(() => {
      if (this.values.delete(key)) this.#changed.fire({ key });
    });
  }
  /** Another window changed something. */
  changedElsewhere(): void {
    this.#changed.fire({ key: 'another' });
  }

  #open<T>(act: () => T): Promise<T> {
    return this.locked ? Promise.reject(new Error('The keyring is locked')) : Promise.resolve(act());
  }
}

/** A request that left the extension. */
interface Sent {
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
}

export interface WindowOptions extends HostOptions {
  /** The user's settings, without `gearshift.`. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Origins that the user agreed to, as `Settings.consent` has them. */
  readonly consents?: readonly string[];
  /** Providers of whose variable the user agreed that its key is sent to their address. */
  readonly keysAgreed?: readonly string[];
  /** Environment variables of the extension host. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What servers answer. Default: nothing listens there. */
  readonly answer?: (url: string, init: RequestInit) => Response | Promise<Response>;
}

/** A window with the extension's real settings, keys and log, on a fake of VS Code and of the network. */
export function openWindow(t: TestContext, options: WindowOptions = {}) {
  const host = startHost(t, options);
  for (const [name, value] of Object.entries(options.settings ?? {})) host.settings.set(`gearshift.${name}`, value);
  setEnv(t, { OLLAMA_HOST: undefined, ...options.env });
  const memory = new Memory();
  if (options.consents) memory.values.set('consents', [...options.consents]);
  const secrets = new Secrets();
  const log = createLog('/extension');
  const config = new Config(log, memory);
  const keys = new Keys(secrets, config, (key) => log.hide(key));
  for (const name of options.keysAgreed ?? []) {
    const { apiKeyEnv = '', baseUrl } = config.settings.providers.get(name) ?? { baseUrl: '' };
    secrets.values.set(`variable:${name}:${apiKeyEnv}@${new URL(baseUrl).origin}`, 'agreed');
  }
  const sent: Sent[] = [];
  const network: typeof globalThis.fetch = async (input, init = {}) => {
    const url = input instanceof Request ? input.url : String(input);
    const { body } = init;
    sent.push({ url, headers: new Headers(init.headers), body: typeof body === 'string' ? body : '' });
    if (!options.answer) throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } });
    return options.answer(url, init);
  };
  const fetch = createFetch(() => config.settings.private, network);
  t.after(() => {
    keys.dispose();
    config.dispose();
  });
  const provider = (name: string): ProviderConfig => {
    const found = config.settings.providers.get(name);
    if (!found) throw new Error(`no provider ${name}`);
    return found;
  };
  return {
    ...{ host, memory, secrets, log, config, keys, sent, fetch, provider },
    prices: new PriceBook(),
    trusted: () => host.trusted,
    /** What the settings hold for the user, without `gearshift.`. */
    setting: (name: string) => host.settings.get(`gearshift.${name}`),
    /** Changes a setting as its editor does. */
    change: (name: string, value: unknown) => config.write(name as Parameters<Config['write']>[0], value),
  };
}
export type TestWindow = ReturnType<typeof openWindow>;

/** The address of a provider as the extension reads it. */
export function endpointFor(provider: ProviderConfig): Endpoint {
  const check = endpointOf(provider);
  if (!check.ok) throw new Error(check.why);
  return check.endpoint;
}

/** Sets environment variables until the test is over; undefined takes one away. */
export function setEnv(t: TestContext, values: Readonly<Record<string, string | undefined>>): void {
  const before = Object.keys(values).map((name) => [name, process.env[name]] as const);
  const set = (name: string, value: string | undefined): void => {
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  };
  for (const [name, value] of Object.entries(values)) set(name, value);
  t.after(() => before.forEach(([name, value]) => set(name, value)));
}

/** Lets everything run that is not waiting for a timer or for the network. */
export const settle = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
};

/** Waits until something holds, for at most five seconds. */
export async function until(holds: () => unknown, what = 'it did not happen'): Promise<void> {
  const end = performance.now() + 5_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(what);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
