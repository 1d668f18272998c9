import type { Level } from './routingTypes.ts';

/** The step that a score from 1 to 5 is nearest to. */
export const toLevel = (score: number): Level => Math.min(5, Math.max(1, Math.round(score))) as Level;
