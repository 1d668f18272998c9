import * as vscode from 'vscode';
import { attachmentText } from '../../core/chat/prompt.ts';
import type { Attachment } from '../../core/chat/conversation.ts';
import { maskSecrets } from '../../core/privacy/maskSecrets.ts';
import { nameSecret } from '../platform/installKey.ts';

/** Read-only documents that show what a model would be sent, before it is sent. */

const SCHEME = 'gearshift-message';

/** Texts of the documents that are open, by the path of their address. */
const shown = new Map<string, string>();
let count = 0;

/** Lets VS Code show what would be sent. */
export const registerMessagePreview = (): vscode.Disposable =>
  vscode.Disposable.from(
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
      provideTextDocumentContent: ({ path }) => shown.get(path) ?? '',
    }),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => {
      if (uri.scheme === SCHEME) shown.delete(uri.path);
    }),
  );

/**
 * Opens parts of a message as the model would get them, with their secrets masked. The focus stays where it is.
 *
 * @param title name of the editor's tab
 * @param question the instruction after the parts; undefined for none
 */
export async function showMessage(
  title: string,
  attachments: readonly Attachment[],
  question: string | undefined,
): Promise<void> {
  const text = [...attachments.map(attachmentText), ...(question === undefined ? [] : [question])].join('\n\n');
  const name = title.replace(/[/\\:]+/g, ' ').slice(0, 100);
  const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${++count}/${name}.md` });
  shown.set(uri.path, `${maskSecrets(text, nameSecret).text}\n`);
  const document = await vscode.workspace.openTextDocument(uri);
  await vscode.window.showTextDocument(document, { preview: true, preserveFocus: true });
}
