import { t } from '@vscode/l10n';
import type { ComponentChildren, JSX } from 'preact';
import { describeCharacters, findHidden, spellTags, type HiddenPlace } from '../../core/common/hiddenCharacters.ts';
import { memo } from './memo.tsx';

/** Text that somebody else wrote: a text node, with marks in place of what would not be seen. */
export function VisibleText({ text, place = 'prose' }: { text: string; place?: HiddenPlace }): JSX.Element {
  const runs = findHidden(text, place);
  if (runs.length === 0) return <>{text}</>;
  const parts: ComponentChildren[] = [];
  let from = 0;
  for (const run of runs) {
    if (run.start > from) parts.push(text.slice(from, run.start));
    const characters = text.slice(run.start, run.end);
    parts.push(
      run.kind === 'hidden' ? <HiddenMark characters={characters} /> : <LookAlikeMark characters={characters} />,
    );
    from = run.end;
  }
  if (from < text.length) parts.push(text.slice(from));
  return <>{parts}</>;
}

function HiddenMark({ characters }: { characters: string }): JSX.Element {
  const spelled = spellTags(characters);
  const name = spelled ? `${describeCharacters(characters)} “${spelled}”` : describeCharacters(characters);
  return (
    <span class="hidden-mark" title={t('Hidden characters: {0}', name)}>
      {name}
    </span>
  );
}

function LookAlikeMark({ characters }: { characters: string }): JSX.Element {
  const name = describeCharacters(characters);
  return (
    <span class="lookalike-mark" title={t('Look-alike letters from another script: {0}', name)}>
      {characters}
      <span class="sr-only">{` (${name}) `}</span>
    </span>
  );
}

/** Long plain text in pieces of lines, so that a change or a first paint lays out little. */
export const TextChunk = memo(function TextChunk({ text }: { text: string }) {
  return (
    <span class="chunk">
      <VisibleText text={text} />
    </span>
  );
});
