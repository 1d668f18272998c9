import { replay } from '../../core/chat/conversation.ts';
import { pastRequests, type PastRequest } from '../../core/chat/routingReplay.ts';
import type { ChatStore } from '../../core/chat/threadStore.ts';

/**
 * The questions of the chats of this workspace, newest first. Only read.
 *
 * @param most questions, and chats that are looked at
 * @param since in ms since the epoch; by default, however old
 */
export async function readPastQuestions(
  chats: Pick<ChatStore, 'list' | 'load'>,
  most: number,
  since = 0,
): Promise<PastRequest[]> {
  const threads = [...(await chats.list())]
    .filter(({ updatedAt }) => updatedAt >= since)
    .sort((a, b) => b.updatedAt - a.updatedAt)
    .slice(0, most);
  const found: PastRequest[] = [];
  for (const { id } of threads) {
    const thread = replay(id, await chats.load(id));
    if (thread) found.push(...pastRequests(thread).filter(({ at }) => at >= since));
  }
  return found.sort((a, b) => b.at - a.at).slice(0, most);
}
