import { formatDecimal } from './language.ts';

/** Figures as people read them. */

/** `410`, `3.2k`, `1.4M`. */
export function formatCount(count: number): string {
  if (count < 1000) return String(count);
  if (count < 999_500) return `${formatDecimal(count / 1000, count < 9_950 ? 1 : 0)}k`;
  return `${formatDecimal(count / 1e6, 1)}M`;
}

/** `0.12`, `1.9`, `12`. */
export const formatSeconds = (ms: number): string => {
  const seconds = ms / 1000;
  return formatDecimal(seconds, seconds < 1 ? 2 : seconds < 9.95 ? 1 : 0);
};
