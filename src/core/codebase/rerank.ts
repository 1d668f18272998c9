/** The order of what was found by words, and of how near its meaning is to the question, made into one order. */

/** The usual constant of reciprocal rank fusion: how much the first places count beside the later ones. */
const K = 60;

/**
 * Orders the first hits by both their place in the order of words and their place in the order of meaning (reciprocal
 * rank fusion). The scores stay at their places, so that a hit that moves up counts as much as the one that was there.
 *
 * @param hits best first
 * @param similarities of the first hits to the question, from -1 to 1; hits beyond them keep their places
 */
export function fuseByMeaning<Hit extends { readonly score: number }>(
  hits: readonly Hit[],
  similarities: readonly number[],
): Hit[] {
  const count = Math.min(hits.length, similarities.length);
  const byMeaning = Array.from({ length: count }, (_, i) => i).sort(
    (a, b) => (similarities[b] ?? 0) - (similarities[a] ?? 0) || a - b,
  );
  const fused = new Array<number>(count).fill(0);
  for (const [place, i] of byMeaning.entries()) fused[i] = 1 / (K + i) + 1 / (K + place);
  const order = [...byMeaning].sort((a, b) => (fused[b] ?? 0) - (fused[a] ?? 0) || a - b);
  return hits.map((hit, place) => {
    const moved = hits[order[place] ?? place] ?? hit;
    return { ...moved, score: hit.score };
  });
}

/** How near two directions are: 1 for the same, 0 where one has no length. Both have the same number of dimensions. */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [dot, lengthA, lengthB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x = 0, y = 0] = [a[i], b[i]];
    dot += x * y;
    lengthA += x * x;
    lengthB += y * y;
  }
  return lengthA > 0 && lengthB > 0 ? dot / Math.sqrt(lengthA * lengthB) : 0;
}
