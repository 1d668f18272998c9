import { computed, signal, type ReadonlySignal } from '@preact/signals';
import { config, t } from '@vscode/l10n';
import type { TierChoice } from '../../core/common/types.ts';
import type { ChatFromPage, ChatToPage, HitView, SuggestionView, TierView } from '../../protocol/chat.ts';
import { announce } from '../shared/components.tsx';
import { getState, openChannel, setState } from '../shared/vscodeApi.ts';
import { createPacer } from './pacer.ts';
import { describeChange, EMPTY, MAX_QUESTION, reduce, whyNotAsk, type PageEvent, type PageModel } from './state.ts';
import { setLanguage } from '../../core/common/language.ts';

/** The page's one model, and everything that changes it or talks to the host. */

const channel = openChannel<ChatToPage, ChatFromPage>();

export const model = signal<PageModel>(EMPTY);
/** Why a turn cannot be asked again now; empty if it can. */
export const wait = computed(() => ((model.value.state?.busy ?? null) !== null ? t('An answer is in progress') : ''));
const stated = computed(() => model.value.state?.tiers);
/** The same list until it says something else, so that turns are not drawn again with every message. */
export const tiers = kept<readonly TierView[]>(() => stated.value ?? []);
/** Counts the host's wishes that the cursor be in the composer. */
export const focusWishes = signal(0);
/** Counts the host's wishes that the history be shown. */
export const historyWishes = signal(0);
/** True once the translations are there, before which nothing is drawn. */
export const ready = signal(false);

/** The host's last answer to what is being typed after an `@` or `/`. */
export const suggestions = signal<{ seq: number; items: readonly SuggestionView[] }>({ seq: 0, items: [] });

/** Names in answers that lead to a file of the workspace. */
export const files = signal<ReadonlySet<string>>(new Set());
/** The host's last answer to a search in the history. */
export const hits = signal<{ seq: number; hits: readonly HitView[] }>({ seq: 0, hits: [] });

/** Counts the times a question was not sent after all, after which it comes back into the composer. */
export const cameBack = signal(0);

export const post = (message: ChatFromPage): void => channel.post(message);

function dispatch(events: readonly PageEvent[]): void {
  const before = model.value;
  const after = events.reduce(reduce, before);
  if (after === before) return;
  model.value = after;
  const words = describeChange(before, after);
  if (words) announce(words);
}

export function connect(): void {
  const pacer = createPacer<ChatToPage>(dispatch);
  channel.onMessage((message) => {
    switch (message.kind) {
      case 'init':
        setLanguage(document.documentElement.lang);
        config({ contents: message.l10n });
        ready.value = true;
        return;
      case 'focus':
        focusWishes.value++;
        return;
      case 'history':
        historyWishes.value++;
        return;
      case 'compose':
        compose(message.text);
        return;
      case 'suggestions':
        suggestions.value = message;
        return;
      case 'files':
        files.value = new Set(message.paths);
        return;
      case 'hits':
        hits.value = message;
        return;
      case 'delta':
        return pacer.later(message);
      case 'refused':
        pacer.now(message);
        cameBack.value++;
        return;
      default:
        return pacer.now(message);
    }
  });
  post({ kind: 'ready' });
}

/** After this long without a word from the host the composer is usable again. */
const HOST_MS = 5000;
/** A second click of a double click must not hit what replaced the send button. */
const DOUBLE_CLICK_MS = 500;
let askedAt = -Infinity;

/** Posts the question; false if it cannot be asked now. */
export function ask(text: string): boolean {
  const state = model.value.state;
  if (!state || !text.trim() || whyNotAsk(model.value, text.length)) return false;
  askedAt = performance.now();
  dispatch([{ kind: 'asked', text }]);
  const sent = model.value;
  setTimeout(() => {
    if (model.value.sending !== null && model.value.asked === sent.asked) dispatch([{ kind: 'unanswered' }]);
  }, HOST_MS);
  post({ kind: 'ask', text, tier: state.tier });
  return true;
}

/** Asks something else in the place of an earlier question; false if it cannot be asked now. */
export function editTurn(turnId: string, text: string): boolean {
  const state = model.value.state;
  if (!state || whyNotAsk(model.value, text.length)) return false;
  post({ kind: 'edit', turnId, text, tier: state.tier });
  return true;
}

/** Text to be put into the composer, and the how many-th it is. */
export const insertion = signal({ count: 0, text: '' });

const compose = (text: string): void => void (insertion.value = { count: insertion.value.count + 1, text });

/** Puts a text into the composer as a quotation, with the cursor below it. */
export function quote(text: string): void {
  const lines = text
    .trim()
    .split('\n')
    .map((line) => `> ${line}`.trimEnd());
  compose(`${lines.join('\n')}\n\n`);
}

/** Says below the composer why something was not taken. */
export const refuse = (words: string): void => dispatch([{ kind: 'refused', words }]);

export const stop = (): void => post({ kind: 'stop' });

export function stopByClick(): void {
  if (performance.now() - askedAt > DOUBLE_CLICK_MS) stop();
}

export function chooseTier(tier: TierChoice): void {
  dispatch([{ kind: 'tierChosen', tier }]);
  post({ kind: 'setTier', tier });
}

/** A draft larger than this is not kept over a reload: it would be written at every pause in typing. */
const MAX_DRAFT = 256 * 1024;

/** A text that the page keeps over reloads; empty where it keeps none of that name. */
function readKept(name: 'draft' | 'closedNotice'): string {
  const state = getState();
  const text: unknown = typeof state === 'object' && state !== null && Reflect.get(state, name);
  return typeof text === 'string' ? text : '';
}

export const readDraft = (): string => readKept('draft').slice(0, MAX_QUESTION);

export const keepDraft = (draft: string): void =>
  setState({ draft: draft.length > MAX_DRAFT ? '' : draft, closedNotice: closedNotice.peek() });

/** Words of the notice that the user closed last. It stays closed until it says something else. */
export const closedNotice = signal(readKept('closedNotice'));

export function closeNotice(words: string): void {
  closedNotice.value = words;
  setState({ draft: readDraft(), closedNotice: words });
}

/** A computed value that stays the same object while it says the same. */
function kept<T>(compute: () => T): ReadonlySignal<T> {
  let before: { words: string; value: T } | undefined;
  return computed(() => {
    const value = compute();
    const words = JSON.stringify(value);
    if (before?.words !== words) before = { words, value };
    return before.value;
  });
}
