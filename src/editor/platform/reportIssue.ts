import { t } from '@vscode/l10n';
import os from 'node:os';
import * as vscode from 'vscode';
import { issueBody } from '../../core/setup/issueReport.ts';
import { EXTENSION_ID } from './contributions.ts';
import type { Log } from './log.ts';
import { showInformationMessage } from './messages.ts';

/**
 * Opens VS Code's issue reporter with versions and the last lines of the log. The user sees the text before it is sent.
 * An editor without a reporter gets the text as a document.
 */
export async function reportIssue({ extension }: vscode.ExtensionContext, log: Log): Promise<void> {
  const { version } = extension.packageJSON as { version?: string };
  const text = issueBody({
    versions: {
      Gearshift: version ?? '',
      [vscode.env.appName]: `${vscode.version} (${vscode.env.uiKind === vscode.UIKind.Web ? 'web' : 'desktop'})`,
      Node: process.versions.node,
      System: `${os.type()} ${os.release()} ${process.arch}`,
      Remote: vscode.env.remoteName ?? '',
    },
    lines: log.recent,
  });
  try {
    await vscode.commands.executeCommand('workbench.action.openIssueReporter', {
      extensionId: EXTENSION_ID,
      issueBody: text,
    });
  } catch (error) {
    log.debug('no issue reporter', error);
    const document = await vscode.workspace.openTextDocument({ language: 'markdown', content: text });
    await vscode.window.showTextDocument(document);
    void showInformationMessage(t('This editor has no issue reporter. Copy this text into a report of your own.'));
  }
}
