import { t } from '@vscode/l10n';
import type { Failure } from '../common/failures.ts';
import { describeFailure, type FailureWords } from '../gateway/describeFailure.ts';
import type { ModelRef } from '../common/types.ts';
import type { LocalModel, LocalModelState } from './localModel.ts';
import { plural } from '../common/language.ts';

/** Why there is no suggestion: a closed list. `describeReason` has the words. */
export type NoSuggestionReason =
  // Never wanted here.
  | { readonly kind: 'off' }
  | { readonly kind: 'snoozed'; readonly ms: number }
  | { readonly kind: 'battery' }
  | { readonly kind: 'language-off'; readonly language: string }
  | { readonly kind: 'file-off'; readonly glob: string }
  | { readonly kind: 'place'; readonly scheme: string }
  | { readonly kind: 'secret-file' }
  | { readonly kind: 'long-line'; readonly characters: number }
  | { readonly kind: 'binary' }
  // Not wanted at this position.
  | { readonly kind: 'several-cursors' }
  | { readonly kind: 'inside-word' }
  | { readonly kind: 'comment-off' }
  | { readonly kind: 'string-off' }
  | { readonly kind: 'empty-document' }
  | { readonly kind: 'conflict' }
  // There is no server to ask.
  | { readonly kind: 'model'; readonly state: LocalModelState }
  // Asked.
  /** The editor's list is open, and the model says something else than the row that the list selected. */
  | { readonly kind: 'other-row' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly model: ModelRef; readonly failure: Failure }
  /** The model had nothing; or a filter, by its name, left nothing of what it had. */
  | { readonly kind: 'nothing'; readonly filter: string | null };

/** Why there is no suggestion, and what the user can do about it. */
export function describeReason(
  reason: NoSuggestionReason,
  model: Pick<LocalModel, 'describe' | 'place'>,
): FailureWords {
  switch (reason.kind) {
    case 'off':
      return { text: t('Completions are turned off.'), next: 'settings' };
    case 'language-off':
      return { text: t('Completions are turned off for the language {0}.', reason.language), next: 'settings' };
    case 'snoozed': {
      const minutes = Math.ceil(reason.ms / 60_000);
      return {
        text: Number.isFinite(minutes)
          ? plural(
              minutes,
              t('Completions are snoozed for {0} more minute.', minutes),
              t('Completions are snoozed for {0} more minutes.', minutes),
            )
          : t('Completions are snoozed until the window is reloaded.'),
        next: 'none',
      };
    }
    case 'battery':
      return { text: t('Completions are paused while on battery power.'), next: 'settings' };
    case 'file-off':
      return { text: t('Completions are turned off for files that match {0}.', reason.glob), next: 'settings' };
    case 'comment-off':
      return { text: t('Completions are turned off inside comments.'), next: 'settings' };
    case 'string-off':
      return { text: t('Completions are turned off inside strings.'), next: 'settings' };
    case 'place':
      return { text: t("Completions aren't available in this kind of document ({0}).", reason.scheme), next: 'none' };
    case 'secret-file':
      return {
        text: t(
          'This file is never shown to a model: its name suggests that it contains secrets, or it matches gearshift.privacy.ignore.',
        ),
        next: 'none',
      };
    case 'long-line':
      return { text: t('The line is too long ({0} characters).', reason.characters), next: 'none' };
    case 'binary':
      return { text: t('This does not look like text.'), next: 'none' };
    case 'several-cursors':
      return { text: t('There are several cursors.'), next: 'none' };
    case 'inside-word':
      return { text: t('The cursor is in the middle of a word.'), next: 'none' };
    case 'conflict':
      return { text: t('The cursor is inside a merge conflict.'), next: 'none' };
    case 'empty-document':
      return { text: t("There's no text to continue yet."), next: 'none' };
    case 'model':
      return model.describe(reason.state);
    case 'other-row':
      return {
        text: t('The model suggests something other than the selected row of the suggestion list.'),
        next: 'none',
      };
    case 'cancelled':
      return { text: t('The text changed before the model had answered.'), next: 'none' };
    case 'failed':
      return describeFailure(reason.failure, model.place(reason.model));
    case 'nothing':
      return { text: describeNothing(reason.filter), next: 'none' };
  }
}

function describeNothing(filter: string | null): string {
  switch (filter) {
    case null:
    case 'blank':
      return t('The model had nothing to add here.');
    case 'suffix':
    case 'next-line':
    case 'line':
      return t('The model only repeated what follows the cursor.');
    case 'repeated-line':
    case 'repeated-line-start':
      return t('The model only repeated what precedes the cursor.');
    case 'hidden-characters':
      return t('The answer was discarded because it contains invisible characters.');
    default:
      return t('The suggestion was discarded by the filter {0}.', filter);
  }
}
