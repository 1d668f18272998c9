import { t } from '@vscode/l10n';
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { TierChoice } from '../../core/common/types.ts';
import type { TierView } from '../../protocol/chat.ts';
import { Icon } from '../shared/components.tsx';
import { VisibleText } from '../shared/text.tsx';
import { TierState } from './empty.tsx';
import { TIER_ICONS, tierName } from '../shared/tiers.ts';
import { chooseTier, focusWishes, model } from './chatStore.ts';

/** A button that opens the list of tiers with model, price and state: a native select could not show these. */
export function TierPicker(): JSX.Element | null {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const { state } = model.value;
  if (!state) return null;
  const current = state.tiers.find((tier) => tier.tier === state.tier);
  return (
    <>
      <button
        type="button"
        class="tier-button"
        ref={button}
        title={[tierName(state.tier), current?.model, current?.price, current?.state].filter(Boolean).join(' · ')}
        aria-haspopup="listbox"
        aria-expanded={open}
        aria-label={t('Tier: {0}', tierName(state.tier))}
        onClick={() => setOpen(!open)}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
          event.preventDefault();
          setOpen(true);
        }}
      >
        <Icon name={current && !current.ready ? 'warning' : TIER_ICONS[state.tier]} />
        <span class="tier-name">{tierName(state.tier)}</span>
        <Icon name="chevron-down" />
      </button>
      {open && (
        <TierList
          tiers={state.tiers.filter(({ tier, answers }) => answers !== false || tier === state.tier)}
          chosen={state.tier}
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
  onClose: (focusBack: boolean) => void;
  contains: (node: Node) => boolean;
}

function TierList({ tiers, chosen, onClose, contains }: TierListProps): JSX.Element {
  const list = useRef<HTMLUListElement>(null);
  const [active, setActive] = useState(
    Math.max(
      0,
      tiers.findIndex((tier) => tier.tier === chosen),
    ),
  );
  useEffect(() => {
    list.current?.focus();
    const onPointer = (event: PointerEvent): void => {
      const target = event.target as Node;
      if (!list.current?.contains(target) && !contains(target)) onClose(false);
    };
    document.addEventListener('pointerdown', onPointer);
    return () => document.removeEventListener('pointerdown', onPointer);
  }, []);

  const choose = (index: number): void => {
    const tier = tiers[index];
    if (tier) chooseTier(tier.tier);
    onClose(false);
    focusWishes.value++;
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const to = TARGETS[event.key]?.(active, tiers.length);
    if (to !== undefined) setActive(Math.max(0, Math.min(to, tiers.length - 1)));
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
      aria-label={t('Tier for the next question')}
      aria-activedescendant={`tier-${tiers[active]?.tier ?? ''}`}
      tabIndex={0}
      ref={list}
      onKeyDown={onKeyDown}
    >
      {tiers.map((tier, i) => (
        <li
          key={tier.tier}
          id={`tier-${tier.tier}`}
          role="option"
          aria-selected={tier.tier === chosen}
          class={i === active ? 'active' : ''}
          onClick={() => choose(i)}
          onPointerMove={() => setActive(i)}
        >
          <span class="tier-line">
            <Icon name={TIER_ICONS[tier.tier]} />
            <span class="tier-name">{tierName(tier.tier)}</span>
            <TierState tier={tier} />
            {tier.tier === chosen && <Icon name="check" />}
          </span>
          <span class="detail">
            <VisibleText text={tier.model} />
          </span>
          <span class="detail">{tier.price}</span>
        </li>
      ))}
    </ul>
  );
}

const TARGETS: Readonly<Record<string, (at: number, count: number) => number>> = {
  ArrowDown: (at) => at + 1,
  ArrowUp: (at) => at - 1,
  Home: () => 0,
  End: (_at, count) => count - 1,
};
