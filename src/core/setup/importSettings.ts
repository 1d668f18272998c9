import { t } from '@vscode/l10n';
import * as v from 'valibot';
import { checkPastedAddress } from '../common/pastedAddress.ts';
import { classifyHeader } from '../common/headers.ts';
import type { ProviderConfig } from '../common/providerConfig.ts';
import { TIERS, type Tier } from '../common/types.ts';

/**
 * Settings from elsewhere: Continue's configuration (docs.continue.dev/reference) and environment variables. A plan says
 * what would be taken and what would be left; nothing is changed here. A key never becomes part of a setting.
 */

export interface ImportPlan {
  /** Providers to add, or to change by these fields. */
  readonly providers: ReadonlyMap<string, ImportedProvider>;
  readonly tiers: Readonly<Partial<Record<Tier, readonly string[]>>>;
  /** Keys that stood there in plain text, by provider: for the secret storage. */
  readonly keys: ReadonlyMap<string, string>;
  /** Headers that carry keys, by provider: for the secret storage. */
  readonly secretHeaders: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly took: readonly string[];
  readonly left: readonly string[];
}

interface ImportedProvider {
  /** Undefined: a provider that is there already keeps its own. */
  readonly kind?: ProviderConfig['kind'];
  readonly baseUrl?: string;
  /** What its address needs beside the path. */
  readonly query?: Readonly<Record<string, string>>;
  readonly apiKeyEnv?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Known = ReadonlyMap<string, Pick<ProviderConfig, 'kind' | 'baseUrl' | 'apiKeyEnv'>>;

// ---------------------------------------------------------------------------------------------------------------------
// Continue

/** Its name of a provider → ours, or the address that it means. */
const CONTINUE_PROVIDERS: Readonly<Record<string, { readonly name: string; readonly baseUrl?: string }>> = {
  ollama: { name: 'ollama' },
  openrouter: { name: 'openrouter' },
  openai: { name: 'openai' },
  anthropic: { name: 'anthropic' },
  deepseek: { name: 'deepseek' },
  mistral: { name: 'mistral' },
  gemini: { name: 'google' },
  groq: { name: 'groq' },
  lmstudio: { name: 'lmstudio', baseUrl: 'http://127.0.0.1:1234/v1' },
  'llama.cpp': { name: 'llama-cpp', baseUrl: 'http://127.0.0.1:8080/v1' },
  together: { name: 'together', baseUrl: 'https://api.together.xyz/v1' },
  vllm: { name: 'vllm', baseUrl: 'http://127.0.0.1:8000/v1' },
};

const Text = v.pipe(v.string(), v.maxLength(2000));
const ContinueModel = v.looseObject({
  name: v.optional(Text),
  title: v.optional(Text),
  provider: v.optional(Text),
  model: v.optional(Text),
  apiBase: v.optional(Text),
  apiKey: v.optional(Text),
  roles: v.optional(v.array(v.string())),
  uses: v.optional(Text),
  requestOptions: v.optional(v.looseObject({ headers: v.optional(v.record(v.string(), Text)) })),
});
type ContinueModel = v.InferOutput<typeof ContinueModel>;

/** Roles of a model without any: docs.continue.dev/reference, "models". */
const DEFAULT_ROLES = ['chat', 'edit', 'apply'];

/** Parts of its configuration that have no counterpart here. */
const NO_COUNTERPART = [
  'context',
  'contextProviders',
  'rules',
  'prompts',
  'docs',
  'mcpServers',
  'data',
  'slashCommands',
  'customCommands',
  'embeddingsProvider',
  'reranker',
  'tabAutocompleteOptions',
  'systemMessage',
];

class Plan {
  readonly providers = new Map<string, ImportedProvider>();
  readonly tiers: Partial<Record<Tier, string[]>> = {};
  readonly keys = new Map<string, string>();
  readonly secretHeaders = new Map<string, Record<string, string>>();
  readonly took: string[] = [];
  readonly left: string[] = [];

  add(tier: Tier, ref: string): void {
    const chain = (this.tiers[tier] ??= []);
    if (!chain.includes(ref) && chain.length < 20) chain.push(ref);
  }
}

/**
 * Translates Continue's parsed `config.yaml` or `config.json`: its model for completions becomes the local
 * tier, its chat models the mid tier in their order.
 *
 * @param env values of the environment, to which `${{ secrets.NAME }}` is compared
 */
export function planContinue(
  config: unknown,
  known: Known,
  env: Readonly<Record<string, string | undefined>>,
): ImportPlan {
  const plan = new Plan();
  const root = v.safeParse(v.record(v.string(), v.unknown()), config);
  if (!root.success) {
    plan.left.push(t('The file contains no configuration.'));
    return plan;
  }
  for (const { value, role } of modelsOf(root.output)) {
    const model = v.safeParse(ContinueModel, value);
    if (model.success) takeModel(plan, model.output, role, known, env);
    else plan.left.push(t('an entry of its models that cannot be read'));
  }
  for (const name of NO_COUNTERPART) {
    const value = root.output[name];
    const empty = value === undefined || value === null || (Array.isArray(value) && value.length === 0);
    if (!empty) plan.left.push(t('{0}: not supported by Gearshift', name));
  }
  if (plan.tiers.mid) plan.left.push(t('the frontier tier: Continue has none, so yours stays as it is'));
  return plan;
}

/** All models of either form; those of `tabAutocompleteModel` have only that role. */
function modelsOf(root: Readonly<Record<string, unknown>>): { value: unknown; role?: string }[] {
  const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : value ? [value] : []);
  return [
    ...list(root['models']).map((value) => ({ value })),
    ...list(root['tabAutocompleteModel']).map((value) => ({ value, role: 'autocomplete' })),
  ].slice(0, 200);
}

function takeModel(
  plan: Plan,
  entry: ContinueModel,
  role: string | undefined,
  known: Known,
  env: Readonly<Record<string, string | undefined>>,
): void {
  const { provider: theirs = '', model = '' } = entry;
  const name = entry.name ?? entry.title ?? (model || entry.uses || '?');
  if (entry.uses) return void plan.left.push(t("{0}: a block of Continue's hub", entry.uses));
  if (!model || model === 'AUTODETECT') return void plan.left.push(t('{0}: it names no model', name));
  const roles = role ? [role] : (entry.roles ?? DEFAULT_ROLES);
  const completes = roles.includes('autocomplete');
  const chats = roles.includes('chat');
  if (!completes && !chats) return void plan.left.push(t('{0}: its roles are {1}', name, roles.join(', ')));
  const provider = takeProvider(plan, name, theirs, entry, known, env);
  if (!provider) return;
  const ref = `${provider.name}/${model}`;
  if (chats) {
    plan.add('mid', ref);
    plan.took.push(t('{0} for chat: {1}', name, ref));
  }
  if (completes && provider.kind === 'ollama') {
    plan.add('local', ref);
    plan.took.push(t('{0} for completions: {1}', name, ref));
  } else if (completes) {
    plan.left.push(t('{0} for completions: they need an Ollama server here', name));
  }
}

function takeProvider(
  plan: Plan,
  model: string,
  theirs: string,
  entry: ContinueModel,
  known: Known,
  env: Readonly<Record<string, string | undefined>>,
): { name: string; kind: ProviderConfig['kind'] } | undefined {
  const ours = Object.hasOwn(CONTINUE_PROVIDERS, theirs) ? CONTINUE_PROVIDERS[theirs] : undefined;
  if (!ours && !entry.apiBase) {
    plan.left.push(t('{0}: the provider {1} is not known here, and it has no address', model, theirs || '?'));
    return undefined;
  }
  const kind = theirs === 'ollama' ? 'ollama' : 'openai';
  const given = entry.apiBase ?? ours?.baseUrl ?? known.get(ours?.name ?? '')?.baseUrl ?? '';
  const check = checkPastedAddress(given, kind);
  if (!check.ok) {
    plan.left.push(t('{0}: the address {1} cannot be used: {2}', model, JSON.stringify(given.slice(0, 60)), check.why));
    return undefined;
  }
  const { baseUrl, host } = check.endpoint;
  const name = nameFor(plan, ours?.name ?? theirs, baseUrl, host, known);
  const before = plan.providers.get(name);
  const isKnown = known.has(name);
  const headers = takeHeaders(plan, model, name, entry);
  const key = takeKey(plan, model, name, entry.apiKey, env);
  const next: ImportedProvider = {
    ...before,
    ...(isKnown ? {} : { kind, baseUrl, ...(Object.keys(check.query).length > 0 ? { query: check.query } : {}) }),
    ...(headers ? { headers: { ...before?.headers, ...headers } } : {}),
    ...(key ? { apiKeyEnv: key } : {}),
  };
  if (Object.keys(next).length > 0) {
    if (!before && !isKnown) plan.took.push(t('provider {0} at {1}', name, host));
    plan.providers.set(name, next);
  }
  return { name, kind };
}

/** The provider of this address: a configured one, one of this plan, or a new name. */
function nameFor(plan: Plan, wish: string, baseUrl: string, host: string, known: Known): string {
  const sameAddress = (url: string | undefined): boolean => {
    const check = checkPastedAddress(url ?? '', 'openai');
    // `localhost` and `127.0.0.1` are one place.
    const plain = (text: string): string => text.replace('://localhost', '://127.0.0.1');
    return check.ok && plain(check.endpoint.baseUrl) === plain(baseUrl);
  };
  for (const [name, { baseUrl: theirs }] of known) if (sameAddress(theirs)) return name;
  for (const [name, { baseUrl: theirs }] of plan.providers) if (sameAddress(theirs)) return name;
  const taken = (name: string): boolean => known.has(name) || plan.providers.has(name);
  const base = (wish || host).replace(/[^\w.-]+/g, '-').slice(0, 40) || 'imported';
  if (!taken(base)) return base;
  for (let n = 2; ; n++) if (!taken(`${base}-${n}`)) return `${base}-${n}`;
}

function takeHeaders(
  plan: Plan,
  model: string,
  provider: string,
  { requestOptions }: ContinueModel,
): Record<string, string> | undefined {
  const { headers, ...others } = requestOptions ?? {};
  for (const option of Object.keys(others))
    plan.left.push(
      t("{0}: its request option {1} (VS Code's own proxy and certificate settings apply)", model, option),
    );
  const taken: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {})) {
    switch (classifyHeader(name)) {
      case 'plain':
        taken[name] = value;
        plan.took.push(t('the header {0} of {1}', name, provider));
        break;
      case 'secret':
        plan.secretHeaders.set(provider, { ...plan.secretHeaders.get(provider), [name]: value });
        plan.took.push(t('the header {0} of {1}, into the secret storage', name, provider));
        break;
      case 'key':
        plan.left.push(t('{0}: its header {1}, which carries a key; set the key under Providers', model, name));
        break;
      case 'never':
        plan.left.push(t('{0}: its header {1}, which belongs to the connection', model, name));
    }
  }
  return Object.keys(taken).length ? taken : undefined;
}

/** The variable that holds the key; a key in plain text goes to the plan's keys. */
function takeKey(
  plan: Plan,
  model: string,
  provider: string,
  apiKey: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (!apiKey) return undefined;
  const secret = /^\$\{\{\s*(?:secrets|inputs)\.([A-Za-z_]\w*)\s*\}\}$/.exec(apiKey)?.[1];
  if (secret === undefined) {
    if (plan.keys.has(provider)) return undefined;
    plan.keys.set(provider, apiKey);
    plan.took.push(t('the key of {0}, into the secret storage', provider));
    return undefined;
  }
  if (env[secret]) {
    plan.took.push(t('the key of {0}, from the environment variable {1}', provider, secret));
    return secret;
  }
  plan.left.push(
    t('{0}: its key is the secret {1}, which only Continue can read; set it under Providers', model, secret),
  );
  return undefined;
}

// ---------------------------------------------------------------------------------------------------------------------
// Environment

/** Variables by which other tools are given their keys, and the provider that they are for. */
const KEY_VARIABLES: readonly (readonly [variable: string, provider: string])[] = [
  ['OPENROUTER_API_KEY', 'openrouter'],
  ['OPENAI_API_KEY', 'openai'],
  ['ANTHROPIC_API_KEY', 'anthropic'],
  ['DEEPSEEK_API_KEY', 'deepseek'],
  ['MISTRAL_API_KEY', 'mistral'],
  ['GEMINI_API_KEY', 'google'],
  ['GOOGLE_API_KEY', 'google'],
  ['GROQ_API_KEY', 'groq'],
  ['LITELLM_API_KEY', 'litellm'],
  ['LITELLM_MASTER_KEY', 'litellm'],
];

/** The variables of the environment that a plan would use. */
export const keyVariablesIn = (env: Readonly<Record<string, string | undefined>>): string[] =>
  KEY_VARIABLES.map(([variable]) => variable).filter((variable) => env[variable]);

/** Keys by the name of their variable; their values are not looked at. */
export function planEnvironment(env: Readonly<Record<string, string | undefined>>, known: Known): ImportPlan {
  const plan = new Plan();
  for (const [variable, provider] of KEY_VARIABLES) {
    const found = known.get(provider);
    if (!env[variable]) continue;
    // The key belongs to the address that stands beside it.
    const elsewhere = variable === 'OPENAI_API_KEY' ? (env['OPENAI_BASE_URL'] ?? '') : '';
    if (elsewhere && elsewhere.replace(/\/+$/, '') !== found?.baseUrl) {
      const check = checkPastedAddress(elsewhere, 'openai');
      if (!check.ok) {
        plan.left.push(t('{0}: it is for OPENAI_BASE_URL, which cannot be used: {1}', variable, check.why));
        continue;
      }
      const { baseUrl, host } = check.endpoint;
      const name = nameFor(plan, 'openai-compatible', baseUrl, host, known);
      plan.providers.set(name, { ...(known.has(name) ? {} : { kind: 'openai', baseUrl }), apiKeyEnv: variable });
      plan.took.push(t('provider {0} at {1}', name, host), t('{0} as the key of {1}', variable, name));
    } else if (!found) {
      plan.left.push(t('{0}: there is no provider {1}', variable, provider));
    } else if (found.apiKeyEnv || plan.providers.has(provider)) {
      plan.left.push(
        t(
          '{0}: the key for {1} already comes from {2}',
          variable,
          provider,
          found.apiKeyEnv ?? plan.providers.get(provider)?.apiKeyEnv ?? '',
        ),
      );
    } else {
      plan.providers.set(provider, { apiKeyEnv: variable });
      plan.took.push(t('{0} as the key of {1}', variable, provider));
    }
  }
  return plan;
}

/** Whether a plan changes anything. */
export const isEmpty = ({ providers, tiers, keys, secretHeaders }: ImportPlan): boolean =>
  providers.size === 0 && keys.size === 0 && secretHeaders.size === 0 && TIERS.every((tier) => !tiers[tier]?.length);
