import * as v from 'valibot';
import type { Tier } from '../core/types.ts';
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
  /** `stored`: in the secret storage for this very address; `environment`: in the variable `apiKeyEnv`. */
  readonly key: 'stored' | 'environment' | 'missing' | 'not-needed';
  readonly apiKeyEnv: string;
  /** Comes with the extension (and can be reset, not removed). */
  readonly shipped: boolean;
  /** Differs from what is shipped, or was added by the user. */
  readonly changed: boolean;
  readonly test: TestView;
  /** Models that the server offers, as far as they were asked for. */
  readonly models: readonly { readonly id: string; readonly detail: string }[];
  /** How asking for them went; `idle` while nobody has asked. */
  readonly listing: TestView;
}

export interface TierSettingsView {
  readonly tier: Tier;
  /** `provider/model`, the first is the primary, the rest its fallback chain. */
  readonly chain: readonly { readonly ref: string; readonly price: string }[];
  readonly state: string;
  readonly ready: boolean;
  readonly test: TestView;
}

export interface SettingsState {
  readonly tiers: readonly TierSettingsView[];
  readonly providers: readonly ProviderView[];
  /** Where Ollama was looked for last, and by which rule the address came about. */
  readonly ollamaNote: string;
  readonly completions: {
    readonly enabled: boolean;
    readonly languages: readonly { readonly id: string; readonly on: boolean }[];
  };
  readonly consents: readonly string[];
  /** Values in the settings that were not taken: `setting` and why. */
  readonly problems: readonly { readonly setting: string; readonly message: string }[];
  readonly ledger: string;
  readonly notice: string;
  /** The `setProvider` handled last, and why it was not taken; empty when it was. The page keeps its form open until then. */
  readonly lastEdit: { readonly edit: string; readonly problem: string } | null;
}

export type SettingsToPage = PageInit | { readonly kind: 'state'; readonly state: SettingsState };

const kind = v.literal;
const Name = v.pipe(v.string(), v.regex(/^[^/\s\p{Cc}]{1,60}$/u));
/** A language id of VS Code, or `*` for every language not named. */
const LanguageId = v.pipe(v.string(), v.regex(/^(\*|[\w.+#:-]{1,80})$/));
const Ref = v.pipe(v.string(), v.minLength(3), v.maxLength(300));

export const SettingsFromPage = v.variant('kind', [
  v.object({ kind: kind('ready') }),
  v.object({ kind: kind('setTier'), tier: TierName, chain: v.pipe(v.array(Ref), v.maxLength(20)) }),
  /** Adds a provider, or changes the address or key variable of one. */
  v.object({
    kind: kind('setProvider'),
    /** Chosen by the page; the host gives it back in `lastEdit`. */
    edit: Id,
    name: Name,
    providerKind: v.picklist(['ollama', 'openai']),
    baseUrl: v.pipe(v.string(), v.maxLength(2000)),
    apiKeyEnv: v.pipe(v.string(), v.maxLength(200)),
  }),
  /** Removes a provider of the user's; one that was shipped goes back to its shipped form. */
  v.object({ kind: kind('removeProvider'), name: Name }),
  /** The host shows its own password box. */
  v.object({ kind: kind('setKey'), provider: Name }),
  v.object({ kind: kind('removeKey'), provider: Name }),
  v.object({ kind: kind('testProvider'), provider: Name }),
  /** One cheap real call through the gateway; it is on the ledger like any other. */
  v.object({ kind: kind('testTier'), tier: TierName }),
  v.object({ kind: kind('listModels'), provider: Name }),
  v.object({ kind: kind('setCompletions'), enabled: v.boolean() }),
  /** `on: null` takes the language off the list. */
  v.object({ kind: kind('setLanguage'), id: LanguageId, on: v.nullable(v.boolean()) }),
  v.object({ kind: kind('revokeConsent'), origin: v.pipe(v.string(), v.maxLength(2000)) }),
  v.object({ kind: kind('openMeter') }),
  v.object({ kind: kind('openJson'), setting: v.pipe(v.string(), v.maxLength(100)) }),
]);
export type SettingsFromPage = v.InferOutput<typeof SettingsFromPage>;
