import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { endOfPath, threadPath } from '../../../src/core/chat/branches.ts';
import type { Thread } from '../../../src/core/chat/conversation.ts';
import { parseEvent } from '../../../src/core/chat/storedEvent.ts';

const question = (id: string, after = '') => ({ role: 'user', id, at: 1, text: 'x', after, attachments: [] });
const answer = (id: string, questionId: string) => ({ role: 'assistant', id, questionId, at: 1, tier: 'mid', provider: 'p', model: 'm', state: 'done', text: '', reasoning: '', failure: null, place: null, facts: null }); // prettier-ignore
const stored = (event: object) => parseEvent(JSON.stringify({ at: 1, ...event }));

test('a turn without an id does not count, because it would follow itself', () => {
  assert.ok(stored({ e: 'question', turn: question('q') }));
  assert.ok(stored({ e: 'answer', turn: answer('a', 'q') }));
  assert.equal(stored({ e: 'question', turn: question('') }), undefined);
  assert.equal(stored({ e: 'answer', turn: answer('', 'q') }), undefined);
  assert.equal(stored({ e: 'answer', turn: answer('a', '') }), undefined);
  for (const event of [
    { e: 'delta', id: '', text: '', reasoning: '' },
    { e: 'update', id: '', change: {} },
    { e: 'choose', id: '' },
    { e: 'removed', id: '' },
  ])
    // prettier-ignore
    assert.equal(stored(event), undefined, event.e);
});

test('the path of any thread ends, whatever ids a damaged file gives its turns', () => {
  const id = fc.constantFrom('', 'a', 'b', 'c');
  const turn = fc.oneof(
    fc.tuple(id, id).map(([one, two]) => question(one, two)),
    fc.tuple(id, id).map(([one, two]) => answer(one, two)),
  );
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 12 }), fc.dictionary(id, id), (turns, chosen) => {
      const thread = { turns, chosen } as unknown as Thread;
      assert.ok(threadPath(thread).length <= turns.length);
      assert.equal(typeof endOfPath(thread), 'string');
    }),
    { numRuns: 1_000 },
  );
});
