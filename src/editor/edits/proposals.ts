import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Logger } from '../../core/common/logger.ts';
import { describeFailure, describeProblem } from '../../core/edits/describeEdits.ts';
import { type BlockFailure, hunkAt, newRanges } from '../../core/edits/hunks.ts';
import type { FilePlan } from '../../core/edits/plan.ts';
import { hunksBetween, planFile, resultOf } from '../../core/edits/planFile.ts';
import type { SurvivalTracker } from '../../core/insights/survivalTracker.ts';
import type { Command } from '../platform/contributions.ts';
import { AppliedEdits, type KeepFiles } from './appliedEdits.ts';
import {
  changes,
  dangerIn,
  choosePlaces,
  idOf,
  mayChoose,
  mayLose,
  mayReplace,
  moved,
  originNow,
  PROPOSAL_SCHEME,
  proposalUri,
  textOf,
  withHunks,
  type EditRequest,
  type PlanParts,
  type Proposal,
} from './proposal.ts';
import { DiffHints } from './diffHints.ts';
import { targetsOf } from './editTargets.ts';
import { targetOf } from './targets.ts';
import { showInformationMessage, showWarningMessage } from '../platform/messages.ts';

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

/**
 * Applies what a model proposes. Nothing is written before the user has seen it as a diff; in VS Code's
 * refactor preview each change can be taken or left. Applied edits are undone in one step.
 */
export class EditApplier implements vscode.Disposable {
  readonly #log: Logger;
  readonly #applied: AppliedEdits;
  readonly #shown = new Map<string, Proposal>();
  readonly #grown = new vscode.EventEmitter<vscode.Uri>();
  readonly #closed = new Map<string, () => void>();
  /** The proposals that one editor shows together. */
  #group: readonly Proposal[] = [];
  readonly #disposables: vscode.Disposable[];

  /**
   * @param survivalTracker told what is applied, to see what becomes of it
   * @param keep keeps files before they are changed
   */
  constructor(log: Logger, survivalTracker: () => Promise<SurvivalTracker>, keep: KeepFiles) {
    this.#log = log;
    this.#applied = new AppliedEdits(log, survivalTracker, keep);
    this.#disposables = [
      this.#grown,
      new DiffHints(PROPOSAL_SCHEME, (uri) => this.#changesIn(uri).map(({ start }) => start)),
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
        if (this.#group.some(({ id }) => id === idOf(uri))) void this.#leaveGroup();
      }),
    ];
  }

  dispose(): void {
    vscode.Disposable.from(...this.#disposables).dispose();
  }

  /** Undoes what was applied last, in all of its files. */
  undo(): Promise<void> {
    return this.#applied.undo();
  }

  /** Writes proposals that the user has seen and accepted, as one step that can be undone. */
  write(proposals: readonly Proposal[]): Promise<boolean> {
    return this.#applied.write(proposals, false);
  }

  /** Shows what an answer would change. */
  async propose(request: EditRequest): Promise<void> {
    const { answer } = request;
    const refusals = answer.problems.map(({ problem }) => describeProblem(problem));
    const proposals: Proposal[] = [];
    const sent = request.origins.map(({ uri }) => uri);
    for (const [target, edits] of await targetsOf(answer.edits, sent, refusals)) {
      const origin = request.origins.find(({ uri }) => uri.toString() === target.uri.toString());
      const proposal = await this.#plan({ target, edits, origin, request });
      proposals.push(...(await moved(proposal, (parts) => this.#plan(parts))));
    }
    if (refusals.length > 0) void showWarningMessage(refusals.join(' '));
    if (proposals.length === 0 && refusals.length === 0)
      void showInformationMessage(t('There is no change to apply in this answer.'));
    for (const proposal of proposals) {
      if (proposal.plan.failures.length > 0) this.#offerRest(proposal);
      else if (!changes(proposal))
        void showInformationMessage(t('{0} already contains this change.', proposal.target.label));
    }
    await this.#show(proposals.filter((proposal) => proposal.plan.failures.length === 0 && changes(proposal)));
  }

  /** One file as a diff, several as one editor of diffs. */
  async #show(proposals: readonly Proposal[]): Promise<void> {
    const dangerous = proposals.filter((proposal) => dangerIn(proposal) !== null);
    const ordinary = proposals.filter((proposal) => dangerIn(proposal) === null);
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
    request: Pick<EditRequest, 'fix' | 'checkpoint'>,
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
      isGrowing: true,
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
        proposal = { ...proposal, followUp, isGrowing: false, request: { ...proposal.request, by } };
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
    else if (proposal) void showInformationMessage(t('Continue in the chat this change came from.'));
  }

  /** Applies what is shown, after what must be asked. */
  async apply(uri: vscode.Uri | undefined): Promise<void> {
    const shown = this.#shownIn(uri);
    if (shown && isWritten(shown)) await this.#applyShown(shown, false);
  }

  /** Opens VS Code's refactor preview, in which the wanted changes are ticked. */
  async choose(uri: vscode.Uri | undefined): Promise<void> {
    const shown = this.#shownIn(uri);
    if (shown && isWritten(shown)) await this.#applyShown(shown, true);
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
    if (!proposal || !editor || !isWritten([proposal])) return;
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
      if (!(await this.#applied.write([one], false))) return;
      left = { ...left, ...(await this.#plan(left)), id };
      if (left.plan.failures.length > 0) this.#offerRest(left);
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

  /** The changes of a proposed text that can be taken one by one, as lines of that text. */
  #changesIn(uri: vscode.Uri): ReturnType<typeof newRanges> {
    const proposal = uri.query === 'before' ? undefined : this.#shown.get(idOf(uri));
    if (!proposal || proposal.isGrowing || proposal.text === null || proposal.plan.kind !== 'edit') return [];
    const { text, plan } = proposal;
    return newRanges(hunksBetween(text, resultOf(text, plan)));
  }

  /** Accept and reject, for the mouse: on the lines that are proposed. */
  #hunkLinks(uri: vscode.Uri, line: number): vscode.Hover | undefined {
    const isIn = this.#changesIn(uri).some(({ start, end }) => line >= start && line < Math.max(end, start + 1));
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
      else this.#offerRest(again);
    }
    if (current.length === 0 || (await this.#applied.write(current, byHunk))) await this.#close(shown);
  }

  async #plan(parts: PlanParts): Promise<Proposal> {
    const { target, edits, origin, request, allows, chosen } = parts;
    const text = await textOf(target.uri);
    const plan = planFile(edits, {
      text,
      base: origin?.text,
      // The user's selection decides between equal places; a whole file decides nothing.
      about: origin?.about,
      path: target.label,
      question: request.question,
      allows,
      chosen,
    });
    return { ...parts, id: crypto.randomUUID(), text, plan };
  }

  /** The same, without waiting for what the user does about it. */
  #offerRest(proposal: Proposal): void {
    this.#takeRest(proposal).catch((error: unknown) => this.#log.error('apply', error));
  }

  /** Says what could not be placed, and where it nearly was; the user may take the rest, or have it written again. */
  async #takeRest(proposal: Proposal): Promise<void> {
    const { target, plan, request } = proposal;
    const words = plan.failures.map((failure) => describeFailure(failure, target.label));
    const trouble = words.slice(0, 3).join(' ');
    const line = plan.failures.find(({ near, places }) => near !== null || places.length > 0);
    const rest = plan.hunks.length > 0 ? [t('Apply Remaining Changes')] : [];
    const choose = mayChoose(proposal) ? [t('Choose a Place')] : [];
    const show = line && choose.length === 0 ? [t('Go to Location')] : [];
    const again = request.askAgain ? [t('Ask for a Cleaner Edit')] : [];
    // What the user may want anyway, with a diff before it is written.
    const replace = mayReplace(proposal) ? [t('Replace the Whole File')] : [];
    const anyway = replace.length === 0 && mayLose(proposal) ? [t('Show the Change Anyway')] : [];
    const choice = await showWarningMessage(
      t('This change does not fit {0}, so nothing was changed. {1}', target.label, trouble),
      ...again,
      ...replace,
      ...anyway,
      ...choose,
      ...show,
      ...rest,
    );
    if (choice === undefined) return;
    if (choice === again[0]) await request.askAgain?.(target.uri, words.join('\n'));
    if (choice === show[0] && line) await showLine(target.uri, lineOf(line));
    if (choice === rest[0]) await this.#showDiff(proposal);
    const chosen = choice === choose[0] ? await choosePlaces(proposal) : undefined;
    if (chosen || choice === replace[0] || choice === anyway[0]) {
      const allows = choice === replace[0] ? 'replace' : choice === anyway[0] ? 'loss' : undefined;
      const allowed = await this.#plan({ ...proposal, allows, chosen });
      if (allowed.plan.failures.length > 0) await this.#takeRest(allowed);
      else await this.#showDiff(allowed);
    }
  }

  async #showDiff(proposal: Proposal): Promise<void> {
    const { target, plan, text } = proposal;
    this.#shown.set(proposal.id, proposal);
    const after = proposalUri(proposal);
    const before = text === null ? after.with({ query: 'before' }) : target.uri;
    const loosely = plan.hunks.filter(({ match }) => match === 'fuzzy').length;
    const title = loosely
      ? t('{0}: proposed change (matched by context, please check)', target.label)
      : t('{0}: proposed change', target.label);
    await vscode.commands.executeCommand('vscode.diff', before, after, title, { preview: false });
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

  /** The document of the given editor, or else of the active one. */
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
    if (isGroup) await this.#leaveGroup();
    await vscode.window.tabGroups.close(tabs);
  }

  async #leaveGroup(): Promise<void> {
    this.#group = [];
    await vscode.commands.executeCommand('setContext', GROUP_CONTEXT, false);
  }
}

/** Whether a model has written all of them; if not, the user hears it. */
function isWritten(proposals: readonly Proposal[]): boolean {
  const isGrowing = proposals.some((proposal) => proposal.isGrowing);
  if (isGrowing) void showInformationMessage(t('The answer is still being written.'));
  return !isGrowing;
}

/** Set while the changes of several files are shown together. */
const GROUP_CONTEXT = 'gearshift.showsProposals';

const groupTitle = (): string => t('Proposed changes');

/** VS Code puts the number of files behind the title. */
const isGroupLabel = (label: string | undefined): boolean => label?.startsWith(groupTitle()) ?? false;

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
