/** Whether a question goes on with what its chat is about, or begins something else. */

/** Something that was said in a chat, or is asked now. */
export interface Said {
  readonly texts: readonly string[];
  /** Paths of the attached files. */
  readonly paths: readonly string[];
}

/** Shorter questions ("And now?", "why not?") are about what came before. In words that mean something. */
const LEAST_WORDS = 4;
/** Part of a question's words that was said before, from which on it is about the same. */
const KNOWN_SHARE = 0.34;
/** Words are compared by their beginning, so that their forms count as one. */
const STEM = 6;
/** Characters of the chat that are looked at: the newest. */
const MOST_CHARS = 40_000;

/** A user who says so. */
const SAID_SO =
  /\b(?:new|another|different|unrelated) (?:topic|subject|question|task)\b|\bsomething (?:else|different)\b/iu;

/**
 * English words of four letters and more that occur in every conversation. In other languages such words count as said
 * before, so that the chat rather stays where it is.
 */
const COMMON = new Set(
  [
    'about also because been being between both code could does doing each else even every file files find from function',
    'give have here into just keep know like line lines look make many more most much must need only other over please',
    'same should show some such sure take tell than that their them then there these they thing this those through under',
    'until used using very want well were what when where whether which while will with without work would write your',
  ]
    .join(' ')
    .split(' ')
    .map((word) => word.slice(0, STEM)),
);

/** The words that mean something: of four letters and more, and pairs of characters where words have no spaces. */
function wordsOf(text: string): Set<string> {
  const words = new Set<string>();
  for (const [run] of text.toLowerCase().matchAll(/[\p{L}\p{N}]+/gu)) {
    if (/[\u2e80-\u9fff\uac00-\ud7af]/u.test(run))
      for (let i = 0; i + 1 < run.length; i++) words.add(run.slice(i, i + 2));
    else if (run.length >= 4) words.add(run.slice(0, STEM));
  }
  for (const word of COMMON) words.delete(word);
  return words;
}

/**
 * Whether a question begins a new topic in its chat: the user says so, or it is no short follow-up, attaches no file that
 * was there before, and few of its words were said before. In doubt it does not.
 *
 * @param question the text that the user wrote, and what is attached
 * @param before everything that was said in the chat, oldest first
 */
export function isNewTopic(question: Said, before: Said): boolean {
  if (before.texts.length === 0) return false;
  const text = question.texts.join('\n');
  if (SAID_SO.test(text)) return true;
  const words = wordsOf(text);
  if (words.size < LEAST_WORDS) return false;
  if (question.paths.some((path) => path !== '' && before.paths.includes(path))) return false;
  const known = wordsOf(before.texts.join('\n').slice(-MOST_CHARS));
  const repeated = [...words].filter((word) => known.has(word)).length;
  return repeated / words.size < KNOWN_SHARE;
}
