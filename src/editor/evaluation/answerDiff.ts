import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { hasPassed, nameOf, type Comparison } from '../../core/evaluation/compare.ts';

/** The answers of a comparison, two at a time as a diff. They are in memory until the next comparison. */

const SCHEME = 'gearshift-answers';

let shown: Comparison | undefined;
let count = 0;
let provider: vscode.Disposable | undefined;

/** The last answer of a side to a task; undefined without one. */
const answerOf = ({ trials }: Comparison, task: string, side: 'a' | 'b'): string | undefined =>
  trials.findLast((trial) => trial.task === task && trial.side === side)?.answer ?? undefined;

/** Lets the user choose a task after another and see both answers to it, until the list is left. */
export async function showAnswers(comparison: Comparison): Promise<void> {
  shown = comparison;
  count++;
  provider ??= vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
    provideTextDocumentContent: ({ path, query }) => {
      const side = path.startsWith('/a/') ? 'a' : 'b';
      return (shown && answerOf(shown, decodeURIComponent(query.split('&')[0] ?? ''), side)) ?? '';
    },
  });
  const { tasks, trials, a, b } = comparison;
  const passed = (task: string, side: 'a' | 'b'): string => {
    const own = trials.filter((trial) => trial.task === task && trial.side === side);
    return own.length === 0 ? '–' : `${own.filter(hasPassed).length}/${own.length}`;
  };
  const items = tasks
    .filter(
      ({ name }) => answerOf(comparison, name, 'a') !== undefined || answerOf(comparison, name, 'b') !== undefined,
    )
    .map(({ name }) => ({
      label: name,
      description: `${nameOf(a)} ${passed(name, 'a')} · ${nameOf(b)} ${passed(name, 'b')}`,
    }));
  const chosen = await vscode.window.showQuickPick(items, {
    title: t('Show both answers to which task?'),
    placeHolder: t('Opens the difference between the two answers'),
    matchOnDescription: true,
  });
  if (!chosen) return;
  const uriOf = (side: 'a' | 'b'): vscode.Uri =>
    vscode.Uri.from({
      scheme: SCHEME,
      path: `/${side}/answer.md`,
      // The number makes it another document than that of an earlier comparison.
      query: `${encodeURIComponent(chosen.label)}&${count}`,
    });
  await vscode.commands.executeCommand(
    'vscode.diff',
    uriOf('a'),
    uriOf('b'),
    t('{0}: {1} and {2}', chosen.label, nameOf(a), nameOf(b)),
  );
}
