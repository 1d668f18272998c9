import { t } from '@vscode/l10n';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { giveUp } from '../../core/common/debugLog.ts';
import type { LogLine } from '../../core/common/logger.ts';
import type { ThreadSummary } from '../../core/chat/conversation.ts';
import type { ChatStore } from '../../core/chat/threadStore.ts';
import { displayMoney } from '../../core/money/displayMoney.ts';
import { openChatStore } from '../../storage/chatStore.ts';
import { chatsFolder, nameOfChats } from '../platform/chatThreads.ts';
import { workspaceId } from '../platform/workspace.ts';
import { showInformationMessage } from '../platform/messages.ts';

/** Most chats that are listed. */
const MOST_CHATS = 500;

interface OtherChat {
  readonly store: ChatStore;
  readonly folder: string;
  readonly thread: ThreadSummary;
}

/**
 * Lets the user choose a chat of another folder: one that was renamed or moved since, or that was opened alone before a
 * second folder joined it. The chat is copied into this workspace; the original stays where it is.
 *
 * @returns the id of the thread; undefined when the user gives up
 */
export async function chooseOtherChat(
  context: Pick<vscode.ExtensionContext, 'globalStorageUri'>,
  own: ChatStore,
  log: LogLine,
): Promise<string | undefined> {
  const chats = await otherChats(context, log);
  if (chats.length === 0) {
    void showInformationMessage(t('There are no chats from other folders.'));
    return undefined;
  }
  const chosen = await vscode.window.showQuickPick(
    chats.map((chat) => ({
      chat,
      label: chat.thread.title,
      description: [chat.folder, new Date(chat.thread.updatedAt).toLocaleDateString()].join(' · '),
      detail: chat.thread.nanoUsd > 0 ? displayMoney(chat.thread.nanoUsd) : '',
    })),
    {
      title: t('Chats from other folders'),
      placeHolder: t('The chat is copied into this workspace'),
      matchOnDescription: true,
    },
  );
  if (!chosen) return undefined;
  const { store, thread } = chosen.chat;
  const isHere = (await own.list()).some(({ id }) => id === thread.id);
  if (!isHere) await own.append(thread.id, await store.load(thread.id));
  return thread.id;
}

/** The newest first. */
async function otherChats(
  context: Pick<vscode.ExtensionContext, 'globalStorageUri'>,
  log: LogLine,
): Promise<readonly OtherChat[]> {
  const all = chatsFolder(context);
  const names = await readdir(all).catch(giveUp('chats of other folders', []));
  const found: OtherChat[] = [];
  for (const name of names.filter((id) => id !== workspaceId())) {
    const store = openChatStore(path.join(all, name), log);
    const threads = await store.list();
    const folder = threads.length > 0 ? await nameOfChats(path.join(all, name)) : '';
    found.push(...threads.map((thread) => ({ store, folder: folder || t('another folder'), thread })));
  }
  return found.sort((a, b) => b.thread.updatedAt - a.thread.updatedAt).slice(0, MOST_CHATS);
}
