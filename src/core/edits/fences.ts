import { pathInHeading, readFenceInfo } from './answerPaths.ts';
import { FENCE, isFence } from './marks.ts';

/** Where the fenced blocks of an answer end. Models put fences inside fences of the same length. */

export type FenceEnd =
  | { readonly kind: 'closed'; readonly at: number }
  /** The text names another file, in this line, before the fence is closed. */
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'truncated' | 'ambiguous-fence' };

/**
 * The end of the fence that opens at line `start`. Fences inside it count when they have a language; in Markdown also
 * bare ones, if there is only one way to pair them.
 *
 * @param marks the backticks or tildes that open it
 */
export function findFenceEnd(lines: readonly string[], start: number, marks: string, isMarkdown: boolean): FenceEnd {
  let depth = 0;
  let end = -1;
  for (let i = start + 1; i < lines.length && end < 0; i++) {
    const fence = FENCE.exec(lines[i] ?? '');
    if (!fence || !fence[2]?.startsWith(marks)) continue;
    const info = fence[3]?.trim() ?? '';
    if (info !== '' && /^[\w+#.:{/-]+(?:\s|$)/.test(info) && !info.includes('`')) {
      const named = isMarkdown || depth > 0 ? undefined : lineThatNames(lines, start, i);
      if (named !== undefined) return { kind: 'cut', at: named };
      depth += 1;
    } else if (info === '') {
      if (depth === 0) end = i;
      else depth -= 1;
    }
  }
  if (end < 0) return { kind: 'truncated' };
  return isMarkdown ? endOfMarkdown(lines, end, marks) : { kind: 'closed', at: end };
}

/** The end of a Markdown file, whose first bare fence may be one of its own. */
function endOfMarkdown(lines: readonly string[], end: number, marks: string): FenceEnd {
  const later = lines
    .slice(end + 1)
    .flatMap((line, i) => (FENCE.exec(line)?.[2]?.startsWith(marks) ? [end + 1 + i] : []));
  const [next] = later;
  if (next === undefined || opensNext(lines, end, next)) return { kind: 'closed', at: end };
  const areBare = later.every((at) => FENCE.exec(lines[at] ?? '')?.[3]?.trim() === '');
  if (!areBare || later.length % 2 !== 0) return { kind: 'ambiguous-fence' };
  // Bare fences only, an even number: they pair up inside, and the last one closes. What they hold is no sentence, and no
  // text between two of them names another file.
  const pairs = [end, ...later];
  for (let i = 0; i + 1 < pairs.length; i += 2)
    if (isSentence(lastText(lines, pairs[i] as number, pairs[i + 1] as number))) return { kind: 'ambiguous-fence' };
  for (let i = 1; i + 1 < pairs.length; i += 2)
    if (opensNext(lines, pairs[i] as number, pairs[i + 1] as number)) return { kind: 'ambiguous-fence' };
  return { kind: 'closed', at: later.at(-1) as number };
}

const lastText = (lines: readonly string[], from: number, to: number): string =>
  lines.slice(from + 1, to).findLast((line) => line.trim() !== '') ?? '';

/** Text for people above a block: it ends as sentences do. */
const isSentence = (line: string): boolean => /^\s*\p{L}.*\s\S.*[.:]\s*$/u.test(line);

const namesFile = (line: string): boolean => (pathInHeading(line)?.path ?? null) !== null;

/** Whether the fence in line `next` begins another block: it has a path, or the text above it names one. */
function opensNext(lines: readonly string[], end: number, next: number): boolean {
  if (readFenceInfo(FENCE.exec(lines[next] ?? '')?.[3] ?? '').path !== null) return true;
  const between = lines.slice(end + 1, next);
  return between.some(namesFile);
}

/** The line inside an open block that names the file of the block which the fence in line `next` begins. */
function lineThatNames(lines: readonly string[], start: number, next: number): number | undefined {
  if (readFenceInfo(FENCE.exec(lines[next] ?? '')?.[3] ?? '').path !== null) return next;
  for (let i = next - 1; i > start && i >= next - 3; i--) {
    const line = lines[i] ?? '';
    if (isFence(line)) return undefined;
    if (line.trim() !== '') return namesFile(line) ? i : undefined;
  }
  return undefined;
}
