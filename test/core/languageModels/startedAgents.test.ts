import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_USAGE } from '../../../src/core/common/types.ts';
import {
  describeAgentCost,
  StartedAgents,
  type AgentCost,
  type EndedRequest,
} from '../../../src/core/languageModels/startedAgents.ts';

/** The cost of agents that were started from one of our places. */

const request = (conversation: string | undefined, stage: string, nanoUsd = 10_000_000): EndedRequest => ({
  ...{ conversation, stage, nanoUsd, isUnknown: false, text: '', usage: { ...NO_USAGE, input: 5 }, model: 'small' },
});

test('the first conversation with that agent afterward is the one, and what others cost is not shown', () => {
  const agents = new StartedAgents();
  const told: AgentCost[] = [];
  agents.ended(request('before', 'Gearshift Build'));
  const started = agents.expect('Gearshift Build', (cost) => told.push(cost));
  agents.ended(request('other', 'Gearshift Plan'));
  agents.ended(request('c1', 'Gearshift Build'));
  agents.ended(request('c2', 'Gearshift Build'));
  // A hand-off within the conversation belongs to it.
  agents.ended({ ...request('c1', 'Gearshift Review', 20_000_000), isUnknown: true, text: 'Done.', model: 'large' });
  agents.ended({ ...request('c2', 'Gearshift Build'), text: 'Not this.' });
  assert.equal(started.conversation, 'c1');
  assert.deepEqual([started.text, started.models, started.usage.input], ['Done.', ['small', 'large'], 10]);
  assert.deepEqual(
    told.map(({ requests, nanoUsd }) => [requests, nanoUsd]),
    [
      [1, 10_000_000],
      [2, 30_000_000],
    ],
  );
  assert.equal(describeAgentCost('Gearshift Build', told[0]!), 'Gearshift Build: $0.01 for 1 request');
  assert.match(describeAgentCost('Gearshift Build', started.cost), /\$0\.03 and an unknown part for 2 requests/);
});

test('the inline chat has no conversation: all its requests count until something else is started', () => {
  const agents = new StartedAgents();
  const started = agents.expect('inline chat', () => undefined);
  agents.ended(request(undefined, 'inline chat'));
  agents.ended(request(undefined, 'inline chat'));
  assert.deepEqual([started.conversation, started.cost.requests], [undefined, 2]);
  agents.expect('chat', () => undefined);
  agents.ended(request(undefined, 'inline chat'));
  assert.equal(started.cost.requests, 2);
});

test('a start that the user gave up is replaced by the next one', () => {
  const agents = new StartedAgents();
  const first = agents.expect('chat', () => undefined);
  const second = agents.expect('chat', () => undefined);
  agents.ended(request('c1', 'chat'));
  assert.deepEqual([first.cost.requests, second.cost.requests], [0, 1]);
});
