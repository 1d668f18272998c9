import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Logger } from '../../core/common/logger.ts';
import { applyHunks } from '../../core/edits/hunks.ts';
import { hunksBetween } from '../../core/edits/planFile.ts';
import type { CheckpointHead, CheckpointOf, CheckpointStore, KeptFile } from '../../storage/checkpoints.ts';
import { pathOf } from '../platform/activeEditor.ts';
import { replaceAll } from './appliedEdits.ts';
import { textOf } from './proposal.ts';
import { isInsideFolders } from './targets.ts';
import { plural } from '../../core/common/language.ts';
import { showInformationMessage, showWarningMessage } from '../platform/messages.ts';

/** A file that differs from how it was kept; null: it does not exist. */
export interface Change {
  readonly uri: vscode.Uri;
  readonly now: string | null;
  readonly before: string | null;
}

/** Keeps files before answers change them, and restores them. A restore is a change like others: it can be restored too. */
export class Checkpoints {
  readonly #store: CheckpointStore;
  readonly #log: Logger;
  readonly #onChange = new vscode.EventEmitter<void>();
  /** Fired when there are other checkpoints than before. */
  readonly onChange = this.#onChange.event;
  #known: ReadonlySet<string> = new Set();

  constructor(store: CheckpointStore, log: Logger) {
    this.#store = store;
    this.#log = log;
    void this.#look();
  }

  dispose(): void {
    this.#onChange.dispose();
  }

  /** Keeps documents as they are now. A disk that refuses does not keep the user from applying what was accepted. */
  async keep(of: CheckpointOf, uris: readonly vscode.Uri[]): Promise<void> {
    try {
      const files: KeptFile[] = [];
      for (const uri of uris) files.push({ uri: uri.toString(), text: await textOf(uri) });
      await this.keepAs(of, files);
    } catch (error) {
      this.#log.error('checkpoint', error);
    }
  }

  /** Keeps files with the texts that they had: something else has changed them already. Logs what the disk refuses. */
  async keepAs(of: CheckpointOf, files: readonly KeptFile[]): Promise<void> {
    try {
      await this.#store.keep(of, files);
      if (this.#known.has(of.id)) return;
      this.#known = new Set([...this.#known, of.id]);
      this.#onChange.fire();
    } catch (error) {
      this.#log.error('checkpoint', error);
    }
  }

  /** The files that these answers changed, as they were before the first of them, and as they are now. */
  async changesOf(ids: readonly string[]): Promise<readonly Change[]> {
    return (await this.#changes(ids)).changes;
  }

  /** Whether one of these answers has changed files, as far as this window knows: at its start, and its own since. */
  has(ids: readonly string[]): boolean {
    return ids.some((id) => this.#known.has(id));
  }

  /**
   * Brings the files back that these answers or edits changed, as they were before the first of them, after the user
   * has agreed. Created files are deleted, and deleted ones are created.
   *
   * @param label what the list of checkpoints says of the restore
   * @returns false if nothing was restored
   */
  async restore(ids: readonly string[], label: string, { ask }: { readonly ask: boolean }): Promise<boolean> {
    const { changes, leftOut } = await this.#changes(ids);
    if (changes.length === 0) {
      const none = t('There is nothing to restore: the files are as they were then.');
      void showInformationMessage([none, ...leftOutWords(leftOut)].join(' '));
      return false;
    }
    if (ask && !(await confirm(changes, leftOut))) return false;
    const undo: CheckpointOf = { id: crypto.randomUUID(), kind: 'restore', label };
    await this.keep(
      undo,
      changes.map(({ uri }) => uri),
    );
    const edit = new vscode.WorkspaceEdit();
    for (const change of changes) await addChange(edit, change);
    const done = await vscode.workspace.applyEdit(edit, { isRefactoring: true }).then(
      (applied) => applied,
      (error: unknown) => {
        this.#log.error('restore', error);
        return false;
      },
    );
    if (!done) throw new Error(t('The files could not be restored, so nothing was changed.'));
    void this.#offerUndo(undo, changes.length).catch((error: unknown) => this.#log.error('restore', error));
    return true;
  }

  /** Lets the user choose a checkpoint of this workspace: answers, inline edits and restores, the newest first. */
  async choose(): Promise<void> {
    const heads = await this.#store.list();
    if (heads.length === 0) {
      void showInformationMessage(
        t('There is no checkpoint yet. One is kept before each answer or inline edit changes files.'),
      );
      return;
    }
    const items = heads.map((head) => ({
      label: head.label || kindName(head),
      description: new Date(head.at).toLocaleString(vscode.env.language),
      detail: `${kindName(head)} · ${head.uris.map((uri) => pathOf(vscode.Uri.parse(uri))).join(', ')}`,
      head,
    }));
    const clear = { label: `$(trash) ${t('Delete All Checkpoints…')}`, head: null };
    const chosen = await vscode.window.showQuickPick([...items, clear], {
      title: t('Restore the files to before…'),
      matchOnDetail: true,
    });
    if (chosen?.head) await this.restore([chosen.head.id], chosen.label, { ask: true });
    else if (chosen) await this.#clear(heads.length);
  }

  async #clear(count: number): Promise<void> {
    const yes = t('Delete');
    const words = t('Delete all checkpoints of this workspace ({0})?', count);
    const detail = t('Your files stay as they are. You cannot undo this.');
    if ((await showWarningMessage(words, { modal: true, detail }, yes)) !== yes) return;
    await this.#store.clear();
    this.#known = new Set();
    this.#onChange.fire();
  }

  /** A toast and the list of checkpoints are the ways back. */
  async #offerUndo(undo: CheckpointOf, count: number): Promise<void> {
    const words = plural(count, t('{0} file was restored.', count), t('{0} files were restored.', count));
    const back = t('Undo Restore');
    if ((await showInformationMessage(words, back)) === back)
      await this.restore([undo.id], t('Undo Restore'), { ask: false });
  }

  /** What differs now from the first text that was kept of each file. */
  async #changes(ids: readonly string[]): Promise<{ readonly changes: Change[]; readonly leftOut: string[] }> {
    const found = await Promise.all(ids.map((id) => this.#store.get(id)));
    const kept = found.filter((checkpoint) => checkpoint !== undefined).sort((a, b) => a.at - b.at);
    const first = new Map<string, string | null>();
    for (const { files } of kept) for (const { uri, text } of files) if (!first.has(uri)) first.set(uri, text);
    const changes: Change[] = [];
    for (const [address, before] of first) {
      const uri = vscode.Uri.parse(address);
      const now = await textOf(uri).catch(() => null);
      if (now === before) continue;
      // What is on the disk of this list may not reach beyond the workspace.
      if ((now === null || before === null) && !(await isInsideFolders(uri))) continue;
      changes.push({ uri, now, before });
    }
    return { changes, leftOut: kept.flatMap(({ leftOut }) => leftOut) };
  }

  async #look(): Promise<void> {
    try {
      const heads = await this.#store.list();
      this.#known = new Set([...this.#known, ...heads.map(({ id }) => id)]);
      this.#onChange.fire();
    } catch (error) {
      this.#log.error('checkpoints', error);
    }
  }
}

async function confirm(changes: readonly Change[], leftOut: readonly string[]): Promise<boolean> {
  const restore = t('Restore');
  const lines = changes.map(({ uri, now, before }) =>
    before === null
      ? t('{0}: deleted, because it did not exist before', pathOf(uri))
      : now === null
        ? t('{0}: created again', pathOf(uri))
        : t('{0}: restored; later edits in it are undone too', pathOf(uri)),
  );
  const words = plural(changes.length, t('Restore {0} file?', changes.length), t('Restore {0} files?', changes.length));
  const detail = [...lines, ...leftOutWords(leftOut), t('You can undo the restore.')].join('\n');
  return (await showWarningMessage(words, { modal: true, detail }, restore)) === restore;
}

const leftOutWords = (uris: readonly string[]): string[] =>
  uris.length === 0
    ? []
    : [t('Too large to be kept: {0}', uris.map((uri) => pathOf(vscode.Uri.parse(uri))).join(', '))];

async function addChange(edit: vscode.WorkspaceEdit, { uri, now, before }: Change): Promise<void> {
  if (before === null) return edit.deleteFile(uri, { ignoreIfNotExists: true });
  if (now === null) return edit.createFile(uri, { overwrite: false, contents: new TextEncoder().encode(before) });
  const hunks = hunksBetween(now, before);
  if (applyHunks(now, hunks) === before) return replaceAll(edit, uri, hunks, now);
  // The two differ in their line ends.
  const document = await vscode.workspace.openTextDocument(uri);
  edit.replace(uri, new vscode.Range(0, 0, document.lineCount, 0), before);
}

function kindName({ kind }: CheckpointHead): string {
  switch (kind) {
    case 'answer':
      return t('Answer');
    case 'inlineEdit':
      return t('Inline edit');
    case 'restore':
      return t('Restore');
  }
}
