/**
 * Elements of a prompt, with text of others inside. That text must not be able to close them: where it holds such tags,
 * the names get a mark that it does not hold.
 */

/** Text as a model may read it: wide letters as plain ones, and nothing that is not seen. */
const asRead = (text: string): string =>
  /[^\u0000-\u007f]/.test(text) ? text.normalize('NFKC').replace(/[\p{Cf}\p{Mn}\p{Variation_Selector}]+/gu, '') : text;

/** Whether a text holds a tag with one of these names, in whatever spelling. */
export const holdsTag = (text: string, names: readonly string[]): boolean =>
  new RegExp(String.raw`<\s{0,20}\/?\s{0,20}(?:${names.join('|')})`, 'i').test(asRead(text));

/**
 * A short word for a text, in letters and digits: the same for the same text, and one that the author of the text cannot
 * compute.
 */
type MarkText = (text: string) => string;

/** Until the host gives a function with a key of its own: one random word for the process. */
const PROCESS_MARK = crypto.randomUUID().replaceAll('-', '').slice(0, 10);
let markText: MarkText = () => PROCESS_MARK;

/** @param given uses a key that never leaves this computer */
export const setMarkText = (given: MarkText): void => void (markText = given);

/**
 * What goes behind the names of elements around these texts: nothing, or `-` and a mark where a text holds their tags. The
 * texts cannot know the mark, and do not hold it. The same texts have the same mark on one computer, so that the
 * providers' prompt caches hit.
 */
export function markFor(texts: readonly string[], names: readonly string[]): string {
  if (!texts.some((text) => holdsTag(text, names))) return '';
  const read = texts.map((text) => asRead(text).toLowerCase());
  let mark = markText(JSON.stringify(texts)).toLowerCase();
  while (read.some((text) => text.includes(mark))) mark += 'x';
  return `-${mark}`;
}

/** Text of others in one line of a prompt, or in an attribute: without what ends it, and what is not seen. */
export const inOneLine = (text: string): string => text.replace(/[<>"\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ');
