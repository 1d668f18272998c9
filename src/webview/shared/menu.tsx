import type { ReadonlySignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon, IconButton } from './components.tsx';
import { VisibleText } from './text.tsx';

interface MenuItem {
  readonly icon: string;
  readonly label: string;
  readonly detail?: string;
  /** Without it the entry only tells something. */
  readonly onChoose?: () => void;
}

interface MenuButtonProps {
  icon: string;
  label: string;
  items: readonly MenuItem[];
  unavailable?: string | ReadonlySignal<string>;
}

/** A button that opens a menu beside itself: arrows move, Enter chooses, Escape closes and gives the focus back. */
export function MenuButton({ icon, label, items, unavailable }: MenuButtonProps): JSX.Element {
  const button = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  return (
    <>
      <IconButton
        icon={icon}
        label={label}
        popup="menu"
        expanded={open}
        buttonRef={button}
        {...(unavailable ? { unavailable } : {})}
        onClick={() => setOpen(!open)}
      />
      {open && button.current && (
        <Menu
          label={label}
          items={items}
          anchor={button.current}
          onClose={(focusBack) => {
            setOpen(false);
            if (focusBack) button.current?.focus();
          }}
        />
      )}
    </>
  );
}

interface MenuProps {
  label: string;
  items: readonly MenuItem[];
  anchor: HTMLElement;
  onClose: (focusBack: boolean) => void;
}

function Menu({ label, items, anchor, onClose }: MenuProps): JSX.Element {
  const list = useRef<HTMLUListElement>(null);
  const [active, setActive] = useState(
    Math.max(
      0,
      items.findIndex(({ onChoose }) => onChoose),
    ),
  );
  useEffect(() => {
    const menu = list.current;
    if (!menu) return;
    place(menu, anchor);
    menu.focus();
    const onPointer = (event: PointerEvent): void => {
      const target = event.target as Node;
      if (!menu.contains(target) && !anchor.contains(target)) onClose(false);
    };
    const onScroll = (event: Event): void => {
      if (event.target !== menu) onClose(false);
    };
    document.addEventListener('pointerdown', onPointer);
    document.addEventListener('scroll', onScroll, { capture: true, passive: true });
    return () => {
      document.removeEventListener('pointerdown', onPointer);
      document.removeEventListener('scroll', onScroll, { capture: true });
    };
  }, []);

  const choose = (index: number): void => {
    const { onChoose } = items[index] ?? {};
    if (!onChoose) return;
    onClose(true);
    onChoose();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const to = MOVES[event.key]?.(active, items.length);
    if (to !== undefined) setActive(to);
    else if (event.key === 'Enter' || event.key === ' ') choose(active);
    else if (event.key === 'Escape' || event.key === 'Tab') onClose(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <ul
      class="popup menu"
      role="menu"
      aria-label={label}
      aria-activedescendant={`menu-item-${active}`}
      tabIndex={-1}
      ref={list}
      onKeyDown={onKeyDown}
    >
      {items.map((item, i) => (
        <li
          key={i}
          id={`menu-item-${i}`}
          role="menuitem"
          aria-disabled={item.onChoose ? undefined : 'true'}
          class={[i === active && 'active', !item.onChoose && 'note'].filter(Boolean).join(' ')}
          onClick={() => choose(i)}
          onPointerMove={() => setActive(i)}
        >
          <Icon name={item.icon} />
          <span class="menu-label">
            <VisibleText text={item.label} />
          </span>
          {item.detail && (
            <span class="detail">
              <VisibleText text={item.detail} />
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

/** Below the anchor or above it, wherever there is room, inside the window. */
function place(menu: HTMLElement, anchor: HTMLElement): void {
  const at = anchor.getBoundingClientRect();
  // Measured where there is room: beside its button it would be as narrow as what is left there.
  menu.style.left = '0';
  menu.style.top = '0';
  const { width, height } = menu.getBoundingClientRect();
  const below = at.bottom + height + 4 <= window.innerHeight;
  menu.style.top = `${Math.max(4, below ? at.bottom + 2 : at.top - height - 2)}px`;
  menu.style.left = `${Math.max(4, Math.min(at.left, window.innerWidth - width - 4))}px`;
}

const MOVES: Readonly<Record<string, (at: number, count: number) => number>> = {
  ArrowDown: (at, count) => (at + 1) % count,
  ArrowUp: (at, count) => (at + count - 1) % count,
  Home: () => 0,
  End: (_at, count) => count - 1,
};
