import { t } from '@vscode/l10n';
import type { Tier } from '../common/types.ts';
import type { Complexity, Conditions, Range, RequestFacts, Rule } from './routingTypes.ts';

/** What the conditions of a rule are held against. */
export interface Circumstances {
  readonly facts: RequestFacts;
  readonly complexity: Complexity;
  readonly threshold: number;
  /** What the rules before have chosen. */
  readonly chosen: Tier | undefined;
}

export interface Verdict {
  readonly holds: boolean;
  /** The fact, in words, that made it hold or fail. */
  readonly why: string;
}

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

type Check<K extends keyof Conditions> = (wanted: NonNullable<Conditions[K]>, at: Circumstances, rule: Rule) => Verdict;

/** Every kind of condition, in the order in which they are tried and told. */
const CHECKS: { readonly [K in keyof Required<Conditions>]: Check<K> } = {
  chosen: (wanted, { chosen }) => ({
    holds: chosen !== undefined && wanted.includes(chosen),
    why: t('the rules before chose {0}', chosen ?? t('nothing')),
  }),
  private: (wanted, { facts }) => ({
    holds: facts.private === wanted,
    why: facts.private ? t('private mode is on') : t('private mode is off'),
  }),
  offline: (wanted, { facts }) => ({
    holds: facts.offline === wanted,
    why: facts.offline ? t('there is no network') : t('there is a network'),
  }),
  tasks: (wanted, { facts }) => ({ holds: wanted.includes(facts.task), why: t('the task is {0}', facts.task) }),
  actions: (wanted, { facts }) => ({ holds: includesAction(wanted, facts), why: describeAction(facts) }),
  notActions: (wanted, { facts }) => ({ holds: !includesAction(wanted, facts), why: describeAction(facts) }),
  languages: (wanted, { facts: { language } }) => ({
    holds: language !== undefined && wanted.some((name) => name.toLowerCase() === language.toLowerCase()),
    why: language === undefined ? t('no language is known') : t('the language is {0}', language),
  }),
  score: ({ min, max }, { complexity: { score }, threshold }) => ({
    holds: isWithin(score, { min: min === 'threshold' ? threshold : min, max }),
    why: t('its complexity is {0} of 5', score.toFixed(1)),
  }),
  tokens: (wanted, { facts }) => ({
    holds: isWithin(facts.tokens, wanted),
    why: t('about {0} tokens would be sent', facts.tokens),
  }),
  files: (wanted, { facts }) => ({
    holds: isWithin(facts.files, wanted),
    why: facts.files === 1 ? t('1 file is concerned') : t('{0} files are concerned', facts.files),
  }),
  threadTurns: (wanted, { facts }) => ({
    holds: isWithin(facts.threadTurns, wanted),
    why:
      facts.threadTurns === 1
        ? t('1 question came before in this chat')
        : t('{0} questions came before in this chat', facts.threadTurns),
  }),
  overBudget: (wanted, { facts }) => {
    const found = wanted.filter((tier) => facts.overBudget.includes(tier));
    return {
      holds: found.length > 0,
      why: found.length
        ? t('the budget of {0} is used up', found.join(', '))
        : t('no budget of {0} is used up', wanted.join(', ')),
    };
  },
  healthy: (wanted, { facts }) => {
    const lost = wanted.filter((tier) => facts.unhealthy.includes(tier));
    return {
      holds: lost.length === 0,
      why: lost.length
        ? t('no model of {0} can be reached', lost.join(', '))
        : t('{0} can be reached', wanted.join(', ')),
    };
  },
  unhealthy: (wanted, { facts }) => {
    const found = wanted.filter((tier) => facts.unhealthy.includes(tier));
    return {
      holds: found.length > 0,
      why: found.length
        ? t('no model of {0} can be reached', found.join(', '))
        : t('{0} can be reached', wanted.join(', ')),
    };
  },
  fits: (wanted, { facts }, { tier }) => ({
    holds: fits(facts, tier) === wanted,
    why: fits(facts, tier)
      ? t('it fits into the context window of {0}', tier)
      : t('it does not fit into the context window of {0}', tier),
  }),
};

/** Conditions whose holding explains nothing: they only keep a rule away. */
const UNTOLD: ReadonlySet<keyof Conditions> = new Set(['notActions', 'chosen', 'healthy']);

/** Nobody wants to hear that all is as usual: no private mode, and a network. */
const isTold = (kind: keyof Conditions, { when }: Rule): boolean =>
  !UNTOLD.has(kind) && !((kind === 'private' || kind === 'offline') && when[kind] === false);

/** Holds all conditions of a rule against the circumstances: the facts that held, or the first that did not. */
export function checkRule(rule: Rule, at: Circumstances): Verdict {
  const held: string[] = [];
  for (const kind of Object.keys(CHECKS) as (keyof Conditions)[]) {
    const verdict = checkOne(kind, rule, at);
    if (verdict?.holds === false) return verdict;
    if (verdict && isTold(kind, rule)) held.push(verdict.why);
  }
  return { holds: true, why: held.join('; ') };
}

function checkOne<K extends keyof Conditions>(kind: K, rule: Rule, at: Circumstances): Verdict | undefined {
  const wanted = rule.when[kind];
  return wanted === undefined ? undefined : CHECKS[kind](wanted, at, rule);
}

const isWithin = (value: number, { min = -Infinity, max = Infinity }: Range): boolean => value >= min && value <= max;

const plainAction = (action: string): string => action.replace(/^\//, '').toLowerCase();

function includesAction(wanted: readonly string[], { action }: RequestFacts): boolean {
  return action !== undefined && wanted.some((name) => plainAction(name) === plainAction(action));
}

const describeAction = ({ action }: RequestFacts): string =>
  action === undefined ? t('it is no named action') : t('the action is {0}', action);
