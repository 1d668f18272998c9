import { t } from '@vscode/l10n';
import type * as vscode from 'vscode';
import { pathOf } from './activeEditor.ts';
import { judgeDocument } from './contextFiles.ts';
import { isSecretFile } from '../../core/privacy/sensitiveFiles.ts';
import { showWarningMessage } from './messages.ts';

/**
 * Files that hold secrets by their own name or by that of the file that they lead to, and links out of the workspace,
 * leave the machine only when the user says so for this one time.
 */
export async function mayLeave(uri: vscode.Uri): Promise<boolean> {
  switch (await judgeDocument(uri)) {
    case 'free':
      return true;
    case 'secret':
      return mayLeaveAsSecret(pathOf(uri));
    case 'outside':
      return confirmAttaching(
        t('{0} is a link to a file outside this workspace. Attach that file anyway?', pathOf(uri)),
      );
    case 'not-a-file':
      void showWarningMessage(t("{0} isn't a regular file and can't be attached.", pathOf(uri)));
      return false;
  }
}
/** The same for text of which only the name is known, as with a file that was dropped from outside the editor. */
export const mayLeaveByName = async (name: string): Promise<boolean> => !isSecretFile(name) || mayLeaveAsSecret(name);
const mayLeaveAsSecret = (name: string): Promise<boolean> =>
  confirmAttaching(t('{0} looks like a file with secrets. Attach it anyway?', name));

async function confirmAttaching(question: string): Promise<boolean> {
  const send = t('Attach it');
  const detail = t('What is attached is sent to the model with your next question.');
  return (await showWarningMessage(question, { modal: true, detail }, send)) === send;
}
