import { t } from '@vscode/l10n';
import { Planner, type ImportContext, type ImportPlan } from './importPlan.ts';

/**
 * Cline's `globalState.json` and `secrets.json` below `~/.cline/data` (cline/cline, src/shared/storage). The model of *Act*
 * becomes the mid tier. Where *Plan* has another one, that becomes the frontier tier.
 */

type Members = Readonly<Record<string, unknown>>;

interface ClineProvider {
  /** Our name of it; without one, that of Cline. */
  readonly name?: string;
  /** The member with its model, behind `planMode` and `actMode`. */
  readonly model?: string;
  /** The member of `secrets.json` with its key. */
  readonly key?: string;
  /** The member with its address. */
  readonly address?: string;
}

/** What differs from provider to provider; of all others the model is in `ApiModelId`. */
const PROVIDERS: Readonly<Record<string, ClineProvider>> = {
  anthropic: { key: 'apiKey', address: 'anthropicBaseUrl' },
  openrouter: { model: 'OpenRouterModelId', key: 'openRouterApiKey' },
  openai: { model: 'OpenAiModelId', key: 'openAiApiKey', address: 'openAiBaseUrl' },
  'openai-native': { name: 'openai', key: 'openAiNativeApiKey' },
  ollama: { model: 'OllamaModelId', key: 'ollamaApiKey', address: 'ollamaBaseUrl' },
  lmstudio: { model: 'LmStudioModelId', address: 'lmStudioBaseUrl' },
  litellm: { model: 'LiteLlmModelId', key: 'liteLlmApiKey', address: 'liteLlmBaseUrl' },
  gemini: { key: 'geminiApiKey', address: 'geminiBaseUrl' },
  deepseek: { key: 'deepSeekApiKey' },
  mistral: { key: 'mistralApiKey' },
  groq: { model: 'GroqModelId', key: 'groqApiKey' },
  xai: { key: 'xaiApiKey' },
  together: { model: 'TogetherModelId', key: 'togetherApiKey' },
  fireworks: { model: 'FireworksModelId', key: 'fireworksApiKey' },
  requesty: { model: 'RequestyModelId', key: 'requestyApiKey', address: 'requestyBaseUrl' },
  cerebras: { key: 'cerebrasApiKey' },
  sambanova: { key: 'sambanovaApiKey' },
  nebius: { key: 'nebiusApiKey' },
  moonshot: { key: 'moonshotApiKey' },
  qwen: { key: 'qwenApiKey' },
  zai: { key: 'zaiApiKey' },
  minimax: { key: 'minimaxApiKey' },
  huggingface: { model: 'HuggingFaceModelId', key: 'huggingFaceApiKey' },
  'vercel-ai-gateway': { model: 'VercelAiGatewayModelId', key: 'vercelAiGatewayApiKey' },
};

/** Providers that are an account or a program in place of a key. */
const ACCOUNTS: ReadonlySet<string> = new Set([
  'cline',
  'claude-code',
  'vscode-lm',
  'qwen-code',
  'openai-codex',
  'oca',
  'dify',
  'asksage',
]);

/** Whether a parsed file is Cline's state. */
export const isCline = (state: unknown): boolean =>
  typeof state === 'object' &&
  state !== null &&
  ['actModeApiProvider', 'planModeApiProvider', 'apiProvider'].some((name) => Object.hasOwn(state, name));

/**
 * @param state `globalState.json`, parsed
 * @param secrets `secrets.json`, parsed; undefined when it was not found
 */
export function planCline(state: unknown, secrets: unknown, context: ImportContext): ImportPlan {
  const plan = new Planner(context);
  if (!isCline(state)) {
    plan.leave('', t('The file contains no configuration.'));
    return plan;
  }
  const members = state as Members;
  const keys = typeof secrets === 'object' && secrets !== null ? (secrets as Members) : {};
  const act = readMode(members, 'actMode') ?? readMode(members, '');
  const planning = readMode(members, 'planMode');
  const used = new Set<string>();
  if (act) used.add(addMode(plan, 'Act', act, 'chat', members, keys));
  const same = act && planning && act.provider === planning.provider && act.model === planning.model;
  if (planning && !same) used.add(addMode(plan, 'Plan', planning, 'escalations', members, keys));
  for (const [theirs, { name = theirs, key = '', address = '' }] of Object.entries(PROVIDERS))
    if (textOf(keys, key) && !used.has(theirs))
      plan.addKey({ label: theirs, provider: name, address: textOf(members, address), key: textOf(keys, key) });
  if (Object.keys(keys).length === 0)
    plan.leave('', t("its keys: Cline's secrets.json was not found beside this file; set them under Providers"));
  return plan;
}

interface Mode {
  readonly provider: string;
  readonly model: string;
}

function readMode(state: Members, mode: string): Mode | undefined {
  const name = (rest: string): string => (mode ? `${mode}${rest}` : rest.charAt(0).toLowerCase() + rest.slice(1));
  const provider = textOf(state, name('ApiProvider'));
  if (!provider) return undefined;
  const own = Object.hasOwn(PROVIDERS, provider) ? PROVIDERS[provider]?.model : undefined;
  return { provider, model: textOf(state, name(own ?? 'ApiModelId')) };
}

/** Adds a mode's model, and returns Cline's name of its provider. */
function addMode(
  plan: Planner,
  label: string,
  { provider, model }: Mode,
  use: 'chat' | 'escalations',
  state: Members,
  secrets: Members,
): string {
  const { name = provider, key = '', address = '' } = (Object.hasOwn(PROVIDERS, provider) && PROVIDERS[provider]) || {};
  if (ACCOUNTS.has(provider))
    plan.leave(label, t('{0} is an account or a program, not a provider with a key', provider));
  else if (!model) plan.leave(label, t('it names no model'));
  else
    plan.addModel({
      label,
      provider: name,
      model,
      address: textOf(state, address),
      key: textOf(secrets, key),
      uses: [use],
    });
  return provider;
}

function textOf(members: Members, name: string): string {
  const value = name && Object.hasOwn(members, name) ? members[name] : undefined;
  return typeof value === 'string' && value.length <= 2000 ? value : '';
}
