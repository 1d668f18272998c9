import { t } from '@vscode/l10n';
import type { JSX } from 'preact';
import type { VsCodeChatView } from '../../protocol/settings.ts';
import { Button, Icon } from '../shared/components.tsx';
import { VisibleText } from '../shared/text.tsx';
import { Section, Whose } from './parts.tsx';
import { post, state } from './settingsStore.ts';

/** VS Code's own chat on the tiers: what it needs, how each piece is, and what helps. */

type Level = VsCodeChatView['pieces'][number]['level'];

const icons = (): Readonly<Record<Level, readonly [icon: string, words: string]>> => ({
  ok: ['pass', t('in order')],
  info: ['circle-outline', t('not set up')],
  warning: ['warning', t('warning')],
  error: ['error', t('error')],
});

export function VsCodeChat(): JSX.Element | null {
  const view = state.value?.vsCodeChat;
  if (!view) return null;
  const { used, obstacle, pieces } = view;
  return (
    <Section id="vscode-chat" title={t("VS Code's chat")}>
      <p class="intro">
        {t("VS Code's own chat and agents run on your tiers, with your keys and your budgets, without a sign-in.")}
      </p>
      {!used && (
        <p class="hint">
          {t(
            "This turns on Microsoft's built-in chat extension. It takes about 300 MB of memory, and may use the network. You are asked first.",
          )}
        </p>
      )}
      <div class="buttons">
        {used ? (
          <>
            <Button onClick={() => post({ kind: 'vsCodeChat', action: 'open' })}>{t('Open the chat')}</Button>
            <Button secondary onClick={() => post({ kind: 'vsCodeChat', action: 'remove' })}>
              {t("Remove from VS Code's chat…")}
            </Button>
          </>
        ) : (
          <Button
            onClick={() => post({ kind: 'vsCodeChat', action: 'use' })}
            {...(obstacle && { unavailable: obstacle })}
          >
            {t("Use Gearshift in VS Code's chat…")}
          </Button>
        )}
        {obstacle && <span class="quiet">{obstacle}</span>}
      </div>
      <ul class="rows" aria-label={t("Pieces of VS Code's chat")}>
        {pieces.map((piece) => (
          <Piece key={piece.id} {...piece} />
        ))}
      </ul>
    </Section>
  );
}

function Piece({ id, name, level, text, fix }: VsCodeChatView['pieces'][number]): JSX.Element {
  const [icon, words] = icons()[level];
  return (
    <li class={`row finding ${level}`} data-piece={id}>
      <Icon name={icon} />
      <span class="sr-only">{words}</span>
      <span class="grow">
        <strong>{name}</strong>
        <span class="hint block">
          <VisibleText text={text} />
        </span>
      </span>
      {fix && (
        <Button secondary onClick={() => post({ kind: 'fixVsCodeChat', piece: id })}>
          {fix}
          <Whose name={name} />
        </Button>
      )}
    </li>
  );
}
