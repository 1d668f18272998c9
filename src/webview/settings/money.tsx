import { t } from '@vscode/l10n';
import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { Tier } from '../../core/common/types.ts';
import type { BudgetView, PlanView, PriceView, SettingsFromPage } from '../../protocol/settings.ts';
import { Button, Icon, IconButton } from '../shared/components.tsx';
import { VisibleText } from '../shared/text.tsx';
import { tierName } from '../shared/tiers.ts';
import { splitRef } from './chain.ts';
import { readAmount } from './checks.ts';
import { Choice, Field, Form, onEnter, Section, TestResult, useOpener, Whose } from './parts.tsx';
import { post, state } from './settingsStore.ts';

/** Budgets and prices. */

type BudgetValue = Extract<SettingsFromPage, { kind: 'setBudgets' }>['budgets'][number];
const MOST_USD = 1_000_000;
/** Of a price per million tokens, and of a plan a month. */
const MOST_PER_MILLION = 100_000;
const TIERS: readonly Tier[] = ['local', 'mid', 'frontier'];

export function Budgets(): JSX.Element | null {
  const budgets = state.value?.budgets;
  const adding = useOpener();
  const [editing, setEditing] = useState<number | null>(null);
  if (!budgets) return null;
  const values = budgets.list.map(valueOf);
  const save = (next: BudgetValue[]): void => post({ kind: 'setBudgets', budgets: next });
  return (
    <Section id="budgets" title={t('Budgets')} setting="gearshift.budgets">
      <p class="intro">
        {t(
          'A call that could exceed a budget is stopped before it is sent. Calls in progress are reserved at their maximum cost.',
        )}
      </p>
      {budgets.list.length === 0 && <p class="empty">{t('No budget is set.')}</p>}
      <ul class="rows">
        {budgets.list.map((budget, i) => (
          <li key={`${i} ${budget.words}`}>
            {editing === i ? (
              <BudgetForm
                start={valueOf(budget)}
                onSave={(value) => {
                  save(values.with(i, value));
                  setEditing(null);
                }}
                onClose={() => setEditing(null)}
              />
            ) : (
              <div class="row">
                <span class="grow">
                  {budget.level !== 'ok' && <Icon name="warning" />} <VisibleText text={budget.words} />{' '}
                  <span class="quiet">
                    <VisibleText text={`${describeStop(budget.stop)}, ${budget.spent}`} />
                  </span>
                </span>
                <IconButton icon="edit" label={t('Change {0}', budget.words)} onClick={() => setEditing(i)} />
                <IconButton
                  icon="close"
                  label={t('Remove {0}', budget.words)}
                  onClick={() => save(values.toSpliced(i, 1))}
                />
              </div>
            )}
          </li>
        ))}
      </ul>
      {adding.open ? (
        <BudgetForm
          start={{ usd: 5, period: 'month', tier: null, workspace: null, warnAt: 0.8, stop: 'ask' }}
          onSave={(value) => {
            save([...values, value]);
            adding.close();
          }}
          onClose={adding.close}
        />
      ) : (
        <div class="buttons">
          <Button secondary buttonRef={adding.button} onClick={adding.show}>
            {t('Add budget')}
          </Button>
        </div>
      )}
      <div class="fields settings">
        <Amount
          label={t('Ask before frontier calls above (USD)')}
          setting="confirmAbove"
          value={budgets.confirmAbove}
        />
        <Amount
          label={t('Show a preview of escalations above (USD)')}
          setting="escalate.previewAbove"
          value={budgets.previewAbove}
        />
        <Choice
          label={t('When a fallback costs more than twice as much')}
          value={budgets.costlierFallback}
          options={[
            { value: 'ask', label: t('Ask first') },
            { value: 'allow', label: t('Continue') },
            { value: 'never', label: t('Stop') },
          ]}
          onChange={(value) => post({ kind: 'setCostlierFallback', value })}
        />
      </div>
    </Section>
  );
}

const valueOf = ({ usd, period, tier, workspace, warnAt, stop }: BudgetView): BudgetValue => ({
  usd,
  period,
  tier,
  workspace,
  warnAt,
  stop,
});

function describeStop(stop: BudgetView['stop']): string {
  return { ask: t('asks at the limit'), refuse: t('blocks at the limit'), warn: t('only warns') }[stop];
}

interface BudgetFormProps {
  start: BudgetValue;
  onSave: (value: BudgetValue) => void;
  onClose: () => void;
}

function BudgetForm({ start, onSave, onClose }: BudgetFormProps): JSX.Element {
  const [amount, setAmount] = useState(String(start.usd));
  const [value, setValue] = useState(start);
  const [problem, setProblem] = useState('');
  const workspace = state.value?.budgets.workspace ?? null;
  const set = (change: Partial<BudgetValue>): void => setValue({ ...value, ...change });
  const save = (): void => {
    const usd = readAmount(amount, MOST_USD);
    if (usd === undefined) return setProblem(t('Type an amount in USD such as 5 or 0.50'));
    onSave({ ...value, usd });
  };
  return (
    <Form label={t('Budget')} submit={t('Save')} onSubmit={save} onCancel={onClose}>
      <div class="fields">
        <Field label={t('Amount in USD')} value={amount} onInput={setAmount} problem={problem} inputMode="decimal" />
        <Choice
          label={t('Period')}
          value={value.period}
          options={[
            { value: 'day', label: t('day') },
            { value: 'week', label: t('week') },
            { value: 'month', label: t('month') },
          ]}
          onChange={(period) => set({ period })}
        />
        <Choice
          label={t('Tier')}
          value={value.tier ?? 'all'}
          options={[
            { value: 'all', label: t('all tiers') },
            ...TIERS.map((tier) => ({ value: tier, label: tierName(tier) })),
          ]}
          onChange={(tier) => set({ tier: tier === 'all' ? null : (tier as Tier) })}
        />
        {(workspace ?? value.workspace) && (
          <Choice
            label={t('Workspace')}
            value={value.workspace ?? ''}
            options={[
              { value: '', label: t('everywhere') },
              ...(workspace ? [{ value: workspace.uri, label: t('only in {0}', workspace.name) }] : []),
              ...(value.workspace && value.workspace !== workspace?.uri
                ? [{ value: value.workspace, label: t('only in {0}', value.workspace.split('/').pop() ?? '') }]
                : []),
            ]}
            onChange={(uri) => set({ workspace: uri || null })}
          />
        )}
        <Choice
          label={t('When the limit is reached')}
          value={value.stop}
          options={[
            { value: 'ask', label: t('ask before each call') },
            { value: 'refuse', label: t('block further calls') },
            { value: 'warn', label: t('only warn') },
          ]}
          onChange={(stop) => set({ stop })}
        />
        <Choice
          label={t('Warn at')}
          value={String(value.warnAt)}
          options={[...new Set([0.5, 0.8, 0.9, 1, value.warnAt])].map((share) => ({
            value: String(share),
            label: `${Math.round(share * 100)}%`,
          }))}
          onChange={(share) => set({ warnAt: Number(share) })}
        />
      </div>
    </Form>
  );
}

interface AmountProps {
  label: string;
  setting: Extract<SettingsFromPage, { kind: 'setAmount' }>['setting'];
  value: number;
}

/** An amount that is taken by Enter, or when the focus leaves it. */
function Amount({ label, setting, value }: AmountProps): JSX.Element {
  const [typed, setTyped] = useState<string | null>(null);
  const [problem, setProblem] = useState('');
  const input = useRef<HTMLInputElement>(null);
  const save = (): void => {
    if (typed === null) return;
    const usd = readAmount(typed, MOST_USD);
    setProblem(usd === undefined ? t('Type an amount in USD such as 5 or 0.50') : '');
    if (usd === undefined) return;
    setTyped(null);
    if (usd !== value) post({ kind: 'setAmount', setting, usd });
  };
  return (
    <div onKeyDown={onEnter(save)} onFocusOut={save}>
      <Field
        label={label}
        value={typed ?? String(value)}
        onInput={setTyped}
        problem={problem}
        inputMode="decimal"
        inputRef={input}
      />
    </div>
  );
}

export function Prices(): JSX.Element {
  const prices = state.value?.prices ?? [];
  const [editing, setEditing] = useState('');
  return (
    <Section id="prices" title={t('Prices')}>
      <p class="intro">
        {t("USD per million tokens. Your own price comes first, then the endpoint's, then the built-in price list.")}
      </p>
      {prices.length === 0 ? (
        <p class="empty">{t('All tiers run on this computer and are free.')}</p>
      ) : (
        <table class="prices">
          <thead>
            <tr>
              <th scope="col">{t('Model')}</th>
              <th scope="col" class="figure">
                {t('In')}
              </th>
              <th scope="col" class="figure">
                {t('Out')}
              </th>
              <th scope="col" class="figure wide">
                {t('Cached')}
              </th>
              <th scope="col" class="wide">
                {t('Source')}
              </th>
              <th scope="col">
                <span class="sr-only">{t('Actions')}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {prices.map((price) => (
              <PriceRow
                key={price.ref}
                price={price}
                editing={editing === price.ref}
                onEdit={(on) => setEditing(on ? price.ref : '')}
              />
            ))}
          </tbody>
        </table>
      )}
      <Plans />
    </Section>
  );
}

/** What the user pays a provider a month for all calls. */
function Plans(): JSX.Element | null {
  const plans = state.value?.plans ?? [];
  if (plans.length === 0) return null;
  return (
    <div role="group" aria-labelledby="plans-title">
      <h3 id="plans-title">{t('Flat monthly plans')}</h3>
      <p class="intro">
        {t(
          'Where you pay a provider a fixed amount a month, its calls are in plan: they cost nothing more, and their list price is shown beside them.',
        )}
      </p>
      <div class="fields narrow">
        {plans.map((plan) => (
          <PlanField key={plan.provider} plan={plan} />
        ))}
      </div>
    </div>
  );
}

/** A fee that is taken by Enter, or when the focus leaves it; an empty one takes the plan away. */
function PlanField({ plan: { provider, usd: stated } }: { plan: PlanView }): JSX.Element {
  const [typed, setTyped] = useState<string | null>(null);
  const [problem, setProblem] = useState('');
  const save = (): void => {
    if (typed === null) return;
    const usd = typed.trim() === '' ? null : readAmount(typed, MOST_PER_MILLION);
    setProblem(usd === undefined ? t('Type an amount in USD such as 20, or nothing for no plan') : '');
    if (usd === undefined) return;
    setTyped(null);
    if (usd !== stated) post({ kind: 'setMonthlyPlan', provider, usd });
  };
  return (
    <div onKeyDown={onEnter(save)} onFocusOut={save}>
      <Field
        label={t('{0}, USD a month', provider)}
        value={typed ?? (stated === null ? '' : String(stated))}
        onInput={setTyped}
        problem={problem}
        inputMode="decimal"
        placeholder={t('no plan')}
      />
    </div>
  );
}

/** USD per million tokens: `$5`, `$1.10`, `$0.0028`. */
const figure = (usd: number | null): string =>
  usd === null ? '?' : `$${/\.\d$/.test(String(usd)) ? usd.toFixed(2) : usd}`;

interface PriceRowProps {
  price: PriceView;
  editing: boolean;
  onEdit: (on: boolean) => void;
}

function PriceRow({ price, editing, onEdit }: PriceRowProps): JSX.Element {
  const { ref } = price;
  const [provider] = splitRef(ref);
  return (
    <>
      <tr data-price={ref}>
        <th scope="row" class="address">
          <VisibleText text={ref} />
        </th>
        <td class="figure">{figure(price.input)}</td>
        <td class="figure">{figure(price.output)}</td>
        <td class="figure wide">{figure(price.cacheRead)}</td>
        <td class="wide quiet">
          <VisibleText text={price.source} />
        </td>
        <td class="price-actions">
          <IconButton icon="edit" label={t('Set the price of {0}', ref)} onClick={() => onEdit(!editing)} />
          {(price.own || price.doubtful) && (
            <IconButton
              icon="discard"
              label={t('Remove your price for {0}', ref)}
              onClick={() => post({ kind: 'setPrice', ref, price: null })}
            />
          )}
          {price.refreshable && (
            <IconButton
              icon="refresh"
              label={t('Ask {0} for its prices', provider)}
              onClick={() => post({ kind: 'refreshPrices', provider })}
            />
          )}
        </td>
      </tr>
      {price.doubtful && (
        <tr>
          <td colSpan={6}>
            <TestResult test={{ state: 'failed', words: price.doubtful }} />
          </td>
        </tr>
      )}
      {editing && (
        <tr>
          <td colSpan={6}>
            <PriceForm price={price} onClose={() => onEdit(false)} />
          </td>
        </tr>
      )}
    </>
  );
}

const PRICE_FIELDS = ['input', 'output', 'cacheRead', 'cacheWrite'] as const;

function PriceForm({ price, onClose }: { price: PriceView; onClose: () => void }): JSX.Element {
  const [typed, setTyped] = useState<Record<string, string>>(() =>
    Object.fromEntries(PRICE_FIELDS.map((name) => [name, price[name] === null ? '' : String(price[name])])),
  );
  const [problems, setProblems] = useState<Record<string, string>>({});
  const labels = {
    input: t('Input'),
    output: t('Output'),
    cacheRead: t('Read from cache'),
    cacheWrite: t('Written to cache'),
  };
  const save = (): void => {
    const read = (name: string): number | null | undefined =>
      name.startsWith('cache') && !typed[name]?.trim() ? null : readAmount(typed[name] ?? '', MOST_PER_MILLION);
    const values = Object.fromEntries(PRICE_FIELDS.map((name) => [name, read(name)]));
    const found = Object.fromEntries(
      PRICE_FIELDS.filter((name) => values[name] === undefined).map((name) => [
        name,
        t('Enter USD per million tokens, for example 0.27'),
      ]),
    );
    setProblems(found);
    const { input, output, cacheRead = null, cacheWrite = null } = values;
    if (Object.keys(found).length || typeof input !== 'number' || typeof output !== 'number') return;
    post({ kind: 'setPrice', ref: price.ref, price: { input, output, cacheRead, cacheWrite } });
    onClose();
  };
  return (
    <Form label={t('Price of {0}', price.ref)} submit={t('Save')} onSubmit={save} onCancel={onClose}>
      <div class="fields narrow">
        {PRICE_FIELDS.map((name) => (
          <Field
            key={name}
            label={labels[name]}
            value={typed[name] ?? ''}
            onInput={(value) => setTyped({ ...typed, [name]: value })}
            problem={problems[name] ?? ''}
            inputMode="decimal"
          />
        ))}
      </div>
      <span class="sr-only">
        <Whose name={price.ref} />
      </span>
    </Form>
  );
}
