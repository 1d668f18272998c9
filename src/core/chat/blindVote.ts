/** What the user votes on in a blind comparison (see blind.ts), and what marks its answers. */

export const PLACES = ['a', 'b'] as const;
export type Place = (typeof PLACES)[number];

/** `a` and `b`: that answer is better. `none`: the user did not vote, and the names are shown. */
export const VOTES = ['a', 'b', 'same', 'neither', 'none'] as const;
export type Vote = (typeof VOTES)[number];

/** What makes an answer one of two. */
export interface BlindPart {
  readonly place: Place;
  /** It was asked for the comparison alone; the other one would have been asked anyway. */
  readonly rival: boolean;
  /** The model that was asked, as `provider/model`. */
  readonly asked: string;
}
