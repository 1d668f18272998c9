import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Attachment } from '../../core/chat/conversation.ts';
import { usePrompt } from '../../core/chat/promptFiles.ts';
import type { ChatSession } from '../../core/chat/session.ts';
import { currentEditor } from '../platform/activeEditor.ts';
import { attach, attachFile, attachSymbol } from './attach.ts';
import type { ChatView } from './chatView.ts';
import type { ContextPicker } from './contextPicker.ts';
import type { PromptLibrary } from './promptLibrary.ts';
import { showWarningMessage } from '../platform/messages.ts';

interface GestureParts {
  readonly session: ChatSession;
  readonly view: Pick<ChatView, 'focus' | 'reveal'>;
  readonly context: ContextPicker;
  readonly prompts: PromptLibrary;
  /** Resolves when the thread that was open last is shown again. */
  readonly restored: Promise<void>;
}

/** The prompts of the editor's menu. */
export type MenuPrompt = 'explain' | 'fix' | 'tests';

/** The ways from an editor, a tab or the explorer into the chat: one gesture each. */
export class EditorGestures {
  readonly #parts: GestureParts;

  constructor(parts: GestureParts) {
    this.#parts = parts;
  }

  /** Attaches the code that the user works on and puts the cursor into the composer. */
  async ask(uri?: vscode.Uri): Promise<void> {
    const attachment = await codeOf(editorOf(uri));
    await this.#parts.restored;
    if (attachment) this.#parts.session.attach(attachment);
    await this.#parts.view.focus();
  }

  /** Attaches the selection. The focus stays in the editor, so that several can be attached one after the other. */
  async addSelection(uri?: vscode.Uri): Promise<void> {
    const editor = editorOf(uri);
    if (editor.selection.isEmpty) throw new Error(t('Select code in the editor first.'));
    await this.#add(await attach(editor, 'selection'));
  }

  /**
   * Attaches files of the explorer or of tabs; without any, that of the active editor.
   *
   * @param uris what the menu was opened on, with what is selected beside it
   */
  async addFiles(uris: readonly vscode.Uri[]): Promise<void> {
    const chosen = uris.length > 0 ? uris : [editorOf().document.uri];
    for (const uri of chosen) {
      // An open document may have changes that are not on disk yet, and may lie outside of the workspace.
      const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === uri.toString());
      if (document) await this.#add(await attachFile(document));
      else for (const attachment of await this.#parts.context.dropped([uri.toString()])) await this.#add(attachment);
    }
  }

  /** Asks one of the prompts about the code that the user works on, with the tier of the composer. */
  async askPrompt(name: MenuPrompt, uri?: vscode.Uri): Promise<void> {
    const { session, prompts, context, view, restored } = this.#parts;
    editorOf(uri);
    const prompt = (await prompts.prompts()).get(name);
    if (!prompt) throw new Error(t('There is no prompt /{0}.', name));
    const gathered = await context.gather(prompt.context);
    if (gathered.length === 0) return;
    await restored;
    for (const attachment of gathered) session.attach(attachment);
    await view.focus();
    const result = await session.ask(`/${name}`, session.thread.tier, usePrompt(prompt, ''));
    if (result === 'busy')
      void showWarningMessage(
        t('An answer is in progress, so your question was not sent. Ask again when it has ended.'),
      );
  }

  async #add(attachment: Attachment | undefined): Promise<void> {
    if (!attachment) return;
    await this.#parts.restored;
    this.#parts.session.attach(attachment);
    await this.#parts.view.reveal();
  }
}

/** @throws Error where no text editor is open that the user can mean */
function editorOf(uri?: vscode.Uri): vscode.TextEditor {
  const editor = currentEditor(uri);
  if (!editor) throw new Error(t('Open a file in the editor first.'));
  return editor;
}

/** The selection, else the function or class around the cursor, else the file; undefined when the user decides against it. */
async function codeOf(editor: vscode.TextEditor): Promise<Attachment | undefined> {
  if (!editor.selection.isEmpty) return attach(editor, 'selection');
  return (await attachSymbol(editor)) ?? attach(editor, 'file');
}
