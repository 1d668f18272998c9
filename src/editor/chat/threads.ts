import path from 'node:path';
import type * as vscode from 'vscode';
import type { ChatStore } from '../../core/chat/threadStore.ts';
import { openChatStore } from '../../storage/chatStore.ts';
import { workspaceId } from '../platform/workspace.ts';

/** The threads of this workspace, on disk. */
export const openThreads = (
  { globalStorageUri }: Pick<vscode.ExtensionContext, 'globalStorageUri'>,
  warn: (line: string) => void,
): ChatStore => openChatStore(path.join(globalStorageUri.fsPath, 'chats', workspaceId()), warn);
