/** Parts of a request that not every endpoint takes, and that an answer can do without. */
export const OMITTABLE = ['stream_options', 'stream', 'cache_control', 'content_parts', 'temperature', 'stop'] as const;
export type Omittable = (typeof OMITTABLE)[number];

export const MAX_TOKENS_FIELDS = ['max_tokens', 'max_completion_tokens', 'none'] as const;
export const SYSTEM_ROLES = ['system', 'developer', 'user'] as const;

/** What requests to an endpoint must be like, as far as that is known to differ from the usual. */
export interface RequestShape {
  /** The field that bounds the answer; `none`: it takes none. */
  readonly maxTokens?: (typeof MAX_TOKENS_FIELDS)[number] | undefined;
  /** The most tokens of an answer that the model takes. */
  readonly mostTokens?: number | undefined;
  /** The role of the system text; `user`: it goes before the first message of the user. */
  readonly systemRole?: (typeof SYSTEM_ROLES)[number] | undefined;
  readonly omit?: readonly Omittable[] | undefined;
}

/** What refusals teach of requests beside that. */
export interface LearnedShape extends RequestShape {
  /** The most tokens of a prompt and the limit of its answer together. */
  readonly together?: number | undefined;
}

/** Several shapes as one: of each member the last that is stated, and all that is left out in any of them. */
export function joinShapes(...shapes: readonly (LearnedShape | undefined)[]): LearnedShape {
  const stated = shapes.flatMap((shape) =>
    shape ? [Object.fromEntries(Object.entries(shape).filter(([, value]) => value !== undefined)) as LearnedShape] : [],
  );
  const omit = [...new Set(stated.flatMap((shape) => shape.omit ?? []))];
  return { ...(Object.assign({}, ...stated) as LearnedShape), ...(omit.length > 0 ? { omit } : {}) };
}
