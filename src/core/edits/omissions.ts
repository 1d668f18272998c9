import { bareCode, commentText, omissionIn, omittedWithin, proseComment } from './codeShape.ts';
import type { Guarded, Refusal } from './refusal.ts';
import type { Hunk } from './hunks.ts';
import { looseKey } from './lines.ts';
import { weightOf } from './locator.ts';
import { standsAlone, type Surroundings } from './standIns.ts';

/**
 * Lines that a model left out, and what it wrote in their place. The words of a comment decide nothing: what counts is
 * whether lines vanish where it is.
 */

export type IsNew = (line: string) => boolean;

/** Neighboring hunks with only braces and empty lines between them are one change. */
export function regionsOf(hunks: readonly Hunk[], file: readonly string[]): (readonly Hunk[])[] {
  const regions: Hunk[][] = [];
  for (const hunk of [...hunks].sort((a, b) => a.start - b.start)) {
    const last = regions.at(-1);
    const end = last?.at(-1)?.end ?? 0;
    if (last && file.slice(end, hunk.start).every((line) => weightOf(line.trim()) < 1)) last.push(hunk);
    else regions.push([hunk]);
  }
  return regions;
}

const isText = (line: string): boolean => line.trim() !== '';

/** What a change takes away and what it brings, in the order of the file. */
interface Exchange {
  readonly gone: readonly string[];
  readonly come: readonly string[];
}

/** Looks through the file and the answer only once a line asks for it. */
function surroundings(hunks: readonly Hunk[], file: readonly string[], language: string): Surroundings {
  let words: ReadonlySet<string> | undefined;
  let text: string | undefined;
  const added = hunks.flatMap(({ lines }) => lines);
  // A line of words between brackets is no proof that the words in it are names.
  const isBracketed = (line: string): boolean => /^\s*[([{<«*].*[)\]}>»*]\s*$/.test(line);
  return {
    language,
    isKnown(word) {
      words ??= new Set(
        bareCode([...file, ...added.filter((line) => !isBracketed(line))]).flatMap(
          (line) => line.match(/[\p{L}_$][\p{L}\p{M}\d_$-]*/gu) ?? [],
        ),
      );
      return words.has(word);
    },
    isClosed(tag) {
      text ??= [...file, ...added].join('\n');
      return text.includes(`</${tag}`);
    },
  };
}

/** Refuses where a new comment stands for lines that vanish; an omission where nothing vanishes is not written. */
export function withoutOmissions(
  hunks: readonly Hunk[],
  file: readonly string[],
  how: Guarded,
  isNew: IsNew,
): readonly Hunk[] | Refusal {
  const comment = how.isProse ? (line: string) => proseComment(line, how.language) : commentText;
  const isCode = (line: string): boolean => isText(line) && comment(line) === null;
  const count = (lines: readonly string[]): number => lines.filter(isCode).length;
  const loss = hunks.reduce(
    (sum, { start, end, lines }) => sum + Math.max(0, count(file.slice(start, end)) - count(lines)),
    0,
  );
  const around = surroundings(hunks, file, how.language);
  const isStandIn = (line: string): boolean => (comment(line) !== null || standsAlone(line, around)) && isNew(line);
  /** Lines of code that came in place of others; lines that are elsewhere in the file did not. */
  const codeIn = ({ gone, come }: Exchange): number => {
    const own = new Set(gone.map(looseKey));
    return come.filter(
      (line) =>
        isCode(line) && !isStandIn(line) && omissionIn(line) === null && (own.has(looseKey(line)) || isNew(line)),
    ).length;
  };
  const standsForLines = (exchange: Exchange): boolean => {
    const { gone, come } = exchange;
    const added = come.filter(isText);
    const standIns = added.filter(isStandIn);
    const removed = count(gone);
    const code = codeIn(exchange);
    if (standIns.length === 0) return removed - code >= 2 && endsInComment(added.at(-1), gone, isNew);
    // Right below it the answer goes on with what is elsewhere in the file: it skipped what is between.
    const below = added.slice(added.findIndex(isStandIn) + 1).filter((line) => weightOf(line.trim()) >= 1);
    const own = new Set(gone.map(looseKey));
    const isElsewhere = (line: string): boolean => !isNew(line) && !own.has(looseKey(line));
    const skips = removed > 0 && below.length >= 2 && below.slice(0, 2).every(isElsewhere);
    if (skips && how.format !== 'search') return true;
    const isLast = standIns.includes(added.at(-1) ?? '');
    const isAlone = code === 0 && removed > 0;
    return how.format === 'search' || how.isProse
      ? (isAlone && removed >= 2) || (isLast && removed - code >= 2)
      : removed - code >= 2 || (isLast && removed >= 2) || (isAlone && loss >= 2);
  };
  const kept: Hunk[] = [];
  for (const region of regionsOf(hunks, file)) {
    const gone = region.flatMap(({ start, end }) => file.slice(start, end));
    const come = region.flatMap(({ lines }) => lines);
    const added = come.filter(isText);
    const removed = count(gone);
    const omissions = added.map((line) => (omissionIn(line) !== null && isNew(line) ? omissionIn(line) : null));
    const at = region[0]?.start ?? 0;
    const losesCode = (): boolean => removed > codeIn({ gone, come });
    if (omissions.includes('sure') && (removed > 1 || losesCode())) return { reason: 'elided', at };
    if (omissions.includes('likely') && !how.isProse && losesCode()) return { reason: 'elided', at };
    const mayStand =
      how.format !== 'diff' && come.some((line) => isStandIn(line) || (!how.isProse && TRAILING.test(line)));
    if (mayStand && [{ gone, come }, ...exchangesIn(gone, come)].some(standsForLines)) return { reason: 'elided', at };
    for (const hunk of region) {
      const lines = how.isProse ? hunk.lines : hunk.lines.filter((line) => omissionIn(line) !== 'sure' || !isNew(line));
      if (lines.length === hunk.lines.length) kept.push(hunk);
      else if (lines.some(isText) || hunk.end > hunk.start) kept.push({ ...hunk, lines });
    }
  }
  return kept;
}

/** A comment behind code. */
const TRAILING = /^(.*\S)\s+(?:\/\/|#|--|\/\*|<!--|;;?|%)\s*\p{L}.*$/u;

/** Whether the last line of a change is one that was there, altered, with a new comment behind it: that may stand for what follows. */
function endsInComment(last: string | undefined, gone: readonly string[], isNew: IsNew): boolean {
  const [, code] = TRAILING.exec(last ?? '') ?? [];
  if (code === undefined || !isNew(last ?? '')) return false;
  const [own] = bareCode([last ?? '']);
  // Text in a string is no comment.
  if (own?.trimEnd() === last?.trimEnd()) return false;
  return gone.some((line) => !TRAILING.test(line) && areAlike(alikeKey(code), alikeKey(line)));
}

/** Share of a line that stays when only a value or a name in it changes. */
const ALIKE = 0.75;
/** Pairs of lines that are compared; longer changes count as one. */
const MOST_PAIRS = 10_000;

/** The parts of a change between lines that were only altered. The new lines of a part replace only its own old lines. */
function exchangesIn(gone: readonly string[], come: readonly string[]): Exchange[] {
  if (gone.length * come.length > MOST_PAIRS) return [];
  const [ours, theirs] = [come, gone].map((lines) => lines.map(alikeKey));
  if (!ours || !theirs) return [];
  const width = ours.length + 1;
  const best = new Uint16Array((theirs.length + 1) * width);
  const at = (i: number, j: number): number => best[i * width + j] ?? 0;
  for (let i = theirs.length - 1; i >= 0; i--)
    for (let j = ours.length - 1; j >= 0; j--) {
      const paired = areAlike(theirs[i] ?? '', ours[j] ?? '') ? at(i + 1, j + 1) + 1 : 0;
      best[i * width + j] = Math.max(paired, at(i + 1, j), at(i, j + 1));
    }
  const parts: Exchange[] = [];
  let [from, newFrom] = [0, 0];
  for (let [i, j] = [0, 0]; i < theirs.length && j < ours.length;) {
    if (at(i, j) === at(i + 1, j)) i += 1;
    else if (at(i, j) === at(i, j + 1)) j += 1;
    else {
      parts.push({ gone: gone.slice(from, i), come: come.slice(newFrom, j) });
      [i, j] = [i + 1, j + 1];
      [from, newFrom] = [i, j];
    }
  }
  return parts.length === 0 ? [] : [...parts, { gone: gone.slice(from), come: come.slice(newFrom) }];
}

/** A line without its numbers, which change most often, and to any length. */
export const alikeKey = (line: string): string => looseKey(line).replace(/\d+/g, '0');

/** Whether one line is the other with a value or a name changed. The lines are as loose matching sees them. */
export function areAlike(a: string, b: string): boolean {
  if (a === b) return a !== '';
  const [shorter, longer] = [Math.min(a.length, b.length), Math.max(a.length, b.length)];
  if (shorter < longer * ALIKE || weightOf(a) < 1) return false;
  let [head, tail] = [0, 0];
  while (head < shorter && a[head] === b[head]) head += 1;
  while (tail < shorter - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  return head + tail >= longer * ALIKE;
}

/** `catch (e) { ... }`, a lone `...`: places in new lines where something is left out. */
export function omissionsWithin(
  hunks: readonly Hunk[],
  file: readonly string[],
  how: Guarded,
  isNew: IsNew,
): Refusal | undefined {
  if (how.isProse || !hunks.some(({ lines }) => lines.some((line) => /\.{3}|…/.test(line)))) return undefined;
  // The lines around a stub tell it from an omission.
  const AROUND = 12;
  for (const hunk of hunks) {
    const lines = [
      ...file.slice(Math.max(0, hunk.start - AROUND), hunk.start),
      ...hunk.lines,
      ...file.slice(hunk.end, hunk.end + AROUND),
    ];
    if (omittedWithin(lines, file, how.language, isNew) >= 0) return { reason: 'elided', at: hunk.start };
  }
  return undefined;
}
