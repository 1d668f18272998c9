import { readLines } from './lines.ts';

/**
 * The differences between two lists of lines. Lines that occur once on each side are matched first (patience), which
 * keeps functions together; what lies between them is compared by Myers' algorithm (E. Myers, "An O(ND) difference
 * algorithm and its variations", 1986), given up where the two have nearly nothing in common.
 */

/** Lines `start` to `end` (exclusive, from 0) of the old list become lines `newStart` to `newEnd` of the new one. */
export interface LineChange {
  readonly start: number;
  readonly end: number;
  readonly newStart: number;
  readonly newEnd: number;
}

/** Myers' search costs the square of the differences; beyond this many a gap counts as rewritten. */
const MOST_DIFFERENCES = 400;

/** The changes in order, not touching each other. */
export function diffLines(before: readonly string[], after: readonly string[]): LineChange[] {
  const ids = new Map<string, number>();
  const intern = (line: string): number => {
    const known = ids.get(line);
    if (known !== undefined) return known;
    ids.set(line, ids.size);
    return ids.size - 1;
  };
  const a = Int32Array.from(before, intern);
  const b = Int32Array.from(after, intern);
  const matches: [number, number][] = [];
  const todo: [number, number, number, number][] = [[0, a.length, 0, b.length]];
  for (let gap = todo.pop(); gap; gap = todo.pop()) matchGap(a, b, gap, matches, todo);
  matches.sort((m, n) => m[0] - n[0]);
  return changesBetween(matches, a.length, b.length);
}

function matchGap(
  a: Int32Array,
  b: Int32Array,
  gap: readonly [number, number, number, number],
  matches: [number, number][],
  todo: [number, number, number, number][],
): void {
  let [aStart, aEnd, bStart, bEnd] = gap;
  while (aStart < aEnd && bStart < bEnd && a[aStart] === b[bStart]) matches.push([aStart++, bStart++]);
  while (aStart < aEnd && bStart < bEnd && a[aEnd - 1] === b[bEnd - 1]) matches.push([--aEnd, --bEnd]);
  if (aStart === aEnd || bStart === bEnd) return;
  const anchors = uniqueMatches(a, b, aStart, aEnd, bStart, bEnd);
  if (anchors.length === 0) {
    matches.push(...myers(a, b, aStart, aEnd, bStart, bEnd));
    return;
  }
  let [lastA, lastB] = [aStart, bStart];
  for (const [inA, inB] of anchors) {
    todo.push([lastA, inA, lastB, inB]);
    matches.push([inA, inB]);
    [lastA, lastB] = [inA + 1, inB + 1];
  }
  todo.push([lastA, aEnd, lastB, bEnd]);
}

/** The longest chain, in order on both sides, of lines that occur once on each. */
function uniqueMatches(
  a: Int32Array,
  b: Int32Array,
  aStart: number,
  aEnd: number,
  bStart: number,
  bEnd: number,
): [number, number][] {
  const TWICE = -1;
  const inB = new Map<number, number>();
  for (let j = bStart; j < bEnd; j++) inB.set(b[j] as number, inB.has(b[j] as number) ? TWICE : j);
  const inA = new Map<number, number>();
  for (let i = aStart; i < aEnd; i++) inA.set(a[i] as number, inA.has(a[i] as number) ? TWICE : i);
  const pairs: [number, number][] = [];
  for (const [id, i] of inA) {
    const j = inB.get(id);
    if (i !== TWICE && j !== undefined && j !== TWICE) pairs.push([i, j]);
  }
  pairs.sort((m, n) => m[0] - n[0]);
  return longestRising(pairs);
}

function longestRising(pairs: readonly [number, number][]): [number, number][] {
  const tails: number[] = [];
  const previous = new Int32Array(pairs.length).fill(-1);
  for (const [k, pair] of pairs.entries()) {
    let [low, high] = [0, tails.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((pairs[tails[middle] as number] as [number, number])[1] < pair[1]) low = middle + 1;
      else high = middle;
    }
    if (low > 0) previous[k] = tails[low - 1] as number;
    tails[low] = k;
  }
  const chain: [number, number][] = [];
  for (let k = tails.at(-1) ?? -1; k >= 0; k = previous[k] as number) chain.push(pairs[k] as [number, number]);
  return chain.reverse();
}

function myers(
  a: Int32Array,
  b: Int32Array,
  aStart: number,
  aEnd: number,
  bStart: number,
  bEnd: number,
): [number, number][] {
  const [n, m] = [aEnd - aStart, bEnd - bStart];
  const most = Math.min(n + m, MOST_DIFFERENCES);
  const offset = most + 1;
  const furthest = new Int32Array(2 * most + 3);
  const trace: Int32Array[] = [];
  for (let d = 0; d <= most; d++) {
    trace.push(furthest.slice(offset - d - 1, offset + d + 2));
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && (furthest[offset + k - 1] as number) < (furthest[offset + k + 1] as number));
      let x = down ? (furthest[offset + k + 1] as number) : (furthest[offset + k - 1] as number) + 1;
      let y = x - k;
      while (x < n && y < m && a[aStart + x] === b[bStart + y]) {
        x++;
        y++;
      }
      furthest[offset + k] = x;
      if (x >= n && y >= m) return walkBack(trace, d, n, m).map(([i, j]) => [aStart + i, bStart + j]);
    }
  }
  return [];
}

/** The equal lines on the shortest path, from the furthest points that each round began with. */
function walkBack(trace: readonly Int32Array[], rounds: number, n: number, m: number): [number, number][] {
  const matches: [number, number][] = [];
  let [x, y] = [n, m];
  for (let d = rounds; d >= 0; d--) {
    const round = trace[d] as Int32Array;
    const at = (k: number): number => round[k + d + 1] as number;
    const k = x - y;
    const down = k === -d || (k !== d && at(k - 1) < at(k + 1));
    const previousK = down ? k + 1 : k - 1;
    const previousX = d === 0 ? 0 : at(previousK);
    const previousY = d === 0 ? 0 : previousX - previousK;
    while (x > previousX && y > previousY) matches.push([--x, --y]);
    [x, y] = [previousX, previousY];
  }
  return matches.reverse();
}

function changesBetween(matches: readonly (readonly [number, number])[], n: number, m: number): LineChange[] {
  const changes: LineChange[] = [];
  let [lastA, lastB] = [0, 0];
  for (const [i, j] of [...matches, [n, m] as const]) {
    if (i > lastA || j > lastB) changes.push({ start: lastA, end: i, newStart: lastB, newEnd: j });
    [lastA, lastB] = [i + 1, j + 1];
  }
  return changes;
}

/**
 * The text that an edit added: the lines that were not there before, with their places in UTF-16 units.
 *
 * @param after as the editor has it, without a byte order mark
 */
export function addedPieces(before: string, after: string): readonly { readonly at: number; readonly text: string }[] {
  const starts = [0];
  for (const { index, 0: end } of after.matchAll(/\r\n|\n|\r/g)) starts.push(index + end.length);
  const startOf = (line: number): number => starts[line] ?? after.length;
  return diffLines(readLines(before).content, readLines(after).content)
    .filter(({ newStart, newEnd }) => newEnd > newStart)
    .map(({ newStart, newEnd }) => ({ at: startOf(newStart), text: after.slice(startOf(newStart), startOf(newEnd)) }));
}
