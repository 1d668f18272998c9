import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Attachment } from '../../core/chat/conversation.ts';
import { formatPieces, labelOfPiece } from '../../core/codebase/choose.ts';
import { withoutMention } from '../../core/codebase/mention.ts';
import { displayLanguage, plural } from '../../core/common/language.ts';
import { estimateTokens } from '../../core/common/tokens.ts';
import type { Codebase, Found } from '../codebase/codebase.ts';
import { isInWorkspace } from '../platform/contextFiles.ts';
import { showInformationMessage } from '../platform/messages.ts';

/** What `@codebase` of a question becomes. */
export type CodebaseContext =
  | { readonly kind: 'attachment'; readonly attachment: Attachment }
  /** Nothing is sent, and why. */
  | { readonly kind: 'refused'; readonly words: string };

/** The pieces of the codebase that a question is about, as one attachment that names each of them. */
export async function gatherCodebase(codebase: Codebase, question: string): Promise<CodebaseContext> {
  const found = await codebase.findPieces(withoutMention(question));
  switch (found.kind) {
    case 'no-folder':
      return { kind: 'refused', words: t('@codebase searches the open folder, and no folder is open.') };
    case 'no-words':
      return { kind: 'refused', words: t('Write what @codebase should look for, in words that the code may use.') };
    case 'found':
      return found.pieces.length > 0
        ? { kind: 'attachment', attachment: attachmentOf(found) }
        : { kind: 'refused', words: nothingFound(found) };
  }
}

function nothingFound({ searched, total }: Found): string {
  if (total === 0) return t('@codebase found no file that may be searched in this workspace.');
  return searched < total
    ? t(
        'Nothing was found in {0} of {1} files. Indexing continues: ask again in a moment.',
        number(searched),
        number(total),
      )
    : plural(
        total,
        t('Nothing in the one file of this workspace matches these words. Use words that the code may use.'),
        t('Nothing in {0} files matches these words. Use words that the code may use.', number(total)),
      );
}

function attachmentOf({ pieces, searched, total, orderedBy }: Found): Attachment {
  const text = formatPieces(pieces);
  const taken = plural(pieces.length, t('codebase: {0} piece', 1), t('codebase: {0} pieces', pieces.length));
  const share = t('from {0} of {1} files', number(searched), number(total));
  const how =
    searched < total
      ? t('Found by their words in the {0} of {1} files that are indexed so far.', number(searched), number(total))
      : t('Found by their words. Other files may matter too.');
  const notes = orderedBy === undefined ? how : `${how} ${t('{0} on this computer helped to order them.', orderedBy)}`;
  return {
    id: crypto.randomUUID(),
    kind: 'codebase',
    label: searched < total ? `${taken}, ${share}` : taken,
    path: '',
    language: '',
    text,
    notes,
    pieces: pieces.map((piece) => ({
      path: piece.path,
      line: piece.firstLine,
      label: labelOfPiece(piece),
      symbol: piece.symbol,
      tokens: piece.tokens,
    })),
    tokens: estimateTokens(text) + estimateTokens(notes),
  };
}

const number = (count: number): string => count.toLocaleString(displayLanguage());

/** Opens the file of a piece at its first line. */
export async function openPiece(attachment: Attachment | undefined, at: number): Promise<void> {
  const piece = attachment?.pieces?.[at];
  if (!piece) return;
  const folders = vscode.workspace.workspaceFolders ?? [];
  for (const { uri: folder, name } of folders) {
    const inside =
      folders.length > 1 && piece.path.startsWith(`${name}/`) ? piece.path.slice(name.length + 1) : piece.path;
    const uri = vscode.Uri.joinPath(folder, inside);
    const isThere = await vscode.workspace.fs.stat(uri).then(
      () => isInWorkspace(uri),
      () => false,
    );
    if (!isThere) continue;
    const selection = new vscode.Range(piece.line - 1, 0, piece.line - 1, 0);
    await vscode.window.showTextDocument(uri, { preview: true, selection });
    return;
  }
  void showInformationMessage(t('{0} is no longer there.', piece.path));
}
