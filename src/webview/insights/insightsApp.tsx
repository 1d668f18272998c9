import { t } from '@vscode/l10n';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { stateIcon } from '../../core/common/stateIcon.ts';
import type { MeterFromPage, MeterState } from '../../protocol/insights.ts';
import { announce, Button, Icon, LiveRegion } from '../shared/components.tsx';
import { VisibleText } from '../shared/text.tsx';
import type { InsightsView } from '../../protocol/insightsView.ts';
import { Insights } from './insightsSections.tsx';
import { LedgerTable } from './ledger.tsx';
import { Outcomes } from './outcomes.tsx';
import { Bar } from './bar.tsx';
import { TIER_ICONS, tierName } from '../shared/tiers.ts';

interface AppProps {
  state: MeterState | undefined;
  insights: InsightsView | undefined;
  post: (message: MeterFromPage) => void;
}

export function App({ state, insights, post }: AppProps): JSX.Element {
  const notice = state?.notice ?? '';
  useEffect(() => {
    if (notice) announce(notice);
  }, [notice]);
  return (
    <>
      {state && (
        <main class="page">
          <header class="head">
            <h1>{t('Insights')}</h1>
            <div class="buttons">
              <Button
                secondary
                title={t('Writes the ledger to a file that you choose')}
                onClick={() => post({ kind: 'export' })}
              >
                {t('Export')}
              </Button>
              {insights && (
                <Button
                  secondary
                  title={t(
                    'Writes this period as one HTML file, without scripts and without any text of code or questions',
                  )}
                  onClick={() => post({ kind: 'report' })}
                >
                  {t('Report')}
                </Button>
              )}
              <Button secondary onClick={() => post({ kind: 'openSettings' })}>
                {t('Settings')}
              </Button>
            </div>
          </header>
          {notice && (
            <p class="notice">
              <Icon name="info" />
              <VisibleText text={notice} />
            </p>
          )}
          {insights ? <Insights view={insights} post={post} /> : <p class="empty">{t('Calculating totals…')}</p>}
          <Budgets budgets={state.budgets} />
          <Tiers tiers={state.tiers} />
          <Outcomes outcomes={state.outcomes} />
          <Latest state={state} />
        </main>
      )}
      <LiveRegion />
    </>
  );
}

function Budgets({ budgets }: { budgets: MeterState['budgets'] }): JSX.Element | null {
  if (!budgets.length) return null;
  return (
    <section aria-labelledby="budgets-title">
      <h2 id="budgets-title">{t('Budgets')}</h2>
      <ul class="budgets">
        {budgets.map(({ name, spent, share, level }) => (
          <li key={name} class={level}>
            <span class="budget-name">
              {level !== 'ok' && <Icon name="warning" />} <VisibleText text={name} />
            </span>
            <span class="budget-spent">
              <VisibleText text={level === 'over' ? t('{0}: used up', spent) : spent} />
            </span>
            <Bar share={share} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Tiers({ tiers }: { tiers: MeterState['tiers'] }): JSX.Element {
  return (
    <section aria-labelledby="tiers-title">
      <h2 id="tiers-title">{t('Tiers')}</h2>
      <ul class="tiers">
        {tiers.map(({ tier, model, state, ready, untried }) => (
          <li key={tier}>
            <span class="tier-name">
              <Icon name={TIER_ICONS[tier]} /> {tierName(tier)}
            </span>
            <span class="model">
              <VisibleText text={model || t('no model')} />
            </span>
            <span class={ready && !untried ? 'readiness ready' : 'readiness'}>
              <Icon name={stateIcon({ ready, untried })} />
              <VisibleText text={state} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Latest({ state }: { state: MeterState }): JSX.Element {
  return (
    <section aria-labelledby="latest-title">
      <h2 id="latest-title">{t('Latest calls')}</h2>
      {state.rows.length ? (
        <LedgerTable rows={state.rows} />
      ) : (
        <p class="empty">
          {t(
            'No calls yet. Type in an editor for ghost text, or ask in the chat; each call is listed here with its cost.',
          )}
        </p>
      )}
      <p class="location">
        {t('The ledger is on this computer:')}{' '}
        <span class="path">
          <VisibleText text={state.location} />
        </span>
      </p>
    </section>
  );
}
