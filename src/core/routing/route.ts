import { t } from '@vscode/l10n';
import { parseModelRef, TIERS, type Tier } from '../common/types.ts';
import { checkRule, fits, isForced, roomOf, scoreFact, type Circumstances } from './conditions.ts';
import { isShippedRule } from './rules.ts';
import { describeFacts, describeReasons } from './describeReasons.ts';
import { tellingSignals } from './describeSignals.ts';
import type {
  Complexity,
  DoesNotFit,
  Explanation,
  Fact,
  Reason,
  RequestFacts,
  Route,
  RouteOptions,
  Rule,
  RuleTrial,
} from './routingTypes.ts';

/** Where a request goes when no rule matches at all. */
const DEFAULT_TIER: Tier = 'mid';

/** Chooses the tier of a request by the first rule that matches, and says why. Never throws. */
export const route = (facts: RequestFacts, options: RouteOptions): Route => explainRoute(facts, options).route;

/**
 * Dry run: the route that the request would take, and for every rule whether it matched and why.
 *
 * The first matching rule chooses. Then the rules with `chosen` may move the choice, each at most once, in their order.
 * Private mode and the context window come last: no rule can outvote the first, and nothing that is too long for its
 * tier is sent there unnoticed.
 */
export function explainRoute(facts: RequestFacts, { rules, threshold, complexity }: RouteOptions): Explanation {
  const trials: RuleTrial[] = rules.map(({ name, tier }) => ({ rule: name, tier, result: 'skipped', why: '' }));
  const reasons: Reason[] = [];
  let decided: Rule | undefined;

  const tryRules = (moves: boolean, by?: Rule): void => {
    for (const [index, rule] of rules.entries()) {
      if ((rule.when.chosen !== undefined) !== moves) continue;
      const { held, ...trial } = tryRule(rule, { facts, complexity, threshold, chosen: decided?.tier, by }, moves);
      trials[index] = trial;
      if (trial.result !== 'matched') continue;
      decided = rule;
      reasons.push({
        facts: rule.because
          ? [{ kind: 'because', values: [rule.because] }]
          : held.length
            ? held
            : [factOfRule(rule, complexity)],
        ...(moves ? { then: rule.tier } : {}),
      });
    }
  };
  tryRules(false);
  if (!decided) reasons.push({ facts: [{ kind: 'no-rule', values: [] }] });
  // Another model's rating does not rest on the scorer's signals.
  const signals = complexity.judge ? [] : tellingSignals(complexity.signals, complexity.score);
  const [first] = reasons;
  if (first && signals.length > 0) reasons[0] = { ...first, signals };
  const { thread } = facts;
  const leaves = decided && thread?.newTopic && TIERS.indexOf(decided.tier) < TIERS.indexOf(thread.tier);
  // That a chat goes down needs a reason of its own.
  if (first && leaves && decided && isShippedRule(decided) && !isForced(decided))
    reasons[0] = { facts: [{ kind: 'new-topic', values: [] }], then: decided.tier };
  decided ??= { name: 'none', when: {}, tier: DEFAULT_TIER };
  tryRules(true, decided);
  if (facts.private && decided.tier !== 'local') {
    decided = { name: 'private', when: {}, tier: 'local' };
    reasons.push({ facts: [{ kind: 'private', values: [] }], then: decided.tier });
  }

  const doesNotFit = findRoom(facts, decided.tier);
  if (doesNotFit) reasons.push({ facts: [factOf(doesNotFit)] });
  const movedTo = doesNotFit?.movedTo;
  const model = movedTo || decided.model === undefined ? undefined : parseModelRef(decided.model);
  return {
    route: {
      ...complexity,
      tier: movedTo ?? decided.tier,
      rule: decided.name,
      reasons,
      reason: describeReasons(reasons),
      ...(model ? { model } : {}),
      ...(doesNotFit ? { doesNotFit } : {}),
    },
    trials,
  };
}

/** Tries a rule; `held` are the facts that speak for it. */
function tryRule(rule: Rule, at: Circumstances, moves: boolean): RuleTrial & { readonly held: readonly Fact[] } {
  const trial = { rule: rule.name, tier: rule.tier, held: [] };
  if (rule.enabled === false) return { ...trial, result: 'skipped', why: t('it is turned off') };
  if (!moves && at.chosen) return { ...trial, result: 'skipped', why: t('an earlier rule already matched') };
  const { holds, facts } = checkRule(rule, at);
  return { ...trial, held: holds ? facts : [], result: holds ? 'matched' : 'failed', why: describeFacts(facts) };
}

/** From so many tokens on, a tier answers only if its window is known, as long as there is such a tier. */
const PROVEN_WINDOW_TOKENS = 32_000;

/** What speaks for a rule without conditions to tell: the score for the shipped default, else the rule itself. */
const factOfRule = ({ name, when }: Rule, complexity: Complexity): Fact =>
  name === 'default' && Object.keys(when).length === 0 ? scoreFact(complexity) : { kind: 'rule', values: [name] };

/** The nearest larger tier that may take a request which is too long for its own, or the word that none may. */
function findRoom(facts: RequestFacts, tier: Tier): DoesNotFit | undefined {
  const room = roomOf(facts, tier);
  if (fits(facts, tier) && !(room === undefined && facts.tokens >= PROVEN_WINDOW_TOKENS)) return undefined;
  const staysHere = facts.private || facts.offline;
  const larger = staysHere ? [] : TIERS.slice(TIERS.indexOf(tier) + 1);
  const movedTo = larger.find(
    (candidate) =>
      fits(facts, candidate) &&
      (room !== undefined || roomOf(facts, candidate) !== undefined) &&
      !facts.overBudget.includes(candidate) &&
      !facts.unhealthy.includes(candidate),
  );
  // Where no tier is known to have the window, the one that was chosen may have it.
  if (room === undefined && movedTo === undefined) return undefined;
  return { tier, tokens: facts.tokens, room, movedTo };
}

const factOf = ({ tier, tokens, room, movedTo }: DoesNotFit): Fact => {
  if (room === undefined) return { kind: 'window-unknown', values: [tokens, tier, movedTo ?? ''] };
  return movedTo
    ? { kind: 'moved', values: [tokens, room, tier, movedTo] }
    : { kind: 'fits-nowhere', values: [tokens, room, tier] };
};
