import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { choosePath, type KnownFiles } from '../../core/edits/choosePath.ts';
import { describeRefusal } from '../../core/edits/describeEdits.ts';
import type { ProposedEdit } from '../../core/edits/proposal.ts';
import { currentEditor, pathOf } from '../platform/activeEditor.ts';
import { existing, findTarget, targetOf, type Target, type TargetResult } from './targets.ts';

/** The documents that the edits of an answer are for. Where the answer leaves that open, the user is asked. */

/** Most files of one name that the user chooses among. */
const MOST_ALIKE = 12;

/**
 * The edits by their document.
 *
 * @param sent documents that went along with the question; the first is meant where an edit names none
 * @param refusals gets the words about edits that may not be written
 */
export async function targetsOf(
  edits: readonly ProposedEdit[],
  sent: readonly vscode.Uri[],
  refusals: string[],
): Promise<(readonly [Target, ProposedEdit[]])[]> {
  const byUri = new Map<string, readonly [Target, ProposedEdit[]]>();
  /** What the user has answered, by the name in the answer. */
  const asked = new Map<string, TargetResult | 'left' | undefined>();
  const own = sent[0] ?? currentEditor()?.document.uri;
  for (const edit of edits) {
    const name = `${edit.path} ${edit.perhaps} ${edit.namedBy}`;
    const result = asked.has(name) ? asked.get(name) : await targetFor(edit, own, sent);
    asked.set(name, result);
    if (result === 'left') continue;
    if (!result) refusals.push(t('Open the file that should be changed.'));
    else if (result.kind === 'refused') refusals.push(describeRefusal(result.reason, edit.path ?? ''));
    else {
      const key = result.target.uri.toString();
      const known = byUri.get(key);
      if (known) known[1].push(edit);
      else byUri.set(key, [result.target, [edit]]);
    }
  }
  return [...byUri.values()];
}

/** The document of one edit; `left` where the user chose none, undefined where there is none. */
async function targetFor(
  edit: ProposedEdit,
  own: vscode.Uri | undefined,
  sent: readonly vscode.Uri[],
): Promise<TargetResult | 'left' | undefined> {
  const files: KnownFiles = {
    hasOrigin: own !== undefined,
    wasSent: (path) => sent.some((uri) => pathOf(uri) === path || uri.path.endsWith(`/${path}`)),
    exists: async (path) => (await existing(path)) !== undefined,
    endingWith: filesEndingWith,
  };
  const chosen = await choosePath(edit, files);
  const origin = own ? ({ kind: 'ok', target: targetOf(own) } as const) : undefined;
  switch (chosen.kind) {
    case 'origin':
      return origin;
    case 'path':
      return findTarget(chosen.path, sent);
    case 'several': {
      const path = await vscode.window.showQuickPick(chosen.paths, {
        placeHolder: t('Several files are called {0}. Which one should be changed?', edit.path ?? ''),
      });
      return path === undefined ? 'left' : findTarget(path, []);
    }
    case 'new-or-origin': {
      if (!origin) return findTarget(chosen.path, sent);
      const create = t('Create {0}', chosen.path);
      const change = t('Change {0}', origin.target.label);
      const choice = await vscode.window.showQuickPick([change, create], {
        placeHolder: t('There is no file {0} yet. What is this change for?', chosen.path),
      });
      return choice === undefined ? 'left' : choice === create ? findTarget(chosen.path, sent) : origin;
    }
  }
}

/** Files of the workspace whose path ends with this one, without those that are installed. */
async function filesEndingWith(path: string): Promise<readonly string[]> {
  const end = path.replaceAll('\\', '/').replace(/^(?:\.?\/)+/, '');
  // Signs with a meaning in patterns stand for any one character; the names found are compared again.
  const pattern = `**/${end.replace(/[[\]{}*?]/g, '?')}`;
  const found = await vscode.workspace.findFiles(pattern, '**/{node_modules,.git}/**', MOST_ALIKE);
  return found.filter((uri) => uri.path.endsWith(`/${end}`)).map(pathOf);
}
