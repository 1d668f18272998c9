import { t } from '@vscode/l10n';
import type { JSX, RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ThreadView } from '../../protocol/chat.ts';
import { Button, IconButton } from '../shared/components.tsx';
import { VisibleText } from '../shared/text.tsx';
import { relativeTime } from '../shared/time.ts';
import { focusWishes, model, post } from './store.ts';

interface HistoryProps {
  /** The button that shows and hides it. */
  button: RefObject<HTMLButtonElement | null>;
  onClose: (focusBack: boolean) => void;
}

/** The threads of this workspace over the conversation: arrows move, Enter opens, Delete asks once, Escape closes. */
export function History({ button, onClose }: HistoryProps): JSX.Element {
  const popup = useRef<HTMLDivElement>(null);
  const [deleting, setDeleting] = useState<string | null>(null);
  const { threads = [], thread } = model.value.state ?? {};

  const rows = (): HTMLElement[] => [...(popup.current?.querySelectorAll<HTMLElement>('[data-row]') ?? [])];
  useEffect(() => {
    const current = rows().find((row) => row.ariaCurrent === 'true') ?? rows()[0];
    (current ?? popup.current)?.focus();
    const onPointer = (event: PointerEvent): void => {
      const target = event.target as Node;
      if (!popup.current?.contains(target) && !button.current?.contains(target)) onClose(false);
    };
    document.addEventListener('pointerdown', onPointer);
    return () => document.removeEventListener('pointerdown', onPointer);
  }, []);

  const onKeyDown = (event: KeyboardEvent): void => {
    const all = rows();
    const at = all.findIndex((row) => row.parentElement?.contains(document.activeElement));
    const go = (index: number): void => {
      event.preventDefault();
      all.at(Math.max(0, Math.min(index, all.length - 1)))?.focus();
    };
    if (event.key === 'ArrowDown') go(at + 1);
    else if (event.key === 'ArrowUp') go(at - 1);
    else if (event.key === 'Home') go(0);
    else if (event.key === 'End') go(all.length - 1);
    else if (event.key === 'Delete') setDeleting(threads[at]?.id ?? null);
    else if (event.key === 'Escape') {
      event.stopPropagation();
      if (deleting === null) onClose(true);
      else {
        setDeleting(null);
        all[at]?.focus();
      }
    }
  };

  return (
    <div
      class="popup history"
      role="dialog"
      aria-label={t('Chat history')}
      tabIndex={-1}
      ref={popup}
      onKeyDown={onKeyDown}
    >
      {threads.length === 0 && <p class="popup-empty">{t('No chats in this workspace yet.')}</p>}
      <ul>
        {threads.map((entry) => (
          <li key={entry.id} class={entry.id === thread?.id ? 'current' : ''}>
            <Row
              entry={entry}
              current={entry.id === thread?.id}
              onOpen={() => {
                post({ kind: 'openThread', threadId: entry.id });
                onClose(false);
                focusWishes.value++;
              }}
            />
            {deleting === entry.id ? (
              <ConfirmDelete
                onDelete={() => {
                  post({ kind: 'deleteThread', threadId: entry.id });
                  setDeleting(null);
                  popup.current?.focus();
                }}
                onKeep={() => {
                  setDeleting(null);
                  popup.current?.focus();
                }}
              />
            ) : (
              <IconButton icon="trash" label={t('Delete {0}', titleOf(entry))} onClick={() => setDeleting(entry.id)} />
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}

const titleOf = (entry: ThreadView): string => entry.title || t('New chat');

function Row({ entry, current, onOpen }: { entry: ThreadView; current: boolean; onOpen: () => void }): JSX.Element {
  return (
    <button
      type="button"
      class="history-row"
      data-row
      title={titleOf(entry)}
      aria-current={current ? 'true' : undefined}
      onClick={onOpen}
    >
      <span class="history-title">
        <VisibleText text={titleOf(entry)} />
      </span>
      <span class="history-time">{relativeTime(entry.updatedAt, Date.now(), document.documentElement.lang)}</span>
    </button>
  );
}

/** In the row itself, so that a slip of the hand costs nothing and no dialog is needed. */
function ConfirmDelete({ onDelete, onKeep }: { onDelete: () => void; onKeep: () => void }): JSX.Element {
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => first.current?.focus(), []);
  return (
    <span class="history-confirm">
      <Button buttonRef={first} onClick={onDelete}>
        {t('Delete')}
      </Button>
      <Button secondary onClick={onKeep}>
        {t('Keep')}
      </Button>
    </span>
  );
}
