import type { Clock } from '../common/clock.ts';
import type { TextChange } from './trackedText.ts';
import type { AnsweredBy, OutcomeKind, OutcomeRow } from '../ledger/outcomes.ts';
import type { InsertedText } from './survivalTracker.ts';

/** A suggestion that was handed to the editor for a place. */
export interface ShownSuggestion {
  readonly by: AnsweredBy;
  readonly uri: string;
  /** Where the text would be, in UTF-16 units. */
  readonly at: number;
  readonly text: string;
  /** From the last key to the suggestion, in ms. */
  readonly ms?: number | undefined;
}

export interface SuggestionTrackerOptions {
  readonly record: (row: OutcomeRow) => void;
  /**
   * Told of text that was accepted, as a whole or in part, and of the changes that its document saw since it was placed
   * there.
   */
  readonly onAccepted: (placed: InsertedText, since: readonly (readonly TextChange[])[]) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly clock: Pick<Clock, 'now' | 'after'>;
}

/** A suggestion that is replaced sooner than this, in ms, was not seen and does not count as offered. */
const SEEN_MS = 100;
/** The editor changes the text of an accepted suggestion first, and says that it was accepted after, in ms. */
const SAID_MS = 2_000;

interface VisibleSuggestion {
  readonly id: string;
  readonly by: AnsweredBy;
  readonly uri: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly shownAt: number;
  /** Where the text begins; where the cursor was when it was first shown. */
  readonly start: number;
  /** From the last key to the suggestion, in ms; null: not known. */
  readonly ms: number | null;
  text: string;
  /** Units of `text` that are in the document. */
  done: number;
  /** Those of them that came by accepting words or lines: from where to where. */
  accepted: { from: number; to: number }[];
  /** When something else was typed, or the cursor went away; by the clock. */
  leftAt: number | null;
  /** The text typed since then. */
  missed: (readonly TextChange[])[];
}

/**
 * Tracks the suggestion on the screen. VS Code tells extensions only when one is accepted as a whole; what is
 * accepted by word or line, typed through or refused shows in the changes of the document.
 *
 * A suggestion counts as offered when it was handed over, for a cursor that was still there, and stood for a tenth of a
 * second or was used sooner; that the editor drew it is not told to us.
 */
export class SuggestionTracker {
  readonly #parts: SuggestionTrackerOptions;
  #live: VisibleSuggestion | null = null;
  #stop: (() => void) | null = null;

  constructor(parts: SuggestionTrackerOptions) {
    this.#parts = parts;
  }

  /** Whether there is a suggestion of which something may become. */
  get isLive(): boolean {
    return this.#live !== null;
  }

  /** A suggestion is on the screen: another one than before, or the rest, or more, of the same answer. */
  shown(offer: ShownSuggestion): void {
    const live = this.#live;
    if (live && this.#isSame(live, offer)) {
      live.text = live.text.slice(0, offer.at - live.start) + offer.text;
      live.done = offer.at - live.start;
      live.leftAt = null;
      live.missed = [];
      this.#stop?.();
      return;
    }
    this.#close();
    this.#live = {
      ...offer,
      id: `${offer.by.callId}:${this.#parts.now()}`,
      since: this.#parts.now(),
      shownAt: this.#parts.clock.now(),
      start: offer.at,
      ms: offer.ms ?? null,
      done: 0,
      accepted: [],
      leftAt: null,
      missed: [],
    };
  }

  /**
   * @param changes of one step of the document; the tracker of accepted text is to be told of them before, as what is
   *   accepted from here comes with them
   */
  changed(uri: string, changes: readonly TextChange[]): void {
    const live = this.#live;
    const [change] = changes;
    if (live?.uri !== uri || !change) return;
    if (live.leftAt !== null || changes.length > 1 || !typesAlong(live, change)) {
      live.missed.push(changes);
      return live.leftAt !== null ? this.#close() : this.#leave();
    }
    if (live.done === live.text.length) this.#leave();
  }

  /** The cursor went elsewhere. */
  left(): void {
    if (this.#live?.leftAt === null) this.#leave();
  }

  /** The editor says that a suggestion was accepted as a whole: the one on the screen, or another that was offered beside it. */
  accepted(offer: ShownSuggestion): void {
    let live = this.#live;
    if (live?.by.callId !== offer.by.callId || live.uri !== offer.uri) {
      this.shown(offer);
      live = this.#live;
    }
    if (!live) return;
    const from = Math.max(0, offer.at - live.start);
    live.text = live.text.slice(0, from) + offer.text;
    live.done = live.text.length;
    // The change that brought it was seen before.
    live.accepted = [...live.accepted.filter(({ to }) => to <= from), { from, to: live.text.length }];
    live.missed = [];
    this.#finish(live, 'accepted');
  }

  /** The window ends: what is on the screen was offered, and perhaps used in part. */
  dispose(): void {
    this.#close(true);
  }

  #isSame(live: VisibleSuggestion, { by, uri, at, text }: ShownSuggestion): boolean {
    const into = at - live.start;
    if (live.by.callId !== by.callId || live.uri !== uri || into < 0 || into > live.text.length) return false;
    const rest = live.text.slice(into);
    return rest.startsWith(text) || text.startsWith(rest);
  }

  /** Ends an offer unless the editor says within a moment that it was accepted. */
  #leave(): void {
    if (!this.#live) return;
    this.#live.leftAt = this.#parts.clock.now();
    this.#stop?.();
    this.#stop = this.#parts.clock.after(SAID_MS, () => this.#close());
  }

  #close(unsure = false): void {
    const live = this.#live;
    if (!live) return;
    const isUsed = live.done > 0;
    const wasSeen = (live.leftAt ?? this.#parts.clock.now()) - live.shownAt >= SEEN_MS;
    if (!isUsed && !wasSeen) {
      this.#live = null;
      this.#stop?.();
      return;
    }
    if (live.accepted.length > 0) this.#finish(live, 'accepted-part');
    else if (live.done === live.text.length) this.#finish(live, 'typed-through');
    else this.#finish(live, unsure ? null : 'rejected');
  }

  #finish(live: VisibleSuggestion, kind: OutcomeKind | null): void {
    this.#live = null;
    this.#stop?.();
    const { id, by, text, since } = live;
    const accepted = live.accepted.map(({ from, to }) => ({ at: live.start + from, text: text.slice(from, to) }));
    const row = (kind: OutcomeKind, at: number, characters: number): OutcomeRow => ({
      ...by,
      outcomeId: `${id}:${kind}`,
      at,
      kind,
      characters,
      kept: null,
      ms: kind === 'offered' ? live.ms : null,
    });
    this.#parts.record(row('offered', since, text.length));
    if (kind === null) return;
    const used = accepted.reduce((sum, piece) => sum + piece.text.length, 0);
    this.#parts.record(
      row(kind, this.#parts.now(), kind === 'rejected' ? text.length - live.done : used || text.length),
    );
    if (accepted.length > 0) this.#parts.onAccepted({ id, by, uri: live.uri, pieces: accepted }, live.missed);
  }
}

/** Brackets and quotes that the editor closes by itself while somebody types along. */
const CLOSED = /^(?:\(\)|\[\]|\{\}|""|''|``|<>)$/;

/** Whether a change goes on in the suggestion; notes how far, and by what it came. */
function typesAlong(live: VisibleSuggestion, { offset, removed, text }: TextChange): boolean {
  const at = live.start + live.done;
  if (text === '') {
    // Going back over what was typed.
    if (offset + removed !== at || removed > live.done) return false;
    live.done -= removed;
    live.accepted = live.accepted
      .map(({ from, to }) => ({ from, to: Math.min(to, live.done) }))
      .filter(({ from, to }) => from < to);
    return true;
  }
  const rest = live.text.slice(live.done);
  if (offset !== at || removed > text.length) return false;
  const typed = CLOSED.test(text) ? text.charAt(0) : text;
  if (!rest.startsWith(typed)) return false;
  const from = live.done;
  live.done += typed.length;
  // A key brings one character, or the white space of a new line; a word of one character passes for a key.
  if (typed.trim().length > 1) live.accepted.push({ from, to: live.done });
  return true;
}
