import { t } from '@vscode/l10n';
import { open, readFile, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { giveUp } from '../core/common/debugLog.ts';
import { replay, titleOf } from '../core/chat/conversation.ts';
import type { ThreadEvent, ThreadSummary } from '../core/chat/conversation.ts';
import { searchThread, type ThreadHit } from '../core/chat/searchThread.ts';
import type { ChatStore } from '../core/chat/threadStore.ts';
import { parseEvent } from '../core/chat/storedEvent.ts';
import { hasCode, ignoreMissing, makePrivateDir } from './files.ts';
import { readLines, takeLines } from './lines.ts';
import type { LogLine } from '../core/common/logger.ts';

/** A removed thread can be put back for this long. Milliseconds. */
const KEEP_REMOVED_MS = 24 * 3_600_000;
/** Bytes that wait in memory for a disk that refuses them; what comes then is lost on disk. */
const MOST_WAITING = 32 << 20;
/** A question may carry megabytes of attachments in its one line. */
const READING = { chunk: 1 << 18, longest: 1 << 26 };

/**
 * Threads as files: `<id>.jsonl` with one line of JSON per event, only ever appended to; `<id>.removed` once removed. A
 * line that cannot be read costs that event and no other.
 *
 * @param dir folder of this workspace's threads; made with the first write, readable by its owner only
 * @param log told what goes wrong; never shown
 */
export function openChatStore(dir: string, log: LogLine): ChatStore {
  const fileOf = (threadId: string, ending = 'jsonl'): string => {
    if (!/^[\w-]{1,80}$/.test(threadId)) throw new Error(`not a thread id: ${threadId.slice(0, 80)}`);
    return path.join(dir, `${threadId}.${ending}`);
  };
  const summaries = new Map<string, Scan>();
  /** By file: bytes that the disk has refused so far. They are written first, so that a half-written line becomes whole. */
  const waiting = new Map<string, Buffer>();
  let problem: string | null = null;
  let purged: Promise<void> | undefined;

  const list = async (): Promise<readonly ThreadSummary[]> => {
    await (purged ??= purge(dir).catch((error: unknown) => log('chat history', error)));
    const names = await readdir(dir).catch(giveUp('list of chats', []));
    const files = names.filter((name) => name.endsWith('.jsonl')).map((name) => path.join(dir, name));
    for (const known of summaries.keys()) if (!files.includes(known)) summaries.delete(known);
    for (const file of files) {
      const scan = await scanNews(file, summaries.get(file)).catch(ignoreMissing);
      if (scan) summaries.set(file, scan);
    }
    return [...summaries.values()]
      .map(({ summary }) => summary)
      .sort((a, b) => Number(b.pinned) - Number(a.pinned) || b.updatedAt - a.updatedAt);
  };

  const load = async (threadId: string): Promise<readonly ThreadEvent[]> => {
    const file = fileOf(threadId);
    const events: ThreadEvent[] = [];
    let damaged = 0;
    const take = (line: Buffer): void => {
      const event = parseEvent(line.toString('utf8'));
      if (event) events.push(event);
      else damaged += 1;
    };
    const rest = waiting.get(file);
    if (rest) takeLines(Buffer.concat([await readFile(file).catch(giveUp('a chat', Buffer.alloc(0))), rest]), take);
    else await readLines(file, 0, take, { ...READING, final: true }).catch(ignoreMissing);
    if (damaged > 0) log(`chat history ${threadId}: ${damaged} damaged lines left out`);
    return events;
  };

  return {
    get problem() {
      return problem;
    },
    list,
    load,
    async append(threadId, events) {
      const file = fileOf(threadId);
      const news = Buffer.from(events.map((event) => `\n${encode(event)}\n`).join(''));
      const bytes = Buffer.concat([waiting.get(file) ?? Buffer.alloc(0), news]);
      waiting.delete(file);
      const { written, error } = await appendBytes(dir, file, bytes);
      if (error === undefined) {
        problem = null;
        return;
      }
      if (bytes.length - written <= MOST_WAITING) waiting.set(file, bytes.subarray(written));
      problem = t('The chat cannot be saved ({0}).', error instanceof Error ? error.message : String(error));
      throw error;
    },
    async remove(threadId) {
      const now = new Date();
      waiting.delete(fileOf(threadId));
      // Its age as a removed thread counts from now.
      await utimes(fileOf(threadId), now, now).catch(ignoreMissing);
      await rename(fileOf(threadId), fileOf(threadId, 'removed')).catch(ignoreMissing);
    },
    async restore(threadId) {
      // Turns that another window added meanwhile stay; no line is overwritten.
      if (await exists(fileOf(threadId))) return false;
      try {
        await rename(fileOf(threadId, 'removed'), fileOf(threadId));
        return true;
      } catch (error) {
        ignoreMissing(error);
        return false;
      }
    },
    async search(query, { limit = 100, signal } = {}) {
      const hits: ThreadHit[] = [];
      for (const { id } of query.trim() ? await list() : []) {
        if (signal?.aborted || hits.length >= limit) break;
        const thread = replay(id, await load(id));
        if (thread) hits.push(...searchThread(thread, query));
      }
      return hits.slice(0, limit);
    },
  };
}

/** Kind and time come first: the list of threads reads no more of a line. */
const encode = (event: ThreadEvent): string => {
  const { e, at, ...rest } = event;
  return JSON.stringify({ e, at, ...rest });
};

/** How much of the bytes was written before an error, if there was one. */
async function appendBytes(dir: string, file: string, bytes: Buffer): Promise<{ written: number; error?: unknown }> {
  let written = 0;
  try {
    const handle = await openToAppend(dir, file);
    try {
      while (written < bytes.length) written += (await handle.write(bytes, written)).bytesWritten;
    } finally {
      await handle.close();
    }
    return { written };
  } catch (error) {
    return { written, error };
  }
}

async function openToAppend(dir: string, file: string) {
  try {
    return await open(file, 'a', 0o600);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    await makePrivateDir(dir);
    return open(file, 'a', 0o600);
  }
}

// ---- The list: what is new in each file is looked at once.

interface Scan {
  readonly identity: string;
  /** Bytes looked at. */
  readonly offset: number;
  readonly summary: ThreadSummary;
  /** By answer or summary: its cost, in nano-USD. */
  readonly costs: ReadonlyMap<string, number>;
}

const HEAD = /^\{"e":"(\w+)","at":(\d+)/;
const HEAD_BYTES = 64;

async function scanNews(file: string, known: Scan | undefined): Promise<Scan> {
  const { ino, size, birthtimeMs, mtimeMs } = await stat(file);
  const identity = `${ino} ${birthtimeMs}`;
  const same = known?.identity === identity && known.offset <= size ? known : undefined;
  if (same?.offset === size) return same;
  const id = path.basename(file, '.jsonl');
  let { title = '', pinned = false, updatedAt = 0 } = same?.summary ?? {};
  const costs = new Map(same?.costs);
  const look = (line: Buffer): void => {
    const [, kind, at] = HEAD.exec(line.toString('latin1', 0, HEAD_BYTES)) ?? [];
    if (kind === 'thread' || kind === 'renamed' || kind === 'pinned' || (kind === 'question' && !title)) {
      const event = parseEvent(line.toString('utf8'));
      if (event?.e === 'thread' || event?.e === 'renamed') title = event.title;
      else if (event?.e === 'pinned') pinned = event.pinned;
      // A damaged head loses the title, not the thread.
      else if (event?.e === 'question') title = titleOf(event.turn.text);
    }
    // Only the update that ends an answer has its cost; the lines of pieces are many.
    if ((kind === 'update' || kind === 'folded') && line.includes('"nanoUsd"')) {
      const event = parseEvent(line.toString('utf8'));
      if (event?.e === 'update') costs.set(event.id, event.change.facts?.nanoUsd ?? costs.get(event.id) ?? 0);
      else if (event?.e === 'folded') costs.set(event.fold.id, event.fold.nanoUsd ?? 0);
    }
    if (at && kind !== 'renamed' && kind !== 'pinned') updatedAt = Math.max(updatedAt, Number(at));
  };
  const offset = await readLines(file, same?.offset ?? 0, look, READING);
  return {
    identity,
    offset,
    costs,
    summary: {
      ...{ id, title: title || id.slice(0, 8), pinned, updatedAt: updatedAt || mtimeMs },
      nanoUsd: [...costs.values()].reduce((sum, cost) => sum + cost, 0),
    },
  };
}

// ---- Removed threads

async function purge(dir: string): Promise<void> {
  const names = await readdir(dir).catch(giveUp('removed chats', []));
  for (const name of names.filter((name) => name.endsWith('.removed'))) {
    const found = await stat(path.join(dir, name)).catch(ignoreMissing);
    if (found && Date.now() - found.mtimeMs > KEEP_REMOVED_MS) await rm(path.join(dir, name), { force: true });
  }
}

const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );
