import type { SecretPattern } from './secretPattern.ts';
import { COMMAND_PATTERNS } from './secretPatternsInCommands.ts';
import { LANGUAGE_PATTERNS } from './secretPatternsInLanguages.ts';
import { TEXT_PATTERNS } from './secretPatternsInText.ts';
import { ISSUER_PATTERNS } from './secretPatternsOfIssuers.ts';

/** All forms of secrets that show by their form alone. */
export const SECRET_PATTERNS: readonly SecretPattern[] = [
  ...TEXT_PATTERNS,
  ...COMMAND_PATTERNS,
  ...LANGUAGE_PATTERNS,
  ...ISSUER_PATTERNS,
];
