import { withoutVariant } from './modelNames.ts';

/**
 * Makers that give their models several first names: they are one family, since they share training and its blind spots.
 * A name that is not here is a family of its own, so that a new one needs no entry.
 */
const ONE_FAMILY: readonly (readonly [string, RegExp])[] = [
  ['claude', /^(claude|anthropic|opus|sonnet|haiku|fable)$/],
  ['gpt', /^(gpt|chatgpt|openai|o\d|codex|davinci)$/],
  ['gemini', /^(gemini|gemma|codegemma|palm)$/],
  ['mistral', /^(mistral|mixtral|codestral|devstral|magistral|ministral|pixtral|mistralai)$/],
  ['qwen', /^(qwen|qwq|qvq|codeqwen|tongyi)$/],
  ['llama', /^(llama|codellama|meta)$/],
  ['glm', /^(glm|chatglm|codegeex|zai)$/],
  ['kimi', /^(kimi|moonshot|moonshotai)$/],
];

/**
 * The family of a model by its name: `anthropic/claude-opus-5.5` and `sonnet-5` are `claude`, `qwen3-coder:30b` is
 * `qwen`, `my-own-7b` is `my`.
 *
 * @param model a name in any spelling
 * @returns lower case; the whole name where it begins with no letter
 */
export function familyOf(model: string): string {
  const plain = withoutVariant(model.trim().toLowerCase());
  // Folders and makers before the name count only where the name itself says nothing known.
  const parts = plain.split('/').reverse();
  for (const part of parts) {
    const words = part.split(/[^a-z0-9]+/).filter(Boolean);
    for (const word of words) {
      const known = ONE_FAMILY.find(([, names]) => names.test(word) || names.test(word.replace(/\d.*$/, '')));
      if (known) return known[0];
    }
  }
  return /^[a-z]+/.exec(parts[0] ?? '')?.[0] ?? plain;
}
