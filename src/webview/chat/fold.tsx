import { useState } from 'preact/hooks';
import type { FoldView } from '../../protocol/chat.ts';
import { Icon } from '../shared/components.tsx';
import { PlainLines } from '../shared/markdown.tsx';
import { memo } from '../shared/memo.tsx';
import { VisibleText } from '../shared/text.tsx';

/** Where the turns above are sent as a summary: a line that can be opened. */
export const Fold = memo(function Fold({ fold }: { fold: FoldView }) {
  const [open, setOpen] = useState(false);
  return (
    <details class="fold" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary title={fold.detail}>
        <Icon name="fold" />
        <VisibleText text={fold.words} />
      </summary>
      {open && (
        <>
          <p class="fold-detail">
            <VisibleText text={fold.detail} />
          </p>
          <PlainLines text={fold.text} />
        </>
      )}
    </details>
  );
});
