import type { BookEntry } from '../../servers/book.ts';
import type { Timing } from '../../servers/runner.ts';
import type { Ghost, Shown } from './screen.ts';
import { findOwed } from './owed.ts';
import { tokenize } from '../../servers/text.ts';

/** Where the user is in the program. */
export interface Spot {
  /** What the line of the cursor says up to it. */
  readonly before: string;
  /** What VS Code closed by itself: it is behind the cursor. */
  readonly rest: string;
  /**
   * What is still missing, as the file has it, up to the next line that VS Code closed by itself: ghost text is right when
   * this starts with it.
   */
  readonly missing: string;
}

/** One key of a trace, as it went. */
export interface TypedKey {
  /** Ms since the epoch. */
  readonly at: number;
  readonly spot: Spot;
  readonly spotAfter: Spot;
  readonly ghost: Shown;
  /** VS Code's own list of suggestions was on screen. */
  readonly listed: boolean;
  /** A key that only mends what the editor did by itself, steps over it, or closes VS Code's own list. */
  readonly mends: boolean;
  /** A key that only moves the cursor, after which VS Code asks for no ghost text. */
  readonly moves: boolean;
  /** The rest that follows it, in ms. */
  readonly restMs: number;
}

/** What one pass over the traces brought. */
export interface Pass {
  readonly keys: TypedKey[];
  readonly ghosts: Ghost[];
  readonly calls: readonly BookEntry[];
  readonly timing: Timing;
  readonly seconds: number;
  readonly cpuMs: number | undefined;
  /** Characters that accepting brought, all of them and those that did not belong there; keys pressed for that. */
  readonly accepted: { readonly characters: number; readonly wrong: number; readonly keys: number };
}

export type Verdict = 'right' | 'over' | 'wrong' | 'none';

/** Text without the indentation that the editor shows in its own way. */
const plain = (text: string): string =>
  text.replaceAll('\t', ' ').replace(/[ ]+/g, ' ').replace(/\s+$/gm, '').trimStart();

/** Judges ghost text with what VS Code closed behind the cursor: it may be there as long as the program has yet to say it. */
export function judgeShown(shown: Shown, { before, rest, missing }: Spot): Verdict {
  const [whole, typed] = [plain(shown.whole), plain(before)];
  // The screen is a frame behind the document.
  if (shown.text.trim() === '' || !whole.startsWith(typed)) return judgeGhost(shown.text, missing);
  const added = whole.slice(typed.length);
  const verdict = judgeGhost(added, missing);
  const owed = plain(rest);
  if (verdict === 'right' || owed === '' || !added.endsWith(owed)) return verdict;
  const alone = added.slice(0, -owed.length);
  const judged = judgeGhost(alone, missing);
  return judged === 'right' && findOwed(alone, owed) >= 0 ? 'wrong' : judged;
}

/** Ghost text as it would look without the indentation that the editor shows in its own way. */
export function judgeGhost(ghost: string, missing: string): Verdict {
  if (ghost.trim() === '') return 'none';
  const [a, b] = [plain(ghost), plain(missing)];
  if (b.startsWith(a)) return 'right';
  return b !== '' && a.startsWith(b) ? 'over' : 'wrong';
}

export interface Figures {
  readonly [name: string]: number | undefined;
}

export function figuresOf(pass: Pass, pauseMs: number): Figures {
  const { keys, ghosts, calls, seconds } = pass;
  const typed = keys.filter(({ mends }) => !mends);
  const per100 = (n: number): number => (n * 100) / Math.max(1, keys.length);
  const share = (n: number, of: number): number => (of ? (100 * n) / of : NaN);
  const verdicts = typed.map(({ ghost, spot }) => judgeShown(ghost, spot));
  const right = verdicts.filter((verdict) => verdict === 'right').length;
  const pauses = keys.flatMap((key, i) =>
    key.restMs >= pauseMs && keys[i + 1] ? [{ key, next: keys[i + 1] as TypedKey }] : [],
  );
  const atEnd = pauses.filter(({ key }) => !key.moves).map(({ next }) => judgeShown(next.ghost, next.spot));
  const waits = pauses.flatMap(({ key, next }) => waitOf(key, next, pass));
  const busyMs = calls.reduce((sum, call) => sum + ((call.closedAt ?? call.receivedAt) - call.receivedAt), 0);
  const sum = (of: (call: BookEntry) => number): number => calls.reduce((total, call) => total + of(call), 0);
  const promptOf = (call: BookEntry): string => JSON.stringify((call.body as { prompt?: string }).prompt);
  // Ghost text comes between keys too, and what we add to the model's time is the same there.
  const everywhere = keys.flatMap((key, i) => (keys[i + 1] ? waitOf(key, keys[i + 1] as TypedKey, pass) : []));
  const own = everywhere.map(({ ms, modelMs }) => Math.max(0, ms - modelMs));
  return {
    keys: keys.length,
    'pauses after typing': atEnd.length,
    'pauses after the cursor was moved, where VS Code asks for nothing': pauses.length - atEnd.length,
    'keys typed while right ghost text is on screen, %': share(right, typed.length),
    '... while wrong ghost text is on screen, %': share(
      verdicts.filter((verdict) => verdict === 'wrong' || verdict === 'over').length,
      typed.length,
    ),
    'wrong suggestions that came up per 100 keys': per100(wrongSuggestions(keys, ghosts)),
    "keys typed while VS Code's own list is on screen, %": share(
      typed.filter(({ listed }) => listed).length,
      typed.length,
    ),
    'pauses after typing that end with right ghost text, %': share(
      atEnd.filter((v) => v === 'right').length,
      atEnd.length,
    ),
    '... that runs over into the suffix, %': share(atEnd.filter((v) => v === 'over').length, atEnd.length),
    '... wrong, %': share(atEnd.filter((v) => v === 'wrong').length, atEnd.length),
    'pauses where it was not already up': waits.length,
    'last key to ghost text there, p50 ms': quantile(
      waits.map(({ ms }) => ms),
      0.5,
    ),
    'last key to ghost text there, p95 ms': quantile(
      waits.map(({ ms }) => ms),
      0.95,
    ),
    "model's own share of it, p50 ms": quantile(
      waits.map(({ modelMs }) => modelMs),
      0.5,
    ),
    'times that ghost text came up between two keys': everywhere.length,
    "there without the model's time (50 ms of it VS Code's own wait), p50 ms": quantile(own, 0.5),
    '... p95 ms': quantile(own, 0.95),
    'requests per 100 keys': per100(calls.length),
    'requests closed before their end per 100 keys': per100(
      calls.filter(({ closedBy }) => closedBy === 'client').length,
    ),
    'requests that repeat the one before, %': share(
      calls.filter((call, i) => i > 0 && promptOf(call) === promptOf(calls[i - 1] as BookEntry)).length,
      calls.length,
    ),
    'prompt tokens evaluated per 100 keys': per100(sum(({ tokens }) => tokens.inputFresh)),
    'share of prompt tokens evaluated, %': share(
      sum(({ tokens }) => tokens.inputFresh),
      sum(({ tokens }) => tokens.inputFresh + tokens.inputCached),
    ),
    'tokens generated per 100 keys': per100(sum(({ tokens }) => tokens.output)),
    'server busy, %': (100 * busyMs) / (seconds * 1000),
    'flickers per 100 keys that matched': flickers(typed, ghosts, REDRAW_MS, Infinity),
    '... of up to three frames, as VS Code draws it again where a line ends': flickers(typed, ghosts, 0, REDRAW_MS),
    'keys saved, accepting at each pause, %': pass.accepted.keys
      ? share(
          pass.accepted.characters - pass.accepted.wrong - pass.accepted.keys,
          pass.accepted.characters - pass.accepted.wrong + keys.length,
        )
      : undefined,
    'characters inserted wrongly': pass.accepted.keys ? pass.accepted.wrong : undefined,
    'extension host CPU per 100 keys, ms': pass.cpuMs === undefined ? undefined : per100(pass.cpuMs),
  };
}

/** How long a pause had to wait for ghost text, and what of that the model took; empty when it was up already or never came. */
function waitOf(key: TypedKey, next: TypedKey, { ghosts, calls, timing }: Pass): { ms: number; modelMs: number }[] {
  if (shownAfter(key)) return [];
  const shown = ghosts.find(
    (ghost) => ghost.at >= key.at && ghost.at < next.at && judgeShown(ghost, key.spotAfter) === 'right',
  );
  if (!shown) return [];
  const call = calls.findLast(({ receivedAt }) => receivedAt <= shown.at);
  if (!call) return [{ ms: shown.at - key.at, modelMs: 0 }];
  const firstLine = tokenize(shown.text.split('\n')[0] ?? '').length + 1;
  const readyAt =
    call.receivedAt +
    (1000 * call.tokens.inputFresh) / timing.promptTokensPerSecond +
    (1000 * firstLine) / timing.decodeTokensPerSecond;
  const modelMs = Math.max(0, Math.min(shown.at, readyAt) - Math.max(key.at, call.receivedAt));
  return [{ ms: shown.at - key.at, modelMs }];
}

/** The ghost text had more to say than this key. */
const shownAfter = ({ ghost, spot, spotAfter }: TypedKey): boolean =>
  judgeShown(ghost, spot) === 'right' && ghost.text.length > spot.missing.length - spotAfter.missing.length;

/** Suggestions that came up, were drawn, and are not what the user types; each counts once, as long as the user types along. */
function wrongSuggestions(keys: readonly TypedKey[], ghosts: readonly Ghost[]): number {
  let count = 0;
  let last = '';
  let n = 0;
  for (const [i, ghost] of ghosts.entries()) {
    // VS Code draws ghost text again within three frames, a piece of it at a time.
    if ((ghosts[i + 1]?.at ?? Infinity) - ghost.at < REDRAW_MS) continue;
    while (keys[n + 1] && (keys[n + 1]?.at ?? 0) <= ghost.at) n++;
    const spot = keys[n]?.spotAfter;
    if (!ghost.painted || !spot || ghost.at < (keys[0]?.at ?? 0)) continue;
    const verdict = judgeShown(ghost, spot);
    const isWrong = verdict === 'wrong' || verdict === 'over';
    // Its rest, after keys that agreed with it, is the same suggestion.
    if (isWrong && !last.endsWith(ghost.text)) count++;
    if (ghost.text !== '') last = isWrong ? ghost.text : '';
  }
  return count;
}

/** Shorter gaps are the editor's own: it draws ghost text again when a line ends, within three frames. */
const REDRAW_MS = 50;

/** Ghost text that was right, and still is after a key that agreed with it, goes away and comes again. */
function flickers(typed: readonly TypedKey[], ghosts: readonly Ghost[], from: number, to: number): number {
  const matched = typed.filter(shownAfter);
  const gone = matched.filter((key) => {
    const next = typed[typed.indexOf(key) + 1];
    const until = Math.min(next?.at ?? Infinity, key.at + 400);
    const at = ghosts.findIndex(
      (ghost) => ghost.at >= key.at && ghost.at < until && ghost.text === '' && ghost.painted,
    );
    const [gap, back] = [ghosts[at], ghosts[at + 1]];
    const ms = at >= 0 && gap && back && back.at < until ? back.at - gap.at : 0;
    return ms > from && ms <= to;
  });
  return (gone.length * 100) / Math.max(1, matched.length);
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN;
}
