import { t } from '@vscode/l10n';
import type { JSX, RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { commandAt, mentionAt } from '../../core/chat/mentions.ts';
import type { SuggestionView } from '../../protocol/chat.ts';
import { announce, Icon } from '../shared/components.tsx';
import { VisibleText } from '../shared/text.tsx';
import { post, suggestions } from './chatStore.ts';
import { plural } from '../../core/common/language.ts';

/** The list that opens on `@` and `/` in the composer. The field keeps the focus; the list only shows what is active. */

/** The part of the text that is being completed. */
interface Asked {
  readonly start: number;
  readonly end: number;
  readonly mention: string;
  readonly query: string;
}

const PAUSE_MS = 60;
let lastSeq = 0;

export interface Suggest {
  readonly open: boolean;
  /** More was typed since; what is shown is what was found before. */
  readonly stale: boolean;
  readonly items: readonly SuggestionView[];
  readonly active: number;
  /** To be called after the text or the caret changed. */
  update(): void;
  /** True when the key was for the list. */
  onKey(event: KeyboardEvent): boolean;
  choose(index: number): void;
  point(index: number): void;
  close(): void;
}

/** @param replace puts text in the place of a range of the field and the caret behind it */
export function useSuggestions(
  field: RefObject<HTMLTextAreaElement | null>,
  replace: (start: number, end: number, text: string) => void,
): Suggest {
  const [asked, setAsked] = useState<Asked | null>(null);
  const [active, setActive] = useState(0);
  const seq = useRef(0);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  /** A list that Escape closed stays closed until the user begins another mention. */
  const dismissed = useRef<number | null>(null);

  /** Enter was pressed before the answer was there: then its first row is meant. */
  const hurried = useRef(false);
  /** The first question of this mention: answers from there on belong to it. */
  const since = useRef(0);

  const { seq: answered, items } = suggestions.value;
  const answers = asked !== null && answered >= since.current ? items : [];
  const open = answers.length > 0;
  const stale = answered < seq.current;
  useEffect(() => {
    setActive(0);
    if (stale || asked === null) return;
    if (hurried.current) choose(0);
    else if (open)
      announce(plural(answers.length, t('{0} suggestion', answers.length), t('{0} suggestions', answers.length)));
    hurried.current = false;
  }, [answered]);
  useEffect(() => () => clearTimeout(timer.current), []);

  const close = (): void => {
    clearTimeout(timer.current);
    hurried.current = false;
    setAsked(null);
  };
  const update = (): void => {
    const found = field.current && read(field.current);
    if (!found) {
      dismissed.current = null;
      if (asked) close();
      return;
    }
    if (dismissed.current === found.start) return;
    if (asked?.start === found.start && asked.query === found.query && asked.mention === found.mention) return;
    seq.current = ++lastSeq;
    if (asked?.start !== found.start || asked.mention !== found.mention) since.current = seq.current;
    setAsked(found);
    clearTimeout(timer.current);
    timer.current = setTimeout(
      () => post({ kind: 'suggest', seq: seq.current, mention: found.mention, query: found.query }),
      PAUSE_MS,
    );
  };
  const choose = (index: number): void => {
    const item = answers[index];
    if (!item || !asked || item.unavailable) return;
    close();
    if (asked.mention === '/') insertPrompt(field.current, asked, item.insert, replace);
    else replace(asked.start, asked.end, item.insert);
    if (item.more) update();
    else {
      post({ kind: 'choose', suggestionId: item.id });
      announce(t('{0} attached', item.label));
    }
  };
  const onKey = (event: KeyboardEvent): boolean => {
    if (!open) return false;
    if (event.key === 'ArrowDown') setActive((active + 1) % answers.length);
    else if (event.key === 'ArrowUp') setActive((active + answers.length - 1) % answers.length);
    else if ((event.key === 'Enter' && !event.shiftKey) || event.key === 'Tab') {
      // An entry that cannot be chosen must not send the half-typed question instead.
      if (stale) hurried.current = true;
      else choose(active);
    } else if (event.key === 'Escape') {
      dismissed.current = asked?.start ?? null;
      close();
    } else return false;
    event.preventDefault();
    return true;
  };
  return { open, stale, items: answers, active, update, onKey, choose, point: setActive, close };
}

/** A prompt counts at the beginning, where only mentions may be before it: one that is chosen elsewhere goes there. */
function insertPrompt(
  field: HTMLTextAreaElement | null,
  { start, end }: Asked,
  text: string,
  replace: (start: number, end: number, text: string) => void,
): void {
  const { value = '' } = field ?? {};
  if (/^(?:@\S+\s+)*$/.test(value.slice(0, start))) return replace(start, end, text);
  const before = value.slice(0, start);
  replace(0, value.length, `${text}${before}${value.slice(end).trimStart()}`);
  field?.setSelectionRange(text.length + before.length, text.length + before.length);
}

function read(field: HTMLTextAreaElement): Asked | null {
  const { value, selectionStart, selectionEnd } = field;
  if (selectionStart !== selectionEnd) return null;
  const command = commandAt(value, selectionStart);
  if (command) return { start: command.start, end: selectionStart, mention: '/', query: command.name };
  const found = mentionAt(value, selectionStart);
  return found ? { start: found.start, end: found.end, mention: found.kind.slice(0, 20), query: found.query } : null;
}

export const SUGGESTIONS_ID = 'suggestions';
export const optionId = (index: number): string => `suggestion-${index}`;

export function SuggestionList({ suggest }: { suggest: Suggest }): JSX.Element | null {
  const list = useRef<HTMLUListElement>(null);
  const { items, active } = suggest;
  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: 'nearest' });
  }, [active, items]);
  if (!suggest.open) return null;
  return (
    <ul
      class="popup suggestions"
      id={SUGGESTIONS_ID}
      role="listbox"
      aria-label={t('Suggestions')}
      aria-busy={suggest.stale}
      ref={list}
      // The field keeps the focus.
      onMouseDown={(event) => event.preventDefault()}
    >
      {items.map((item, i) => (
        <li
          key={item.id}
          id={optionId(i)}
          role="option"
          aria-selected={i === active}
          aria-disabled={item.unavailable ? 'true' : undefined}
          class={i === active ? 'active' : ''}
          title={[item.label, item.detail, item.unavailable].filter(Boolean).join('\n')}
          onClick={() => suggest.choose(i)}
          onPointerMove={() => suggest.point(i)}
        >
          <Icon name={item.icon} />
          <span class="suggestion-label">
            <VisibleText text={item.label} />
          </span>
          <span class="detail">
            <VisibleText text={item.unavailable || item.detail} />
          </span>
        </li>
      ))}
    </ul>
  );
}
