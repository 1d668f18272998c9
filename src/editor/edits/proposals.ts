import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { hunkAt, newRanges } from '../../core/edits/hunkAt.ts';
import type { BlockFailure, Hunk } from '../../core/edits/hunks.ts';
import { hunksBetween, planFile, resultOf } from '../../core/edits/planFile.ts';
import type { FilePlan } from '../../core/edits/plan.ts';
import type { ParsedAnswer, ProposedEdit } from '../../core/edits/proposal.ts';
import { replacementsOf } from '../../core/edits/replacements.ts';
import { describeDanger, describeFailure, describeProblem, describeRefusal } from '../../core/edits/describeEdits.ts';
import type { SurvivalTracker } from '../../core/insights/survivalTracker.ts';
import { addedPieces } from '../../core/edits/addedPieces.ts';
import type { AnsweredBy } from '../../core/ledger/outcomes.ts';
import type { Logger } from '../../core/common/logger.ts';
import { hasHidden } from '../../core/common/hiddenCharacters.ts';
import { currentEditor } from '../platform/activeEditor.ts';
import type { Command } from '../platform/contributions.ts';
import type { Origin } from '../platform/attachmentOrigins.ts';
import { watchProblems } from '../platform/problems.ts';
import { exists, findTarget, isInsideFolders, targetOf, type Target } from './targets.ts';

/** Proposed texts are documents of this scheme: the right side of the diff, read only. */
const PROPOSAL_SCHEME = 'gearshift-proposal';

export interface EditRequest {
  readonly answer: ParsedAnswer;
  /** The documents that went along with the question; the first is meant where the answer names none. */
  readonly origins: readonly Origin[];
  /** Asks a cheaper model to write the edit anew, so that it fits. */
  readonly askAgain?: ((target: vscode.Uri, trouble: string) => Promise<void>) | undefined;
  /** Asks for a fix of problems that came with the edit. */
  readonly fix?: ((target: vscode.Uri, problems: string) => Promise<void>) | undefined;
  /** The answer that proposes it, for the ledger. */
  readonly by?: Omit<AnsweredBy, 'language'> | undefined;
  /**
   * Told once the edit is applied, and again two seconds later with the problems that came with it. Answers whether the
   * user can see that; if not, problems are told otherwise.
   */
  readonly onApplied?: ((edit: AppliedEdit) => boolean) | undefined;
}

/** An edit that was applied, and the way back. */
export interface AppliedEdit {
  readonly id: string;
  /** The changed files by their names. */
  readonly files: readonly string[];
  /** New errors and warnings, one line each; null while nobody knows. */
  readonly problems: readonly string[] | null;
  /** False when not all of it could be taken back; null where files were only created or deleted. */
  readonly undo: () => Promise<boolean>;
  /** Asks for a fix of the problems; null where nobody can be asked. */
  readonly fix: (() => Promise<void>) | null;
}

/** What is proposed for one file. */
interface Proposal {
  readonly id: string;
  readonly target: Target;
  readonly edits: readonly ProposedEdit[];
  readonly origin: Origin | undefined;
  /** The text that the plan is for; null: there is no such file. */
  readonly text: string | null;
  readonly plan: FilePlan;
  readonly request: EditRequest;
  /** Asks what should be different, and shows that. */
  readonly followUp?: () => Promise<void>;
}

/** A proposal that a model is still writing. */
export interface StreamedProposal {
  /** The whole text as it would be, as far as it has come. */
  show(text: string): void;
  /** The whole text; from now on it can be followed up. */
  finish(text: string, followUp: () => Promise<void>, by: EditRequest['by']): void;
  close(): Promise<void>;
  /** Told when the user closes the diff. */
  onClosed(listener: () => void): void;
}

/** A growing text is shown at most this often, in ms. */
const SHOW_EVERY_MS = 80;

/** So many applied changes can be taken back. */
const MOST_APPLIED = 50;

/**
 * Applies what a model proposes. Nothing is written before the user has seen it as a diff; in VS Code's
 * refactor preview each change can be taken or left. What is applied is undone in one step.
 */
export class EditApplier implements vscode.Disposable {
  readonly #log: Logger;
  readonly #aftermath: () => Promise<SurvivalTracker>;
  readonly #shown = new Map<string, Proposal>();
  readonly #grown = new vscode.EventEmitter<vscode.Uri>();
  readonly #closed = new Map<string, () => void>();
  /** The proposals that one editor shows together. */
  #group: readonly Proposal[] = [];
  /** What was applied together, the newest last. */
  #applied: readonly (readonly Proposal[])[] = [];
  readonly #disposables: vscode.Disposable[];

  /** @param aftermath told what is applied, to see what becomes of it */
  constructor(log: Logger, aftermath: () => Promise<SurvivalTracker>) {
    this.#log = log;
    this.#aftermath = aftermath;
    this.#disposables = [
      this.#grown,
      vscode.workspace.registerTextDocumentContentProvider(PROPOSAL_SCHEME, {
        onDidChange: this.#grown.event,
        provideTextDocumentContent: (uri) => {
          const proposal = this.#shown.get(idOf(uri));
          if (!proposal || uri.query === 'before' || proposal.plan.kind === 'delete') return '';
          return resultOf(proposal.text, proposal.plan);
        },
      }),
      vscode.languages.registerHoverProvider(
        { scheme: PROPOSAL_SCHEME },
        { provideHover: ({ uri }, { line }) => this.#hunkLinks(uri, line) },
      ),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        if (uri.scheme !== PROPOSAL_SCHEME || uri.query === 'before') return;
        this.#shown.delete(idOf(uri));
        this.#closed.get(idOf(uri))?.();
        this.#closed.delete(idOf(uri));
      }),
    ];
  }

  dispose(): void {
    vscode.Disposable.from(...this.#disposables).dispose();
  }

  /** Shows what an answer would change. */
  async propose(request: EditRequest): Promise<void> {
    const { answer } = request;
    const refusals = answer.problems.map(({ problem }) => describeProblem(problem));
    const proposals: Proposal[] = [];
    for (const [target, edits] of await this.#targets(request, refusals)) {
      const origin = request.origins.find(({ uri }) => uri.toString() === target.uri.toString());
      proposals.push(await this.#plan({ target, edits, origin, request }));
    }
    if (refusals.length > 0) void vscode.window.showWarningMessage(refusals.join(' '));
    if (proposals.length === 0 && refusals.length === 0)
      void vscode.window.showInformationMessage(t('There is no change to apply in this answer.'));
    for (const proposal of proposals) {
      if (proposal.plan.failures.length > 0) void this.#takeRest(proposal);
      else if (!changes(proposal))
        void vscode.window.showInformationMessage(t('{0} has this change already.', proposal.target.label));
    }
    await this.#show(proposals.filter((proposal) => proposal.plan.failures.length === 0 && changes(proposal)));
  }

  /** One file as a diff, several as one editor of diffs. */
  async #show(proposals: readonly Proposal[]): Promise<void> {
    const dangerous = proposals.filter(({ target }) => target.danger !== null);
    const ordinary = proposals.filter(({ target }) => target.danger === null);
    const [only] = ordinary;
    if (only && ordinary.length === 1) await this.#showDiff(only);
    else if (only) await this.#showGroup(ordinary);
    // Dangerous ones never come with the others: each has a diff and a question of its own.
    for (const proposal of dangerous) await this.#showDiff(proposal);
  }

  /**
   * Shows a diff that grows while a model writes.
   *
   * @param base the text that the model was given
   */
  async stream(
    document: vscode.TextDocument,
    base: string,
    request: Pick<EditRequest, 'fix'>,
  ): Promise<StreamedProposal> {
    const target = targetOf(document.uri);
    const origin = { uri: document.uri, text: base, about: { start: 0, end: Number.MAX_SAFE_INTEGER } };
    const empty: FilePlan = { kind: 'edit', hunks: [], failures: [], alreadyThere: 0 };
    let proposal: Proposal = {
      id: crypto.randomUUID(),
      target,
      edits: [],
      origin,
      text: base,
      plan: empty,
      request: { ...request, answer: { edits: [], problems: [] }, origins: [origin] },
    };
    const { id } = proposal;
    let timer: NodeJS.Timeout | undefined;
    const put = (text: string): void => {
      proposal = withHunks({ ...proposal, plan: empty }, hunksBetween(base, text));
      if (!this.#shown.has(id)) return;
      this.#shown.set(id, proposal);
      timer ??= setTimeout(() => {
        timer = undefined;
        this.#grown.fire(proposalUri(proposal));
      }, SHOW_EVERY_MS);
    };
    await this.#showDiff(proposal);
    return {
      show: put,
      finish: (text, followUp, by) => {
        proposal = { ...proposal, followUp, request: { ...proposal.request, by } };
        put(text);
      },
      close: () => this.#close([proposal]),
      onClosed: (listener) => this.#closed.set(id, listener),
    };
  }

  /** Asks for a change of what is shown. */
  async followUp(uri: vscode.Uri | undefined): Promise<void> {
    const [proposal] = this.#shownIn(uri) ?? [];
    if (proposal?.followUp) await proposal.followUp();
    else if (proposal) void vscode.window.showInformationMessage(t('Go on in the chat that this change came from.'));
  }

  /** Applies what is shown, after what must be asked. */
  async apply(uri: vscode.Uri | undefined): Promise<void> {
    const shown = this.#shownIn(uri);
    if (shown) await this.#applyShown(shown, false);
  }

  /** Opens VS Code's refactor preview, in which the wanted changes are ticked. */
  async choose(uri: vscode.Uri | undefined): Promise<void> {
    const shown = this.#shownIn(uri);
    if (shown) await this.#applyShown(shown, true);
  }

  async discard(uri: vscode.Uri | undefined): Promise<void> {
    const shown = this.#shownIn(uri);
    if (shown) await this.#close(shown);
  }

  /**
   * Accepts one hunk of what is shown, which is written at once, or rejects it, which takes it out of the diff.
   *
   * @param line of the proposed text, from 0; without it the cursor says which hunk is meant
   */
  async takeHunk(accept: boolean, line?: number): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    const uri = editor?.document.uri;
    const shown = this.#shownIn(uri) ?? [];
    const isMeant = (each: Proposal): boolean =>
      [each.target.uri, proposalUri(each)].some((one) => one.toString() === uri?.toString());
    const proposal = shown.length > 1 ? shown.find(isMeant) : shown[0];
    if (!proposal || !editor) return;
    const { id, text, plan, target } = proposal;
    if (text === null || plan.kind !== 'edit') return accept ? this.apply(undefined) : this.discard(undefined);
    const hunks = hunksBetween(text, resultOf(text, plan));
    const side = line !== undefined || editor.document.uri.scheme === PROPOSAL_SCHEME ? 'new' : 'old';
    const index = hunkAt(hunks, line ?? editor.selection.active.line, side);
    const hunk = hunks[index];
    if (!hunk) return;
    let left = withHunks(proposal, hunks.toSpliced(index, 1));
    if (accept) {
      const one = await this.#plan(withHunks(proposal, [hunk]));
      if (one.plan.failures.length > 0) return this.#takeRest(one);
      if (!(await this.#write([one], false))) return;
      left = { ...left, ...(await this.#plan(left)), id };
      if (left.plan.failures.length > 0) void this.#takeRest(left);
    }
    if (left.plan.hunks.length === 0 && !this.#group.includes(proposal)) {
      await this.#close([proposal]);
      await vscode.window.showTextDocument(target.uri);
      return;
    }
    this.#shown.set(id, left);
    this.#group = this.#group.map((each) => (each === proposal ? left : each));
    this.#grown.fire(proposalUri(left));
    const next = newRanges(left.plan.hunks)[Math.min(index, left.plan.hunks.length - 1)];
    if (next && side === 'new') showAt(editor, next.start);
  }

  /** Accept and reject, for the mouse: on the lines that are proposed. */
  #hunkLinks(uri: vscode.Uri, line: number): vscode.Hover | undefined {
    const proposal = this.#shown.get(idOf(uri));
    if (!proposal || proposal.text === null || proposal.plan.kind !== 'edit') return undefined;
    const { text, plan } = proposal;
    const isIn = newRanges(hunksBetween(text, resultOf(text, plan))).some(
      ({ start, end }) => line >= start && line < Math.max(end, start + 1),
    );
    if (!isIn) return undefined;
    const link = (command: Command, title: string): string => `[${title}](command:${command}?%5B${line}%5D)`;
    const [accept, reject] = ['gearshift.edits.acceptHunk', 'gearshift.edits.rejectHunk'] as const;
    const links = new vscode.MarkdownString(
      `${link(accept, t('Accept This Change'))} · ${link(reject, t('Reject This Change'))}`,
    );
    links.isTrusted = { enabledCommands: [accept, reject] };
    return new vscode.Hover(links);
  }

  async #applyShown(shown: readonly Proposal[], byHunk: boolean): Promise<void> {
    // Documents may have changed since the diff was made: what is written is planned for them as they are now.
    const current: Proposal[] = [];
    for (const proposal of shown) {
      const again = await this.#plan({ ...proposal, origin: proposal.origin ?? originNow(proposal) });
      if (again.plan.failures.length <= proposal.plan.failures.length) current.push(again);
      else void this.#takeRest(again);
    }
    if (current.length === 0 || (await this.#write(current, byHunk))) await this.#close(shown);
  }

  /** The edits by the document that they are for; what may not be written is told in `refusals`. */
  async #targets(request: EditRequest, refusals: string[]): Promise<(readonly [Target, ProposedEdit[]])[]> {
    const known = request.origins.map(({ uri }) => uri);
    const byUri = new Map<string, readonly [Target, ProposedEdit[]]>();
    for (const edit of request.answer.edits) {
      const own = known[0] ?? currentEditor()?.document.uri;
      const result =
        edit.path !== null
          ? await findTarget(edit.path, known)
          : own
            ? ({ kind: 'ok', target: targetOf(own) } as const)
            : undefined;
      if (!result) refusals.push(t('Open the file that should be changed.'));
      else if (result.kind === 'refused') refusals.push(describeRefusal(result.reason, edit.path ?? ''));
      else {
        const key = result.target.uri.toString();
        const known = byUri.get(key);
        if (known) known[1].push(edit);
        else byUri.set(key, [result.target, [edit]]);
      }
    }
    return [...byUri.values()];
  }

  async #plan(parts: Pick<Proposal, 'target' | 'edits' | 'origin' | 'request'>): Promise<Proposal> {
    const { target, edits, origin } = parts;
    const text = await textOf(target.uri);
    const plan = planFile(edits, {
      text,
      base: origin?.text,
      // What the user selected decides between equal places; a whole file decides nothing.
      about: origin?.about,
    });
    return { ...parts, id: crypto.randomUUID(), text, plan };
  }

  /** Says what could not be placed, and where it nearly was; the user may take the rest, or have it written anew. */
  async #takeRest(proposal: Proposal): Promise<void> {
    const { target, plan, request } = proposal;
    const words = plan.failures.map((failure) => describeFailure(failure, target.label));
    const trouble = words.slice(0, 3).join(' ');
    const line = plan.failures.find(({ near, places }) => near !== null || places.length > 0);
    const rest = plan.hunks.length > 0 ? [t('Apply the Rest')] : [];
    const show = line ? [t('Show the Place')] : [];
    const again = request.askAgain ? [t('Ask for a Clean Edit')] : [];
    const choice = await vscode.window.showWarningMessage(
      t('This change does not fit {0}, so nothing was changed. {1}', target.label, trouble),
      ...again,
      ...show,
      ...rest,
    );
    if (choice === undefined) return;
    if (choice === again[0]) await request.askAgain?.(target.uri, words.join('\n'));
    if (choice === show[0] && line) await showLine(target.uri, lineOf(line));
    if (choice === rest[0]) await this.#showDiff(proposal);
  }

  async #showDiff(proposal: Proposal): Promise<void> {
    const { target, plan, text } = proposal;
    this.#shown.set(proposal.id, proposal);
    const after = proposalUri(proposal);
    const before = text === null ? after.with({ query: 'before' }) : target.uri;
    const loosely = plan.hunks.filter(({ match }) => match === 'fuzzy').length;
    const title = loosely
      ? t('{0}: proposed change (matched by its surroundings, please check)', target.label)
      : t('{0}: proposed change', target.label);
    await vscode.commands.executeCommand('vscode.diff', before, after, title, { preview: false });
  }

  /** Writes the changes of one or several files as one step that can be undone. */
  async #write(proposals: readonly Proposal[], preview: boolean): Promise<boolean> {
    const edit = new vscode.WorkspaceEdit();
    for (const proposal of proposals) {
      if (!(await this.#confirm(proposal))) return false;
      await addTo(edit, proposal, preview);
    }
    const existing = proposals.filter(({ text }) => text !== null);
    const problems = watchProblems(existing.map(({ target }) => target.uri));
    try {
      const done = await vscode.workspace.applyEdit(edit, { isRefactoring: true });
      if (!done) {
        // Left out in the preview, or read only: the former needs no word.
        if (!preview)
          void vscode.window.showWarningMessage(t('{0} cannot be changed.', proposals[0]?.target.label ?? ''));
        return false;
      }
    } catch (error) {
      this.#log.error('apply', error);
      void vscode.window.showWarningMessage(t('{0} cannot be changed.', proposals[0]?.target.label ?? ''));
      return false;
    }
    this.#applied = [...this.#applied, proposals].slice(-MOST_APPLIED);
    void this.#tellApplied(proposals, problems).catch((error: unknown) => this.#log.error('apply', error));
    return true;
  }

  /** Asks what must be asked, and looks once more where the file really lies. */
  async #confirm({ target, plan, edits }: Proposal): Promise<boolean> {
    const named = edits.some(({ path }) => path !== null);
    if (named && !(await isInsideFolders(target.uri))) {
      void vscode.window.showWarningMessage(describeRefusal('outside', target.label));
      return false;
    }
    const added = plan.hunks.flatMap(({ lines }) => lines).join('\n');
    const warnings = [
      ...(target.danger === null ? [] : [describeDanger(target.danger)]),
      ...(hasHidden(added, 'code')
        ? [t('The new text contains hidden characters that can make it do something else than it shows.')]
        : []),
    ];
    if (warnings.length === 0) return true;
    const write = t('Write It');
    const choice = await vscode.window.showWarningMessage(
      t('Really change {0}?', target.label),
      { modal: true, detail: warnings.join('\n') },
      write,
    );
    return choice === write;
  }

  /** What was applied, and new problems within two seconds of it, with the way back and the way on. */
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
    if (!onApplied?.(applied) && proposals.length > 1) void this.#offerUndo(proposals);
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
    const choice = await vscode.window.showWarningMessage(
      found.length === 1
        ? t('The change brought a new problem: {0}', found[0] ?? '')
        : t('The change brought {0} new problems: {1}', found.length, found.slice(0, 3).join(' · ')),
      undo,
      ...(ask ? [fix] : []),
    );
    if (choice === undo) await this.#undo(proposals);
    if (choice === fix && first) await ask?.(first.target.uri, found.join('\n'));
  }

  /** Several files are several steps of their editors' own undo: here they are one. */
  async #offerUndo(proposals: readonly Proposal[]): Promise<void> {
    const undo = t('Undo');
    const words = t('{0} files were changed.', proposals.length);
    if ((await vscode.window.showInformationMessage(words, undo)) === undo) await this.#undo(proposals);
  }

  /** Takes back what was applied last, in all of its files. */
  async undo(): Promise<void> {
    const last = this.#applied.at(-1);
    if (last) await this.#undo(last);
    else void vscode.window.showInformationMessage(t('There is no applied change to undo.'));
  }

  /** Lets what becomes of the changes be seen. */
  async #follow(proposals: readonly Proposal[]): Promise<void> {
    const aftermath = await this.#aftermath();
    for (const { id, target, text, plan, request } of proposals) {
      const document = vscode.workspace.textDocuments.find(({ uri }) => uri.toString() === target.uri.toString());
      // What was taken by hand in a preview may be less than what was planned.
      const now = document?.getText() ?? (text === null ? resultOf(null, plan) : text);
      if (!request.by || plan.kind === 'delete' || now === text) continue;
      const by = { ...request.by, language: document?.languageId ?? null };
      aftermath.applied({ id, by, uri: target.uri.toString(), pieces: addedPieces(text ?? '', now) }, text ?? '');
    }
  }

  /**
   * Takes the changes back, also when the user has gone on elsewhere in the file; then what was typed stays. Answers
   * whether all could be taken back.
   */
  async #undo(proposals: readonly Proposal[]): Promise<boolean> {
    if (!this.#applied.includes(proposals)) return false;
    this.#applied = this.#applied.filter((each) => each !== proposals);
    const edit = new vscode.WorkspaceEdit();
    const taken: Proposal[] = [];
    for (const proposal of proposals) {
      const { target, text, plan } = proposal;
      const after = resultOf(text, plan);
      const now = await textOf(target.uri);
      if (text !== null && now === null && plan.kind === 'delete') {
        edit.createFile(target.uri, { overwrite: false, contents: new TextEncoder().encode(text) });
        taken.push(proposal);
      }
      if (text === null && now === after) {
        edit.deleteFile(target.uri);
        taken.push(proposal);
      }
      if (text === null && now !== null && now !== after)
        void vscode.window.showWarningMessage(t('{0} was edited since, so it is not deleted.', target.label));
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
        void vscode.window.showWarningMessage(
          t('Not all of the change in {0} could be taken back: some of its lines have been edited.', target.label),
        );
    }
    if (!(await vscode.workspace.applyEdit(edit, { isRefactoring: true }))) return false;
    const aftermath = await this.#aftermath();
    for (const { id } of taken) aftermath.retracted(id);
    return taken.length === proposals.length;
  }

  async #showGroup(proposals: readonly Proposal[]): Promise<void> {
    for (const proposal of proposals) this.#shown.set(proposal.id, proposal);
    this.#group = proposals;
    await vscode.commands.executeCommand('setContext', GROUP_CONTEXT, true);
    await vscode.commands.executeCommand(
      'vscode.changes',
      groupTitle(),
      proposals.map((proposal) => {
        const after = proposalUri(proposal);
        const before = proposal.text === null ? after.with({ query: 'before' }) : proposal.target.uri;
        return [proposal.target.uri, before, after];
      }),
    );
  }

  /** What the given, or else the active, editor shows. */
  #shownIn(uri: vscode.Uri | undefined): readonly Proposal[] | undefined {
    const { input, label } = vscode.window.tabGroups.activeTabGroup.activeTab ?? {};
    const modified =
      uri?.scheme === PROPOSAL_SCHEME ? uri : input instanceof vscode.TabInputTextDiff ? input.modified : undefined;
    const single = modified?.scheme === PROPOSAL_SCHEME ? this.#shown.get(idOf(modified)) : undefined;
    if (single && !this.#group.includes(single)) return [single];
    return this.#group.length > 0 && isGroupLabel(label) ? this.#group : undefined;
  }

  async #close(shown: readonly Proposal[]): Promise<void> {
    const uris = new Set(shown.map((proposal) => proposalUri(proposal).toString()));
    const isGroup = shown === this.#group;
    const tabs = vscode.window.tabGroups.all
      .flatMap((group) => group.tabs)
      .filter(({ input, label }) =>
        isGroup ? isGroupLabel(label) : input instanceof vscode.TabInputTextDiff && uris.has(input.modified.toString()),
      );
    if (isGroup) {
      this.#group = [];
      await vscode.commands.executeCommand('setContext', GROUP_CONTEXT, false);
    }
    await vscode.window.tabGroups.close(tabs);
  }
}

/** Set while the changes of several files are shown together. */
const GROUP_CONTEXT = 'gearshift.showsProposals';

const groupTitle = (): string => t('Proposed changes');

/** VS Code puts the number of files behind the title. */
const isGroupLabel = (label: string | undefined): boolean => label?.startsWith(groupTitle()) ?? false;

const changes = ({ plan }: Proposal): boolean => plan.hunks.length > 0 || plan.kind !== 'edit';

const proposalUri = ({ id, target }: Proposal): vscode.Uri =>
  vscode.Uri.from({ scheme: PROPOSAL_SCHEME, authority: id, path: target.uri.path });
const idOf = (uri: vscode.Uri): string => uri.authority;

/** The text that the shown diff was made for, as the version that the answer fits. */
const originNow = ({ target, text }: Proposal): Origin | undefined =>
  text === null ? undefined : { uri: target.uri, text, about: { start: 0, end: Number.MAX_SAFE_INTEGER } };

/** The text of a document, unsaved changes included; null if it does not exist. */
async function textOf(uri: vscode.Uri): Promise<string | null> {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  if (open) return open.getText();
  if (uri.scheme !== 'untitled' && !(await exists(uri))) return null;
  return (await vscode.workspace.openTextDocument(uri)).getText();
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
        description: hunk?.match === 'fuzzy' ? t('matched by its surroundings') : t('line {0}', range.start.line + 1),
      },
    );
  }
}

const replaceAll = (edit: vscode.WorkspaceEdit, uri: vscode.Uri, hunks: readonly Hunk[], text: string): void => {
  for (const { range, newText } of replacements(text, hunks)) edit.replace(uri, range, newText);
};

/** The hunks as VS Code takes them. */
const replacements = (text: string, hunks: readonly Hunk[], finalNewline?: boolean) =>
  replacementsOf(text, hunks, finalNewline).map(({ start, end, text: newText }) => ({
    range: new vscode.Range(start.line, start.character, end.line, end.character),
    newText,
  }));

/** The proposal with these hunks, of the text that it is shown for, in place of its own. */
function withHunks(proposal: Proposal, hunks: readonly Hunk[]): Proposal {
  const { edits, plan } = proposal;
  const end = plan.finalNewline === undefined ? {} : { finalNewline: plan.finalNewline };
  const edit: ProposedEdit = { kind: 'hunks', path: edits[0]?.path ?? null, hunks, ...end };
  return { ...proposal, edits: [edit], origin: originNow(proposal), plan: { ...plan, hunks } };
}

function showAt(editor: vscode.TextEditor, line: number): void {
  const position = new vscode.Position(line, 0);
  editor.selection = new vscode.Selection(position, position);
  editor.revealRange(editor.selection, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}

const lineOf = ({ near, places }: BlockFailure): number => near?.line ?? places[0] ?? 1;

async function showLine(uri: vscode.Uri, line: number): Promise<void> {
  const position = new vscode.Position(line - 1, 0);
  await vscode.window.showTextDocument(uri, { selection: new vscode.Range(position, position) });
}
