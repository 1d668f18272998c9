import { t } from '@vscode/l10n';
import * as v from 'valibot';
import { checkEndpoint } from '../common/endpoints.ts';
import { classifyHeader } from '../common/headers.ts';
import type { ProviderConfig } from '../common/providerConfig.ts';
import type { RawSettings, Settings } from './settings.ts';

const Price = v.pipe(v.number(), v.minValue(0), v.maxValue(100_000));
/** Go's durations, as Ollama reads them, or a number of seconds; negative is for ever. */
const KEEP_ALIVE = /^-?\d{1,9}(\.\d+)?(ms|s|m|h)?$/;
const ProviderShape = v.object({
  kind: v.picklist(['ollama', 'openai']),
  baseUrl: v.string(),
  apiKeyEnv: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z_][A-Za-z0-9_]*$/))),
  headers: v.optional(v.record(v.string(), v.string())),
  keepAlive: v.optional(v.pipe(v.string(), v.regex(KEEP_ALIVE))),
  contextTokens: v.optional(
    v.record(v.string(), v.pipe(v.number(), v.integer(), v.minValue(256), v.maxValue(100_000_000))),
  ),
  prices: v.optional(
    v.record(
      v.string(),
      v.object({ input: Price, output: Price, cacheRead: v.optional(Price), cacheWrite: v.optional(Price) }),
    ),
  ),
});
export function readProviders(
  raw: RawSettings,
  lastGood: Settings | undefined,
  ollamaHost: string | undefined,
  problem: (setting: string, message: string) => void,
): ReadonlyMap<string, ProviderConfig> {
  const entries = raw.providers;
  if (typeof entries !== 'object' || entries === null || Array.isArray(entries)) {
    problem('providers', t('{0} is not {1}; the last good value stays in force.', show(entries), t('an object')));
    return lastGood?.providers ?? new Map();
  }
  const override = readOllamaUrl(raw, problem);
  const providers = new Map<string, ProviderConfig>();
  for (const [name, value] of Object.entries(entries)) {
    const parsed = /^[^/\s\p{Cc}]+$/u.test(name)
      ? readProvider(name, value, name === 'ollama' ? (override ?? ollamaHost) : undefined, override !== undefined)
      : t('its name must not contain a slash or blanks');
    if (typeof parsed === 'object') {
      providers.set(name, parsed);
      continue;
    }
    const previous = lastGood?.providers.get(name);
    problem(
      'providers',
      previous
        ? t('{0}: {1}. Its last good value stays in force.', show(name), parsed)
        : t('{0}: {1}. It is left out.', show(name), parsed),
    );
    if (previous) providers.set(name, previous);
  }
  return providers;
}

function readOllamaUrl(raw: RawSettings, problem: (setting: string, message: string) => void): string | undefined {
  const value = raw['ollama.baseUrl'];
  if (value === undefined || value === '') return undefined;
  const check = typeof value === 'string' ? checkEndpoint(value) : undefined;
  if (check?.ok) return check.endpoint.baseUrl;
  problem('ollama.baseUrl', t('{0} cannot be used: {1}.', show(value), check ? check.why : t('it is not text')));
  return undefined;
}

/** The address that the shipped provider `ollama` has in the manifest. */
const DEFAULT_OLLAMA_URL = 'http://127.0.0.1:11434';

function readProvider(
  name: string,
  value: unknown,
  ollamaUrl: string | undefined,
  ollamaUrlWins: boolean,
): ProviderConfig | string {
  const result = v.safeParse(ProviderShape, value);
  if (!result.success) {
    const [issue] = result.issues;
    return t(
      '{0} is not valid ({1})',
      issue.path?.map(({ key }) => String(key)).join('.') ?? t('the entry'),
      issue.message,
    );
  }
  const { kind, apiKeyEnv, headers = {}, keepAlive, prices = {}, contextTokens = {} } = result.output;
  const baseUrl =
    ollamaUrl && (ollamaUrlWins || result.output.baseUrl === DEFAULT_OLLAMA_URL) ? ollamaUrl : result.output.baseUrl;
  const check = checkEndpoint(baseUrl);
  if (!check.ok) return t('baseUrl {0} cannot be used: {1}', show(baseUrl), check.why);
  for (const [header, text] of Object.entries(headers)) {
    const why = whyNoHeader(header, text);
    if (why) return why;
  }
  return {
    name,
    kind,
    baseUrl: check.endpoint.baseUrl,
    apiKeyEnv,
    headers,
    ...(keepAlive === undefined ? {} : { keepAlive }),
    prices: new Map(Object.entries(prices)),
    contextTokens: new Map(Object.entries(contextTokens)),
  };
}

/** Why a header may not stand in a setting, which is synced in plain text; empty when it may. */
function whyNoHeader(header: string, text: string): string {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(header) || /[\r\n\0]/.test(text))
    return t('header {0} is not valid', show(header));
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

/** A value as it may stand in a message: JSON, one line, at most 60 characters. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
