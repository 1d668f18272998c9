import { applyHunks, type Hunk } from './hunks.ts';
import { readLines } from './lines.ts';

/**
 * Hunks that wait for the user's decision in a text that the user may edit meanwhile. The text has only what was
 * accepted: nothing is in it before. So whatever is saved in the middle is the user's own text.
 */

/** A hunk with a name that it keeps while it moves. */
export interface PendingHunk extends Hunk {
  readonly id: string;
}

/** Whole lines `start` to `end` (exclusive, from 0) of a text became `count` lines. */
export interface LineEdit {
  readonly start: number;
  readonly end: number;
  readonly count: number;
}

/** So many earlier states are known, for the editor's own undo and redo. */
const MOST_KNOWN = 32;

/** The decisions about the hunks of one document. */
export class PendingHunks {
  #text: string;
  /** The line end of the document: an editor keeps it while the text has a single line. */
  readonly #eol: string;
  #hunks: readonly PendingHunk[];
  /** Texts that the document had or will have, with the hunks that wait then. */
  #known = new Map<string, readonly PendingHunk[]>();
  readonly #rejected = new Set<string>();

  /** @param hunks of this very text, in its order, not touching each other's lines */
  constructor(text: string, hunks: readonly Hunk[]) {
    this.#text = text;
    this.#eol = readLines(text).eol;
    this.#hunks = hunks.map((hunk, i) => ({ ...hunk, id: String(i) }));
    this.#remember(text, this.#hunks);
  }

  /** The text that the hunks are for. */
  get text(): string {
    return this.#text;
  }

  /** Those without a decision, in the order of the text. */
  get hunks(): readonly PendingHunk[] {
    return this.#hunks;
  }

  /**
   * Tells that these hunks are about to be written. They are accepted once the document has the returned text.
   *
   * @param ids of waiting hunks; unknown ones are left out
   * @returns the text with them
   */
  expectAccepted(ids: readonly string[]): string {
    const accepted = this.#hunks.filter(({ id }) => ids.includes(id));
    const text = applyHunks(this.#text, accepted, undefined, this.#eol);
    this.#remember(text, withoutAccepted(this.#hunks, accepted));
    return text;
  }

  /** Drops hunks without a change of the text. They do not come back when the user undoes something else. */
  reject(ids: readonly string[]): void {
    for (const id of ids) this.#rejected.add(id);
    this.#hunks = this.#waiting(this.#hunks);
  }

  /**
   * Takes a change of the document: hunks move with their lines. The change of an accepted hunk, its undo and its redo
   * are known by the text. A hunk whose own lines the user changed is dropped until the user undoes that.
   *
   * @param edits what changed, in lines of the text before, in any order
   * @returns the number of hunks that were dropped
   */
  changed(now: string, edits: readonly LineEdit[]): number {
    if (now === this.#text) return 0;
    const known = this.#known.get(now);
    const before = this.#hunks.length;
    this.#hunks = known ? this.#waiting(known) : moveHunks(this.#hunks, edits);
    this.#text = now;
    this.#remember(now, this.#hunks);
    return known ? 0 : before - this.#hunks.length;
  }

  #waiting(hunks: readonly PendingHunk[]): readonly PendingHunk[] {
    return hunks.filter(({ id }) => !this.#rejected.has(id));
  }

  #remember(text: string, hunks: readonly PendingHunk[]): void {
    this.#known.delete(text);
    this.#known.set(text, hunks);
    for (const old of this.#known.keys()) {
      if (this.#known.size <= MOST_KNOWN) break;
      this.#known.delete(old);
    }
  }
}

/** The other hunks, where they are once the accepted ones are written. */
function withoutAccepted(hunks: readonly PendingHunk[], accepted: readonly PendingHunk[]): PendingHunk[] {
  let shift = 0;
  const left: PendingHunk[] = [];
  for (const hunk of hunks) {
    if (accepted.includes(hunk)) shift += hunk.lines.length - (hunk.end - hunk.start);
    else left.push({ ...hunk, start: hunk.start + shift, end: hunk.end + shift });
  }
  return left;
}

/** The hunks after edits of the lines around them; without those whose own lines were edited. */
function moveHunks(hunks: readonly PendingHunk[], edits: readonly LineEdit[]): PendingHunk[] {
  return hunks.flatMap((hunk) => {
    let shift = 0;
    for (const edit of edits) {
      if (touches(hunk, edit)) return [];
      if (edit.end <= hunk.start) shift += edit.count - (edit.end - edit.start);
    }
    return [{ ...hunk, start: hunk.start + shift, end: hunk.end + shift }];
  });
}

/** Whether an edit changes lines of a hunk, or splits them; at its edges it does not. */
function touches(hunk: Hunk, edit: LineEdit): boolean {
  if (edit.start === edit.end || hunk.start === hunk.end) {
    const [inner, outer] = edit.start === edit.end ? [edit, hunk] : [hunk, edit];
    return inner.start > outer.start && inner.start < outer.end;
  }
  return edit.start < hunk.end && edit.end > hunk.start;
}

/**
 * An edit of an editor as an edit of whole lines.
 *
 * @param from where it begins, and `to` where it ends, both counted from 0
 */
export function lineEditOf(
  from: { readonly line: number; readonly character: number },
  to: { readonly line: number; readonly character: number },
  text: string,
): LineEdit {
  const count = text.split(/\r\n|\n|\r/).length - 1;
  const isWhole = from.character === 0 && to.character === 0 && (text === '' || /[\r\n]$/.test(text));
  return isWhole ? { start: from.line, end: to.line, count } : { start: from.line, end: to.line + 1, count: count + 1 };
}
