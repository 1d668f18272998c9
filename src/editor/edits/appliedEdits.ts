import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Logger } from '../../core/common/logger.ts';
import { hasHidden } from '../../core/common/hiddenCharacters.ts';
import { addedPieces } from '../../core/edits/lineDiff.ts';
import { describeDanger, describeRefusal } from '../../core/edits/describeEdits.ts';
import { type Hunk, replacementsOf } from '../../core/edits/hunks.ts';
import { hunksBetween, planFile, resultOf } from '../../core/edits/planFile.ts';
import type { SurvivalTracker } from '../../core/insights/survivalTracker.ts';
import type { CheckpointOf } from '../../storage/checkpoints.ts';
import { watchProblems } from '../platform/problems.ts';
import { textOf, type AppliedEdit, type Proposal, dangerIn } from './proposal.ts';
import { isInsideFolders } from './targets.ts';
import { plural } from '../../core/common/language.ts';
import { showInformationMessage, showWarningMessage } from '../platform/messages.ts';

/** So many applied changes can be taken back. */
const MOST_APPLIED = 50;

/** Keeps files as they are now, for the checkpoint of an answer. */
export type KeepFiles = (of: CheckpointOf, uris: readonly vscode.Uri[]) => Promise<void>;

const APPLIED_CONTEXT = 'gearshift.hasAppliedChange';

/** Most of a check's output that a question shows, in characters; its end says what failed. */
const MOST_OUTPUT = 800;

/** Asks once about changes that a check failed on. True: apply them. */
async function confirmFailedChecks(seen: readonly Proposal[]): Promise<boolean> {
  const outputs = new Set(seen.map(({ request }) => request.failedCheck?.()).filter((output) => output !== undefined));
  if (outputs.size === 0) return true;
  const apply = t('Apply Anyway');
  const choice = await showWarningMessage(
    t('The check of this run failed. Apply this change anyway?'),
    { modal: true, detail: [...outputs].map((output) => output.slice(-MOST_OUTPUT)).join('\n\n') },
    apply,
  );
  return choice === apply;
}

/** Writes proposals into documents, tells what came of that, and undoes them. */
export class AppliedEdits {
  readonly #log: Logger;
  readonly #survivalTracker: () => Promise<SurvivalTracker>;
  readonly #keep: KeepFiles;
  /** The edits that were applied together, the newest last. */
  #applied: readonly (readonly Proposal[])[] = [];

  /**
   * @param survivalTracker told what is applied, to see what becomes of it
   * @param keep keeps files before they are changed
   */
  constructor(log: Logger, survivalTracker: () => Promise<SurvivalTracker>, keep: KeepFiles) {
    this.#log = log;
    this.#survivalTracker = survivalTracker;
    this.#keep = keep;
  }

  /** Writes the changes of one or several files as one step that can be undone. */
  async write(seen: readonly Proposal[], preview: boolean): Promise<boolean> {
    if (!(await confirmFailedChecks(seen))) return false;
    for (const proposal of seen) if (!(await this.#confirm(proposal))) return false;
    const of = seen[0]?.request.checkpoint;
    if (of)
      await this.#keep(
        of,
        seen.map(({ target }) => target.uri),
      );
    const proposals = await asNow(seen);
    if (!proposals) return false;
    const edit = new vscode.WorkspaceEdit();
    for (const proposal of proposals) await addTo(edit, proposal, preview);
    const existing = proposals.filter(({ text }) => text !== null);
    const problems = watchProblems(existing.map(({ target }) => target.uri));
    try {
      const done = await vscode.workspace.applyEdit(edit, { isRefactoring: true });
      if (!done) {
        // Left out in the preview, or read only: the former needs no word.
        if (!preview) void showWarningMessage(t('{0} cannot be changed.', proposals[0]?.target.label ?? ''));
        return false;
      }
    } catch (error) {
      this.#log.error('apply', error);
      void showWarningMessage(t('{0} cannot be changed.', proposals[0]?.target.label ?? ''));
      return false;
    }
    this.#setApplied([...this.#applied, proposals]);
    void this.#tellApplied(proposals, problems).catch((error: unknown) => this.#log.error('apply', error));
    return true;
  }

  /** Asks what must be asked, and looks once more where the file really lies. */
  async #confirm(proposal: Proposal): Promise<boolean> {
    const { target, plan, edits } = proposal;
    const danger = dangerIn(proposal);
    const named = edits.some(({ path }) => path !== null);
    if (named && !(await isInsideFolders(target.uri))) {
      void showWarningMessage(describeRefusal('outside', target.label));
      return false;
    }
    const added = plan.hunks.flatMap(({ lines }) => lines).join('\n');
    const warnings = [
      ...(danger === null ? [] : [describeDanger(danger)]),
      ...(hasHidden(added, 'code')
        ? [t('The new text contains hidden characters that can make it do something other than what it shows.')]
        : []),
    ];
    if (warnings.length === 0) return true;
    const write = t('Replace It');
    const choice = await showWarningMessage(
      t('Change {0}?', target.label),
      { modal: true, detail: warnings.join('\n') },
      write,
    );
    return choice === write;
  }

  /** Shows the applied edits and new problems within two seconds, with the actions to undo and to continue. */
  async #tellApplied(proposals: readonly Proposal[], problems: ReturnType<typeof watchProblems>): Promise<void> {
    const [first] = proposals;
    const { onApplied, fix: ask } = first?.request ?? {};
    const applied: AppliedEdit = {
      id: crypto.randomUUID(),
      files: proposals.map(({ target }) => target.label),
      problems: null,
      undo: () => this.#undo(proposals),
      fix: null,
    };
    if (!onApplied?.(applied) && proposals.length > 1) {
      this.#offerUndo(proposals).catch((error: unknown) => this.#log.error('undo', error));
    }
    await this.#follow(proposals);
    const found = await problems.settled();
    const isSeen = onApplied?.({
      ...applied,
      problems: found,
      fix: first && ask ? () => ask(first.target.uri, found.join('\n')) : null,
    });
    if (found.length === 0 || isSeen) return;
    const undo = t('Undo');
    const fix = t('Fix');
    const choice = await showWarningMessage(
      plural(
        found.length,
        t('The change introduced a new problem: {0}', found[0] ?? ''),
        t('The change introduced {0} new problems: {1}', found.length, found.slice(0, 3).join(' · ')),
      ),
      undo,
      ...(ask ? [fix] : []),
    );
    if (choice === undo) await this.#undo(proposals);
    if (choice === fix && first) await ask?.(first.target.uri, found.join('\n'));
  }

  /** Several files are several steps of their editors' own undo: here they are one. */
  async #offerUndo(proposals: readonly Proposal[]): Promise<void> {
    const undo = t('Undo');
    const words = plural(
      proposals.length,
      t('{0} file was changed.', proposals.length),
      t('{0} files were changed.', proposals.length),
    );
    if ((await showInformationMessage(words, undo)) === undo) await this.#undo(proposals);
  }

  /** Undoes the last applied edits, in all of their files. */
  async undo(): Promise<void> {
    const last = this.#applied.at(-1);
    if (last) await this.#undo(last);
    else void showInformationMessage(t('There is no applied change to undo.'));
  }

  /** The palette offers to undo a change while there is one. */
  #setApplied(applied: readonly (readonly Proposal[])[]): void {
    this.#applied = applied.slice(-MOST_APPLIED);
    void vscode.commands.executeCommand('setContext', APPLIED_CONTEXT, applied.length > 0);
  }

  /** Lets what becomes of the changes be seen. */
  async #follow(proposals: readonly Proposal[]): Promise<void> {
    const tracker = await this.#survivalTracker();
    for (const { id, target, text, plan, request } of proposals) {
      const document = vscode.workspace.textDocuments.find(({ uri }) => uri.toString() === target.uri.toString());
      // In a preview the user may take fewer changes than were planned.
      const now = document?.getText() ?? (text === null ? resultOf(null, plan) : text);
      if (!request.by || plan.kind === 'delete' || now === text) continue;
      const by = { ...request.by, language: document?.languageId ?? null };
      tracker.applied({ id, by, uri: target.uri.toString(), pieces: addedPieces(text ?? '', now) }, text ?? '');
    }
  }

  /**
   * Takes the changes back, also when the user has gone on elsewhere in the file; then what was typed stays. Answers
   * whether all could be taken back.
   */
  async #undo(proposals: readonly Proposal[]): Promise<boolean> {
    if (!this.#applied.includes(proposals)) return false;
    this.#setApplied(this.#applied.filter((each) => each !== proposals));
    const edit = new vscode.WorkspaceEdit();
    const taken: Proposal[] = [];
    for (const proposal of proposals) {
      const { target, text, plan } = proposal;
      const after = resultOf(text, plan);
      const now = await textOf(target.uri);
      if (text !== null && plan.kind === 'delete') {
        if (now === null) {
          edit.createFile(target.uri, { overwrite: false, contents: new TextEncoder().encode(text) });
          taken.push(proposal);
        } else if (now === text) taken.push(proposal);
        else
          void showWarningMessage(t('{0} exists again with different content, so it was not replaced.', target.label));
        continue;
      }
      // The user has deleted it already.
      if (text === null && now === null) taken.push(proposal);
      if (text === null && now === after) {
        edit.deleteFile(target.uri);
        taken.push(proposal);
      }
      if (text === null && now !== null && now !== after)
        void showWarningMessage(t("{0} has been edited since, so it wasn't deleted.", target.label));
      if (text === null || now === null) continue;
      const back = hunksBetween(after, text);
      if (now === after) {
        replaceAll(edit, target.uri, back, after);
        taken.push(proposal);
        continue;
      }
      const moved = planFile([{ kind: 'hunks', path: null, hunks: back }], { text: now, base: after });
      replaceAll(edit, target.uri, moved.hunks, now);
      if (moved.failures.length === 0) taken.push(proposal);
      else
        void showWarningMessage(
          t(
            "Part of the change in {0} couldn't be undone because some of its lines have since been edited.",
            target.label,
          ),
        );
    }
    if (!(await this.#writeBack(edit))) {
      // It can be tried again.
      this.#setApplied([...this.#applied, proposals]);
      void showWarningMessage(t('{0} cannot be changed.', proposals[0]?.target.label ?? ''));
      return false;
    }
    const tracker = await this.#survivalTracker();
    for (const { id } of taken) tracker.retracted(id);
    return taken.length === proposals.length;
  }

  async #writeBack(edit: vscode.WorkspaceEdit): Promise<boolean> {
    try {
      return await vscode.workspace.applyEdit(edit, { isRefactoring: true });
    } catch (error) {
      this.#log.error('undo', error);
      return false;
    }
  }
}

/**
 * The proposals for the documents as they are now: the user may have typed while something was asked. Undefined if one
 * does not fit any more, which the user hears.
 */
async function asNow(proposals: readonly Proposal[]): Promise<readonly Proposal[] | undefined> {
  const current: Proposal[] = [];
  for (const proposal of proposals) {
    const { text, plan, target } = proposal;
    const now = await textOf(target.uri);
    if (text === null || plan.kind !== 'edit' || now === text) {
      current.push(proposal);
      continue;
    }
    const again = planFile([{ kind: 'hunks', path: null, hunks: plan.hunks }], { text: now, base: text });
    if (now === null || again.failures.length > 0) {
      void showWarningMessage(t('{0} changed in the meantime, so nothing was written. Try again.', target.label));
      return undefined;
    }
    current.push({ ...proposal, text: now, plan: { ...plan, hunks: again.hunks } });
  }
  return current;
}

async function addTo(edit: vscode.WorkspaceEdit, { target, plan, text }: Proposal, preview: boolean): Promise<void> {
  const label = preview ? { needsConfirmation: true, label: t('Proposed change') } : undefined;
  if (plan.kind === 'delete') {
    edit.deleteFile(target.uri, { ignoreIfNotExists: true }, label);
    return;
  }
  if (text === null) {
    const contents = new TextEncoder().encode(resultOf(null, plan));
    edit.createFile(target.uri, { overwrite: false, contents }, label);
    return;
  }
  const document = await vscode.workspace.openTextDocument(target.uri);
  for (const [i, { range, newText }] of replacements(document.getText(), plan.hunks, plan.finalNewline).entries()) {
    const hunk = plan.hunks[i];
    edit.replace(
      target.uri,
      range,
      newText,
      label && {
        ...label,
        description: hunk?.match === 'fuzzy' ? t('matched by context') : t('line {0}', range.start.line + 1),
      },
    );
  }
}

/** Adds hunks of a text to an edit. */
export const replaceAll = (edit: vscode.WorkspaceEdit, uri: vscode.Uri, hunks: readonly Hunk[], text: string): void => {
  for (const { range, newText } of replacements(text, hunks)) edit.replace(uri, range, newText);
};

/** The hunks as VS Code takes them. */
const replacements = (text: string, hunks: readonly Hunk[], finalNewline?: boolean) =>
  replacementsOf(text, hunks, finalNewline).map(({ start, end, text: newText }) => ({
    range: new vscode.Range(start.line, start.character, end.line, end.character),
    newText,
  }));
