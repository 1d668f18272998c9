/**
 * A window of its own, as a process that will be killed in mid-stream: `node killed.ts <url> <ledger folder>`. Says
 * `text` with the first text of the answer.
 */
import { writeSync } from 'node:fs';
import { CHAT_LIMITS } from '../../src/core/gateway/call.ts';
import { openLedger } from '../../src/storage/ledger/openLedger.ts';
import { CANARY_KEY } from './rig.ts';
import { openAiAt, testGateway } from '../support/gateway.ts';

const [url = '', dir = ''] = process.argv.slice(2);
const { store } = await openLedger({ dir, windowId: 'killed', clock: Date.now, log: () => undefined });
const prices = { mid: { input: 0.27, output: 1.1 } };
const { gateway } = testGateway(openAiAt(url, { prices }), {
  ledger: store,
  windowId: 'killed',
  key: () => Promise.resolve(CANARY_KEY),
});
const call = {
  tier: 'mid',
  task: 'chat',
  chain: [{ provider: 'cloud', model: 'mid' }],
  request: { kind: 'chat', messages: [{ role: 'user', content: 'What is a mutex?' }], maxTokens: 500 },
  limits: CHAT_LIMITS,
} as const;
for await (const event of gateway.stream(call, new AbortController().signal))
  if (event.kind === 'text') writeSync(1, 'text\n');
