import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import * as vscode from 'vscode';
import { chooseOtherChat } from '../../../src/editor/chat/otherChats.ts';
import { chatsFolder, openThreads } from '../../../src/editor/platform/chatThreads.ts';
import { openChatStore } from '../../../src/storage/chatStore.ts';
import { jsonFile } from '../../../src/storage/files.ts';
import type { ThreadEvent } from '../../../src/core/chat/conversation.ts';
import { startHost } from '../../support/vscode/host.ts';

/** Chats of a folder that was renamed, moved, or joined by a second one are found again. */

const talk = (id: string, title: string): ThreadEvent[] => [
  { e: 'thread', at: 1_000, id, title, tier: 'mid' },
  { e: 'question', at: 1_000, turn: { role: 'user', id: `q${id}`, at: 1_000, text: title, attachments: [] } },
];

test('a chat of another folder is copied here; without any a message says so', async (t) => {
  const host = startHost(t, { files: { 'a.ts': 'x' } });
  const context = { globalStorageUri: vscode.Uri.file(path.join(host.root, 'storage')) };
  const log = (): void => undefined;
  const own = openThreads(context, log);
  await own.append('mine', talk('mine', 'Mine'));
  assert.equal(await chooseOtherChat(context, own, log), undefined);
  assert.deepEqual(host.said, ['There are no chats from other folders.']);
  const before = path.join(chatsFolder(context), 'f00');
  await openChatStore(before, log).append('theirs', talk('theirs', 'Why is it slow?'));
  await jsonFile(path.join(before, 'workspace.json')).write({ name: 'old-name' });
  host.willPick(/Chats from other folders/, 'Why is it slow?');
  assert.equal(await chooseOtherChat(context, own, log), 'theirs');
  assert.deepEqual((await own.list()).map(({ id }) => id).sort(), ['mine', 'theirs']);
  assert.equal((await openChatStore(before, log).list()).length, 1, 'the original stays');
});
