import { kindOfHost } from '../common/hosts.ts';
import type { ProviderConfig } from '../common/providerConfig.ts';

/**
 * Providers with one address, as the tools that settings are imported from name them. An address is that of the provider's
 * OpenAI-style API, from its own documentation; all of them were compared with the tables of Continue and LiteLLM.
 */

interface FixedProvider {
  /** Our name. */
  readonly name: string;
  readonly kind?: ProviderConfig['kind'];
  readonly baseUrl: string;
  /** Names that Continue, LiteLLM and Aider, Cline and Copilot have for it, in lower case. */
  readonly aka?: readonly string[];
  /** Environment variables with its key, by the vendor's documentation and LiteLLM's. */
  readonly keys: readonly string[];
}

export const FIXED_PROVIDERS: readonly FixedProvider[] = [
  { name: 'ollama', kind: 'ollama', baseUrl: 'http://127.0.0.1:11434', aka: ['ollama_chat'], keys: [] },
  { name: 'openrouter', baseUrl: 'https://openrouter.ai/api/v1', keys: ['OPENROUTER_API_KEY'] },
  {
    name: 'openai',
    baseUrl: 'https://api.openai.com/v1',
    aka: ['openai-native', 'text-completion-openai'],
    keys: ['OPENAI_API_KEY'],
  },
  { name: 'anthropic', baseUrl: 'https://api.anthropic.com/v1', keys: ['ANTHROPIC_API_KEY'] },
  { name: 'deepseek', baseUrl: 'https://api.deepseek.com', keys: ['DEEPSEEK_API_KEY'] },
  { name: 'mistral', baseUrl: 'https://api.mistral.ai/v1', keys: ['MISTRAL_API_KEY'] },
  {
    name: 'codestral',
    baseUrl: 'https://codestral.mistral.ai/v1',
    aka: ['text-completion-codestral'],
    keys: ['CODESTRAL_API_KEY'],
  },
  {
    name: 'google',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
    aka: ['gemini'],
    keys: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
  },
  { name: 'groq', baseUrl: 'https://api.groq.com/openai/v1', keys: ['GROQ_API_KEY'] },
  {
    name: 'litellm',
    baseUrl: 'http://127.0.0.1:4000',
    aka: ['litellm_proxy'],
    keys: ['LITELLM_API_KEY', 'LITELLM_PROXY_API_KEY', 'LITELLM_MASTER_KEY'],
  },
  { name: 'xai', baseUrl: 'https://api.x.ai/v1', keys: ['XAI_API_KEY'] },
  {
    name: 'together',
    baseUrl: 'https://api.together.xyz/v1',
    aka: ['together_ai'],
    keys: ['TOGETHERAI_API_KEY', 'TOGETHER_API_KEY'],
  },
  {
    name: 'fireworks',
    baseUrl: 'https://api.fireworks.ai/inference/v1',
    aka: ['fireworks_ai'],
    keys: ['FIREWORKS_API_KEY', 'FIREWORKS_AI_API_KEY'],
  },
  { name: 'cerebras', baseUrl: 'https://api.cerebras.ai/v1', keys: ['CEREBRAS_API_KEY'] },
  {
    name: 'nvidia',
    baseUrl: 'https://integrate.api.nvidia.com/v1',
    aka: ['nvidia_nim'],
    keys: ['NVIDIA_API_KEY', 'NVIDIA_NIM_API_KEY'],
  },
  { name: 'deepinfra', baseUrl: 'https://api.deepinfra.com/v1/openai', keys: ['DEEPINFRA_API_KEY'] },
  { name: 'sambanova', baseUrl: 'https://api.sambanova.ai/v1', keys: ['SAMBANOVA_API_KEY'] },
  {
    name: 'cohere',
    baseUrl: 'https://api.cohere.ai/compatibility/v1',
    aka: ['cohere_chat'],
    keys: ['COHERE_API_KEY', 'CO_API_KEY'],
  },
  { name: 'moonshot', baseUrl: 'https://api.moonshot.ai/v1', keys: ['MOONSHOT_API_KEY'] },
  { name: 'zai', baseUrl: 'https://api.z.ai/api/paas/v4', keys: ['ZAI_API_KEY', 'Z_AI_API_KEY'] },
  { name: 'minimax', baseUrl: 'https://api.minimax.io/v1', keys: ['MINIMAX_API_KEY'] },
  {
    name: 'qwen',
    baseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
    aka: ['dashscope', 'alibaba'],
    keys: ['DASHSCOPE_API_KEY'],
  },
  { name: 'nebius', baseUrl: 'https://api.studio.nebius.ai/v1', keys: ['NEBIUS_API_KEY'] },
  { name: 'siliconflow', baseUrl: 'https://api.siliconflow.cn/v1', keys: ['SILICONFLOW_API_KEY'] },
  { name: 'scaleway', baseUrl: 'https://api.scaleway.ai/v1', keys: ['SCW_SECRET_KEY', 'SCALEWAY_API_KEY'] },
  { name: 'novita', baseUrl: 'https://api.novita.ai/v3/openai', keys: ['NOVITA_API_KEY'] },
  { name: 'venice', baseUrl: 'https://api.venice.ai/api/v1', keys: ['VENICE_API_KEY'] },
  { name: 'inception', baseUrl: 'https://api.inceptionlabs.ai/v1', keys: ['INCEPTION_API_KEY'] },
  { name: 'perplexity', baseUrl: 'https://api.perplexity.ai', keys: ['PERPLEXITYAI_API_KEY', 'PERPLEXITY_API_KEY'] },
  { name: 'hyperbolic', baseUrl: 'https://api.hyperbolic.xyz/v1', keys: ['HYPERBOLIC_API_KEY'] },
  {
    name: 'ovhcloud',
    baseUrl: 'https://oai.endpoints.kepler.ai.cloud.ovh.net/v1',
    keys: ['OVHCLOUD_API_KEY', 'OVH_AI_ENDPOINTS_ACCESS_TOKEN'],
  },
  { name: 'requesty', baseUrl: 'https://router.requesty.ai/v1', keys: ['REQUESTY_API_KEY'] },
  {
    name: 'vercel',
    baseUrl: 'https://ai-gateway.vercel.sh/v1',
    aka: ['vercel-ai-gateway', 'vercel_ai_gateway'],
    keys: ['AI_GATEWAY_API_KEY', 'VERCEL_AI_GATEWAY_API_KEY'],
  },
  {
    name: 'huggingface',
    baseUrl: 'https://router.huggingface.co/v1',
    aka: ['huggingface-inference-providers'],
    keys: ['HF_TOKEN', 'HUGGINGFACE_API_KEY'],
  },
  { name: 'chutes', baseUrl: 'https://llm.chutes.ai/v1', keys: ['CHUTES_API_KEY'] },
  { name: 'lmstudio', baseUrl: 'http://127.0.0.1:1234/v1', aka: ['lm_studio'], keys: [] },
  { name: 'llama-cpp', baseUrl: 'http://127.0.0.1:8080/v1', aka: ['llama.cpp', 'llamafile'], keys: [] },
  { name: 'vllm', baseUrl: 'http://127.0.0.1:8000/v1', aka: ['hosted_vllm'], keys: ['HOSTED_VLLM_API_KEY'] },
  { name: 'text-gen-webui', baseUrl: 'http://127.0.0.1:5000/v1', keys: [] },
];

/** Providers that do not answer at an address with a key: why they cannot be imported is said by the importer. */
export const SIGNED_PROVIDERS: ReadonlySet<string> = new Set([
  'bedrock',
  'bedrockimport',
  'bedrock_converse',
  'sagemaker',
  'sagemaker_chat',
  'vertex',
  'vertexai',
  'vertex_ai',
  'vertex_ai_beta',
  'watsonx',
  'sapaicore',
]);

/** The provider of a name that another tool has for it. */
export const fixedProvider = (name: string): FixedProvider | undefined => {
  const wanted = name.toLowerCase();
  return FIXED_PROVIDERS.find((each) => each.name === wanted || each.aka?.includes(wanted));
};

/** The provider whose public address has this host. */
export const fixedProviderAt = (host: string): FixedProvider | undefined =>
  FIXED_PROVIDERS.find(({ baseUrl }) => isPublic(baseUrl) && new URL(baseUrl).host === host);

const isPublic = (url: string): boolean => kindOfHost(new URL(url).hostname) === 'public';

/** Ollama's own port: what answers there is Ollama, by whatever kind another tool calls it. */
export const OLLAMA_PORT = '11434';

/** Hosts of Azure's deployments; learn.microsoft.com, "Azure OpenAI v1 API". */
export const isAzureHost = (host: string): boolean =>
  /\.(openai\.azure\.com|services\.ai\.azure\.com|cognitiveservices\.azure\.com)$/.test(host);
