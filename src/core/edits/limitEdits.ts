import type { EditBlock, ParsedAnswer, ProposedEdit } from './proposal.ts';

/**
 * An answer that a model repeats without end holds thousands of edits, and each is searched for in the whole file. So
 * many are taken of each file; the rest is told as a problem.
 */
const MOST_BLOCKS = 200;
/** Texts of the whole file, of which honest answers have one or two. */
const MOST_WHOLE = 10;
/** Other readings of blocks, over all files. */
const MOST_READINGS = 200;

/** The answer with no more edits than can be planned in a moment. */
export function limitEdits({ edits, problems }: ParsedAnswer): ParsedAnswer {
  const blocks = new Map<string | null, number>();
  const wholes = new Map<string | null, number>();
  const cut = new Set<string | null>();
  let readings = 0;
  /** How many more are left for a file; notes that there are too many. */
  const left = (counts: Map<string | null, number>, path: string | null, wanted: number, most: number): number => {
    const used = counts.get(path) ?? 0;
    counts.set(path, used + wanted);
    if (used + wanted > most) cut.add(path);
    return Math.max(0, most - used);
  };
  const withFewReadings = (block: EditBlock): EditBlock => {
    readings += block.alternatives?.length ?? 0;
    return readings > MOST_READINGS ? { ...block, alternatives: [] } : block;
  };
  const kept = edits.flatMap((edit): ProposedEdit[] => {
    if (edit.kind !== 'blocks') return left(wholes, edit.path, 1, MOST_WHOLE) > 0 ? [edit] : [];
    const most = left(blocks, edit.path, edit.blocks.length, MOST_BLOCKS);
    return most > 0 ? [{ ...edit, blocks: edit.blocks.slice(0, most).map(withFewReadings) }] : [];
  });
  const more = [...cut].map((path) => ({ problem: 'too-many' as const, path, line: 1 }));
  return { edits: kept, problems: [...problems, ...more] };
}
