import assert from 'node:assert/strict';
import { test } from 'node:test';
import { route } from '../../../src/core/routing/route.ts';
import { SHIPPED_RULES } from '../../../src/core/routing/rules.ts';
import { scoreComplexity } from '../../../src/core/routing/scorer.ts';
import type { RequestFacts } from '../../../src/core/routing/routingTypes.ts';
import type { Tier } from '../../../src/core/common/types.ts';

/**
 * The kinds of work that the articles which this product follows name, each as a request, with the tier that they send
 * it to. Articles that disagree are told apart by what they add: "summaries" of a review, or a "thorough" one.
 */
interface Case {
  readonly work: string;
  readonly text: string;
  readonly language?: string;
  /** Attached tokens and files. */
  readonly attached?: readonly [tokens: number, files: number];
  readonly action?: string;
  readonly tiers: readonly Tier[];
}

const LOCAL: readonly Tier[] = ['local'];
const MID: readonly Tier[] = ['mid'];
const FRONTIER: readonly Tier[] = ['frontier'];
const NOT_LOCAL: readonly Tier[] = ['mid', 'frontier'];

const CASES: readonly Case[] = [
  // The best model: a fifth of the work or less.
  {
    work: 'architecture and system design reviews',
    text: 'Review the architecture and system design of this payment platform',
    language: 'typescript',
    attached: [6_000, 12],
    tiers: FRONTIER,
  },
  {
    work: 'complex debugging in unfamiliar code',
    text: 'Debug this crash: the code base is unfamiliar to me and the cause is unknown',
    language: 'java',
    attached: [6_000, 10],
    tiers: FRONTIER,
  },
  {
    work: 'legacy code into modern patterns',
    text: 'Convert this legacy code to modern patterns',
    language: 'java',
    attached: [6_000, 4],
    tiers: FRONTIER,
  },
  {
    work: 'detailed test strategies',
    text: 'Generate a detailed test strategy for this module',
    language: 'typescript',
    attached: [4_000, 5],
    tiers: FRONTIER,
  },
  {
    work: 'a performance issue in code of others',
    text: 'Debug a performance issue in code I did not write',
    language: 'typescript',
    attached: [5_000, 6],
    tiers: FRONTIER,
  },
  {
    work: 'complex architecture decisions',
    text: 'Which architecture should we choose for orders: event sourcing or plain CRUD?',
    language: 'typescript',
    attached: [3_000, 6],
    tiers: FRONTIER,
  },
  {
    work: 'changes to many files',
    text: 'Change the session handling across all of these files so that tokens rotate',
    language: 'typescript',
    attached: [15_000, 14],
    tiers: FRONTIER,
  },
  {
    work: 'refactoring of many files',
    text: 'Refactor error handling across these 14 files',
    language: 'typescript',
    attached: [15_000, 14],
    tiers: FRONTIER,
  },
  {
    work: 'security audits',
    text: 'Do a security audit of this login code',
    language: 'php',
    attached: [3_000, 3],
    tiers: FRONTIER,
  },
  {
    work: 'security reviews',
    text: 'Do a security review of how we handle tokens',
    language: 'typescript',
    attached: [5_000, 6],
    tiers: FRONTIER,
  },
  {
    work: 'thorough code review',
    text: 'Review this pull request thoroughly for correctness and security',
    language: 'go',
    attached: [9_000, 12],
    tiers: FRONTIER,
  },
  { work: 'code review', text: 'Review this code', language: 'java', attached: [6_000, 4], tiers: FRONTIER },
  {
    work: 'Rust: a question of lifetimes',
    text: 'Why does the borrow checker reject this struct that refers to itself, and how do I restructure it?',
    language: 'rust',
    attached: [1_500, 1],
    tiers: FRONTIER,
  },
  {
    work: 'Rust: ordinary work',
    text: 'Write a parser for this config format with good error messages',
    language: 'rust',
    attached: [1_500, 1],
    tiers: FRONTIER,
  },
  { work: 'Rust: small work', text: 'Write a small lexer', language: 'rust', attached: [300, 1], tiers: NOT_LOCAL },
  {
    work: 'Haskell',
    text: 'Implement a type-safe state machine for this protocol',
    language: 'haskell',
    attached: [1_200, 1],
    tiers: FRONTIER,
  },
  {
    work: 'tricky bugs',
    text: 'A tricky bug: every few days one of four workers stops consuming, no log, no CPU',
    language: 'go',
    attached: [6_000, 6],
    tiers: FRONTIER,
  },
  {
    work: 'planning, before anything is implemented',
    text: 'Plan this change before any code is written: split billing from the monolith',
    language: 'typescript',
    attached: [8_000, 20],
    tiers: FRONTIER,
  },
  {
    work: 'strategic decisions with consequences',
    text: 'Decide whether we should move to microservices next year: consequences for the team and the data',
    tiers: FRONTIER,
  },
  // The middle model: most of the work.
  {
    work: 'features from clear specs',
    text: 'Implement this feature from the spec: users can pin up to three notes, pinned notes come first',
    language: 'typescript',
    attached: [2_000, 2],
    tiers: MID,
  },
  { work: 'unit tests', text: 'Write unit tests for this class', language: 'python', attached: [1_500, 1], tiers: MID },
  {
    work: 'API integration code',
    text: 'Write the code that calls the Stripe API to create an invoice',
    language: 'typescript',
    attached: [1_200, 1],
    tiers: MID,
  },
  {
    work: 'documentation drafts',
    text: 'Draft the documentation of this module',
    language: 'python',
    attached: [2_500, 1],
    tiers: MID,
  },
  {
    work: 'code review summaries',
    text: 'Summarize the code review of this pull request',
    language: 'typescript',
    attached: [3_000, 4],
    tiers: MID,
  },
  {
    work: 'a function from a spec',
    text: 'Write a function that validates email addresses',
    language: 'typescript',
    attached: [300, 1],
    tiers: MID,
  },
  {
    work: 'bug fixes',
    text: 'Fix this bug: the total is off by one on the last page',
    language: 'python',
    attached: [1_500, 1],
    tiers: MID,
  },
  {
    work: 'refactoring of one place',
    text: 'Refactor this function into smaller ones',
    language: 'typescript',
    attached: [1_200, 1],
    tiers: MID,
  },
  {
    work: 'the implementation of a plan',
    text: 'Implement step 2 of the plan above: add the repository class and its tests',
    language: 'typescript',
    attached: [4_000, 3],
    tiers: MID,
  },
  {
    work: 'explanations',
    text: 'Explain what this function does',
    language: 'typescript',
    attached: [3_000, 1],
    tiers: MID,
  },
  { work: 'SQL optimization', text: 'Optimize this SQL query', language: 'sql', attached: [800, 1], tiers: NOT_LOCAL },
  { work: 'SQL: a slow query', text: 'Why is this slow?', language: 'sql', attached: [800, 1], tiers: NOT_LOCAL },
  { work: 'a judgment', text: 'Is this thread-safe?', language: 'java', attached: [1_200, 1], tiers: NOT_LOCAL },
  {
    work: 'a long context: only models with the window',
    text: 'Summarize this log',
    language: 'log',
    attached: [60_000, 1],
    tiers: NOT_LOCAL,
  },
  // A small model on this computer: quick and free.
  {
    work: 'lint fixes',
    text: 'Fix the lint warnings in this file',
    language: 'typescript',
    attached: [900, 1],
    tiers: LOCAL,
  },
  { work: 'formatting', text: 'Format this file', language: 'json', attached: [600, 1], tiers: LOCAL },
  {
    work: 'a variable in one file',
    text: 'Rename this variable across the file',
    language: 'typescript',
    attached: [900, 1],
    tiers: LOCAL,
  },
  {
    work: 'a variable in several files',
    text: 'Rename usrNm to userName in these files',
    language: 'typescript',
    attached: [1_500, 3],
    tiers: LOCAL,
  },
  { work: 'boilerplate', text: 'Generate the boilerplate for an Express router', language: 'javascript', tiers: LOCAL },
  {
    work: 'inline comments',
    text: 'Suggest an inline comment for this line',
    language: 'go',
    attached: [300, 1],
    tiers: LOCAL,
  },
  { work: 'syntax', text: 'What is the syntax of a list comprehension in Python?', language: 'python', tiers: LOCAL },
  { work: 'names', text: 'Suggest a better name for this variable', language: 'go', attached: [200, 1], tiers: LOCAL },
  { work: 'simple completions', text: 'Complete this line', language: 'python', attached: [200, 1], tiers: LOCAL },
  {
    work: 'quick fixes',
    text: 'Quick fix: add the missing import',
    language: 'python',
    attached: [300, 1],
    tiers: LOCAL,
  },
  {
    work: 'classification',
    text: 'Classify this issue as bug, feature or question',
    language: 'markdown',
    attached: [400, 1],
    tiers: LOCAL,
  },
  {
    work: 'commit messages',
    text: 'Write the commit message',
    language: 'typescript',
    attached: [1_200, 3],
    action: 'commit-message',
    tiers: LOCAL,
  },
];

test('Auto sends at least 95% of the work that the articles name to the tier that they name', () => {
  assert.ok(CASES.length >= 30);
  const wrong = CASES.flatMap(({ work, text, language, attached = [0, 0], action, tiers }) => {
    const facts: RequestFacts = {
      ...{ text, language, action, contextTokens: attached[0], tokens: attached[0], files: attached[1] },
      ...{ task: 'chat', threadTurns: 0, offline: false, private: false },
      ...{ overBudget: [], unhealthy: [], windowTokens: {} },
    };
    const { tier, score, rule } = route(facts, {
      rules: SHIPPED_RULES,
      threshold: 3.5,
      complexity: scoreComplexity(facts),
    });
    return tiers.includes(tier) ? [] : [`${work}: ${tier} by ${rule}, ${score.toFixed(2)}`];
  });
  assert.ok(wrong.length <= 0.05 * CASES.length, wrong.join('\n'));
});
