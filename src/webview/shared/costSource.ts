import type { CostSource } from '../../core/common/types.ts';
import { t } from '@vscode/l10n';

/**
 * A word beside an amount on how sure it is, as docs/costs.md has it; empty where the amount says it itself (`free`,
 * `cost unknown`).
 */
export function sourceMark(source: CostSource): string {
  switch (source) {
    case 'provider':
      return t('by provider');
    case 'computed':
      return t('computed');
    case 'estimated':
      return t('estimated');
    case 'free':
    case 'plan':
    case 'unknown':
      return '';
  }
}
