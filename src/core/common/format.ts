/** Figures as people read them. */

/** `410`, `3.2k`, `1.4M`. */
export function formatCount(count: number): string {
  if (count < 1000) return String(count);
  if (count < 999_500) return `${(count / 1000).toFixed(count < 9_950 ? 1 : 0)}k`;
  return `${(count / 1e6).toFixed(1)}M`;
}

/** `0.12`, `1.9`, `12`. */
export const formatSeconds = (ms: number): string => {
  const seconds = ms / 1000;
  return seconds < 1 ? seconds.toFixed(2) : seconds < 9.95 ? seconds.toFixed(1) : seconds.toFixed(0);
};
