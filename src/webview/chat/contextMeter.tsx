import { t } from '@vscode/l10n';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Icon } from '../shared/components.tsx';
import { VisibleText } from '../shared/text.tsx';
import { model } from './chatStore.ts';

/** How large the ring is, in px, and its circumference. */
const RADIUS = 6;
const AROUND = 2 * Math.PI * RADIUS;

/**
 * A ring that fills with the context window, and the likely cost of what is written. The figures are in the hover, and below
 * it on a click.
 *
 * @param length of the question in the composer: without one there is no cost to tell
 */
export function ContextMeter({ length }: { length: number }): JSX.Element | null {
  const [open, setOpen] = useState(false);
  const { contextMeter } = model.value.state ?? {};
  if (!contextMeter) return null;
  const { share, used, cost, level, details, warning } = contextMeter;
  return (
    <>
      <button
        type="button"
        class={`room ${level}`}
        title={[...details, warning].filter(Boolean).join('\n')}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && open) {
            event.stopPropagation();
            setOpen(false);
          }
        }}
      >
        <span class="sr-only">{t('Next question: {0} of the context window', share)} </span>
        {cost && length > 0 && <span class="room-cost">{cost}</span>}
        {level !== 'ok' && <Icon name="warning" />}
        <svg class="ring" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
          <circle class="ring-all" cx="8" cy="8" r={RADIUS} />
          <circle
            class="ring-used"
            cx="8"
            cy="8"
            r={RADIUS}
            stroke-dasharray={`${(used ?? 0) * AROUND} ${AROUND}`}
            transform="rotate(-90 8 8)"
          />
        </svg>
      </button>
      {open && (
        <div class="popup room-details" role="note">
          {[...details, ...(warning ? [warning] : [])].map((line, i) => (
            <p key={i}>
              <VisibleText text={line} />
            </p>
          ))}
        </div>
      )}
    </>
  );
}
