import * as vscode from 'vscode';
import { t } from '@vscode/l10n';

/** Keys of the manifest, by what they do to proposed changes. */
const KEYS = {
  accept: { mac: '⌥⏎', other: 'Alt+Enter' },
  reject: { mac: '⌃⌫', other: 'Alt+Backspace' },
  acceptAll: { mac: '⇧⌥⏎', other: 'Shift+Alt+Enter' },
  discard: { mac: '⇧⌥⌫', other: 'Shift+Alt+Backspace' },
  inlineEdit: { mac: '⌥⌘J', other: 'Ctrl+Alt+J' },
} as const;

/**
 * A title with its key, as VS Code writes keys. In a remote window the user's system is unknown here; then it has the
 * names that are on most keyboards.
 */
export function withKey(title: string, key: keyof typeof KEYS): string {
  const isMac = process.platform === 'darwin' && vscode.env.remoteName === undefined;
  return t('{0} ({1})', title, KEYS[key][isMac ? 'mac' : 'other']);
}
