import { t } from '@vscode/l10n';
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Tier, TierChoice } from '../../core/common/types.ts';
import type { TierView } from '../../protocol/chat.ts';
import { Icon } from '../shared/components.tsx';
import { VisibleText } from '../shared/text.tsx';
import { TierState } from './empty.tsx';
import { TIER_ICONS, tierName } from '../shared/tiers.ts';
import { chooseTier, focusWishes, model, post } from './chatStore.ts';

/** A button that opens the list of tiers with model, price and state: a native select could not show these. */
export function TierPicker(): JSX.Element | null {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const { state } = model.value;
  if (!state) return null;
  const current = state.tiers.find((tier) => tier.tier === state.tier);
  const name = state.model === null ? tierName(state.tier) : state.model.slice(state.model.lastIndexOf('/') + 1);
  return (
    <>
      <button
        type="button"
        class="tier-button"
        ref={button}
        title={
          state.model === null
            ? [name, current?.model, current?.price, current?.state].filter(Boolean).join(' · ')
            : t('{0}, for the next question only', state.model)
        }
        aria-haspopup="listbox"
        aria-expanded={open}
        aria-label={state.model === null ? t('Tier: {0}', name) : t('Model for the next question: {0}', state.model)}
        onClick={() => setOpen(!open)}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
          event.preventDefault();
          setOpen(true);
        }}
      >
        <Icon name={current && !current.ready ? 'warning' : TIER_ICONS[state.tier]} />
        <span class="tier-name">{name}</span>
        <Icon name="chevron-down" />
      </button>
      {open && (
        <TierList
          tiers={state.tiers.filter(({ tier, answers }) => answers !== false || tier === state.tier)}
          chosen={state.tier}
          model={state.model}
          onClose={(focusBack) => {
            setOpen(false);
            if (focusBack) button.current?.focus();
          }}
          contains={(node) => button.current?.contains(node) ?? false}
        />
      )}
    </>
  );
}

interface TierListProps {
  tiers: readonly TierView[];
  chosen: TierChoice;
  /** Chosen for the next question. */
  model: string | null;
  onClose: (focusBack: boolean) => void;
  contains: (node: Node) => boolean;
}

/** A row of the list: a tier, a comparison after its model changed, a model of its chain for one question, or any other. */
type Row =
  | { readonly id: string; readonly kind: 'tier'; readonly tier: TierView }
  | { readonly id: string; readonly kind: 'model'; readonly tier: Tier; readonly name: string; readonly price: string }
  | { readonly id: string; readonly kind: 'compare'; readonly tier: Tier; readonly words: string }
  | { readonly id: string; readonly kind: 'other' };

const rowsOf = (tiers: readonly TierView[]): readonly Row[] => [
  ...tiers.flatMap((tier): Row[] => [
    { id: `tier-${tier.tier}`, kind: 'tier', tier },
    ...(tier.tier !== 'auto' && tier.changed
      ? [{ id: `compare-${tier.tier}`, kind: 'compare', tier: tier.tier, words: tier.changed.compare } as const]
      : []),
    // With one model the tier itself is that model.
    ...(tier.tier !== 'auto' && tier.models.length > 1
      ? tier.models.map(({ name, price }, i): Row => ({
          ...{ id: `model-${tier.tier}-${i}`, kind: 'model', tier: tier.tier as Tier },
          ...{ name, price },
        }))
      : []),
  ]),
  { id: 'other-model', kind: 'other' },
];

function TierList({ tiers, chosen, model, onClose, contains }: TierListProps): JSX.Element {
  const list = useRef<HTMLUListElement>(null);
  const rows = rowsOf(tiers);
  const isChosen = (row: Row): boolean =>
    row.kind === 'tier' ? model === null && row.tier.tier === chosen : row.kind === 'model' && row.name === model;
  const [active, setActive] = useState(Math.max(0, rows.findIndex(isChosen)));
  useEffect(() => {
    list.current?.focus();
    const onPointer = (event: PointerEvent): void => {
      const target = event.target as Node;
      if (!list.current?.contains(target) && !contains(target)) onClose(false);
    };
    document.addEventListener('pointerdown', onPointer);
    return () => document.removeEventListener('pointerdown', onPointer);
  }, []);
  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: 'nearest' });
  }, [active]);

  const choose = (index: number): void => {
    const row = rows[index];
    if (row?.kind === 'tier') chooseTier(row.tier.tier);
    if (row?.kind === 'model') post({ kind: 'setModel', tier: row.tier, model: row.name });
    if (row?.kind === 'compare') post({ kind: 'compareTier', tier: row.tier });
    if (row?.kind === 'other') post({ kind: 'otherModel' });
    onClose(false);
    // The others ask on, in a dialog of VS Code.
    if (row?.kind === 'tier' || row?.kind === 'model') focusWishes.value++;
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const to = TARGETS[event.key]?.(active, rows.length);
    if (to !== undefined) setActive(Math.max(0, Math.min(to, rows.length - 1)));
    else if (event.key === 'Enter' || event.key === ' ') choose(active);
    else if (event.key === 'Escape') onClose(true);
    else if (event.key === 'Tab') return onClose(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <ul
      class="popup tier-list"
      role="listbox"
      aria-label={t('Tier for the next questions, or a model for one')}
      aria-activedescendant={rows[active]?.id}
      tabIndex={0}
      ref={list}
      onKeyDown={onKeyDown}
    >
      {rows.map((row, i) => (
        <li
          key={row.id}
          id={row.id}
          role="option"
          aria-selected={isChosen(row)}
          class={[row.kind, i === active && 'active'].filter(Boolean).join(' ')}
          onClick={() => choose(i)}
          onPointerMove={() => setActive(i)}
        >
          <RowWords row={row} isChosen={isChosen(row)} />
        </li>
      ))}
    </ul>
  );
}

function RowWords({ row, isChosen }: { row: Row; isChosen: boolean }): JSX.Element {
  const check = isChosen && <Icon name="check" />;
  if (row.kind === 'other')
    return (
      <span class="tier-line">
        <Icon name="search" />
        <span>{t('Other model for one question…')}</span>
      </span>
    );
  if (row.kind === 'compare')
    return (
      <span class="tier-line">
        <Icon name="beaker" />
        <span>{row.words}</span>
      </span>
    );
  if (row.kind === 'model')
    return (
      <>
        <span class="tier-line">
          <span class="model-name">
            <VisibleText text={row.name} />
          </span>
          {check}
        </span>
        <span class="detail">
          {t('for one question')}
          {row.price && ` · ${row.price}`}
        </span>
      </>
    );
  const { tier } = row;
  return (
    <>
      <span class="tier-line">
        <Icon name={TIER_ICONS[tier.tier]} />
        <span class="tier-name">{tierName(tier.tier)}</span>
        <TierState tier={tier} />
        {check}
      </span>
      <span class="detail">
        <VisibleText text={tier.model} />
      </span>
      <span class="detail">{tier.price}</span>
      {tier.changed && (
        <span class="detail">
          <VisibleText text={tier.changed.words} />
        </span>
      )}
    </>
  );
}

const TARGETS: Readonly<Record<string, (at: number, count: number) => number>> = {
  ArrowDown: (at) => at + 1,
  ArrowUp: (at) => at - 1,
  Home: () => 0,
  End: (_at, count) => count - 1,
};
