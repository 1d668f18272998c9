import type { DocumentContext } from './documentContext.ts';

/** A place in a document, by the text around it: line numbers change when something is written above. */
export interface Site {
  readonly uri: string;
  readonly docContext: DocumentContext;
}

/** By what a place is recognised again. */
export interface Anchor {
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
/** Typed characters after which an answer under way is none for this place any more. */
const MOST_TYPED = 1_000;
/** So long the model is not asked again where it had nothing to add, in ms: the same question has the same answer. */
const NOTHING_MS = 120_000;

/** Brackets and quotes that the editor closes, and the line breaks between them, make no other place. */
export const anchorOf = ({ uri, docContext }: Site): Anchor => ({
  uri,
  before: docContext.before,
  after: docContext.after.replace(/^[\s)\]}>'"`;,]+/, '').slice(0, HEAD),
});

/** An answer with what is before it: joined once, and looked through at each key. */
interface Track {
  readonly mark: Anchor;
  readonly text: string;
  readonly tail: string;
  readonly joined: string;
}

function trackOf(mark: Anchor, text: string): Track {
  const tail = mark.before.slice(-TAIL);
  return { mark, text, tail, joined: tail + text };
}

/**
 * How many characters of an answer have been typed since it was offered, if that is how one comes to what is before the
 * cursor now; undefined if not. Typing along, accepting a part, and going back again make no difference to it.
 */
function typedSince({ tail, joined }: Track, before: string): number | undefined {
  const needle = before.slice(-NEEDLE);
  let found: number | undefined;
  let at = joined.indexOf(needle, Math.max(0, tail.length - needle.length));
  while (at >= 0) {
    const end = at + needle.length;
    // A short tail is the whole beginning of a document: then nothing else may be before it.
    const same = tail.length < TAIL ? before === joined.slice(0, end) : before.endsWith(joined.slice(0, end));
    if (same) found = end - tail.length;
    at = end < joined.length ? joined.indexOf(needle, at + 1) : -1;
  }
  return found;
}

/** What was typed at `then` to come to `now`, whatever it is; undefined when that is not how one comes there. */
function typedBetween(then: Anchor, now: Anchor): string | undefined {
  if (then.uri !== now.uri || then.after !== now.after) return undefined;
  const tail = then.before.slice(-TAIL);
  const { before } = now;
  for (let end = before.length; end >= Math.max(tail.length, before.length - MOST_TYPED); end--)
    if (before.endsWith(tail, end) && (tail.length === TAIL || tail.length === end)) return before.slice(end);
  return undefined;
}

/** The rest of an answer at a place. */
export interface Remainder {
  readonly text: string;
  /** UTF-16 units of white space before the cursor that the text replaces, because its own indentation is another. */
  readonly replaceBefore: number;
}

/** What is left of an answer that was given at `then`, at `now`; undefined when it does not lead there. */
export const remainderAt = (then: Anchor, text: string, now: Anchor): Remainder | undefined =>
  remainderOf(trackOf(then, text), now, indentOf(now));

/** The white space between the beginning of the line and the cursor, if there is nothing else. */
const indentOf = ({ before }: Anchor): string => /\n([ \t]+)$/.exec(before.slice(-TAIL))?.[1] ?? '';

/** @param indent that of `now`, which many answers are compared with */
function remainderOf(track: Track, now: Anchor, indent: string): Remainder | undefined {
  const { mark, text } = track;
  if (mark.uri !== now.uri || mark.after !== now.after) return undefined;
  const typed = typedSince(track, now.before);
  if (typed !== undefined) return { text: text.slice(typed), replaceBefore: 0 };
  // On a new line the editor writes an indentation of its own, which may not be that of the answer.
  if (!indent) return undefined;
  const bare = typedSince(track, now.before.slice(0, -indent.length));
  if (bare === undefined || text.charAt(bare - 1) !== '\n') return undefined;
  return { text: text.slice(bare), replaceBefore: indent.length };
}

/** Whether an answer of which more is to come may still be what is being typed: what was typed may be ahead of it. */
export function mayLeadTo(then: Anchor, text: string, now: Anchor): boolean {
  if (remainderAt(then, text, now)) return true;
  const typed = typedBetween(then, now);
  return typed !== undefined && (typed.startsWith(text) || typed.replace(/\n[ \t]*$/, '\n').startsWith(text));
}

interface Entry {
  /** What was read of the answer; its text is empty when the model had nothing. */
  readonly track: Track;
  /** The filter that emptied it. */
  readonly emptiedBy: string | null;
  /** The model would have said more, had it not been stopped. */
  readonly more: boolean;
  /** The call that it is the answer of. */
  readonly callId: string;
  readonly at: number;
}

export type Found =
  | (Remainder & {
      readonly more: boolean;
      readonly callId: string;
      /** The model was asked at this very place, a short while ago: it would say the same again. */
      readonly isAnswerHere: boolean;
    })
  | { readonly emptiedBy: string | null };

/** The suggestions of late, newest last. */
export class SuggestionCache {
  readonly #now: () => number;
  #entries: Entry[] = [];
  #version = 0;
  #clearings = 0;

  /** @param now ms since any fixed time */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Changes with what is kept: as long as it is the same, so are the suggestions. */
  get version(): number {
    return this.#version;
  }

  /** How often all was forgotten. */
  get clearings(): number {
    return this.#clearings;
  }

  add(spot: Site, text: string, emptiedBy: string | null, more = false, callId = ''): void {
    this.#entries.push(this.#entryOf(spot, text, emptiedBy, more, callId));
    if (this.#entries.length > MOST) this.#entries.shift();
  }

  /** Remembers another answer, which is offered only when the first one is not what is being typed. */
  addBehind(spot: Site, text: string, more = false, callId = ''): void {
    this.#entries.unshift(this.#entryOf(spot, text, null, more, callId));
    if (this.#entries.length > MOST) this.#entries.pop();
  }

  #entryOf(spot: Site, text: string, emptiedBy: string | null, more: boolean, callId: string): Entry {
    this.#version++;
    const mark = anchorOf(spot);
    return {
      track: trackOf({ ...mark, before: mark.before.slice(-TAIL) }, text.trim() ? text : ''),
      emptiedBy,
      more,
      callId,
      at: this.#now(),
    };
  }

  /** What is left of a suggestion here; or what left nothing of the last one; undefined when it was not asked. */
  find(spot: Site): Found | undefined {
    const now = anchorOf(spot);
    const indent = indentOf(now);
    for (let i = this.#entries.length - 1; i >= 0; i--) {
      const entry = this.#entries[i];
      const rest = entry && remainderOf(entry.track, now, indent);
      if (!entry || !rest) continue;
      const isRecent = this.#now() - entry.at < NOTHING_MS;
      if (rest.text.trim()) {
        // Used lately is as good as new.
        this.#entries.push(...this.#entries.splice(i, 1));
        const isAnswerHere = isRecent && rest.text === entry.track.text;
        return { ...rest, more: entry.more, callId: entry.callId, isAnswerHere };
      }
      if (entry.track.text === '' && isRecent) return { emptiedBy: entry.emptiedBy };
    }
    return undefined;
  }

  clear(): void {
    this.#version++;
    this.#clearings++;
    this.#entries = [];
  }
}
