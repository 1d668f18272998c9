import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { debugLog } from '../../core/common/debugLog.ts';
import { currentEditor } from '../platform/activeEditor.ts';
import type { CommandsOf } from '../platform/commands.ts';
import type { Command } from '../platform/contributions.ts';
import type { Services } from '../platform/services.ts';
import type { LocalTier } from './localTier.ts';
import { showInformationMessage, showWarningMessage, withProgress } from '../platform/messages.ts';

/** Scheme of the document that explains the last request. */
const EXPLANATION = 'gearshift-explanation';

type Parts = Pick<Services, 'config' | 'track'> & { readonly local: LocalTier };

/** Commands for completions: switch them, snooze them, and ask why there is none. */
export function createCompletionCommands({ config, track, local }: Parts): CommandsOf<'completion'> {
  const traces = new TraceDocument();
  track(vscode.workspace.registerTextDocumentContentProvider(EXPLANATION, traces));
  return {
    'gearshift.completions.toggle': async () => {
      await config.write('completions.enabled', !config.settings.completions.enabled);
      await vscode.commands.executeCommand('editor.action.inlineSuggest.hide');
    },
    'gearshift.completions.snooze': () => askSnooze(local),
    'gearshift.completions.explain': () => explain(local, traces),
  };
}

/** Asks for how long completions are not wanted, or ends that. */
async function askSnooze(local: LocalTier): Promise<void> {
  const minutes = (n: number) => ({ label: t('{0} minutes', n), ms: n * 60_000 });
  const choices = [
    ...(local.snoozedUntil ? [{ label: t('Resume now'), ms: 0 }] : []),
    minutes(5),
    minutes(15),
    minutes(60),
    { label: t('Until the window is reloaded'), ms: Infinity },
  ];
  const choice = await vscode.window.showQuickPick(choices, { title: t('Snooze Completions') });
  if (choice) await local.snooze(choice.ms);
}

/** Tells why there is no suggestion at the cursor; shows one if there is. */
async function explain(local: LocalTier, traces: TraceDocument): Promise<void> {
  const { model, completions } = local;
  const editor = currentEditor();
  if (!editor) {
    void showInformationMessage(t('Open a file and put the cursor where you expect a suggestion.'));
    return;
  }
  const loaded = await completions;
  const why = await loaded?.explainAt(editor.document, editor.selection.active);
  // That may have waited for the model: meanwhile the document may be closed, or another editor be used.
  if (!why) return showSuggestion(editor);
  if (model.state.kind === 'cannot-tell') return offerTry(local, why.text);
  const missing = model.state.kind === 'missing' || model.state.kind === 'unreachable';
  const [label, command]: [string, Command] = missing
    ? [t('Local Models'), 'gearshift.settings.localModels']
    : [t('Settings'), 'gearshift.settings.open'];
  const details = t('Show Details');
  const trace = loaded?.lastTrace;
  const choices = trace ? [details, label] : [label];
  const choice = await showInformationMessage(t('No suggestion here: {0}', why.text), ...choices);
  if (choice === details && trace) {
    const { describeTrace } = await import('../../core/completion/trace.ts');
    await traces.show(describeTrace(trace, why.text), trace.at);
  }
  if (choice === label) await vscode.commands.executeCommand(command);
}

/** It is unknown whether the model can infill: the user may have it try. */
async function offerTry(local: LocalTier, why: string): Promise<void> {
  const tryIt = t('Try it');
  if ((await showInformationMessage(t('No suggestion here: {0}', why), tryIt)) !== tryIt) return;
  const model = local.model.model?.model ?? '';
  const title = t('Asking {0} to fill a small gap', model);
  const fills = await withProgress({ location: vscode.ProgressLocation.Notification, title }, () => local.tryInfill());
  if (fills) {
    void showInformationMessage(t('{0} fills gaps in code. Ghost text comes from it now.', model));
    return;
  }
  const settings = t('Settings');
  const choice = await showWarningMessage(
    t(
      '{0} did not fill a gap in any format that Gearshift knows. Choose another model, or state its marks under "infill" of its provider.',
      model,
    ),
    settings,
  );
  const open: Command = 'gearshift.settings.open';
  if (choice === settings) await vscode.commands.executeCommand(open);
}

/** Shows the suggestion of an editor that is still in use. Another extension's answer may fail: that is told, not thrown. */
async function showSuggestion(editor: vscode.TextEditor): Promise<void> {
  if (editor.document.isClosed || vscode.window.activeTextEditor !== editor) {
    void showInformationMessage(
      t('There is a suggestion at the place that you asked about. Go back there and ask again to see it.'),
    );
    return;
  }
  try {
    await vscode.commands.executeCommand('editor.action.inlineSuggest.trigger');
  } catch (error) {
    // The editor was closed in this moment.
    debugLog('showing a suggestion', error);
    void showInformationMessage(t('The editor was closed before the suggestion could be shown.'));
  }
}

/** The last request as a document that cannot be written, so that closing it asks nothing. */
class TraceDocument implements vscode.TextDocumentContentProvider {
  #text = '';

  provideTextDocumentContent(): string {
    return this.#text;
  }

  /** @param at when the request was made, in ms: each has a document of its own */
  async show(text: string, at: number): Promise<void> {
    this.#text = text;
    const uri = vscode.Uri.from({ scheme: EXPLANATION, path: `${t('Last completion')}.md`, query: String(at) });
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: true });
  }
}
