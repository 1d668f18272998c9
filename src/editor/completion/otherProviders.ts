import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { othersToAskAbout, suppressAlso } from '../../core/completion/otherProviders.ts';
import type { Config } from '../platform/config.ts';
import { showInformationMessage } from '../platform/messages.ts';

/** Ids of the extensions that the user was asked about. */
const ASKED = 'completions.askedAbout';
/** VS Code's own: extensions whose ghost text it leaves out. */
const SUPPRESS = 'inlineSuggest.experimental.suppressInlineSuggestions';

/** Asks once, about each other extension that writes ghost text, which of them should. */
export async function askAboutOthers(config: Config, memory: vscode.Memento): Promise<void> {
  const asked = memory.get<string[]>(ASKED, []);
  const installed = vscode.extensions.all.map(({ id, isActive, packageJSON }) => ({
    id,
    isActive,
    name: String((packageJSON as { displayName?: unknown }).displayName ?? id),
  }));
  const others = othersToAskAbout(installed, asked);
  if (!others.length) return;
  const ids = others.map(({ id }) => id);
  await memory.update(ASKED, [...asked, ...ids.map((id) => id.toLowerCase())]);
  const names = others.map(({ name }) => name).join(', ');
  const ours = t('Only Gearshift');
  const theirs = t('Only {0}', names);
  const choice = await showInformationMessage(
    t('{0} also suggests code as you type. Which one should show ghost text?', names),
    ours,
    theirs,
    t('Both'),
  );
  if (choice === theirs) await config.write('completions.enabled', false);
  if (choice !== ours) return;
  const editor = vscode.workspace.getConfiguration('editor');
  await editor.update(SUPPRESS, suppressAlso(editor.get<string>(SUPPRESS), ids), vscode.ConfigurationTarget.Global);
}
