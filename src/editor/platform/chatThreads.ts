import path from 'node:path';
import * as vscode from 'vscode';
import { giveUp } from '../../core/common/debugLog.ts';
import type { LogLine } from '../../core/common/logger.ts';
import type { ChatStore } from '../../core/chat/threadStore.ts';
import { openChatStore } from '../../storage/chatStore.ts';
import { jsonFile } from '../../storage/files.ts';
import { workspaceId } from './workspace.ts';

type Context = Pick<vscode.ExtensionContext, 'globalStorageUri'>;

/** The folder that holds a folder of chats for each workspace. */
export const chatsFolder = ({ globalStorageUri }: Context): string => path.join(globalStorageUri.fsPath, 'chats');

/** Beside the chats of a workspace: its name, since the name of their folder says nothing to a person. */
const NAME_FILE = 'workspace.json';

/** The threads of this workspace, on disk. */
export function openThreads(context: Context, log: LogLine): ChatStore {
  const dir = path.join(chatsFolder(context), workspaceId());
  const store = openChatStore(dir, log);
  let isNamed = false;
  return {
    ...store,
    get problem() {
      return store.problem;
    },
    async append(threadId, events) {
      await store.append(threadId, events);
      if (isNamed) return;
      isNamed = true;
      const name = (vscode.workspace.workspaceFolders ?? []).map((folder) => folder.name).join(', ');
      if (name)
        await jsonFile(path.join(dir, NAME_FILE)).write({ name }).catch(giveUp('the name of the chats', undefined));
    },
  };
}

/** The name of the workspace that a folder of chats belongs to; empty where it is not known. */
export async function nameOfChats(dir: string): Promise<string> {
  const read = await jsonFile(path.join(dir, NAME_FILE)).read().catch(giveUp('the name of the chats', undefined));
  const name = (read as { name?: unknown } | null | undefined)?.name;
  return typeof name === 'string' ? name : '';
}
