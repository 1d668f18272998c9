import { createHash } from 'node:crypto';
import fs from 'node:fs';
import type { ScoredFacts } from '../../../src/core/routing/routingTypes.ts';
import type { Tier } from '../../../src/core/common/types.ts';

/** A request of a developer with the tier that it should go to. */
export interface Labelled {
  readonly id: string;
  readonly tier: Tier;
  readonly text: string;
  readonly selection_lang?: string;
  readonly context_tokens?: number;
  readonly files?: number;
  readonly action?: string;
}

export const REQUESTS = new URL('requests.jsonl', import.meta.url);
/** Written after lexicon and weights were done, and never used for either. */
export const UNSEEN = new URL('unseen.jsonl', import.meta.url);

/**
 * In another style: terse, with typos, polite, with traces, in several languages. Neither lexicon nor weights were made
 * with them; those of `g-` were written after everything else and scored once.
 */
export const FRESH = new URL('fresh.jsonl', import.meta.url);

/** Reads a labelled set: one JSON object a line. */
export const readLabelled = (file: string | URL = REQUESTS): Labelled[] =>
  fs
    .readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Labelled);

/** Which half a request belongs to, by its text alone: a request keeps its half when the set grows. */
export const isTuning = ({ text }: Labelled): boolean =>
  (createHash('sha256').update(`half ${text}`).digest()[0] ?? 0) % 2 === 0;

export const toFacts = ({ text, context_tokens, files, action }: Labelled): ScoredFacts => ({
  text,
  contextTokens: context_tokens,
  files: files ?? 0,
  action,
});
