import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { newStage, type StageRun } from '../../../src/core/chat/recipeRun.ts';
import { redCheck, roundOf } from '../../../src/core/recipes/gate.ts';

/** Which changes of a run its check failed on. */

const stages = (work: Partial<StageRun>, check: Partial<StageRun>): { stages: StageRun[] } => ({
  stages: [
    { ...newStage('work', 'work', 'mid'), ...work },
    { ...newStage('check', 'check', undefined), ...check },
  ],
});

test('a round that the check sent back is red from then on, and the round that follows is not yet', () => {
  const round = fc.record({ check: fc.nat(3), review: fc.nat(2) });
  fc.assert(
    fc.property(round, (sentBack) => {
      const now = stages({ sentBack, trouble: 'RED' }, { status: 'waiting' });
      assert.deepEqual(roundOf(now), sentBack);
      assert.equal(redCheck(now, sentBack), undefined, 'its own check has not run');
      for (let check = 0; check < sentBack.check; check++) assert.equal(redCheck(now, { ...sentBack, check }), 'RED');
      const failed = stages({ sentBack, trouble: 'old' }, { status: 'failed', output: 'NOW RED' });
      assert.equal(redCheck(failed, sentBack), 'NOW RED');
      const green = stages({ sentBack }, { status: 'done', output: 'fine' });
      assert.equal(redCheck(green, sentBack), undefined);
    }),
  );
});

test('a run without a check, or without work, asks nothing', () => {
  assert.equal(redCheck({ stages: [] }, { check: 0, review: 0 }), undefined);
  assert.equal(redCheck({ stages: [newStage('answer', 'ask', 'mid')] }, { check: 0, review: 0 }), undefined);
});
