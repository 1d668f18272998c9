import type { Level } from './routingTypes.ts';

/** The step that a score from 1 to 5 is nearest to. */
export const toLevel = (score: number): Level => Math.min(5, Math.max(1, Math.round(score))) as Level;

/** The probability that the best model is needed at which the score reaches a threshold above 3; see `toScore`. */
export function likelihoodAt(threshold: number): number {
  const above = threshold - 3;
  return Math.min(1, Math.max(0, above < 0.5 ? above : 0.5 + (above - 0.5) / 3));
}
