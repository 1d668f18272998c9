import type { Thread, Turn } from './conversation.ts';

/** A place where a thread has all the words that were looked for. */
export interface ThreadHit {
  readonly threadId: string;
  readonly title: string;
  /** The question or answer; null when the words are in the title. */
  readonly turnId: string | null;
  /** The text around the first of the words, in one line: `before` + `match` + `after`. */
  readonly before: string;
  readonly match: string;
  readonly after: string;
}

/** Characters shown on each side of a match. */
const AROUND = 60;

/**
 * The title and the turns of a thread that contain every word of the query, in any order and in any case. A query
 * without words finds nothing.
 */
export function searchThread(thread: Thread, query: string): readonly ThreadHit[] {
  const words = query
    .normalize()
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => new RegExp(word.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), 'iu'));
  const find = (turnId: string | null, text: string): ThreadHit[] => {
    const normal = text.normalize();
    const matches = words.map((word) => word.exec(normal));
    const [first] = matches;
    if (!first || matches.includes(null)) return [];
    const end = first.index + first[0].length;
    return [
      {
        threadId: thread.id,
        title: thread.title,
        turnId,
        before: excerpt(normal.slice(Math.max(0, first.index - AROUND), first.index)),
        match: first[0],
        after: excerpt(normal.slice(end, end + AROUND)),
      },
    ];
  };
  return [...find(null, thread.title), ...thread.turns.flatMap((turn) => find(turn.id, textOf(turn)))];
}

const textOf = (turn: Turn): string =>
  turn.role === 'user' ? [turn.text, ...turn.attachments.map(({ label }) => label)].join('\n') : turn.text;

/** In one line, without the half of a character that a cut left over. */
const excerpt = (text: string): string =>
  text.replaceAll(/\s+/g, ' ').replaceAll(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/g, '');
