import { t } from '@vscode/l10n';
import type { Tier } from '../../core/types.ts';

/** The names of the tiers in the user's language. */
export function tierName(tier: Tier): string {
  switch (tier) {
    case 'local':
      return t('local');
    case 'mid':
      return t('mid');
    case 'frontier':
      return t('frontier');
  }
}

export const TIER_ICONS: Readonly<Record<Tier, string>> = { local: 'chip', mid: 'cloud', frontier: 'zap' };
