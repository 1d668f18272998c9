import type { Around } from './around.ts';

/** A place in a document, by the text around it: line numbers change when something is written above. */
export interface Spot {
  readonly uri: string;
  readonly around: Around;
}

/** By what a place is recognised again. */
export interface Mark {
  readonly uri: string;
  readonly before: string;
  /** Start of what follows, without what the editor writes there by itself. */
  readonly after: string;
}

/** UTF-16 units before a place by which it is recognised. */
const TAIL = 400;
/** The same behind it. */
const HEAD = 60;
/** Characters that are looked for first. */
const NEEDLE = 24;
const MOST = 100;
/** So long the model is not asked again where it had nothing, in ms. */
const NOTHING_MS = 15_000;

/** Brackets and quotes that the editor closes, and the line breaks between them, make no other place. */
export const markOf = ({ uri, around }: Spot): Mark => ({
  uri,
  before: around.before,
  after: around.after.replace(/^[\s)\]}>'"`;,]+/, '').slice(0, HEAD),
});

/**
 * How many characters of `text` have been typed since it was offered at `then`, if that is how one comes to `now`;
 * undefined if not. Typing along, accepting a part, and going back again are all the same to it.
 */
export function typedSince(then: Mark, text: string, now: Mark): number | undefined {
  if (then.uri !== now.uri || then.after !== now.after) return undefined;
  const tail = then.before.slice(-TAIL);
  const track = tail + text;
  const needle = now.before.slice(-NEEDLE);
  let found: number | undefined;
  let at = track.indexOf(needle, Math.max(0, tail.length - needle.length));
  while (at >= 0) {
    const end = at + needle.length;
    // A short tail is the whole beginning of a document: then nothing else may stand before it.
    const same = tail.length < TAIL ? now.before === track.slice(0, end) : now.before.endsWith(track.slice(0, end));
    if (same) found = end - tail.length;
    at = end < track.length ? track.indexOf(needle, at + 1) : -1;
  }
  return found;
}

interface Entry {
  readonly mark: Mark;
  /** What was read of the answer; empty when the model had nothing. */
  readonly text: string;
  /** The filter that emptied it. */
  readonly emptiedBy: string | null;
  readonly at: number;
}

/** The suggestions of late, newest last. */
export class SuggestionCache {
  readonly #now: () => number;
  #entries: Entry[] = [];

  /** @param now ms since any fixed time */
  constructor(now: () => number) {
    this.#now = now;
  }

  add(spot: Spot, text: string, emptiedBy: string | null): void {
    const mark = markOf(spot);
    this.#entries.push({
      mark: { ...mark, before: mark.before.slice(-TAIL) },
      text: text.trim() ? text : '',
      emptiedBy,
      at: this.#now(),
    });
    if (this.#entries.length > MOST) this.#entries.shift();
  }

  /** What is left of a suggestion here; or what left nothing of the last one; undefined when it was not asked. */
  find(spot: Spot): { readonly rest: string } | { readonly emptiedBy: string | null } | undefined {
    const now = markOf(spot);
    for (let i = this.#entries.length - 1; i >= 0; i--) {
      const entry = this.#entries[i];
      const typed = entry && typedSince(entry.mark, entry.text, now);
      if (!entry || typed === undefined) continue;
      const rest = entry.text.slice(typed);
      if (rest.trim()) {
        // Used lately is as good as new.
        this.#entries.push(...this.#entries.splice(i, 1));
        return { rest };
      }
      if (entry.text === '' && this.#now() - entry.at < NOTHING_MS) return { emptiedBy: entry.emptiedBy };
    }
    return undefined;
  }

  clear(): void {
    this.#entries = [];
  }
}
