import { t } from '@vscode/l10n';
import { applyHunks } from '../edits/hunks.ts';
import { parseAnswer } from '../edits/parseAnswer.ts';
import { planFile } from '../edits/planFile.ts';
import type { ProposedEdit } from '../edits/proposal.ts';
import { jsonIn } from '../common/jsonIn.ts';
import { parseSchema, validate } from '../recipes/schema.ts';
import type { Check, KeptFile, KeptTask } from './keptTask.ts';

/** How one check came out. */
export interface CheckOutcome {
  readonly check: Check;
  readonly passed: boolean;
  /** Why not, for the user; empty when it passed. */
  readonly words: string;
}

/** What was found out about an answer by more than reading it. */
export interface Findings {
  /** Why a command failed, for the user, by the command; empty when it ended well. */
  readonly ran?: ReadonlyMap<string, string>;
  /** The new problems of the files that it makes, or that no one can say, for the user; empty for none. */
  readonly problems?: string;
}

/**
 * Checks an answer against what the user kept. Deterministic; sends nothing and writes nothing.
 *
 * @param found what came of the commands of the task, and of the look for problems; what is not in it counts as failed
 */
export function judge(
  task: Pick<KeptTask, 'checks' | 'files' | 'messages'>,
  answer: string,
  { ran, problems }: Findings = {},
): CheckOutcome[] {
  const files = changedFiles(task, answer);
  return task.checks.map((check) => {
    const words =
      check.kind === 'command'
        ? (ran?.get(check.command) ?? t('The command was not run.'))
        : check.kind === 'problems'
          ? unfit(files) || (problems ?? t('It is unknown whether there are new problems: nothing looked for them.'))
          : problemOf(check, answer, files);
    return { check, passed: words === '', words };
  });
}

/** The commands that a task checks its answers with. */
export const commandsOf = ({ checks }: Pick<KeptTask, 'checks'>): readonly string[] =>
  checks.flatMap((check) => (check.kind === 'command' ? [check.command] : []));

/** A file as an answer leaves it. */
export interface FileAfter {
  /** Path in the workspace, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** The kept files as an answer leaves them; one that its changes do not fit stays as it was. */
export const filesAfter = (task: Pick<KeptTask, 'files' | 'messages'>, answer: string): readonly FileAfter[] =>
  changedFiles(task, answer).files.flatMap(({ file, text }) => {
    const now = text ?? file.before;
    return now === null ? [] : [{ path: file.path, text: now }];
  });

/** What the answer makes of a kept file. */
interface Changed {
  readonly file: KeptFile;
  /** Null: its changes do not fit, or it does not change the file. */
  readonly text: string | null;
}

interface Changes {
  readonly isReadable: boolean;
  readonly files: readonly Changed[];
}

function changedFiles({ files, messages }: Pick<KeptTask, 'files' | 'messages'>, answer: string): Changes {
  const [only] = files.length === 1 ? files : [];
  const { edits, problems } = parseAnswer(answer, only ? { origin: only.path } : {});
  const question = messages.at(-1)?.content ?? '';
  return {
    isReadable: problems.length === 0 && edits.length > 0,
    files: files.map((file) => ({ file, text: madeOf(file, edits, files.length === 1, question) })),
  };
}

function madeOf(file: KeptFile, edits: readonly ProposedEdit[], isOnly: boolean, question: string): string | null {
  const own = edits.filter(({ path }) => (path === null ? isOnly : isSamePath(path, file.path)));
  if (own.length === 0) return null;
  const plan = planFile(own, { text: file.before, path: file.path, question });
  if (plan.failures.length > 0 || plan.kind === 'delete') return null;
  if (plan.hunks.length === 0) return null;
  return applyHunks(file.before ?? '', plan.hunks, plan.finalNewline);
}

/** A model may write a longer or shorter path of the same file. */
const isSamePath = (a: string, b: string): boolean => a === b || a.endsWith(`/${b}`) || b.endsWith(`/${a}`);

/** Why a check fails, for the user; empty when it passes. */
function problemOf(check: Exclude<Check, { kind: 'command' | 'problems' }>, answer: string, changes: Changes): string {
  const { isReadable, files } = changes;
  switch (check.kind) {
    case 'answers':
      return answer.trim() ? '' : t('The answer is empty.');
    case 'parses':
      return isReadable ? '' : t('Its changes cannot be read.');
    case 'applies':
      return unfit(changes);
    case 'keeps': {
      const others = files.filter(({ file, text }) => text === null || !isAlike(text, file.after));
      return others.length === 0
        ? ''
        : t('Its result for {0} differs from what you kept.', others.map(({ file }) => file.path).join(', '));
    }
    case 'contains':
      return answer.includes(check.text) ? '' : t('It does not contain "{0}".', check.text);
    case 'lacks':
      return answer.includes(check.text) ? t('It contains "{0}".', check.text) : '';
    case 'schema':
      return schemaProblem(check.schema, answer);
  }
}

/** That the changes of an answer do not fit a file; empty when all fit. */
function unfit({ files }: Changes): string {
  const paths = files.filter(({ text }) => text === null).map(({ file }) => file.path);
  return paths.length === 0 ? '' : t('Its changes do not fit {0}.', paths.join(', '));
}

/** Equal up to white space and empty lines. */
function isAlike(a: string, b: string): boolean {
  const bare = (text: string): string => text.replace(/\s+/g, '');
  return bare(a) === bare(b);
}

function schemaProblem(written: string, answer: string): string {
  const parsed = parseSchema(written);
  if ('problem' in parsed) return parsed.problem;
  const json = jsonIn(answer);
  if (!json) return t('It contains no JSON.');
  const [first] = validate(parsed.schema, json.value);
  return first === undefined ? '' : t('Its JSON does not fit the schema: {0}', first);
}

/** A check in a few words, for a table. */
export function describeCheck(check: Check): string {
  switch (check.kind) {
    case 'answers':
      return t('answers');
    case 'parses':
      return t('changes can be read');
    case 'applies':
      return t('changes fit the file');
    case 'keeps':
      return t('matches what you kept');
    case 'problems':
      return t('no new problems');
    case 'contains':
      return t('contains "{0}"', check.text);
    case 'lacks':
      return t('does not contain "{0}"', check.text);
    case 'schema':
      return t('fits the schema');
    case 'command':
      return t('runs {0}', check.command);
  }
}
