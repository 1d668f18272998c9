export interface FileNow {
  /** Null: there is no such file. */
  readonly text: string | null;
  /** The text that the answer was made for, where it is known and differs. */
  readonly base?: string | undefined;
  /** Lines (from 0, exclusive end) of the base that the question was about: they decide between equal places. */
  readonly about?: { readonly start: number; readonly end: number } | undefined;
  /** Path of the file, for what depends on its kind; without it, the path that the answer names. */
  readonly path?: string | undefined;
  /** The user's question: functions that it names may vanish. */
  readonly question?: string | undefined;
  /**
   * What the user has allowed: `loss`, that lines vanish which the answer does not show; `replace`, that the answer
   * takes the place of the whole file.
   */
  readonly allows?: 'loss' | 'replace' | undefined;
  /** Lines, from 0, that the user chose among several equal places. */
  readonly chosen?: readonly number[] | undefined;
}
