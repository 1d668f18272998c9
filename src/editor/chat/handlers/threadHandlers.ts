import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { ChatSession } from '../../../core/chat/session.ts';
import type { ChatViewParts, Handlers, Page } from './chatPage.ts';
import { showWarningMessage } from '../../platform/messages.ts';

/** The list of threads, and the open one as a whole. */
export function threadHandlers({
  session,
  chooseOtherChat,
}: ChatViewParts): Handlers<
  | 'otherChats'
  | 'newThread'
  | 'openThread'
  | 'deleteThread'
  | 'undoDelete'
  | 'renameThread'
  | 'pinThread'
  | 'exportThread'
  | 'searchThreads'
> {
  return {
    otherChats: async () => {
      const threadId = await chooseOtherChat();
      if (threadId !== undefined) await session.open(threadId);
    },
    newThread: () => session.start(),
    openThread: ({ threadId }) => session.open(threadId),
    deleteThread: ({ threadId }) => session.remove(threadId),
    undoDelete: async ({ threadId }) => {
      if (!(await session.undoDelete(threadId))) void showWarningMessage(t('This chat can no longer be restored.'));
    },
    renameThread: ({ threadId, title }) => session.rename(threadId, title),
    pinThread: ({ threadId, pinned }) => session.pin(threadId, pinned),
    exportThread: ({ threadId, format }) => exportThread(session, threadId, format),
    searchThreads: ({ seq, query }, page) => search(session, page, seq, query),
  };
}

async function search(session: ChatSession, page: Page, seq: number, query: string): Promise<void> {
  page.searching?.abort();
  const searching = (page.searching = new AbortController());
  const hits = await session.search(query, searching.signal);
  if (!searching.signal.aborted) page.post({ kind: 'hits', seq, hits });
}

async function exportThread(session: ChatSession, threadId: string, format: 'markdown' | 'json'): Promise<void> {
  const thread = await session.load(threadId);
  if (!thread) return;
  const { exportThread: textOf } = await import('../../../core/chat/exportThread.ts');
  const extension = format === 'json' ? 'json' : 'md';
  const name = thread.title.replaceAll(/[^\p{L}\p{N}]+/gu, '-').replaceAll(/^-|-$/g, '') || 'chat';
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const target = await vscode.window.showSaveDialog({
    ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, `${name.slice(0, 60)}.${extension}`) } : {}),
    filters: format === 'json' ? { JSON: ['json'] } : { Markdown: ['md'] },
  });
  if (!target) return;
  await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(textOf(thread, format)));
  await vscode.window.showTextDocument(target);
}
