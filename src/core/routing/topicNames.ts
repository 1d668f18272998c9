/** What a question can be about, as far as rules look at it; apart from topics.ts, which needs the lexicon. */
export const TOPICS = ['review', 'refactoring', 'audit', 'legacy', 'test-strategy', 'performance', 'judgment'] as const;
export type Topic = (typeof TOPICS)[number];
