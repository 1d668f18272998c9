/**
 * Times of calls in buckets: sums of hours hold counts by bucket, so that the median of a year needs no look at single
 * rows. The targets that people set (2 s, 10 s, 400 ms for ghost text) are bounds of buckets.
 */

/** The upper bound of each bucket in ms, itself included; the last bucket has no bound. */
export const LATENCY_BOUNDS: readonly number[] = [
  50, 100, 200, 400, 700, 1_000, 1_500, 2_000, 3_000, 5_000, 7_500, 10_000, 15_000, 30_000, 60_000,
];

/** How many calls took how long: one count for each bucket. */
export type Latencies = readonly number[];

/** No calls. */
export const NO_LATENCIES: Latencies = Array.from({ length: LATENCY_BOUNDS.length + 1 }, () => 0);

/** The index of the bucket that a time in ms belongs to. */
export function bucketOf(ms: number): number {
  const index = LATENCY_BOUNDS.findIndex((bound) => ms <= bound);
  return index < 0 ? LATENCY_BOUNDS.length : index;
}

/** The counts of a single time in ms; null counts nothing. */
export const latencyOf = (ms: number | null): Latencies =>
  ms === null ? NO_LATENCIES : NO_LATENCIES.map((_, index) => (index === bucketOf(ms) ? 1 : 0));

export const addLatencies = (a: Latencies, b: Latencies): Latencies => a.map((count, index) => count + (b[index] ?? 0));

/** How many calls were counted. */
export const countLatencies = (counts: Latencies): number => counts.reduce((sum, count) => sum + count, 0);

/**
 * A percentile in ms, interpolated within its bucket; undefined without calls. In the last bucket, which has no upper
 * bound, it is the lower one: the true time is at least that long.
 *
 * @param share for example 0.5 for the median
 */
export function percentile(counts: Latencies, share: number): number | undefined {
  const all = countLatencies(counts);
  if (all === 0) return undefined;
  const rank = share * all;
  let below = 0;
  for (const [index, count] of counts.entries()) {
    if (count > 0 && below + count >= rank) {
      const low = index === 0 ? 0 : (LATENCY_BOUNDS[index - 1] ?? 0);
      const high = LATENCY_BOUNDS[index] ?? low;
      return low + (high - low) * Math.max(0, (rank - below) / count);
    }
    below += count;
  }
  return undefined;
}
