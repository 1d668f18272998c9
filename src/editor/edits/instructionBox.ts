import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { rangeBelow } from './insetPlace.ts';

/** What the box is asked for. */
export interface Instruction {
  readonly title: string;
  readonly placeHolder: string;
}

/** A box that waits for the user. */
interface OpenBox {
  readonly thread: vscode.CommentThread;
  /** What the user types into. VS Code hands this very object over when the user sends. */
  readonly comment: vscode.Comment;
  readonly answer: (text: string | undefined) => void;
}

/**
 * Takes an instruction at the code: a box of VS Code's comments, which is the input that an extension can place between
 * lines. Where the user has switched comments off, and in notebooks, it is VS Code's input at the top.
 */
export class InstructionBox implements vscode.Disposable {
  readonly #comments = vscode.comments.createCommentController('gearshift.instruction', t('Gearshift edit'));
  #open: OpenBox | undefined;

  dispose(): void {
    this.#close(undefined);
    this.#comments.dispose();
  }

  /**
   * Asks, until the user sends or cancels. A question that is asked after it takes its place.
   *
   * @param line the box is below this line, from 0; -1 is above the first line
   * @returns the words without spaces around them; undefined if there are none
   */
  async ask(
    document: vscode.TextDocument,
    line: number,
    { title, placeHolder }: Instruction,
  ): Promise<string | undefined> {
    this.#close(undefined);
    const isHidden = vscode.workspace.getConfiguration('comments', document).get('visible') === false;
    if (isHidden || document.uri.scheme === 'vscode-notebook-cell') {
      const typed = await vscode.window.showInputBox({ title, prompt: placeHolder, ignoreFocusOut: true });
      return typed?.trim() ? typed.trim() : undefined;
    }
    // An empty comment that is being edited: VS Code puts the cursor into it, unlike into a reply.
    const empty: vscode.Comment = {
      body: '',
      mode: vscode.CommentMode.Editing,
      author: { name: t('What should change?') },
      label: placeHolder,
    };
    const thread = this.#comments.createCommentThread(document.uri, rangeBelow(line), [empty]);
    thread.label = title;
    thread.canReply = false;
    thread.contextValue = 'gearshift-instruction';
    thread.collapsibleState = vscode.CommentThreadCollapsibleState.Expanded;
    return new Promise((resolve) => {
      this.#open = { thread, comment: empty, answer: resolve };
    });
  }

  /**
   * Takes what was typed; without words it cancels. Other extensions can run the command too, with words that the user
   * never typed: they do not have the comment of the box, so nothing happens then.
   *
   * @param argument the comment of the box with its new text, from VS Code. Source: `CommentThreadNode` in VS Code's
   *   `extHostComments.ts`
   */
  send(argument: unknown): void {
    const comment = this.#open?.comment;
    if (!comment || argument !== comment) return;
    const { body } = comment;
    this.#close(typeof body === 'string' && body.trim() ? body.trim() : undefined);
  }

  cancel(): void {
    this.#close(undefined);
  }

  #close(text: string | undefined): void {
    const open = this.#open;
    if (!open) return;
    this.#open = undefined;
    open.thread.dispose();
    open.answer(text);
    // The box took the focus.
    void vscode.commands.executeCommand('workbench.action.focusActiveEditorGroup');
  }
}
