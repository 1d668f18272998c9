import { t } from '@vscode/l10n';
import * as v from 'valibot';
import { checkEndpoint } from '../common/endpoints.ts';
import { FIM_FAMILY_NAMES, INFILL_APIS, type StatedInfill } from '../common/infillSetting.ts';
import { classifyHeader, HEADER_NAME } from '../common/headers.ts';
import { isSecretName, readPastedAddress } from '../common/pastedAddress.ts';
import type { ProviderConfig } from '../common/providerConfig.ts';
import { MAX_TOKENS_FIELDS, OMITTABLE, SYSTEM_ROLES, type RequestShape } from '../common/requestShape.ts';

const Price = v.pipe(v.number(), v.minValue(0), v.maxValue(100_000));
/**
 * What Ollama takes: Go's durations (https://pkg.go.dev/time#ParseDuration), such as `30m` and `1h30m`, or a number of
 * seconds, as text or as a number; negative is forever.
 */
const KEEP_ALIVE = /^[-+]?(\d{1,9}(\.\d{0,9})?|(\d{1,9}(\.\d{0,9})?(ns|us|µs|ms|s|m|h)){1,6})$/;
const KeepAlive = v.pipe(
  v.union([v.string(), v.pipe(v.number(), v.finite())]),
  v.transform(String),
  v.regex(KEEP_ALIVE),
);
const EnvName = v.pipe(v.string(), v.regex(/^[A-Za-z_][A-Za-z0-9_]*$/));
const ContextTokens = v.pipe(v.number(), v.integer(), v.minValue(256), v.maxValue(100_000_000));
const ModelPrice = v.object({
  input: Price,
  output: Price,
  cacheRead: v.optional(Price),
  cacheWrite: v.optional(Price),
});

const Mark = v.pipe(v.string(), v.minLength(1), v.maxLength(100));
const Infill = v.union([
  v.picklist([...FIM_FAMILY_NAMES, ...INFILL_APIS]),
  v.object({
    prefix: Mark,
    suffix: Mark,
    middle: v.optional(v.pipe(v.string(), v.maxLength(100)), ''),
    order: v.optional(v.picklist(['prefix-first', 'suffix-first'])),
    stops: v.optional(v.pipe(v.array(Mark), v.maxLength(20))),
  }),
]);
const MostTokens = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10_000_000));

/** The members without which a provider cannot be used. A wrong one of the others is left out alone. */
const ProviderShape = v.object({
  kind: v.picklist(['ollama', 'openai']),
  baseUrl: v.string(),
});

/** What is looked at beside the value of `gearshift.providers`. */
interface ProviderReading {
  /** The providers before this reading. */
  readonly lastGood: ReadonlyMap<string, ProviderConfig> | undefined;
  /** The address that `gearshift.ollama.baseUrl` gives. */
  readonly ollamaUrl: string | undefined;
  /** The address that the environment's OLLAMA_HOST means. */
  readonly ollamaHost: string | undefined;
  readonly report: (message: string) => void;
}

/**
 * Reads the value of `gearshift.providers`. A provider that cannot be used is reported and replaced by its last good
 * entry; a wrong member that a provider can do without is reported, and only that member keeps its last good value.
 *
 * @returns undefined when the value is no object
 */
export function readProviders(
  entries: unknown,
  { lastGood, ollamaUrl, ollamaHost, report }: ProviderReading,
): ReadonlyMap<string, ProviderConfig> | undefined {
  if (typeof entries !== 'object' || entries === null || Array.isArray(entries)) return undefined;
  const providers = new Map<string, ProviderConfig>();
  for (const [name, value] of Object.entries(entries)) {
    const previous = lastGood?.get(name);
    const read = /^[^/\s\p{Cc}]+$/u.test(name)
      ? readProvider(
          name,
          value,
          previous,
          name === 'ollama' ? { url: ollamaUrl ?? ollamaHost, wins: ollamaUrl !== undefined } : undefined,
          report,
        )
      : t('its name must not contain a slash or spaces');
    if (typeof read === 'object') {
      providers.set(name, read);
      continue;
    }
    report(
      previous
        ? t('{0}: {1}. Its last good value stays in use.', show(name), read)
        : t('{0}: {1}. It is left out.', show(name), read),
    );
    if (previous) providers.set(name, previous);
  }
  return providers;
}

/** The address that the shipped provider `ollama` has in the manifest. */
const DEFAULT_OLLAMA_URL = 'http://127.0.0.1:11434';

/**
 * One provider, or why it cannot be used.
 *
 * @param ollama another address; it replaces the one of the entry when it `wins` or when the entry has the default
 */
function readProvider(
  name: string,
  value: unknown,
  previous: ProviderConfig | undefined,
  ollama: { readonly url: string | undefined; readonly wins: boolean } | undefined,
  report: (message: string) => void,
): ProviderConfig | string {
  const result = v.safeParse(ProviderShape, value);
  if (!result.success) return whyInvalid(result.issues[0], []);
  const { kind } = result.output;
  const { baseUrl: own, query: pasted } = readPastedAddress(result.output.baseUrl, kind);
  const member = new Members(value as Readonly<Record<string, unknown>>, (why, kept) =>
    report(
      kept
        ? t('{0}: {1}. Its last good value stays in use.', show(name), why)
        : t('{0}: {1}. It is left out.', show(name), why),
    ),
  );
  const allowUnencrypted = member.one('allowUnencrypted', v.boolean(), undefined);
  const baseUrl = ollama?.url && (ollama.wins || own === DEFAULT_OLLAMA_URL) ? ollama.url : own;
  const check = checkEndpoint(baseUrl, allowUnencrypted);
  if (!check.ok) return t('baseUrl {0} cannot be used: {1}', show(baseUrl), check.why);

  const runsHere = member.one('runsHere', v.boolean(), undefined);
  if (runsHere && (kind === 'ollama' || !check.endpoint.loopback))
    report(
      t(
        '{0}: {1}. It is left out.',
        show(name),
        t('runsHere is only for an OpenAI-style server at an address of this computer'),
      ),
    );

  // What was good for one address is not sent to another.
  const before = previous?.baseUrl === check.endpoint.baseUrl ? previous : undefined;
  const keepAlive = member.one('keepAlive', KeepAlive, before?.keepAlive);
  const monthlyPlan = member.one('monthlyPlan', Price, before?.monthlyPlan);
  const request = readRequest(member, before?.request);
  const stated = member.each('query', v.string(), new Map(Object.entries(before?.query ?? {})), (key) =>
    isSecretName(key) ? t('{0} is not for settings, because its name says that it carries a key', show(key)) : '',
  );
  const query = { ...pasted, ...Object.fromEntries(stated) };
  return {
    name,
    kind,
    baseUrl: check.endpoint.baseUrl,
    ...(allowUnencrypted === undefined ? {} : { allowUnencrypted }),
    ...(runsHere && kind === 'openai' && check.endpoint.loopback ? { runsHere } : {}),
    apiKeyEnv: member.one('apiKeyEnv', EnvName, before?.apiKeyEnv),
    headers: Object.fromEntries(
      member.each('headers', v.string(), new Map(Object.entries(before?.headers ?? {})), whyNoHeader),
    ),
    ...(keepAlive === undefined ? {} : { keepAlive }),
    ...(Object.keys(query).length > 0 ? { query } : {}),
    ...(request === undefined ? {} : { request }),
    ...(monthlyPlan === undefined ? {} : { monthlyPlan }),
    prices: member.each('prices', ModelPrice, before?.prices),
    contextTokens: member.each('contextTokens', ContextTokens, before?.contextTokens),
    infill: member.each<StatedInfill>('infill', Infill, before?.infill),
  };
}

/** What requests to the provider must be like, each member for itself; undefined when none is stated. */
function readRequest(member: Members, previous: RequestShape | undefined): RequestShape | undefined {
  const inner = member.inside('request');
  if (!inner) return previous;
  const request: RequestShape = {
    maxTokens: inner.one('maxTokens', v.picklist(MAX_TOKENS_FIELDS), previous?.maxTokens),
    mostTokens: inner.one('mostTokens', MostTokens, previous?.mostTokens),
    systemRole: inner.one('systemRole', v.picklist(SYSTEM_ROLES), previous?.systemRole),
    omit: inner.one('omit', v.array(v.picklist(OMITTABLE)), previous?.omit),
  };
  const stated = Object.entries(request).filter(([, value]) => value !== undefined);
  return stated.length > 0 ? Object.fromEntries(stated) : undefined;
}

/** The members that a provider can do without: each wrong one is reported alone and keeps its last good value. */
class Members {
  readonly #entry: Readonly<Record<string, unknown>>;
  readonly #report: (why: string, kept: boolean) => void;

  readonly #at: readonly string[];

  /**
   * @param report told why a member is not used, and whether its last good value is used in its place
   * @param at the names of the members that these are in
   */
  constructor(
    entry: Readonly<Record<string, unknown>>,
    report: (why: string, kept: boolean) => void,
    at: readonly string[] = [],
  ) {
    this.#entry = entry;
    this.#report = report;
    this.#at = at;
  }

  /** The members of a member that is an object; undefined when it is none, which is reported. */
  inside(name: string): Members | undefined {
    if (this.#entry[name] === undefined) return new Members({}, this.#report, [...this.#at, name]);
    const inner = this.one(name, v.record(v.string(), v.unknown()), undefined);
    return inner && new Members(inner, this.#report, [...this.#at, name]);
  }

  /** A member with one value. */
  one<T>(name: string, schema: v.GenericSchema<unknown, T>, previous: T | undefined): T | undefined {
    const value = this.#entry[name];
    if (value === undefined) return undefined;
    const result = v.safeParse(schema, value);
    if (result.success) return result.output;
    this.#report(whyInvalid(result.issues[0], [...this.#at, name]), previous !== undefined);
    return previous;
  }

  /**
   * A member that is an object with one value per model or header.
   *
   * @param whyNot why an entry of the right shape is not used anyway; empty when it is
   */
  each<T>(
    name: string,
    schema: v.GenericSchema<unknown, T>,
    previous: ReadonlyMap<string, T> | undefined,
    whyNot: (key: string, value: T) => string = () => '',
  ): ReadonlyMap<string, T> {
    const value = this.#entry[name];
    const entries = value === undefined ? {} : this.one(name, v.record(v.string(), v.unknown()), undefined);
    if (!entries) return previous ?? new Map();
    const used = new Map<string, T>();
    for (const [key, each] of Object.entries(entries)) {
      const result = v.safeParse(schema, each);
      const why = result.success ? whyNot(key, result.output) : whyInvalid(result.issues[0], [name, key]);
      const kept = previous?.get(key);
      if (result.success && !why) used.set(key, result.output);
      else {
        this.#report(why, kept !== undefined);
        if (kept !== undefined) used.set(key, kept);
      }
    }
    return used;
  }
}

/** What is wrong with a value, and where: `prices.gpt-5.input is not valid (…)`. */
function whyInvalid(issue: v.BaseIssue<unknown>, at: readonly string[]): string {
  const path = [...at, ...(issue.path?.map(({ key }) => String(key)) ?? [])];
  return t('{0} is not valid ({1})', path.join('.') || t('the entry'), issue.message);
}

/** Why a header may not be in a setting, which is synced in plain text; empty when it may. */
function whyNoHeader(header: string, text: string): string {
  if (!HEADER_NAME.test(header) || /[\r\n\0]/.test(text)) return t('header {0} is not valid', show(header));
  switch (classifyHeader(header)) {
    case 'plain':
      return '';
    case 'key':
      return t('header {0} is not for settings; use "Set API key", which keeps it in the secret storage', show(header));
    case 'secret':
      return t(
        'header {0} is not for settings, because its name says that it carries a key; enter it in the Gearshift settings under Providers, which keeps it in the secret storage',
        show(header),
      );
    case 'never':
      return t('header {0} belongs to the connection and cannot be set', show(header));
  }
}

/** A value as it may be in a message: JSON, one line, at most 60 characters. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
