import { t } from '@vscode/l10n';
import type { JSX, RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { IconButton } from '../shared/components.tsx';
import { VisibleText } from '../shared/text.tsx';
import { MAX_QUESTION, questionsAsked, unsentQuestion, whyNotAsk } from './state.ts';
import { tierName } from '../shared/tiers.ts';
import {
  ask,
  cameBack,
  focusWishes,
  insertion,
  keepDraft,
  model,
  post,
  readDraft,
  stop,
  stopByClick,
} from './chatStore.ts';
import { onPaste } from './incoming.ts';
import { optionId, SuggestionList, SUGGESTIONS_ID, useSuggestions, type Suggest } from './suggest.tsx';
import { ContextMeter } from './contextMeter.tsx';
import { Offers } from './offers.tsx';
import { TierPicker } from './tierPicker.tsx';
import { Chips } from './user.tsx';

/** The text field keeps its own text: a megabyte that was pasted is not copied through the model at every key. */
export function Composer(): JSX.Element | null {
  const field = useRef<HTMLTextAreaElement>(null);
  const [length, setLength] = useState(0);
  const keepSoon = useDraft(field, setLength);
  useFocusWishes(field);
  const recalled = useRecall(field);

  const write = (text: string): void => {
    if (!field.current) return;
    field.current.value = text;
    setLength(text.length);
    keepSoon();
  };
  const { count, text: inserted } = insertion.value;
  useEffect(() => {
    if (!count || !field.current) return;
    const { value } = field.current;
    write(value && !value.endsWith('\n') ? `${value}\n${inserted}` : value + inserted);
    field.current.focus();
    field.current.scrollTop = field.current.scrollHeight;
  }, [count]);
  const suggest = useSuggestions(field, (start, end, text) => {
    field.current?.setRangeText(text, start, end, 'end');
    write(field.current?.value ?? '');
  });

  const { state } = model.value;
  if (!state) return null;

  const send = (): void => {
    if (ask(field.current?.value ?? '')) write('');
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // The Enter that ends a composition belongs to the input method; some browsers only mark it by the code 229.
    if (event.isComposing || event.keyCode === 229) return;
    if (suggest.onKey(event)) return;
    if (event.key === 'Enter' && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      if (!event.repeat) send();
    } else if (event.key === 'Escape' && state.busy !== null) {
      event.preventDefault();
      stop();
    } else if ((event.key === 'ArrowUp' || event.key === 'ArrowDown') && !event.shiftKey) {
      const text = recalled(event.key === 'ArrowUp' ? 1 : -1);
      if (text === undefined) return;
      event.preventDefault();
      write(text);
    }
  };

  return (
    <div class="composer" onClick={(event) => event.target === event.currentTarget && field.current?.focus()}>
      {state.chips.length > 0 && (
        <Chips
          chips={state.chips}
          onRemove={(chipId) => {
            post({ kind: 'detach', chipId });
            field.current?.focus();
          }}
          onStrip={(chipId) => post({ kind: 'stripHidden', chipId })}
        />
      )}
      {state.offers.length > 0 && <Offers offers={state.offers} onUsed={() => field.current?.focus()} />}
      <SuggestionList suggest={suggest} />
      <textarea
        ref={field}
        rows={1}
        placeholder={
          state.tier === 'auto'
            ? t('Ask anything. Type @ to add context, / for prompts')
            : t('Ask {0}. Type @ to add context, / for prompts', tierName(state.tier))
        }
        aria-label={t('Question')}
        aria-autocomplete="list"
        aria-controls={suggest.open ? SUGGESTIONS_ID : undefined}
        aria-activedescendant={suggest.open ? optionId(suggest.active) : undefined}
        spellcheck={false}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
        onKeyUp={suggest.update}
        onClick={suggest.update}
        onBlur={suggest.close}
        onInput={(event) => {
          setLength(event.currentTarget.value.length);
          keepSoon();
          suggest.update();
        }}
      />
      <ComposerBar length={length} onMention={() => startMention(field.current, suggest)} onSend={send} />
      <ComposerProblems length={length} />
      {length > 0 && (
        <RecipeOffer
          onTake={(recipe) => {
            write(`/${recipe} ${field.current?.value ?? ''}`);
            field.current?.focus();
          }}
        />
      )}
    </div>
  );
}

/** The row below the field: context, tier, context meter, and Send or Stop. */
function ComposerBar(props: { length: number; onMention: () => void; onSend: () => void }): JSX.Element {
  const { length, onMention, onSend } = props;
  const whyNot = whyNotAsk(model.value, length) || (length === 0 ? t('Write a question first') : '');
  return (
    <div class="composer-bar">
      <IconButton icon="mention" label={t('Add context (@)')} onClick={onMention} />
      <TierPicker />
      <span class="spring" />
      <ContextMeter length={length} />
      {(model.value.state?.busy ?? null) !== null ? (
        <IconButton icon="debug-stop" class="send" label={t('Stop (Escape)')} onClick={stopByClick} />
      ) : (
        <IconButton
          icon="send"
          class="send"
          label={t('Send (Enter)')}
          {...(whyNot && { unavailable: whyNot })}
          onClick={onSend}
        />
      )}
    </div>
  );
}

/** A recipe that would likely cost less: one link, which only writes its name before the question. */
function RecipeOffer({ onTake }: { onTake: (recipe: string) => void }): JSX.Element | null {
  const offer = model.value.state?.contextMeter?.offer;
  if (!offer) return null;
  return (
    <p class="recipe-offer">
      <button type="button" class="link" onClick={() => onTake(offer.recipe)}>
        <VisibleText text={offer.words} />
      </button>
    </p>
  );
}

/** Why the question cannot be sent, or what sending it means for the context window. */
function ComposerProblems({ length }: { length: number }): JSX.Element | null {
  const { state, refusal, sending } = model.value;
  if (!state || state.busy !== null) return null;
  const { contextMeter } = state;
  const problem = whyNotAsk(model.value, length) || refusal;
  return (
    <>
      {contextMeter?.level !== 'ok' && contextMeter?.warning && (
        <p class="composer-problem">
          <VisibleText text={contextMeter.warning} />
        </p>
      )}
      {problem && (length > 0 || refusal) && sending === null && <p class="composer-problem">{problem}</p>}
    </>
  );
}

/** Finds an older or a newer question, while the field is empty or still shows the one that was brought back. */
function useRecall(field: RefObject<HTMLTextAreaElement | null>): (step: 1 | -1) => string | undefined {
  const place = useRef(-1);
  return (step) => {
    const asked = questionsAsked(model.value);
    const value = field.current?.value ?? '';
    const at = value === '' ? -1 : place.current;
    if (value !== '' && value !== asked[at]) return undefined;
    if (at + step < -1 || at + step >= asked.length) return undefined;
    place.current = at + step;
    return asked[at + step] ?? '';
  };
}

/** Types the `@` for those who click, so that there is one list for mouse and keyboard. */
function startMention(field: HTMLTextAreaElement | null, suggest: Suggest): void {
  if (!field) return;
  field.focus();
  const { selectionStart, selectionEnd, value } = field;
  const blank = selectionStart === 0 || /\s/.test(value[selectionStart - 1] ?? '') ? '' : ' ';
  field.setRangeText(`${blank}@`, selectionStart, selectionEnd, 'end');
  field.dispatchEvent(new Event('input', { bubbles: true }));
  suggest.update();
}

/** Puts a kept draft into the field, and keeps what is written there: at pauses, and when the page goes. */
function useDraft(field: RefObject<HTMLTextAreaElement | null>, setLength: (length: number) => void): () => void {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  // Before the box is on screen: an effect that runs later would replace what the user has typed by then.
  useLayoutEffect(() => {
    if (!field.current) return;
    field.current.value = readDraft();
    setLength(field.current.value.length);
    const keep = (): void => keepDraft(field.current?.value ?? '');
    const onHide = (): void => {
      if (document.hidden) keep();
    };
    window.addEventListener('pagehide', keep);
    document.addEventListener('visibilitychange', onHide);
    return () => {
      window.removeEventListener('pagehide', keep);
      document.removeEventListener('visibilitychange', onHide);
    };
  }, []);

  const refused = cameBack.value;
  useEffect(() => {
    if (!refused || !field.current || field.current.value) return;
    field.current.value = unsentQuestion(model.value);
    setLength(field.current.value.length);
  }, [refused]);

  return () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      const text = field.current?.value ?? '';
      keepDraft(text);
      if (text.length <= MAX_QUESTION) post({ kind: 'draft', text });
    }, 300);
  };
}

function useFocusWishes(field: RefObject<HTMLTextAreaElement | null>): void {
  const wishes = focusWishes.value;
  useEffect(() => {
    if (wishes) field.current?.focus();
  }, [wishes]);
  // VS Code gives the focus to the page as a whole, as with its command for the view.
  useEffect(() => {
    const take = (): void => {
      if (document.hasFocus() && document.activeElement === document.body) field.current?.focus();
    };
    take();
    window.addEventListener('focus', take);
    return () => window.removeEventListener('focus', take);
  }, []);
}
