import { t } from '@vscode/l10n';
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ChipView, UserTurnView, VersionsView } from '../../protocol/chat.ts';
import { Button, Icon, IconButton } from '../shared/components.tsx';
import { PlainLines } from '../shared/markdown.tsx';
import { memo } from '../shared/memo.tsx';
import { VisibleText } from '../shared/text.tsx';
import { editTurn, focusWishes, post, wait } from './chatStore.ts';
import { plural } from '../../core/common/language.ts';
import { formatCount } from '../../core/common/format.ts';

/** A long question is folded to this: enough to recognize it. */
const FOLDED_CHARACTERS = 1200;
const FOLDED_LINES = 16;

export const UserTurn = memo(function UserTurn({ turn }: { turn: UserTurnView }) {
  const [open, setOpen] = useState(false);
  const folded = turn.text.slice(0, FOLDED_CHARACTERS).split('\n', FOLDED_LINES).join('\n');
  const long = folded.length < turn.text.length;
  const [editing, setEditing] = useState(false);
  const editButton = useRef<HTMLButtonElement>(null);
  if (editing)
    return (
      <EditTurn
        turn={turn}
        onDone={(focusBack) => {
          setEditing(false);
          if (focusBack) setTimeout(() => editButton.current?.focus());
        }}
      />
    );
  return (
    <article class="turn user" aria-labelledby={`turn-${turn.id}`}>
      <h2 class="sr-only" id={`turn-${turn.id}`}>
        {t('You')}
      </h2>
      <div class="bubble">
        <PlainLines text={long && !open ? `${folded} …` : turn.text} />
        {long && (
          <button type="button" class="text-button" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? t('Show less') : t('Show all')}
          </button>
        )}
        {turn.prompt && (
          <details class="prompt">
            <summary>
              <Icon name="chevron-right" />
              <VisibleText text={turn.prompt.label} />
            </summary>
            <PlainLines text={turn.prompt.text} />
          </details>
        )}
        {turn.chips.length > 0 && <Chips chips={turn.chips} />}
        {turn.chips.map((chip) => chip.pieces && <Pieces key={chip.id} turnId={turn.id} chip={chip} />)}
      </div>
      <div class="turn-actions" role="toolbar" aria-label={t('Question')}>
        {turn.versions && <Versions versions={turn.versions} />}
        <IconButton
          icon="edit"
          label={t('Edit and ask again')}
          buttonRef={editButton}
          unavailable={wait}
          onClick={() => setEditing(true)}
        />
      </div>
    </article>
  );
});

/**
 * The question as a field: Enter asks it in the place of the old one, which stays as another version. Then the composer
 * takes the focus; after a cancellation the button that opened the field does.
 */
function EditTurn({ turn, onDone }: { turn: UserTurnView; onDone: (focusBack: boolean) => void }): JSX.Element {
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    field.current?.focus();
    field.current?.setSelectionRange(turn.text.length, turn.text.length);
  }, []);
  const send = (): void => {
    const text = field.current?.value ?? '';
    if (!text.trim() || !editTurn(turn.id, text)) return;
    onDone(false);
    focusWishes.value++;
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === 'Enter' && !event.shiftKey && !event.altKey) send();
    else if (event.key === 'Escape') onDone(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <article class="turn user editing">
      <textarea
        ref={field}
        class="edit-field"
        defaultValue={turn.text}
        aria-label={t('Edit the question')}
        spellcheck={false}
        rows={1}
        onKeyDown={onKeyDown}
      />
      {turn.chips.length > 0 && <Chips chips={turn.chips} />}
      <div class="buttons">
        <Button onClick={send}>{t('Ask')}</Button>
        <Button secondary onClick={() => onDone(true)}>
          {t('Cancel')}
        </Button>
      </div>
    </article>
  );
}

/** Goes through what was asked, or answered, in one place. */
export function Versions({ versions }: { versions: VersionsView }): JSX.Element {
  const { at, of, previous, next } = versions;
  const go = (turnId: string | null): void => {
    if (turnId) post({ kind: 'useTurn', turnId });
  };
  const busy = wait.value;
  return (
    <span class="versions">
      <IconButton
        icon="chevron-left"
        label={t('Previous version')}
        {...(busy || !previous ? { unavailable: busy || t('This is the first') } : {})}
        onClick={() => go(previous)}
      />
      <span aria-label={t('Version {0} of {1}', at, of)} role="img">
        {at}/{of}
      </span>
      <IconButton
        icon="chevron-right"
        label={t('Next version')}
        {...(busy || !next ? { unavailable: busy || t('This is the last') } : {})}
        onClick={() => go(next)}
      />
    </span>
  );
}

export const CHIP_ICONS: Readonly<Record<NonNullable<ChipView['kind']>, string>> = {
  selection: 'list-selection',
  file: 'file-code',
  escalation: 'file-code',
  folder: 'folder',
  symbol: 'symbol-method',
  problems: 'warning',
  diff: 'diff',
  terminal: 'terminal',
  search: 'search',
  codebase: 'library',
  url: 'globe',
  pasted: 'clippy',
  image: 'file-media',
  rules: 'law',
};

/** The pieces of files that were taken, each with its tokens and a link to it. */
function Pieces({ turnId, chip }: { turnId: string; chip: ChipView }): JSX.Element {
  const { pieces = [] } = chip;
  return (
    <details class="prompt pieces">
      <summary>
        <Icon name="chevron-right" />
        {plural(pieces.length, t('{0} piece of the codebase', 1), t('{0} pieces of the codebase', pieces.length))}
      </summary>
      <ul>
        {pieces.map((piece, i) => (
          <li key={piece.label}>
            <button
              type="button"
              class="text-button"
              title={t('Open {0}', piece.label)}
              onClick={() => post({ kind: 'openPiece', turnId, chipId: chip.id, piece: i })}
            >
              <VisibleText text={piece.label} />
            </button>
            <span class="piece-facts">
              {piece.symbol && <VisibleText text={piece.symbol} />}
              <span>{t('{0} tokens', formatCount(piece.tokens))}</span>
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}

/** Context that goes, or went, along with a question. */
export function Chips({
  chips,
  onRemove,
  onStrip,
}: {
  chips: readonly ChipView[];
  onRemove?: (id: string) => void;
  /** Takes the hidden characters out. */
  onStrip?: (id: string) => void;
}): JSX.Element {
  return (
    <ul class="chips" aria-label={t('Context')}>
      {chips.map((chip) => (
        <li key={chip.id} class="chip" title={chip.detail || chip.label}>
          <Icon name={CHIP_ICONS[chip.kind ?? 'file']} />
          <span class="chip-label">
            <VisibleText text={chip.label} />
          </span>
          <ChipFacts chip={chip} />
          {chip.hidden !== undefined && onStrip && (
            <IconButton icon="eye-closed" label={hiddenWords(chip.hidden)} onClick={() => onStrip(chip.id)} />
          )}
          {onRemove && (
            <IconButton icon="close" label={t('Remove {0}', chip.label)} onClick={() => onRemove(chip.id)} />
          )}
        </li>
      ))}
    </ul>
  );
}

/** Tokens of a piece of context, and how many secrets in it are masked. */
export function ChipFacts({ chip }: { chip: ChipView }): JSX.Element {
  return (
    <>
      <span class="chip-tokens" title={t('{0} tokens', chip.tokens)}>
        {formatCount(chip.tokens)}
        <span class="sr-only"> {t('tokens')}</span>
      </span>
      {chip.secrets !== undefined && (
        <span class="chip-secrets" title={secretWords(chip.secrets)}>
          <Icon name="lock" />
          <span aria-hidden="true">{chip.secrets}</span>
          <span class="sr-only">{secretWords(chip.secrets)}</span>
        </span>
      )}
    </>
  );
}

const secretWords = (count: number): string =>
  plural(
    count,
    t('{0} secret is masked before it leaves this machine', count),
    t('{0} secrets are masked before they leave this machine', count),
  );

const hiddenWords = (count: number): string =>
  plural(
    count,
    t('Remove {0} hidden character that a model would read', count),
    t('Remove {0} hidden characters that a model would read', count),
  );
