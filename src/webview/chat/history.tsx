import { t } from '@vscode/l10n';
import type { JSX, RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { HitView, ThreadView } from '../../protocol/chat.ts';
import { announce, Button, Icon, IconButton } from '../shared/components.tsx';
import { MenuButton } from '../shared/menu.tsx';
import { VisibleText } from '../shared/text.tsx';
import { groupByDay, relativeTime } from '../shared/time.ts';
import { focusWishes, hits, model, post } from './chatStore.ts';
import { plural } from '../../core/common/language.ts';

interface HistoryProps {
  /** The button that shows and hides it. */
  button: RefObject<HTMLButtonElement | null>;
  onClose: (focusBack: boolean) => void;
}

const PAUSE_MS = 150;
let lastSeq = 0;

/**
 * The threads of this workspace over the conversation. Arrows move, Enter opens, F2 renames, Delete deletes (and can be
 * undone), letters search, Escape closes.
 */
export function History({ button, onClose }: HistoryProps): JSX.Element {
  const popup = useRef<HTMLDivElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const [query, setQuery] = useState('');
  const [renaming, setRenaming] = useState<string | null>(null);
  const [deleted, setDeleted] = useState<ThreadView | null>(null);
  const found = useSearch(query);
  const { threads = [] } = model.value.state ?? {};

  usePopup(popup, button, () => onClose(false));

  const open = (threadId: string): void => {
    post({ kind: 'openThread', threadId });
    onClose(false);
    focusWishes.value++;
  };
  const remove = (entry: ThreadView): void => {
    post({ kind: 'deleteThread', threadId: entry.id });
    setDeleted(entry);
    announce(t('{0} was deleted', titleOf(entry)));
    popup.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (renaming !== null) return;
    const all = rowsOf(popup.current);
    const at = all.findIndex((row) => row.parentElement?.contains(document.activeElement));
    const entry = found ? undefined : threads[at];
    const inField = document.activeElement === search.current;
    const go = (index: number): void => {
      event.preventDefault();
      if (index < 0) search.current?.focus();
      else all.at(Math.min(index, all.length - 1))?.focus();
    };
    if (event.key === 'ArrowDown') go(inField ? 0 : at + 1);
    else if (event.key === 'ArrowUp' && !inField) go(at - 1);
    else if (event.key === 'Home' && !inField) go(0);
    else if (event.key === 'End' && !inField) go(all.length - 1);
    else if (event.key === 'Delete' && !inField && entry) remove(entry);
    else if (event.key === 'F2' && entry) setRenaming(entry.id);
    else if (event.key === 'Escape') {
      event.stopPropagation();
      onClose(true);
    } else if (event.key.length === 1 && event.key !== ' ' && !event.ctrlKey && !event.metaKey && !inField)
      // The letter lands in the field that has the focus by then.
      search.current?.focus();
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
      <div class="history-search">
        <Icon name="search" />
        <input
          ref={search}
          type="text"
          value={query}
          placeholder={t('Search chats')}
          aria-label={t('Search chats')}
          spellcheck={false}
          onInput={(event) => setQuery(event.currentTarget.value)}
        />
      </div>
      {deleted && (
        <Undo
          entry={deleted}
          onDone={() => {
            setDeleted(null);
            popup.current?.focus();
          }}
        />
      )}
      {found ? (
        <Hits found={found} onOpen={open} />
      ) : (
        <Threads
          renaming={renaming}
          onOpen={open}
          onRename={setRenaming}
          onRenamed={() => {
            setRenaming(null);
            popup.current?.focus();
          }}
          onDelete={remove}
          onOthers={() => {
            post({ kind: 'otherChats' });
            onClose(false);
          }}
        />
      )}
    </div>
  );
}

const rowsOf = (popup: HTMLElement | null): HTMLElement[] => [
  ...(popup?.querySelectorAll<HTMLElement>('[data-row]') ?? []),
];

/** Gives the open popup the focus, at the current row, and closes it when the user clicks outside it and its button. */
function usePopup(
  popup: RefObject<HTMLElement | null>,
  button: RefObject<HTMLElement | null>,
  onClickOutside: () => void,
): void {
  useEffect(() => {
    const rows = rowsOf(popup.current);
    const current = rows.find((row) => row.ariaCurrent === 'true') ?? rows[0];
    (current ?? popup.current)?.focus();
    const onPointer = (event: PointerEvent): void => {
      const target = event.target as Element;
      if (!popup.current?.contains(target) && !button.current?.contains(target)) onClickOutside();
    };
    document.addEventListener('pointerdown', onPointer);
    return () => document.removeEventListener('pointerdown', onPointer);
  }, []);
}

/** Offers to bring a deleted thread back. */
function Undo({ entry, onDone }: { entry: ThreadView; onDone: () => void }): JSX.Element {
  return (
    <div class="history-undo">
      <span>
        <VisibleText text={t('{0} was deleted', titleOf(entry))} />
      </span>
      <Button
        secondary
        onClick={() => {
          post({ kind: 'undoDelete', threadId: entry.id });
          onDone();
        }}
      >
        {t('Undo')}
      </Button>
    </div>
  );
}

interface ThreadsProps {
  /** Id of the thread whose name is edited. */
  renaming: string | null;
  onOpen: (threadId: string) => void;
  onRename: (threadId: string) => void;
  onRenamed: () => void;
  onDelete: (entry: ThreadView) => void;
  onOthers: () => void;
}

function Threads({ renaming, onOpen, onRename, onRenamed, onDelete, onOthers }: ThreadsProps): JSX.Element {
  const { threads = [], thread } = model.value.state ?? {};
  return (
    <>
      {threads.length === 0 && <p class="popup-empty">{t('No chats in this workspace yet.')}</p>}
      {groupByDay(threads, Date.now()).map(({ name, entries }) => (
        <section key={name} aria-label={name}>
          <h2 class="history-group">{name}</h2>
          <ul>
            {entries.map((entry) => (
              <li key={entry.id} class={entry.id === thread?.id ? 'current' : ''}>
                {renaming === entry.id ? (
                  <Rename entry={entry} onDone={onRenamed} />
                ) : (
                  <>
                    <Row entry={entry} current={entry.id === thread?.id} onOpen={() => onOpen(entry.id)} />
                    <RowTools entry={entry} onRename={() => onRename(entry.id)} onDelete={() => onDelete(entry)} />
                  </>
                )}
              </li>
            ))}
          </ul>
        </section>
      ))}
      <button type="button" class="history-row other-chats" onClick={onOthers}>
        <Icon name="folder" />
        {t('Chats from other folders…')}
      </button>
    </>
  );
}

/** The hits of a query; null while there is none, or no answer yet. */
function useSearch(query: string): readonly HitView[] | null {
  const seq = useRef(0);
  useEffect(() => {
    if (!query.trim()) return;
    const timer = setTimeout(() => {
      seq.current = ++lastSeq;
      post({ kind: 'searchThreads', seq: seq.current, query });
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [query]);
  const answer = hits.value;
  return query.trim() && answer.seq > 0 && answer.seq === seq.current ? answer.hits : null;
}

const titleOf = (entry: { readonly title: string }): string => entry.title || t('New chat');

function Hits({ found, onOpen }: { found: readonly HitView[]; onOpen: (threadId: string) => void }): JSX.Element {
  useEffect(() => announce(plural(found.length, t('{0} hit', found.length), t('{0} hits', found.length))), [found]);
  if (found.length === 0) return <p class="popup-empty">{t('Nothing found.')}</p>;
  return (
    <ul>
      {found.map((hit, i) => (
        <li key={i}>
          <button type="button" class="history-row hit" data-row onClick={() => onOpen(hit.threadId)}>
            <span class="history-title">
              <VisibleText text={titleOf(hit)} />
            </span>
            <span class="hit-text">
              <VisibleText text={hit.before} />
              <mark>
                <VisibleText text={hit.match} />
              </mark>
              <VisibleText text={hit.after} />
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

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
      {entry.pinned && <Icon name="pinned" />}
      <span class="history-title">
        <VisibleText text={titleOf(entry)} />
      </span>
      {entry.cost && <span class="history-cost">{entry.cost}</span>}
      <span class="history-time">{relativeTime(entry.updatedAt, Date.now(), document.documentElement.lang)}</span>
    </button>
  );
}

function RowTools(props: { entry: ThreadView; onRename: () => void; onDelete: () => void }): JSX.Element {
  const { entry, onRename, onDelete } = props;
  const { id: threadId, pinned } = entry;
  const title = titleOf(entry);
  return (
    <span class="history-tools">
      <IconButton icon="edit" label={t('Rename {0}', title)} onClick={onRename} />
      <IconButton
        icon={pinned ? 'pinned' : 'pin'}
        label={pinned ? t('Unpin {0}', title) : t('Pin {0}', title)}
        onClick={() => post({ kind: 'pinThread', threadId, pinned: !pinned })}
      />
      <MenuButton
        icon="export"
        label={t('Export {0}', title)}
        items={[
          {
            icon: 'markdown',
            label: t('As Markdown'),
            onChoose: () => post({ kind: 'exportThread', threadId, format: 'markdown' }),
          },
          {
            icon: 'json',
            label: t('As JSON'),
            onChoose: () => post({ kind: 'exportThread', threadId, format: 'json' }),
          },
        ]}
      />
      <IconButton icon="trash" label={t('Delete {0}', title)} onClick={onDelete} />
    </span>
  );
}

function Rename({ entry, onDone }: { entry: ThreadView; onDone: () => void }): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.select(), []);
  const save = (): void => {
    const title = field.current?.value.trim() ?? '';
    if (title && title !== entry.title) post({ kind: 'renameThread', threadId: entry.id, title });
    onDone();
  };
  return (
    <input
      ref={field}
      type="text"
      class="rename"
      aria-label={t('New name')}
      defaultValue={entry.title}
      spellcheck={false}
      onKeyDown={(event) => {
        if (event.isComposing) return;
        if (event.key === 'Enter') save();
        else if (event.key === 'Escape') onDone();
        else return;
        event.preventDefault();
        event.stopPropagation();
      }}
    />
  );
}
