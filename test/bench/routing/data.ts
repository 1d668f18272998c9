import { createHash } from 'node:crypto';
import fs from 'node:fs';
import type { Level, ScoredFacts } from '../../../src/core/routing/routingTypes.ts';
import type { Tier } from '../../../src/core/common/types.ts';

/** A request of a developer with the tier that it should go to. */
export interface Labeled {
  readonly id: string;
  readonly tier: Tier;
  readonly text: string;
  readonly selection_lang?: string;
  readonly context_tokens?: number;
  readonly files?: number;
  readonly action?: string;
  /** The tier of the work alone, where much attached context makes it another. */
  readonly work?: Tier;
  /** Of the second set: where the request comes from, and its human language. */
  readonly kind?: string;
  readonly source?: string;
  readonly human?: string;
}

export const REQUESTS = new URL('requests.jsonl', import.meta.url);
/** Written after lexicon and weights were done, and never used for either. */
export const UNSEEN = new URL('unseen.jsonl', import.meta.url);

/**
 * In another style: terse, with typos, polite, with traces, in several languages. Neither lexicon nor weights were made
 * with them; those of `g-` were written after everything else and scored once.
 */
export const FRESH = new URL('fresh.jsonl', import.meta.url);

/** Reads a labeled set: one JSON object a line. */
export const readLabeled = (file: string | URL = REQUESTS): Labeled[] =>
  fs
    .readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Labeled);

/** Which half a request belongs to, by its text alone: a request keeps its half when the set grows. */
export const isTuning = ({ text }: Labeled): boolean =>
  (createHash('sha256').update(`half ${text}`).digest()[0] ?? 0) % 2 === 0;

/** Kinds whose requests have an author each, though they come from one place. */
const COLLECTIONS = new Set(['so', 'arena', 'rhe', 'issue', 'written']);

/** The part of the cross-validation that a request belongs to: requests of one source are never in two. */
export function foldOf({ id, text, kind, source }: Labeled, folds: number): number {
  const group = kind === undefined || COLLECTIONS.has(kind) ? id + text : (source ?? id);
  return createHash('sha256').update(`fold ${group}`).digest().readUInt32LE(0) % folds;
}

/** The second set is not part of the project; undefined where the environment does not say where it is. */
export const harvestFile = (): string | undefined => process.env['GEARSHIFT_HARVEST'] || undefined;

/**
 * Reads the second set.
 *
 * @throws Error in words when there is none
 */
export function readHarvest(file = harvestFile()): Labeled[] {
  if (file === undefined || !fs.existsSync(file))
    throw new Error(
      file === undefined
        ? 'The second set of requests is not part of the project. Set GEARSHIFT_HARVEST to its file (harvest.jsonl).'
        : `There is no file "${file}" (from GEARSHIFT_HARVEST).`,
    );
  return readLabeled(file);
}

/** The recorded verdicts of a large model that saw a request without its label: each with a hash of the text alone. */
const VERDICTS = new URL('verdicts.jsonl', import.meta.url);

export const verdictKey = ({ text, context_tokens }: Labeled): string =>
  createHash('sha256')
    .update(`verdict ${context_tokens ?? 0} ${text}`)
    .digest('hex')
    .slice(0, 12);

let verdicts: ReadonlyMap<string, Level> | undefined;

export function readVerdicts(): ReadonlyMap<string, Level> {
  verdicts ??= new Map(
    fs
      .readFileSync(VERDICTS, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { key: string; complexity: Level })
      .map(({ key, complexity }) => [key, complexity]),
  );
  return verdicts;
}

export const toFacts = ({ text, context_tokens, files, selection_lang, action }: Labeled): ScoredFacts => ({
  text,
  contextTokens: context_tokens,
  files: files ?? 0,
  language: selection_lang,
  action,
});
