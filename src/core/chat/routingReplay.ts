import { threadPath } from './branches.ts';
import type { Answer, Question, Thread } from './conversation.ts';
import { threadSoFar } from './threadTier.ts';
import { stepTokens } from './window.ts';
import { estimateTokens } from '../common/tokens.ts';
import type { Tier } from '../common/types.ts';
import { arrangeRules } from '../routing/rules.ts';
import { explainRoute } from '../routing/route.ts';
import { scoreComplexity } from '../routing/scorer.ts';
import type { Explanation, RequestFacts, Rule, RuleEntry } from '../routing/routingTypes.ts';

/** A dry run of the routing rules on questions that were asked before: nothing is sent, and no model is asked. */

/** A question of the past, as far as rules look at it. */
export interface PastRequest {
  readonly id: string;
  readonly threadId: string;
  /** Tokens of the answer; null: there is none, or it is not known. */
  readonly outputTokens: number | null;
  /** When it was asked, in ms since the epoch. */
  readonly at: number;
  readonly asked: Pick<RequestFacts, 'text' | 'tokens' | 'contextTokens' | 'files' | 'language' | 'action'> & {
    readonly threadTurns: number;
    readonly thread?: RequestFacts['thread'];
  };
  /** The model that answered; null when none did. */
  readonly then: { readonly tier: Tier; readonly model: string; readonly byRule: string | null } | null;
}

/** The questions on the path of a thread. */
export function pastRequests(thread: Thread): PastRequest[] {
  let before = 0;
  const path = threadPath(thread);
  return path.map((step, threadTurns) => {
    const { question, active } = step;
    const asked = { ...factsOf(question), threadTurns, thread: threadSoFar(question, path.slice(0, threadTurns)) };
    // An escalation goes to frontier whatever the rules say.
    const action = active?.escalated ? 'escalate' : asked.action;
    const past = {
      ...{ id: question.id, threadId: thread.id, at: question.at, outputTokens: active?.facts?.usage.output ?? null },
      asked: { ...asked, action, tokens: before + asked.tokens },
    };
    before += stepTokens(step);
    return { ...past, then: active ? answeredBy(active) : null };
  });
}

/** The facts that rules know of a question by itself. `tokens` counts it and its context, not the thread. */
export function factsOf({ text, prompt, attachments }: Pick<Question, 'text' | 'prompt' | 'attachments'>) {
  const contextTokens = attachments.reduce((sum, attachment) => sum + estimateTokens(attachment.text), 0);
  return {
    text,
    contextTokens,
    tokens: contextTokens + estimateTokens(prompt?.text ?? text),
    files: new Set(attachments.map(({ path }) => path)).size,
    language: attachments.find(({ language }) => language)?.language,
    action: prompt && `/${prompt.name}`,
  };
}

const answeredBy = ({ tier, model, route }: Answer): PastRequest['then'] => ({
  tier,
  model,
  byRule: route?.tier === tier ? route.rule : null,
});

/** The facts that hold for all requests of a dry run. */
export interface DryRun {
  readonly rules: readonly Rule[];
  readonly threshold: number;
  readonly private: boolean;
  readonly windowTokens: RequestFacts['windowTokens'];
  /** Tiers without a model that answers. */
  readonly unset?: readonly Tier[] | undefined;
}

/**
 * The decision of the rules for a question, as if every tier could be reached and no budget were used up: the rules are
 * tested, not the day.
 */
export function dryRun(
  asked: PastRequest['asked'],
  { rules, threshold, private: isPrivate, windowTokens, unset = [] }: DryRun,
): Explanation {
  const facts: RequestFacts = {
    ...asked,
    task: 'chat',
    offline: false,
    private: isPrivate,
    overBudget: [],
    unhealthy: unset,
    unready: Object.fromEntries(unset.map((tier) => [tier, tier === 'local' ? 'no-chat-model' : 'no-model'])),
    windowTokens,
  };
  return explainRoute(facts, { rules, threshold, complexity: scoreComplexity(facts) });
}

/** What a rule would do to questions of the past. */
export interface RulePreview {
  /** The questions whose conditions hold. */
  readonly matching: readonly PastRequest[];
  readonly matches: number;
  /** How many of them would go to another tier than by the rules as they are. */
  readonly changes: number;
}

/**
 * What a new rule, before all others, would do to questions of the past.
 *
 * @param run the rules as they are, and the entries of the user among them
 */
export function previewRule(
  rule: RuleEntry,
  past: readonly PastRequest[],
  { entries, ...run }: DryRun & { readonly entries: readonly RuleEntry[] },
): RulePreview {
  const rules = arrangeRules([rule, ...entries]);
  const tried = past.map((each) => ({ each, route: dryRun(each.asked, { ...run, rules }).route }));
  const matching = tried.filter(({ route }) => route.rule === rule.name);
  const changes = matching.filter(({ each, route }) => dryRun(each.asked, run).route.tier !== route.tier).length;
  return { matching: matching.map(({ each }) => each), matches: matching.length, changes };
}

/** How much of a question a list shows, in characters. */
const SHOWN = 140;

/** A question in one line. */
export function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > SHOWN ? `${line.slice(0, SHOWN - 1).replace(/[\uD800-\uDBFF]$/, '')}…` : line;
}
