import { t } from '@vscode/l10n';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Icon } from '../shared/components.tsx';
import { VisibleText } from '../shared/text.tsx';
import { model } from './chatStore.ts';

/** Cost of the next question and share of the context window; what it is made of on hover and on a click. */
export function ContextMeter(): JSX.Element | null {
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
        <span class="sr-only">{t('Next question')} </span>
        {cost && <span class="room-cost">{cost}</span>}
        {level !== 'ok' && <Icon name="warning" />}
        <span>{share}</span>
        {used !== null && <meter class="room-bar" value={used} aria-hidden="true" />}
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
