import path from 'node:path';
import type * as vscode from 'vscode';
import type { LogLine } from '../../core/common/logger.ts';
import type { ChatStore } from '../../core/chat/threadStore.ts';
import { openChatStore } from '../../storage/chatStore.ts';
import { workspaceId } from './workspace.ts';

/** The threads of this workspace, on disk. */
export const openThreads = (
  { globalStorageUri }: Pick<vscode.ExtensionContext, 'globalStorageUri'>,
  log: LogLine,
): ChatStore => openChatStore(path.join(globalStorageUri.fsPath, 'chats', workspaceId()), log);
