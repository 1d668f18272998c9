import { useState } from 'preact/hooks';
import type { SummaryView } from '../../protocol/chat.ts';
import { Icon } from '../shared/components.tsx';
import { PlainLines } from '../shared/markdown.tsx';
import { memo } from '../shared/memo.tsx';
import { VisibleText } from '../shared/text.tsx';

/** Where the turns above are sent as a summary: a line that can be opened. */
export const Summary = memo(function Summary({ summary }: { summary: SummaryView }) {
  const [open, setOpen] = useState(false);
  return (
    <details class="fold" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary title={summary.detail}>
        <Icon name="fold" />
        <VisibleText text={summary.words} />
      </summary>
      {open && (
        <>
          <p class="fold-detail">
            <VisibleText text={summary.detail} />
          </p>
          <PlainLines text={summary.text} />
        </>
      )}
    </details>
  );
});
