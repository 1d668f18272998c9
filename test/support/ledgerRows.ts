import { NO_USAGE } from '../../src/core/common/types.ts';
import type { AttemptOpened, AttemptSettled } from '../../src/core/ledger/ledger.ts';

/** An attempt of the mid tier, opened just now. */
export const openedRow = (attemptId: string, over: Partial<AttemptOpened> = {}): AttemptOpened => ({
  ...{
    attemptId,
    callId: attemptId,
    attempt: 1,
    windowId: 'window-1',
    openedAt: Date.now(),
    tier: 'mid',
    task: 'chat',
  },
  ...{ provider: 'lab', origin: 'https://lab.example', modelAsked: 'big', language: null, workspace: null },
  ...{ estimatedInput: 10, estimatedCost: 1e6, reserved: 2e6, price: 'user 1/2/0/0', rule: null },
  ...{ conversation: null, stage: null, initiator: null, reason: null },
  ...{ category: null, ownCategory: null, score: null, reasonKind: null, bumpKind: null, run: null },
  ...{ promptName: null, promptVersion: null, queueMs: null, loadMs: null },
  ...over,
});

/** How an attempt ended that cost a dollar. */
export const settledRow = (attemptId: string, over: Partial<AttemptSettled> = {}): AttemptSettled => ({
  ...{ attemptId, closedAt: Date.now(), outcome: 'done', failure: null, finish: 'stop', modelReturned: 'big-2026' },
  ...{ usage: { ...NO_USAGE, input: 1_000, output: 200 }, usageEstimated: false, ttftMs: 100, durationMs: 900 },
  ...{ cost: { nanoUsd: 1e9, source: 'computed' }, note: null },
  ...{ servedBy: null, digest: null, headersMs: null, shadowNanoUsd: null },
  ...over,
});
