import { t } from '@vscode/l10n';

/** Finds out what an error says, in any shape: JSON of any depth, JSON inside of text, plain text, a page. */

export interface ErrorWords {
  /** The first sentence for people; empty when there is none. */
  readonly message: string;
  /** Codes, types and states, as the server spells them. */
  readonly codes: readonly string[];
  /** The HTTP status that the error states of itself. */
  readonly status?: number | undefined;
  /** The parameter that is wrong, as the server names it. */
  readonly param?: string | undefined;
  /** The provider behind a gateway whose words these are. */
  readonly by?: string | undefined;
  /** How long the server asks to wait, in ms. */
  readonly retryAfterMs?: number | undefined;
  /** Tokens of the request and of the model's window, where members state them. */
  readonly sizes?: { readonly tokens: number; readonly window: number } | undefined;
}

/** Members with words in lower case, those first that say most; all others come after them. */
const WORD_KEYS = [
  'error',
  'errors',
  'message',
  'msg',
  'detail',
  'error_description',
  'error_message',
  'error_msg',
  'errormessage',
  'status_msg',
  'faultstring',
  'reason',
  'description',
  'metadata',
  'raw',
  'details',
  'title',
];
/** All in lower case: names are compared without it. */
const CODE_KEYS = new Set([
  'code',
  'type',
  '__type',
  'status',
  'status_code',
  'statuscode',
  'error_code',
  'errorcode',
  'error_type',
  'http_code',
]);
/** Members that are no words for people. */
const NO_WORDS = new Set([
  ...CODE_KEYS,
  '@type',
  'ctx',
  'documentation_url',
  'help',
  'id',
  'input',
  'instance',
  'links',
  'loc',
  'model',
  'object',
  'param',
  'provider',
  'provider_name',
  'request_id',
  'stack',
  'timestamp',
  'trace',
  'traceback',
  'url',
  'user_id',
]);
/** Members that say how long to wait, or until when. */
const WAIT_KEYS =
  /^(retry.?(after|delay|in|at)|(x-)?(rate.?limit.?)?resets?(.?(after|in|at|time|seconds|ms))?$|resets?.?(after|in|at)|wait.?(time|seconds|ms|for)|estimated.?time|try.?again.?(in|after|at)|cool.?down|back.?off|next.?(allowed|available|retry|reset))/;
/** Sentences that say only that something failed: whatever else there is says more. */
const SAYS_NOTHING =
  /^((an? )?(unknown|upstream|unexpected|internal|provider|server|request)?( server)? ?(error|failure)( occurred)?|provider returned error|bad request|(internal|upstream) (server )?error|request failed|something went wrong|error|invalid request|unprocessable entity|not found)[.!]?$/i;
/** Where a gateway begins to tell its administrator what to set: LiteLLM's router, in its old and new words. */
const FOR_ADMINISTRATORS = [
  /\.?\s*LiteLLM: model group .*/s,
  /\.?\s*No fallback model group found.*/s,
  /\.?\s*Received Model Group\s*=.*/s,
  /\.?\s*Available Model Group Fallbacks\s*=.*/s,
  /\.?\s*LiteLLM Retried:.*/s,
  /\.?\s*Fallbacks are configured for:.*/s,
];
/** What LiteLLM puts before the words of the provider that it asked. */
const UPSTREAM = /^(?:litellm\.)?(?:\w+Error: )*?(?:litellm\.)?(?:\w+Error: )*(\w+?)Exception\s*-\s*/;
/** Codes that servers and libraries put before their words: `<400> InternalError.Algo:`, `AiError:`, `Error code: 400 -`. */
const CODES_BEFORE =
  /^(?:<\d{3}> |error code: \d{3} - |(?:[A-Z]\w*)?(?:Error|Exception): |[A-Z]\w*(?:\.[A-Z]\w*)+: )+(?=\S+ )/i;
const OF_LITELLM = /^litellm\.\w+(?:Error|Exception): (?:\w+Error: )?/;

/**
 * Members that name what is wrong of a request: FastAPI's `loc`, OpenAI's `param`, Zod's `path` and `keys`, Ajv's
 * `additionalProperty` and `instancePath`, Azure's `target`, JSON:API's `pointer`.
 */
const PARAM_KEYS = [
  'loc',
  'param',
  'parameter',
  'field',
  'property',
  'argument',
  'path',
  'keys',
  'additionalProperty',
  'instancePath',
  'dataPath',
  'pointer',
  'target',
];

/** A name, or the steps to one; empty where it is none, or the path of an address. */
function nameIn(value: unknown): string {
  const steps = (Array.isArray(value) ? value : [value]).filter((step): step is string => typeof step === 'string');
  const name = steps.join('.');
  return name === 'None' || /\s|\/(v\d|completions|chat)\b/.test(name) ? '' : name;
}

const MOST_DEPTH = 8;
const MOST_VALUES = 500;

/** Reads an error from a body or from a part of one. */
export function readErrorWords(body: unknown): ErrorWords {
  const walk = new Walk();
  walk.visit(body, 0);
  const { sentences, words } = walk;
  const found = sentences.find((sentence) => !SAYS_NOTHING.test(sentence)) ?? sentences[0] ?? words[0] ?? '';
  const { text, by } = unwrapGateway(found);
  const [before = ''] = CODES_BEFORE.exec(text) ?? [];
  return {
    message: text.slice(before.length),
    codes: before ? [...walk.codes, before.trim()] : walk.codes,
    status: walk.status,
    param: walk.param,
    by: walk.provider ?? by,
    retryAfterMs: walk.retryAfterMs ?? waitIn(text),
    sizes: walk.tokens && walk.window ? { tokens: walk.tokens, window: walk.window } : undefined,
  };
}

/** Collects what an error holds, its words in the order in which they matter. */
class Walk {
  readonly sentences: string[] = [];
  /** Single words, such as the name of a code. */
  readonly words: string[] = [];
  readonly codes: string[] = [];
  status: number | undefined;
  param: string | undefined;
  provider: string | undefined;
  retryAfterMs: number | undefined;
  tokens: number | undefined;
  window: number | undefined;
  #left = MOST_VALUES;

  visit(value: unknown, depth: number, before = ''): void {
    if (depth > MOST_DEPTH || this.#left-- <= 0) return;
    if (typeof value === 'string') return this.#text(value, depth, before);
    if (Array.isArray(value)) return value.forEach((each) => this.visit(each, depth + 1, before));
    if (typeof value === 'object' && value !== null) this.#object(value as Record<string, unknown>, depth);
  }

  #text(value: string, depth: number, before: string): void {
    const text = withoutStack(value.trim());
    if (!text) return;
    const whole = parse(text);
    if (whole !== undefined && (typeof whole !== 'string' || whole !== text))
      return this.visit(whole, depth + 1, before);
    const at = text.search(/[[{]\s*\\?["'{]/);
    const inner =
      at < 0 ? undefined : parseAny(text.slice(at, 1 + Math.max(text.lastIndexOf('}'), text.lastIndexOf(']'))));
    // A list of plain values, such as names of models, belongs to the sentence.
    if (inner !== undefined && !isPlainList(inner)) {
      const known = this.sentences.length;
      this.visit(inner, depth + 1);
      // What is left of Python's way to write bytes.
      const begin = text
        .slice(0, at)
        .replace(/\bb?['"]$/, '')
        .trim();
      const first = this.sentences[known];
      // What a gateway puts before the words of another says whose they are.
      if (first !== undefined && begin && UPSTREAM.test(begin)) this.sentences[known] = `${begin} ${first}`;
      if (first !== undefined || !isSentence(begin)) return;
      return void this.sentences.push(begin);
    }
    const said = before && !text.includes(before) ? `${before}: ${text}` : text;
    if (isSentence(text)) this.sentences.push(said);
    else this.words.push(said);
  }

  #object(object: Record<string, unknown>, depth: number): void {
    for (const [key, value] of Object.entries(object)) this.#member(key, value);
    // FastAPI and pydantic name the member that is wrong beside the words.
    const { loc, param } = object;
    const named = PARAM_KEYS.map((key) => nameIn(object[key])).find((each) => each !== '');
    if (named !== undefined) this.param ??= named;
    const place = Array.isArray(loc) ? String(loc.at(-1)) : typeof param === 'string' && 'loc' in object ? param : '';
    const members = Object.entries(object).map(([key, value]) => [key.toLowerCase(), value] as const);
    for (const key of WORD_KEYS)
      for (const [name, value] of members) if (name === key) this.visit(value, depth + 1, place);
    for (const [name, value] of members) {
      // Frameworks list what is wrong with a field below its name.
      const isList = (name === 'model' || name === 'param') && Array.isArray(value);
      if (isList) this.visit(value, depth + 1, name);
      else if (!WORD_KEYS.includes(name) && !NO_WORDS.has(name)) this.visit(value, depth + 1);
    }
  }

  #member(name: string, value: unknown): void {
    const key = name.toLowerCase();
    if (CODE_KEYS.has(key) && (typeof value === 'string' || typeof value === 'number')) {
      const status = Number(value);
      if (Number.isInteger(status) && status >= 400 && status < 600) this.status ??= status;
      if (String(value) !== '' && value !== 0) this.codes.push(String(value));
    } else if (/^provider(_name)?$/.test(key) && typeof value === 'string' && /^\S/.test(value))
      this.provider ??= value;
    else if (/^n_prompt_tokens$/.test(key) && typeof value === 'number') this.tokens ??= value;
    else if (/^n_ctx$/.test(key) && typeof value === 'number') this.window ??= value;
    else if (WAIT_KEYS.test(key)) this.retryAfterMs ??= untilOf(value) ?? waitOf(key, value);
    else if (key === 'reason' && typeof value === 'string' && !isSentence(value)) this.codes.push(value);
  }
}

/** What a stack trace is about: Python says it in the last line, Java and JavaScript in the first. */
function withoutStack(text: string): string {
  if (/^Traceback \(most recent call last\)/.test(text)) return text.slice(text.lastIndexOf('\n') + 1).trim();
  const at = text.search(/\n\s+at \S/);
  return at > 0 ? text.slice(0, at).trim() : text;
}

const isPlainList = (value: unknown): boolean =>
  Array.isArray(value) && value.every((each) => typeof each !== 'object' && !isSentence(each));

/** Whether a text is for people: several words, or words of a script that has no spaces. */
const isSentence = (value: unknown): boolean =>
  typeof value === 'string' && (/\p{L}\S*\s+\S*\p{L}/u.test(value) || /[\p{Lo}]{3}/u.test(value));

/** The words without what a gateway wrapped around them. */
function unwrapGateway(words: string): { readonly text: string; readonly by: string | undefined } {
  let text = words.trim();
  for (const advice of FOR_ADMINISTRATORS) text = text.replace(advice, '');
  const upstream = UPSTREAM.exec(text);
  if (upstream) return { text: text.slice(upstream[0].length).replace(OF_LITELLM, ''), by: upstream[1] };
  const own = OF_LITELLM.exec(text);
  // The proxy's own refusals are not worded like this.
  if (own && /AuthenticationError/.test(own[0]))
    return { text: text.slice(own[0].length), by: t('The upstream provider') };
  return { text: own ? text.slice(own[0].length) : text, by: undefined };
}

/** Units of time in the languages in which servers speak, by how they begin. */
const FOREIGN_SPAN =
  /(\d+(?:\.\d+)?)\s*(ms|毫秒|s(?:e[kcg][a-z]*)?(?![a-z])|сек[а-я]*|秒|초|m(?:in[a-z]*)?(?![a-z])|мин[а-я]*|分[钟鐘間间]?|분|h(?:eures?|oras?)?(?![a-z])|st(?:d|unden?)\.?(?![a-z])|час[а-я]*|小?[时時][间間]?|시간)/giu;
const FOREIGN_UNITS: readonly (readonly [RegExp, number])[] = [
  [/^(ms|毫秒)/i, 1],
  [/^(st|h|час|小?[时時]|시간)/i, 3_600_000],
  [/^(s|сек|秒|초)/i, 1000],
  [/^(m|мин|分|분)/i, 60_000],
];
/** Words for asking again, or later, in other languages than English. */
const FOREIGN_WAIT =
  /重试|重試|再试|再試|稍后|稍後|やり直|もう一度|待って|다시|기다|erneut|nochmals?|warten|réessay|patient|attend|reint[eé]nt|int[eé]nt|espere|tente|aguarde|riprov|attend|повтор|подожд|через/i;

function foreignWaitIn(text: string): number | undefined {
  if (!FOREIGN_WAIT.test(text)) return undefined;
  const ms = [...text.matchAll(FOREIGN_SPAN)].reduce(
    (sum, [, count, unit = '']) =>
      sum + Number(count) * (FOREIGN_UNITS.find(([begins]) => begins.test(unit))?.[1] ?? 0),
    0,
  );
  return ms > 0 ? ms : undefined;
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const unitOf = (word: string): number =>
  UNITS[/^(ms|milli)/i.test(word) ? 'ms' : (word[0] ?? 's').toLowerCase()] ?? 1000;
const SPAN = /(\d+(?:\.\d+)?)\s*(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?)(?![a-z])/gi;

/** A span such as `1m26.4s` or `20 seconds` in ms; undefined when there is none. */
function spanOf(text: string): number | undefined {
  const parts = [...text.matchAll(SPAN)];
  const ms = parts.reduce((sum, [, count, unit]) => sum + Number(count) * unitOf(unit ?? 's'), 0);
  return ms > 0 ? ms : undefined;
}

/** The wait that a member states: a number is of seconds unless its name says otherwise. */
function waitOf(key: string, value: unknown): number | undefined {
  if (typeof value === 'string' && !/^\d+(\.\d+)?$/.test(value.trim())) return spanOf(value);
  const count = Number(value);
  return count > 0 && Number.isFinite(count) ? count * (/ms|milli/i.test(key) ? 1 : 1000) : undefined;
}

/** The time until a moment in ms or seconds since 1970, or until a date. */
function untilOf(value: unknown): number | undefined {
  const at = Number(value);
  if (at > 1e9) return ahead(at > 1e11 ? at : at * 1000);
  return typeof value === 'string' ? untilDateIn(value) : undefined;
}

const ahead = (at: number): number | undefined => (at - Date.now() > 0 ? at - Date.now() : undefined);

/** A date with a time of day, which is of UTC where it names no zone. */
const DATE = /(\d{4}-\d\d-\d\d)(?:T| at | )(\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(Z|UTC|GMT|[+-]\d\d:?\d\d)?/i;

function untilDateIn(text: string): number | undefined {
  const [found, day, time, zone = 'Z'] = DATE.exec(text) ?? [];
  return found === undefined
    ? undefined
    : ahead(Date.parse(`${day}T${time}${/^[+-]/.test(zone) ? zone.replace(/^(...)(\d\d)$/, '$1:$2') : 'Z'}`));
}

/** What comes before a wait in a sentence. */
const BEFORE_WAIT =
  /(?:try(?:ing)? (?:your request )?again|retry(?:ing)?(?: your request)?|wait|resets?|renew(?:s|ed)?|available|regain access|cool(?:ing)?[ -]?down|back ?off)\b/i;

/** The wait that a sentence asks for: `Please try again in 6.2s`, `resets at 2026-12-01 00:00 UTC`. */
function waitIn(text: string): number | undefined {
  const at = text.search(BEFORE_WAIT);
  if (at < 0) return foreignWaitIn(text);
  const rest = text.slice(at);
  const [, span] =
    /^[a-z ]+?(?: again)?(?: in| after| for| at least| about| period of|:)*\s+((?:\d+(?:\.\d+)?\s*[a-z]+\s*)+)/i.exec(
      rest,
    ) ?? [];
  return (span === undefined ? undefined : spanOf(span)) ?? untilDateIn(rest);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** JSON, or what Python prints of the same value: errors that a library put into a text. */
const parseAny = (text: string): unknown => parse(text) ?? parse(toJson(text)) ?? parse(text.replaceAll('\\"', '"'));

const PYTHON_WORDS: Readonly<Record<string, string>> = {
  None: 'null',
  True: 'true',
  False: 'false',
  '(': '[',
  ')': ']',
};

/** A value as Python prints it, in JSON's form. */
const toJson = (text: string): string =>
  text.replace(
    /'((?:[^'\\]|\\.)*)'|"(?:[^"\\]|\\.)*"|\b(?:None|True|False)\b|[()]|,(?=\s*[)\]}])/g,
    (found: string, quoted: string | undefined) =>
      quoted === undefined
        ? (PYTHON_WORDS[found] ?? (found === ',' ? '' : found))
        : JSON.stringify(quoted.replace(/\\(['"\\])/g, '$1')),
  );

/** A wait in a header: a span such as `1m26.4s`, seconds, or a moment in seconds or ms since 1970; in ms. */
export const readWait = (text: string): number | undefined => untilOf(text) ?? waitOf('', text);

/** Whether a value that is where errors are is one: servers also send empty ones with good answers. */
export function hasError(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === 0) return false;
  if (typeof value === 'string') return value.trim() !== '' && !/^(ok|success\w*|none|null)$/i.test(value.trim());
  if (typeof value !== 'object') return true;
  const { message, codes, status } = readErrorWords(value);
  return (
    (message !== '' && !/^(ok|success\w*)$/i.test(message)) ||
    status !== undefined ||
    (message === '' && codes.length > 0)
  );
}
