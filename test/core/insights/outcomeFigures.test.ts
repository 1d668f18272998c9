import assert from 'node:assert/strict';
import test from 'node:test';
import { formatPart, formatStillThere, sumUpOutcomes } from '../../../src/core/insights/outcomeFigures.ts';
import type { OutcomeKind, OutcomeTotal } from '../../../src/core/ledger/outcomes.ts';

const total = (kind: OutcomeKind, count: number, more: Partial<OutcomeTotal> = {}): OutcomeTotal => ({
  tier: 'local',
  task: 'completion',
  model: 'small',
  kind,
  count,
  characters: 0,
  kept: 0,
  ...more,
});

test('sums by model: what was offered, accepted in whole or part, and was still there', () => {
  const { offers, edits } = sumUpOutcomes([
    total('offered', 10),
    total('accepted', 3),
    total('accepted-part', 1),
    total('typed-through', 2),
    total('rejected', 4),
    total('there-30s', 4, { characters: 400, kept: 400 }),
    total('there-5min', 3, { characters: 300, kept: 240 }),
    total('offered', 20, { model: 'large' }),
  ]);
  assert.deepEqual(edits, []);
  assert.deepEqual(offers, [
    { tier: 'local', model: 'large', offered: 20, accepted: 0, typedThrough: 0, lookedFor: 0, stillThere: null },
    { tier: 'local', model: 'small', offered: 10, accepted: 4, typedThrough: 2, lookedFor: 3, stillThere: 0.8 },
  ]);
  assert.deepEqual(offers.map(formatStillThere), ['not known yet', 'not enough yet: 3 of 20']);
  assert.deepEqual([formatPart(8, 20), formatPart(4, 19), formatPart(0, 0)], ['8 (40%)', '4', '0']);
});

test('edits of all tasks of a model are one line, cheaper tiers first', () => {
  const { offers, edits } = sumUpOutcomes([
    total('undone', 1, { tier: 'frontier', task: 'escalate', model: 'big' }),
    total('kept', 2, { tier: 'mid', task: 'chat' }),
    total('kept', 1, { tier: 'mid', task: 'edit' }),
    total('edited', 1, { tier: 'mid', task: 'edit' }),
  ]);
  assert.deepEqual(offers, []);
  assert.deepEqual(edits, [
    { tier: 'mid', model: 'small', kept: 3, edited: 1, undone: 0 },
    { tier: 'frontier', model: 'big', kept: 0, edited: 0, undone: 1 },
  ]);
});

test('without outcomes there is nothing to show', () => {
  assert.deepEqual(sumUpOutcomes([]), { offers: [], edits: [] });
});
