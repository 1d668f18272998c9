import { t } from '@vscode/l10n';
import type { ComponentChildren, JSX, RefObject } from 'preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { TestView } from '../../protocol/settings.ts';
import { Button, Icon, IconButton } from '../shared/components.tsx';
import { VisibleText } from '../shared/text.tsx';
import { describeTest } from './changes.ts';
import { post } from './settingsStore.ts';

/** The parts that the sections of this page share. */

interface SectionProps {
  id: string;
  title: string;
  /** The setting that the section is about, for those who edit by hand. */
  setting?: string;
  children: ComponentChildren;
}

export function Section({ id, title, setting, children }: SectionProps): JSX.Element {
  return (
    <section id={id} class="section" aria-labelledby={`${id}-title`} data-setting={setting}>
      <div class="section-head">
        <h2 id={`${id}-title`} tabIndex={-1}>
          {title}
        </h2>
        {setting && (
          <IconButton
            icon="json"
            label={t('Edit {0} in settings.json', setting)}
            onClick={() => post({ kind: 'openJson', setting })}
          />
        )}
      </div>
      {children}
    </section>
  );
}

/** The same button is in every row: a screen reader needs to know whose it is. */
export const Whose = ({ name }: { name: string }): JSX.Element => <span class="sr-only"> ({name})</span>;

const TEST_ICONS: Readonly<Record<TestView['state'], string>> = {
  idle: '',
  running: 'loading',
  ok: 'pass',
  failed: 'error',
};

/** How a test went. Not live by itself: the store says changes aloud once, in one place. */
export function TestResult({ test }: { test: TestView }): JSX.Element | null {
  if (test.state === 'idle') return null;
  return (
    <p class={`result ${test.state}`}>
      <Icon name={TEST_ICONS[test.state]} spin={test.state === 'running'} />
      <VisibleText text={describeTest(test)} />
    </p>
  );
}

interface FieldProps {
  label: string;
  value: string;
  onInput: (value: string) => void;
  problem?: string;
  hint?: ComponentChildren;
  placeholder?: string;
  inputRef?: RefObject<HTMLInputElement | null>;
  /** The keyboard that touch screens show. */
  inputMode?: 'decimal';
}

/** A labeled line of text, with what is wrong with it below. */
export function Field({ inputRef, inputMode, ...props }: FieldProps): JSX.Element {
  return (
    <Labeled {...props}>
      {(box) => <input {...box} type="text" autocapitalize="off" inputMode={inputMode} ref={inputRef ?? null} />}
    </Labeled>
  );
}

/** A labeled text of several lines. */
export const Lines = (props: Omit<FieldProps, 'inputRef' | 'inputMode'>): JSX.Element => (
  <Labeled {...props}>{(box) => <textarea {...box} rows={2} />}</Labeled>
);

/** The properties that a one-line field and a field of several lines share. */
interface Box {
  id: string;
  value: string;
  placeholder: string | undefined;
  spellcheck: false;
  autocomplete: 'off';
  'aria-invalid': 'true' | undefined;
  'aria-describedby': string | undefined;
  onInput: (event: { currentTarget: { value: string } }) => void;
}

function Labeled({
  label,
  value,
  onInput,
  problem,
  hint,
  placeholder,
  children,
}: Omit<FieldProps, 'inputRef' | 'inputMode'> & { children: (box: Box) => JSX.Element }): JSX.Element {
  const id = useId();
  const described = [problem && `${id}-problem`, hint && `${id}-hint`].filter(Boolean).join(' ');
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({
        id,
        value,
        placeholder,
        spellcheck: false,
        autocomplete: 'off',
        'aria-invalid': problem ? 'true' : undefined,
        'aria-describedby': described || undefined,
        onInput: (event) => onInput(event.currentTarget.value),
      })}
      {problem && (
        <p id={`${id}-problem`} class="problem" role="alert">
          <VisibleText text={problem} />
        </p>
      )}
      {hint && (
        <p id={`${id}-hint`} class="hint">
          {hint}
        </p>
      )}
    </div>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  options: readonly { readonly value: T; readonly label: string }[];
  onChange: (value: T) => void;
  selectRef?: RefObject<HTMLSelectElement | null>;
}

export function Choice<T extends string>(props: ChoiceProps<T>): JSX.Element {
  const { label, value, options, onChange, selectRef } = props;
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <span class="select">
        <select
          id={id}
          value={value}
          ref={selectRef ?? null}
          onChange={(event) => {
            const chosen = options[event.currentTarget.selectedIndex];
            if (chosen) onChange(chosen.value);
          }}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
        <Icon name="chevron-down" />
      </span>
    </div>
  );
}

interface SliderProps {
  label: string;
  value: number;
  min: number;
  max: number;
  step: number;
  /** Called with a value of one decimal once the user lets go, not while the thumb moves. */
  onChange: (value: number) => void;
}

/** A number between two ends, with the number beside it. */
export function Slider({ label, value, min, max, step, onChange }: SliderProps): JSX.Element {
  const id = useId();
  const [moving, setMoving] = useState<number | null>(null);
  useLayoutEffect(() => setMoving(null), [value]); // the setting has it now
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <span class="slider">
        <input
          id={id}
          type="range"
          min={min}
          max={max}
          step={step}
          value={moving ?? value}
          onInput={(event) => setMoving(Number(event.currentTarget.value))}
          onChange={(event) => onChange(Number(Number(event.currentTarget.value).toFixed(1)))}
        />
        <output for={id}>{Number((moving ?? value).toFixed(2))}</output>
      </span>
    </div>
  );
}

interface FormProps {
  label: string;
  submit: string;
  /** Why it cannot be sent now. */
  unavailable?: string;
  onSubmit: () => void;
  onCancel: () => void;
  children: ComponentChildren;
}

/** Calls `submit` for Enter in a line of text. */
export function onEnter(submit: () => void): (event: KeyboardEvent) => void {
  return (event) => {
    const inText = event.target instanceof HTMLInputElement && event.target.type === 'text';
    // An Enter that ends a composition belongs to the input method.
    if (event.key !== 'Enter' || !inText || event.isComposing) return;
    event.preventDefault();
    submit();
  };
}

/** A form in place: Enter sends, Escape closes. No `form` element: webviews without forms never see it submitted. */
export function Form({ label, submit, unavailable, onSubmit, onCancel, children }: FormProps): JSX.Element {
  const send = onEnter(() => {
    if (!unavailable) onSubmit();
  });
  return (
    <div
      class="form"
      role="group"
      aria-label={label}
      onKeyDown={(event) => {
        send(event);
        if (event.key === 'Escape') onCancel();
      }}
    >
      {children}
      <div class="buttons">
        <Button onClick={onSubmit} {...(unavailable && { unavailable })}>
          {submit}
        </Button>
        <Button secondary onClick={onCancel}>
          {t('Cancel')}
        </Button>
      </div>
    </div>
  );
}

/** Opens a part of the page and brings the focus back to the button when that part closes. */
export function useOpener(): {
  open: boolean;
  show: () => void;
  close: () => void;
  button: RefObject<HTMLButtonElement | null>;
} {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const wasOpen = useRef(false);
  // Before the next key can arrive, which would go to where the focus was.
  useLayoutEffect(() => {
    if (wasOpen.current && !open) button.current?.focus();
    wasOpen.current = open;
  }, [open]);
  return { open, show: () => setOpen(true), close: () => setOpen(false), button };
}

interface ConfirmButtonProps {
  children: ComponentChildren;
  /** Asked in place of the button. */
  question: string;
  yes: string;
  onConfirm: () => void;
}

/** A button for what cannot be taken back: asks once, in its place, and keeps the focus there. */
export function ConfirmButton({ children, question, yes, onConfirm }: ConfirmButtonProps): JSX.Element {
  const { open, show, close, button } = useOpener();
  const keep = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    // On the harmless answer, so that a second Enter does no damage.
    if (open) keep.current?.focus();
  }, [open]);
  if (!open) {
    return (
      <Button secondary buttonRef={button} onClick={show}>
        {children}
      </Button>
    );
  }
  return (
    <span
      class="confirm"
      role="group"
      aria-label={question}
      onKeyDown={(event) => {
        if (event.key === 'Escape') close();
      }}
    >
      <span>
        <VisibleText text={question} />
      </span>
      <Button
        onClick={() => {
          close();
          onConfirm();
        }}
      >
        {yes}
      </Button>
      <Button secondary buttonRef={keep} onClick={close}>
        {t('Keep')}
      </Button>
    </span>
  );
}

interface CheckProps {
  checked: boolean;
  onChange: (checked: boolean) => void;
  children: ComponentChildren;
  /** The id of the element that describes it. */
  describedBy?: string;
}

/** A check box that shows the host's value: what the user clicks is a wish, and holds when the next state says so. */
export function Check(props: CheckProps): JSX.Element {
  return (
    <label class="check">
      <span class="box">
        <input
          type="checkbox"
          checked={props.checked}
          aria-describedby={props.describedBy}
          onChange={(event) => props.onChange(event.currentTarget.checked)}
        />
        <Icon name="check" />
      </span>
      <span>{props.children}</span>
    </label>
  );
}

/** A check box on a line of its own, with its description below. */
export function DescribedCheck({ hint, ...check }: Omit<CheckProps, 'describedBy'> & { hint: string }): JSX.Element {
  const id = useId();
  return (
    <div class="switch">
      <Check {...check} describedBy={id} />
      <p id={id} class="hint">
        {hint}
      </p>
    </div>
  );
}
