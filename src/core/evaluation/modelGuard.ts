import { t } from '@vscode/l10n';
import { TIERS, type Tier } from '../common/types.ts';

/** Notices that what answers a tier is no longer what answered before. Tells it in a sentence, and never blocks. */

/** What answered. */
export interface Seen {
  /** The model that was asked, as `provider/model`. */
  readonly asked: string;
  /** The model that the server says answered; null when it says nothing. */
  readonly returned: string | null;
  /** The digest of the model's files, as Ollama states it; null where there is none. */
  readonly digest: string | null;
}

/** A tier's model now, and the one before it. */
interface Watched {
  readonly now: Seen;
  /** When `now` first answered, in ms since 1970. */
  readonly since: number;
  /** What answered before; absent while nothing has changed, and after the user kept the new one. */
  readonly before?: Seen | undefined;
}

export type GuardState = { readonly [T in Tier]?: Watched };

/**
 * The state after an answer. The same object when nothing is new. A server that does not say which model answered, or
 * states no digest this time, says nothing: what is known stays, and what is learned is no change.
 */
export function observe(state: GuardState, tier: Tier, seen: Seen, at: number): GuardState {
  const watched = state[tier];
  if (!watched) return { ...state, [tier]: { now: seen, since: at } };
  const { now, since, before } = watched;
  if (agree(seen, now)) {
    const known = together(now, seen);
    if (known.returned === now.returned && known.digest === now.digest) return state;
    const isBack = before && agree(known, before);
    return { ...state, [tier]: { now: known, since, ...(before && !isBack ? { before } : {}) } };
  }
  // Back to what answered before: there is nothing to tell any more.
  if (before && agree(seen, before)) return { ...state, [tier]: { now: together(before, seen), since: at } };
  return { ...state, [tier]: { now: seen, since: at, before: before ?? now } };
}

/** Whether nothing that is stated of two answers says that they came from different models. */
const agree = (a: Seen, b: Seen): boolean =>
  a.asked === b.asked &&
  (a.returned === b.returned || a.returned === null || b.returned === null) &&
  (a.digest === b.digest || a.digest === null || b.digest === null);

const together = (a: Seen, b: Seen): Seen => ({
  asked: a.asked,
  returned: a.returned ?? b.returned,
  digest: a.digest ?? b.digest,
});

/** The state with the model that a tier asks first now, of which no answer may have come yet. */
export const withFirst = (state: GuardState, tier: Tier, asked: string | undefined, at: number): GuardState =>
  asked === undefined || !state[tier] ? state : observe(state, tier, { asked, returned: null, digest: null }, at);

/** The user keeps what answers now. */
export function keepNew(state: GuardState, tier: Tier): GuardState {
  const watched = state[tier];
  return watched?.before ? { ...state, [tier]: { now: watched.now, since: watched.since } } : state;
}

/** The user goes back to the model of before: nothing is known of the tier until it answers. */
export function goneBack(state: GuardState, tier: Tier): GuardState {
  const { [tier]: _, ...others } = state;
  return others;
}

/** The tiers whose model changed. */
export const changedTiers = (state: GuardState): readonly Tier[] => TIERS.filter((tier) => state[tier]?.before);

/**
 * `mid has answered as v4-0926 since Tuesday (before: v4-0711)`, or that a model which the user chose is untested; empty while
 * nothing changed.
 *
 * @param day words for a time in ms, such as a weekday, in the language of the editor
 */
export function describeChange(state: GuardState, tier: Tier, day: (ms: number) => string): string {
  const { now, since, before } = state[tier] ?? {};
  if (!now || !before || since === undefined) return '';
  const [name, old] = namesOf(now, before);
  // The user changed the chain: the new model answers as it is asked, and nothing is known of it.
  if (now.asked !== before.asked)
    return t('{0} has asked {1} since {2}, untested (before: {3})', tier, name, day(since), old);
  return t('{0} has answered as {1} since {2} (before: {3})', tier, name, day(since), old);
}

/** Names that tell two models apart: what the server says, else what was asked, with the digest where names are equal. */
function namesOf(now: Seen, before: Seen): readonly [string, string] {
  const name = ({ asked, returned }: Seen): string => returned ?? asked.slice(asked.indexOf('/') + 1);
  const [a, b] = [name(now), name(before)];
  if (a !== b) return [a, b];
  if (now.asked !== before.asked) return [now.asked, before.asked];
  const short = ({ digest }: Seen): string => `${a} (${digest?.replace(/^sha256:/, '').slice(0, 12) ?? '?'})`;
  return [short(now), short(before)];
}

/**
 * What can be compared after a change, as `provider/model`: the model of before, or `stored` where it has no name any more
 * by which it could be asked, and the model that is asked now. Undefined while nothing changed.
 */
export function sidesOf(state: GuardState, tier: Tier): { readonly a: string; readonly b: string } | undefined {
  const { now, before } = state[tier] ?? {};
  return now && before && { a: goBackTo(state, tier) ?? 'stored', b: now.asked };
}

/** The name that a tier can go back to: the model before, where it can still be asked by a name of its own. */
export function goBackTo(state: GuardState, tier: Tier): string | undefined {
  const { now, before } = state[tier] ?? {};
  if (!now || !before) return undefined;
  if (before.asked !== now.asked) return before.asked;
  // An alias that now leads elsewhere: the dated name that it led to before.
  const provider = before.asked.slice(0, before.asked.indexOf('/'));
  const dated = before.returned === null ? before.asked : `${provider}/${before.returned}`;
  return before.returned === now.returned || dated === before.asked ? undefined : dated;
}
