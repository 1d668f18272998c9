import { t } from '@vscode/l10n';
import { parseModelRef, TIERS, type Tier } from '../common/types.ts';
import { checkRule, fits, roomOf, type Circumstances } from './conditions.ts';
import { describeSignals } from './describeSignals.ts';
import type { DoesNotFit, Explanation, RequestFacts, Route, RouteOptions, Rule, RuleTrial } from './routingTypes.ts';

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
  const reasons: string[] = [];
  let decided: Rule | undefined;

  const tryRules = (moves: boolean): void => {
    for (const [index, rule] of rules.entries()) {
      if ((rule.when.chosen !== undefined) !== moves) continue;
      const trial = tryRule(rule, { facts, complexity, threshold, chosen: decided?.tier }, moves);
      trials[index] = trial;
      if (trial.result !== 'matched') continue;
      decided = rule;
      reasons.push(moves ? t('{0}, therefore {1}', trial.why, rule.tier) : trial.why);
    }
  };
  tryRules(false);
  if (!decided) reasons.push(t('no rule matched'));
  const judged = describeSignals(complexity.signals, complexity.score);
  if (judged) reasons[0] = t('{0} ({1})', reasons[0] ?? '', judged);
  decided ??= { name: 'none', when: {}, tier: DEFAULT_TIER };
  tryRules(true);
  if (facts.private && decided.tier !== 'local') {
    decided = { name: 'private', when: {}, tier: 'local' };
    reasons.push(t('{0}, therefore {1}', t('private mode is on'), decided.tier));
  }

  const doesNotFit = findRoom(facts, decided.tier);
  if (doesNotFit) reasons.push(describeDoesNotFit(doesNotFit));
  const movedTo = doesNotFit?.movedTo;
  const model = movedTo || decided.model === undefined ? undefined : parseModelRef(decided.model);
  return {
    route: {
      ...complexity,
      tier: movedTo ?? decided.tier,
      rule: decided.name,
      reason: reasons.join('; '),
      ...(model ? { model } : {}),
      ...(doesNotFit ? { doesNotFit } : {}),
    },
    trials,
  };
}

function tryRule(rule: Rule, at: Circumstances, moves: boolean): RuleTrial {
  const trial = { rule: rule.name, tier: rule.tier };
  if (rule.enabled === false) return { ...trial, result: 'skipped', why: t('it is switched off') };
  if (!moves && at.chosen) return { ...trial, result: 'skipped', why: t('a rule before it has chosen') };
  const { holds, why } = checkRule(rule, at);
  return { ...trial, result: holds ? 'matched' : 'failed', why: why || t('nothing before it matched') };
}

/** The nearest larger tier that may take a request which is too long for its own, or the word that none may. */
function findRoom(facts: RequestFacts, tier: Tier): DoesNotFit | undefined {
  const room = roomOf(facts, tier);
  if (room === undefined || fits(facts, tier)) return undefined;
  const staysHere = facts.private || facts.offline;
  const larger = staysHere ? [] : TIERS.slice(TIERS.indexOf(tier) + 1);
  const movedTo = larger.find(
    (candidate) =>
      fits(facts, candidate) && !facts.overBudget.includes(candidate) && !facts.unhealthy.includes(candidate),
  );
  return { tier, tokens: facts.tokens, room, movedTo };
}

function describeDoesNotFit({ tier, tokens, room, movedTo }: DoesNotFit): string {
  return movedTo
    ? t('about {0} tokens do not fit into the {1} that {2} can take, therefore {3}', tokens, room, tier, movedTo)
    : t('about {0} tokens do not fit into the {1} that {2} can take: something must be left out', tokens, room, tier);
}
