import { t } from '@vscode/l10n';
import { familyOf } from '../common/modelFamily.ts';

/** A reviewer must not be the implementer: models of one family share training, and so its blind spots. */

/** The families of models by the names that were asked and those that servers said answered. */
export const familiesOf = (names: readonly string[]): ReadonlySet<string> => new Set(names.map(familyOf));

/** Why no model is left to review. */
export const noReviewer = (builders: ReadonlySet<string>): string =>
  t(
    'Every model that you set is of the family that wrote this ({0}), so none of them reviews it. Add a model of another family to a tier.',
    [...builders].join(', '),
  );

/** Why a review does not count: the server let another model answer than was asked. */
export const sameMind = (returned: string): string =>
  t('The server let {0} answer, which is of the family that wrote this. Its review does not count.', returned);
