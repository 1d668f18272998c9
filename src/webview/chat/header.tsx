import { t } from '@vscode/l10n';
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { IconButton } from '../shared/components.tsx';
import { VisibleText } from '../shared/text.tsx';
import { History } from './history.tsx';
import { focusWishes, historyWishes, model, post } from './chatStore.ts';

/** The title, and in an editor tab *New chat* and the history: a view has them in its own title. */
export function Header(): JSX.Element {
  const [open, setOpen] = useState(false);
  const historyButton = useRef<HTMLButtonElement>(null);
  const { thread, inView = false } = model.value.state ?? {};
  const title = thread?.title || t('New chat');
  const wishes = historyWishes.value;
  useEffect(() => {
    if (wishes > 0) setOpen(true);
  }, [wishes]);
  return (
    <header class={inView ? 'header in-view' : 'header'}>
      <h1 title={title} class={inView ? 'sr-only' : ''}>
        <VisibleText text={title} />
      </h1>
      {!inView && (
        <>
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
        </>
      )}
      {open && (
        <History
          button={historyButton}
          onClose={(focusBack) => {
            setOpen(false);
            if (!focusBack) return;
            if (historyButton.current) historyButton.current.focus();
            else focusWishes.value++;
          }}
        />
      )}
    </header>
  );
}
