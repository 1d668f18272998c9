/**
 * The text being typed in the composer: a mention of context (`@file:pool`) or the name of a prompt (`/expl`). Page and
 * host read it with this file, so that both mean the same.
 */

/** A mention from its `@` to the caret, in UTF-16 offsets. */
export interface Mention {
  readonly start: number;
  readonly end: number;
  /** The word before the colon, in lower case; empty while there is none. */
  readonly kind: string;
  /** The search text, without quotes. */
  readonly query: string;
}

/** How far back from the caret a mention may begin, in characters. */
const LOOK_BACK = 300;

/** The mention that the caret is in. An `@` inside a word (an e-mail address) begins none. */
export function mentionAt(text: string, caret: number): Mention | undefined {
  const before = text.slice(Math.max(0, caret - LOOK_BACK), caret);
  const found = /(?:^|[\s(])@((?:([a-z]+):)?("[^"\n]*|[^\s@"]*))$/i.exec(before);
  if (!found) return undefined;
  const [, whole = '', kind = '', query = ''] = found;
  return {
    start: caret - whole.length - 1,
    end: caret,
    kind: kind.toLowerCase(),
    query: query.replace(/^"/, ''),
  };
}

/** The name of a prompt from its `/` to the caret, in UTF-16 offsets. */
export interface TypedCommand {
  readonly start: number;
  readonly name: string;
}

/** The name that is being typed after a `/` that begins a word; undefined once the caret has left it. */
export function commandAt(text: string, caret: number): TypedCommand | undefined {
  const found = /(?:^|\s)\/([\p{L}\p{N}_.-]{0,60})$/u.exec(text.slice(Math.max(0, caret - LOOK_BACK), caret));
  return found ? { start: caret - (found[1]?.length ?? 0) - 1, name: found[1] ?? '' } : undefined;
}
