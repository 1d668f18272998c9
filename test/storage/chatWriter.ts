/**
 * A window whose model answers `1 2 3 …`, a number every few milliseconds, forever: `node chatWriter.ts <dir>`. Says
 * `thread <id>`, and `<number> <time>` for each number as soon as it is shown.
 */
import { writeSync } from 'node:fs';
import type { CallEvent } from '../../src/core/gateway/call.ts';
import { ChatSession } from '../../src/core/chat/session.ts';
import { openChatStore } from '../../src/storage/chatStore.ts';

const [dir = ''] = process.argv.slice(2);

async function* count(): AsyncGenerator<CallEvent, void> {
  for (let n = 1; ; n += 1) {
    await new Promise((resolve) => setTimeout(resolve, 4));
    yield { kind: 'text', text: `${n} ` };
  }
}

const session = new ChatSession({
  gateway: { stream: count, estimate: () => Promise.resolve(undefined) },
  store: openChatStore(dir, (line) => console.error(line)),
  chain: () => [{ provider: 'p', model: 'm' }],
  missingConsent: () => [],
  route: () => Promise.reject(new Error('not asked for')),
  grantConsent: () => Promise.resolve(),
  price: () => Promise.resolve(undefined),
  confirmAbove: () => Infinity,
  now: Date.now,
  defaultTier: () => 'mid',
  log: (line) => console.error(line),
});
session.onEvent((event) => {
  if (event.kind === 'state') say(`thread ${session.thread.id}`);
  if (event.kind !== 'delta') return;
  for (const n of event.text.trim().split(' ')) say(`${n} ${Date.now()}`);
});
void session.ask('count', 'mid');

function say(line: string): void {
  writeSync(1, `${line}\n`);
}
