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

/** A prompt as it was used last, and the one before it. Versions are those of `promptVersionOf`, such as `1.2 #0a1b2c3d`. */
interface WatchedPrompt {
  readonly now: string;
  /** When `now` was first used, in ms since 1970. */
  readonly since: number;
  /** Absent while nothing has changed, and after the user kept the new one. */
  readonly before?: string | undefined;
  /** The tier and the model that the prompt was used with last. */
  readonly tier: Tier;
  readonly asked: string;
}

/** What has a model of its own to watch: the tiers, and the models that answer questions in the local tier. */
export const WATCHES = [...TIERS, 'localAnswers'] as const;
export type Watch = (typeof WATCHES)[number];

export type GuardState = { readonly [W in Watch]?: Watched } & {
  /** By workspace and name: each workspace may have a prompt of its own under the same name. */
  readonly prompts?: Readonly<Record<string, WatchedPrompt>> | undefined;
};

/** The tier that the sentence on a watch is about. */
const tierOf = (watch: Watch): Tier => (watch === 'localAnswers' ? 'local' : watch);

/**
 * The state after an answer. The same object when nothing is new. A server that does not say which model answered, or
 * states no digest this time, says nothing: what is known stays, and what is learned is no change.
 */
export function observe(state: GuardState, watch: Watch, seen: Seen, at: number): GuardState {
  const watched = state[watch];
  if (!watched) return { ...state, [watch]: { now: seen, since: at } };
  const { now, since, before } = watched;
  if (agree(seen, now)) {
    const known = together(now, seen);
    if (known.returned === now.returned && known.digest === now.digest) return state;
    const isBack = before && agree(known, before);
    return { ...state, [watch]: { now: known, since, ...(before && !isBack ? { before } : {}) } };
  }
  // Back to what answered before: there is nothing to tell any more.
  if (before && agree(seen, before)) return { ...state, [watch]: { now: together(before, seen), since: at } };
  return { ...state, [watch]: { now: seen, since: at, before: before ?? now } };
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

/** A prompt that was used. */
export interface SeenPrompt {
  readonly name: string;
  /** With its hash; see `promptVersionOf`. */
  readonly version: string;
  /** URI of the workspace; empty for none. */
  readonly workspace: string;
  readonly tier: Tier;
  /** The model that was asked, as `provider/model`. */
  readonly asked: string;
}

/** Most prompts that are watched; the one that changed longest ago is forgotten first. */
const MOST_PROMPTS = 200;

const promptKey = (workspace: string, name: string): string => `${workspace} ${name}`;

/** The state after a prompt was used. The same object when its text is the one of last time. */
export function observePrompt(state: GuardState, seen: SeenPrompt, at: number): GuardState {
  const { name, version, workspace, tier, asked } = seen;
  const key = promptKey(workspace, name);
  const known = state.prompts?.[key];
  if (known?.now === version) return state;
  const { [key]: _, ...others } = state.prompts ?? {};
  const before = known && (known.before ?? known.now);
  const next = {
    now: version,
    since: at,
    tier,
    asked,
    ...(before === undefined || before === version ? {} : { before }),
  };
  const kept = Object.entries(others).slice(1 - MOST_PROMPTS);
  return { ...state, prompts: { ...Object.fromEntries(kept), [key]: next } };
}

/** The prompts of a workspace that changed and were used in a tier, by name. */
const changedPrompts = ({ prompts = {} }: GuardState, tier: Tier, workspace: string): [string, WatchedPrompt][] =>
  Object.entries(prompts).flatMap(([key, prompt]): [string, WatchedPrompt][] => {
    const name = key.slice(promptKey(workspace, '').length);
    const isOwn = key === promptKey(workspace, name) && !name.includes(' ');
    return isOwn && prompt.before !== undefined && prompt.tier === tier ? [[name, prompt]] : [];
  });

/** The state with the model that is asked first now, of which no answer may have come yet. */
export const withFirst = (state: GuardState, watch: Watch, asked: string | undefined, at: number): GuardState =>
  asked === undefined || !state[watch] ? state : observe(state, watch, { asked, returned: null, digest: null }, at);

/** The user keeps what answers now, and the prompts of a workspace as they are now. */
export function keepNew(state: GuardState, tier: Tier, workspace = ''): GuardState {
  let kept = state;
  for (const watch of WATCHES) {
    const watched = kept[watch];
    if (tierOf(watch) === tier && watched?.before)
      kept = { ...kept, [watch]: { now: watched.now, since: watched.since } };
  }
  for (const [name, { before: _, ...prompt }] of changedPrompts(state, tier, workspace))
    kept = { ...kept, prompts: { ...kept.prompts, [promptKey(workspace, name)]: prompt } };
  return kept;
}

/** The user goes back to the model of before: nothing is known of the watch until it answers. */
export function goneBack(state: GuardState, watch: Watch): GuardState {
  const { [watch]: _, ...others } = state;
  return others;
}

/** The watches whose model changed. */
export const changedWatches = (state: GuardState): readonly Watch[] => WATCHES.filter((watch) => state[watch]?.before);

/**
 * `mid has answered as v4-0926 since Tuesday (before: v4-0711)`, or that a model which the user chose is untested; empty while
 * nothing changed.
 *
 * @param day words for a time in ms, such as a weekday, in the language of the editor
 */
export function describeChange(state: GuardState, watch: Watch, day: (ms: number) => string): string {
  const { now, since, before } = state[watch] ?? {};
  if (!now || !before || since === undefined) return '';
  const tier = tierOf(watch);
  const [name, old] = namesOf(now, before);
  // The user changed the chain: the new model answers as it is asked, and nothing is known of it.
  if (now.asked !== before.asked)
    return t('{0} has been set to {1} since {2}, untested (before: {3})', tier, name, day(since), old);
  return t('{0} has answered as {1} since {2} (before: {3})', tier, name, day(since), old);
}

/**
 * A sentence for each prompt of a workspace that changed: `mid has asked with /review 2 since Tuesday (before: 1)`. A prompt
 * whose version did not change is shown with its hash.
 *
 * @param day words for a time in ms
 */
export const describePromptChanges = (
  state: GuardState,
  tier: Tier,
  { workspace, day }: { readonly workspace: string; readonly day: (ms: number) => string },
): readonly string[] =>
  changedPrompts(state, tier, workspace).map(([name, { now, since, before = '' }]) => {
    const [version = '', hash = '?'] = now.split(' #');
    const [old = '', oldHash = '?'] = before.split(' #');
    return version === old
      ? t(
          '{0} has asked with another /{1} of the same version {2} since {3} ({4}, before: {5})',
          ...[tier, name, version, day(since), `#${hash}`, `#${oldHash}`],
        )
      : t('{0} has asked with /{1} {2} since {3} (before: {4})', tier, name, version, day(since), old);
  });

/** Names that tell two models apart: what the server says, else what was asked, with the digest where names are equal. */
function namesOf(now: Seen, before: Seen): readonly [string, string] {
  const name = ({ asked, returned }: Seen): string => returned ?? asked.slice(asked.indexOf('/') + 1);
  const [a, b] = [name(now), name(before)];
  if (a !== b) return [a, b];
  if (now.asked !== before.asked) return [now.asked, before.asked];
  const short = ({ digest }: Seen): string => `${a} (${digest?.replace(/^sha256:/, '').slice(0, 12) ?? '?'})`;
  return [short(now), short(before)];
}

/** A side of a comparison as a caller states it: `stored`, `provider/model`, or a model with the current prompts. */
export type StatedSide = string | { readonly model: string; readonly prompts?: 'now' | undefined };

/**
 * What can be compared after a change: the model of before, or `stored` where it has no name any more by which it could be
 * asked, and the model that is asked now. Where a prompt changed, the second side asks with the current prompts. Undefined
 * while nothing changed.
 */
export function sidesOf(
  state: GuardState,
  tier: Tier,
  workspace = '',
): { readonly a: StatedSide; readonly b: StatedSide } | undefined {
  // The kept tasks are questions, so the models that answer questions come first.
  const watch = (tier === 'local' ? (['localAnswers', 'local'] as const) : [tier]).find((each) => state[each]?.before);
  const watched = watch && state[watch];
  const prompt = changedPrompts(state, tier, workspace).at(-1)?.[1];
  if (!watch || !watched) return prompt && { a: prompt.asked, b: { model: prompt.asked, prompts: 'now' } };
  const { asked } = watched.now;
  return { a: goBackTo(state, watch) ?? 'stored', b: prompt ? { model: asked, prompts: 'now' } : asked };
}

/** The name that a watch can go back to: the model before, where it can still be asked by a name of its own. */
export function goBackTo(state: GuardState, watch: Watch): string | undefined {
  const { now, before } = state[watch] ?? {};
  if (!now || !before) return undefined;
  if (before.asked !== now.asked) return before.asked;
  // An alias that now leads elsewhere: the dated name that it led to before.
  const provider = before.asked.slice(0, before.asked.indexOf('/'));
  const dated = before.returned === null ? before.asked : `${provider}/${before.returned}`;
  return before.returned === now.returned || dated === before.asked ? undefined : dated;
}
