/**
 * Secrets that show by their form alone: keys whose issuer begins them with letters reserved for being found, and
 * blocks of private keys. One row per form. A secret without such a form is found by the name it is given, see
 * `secretAssignments.ts`.
 */

export interface SecretPattern {
  /** Who issues the secret. */
  readonly issuer: string;
  /** Where the form is documented: a page of the issuer, or the public rule set that knows it. */
  readonly source: string;
  /**
   * Literal texts of which each match holds at least one. A text without any of them is not searched with the pattern.
   * An empty list means that the pattern is tried on every text.
   */
  readonly hints: readonly string[];
  /**
   * Finds the secret: the group `head` and the whole match if the pattern has that group, else the group `secret` or
   * `typed` or `drawn` if it has one, else the whole match. A match without its group is harmless, and so is one whose
   * group `typed` is a word that is in the place of a password, or whose group `drawn` is no value that a machine
   * made. Takes linear time on every text.
   */
  readonly pattern: RegExp;
}

/** The lists of known forms that GitHub's secret scanning, gitleaks, and TruffleHog publish. */
export const SCANNERS = 'docs.github.com: supported secret scanning patterns; gitleaks; TruffleHog';

/** What is before a key: no letter or digit, unless it ends an escape (`\n`) or a percent code (`%3D`). */
const START = String.raw`(?<![A-Za-z0-9](?<!\\[nrt]|%[0-9A-Fa-f]{2}))`;

/** A row for a key that is one token: the pattern need not say that no letter or digit goes before or after it. */
export function token(issuer: string, source: string, hints: readonly string[], pattern: RegExp): SecretPattern {
  return { issuer, source, hints, pattern: new RegExp(`${START}(?:${pattern.source})(?![A-Za-z0-9])`, 'g') };
}

/**
 * A row for a token whose mark is in its middle. The pattern looks for the mark and then back for what goes before
 * it, in the group `head`: to try the head at every character of a text takes twenty times as long.
 */
export function marked(
  issuer: string,
  source: string,
  hints: readonly string[],
  head: RegExp,
  mark: RegExp,
  tail: RegExp,
): SecretPattern {
  const pattern = `(?:${mark.source})(?<=${START}(?<head>${head.source})(?:${mark.source}))(?:${tail.source})(?![A-Za-z0-9])`;
  return { issuer, source, hints, pattern: new RegExp(pattern, 'g') };
}

/**
 * A password of letters alone: small ones and capitals in turns, which names in code such as `validateUser` have not. For
 * patterns in which the case counts.
 */
export const MIXED_LETTERS =
  '(?=[A-Za-z]{0,40}(?:[a-z][A-Z][A-Za-z]{0,40}[a-z][A-Z]|[A-Z]{2}))(?=[A-Z]{0,40}[a-z])[A-Za-z]{8,100}';

/** A row whose pattern is used as it is, for text that is secret only in its surroundings. */
export const row = (issuer: string, source: string, hints: readonly string[], pattern: RegExp): SecretPattern => ({
  issuer,
  source,
  hints,
  pattern,
});
