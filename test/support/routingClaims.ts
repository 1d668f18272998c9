import { categoryOf } from '../../src/core/routing/category.ts';
import { conceptLexicon } from '../../src/core/routing/features.ts';
import { describeReasons } from '../../src/core/routing/describeReasons.ts';
import { SIGNAL_WORDS, type SignalName } from '../../src/core/routing/describeSignals.ts';
import { lookUp } from '../../src/core/routing/lexicon.ts';
import { readQuestion } from '../../src/core/routing/question.ts';
import { TOPICS, type Topic } from '../../src/core/routing/topicNames.ts';
import { topicsOf } from '../../src/core/routing/topics.ts';
import type { Complexity, Fact, FactKind, RequestFacts, Rule, RuleTrial } from '../../src/core/routing/routingTypes.ts';
import { TIERS, type Tier } from '../../src/core/common/types.ts';

/** Every sentence that the router can say, with the fact that it claims and a check of the state that it is about. */

/** The state that a sentence is about. */
export interface State {
  readonly facts: RequestFacts;
  readonly complexity: Complexity;
  readonly rules: readonly Rule[];
  readonly trials: readonly RuleTrial[];
}

export interface Claim {
  /** The claim in words, for the table. */
  readonly claim: string;
  /** Values that the sentence of the table is made with. */
  readonly example: Fact['values'];
  readonly holds: (values: Fact['values'], state: State) => boolean;
}

const tiersOf = (values: Fact['values']): readonly Tier[] => TIERS.filter((tier) => values.includes(tier));
const cannotAnswer =
  (why: string) =>
  ([tier]: Fact['values'], { facts }: State): boolean =>
    facts.unhealthy.includes(tier as Tier) && facts.unready?.[tier as Tier] === why;
/** Tokens of a window that are free for a request: a quarter of it, at most 2,048, is kept for the answer. */
const roomIn = (window: number): number => window - Math.min(2_048, Math.floor(window / 4));
const isTooLong = (facts: RequestFacts, tier: Tier): boolean => {
  const window = facts.windowTokens[tier];
  return window !== undefined && facts.tokens > roomIn(window);
};

export const CLAIMS: Readonly<Record<FactKind, Claim>> = {
  'no-rule': {
    claim: 'No rule that chooses a tier matched.',
    example: [],
    holds: (_, { rules, trials }) =>
      rules.every(({ when }, i) => when.chosen !== undefined || trials[i]?.result !== 'matched'),
  },
  rule: {
    claim: 'A rule of this name matched, and none of its conditions needs words.',
    example: ['my-rule'],
    holds: ([name], { trials }) => trials.some((trial) => trial.rule === name && trial.result === 'matched'),
  },
  because: {
    claim: 'A rule of the user matched, and this is the reason that the user wrote for it, or that it was learned by.',
    example: ['our Rust code has subtle lifetimes'],
    holds: ([words], { rules, trials }) =>
      rules.some(({ because }, i) => because === words && trials[i]?.result === 'matched'),
  },
  chosen: {
    claim: 'The rules before this one chose this tier, or none.',
    example: ['mid'],
    holds: (values) => values.length === 0 || TIERS.includes(values[0] as Tier),
  },
  private: { claim: 'Private mode is on.', example: [], holds: (_, { facts }) => facts.private },
  'not-private': { claim: 'Private mode is off.', example: [], holds: (_, { facts }) => !facts.private },
  offline: {
    claim: 'The computer has no network, or a name could not be looked up a moment ago.',
    example: [],
    holds: (_, { facts }) => facts.offline,
  },
  online: { claim: 'Neither of these is so.', example: [], holds: (_, { facts }) => !facts.offline },
  task: {
    claim: 'The call is made for this task.',
    example: ['chat'],
    holds: ([task], { facts }) => facts.task === task,
  },
  action: {
    claim: 'The user or a command picked this action.',
    example: ['/fix'],
    holds: ([action], { facts }) => facts.action === action,
  },
  'no-action': {
    claim: 'The question is not one of a named action.',
    example: [],
    holds: (_, { facts }) => facts.action === undefined,
  },
  language: {
    claim: 'The attached code, or else the active file, is in this language.',
    example: ['rust'],
    holds: ([language], { facts }) => facts.language === language,
  },
  'no-language': {
    claim: 'No code is attached, and no file is open.',
    example: [],
    holds: (_, { facts }) => facts.language === undefined,
  },
  topic: {
    claim: 'The words of the question ask for this, and for a judgment, code is attached.',
    example: ['judgment'],
    holds: ([topic], { facts }) =>
      topicsOf(facts).has(topic as Topic) &&
      (topic !== 'judgment' || (facts.contextTokens ?? 1) > 0 || readQuestion(facts.text).pasted > 0),
  },
  'other-topic': {
    claim: 'The words of the question ask for none of these.',
    example: ['review'],
    holds: (values, { facts }) => [...topicsOf(facts)].every((topic) => !values.includes(topic)),
  },
  category: {
    claim: 'The action of the question, or most of its words, belong to this category.',
    example: ['bug'],
    holds: ([category], { facts }) => categoryOf(facts) === category,
  },
  score: {
    claim: "Gearshift's own estimate of the complexity is this score.",
    example: [3.2],
    holds: ([score], { complexity }) => complexity.score === score && complexity.judge === undefined,
  },
  judged: {
    claim: 'Gearshift was unsure, this model was asked and gave this rating, and its call cost this much.',
    example: ['ollama/qwen3:4b', 4, 0],
    holds: ([model, score, nanoUsd], { complexity: { judge, score: own } }) =>
      judge?.model === model && own === score && (judge?.nanoUsd ?? '') === nanoUsd,
  },
  tokens: {
    claim: 'This many tokens would be sent: question, thread, instructions and attachments.',
    example: [9_120],
    holds: ([tokens], { facts }) => facts.tokens === tokens,
  },
  files: {
    claim: 'This many files are attached.',
    example: [12],
    holds: ([files], { facts }) => facts.files === files,
  },
  'thread-turns': {
    claim: 'The user asked this many questions before in this chat.',
    example: [2],
    holds: ([turns], { facts }) => facts.threadTurns === turns,
  },
  'same-thread': {
    claim:
      'The last answer in this chat came from this tier, and neither a rule nor a clear rise nor a new topic says otherwise.',
    example: ['frontier'],
    holds: ([tier], { facts }) => facts.thread?.tier === tier,
  },
  'new-topic': {
    claim: 'The question begins something else than the chat was about, so the chat may go down a tier.',
    example: [],
    holds: (_, { facts }) => facts.thread?.newTopic === true,
  },
  author: {
    claim: 'The tier that the rules chose would have asked a model that wrote some of the lines to be reviewed.',
    example: [],
    holds: () => true,
  },
  'other-thread': {
    claim: 'The chat was answered by another tier, or something says that it goes elsewhere.',
    example: [],
    holds: () => true,
  },
  'over-budget': {
    claim: 'A budget of each of these tiers is used up.',
    example: ['frontier'],
    holds: (values, { facts }) =>
      tiersOf(values).every((tier) => facts.overBudget.includes(tier)) &&
      (facts.shortages?.[values[0] as Tier]?.left ?? 0) === 0,
  },
  'budget-short': {
    claim: 'The budget of this tier that has the least left has this amount, and a long answer would cost more.',
    example: ['frontier', 0.3e9, 0.35e9],
    holds: ([tier, left, needed], { facts }) => {
      const short = facts.shortages?.[tier as Tier];
      return facts.overBudget.includes(tier as Tier) && short?.left === left && short?.needed === needed;
    },
  },
  'no-price': {
    claim: "A budget of this tier stops, and the price of the tier's first model is unknown.",
    example: ['frontier'],
    holds: ([tier], { facts }) =>
      facts.overBudget.includes(tier as Tier) && facts.shortages?.[tier as Tier]?.needed === null,
  },
  'within-budget': {
    claim: 'The budgets of these tiers let the call through.',
    example: ['frontier'],
    holds: (values, { facts }) => tiersOf(values).every((tier) => !facts.overBudget.includes(tier)),
  },
  unreachable: {
    claim: 'These tiers cannot answer, and why is not known.',
    example: ['mid'],
    holds: (values, { facts }) =>
      tiersOf(values).length > 0 &&
      tiersOf(values).every((tier) => facts.unhealthy.includes(tier)) &&
      facts.unready?.[values[0] as Tier] === undefined,
  },
  'no-model': { claim: 'No model is set for this tier.', example: ['mid'], holds: cannotAnswer('no-model') },
  'no-chat-model': {
    claim: 'No model of this tier is set to answer questions: those that it has complete code.',
    example: ['local'],
    holds: cannotAnswer('no-chat-model'),
  },
  'no-key': {
    claim: "The provider of this tier's first model wants a key, and none is stored.",
    example: ['mid'],
    holds: cannotAnswer('no-key'),
  },
  failed: {
    claim: "The last call to this tier's first model failed less than a minute ago.",
    example: ['mid'],
    holds: cannotAnswer('failed'),
  },
  reachable: {
    claim: 'None of these tiers is known to be unable to answer.',
    example: ['mid'],
    holds: (values, { facts }) => tiersOf(values).every((tier) => !facts.unhealthy.includes(tier)),
  },
  fits: {
    claim: "The request fits in the window of this tier's first model, or the window is not known.",
    example: ['local'],
    holds: ([tier], { facts }) => !isTooLong(facts, tier as Tier),
  },
  'too-long': {
    claim: "The request does not fit in the window of this tier's first model.",
    example: ['local'],
    holds: ([tier], { facts }) => isTooLong(facts, tier as Tier),
  },
  moved: {
    claim:
      'The request does not fit in the window of the first tier, and fits in that of the second, which can answer.',
    example: [9_000, 6_144, 'local', 'mid'],
    holds: ([tokens, room, tier, movedTo], { facts }) =>
      tokens === facts.tokens &&
      room === roomIn(facts.windowTokens[tier as Tier] ?? Infinity) &&
      isTooLong(facts, tier as Tier) &&
      !isTooLong(facts, movedTo as Tier) &&
      !facts.unhealthy.includes(movedTo as Tier) &&
      !facts.overBudget.includes(movedTo as Tier),
  },
  'window-unknown': {
    claim:
      'At least 32,000 tokens would be sent, no window is known of the first tier, and the second has the window and can answer.',
    example: [40_000, 'mid', 'frontier'],
    holds: ([tokens, tier, movedTo], { facts }) =>
      tokens === facts.tokens &&
      facts.tokens >= 32_000 &&
      facts.windowTokens[tier as Tier] === undefined &&
      facts.windowTokens[movedTo as Tier] !== undefined &&
      !isTooLong(facts, movedTo as Tier) &&
      !facts.unhealthy.includes(movedTo as Tier),
  },
  'fits-nowhere': {
    claim: 'The request does not fit in the window of this tier, and no larger tier may take it.',
    example: [9_000, 6_144, 'local'],
    holds: ([tokens, , tier], { facts }) =>
      tokens === facts.tokens &&
      isTooLong(facts, tier as Tier) &&
      TIERS.slice(TIERS.indexOf(tier as Tier) + 1).every(
        (larger) =>
          isTooLong(facts, larger) ||
          facts.private ||
          facts.offline ||
          facts.unhealthy.includes(larger) ||
          facts.overBudget.includes(larger),
      ),
  },
};

/** Whether a question has a word of a signal's concepts. */
function speaksOf(signal: string, { text, action }: RequestFacts): boolean {
  const lexicon = conceptLexicon();
  const { codes, length } = readQuestion(text.trim() ? text : (action ?? ''));
  let found = false;
  lookUp(lexicon, codes, length, (concept) => void (found ||= lexicon.signals[concept] === signal));
  return found;
}

/** What a signal claims; those that are not named here claim that the question has a word of their concepts. */
const MEASURED: Readonly<Partial<Record<SignalName, Omit<Claim, 'example'>>>> = {
  context: {
    claim: 'More than 8,000 tokens are attached.',
    holds: (_, { facts }) => (facts.contextTokens ?? 0) > 8_000,
  },
  files: { claim: 'At least 3 files are attached.', holds: (_, { facts }) => facts.files >= 3 },
  brief: {
    claim: 'The question has at most 12 words, and at most 1,200 tokens are attached.',
    holds: (_, { facts }) =>
      readQuestion(facts.text).words <= 12 && facts.contextTokens !== undefined && facts.contextTokens <= 1_200,
  },
  bugfix: {
    claim: 'The question has a word for faults or fixing, or a stack trace.',
    holds: (_, { facts }) => speaksOf('bugfix', facts) || readQuestion(facts.text).hasTrace,
  },
};

export const signalClaim = (signal: SignalName): Omit<Claim, 'example'> =>
  MEASURED[signal] ?? {
    claim: `The question has a word for ${SIGNAL_WORDS[signal]()}.`,
    holds: (_, { facts }) => speaksOf(signal, facts),
  };

export const SIGNAL_NAMES = Object.keys(SIGNAL_WORDS) as SignalName[];

/** The table for readers: each sentence with its claim, as docs/routing-reasons.md holds it. */
export function claimsTable(): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  const facts = (Object.entries(CLAIMS) as [FactKind, Claim][]).flatMap(([kind, { claim, example }]) => {
    const examples = kind === 'topic' ? TOPICS.map((topic) => [topic]) : [example];
    return examples.map((values) => `| ${cell(describeReasons([{ facts: [{ kind, values }] }]))} | ${cell(claim)} |`);
  });
  const signals = SIGNAL_NAMES.map((name) => `| ${SIGNAL_WORDS[name]()} | ${cell(signalClaim(name).claim)} |`);
  return [
    '# The reasons that Auto gives',
    '',
    'Auto shows one reason with each choice. This table has every sentence that it can say and the fact that the sentence',
    'claims; a test generates states and compares them. The table is written by `npm run reasons`.',
    '',
    '| sentence | claim |',
    '| --- | --- |',
    ...facts,
    '',
    'After a score, the strongest sign in the request is named:',
    '',
    '| words | claim |',
    '| --- | --- |',
    ...signals,
    '',
  ].join('\n');
}
