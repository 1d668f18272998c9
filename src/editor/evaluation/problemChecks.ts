import { t } from '@vscode/l10n';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import type { FileAfter } from '../../core/evaluation/checks.ts';
import type { KeptFile, KeptTask } from '../../core/evaluation/keptTask.ts';
import { writeCopies } from './copies.ts';

/**
 * Looks for problems that an answer brings into the files of a task, as the editor's language servers see them. They see
 * copies in a folder of their own, never the user's files.
 *
 * An editor does not say whether any language server judges a file: a good file and one that no server reads both have no
 * problems. So a copy with a mistake is opened beside. Where that has no problem either, it is unknown.
 */

/** How long language servers may take, in ms. */
export interface Patience {
  /** Until the copy with the mistake has a problem. A server that starts first may need that long. */
  readonly appearsMs: number;
  /** Without any news of the copies: then what there is counts. */
  readonly quietMs: number;
}

const PATIENCE: Patience = { appearsMs: 20_000, quietMs: 1_500 };

/** What ends no sentence of any language. */
const MISTAKE = '\n)]}>>> <<<([{ @@ ~~ ;\n';

/** Problems by their words, with the number of each: their lines move with the text. */
type Problems = ReadonlyMap<string, number>;

/** The problems of the copies of one file; undefined where no language server judged it. */
type Judged = Problems | undefined;

/** Looks for new problems, and remembers what it found of a file. */
export class ProblemChecks {
  readonly #found = new Map<string, Judged>();
  readonly #patience: Patience;

  constructor(patience: Patience = PATIENCE) {
    this.#patience = patience;
  }

  /**
   * Why the files that an answer makes are not as free of problems as those of before, or as those that the user kept,
   * for the user; empty when they are. That it is unknown is a reason too.
   *
   * @param files as the answer leaves them
   */
  async newProblems(task: Pick<KeptTask, 'files'>, files: readonly FileAfter[], signal: AbortSignal): Promise<string> {
    if (task.files.length === 0) return t('It is unknown whether there are new problems: the task has no file.');
    const before = task.files.flatMap(({ path: name, before: text }) => (text === null ? [] : [{ path: name, text }]));
    const kept = task.files.map(({ path: name, after }) => ({ path: name, text: after }));
    const words: string[] = [];
    for (const file of task.files) {
      const [was, keeps, now] = [
        file.before === null ? new Map<string, number>() : await this.#judge(file, before, signal),
        await this.#judge(file, kept, signal),
        await this.#judge(file, files, signal),
      ];
      if (!was || !keeps || !now)
        words.push(
          t('It is unknown whether {0} has new problems: no language server here finds mistakes in it.', file.path),
        );
      else {
        const more = [...now].flatMap(([problem, count]) =>
          count > Math.max(was.get(problem) ?? 0, keeps.get(problem) ?? 0) ? [problem] : [],
        );
        if (more.length > 0) words.push(t('New problems in {0}: {1}', file.path, more.slice(0, 3).join('; ')));
      }
    }
    return words.join(' ');
  }

  async #judge(file: KeptFile, files: readonly FileAfter[], signal: AbortSignal): Promise<Judged> {
    const key = JSON.stringify([file.path, files]);
    if (!this.#found.has(key)) {
      const judged = await judge(file.path, files, this.#patience, signal);
      // What was broken off says nothing.
      if (signal.aborted) return undefined;
      this.#found.set(key, judged);
    }
    return this.#found.get(key);
  }
}

/** The problems of one file among others, from copies. */
async function judge(
  name: string,
  files: readonly FileAfter[],
  { appearsMs, quietMs }: Patience,
  signal: AbortSignal,
): Promise<Judged> {
  const text = files.find((file) => file.path === name)?.text;
  if (text === undefined) return new Map();
  const folder = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), 'gearshift-problems-')));
  const uriIn = (part: string): vscode.Uri => vscode.Uri.file(path.join(folder, part, name));
  const [copy, mistake] = [uriIn('answer'), uriIn('mistake')];
  const opened: vscode.TextDocument[] = [];
  try {
    const withMistake = files.map((file) => (file.path === name ? { ...file, text: text + MISTAKE } : file));
    const wrong =
      (await writeCopies(path.join(folder, 'answer'), files)) ||
      (await writeCopies(path.join(folder, 'mistake'), withMistake));
    if (wrong) return undefined;
    const news = watchNews([copy, mistake]);
    try {
      // In this order: what comes last is judged last.
      for (const uri of [copy, mistake]) opened.push(await openInBackground(uri));
      const isAnswered = await news.until(() => problemsOf(mistake, folder).size > 0, appearsMs, signal);
      if (!isAnswered) return undefined;
      await news.quiet(quietMs, appearsMs, signal);
      return problemsOf(copy, folder);
    } finally {
      news.dispose();
    }
  } finally {
    // VS Code keeps a document for minutes after its tab; as plain text it leaves no problems behind.
    for (const each of opened) await vscode.languages.setTextDocumentLanguage(each, 'plaintext');
    await closeTabs([copy, mistake]);
    await fs.rm(folder, { recursive: true, force: true });
  }
}

/** Language servers judge what has a tab, so the copies get one each, behind the user's own. */
async function openInBackground(uri: vscode.Uri): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(uri);
  await vscode.commands.executeCommand('vscode.open', uri, { background: true, preview: false, preserveFocus: true });
  return document;
}

async function closeTabs(uris: readonly vscode.Uri[]): Promise<void> {
  const names = new Set(uris.map((uri) => uri.toString()));
  const tabs = vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .filter(({ input }) => input instanceof vscode.TabInputText && names.has(input.uri.toString()));
  if (tabs.length > 0) await vscode.window.tabGroups.close(tabs, true);
}

/** Errors and warnings of a copy. Names of its folder in their words are not part of the problem. */
function problemsOf(uri: vscode.Uri, folder: string): Problems {
  const counts = new Map<string, number>();
  for (const { severity, message } of vscode.languages.getDiagnostics(uri)) {
    if (severity > vscode.DiagnosticSeverity.Warning) continue;
    const words = message.replaceAll(folder, '').replace(/\s+/g, ' ').slice(0, 300);
    counts.set(words, (counts.get(words) ?? 0) + 1);
  }
  return counts;
}

/** Waits for news of problems. */
function watchNews(uris: readonly vscode.Uri[]) {
  const names = new Set(uris.map((uri) => uri.toString()));
  let last = performance.now();
  let tell = (): void => undefined;
  const listener = vscode.languages.onDidChangeDiagnostics(({ uris: changed }) => {
    if (!changed.some((uri) => names.has(uri.toString()))) return;
    last = performance.now();
    tell();
  });
  /** Waits for the next news, for so many ms at most. */
  const next = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(end, ms);
      function end(): void {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      }
      tell = end;
      signal.addEventListener('abort', end);
    });
  return {
    /** @returns whether it holds within so many ms */
    async until(holds: () => boolean, ms: number, signal: AbortSignal): Promise<boolean> {
      for (const end = performance.now() + ms; !holds();) {
        const left = end - performance.now();
        if (left <= 0 || signal.aborted) return false;
        await next(left, signal);
      }
      return true;
    },
    /** Waits until there was no news for so many ms, or until `most` have passed. */
    async quiet(ms: number, most: number, signal: AbortSignal): Promise<void> {
      for (const end = performance.now() + most; ;) {
        const now = performance.now();
        if (now - last >= ms || now >= end || signal.aborted) return;
        await next(last + ms - now, signal);
      }
    },
    dispose: () => listener.dispose(),
  };
}
