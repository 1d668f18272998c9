import { t } from '@vscode/l10n';
import type { BlockFailure } from './hunks.ts';
import type { AnswerProblem } from './proposal.ts';
import type { Danger, TargetCheck } from './target.ts';

/** Messages about edits: the part that could not be applied, where it nearly fitted, and its dangers. */

export function describeFailure({ reason, near, places, names = [] }: BlockFailure, path: string): string {
  switch (reason) {
    case 'not-found':
      return near
        ? t('Line {0} of {1} should be "{2}" but is "{3}".', near.line, path, short(near.expected), short(near.found))
        : t('The lines to be changed are not in {0}.', path);
    case 'ambiguous':
      return places.length > 0
        ? t('The lines to change occur more than once in {0}: at {1}.', path, places.join(', '))
        : t('The change is ambiguous.');
    case 'no-anchor':
      return t('The change does not say which lines of {0} it is for.', path);
    case 'overlap':
      return t('Two changes overlap in {0}.', path);
    case 'changed':
      return t('Line {0} of {1} has changed since the question was asked.', near?.line ?? 1, path);
    case 'indentation':
      return t("The indentation doesn't match that of {0}.", path);
    case 'elided':
      return t('The answer leaves out lines of {0}, or replaces them with a comment.', path);
    case 'excerpt':
      return t('The answer shows only part of {0}. The code after that part would be deleted.', path);
    case 'drops':
      return names.length > 0
        ? t('The change deletes {0} from {1}.', names.slice(0, 5).join(', '), path)
        : t('The change deletes more than half of {0}.', path);
    case 'outside':
      return t("{0} can't be moved there.", path);
    case 'marks':
      return t('The change would write marks of an edit format into {0}.', path);
    case 'unclear':
      return t('The code does not say where in {0} it belongs.', path);
    case 'exists':
      return t('The answer creates {0}, which already exists.', path);
    case 'missing':
      return t("The answer changes {0}, which doesn't exist.", path);
  }
}

export function describeProblem(problem: AnswerProblem): string {
  switch (problem) {
    case 'truncated':
      return t('The answer ends in the middle of a change.');
    case 'malformed':
      return t('A change in the answer is incomplete.');
    case 'ambiguous-fence':
      return t('The answer nests code blocks inside code blocks and is ambiguous.');
    case 'too-many':
      return t('The answer changes this file too many times. Only the first changes are proposed.');
    case 'unsupported':
      return t("Renames and binary changes can't be applied.");
  }
}

export function describeRefusal(reason: Extract<TargetCheck, { kind: 'refused' }>['reason'], path: string): string {
  switch (reason) {
    case 'absolute':
    case 'outside':
      return t("{0} is outside this workspace, so it wasn't written.", path);
    case 'malformed':
    case 'empty':
      return t("{0} isn't a valid file name.", path || '""');
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
      return t('Files like this one are executed when a shell or another tool starts.');
    case 'agent':
      return t('AI assistants follow the instructions in files like this one.');
    case 'tool':
      return t('Files like this one configure a tool, which may run or obey what they say.');
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
