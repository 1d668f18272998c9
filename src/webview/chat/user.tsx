import { t } from '@vscode/l10n';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ChipView, UserTurnView } from '../../protocol/chat.ts';
import { Icon, IconButton } from '../shared/components.tsx';
import { PlainLines } from '../shared/markdown.tsx';
import { memo } from '../shared/memo.tsx';
import { VisibleText } from '../shared/text.tsx';

/** A long question is folded to this: enough to recognise it. */
const FOLDED_CHARACTERS = 1200;
const FOLDED_LINES = 16;

export const UserTurn = memo(function UserTurn({ turn }: { turn: UserTurnView }) {
  const [open, setOpen] = useState(false);
  const folded = turn.text.slice(0, FOLDED_CHARACTERS).split('\n', FOLDED_LINES).join('\n');
  const long = folded.length < turn.text.length;
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
        {turn.chips.length > 0 && <Chips chips={turn.chips} />}
      </div>
    </article>
  );
});

const CHIP_ICONS: Readonly<Record<NonNullable<ChipView['kind']>, string>> = {
  selection: 'list-selection',
  file: 'file-code',
  escalation: 'file-code',
  folder: 'folder',
  symbol: 'symbol-method',
  problems: 'warning',
  diff: 'diff',
  terminal: 'terminal',
  search: 'search',
  url: 'globe',
  pasted: 'clippy',
  image: 'file-media',
  rules: 'law',
};

/** Context that goes, or went, along with a question. */
export function Chips({
  chips,
  onRemove,
}: {
  chips: readonly ChipView[];
  onRemove?: (id: string) => void;
}): JSX.Element {
  return (
    <ul class="chips" aria-label={t('Context')}>
      {chips.map((chip) => (
        <li key={chip.id} class="chip" title={chip.detail || chip.label}>
          <Icon name={CHIP_ICONS[chip.kind ?? 'file']} />
          <span class="chip-label">
            <VisibleText text={chip.label} />
          </span>
          <span class="chip-tokens" title={t('{0} tokens', chip.tokens)}>
            {shortCount(chip.tokens)}
            <span class="sr-only"> {t('tokens')}</span>
          </span>
          {onRemove && (
            <IconButton icon="close" label={t('Remove {0}', chip.label)} onClick={() => onRemove(chip.id)} />
          )}
        </li>
      ))}
    </ul>
  );
}

/** `1.1k` */
function shortCount(count: number): string {
  if (count < 1000) return String(count);
  const thousands = count / 1000;
  return `${thousands < 10 ? thousands.toFixed(1) : Math.round(thousands)}k`;
}
