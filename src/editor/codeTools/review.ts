import { t } from '@vscode/l10n';
import path from 'node:path';
import * as vscode from 'vscode';
import type { Logger } from '../../core/common/logger.ts';
import { familyOf } from '../../core/common/modelFamily.ts';
import type { Tier } from '../../core/common/types.ts';
import { dismissalKey, type Dismissals } from '../../core/codeTools/dismissals.ts';
import { gatherReviewContext } from '../../core/codeTools/reviewContext.ts';
import {
  addedLines,
  buildReviewMessages,
  lineNow,
  linesAfter,
  MOST_DIFF,
  readReview,
  type Finding,
  type Review,
  type Severity,
} from '../../core/codeTools/reviewFindings.ts';
import type { GitDiff } from '../../core/privacy/gitDiff.ts';
import type { Authorship } from '../../core/insights/authorship.ts';
import { familiesOf, sameMind } from '../../core/recipes/minds.ts';
import { formatCost } from '../../core/money/displayMoney.ts';
import type { OneShot, OneShotReply } from '../gateway/oneShot.ts';
import { codeReaderAt } from './codeReader.ts';
import { isSourceControl } from '../platform/gesture.ts';
import { diffOf, noRepository, repositoryOf, type Repository } from '../platform/git.ts';
import { plural } from '../../core/common/language.ts';
import { showInformationMessage, showWarningMessage, withProgress } from '../platform/messages.ts';

const SEVERITY: Readonly<Record<Severity, vscode.DiagnosticSeverity>> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  info: vscode.DiagnosticSeverity.Information,
};

/** A finding on show: a comment in the editor, and an entry of the Problems view. */
interface Shown {
  readonly uri: vscode.Uri;
  /** By which a dismissal is remembered. */
  readonly key: string;
  readonly diagnostic: vscode.Diagnostic;
  readonly thread: vscode.CommentThread;
}

interface ReviewParts {
  readonly oneShot: () => Promise<OneShot>;
  /** Knows which models wrote the lines. */
  readonly authorship: () => Promise<Pick<Authorship, 'authorsOf'>>;
  readonly dismissals: Dismissals;
  readonly log: Logger;
}

/** How long gathering code around the change may take, in ms. */
const CONTEXT_MS = 5_000;

/** The longest code around a change, in characters: a small change stays a small question, for a small model too. */
const mostAround = (diff: string): number => Math.min(40_000, Math.max(12_000, 3 * diff.length));

const FINDINGS_CONTEXT = 'gearshift.hasReviewFindings';

/** Reviews what changed: findings are comments at their lines and entries in the Problems view, until dismissed. */
export class ReviewChanges implements vscode.Disposable {
  readonly #parts: ReviewParts;
  readonly #comments = vscode.comments.createCommentController('gearshift.review', t('Gearshift review'));
  readonly #problems = vscode.languages.createDiagnosticCollection('gearshift-review');
  #shown: readonly Shown[] = [];
  #isDisposed = false;

  constructor(parts: ReviewParts) {
    this.#parts = parts;
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#comments.dispose();
    this.#problems.dispose();
  }

  /** @param argument what the menu of the SCM view hands over: the source control */
  async run(uri: vscode.Uri | undefined, argument?: unknown): Promise<void> {
    const repository = await repositoryOf(uri ?? vscode.window.activeTextEditor?.document.uri);
    if (!repository) throw noRepository();
    const chosen = await chooseDiff(repository, this.#parts.log);
    if (chosen === undefined) return;
    const { diff, picked } = chosen;
    if (!diff.text) throw new Error([t('There are no changes to review.'), ...diff.remarks].join(' '));
    await this.#review(repository.rootUri, diff, picked || isSourceControl(argument));
  }

  /**
   * @param gesture the user typed or chose something for this review
   * @param tier the tier to ask, where the user chose one after an answer that could not be used
   */
  async #review(root: vscode.Uri, diff: GitDiff, gesture: boolean, tier?: Tier): Promise<void> {
    const { text, remarks } = diff;
    const authors = (await this.#parts.authorship()).authorsOf(addedLines(text));
    const answered = await withProgress(
      { location: vscode.ProgressLocation.Notification, title: t('Reviewing the changes'), cancellable: true },
      async (progress, token) => {
        const controller = new AbortController();
        token.onCancellationRequested(() => controller.abort());
        const around = await codeAround(root, text, controller.signal);
        if (controller.signal.aborted) return undefined;
        return (await this.#parts.oneShot()).ask(
          {
            task: 'review',
            action: 'review',
            intent: 'Review this change',
            messages: buildReviewMessages(text, around),
            avoid: authors,
            tier,
            again: (above) =>
              this.#review(root, diff, true, above).catch((error: unknown) => this.#parts.log.error('review', error)),
            onChosen: (words) => progress.report({ message: words }),
            language: 'diff',
            maxTokens: 8_192,
            accept: (answer) => (readReview(answer, text) ? null : t('it contains no list of findings')),
            gesture,
          },
          controller.signal,
        );
      },
    );
    if (!answered) return;
    const { modelReturned } = answered.result;
    if (modelReturned !== null && familiesOf(authors).has(familyOf(modelReturned))) {
      void showWarningMessage(sameMind(modelReturned));
      return;
    }
    const review = readReview(answered.text, text);
    if (!review) return;
    await this.#report(root, review, text, [describeReviewer(answered, authors), ...remarks]);
  }

  /** Shows the findings that were not dismissed before, and says what the review came to. */
  async #report(
    root: vscode.Uri,
    { findings, dropped }: Review,
    diff: string,
    remarks: readonly string[],
  ): Promise<void> {
    const placed = await placeFindings(root, findings, diff);
    const isDismissed = ({ key }: Placed): boolean => this.#parts.dismissals.has(key);
    const dismissed = placed.filter(isDismissed);
    const shown = placed.filter((each) => !isDismissed(each));
    this.#show(shown);
    const count = shown.length;
    // Their lines or files are no longer there.
    const lost = dropped + findings.length - placed.length;
    const words = [
      count === 0 ? t('The review found nothing.') : plural(count, t('{0} finding.', count), t('{0} findings.', count)),
      dismissed.length === 0
        ? ''
        : plural(
            dismissed.length,
            t('{0} finding that you dismissed before is not shown.', dismissed.length),
            t('{0} findings that you dismissed before are not shown.', dismissed.length),
          ),
      lost === 0
        ? ''
        : plural(
            lost,
            t("{0} finding was dropped because it doesn't point to a changed line.", lost),
            t("{0} findings were dropped because they don't point to a changed line.", lost),
          ),
      ...remarks,
    ];
    const again = t('Show Dismissed');
    const message = words.filter(Boolean).join(' ');
    // Without waiting: the findings are on show already.
    void showInformationMessage(message, ...(dismissed.length > 0 ? [again] : [])).then((choice) => {
      if (choice !== again) return;
      this.#parts.dismissals.forget(dismissed.map(({ key }) => key));
      this.#show(placed);
    });
  }

  /** Removes one finding, and does not raise it again. @param argument the thread that the menu of the comment hands over */
  dismiss(argument: unknown): void {
    const thread = (argument as { thread?: unknown } | undefined)?.thread ?? argument;
    const isMeant = (shown: Shown): boolean => shown.thread === thread;
    for (const { key } of this.#shown.filter(isMeant)) this.#parts.dismissals.add(key);
    this.#remove(isMeant);
  }

  clear(): void {
    this.#remove(() => true);
  }

  /** Of two reviews that end together, the later takes the place of the other. */
  #show(placed: readonly Placed[]): void {
    if (this.#isDisposed) return;
    this.clear();
    this.#shown = placed.map(({ finding, uri, range, key }) => {
      const diagnostic = new vscode.Diagnostic(range, finding.title, SEVERITY[finding.severity]);
      diagnostic.source = t('Gearshift review');
      const thread = this.#comments.createCommentThread(uri, range, [commentOf(finding)]);
      thread.canReply = false;
      thread.collapsibleState = vscode.CommentThreadCollapsibleState.Expanded;
      thread.contextValue = 'gearshift-finding';
      thread.label = severityName(finding.severity);
      return { uri, key, diagnostic, thread };
    });
    this.#publish();
  }

  #remove(which: (shown: Shown) => boolean): void {
    for (const shown of this.#shown.filter(which)) shown.thread.dispose();
    this.#shown = this.#shown.filter((shown) => !which(shown));
    this.#publish();
  }

  #publish(): void {
    void vscode.commands.executeCommand('setContext', FINDINGS_CONTEXT, this.#shown.length > 0);
    this.#problems.clear();
    const byFile = new Map<string, [vscode.Uri, vscode.Diagnostic[]]>();
    for (const { uri, diagnostic } of this.#shown) {
      const file = byFile.get(uri.toString());
      if (file) file[1].push(diagnostic);
      else byFile.set(uri.toString(), [uri, [diagnostic]]);
    }
    for (const [uri, diagnostics] of byFile.values()) this.#problems.set(uri, diagnostics);
  }
}

/** A finding at its line in a document. */
interface Placed {
  readonly finding: Finding;
  readonly uri: vscode.Uri;
  readonly range: vscode.Range;
  readonly key: string;
}

/** The findings whose lines exist, at the lines where they are now: a file may have changed since it was staged. */
async function placeFindings(root: vscode.Uri, findings: readonly Finding[], diff: string): Promise<Placed[]> {
  const placed: Placed[] = [];
  const reviewed = linesAfter(diff);
  for (const finding of findings) {
    if (finding.path.split('/').includes('..') || path.isAbsolute(finding.path)) continue;
    const uri = vscode.Uri.joinPath(root, ...finding.path.split('/'));
    const document = await vscode.workspace.openTextDocument(uri).then(
      (opened) => opened,
      () => undefined,
    );
    if (!document) continue;
    const lines = document.getText().split(/\r?\n/);
    const text = reviewed.get(finding.path)?.find((each) => each.line === finding.line)?.text ?? '';
    const line = lineNow(lines, finding.line, text);
    if (line === undefined) continue;
    const key = dismissalKey(finding.path, finding.kind, lines, line);
    placed.push({ finding, uri, range: document.lineAt(line - 1).range, key });
  }
  return placed;
}

/** The functions that changed, their callers and their tests, as far as they can be found in a few seconds. */
async function codeAround(root: vscode.Uri, diff: string, cancelled: AbortSignal): Promise<string> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), CONTEXT_MS);
  try {
    const signal = AbortSignal.any([cancelled, late.signal]);
    return await gatherReviewContext(diff, codeReaderAt(root), { signal, characters: mostAround(diff) });
  } finally {
    clearTimeout(timer);
  }
}

/** Who reviewed, for how much, and which models were not asked because they wrote lines. */
function describeReviewer({ result }: OneShotReply, authors: readonly string[]): string {
  const model = result.model?.model ?? result.modelReturned;
  if (!model) return '';
  const words = t('Cost: {0} ({1}).', formatCost(result.cost), model);
  const why =
    authors.length > 0 ? t('{0} wrote some of these lines, so its family was not asked.', authors.join(', ')) : '';
  return why ? `${words} ${why}` : words;
}

/** Model text is only ever appended as plain text: nothing in it becomes a link or a command. */
function commentOf({ title, detail }: Finding): vscode.Comment {
  const body = new vscode.MarkdownString().appendText(detail ? `${title}\n\n${detail}` : title);
  return { body, mode: vscode.CommentMode.Preview, author: { name: t('Gearshift review') } };
}

const severityName = (severity: Severity): string =>
  ({ error: t('error'), warning: t('warning'), info: t('worth considering') })[severity];

/** The staged changes, all changes, or the branch against the one it came from; undefined when the user cancels. */
interface ChosenDiff {
  readonly diff: GitDiff;
  /** The user chose it from a list. */
  readonly picked: boolean;
}

async function chooseDiff(repository: Repository, log: Logger): Promise<ChosenDiff | undefined> {
  const [staged, unstaged, branch] = await Promise.all([
    diffOf(repository, 'staged', MOST_DIFF),
    diffOf(repository, 'unstaged', MOST_DIFF),
    branchDiff(repository, log),
  ]);
  const choices = [
    { label: t('Staged changes'), diff: staged },
    { label: t('Unstaged changes'), diff: unstaged },
    { label: t('This branch'), diff: branch },
  ].filter(({ diff }) => diff.files > 0);
  if (choices.length <= 1) return { diff: choices[0]?.diff ?? NO_CHANGES, picked: false };
  const choice = await vscode.window.showQuickPick(choices, { title: t('What should be reviewed?') });
  return choice && { diff: choice.diff, picked: true };
}

/** The commits of this branch that the default branch of its remote, or `main`, has not; empty where there are none. */
async function branchDiff(repository: Repository, log: Logger): Promise<GitDiff> {
  for (const base of ['origin/HEAD', 'origin/main', 'origin/master', 'main', 'master']) {
    try {
      const ancestor = await repository.getMergeBase(base, 'HEAD');
      if (ancestor && ancestor !== repository.state.HEAD?.commit)
        return await diffOf(repository, [ancestor, 'HEAD'], MOST_DIFF);
    } catch (error) {
      log.debug(`no branch ${base}`, error);
    }
  }
  return NO_CHANGES;
}

const NO_CHANGES: GitDiff = { text: '', remarks: [], files: 0 };
