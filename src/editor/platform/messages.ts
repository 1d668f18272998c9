import * as vscode from 'vscode';

/**
 * Messages of the editor. VS Code makes links of `[text](command:…)`, `[text](file:…)` and `[text](https:…)` in the text of
 * a message, and such a link runs any command with any arguments (`parseLinkedText` of its `linkedText.ts`). Our messages
 * contain words of servers, and names of models, files and tasks. So none of them may make a link: this module is the
 * only one that shows messages.
 */

/** A text of a message in which nothing is a link: the brackets of one do not follow each other. */
export const withoutLinks = (text: string): string => text.replaceAll('](', '] (');

type Show = (message: string, ...rest: never[]) => Thenable<unknown>;

/** @param show looked up at each call, since tests put another editor in place */
const guarded = <F extends Show>(show: () => F): F =>
  ((message: string, ...rest: never[]) => show()(withoutLinks(message), ...rest)) as F;

/** As `vscode.window.showInformationMessage`, without links in the text. */
export const showInformationMessage = guarded(() => vscode.window.showInformationMessage);
/** As `vscode.window.showWarningMessage`, without links in the text. */
export const showWarningMessage = guarded(() => vscode.window.showWarningMessage);
/** As `vscode.window.showErrorMessage`, without links in the text. */
export const showErrorMessage = guarded(() => vscode.window.showErrorMessage);

/** As `vscode.window.withProgress`, without links in the title and in what is reported. */
export const withProgress: typeof vscode.window.withProgress = (options, task) =>
  vscode.window.withProgress(
    options.title === undefined ? options : { ...options, title: withoutLinks(options.title) },
    (progress, token) =>
      task(
        {
          report: ({ message, ...rest }) =>
            progress.report({ ...rest, ...(message === undefined ? {} : { message: withoutLinks(message) }) }),
        },
        token,
      ),
  );
