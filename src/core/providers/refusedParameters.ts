import type { Failure } from '../common/failures.ts';
import {
  MAX_TOKENS_FIELDS,
  OMITTABLE,
  SYSTEM_ROLES,
  type Omittable,
  type LearnedShape,
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
  /** Fields of the limit that this call's requests had and that were refused. */
  readonly refusedFields: ReadonlySet<string>;
  readonly hasSystem: boolean;
  /** Some content was sent as parts, though text alone would do. */
  readonly hasParts: boolean;
  readonly hasCacheMarks: boolean;
  /** A temperature and texts that end the answer were sent: questions about a gap have them. */
  readonly hasSampling: boolean;
}

/** Words of a refusal, as against an answer that only mentions what it is about. */
const REFUSES =
  /support|unknown|unrecogni[sz]ed|unexpected|extra|permitted|allowed|valid|deprecated|must|should|cannot|can't|only|instead|not enabled|disabled|remove|alternate|verified|without|match|expected|got|implement|nicht|soporta|support[ée]|无效|不支持|サポート|не поддерж/;
/** Words that name a bound: a figure in them is one. */
const LIMIT_WORDS =
  /too (large|high|big)|at most|(less|lower|smaller|greater|larger|more|fewer) than|<=|≤|exceed|range|between|maximum|up to|>|no more than|limit of|\[ ?\d+ ?, ?\d+ ?\]|最大|不能超过/;
/** A limit that is too high, in words that hold no figure. */
const TOO_HIGH = /too (large|high|big)|out of range|exceed/;
/** Words of a field that is unknown, whatever its value is. */
const UNKNOWN_FIELD = /support|unknown|unrecogni[sz]ed|unexpected|extra|instead/;
const LIMIT_FIELDS =
  /max(?:imum)?[_ ](?:completion[_ ]|output[_ ]|new[_ ])?tokens|max(?:imum)? (?:output|completion|generation) (?:length|size)|(?:output|completion) tokens/;
/** The limit by itself is too high for the window, whatever the prompt is. */
const LIMIT_ALONE = /max_\w*tokens[^a-z]{0,12}(?:cannot|can't|must|is too|exceeds?\b|>)/;
const SYSTEM_ROLE =
  /system.{0,30}(role|message|prompt|instruction)|\broles?\b.{0,100}(system|unexpected|alternate|assistant)|first message.{0,40}(user|role)|(unexpected|invalid|valid|developer|user|assistant).{0,30}\broles?\b|developer (instruction|message)|system.{0,10}(角色|消息|ロール|rolle|rôle|роль)|(角色|ロール|\brol\b|rolle|rôle|роль).{0,20}system/;
const NO_PARTS = /\bstr(ing)?\b|untagged enum \w*content/;

/** What a refusal of a part of the request may be taken for. */
const REFUSALS: ReadonlySet<Failure['kind']> = new Set([
  'bad-request',
  'unsupported',
  'server-error',
  'overloaded',
  'model-missing',
  'wrong-path',
  'forbidden',
]);

/** How a refused request is changed. */
export interface Adaptation {
  /** What is true of every request to the model. */
  readonly learned: LearnedShape;
  /** What is true of this request alone. */
  readonly once?: RequestShape;
}

/** How the request must differ to be taken; undefined when the failure is about something else. */
export function adaptTo(failure: Failure, sent: Sent): Adaptation | undefined {
  const words = `${failure.param ?? ''} ${failure.detail ?? ''}`
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/(\d),(?=\d{3}(?!\d))/g, '$1');
  const fitting = fitWindow(words, sent);
  if (fitting) return fitting;
  if (failure.kind === 'context-length' && LIMIT_ALONE.test(words)) {
    const lower = lowerLimit(words, sent);
    return lower && { learned: lower };
  }
  if (!REFUSALS.has(failure.kind)) return undefined;
  // The name of a field that was sent is reason enough. Other words count only in a refusal of the request itself:
  // a server in trouble may mention anything.
  const isRefusal = ['bad-request', 'unsupported', 'server-error'].includes(failure.kind) || failure.status === 500;
  const learned =
    lowerLimit(words, sent) ??
    guessLimit(words, sent) ??
    swapLimit(words, sent) ??
    leaveOut(words, sent) ??
    (isRefusal && REFUSES.test(words) ? (leaveOutStream(words, sent) ?? moveSystem(words, sent)) : undefined) ??
    (isRefusal ? flattenParts(words, sent) : undefined);
  return learned && { learned };
}

/** Less than this part of the window is no room for an answer: the prompt is what is too long. */
const LEAST_ROOM = 1 / 4;

/** The prompt fits, but not together with as long an answer as was asked for: the figures say what is left for it. */
function fitWindow(words: string, { maxTokens }: Sent): Adaptation | undefined {
  const figures = [...words.matchAll(/\d+/g)].map(([figure]) => Number(figure));
  if (!figures.includes(maxTokens)) return fitTotal(words, figures, maxTokens);
  const [, together] =
    /(?:context (?:length|limit|window|size)|(?:supported|maximum) sequence length|max_new_tokens must be)[^\d]{0,20}(\d+)\b(?! \+)/.exec(
      words.replace(/`/g, ''),
    ) ?? [];
  const window = Number(together ?? /\d+ \+ \d+ > (\d+)/.exec(words)?.[1] ?? 0);
  const prompts = figures.filter((figure) => figure !== maxTokens && figure + maxTokens > window && figure < window);
  const prompt = prompts.find((figure) => figures.includes(figure + maxTokens)) ?? prompts[0];
  if (prompt === undefined || window - prompt < window * LEAST_ROOM) return undefined;
  return { learned: { together: window }, once: { mostTokens: window - prompt } };
}

/** The same where only the sum of both is told: `Current length is 16504 while limit is 8192`. */
function fitTotal(words: string, figures: readonly number[], maxTokens: number): Adaptation | undefined {
  if (!/(?:completion|output|generat)/.test(words)) return undefined;
  const [window = 0, total = 0, ...more] = [...new Set(figures)]
    .filter((figure) => figure >= 512)
    .sort((a, b) => a - b);
  const prompt = total - maxTokens;
  const isSum = more.length === 0 && window < total && prompt > 0 && window - prompt >= window * LEAST_ROOM;
  return isSum ? { learned: { together: window }, once: { mostTokens: window - prompt } } : undefined;
}

function lowerLimit(words: string, { maxTokens }: Sent): RequestShape | undefined {
  const plain = words.replace(/line \d+|column \d+/g, '');
  if (!LIMIT_FIELDS.test(plain) || !LIMIT_WORDS.test(plain)) return undefined;
  const numbers = [...plain.matchAll(/((?:less|lower|smaller) than )?(\d+)(k(?![a-z]))?( ?\(exclusive\))?/g)].map(
    ([, below, figure, thousands, exclusive]) =>
      Number(figure) * (thousands ? 1_000 : 1) - (below || exclusive ? 1 : 0),
  );
  const lower = numbers.filter((number) => number >= 16 && number < maxTokens);
  return lower.length > 0 ? { mostTokens: Math.max(...lower) } : undefined;
}

/** Every model can write as many tokens as this. */
const SMALL_LIMIT = 4_096;

/** A limit that is too high, where the server does not say what it may be. */
const guessLimit = (words: string, { maxTokens }: Sent): RequestShape | undefined =>
  maxTokens > SMALL_LIMIT && LIMIT_FIELDS.test(words) && TOO_HIGH.test(words) && !UNKNOWN_FIELD.test(words)
    ? { mostTokens: SMALL_LIMIT }
    : undefined;

function swapLimit(
  words: string,
  { shape: { maxTokens = 'max_tokens' }, refusedFields }: Sent,
): RequestShape | undefined {
  const old = /(?<![a-z_])max_tokens/.test(words);
  const modern = words.includes('max_completion_tokens');
  if (maxTokens === 'none' || !(modern || (old && maxTokens === 'max_tokens'))) return undefined;
  const other = maxTokens === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens';
  return { maxTokens: refusedFields.has(other) ? 'none' : other };
}

function leaveOut(words: string, { shape: { omit = [] }, hasCacheMarks, hasSampling }: Sent): RequestShape | undefined {
  const names: readonly (readonly [Omittable, RegExp])[] = [
    ['stream_options', /stream_options|include_usage/],
    ...(hasCacheMarks ? ([['cache_control', /cache_control|prompt cach/]] as const) : []),
    ...(hasSampling
      ? ([
          ['temperature', /(?<![a-z_])temperature(?![a-z_])/],
          ['stop', /(?<![a-z_])stop(?![a-z_])(?! and)/],
        ] as const)
      : []),
  ];
  const found = names.find(([name, pattern]) => !omit.includes(name) && pattern.test(words));
  return found && { omit: [found[0]] };
}

const leaveOutStream = (words: string, { shape: { omit = [] } }: Sent): RequestShape | undefined =>
  !omit.includes('stream') && /(?<![a-z_])stream(ing)?(?![a-z_])/.test(words) ? { omit: ['stream'] } : undefined;

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
  #shapes = new Map<string, LearnedShape>();
  #store: ShapeStore | undefined;

  /** Keeps what is learned over restarts, and takes up what was learned before. */
  keepIn(store: ShapeStore): void {
    this.#store = store;
    this.#shapes = new Map([...readShapes(store.load()), ...this.#shapes]);
  }

  /** @param baseUrl address of the endpoint, without a trailing slash */
  get(baseUrl: string, model: string): LearnedShape | undefined {
    return this.#shapes.get(`${baseUrl} ${model}`);
  }

  learn(baseUrl: string, model: string, shape: LearnedShape): void {
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
function readShapes(value: unknown): [string, LearnedShape][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, shape]: [string, unknown]): [string, LearnedShape][] => {
    if (typeof shape !== 'object' || shape === null) return [];
    const { maxTokens, mostTokens, together, systemRole, omit } = shape as Record<string, unknown>;
    const known: LearnedShape = {
      maxTokens: MAX_TOKENS_FIELDS.find((field) => field === maxTokens),
      mostTokens: typeof mostTokens === 'number' && mostTokens > 0 ? mostTokens : undefined,
      together: typeof together === 'number' && together > 0 ? together : undefined,
      systemRole: SYSTEM_ROLES.find((role) => role === systemRole),
      omit: Array.isArray(omit) ? OMITTABLE.filter((name) => omit.includes(name)) : undefined,
    };
    return [[key, known]];
  });
}
