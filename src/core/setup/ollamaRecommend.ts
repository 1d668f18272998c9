import { t } from '@vscode/l10n';
import { chooseFormat } from '../completion/fim.ts';
import { hostOf } from '../common/places.ts';
import { isOllamaCloudName, OLLAMA_CLOUD } from '../common/providerRules.ts';
import { formatBytes } from './ollamaPulls.ts';

/** Which local models suit completions, and which of them fit this computer. */

export interface RecommendedModel {
  readonly model: string;
  /** The size of the download, in bytes. */
  readonly downloadBytes: number;
  /** Memory that it takes with a window of 4,096 tokens, in bytes: weights, cache and the server's own part. */
  readonly memoryBytes: number;
  readonly why: () => string;
}

/** When sizes and tags below were last compared with ollama.com/library. */
export const RECOMMENDED_ON = '2026-11-21';

const GB = 1e9;

/**
 * Base models that fill gaps, small to large: the library's `-base` tags were not tuned for chat, so they do not explain
 * or fence what they write. Sizes: ollama.com/library/qwen2.5-coder/tags (Q4_K_M); memory is estimated: a third more
 * than the weights and half a gigabyte for the runner, rounded up.
 */
export const RECOMMENDED_MODELS: readonly RecommendedModel[] = [
  {
    model: 'qwen2.5-coder:0.5b-base',
    downloadBytes: 0.398 * GB,
    memoryBytes: 1.1 * GB,
    why: () => t('the fastest; finishes lines, little more'),
  },
  {
    model: 'qwen2.5-coder:1.5b-base',
    downloadBytes: 0.986 * GB,
    memoryBytes: 1.9 * GB,
    why: () => t('fast even without a GPU; good at finishing lines and short blocks'),
  },
  {
    model: 'qwen2.5-coder:3b-base',
    downloadBytes: 1.9 * GB,
    memoryBytes: 3.1 * GB,
    why: () => t('better multi-line completions than 1.5b; needs a GPU to be fast'),
  },
  {
    model: 'qwen2.5-coder:7b-base',
    downloadBytes: 4.7 * GB,
    memoryBytes: 6.8 * GB,
    why: () => t('whole functions; fast only on a GPU with 8 GB or more'),
  },
  {
    model: 'qwen2.5-coder:14b-base',
    downloadBytes: 9 * GB,
    memoryBytes: 12.5 * GB,
    why: () => t('the best of the family that still answers while you type; for GPUs with 16 GB or more'),
  },
];

/** Memory of the computer that runs the models, in bytes. */
export interface MachineMemory {
  readonly ram: number;
  /** Memory of the largest GPU; undefined when it is unknown. */
  readonly vram?: number;
  /** One memory for processor and GPU, as Apple's chips have. */
  readonly unified: boolean;
}

export interface Recommendation {
  readonly model: RecommendedModel;
  /** The computer that it was chosen for, in a sentence. */
  readonly why: string;
}

/** Part of the memory that the rest of the system needs, and without a GPU the largest model that keeps up with typing. */
const RAM_SHARE = 0.5;
const UNIFIED_SHARE = 0.4;
const VRAM_SHARE = 0.9;
const MOST_ON_CPU = 2 * GB;

/** The largest model that fits and answers while one types; the smallest when nothing is known to fit. */
export function recommendModel(memory: MachineMemory): Recommendation {
  const { ram, vram, unified } = memory;
  const room = unified ? ram * UNIFIED_SHARE : vram ? vram * VRAM_SHARE : Math.min(ram * RAM_SHARE, MOST_ON_CPU);
  const model = RECOMMENDED_MODELS.findLast(({ memoryBytes }) => memoryBytes <= room) ?? RECOMMENDED_MODELS[0];
  if (!model) throw new Error('the table of models is empty');
  const where = unified
    ? t('{0} of unified memory', formatBytes(ram))
    : vram
      ? t('a GPU with {0}', formatBytes(vram))
      : t('{0} of memory and no known GPU', formatBytes(ram));
  return { model, why: t('Chosen for {0}.', where) };
}

/**
 * Models that answer questions about code, small to large: the instruct models of the same family. Sizes:
 * ollama.com/library/qwen2.5-coder/tags (Q4_K_M); memory is estimated as above.
 */
const ANSWERING_MODELS: readonly Omit<RecommendedModel, 'why'>[] = [
  { model: 'qwen2.5-coder:3b', downloadBytes: 1.9 * GB, memoryBytes: 3.1 * GB },
  { model: 'qwen2.5-coder:7b', downloadBytes: 4.7 * GB, memoryBytes: 6.8 * GB },
  { model: 'qwen2.5-coder:14b', downloadBytes: 9 * GB, memoryBytes: 12.5 * GB },
  { model: 'qwen2.5-coder:32b', downloadBytes: 20 * GB, memoryBytes: 27.5 * GB },
];

/** Memory that a model may take that answers questions, in bytes: no one types meanwhile, so a slower one will do. */
const roomForAnswers = ({ ram, vram, unified }: MachineMemory): number =>
  Math.max(unified ? ram * UNIFIED_SHARE : ram * RAM_SHARE, unified ? 0 : (vram ?? 0) * VRAM_SHARE);

/** The largest model to pull that answers questions and fits; undefined when none does, or the memory is unknown. */
export const recommendForAnswers = (memory: MachineMemory | undefined): (typeof ANSWERING_MODELS)[number] | undefined =>
  memory && ANSWERING_MODELS.findLast(({ memoryBytes }) => memoryBytes <= roomForAnswers(memory));

/**
 * Whether a model fits into the memory of this computer; undefined when its size or the memory is unknown.
 *
 * @param sizeBytes of the model on disk
 */
export function fitsForAnswers(sizeBytes: number | undefined, memory: MachineMemory | undefined): boolean | undefined {
  if (!sizeBytes || !memory) return undefined;
  return (sizeBytes * 4) / 3 + 0.5 * GB <= roomForAnswers(memory);
}

/** The use of a model in the local tier, as far as its name and its server tell. */
export interface Suitability {
  readonly verdict: 'good' | 'warn' | 'refuse';
  /** Why not; empty when it is good. */
  readonly why: string;
}

const EMBEDDINGS =
  /(^|[/:-])(nomic-embed|mxbai-embed|bge-|all-minilm|snowflake-arctic-embed|granite-embedding|paraphrase-)|embed/i;

/** Judges a model before it is put into the local tier. `capabilities` undefined: the server does not list them. */
export function judgeForCompletions(
  model: string,
  facts: {
    readonly capabilities?: readonly string[] | undefined;
    readonly template?: string;
    /** Origin of the server that its requests are passed on to. */
    readonly passedOnTo?: string | undefined;
  },
): Suitability {
  const { capabilities } = facts;
  const embeds = capabilities
    ? !capabilities.includes('completion') && !capabilities.includes('insert')
    : EMBEDDINGS.test(model);
  if (embeds) return { verdict: 'refuse', why: t("{0} is an embedding model and can't generate text.", model) };
  const elsewhere = facts.passedOnTo ?? (isOllamaCloudName(model) ? OLLAMA_CLOUD : undefined);
  if (elsewhere !== undefined)
    return {
      verdict: 'refuse',
      why: t('{0} runs in the cloud ({1}): each key you press would leave this computer.', model, hostOf(elsewhere)),
    };
  const format = chooseFormat({
    model,
    capabilities,
    ...(facts.template === undefined ? {} : { template: facts.template }),
  });
  if (format.mode === 'raw' || format.mode === 'suffix') return { verdict: 'good', why: '' };
  return capabilities
    ? { verdict: 'warn', why: format.why }
    : { verdict: 'warn', why: t("It isn't known whether {0} supports fill-in-the-middle. The test will show.", model) };
}

/** A model that a tier asks of the same server, with its size in memory. */
export interface TierLoad {
  readonly tier: string;
  readonly model: string;
  /** In memory where it is loaded, else on disk; undefined when the server does not have it. */
  readonly sizeBytes?: number | undefined;
}

/**
 * Words when the models of several tiers push each other out of the GPU, so that every switch costs a load; empty when
 * they fit, or when that is unknown.
 *
 * @param vram of the GPU in bytes, undefined when unknown
 * @param running what is loaded right now, from `/api/ps`
 */
export function describeCrowding(
  loads: readonly TierLoad[],
  vram: number | undefined,
  running: readonly { readonly name: string; readonly sizeBytes: number; readonly vramBytes: number }[],
): string {
  const models = new Map(loads.map((load) => [load.model, load]));
  if (models.size < 2) return '';
  const sizes = [...models.values()].map(({ sizeBytes }) => sizeBytes);
  const names = [...models.values()].map(({ tier, model }) => `${model} (${tier})`).join(', ');
  const remedy = t('Each switch between them reloads a model. Use the same model for both tiers, or a smaller one.');
  if (vram !== undefined && sizes.every((size) => size !== undefined)) {
    const needed = sizes.reduce((sum, size) => sum + size, 0);
    return needed > vram * VRAM_SHARE
      ? `${t('{0} need {1} together, but the GPU has {2}.', names, formatBytes(needed), formatBytes(vram))} ${remedy}`
      : '';
  }
  const partly = running.filter(
    ({ name, sizeBytes, vramBytes }) => models.has(name) && vramBytes > 0 && vramBytes < sizeBytes,
  );
  return partly.length > 0
    ? `${t('{0} do not fit into the GPU together: {1} is partly in ordinary memory.', names, partly[0]?.name ?? '')} ${remedy}`
    : '';
}

/** How much of a loaded model is on the GPU, in words. */
export function describePlacement({
  sizeBytes,
  vramBytes,
}: {
  readonly sizeBytes: number;
  readonly vramBytes: number;
}): string {
  if (sizeBytes === 0) return '';
  if (vramBytes === 0) return t('{0} in ordinary memory', formatBytes(sizeBytes));
  if (vramBytes >= sizeBytes) return t('{0} on the GPU', formatBytes(sizeBytes));
  return t('{0}, {1}% of it on the GPU', formatBytes(sizeBytes), Math.round((vramBytes / sizeBytes) * 100));
}
