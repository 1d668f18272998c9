import { computed, signal, type ReadonlySignal } from '@preact/signals';
import type { ComponentChildren, JSX, RefObject } from 'preact';
import { useMemo } from 'preact/hooks';

/** The small parts that every page is made of. */

export function Icon({ name, spin = false }: { name: string; spin?: boolean }): JSX.Element {
  return <span class={`codicon codicon-${name}${spin ? ' codicon-modifier-spin' : ''}`} aria-hidden="true" />;
}

interface IconButtonProps {
  icon: string;
  /** Name for screen readers, and the tooltip. */
  label: string;
  onClick: () => void;
  /**
   * Why it cannot be used now; empty if it can. It stays reachable by keyboard, so that the reason can be found. A
   * signal changes the element itself: nothing is drawn again, however many buttons share it.
   */
  unavailable?: string | ReadonlySignal<string>;
  /** For a button that shows and hides something. */
  expanded?: boolean;
  popup?: 'dialog' | 'listbox' | 'menu';
  /** Text beside the icon. */
  children?: ComponentChildren;
  class?: string;
  buttonRef?: RefObject<HTMLButtonElement | null>;
}

export function IconButton(props: IconButtonProps): JSX.Element {
  const { icon, label, onClick, unavailable = '', expanded, popup, children, buttonRef } = props;
  const shown = useMemo(() => withReason(label, unavailable), [label, unavailable]);
  return (
    <button
      type="button"
      ref={buttonRef ?? null}
      class={`icon-button ${props.class ?? ''}`}
      aria-label={label}
      title={shown.title}
      aria-disabled={shown.disabled}
      aria-expanded={expanded}
      aria-haspopup={popup}
      onClick={() => {
        if (!(typeof unavailable === 'string' ? unavailable : unavailable.peek())) onClick();
      }}
    >
      <Icon name={icon} />
      {children}
    </button>
  );
}

type Live<T> = T | ReadonlySignal<T>;

/** The tooltip, with the reason below the name, which also describes it to screen readers; and the state. */
function withReason(label: string, reason: Live<string>): { title: Live<string>; disabled: Live<'true' | undefined> } {
  const title = (words: string): string => (words ? `${label}\n${words}` : label);
  const disabled = (words: string): 'true' | undefined => (words ? 'true' : undefined);
  if (typeof reason === 'string') return { title: title(reason), disabled: disabled(reason) };
  return { title: computed(() => title(reason.value)), disabled: computed(() => disabled(reason.value)) };
}

interface ButtonProps {
  onClick: () => void;
  children: ComponentChildren;
  secondary?: boolean;
  unavailable?: string;
  title?: string;
  buttonRef?: RefObject<HTMLButtonElement | null>;
}

export function Button({ onClick, children, secondary, unavailable, title, buttonRef }: ButtonProps): JSX.Element {
  return (
    <button
      type="button"
      ref={buttonRef ?? null}
      class={secondary ? 'button secondary' : 'button'}
      title={unavailable ?? title}
      aria-disabled={unavailable ? 'true' : undefined}
      onClick={() => {
        if (!unavailable) onClick();
      }}
    >
      {children}
    </button>
  );
}

const spoken = signal('');
let speaking: ReturnType<typeof setTimeout> | undefined;

/** Lets screen readers say something when they have a moment. */
export function announce(words: string): void {
  // The same words again are only said when the region was empty in between.
  spoken.value = '';
  clearTimeout(speaking);
  speaking = setTimeout(() => (spoken.value = words), 60);
}

/** Where `announce` speaks from: one on every page, there from the start. */
export function LiveRegion(): JSX.Element {
  return (
    <div class="sr-only" role="status" aria-live="polite">
      {spoken.value}
    </div>
  );
}
