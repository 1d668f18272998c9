import type { Clock } from '../common/clock.ts';
import { TrackedText, type TextChange } from './trackedText.ts';
import type { AnsweredBy, OutcomeKind, OutcomeRow } from '../ledger/outcomes.ts';

/** Text that came from an answer and is now in a document. */
export interface InsertedText {
  /** The key of outcomes: a suggestion's or an edit's own id. */
  readonly id: string;
  readonly by: AnsweredBy;
  readonly uri: string;
  /** Where it is, in UTF-16 units. */
  readonly pieces: readonly { readonly at: number; readonly text: string }[];
}

/** A change of a document, and what the editor knows of it. */
export interface DocumentChange {
  readonly uri: string;
  readonly changes: readonly TextChange[];
  /** The document after an undo; null where the change was none. Asked for only where it matters. */
  readonly undone: (() => string) | null;
}

export interface SurvivalTrackerOptions {
  readonly record: (row: OutcomeRow) => void;
  /** Told of every text of a model that was written into a document. */
  readonly onWritten?: ((placed: InsertedText) => void) | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly clock: Pick<Clock, 'now' | 'after'>;
}

/** When accepted text is looked for again, in ms. */
const LOOKS = [
  { kind: 'there-30s', ms: 30_000 },
  { kind: 'there-5min', ms: 300_000 },
  { kind: 'there-15min', ms: 900_000 },
] as const;
/** The last look at a text reports the time of its last edit, in ms. */
const USEFUL_MS = 900_000;
/** A text that no commit contains by then is given up, in ms: a working day. */
const COMMIT_MS = 8 * 3_600_000;
/** An edit is judged when its file is saved, but no sooner: files that save themselves say nothing. Milliseconds. */
const SOONEST_JUDGMENT_MS = 30_000;
const JUDGMENT_MS = 300_000;
/** Texts that are followed at the same time; of more the oldest are given up, and their later looks are not taken. */
const MOST = 200;

interface Followed extends InsertedText {
  uri: string;
  readonly text: TrackedText;
  /** The looks that are still to come, soonest first; when, by the clock. */
  readonly looks: { readonly at: number; readonly take: () => unknown }[];
  readonly since: number;
  /** For an edit that is not judged yet: the whole document before it. */
  before: string | null;
  /** It has one end (kept, edited, undone) that is still to come. */
  isOpen: boolean;
  /** When something inside of it was last changed, or when it was placed. Milliseconds since the epoch. */
  editedAt: number;
  isSaved: boolean;
  isCommitted: boolean;
}

/**
 * Tracks accepted suggestions and applied edits: it looks at them after a while and when the file is saved. What is
 * given up before, because the document is closed or the window ends, has no outcome: it is not guessed.
 */
export class SurvivalTracker {
  readonly #parts: SurvivalTrackerOptions;
  readonly #followed = new Map<string, Followed>();
  #stop: (() => void) | null = null;

  constructor(parts: SurvivalTrackerOptions) {
    this.#parts = parts;
  }

  /** How many texts are followed right now. */
  get size(): number {
    return this.#followed.size;
  }

  /**
   * Follows an accepted suggestion. Text without a visible character is not worth following.
   *
   * @param since the changes that its document saw since the text was placed there
   */
  accepted(placed: InsertedText, since: readonly (readonly TextChange[])[] = []): void {
    const followed = this.#follow(placed, null);
    for (const changes of since) followed.text.change(changes);
    if (followed.text.characters === 0) return;
    this.#lookLater(followed);
    this.#add(followed);
  }

  /** Follows code of an answer that was inserted, pasted or opened as a file: its looks and its end. */
  inserted(placed: InsertedText): void {
    const followed = this.#follow(placed, null);
    if (followed.text.characters === 0) return;
    followed.isOpen = true;
    this.#judgeLater(followed);
    this.#lookLater(followed);
    this.#add(followed);
  }

  /**
   * Follows an applied edit.
   *
   * @param before the whole document before it; kept in memory until the edit is judged, and nowhere else
   */
  applied(placed: InsertedText, before: string): void {
    const followed = this.#follow(placed, before);
    followed.isOpen = true;
    this.#judgeLater(followed);
    if (followed.text.characters > 0) this.#lookLater(followed);
    this.#add(followed);
  }

  /** Somebody took an edit back by our own button. */
  retracted(id: string): void {
    const followed = this.#followed.get(id);
    if (followed) this.#end(followed, 'undone');
  }

  changed({ uri, changes, undone }: DocumentChange): void {
    if (this.#followed.size === 0) return;
    for (const followed of this.#of(uri)) {
      if (followed.text.touchedBy(changes)) followed.editedAt = this.#parts.now();
      followed.text.change(changes);
      const { before, text } = followed;
      if (!undone || !followed.isOpen) continue;
      if ((text.characters > 0 && text.kept === 0) || (before !== null && undone() === before))
        this.#end(followed, 'undone');
    }
  }

  saved(uri: string): void {
    for (const followed of this.#of(uri)) {
      if (followed.isOpen) {
        if (this.#parts.clock.now() - followed.since >= SOONEST_JUDGMENT_MS) this.#judge(followed);
      } else if (!followed.isSaved) {
        followed.isSaved = true;
        // An edit that was judged at a save has said it already.
        if (followed.by.task === 'completion') this.#look(followed, 'there-saved');
        this.#forgetIfDone(followed);
      }
    }
  }

  /** Somebody committed files. */
  committed(isIn: (uri: string) => boolean): void {
    for (const followed of [...this.#followed.values()]) {
      if (followed.isCommitted || !isIn(followed.uri)) continue;
      followed.isCommitted = true;
      if (followed.text.characters > 0) this.#look(followed, 'there-commit');
      this.#forgetIfDone(followed);
    }
  }

  /** A document has another address now: an untitled one was saved as a file. */
  moved(from: string, to: string): void {
    for (const followed of this.#of(from)) followed.uri = to;
  }

  /** Whether text in a document is followed. */
  follows = (uri: string): boolean => this.#of(uri).length > 0;

  /** @param isDirty whether what was not saved is lost */
  closed(uri: string, isDirty: boolean): void {
    for (const followed of this.#of(uri)) {
      if (followed.isOpen && !isDirty) this.#judge(followed);
      this.#followed.delete(followed.id);
    }
    this.#schedule();
  }

  dispose(): void {
    this.#followed.clear();
    this.#stop?.();
  }

  #follow = (placed: InsertedText, before: string | null): Followed => ({
    ...placed,
    text: new TrackedText(placed.pieces),
    looks: [],
    since: this.#parts.clock.now(),
    before,
    isOpen: false,
    editedAt: this.#parts.now(),
    isSaved: false,
    isCommitted: false,
  });

  #judgeLater(followed: Followed): void {
    followed.looks.push({ at: followed.since + JUDGMENT_MS, take: () => followed.isOpen && this.#judge(followed) });
  }

  /** The looks, soonest first, and the time when the text is given up. */
  #lookLater(followed: Followed): void {
    const { since, looks, by } = followed;
    for (const { kind, ms } of LOOKS) looks.push({ at: since + ms, take: () => this.#look(followed, kind) });
    if (by.task !== 'completion') looks.push({ at: since + USEFUL_MS, take: () => this.#tellUseful(followed) });
    looks.push({ at: since + COMMIT_MS, take: () => void this.#followed.delete(followed.id) });
    looks.sort((a, b) => a.at - b.at);
  }

  /** When the code was as the user wanted it; the ledger knows when it was asked for. */
  #tellUseful({ id, by, text, editedAt }: Followed): void {
    const { characters, kept } = text;
    if (kept === 0) return;
    this.#parts.record({ ...by, outcomeId: `${id}:useful`, at: editedAt, kind: 'useful', characters, kept, ms: null });
  }

  #add(followed: Followed): void {
    this.#parts.onWritten?.(followed);
    this.#followed.set(followed.id, followed);
    const [oldest] = this.#followed.keys();
    if (this.#followed.size > MOST && oldest !== undefined) this.#followed.delete(oldest);
    this.#schedule();
  }

  #of = (uri: string): Followed[] => [...this.#followed.values()].filter((followed) => followed.uri === uri);

  #look({ id, by, text }: Followed, kind: OutcomeKind, kept = text.kept): void {
    const { characters } = text;
    this.#parts.record({ ...by, outcomeId: `${id}:${kind}`, at: this.#parts.now(), kind, characters, kept, ms: null });
  }

  #judge(followed: Followed): void {
    const { characters, kept } = followed.text;
    this.#end(followed, kept === characters ? 'kept' : 'edited');
  }

  /** An edit has one end. */
  #end(followed: Followed, kind: 'kept' | 'edited' | 'undone'): void {
    if (!followed.isOpen || this.#followed.get(followed.id) !== followed) return;
    followed.isOpen = false;
    followed.before = null;
    if (kind === 'undone' || followed.looks.length === 0 || followed.text.characters === 0)
      this.#followed.delete(followed.id);
    // After an undo, the text that the edit had left alone is there again; the edit's own text is not.
    this.#look(followed, kind, kind === 'undone' ? 0 : followed.text.kept);
    this.#schedule();
  }

  /** A text that was saved, committed and looked at is done; the last look of all gives it up. */
  #forgetIfDone(followed: Followed): void {
    const isLooked = followed.looks.length <= 1;
    if (isLooked && followed.isCommitted && !followed.isOpen && (followed.isSaved || followed.by.task !== 'completion'))
      this.#followed.delete(followed.id);
  }

  /** One timer for all: the next look of any text. */
  #schedule(): void {
    this.#stop?.();
    this.#stop = null;
    const next = Math.min(...[...this.#followed.values()].map(({ looks }) => looks[0]?.at ?? Infinity));
    if (Number.isFinite(next))
      this.#stop = this.#parts.clock.after(Math.max(0, next - this.#parts.clock.now()), () => this.#takeLooks());
  }

  #takeLooks(): void {
    const now = this.#parts.clock.now();
    for (const followed of [...this.#followed.values()]) {
      while (followed.looks[0] && followed.looks[0].at <= now) followed.looks.shift()?.take();
      this.#forgetIfDone(followed);
    }
    this.#schedule();
  }
}
