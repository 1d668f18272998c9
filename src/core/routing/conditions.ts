import { TIERS, type Tier } from '../common/types.ts';
import { categoryOf } from './category.ts';
import { isShippedRule } from './rules.ts';
import { topicsOf } from './topics.ts';
import type { Complexity, Conditions, Fact, FactKind, Range, RequestFacts, Rule } from './routingTypes.ts';

/** What the conditions of a rule are held against. */
export interface Circumstances {
  readonly facts: RequestFacts;
  readonly complexity: Complexity;
  readonly threshold: number;
  /** What the rules before have chosen. */
  readonly chosen: Tier | undefined;
  /** The rule that chose first. */
  readonly by?: Rule | undefined;
}

interface ConditionResult {
  readonly holds: boolean;
  /** The fact that made it hold or fail. */
  readonly fact: Fact;
}

const fact = (kind: FactKind, ...values: (string | number)[]): Fact => ({ kind, values });

/** Tokens kept free for the answer. */
const ANSWER_ROOM = 2048;

/** Tokens that a tier's first model can take with room for an answer; undefined: its window is unknown. */
export function roomOf(facts: RequestFacts, tier: Tier): number | undefined {
  const window = facts.windowTokens[tier];
  return window === undefined ? undefined : window - Math.min(ANSWER_ROOM, Math.floor(window / 4));
}

export function fits(facts: RequestFacts, tier: Tier): boolean {
  const room = roomOf(facts, tier);
  return room === undefined || facts.tokens <= room;
}

type Check<K extends keyof Conditions> = (
  wanted: NonNullable<Conditions[K]>,
  at: Circumstances,
  rule: Rule,
) => ConditionResult;

/** Every kind of condition, in the order in which they are tried and told. */
const CHECKS: { readonly [K in keyof Required<Conditions>]: Check<K> } = {
  chosen: (wanted, { chosen }) => ({
    holds: chosen !== undefined && wanted.includes(chosen),
    fact: fact('chosen', ...(chosen ? [chosen] : [])),
  }),
  private: (wanted, { facts }) => ({
    holds: facts.private === wanted,
    fact: fact(facts.private ? 'private' : 'not-private'),
  }),
  offline: (wanted, { facts }) => ({
    holds: facts.offline === wanted,
    fact: fact(facts.offline ? 'offline' : 'online'),
  }),
  tasks: (wanted, { facts }) => ({ holds: wanted.includes(facts.task), fact: fact('task', facts.task) }),
  actions: (wanted, { facts }) => ({ holds: includesAction(wanted, facts), fact: actionFact(facts) }),
  notActions: (wanted, { facts }) => ({ holds: !includesAction(wanted, facts), fact: actionFact(facts) }),
  languages: (wanted, { facts: { language } }) => ({
    holds: language !== undefined && wanted.some((name) => name.toLowerCase() === language.toLowerCase()),
    fact: language === undefined ? fact('no-language') : fact('language', language),
  }),
  topics: (wanted, { facts }) => {
    const found = topicsOf(facts);
    const first = wanted.find((topic) => found.has(topic));
    return first ? { holds: true, fact: fact('topic', first) } : { holds: false, fact: fact('other-topic', ...wanted) };
  },
  categories: (wanted, { facts }) => {
    const category = categoryOf(facts);
    return { holds: wanted.includes(category), fact: fact('category', category) };
  },
  score: ({ min, max }, { complexity, threshold }) => ({
    holds: isWithin(complexity.score, { min: min === 'threshold' ? threshold : min, max }),
    fact: scoreFact(complexity),
  }),
  tokens: (wanted, { facts }) => ({
    holds: isWithin(facts.tokens, wanted),
    fact: fact('tokens', facts.tokens),
  }),
  files: (wanted, { facts }) => ({
    holds: isWithin(facts.files, wanted),
    fact: fact('files', facts.files),
  }),
  threadTurns: (wanted, { facts }) => ({
    holds: isWithin(facts.threadTurns, wanted),
    fact: fact('thread-turns', facts.threadTurns),
  }),
  sameThread: (wanted, at) => {
    const tier = at.facts.thread?.tier;
    const stays = tier !== undefined && wanted.includes(tier) && staysInThread(tier, at);
    return { holds: stays, fact: stays ? fact('same-thread', tier) : fact('other-thread') };
  },
  overBudget: (wanted, { facts }) => {
    const found = wanted.filter((tier) => facts.overBudget.includes(tier));
    return {
      holds: found.length > 0,
      fact: found.length ? shortageFact(found, facts) : fact('within-budget', ...wanted),
    };
  },
  healthy: (wanted, { facts }) => {
    const lost = wanted.filter((tier) => facts.unhealthy.includes(tier));
    return {
      holds: lost.length === 0,
      fact: lost.length ? unreadyFact(lost, facts) : fact('reachable', ...wanted),
    };
  },
  unhealthy: (wanted, { facts }) => {
    const found = wanted.filter((tier) => facts.unhealthy.includes(tier));
    return {
      holds: found.length > 0,
      fact: found.length ? unreadyFact(found, facts) : fact('reachable', ...wanted),
    };
  },
  fits: (wanted, { facts }, { tier }) => ({
    holds: fits(facts, tier) === wanted,
    fact: fact(fits(facts, tier) ? 'fits' : 'too-long', tier),
  }),
};

/** From this score on a small model is not enough. */
const SIMPLE_SCORE = 2.5;
/** How far above its limit a score is when it is a clear rise: half a step, or half of what is left of the scale. */
const clearlyAbove = (limit: number): number => limit + Math.min(0.5, (5 - limit) / 2);

/** Whether a rule leaves no choice: the model must be here, or the action decides. */
export const isForced = ({ when }: Rule): boolean =>
  when.private !== undefined || when.offline !== undefined || when.actions !== undefined;

/** Whether a thread that was answered by a tier stays there, although the rules chose another one. */
function staysInThread(tier: Tier, { facts, complexity, threshold, chosen, by }: Circumstances): boolean {
  if (chosen === undefined || by === undefined || !isShippedRule(by)) return false;
  const looksFor = Object.keys(by.when);
  if (TIERS.indexOf(chosen) > TIERS.indexOf(tier)) {
    const isByScore = looksFor.every((kind) => kind === 'score' || kind === 'threadTurns');
    const limit = tier === 'local' ? SIMPLE_SCORE : threshold;
    return isByScore && complexity.score < clearlyAbove(limit);
  }
  return !isForced(by) && facts.thread?.newTopic === false;
}

/** The score, and the model that gave it where one was asked. */
export const scoreFact = ({ score, judge }: Complexity): Fact =>
  judge ? fact('judged', judge.model, score, judge.inPlan ? 'plan' : (judge.nanoUsd ?? '')) : fact('score', score);

/** Why the budget of the first of some tiers does not let the call through. */
function shortageFact(tiers: readonly Tier[], { shortages }: RequestFacts): Fact {
  const [first] = tiers;
  const short = first && shortages?.[first];
  if (!short || (short.left === 0 && short.needed !== null)) return fact('over-budget', ...tiers);
  return short.needed === null ? fact('no-price', first) : fact('budget-short', first, short.left, short.needed);
}

/** Why the first of some tiers cannot answer. */
function unreadyFact(tiers: readonly Tier[], { unready }: RequestFacts): Fact {
  const [first] = tiers;
  const why = first && unready?.[first];
  return why ? fact(why, first) : fact('unreachable', ...tiers);
}

/** Conditions whose holding explains nothing: they only keep a rule away. */
const UNTOLD: ReadonlySet<keyof Conditions> = new Set(['notActions', 'chosen', 'healthy']);

/** No one wants to hear that all is as usual: no private mode, and a network. */
const isTold = (kind: keyof Conditions, { when }: Rule): boolean =>
  !UNTOLD.has(kind) && !((kind === 'private' || kind === 'offline') && when[kind] === false);

/**
 * Whether a shipped rule gives way to the rating of a model. Such a rule sends a topic or a language to the best model
 * because the scorer knows words alone. A model that was asked has seen the question, its language and its size.
 */
const givesWayToJudge = (rule: Rule, { complexity }: Circumstances): boolean =>
  complexity.judge !== undefined &&
  rule.tier === 'frontier' &&
  (rule.when.topics !== undefined || rule.when.languages !== undefined) &&
  isShippedRule(rule);

/** Holds all conditions of a rule against the circumstances: the facts that held, or the first that did not. */
export function checkRule(rule: Rule, at: Circumstances): { readonly holds: boolean; readonly facts: readonly Fact[] } {
  if (givesWayToJudge(rule, at)) return { holds: false, facts: [scoreFact(at.complexity)] };
  const held: Fact[] = [];
  for (const kind of Object.keys(CHECKS) as (keyof Conditions)[]) {
    const verdict = checkOne(kind, rule, at);
    if (verdict?.holds === false) return { holds: false, facts: [verdict.fact] };
    if (verdict && isTold(kind, rule)) held.push(verdict.fact);
  }
  return { holds: true, facts: held };
}

function checkOne<K extends keyof Conditions>(kind: K, rule: Rule, at: Circumstances): ConditionResult | undefined {
  const wanted = rule.when[kind];
  return wanted === undefined ? undefined : CHECKS[kind](wanted, at, rule);
}

const isWithin = (value: number, { min = -Infinity, max = Infinity }: Range): boolean => value >= min && value <= max;

const plainAction = (action: string): string => action.replace(/^\//, '').toLowerCase();

function includesAction(wanted: readonly string[], { action }: RequestFacts): boolean {
  return action !== undefined && wanted.some((name) => plainAction(name) === plainAction(action));
}

const actionFact = ({ action }: RequestFacts): Fact =>
  action === undefined ? fact('no-action') : fact('action', action);
