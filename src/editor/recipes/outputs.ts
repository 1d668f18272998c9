import { createHash } from 'node:crypto';
import * as vscode from 'vscode';
import type { StageRun } from '../../core/chat/recipeRun.ts';
import { textOf } from '../edits/proposal.ts';

/** So long a document is kept after it was last written: 30 days, in ms. */
const KEEP_MS = 30 * 24 * 3_600_000;

/**
 * Outputs of stages as documents: ordinary files in the extension's own folder, so that the editor keeps unsaved changes
 * over a reload. A new output has a new file; what the user made of the old one stays.
 */
export class StageOutputs {
  readonly #folder: vscode.Uri;
  /** Whether old documents were looked for in this window. */
  #isTidy = false;

  /** @param storage the extension's own folder */
  constructor(storage: vscode.Uri) {
    this.#folder = vscode.Uri.joinPath(storage, 'recipes');
  }

  /** Opens the output of a stage. */
  async open(answerId: string, stage: StageRun): Promise<void> {
    const uri = this.#uriOf(answerId, stage);
    const isThere = await vscode.workspace.fs.stat(uri).then(
      () => true,
      () => false,
    );
    if (!isThere) await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(stage.output));
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: false });
    if (this.#isTidy) return;
    this.#isTidy = true;
    await this.#removeOld();
  }

  /** Removes documents that were not written to for a month: no chat should live on in them. */
  async #removeOld(): Promise<void> {
    for (const [name] of await vscode.workspace.fs.readDirectory(this.#folder)) {
      const folder = vscode.Uri.joinPath(this.#folder, name);
      const files = await vscode.workspace.fs.readDirectory(folder);
      const times = await Promise.all(
        files.map(async ([file]) => (await vscode.workspace.fs.stat(vscode.Uri.joinPath(folder, file))).mtime),
      );
      if (times.every((time) => Date.now() - time > KEEP_MS))
        await vscode.workspace.fs.delete(folder, { recursive: true });
    }
  }

  /** What the user made of the output of a stage, unsaved changes included; undefined where it was not opened. */
  async edited(answerId: string, stage: StageRun): Promise<string | undefined> {
    return (await textOf(this.#uriOf(answerId, stage)).catch(() => null)) ?? undefined;
  }

  #uriOf(answerId: string, { name, kind, output }: StageRun): vscode.Uri {
    const hash = createHash('sha256').update(`${answerId} ${output}`).digest('hex').slice(0, 16);
    const ending = kind === 'extract' ? 'json' : 'md';
    return vscode.Uri.joinPath(this.#folder, hash, `${name}.${ending}`);
  }
}
