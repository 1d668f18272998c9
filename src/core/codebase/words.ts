/**
 * Words of code and of questions about it. Identifiers are split where people see words (`retryWithBackoff`,
 * `retry_with_backoff`, `HTTPServer2`), and words are reduced to a stem, so that "retries" finds `retrying`. Index and
 * question go through the same functions. A word is kept as a hash of 32 bits: compact, and the index on disk holds no
 * text of the user's files.
 */

/** Letters, digits and what joins them in names. */
const TOKEN = /[\p{L}\p{M}\p{N}_$]+/gu;

/** Longer tokens are data (keys, base64), not names. In characters. */
const LONGEST_TOKEN = 80;

/** Scripts that are written without spaces: words cannot be told apart, so pairs of characters stand for them. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;

/** The tokens of a text, in order. */
export const tokensOf = (text: string): Iterable<string> => eachToken(text);

function* eachToken(text: string): Generator<string> {
  for (const [token] of text.matchAll(TOKEN)) if (token.length <= LONGEST_TOKEN) yield token;
}

/** Tokens whose hashes are remembered: code says the same names again and again. */
const MOST_REMEMBERED = 20_000;
let remembered = new Map<string, readonly number[]>();

/** Hashes of the words of a token; the last one is that of the whole name where it has several words. */
export function hashesOfToken(token: string): readonly number[] {
  const known = remembered.get(token);
  if (known) return known;
  if (remembered.size >= MOST_REMEMBERED) remembered = new Map();
  const hashes = [...new Set(wordsOfToken(token).map(hashOf))];
  remembered.set(token, hashes);
  return hashes;
}

/** The stems of a token's words; then, where it has several words, the stem of the whole name. */
export function wordsOfToken(token: string): string[] {
  const plain = isAscii(token) ? token : fold(token);
  if (UNSPACED.test(plain)) return pairsOf(plain);
  const parts = splitName(plain);
  const words = parts.map(stem).filter((word) => word.length > 1);
  if (parts.length > 1) words.push(stem(parts.join('')));
  return words;
}

/** The words of a name in lower case: `parseHTTPResponse2` is `parse`, `http`, `response`, `2`. */
export function splitName(name: string): string[] {
  return name
    .replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .replace(/(\p{L})(\p{N})/gu, '$1 $2')
    .replace(/(\p{N})(\p{L})/gu, '$1 $2')
    .toLowerCase()
    .split(/[\s_$]+/u)
    .filter(Boolean);
}

const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);

/** One spelling for letters that people type in several ways: `é` and `e`, full-width and plain. */
const fold = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/(?<=[\p{sc=Latin}\p{sc=Greek}\p{sc=Cyrillic}])\p{M}+/gu, '')
    .normalize('NFC');

function pairsOf(text: string): string[] {
  const characters = [...text.toLowerCase()];
  if (characters.length < 2) return characters;
  return characters.slice(1).map((character, i) => `${characters[i] ?? ''}${character}`);
}

/**
 * The stem of an English word: endings of number, tense and person, and those that make nouns of verbs. After the first
 * steps of Porter's algorithm (https://tartarus.org/martin/PorterStemmer/), without its list of exceptions: a wrong stem
 * is the same wrong stem in code and question.
 */
function stem(word: string): string {
  if (word.length < 4 || !/^[a-z]+$/.test(word)) return word;
  const one = word
    .replace(/(ss|x|ch|sh)es$/, '$1')
    .replace(/ie[sd]$/, 'y')
    .replace(/([^su])s$/, '$1');
  const verb = one.replace(/i[sz]ation$/, 'ize').replace(/(?:ation|ator)$/, 'ate');
  const cut = verb.replace(/([aeiouy].*)(?:ing|ed|er|or|ion)$/, '$1');
  // `stopp`, `logg`: the ending doubled the letter. `validat`: what was before the ending was an `ate`.
  if (cut !== verb && cut.length >= 3) return cut.replace(/([bdfgmnprt])\1$/, '$1').replace(/(...)at$/, '$1');
  return verb.length >= 6 ? verb.replace(/(?:ate|e)$/, '') : verb.replace(/(...)e$/, '$1');
}

/** FNV-1a with a final mix, so that the low bits differ as well. */
export function hashOf(word: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}

/** A word of a question with its weight from 0 to 1. */
export interface QueryTerm {
  readonly hash: number;
  readonly weight: number;
}

/** Words that ask and say nothing of the code. */
const ASKING = new Set(
  (
    'a about actually after all also an and any are around as at be been before but by can code codebase could did do ' +
    'does done explain file files find for from function get gets give happen happens has have here how i if in into ' +
    'is it its let list live lives located location look logic made make makes me my of on one or our out part place ' +
    'please project repo repository see should show so some something tell than that the their them then there these ' +
    'they thing this those to us use used uses using want was way we were what when where which who why will with ' +
    'work works would you your'
  ).split(' '),
);

const MOST_TERMS = 64;
/** Two words that the code may write as one: "rate limit" and `ratelimit`. */
const JOINED = 0.7;
/** The beginning of a long word, as programmers shorten it: `config`, `auth`, `init`. */
const SHORTENED = 0.3;
const SHORTEST_LONG_WORD = 8;

/** The words of a question, each once with its highest weight; none where it only consists of words that ask. */
export function queryTerms(question: string): readonly QueryTerm[] {
  const terms = new Map<number, number>();
  const add = (hash: number, weight: number): void => {
    if (terms.size < MOST_TERMS || terms.has(hash)) terms.set(hash, Math.max(weight, terms.get(hash) ?? 0));
  };
  const all = [...tokensOf(question)];
  const tokens = all.filter((token) => !ASKING.has(token.toLowerCase()));
  for (const token of tokens) for (const hash of hashesOfToken(token)) add(hash, 1);
  for (const [i, token] of all.entries()) {
    const next = all[i + 1];
    if (next !== undefined && (tokens.includes(token) || tokens.includes(next)))
      add(hashOf(stem(splitName(token + ' ' + next).join(''))), JOINED);
  }
  for (const token of tokens) {
    const word = token.toLowerCase();
    if (word.length < SHORTEST_LONG_WORD || !/^[a-z]+$/.test(word)) continue;
    for (let length = 3; length <= 6; length++) add(hashOf(stem(word.slice(0, length))), SHORTENED);
  }
  return [...terms].map(([hash, weight]) => ({ hash, weight }));
}
