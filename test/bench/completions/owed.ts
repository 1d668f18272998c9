/** What VS Code closed by itself is behind the cursor and is still to be typed over: where the program says it. */

const CLOSER_OF: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
const QUOTES = '"\'`';

/**
 * Where a text says the first of the closers that are behind the cursor.
 *
 * @param text what follows the cursor in the program, such as `a, b("c"));`
 * @param owed the closers behind the cursor in the document, such as `)`; other characters do not count
 * @returns the position in `text`; -1 where the text does not say it
 */
export function findOwed(text: string, owed: string): number {
  const awaited = [...owed].filter((char) => ')]}'.includes(char) || QUOTES.includes(char)).reverse();
  const { length } = awaited;
  if (length === 0) return -1;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    const next = awaited.at(-1) ?? '';
    if (QUOTES.includes(next)) {
      // Inside a string only its own quote counts, and what a template opens.
      if (char === '\\') at++;
      else if (char === next) awaited.pop();
      else if (next === '`' && text.startsWith('${', at)) {
        awaited.push('}');
        at++;
      }
    } else if (char === next) awaited.pop();
    else if (CLOSER_OF[char]) awaited.push(CLOSER_OF[char]);
    else if (char === '`') awaited.push(char);
    else if (QUOTES.includes(char)) at += (/^(["'])(?:\\.|(?!\1)[^\\\n])*\1/.exec(text.slice(at))?.[0].length ?? 1) - 1;
    if (awaited.length < length) return at;
  }
  return -1;
}
