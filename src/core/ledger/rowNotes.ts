import { t } from '@vscode/l10n';

/** Notes on a row beside its figures: a closed list, stored in the ledger by its short names. */
export type RowNote =
  /** The provider's figures contradict themselves; the row has the higher ones, or an estimate. */
  | 'doubtful-usage'
  /** Another model answered than was asked. */
  | 'other-model'
  /** There is no answer, or not a whole one, and the provider may bill it anyway. */
  | 'maybe-billed'
  /** The whole answer came, but the caller could not use it. It costs as much as any other answer. */
  | 'unusable'
  /** The answer came to its end mark, but no reason for its end was stated. */
  | 'no-reason';

/** The note of an attempt in words for the user; empty for none, and for one that only a newer version knows. */
export function describeRowNote(note: string | null, asked: string, returned: string | null): string {
  switch (note) {
    case 'doubtful-usage':
      return t("The provider's token counts are inconsistent. The higher ones, or an estimate, are used.");
    case 'other-model':
      return t('{0} answered instead of {1}.', returned ?? t('Another model'), asked);
    case 'maybe-billed':
      return t(
        'The answer was incomplete. The provider may charge for what it wrote: the estimate counts what arrived, plus a margin.',
      );
    case 'unusable':
      return t('The answer could not be used. It still counts toward the cost.');
    case 'no-reason':
      return t('The server ended the answer without giving a reason.');
    default:
      return '';
  }
}
