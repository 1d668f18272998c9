import { t } from '@vscode/l10n';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { plural } from '../../core/common/language.ts';
import type { DryRunView, PastView, SettingsState, TargetsView } from '../../protocol/settings.ts';
import { Button, Icon, IconButton } from '../shared/components.tsx';
import { VisibleText } from '../shared/text.tsx';
import { tierName } from '../shared/tiers.ts';
import { Check, Choice, DescribedCheck, Section, Slider, useOpener } from './parts.tsx';
import { RuleDialog } from './ruleDialog.tsx';
import { post, state } from './settingsStore.ts';

/** The rules of Auto, and what they would do with a request or with the last questions. */

export function Routing(): JSX.Element | null {
  const routing = state.value?.routing;
  if (!routing) return null;
  return (
    <Section id="routing" title={t('Routing')} setting="gearshift.routing.rules">
      <p class="intro">
        {t('In Auto mode, these rules are tried from top to bottom. The first match chooses the tier.')}
      </p>
      <ul class="rows rules" aria-label={t('Rules')}>
        {routing.rules.map(
          (rule, i) =>
            rule.learned === undefined && (
              <li key={rule.name} class="row" data-rule={rule.name}>
                <span class="grow">
                  <Check
                    checked={rule.enabled}
                    onChange={(enabled) => post({ kind: 'setRule', name: rule.name, enabled })}
                  >
                    <VisibleText text={rule.name} />
                    {rule.own && <span class="tag">{t('yours')}</span>}
                    {rule.ended && <span class="tag">{t('ended')}</span>}
                  </Check>
                  <span class="hint block">
                    <VisibleText text={rule.sentence ?? rule.when} />
                  </span>
                </span>
                <span class="quiet">→ {tierName(rule.tier)}</span>
                {rule.removable && (
                  <IconButton
                    icon="close"
                    label={t('Remove {0}', rule.name)}
                    onClick={() => post({ kind: 'removeRule', name: rule.name })}
                  />
                )}
                <IconButton
                  icon="arrow-up"
                  label={t('Move {0} up', rule.name)}
                  {...(i === 0 && { unavailable: t('It is already first.') })}
                  onClick={() => post({ kind: 'moveRule', name: rule.name, by: -1 })}
                />
                <IconButton
                  icon="arrow-down"
                  label={t('Move {0} down', rule.name)}
                  {...(i === routing.rules.length - 1 && { unavailable: t('It is already last.') })}
                  onClick={() => post({ kind: 'moveRule', name: rule.name, by: 1 })}
                />
              </li>
            ),
        )}
      </ul>
      <AddRule />
      <Learned rules={routing.rules} />
      <div class="fields settings">
        <Choice
          label={t('New chats use')}
          value={routing.chatTier}
          options={[
            { value: 'auto', label: t('Auto: routing rules choose the tier') },
            ...(['local', 'mid', 'frontier'] as const).map((tier) => ({ value: tier, label: tierName(tier) })),
          ]}
          onChange={(value) => post({ kind: 'setChatTier', value })}
        />
        <Slider
          label={t('Complexity at which Auto switches to frontier')}
          value={routing.threshold}
          min={1}
          max={5}
          step={0.1}
          onChange={(value) => post({ kind: 'setThreshold', value })}
        />
      </div>
      <Targets targets={routing.targets ?? null} threshold={routing.threshold} />
      <DescribedCheck
        checked={routing.classifier}
        hint={t('Only if that is free, or costs less than a tenth of what it can save.')}
        onChange={(on) => post({ kind: 'setSwitch', setting: 'routing.classifier', on })}
      >
        {t('When unsure, ask the cheapest model how complex a request is')}
      </DescribedCheck>
      <TryRequest tried={routing.tried} />
      <Past past={routing.past} />
    </Section>
  );
}

/** What each threshold comes to on the questions of the last 30 days, beside always mid and all frontier. */
function Targets({ targets, threshold }: { targets: TargetsView | null; threshold: number }): JSX.Element {
  return (
    <div role="group" aria-labelledby="targets-title">
      <h3 id="targets-title">{t('Shares and cost of your last 30 days')}</h3>
      <p class="hint">
        {t(
          'What each threshold would cost at the prices of today, if every tier with a model answers. Nothing is sent.',
        )}
      </p>
      <Button secondary onClick={() => post({ kind: 'showTargets', on: targets === null })}>
        {targets === null ? t('Compare thresholds') : t('Hide the comparison')}
      </Button>
      {targets?.questions === 0 && (
        <p class="empty">{t('There are no questions of the last 30 days in the chats of this workspace.')}</p>
      )}
      {targets && targets.questions > 0 && (
        <table class="past" role="table" aria-labelledby="targets-title">
          <thead role="rowgroup">
            <tr role="row">
              <th role="columnheader" scope="col">
                {plural(targets.questions, t('{0} question', targets.questions), t('{0} questions', targets.questions))}
              </th>
              <th role="columnheader" scope="col">
                {t('Shares')}
              </th>
              <th role="columnheader" scope="col">
                {t('Cost')}
              </th>
            </tr>
          </thead>
          <tbody role="rowgroup">
            {targets.rows.map((row) => (
              <tr key={row.name} role="row">
                <td role="cell">
                  {row.name}
                  {row.threshold === threshold && <span class="tag">{t('now')}</span>}
                </td>
                <td role="cell">{row.shares}</td>
                <td role="cell">{row.cost}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

/** The button that opens the dialog in its place. */
function AddRule(): JSX.Element | null {
  const adding = useOpener();
  const routing = state.value?.routing;
  if (!routing) return null;
  if (adding.open) return <RuleDialog topics={routing.topics ?? []} preview={routing.preview} onClose={adding.close} />;
  return (
    <Button secondary buttonRef={adding.button} onClick={adding.show}>
      {t('Add rule')}
    </Button>
  );
}

/** The rules that were made of the user's own overrides, with how often they were right. */
function Learned({ rules }: { rules: SettingsState['routing']['rules'] }): JSX.Element | null {
  const learned = rules.filter((rule) => rule.learned !== undefined);
  if (learned.length === 0) return null;
  return (
    <div role="group" aria-labelledby="learned-title">
      <h3 id="learned-title">{t('Learned from your choices')}</h3>
      <ul class="rows rules">
        {learned.map((rule) => (
          <li key={rule.name} class="row" data-rule={rule.name}>
            <span class="grow">
              <Check checked={rule.enabled} onChange={(enabled) => post({ kind: 'setRule', name: rule.name, enabled })}>
                <VisibleText text={rule.sentence ?? rule.name} />
                {rule.ended && <span class="tag">{t('ended')}</span>}
              </Check>
              <span class="hint block">
                <VisibleText text={rule.learned ?? ''} />
              </span>
            </span>
            <IconButton
              icon="close"
              label={t('Remove {0}', rule.name)}
              onClick={() => post({ kind: 'removeRule', name: rule.name })}
            />
          </li>
        ))}
      </ul>
    </div>
  );
}

/** A request is typed, and the rules are held against it; nothing is sent. */
function TryRequest({ tried }: { tried: SettingsState['routing']['tried'] }): JSX.Element {
  const [text, setText] = useState('');
  return (
    <div role="group" aria-labelledby="try-title">
      <h3 id="try-title">{t('What would happen to this request?')}</h3>
      <div class="field try">
        <textarea
          rows={2}
          aria-label={t('Request')}
          value={text}
          maxLength={MOST_TEXT}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <Button secondary onClick={() => post({ kind: 'tryRoute', text: text.slice(0, MOST_TEXT) })}>
          {t('Try the rules')}
        </Button>
      </div>
      {tried && (
        <div class="tried" role="status">
          <p class="quiet">
            <VisibleText text={tried.text} />
          </p>
          <Outcome run={tried.result} />
        </div>
      )}
    </div>
  );
}

/** As long as the host takes it. */
const MOST_TEXT = 100_000;

/**
 * The last questions of this workspace, read only when they are asked for. A narrow page shows each as a block, which
 * is no table to a screen reader without its roles.
 */
function Past({ past }: { past: readonly PastView[] | null }): JSX.Element {
  const differing = past?.filter(({ differs }) => differs).length ?? 0;
  return (
    <div role="group" aria-labelledby="past-title">
      <h3 id="past-title">{t('The rules on your last questions')}</h3>
      <p class="hint">
        {t(
          'Where these rules would send them now, assuming that every tier is reachable and no budget is used up. Nothing is sent.',
        )}
      </p>
      <Button secondary onClick={() => post({ kind: 'tryPast', on: past === null })}>
        {past === null ? t('Try the rules on my last questions') : t('Hide the questions')}
      </Button>
      {past?.length === 0 && <p class="empty">{t('There are no questions in the chats of this workspace yet.')}</p>}
      {past && past.length > 0 && (
        <>
          <p role="status">
            {differing === 0
              ? t('All {0} would go to the same tier as before.', past.length)
              : t('{0} of {1} would go to another tier.', differing, past.length)}
          </p>
          <table class="past" role="table" aria-labelledby="past-title">
            <thead role="rowgroup">
              <tr role="row">
                <th role="columnheader" scope="col">
                  {t('Question')}
                </th>
                <th role="columnheader" scope="col">
                  {t('Then')}
                </th>
                <th role="columnheader" scope="col">
                  {t('Now')}
                </th>
              </tr>
            </thead>
            <tbody role="rowgroup">
              {past.map((each) => (
                <tr key={each.id} role="row" class={each.differs ? 'differs' : undefined}>
                  <td role="cell">
                    <VisibleText text={each.question} />
                    <span class="hint block">{each.time}</span>
                  </td>
                  <td role="cell">
                    <VisibleText text={each.then} />
                  </td>
                  <td role="cell">
                    {each.differs && (
                      <span class="tag">
                        <Icon name="arrow-swap" /> {t('another tier')}
                      </span>
                    )}
                    <Outcome run={each.now} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </div>
  );
}

/** Tier, rule and reason; what each rule said, unfolded on a click. */
function Outcome({ run }: { run: DryRunView }): JSX.Element {
  return (
    <>
      <span>
        <strong>{tierName(run.tier)}</strong> <VisibleText text={t('by the rule {0}', run.rule)} />
      </span>
      <span class="hint block">
        <VisibleText text={run.reason} />
      </span>
      <details>
        <summary>{t('How each rule decided')}</summary>
        <ul class="trials">
          {run.tried.map(({ rule, matched, why }) => (
            <li key={rule}>
              <Icon name={matched ? 'check' : 'circle-slash'} />
              <span class="sr-only">{matched ? t('matched') : t('did not match')}</span>{' '}
              <VisibleText text={`${rule}: ${why}`} />
            </li>
          ))}
        </ul>
      </details>
    </>
  );
}
