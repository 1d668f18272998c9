import { t } from '@vscode/l10n';
import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { IconButton } from '../shared/components.tsx';
import { VisibleText } from '../shared/text.tsx';
import { History } from './history.tsx';
import { focusWishes, model, post } from './chatStore.ts';

export function Header(): JSX.Element {
  const [open, setOpen] = useState(false);
  const historyButton = useRef<HTMLButtonElement>(null);
  const title = model.value.state?.thread.title || t('New chat');
  return (
    <header class="header">
      <h1 title={title}>
        <VisibleText text={title} />
      </h1>
      <IconButton
        icon="add"
        label={t('New chat')}
        onClick={() => {
          setOpen(false);
          post({ kind: 'newThread' });
          focusWishes.value++;
        }}
      />
      <IconButton
        icon="history"
        label={t('Chat history')}
        popup="dialog"
        expanded={open}
        buttonRef={historyButton}
        onClick={() => setOpen(!open)}
      />
      {open && (
        <History
          button={historyButton}
          onClose={(focusBack) => {
            setOpen(false);
            if (focusBack) historyButton.current?.focus();
          }}
        />
      )}
    </header>
  );
}
