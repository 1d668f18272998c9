/** Whether text was drawn by a machine, by how often it changes between small letters, capitals, digits and signs. */

/**
 * Whether a machine drew the value. Drawn text changes between small letters, capitals, digits and symbols every two or
 * three characters; words and names of code keep to one for four and more.
 */
export function isDrawn(value: string): boolean {
  const letters = value.replace(/[^A-Za-z\d]+/g, '');
  if (letters.length < 12 || new Set(letters).size < 8) return false;
  const digits = letters.replace(/\D+/g, '').length;
  const isMixed = /[a-z]/.test(letters) && /[A-Z]/.test(letters);
  if (!isMixed && digits < letters.length * 0.1) return false;
  const longest = isMixed ? 3 : /[a-z]/.test(letters) ? 3.6 : 5;
  return letters.length / countRuns(value) < longest && entropy(value) >= 2.8;
}

/**
 * Whether a value of eight characters or more looks like a generated password: of small letters, capitals, digits and
 * signs it has three kinds, a digit among them, and changes between them every three characters. Signs that join words
 * and numbers (`-`, `_`, `.`, `:`, `/`, `,`) do not count, so that versions, dates and names are none.
 */
export function isGenerated(value: string): boolean {
  const kinds = [/[a-z]/, /[A-Z]/, /[!@#$%^&*?+=~]/].filter((kind) => kind.test(value)).length;
  if (value.length < 8 || kinds < 2 || !/\d/.test(value) || /[()[\]{}<>|\\"'`«»]/.test(value)) return false;
  const runs = (value.match(/[A-Z]?[a-z]+|[A-Z]+|\d+|[!@#$%^&*?+=~]+/g) ?? []).length;
  return runs >= 4 && value.length / runs < 3.3;
}

/** Words, capitals and numbers of a text, each counted once. */
const countRuns = (value: string): number => (value.match(/[A-Z]?[a-z]+|[A-Z]+|\d+/g) ?? []).length;

/** Bits for each character, by how often each occurs. */
export function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

/** A word of letters, digits, `_`, `-` and `.`, which is no part of a path, a style, or a call. */
const WORD = /(?<![\w./+#%@$-])[A-Za-z][\w.-]{22,300}={0,2}(?![\w+/(-]|\.\w)/g;
/** What is before a checksum or an identifier. */
const CHECKSUM =
  /(?:^|[_.-])(?:(?:sha|md|h|crc|blake)\d*|build|e?tag|commit|rev|revision|hash|digest|checksum|tree|blob|git|object|fingerprint|cache|chunk|asset|version|file|image|layer|trace|span|request|id)[_.-]?$/i;
const UUID = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/i;
/** Separators after which the drawn part of a token may begin. */
const MOST_PARTS = 4;

/**
 * Tokens of issuers that no list knows: `name_` and a drawn part of at least 20 letters and digits. Most issuers of today
 * build their tokens so; names of code, hashes and identifiers change more seldom between kinds of characters.
 *
 * @returns where such tokens are, in order
 */
export function findDrawnTokens(text: string): { readonly start: number; readonly end: number }[] {
  const found = [];
  for (const { 0: match, index } of text.matchAll(WORD)) {
    const token = match.replace(/\.+$/, '');
    let at = token.search(/[_.-]/);
    for (let parts = 0; at > 0 && at < token.length - 20 && parts < MOST_PARTS; parts++) {
      if (isDrawnTail(token.slice(0, at + 1), token.slice(at + 1).replace(/=+$/, ''))) {
        found.push({ start: index, end: index + token.length });
        break;
      }
      const next = token.slice(at + 1).search(/[_.-]/);
      at = next < 0 ? -1 : at + 1 + next;
    }
  }
  return found;
}

function isDrawnTail(head: string, tail: string): boolean {
  const letters = tail.replace(/[^A-Za-z\d]+/g, '');
  if (letters.length < 20 || new Set(letters).size < 10 || CHECKSUM.test(head) || UUID.test(tail)) return false;
  const parts = tail.split(/[_.-]/);
  const longest = parts.reduce((best, part) => (part.length > best.length ? part : best), '');
  // Words joined by signs are a name.
  if (longest.length < 10 || longest.length / countRuns(longest) > 4) return false;
  // A hash or an identifier in hex, except one that is joined to a name as tokens are.
  if (/^[\da-f]+$/i.test(letters) || parts.some((part) => part.length >= 20 && /^[\da-f]+$/.test(part)))
    return parts.length === 1 && tail.length >= 40 && /^[a-z]{2,12}_(?:[a-z]{2,12}_)?$/.test(head);
  const digits = letters.replace(/\D+/g, '').length;
  const isMixed = /[a-z]/.test(letters) && /[A-Z]/.test(letters);
  const length = letters.length / countRuns(tail);
  return isMixed
    ? digits >= 1 && length < 2.6
    : letters.length >= 24 && digits >= letters.length * 0.12 && length < 3.2;
}
