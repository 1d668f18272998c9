/** What the Ollama server says about its models: names, capabilities, details, and what can be pulled. */
import { createHash } from 'node:crypto';

type Capability = 'completion' | 'tools' | 'insert' | 'vision' | 'embedding' | 'thinking';

/** A model on the server. All but the name has a default that fits the name. */
export interface OllamaModel {
  readonly name: string;
  readonly family: string;
  readonly capabilities: readonly Capability[];
  /** The model's own window (`<family>.context_length`); the runner's is set by num_ctx. */
  readonly contextLength: number;
  readonly parameterSize: string;
  readonly quantization: string;
  readonly sizeBytes: number;
  /** Below `sizeBytes`: partly on the CPU. */
  readonly sizeVramBytes: number;
  readonly template: string;
  /** Modelfile PARAMETERs: defaults that a request may override. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** What its files hold, for the digest. Default: the name. */
  readonly files?: string;
  /** Set for a cloud stub: the server passes its requests on to this address. */
  readonly remoteHost?: string;
  /** The name that the stub has there. */
  readonly remoteModel?: string;
}

export type ModelSpec = string | ({ readonly name: string } & Partial<OllamaModel>);

/** First match on the name decides; more special names come first. */
const FAMILIES: readonly { when: RegExp; family: string; contextLength: number; capabilities: Capability[] }[] = [
  { when: /embed/, family: 'nomic-bert', contextLength: 2048, capabilities: ['embedding'] },
  { when: /-base/, family: 'qwen2', contextLength: 32768, capabilities: ['completion', 'insert'] },
  { when: /coder|demo-coder/, family: 'qwen2', contextLength: 32768, capabilities: ['completion', 'tools', 'insert'] },
  { when: /starcoder2/, family: 'starcoder2', contextLength: 16384, capabilities: ['completion', 'insert'] },
  { when: /codellama.*code/, family: 'llama', contextLength: 16384, capabilities: ['completion', 'insert'] },
  { when: /codestral/, family: 'llama', contextLength: 32768, capabilities: ['completion', 'insert'] },
  { when: /codegemma/, family: 'gemma', contextLength: 8192, capabilities: ['completion', 'insert'] },
  { when: /granite/, family: 'granite', contextLength: 131072, capabilities: ['completion', 'tools'] },
  { when: /qwen3/, family: 'qwen3', contextLength: 40960, capabilities: ['completion', 'tools', 'thinking'] },
  { when: /deepseek-r1/, family: 'qwen2', contextLength: 131072, capabilities: ['completion', 'thinking'] },
  { when: /gpt-oss/, family: 'gptoss', contextLength: 131072, capabilities: ['completion', 'tools', 'thinking'] },
  { when: /./, family: 'llama', contextLength: 131072, capabilities: ['completion', 'tools'] },
];

const CHAT_TEMPLATE = '{{ range .Messages }}<|im_start|>{{ .Role }}\n{{ .Content }}<|im_end|>\n{{ end }}';
const INSERT_TEMPLATE =
  '{{- if .Suffix }}<|fim_prefix|>{{ .Prompt }}<|fim_suffix|>{{ .Suffix }}<|fim_middle|>{{ else }}';

/** `demo-coder` means `demo-coder:latest`. */
export function fullName(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1).includes(':') ? name : `${name}:latest`;
}

/** The name as it is in capability errors. */
export function registryName(name: string): string {
  const full = fullName(name);
  return full.includes('/') ? `registry.ollama.ai/${full}` : `registry.ollama.ai/library/${full}`;
}

export function describeModel(spec: ModelSpec): OllamaModel {
  const given = typeof spec === 'string' ? { name: spec } : spec;
  const name = fullName(given.name);
  const { family, contextLength, capabilities } = FAMILIES.find(({ when }) => when.test(name))!;
  const billions = Number(/(\d+(?:\.\d+)?)b\b/.exec(name)?.[1] ?? 1.5);
  const sizeBytes = given.sizeBytes ?? Math.round(billions * 0.65e9);
  const caps = given.capabilities ?? capabilities;
  return {
    family,
    contextLength,
    capabilities,
    parameterSize: `${billions}B`,
    quantization: 'Q4_K_M',
    sizeVramBytes: sizeBytes,
    template: caps.includes('insert') ? `${INSERT_TEMPLATE}${CHAT_TEMPLATE}{{ end }}` : CHAT_TEMPLATE,
    parameters: {},
    ...(/[:-]cloud$/i.test(name) && { remoteHost: 'https://ollama.com:443' }),
    ...given,
    sizeBytes,
    name,
  };
}

export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function detailsOf(model: OllamaModel): object {
  // A stub holds no weights, and says nothing of those elsewhere.
  if (model.remoteHost)
    return { parent_model: '', format: '', family: '', families: null, parameter_size: '', quantization_level: '' };
  return {
    parent_model: '',
    format: 'gguf',
    family: model.family,
    families: [model.family],
    parameter_size: model.parameterSize,
    quantization_level: model.quantization,
  };
}

/** Size of a cloud stub on the disk. */
const STUB_BYTES = 249;
const MODIFIED_AT = '2026-11-01T10:00:00.000000000Z';

/** An element of `GET /api/tags`. */
export function tagOf(model: OllamaModel): object {
  return {
    name: model.name,
    model: model.name,
    modified_at: MODIFIED_AT,
    size: model.remoteHost ? STUB_BYTES : model.sizeBytes,
    digest: digestOf(`${model.files ?? model.name} ${model.remoteHost ?? ''}`),
    details: { ...detailsOf(model), context_length: model.contextLength },
    capabilities: model.capabilities,
    ...remoteOf(model),
  };
}

/** The answer of `POST /api/show`. */
export function showOf(model: OllamaModel): object {
  const parameters = Object.entries(model.parameters).flatMap(([name, value]) =>
    [value].flat().map((each) => `${name.padEnd(30)} ${JSON.stringify(each)}`),
  );
  return {
    modelfile: `# Modelfile generated by "ollama show"\nFROM ${model.name}\n`,
    ...(parameters.length > 0 && { parameters: parameters.join('\n') }),
    template: model.template,
    details: detailsOf(model),
    model_info: model.remoteHost
      ? {}
      : {
          'general.architecture': model.family,
          [`${model.family}.context_length`]: model.contextLength,
          'tokenizer.ggml.tokens': [],
        },
    capabilities: model.capabilities,
    modified_at: MODIFIED_AT,
    ...remoteOf(model),
  };
}

/** The fields that tell of a cloud stub in lists, descriptions and every line of an answer. */
export function remoteOf({ name, remoteHost, remoteModel }: OllamaModel): object {
  return remoteHost ? { remote_model: remoteModel ?? name.replace(/[:-]cloud$/i, ''), remote_host: remoteHost } : {};
}

/** An element of `GET /api/ps`. */
export function processOf(model: OllamaModel, contextLength: number, expiresAt: number): object {
  return {
    name: model.name,
    model: model.name,
    size: model.sizeBytes,
    digest: digestOf(model.name),
    details: detailsOf(model),
    expires_at: Number.isFinite(expiresAt) ? new Date(expiresAt).toISOString() : '2318-01-01T00:00:00Z',
    size_vram: model.sizeVramBytes,
    context_length: contextLength,
  };
}

const OPTION_TYPES: Readonly<Record<string, 'integer' | 'float32' | 'boolean' | 'array'>> = {
  num_ctx: 'integer',
  num_batch: 'integer',
  num_gpu: 'integer',
  main_gpu: 'integer',
  num_thread: 'integer',
  num_keep: 'integer',
  num_predict: 'integer',
  draft_num_predict: 'integer',
  seed: 'integer',
  top_k: 'integer',
  repeat_last_n: 'integer',
  temperature: 'float32',
  top_p: 'float32',
  min_p: 'float32',
  typical_p: 'float32',
  repeat_penalty: 'float32',
  presence_penalty: 'float32',
  frequency_penalty: 'float32',
  use_mmap: 'boolean',
  stop: 'array',
};

/** A change of one of these reloads the model. */
const RUNNER_OPTIONS = ['num_ctx', 'num_batch', 'num_gpu', 'main_gpu', 'use_mmap', 'num_thread', 'draft_num_predict'];

/** The error text for the first option of a wrong type; unknown options are ignored. */
export function optionError(options: Readonly<Record<string, unknown>>): string | undefined {
  for (const [name, value] of Object.entries(options)) {
    const type = OPTION_TYPES[name];
    const is = Array.isArray(value) ? 'array' : typeof value;
    const wanted = type === 'integer' || type === 'float32' ? 'number' : type;
    if (type && value !== null && is !== wanted) return `option "${name}" must be of type ${type}`;
  }
  return undefined;
}

/** Equal keys share a runner. A left-out option is "auto" and matches only "auto". */
export function runnerKey(options: Readonly<Record<string, unknown>>, shift: boolean): string {
  return JSON.stringify([RUNNER_OPTIONS.map((name) => options[name] ?? 'auto'), shift]);
}

/** The key of a request that sets no runner option. */
export const AUTOMATIC_OPTIONS = runnerKey({}, true);

/** Go duration (`"10m"`, `"1h30m"`), or seconds as a number; negative means forever. Undefined if absent. */
export function keepAliveMs(value: unknown): number | undefined {
  if (typeof value === 'number') return value < 0 ? Infinity : value * 1000;
  if (typeof value !== 'string') return undefined;
  const units: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
  const parts = [...value.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)];
  if (value.startsWith('-')) return Infinity;
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * units[unit!]!, 0);
}
