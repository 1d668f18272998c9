import { appendFile, mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ThreadEvent, ThreadSummary } from '../core/chat/conversation.ts';
import type { ChatStore } from '../core/chat/session.ts';

/** Longest first line that is read for the list of threads. */
const HEAD_BYTES = 4096;

/**
 * Threads as files: one line of JSON per event, only ever appended to. A line that cannot be read costs that event and
 * no other.
 *
 * @param dir folder of this workspace's threads; made with the first write, readable by its owner only
 */
export function openChatStore(dir: string, log: (line: string) => void): ChatStore {
  const fileOf = (threadId: string): string => {
    if (!/^[\w-]{1,80}$/.test(threadId)) throw new Error(`not a thread id: ${threadId.slice(0, 80)}`);
    return path.join(dir, `${threadId}.jsonl`);
  };
  /** Files whose last line is known to be whole. */
  const whole = new Set<string>();
  return {
    async list() {
      const names = await readdir(dir).catch(() => []);
      const summaries = await Promise.all(
        names.filter((name) => name.endsWith('.jsonl')).map((name) => summarize(path.join(dir, name))),
      );
      return summaries.filter((summary) => summary !== undefined).sort((a, b) => b.updatedAt - a.updatedAt);
    },
    async load(threadId) {
      const text = await readFile(fileOf(threadId), 'utf8').catch(() => '');
      const lines = text.split('\n').filter(Boolean);
      const events = lines.map(parseLine).filter((event) => event !== undefined);
      if (events.length < lines.length)
        log(`chat history ${threadId}: ${lines.length - events.length} damaged lines left out`);
      return events;
    },
    async append(threadId, events) {
      const file = fileOf(threadId);
      await mkdir(dir, { recursive: true, mode: 0o700 });
      // A line torn by a crash must not swallow the next one.
      const start = whole.has(file) || (await endsWithNewline(file)) ? '' : '\n';
      await appendFile(file, start + events.map((event) => `${JSON.stringify(event)}\n`).join(''), { mode: 0o600 });
      whole.add(file);
    },
    async remove(threadId) {
      whole.delete(fileOf(threadId));
      await rm(fileOf(threadId), { force: true });
    },
  };
}

async function summarize(file: string): Promise<ThreadSummary | undefined> {
  const handle = await open(file).catch(() => undefined);
  if (!handle) return undefined;
  try {
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(HEAD_BYTES), position: 0 });
    const first = parseLine(buffer.toString('utf8', 0, bytesRead).split('\n', 1)[0] ?? '');
    const { mtimeMs } = await handle.stat();
    // A damaged head loses the title, not the thread.
    return {
      id: path.basename(file, '.jsonl'),
      title: first?.e === 'thread' ? first.title : path.basename(file, '.jsonl').slice(0, 8),
      updatedAt: mtimeMs,
    };
  } finally {
    await handle.close();
  }
}

async function endsWithNewline(file: string): Promise<boolean> {
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  );
  if (size === 0) return true;
  const handle = await open(file);
  try {
    const { buffer } = await handle.read({ buffer: Buffer.alloc(1), position: size - 1 });
    return buffer[0] === 0x0a;
  } finally {
    await handle.close();
  }
}

/** Only its outer shape is checked: the file is our own, and `applyEvent` ignores what makes no sense. */
function parseLine(line: string): ThreadEvent | undefined {
  try {
    const value = JSON.parse(line) as { e?: unknown } | null;
    return typeof value?.e === 'string' ? (value as ThreadEvent) : undefined;
  } catch {
    return undefined;
  }
}
