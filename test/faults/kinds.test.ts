import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHAT_LIMITS, FRONTIER_LIMITS, INLINE_LIMITS, type ModelCall } from '../../src/core/gateway/call.ts';
import type { FailureKind } from '../../src/core/common/failures.ts';
import { PROTOCOLS } from './frames.ts';
import { checkOracles } from './oracles.ts';
import { makeRig } from './rig.ts';

/**
 * The cases whose fault is a scenario of the server, for every kind of call: completions are asked for once, chats and
 * escalations are repeated by rule, and a step of a pipeline shows nothing of what it cannot use.
 */

const KINDS: Readonly<Record<'inline' | 'chat' | 'escalate' | 'step', Partial<ModelCall>>> = {
  inline: { limits: INLINE_LIMITS, task: 'completion', tier: 'local' },
  chat: { limits: CHAT_LIMITS, task: 'chat', tier: 'mid' },
  escalate: { limits: FRONTIER_LIMITS, task: 'escalate', tier: 'frontier' },
  step: { limits: CHAT_LIMITS, task: 'chat', tier: 'mid', accept: () => null },
};

/** Id, scenario, failure, and the requests of a call that may ask three times. Text that was shown: `partial`. */
const CASES: readonly (readonly [
  id: string,
  scenario: string,
  failure: FailureKind | null,
  requests: number,
  shown?: boolean,
])[] = [
  ['F05', 'drop-reset', 'reset', 2],
  ['F07', 'raw', 'not-a-model', 1],
  ['F14', 'html', 'not-a-model', 1],
  ['F15', 'json-error', 'overloaded', 3],
  ['F18', 'wrong-type:text/plain', null, 1],
  ['F19', 'status:206', 'not-a-model', 1],
  ['F20', 'redirect-307:http://127.0.0.1:1/', 'redirect', 1],
  ['F22', 'status:422', 'bad-request', 1],
  ['F23', 'status:401', 'auth', 1],
  ['F24', 'status:402', 'credit', 1],
  ['F25', 'status:403', 'forbidden', 1],
  ['F28', 'status:409', 'overloaded', 3],
  ['F29', 'status:413', 'too-large', 1],
  ['F31', 'retry-after:3600', 'rate-limited', 1],
  ['F32', 'status:429', 'rate-limited', 3],
  ['F34', 'status:503', 'overloaded', 3],
  ['F41', 'reset:700', 'reset', 1, true],
  ['F42', 'close:700', 'reset', 1, true],
  ['F45', 'chunks:3', null, 1],
  ['F50', 'error:2', 'server-error', 1, true],
  ['F52', 'usage:missing', null, 1],
  ['F53', 'usage:huge', null, 1],
  ['F54', 'usage:every', null, 1],
  ['F65', 'gzip', null, 1],
];

for (const [id, scenario, failure, requests, shown = false] of CASES)
  test(`${id} ${scenario} for completions, chats, escalations and steps of a pipeline`, async (t) => {
    for (const protocol of PROTOCOLS) {
      const rig = await makeRig(t, protocol);
      for (const [kind, over] of Object.entries(KINDS)) {
        rig.renew();
        rig.server.reset();
        rig.server.script('one two three four five six seven eight');
        rig.server.always(scenario);
        const run = await rig.ask(over);
        const where = `${id} ${protocol} ${kind}: ${JSON.stringify(run.result.failure)}`;
        const { attempts } = over.limits ?? CHAT_LIMITS;
        // What broke off in the middle was not shown by a step, so it is asked for once more.
        const again = kind === 'step' && shown;
        const outcome = failure === null ? 'done' : shown && kind !== 'step' ? 'partial' : 'failed';
        assert.equal(run.result.outcome, outcome, where);
        assert.equal(run.result.failure?.kind ?? null, failure, where);
        if (kind === 'step' && failure) assert.equal(run.text, '', where);
        if (!again) assert.equal(rig.server.book.calls.length, Math.min(requests, attempts), where);
        await checkOracles(rig, run, { outcome, requests: rig.server.book.calls.length });
      }
    }
  });
