/** The context windows that servers state of their models. */

/** More names than any server has; beyond, what was learned first is forgotten. */
const MOST_WINDOWS = 20_000;
/** No window is smaller or larger than this, in tokens; what says so is broken. */
const LEAST_TOKENS = 16;
const MOST_TOKENS = 1_000_000_000;

/**
 * What servers said of windows, by server and model. One for the process, like a cache of host names: it is filled by
 * lists of models, by Ollama's list of loaded models and by refusals that state the window, and read by whatever packs
 * a prompt.
 */
class ModelWindows {
  readonly #windows = new Map<string, number>();

  /** Tokens that a prompt and its answer may have together; undefined when the server did not say. */
  get(baseUrl: string, model: string): number | undefined {
    const key = keyOf(baseUrl, model);
    return key === undefined ? undefined : this.#windows.get(key);
  }

  /** Takes what a server says; a later statement replaces an earlier one. What cannot be a window is ignored. */
  learn(baseUrl: string, model: string, tokens: unknown): void {
    const key = keyOf(baseUrl, model);
    if (key === undefined || !isWindow(tokens)) return;
    this.#windows.delete(key);
    this.#windows.set(key, tokens);
    const [oldest] = this.#windows.keys();
    if (this.#windows.size > MOST_WINDOWS && oldest !== undefined) this.#windows.delete(oldest);
  }

  /** The model is no longer loaded, so it may be loaded with another window. */
  forget(baseUrl: string, model: string): void {
    const key = keyOf(baseUrl, model);
    if (key !== undefined) this.#windows.delete(key);
  }
}

/** Servers with one origin are one; a model is known by its name with and without the default tag or Google's prefix. */
function keyOf(baseUrl: string, model: string): string | undefined {
  if (!URL.canParse(baseUrl)) return undefined;
  const { origin } = new URL(baseUrl);
  return `${origin} ${model
    .trim()
    .replace(/^models\//, '')
    .replace(/:latest$/, '')}`;
}

const isWindow = (tokens: unknown): tokens is number =>
  typeof tokens === 'number' && Number.isInteger(tokens) && tokens >= LEAST_TOKENS && tokens <= MOST_TOKENS;

/** What the servers of this process said. */
export const MODEL_WINDOWS = new ModelWindows();

/**
 * The window in an entry of a list of models, in tokens. The one that the server really runs comes before the one that
 * the model could have: LM Studio `loaded_context_length`, llama.cpp `meta.n_ctx`, vLLM `max_model_len`, OpenRouter
 * `context_length` and `top_provider.context_length`, Groq and Vercel `context_window`, LiteLLM `max_input_tokens`,
 * Google `inputTokenLimit`, Anthropic `max_input_tokens`, Mistral and LM Studio `max_context_length`.
 *
 * @param entry of any shape
 */
export function windowOfEntry(entry: unknown): number | undefined {
  const object = asObject(entry);
  const inner = ['meta', 'model_info', 'top_provider', 'limit', 'limits', 'capabilities'].map((key) =>
    asObject(object[key]),
  );
  for (const names of WINDOW_NAMES) {
    const stated = [object, ...inner].flatMap((place) =>
      names.map((name) => numberOf(place[name])).filter((tokens) => isWindow(tokens)),
    );
    // Several statements of one kind: what fits the smallest fits all.
    if (stated.length > 0) return Math.min(...stated);
  }
  return undefined;
}

/** In the order in which they count; names of one line are of one kind. */
const WINDOW_NAMES: readonly (readonly string[])[] = [
  ['loaded_context_length', 'n_ctx', 'num_ctx'],
  ['max_model_len'],
  [
    'context_length',
    'context_window',
    'contextWindow',
    'context_size',
    'context_window_tokens',
    'contextLength',
    'max_input_tokens',
    'inputTokenLimit',
    'input_token_limit',
    'maxInputTokens',
    'max_context_length',
    'max_context_tokens',
    'max_prompt_tokens',
    'max_context_window_tokens',
  ],
  ['context', 'n_ctx_train'],
];

const numberOf = (value: unknown): number | undefined => {
  const number = typeof value === 'string' && /^\d+$/.test(value.trim()) ? Number(value) : value;
  return isWindow(number) ? number : undefined;
};

const asObject = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
