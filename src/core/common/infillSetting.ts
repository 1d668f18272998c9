/** How a model fills a gap, as the user states it in `gearshift.providers`, by model. */

/** Families whose marks are known. */
export const FIM_FAMILY_NAMES = [
  'qwen',
  'starcoder2',
  'starcoder',
  'granite',
  'codellama',
  'deepseek',
  'codestral',
  'codegemma',
  'seed-coder',
  'mellum',
  'codegeex4',
] as const;

/**
 * Ways of a server to take the text before and after the gap and to write the marks itself: `suffix` is that of
 * OpenAI's `/completions` (of Ollama: `/api/generate`), the others are the vendors' own.
 */
export const INFILL_APIS = ['suffix', 'llama.cpp', 'mistral-api', 'deepseek-api'] as const;
export type InfillApi = (typeof INFILL_APIS)[number];

/** A prompt of one's own. */
export interface InfillMarks {
  /** Before the text before the cursor. */
  readonly prefix: string;
  /** Before the text after it. */
  readonly suffix: string;
  /** Where the answer starts; it may be empty. */
  readonly middle: string;
  readonly order?: 'prefix-first' | 'suffix-first' | undefined;
  /** Text at which the answer ends, beside the marks. */
  readonly stops?: readonly string[] | undefined;
}

export type StatedInfill = (typeof FIM_FAMILY_NAMES)[number] | InfillApi | InfillMarks;

/**
 * The formats that are tried where neither the server nor the name of a model tells, the server's own first. Each costs
 * one short answer.
 */
export const TRIED_FORMATS = [
  'suffix',
  'qwen',
  'starcoder',
  'deepseek',
  'codellama',
  'seed-coder',
] as const satisfies readonly StatedInfill[];

/** What is stated for a model: by its name, else for all models of the provider (`*`). */
export const statedInfill = (
  infill: ReadonlyMap<string, StatedInfill> | undefined,
  model: string,
): StatedInfill | undefined => infill?.get(model) ?? infill?.get('*');
