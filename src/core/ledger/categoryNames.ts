import { t } from '@vscode/l10n';
import type { Category } from './categories.ts';

/** A category as people read it; null: a row of an older version, which was not sorted. */
export function categoryName(category: Category | null): string {
  if (category === null) return t('not sorted');
  return {
    naming: t('naming'),
    lookup: t('lookups'),
    feature: t('features'),
    tests: t('tests'),
    docs: t('documentation'),
    bug: t('bugs'),
    refactoring: t('refactoring'),
    review: t('reviews'),
    architecture: t('architecture'),
    other: t('other questions'),
  }[category];
}
