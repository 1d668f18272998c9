import { formatModelRef, type ModelRef, type Tier } from '../common/types.ts';

/** Families that take pictures, by the names that Ollama, OpenRouter and the makers give them. As of November 2026. */
const SEES =
  /claude|gpt-(4o|4\.1|4-turbo|5)|(^|\/)o[134](-|$)|gemini|gemma-?3(?!n)|llava|bakllava|moondream|minicpm-v|pixtral|mistral-(small-3|medium-3|large-3)|[-/]vl\b|[.\d]vl|-vision|llama-?4|grok-(2-vision|4)|internvl|molmo/i;

/** And such that do not, though their names are near. */
const BLIND =
  /deepseek-(chat|reasoner|coder|v[34]|r1|flash)|codestral|devstral|qwen[\d.]*-?(coder|base|instruct)?(:|$)|qwen[\d.]*-coder|starcoder|codellama|phi-?[34](?!.*vision)|llama-?3(\.[0-3])?(?!.*vision)|gpt-3\.5|o1-mini|gpt-oss|codegemma|granite-code/i;

/** Whether a model takes pictures, by its name; undefined when the name does not tell. */
export function takesPictures(model: string): boolean | undefined {
  if (SEES.test(model) && !/gpt-oss|o1-mini/i.test(model)) return true;
  return BLIND.test(model) ? false : undefined;
}

/**
 * Names of models that were trained to go on with text and not to answer: the maker's `-base`, `-code` and `-fim`
 * variants, families that have nothing else in their usual sizes, and embeddings. Names are as in Ollama's library.
 */
const NOT_FOR_CHAT =
  /(^|[-:_/])(base|fim|code|text|python)(-|$)|(^|\/)(starcoder2?|stable-code):|(^|\/)codegemma:2b|embed/i;
const FOR_CHAT = /instruct|chat/i;

/** Whether a model of the local tier can be expected to answer a question, by its name. */
export const canChat = ({ model }: ModelRef): boolean => FOR_CHAT.test(model) || !NOT_FOR_CHAT.test(model);

/** The settings that say which models answer questions. */
export interface AnswerSettings {
  readonly tiers: Readonly<Record<Tier, readonly ModelRef[]>>;
  /** The models of the local tier that answer questions; those of `tiers.local` complete code. */
  readonly localAnswers: readonly ModelRef[];
}

/** All models of a tier, of both jobs of the local one; each once. */
export const modelsOfTier = ({ tiers, localAnswers }: AnswerSettings, tier: Tier): readonly ModelRef[] => {
  const all = tier === 'local' ? [...tiers.local, ...localAnswers] : tiers[tier];
  return all.filter((ref, i) => all.findIndex((other) => formatModelRef(other) === formatModelRef(ref)) === i);
};

/**
 * The models that answer questions in a tier, first choice first. The local tier has none until the user chooses some:
 * a model that completes code cannot be expected to answer.
 */
export const answerChain = ({ tiers, localAnswers }: AnswerSettings, tier: Tier): readonly ModelRef[] =>
  tier === 'local' ? localAnswers.filter(canChat) : tiers[tier];
