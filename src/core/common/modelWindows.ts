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
    remember(this.#windows, key, tokens);
  }

  /** The model is no longer loaded, so it may be loaded with another window. */
  forget(baseUrl: string, model: string): void {
    const key = keyOf(baseUrl, model);
    if (key !== undefined) this.#windows.delete(key);
  }
}

/** Keeps the newest. The oldest go many at a time: to find the first entry of a map takes long after deletions there. */
function remember<T>(known: Map<string, T>, key: string, value: T): void {
  known.delete(key);
  known.set(key, value);
  if (known.size <= MOST_WINDOWS) return;
  let left = MOST_WINDOWS / 4;
  for (const oldest of known.keys()) {
    if (left-- <= 0) return;
    known.delete(oldest);
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
  const places = placesIn(entry);
  for (const names of WINDOW_NAMES) {
    const stated = places.flatMap((place) =>
      Object.entries(place)
        .filter(([name]) => names.test(plainName(name)))
        .map(([, value]) => numberOf(value))
        .filter((tokens) => isWindow(tokens)),
    );
    // Several statements of one kind: what fits the smallest fits all.
    if (stated.length > 0) return Math.min(...stated);
  }
  return undefined;
}

/** Parts of an entry that state other figures than those of the model as it is served. */
const NO_PLACES = /pric|cost|rate|default|override|permission|example/i;
const MOST_DEPTH = 3;

/** An entry and the objects in it, in whatever member a server puts what it says of a model. */
function placesIn(value: unknown, depth = 0): readonly Record<string, unknown>[] {
  if (typeof value !== 'object' || value === null || depth > MOST_DEPTH) return [];
  if (Array.isArray(value)) return value.slice(0, 50).flatMap((each) => placesIn(each, depth + 1));
  const object = value as Record<string, unknown>;
  const inner = Object.entries(object).filter(([name, each]) => typeof each === 'object' && !NO_PLACES.test(name));
  return [object, ...inner.flatMap(([, each]) => placesIn(each, depth + 1))];
}

/** A name in whatever spelling, without the architecture before a dot: `qwen2.context_length`, `contextLength`. */
const plainName = (name: string): string =>
  name
    .slice(name.lastIndexOf('.') + 1)
    .replace(/[^A-Za-z]/g, '')
    .toLowerCase();

/** Names in the order in which they count; those of one line are of one kind. */
const WINDOW_NAMES: readonly RegExp[] = [
  /^(loadedcontextlength|nctx|numctx)$/,
  /^maxmodellen(gth)?$/,
  /^(max(imum)?|available|total)?(context|ctx|sequence|seq)(window|length|len|size|limit|tokens)+$|^max(imum)?(input|prompt|total)(length|len|size|limit|tokens)+$|^(input|prompt)tokens?limit$|^tokenlimit$|^maxcontext$/,
  /^(context|nctxtrain|maxpositionembeddings)$/,
];

/** A number of tokens, also as text: `32768`, `131,072`, `128k`. A `k` counts as 1,000, which fits either meaning. */
const numberOf = (value: unknown): number | undefined => {
  const [, digits = '', unit = ''] =
    typeof value === 'string' ? (/^\s*(\d[\d,_]*(?:\.\d+)?)\s*([km]?)(?:\s*tokens)?\s*$/i.exec(value) ?? []) : [];
  const scale = { k: 1_000, m: 1_000_000 }[unit.toLowerCase()] ?? 1;
  const number = digits === '' ? value : Math.round(Number(digits.replace(/[,_]/g, '')) * scale);
  return isWindow(number) ? number : undefined;
};

/**
 * What a model can do, in Ollama's words: `completion`, `insert`, `embedding`, `tools`, `vision`, `thinking`. Undefined where
 * its entry says nothing of it. OpenRouter and Hugging Face state modalities and parameters, Mistral and Anthropic flags,
 * LM Studio a type, LiteLLM flags `supports_…` and a mode, Google methods, llama.cpp capabilities.
 *
 * @param entry of a list of models, of any shape
 */
export function capabilitiesOfEntry(entry: unknown): readonly string[] | undefined {
  const found = new Map<string, boolean>();
  const note = (name: string, isSo: boolean): void => {
    const known = CAPABILITY_NAMES.find(([, words]) => words.test(name))?.[0];
    if (known !== undefined) found.set(known, (found.get(known) ?? false) || isSo);
  };
  for (const place of placesIn(entry))
    for (const [name, value] of Object.entries(place)) {
      if (typeof value === 'boolean') note(name, value);
      else if (typeof value === 'object' && value !== null && 'supported' in value)
        note(name, value.supported === true);
      else if (LISTS.test(name) && Array.isArray(value))
        for (const each of value) if (typeof each === 'string') note(each, true);
      if (KINDS.test(name) && typeof value === 'string') note(value, true);
    }
  // Modalities of the input that are listed without pictures are a statement too.
  const modalities = placesIn(entry).flatMap((place) => {
    const listed = place['input_modalities'];
    return Array.isArray(listed) ? [listed as unknown[]] : [];
  });
  if (modalities.length > 0 && !found.has('vision')) found.set('vision', false);
  if (found.size === 0) return undefined;
  const can = [...found].filter(([, isSo]) => isSo).map(([name]) => name);
  return found.get('vision') === false ? [...can, NO_VISION] : can;
}

/** Stands for a model whose list says that it takes no pictures. */
const NO_VISION = 'no-vision';
const LISTS = /modalit|capabilit|supported|features|methods|endpoints/i;
const KINDS = /^(type|mode|task|model_type|architecture_type)$/i;
/** Words of lists and names of flags for what a model can do, first match first. */
const CAPABILITY_NAMES: readonly (readonly [string, RegExp])[] = [
  ['embedding', /embed/i],
  ['insert', /fim|infill|fill.?in|suffix/i],
  [
    'vision',
    /^(supports?_?)?(image(s|_input|_url)?|vision|multimodal|vlm)$|supports?.?(vision|image)|image.?(input|text)/i,
  ],
  ['tools', /tool|function.?call/i],
  ['thinking', /think|reason/i],
  ['completion', /chat|completion|generate.?content|text.?generation|^(llm|vlm)$/i],
];

/** What servers said that their models can do, by server and model. One for the process, as {@link MODEL_WINDOWS}. */
class ModelAbilities {
  readonly #abilities = new Map<string, readonly string[]>();

  learn(baseUrl: string, model: string, capabilities: readonly string[] | undefined): void {
    const key = keyOf(baseUrl, model);
    if (key === undefined || capabilities === undefined) return;
    remember(this.#abilities, key, capabilities);
  }

  /** Whether a model takes pictures; undefined where its server did not say. */
  takesPictures(baseUrl: string, model: string): boolean | undefined {
    const key = keyOf(baseUrl, model);
    const known = key === undefined ? undefined : this.#abilities.get(key);
    if (known?.includes('vision')) return true;
    return known?.includes(NO_VISION) ? false : undefined;
  }
}

/** What the servers of this process said. */
export const MODEL_ABILITIES = new ModelAbilities();

/** What servers said that names of models stand for, by server and model. One for the process, as {@link MODEL_WINDOWS}. */
class ModelAliases {
  readonly #aliases = new Map<string, readonly string[]>();

  learn(baseUrl: string, model: string, standsFor: readonly string[] | undefined): void {
    const key = keyOf(baseUrl, model);
    if (key === undefined || standsFor === undefined) return;
    remember(this.#aliases, key, standsFor);
  }

  get(baseUrl: string, model: string): readonly string[] | undefined {
    const key = keyOf(baseUrl, model);
    return key === undefined ? undefined : this.#aliases.get(key);
  }
}

/** What the servers of this process said. */
export const MODEL_ALIASES = new ModelAliases();
