import { t } from '@vscode/l10n';
import type { JSX } from 'preact';
import type { TierChoice } from '../../core/common/types.ts';
import type { TierView } from '../../protocol/chat.ts';
import { Button, Icon } from '../shared/components.tsx';
import { VisibleText } from '../shared/text.tsx';
import { TIER_ICONS, tierName } from '../shared/tiers.ts';
import { post } from './chatStore.ts';
import { nextStepLabel } from './nextStep.ts';

/** A thread without questions: what the tiers are for, what they would cost, how to start. */
export function EmptyState({ tiers }: { tiers: readonly TierView[] }): JSX.Element {
  return (
    <section class="empty" aria-label={t('Tiers')}>
      <dl>
        {tiers.filter(isOne).map((tier) => (
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
                <button type="button" class="link" onClick={() => post({ kind: 'nextStep', next: 'choose-local' })}>
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
      <p class="how">{t('Ask below. Or select code in the editor, right-click and choose Escalate.')}</p>
      {tiers.filter(isOne).some((tier) => !tier.ready) && (
        <Button secondary onClick={() => post({ kind: 'nextStep', next: 'settings' })}>
          {t('Settings')}
        </Button>
      )}
    </section>
  );
}

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
      return t('Takes the hard questions, when you escalate.');
  }
}

/** Never by colour alone: the icon differs, and the words say it. */
export function TierState({ tier }: { tier: TierView }): JSX.Element {
  return (
    <span class={tier.ready ? 'tier-state' : 'tier-state not-ready'}>
      <Icon name={tier.ready ? 'pass' : 'warning'} />
      <VisibleText text={tier.state} />
    </span>
  );
}
