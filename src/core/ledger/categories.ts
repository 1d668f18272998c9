/** What a question was about: the third axis of the ledger, beside tier and task. */
export const CATEGORIES = [
  'naming',
  'lookup',
  'feature',
  'tests',
  'docs',
  'bug',
  'refactoring',
  'review',
  'architecture',
  'other',
] as const;
export type Category = (typeof CATEGORIES)[number];

export const isCategory = (text: unknown): text is Category => CATEGORIES.some((each) => each === text);
