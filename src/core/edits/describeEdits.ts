import { t } from '@vscode/l10n';
import type { BlockFailure } from './hunks.ts';
import type { AnswerProblem } from './proposal.ts';
import type { Danger, TargetCheck } from './target.ts';

/** What the user is told about edits: what could not be done, where it nearly fitted, and what is dangerous about it. */

export function describeFailure({ reason, near, places }: BlockFailure, path: string): string {
  switch (reason) {
    case 'not-found':
      return near
        ? t('Line {0} of {1} should be "{2}" and is "{3}".', near.line, path, short(near.expected), short(near.found))
        : t('The lines to be changed are not in {0}.', path);
    case 'ambiguous':
      return places.length > 0
        ? t('The lines to be changed are in {0} more than once: at {1}.', path, places.join(', '))
        : t('The change can be read in several ways.');
    case 'no-anchor':
      return t('The change does not say which lines of {0} it is for.', path);
    case 'overlap':
      return t('Two changes want the same lines of {0}.', path);
    case 'changed':
      return t('Line {0} of {1} was changed since the question.', near?.line ?? 1, path);
    case 'indentation':
      return t('The indentation does not fit that of {0}.', path);
    case 'elided':
      return t('The answer leaves parts of the code out.');
    case 'unclear':
      return t('The code does not say where in {0} it belongs.', path);
    case 'exists':
      return t('{0} should be created, and is there already.', path);
    case 'missing':
      return t('{0} should be changed, and does not exist.', path);
  }
}

export function describeProblem(problem: AnswerProblem): string {
  switch (problem) {
    case 'truncated':
      return t('The answer ends in the middle of a change.');
    case 'malformed':
      return t('A change in the answer lacks its middle or its end.');
    case 'ambiguous-fence':
      return t('Code blocks inside code blocks: the answer can be read in two ways.');
    case 'unsupported':
      return t('Renaming and binary changes cannot be applied.');
  }
}

export function describeRefusal(reason: Extract<TargetCheck, { kind: 'refused' }>['reason'], path: string): string {
  switch (reason) {
    case 'absolute':
    case 'outside':
      return t('{0} is outside of this workspace, so it is not written.', path);
    case 'malformed':
    case 'empty':
      return t('{0} is no name for a file.', path || '""');
  }
}

/** Why a file needs a confirmation of its own. */
export function describeDanger(danger: Danger): string {
  switch (danger) {
    case 'editor':
      return t('Files like this one can make the editor run programs.');
    case 'git':
      return t('Files like this one can make git run programs.');
    case 'ci':
      return t('Files like this one run in the build, with its secrets.');
    case 'shell':
      return t('Files like this one are run when a shell or another tool starts.');
    case 'agent':
      return t('Assistants obey what stands in files like this one.');
    case 'container':
      return t('Files like this one run programs when the folder is opened in a container.');
    case 'build':
      return t('Files like this one run programs when the project is checked, built or installed.');
    case 'secret':
      return t('Files like this one hold secrets.');
  }
}

const short = (line: string): string => {
  const text = line.trim();
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
};
