import { t } from '@vscode/l10n';
import { dangerOfChange, type Danger } from '../../core/edits/target.ts';
import * as vscode from 'vscode';
import { failureAt, type FailureReason, type Hunk } from '../../core/edits/hunks.ts';
import { readLines } from '../../core/edits/lines.ts';
import type { FileNow } from '../../core/edits/fileNow.ts';
import type { FilePlan } from '../../core/edits/plan.ts';
import { resultOf } from '../../core/edits/planFile.ts';
import type { ParsedAnswer, ProposedEdit } from '../../core/edits/proposal.ts';
import type { AnsweredBy } from '../../core/ledger/outcomes.ts';
import type { CheckpointOf } from '../../storage/checkpoints.ts';
import type { Origin } from '../platform/attachmentOrigins.ts';
import { exists, findTarget, type Target } from './targets.ts';

/** Proposed texts are documents of this scheme: the right side of the diff, read only. */
export const PROPOSAL_SCHEME = 'gearshift-proposal';

export interface EditRequest {
  readonly answer: ParsedAnswer;
  /** The documents that went along with the question; the first is meant where the answer names none. */
  readonly origins: readonly Origin[];
  /** The user's question: functions that it names may vanish. */
  readonly question?: string | undefined;
  /** Asks a cheaper model to write the edit again, so that it fits. */
  readonly askAgain?: ((target: vscode.Uri, trouble: string) => Promise<void>) | undefined;
  /** Asks for a fix of problems that came with the edit. */
  readonly fix?: ((target: vscode.Uri, problems: string) => Promise<void>) | undefined;
  /** The answer that proposes it, for the ledger. */
  readonly by?: Omit<AnsweredBy, 'language'> | undefined;
  /** What the files are kept for before they are changed. */
  readonly checkpoint?: CheckpointOf | undefined;
  /** What a check said of this change, where it failed: the user is asked before it is applied. Looked at again each time. */
  readonly failedCheck?: (() => string | undefined) | undefined;
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
  /** New errors and warnings, one line each; null while they are unknown. */
  readonly problems: readonly string[] | null;
  /** False when not all of it could be taken back; null where files were only created or deleted. */
  readonly undo: () => Promise<boolean>;
  /** Asks for a fix of the problems; null where no model can be asked. */
  readonly fix: (() => Promise<void>) | null;
}

/** The proposal for one file. */
export interface Proposal {
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
  /** A model still writes it: what is there is half an answer. */
  readonly isGrowing?: boolean;
  /** What the user has allowed beyond what the answer shows. */
  readonly allows?: FileNow['allows'];
  /** Lines, from 0, that the user chose among several equal places. */
  readonly chosen?: FileNow['chosen'];
}

/** What a plan is made of. */
export type PlanParts = Pick<Proposal, 'target' | 'edits' | 'origin' | 'request' | 'allows' | 'chosen'>;

/** Failures of a change that can be shown anyway, since the user sees in the diff what vanishes. */
const LOSSES: ReadonlySet<FailureReason> = new Set(['elided', 'excerpt', 'drops']);

/** Whether nothing but lines that would vanish speaks against a change. */
export const mayLose = ({ plan, allows }: Proposal): boolean =>
  allows === undefined && plan.failures.length > 0 && plan.failures.every(({ reason }) => LOSSES.has(reason));

/** Whether the answer can be a complete rewrite of the file: it names the file, or is about as long, and does not fit it. */
export function mayReplace({ plan, edits, text, allows }: Proposal): boolean {
  const [edit, ...more] = edits;
  if (allows !== undefined || text === null || edit?.kind !== 'whole' || more.length > 0) return false;
  const isNamed = edit.path !== null && edit.namedBy !== 'mention';
  const isAsLong = edit.lines.length * 2 >= readLines(text).content.length;
  const { failures } = plan;
  return (isNamed || isAsLong) && failures.length > 0 && failures.every(({ reason }) => REWRITES.has(reason));
}

const REWRITES: ReadonlySet<FailureReason> = new Set(['unclear', 'drops']);

/**
 * Asks which of several places is meant, each with its line.
 *
 * @returns the chosen lines, from 0, one for each change that has several places; undefined if the user gave up
 */
export async function choosePlaces({ plan, text, target }: Proposal): Promise<number[] | undefined> {
  const { content } = readLines(text ?? '');
  const chosen: number[] = [];
  for (const { places } of plan.failures.filter(({ reason }) => reason === 'ambiguous')) {
    const items = places.map((line) => ({
      label: t('Line {0}', line),
      description: (content[line - 1] ?? '').trim(),
      detail: content
        .slice(line, line + 3)
        .map((each) => each.trim())
        .join(' ⏎ '),
      line,
    }));
    const picked = await vscode.window.showQuickPick(items, {
      placeHolder: t('The change fits {0} at {1} places. Choose one.', target.label, places.length),
    });
    if (!picked) return undefined;
    chosen.push(picked.line - 1);
  }
  return chosen;
}

/** Whether a change only needs to be told its place. */
export const mayChoose = ({ plan, chosen }: Proposal): boolean =>
  chosen === undefined &&
  plan.failures.length > 0 &&
  plan.failures.every(({ reason, places }) => reason === 'ambiguous' && places.length > 1);

/** A file that moves is one that goes and one that comes. */
export async function moved(proposal: Proposal, plan: (parts: PlanParts) => Promise<Proposal>): Promise<Proposal[]> {
  const to = proposal.edits.flatMap((edit) => (edit.kind === 'blocks' && edit.moveTo ? [edit.moveTo] : [])).at(-1);
  if (to === undefined || proposal.text === null || proposal.plan.failures.length > 0) return [proposal];
  const found = await findTarget(to, []);
  if (found.kind === 'refused')
    return [{ ...proposal, plan: { ...proposal.plan, hunks: [], failures: [failureAt(0, 'outside')] } }];
  const { request, origin, target } = proposal;
  const added = readLines(resultOf(proposal.text, proposal.plan)).content.map(
    (text) => ({ kind: 'add', text }) as const,
  );
  const created: ProposedEdit = { kind: 'blocks', format: 'diff', path: to, creates: true, blocks: [{ lines: added }] };
  return [
    await plan({ target, origin, request, edits: [{ kind: 'delete', path: proposal.edits[0]?.path ?? null }] }),
    await plan({ target: found.target, origin: undefined, request, edits: [created] }),
  ];
}

/** Why a proposal needs a confirmation of its own: by the file, or by what it changes in it. */
export const dangerIn = ({ target, text, plan }: Proposal): Danger | null =>
  target.danger ?? dangerOfChange(target.label, text, plan.kind === 'delete' ? '' : resultOf(text, plan));

export const changes = ({ plan }: Proposal): boolean => plan.hunks.length > 0 || plan.kind !== 'edit';

export const proposalUri = ({ id, target }: Proposal): vscode.Uri =>
  vscode.Uri.from({ scheme: PROPOSAL_SCHEME, authority: id, path: target.uri.path });
/** The id of the proposal that a document shows. */
export const idOf = (uri: vscode.Uri): string => uri.authority;

/** The text that the shown diff was made for, as the version that the answer fits. */
export const originNow = ({ target, text }: Proposal): Origin | undefined =>
  text === null ? undefined : { uri: target.uri, text, about: { start: 0, end: Number.MAX_SAFE_INTEGER } };

/** The text of a document, unsaved changes included; null if it does not exist. */
export async function textOf(uri: vscode.Uri): Promise<string | null> {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  if (open) return open.getText();
  if (uri.scheme !== 'untitled' && !(await exists(uri))) return null;
  return (await vscode.workspace.openTextDocument(uri)).getText();
}

/** The proposal with these hunks, of the text that it is shown for, in place of its own. */
export function withHunks(proposal: Proposal, hunks: readonly Hunk[]): Proposal {
  const { edits, plan } = proposal;
  const end = plan.finalNewline === undefined ? {} : { finalNewline: plan.finalNewline };
  const edit: ProposedEdit = { kind: 'hunks', path: edits[0]?.path ?? null, hunks, ...end };
  return { ...proposal, edits: [edit], origin: originNow(proposal), plan: { ...plan, hunks } };
}
