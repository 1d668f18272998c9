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
 * What goes behind the names of elements around these texts: nothing, or `-1`, `-2`, … where a text holds their tags.
 * The same texts have the same mark, so that the providers' prompt caches hit.
 */
export function markFor(texts: readonly string[], names: readonly string[]): string {
  if (!texts.some((text) => holdsTag(text, names))) return '';
  const read = texts.map(asRead);
  let mark = 1;
  while (read.some((text) => text.includes(`-${mark}>`) || text.includes(`-${mark} `))) mark++;
  return `-${mark}`;
}

/** Text of others in one line of a prompt, or in an attribute: without what ends it, and what is not seen. */
export const inOneLine = (text: string): string => text.replace(/[<>"\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ');
