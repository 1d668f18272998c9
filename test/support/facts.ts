import type { CallResult } from '../../src/core/gateway/call.ts';
import type { RequestFacts } from '../../src/core/routing/routingTypes.ts';
import { NO_USAGE } from '../../src/core/common/types.ts';

/** A short question about one file, with nothing special about it. */
export const FACTS: RequestFacts = {
  text: 'why is it slow',
  tokens: 100,
  contextTokens: 80,
  files: 1,
  language: 'go',
  task: 'chat',
  threadTurns: 0,
  offline: false,
  private: false,
  overBudget: [],
  unhealthy: [],
  windowTokens: {},
};

/** A call that went well and cost nothing. */
export const RESULT: CallResult = {
  callId: 'call',
  outcome: 'done',
  failure: null,
  place: null,
  finish: 'stop',
  model: null,
  modelReturned: null,
  usage: NO_USAGE,
  usageEstimated: false,
  cost: { nanoUsd: 0, source: 'free' },
  knownNanoUsd: 0,
  notes: [],
  attempts: [],
  ttftMs: null,
  durationMs: 1,
};
