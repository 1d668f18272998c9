import { t } from '@vscode/l10n';
import { CATEGORIES } from '../ledger/categories.ts';
import * as v from 'valibot';
import { parseModelRef, TASKS, TIERS } from '../common/types.ts';
import { TOPICS } from './topicNames.ts';
import type { Rule, RuleEntry } from './routingTypes.ts';

/** Languages of which models have seen little; hard questions about them are worth the best one. */
const NICHE_LANGUAGES = [
  ...['rust', 'haskell', 'ocaml', 'fsharp', 'scala', 'clojure', 'elixir', 'erlang', 'elm', 'purescript', 'idris'],
  ...['agda', 'coq', 'lean', 'lean4', 'racket', 'scheme', 'lisp', 'commonlisp', 'zig', 'nim', 'ada', 'd', 'crystal'],
  ...['fortran', 'FortranFreeForm', 'cobol', 'COBOL', 'prolog', 'vhdl', 'verilog', 'systemverilog', 'solidity'],
  ...['apl', 'j', 'forth', 'smalltalk', 'tcl', 'abap', 'rpgle', 'pli', 'hlasm', 'asm', 'assembly', 'nix', 'cuda-cpp'],
];

/** Query languages, for which models differ more than for others. */
const SQL_LANGUAGES = [
  'sql',
  'postgres',
  'pgsql',
  'plsql',
  'oracle-sql',
  'oraclesql',
  'tsql',
  'mssql',
  'mysql',
  'sqlite',
];

/** From so many tokens on, work that is small in itself is for the mid tier. */
export const MUCH_CONTEXT = 8_000;

/**
 * The shipped rules, tried from top to bottom. The first that matches chooses; after it those with `chosen` may move
 * the choice. Users' rules have the same form.
 */
export const SHIPPED_RULES: readonly Rule[] = [
  { name: 'private', when: { private: true }, tier: 'local' },
  { name: 'offline', when: { offline: true }, tier: 'local' },
  { name: 'escalated', when: { actions: ['escalate'] }, tier: 'frontier' },
  {
    name: 'small-action',
    when: { actions: ['commit-message', 'title', 'classify', 'rename'], tokens: { max: MUCH_CONTEXT } },
    tier: 'local',
  },
  { name: 'large-small-action', when: { actions: ['commit-message', 'title', 'classify', 'rename'] }, tier: 'mid' },
  { name: 'complex', when: { score: { min: 'threshold' } }, tier: 'frontier' },
  { name: 'niche-language', when: { languages: NICHE_LANGUAGES, score: { min: 3.1 } }, tier: 'frontier' },
  { name: 'long-context', when: { tokens: { min: 32_000 }, score: { min: 3.2 } }, tier: 'frontier' },
  { name: 'hard-topic', when: { topics: ['audit', 'legacy', 'test-strategy'], score: { min: 2 } }, tier: 'frontier' },
  { name: 'large-review', when: { topics: ['review'], tokens: { min: 4_000 }, score: { min: 2.8 } }, tier: 'frontier' },
  {
    name: 'large-refactoring',
    when: { topics: ['refactoring'], files: { min: 8 }, score: { min: 3 } },
    tier: 'frontier',
  },
  // A judgment that a small model gets wrong is worse than none.
  { name: 'judgment', when: { topics: ['judgment'] }, tier: 'mid' },
  { name: 'sql-performance', when: { languages: SQL_LANGUAGES, topics: ['performance'] }, tier: 'mid' },
  { name: 'small-niche-language', when: { languages: NICHE_LANGUAGES, score: { min: 2 } }, tier: 'mid' },
  { name: 'much-context', when: { tokens: { min: MUCH_CONTEXT + 1 } }, tier: 'mid' },
  // "And now?" is about what came before, of which a small model makes little.
  { name: 'follow-up', when: { score: { max: 2.5 }, threadTurns: { min: 1 } }, tier: 'mid' },
  { name: 'simple', when: { score: { max: 2.5 } }, tier: 'local' },
  { name: 'default', when: {}, tier: 'mid' },
  // Another model would not know what was said, and the provider's prompt cache would be lost.
  { name: 'same-thread-local', when: { chosen: ['mid', 'frontier'], sameThread: ['local'] }, tier: 'local' },
  { name: 'same-thread-mid', when: { chosen: ['local', 'frontier'], sameThread: ['mid'] }, tier: 'mid' },
  { name: 'same-thread-frontier', when: { chosen: ['local', 'mid'], sameThread: ['frontier'] }, tier: 'frontier' },
  {
    name: 'frontier-unhealthy',
    when: { chosen: ['frontier'], notActions: ['escalate'], unhealthy: ['frontier'], healthy: ['mid'] },
    tier: 'mid',
  },
  {
    name: 'frontier-and-mid-unhealthy',
    when: { chosen: ['frontier'], notActions: ['escalate'], unhealthy: ['frontier'], healthy: ['local'] },
    tier: 'local',
  },
  {
    name: 'frontier-over-budget',
    when: { chosen: ['frontier'], notActions: ['escalate'], overBudget: ['frontier'] },
    tier: 'mid',
  },
  { name: 'mid-unhealthy', when: { chosen: ['mid'], unhealthy: ['mid'], healthy: ['local'] }, tier: 'local' },
  { name: 'mid-over-budget', when: { chosen: ['mid'], overBudget: ['mid'], healthy: ['local'] }, tier: 'local' },
  {
    name: 'local-unhealthy',
    when: { chosen: ['local'], private: false, offline: false, unhealthy: ['local'], healthy: ['mid'] },
    tier: 'mid',
  },
];

/** Whether a rule chooses as it was shipped: wherever it is, its conditions and its tier are the shipped ones. */
export const isShippedRule = ({ name, when, tier }: Rule): boolean =>
  SHIPPED_RULES.some((shipped) => shipped.name === name && shipped.when === when && shipped.tier === tier);

const Names = v.pipe(v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(100))), v.minLength(1), v.maxLength(200));
const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
const Bounds = v.pipe(
  v.strictObject({ min: v.optional(Count), max: v.optional(Count) }),
  v.check(
    ({ min, max }) => min !== undefined || max !== undefined,
    () => t('min or max is missing'),
  ),
  v.check(
    ({ min = 0, max = Infinity }) => min <= max,
    () => t('min is above max'),
  ),
);
const Score = v.pipe(v.number(), v.minValue(1), v.maxValue(5));
const Tiers = v.pipe(v.array(v.picklist(TIERS)), v.minLength(1));
const ScoreBounds = v.pipe(
  v.strictObject({ min: v.optional(v.union([Score, v.literal('threshold')])), max: v.optional(Score) }),
  v.check(
    ({ min, max }) => min !== undefined || max !== undefined,
    () => t('min or max is missing'),
  ),
  v.check(
    ({ min, max = 5 }) => typeof min !== 'number' || min <= max,
    () => t('min is above max'),
  ),
);

const Day = v.pipe(v.string(), v.isoDate());

/** An entry as settings and rule files hold it. Unknown conditions are errors: a misspelled one would match everything. */
const EntryShape: v.GenericSchema<unknown, RuleEntry> = v.strictObject({
  name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(60)),
  when: v.optional(
    v.strictObject({
      tasks: v.optional(v.pipe(v.array(v.picklist(TASKS)), v.minLength(1))),
      actions: v.optional(Names),
      notActions: v.optional(Names),
      score: v.optional(ScoreBounds),
      languages: v.optional(Names),
      topics: v.optional(v.pipe(v.array(v.picklist(TOPICS)), v.minLength(1))),
      categories: v.optional(v.pipe(v.array(v.picklist(CATEGORIES)), v.minLength(1))),
      tokens: v.optional(Bounds),
      files: v.optional(Bounds),
      threadTurns: v.optional(Bounds),
      sameThread: v.optional(Tiers),
      offline: v.optional(v.boolean()),
      private: v.optional(v.boolean()),
      healthy: v.optional(Tiers),
      unhealthy: v.optional(Tiers),
      overBudget: v.optional(Tiers),
      fits: v.optional(v.boolean()),
      chosen: v.optional(Tiers),
    }),
  ),
  tier: v.optional(v.picklist(TIERS)),
  model: v.optional(
    v.pipe(
      v.string(),
      v.check(
        (text) => parseModelRef(text) !== undefined && !/\p{Cc}/u.test(text),
        () => t('it is not "provider/model"'),
      ),
    ),
  ),
  enabled: v.optional(v.boolean()),
  because: v.optional(v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(200), v.regex(/^\P{Cc}*$/u))),
  until: v.optional(Day),
  learned: v.optional(Day),
});

/** A rule that was not taken. */
export interface RuleProblem {
  /** Place in the list, from 0. */
  readonly index: number;
  readonly message: string;
}

/**
 * Reads a list of rules. A bad entry is left out and reported, the others stay. Of two with one name the first stays.
 *
 * @param value as settings or a JSON file hold it
 */
export function parseRules(value: unknown): { entries: RuleEntry[]; problems: RuleProblem[] } {
  if (!Array.isArray(value)) return { entries: [], problems: [{ index: 0, message: t('the rules are not a list') }] };
  const entries: RuleEntry[] = [];
  const problems: RuleProblem[] = [];
  for (const [index, item] of value.entries()) {
    const result = v.safeParse(EntryShape, item);
    const problem = (message: string): void => void problems.push({ index, message });
    if (!result.success) problem(describeIssue(result.issues[0]));
    else if (entries.some(({ name }) => name === result.output.name))
      problem(t('there are two rules named "{0}"', result.output.name));
    else if (!result.output.tier && !isShippedName(result.output.name)) problem(t('tier is missing'));
    else entries.push(result.output);
  }
  return { entries, problems };
}

/** Whether a rule of this name is shipped. */
export const isShippedName = (name: string): boolean => SHIPPED_RULES.some((rule) => rule.name === name);

const describeIssue = (issue: v.BaseIssue<unknown>): string =>
  [issue.path?.map(({ key }) => String(key)).join('.'), issue.message].filter(Boolean).join(': ');

/**
 * The rules that apply: the user's entries in the order in which they are written, and the shipped rules.
 *
 * An entry with the name of a shipped rule is that rule, with the fields that the entry gives in place of the shipped
 * ones. Shipped rules that are not named keep their order and go as far back as they can, but before every named one
 * that they precede. So own rules come first, a shipped rule can be changed or switched off where it is, and a list of
 * several shipped names puts these into its own order.
 */
export function arrangeRules(entries: readonly RuleEntry[]): Rule[] {
  const arranged = entries.map(({ name, when, tier, model, enabled, because, until, learned }): Rule => {
    const shipped = SHIPPED_RULES.find((rule) => rule.name === name);
    return {
      name,
      when: when ?? shipped?.when ?? {},
      tier: tier ?? shipped?.tier ?? 'mid',
      model: model ?? shipped?.model,
      enabled: enabled ?? shipped?.enabled,
      ...(because === undefined ? {} : { because }),
      ...(until === undefined ? {} : { until }),
      ...(learned === undefined ? {} : { learned }),
    };
  });
  for (const [place, rule] of SHIPPED_RULES.entries()) {
    if (arranged.some(({ name }) => name === rule.name)) continue;
    const later = new Set(SHIPPED_RULES.slice(place + 1).map(({ name }) => name));
    const before = arranged.findIndex(({ name }) => later.has(name));
    arranged.splice(before < 0 ? arranged.length : before, 0, rule);
  }
  return arranged;
}

/**
 * The entries with which a rule is one place further up or down. Entries that only name a shipped rule hold its
 * place; there are no more of them than the order needs.
 *
 * @param by -1: further up, 1: further down
 */
export function moveRule(entries: readonly RuleEntry[], name: string, by: -1 | 1): RuleEntry[] {
  const order = arrangeRules(entries).map((rule) => rule.name);
  const from = order.indexOf(name);
  const to = from + by;
  if (from < 0 || to < 0 || to >= order.length) return [...entries];
  order.splice(to, 0, ...order.splice(from, 1));
  let moved = order.map((each): RuleEntry => entries.find((entry) => entry.name === each) ?? { name: each });
  const isWanted = (list: readonly RuleEntry[]): boolean =>
    arrangeRules(list).every((rule, place) => rule.name === order[place]);
  for (const entry of moved) {
    if (Object.keys(entry).length > 1 || !isShippedName(entry.name)) continue;
    const without = moved.filter((other) => other !== entry);
    if (isWanted(without)) moved = without;
  }
  return moved;
}

/**
 * The entries with which a rule is on or off, and every rule is where it was. An entry that says no more than the
 * shipped rule, and holds no place, is left out.
 */
export function switchRule(entries: readonly RuleEntry[], name: string, enabled: boolean): RuleEntry[] {
  const order = arrangeRules(entries).map((rule) => rule.name);
  const keepsOrder = (list: readonly RuleEntry[]): boolean =>
    arrangeRules(list).every((rule, place) => rule.name === order[place]);
  const known = entries.find((entry) => entry.name === name);
  const { enabled: _, ...others } = known ?? { name };
  const entry: RuleEntry = enabled && isShippedName(name) ? others : { ...others, enabled };
  if (known) {
    const changed = entries.map((each) => (each === known ? entry : each));
    const without = entries.filter((each) => each !== known);
    return Object.keys(entry).length === 1 && keepsOrder(without) ? without : changed;
  }
  if (Object.keys(entry).length === 1) return [...entries];
  // A named rule goes where its entry is: behind one of a later rule it would be tried after that.
  const places = [...entries.keys()].map((place) => place + 1).reverse();
  const lists = [...places, 0].map((place) => entries.toSpliced(place, 0, entry));
  return lists.find(keepsOrder) ?? [...entries, entry];
}

/** The rules that are tried on a day, as `2026-09-23`: those that have ended are left out. */
export const rulesOn = (day: string, rules: readonly Rule[]): readonly Rule[] =>
  rules.filter(({ until }) => until === undefined || until >= day);
