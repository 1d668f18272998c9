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
import { scoreComplexity } from '../../../src/core/routing/scorer.ts';
import type { Complexity, RequestFacts, Rule, RuleEntry } from '../../../src/core/routing/routingTypes.ts';
import type { Tier } from '../../../src/core/common/types.ts';
import { toFacts, type Labelled } from './data.ts';

/** What a user would get who overrides each wrong choice and makes a rule of it, as it was and as it is. */

export interface Remembered {
  /** Rules that were made. */
  readonly rules: number;
  /** Other requests that a rule takes, on average, and the part of them that it sends where they belong. */
  readonly captured: number;
  readonly right: number;
}

const factsOf = (request: Labelled): RequestFacts => ({
  ...toFacts(request),
  tokens: request.context_tokens ?? 0,
  language: request.selection_lang,
  ...{ task: 'chat', threadTurns: 0, offline: false, private: false, overBudget: [], unhealthy: [], windowTokens: {} },
});

interface Known {
  readonly request: Labelled;
  readonly facts: RequestFacts;
  readonly complexity: Complexity;
  readonly of: Alike;
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

/** Counts what rules take of the requests that come after them. */
function countRules(rules: readonly Made[], all: readonly Known[]): Remembered {
  let captured = 0;
  let right = 0;
  for (const { rule, after } of rules)
    for (const { request, facts, complexity } of all.slice(after + 1)) {
      const whole = { when: {}, tier: 'mid', ...rule } as Rule;
      if (!checkRule(whole, { facts, complexity, threshold: 3.5, chosen: undefined }).holds) continue;
      captured++;
      if (request.tier === rule.tier) right++;
    }
  return { rules: rules.length, captured: captured / Math.max(1, rules.length), right: right / Math.max(1, captured) };
}

/** The requests in an order that has nothing to do with their places in files. */
const shuffled = (set: readonly Labelled[]): Labelled[] =>
  set
    .map(
      (request) => [createHash('sha256').update(`order ${request.id} ${request.text}`).digest('hex'), request] as const,
    )
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, request]) => request);

/**
 * Simulates a user who asks all requests of a set and overrides each that the router sends elsewhere than it belongs.
 *
 * @param routeOf the router
 */
export function simulateOverrides(
  set: readonly Labelled[],
  routeOf: (request: Labelled) => Tier,
): { readonly before: Remembered; readonly after: Remembered } {
  const all: Known[] = shuffled(set).map((request) => {
    const facts = factsOf(request);
    const complexity = scoreComplexity(facts);
    const of = { score: complexity.score, language: facts.language, action: facts.action, tokens: facts.tokens };
    return { request, facts, complexity, of };
  });
  const wide: Made[] = [];
  const narrow: Made[] = [];
  let history = NO_HISTORY;
  for (const [at, { request, of }] of all.entries()) {
    const chosen = routeOf(request);
    const to = request.tier;
    history = withChoice(history, { at, of, chosen, to, rule: 'default' }, false);
    if (chosen === to) continue;
    wide.push({ rule: wideRule(of, to), after: at });
    if (!suggestsRule(history, of, to, at)) continue;
    narrow.push({ rule: learnedRule(of, to, [], at), after: at });
    // What became a rule suggests no other.
    history = { ...history, choices: history.choices.filter((each) => !(each.to === to && isAlike(each.of, of))) };
  }
  return { before: countRules(wide, all), after: countRules(narrow, all) };
}

/** `312 rules, each takes 34.1 others and is right for 43.0%`. */
export const describeRemembered = ({ rules, captured, right }: Remembered): string =>
  `${rules} rules, each takes ${captured.toFixed(1)} others and is right for ${(right * 100).toFixed(1)}%`;
