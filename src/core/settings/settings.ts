import { t } from '@vscode/l10n';
import * as v from 'valibot';
import { BUDGET_PERIODS, BUDGET_STOPS, type Budget } from '../money/budgets.ts';
import { COSTLIER_FALLBACKS, type CostlierFallback } from '../money/costlierModel.ts';
import { checkEndpoint } from '../common/endpoints.ts';
import { classifyHeader, HEADER_NAME } from '../common/headers.ts';
import { arrangeRules, parseRules } from '../routing/rules.ts';
import type { Rule, RuleEntry } from '../routing/routingTypes.ts';
import {
  formatModelRef,
  parseModelRef,
  TIER_CHOICES,
  TIERS,
  type ModelRef,
  type Tier,
  type TierChoice,
} from '../common/types.ts';
import type { ProviderConfig } from '../common/providerConfig.ts';

/** Everything the extension reads from VS Code's settings, parsed. The keys are those of the manifest, without `gearshift.`. */
export interface Settings {
  readonly providers: ReadonlyMap<string, ProviderConfig>;
  readonly tiers: Readonly<Record<Tier, readonly ModelRef[]>>;
  readonly completions: {
    readonly enabled: boolean;
    /** Language id → on or off; `*` is every language not named. */
    readonly languages: ReadonlyMap<string, boolean>;
    /** Glob → on or off; the last one that matches a file decides. */
    readonly files: ReadonlyMap<string, boolean>;
    readonly comments: boolean;
    readonly strings: boolean;
    readonly onBattery: boolean;
  };
  /** Origins that the user agreed to send to. */
  readonly consent: ReadonlySet<string>;
  readonly budgets: readonly Budget[];
  /** Calls that may cost more than this, in USD, are asked about first. */
  readonly confirmAbove: number;
  /** Escalations that likely cost up to this, in USD, go without a preview of what is sent. */
  readonly previewAbove: number;
  /** Commit messages in the Conventional Commits form, whatever the repository does. */
  readonly conventionalCommits: boolean;
  /** Whether the chain may go on to a model that costs over twice as much as the first. */
  readonly costlierFallback: CostlierFallback;
  /** What a new chat asks. */
  readonly chatTier: TierChoice;
  readonly routing: RoutingSettings;
  /** Nothing may leave this machine. */
  readonly private: boolean;
  /** Globs of files that no model sees, beside those that hold secrets by their name. */
  readonly ignored: readonly string[];
  /** Whether the chat may fetch web pages that are mentioned. */
  readonly contextUrls: boolean;
}

interface RoutingSettings {
  /** The user's own entries, as they are kept. */
  readonly entries: readonly RuleEntry[];
  /** Those and the shipped rules, in the order in which they are tried. */
  readonly rules: readonly Rule[];
  /** Score between 1 and 5 from which on a request is for the best tier. */
  readonly threshold: number;
  /** Whether a small model may be asked how hard a request is. */
  readonly classifier: boolean;
}

/** A value that was not taken, and what is used in its place. */
export interface SettingsProblem {
  /** For example `gearshift.providers`. */
  readonly setting: string;
  readonly message: string;
}

/** The values as VS Code gives them, by the manifest's names without `gearshift.`. */
export type RawSettings = Readonly<Record<SettingName, unknown>>;

export const SETTING_NAMES = [
  'providers',
  'ollama.baseUrl',
  'tiers.local',
  'tiers.mid',
  'tiers.frontier',
  'completions.enabled',
  'completions.languages',
  'completions.files',
  'completions.comments',
  'completions.strings',
  'completions.onBattery',
  'consent.cloud',
  'budgets',
  'confirmAbove',
  'escalate.previewAbove',
  'commitMessage.conventional',
  'fallback.dearer',
  'chat.tier',
  'routing.rules',
  'routing.threshold',
  'routing.classifier',
  'private',
  'privacy.ignore',
  'context.urls',
] as const;
export type SettingName = (typeof SETTING_NAMES)[number];

const Price = v.pipe(v.number(), v.minValue(0), v.maxValue(100_000));
/** Go's durations, as Ollama reads them, or a number of seconds; negative is for ever. */
const KEEP_ALIVE = /^-?\d{1,9}(\.\d+)?(ms|s|m|h)?$/;
const ProviderShape = v.object({
  kind: v.picklist(['ollama', 'openai']),
  baseUrl: v.string(),
  allowUnencrypted: v.optional(v.boolean()),
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
const BudgetShape = v.object({
  usd: v.pipe(v.number(), v.minValue(0), v.maxValue(1_000_000)),
  period: v.picklist(BUDGET_PERIODS),
  tier: v.optional(v.picklist(TIERS)),
  workspace: v.optional(v.string()),
  warnAt: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0.8),
  stop: v.optional(v.picklist(BUDGET_STOPS), 'ask'),
});
const Chain = v.pipe(v.array(v.string()), v.maxLength(20));

/**
 * Reads the raw values. A bad value does not take the others down: its problem is reported by name, and the value of
 * `lastGood` is used in its place (at the first reading: the manifest's default).
 *
 * @param raw values of the user merged over the defaults
 * @param lastGood the settings in force, or the parsed defaults
 * @param ollamaHost address that the environment's OLLAMA_HOST means; used while neither setting gives another
 */
export function parseSettings(
  raw: RawSettings,
  lastGood: Settings | undefined,
  ollamaHost?: string,
): { settings: Settings; problems: SettingsProblem[] } {
  const problems: SettingsProblem[] = [];
  const problem = (setting: string, message: string): void => {
    problems.push({ setting: `gearshift.${setting}`, message });
  };
  const read = <T>(name: SettingName, parse: (value: unknown) => T | undefined, expected: string, fallback: T): T => {
    const value = parse(raw[name]);
    if (value !== undefined) return value;
    problem(name, t('{0} is not {1}; the last good value stays in force.', show(raw[name]), expected));
    return fallback;
  };

  const readSwitch = (name: SettingName, previous = true): boolean =>
    read(name, (value) => (typeof value === 'boolean' ? value : undefined), t('true or false'), previous);

  const providers = readProviders(raw, lastGood, ollamaHost, problem);
  const readTier = (tier: Tier): readonly ModelRef[] => {
    const previous = lastGood?.tiers[tier] ?? [];
    const names = read(`tiers.${tier}`, (value) => parsed(Chain, value), t('a list of "provider/model"'), undefined);
    if (!names) return previous;
    const refs: ModelRef[] = [];
    for (const name of names) {
      const ref = parseModelRef(name);
      if (!ref || /\p{Cc}/u.test(name))
        problem(`tiers.${tier}`, t('{0} is not "provider/model"; it is left out.', show(name)));
      else if (!providers.has(ref.provider))
        problem(
          `tiers.${tier}`,
          t('{0} names a provider that gearshift.providers does not have; it is left out.', show(name)),
        );
      else if (!refs.some((other) => formatModelRef(other) === formatModelRef(ref))) refs.push(ref);
    }
    return refs.length || !names.length ? refs : previous.filter((ref) => providers.has(ref.provider));
  };
  const tiers = Object.fromEntries(TIERS.map((tier) => [tier, readTier(tier)])) as Record<Tier, readonly ModelRef[]>;

  const languages = read(
    'completions.languages',
    (value) => parsed(v.record(v.string(), v.boolean()), value),
    t('an object of language ids with true or false'),
    Object.fromEntries(lastGood?.completions.languages ?? []),
  );
  return {
    settings: {
      providers,
      tiers,
      completions: {
        enabled: read('completions.enabled', asBoolean, t('true or false'), lastGood?.completions.enabled ?? true),
        languages: new Map(Object.entries(languages)),
        files: new Map(
          Object.entries(
            read(
              'completions.files',
              (value) => parsed(v.record(v.string(), v.boolean()), value),
              t('an object of globs with true or false'),
              Object.fromEntries(lastGood?.completions.files ?? []),
            ),
          ),
        ),
        comments: readSwitch('completions.comments', lastGood?.completions.comments),
        strings: readSwitch('completions.strings', lastGood?.completions.strings),
        onBattery: readSwitch('completions.onBattery', lastGood?.completions.onBattery),
      },
      consent: new Set(
        read('consent.cloud', (value) => parsed(v.array(v.string()), value), t('a list of origins'), [
          ...(lastGood?.consent ?? []),
        ]),
      ),
      budgets: read(
        'budgets',
        (value) => parsed(v.pipe(v.array(BudgetShape), v.maxLength(50)), value),
        t('a list of budgets such as {0}', '{ "usd": 5, "period": "day" }'),
        lastGood?.budgets ?? [],
      ),
      confirmAbove: read(
        'confirmAbove',
        (value) => parsed(v.pipe(v.number(), v.minValue(0), v.maxValue(1_000_000)), value),
        t('an amount in USD'),
        lastGood?.confirmAbove ?? 0,
      ),
      previewAbove: read(
        'escalate.previewAbove',
        (value) => parsed(v.pipe(v.number(), v.minValue(0), v.maxValue(1_000_000)), value),
        t('an amount in USD'),
        lastGood?.previewAbove ?? 0,
      ),
      conventionalCommits: read(
        'commitMessage.conventional',
        (value) => parsed(v.boolean(), value),
        t('true or false'),
        lastGood?.conventionalCommits ?? false,
      ),
      costlierFallback: read(
        'fallback.dearer',
        (value) => parsed(v.picklist(COSTLIER_FALLBACKS), value),
        t('one of {0}', COSTLIER_FALLBACKS.join(', ')),
        lastGood?.costlierFallback ?? 'ask',
      ),
      chatTier: read(
        'chat.tier',
        (value) => parsed(v.picklist(TIER_CHOICES), value),
        t('one of {0}', TIER_CHOICES.join(', ')),
        lastGood?.chatTier ?? 'auto',
      ),
      routing: {
        ...readRules(raw['routing.rules'], providers, problem),
        threshold: read(
          'routing.threshold',
          (value) => parsed(v.pipe(v.number(), v.minValue(1), v.maxValue(5)), value),
          t('a number from 1 to 5'),
          lastGood?.routing.threshold ?? 3.5,
        ),
        classifier: read('routing.classifier', asBoolean, t('true or false'), lastGood?.routing.classifier ?? false),
      },
      ignored: read(
        'privacy.ignore',
        (value) =>
          parsed(v.pipe(v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(200))), v.maxLength(200)), value),
        t('a list of globs'),
        lastGood?.ignored ?? [],
      ),
      private: read('private', asBoolean, t('true or false'), lastGood?.private ?? false),
      contextUrls: read(
        'context.urls',
        (value) => (typeof value === 'boolean' ? value : undefined),
        t('true or false'),
        lastGood?.contextUrls ?? false,
      ),
    },
    problems,
  };
}

function readProviders(
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
  const { kind, allowUnencrypted, apiKeyEnv, headers = {}, keepAlive, prices = {}, contextTokens = {} } = result.output;
  const baseUrl =
    ollamaUrl && (ollamaUrlWins || result.output.baseUrl === DEFAULT_OLLAMA_URL) ? ollamaUrl : result.output.baseUrl;
  const check = checkEndpoint(baseUrl, allowUnencrypted);
  if (!check.ok) return t('baseUrl {0} cannot be used: {1}', show(baseUrl), check.why);
  for (const [header, text] of Object.entries(headers)) {
    const why = whyNoHeader(header, text);
    if (why) return why;
  }
  return {
    name,
    kind,
    baseUrl: check.endpoint.baseUrl,
    ...(allowUnencrypted === undefined ? {} : { allowUnencrypted }),
    apiKeyEnv,
    headers,
    ...(keepAlive === undefined ? {} : { keepAlive }),
    prices: new Map(Object.entries(prices)),
    contextTokens: new Map(Object.entries(contextTokens)),
  };
}

/** Why a header may not stand in a setting, which is synced in plain text; empty when it may. */
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

/** The rules that can be used; each of the others is reported. */
function readRules(
  value: unknown,
  providers: ReadonlyMap<string, ProviderConfig>,
  problem: (setting: string, message: string) => void,
): Pick<RoutingSettings, 'entries' | 'rules'> {
  const { entries, problems } = parseRules(value);
  for (const { index, message } of problems)
    problem('routing.rules', t('rule {0}: {1}. It is left out.', index + 1, message));
  const known = entries.filter(({ name, model }) => {
    const isKnown = model === undefined || providers.has(parseModelRef(model)?.provider ?? '');
    if (!isKnown)
      problem(
        'routing.rules',
        t('rule {0}: {1} names a provider that gearshift.providers does not have. It is left out.', name, show(model)),
      );
    return isKnown;
  });
  return { entries: known, rules: arrangeRules(known) };
}

const asBoolean = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined);

/** The value as its shape says, or undefined. */
function parsed<T>(shape: v.GenericSchema<unknown, T>, value: unknown): T | undefined {
  const result = v.safeParse(shape, value);
  return result.success ? result.output : undefined;
}

/** A value as it may stand in a message: JSON, one line, at most 60 characters. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
