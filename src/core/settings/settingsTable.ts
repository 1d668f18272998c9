import { t } from '@vscode/l10n';
import * as v from 'valibot';
import { checkPastedAddress } from '../common/pastedAddress.ts';
import type { ProviderConfig } from '../common/providerConfig.ts';
import { formatModelRef, parseModelRef, TIER_CHOICES, TIERS, type ModelRef, type Tier } from '../common/types.ts';
import { BUDGET_PERIODS, BUDGET_STOPS } from '../money/budgets.ts';
import { COSTLIER_FALLBACKS } from '../money/costlierModel.ts';
import { parseRules } from '../routing/rules.ts';
import type { RuleEntry } from '../routing/routingTypes.ts';
import { readProviders, show } from './providerSettings.ts';

/** What the parser of a setting may look at beside the value itself. */
export interface Reading<T> {
  /** The value before this reading; undefined at the first one. */
  readonly lastGood: T | undefined;
  /** The providers that were read; none while the settings before them in the table are read. */
  readonly providers: ReadonlyMap<string, ProviderConfig>;
  /** The address that `gearshift.ollama.baseUrl` gives; undefined while it gives none. */
  readonly ollamaUrl: string | undefined;
  /** The address that the environment's OLLAMA_HOST means. */
  readonly ollamaHost: string | undefined;
  /** Reports a part of the value that is not used; the rest of it is. */
  readonly report: (message: string) => void;
}

/** One setting. */
export interface Setting<T, K extends string> {
  /** Where the parsed value is in `Settings`; a point leads into a group. */
  readonly key: K;
  /** The default of the manifest. The manifest alone states that of `providers`, which is a list of addresses. */
  readonly default: unknown;
  /** What a value has to be, as the end of the sentence "… is not …". */
  readonly expected: () => string;
  /** The value as the extension uses it; undefined when it cannot be used. */
  readonly parse: (value: unknown, reading: Reading<T>) => T | undefined;
}

/** A setting whose value is used as a valibot schema gives it. */
const bySchema = <const K extends string, T>(
  key: K,
  fallback: unknown,
  schema: v.GenericSchema<unknown, T>,
  expected: () => string,
): Setting<T, K> => ({ key, default: fallback, expected, parse: (value) => parseBy(schema, value) });

/** The value as its schema says, or undefined. */
function parseBy<T>(schema: v.GenericSchema<unknown, T>, value: unknown): T | undefined {
  const result = v.safeParse(schema, value);
  return result.success ? result.output : undefined;
}

const onOff = <const K extends string>(key: K, fallback: boolean) =>
  bySchema(key, fallback, v.boolean(), () => t('true or false'));

const usd = <const K extends string>(key: K, fallback: number) =>
  bySchema(key, fallback, v.pipe(v.number(), v.minValue(0), v.maxValue(1_000_000)), () => t('an amount in USD'));

const seconds = <const K extends string>(key: K, fallback: number) =>
  bySchema(key, fallback, v.pipe(v.number(), v.minValue(0.1), v.maxValue(600)), () => t('a number of seconds'));

const oneOf = <const K extends string, const C extends string>(key: K, fallback: C, choices: readonly C[]) =>
  bySchema(key, fallback, v.picklist(choices), () => t('one of {0}', choices.join(', ')));

const switches = <const K extends string>(
  key: K,
  fallback: Readonly<Record<string, boolean>>,
  expected: () => string,
): Setting<ReadonlyMap<string, boolean>, K> => ({
  key,
  default: fallback,
  expected,
  parse: (value) => {
    const entries = parseBy(v.record(v.string(), v.boolean()), value);
    return entries && new Map(Object.entries(entries));
  },
});

const chain = <const K extends string>(key: K, fallback: readonly string[]): Setting<readonly ModelRef[], K> => ({
  key,
  default: fallback,
  expected: () => t('a list of "provider/model"'),
  parse: readTier,
});

const tier = <const N extends Tier>(name: N, fallback: readonly string[]): Setting<readonly ModelRef[], `tiers.${N}`> =>
  chain(`tiers.${name}`, fallback);

const Chain = v.pipe(v.array(v.string()), v.maxLength(20));

function readTier(value: unknown, { lastGood, providers, report }: Reading<readonly ModelRef[]>) {
  const names = parseBy(Chain, value);
  if (!names) return undefined;
  const refs: ModelRef[] = [];
  for (const name of names) {
    const ref = parseModelRef(name);
    if (!ref || /\p{Cc}/u.test(name)) report(t('{0} isn\'t in the form "provider/model" and was ignored.', show(name)));
    else if (!providers.has(ref.provider))
      report(t("{0} refers to a provider that isn't in gearshift.providers and was ignored.", show(name)));
    else if (!refs.some((other) => formatModelRef(other) === formatModelRef(ref))) refs.push(ref);
  }
  return refs.length || !names.length ? refs : (lastGood ?? []).filter((ref) => providers.has(ref.provider));
}

function readOllamaUrl(value: unknown, { report }: Reading<string>): string {
  if (value === undefined || value === '') return '';
  const refuse = (why: string): void => report(t('{0} cannot be used: {1}.', show(value), why));
  if (typeof value === 'string') {
    const check = checkPastedAddress(value, 'ollama');
    if (check.ok && Object.keys(check.query).length === 0) return check.endpoint.baseUrl;
    refuse(check.ok ? t('it must not have a query or a fragment') : check.why);
  } else refuse(t('it is not text'));
  return '';
}

/** The rules that can be used; each of the others is reported. */
function readRules(value: unknown, { providers, report }: Reading<readonly RuleEntry[]>): readonly RuleEntry[] {
  const { entries, problems } = parseRules(value);
  for (const { index, message } of problems) report(t('rule {0}: {1}. It is left out.', index + 1, message));
  return entries.filter(({ name, model }) => {
    const isKnown = model === undefined || providers.has(parseModelRef(model)?.provider ?? '');
    if (!isKnown)
      report(
        t('rule {0}: {1} names a provider that gearshift.providers does not have. It is left out.', name, show(model)),
      );
    return isKnown;
  });
}

const BudgetShape = v.object({
  usd: v.pipe(v.number(), v.minValue(0), v.maxValue(1_000_000)),
  period: v.picklist(BUDGET_PERIODS),
  tier: v.optional(v.picklist(TIERS)),
  workspace: v.optional(v.string()),
  warnAt: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0.8),
  stop: v.optional(v.picklist(BUDGET_STOPS), 'ask'),
});
const Globs = v.pipe(v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(200))), v.maxLength(200));

/** Which questions are asked of two models at once: those about files of these globs alone, one in so many. */
const Blind = v.object({
  paths: v.optional(Globs, []),
  oneIn: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000)), 5),
  against: v.optional(v.pipe(v.string(), v.maxLength(300)), ''),
});

const Currency = v.object({
  code: v.optional(v.pipe(v.string(), v.regex(/^[A-Z]{3}$/))),
  rate: v.optional(v.pipe(v.number(), v.gtValue(0), v.maxValue(1_000_000))),
  date: v.optional(v.pipe(v.string(), v.regex(/^\d{4}-\d{2}-\d{2}$/))),
});

/**
 * Every setting by its name in the manifest without `gearshift.`, in the order in which they are read. The names, the
 * type `Settings`, the parser and the problems' messages follow from this table.
 */
export const SETTINGS = {
  'ollama.baseUrl': {
    key: 'ollamaUrl',
    default: '',
    expected: () => t('an address'),
    parse: readOllamaUrl,
  } satisfies Setting<string, 'ollamaUrl'>,
  providers: {
    key: 'providers',
    default: {},
    expected: () => t('an object'),
    parse: readProviders,
  } satisfies Setting<ReadonlyMap<string, ProviderConfig>, 'providers'>,
  // Models of a tier; the next one is asked when the one before it fails.
  'tiers.local': tier('local', ['ollama/qwen2.5-coder:1.5b-base']),
  // Models of the local tier that answer questions; none until the user chooses one.
  'tiers.localAnswers': chain('localAnswers', []),
  'tiers.mid': tier('mid', ['openrouter/deepseek/deepseek-v4-flash']),
  'tiers.frontier': tier('frontier', ['openrouter/anthropic/claude-opus-5.5']),
  'completions.enabled': onOff('completions.enabled', true),
  // Language id → on or off; `*` is every language not named.
  'completions.languages': switches(
    'completions.languages',
    { '*': true, plaintext: false, markdown: false, scminput: false },
    () => t('an object of language ids with true or false'),
  ),
  // Glob → on or off; the last one that matches a file decides.
  'completions.files': switches('completions.files', { '**/*.min.{js,css}': false }, () =>
    t('an object of globs with true or false'),
  ),
  'completions.comments': onOff('completions.comments', true),
  'completions.strings': onOff('completions.strings', true),
  'completions.onBattery': onOff('completions.onBattery', true),
  // What the user agreed to send to. The caller gives what this computer keeps; the setting of this name grants nothing.
  'consent.cloud': {
    key: 'consent',
    default: [],
    expected: () => t('a list of origins'),
    parse: (value) => {
      const origins = parseBy(v.array(v.string()), value);
      return origins && new Set(origins);
    },
  } satisfies Setting<ReadonlySet<string>, 'consent'>,
  budgets: bySchema('budgets', [], v.pipe(v.array(BudgetShape), v.maxLength(50)), () =>
    t('a list of budgets such as {0}', '{ "usd": 5, "period": "day" }'),
  ),
  // Calls that may cost more than this, in USD, are asked about first.
  confirmAbove: usd('confirmAbove', 0.5),
  // Escalations that likely cost up to this, in USD, go without a preview of what is sent.
  'escalate.previewAbove': usd('previewAbove', 0),
  // Commit messages in the Conventional Commits form, whatever the repository does.
  'commitMessage.conventional': onOff('conventionalCommits', false),
  // Whether the chain may continue with a model that costs over twice as much as the first.
  'fallback.costlier': oneOf('costlierFallback', 'ask', COSTLIER_FALLBACKS),
  // The tier that a new chat asks.
  'chat.tier': oneOf('chatTier', 'auto', TIER_CHOICES),
  // Whether the chat offers the open file and sends what is selected.
  'chat.editorContext': onOff('editorContext', true),
  // The user's own rules as they are kept.
  'routing.rules': {
    key: 'routing.entries',
    default: [],
    expected: () => t('a list of rules'),
    parse: readRules,
  } satisfies Setting<readonly RuleEntry[], 'routing.entries'>,
  // Score between 1 and 5 from which on a request is for the best tier.
  'routing.threshold': bySchema('routing.threshold', 3.5, v.pipe(v.number(), v.minValue(1), v.maxValue(5)), () =>
    t('a number from 1 to 5'),
  ),
  // Whether a small model may be asked how hard a request is, where Gearshift is unsure and asking can pay.
  'routing.classifier': onOff('routing.classifier', true),
  // Times that the user finds short enough, in seconds: to the first token, and to the end of an answer.
  'insights.firstTokenTarget': seconds('insights.firstTokenTarget', 2),
  'insights.answerTarget': seconds('insights.answerTarget', 10),
  // How amounts are shown: a code, what one USD is worth in it, and the day that the user says so of.
  'insights.currency': bySchema('insights.currency', {}, Currency, () =>
    t('an object such as {0}', '{ "code": "EUR", "rate": 0.92, "date": "2026-11-30" }'),
  ),
  // USD for an hour of the developer, and of the machine that runs local models; 0: not counted.
  'insights.hourlyRate': usd('insights.hourlyRate', 0),
  'insights.machineHourlyCost': usd('insights.machineHourlyCost', 0),
  // Blind comparisons; without paths there are none.
  blindComparison: bySchema('blind', {}, Blind, () =>
    t('an object such as {0}', '{ "paths": ["test/**"], "oneIn": 5, "against": "provider/model" }'),
  ),
  // Nothing may leave this machine.
  private: onOff('private', false),
  // Globs of files that no model sees, beside those that hold secrets by their name.
  'privacy.ignore': bySchema('ignored', [], Globs, () => t('a list of globs')),
  // Whether the chat may fetch web pages that are mentioned.
  'context.urls': onOff('contextUrls', false),
};
