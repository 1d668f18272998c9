import { createHash } from 'node:crypto';
import {
  isAlike,
  learnedRule,
  NO_HISTORY,
  suggestsRule,
  withChoice,
  type Alike,
} from '../../../src/core/routing/learnedRules.ts';
import { checkRule } from '../../../src/core/routing/conditions.ts';
import type { Complexity, RequestFacts, Rule, RuleEntry } from '../../../src/core/routing/routingTypes.ts';
import type { Tier } from '../../../src/core/common/types.ts';
import { toFacts, type Labeled } from './data.ts';

/** What a user would get who overrides each wrong choice and makes a rule of it, as it was and as it is. */

export interface Remembered {
  /** Rules that were made. */
  readonly rules: number;
  /** Other requests that a rule takes, on average, and the part of them that it sends where they belong. */
  readonly captured: number;
  readonly right: number;
  /** The part of them that Auto sends where they belong without the rule. */
  readonly without: number;
}

const factsOf = (request: Labeled): RequestFacts => ({
  ...toFacts(request),
  tokens: request.context_tokens ?? 0,
  language: request.selection_lang,
  ...{ task: 'chat', threadTurns: 0, offline: false, private: false, overBudget: [], unhealthy: [], windowTokens: {} },
});

interface Known {
  readonly request: Labeled;
  readonly facts: RequestFacts;
  readonly complexity: Complexity;
  readonly of: Alike;
  /** The tier that Auto chooses by itself. */
  readonly chosen: Tier;
}

/**
 * The rule of before: of one override, for a whole action, or for a language and a band of a whole point of the score.
 */
const wideRule = ({ score, language, action }: Alike, tier: Tier): RuleEntry => ({
  name: 'wide',
  tier,
  when: action
    ? { actions: [action] }
    : {
        ...(language ? { languages: [language] } : {}),
        score: { min: Math.max(1, score - 0.5), max: Math.min(5, score + 0.5) },
      },
});

/** A rule, and the place in the set after which it was made. */
interface Made {
  readonly rule: RuleEntry;
  readonly after: number;
}

/** What rules take of the requests that come after them. */
interface Taken {
  captured: number;
  right: number;
  without: number;
}

function countRule({ rule, after }: Made, all: readonly Known[], taken: Taken): void {
  for (const { request, facts, complexity, chosen } of all.slice(after + 1)) {
    const whole = { when: {}, tier: 'mid', ...rule } as Rule;
    if (!checkRule(whole, { facts, complexity, threshold: 3.5, chosen: undefined }).holds) continue;
    taken.captured++;
    if (request.tier === rule.tier) taken.right++;
    if (request.tier === chosen) taken.without++;
  }
}

/** The requests in an order that has nothing to do with their places in files. */
const shuffled = (set: readonly Labeled[]): Labeled[] =>
  set
    .map(
      (request) => [createHash('sha256').update(`order ${request.id} ${request.text}`).digest('hex'), request] as const,
    )
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, request]) => request);

/** Kinds of requests that one person wrote in one repository, in their order. */
const OF_ONE_PERSON = new Set(['aider', 'aider-input', 'specstory']);

/** The requests of the second set that one repository's chats hold, a list each. */
export function byRepository(set: readonly Labeled[]): readonly (readonly Labeled[])[] {
  const real = set.filter(({ kind, source }) => source !== undefined && OF_ONE_PERSON.has(kind ?? ''));
  return [...Map.groupBy(real, ({ source }) => source).values()];
}

/** All requests as those of one person, in an order that has nothing to do with their places in files. */
export const asOnePerson = (set: readonly Labeled[]): readonly (readonly Labeled[])[] => [shuffled(set)];

interface Router {
  readonly complexityOf: (request: Labeled) => Complexity;
  readonly routeOf: (request: Labeled) => Tier;
}

/**
 * Simulates users who ask requests one after another and override each that the router sends elsewhere than it belongs.
 *
 * @param people the requests of each user, in the order in which they are asked
 */
export function simulateOverrides(
  people: readonly (readonly Labeled[])[],
  { complexityOf, routeOf }: Router,
): { readonly before: Remembered; readonly after: Remembered } {
  const rules = { before: 0, after: 0 };
  const before: Taken = { captured: 0, right: 0, without: 0 };
  const after: Taken = { captured: 0, right: 0, without: 0 };
  for (const requests of people) {
    const all: Known[] = requests.map((request) => {
      const facts = factsOf(request);
      const complexity = complexityOf(request);
      const of = { score: complexity.score, language: facts.language, action: facts.action, tokens: facts.tokens };
      return { request, facts, complexity, of, chosen: routeOf(request) };
    });
    let history = NO_HISTORY;
    for (const [at, { request, of, chosen }] of all.entries()) {
      const to = request.tier;
      history = withChoice(history, { at, of, chosen, to, rule: 'default' }, false);
      if (chosen === to) continue;
      rules.before++;
      countRule({ rule: wideRule(of, to), after: at }, all, before);
      if (!suggestsRule(history, of, to, at)) continue;
      rules.after++;
      countRule({ rule: learnedRule(of, to, [], at), after: at }, all, after);
      // What became a rule suggests no other.
      history = { ...history, choices: history.choices.filter((each) => !(each.to === to && isAlike(each.of, of))) };
    }
  }
  return { before: toRemembered(rules.before, before), after: toRemembered(rules.after, after) };
}

const toRemembered = (rules: number, { captured, right, without }: Taken): Remembered => ({
  rules,
  captured: captured / Math.max(1, rules),
  right: right / Math.max(1, captured),
  without: without / Math.max(1, captured),
});

/** `312 rules, each takes 34.1 others and is right for 43.0%, Auto by itself for 70.0%`. */
export const describeRemembered = ({ rules, captured, right, without }: Remembered): string =>
  [
    `${rules} rules, each takes ${captured.toFixed(1)} others and is right for ${(right * 100).toFixed(1)}%`,
    `Auto by itself for ${(without * 100).toFixed(1)}%`,
  ].join(', ');
