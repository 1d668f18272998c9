/** A change of a document, in UTF-16 units, as the editor reports it: by places in the text before the change. */
export interface TextChange {
  readonly offset: number;
  /** Units that were taken out. */
  readonly removed: number;
  /** The text that replaced them. */
  readonly text: string;
}

interface Piece {
  readonly at: number;
  readonly text: string;
}

/**
 * Tracks how much of a text is left while the document around and in it changes. White space does not count, so that a formatter
 * takes nothing away; neither does rewriting lines as they were.
 */
export class TrackedText {
  #pieces: readonly Piece[];
  /** Characters at the beginning. */
  readonly characters: number;

  /** @param pieces where the text is: one piece, or several where it came in several hunks */
  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
    this.characters = count(pieces);
  }

  /** Characters that are still there. */
  get kept(): number {
    return count(this.#pieces);
  }

  /** Whether a change takes something out of the text, or puts something into it; before it is noted by `change`. */
  touchedBy(changes: readonly TextChange[]): boolean {
    return changes.some(({ offset, removed }) =>
      this.#pieces.some(({ at, text }) => offset < at + text.length && offset + removed > at),
    );
  }

  /** @param changes of one step; their places are all meant before it */
  change(changes: readonly TextChange[]): void {
    // From the end on, so that no change moves the place of the next.
    for (const change of changes.toSorted((a, b) => b.offset - a.offset)) {
      let searched = 0;
      this.#pieces = this.#pieces.flatMap((piece) => {
        const parts = split(piece, change, searched);
        searched = parts.searched;
        return parts.pieces;
      });
    }
  }
}

/**
 * The parts of a piece that a change leaves.
 *
 * @param searched where in the new text an earlier piece was found again: this one is behind it
 */
function split(
  { at, text }: Piece,
  change: TextChange,
  searched: number,
): { readonly pieces: readonly Piece[]; readonly searched: number } {
  const from = change.offset;
  const to = from + change.removed;
  const moved = change.text.length - change.removed;
  if (at + text.length <= from) return { pieces: [{ at, text }], searched };
  if (at >= to) return { pieces: [{ at: at + moved, text }], searched };
  const pieces: Piece[] = [];
  if (at < from) pieces.push({ at, text: text.slice(0, from - at) });
  for (const line of text.slice(Math.max(0, from - at), to - at).split('\n')) {
    const words = line.trim();
    const found = words ? change.text.indexOf(words, searched) : -1;
    if (found < 0) continue;
    searched = found + words.length;
    pieces.push({ at: from + found, text: words });
  }
  if (at + text.length > to) pieces.push({ at: to + moved, text: text.slice(to - at) });
  return { pieces, searched };
}

const count = (pieces: readonly Piece[]): number =>
  pieces.reduce((sum, { text }) => sum + text.length - (text.match(/\s/g)?.length ?? 0), 0);
