import { effect, signal } from '@preact/signals';
import { config } from '@vscode/l10n';
import type { Tier } from '../../core/common/types.ts';
import type { ModelView, SettingsFromPage, SettingsState, SettingsToPage } from '../../protocol/settings.ts';
import { announce } from '../shared/components.tsx';
import { openChannel } from '../shared/vscodeApi.ts';
import { editChain, type ChainEdit } from './chain.ts';
import { describeChange } from './changes.ts';
import { setLanguage } from '../../core/common/language.ts';

/**
 * The host's last message. The host's settings are the truth: the page posts what the user wants and draws what comes
 * back. What is being typed lives in the components, and is not kept over a reload: a key may have been pasted into the
 * wrong box, and must not reach the page's state.
 */
export const state = signal<SettingsState | undefined>(undefined);

/** The models of each provider, as far as they were listed. */
export const models = signal<ReadonlyMap<string, readonly ModelView[]>>(new Map());

const channel = openChannel<SettingsToPage, SettingsFromPage>();
export const post = (message: SettingsFromPage): void => channel.post(message);

/** Set once the translations are there, before which nothing is drawn. */
const translated = signal(false);

export function connect(): void {
  channel.onMessage((message) => {
    switch (message.kind) {
      case 'init':
        setLanguage(document.documentElement.lang);
        config({ contents: message.l10n });
        translated.value = true;
        break;
      case 'state': {
        const before = state.value;
        asked.clear();
        state.value = message.state;
        if (!before) requestAnimationFrame(() => setTimeout(() => (whole.value = true)));
        else announceAll(describeChange(before, message.state));
        break;
      }
      case 'models':
        models.value = new Map([...models.value, [message.provider, message.models]]);
        break;
      case 'reveal':
        whole.value = true;
        // After what came with it is drawn.
        requestAnimationFrame(() => showSection(message.section));
        break;
    }
  });
  post({ kind: 'ready' });
}

/**
 * Shows only the sections whose words, or whose setting, contain all words of `text` in any case; all for an empty text.
 *
 * @returns how many sections are shown
 */
export function filterSections(text: string): number {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const section of document.querySelectorAll<HTMLElement>('.section')) {
    const own = `${section.textContent} ${section.dataset['setting'] ?? ''}`.toLowerCase();
    section.hidden = !words.every((word) => own.includes(word));
    if (!section.hidden) shown++;
  }
  return shown;
}

/** Brings a section to the top and the focus to its heading. */
export function showSection(id: string): void {
  const heading = document.getElementById(`${id}-title`);
  // A user who asks for a section sees it, also when the filter hides it.
  heading?.closest<HTMLElement>('.section')?.removeAttribute('hidden');
  heading?.scrollIntoView({ block: 'start' });
  heading?.focus({ preventScroll: true });
}

/** Whether all sections are drawn: what can be seen of a page that opens comes first. */
export const whole = signal(false);

export const isReady = (): boolean => translated.value && state.value !== undefined;

function announceAll(words: readonly string[]): void {
  if (words.length) announce(words.join(' '));
}

/** Chains posted since the last state, so that a second press before the answer builds on the first. */
const asked = new Map<Tier, readonly string[]>();

/** Posts an edit of a tier's chain, unless it changes nothing. */
export function changeChain(tier: Tier, edit: ChainEdit): void {
  const chain = asked.get(tier) ?? chainOf(tier);
  const next = editChain(chain, edit);
  if (next === chain) return;
  asked.set(tier, next);
  post({ kind: 'setTier', tier, chain: [...next] });
}

export const chainOf = (tier: Tier): readonly string[] =>
  state.value?.tiers.find((view) => view.tier === tier)?.chain.map((link) => link.ref) ?? [];

export interface ProviderDraft {
  name: string;
  kind: 'ollama' | 'openai';
  baseUrl: string;
  apiKeyEnv: string;
  headers: { name: string; value: string }[];
}

/**
 * Posts a change of a provider and reports how it ended: an empty string when it was taken, else why it was not.
 *
 * @returns stops waiting for the answer
 */
export function saveProvider(provider: ProviderDraft, onAnswer: (problem: string) => void): () => void {
  // Random, so that the answer to a page that was open before is not taken for ours.
  const edit = crypto.randomUUID();
  const { kind: providerKind, ...fields } = provider;
  const stop = effect(() => {
    const last = state.value?.lastEdit;
    if (last?.edit !== edit) return;
    // Not while the effect is still running: it stops itself.
    queueMicrotask(() => {
      stop();
      onAnswer(last.problem);
    });
  });
  post({ kind: 'setProvider', edit, ...fields, providerKind });
  return stop;
}
