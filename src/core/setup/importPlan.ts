import { t } from '@vscode/l10n';
import { checkEndpoint } from '../common/endpoints.ts';
import { classifyHeader } from '../common/headers.ts';
import { kindOfHost } from '../common/hosts.ts';
import { readPastedAddress } from '../common/pastedAddress.ts';
import type { ProviderConfig } from '../common/providerConfig.ts';
import { TIERS, type Tier } from '../common/types.ts';
import { chooseFormat } from '../completion/fim.ts';
import { readKey } from './importKeys.ts';
import { fixedProvider, fixedProviderAt, isAzureHost, OLLAMA_PORT, SIGNED_PROVIDERS } from './importProviders.ts';

/**
 * What an import would change. A plan says what would be taken and what would be left, with the reason; nothing is changed
 * here, and no key becomes part of a setting.
 */
export interface ImportPlan {
  /** Providers to add, or to change by these fields. */
  readonly providers: ReadonlyMap<string, ImportedProvider>;
  readonly tiers: Readonly<Partial<Record<Tier, readonly string[]>>>;
  /** Keys that were there in plain text, by provider: for the secret storage. */
  readonly keys: ReadonlyMap<string, string>;
  /** Headers that carry keys, by provider: for the secret storage. */
  readonly secretHeaders: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly took: readonly string[];
  /** Of these lines, those about where something is sent and with which key: no question about the import may fold them. */
  readonly places: readonly string[];
  readonly left: readonly string[];
}

interface ImportedProvider {
  /** Undefined: a provider that is there already keeps its own. */
  readonly kind?: ProviderConfig['kind'];
  readonly baseUrl?: string;
  readonly apiKeyEnv?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
}

type KnownProviders = ReadonlyMap<string, Pick<ProviderConfig, 'kind' | 'baseUrl' | 'apiKeyEnv'>>;

type Variables = Readonly<Record<string, string | undefined>>;

/** What is known while a plan is made. */
export interface ImportContext {
  /** The providers of the settings. */
  readonly known: KnownProviders;
  readonly env: Variables;
  /** Variables of the `.env` files that the other tool reads; their values are keys in plain text. */
  readonly files?: Variables;
}

/** One model as another tool's configuration states it. */
export interface FoundModel {
  /** What the user calls it. */
  readonly label: string;
  /** The other tool's name of the provider. */
  readonly provider: string;
  readonly model: string;
  /** Empty: the provider's own. */
  readonly address?: string | undefined;
  readonly key?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The name that a proxy has for it where it asks it. */
  readonly behind?: string | undefined;
  /** What the model is for. */
  readonly uses: readonly ('chat' | 'completions' | 'escalations')[];
  /** The deployment that Azure has for it, where the file states it. */
  readonly deployment?: string | undefined;
}

interface Place {
  readonly name: string;
  readonly kind: ProviderConfig['kind'];
  readonly baseUrl: string;
  readonly host: string;
  readonly query: Readonly<Record<string, string>>;
}

/** Longest chain of a tier. */
const MOST_MODELS = 20;

/** Entries of one file that are read. */
const MOST_ENTRIES = 1000;

/** Names of models that turn text into vectors, order it, listen, speak or draw. All other models are taken for chat. */
const NOT_FOR_CHAT = /embed(?!ded)|rerank|whisper|dall-e|(?:^|[-_/])(?:tts|stt|bge|all-minilm)(?:[-_:]|$)/i;

/** Collects what is taken and what is left. Each line is said once, and lines with the same reason become one. */
export class Planner implements ImportPlan {
  readonly providers = new Map<string, ImportedProvider>();
  readonly tiers: Partial<Record<Tier, string[]>> = {};
  readonly keys = new Map<string, string>();
  readonly secretHeaders = new Map<string, Record<string, string>>();
  readonly #took = new Set<string>();
  readonly #places = new Set<string>();
  /** Reasons, and what was left for each. */
  readonly #left = new Map<string, Set<string>>();
  /** What each provider's key is, so that a second one for the same address is seen. */
  readonly #keyOf = new Map<string, string>();
  readonly #context: ImportContext;

  constructor(context: ImportContext) {
    this.#context = context;
  }

  get took(): string[] {
    return [...this.#took];
  }

  get places(): string[] {
    return [...this.#places];
  }

  get left(): string[] {
    return [...this.#left].map(([why, what]) => (what.size > 0 ? t('{0}: {1}', [...what].join(', '), why) : why));
  }

  /** Says what is taken. Names come from the file, which may be another's: none makes a line of its own. */
  take(line: string): void {
    this.#took.add(asLine(line));
  }

  /** Says that something is sent to a place, or which key or header it gets. */
  #takePlace(line: string): void {
    this.take(line);
    this.#places.add(asLine(line));
  }

  /**
   * Says what is left.
   *
   * @param what what the user calls it; empty when the reason says it
   */
  leave(what: string, why: string): void {
    const reason = asLine(why);
    const names = this.#left.get(reason) ?? new Set<string>();
    if (what) names.add(asLine(what));
    this.#left.set(reason, names);
  }

  /** The entries of a list that are read. Says how many more there are. */
  entriesOf<T>(list: readonly T[]): readonly T[] {
    const more = list.length - MOST_ENTRIES;
    if (more > 0) this.leave('', t('{0} further entries: only the first {1} are read', more, MOST_ENTRIES));
    return list.slice(0, MOST_ENTRIES);
  }

  /** A reference to the variable with a provider's key, by its usual names. Undefined: none is set, or the user chose one. */
  usualKeyOf(provider: string): string | undefined {
    if (this.#context.known.get(provider)?.apiKeyEnv) return undefined;
    const name = fixedProvider(provider)?.keys.find((each) => this.variable(each));
    return name && `\${${name}}`;
  }

  /** The value of a variable in the environment, or else in a `.env` file. */
  variable(name: string): string | undefined {
    return this.#context.env[name] || this.#context.files?.[name] || undefined;
  }

  /** Takes a model into the tiers that it is for, with its provider and key, or says why not. */
  addModel(found: FoundModel): void {
    const { label, uses } = found;
    const address = this.#addressIn(found.address ?? '');
    const model = (deploymentOf({ ...found, address }) ?? found.model).trim();
    if (!model) return this.leave(label || t('an entry of its models'), t('it names no model'));
    if (NOT_FOR_CHAT.test(model) || NOT_FOR_CHAT.test(found.behind ?? ''))
      return this.leave(label, t('by its name it is not a model for chat'));
    const place = this.#placeOf(found);
    if (typeof place === 'string') return this.leave(label, place);
    const chats = uses.filter((use) => use !== 'completions');
    const cannotFill = uses.includes('completions') ? whyNoCompletions(place, model) : '';
    if (chats.length === 0 && cannotFill) return this.leave(label, cannotFill);
    const provider = this.#addProvider(place, found);
    const ref = `${provider}/${model}`;
    const full = (tier: Tier): string => t('the {0} tier is full (maximum: {1})', tier, MOST_MODELS);
    for (const use of chats) {
      const tier = use === 'chat' ? 'mid' : 'frontier';
      if (!this.#add(tier, ref)) this.leave(label, full(tier));
      else this.take(use === 'chat' ? t('{0} for chat: {1}', label, ref) : t('{0} for escalations: {1}', label, ref));
    }
    if (cannotFill) this.leave(label, cannotFill);
    else if (uses.includes('completions')) {
      if (!this.#add('local', ref)) return this.leave(label, full('local'));
      const { hostname } = new URL(place.baseUrl);
      this.take(
        kindOfHost(hostname) === 'loopback'
          ? t('{0} for completions: {1}', label, ref)
          : t('{0} for completions, which sends code to {2} as you type: {1}', label, ref, place.host),
      );
    }
  }

  /** Takes a key for a provider without a model. Returns the provider's name, or undefined when it cannot be used. */
  addKey(found: Pick<FoundModel, 'label' | 'provider' | 'address' | 'key' | 'headers'>): string | undefined {
    const place = this.#placeOf({ ...found, model: '', uses: [] });
    if (typeof place !== 'string') return this.#addProvider(place, { ...found, model: '', uses: [] });
    this.leave(found.label, place);
    return undefined;
  }

  /** False: the tier has no room. */
  #add(tier: Tier, ref: string): boolean {
    const chain = (this.tiers[tier] ??= []);
    if (chain.includes(ref)) return true;
    if (chain.length >= MOST_MODELS) return false;
    chain.push(ref);
    return true;
  }

  /** Where a model is asked, or why it cannot be. */
  #placeOf({ provider, address = '' }: FoundModel): Place | string {
    const { known } = this.#context;
    const fixed = fixedProvider(provider);
    if (SIGNED_PROVIDERS.has(provider.toLowerCase()))
      return t('the provider {0} needs a signature for each request, which Gearshift cannot make', provider);
    if (!fixed && !address)
      return provider
        ? t('the provider {0} is not known here, and it has no address', provider)
        : t('it names neither a provider nor an address');
    const stated = this.#addressIn(address);
    if (stated === undefined)
      return t(
        'the address {0} cannot be used: it names a variable, which has no value in the environment or in a .env file',
        quoted(address),
      );
    const given = stated || known.get(fixed?.name ?? '')?.baseUrl || fixed?.baseUrl || '';
    const isOllama = fixed?.kind === 'ollama' || portOf(given) === OLLAMA_PORT;
    const kind = isOllama ? 'ollama' : 'openai';
    const { baseUrl: pasted, query } = readPastedAddress(given.trim(), kind);
    const check = checkEndpoint(usualAddress(pasted, fixed?.baseUrl));
    // A variable's value may be a secret, so only what the file says is shown.
    if (!check.ok) return t('the address {0} cannot be used: {1}', quoted(address || given), check.why);
    const { baseUrl, host } = check.endpoint;
    const name = fixedProviderAt(host)?.name ?? (isOllama ? 'ollama' : (fixed?.name ?? provider));
    return { name, kind, baseUrl, host, query: isAzureHost(host) ? {} : query };
  }

  /**
   * The address that a text states, itself or as the name of a variable. Undefined: it names a variable without a value. A
   * variable inside an address is not replaced: a file of others could send the value of any variable to its own server.
   */
  #addressIn(text: string): string | undefined {
    const read = readKey(text, true);
    if (read.kind === 'variable') return this.variable(read.name);
    return /\$\{|\{\{/.test(text) ? undefined : text;
  }

  /** Adds the provider with its headers and key, and returns the name that it has here. */
  #addProvider(place: Place, found: FoundModel): string {
    const { kind, baseUrl, host, query } = place;
    const read = readKey(found.key, kindOfHost(new URL(baseUrl).hostname) !== 'public');
    const identity = read.kind === 'variable' ? `variable ${read.name}` : read.kind === 'key' ? `key ${read.key}` : '';
    const name = this.#nameFor(place, identity);
    if (identity) this.#keyOf.set(name, identity);
    const before = this.providers.get(name);
    const isKnown = this.#context.known.has(name);
    const headers = this.#takeHeaders(name, found);
    const isHere = kindOfHost(new URL(baseUrl).hostname) === 'loopback';
    // A server on this computer needs no key, so a text in its place says nothing.
    const variable = isHere && read.kind === 'placeholder' ? undefined : this.#takeKey(name, found, read);
    const next: ImportedProvider = {
      ...before,
      ...(isKnown ? {} : { kind, baseUrl }),
      ...(isKnown || Object.keys(query).length === 0 ? {} : { query }),
      ...(headers ? { headers: { ...before?.headers, ...headers } } : {}),
      ...(variable ? { apiKeyEnv: variable } : {}),
    };
    if (Object.keys(next).length > 0) {
      if (!before && !isKnown) this.#takePlace(t('provider {0} at {1}', name, host));
      this.providers.set(name, next);
    }
    return name;
  }

  /** The provider of this address: a configured one, one of this plan, or a new name. One provider has one key. */
  #nameFor({ name: wish, baseUrl }: Place, key: string): string {
    const { known } = this.#context;
    const isFree = (name: string): boolean => !key || (this.#keyOf.get(name) ?? key) === key;
    for (const [name, each] of [...known, ...this.providers])
      if (sameAddress(each.baseUrl, baseUrl) && isFree(name)) return name;
    const taken = (name: string): boolean => known.has(name) || this.providers.has(name);
    const isUsual = fixedProvider(wish)?.baseUrl === baseUrl;
    const byHost = plainName(hostName(baseUrl));
    const base = isUsual || !GENERIC.has(wish) ? plainName(wish) : byHost;
    if (!taken(base)) return base;
    if (!isUsual && !taken(byHost)) return byHost;
    for (let n = 2; ; n++) if (!taken(`${base}-${n}`)) return `${base}-${n}`;
  }

  #takeHeaders(provider: string, { label, headers = {} }: FoundModel): Record<string, string> | undefined {
    const taken: Record<string, string> = {};
    for (const [name, value] of Object.entries(headers)) {
      switch (classifyHeader(name, value)) {
        case 'plain':
          if (readKey(value, true).kind === 'variable') {
            this.leave(label, t('its header {0} names a variable, which headers cannot do here', name));
            break;
          }
          taken[name] = value;
          this.#takePlace(t('the header {0} of {1}', name, provider));
          break;
        case 'secret':
          // `Bearer …` is a scheme with a key behind it.
          if (readKey(value.replace(/^(?:bearer|basic|token)\s+/i, ''), true).kind !== 'key') {
            this.leave(label, t('its header {0} holds no key that could be taken', name));
            break;
          }
          this.secretHeaders.set(provider, { ...this.secretHeaders.get(provider), [name]: value });
          this.#takePlace(t('the header {0} of {1}, into the secret storage', name, provider));
          break;
        case 'key':
          this.leave(label, t('its header {0}, which carries a key; set the key under Providers', name));
          break;
        case 'never':
          this.leave(label, t('its header {0}, which belongs to the connection', name));
      }
    }
    return Object.keys(taken).length ? taken : undefined;
  }

  /** The variable that holds the key; a key in plain text goes to the plan's keys. */
  #takeKey(provider: string, { label }: FoundModel, read: ReturnType<typeof readKey>): string | undefined {
    const { env, files = {} } = this.#context;
    switch (read.kind) {
      case 'none':
        return undefined;
      case 'placeholder':
        this.leave(label, t('its key looks like a placeholder; set the key under Providers'));
        return undefined;
      case 'elsewhere':
        this.leave(label, t('its key is in a storage that only the other extension can read; set it under Providers'));
        return undefined;
      case 'key':
        this.#keepKey(provider, read.key, t('the key of {0}, into the secret storage', provider));
        return undefined;
      case 'variable': {
        const { name } = read;
        if (env[name]) {
          this.#takePlace(t('the key of {0}, from the environment variable {1}', provider, name));
          return name;
        }
        const inFile = readKey(files[name], true);
        if (inFile.kind === 'key') {
          this.#keepKey(
            provider,
            inFile.key,
            t('the key of {0}, from {1} in a .env file, into the secret storage', provider, name),
          );
          return undefined;
        }
        if (read.secret) {
          this.leave(
            label,
            t(
              'its key is the secret {0}, which was found neither in the environment nor in a .env file; set it under Providers',
              name,
            ),
          );
          return undefined;
        }
        this.#takePlace(
          t('the environment variable {1} as the key of {0}; VS Code does not have this variable yet', provider, name),
        );
        return name;
      }
    }
  }

  #keepKey(provider: string, key: string, line: string): void {
    if (this.keys.has(provider)) return;
    this.keys.set(provider, key);
    this.#takePlace(line);
  }
}

const quoted = (address: string): string => JSON.stringify(address.slice(0, 60));

/** Longest line about an import, in characters. */
const LONGEST_LINE = 200;

const asLine = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, LONGEST_LINE);

/** Names of a protocol, not of a place. */
const GENERIC = new Set(['openai', 'openai-compatible', 'custom', 'customoai', 'customendpoint', 'azure', '']);

/** `localhost` and `127.0.0.1` are one place. */
function sameAddress(url: string | undefined, baseUrl: string): boolean {
  const check = checkEndpoint(url ?? '');
  const plain = (text: string): string => text.replace('://localhost', '://127.0.0.1');
  return check.ok && plain(check.endpoint.baseUrl) === plain(baseUrl);
}

/** The deployment of a model at Azure, where requests name it in place of the model. */
function deploymentOf({ address = '', deployment }: FoundModel): string | undefined {
  if (!isAzureHost(hostOf(address))) return undefined;
  return /\/deployments\/([^/?#]+)/.exec(address)?.[1] ?? deployment;
}

function hostOf(address: string): string {
  try {
    return new URL(address).host;
  } catch {
    return '';
  }
}

function portOf(address: string): string {
  try {
    return new URL(address).port;
  } catch {
    return '';
  }
}

/**
 * The address as Gearshift asks it: the path of a provider with one address where only the host is given, `/v1` where a
 * local server needs it, and Azure's path that takes a key and the name of a deployment.
 */
function usualAddress(given: string, fixedUrl: string | undefined): string {
  let url: URL;
  try {
    url = new URL(given);
  } catch {
    return given;
  }
  if (isAzureHost(url.host)) return `${url.origin}/openai/v1`;
  if (url.pathname !== '/') return given;
  const usual = fixedProviderAt(url.host)?.baseUrl ?? fixedUrl;
  // A fixed address of another host says where its API begins, except at public places, which know their own.
  return usual && (new URL(usual).host === url.host || kindOfHost(new URL(usual).hostname) === 'loopback')
    ? `${url.origin}${new URL(usual).pathname.replace(/^\/$/, '')}`
    : given;
}

/** A name after the host: `gpu.lan`, `ch.at`, `local-8000`. */
function hostName(baseUrl: string): string {
  const { hostname, port } = new URL(baseUrl);
  if (kindOfHost(hostname) === 'loopback') return port ? `local-${port}` : 'local-server';
  return hostname.replace(/^(?:www|api)\./, '');
}

const plainName = (name: string): string => name.replace(/[^\w.-]+/g, '-').slice(0, 40) || 'imported';

/** Servers that say themselves how they fill a gap; see `probeInfill`. */
const FILLS_GAPS = new Set(['api.mistral.ai', 'codestral.mistral.ai', 'api.deepseek.com']);

/** Why a model cannot write ghost text; empty when it may. Servers on this computer are asked later. */
function whyNoCompletions({ kind, baseUrl, host }: Place, model: string): string {
  if (kind === 'ollama' || FILLS_GAPS.has(host)) return '';
  if (kindOfHost(new URL(baseUrl).hostname) !== 'public') return '';
  return chooseFormat({ model }).mode === 'raw'
    ? ''
    : t('completions need a model that fills gaps in code, and nothing shows that this one at {0} can', host);
}

/** Whether a plan changes anything. */
export const isEmpty = ({ providers, tiers, keys, secretHeaders }: ImportPlan): boolean =>
  providers.size === 0 && keys.size === 0 && secretHeaders.size === 0 && TIERS.every((tier) => !tiers[tier]?.length);
