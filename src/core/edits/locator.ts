import type { Match, NearMiss } from './hunks.ts';
import { looseKey, type Lines } from './lines.ts';
import { oldSide, type BlockLine } from './proposal.ts';

/**
 * Where the lines that a block names are in a text: exactly, then but for white space, then by what is left of its
 * context. Never a guess: a place counts only if every line that would be removed is there, and if it is the only one.
 */

export interface Place {
  readonly match: Match;
  /** For each line of the block's old side its line in the text, from 0; -1 for context that is not there. */
  readonly at: readonly number[];
}

export type Located =
  | { readonly kind: 'found'; readonly place: Place }
  /** Several places are equally good. */
  | { readonly kind: 'ambiguous'; readonly places: readonly Place[] }
  | { readonly kind: 'not-found'; readonly near: NearMiss | null }
  /** The block has no line that says where it belongs. */
  | { readonly kind: 'no-anchor' };

/** Positions of a line beyond this many say nothing about where a block belongs. */
const COMMON = 50;
/** Lines that may have come or gone inside a block that is matched by its context. */
const DRIFT = 24;
/** Longest block that is aligned line by line; the table is its length squared. */
const LONGEST_ALIGNED = 600;
/** Share of a block's weight that must be there. */
const ENOUGH = 0.6;
/** Candidate places that are looked at closely. */
const MOST_CANDIDATES = 12;

export class Locator {
  readonly #lines: readonly string[];
  /** Only the lines that are looked for are indexed: that is much less than a long file. */
  readonly #wanted: ReadonlySet<string>;
  #exact: Map<string, number[]> | undefined;
  #loose: Map<string, number[]> | undefined;
  #keys: string[] | undefined;

  /** @param blocks all that will be looked for */
  constructor({ content }: Lines, blocks: readonly (readonly BlockLine[])[]) {
    this.#lines = content;
    this.#wanted = new Set(blocks.flatMap((block) => block.map(({ text }) => text)));
  }

  locate(block: readonly BlockLine[]): Located {
    const old = oldSide(block);
    if (old.length === 0) return { kind: 'no-anchor' };
    const exact = this.#search(old, this.#exactIndex(), this.#lines);
    if (exact.length > 0) return asLocated(exact, 'exact', old.length);
    const wanted = old.map(looseKey);
    const loose = this.#search(wanted, this.#looseIndex(), this.#looseKeys());
    if (loose.length > 0) return asLocated(loose, 'whitespace', old.length);
    return this.#locateByContext(block, wanted);
  }

  /** All places where the lines are one after the other. */
  #search(wanted: readonly string[], index: ReadonlyMap<string, number[]>, lines: readonly string[]): number[] {
    let rarest: { readonly i: number; readonly places: readonly number[] } | undefined;
    for (const [i, line] of wanted.entries()) {
      const places = index.get(line);
      if (!places) return [];
      if (!rarest || places.length < rarest.places.length) rarest = { i, places };
    }
    const { i = 0, places = [] } = rarest ?? {};
    return places
      .map((place) => place - i)
      .filter((start) => start >= 0 && wanted.every((line, offset) => lines[start + offset] === line));
  }

  #locateByContext(block: readonly BlockLine[], wanted: readonly string[]): Located {
    const near = (): Located => ({ kind: 'not-found', near: this.#nearMiss(block, wanted, undefined) });
    if (wanted.length > LONGEST_ALIGNED) return near();
    const candidates = this.#offsets(wanted)
      .map((offset) => this.#align(block, wanted, offset))
      .sort((a, b) => b.score - a.score);
    const [best] = candidates;
    if (!best) return near();
    const isUsable = ({ score, strong, removedAllThere }: Alignment): boolean =>
      score >= ENOUGH && strong >= 2 && removedAllThere;
    const usable = isUsable(best);
    const rivals = candidates.filter((other) => isUsable(other) && !sameAlignment(best, other));
    // Two ways to lay the block over the same lines are one place, where some line differs.
    if (usable && rivals.some((other) => firstOf(other) === firstOf(best)))
      return { kind: 'not-found', near: this.#nearMiss(block, wanted, best) };
    const [rival] = rivals;
    if (usable && rival)
      return {
        kind: 'ambiguous',
        places: [best, rival].map(({ at }): Place => ({ match: 'fuzzy', at })),
      };
    if (usable) return { kind: 'found', place: { match: 'fuzzy', at: best.at } };
    return { kind: 'not-found', near: this.#nearMiss(block, wanted, best) };
  }

  /** Where the block would begin according to its rarer lines, the likeliest first. */
  #offsets(wanted: readonly string[]): number[] {
    const votes = new Map<number, number>();
    for (const [i, key] of wanted.entries()) {
      if (weightOf(key) < 1) continue;
      const places = this.#looseIndex().get(key) ?? [];
      if (places.length > COMMON) continue;
      for (const place of places) votes.set(place - i, (votes.get(place - i) ?? 0) + 1 / places.length);
    }
    const kept: number[] = [];
    for (const [offset] of [...votes].sort((a, b) => b[1] - a[1] || a[0] - b[0])) {
      if (kept.every((other) => Math.abs(other - offset) > DRIFT / 2)) kept.push(offset);
      if (kept.length === MOST_CANDIDATES) break;
    }
    return kept;
  }

  /** The best way to lay the block over the lines near `offset`: longest common subsequence by weight. */
  #align(block: readonly BlockLine[], wanted: readonly string[], offset: number): Alignment {
    const keys = this.#looseKeys();
    const from = Math.max(0, offset - DRIFT);
    const to = Math.min(keys.length, offset + wanted.length + DRIFT);
    const width = to - from + 1;
    const best = new Float64Array((wanted.length + 1) * width);
    for (let i = wanted.length - 1; i >= 0; i--) {
      const weight = weightOf(wanted[i] as string);
      for (let j = width - 2; j >= 0; j--) {
        // Staying on the diagonal wins among equals, so that a line matches the one in its place.
        const near = from + j === offset + i ? 0.001 : 0;
        const taken =
          wanted[i] === keys[from + j] ? (best[(i + 1) * width + j + 1] as number) + weight + 0.01 + near : -1;
        best[i * width + j] = Math.max(taken, best[(i + 1) * width + j] as number, best[i * width + j + 1] as number);
      }
    }
    const at: number[] = new Array<number>(wanted.length).fill(-1);
    let j = 0;
    for (let i = 0; i < wanted.length && j < width - 1;) {
      const here = best[i * width + j] as number;
      if (here === best[i * width + j + 1]) j += 1;
      else if (here === best[(i + 1) * width + j]) i += 1;
      else at[i++] = from + j++;
    }
    let [matched, all, strong] = [0, 0, 0];
    let removedAllThere = true;
    let old = 0;
    for (const { kind } of block) {
      if (kind === 'add') continue;
      const weight = weightOf(wanted[old] as string);
      all += weight;
      if ((at[old] as number) >= 0) {
        matched += weight;
        if (weight >= 1) strong += 1;
      } else if (kind === 'remove') removedAllThere = false;
      old += 1;
    }
    return { at, score: all > 0 ? matched / all : 0, strong, removedAllThere };
  }

  /** The first line of the block that is missing at the best place, else the line most like the block's longest one. */
  #nearMiss(block: readonly BlockLine[], wanted: readonly string[], best: Alignment | undefined): NearMiss | null {
    const old = oldSide(block);
    if (best && best.strong > 0) {
      const first = best.at.findIndex((place) => place >= 0);
      const missing = best.at.findIndex((place, i) => place < 0 && weightOf(wanted[i] as string) > 0);
      if (missing >= 0) {
        const before = best.at.slice(0, missing).findLast((place) => place >= 0);
        const place = before === undefined ? Math.max(0, (best.at[first] as number) - (first - missing)) : before + 1;
        return { line: place + 1, expected: old[missing] ?? '', found: this.#lines[place] ?? '' };
      }
      return { line: (best.at[first] as number) + 1, expected: old[first] ?? '', found: old[first] ?? '' };
    }
    const longest = wanted.reduce((a, b) => (b.length > a.length ? b : a), '');
    const [place, alike] = this.#mostAlike(longest);
    if (alike < 0.6) return null;
    return { line: place + 1, expected: old[wanted.indexOf(longest)] ?? '', found: this.#lines[place] ?? '' };
  }

  /** The line that shares the longest beginning and end with the given one; a measure that is cheap over many lines. */
  #mostAlike(key: string): [place: number, alike: number] {
    let [place, alike] = [0, 0];
    for (const [i, other] of this.#looseKeys().entries()) {
      const longer = Math.max(key.length, other.length);
      const shorter = Math.min(key.length, other.length);
      if (shorter <= longer * alike || shorter === 0) continue;
      let [head, tail] = [0, 0];
      while (head < shorter && key[head] === other[head]) head += 1;
      while (tail < shorter - head && key[key.length - 1 - tail] === other[other.length - 1 - tail]) tail += 1;
      if ((head + tail) / longer > alike) [place, alike] = [i, (head + tail) / longer];
    }
    return [place, alike];
  }

  #exactIndex(): ReadonlyMap<string, number[]> {
    return (this.#exact ??= indexOf(this.#lines, this.#wanted));
  }
  #looseIndex(): ReadonlyMap<string, number[]> {
    return (this.#loose ??= indexOf(this.#looseKeys(), new Set([...this.#wanted].map(looseKey))));
  }
  #looseKeys(): readonly string[] {
    return (this.#keys ??= this.#lines.map(looseKey));
  }
}

interface Alignment {
  readonly at: readonly number[];
  /** Share of the block's weight that was found, 0 to 1. */
  readonly score: number;
  /** Lines found that say something. */
  readonly strong: number;
  readonly removedAllThere: boolean;
}

const firstOf = ({ at }: Alignment): number => at.find((place) => place >= 0) ?? -1;

const sameAlignment = (a: Alignment, b: Alignment): boolean =>
  a.at.every((place, i) => place < 0 || (b.at[i] as number) < 0 || b.at[i] === place);

const asLocated = (starts: readonly number[], match: Match, length: number): Located => {
  const places = starts.map((start): Place => ({ match, at: Array.from({ length }, (_, i) => start + i) }));
  return places.length === 1 ? { kind: 'found', place: places[0] as Place } : { kind: 'ambiguous', places };
};

/** How much a line says about where it is: a closing brace little, an empty line nothing. */
export const weightOf = (line: string): number =>
  line === ''
    ? 0
    : /[\p{L}\p{N}]/u.test(line) && !/^(?:else|end|try|do|fi|done|return|break|pass)\W*$/.test(line)
      ? 1
      : 0.2;

function indexOf(lines: readonly string[], wanted: ReadonlySet<string>): Map<string, number[]> {
  const index = new Map<string, number[]>();
  for (const [i, line] of lines.entries()) {
    if (!wanted.has(line)) continue;
    const places = index.get(line);
    if (places) places.push(i);
    else index.set(line, [i]);
  }
  return index;
}
