import { t } from '@vscode/l10n';
import * as v from 'valibot';
import { fixedProvider } from './importProviders.ts';
import { Planner, type ImportContext, type ImportPlan } from './importPlan.ts';
import { parseDotEnv } from './importText.ts';

/** Aider's `.aider.conf.yml` (aider.chat/docs/config/aider_conf.html). Its models have LiteLLM's names. */

const Text = v.pipe(v.string(), v.maxLength(2000));
const Aider = v.looseObject({
  model: v.nullish(Text),
  'weak-model': v.nullish(Text),
  'editor-model': v.nullish(Text),
  architect: v.nullish(v.boolean()),
  'openai-api-key': v.nullish(Text),
  'anthropic-api-key': v.nullish(Text),
  'openai-api-base': v.nullish(Text),
  'api-key': v.nullish(v.union([Text, v.array(Text)])),
  'edit-format': v.nullish(Text),
  alias: v.nullish(v.union([Text, v.array(Text)])),
  'set-env': v.nullish(v.union([Text, v.array(Text)])),
});

const OF_AIDER = [
  'model',
  'weak-model',
  'editor-model',
  'openai-api-key',
  'anthropic-api-key',
  'openai-api-base',
  'api-key',
  'edit-format',
];

/** Whether a parsed file is Aider's. */
export const isAider = (config: unknown): boolean =>
  typeof config === 'object' && config !== null && OF_AIDER.some((name) => Object.hasOwn(config, name));

/** Vendors whose models LiteLLM knows without a prefix. */
const BARE: readonly (readonly [pattern: RegExp, provider: string])[] = [
  [/^(gpt-|chatgpt-|codex-|o\d)/, 'openai'],
  [/^claude-/, 'anthropic'],
  [/^gemini-/, 'google'],
  [/^deepseek-/, 'deepseek'],
  [/^(mistral|codestral|devstral|magistral|ministral)-/, 'mistral'],
  [/^grok-/, 'xai'],
];

/**
 * The main model becomes the mid tier. In architect mode the main model plans and another one edits: then the main model
 * becomes the frontier tier and the editor's the mid tier.
 */
export function planAider(config: unknown, context: ImportContext): ImportPlan {
  const plan = new Planner(context);
  const root = v.safeParse(Aider, config ?? {});
  if (!root.success) {
    plan.leave('', t('its {0} cannot be read', v.getDotPath(root.issues[0]) ?? t('form')));
    return plan;
  }
  const { model, 'editor-model': editor, 'weak-model': weak } = root.output;
  const architect = root.output.architect ?? root.output['edit-format'] === 'architect';
  const keys = keysOf(root.output);
  const aliases = aliasesOf(root.output);
  const own = parseDotEnv([root.output['set-env'] ?? []].flat().join('\n'));
  const openAiBase = root.output['openai-api-base'] ?? '';
  const modelOf = (name: string): string => aliases.get(name) ?? name;
  const add = (name: string | null | undefined, use: 'chat' | 'escalations'): void => {
    if (name) addModel(plan, modelOf(name), use, keys, openAiBase, own);
  };
  add(model, architect && editor ? 'escalations' : 'chat');
  if (architect) add(editor, 'chat');
  else if (editor) plan.leave(editor, t('the editor model, which only architect mode uses'));
  if (weak) plan.leave(weak, t('the weak model: Gearshift chooses a tier for commit messages and summaries itself'));
  for (const [provider, key] of keys)
    if (![model, editor].some((name) => name && providerOf(modelOf(name))?.provider === provider))
      plan.addKey({ label: provider, provider, address: provider === 'openai' ? openAiBase : '', key });
  return plan;
}

function addModel(
  plan: Planner,
  name: string,
  use: 'chat' | 'escalations',
  keys: ReadonlyMap<string, string>,
  openAiBase: string,
  own: Readonly<Record<string, string>>,
): void {
  const found = providerOf(name);
  if (!found) return plan.leave(name, t('a short name that only Aider can look up; choose the model in the settings'));
  const { provider } = found;
  // LiteLLM reads the address of each provider from a variable of this name.
  const bases = [name.split('/')[0] ?? '', provider].map(
    (each) => `${each.toUpperCase().replace(/\W/g, '_')}_API_BASE`,
  );
  const stated = (provider === 'openai' && openAiBase) || bases.map((each) => own[each]).find(Boolean);
  const address = stated || bases.map((each) => plan.variable(each)).find(Boolean);
  const ownKey = fixedProvider(provider)
    ?.keys.map((each) => own[each])
    .find(Boolean);
  // The usual key of a provider does not go to an address that the file states without a key.
  const key = keys.get(provider) ?? ownKey ?? (stated ? undefined : plan.usualKeyOf(provider));
  plan.addModel({ label: name, ...found, address, key, uses: [use] });
}

/** Provider and model of LiteLLM's name; undefined for Aider's own short names, such as `sonnet`. */
function providerOf(name: string): { provider: string; model: string } | undefined {
  const [, prefix, rest] = /^([^/]+)\/(.+)$/.exec(name) ?? [];
  if (prefix && rest) return { provider: fixedProvider(prefix)?.name ?? prefix, model: rest };
  const provider = BARE.find(([pattern]) => pattern.test(name))?.[1];
  return provider ? { provider, model: name } : undefined;
}

/** The user's own short names of models: `alias: [fast:gpt-5-mini]`. */
function aliasesOf({ alias }: v.InferOutput<typeof Aider>): ReadonlyMap<string, string> {
  const pairs = [alias ?? []].flat().map((text) => /^\s*([^:\s]+):\s*(\S+)\s*$/.exec(text));
  return new Map(pairs.flatMap((pair) => (pair?.[1] && pair[2] ? [[pair[1], pair[2]] as const] : [])));
}

/** Keys by provider: of `openai-api-key`, `anthropic-api-key`, and the list `api-key: [provider=key]`. */
function keysOf(config: v.InferOutput<typeof Aider>): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  for (const pair of [config['api-key'] ?? []].flat()) {
    const [head, provider] = /^\s*([\w.-]+)\s*=/.exec(pair) ?? [];
    const key = pair.slice(head?.length).trim();
    if (provider && key) keys.set(fixedProvider(provider)?.name ?? provider, key);
  }
  if (config['openai-api-key']) keys.set('openai', config['openai-api-key']);
  if (config['anthropic-api-key']) keys.set('anthropic', config['anthropic-api-key']);
  return keys;
}
