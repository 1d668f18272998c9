import { t } from '@vscode/l10n';

/**
 * The part of JSON Schema that recipes use (json-schema.org, draft 2020-12): types, properties, required, items, enum,
 * additionalProperties as yes or no, and limits of numbers and lists. A schema that uses more is refused when the recipe
 * is read, so that no keyword is ignored in silence.
 */

const TYPES = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'] as const;
type TypeName = (typeof TYPES)[number];

export interface JsonSchema {
  readonly type?: TypeName | readonly TypeName[];
  readonly description?: string;
  readonly title?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** How deep a schema may be nested. */
const DEEPEST = 20;

type Check = (value: unknown, at: string, depth: number) => string | undefined;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isType = (value: unknown): boolean => TYPES.some((type) => type === value);
const wrong = (at: string, keyword: string): string => t('In the schema, "{0}" of {1} has a wrong value.', keyword, at);
const when = (isRight: boolean, at: string, keyword: string): string | undefined =>
  isRight ? undefined : wrong(at, keyword);
const ofText =
  (keyword: string): Check =>
  (value, at) =>
    when(typeof value === 'string', at, keyword);
const ofNumber =
  (keyword: string): Check =>
  (value, at) =>
    when(typeof value === 'number' && Number.isFinite(value), at, keyword);

/** Every keyword that a schema may have, and what is wrong with its value. */
const KEYWORDS: Readonly<Record<string, Check>> = {
  $schema: ofText('$schema'),
  title: ofText('title'),
  description: ofText('description'),
  type: (value, at) =>
    when(isType(value) || (Array.isArray(value) && value.length > 0 && value.every(isType)), at, 'type'),
  enum: (value, at) => when(Array.isArray(value) && value.length > 0, at, 'enum'),
  required: (value, at) =>
    when(Array.isArray(value) && value.every((name) => typeof name === 'string'), at, 'required'),
  additionalProperties: (value, at) => when(typeof value === 'boolean', at, 'additionalProperties'),
  minItems: ofNumber('minItems'),
  maxItems: ofNumber('maxItems'),
  minimum: ofNumber('minimum'),
  maximum: ofNumber('maximum'),
  items: (value, at, depth) => schemaProblem(value, `${at}[]`, depth + 1),
  properties: (value, at, depth) => {
    if (!isRecord(value)) return wrong(at, 'properties');
    for (const [name, each] of Object.entries(value)) {
      const problem = schemaProblem(each, `${at}.${name}`, depth + 1);
      if (problem !== undefined) return problem;
    }
    return undefined;
  },
};

/** Why a value is no schema that recipes can use, in words for the user; undefined when it is one. */
function schemaProblem(value: unknown, at = '$', depth = 0): string | undefined {
  if (!isRecord(value)) return t('The schema of {0} must be an object.', at);
  if (depth > DEEPEST) return t('The schema is nested too deep.');
  for (const [keyword, given] of Object.entries(value)) {
    const check = Object.hasOwn(KEYWORDS, keyword) ? KEYWORDS[keyword] : undefined;
    if (!check) return t('Recipes do not know the schema keyword "{0}".', keyword);
    const problem = check(given, at, depth);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** A schema from its text; or why it is none, in words for the user. */
export function parseSchema(text: string): { readonly schema: JsonSchema } | { readonly problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { problem: t('The schema is not valid JSON: {0}', error instanceof Error ? error.message : String(error)) };
  }
  const problem = schemaProblem(value);
  return problem === undefined ? { schema: value as JsonSchema } : { problem };
}

/** Most problems of a value that are told. */
const MOST_PROBLEMS = 10;

/**
 * What is wrong with a value by a schema, for the model that has to repair it: one sentence for each place, in English
 * like all prompts. Empty: nothing.
 */
export function validate(schema: JsonSchema, value: unknown, at = '$'): string[] {
  const problems: string[] = [];
  for (const problem of problemsOf(schema, value, at)) if (problems.push(problem) >= MOST_PROBLEMS) break;
  return problems;
}

function* problemsOf(schema: JsonSchema, value: unknown, at: string): Generator<string> {
  const types = schema.type === undefined ? undefined : [schema.type].flat();
  if (types && !types.some((type) => isOfType(value, type))) {
    yield `${at} must be ${types.join(' or ')}, not ${nameOf(value)}.`;
    return;
  }
  if (schema.enum && !textsOfEnum(schema, schema.enum).has(JSON.stringify(value)))
    yield `${at} must be one of ${schema.enum.map((each) => JSON.stringify(each)).join(', ')}.`;
  if (typeof value === 'number') {
    if (value < (schema.minimum ?? -Infinity)) yield `${at} must be at least ${schema.minimum}.`;
    if (value > (schema.maximum ?? Infinity)) yield `${at} must be at most ${schema.maximum}.`;
  }
  if (Array.isArray(value)) {
    if (value.length < (schema.minItems ?? 0)) yield `${at} needs at least ${schema.minItems} items.`;
    if (value.length > (schema.maxItems ?? Infinity)) yield `${at} may have at most ${schema.maxItems} items.`;
    if (schema.items) for (const [i, each] of value.entries()) yield* problemsOf(schema.items, each, `${at}[${i}]`);
    return;
  }
  if (!isRecord(value)) return;
  for (const name of schema.required ?? []) if (!Object.hasOwn(value, name)) yield `${at}.${name} is missing.`;
  for (const [name, each] of Object.entries(value)) {
    const known = schema.properties;
    const inner = known && Object.hasOwn(known, name) ? known[name] : undefined;
    if (inner) yield* problemsOf(inner, each, `${at}.${name}`);
    else if (schema.additionalProperties === false) yield `${at} may not have "${name}".`;
  }
}

/** The values of an `enum` as JSON, made once for each schema: a list may hold thousands of values to compare. */
const ENUM_TEXTS = new WeakMap<JsonSchema, ReadonlySet<string>>();

function textsOfEnum(schema: JsonSchema, values: readonly unknown[]): ReadonlySet<string> {
  const known = ENUM_TEXTS.get(schema) ?? new Set(values.map((each) => JSON.stringify(each)));
  ENUM_TEXTS.set(schema, known);
  return known;
}

const isOfType = (value: unknown, type: TypeName): boolean =>
  type === 'integer' ? Number.isInteger(value) : nameOf(value) === type;

const nameOf = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);

/** A value without the entries of lists that say what an earlier entry says, whatever their case and spaces. */
export function withoutDuplicates(value: unknown): unknown {
  if (Array.isArray(value)) {
    const each = value.map(withoutDuplicates);
    const seen = new Set<string>();
    return each.filter((entry) => {
      const key = keyOf(entry);
      const isNew = !seen.has(key);
      seen.add(key);
      return isNew;
    });
  }
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withoutDuplicates(each)]));
}

const keyOf = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'string'
      ? each
          .toLowerCase()
          .replace(/[\s.]+/g, ' ')
          .trim()
      : isRecord(each)
        ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
        : each,
  );
