import { CONCEPTS } from './concepts.ts';
import { buildLexicon, lookUp, type Lexicon } from './lexicon.ts';
import { readQuestion } from './question.ts';
import { STRUCTURE_NAMES, takeStructure } from './structure.ts';
import type { ScoredFacts } from './routingTypes.ts';

/** The lexicon, built at the first use: about 5 ms. */
let lexicon: Lexicon | undefined;
export const conceptLexicon = (): Lexicon => (lexicon ??= buildLexicon(CONCEPTS));

/** Signals of concepts that make a request harder, ordinary or easier; the rest speaks for neither. */
const HARD = new Set([
  ...['architecture', 'breadth', 'planning', 'strategy', 'security', 'mystery', 'performance', 'concurrency'],
  ...['migration', 'depth', 'stakes', 'constraints'],
]);
const ORDINARY = new Set(['implement', 'test', 'bugfix', 'refactor', 'explain', 'docs', 'review']);
const EASY = new Set([
  ...['naming', 'formatting', 'comment', 'boilerplate', 'lookup', 'oneliner', 'convert', 'trivial'],
]);

/** What is neither quoted nor asked for: tells nothing about what is to be done first. */
const NOT_TASKS = new Set(['minimal', 'singular', 'plural', 'system', 'variable', 'codeunit', 'scope', 'services']);

/** Names of the features that are no concepts, with the signal they are told as; in their order in a vector. */
const MEASURES: readonly (readonly [name: string, signal: string])[] = [
  ['bias', '-'],
  ['words', '-'],
  ['fewWords', 'brief'],
  ['manyWords', '-'],
  ['sentences', '-'],
  ['items', '-'],
  ['asks', '-'],
  ['pasted', '-'],
  ['trace', 'bugfix'],
  ['traceAlone', 'bugfix'],
  ['context', '-'],
  ['noContext', '-'],
  ['littleContext', 'brief'],
  ['muchContext', 'context'],
  ['longContext', 'context'],
  ['files', 'files'],
  ['manyFiles', 'files'],
  ['hard', '-'],
  ['hard2', '-'],
  ['hard4', '-'],
  ['ordinary', '-'],
  ['easy', '-'],
  ['easy2', '-'],
  ['hardOnly', '-'],
  ['ordinaryOnly', '-'],
  ['easyOnly', '-'],
  ['nothing', '-'],
  ['hardManyFiles', 'files'],
  ['easyManyFiles', '-'],
  ['easyBrief', '-'],
  ['hardBrief', '-'],
  ['briefAlone', 'brief'],
  ['narrative', '-'],
  ['narrativeHard', '-'],
  ['briefQuestion', '-'],
];

/**
 * Concepts that make a request harder although their words do not show what their signal says: people who speak of
 * production, of themselves as "we", or of a million users may ask about anything. No reason is made of them.
 */
const UNTOLD_CONCEPTS: ReadonlySet<string> = new Set([
  ...['prod', 'nobody', 'hypothesis', 'narrated', 'people', 'magnitude', 'plural', 'reason', 'constraint'],
  ...['system', 'services', 'modular', 'blockers', 'bigmove'],
]);

/** Least attached tokens that are told as much context, and least files that are told as several. */
const TOLD_CONTEXT = 8_000;
const TOLD_FILES = 3;
/** Most words and attached tokens of a request that is told as brief. */
const TOLD_WORDS = 12;
const TOLD_LITTLE = 1_200;

/** Whether a signal that comes from a measure is true of a request, in the words in which it is told. */
export function isTold(signal: string, { contextTokens, files }: ScoredFacts, words: number): boolean {
  if (signal === 'context') return (contextTokens ?? 0) > TOLD_CONTEXT;
  if (signal === 'files') return files >= TOLD_FILES;
  if (signal === 'brief') return words <= TOLD_WORDS && contextTokens !== undefined && contextTokens <= TOLD_LITTLE;
  return true;
}

/** A request as the model sees it: for each feature a value of about 0 to 1. Most are 0. */
export interface Features {
  /** Concepts, then the same as the first task that is named, then the measures, then those of the structure. */
  readonly values: Float64Array;
  /** Words of the question itself, and how many concepts were found in it. */
  readonly words: number;
  readonly concepts: number;
}

/** Words at the beginning that count in full; what comes later tells details. */
const FULL_WEIGHT_CHARS = 240;

/**
 * Takes the features of a request. Deterministic; well under a millisecond.
 *
 * @param overlooks concepts that are passed over: how the scorer learns to do without a word that it does not know
 */
export function takeFeatures(facts: ScoredFacts, overlooks?: (concept: number) => boolean): Features {
  const words = conceptLexicon();
  const size = words.names.length;
  const values = new Float64Array(2 * size + MEASURES.length + STRUCTURE_NAMES.length);
  const question = readQuestion(wordsOf(facts));
  const firstAt = new Int32Array(size).fill(-1);
  const tail = question.length - FULL_WEIGHT_CHARS / 2;
  lookUp(words, question.codes, question.length, (concept, at) => {
    if (overlooks?.(concept)) return;
    if ((firstAt[concept] ?? 0) < 0) firstAt[concept] = at;
    const weight = at < FULL_WEIGHT_CHARS || at > tail ? 1 : 0.5;
    values[concept] = Math.max(values[concept] ?? 0, weight);
  });

  let head = -1;
  let headAt = Infinity;
  for (let concept = 0; concept < size; concept++) {
    const at = firstAt[concept] ?? -1;
    if (at >= 0 && at < headAt && !NOT_TASKS.has(words.names[concept] ?? '')) {
      head = concept;
      headAt = at;
    }
  }
  if (head >= 0) values[size + head] = 1;

  let hard = 0;
  let ordinary = 0;
  let easy = 0;
  let concepts = 0;
  for (let concept = 0; concept < size; concept++) {
    const value = values[concept] ?? 0;
    if (value === 0) continue;
    const signal = words.signals[concept] ?? '';
    concepts++;
    if (HARD.has(signal)) hard += value;
    else if (ORDINARY.has(signal)) ordinary += value;
    else if (EASY.has(signal)) easy += value;
  }
  const { contextTokens, files } = facts;
  const known = contextTokens !== undefined;
  const context = contextTokens ?? 0;
  const measures: Record<string, number> = {
    bias: 1,
    words: Math.min(1.2, Math.log2(1 + question.words) / 7),
    fewWords: ramp(question.words, 12, 3),
    manyWords: ramp(question.words, 30, 120),
    sentences: Math.min(1, question.sentences / 6),
    items: Math.min(1, question.items / 6),
    asks: question.asks ? 1 : 0,
    pasted: question.pasted,
    trace: question.hasTrace ? 1 : 0,
    // Who pastes a failure without a word wants it explained and mended.
    traceAlone: question.hasTrace && concepts === 0 ? ramp(question.words, 8, 2) : 0,
    context: known ? Math.min(1.2, Math.log2(1 + context) / 15) : 0.7,
    noContext: known && context === 0 ? 1 : 0,
    littleContext: known && context > 0 ? ramp(context, 1200, 200) : 0,
    muchContext: ramp(context, 4_000, 12_000),
    longContext: ramp(context, 16_000, 40_000),
    files: Math.min(1, Math.log2(1 + files) / 6),
    manyFiles: ramp(files, 4, 20),
    hard: Math.min(1.5, hard / 6),
    hard2: hard >= 2 ? 1 : 0,
    hard4: hard >= 4 ? 1 : 0,
    ordinary: Math.min(1.5, ordinary / 5),
    easy: Math.min(1.5, easy / 5),
    easy2: easy >= 2 ? 1 : 0,
    hardOnly: hard > 0 && easy + ordinary === 0 ? 1 : 0,
    ordinaryOnly: ordinary > 0 && easy + hard === 0 ? 1 : 0,
    easyOnly: easy > 0 && hard + ordinary === 0 ? 1 : 0,
    nothing: concepts === 0 ? 1 : 0,
    hardManyFiles: Math.min(1.5, hard / 4) * ramp(files, 4, 15),
    easyManyFiles: Math.min(1.5, easy / 3) * ramp(files, 4, 15),
    easyBrief: easy > 0 ? ramp(question.words, 16, 5) : 0,
    hardBrief: hard > 0 ? ramp(question.words, 16, 5) : 0,
    briefAlone: hard + ordinary === 0 ? ramp(question.words, 16, 5) : 0,
    narrative: ordinary === 0 ? ramp(question.words, 10, 25) : 0,
    narrativeHard: hard > ordinary ? ramp(question.words, 10, 25) : 0,
    briefQuestion: question.asks && hard === 0 ? ramp(question.words, 14, 6) : 0,
  };
  for (const [index, [name]] of MEASURES.entries()) values[2 * size + index] = measures[name] ?? 0;
  takeStructure(facts, question, values, 2 * size + MEASURES.length);
  return { values, words: question.words, concepts };
}

/** The words of a request. An action without a question, such as `/generateTests`, speaks for itself. */
export const wordsOf = ({ text, action }: ScoredFacts): string =>
  action === undefined || text.trim() !== ''
    ? text
    : action.replaceAll(/([a-z])([A-Z])/g, '$1 $2').replaceAll(/[^\p{L}\p{N}]+/gu, ' ');

/** 0 at `from`, 1 at `to` and beyond, straight between. */
const ramp = (value: number, from: number, to: number): number =>
  Math.min(1, Math.max(0, (value - from) / (to - from)));

/** Names of all features in the order of a vector. */
export function featureNames(): string[] {
  const { names } = conceptLexicon();
  return [...names, ...names.map((name) => `first:${name}`), ...MEASURES.map(([name]) => name), ...STRUCTURE_NAMES];
}

/** The signal of each feature, in the order of a vector. */
export function featureSignals(): string[] {
  const { signals } = conceptLexicon();
  return [...signals, ...signals, ...MEASURES.map(([, signal]) => signal), ...STRUCTURE_NAMES.map(() => '-')];
}

/** The signals of the concepts that a request speaks of, each with its weight, and whether it is the first task named. */
export function categorySignals(
  facts: ScoredFacts,
): readonly { readonly signal: string; readonly weight: number; readonly isFirst: boolean }[] {
  const { signals } = conceptLexicon();
  const { values } = takeFeatures(facts);
  return signals.flatMap((signal, concept) => {
    const weight = values[concept] ?? 0;
    return weight > 0 ? [{ signal, weight, isFirst: values[signals.length + concept] === 1 }] : [];
  });
}

/** The same for reasons: `-` also for concepts that no reason is made of. */
export function toldSignals(): string[] {
  const { names, signals } = conceptLexicon();
  const told = signals.map((signal, i) => (UNTOLD_CONCEPTS.has(names[i] ?? '') ? '-' : signal));
  const others = featureSignals().slice(2 * signals.length);
  return [...told, ...told, ...others];
}
