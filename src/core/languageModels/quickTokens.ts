/**
 * Characters that are looked at to guess how a text splits into tokens. VS Code counts some thousand short texts before
 * each request, so a count looks at few characters and remembers nothing.
 */
const SAMPLES = 24;

/** Tokens of a text, roughly, in well under a microsecond for each. */
export function quickTokens(text: string): number {
  const { length } = text;
  const step = Math.max(1, Math.floor(length / SAMPLES));
  let looked = 0;
  let wide = 0;
  for (let i = 0; i < length; i += step) {
    looked++;
    if (text.charCodeAt(i) > 0x2e7f) wide++;
  }
  const share = looked === 0 ? 0 : wide / looked;
  // About four letters of Latin script to a token, and about one sign of Chinese, Japanese or Korean.
  return Math.ceil(length * (share + (1 - share) / 4));
}
