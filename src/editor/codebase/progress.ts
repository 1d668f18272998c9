import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Codebase } from './codebase.ts';
import { withProgress } from '../platform/messages.ts';

/** What takes no longer is not worth a notification, in ms. */
const SHORT_MS = 1_000;

/** Tells of indexing that takes a while, with how far it is and a way to stop it. */
export function showProgress(codebase: Codebase): vscode.Disposable {
  let timer: NodeJS.Timeout | undefined;
  let isShown = false;
  const show = (): void => {
    timer = undefined;
    if (!codebase.isBuilding) return;
    isShown = true;
    const options = { location: vscode.ProgressLocation.Notification, title: t('Gearshift'), cancellable: true };
    void withProgress(options, async (progress, token) => {
      const tell = (): void => progress.report({ message: codebase.status });
      const listening = [codebase.onChange(tell), token.onCancellationRequested(() => codebase.stop())];
      tell();
      await codebase.start();
      isShown = false;
      vscode.Disposable.from(...listening).dispose();
    });
  };
  const listening = codebase.onChange(() => {
    if (codebase.isBuilding && !isShown) timer ??= setTimeout(show, SHORT_MS);
  });
  return {
    dispose: () => {
      clearTimeout(timer);
      listening.dispose();
    },
  };
}
