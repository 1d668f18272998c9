/** `@codebase` in a question: the word, and what is asked without it. */

const MENTION = /(^|[\s(])@codebase(?![\w-])/giu;

/** Whether a question asks for pieces of the codebase. */
export const mentionsCodebase = (question: string): boolean => question.search(MENTION) >= 0;

/** What is looked for: the question without the mention. */
export const withoutMention = (question: string): string => question.replace(MENTION, '$1').trim();
