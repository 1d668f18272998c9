/** The many spellings of one model's name. */

/** Suffixes by which OpenRouter chooses how a model is served, not which one: openrouter.ai/docs, "Model variants". */
const VARIANT = /:(free|nitro|floor|online|exacto|extended|beta|thinking|default)$/i;

/** A name without what only says how the model is served: `models/` in front, `:nitro` behind. */
export const withoutVariant = (model: string): string => model.replace(/^models\//, '').replace(VARIANT, '');

/** Whether the name says that the model costs nothing at the endpoint that it belongs to. */
export const isFreeVariant = (model: string): boolean => /:free$/i.test(model);

/** Endings that say nothing of which model it is: dates, revisions, quantizations. */
const REVISION =
  /[-@:._](latest|preview|v\d+:\d+|\d{4}-\d\d-\d\d|\d{8}|\d{4}|\d\d-\d\d|\d\d-\d{4}|00\d|q\d\w*|fp8|fp16|bf16|awq|gptq|gguf)$/;

/** The words of a model's plain name, without folders, makers and regions in front and revisions behind. */
function plainWords(model: string): string[] {
  let name = withoutVariant(model.trim().toLowerCase())
    .replace(/\\/g, '/')
    .replace(/\/+$/, '')
    .replace(/^.*\//, '')
    .replace(/\.(gguf|bin|safetensors)$/, '')
    // Bedrock: `us.anthropic.claude-sonnet-5-20260101-v1:0`.
    .replace(/^(?:[a-z]{2,6}\.)?(?:anthropic|amazon|meta|mistral|cohere|ai21|deepseek|openai|qwen|writer)\./, '');
  for (let before = ''; before !== name;) {
    before = name;
    name = name.replace(REVISION, '');
  }
  return name.split(/[^a-z0-9]+/).filter(Boolean);
}

/** Words that make another model of a family of the same name. */
const MEMBER =
  /^(\d+|mini|nano|lite|flash|pro|max|ultra|small|medium|large|tiny|haiku|sonnet|opus|turbo|fast|reasoner|coder|codex|vl|vision|air)$/;

/**
 * Whether the name on an answer can stand for the model that was asked: the same name with a date, a folder or a maker,
 * or a name that only adds words which say nothing of size or version. `mid` and `up-mid` are the same, `gpt-5` and
 * `gpt-5-mini` are not.
 *
 * @param asked the model's name as the settings have it
 * @param returned the name in the server's answer
 * @param aliases what the endpoint itself says that the asked name stands for
 */
export function isSameModel(asked: string, returned: string, aliases: readonly string[] = []): boolean {
  const mine = plainWords(asked);
  const theirs = plainWords(returned);
  if (mine.join(' ') === theirs.join(' ')) return true;
  if (aliases.some((alias) => plainWords(alias).join(' ') === theirs.join(' '))) return true;
  const isLatest = /[-:@]latest$/i.test(asked);
  const more = theirs.filter((word) => !mine.includes(word));
  const less = mine.filter((word) => !theirs.includes(word));
  if (more.length > 0 && less.length > 0) return false;
  return [...more, ...less].every((word) => !MEMBER.test(word) || (isLatest && /^\d+$/.test(word)));
}
