import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { replay, settleInterrupted, type Thread } from '../../src/core/chat/conversation.ts';
import { ChatSession, type SessionParts } from '../../src/core/chat/session.ts';
import type { ChatStore } from '../../src/core/chat/threadStore.ts';
import { openChatStore } from '../../src/storage/chatStore.ts';
import { startOpenAi } from '../servers/openai.ts';
import { openAiAt, testGateway } from './gateway.ts';

const PRICES = { mid: { input: 1, output: 2 }, frontier: { input: 5, output: 25 } };

/** Parts of a session in which the user chose the tier and agreed to everything. */
export const UNASKED = {
  route: () => Promise.reject(new Error('not asked for')),
  missingConsent: () => [],
  grantConsent: () => Promise.resolve(),
  price: () => Promise.resolve(undefined),
  confirmAbove: () => Infinity,
  now: Date.now,
  defaultTier: () => 'mid',
} as const satisfies Partial<SessionParts>;

/** Chat sessions on the real gateway and the real store, with a loopback server that sells a mid and a frontier model. */
export async function startChatSession(t: TestContext, over: Partial<SessionParts> = {}) {
  const server = await startOpenAi({ models: Object.entries(PRICES).map(([name, price]) => ({ name, price })) });
  t.after(() => server.stop());
  const { gateway, ledger } = testGateway(openAiAt(server.url, { prices: PRICES }));
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gearshift-chat-'));
  t.after(() => fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  const logs: string[] = [];
  const log = (line: string, error?: unknown): void =>
    void logs.push(error === undefined ? line : `${line}: ${String(error)}`);
  const stored = (): ChatStore => openChatStore(dir, log);
  /** Each session is another window, with a store of its own on the same files. */
  const make = (more: Partial<SessionParts> = {}): ChatSession =>
    new ChatSession({
      gateway,
      store: stored(),
      chain: (tier) => [{ provider: 'cloud', model: tier === 'frontier' ? 'frontier' : 'mid' }],
      ...UNASKED,
      log,
      ...over,
      ...more,
    });
  /** A thread as it is on disk. */
  const onDisk = async (threadId: string): Promise<Thread | undefined> => {
    const thread = replay(threadId, await stored().load(threadId));
    return thread && settleInterrupted(thread);
  };
  return { server, ledger, dir, logs, make, stored, onDisk, session: make() };
}
