import { t } from '@vscode/l10n';
import type { TierChoice } from '../../core/common/types.ts';

/** The names of the tiers in the user's language. */
export function tierName(tier: TierChoice): string {
  switch (tier) {
    case 'auto':
      return t('Auto');
    case 'local':
      return t('local');
    case 'mid':
      return t('mid');
    case 'frontier':
      return t('frontier');
  }
}

export const TIER_ICONS: Readonly<Record<TierChoice, string>> = {
  auto: 'sparkle',
  local: 'chip',
  mid: 'cloud',
  frontier: 'zap',
};
