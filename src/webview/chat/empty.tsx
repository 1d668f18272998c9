import { t } from '@vscode/l10n';
import type { JSX } from 'preact';
import { stateIcon } from '../../core/common/stateIcon.ts';
import type { TierChoice } from '../../core/common/types.ts';
import type { TierView } from '../../protocol/chat.ts';
import { Button, Icon } from '../shared/components.tsx';
import { VisibleText } from '../shared/text.tsx';
import { TIER_ICONS, tierName } from '../shared/tiers.ts';
import { insertion, post } from './chatStore.ts';
import { nextStepLabel } from './nextStep.ts';

/** A thread without questions: what is missing, what the tiers are for and would cost, and how to start. */
export function EmptyState({ tiers }: { tiers: readonly TierView[] }): JSX.Element {
  const ones = tiers.filter(isOne);
  const canAsk = ones.some(({ ready, answers }) => ready && answers !== false);
  return (
    <section class="empty" aria-label={t('Tiers')}>
      {ones.some(({ ready }) => !ready) && (
        <SetUp
          isReady={canAsk}
          lacksKey={ones.some(({ tier, ready }) => tier !== 'local' && !ready)}
          lacksLocal={ones.some(
            ({ tier, ready, answers }) => tier === 'local' && !ready && (answers !== false || !canAsk),
          )}
        />
      )}
      <dl>
        {ones.map((tier) => (
          <div class="empty-tier" key={tier.tier}>
            <dt>
              <Icon name={TIER_ICONS[tier.tier]} />
              <span class="tier-name">{tierName(tier.tier)}</span>
              <TierState tier={tier} />
            </dt>
            <dd>
              {tier.answers === false
                ? t('Completes code as you type. To answer questions, it needs a model of its own.')
                : purpose(tier.tier)}
            </dd>
            {tier.answers === false && (
              <dd>
                <button
                  type="button"
                  class="text-button"
                  onClick={() => post({ kind: 'nextStep', next: 'choose-local' })}
                >
                  {nextStepLabel('choose-local')}
                </button>
              </dd>
            )}
            <dd class="detail">
              <VisibleText text={tier.model} />
            </dd>
            <dd class="detail">{tier.price}</dd>
          </div>
        ))}
      </dl>
      {canAsk && (
        <ul class="starters" aria-label={t('Suggestions to start with')}>
          {starters().map(({ icon, label, text }) => (
            <li key={text}>
              <button type="button" class="starter" onClick={() => start(text)}>
                <Icon name={icon} />
                {label}
              </button>
            </li>
          ))}
        </ul>
      )}
      <p class="how">{t('Ask below. Or select code in the editor, right-click it, and choose Gearshift.')}</p>
    </section>
  );
}

interface SetUpProps {
  /** A tier can answer, though not every one. */
  isReady: boolean;
  /** A cloud tier cannot answer. */
  lacksKey: boolean;
  /** The server of the local tier does not answer, or nothing does. */
  lacksLocal: boolean;
}

/** What to do while a tier cannot answer. */
function SetUp({ isReady, lacksKey, lacksLocal }: SetUpProps): JSX.Element {
  const steps = [
    ...(lacksKey ? (['set-key'] as const) : []),
    ...(lacksLocal ? (['set-up-ollama'] as const) : []),
    isReady ? ('settings' as const) : ('get-started' as const),
  ];
  return (
    <div class="set-up">
      <p>
        {isReady
          ? t('Not every tier is ready yet. Below each you see what it lacks.')
          : t('No model is ready yet. Set an API key, or choose a local model.')}
      </p>
      <div class="buttons">
        {steps.map((next, i) => (
          <Button key={next} secondary={i > 0} onClick={() => post({ kind: 'nextStep', next })}>
            {nextStepLabel(next)}
          </Button>
        ))}
      </div>
    </div>
  );
}

const starters = () => [
  { icon: 'comment-discussion', label: t('Explain the open file'), text: '/explain ' },
  { icon: 'checklist', label: t('Review my changes'), text: '/review ' },
  { icon: 'beaker', label: t('Write tests for the selection'), text: '/tests ' },
];

/** Puts the prompt into the composer, where the user sees what it takes along and may cost, and sends it with Enter. */
const start = (text: string): void => void (insertion.value = { count: insertion.value.count + 1, text });

/** *Auto* is a way to choose among the tiers, not one of them. */
const isOne = ({ tier }: TierView): boolean => tier !== 'auto';

function purpose(tier: TierChoice): string {
  switch (tier) {
    case 'auto':
      return '';
    case 'local':
      return t('Completes code as you type and answers quick questions.');
    case 'mid':
      return t('Answers in this chat.');
    case 'frontier':
      return t('Answers hard questions when you escalate.');
  }
}

/** Never by color alone: the icon differs, and the words say it. */
export function TierState({ tier }: { tier: TierView }): JSX.Element {
  return (
    <span class={tier.ready ? 'tier-state' : 'tier-state not-ready'}>
      <Icon name={stateIcon(tier)} />
      <VisibleText text={tier.state} />
    </span>
  );
}
