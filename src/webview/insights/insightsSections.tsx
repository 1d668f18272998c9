import { t } from '@vscode/l10n';
import type { ComponentChildren, JSX } from 'preact';
import type { MeterFromPage } from '../../protocol/insights.ts';
import type { AdviceView, InsightsView, QuestionView, ScenarioView } from '../../protocol/insightsView.ts';
import type { Tier } from '../../core/common/types.ts';
import { Button, Icon, IconButton } from '../shared/components.tsx';
import { VisibleText } from '../shared/text.tsx';
import { tierName } from '../shared/tiers.ts';
import { CostChart, DataTable, RateBar, ShareBar } from './chart.tsx';

type CategoryChoice = Extract<MeterFromPage, { kind: 'category' }>['category'];
type Post = (message: MeterFromPage) => void;

interface Props {
  readonly view: InsightsView;
  readonly post: Post;
}

/** Money, time and quality of a period, with the advice before them. */
export function Insights({ view, post }: Props): JSX.Element {
  const { money, time, quality } = view;
  return (
    <>
      <Period view={view} post={post} />
      <Advice view={view} post={post} />
      <Section id="money" title={t('Money')}>
        <p class="amount">
          <VisibleText text={money.amount} />
        </p>
        <Facts facts={money.facts} />
        <CostChart chart={money.chart} />
        <DataTable table={money.table} />
        {view.shares.length > 0 && <h3>{t('Shares by tier')}</h3>}
        {view.shares.length > 0 && (
          <ul class="shares">
            {view.shares.map((row) => (
              <ShareBar key={row.tier} row={row} />
            ))}
          </ul>
        )}
        <p class="quiet">
          <VisibleText text={view.sharesNote} />
        </p>
      </Section>
      <Section id="time" title={t('Time')}>
        <Facts facts={time.facts} />
        <DataTable table={time.table} />
      </Section>
      <Section id="quality" title={t('Quality')}>
        <Facts facts={quality.facts} />
        {quality.rates.length > 0 ? (
          <>
            <h3>{t('Corrected edits, with lines at 5% and 30%')}</h3>
            <ul class="rates">
              {quality.rates.map((row) => (
                <RateBar key={row.name} row={row} />
              ))}
            </ul>
          </>
        ) : (
          <p class="empty">{t('Nothing yet. Once edits have been applied, this shows how many were corrected.')}</p>
        )}
        <DataTable table={quality.survival} />
        <DataTable table={quality.votes} />
        <Facts facts={quality.promptNotes} />
        <DataTable table={quality.prompts} />
      </Section>
      <WhatIf view={view} post={post} />
      <Questions view={view} post={post} />
    </>
  );
}

function Section({ id, title, children }: { id: string; title: string; children: ComponentChildren }): JSX.Element {
  return (
    <section aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{title}</h2>
      {children}
    </section>
  );
}

function Facts({ facts }: { facts: readonly string[] }): JSX.Element | null {
  if (facts.length === 0) return null;
  return (
    <ul class="facts">
      {facts.map((fact) => (
        <li key={fact}>
          <VisibleText text={fact} />
        </li>
      ))}
    </ul>
  );
}

/** One switch for the whole page, and what it is narrowed to. */
function Period({ view: { period, workspaces, workspace, tier }, post }: Props): JSX.Element {
  const go = (kind: 'week' | 'month', back: number): void => post({ kind: 'period', period: kind, back });
  const filter = (more: { workspace?: string; tier?: Tier | '' }): void =>
    post({ kind: 'filter', workspace, tier, ...more });
  return (
    <div class="period-bar" role="toolbar" aria-label={t('Period and filters')}>
      <span class="switch" role="group" aria-label={t('Period')}>
        {(['week', 'month'] as const).map((kind) => (
          <button
            key={kind}
            type="button"
            class="choice"
            aria-pressed={period.kind === kind}
            onClick={() => go(kind, 0)}
          >
            {kind === 'week' ? t('Week') : t('Month')}
          </button>
        ))}
      </span>
      <IconButton
        icon="chevron-left"
        label={t('Earlier')}
        unavailable={period.mayGoBack ? '' : t('The ledger begins here.')}
        onClick={() => go(period.kind, period.back + 1)}
      />
      <strong class="period-title">
        <VisibleText text={period.title} />
      </strong>
      <IconButton
        icon="chevron-right"
        label={t('Later')}
        unavailable={period.back > 0 ? '' : t('This is the current period.')}
        onClick={() => go(period.kind, Math.max(0, period.back - 1))}
      />
      {workspaces.length > 0 && (
        <Select
          label={t('Workspace')}
          value={workspace}
          options={[{ id: '', name: t('All workspaces') }, ...workspaces]}
          onChange={(id) => filter({ workspace: id })}
        />
      )}
      <Select
        label={t('Tier')}
        value={tier}
        options={[
          { id: '', name: t('All tiers') },
          ...(['local', 'mid', 'frontier'] as const).map((id) => ({ id, name: tierName(id) })),
        ]}
        onChange={(id) => filter({ tier: id as Tier | '' })}
      />
    </div>
  );
}

interface SelectProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly { readonly id: string; readonly name: string }[];
  readonly onChange: (id: string) => void;
}

function Select({ label, value, options, onChange }: SelectProps): JSX.Element {
  return (
    <select
      class="select"
      aria-label={label}
      title={label}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    >
      {options.map(({ id, name }) => (
        <option key={id} value={id} selected={id === value}>
          {name}
        </option>
      ))}
    </select>
  );
}

function Advice({ view: { advice, applied, worth }, post }: Props): JSX.Element | null {
  if (advice.length === 0 && !applied && !worth) return null;
  return (
    <Section id="advice" title={t('Advice')}>
      {applied && (
        <p class="applied">
          <Icon name="pass" /> <VisibleText text={t('Applied: {0}', applied)} />{' '}
          <Button secondary onClick={() => post({ kind: 'undo' })}>
            {t('Undo')}
          </Button>
        </p>
      )}
      {worth && (
        <div class="worth">
          <p>
            <VisibleText text={worth.words} />
          </p>
          <p class="quiet">
            <VisibleText text={worth.small} />
          </p>
          {worth.action && (
            <Button secondary onClick={() => post({ kind: 'oneModel' })}>
              {worth.action}
            </Button>
          )}
        </div>
      )}
      {advice.length > 0 && (
        <ul class="advice">
          {advice.map((card) => (
            <Card key={card.id} card={card} post={post} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function Card({ card: { id, title, evidence, apply, tried }, post }: { card: AdviceView; post: Post }): JSX.Element {
  return (
    <li>
      <h3>
        <Icon name="lightbulb" /> <VisibleText text={title} />
      </h3>
      <p>
        <VisibleText text={evidence} />
      </p>
      {tried && (
        <details>
          <summary>{t('Try it on my questions')}</summary>
          <p>
            <VisibleText text={tried} /> {t('Nothing was sent for this.')}
          </p>
        </details>
      )}
      <div class="buttons">
        <Button onClick={() => post({ kind: 'advice', id, action: 'apply' })}>{apply}</Button>
        <Button
          secondary
          title={t('Hides this advice for 30 days')}
          onClick={() => post({ kind: 'advice', id, action: 'dismiss' })}
        >
          {t('Dismiss')}
        </Button>
      </div>
    </li>
  );
}

function WhatIf({ view: { whatIf, watch }, post }: Props): JSX.Element {
  const { note, scenarios, example, colleague } = whatIf;
  return (
    <Section id="what-if" title={t('What if')}>
      <p class="quiet">
        <VisibleText text={note} />
      </p>
      <ul class="scenarios">
        {scenarios.map((scenario) => (
          <Scenario key={scenario.id} scenario={scenario} post={post} />
        ))}
      </ul>
      <DataTable table={example} />
      {colleague && <DataTable table={colleague} />}
      <p class="watch">
        <VisibleText text={watch.words} />
      </p>
      {watch.report && <DataTable table={watch.report} />}
      <div class="buttons">
        <Button secondary onClick={() => post({ kind: 'watch', action: watch.action })}>
          {watch.action === 'start' ? t('Watch a week') : t('Stop watching')}
        </Button>
        <Button secondary onClick={() => post({ kind: 'compare' })}>
          {t("Compare with a colleague's export")}
        </Button>
      </div>
    </Section>
  );
}

function Scenario({ scenario, post }: { scenario: ScenarioView; post: Post }): JSX.Element {
  const { id, name, models, cost, difference, first, firstName } = scenario;
  return (
    <li>
      <span class="scenario-name">
        {name}{' '}
        <span class="quiet">
          <VisibleText text={models} />
        </span>
      </span>
      <span class="scenario-cost">
        <VisibleText text={cost} />{' '}
        <span class="quiet">
          <VisibleText text={difference} />
        </span>
      </span>
      {first !== null && (
        <input
          type="range"
          min="0"
          max="100"
          step="5"
          value={first}
          aria-label={t('{0}: share of {1} in percent', name, firstName)}
          onChange={(event) => post({ kind: 'split', id, first: event.currentTarget.valueAsNumber })}
        />
      )}
    </li>
  );
}

function Questions({ view: { questions, categories }, post }: Props): JSX.Element | null {
  if (questions.length === 0) return null;
  return (
    <Section id="questions" title={t('Latest questions')}>
      <p class="quiet">
        {t(
          'A wrong category? Choose another one: all figures of this page follow. The ledger holds no text of questions.',
        )}
      </p>
      <ul class="questions">
        {questions.map((question) => (
          <Question key={question.callId} question={question} categories={categories} post={post} />
        ))}
      </ul>
    </Section>
  );
}

interface QuestionProps {
  readonly question: QuestionView;
  readonly categories: InsightsView['categories'];
  readonly post: Post;
}

function Question({ question, categories, post }: QuestionProps): JSX.Element {
  const { callId, time, model, cost, category, corrected } = question;
  return (
    <li>
      <VisibleText text={time} />{' '}
      <span class="model">
        <VisibleText text={model} />
      </span>{' '}
      <VisibleText text={cost} />{' '}
      <Select
        label={t('Category of the question of {0}', time)}
        value={category}
        options={[{ id: '', name: corrected ? t('as Gearshift sorted it') : t('not sorted') }, ...categories]}
        onChange={(id) => post({ kind: 'category', callId, category: id as CategoryChoice })}
      />
    </li>
  );
}
