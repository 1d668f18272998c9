/**
 * Hashed n-grams of a question: what the scorer learns words and spellings from, in any script. Each n-gram falls into
 * one of `BUCKETS` buckets; a bucket is present or not.
 */

/** Number of buckets; a power of two. */
export const BUCKETS = 8_192;

/** UTF-16 units of a question that are read: its beginning and its end. */
const HEAD_CHARS = 1_600;
const TAIL_CHARS = 600;

/** From this code on scripts write words in one to three characters (Chinese, Japanese, Korean). */
const FIRST_DENSE = 0x2e80;

const SPACE = 32;
const ZERO = 48;

/** Start values that keep the kinds of n-grams apart. */
const WORD_SEED = 0x9e3779b1;
const PAIR_SEED = 0x85ebca6b;

/** Buckets of the question in hand. Shared by all calls: reading a question is synchronous. */
const isPresent = new Uint8Array(BUCKETS);
const present = new Uint16Array(BUCKETS);

/** Lower case, digits as 0, each run of spaces and line breaks as one space, with a space before and after. */
function normalize(full: string): Uint16Array {
  const isLong = full.length > HEAD_CHARS + TAIL_CHARS;
  const text = (isLong ? `${full.slice(0, HEAD_CHARS)} ${full.slice(-TAIL_CHARS)}` : full).toLowerCase();
  const codes = new Uint16Array(text.length + 2);
  let length = 0;
  codes[length++] = SPACE;
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i);
    if (code <= SPACE || code === 0xa0 || code === 0x3000) {
      if (codes[length - 1] === SPACE) continue;
      code = SPACE;
    } else if (code > ZERO && code <= ZERO + 9) code = ZERO;
    codes[length++] = code;
  }
  if (codes[length - 1] !== SPACE) codes[length++] = SPACE;
  return codes.subarray(0, length);
}

/** One step of the hash (FNV-1a on 16-bit units). */
const step = (hash: number, code: number): number => Math.imul(hash ^ code, 16_777_619);

/** The bucket of a hash: its bits are mixed first, for the low ones alone know little. */
function bucketOf(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (mixed ^ (mixed >>> 13)) & (BUCKETS - 1);
}

const isWordUnit = (code: number): boolean =>
  (code >= 97 && code <= 122) || code === ZERO || code === 95 || code === 39 || (code > 127 && code < 0x2000);

/**
 * The buckets that a question falls into, each once, in the order in which they were found: character n-grams of 3 to 5
 * units (1 and 2 in dense scripts), words, and pairs of words. Deterministic; the time is bounded by `HEAD_CHARS` and
 * `TAIL_CHARS`.
 *
 * @returns a view that the next call overwrites
 */
export function readNgrams(text: string): Uint16Array {
  const codes = normalize(text);
  let count = 0;
  const add = (hash: number): void => {
    const bucket = bucketOf(hash);
    if (isPresent[bucket] === 1) return;
    isPresent[bucket] = 1;
    present[count++] = bucket;
  };
  let word = WORD_SEED;
  let letters = 0;
  let lastWord = PAIR_SEED;
  for (let start = 0; start < codes.length; start++) {
    const code = codes[start] ?? 0;
    let hash = step(0x811c9dc5, code);
    if (code >= FIRST_DENSE) add(hash);
    for (let n = 2; n <= 5 && start + n <= codes.length; n++) {
      hash = step(hash, codes[start + n - 1] ?? 0);
      if (n > 2 || code >= FIRST_DENSE) add(hash);
    }
    if (isWordUnit(code)) {
      word = step(word, code);
      letters++;
    } else if (letters > 0) {
      add(word);
      add(step(lastWord, word));
      lastWord = step(PAIR_SEED, word);
      word = WORD_SEED;
      letters = 0;
    }
  }
  for (let i = 0; i < count; i++) isPresent[present[i] ?? 0] = 0;
  return present.subarray(0, count);
}
