import { diffLines } from './lineDiff.ts';
import { indentOf, indentUnit, looseKey, type IndentUnit } from './lines.ts';

/**
 * Lines that a model wrote with another indentation than the file has (spaces for tabs, two spaces for four, or the
 * whole block moved to the left) are brought to that of the file, if the lines that both have agree on how.
 */

export interface IndentPair {
  /** A line as the model wrote it, and as the file has it. */
  readonly written: string;
  readonly there: string;
}

/** The new lines with the file's indentation; null if the pairs contradict each other. */
export function reindent(
  added: readonly string[],
  pairs: readonly IndentPair[],
  file: readonly string[],
): readonly string[] | null {
  const indents = pairs
    .filter(({ written, there }) => written.trim() !== '' && there.trim() !== '')
    .map(({ written, there }) => ({ written: indentOf(written), there: indentOf(there) }));
  if (indents.every(({ written, there }) => written === there)) return withOwnUnit(added, indents, file);
  if (added.every((line) => line.trim() === '')) return added;
  for (const change of changes(indents, [...added, ...pairs.map(({ written }) => written)], file)) {
    if (!indents.every(({ written, there }) => change(written) === there)) continue;
    const changed = added.map((line) => {
      if (line.trim() === '') return '';
      const indent = change(indentOf(line));
      return indent === null ? null : indent + line.slice(indentOf(line).length);
    });
    if (changed.every((line) => line !== null)) return changed;
  }
  return null;
}

/** Tabs for spaces or the other way round, where the lines that both agree on do not show it. */
function withOwnUnit(
  added: readonly string[],
  agreed: readonly { readonly written: string }[],
  file: readonly string[],
): readonly string[] {
  const [own, there] = [indentUnit(added), unitOf(file)];
  if (own === undefined || there === undefined || (own === '\t') === (there === '\t')) return added;
  // The file has both, and the answer follows it where it matters.
  if (agreed.some(({ written }) => written !== '')) return added;
  const changed = added.map((line) => {
    const levels = levelsOf(indentOf(line), own);
    return levels && unitText(there).repeat(levels.levels) + levels.rest + line.slice(indentOf(line).length);
  });
  return changed.every((line) => line !== null) ? changed : added;
}

/** A file is asked for its unit by each piece of an answer, of which there can be thousands. */
const units = new WeakMap<readonly string[], { readonly unit: IndentUnit | undefined }>();

function unitOf(file: readonly string[]): IndentUnit | undefined {
  let known = units.get(file);
  if (!known) units.set(file, (known = { unit: indentUnit(file) }));
  return known.unit;
}

type Change = (indent: string) => string | null;

/** White space at the start of a line, in the answer and in the file. */
interface Indents {
  readonly written: string;
  readonly there: string;
}

/** Ways to turn the written indentation into the file's, the simplest first. */
function* changes(indents: readonly Indents[], written: readonly string[], file: readonly string[]): Generator<Change> {
  const differing = indents.find((pair) => pair.written !== pair.there);
  if (!differing) return;
  const there = unitOf(file);
  const from = stepOf(written);
  const byLevel = function* (froms: Iterable<IndentUnit>, tos: Iterable<IndentUnit>): Generator<Change> {
    for (const unit of froms) for (const own of tos) yield* levelChange(differing, unit, own);
  };
  // Two spaces for four: that explains more than a block moved to the side.
  if (from !== undefined && there !== undefined && from !== there) yield* byLevel([from], [there]);
  if (differing.there.endsWith(differing.written)) {
    const more = differing.there.slice(0, differing.there.length - differing.written.length);
    yield (indent) => more + indent;
  }
  if (differing.written.endsWith(differing.there)) {
    const less = differing.written.slice(0, differing.written.length - differing.there.length);
    yield (indent) => (indent.startsWith(less) ? indent.slice(less.length) : null);
  }
  yield* byLevel(['\t', 4, 2, 8, 3], there === undefined ? ['\t', 4, 2] : [there]);
}

function* levelChange({ written, there }: Indents, from: IndentUnit, to: IndentUnit): Generator<Change> {
  const levels = levelsOf(written, from);
  const wanted = levelsOf(there, to);
  if (levels === null || wanted === null || levels.rest !== wanted.rest) return;
  const shift = wanted.levels - levels.levels;
  yield (indent) => {
    const read = levelsOf(indent, from);
    return read && read.levels + shift >= 0 ? unitText(to).repeat(read.levels + shift) + read.rest : null;
  };
}

/** One step of indentation in a piece of code, which need not begin at the margin; undefined if it has only one depth. */
function stepOf(lines: readonly string[]): IndentUnit | undefined {
  const indents = lines.filter((line) => line.trim() !== '').map(indentOf);
  if (indents.some((indent) => indent.includes('\t')))
    return indents.some((indent) => indent.includes(' ')) ? undefined : '\t';
  const widths = [...new Set(indents.map(({ length }) => length))].sort((a, b) => a - b);
  const steps = widths
    .slice(1)
    .map((width, i) => width - (widths[i] as number))
    .filter((step) => step > 1);
  return steps.length > 0 ? Math.min(...steps) : undefined;
}

const unitText = (unit: IndentUnit): string => (unit === '\t' ? '\t' : ' '.repeat(unit));

/** Steps of indentation, and the spaces beyond them: the one before the star of a comment. */
function levelsOf(indent: string, unit: IndentUnit): { readonly levels: number; readonly rest: string } | null {
  const text = unitText(unit);
  let levels = 0;
  while (indent.startsWith(text, levels * text.length)) levels += 1;
  const rest = indent.slice(levels * text.length);
  return rest.includes('\t') || rest.length > 1 ? null : { levels, rest };
}

/** The lines with the indentation of what they replace; null if that cannot be told. */
export function fitLines(
  lines: readonly string[],
  replaced: readonly string[],
  file: readonly string[],
): readonly string[] | null {
  const pairs: { written: string; there: string }[] = [];
  let [at, newAt] = [0, 0];
  const changes = diffLines(replaced.map(looseKey), lines.map(looseKey));
  for (const { start, end, newEnd } of [...changes, { start: replaced.length, end: 0, newEnd: 0 }]) {
    for (; at < start; at++, newAt++) pairs.push({ written: lines[newAt] ?? '', there: replaced[at] ?? '' });
    [at, newAt] = [end, newEnd];
  }
  return reindent(lines, pairs, file);
}
