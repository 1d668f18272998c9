import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { tierName } from '../../core/insights/figures.ts';
import { BUILD_STAGE } from '../../core/languageModels/plan.ts';
import { sliceBetweenSecrets } from '../../core/privacy/maskSecrets.ts';
import { currentEditor } from '../platform/activeEditor.ts';
import { mayLeave } from '../platform/mayLeave.ts';
import { builtInExtension, openChat, VENDOR } from './vsCodeChat.ts';

/** *Escalate in Agent Mode* and *Build This*: from what is in the editor to VS Code's agents. */

/** Longer selections are attached as files alone, in characters. */
const MOST_QUOTED = 4_000;

/** Opens VS Code's agent on the frontier tier with what the cursor is at. The user sends it. */
export const escalateInAgentMode = (use: () => Promise<void>): Promise<void> =>
  open(use, { model: 'frontier' }, (place) => t('Look at {0} and solve this: ', place));

/** Opens the agent that builds on the mid tier: the selected plan, or the place in the file, is what it builds. */
export const buildThis = (use: () => Promise<void>): Promise<void> =>
  open(use, { model: 'mid', mode: BUILD_STAGE }, (place) => t('Implement this, at {0}: ', place));

const INLINE_CHAT = 'inlineChat.start';

/** Opens VS Code's inline chat on mid or frontier: it shows the edit as a diff with *Keep* and *Undo*. */
export async function editInline(use: () => Promise<void>): Promise<void> {
  if (!(await isReady(use))) return;
  if (!(await vscode.commands.getCommands(false)).includes(INLINE_CHAT))
    return void vscode.window.showWarningMessage(t('This version of VS Code has no inline chat.'));
  const choices = (['mid', 'frontier'] as const).map((tier) => ({ label: tierName(tier), tier }));
  const choice = await vscode.window.showQuickPick(choices, { placeHolder: t('The tier that edits') });
  if (!choice) return;
  // The command ends when the inline chat is closed.
  await vscode.commands.executeCommand(INLINE_CHAT, { modelSelector: { vendor: VENDOR, id: choice.tier } });
}

/** Without the built-in extension there are no agents: the user is asked first what turning it on means. */
async function isReady(use: () => Promise<void>): Promise<boolean> {
  if (!builtInExtension()?.isActive) await use();
  return builtInExtension()?.isActive ?? false;
}

async function open(
  use: () => Promise<void>,
  how: { readonly model: 'mid' | 'frontier'; readonly mode?: string },
  words: (place: string) => string,
): Promise<void> {
  if (!(await isReady(use))) return;
  const editor = currentEditor();
  if (!editor) return openChat(how);
  const { document, selection } = editor;
  if (!(await mayLeave(document.uri))) return;
  const lines = selection.isEmpty
    ? String(selection.active.line + 1)
    : `${selection.start.line + 1}-${selection.end.line + 1}`;
  const place = `${vscode.workspace.asRelativePath(document.uri)}:${lines}`;
  const text = document.getText();
  const selected = sliceBetweenSecrets(text, document.offsetAt(selection.start), document.offsetAt(selection.end));
  const quoted = selection.isEmpty || selected.length > MOST_QUOTED ? '' : `\n\n${selected}`;
  await openChat({ ...how, query: words(place) + quoted, files: document.isUntitled ? [] : [document.uri] });
}
