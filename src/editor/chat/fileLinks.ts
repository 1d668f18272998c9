import * as vscode from 'vscode';
import { filesNamed } from '../../core/chat/fileLinks.ts';
import type { Answer, Thread } from '../../core/chat/conversation.ts';
import { isInWorkspace } from '../platform/contextFiles.ts';

/** Which of the files that answers name are there, so that the page can make links of them. */
export class NamedFiles {
  readonly #found = new Map<string, vscode.Uri>();
  /** Answers that were looked through; an answer that goes on is another object. */
  readonly #seen = new WeakSet<Answer>();

  /** Looks for the files of all answers that have ended. Answers the names that lead to a file, those of earlier included. */
  async look(thread: Thread): Promise<readonly string[]> {
    const attached = thread.turns.flatMap((turn) =>
      turn.role === 'user' ? turn.attachments.map(({ path }) => path).filter(Boolean) : [],
    );
    for (const turn of thread.turns) {
      if (turn.role === 'user' || turn.state === 'waiting' || turn.state === 'streaming' || this.#seen.has(turn))
        continue;
      this.#seen.add(turn);
      const names = filesNamed(turn.text).filter((name) => !this.#found.has(name));
      await Promise.all(names.map((name) => this.#resolve(name, attached)));
    }
    return [...this.#found.keys()];
  }

  /** The file that an answer means by a name; undefined unless it names it and it was found. */
  uriOf(answer: Answer, name: string): vscode.Uri | undefined {
    return filesNamed(answer.text).includes(name) ? this.#found.get(name) : undefined;
  }

  async #resolve(name: string, attached: readonly string[]): Promise<void> {
    // A bare name most often means the file that the question was about.
    const meant = attached.filter((path) => path.endsWith(`/${name}`));
    const folders = vscode.workspace.workspaceFolders ?? [];
    const candidates = [name, ...meant].flatMap((path) =>
      folders.flatMap(({ uri, name: folder }) => {
        const inside = folders.length > 1 && path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path;
        return [vscode.Uri.joinPath(uri, inside)];
      }),
    );
    for (const uri of candidates) {
      if (!isInWorkspace(uri)) continue;
      const stat = await vscode.workspace.fs.stat(uri).then(
        (found) => found,
        () => undefined,
      );
      if (!stat || !(stat.type & vscode.FileType.File)) continue;
      this.#found.set(name, uri);
      return;
    }
  }
}
