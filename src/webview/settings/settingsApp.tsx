import { t } from '@vscode/l10n';
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { announce, Icon, LiveRegion } from '../shared/components.tsx';
import { VisibleText } from '../shared/text.tsx';
import { Budgets, Prices } from './money.tsx';
import { LocalModels } from './ollama.tsx';
import { Presets } from './presets.tsx';
import { Providers } from './providers.tsx';
import { Routing } from './routing.tsx';
import { Completions, Data, Diagnostics, Privacy, Problems } from './sections.tsx';
import { filterSections, isReady, showSection, state, whole } from './settingsStore.ts';
import { Tiers } from './tiers.tsx';
import { VsCodeChat } from './vsCodeChat.tsx';
import { plural } from '../../core/common/language.ts';

export function App(): JSX.Element {
  const { notice = '', problems = [] } = state.value ?? {};
  return (
    <>
      {isReady() && (
        <div class="page">
          <Contents problems={problems.length} />
          <main>
            <h1 class="sr-only">{t('Gearshift settings')}</h1>
            {notice && (
              <p class="notice">
                <Icon name="info" />
                <VisibleText text={notice} />
              </p>
            )}
            <Problems />
            <Tiers />
            {whole.value && <Rest />}
          </main>
        </div>
      )}
      <LiveRegion />
    </>
  );
}

/** The sections below the first screen. */
function Rest(): JSX.Element {
  return (
    <>
      <LocalModels />
      <Providers />
      <Presets />
      <Budgets />
      <Prices />
      <Routing />
      <Completions />
      <VsCodeChat />
      <Privacy />
      <Data />
      <Diagnostics />
    </>
  );
}

/** A section whose top is above this line of the window, in px, is the current one. */
const CURRENT_ABOVE = 120;

/** The id of the section that the user reads: the last one that begins above the line; at the end of the page, the last. */
function useCurrentSection(): string {
  const [current, setCurrent] = useState('');
  useEffect(() => {
    const look = (): void => {
      const shown = [...document.querySelectorAll<HTMLElement>('.section:not([hidden])')];
      const { scrollHeight, clientHeight } = document.documentElement;
      const isAtEnd = window.scrollY > 0 && window.scrollY + clientHeight >= scrollHeight - 2;
      const read = isAtEnd
        ? shown.at(-1)
        : (shown.findLast((section) => section.getBoundingClientRect().top < CURRENT_ABOVE) ?? shown[0]);
      setCurrent(read?.id ?? '');
    };
    look();
    document.addEventListener('scroll', look, { passive: true });
    return () => document.removeEventListener('scroll', look);
  }, []);
  return current;
}

/** The list of sections at the left, where there is room for it. */
function Contents({ problems }: { problems: number }): JSX.Element {
  const current = useCurrentSection();
  const sections = [
    ...(problems ? [['problems', t('Problems ({0})', problems)] as const] : []),
    ['tiers', t('Tiers')],
    ['ollama', t('Local models')],
    ['providers', t('Providers')],
    ['presets', t('Presets')],
    ['budgets', t('Budgets')],
    ['prices', t('Prices')],
    ['routing', t('Routing')],
    ['completions', t('Completions')],
    ['vscode-chat', t("VS Code's chat")],
    ['privacy', t('Privacy')],
    ['data', t('Data')],
    ['diagnostics', t('Diagnostics')],
  ] as const;
  return (
    <nav class="contents" aria-label={t('Sections')}>
      <Filter />
      <ul>
        {sections.map(([id, title]) => (
          <li key={id}>
            <a
              href={`#${id}`}
              aria-current={id === current ? 'true' : undefined}
              onClick={(event) => {
                event.preventDefault();
                showSection(id);
              }}
            >
              {title}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** Hides the sections that lack one of the typed words; Escape shows all again. */
function Filter(): JSX.Element {
  const apply = (text: string): void => {
    const left = filterSections(text);
    if (!text.trim()) return;
    announce(plural(left, t('{0} section matches.', left), t('{0} sections match.', left)));
  };
  return (
    <div class="filter">
      <input
        type="text"
        aria-label={t('Filter sections')}
        placeholder={t('Filter')}
        spellcheck={false}
        autocomplete="off"
        onInput={(event) => apply(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.currentTarget.value = '';
          apply('');
        }}
      />
    </div>
  );
}
