import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { codeBlocks } from '../../core/common/codeBlocks.ts';
import { hasHidden } from '../../core/common/hiddenCharacters.ts';
import { currentEditor, pathOf } from '../platform/activeEditor.ts';
import { runInTerminal } from './terminal.ts';
import { showInformationMessage, showWarningMessage } from '../platform/messages.ts';

/** The actions on a code block of an answer, apart from applying it as a change. */

export type CodeUse = 'copy' | 'insert' | 'newFile' | 'compare' | 'terminal';

const COMPARE_SCHEME = 'gearshift-compare';

/** Texts of the comparisons that were opened last, by the path of their document. */
const compared = new Map<string, string>();

/** Lets VS Code show the texts that are compared. */
export const registerCompare = (): vscode.Disposable =>
  vscode.workspace.registerTextDocumentContentProvider(COMPARE_SCHEME, {
    provideTextDocumentContent: ({ path }) => compared.get(path) ?? '',
  });

/** Code of an answer that was copied, or placed in a document. */
export type FollowCode = (code: {
  readonly text: string;
  /** Undefined: it was copied, and may be pasted anywhere. */
  readonly placed?: { readonly document: vscode.TextDocument; readonly at: readonly number[] };
}) => void;

/**
 * Acts on a block of the answer as it is stored; a number without a block does nothing.
 *
 * @param follow told of code that was copied or placed, to see what becomes of it
 */
export async function useCode(
  answer: string,
  block: number,
  use: CodeUse,
  follow: FollowCode = () => undefined,
): Promise<void> {
  const found = codeBlocks(answer)[block];
  if (!found) return;
  switch (use) {
    case 'copy':
      follow({ text: found.text });
      return vscode.env.clipboard.writeText(found.text);
    case 'insert':
      return insert(found.text, follow);
    case 'newFile': {
      if (hasHidden(found.text, 'code') && !(await confirmHidden())) return;
      const language = await languageFor(found.language);
      const document = await vscode.workspace.openTextDocument({
        content: found.text,
        ...(language ? { language } : {}),
      });
      follow({ text: found.text, placed: { document, at: [0] } });
      await vscode.window.showTextDocument(document);
      return;
    }
    case 'compare':
      return compare(found.text);
    case 'terminal':
      return runInTerminal(found.text);
  }
}

async function insert(code: string, follow: FollowCode): Promise<void> {
  const editor = currentEditor();
  if (!editor) {
    void showInformationMessage(t('Open a file and put the cursor where the code should go.'));
    return;
  }
  if (hasHidden(code, 'code') && !(await confirmHidden())) return;
  const { document } = editor;
  const places = editor.selections
    .map((selection) => [document.offsetAt(selection.start), document.offsetAt(selection.end)] as const)
    .toSorted(([a], [b]) => a - b);
  const done = await editor.edit((edit) => {
    for (const selection of editor.selections) edit.replace(selection, code);
  });
  const length = document.eol === vscode.EndOfLine.CRLF ? code.replace(/\r?\n/g, '\r\n').length : code.length;
  // Each of several cursors is behind what those above it brought, and took away.
  let shift = 0;
  const at = places.map(([start, end]) => {
    const place = start + shift;
    shift += length - (end - start);
    return place;
  });
  if (done) follow({ text: code, placed: { document, at } });
  if (!done) void showWarningMessage(t('{0} cannot be changed.', pathOf(editor.document.uri)));
  else
    await vscode.window.showTextDocument(editor.document, {
      viewColumn: editor.viewColumn ?? vscode.ViewColumn.Active,
    });
}

/** Beside what is selected in the editor, or beside the whole file. Nothing is changed. */
async function compare(code: string): Promise<void> {
  const editor = currentEditor();
  if (!editor) {
    void showInformationMessage(t('Open the file to compare the code with.'));
    return;
  }
  const { document, selection } = editor;
  const name = pathOf(document.uri);
  const before = selection.isEmpty ? document.uri : keep(document.getText(selection), name);
  await vscode.commands.executeCommand('vscode.diff', before, keep(code, name), t('{0} and the answer', name), {
    preview: true,
  });
}

/** An address under which VS Code finds a text; the name in it lends its language. */
function keep(text: string, name: string): vscode.Uri {
  const uri = vscode.Uri.from({ scheme: COMPARE_SCHEME, path: `/${crypto.randomUUID()}/${name}` });
  compared.set(uri.path, text);
  for (const old of compared.keys()) {
    if (compared.size <= 20) break;
    compared.delete(old);
  }
  return uri;
}

/** Language ids of the words that fences use for them. */
const ALIASES: Readonly<Record<string, string>> = {
  ts: 'typescript', tsx: 'typescriptreact', js: 'javascript', jsx: 'javascriptreact', py: 'python', rb: 'ruby',
  rs: 'rust', sh: 'shellscript', bash: 'shellscript', zsh: 'shellscript', cs: 'csharp', 'c++': 'cpp', md: 'markdown',
  yml: 'yaml', golang: 'go', kt: 'kotlin', ps1: 'powershell', dockerfile: 'dockerfile', html: 'html',
}; // prettier-ignore

/** The id that VS Code knows the word of a fence by; undefined for one that it does not know. */
async function languageFor(word: string): Promise<string | undefined> {
  const known = await vscode.languages.getLanguages();
  const lower = word.toLowerCase();
  return [ALIASES[lower], lower].find((id) => id !== undefined && known.includes(id));
}

async function confirmHidden(): Promise<boolean> {
  const yes = t('Use it');
  const choice = await showWarningMessage(
    t('This code contains hidden characters that could make it do something other than what it shows. Use it anyway?'),
    { modal: true },
    yes,
  );
  return choice === yes;
}
