import { t } from '@vscode/l10n';
import path from 'node:path';
import * as vscode from 'vscode';
import type { Logger } from '../../core/common/logger.ts';
import {
  buildReviewMessages,
  MOST_DIFF,
  readReview,
  type Finding,
  type Severity,
} from '../../core/codeTools/reviewFindings.ts';
import type { GitDiff } from '../../core/privacy/gitDiff.ts';
import type { OneShot } from '../gateway/oneShot.ts';
import { diffOf, repositoryOf, type Repository } from '../platform/git.ts';

const SEVERITY: Readonly<Record<Severity, vscode.DiagnosticSeverity>> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  info: vscode.DiagnosticSeverity.Information,
};

/** A finding on show: a comment in the editor, and an entry of the Problems view. */
interface Shown {
  readonly uri: vscode.Uri;
  readonly diagnostic: vscode.Diagnostic;
  readonly thread: vscode.CommentThread;
}

/** Reviews what changed: findings are comments at their lines and entries in the Problems view, until dismissed. */
export class ReviewChanges implements vscode.Disposable {
  readonly #oneShot: () => Promise<OneShot>;
  readonly #log: Logger;
  readonly #comments = vscode.comments.createCommentController('gearshift.review', t('Gearshift review'));
  readonly #problems = vscode.languages.createDiagnosticCollection('gearshift-review');
  #shown: readonly Shown[] = [];
  #isDisposed = false;

  constructor(oneShot: () => Promise<OneShot>, log: Logger) {
    this.#log = log;
    this.#oneShot = oneShot;
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#comments.dispose();
    this.#problems.dispose();
  }

  async run(uri: vscode.Uri | undefined): Promise<void> {
    const repository = await repositoryOf(uri ?? vscode.window.activeTextEditor?.document.uri);
    if (!repository) throw new Error(t('There is no git repository here.'));
    const diff = await chooseDiff(repository, this.#log);
    if (diff === undefined) return;
    const { text, remarks } = diff;
    if (!text) throw new Error([t('There are no changes to review.'), ...remarks].join(' '));
    const answered = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: t('Reviewing the changes'), cancellable: true },
      async (_, token) => {
        const controller = new AbortController();
        token.onCancellationRequested(() => controller.abort());
        return (await this.#oneShot()).ask(
          {
            task: 'review',
            action: 'review',
            intent: 'Review this change',
            messages: buildReviewMessages(text),
            language: 'diff',
            maxTokens: 8_192,
            accept: (answer) => (readReview(answer, text) ? null : t('it contains no list of findings')),
          },
          controller.signal,
        );
      },
    );
    if (!answered) return;
    const review = readReview(answered.text, text);
    if (!review) return;
    await this.#show(repository.rootUri, review.findings);
    const count = review.findings.length;
    const words =
      count === 0 ? t('The review found nothing.') : count === 1 ? t('1 finding.') : t('{0} findings.', count);
    const dropped =
      review.dropped === 0
        ? ''
        : review.dropped === 1
          ? t("1 finding was dropped because it doesn't point to a changed line.")
          : t("{0} findings were dropped because they don't point to a changed line.", review.dropped);
    void vscode.window.showInformationMessage([words, dropped, ...remarks].filter(Boolean).join(' '));
  }

  /** Takes one finding away. @param argument the thread that the menu of the comment hands over */
  dismiss(argument: unknown): void {
    const thread = (argument as { thread?: unknown } | undefined)?.thread ?? argument;
    this.#remove(({ thread: own }) => own === thread);
  }

  clear(): void {
    this.#remove(() => true);
  }

  async #show(root: vscode.Uri, findings: readonly Finding[]): Promise<void> {
    const placed: { finding: Finding; uri: vscode.Uri; range: vscode.Range }[] = [];
    for (const finding of findings) {
      if (finding.path.split('/').includes('..') || path.isAbsolute(finding.path)) continue;
      const uri = vscode.Uri.joinPath(root, ...finding.path.split('/'));
      const document = await vscode.workspace.openTextDocument(uri).then(
        (opened) => opened,
        () => undefined,
      );
      // Tied to a line that exists: the file may have changed since.
      if (!document || finding.line > document.lineCount) continue;
      placed.push({ finding, uri, range: document.lineAt(finding.line - 1).range });
    }
    if (this.#isDisposed) return;
    // From here on without waiting: of two reviews that end together, the later takes the place of the other.
    this.clear();
    this.#shown = placed.map(({ finding, uri, range }) => {
      const diagnostic = new vscode.Diagnostic(range, finding.title, SEVERITY[finding.severity]);
      diagnostic.source = t('Gearshift review');
      const thread = this.#comments.createCommentThread(uri, range, [commentOf(finding)]);
      thread.canReply = false;
      thread.collapsibleState = vscode.CommentThreadCollapsibleState.Expanded;
      thread.contextValue = 'gearshift-finding';
      thread.label = severityName(finding.severity);
      return { uri, diagnostic, thread };
    });
    this.#publish();
  }

  #remove(which: (shown: Shown) => boolean): void {
    for (const shown of this.#shown.filter(which)) shown.thread.dispose();
    this.#shown = this.#shown.filter((shown) => !which(shown));
    this.#publish();
  }

  #publish(): void {
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

/** Model text is only ever appended as plain text: nothing in it becomes a link or a command. */
function commentOf({ title, detail }: Finding): vscode.Comment {
  const body = new vscode.MarkdownString().appendText(detail ? `${title}\n\n${detail}` : title);
  return { body, mode: vscode.CommentMode.Preview, author: { name: t('Gearshift review') } };
}

const severityName = (severity: Severity): string =>
  ({ error: t('error'), warning: t('warning'), info: t('worth considering') })[severity];

/** The staged changes, all changes, or the branch against the one it came from; undefined when the user cancels. */
async function chooseDiff(repository: Repository, log: Logger): Promise<GitDiff | undefined> {
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
  if (choices.length <= 1) return choices[0]?.diff ?? NO_CHANGES;
  return (await vscode.window.showQuickPick(choices, { title: t('What should be reviewed?') }))?.diff;
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
