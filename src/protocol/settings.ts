import * as v from 'valibot';
import type { Topic } from '../core/routing/topicNames.ts';
import type { Tier } from '../core/common/types.ts';
import { Id, TierName, type PageInit } from './channel.ts';

/** Messages between the settings page and its host. Keys never pass here: the host asks for them in a native box. */

export type TestView =
  | { readonly state: 'idle' }
  | { readonly state: 'running' }
  | { readonly state: 'ok'; readonly words: string }
  | { readonly state: 'failed'; readonly words: string };

export interface ProviderView {
  readonly name: string;
  readonly kind: 'ollama' | 'openai';
  readonly baseUrl: string;
  readonly host: string;
  /** `stored`: in the secret storage for this very address; `environment`: in the variable `apiKeyEnv`; `not-agreed`: there, but not for this address. */
  readonly key: 'stored' | 'environment' | 'missing' | 'not-needed' | 'not-agreed' | 'unreadable';
  readonly apiKeyEnv: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  /** Comes with the extension (and can be reset, not removed). */
  readonly shipped: boolean;
  /** Differs from what is shipped, or was added by the user. */
  readonly changed: boolean;
  readonly test: TestView;
  /** How many models the server offers, as far as they were asked for; their list is a message of its own. */
  readonly modelCount: number;
  /** The state of the request for them; `idle` before the first request. */
  readonly listing: TestView;
}

/** A model that a provider offers, in words: a list has thousands. */
export interface ModelView {
  readonly id: string;
  /** `128k context · $0.27 in · $1.10 out per M tokens`. */
  readonly detail: string;
  /** For a server on this computer: on its disk. */
  readonly installed?: boolean;
  /** Only for models of an Ollama: whether it suits completions, and why not. */
  readonly completions?: { readonly verdict: 'good' | 'warn' | 'refuse'; readonly why: string };
}

export interface ChainLink {
  readonly ref: string;
  readonly price: string;
  /** `list price of 2026-09-23`; empty when there is nothing to say. */
  readonly priceSource: string;
  /** The problem with it: a doubtful price, a model that is not installed; empty when nothing is. */
  readonly warning: string;
}

export interface TierSettingsView {
  readonly tier: Tier;
  /** `provider/model`, the first is the primary, the rest its fallback chain. */
  readonly chain: readonly ChainLink[];
  readonly state: string;
  readonly ready: boolean;
  /** It is ready as far as is known, and its model was not asked yet. */
  readonly untried?: boolean | undefined;
  /** It is unknown whether its model can infill: the test tries it. */
  readonly triesInfill: boolean;
  /** A sentence on another model that answers now; absent for none. */
  readonly changed?: { readonly words: string; readonly canGoBack: boolean; readonly compare: string };
  /** The editor features that the tier answers for. */
  readonly features: readonly { readonly name: string; readonly on: boolean }[];
  readonly test: TestView;
  /** Only of the local tier: its second job. */
  readonly answers?: AnswersView;
}

/** The models of the local tier that answer questions. */
export interface AnswersView {
  /** `provider/model`; empty: none, so Auto does not use the local tier. */
  readonly chain: readonly string[];
  /** Models that can answer: those on the server, or where there are none, one that could be pulled. */
  readonly offers: readonly {
    readonly provider: string;
    readonly model: string;
    /** Its size and whether it fits this computer. */
    readonly words: string;
    readonly installed: boolean;
    /** It is known to fit into the memory of this computer. */
    readonly fits: boolean;
  }[];
}

export interface PullView {
  readonly model: string;
  readonly state: 'running' | 'done' | 'cancelled' | 'failed';
  readonly words: string;
  /** 0 to 100; null while nothing is known. */
  readonly percent: number | null;
}

/** An Ollama server, as far as it was asked. */
export interface OllamaView {
  readonly provider: string;
  readonly host: string;
  readonly state: 'unknown' | 'looking' | 'reached' | 'unreachable';
  /** `Ollama 0.32.9`, or why it could not be reached. */
  readonly words: string;
  /** By which rule the address came about. */
  readonly note: string;
  /** Known holes of the server's version; empty when none is known. */
  readonly holes: string;
  /** Servers that answer elsewhere. */
  readonly elsewhere: readonly { readonly url: string; readonly words: string }[];
  readonly running: readonly { readonly model: string; readonly words: string }[];
  /** How long models stay after an answer, as the setting says; empty: as the server is set. */
  readonly keepAlive: string;
  /** Why tiers get in each other's way; empty when they do not. */
  readonly crowding: string;
  readonly pulls: readonly PullView[];
  /** The other models on the server; `cloud`: it passes their requests on; `uses`: the tiers that they can answer in. */
  readonly installed: readonly {
    readonly model: string;
    readonly words: string;
    readonly cloud: boolean;
    readonly uses: readonly ('local' | 'mid')[];
  }[];
  /** For completions, by the memory of this computer; `best` is the one that fits. */
  readonly recommended: readonly {
    readonly model: string;
    readonly words: string;
    readonly installed: boolean;
    readonly best: boolean;
  }[];
  readonly recommendedWhy: string;
  readonly recommendedOn: string;
}

export interface BudgetView {
  readonly usd: number;
  readonly period: 'day' | 'week' | 'month';
  readonly tier: Tier | null;
  /** URI of the workspace that it is for. */
  readonly workspace: string | null;
  readonly warnAt: number;
  readonly stop: 'ask' | 'refuse' | 'warn';
  /** `$5.00 a day for frontier`. */
  readonly words: string;
  /** `$0.42 spent`; empty where it does not apply in this window. */
  readonly spent: string;
  readonly level: 'ok' | 'near' | 'over';
}

/** Prices in USD per million tokens; null where a price is unknown. */
export interface PriceView {
  readonly ref: string;
  readonly input: number | null;
  readonly output: number | null;
  readonly cacheRead: number | null;
  readonly cacheWrite: number | null;
  /** Where it comes from and of which day, in words. */
  readonly source: string;
  /** The user's own price is used. */
  readonly own: boolean;
  /** The user's own price is not taken, because it is a thousand times off. */
  readonly doubtful: string;
  /** The endpoint may state prices itself. */
  readonly refreshable: boolean;
}

/** What a provider's flat plan costs a month. */
export interface PlanView {
  readonly provider: string;
  /** USD; null: no plan. */
  readonly usd: number | null;
}

export interface PresetView {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** The settings that it changes: setting and value, in words. */
  readonly sets: readonly string[];
  /** `about $3.10 a month`, or why that is not known. */
  readonly cost: string;
  /** The missing requirements: keys, a pull. */
  readonly needs: readonly string[];
  readonly active: boolean;
}

export interface DiagnosticView {
  /** A model of a tier. */
  readonly ref: string;
  readonly tiers: readonly Tier[];
  readonly host: string;
  readonly key: string;
  /** What came of the last call. */
  readonly last: string;
  /** Whether it can answer; null while nothing is known of it. */
  readonly ok: boolean | null;
  /** The figures of its calls in the last 7 days; empty when there are none. */
  readonly latency: string;
  /** Whether its endpoint is left alone for a while after failures; empty when it is not. */
  readonly circuit: string;
}

export interface RuleView {
  readonly name: string;
  /** Its conditions, in short. */
  readonly when: string;
  readonly tier: Tier;
  readonly enabled: boolean;
  /** Added or changed by the user. */
  readonly own: boolean;
  /** The whole rule as a sentence: when …, then …, because …. */
  readonly sentence?: string;
  /** Written by the user or learned, so it can be removed. */
  readonly removable?: boolean;
  /** Made of the user's own overrides: how often it was right, in words. */
  readonly learned?: string;
  /** Its last day has passed. */
  readonly ended?: boolean;
}

/** A rule as the dialog makes it. Empty lists and texts, and null, are no conditions. */
export interface RuleDraft {
  readonly actions: readonly string[];
  readonly languages: readonly string[];
  readonly topics: readonly Topic[];
  readonly tokens: { readonly min?: number; readonly max?: number } | null;
  readonly score: { readonly min?: number; readonly max?: number } | null;
  readonly tier: Tier;
  readonly because: string;
  /** A day such as `2026-12-31`, or empty. */
  readonly until: string;
}

/** The decision of the current rules about a request. */
export interface DryRunView {
  readonly tier: Tier;
  /** Name of the rule that decided. */
  readonly rule: string;
  readonly reason: string;
  /** The result of each rule that was tried: `simple: its complexity is 3.1 of 5`. */
  readonly tried: readonly { readonly rule: string; readonly matched: boolean; readonly why: string }[];
}

/** A question that was asked before, and what the rules would make of it now. */
export interface PastView {
  readonly id: string;
  /** Its text in one line, and when it was asked. */
  readonly question: string;
  readonly time: string;
  /** The model that answered then: `mid · deepseek-chat, by the rule default`; or a text that none did. */
  readonly then: string;
  readonly now: DryRunView;
  /** Goes to another tier now. */
  readonly differs: boolean;
}

/** Shares and costs of the questions of the last 30 days: a dry run, nothing is sent. */
export interface TargetsView {
  readonly questions: number;
  /** One row for each threshold, for what was asked, always mid and all frontier. */
  readonly rows: readonly {
    /** The threshold; null for the rows to compare with. */
    readonly threshold: number | null;
    readonly name: string;
    /** `22% local, 60% mid, 18% frontier`. */
    readonly shares: string;
    /** `$1.20`, or that a price is unknown. */
    readonly cost: string;
  }[];
}

interface FindingView {
  readonly level: 'error' | 'warning' | 'info';
  readonly text: string;
  /** Words of the button that helps; empty when none can. */
  readonly fix: string;
}

/** VS Code's own chat on the tiers. */
export interface VsCodeChatView {
  readonly used: boolean;
  /** Why it cannot be set up now; empty when it can. */
  readonly obstacle: string;
  readonly pieces: readonly {
    readonly id: string;
    readonly name: string;
    readonly level: 'ok' | 'error' | 'warning' | 'info';
    readonly text: string;
    /** Words of the button that helps; empty when none can. */
    readonly fix: string;
  }[];
}

export interface SettingsState {
  readonly tiers: readonly TierSettingsView[];
  readonly providers: readonly ProviderView[];
  readonly ollama: readonly OllamaView[];
  readonly budgets: {
    readonly list: readonly BudgetView[];
    /** The first folder of this window. */
    readonly workspace: { readonly uri: string; readonly name: string } | null;
    readonly confirmAbove: number;
    readonly previewAbove: number;
    readonly costlierFallback: 'ask' | 'allow' | 'never';
  };
  readonly completions: {
    readonly enabled: boolean;
    readonly comments: boolean;
    readonly strings: boolean;
    readonly onBattery: boolean;
    readonly languages: readonly { readonly id: string; readonly on: boolean }[];
    /** Globs, of which the last that matches decides. */
    readonly files: readonly { readonly glob: string; readonly on: boolean }[];
  };
  readonly routing: {
    readonly rules: readonly RuleView[];
    /** 1 to 5. */
    readonly threshold: number;
    readonly classifier: boolean;
    /** The tier that a new chat asks. */
    readonly chatTier: 'auto' | Tier;
    /** What a question can be about, for the dialog. */
    readonly topics?: readonly { readonly id: Topic; readonly name: string }[];
    /** What the rule of the dialog would do to the last questions; null while there is none. */
    readonly preview?: {
      readonly sentence: string;
      readonly words: string;
      readonly questions: readonly string[];
    } | null;
    /** Shares and costs of the last 30 days, by thresholds; null until they are asked for. */
    readonly targets?: TargetsView | null;
    /** The request that was tried last; null when none was. */
    readonly tried: { readonly text: string; readonly result: DryRunView } | null;
    /** The last questions of this workspace, newest first; null until they are asked for. */
    readonly past: readonly PastView[] | null;
  };
  readonly privacy: {
    /** Private mode: no data may leave this computer. */
    readonly private: boolean;
    /** Web pages may be mentioned in the chat. */
    readonly urls: boolean;
    /** Globs of files that no model sees. */
    readonly ignored: readonly string[];
    readonly consents: readonly string[];
    /** The data that each tier sends, and its destination. */
    readonly tiers: readonly { readonly tier: Tier; readonly what: string; readonly where: string }[];
  };
  readonly prices: readonly PriceView[];
  /** Of the providers that have prices. */
  readonly plans: readonly PlanView[];
  /** Null where nothing is known of it. */
  readonly vsCodeChat: VsCodeChatView | null;
  readonly presets: {
    readonly list: readonly PresetView[];
    /** By what the months are computed. */
    readonly basis: string;
    /** The preset that can be taken back; empty when none can. */
    readonly undo: string;
  };
  readonly data: {
    readonly location: string;
    readonly size: string;
    /** The result of the last deletion; empty when there was none. */
    readonly cleared: string;
    readonly canRestore: boolean;
  };
  readonly diagnostics: readonly DiagnosticView[];
  readonly doctor: { readonly state: 'idle' | 'running' | 'done'; readonly findings: readonly FindingView[] };
  /** The settings that the last import took and skipped; null when there was none. */
  readonly imported: {
    readonly source: string;
    readonly took: readonly string[];
    readonly left: readonly string[];
  } | null;
  /** Values in the settings that were not taken: `setting` and why. */
  readonly problems: readonly { readonly setting: string; readonly message: string }[];
  readonly notice: string;
  /** The `setProvider` handled last, and why it was not taken; empty when it was. The page keeps its form open until then. */
  readonly lastEdit: { readonly edit: string; readonly problem: string } | null;
}

export type SettingsToPage =
  | PageInit
  | { readonly kind: 'state'; readonly state: SettingsState }
  /** The models of a provider, after `listModels`. */
  | { readonly kind: 'models'; readonly provider: string; readonly models: readonly ModelView[] }
  /** A command asked for this section. */
  | { readonly kind: 'reveal'; readonly section: string };

const kind = v.literal;
const Name = v.pipe(v.string(), v.regex(/^[^/\s\p{Cc}]{1,60}$/u));
/** A language id of VS Code, or `*` for every language not named. */
const LanguageId = v.pipe(v.string(), v.regex(/^(\*|[\w.+#:-]{1,80})$/));
const ShortText = v.pipe(v.string(), v.minLength(1), v.maxLength(200));
/** A name that HTTP allows (RFC 9110, section 5.6.2); the host judges what the header is for. */
const HeaderName = v.pipe(ShortText, v.regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/));
/** As Ollama names models, and the hubs it pulls from. */
const ModelName = v.pipe(v.string(), v.regex(/^[\w.:/@-]{1,200}$/));
const Glob = v.pipe(v.string(), v.regex(/^[^\p{Cc}]{1,200}$/u));
/** Settings that are on or off. */
const SWITCHES = [
  'completions.enabled',
  'completions.comments',
  'completions.strings',
  'completions.onBattery',
  'routing.classifier',
  'private',
  'context.urls',
] as const;
const Usd = v.pipe(v.number(), v.minValue(0), v.maxValue(1_000_000));
const PerMillion = v.pipe(v.number(), v.minValue(0), v.maxValue(100_000));
const BudgetValue = v.object({
  usd: Usd,
  period: v.picklist(['day', 'week', 'month']),
  tier: v.nullable(TierName),
  workspace: v.nullable(v.pipe(v.string(), v.maxLength(2000))),
  warnAt: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  stop: v.picklist(['ask', 'refuse', 'warn']),
});
const Ref = v.pipe(v.string(), v.minLength(3), v.maxLength(300));

/** As `TOPICS` of the core, of which the protocol takes types only. */
const TOPICS = [
  'review',
  'refactoring',
  'audit',
  'legacy',
  'test-strategy',
  'performance',
  'judgment',
] as const satisfies readonly Topic[];
const Words = v.pipe(v.array(v.pipe(v.string(), v.regex(/^[^\s\p{Cc}]{1,100}$/u))), v.maxLength(50));
const Limit = v.pipe(v.number(), v.minValue(0), v.maxValue(10_000_000));
const Bounds = v.nullable(v.object({ min: v.optional(Limit), max: v.optional(Limit) }));
const Draft: v.GenericSchema<unknown, RuleDraft> = v.object({
  actions: Words,
  languages: Words,
  topics: v.pipe(v.array(v.picklist(TOPICS)), v.maxLength(10)),
  tokens: Bounds,
  score: Bounds,
  tier: TierName,
  because: v.pipe(v.string(), v.regex(/^\P{Cc}{0,200}$/u)),
  until: v.union([v.literal(''), v.pipe(v.string(), v.isoDate())]),
}) as v.GenericSchema<unknown, RuleDraft>;

export const SettingsFromPage = v.variant('kind', [
  v.object({ kind: kind('ready') }),
  v.object({ kind: kind('setTier'), tier: TierName, chain: v.pipe(v.array(Ref), v.maxLength(20)) }),
  /** The models of the local tier that answer questions; none: Auto does not use it. */
  v.object({ kind: kind('setLocalAnswers'), chain: v.pipe(v.array(Ref), v.maxLength(20)) }),
  /** Adds a provider, or changes the address or key variable of one. */
  v.object({
    kind: kind('setProvider'),
    /** Chosen by the page; the host gives it back in `lastEdit`. */
    edit: Id,
    name: Name,
    providerKind: v.picklist(['ollama', 'openai']),
    baseUrl: v.pipe(v.string(), v.maxLength(2000)),
    apiKeyEnv: v.pipe(v.string(), v.maxLength(200)),
    headers: v.pipe(
      v.array(v.object({ name: HeaderName, value: v.pipe(v.string(), v.maxLength(2000), v.regex(/^\P{Cc}*$/u)) })),
      v.maxLength(20),
    ),
  }),
  /** Removes a provider of the user's; one that was shipped goes back to its shipped form. */
  v.object({ kind: kind('removeProvider'), name: Name }),
  /** The host shows its own password box. */
  v.object({ kind: kind('setKey'), provider: Name }),
  v.object({ kind: kind('removeKey'), provider: Name }),
  v.object({ kind: kind('testProvider'), provider: Name }),
  /** One cheap real call through the gateway; it is on the ledger like any other. */
  v.object({ kind: kind('testTier'), tier: TierName }),
  /** What the user does about another model that answers a tier now. */
  v.object({ kind: kind('modelChange'), tier: TierName, use: v.picklist(['keep', 'back', 'compare']) }),
  v.object({ kind: kind('listModels'), provider: Name }),
  /** Looks at an Ollama again, and for others where this one is not. */
  v.object({ kind: kind('lookForOllama'), provider: Name }),
  v.object({ kind: kind('useOllamaAt'), url: v.pipe(v.string(), v.maxLength(2000)) }),
  /** Downloads a model; `use` puts it first in the local tier when it is there: for completions, or to answer questions. */
  v.object({ kind: kind('pull'), provider: Name, model: ModelName, use: v.union([v.boolean(), v.literal('answers')]) }),
  /** Puts a model that is on the server first in a tier. */
  v.object({ kind: kind('useModel'), provider: Name, model: ModelName, tier: v.picklist(['local', 'mid']) }),
  v.object({ kind: kind('cancelPull'), provider: Name, model: ModelName }),
  /** Empty takes the setting away. */
  v.object({ kind: kind('setKeepAlive'), provider: Name, value: v.picklist(['', '30m', '2h', '-1']) }),
  v.object({ kind: kind('unload'), provider: Name, model: ModelName }),
  v.object({ kind: kind('openOllamaDownload') }),
  v.object({ kind: kind('setBudgets'), budgets: v.pipe(v.array(BudgetValue), v.maxLength(50)) }),
  v.object({ kind: kind('setAmount'), setting: v.picklist(['confirmAbove', 'escalate.previewAbove']), usd: Usd }),
  v.object({ kind: kind('setCostlierFallback'), value: v.picklist(['ask', 'allow', 'never']) }),
  /** `price: null` takes the user's own price away. */
  v.object({
    kind: kind('setPrice'),
    ref: Ref,
    price: v.nullable(
      v.object({
        input: PerMillion,
        output: PerMillion,
        cacheRead: v.nullable(PerMillion),
        cacheWrite: v.nullable(PerMillion),
      }),
    ),
  }),
  /** `usd: null` takes the plan away. */
  v.object({ kind: kind('setMonthlyPlan'), provider: Name, usd: v.nullable(v.pipe(Usd, v.maxValue(100_000))) }),
  v.object({ kind: kind('refreshPrices'), provider: Name }),
  v.object({ kind: kind('applyPreset'), preset: v.pipe(v.string(), v.maxLength(60)) }),
  v.object({ kind: kind('undoPreset') }),
  v.object({ kind: kind('importSettings') }),
  v.object({ kind: kind('addRule'), draft: Draft }),
  /** Asks what a rule would do to the last questions; null: not any more. */
  v.object({ kind: kind('previewRule'), draft: v.nullable(Draft) }),
  /** Removes a rule of the user's own. */
  v.object({ kind: kind('removeRule'), name: ShortText }),
  v.object({ kind: kind('setRule'), name: ShortText, enabled: v.boolean() }),
  /** Puts a rule one place further up or down. */
  v.object({ kind: kind('moveRule'), name: ShortText, by: v.picklist([-1, 1]) }),
  /** Asks which tier the rules would choose for a request; nothing is sent. */
  v.object({ kind: kind('tryRoute'), text: v.pipe(v.string(), v.maxLength(100_000)) }),
  /** The same for the last questions of this workspace, from now on with every state. */
  v.object({ kind: kind('tryPast'), on: v.boolean() }),
  /** Asks for shares and costs of the last 30 days, from now on with every state. */
  v.object({ kind: kind('showTargets'), on: v.boolean() }),
  v.object({ kind: kind('setThreshold'), value: v.pipe(v.number(), v.minValue(1), v.maxValue(5)) }),
  v.object({ kind: kind('setChatTier'), value: v.picklist(['auto', 'local', 'mid', 'frontier']) }),
  v.object({ kind: kind('vsCodeChat'), action: v.picklist(['use', 'open', 'remove']) }),
  v.object({ kind: kind('fixVsCodeChat'), piece: v.pipe(v.string(), v.regex(/^[\w.]{1,60}$/)) }),
  v.object({ kind: kind('runDoctor') }),
  /** Does what helps against a finding, by its place in the list. */
  v.object({ kind: kind('fix'), finding: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1000)) }),
  v.object({ kind: kind('exportLedger') }),
  v.object({ kind: kind('revealLedger') }),
  v.object({ kind: kind('clearLedger'), range: v.picklist(['older-90', 'older-365', 'this-month', 'all']) }),
  v.object({ kind: kind('restoreLedger') }),
  v.object({ kind: kind('setSwitch'), setting: v.picklist(SWITCHES), on: v.boolean() }),
  /** `on: null` takes the glob off the list. */
  v.object({ kind: kind('setFiles'), glob: Glob, on: v.nullable(v.boolean()) }),
  v.object({ kind: kind('setIgnored'), globs: v.pipe(v.array(Glob), v.maxLength(200)) }),
  /** `on: null` takes the language off the list. */
  v.object({ kind: kind('setLanguage'), id: LanguageId, on: v.nullable(v.boolean()) }),
  v.object({ kind: kind('revokeConsent'), origin: v.pipe(v.string(), v.maxLength(2000)) }),
  v.object({ kind: kind('openMeter') }),
  v.object({ kind: kind('openJson'), setting: v.pipe(v.string(), v.maxLength(100)) }),
]);
export type SettingsFromPage = v.InferOutput<typeof SettingsFromPage>;
