import { t } from '@vscode/l10n';
import { findHidden } from '../common/hiddenCharacters.ts';
import { countSecrets } from '../privacy/maskSecrets.ts';
import type { Attachment } from './conversation.ts';

/** The purposes of an escalation. The first one asks the user for words of their own. */
export const ESCALATIONS = ['ask', 'explain', 'debug', 'review', 'security', 'refactor', 'tests', 'modernize'] as const;
export type Escalation = (typeof ESCALATIONS)[number];

/** The questions to the frontier model about code, the output of a program or a failed test, as one would ask a senior colleague. */
export function questionFor(action: Exclude<Escalation, 'ask'> | 'output' | 'failure'): string {
  switch (action) {
    case 'output':
      return t('What went wrong here, why, and how do I solve it?');
    case 'failure':
      return t(
        'This test fails. Find out why: say whether the code or the test is wrong, name the cause with its line, and show the smallest fix.',
      );
    case 'explain':
      return t(
        'Explain this code: what it does and why, how it is used, and what a reader should watch out for. Begin with the gist.',
      );
    case 'debug':
      return t(
        'Find the cause of what is wrong with this code. Follow the reported problems and the callers, name the cause with its line, and show the smallest fix.',
      );
    case 'review':
      return t(
        'Review this code as a senior engineer: bugs first, then risks, then design. Order findings by severity, tie each to a line, and show the fix. Say so if it is fine.',
      );
    case 'security':
      return t(
        'Audit this code for security: where untrusted data comes in and what it can reach, missing checks, injection, secrets, cryptography, races. For each finding give severity, line, attack and fix. Say what you could not see.',
      );
    case 'refactor':
      return t(
        'Refactor this code without changing what it does: simpler, clearer, smaller parts. Say what you change and why, keep its callers working, and show the whole changed code.',
      );
    case 'tests':
      return t(
        'Design a test strategy for this code: what can go wrong, which cases and edges to test at which level, what to fake and what not. Then write the most valuable tests in the style of the project.',
      );
    case 'modernize':
      return t(
        'Bring this code up to date: newer idioms of the language and its libraries where they make it clearer or safer. Keep its behavior, say what each change needs, and show the whole changed code.',
      );
  }
}

/** What the user did to ask, in a word or two: the chat shows it in the place of the question. */
export function actionName(action: Exclude<Escalation, 'ask'> | 'failure'): string {
  switch (action) {
    case 'failure':
      return t('Explain the failed test');
    case 'explain':
      return t('Explain');
    case 'debug':
      return t('Debug');
    case 'review':
      return t('Review');
    case 'security':
      return t('Security audit');
    case 'refactor':
      return t('Refactor');
    case 'tests':
      return t('Plan tests');
    case 'modernize':
      return t('Modernize');
  }
}

/** A piece of context, and what the user should know about it before it is sent. */
export interface Part {
  readonly attachment: Attachment;
  /** It is sent unless the user removes it. */
  readonly on: boolean;
  /** Secrets that will be masked. */
  readonly secrets: number;
  /** Characters that the user cannot see and a model reads. */
  readonly hidden: number;
}

export function preparePart(attachment: Attachment, on: boolean): Part {
  const { text, notes } = attachment;
  return {
    attachment,
    on,
    secrets: countSecrets(text) + countSecrets(notes),
    hidden: countHidden(text) + countHidden(notes),
  };
}

const countHidden = (text: string): number => [...text].length - [...stripHidden(text)].length;

/** The attachment without the characters that the user cannot see. */
export const withoutHidden = (attachment: Attachment): Attachment => ({
  ...attachment,
  text: stripHidden(attachment.text),
  notes: stripHidden(attachment.notes),
});

function stripHidden(text: string): string {
  let out = '';
  let at = 0;
  for (const { kind, start, end } of findHidden(text)) {
    if (kind !== 'hidden') continue;
    out += text.slice(at, start);
    at = end;
  }
  return out + text.slice(at);
}
