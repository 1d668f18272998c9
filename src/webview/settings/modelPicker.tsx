import { t } from '@vscode/l10n';
import type { JSX, RefObject } from 'preact';
import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Tier } from '../../core/common/types.ts';
import type { ModelView, ProviderView } from '../../protocol/settings.ts';
import { Button, Icon } from '../shared/components.tsx';
import { VisibleText } from '../shared/text.tsx';
import { tierName } from '../shared/tiers.ts';
import { filterModels, splitRef } from './chain.ts';
import { checkModel } from './checks.ts';
import { Choice } from './parts.tsx';
import { chainOf, models, post, state } from './settingsStore.ts';

/** Height of a row in px: all are alike, so that only those in view need to exist. */
const ROW = 38;
/** Rows beyond the edges that exist as well, for a smooth scroll. */
const SPARE = 6;

interface PickerProps {
  tier: Tier;
  /** The model to change; undefined: one is added. */
  replaces?: string;
  /** The model is to answer questions, not to complete code. */
  forAnswers?: boolean;
  onPick: (ref: string) => void;
  onClose: () => void;
}

/** Chooses a model from a provider's own list, or takes a name as it was typed. */
export function ModelPicker({ tier, replaces, forAnswers = false, onPick, onClose }: PickerProps): JSX.Element {
  const providers = state.value?.providers ?? [];
  const [wanted, setWanted] = useState(() => splitRef(replaces ?? chainOf(tier)[0] ?? '')[0]);
  const [typed, setTyped] = useState('');
  const [active, setActive] = useState(0);
  const [problem, setProblem] = useState('');
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  // The provider may have been removed while the picker was open.
  const provider = providers.find(({ name }) => name === wanted) ?? providers[0];
  const name = provider?.name ?? '';
  const listed = models.value.get(name);

  useLayoutEffect(() => input.current?.focus(), []);
  useEffect(() => {
    if (name) post({ kind: 'listModels', provider: name });
  }, [name]);

  // What is in the chain already is not offered; a user who types its name is told so.
  const chain = forAnswers ? [] : chainOf(tier).filter((ref) => ref !== replaces);
  const taken = chain.join('\n');
  const found = useMemo(() => findRows(name, models.value, typed), [name, models.value, typed]);
  const rows = useMemo(
    () => (typed.trim() ? found : found.filter((row) => !chain.includes(`${row.provider}/${row.id}`))),
    [found, taken, typed],
  );
  const at = Math.min(active, Math.max(0, rows.length - 1));

  const choose = (row: Row | undefined): void => {
    if (!row) return setProblem(t('Type the name of a model.'));
    const completes = tier === 'local' && !forAnswers;
    const refused = completes && row.completions?.verdict === 'refuse' ? row.completions.why : '';
    const wrong = refused || (row.provider ? checkModel(row.id, row.provider, chain) : t('Add a provider first.'));
    setProblem(wrong);
    if (wrong) return input.current?.focus();
    onPick(`${row.provider}/${row.id}`);
    onClose();
  };
  const onKey = (event: KeyboardEvent): void => {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
    const step = steps[event.key];
    if (event.isComposing) return;
    if (step !== undefined && rows.length) setActive(Math.max(0, Math.min(rows.length - 1, at + step)));
    else if (event.key === 'Enter') choose(rows[at]);
    else return;
    event.preventDefault();
  };

  return (
    <div
      class="picker"
      role="group"
      aria-label={replaces ? t('Change {0}', replaces) : t('Add a model to {0}', tierName(tier))}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose();
      }}
    >
      <div class="fields">
        <Search
          id={id}
          input={input}
          rows={rows.length}
          active={at}
          hasProblem={problem !== ''}
          typed={typed}
          onType={(text) => {
            setTyped(text);
            setActive(0);
            setProblem('');
          }}
          onKey={onKey}
        />
        <Choice
          label={t('Provider')}
          value={name}
          options={providers.map((other) => ({ value: other.name, label: other.name }))}
          onChange={(chosen) => {
            setWanted(chosen);
            setActive(0);
            setProblem('');
          }}
        />
      </div>
      {problem && (
        <p id={`${id}-problem`} class="problem" role="alert">
          <VisibleText text={problem} />
        </p>
      )}
      <Rows
        id={id}
        rows={rows}
        provider={name}
        active={at}
        completes={tier === 'local' && !forAnswers}
        onChoose={choose}
      />
      <p id={`${id}-hint`} class="hint" role="status">
        {provider && (
          <VisibleText
            text={describeListing(provider, found.filter((row) => row.provider === name).length, listed?.length)}
          />
        )}
      </p>
      <div class="buttons">
        <Button onClick={() => choose(rows[at])}>{replaces ? t('Change') : t('Add')}</Button>
        <Button secondary onClick={onClose}>
          {t('Cancel')}
        </Button>
      </div>
    </div>
  );
}

interface SearchProps {
  /** Prefix of the ids of the list, its rows, the hint and the problem. */
  id: string;
  input: RefObject<HTMLInputElement | null>;
  rows: number;
  active: number;
  hasProblem: boolean;
  typed: string;
  onType: (text: string) => void;
  onKey: (event: KeyboardEvent) => void;
}

function Search({ id, input, rows, active, hasProblem, typed, onType, onKey }: SearchProps): JSX.Element {
  return (
    <div class="field">
      <label for={id}>{t('Model')}</label>
      <input
        id={id}
        ref={input}
        type="text"
        role="combobox"
        spellcheck={false}
        autocomplete="off"
        placeholder={t('Search by name, price or capability')}
        aria-expanded={rows > 0}
        aria-controls={`${id}-list`}
        aria-activedescendant={rows ? `${id}-${active}` : undefined}
        aria-invalid={hasProblem ? 'true' : undefined}
        aria-describedby={`${id}-hint${hasProblem ? ` ${id}-problem` : ''}`}
        value={typed}
        onInput={(event) => onType(event.currentTarget.value)}
        onKeyDown={onKey}
      />
    </div>
  );
}

interface Row extends ModelView {
  readonly provider: string;
}

/**
 * The chosen provider's models that match, then those of other providers that were listed, then the name as it was
 * typed: a list may not hold every model that its server knows.
 */
function findRows(provider: string, lists: ReadonlyMap<string, readonly ModelView[]>, typed: string): readonly Row[] {
  const asTyped = typed.trim();
  const of = (name: string): Row[] => {
    // `openrouter/deepseek` means the same as `deepseek` of openrouter.
    const wanted = asTyped.startsWith(`${name}/`) ? asTyped.slice(name.length + 1) : asTyped;
    return filterModels(lists.get(name) ?? [], wanted).map((model) => ({ ...model, provider: name }));
  };
  const own = of(provider);
  if (!asTyped) return own;
  const others = [...lists.keys()].filter((name) => name !== provider).flatMap(of);
  const isListed = own.some(({ id }) => id === asTyped);
  return [...own, ...others, ...(isListed ? [] : [{ id: asTyped, detail: t('as typed'), provider }])];
}

interface RowsProps {
  id: string;
  rows: readonly Row[];
  /** The chosen one, which need not be named in each row. */
  provider: string;
  active: number;
  /** Shows what suits completions. */
  completes: boolean;
  onChoose: (row: Row) => void;
}

/** The part of the list that is in view. */
function Rows({ id, rows, provider, active, completes, onChoose }: RowsProps): JSX.Element {
  const list = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(ROW * 8);
  useLayoutEffect(() => {
    const box = list.current;
    if (!box) return;
    setHeight(box.clientHeight);
    // Brings the active row into view by as little as possible.
    if (active * ROW < box.scrollTop) box.scrollTop = active * ROW;
    else if ((active + 1) * ROW > box.scrollTop + box.clientHeight)
      box.scrollTop = (active + 1) * ROW - box.clientHeight;
  }, [active, rows]);
  const first = Math.max(0, Math.floor(top / ROW) - SPARE);
  const last = Math.min(rows.length, Math.ceil((top + height) / ROW) + SPARE);
  return (
    <div
      id={`${id}-list`}
      ref={list}
      class="options"
      role="listbox"
      tabIndex={-1}
      aria-label={t('Models')}
      hidden={rows.length === 0}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <div style={{ height: `${rows.length * ROW}px` }} role="presentation">
        {rows.slice(first, last).map((model, i) => {
          const place = first + i;
          const suits = completes ? model.completions : undefined;
          return (
            <div
              key={`${model.provider}/${model.id}`}
              id={`${id}-${place}`}
              class={place === active ? 'option active' : 'option'}
              style={{ top: `${place * ROW}px` }}
              role="option"
              aria-selected={place === active}
              aria-setsize={rows.length}
              aria-posinset={place + 1}
              aria-disabled={suits?.verdict === 'refuse' ? 'true' : undefined}
              onClick={() => onChoose(model)}
            >
              <span class="option-name">
                <VisibleText text={model.provider === provider ? model.id : `${model.provider}/${model.id}`} />
              </span>
              <span class="option-detail">
                {suits && suits.verdict !== 'good' && <Icon name={suits.verdict === 'warn' ? 'warning' : 'error'} />}
                {model.installed && <Icon name="check" />}
                <VisibleText
                  text={[model.installed ? t('installed') : '', suits?.why ?? '', model.detail]
                    .filter(Boolean)
                    .join(' · ')}
                />
              </span>
            </div>
          );
        })}
      </div>
    </div>
  );
}

function describeListing({ name, listing }: ProviderView, shown: number, all: number | undefined): string {
  switch (listing.state) {
    case 'running':
      return all === undefined ? t('Asking {0} for its models…', name) : t('{0} of {1} models', shown, all);
    case 'failed':
      return t("Couldn't list the models of {0}: {1}", name, listing.words);
    case 'idle':
    case 'ok':
      if (all === undefined) return t('Any model name that {0} accepts', name);
      return all ? t('{0} of {1} models', shown, all) : t('{0} has no models yet.', name);
  }
}
