import type { Failure } from '../common/failures.ts';
import {
  MAX_TOKENS_FIELDS,
  OMITTABLE,
  SYSTEM_ROLES,
  type Omittable,
  type RequestShape,
} from '../common/requestShape.ts';

/**
 * What a server refuses of a request, by its words, and the request that it may take instead: a field under its other
 * name, without the field, or with a lower limit. No list of servers is needed for that.
 */

/** What was sent. */
export interface Sent {
  readonly shape: RequestShape;
  readonly maxTokens: number;
  readonly hasSystem: boolean;
  /** Some content was sent as parts, though text alone would do. */
  readonly hasParts: boolean;
  readonly hasCacheMarks: boolean;
}

/** Words of a refusal, as against an answer that only mentions a field. */
const REFUSES =
  /support|unknown|unrecogni[sz]ed|unexpected|extra|permitted|allowed|invalid|deprecated|must|should|cannot|can't|only|instead|too (large|high|big|many)|exceed|at most|maximum|less than|range|not enabled|disabled|remove|valid string|alternate|>|<=/;
const LIMIT_FIELDS = /max_(?:completion_|output_|new_)?tokens|maxoutputtokens|output tokens|completion tokens/;
const LIMIT_WORDS = /too (large|high|big)|at most|less than|<=|≤|exceed|range|maximum|up to|>|no more than/;
const SYSTEM_ROLE =
  /system.{0,30}(role|message|prompt|instruction)|role.{0,40}system|developer (instruction|message|role)|roles? must alternate|only user and assistant/;
const NO_PARTS = /content.{0,60}(valid string|must be a string|should be a string|expected a string|to be a string)/;

/** Failures that a refusal of a parameter may look like. */
const REFUSALS: ReadonlySet<Failure['kind']> = new Set(['bad-request', 'unsupported', 'server-error', 'overloaded']);

/** How the request must differ to be taken; undefined when the failure is about something else. */
export function adaptTo(failure: Failure, sent: Sent): RequestShape | undefined {
  if (!REFUSALS.has(failure.kind)) return undefined;
  const words = `${failure.param ?? ''} ${failure.detail ?? ''}`.toLowerCase();
  // A server in trouble may mention anything; only a field that it names is refused.
  if (!REFUSES.test(words) || (failure.kind === 'overloaded' && failure.status !== 500)) return undefined;
  return (
    lowerLimit(words, sent) ??
    swapLimit(words, sent) ??
    leaveOut(words, sent) ??
    moveSystem(words, sent) ??
    flattenParts(words, sent)
  );
}

function lowerLimit(words: string, { maxTokens }: Sent): RequestShape | undefined {
  if (!LIMIT_FIELDS.test(words) || !LIMIT_WORDS.test(words)) return undefined;
  const numbers = [...words.replace(/(\d),(?=\d{3})/g, '$1').matchAll(/\d+/g)].map(([number]) => Number(number));
  const lower = numbers.filter((number) => number >= 16 && number < maxTokens);
  return lower.length > 0 ? { mostTokens: Math.max(...lower) } : undefined;
}

function swapLimit(words: string, { shape: { maxTokens } }: Sent): RequestShape | undefined {
  const old = /(?<![a-z_])max_tokens/.test(words);
  const modern = words.includes('max_completion_tokens');
  if (maxTokens === 'max_tokens' && (old || modern)) return { maxTokens: 'max_completion_tokens' };
  if (maxTokens === 'max_completion_tokens' && modern) return { maxTokens: 'max_tokens' };
  return undefined;
}

function leaveOut(words: string, { shape: { omit = [] }, hasCacheMarks }: Sent): RequestShape | undefined {
  const names: readonly (readonly [Omittable, RegExp])[] = [
    ['stream_options', /stream_options|include_usage/],
    ['stream', /(?<![a-z_])stream(ing)?(?![a-z_])/],
    ...(hasCacheMarks ? ([['cache_control', /cache_control/]] as const) : []),
  ];
  const found = names.find(([name, pattern]) => !omit.includes(name) && pattern.test(words));
  return found && { omit: [found[0]] };
}

const moveSystem = (words: string, { shape: { systemRole }, hasSystem }: Sent): RequestShape | undefined =>
  hasSystem && systemRole !== 'user' && SYSTEM_ROLE.test(words) ? { systemRole: 'user' } : undefined;

const flattenParts = (words: string, { hasParts }: Sent): RequestShape | undefined =>
  hasParts && NO_PARTS.test(words) ? { omit: ['content_parts'] } : undefined;

/** Where what was learned is kept between windows; each value is plain JSON. */
export interface ShapeStore {
  load(): unknown;
  save(shapes: unknown): void;
}

/** More endpoints and models than anybody uses; beyond, what was learned first is forgotten. */
const MOST_SHAPES = 500;

/** What endpoints refused, by address and model. */
class LearnedShapes {
  #shapes = new Map<string, RequestShape>();
  #store: ShapeStore | undefined;

  /** Keeps what is learned over restarts, and takes up what was learned before. */
  keepIn(store: ShapeStore): void {
    this.#store = store;
    this.#shapes = new Map([...readShapes(store.load()), ...this.#shapes]);
  }

  /** @param baseUrl address of the endpoint, without a trailing slash */
  get(baseUrl: string, model: string): RequestShape | undefined {
    return this.#shapes.get(`${baseUrl} ${model}`);
  }

  learn(baseUrl: string, model: string, shape: RequestShape): void {
    const key = `${baseUrl} ${model}`;
    this.#shapes.delete(key);
    this.#shapes.set(key, shape);
    const [oldest] = this.#shapes.keys();
    if (this.#shapes.size > MOST_SHAPES && oldest !== undefined) this.#shapes.delete(oldest);
    this.#store?.save(Object.fromEntries(this.#shapes));
  }
}

/** What the endpoints of this process refused. */
export const LEARNED_SHAPES = new LearnedShapes();

/** Takes from a store what is there in the right form. */
function readShapes(value: unknown): [string, RequestShape][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, shape]: [string, unknown]): [string, RequestShape][] => {
    if (typeof shape !== 'object' || shape === null) return [];
    const { maxTokens, mostTokens, systemRole, omit } = shape as Record<string, unknown>;
    const known: RequestShape = {
      maxTokens: MAX_TOKENS_FIELDS.find((field) => field === maxTokens),
      mostTokens: typeof mostTokens === 'number' && mostTokens > 0 ? mostTokens : undefined,
      systemRole: SYSTEM_ROLES.find((role) => role === systemRole),
      omit: Array.isArray(omit) ? OMITTABLE.filter((name) => omit.includes(name)) : undefined,
    };
    return [[key, known]];
  });
}
