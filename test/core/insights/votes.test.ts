import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { describeVersion, promptRows } from '../../../src/core/insights/promptFigures.ts';
import { describeVotes, losesClearly, voteRows } from '../../../src/core/insights/votes.ts';
import { CATEGORIES } from '../../../src/core/ledger/categories.ts';
import type { OutcomeKind } from '../../../src/core/ledger/outcomes.ts';

/** Votes by category and model, and versions of prompts, from the outcomes of the ledger alone. */

const vote = (category: (typeof CATEGORIES)[number], model: string, kind: OutcomeKind) => ({ category, model, kind });

test('votes are counted by category and model, and words follow the sign test', () => {
  const outcomes = [
    ...Array.from({ length: 6 }, () => vote('bug', 'cheap', 'preferred')),
    ...Array.from({ length: 6 }, () => vote('bug', 'best', 'not-preferred')),
    vote('bug', 'cheap', 'equal'),
    vote('docs', 'cheap', 'not-preferred'),
    vote('docs', 'cheap', 'neither'),
    vote('docs', 'cheap', 'kept'),
  ];
  const rows = voteRows(outcomes);
  assert.deepEqual(
    rows.map((row) => [
      row.category,
      row.model,
      row.n,
      row.better,
      row.worse,
      row.same,
      row.neither,
      describeVotes(row),
    ]),
    [
      ['bug', 'cheap', 7, 6, 0, 1, 0, 'better'],
      ['bug', 'best', 6, 0, 6, 0, 0, 'worse'],
      ['docs', 'cheap', 2, 0, 1, 0, 1, 'too close to call'],
    ],
  );
});

test('every vote is in exactly one row, whatever the order', () => {
  const kinds = ['preferred', 'not-preferred', 'equal', 'neither', 'kept', 'undone'] as const;
  const some = fc.array(
    fc.record({
      category: fc.constantFrom(...CATEGORIES),
      model: fc.constantFrom('a', 'b'),
      kind: fc.constantFrom(...kinds),
    }),
  );
  fc.assert(
    fc.property(some, (outcomes) => {
      const votes = outcomes.filter(({ kind }) => kind !== 'kept' && kind !== 'undone');
      const rows = voteRows(outcomes);
      assert.equal(
        rows.reduce((sum, { n }) => sum + n, 0),
        votes.length,
      );
      for (const row of rows) assert.equal(row.better + row.worse + row.same + row.neither, row.n);
      const key = (all: typeof rows): unknown => all.map((row) => JSON.stringify(row)).toSorted();
      assert.deepEqual(key(voteRows(outcomes.toReversed())), key(rows));
    }),
  );
});

test('three losses suggest a rule, unless as many votes were won', () => {
  assert.equal(losesClearly({ better: 0, worse: 2 }), false);
  assert.equal(losesClearly({ better: 0, worse: 3 }), true);
  assert.equal(losesClearly({ better: 1, worse: 3 }), true);
  assert.equal(losesClearly({ better: 2, worse: 3 }), false);
  assert.equal(losesClearly({ better: 9, worse: 5 }), false);
});

const use = (promptName: string | null, promptVersion: string | null, openedAt: number) => ({
  ...{ promptName, promptVersion, openedAt, attempt: 1 },
});
const outcome = (promptVersion: string, at: number, kind: OutcomeKind) => ({
  promptName: 'review',
  promptVersion,
  at,
  kind,
});

test('a prompt whose text changed without a new version is reported; a new version, or a new hash of another, is not', () => {
  const rows = promptRows(
    [
      use('review', '1 #aaaaaaaa', 1),
      use('review', '1 #bbbbbbbb', 2),
      use('review', '1 #bbbbbbbb', 3),
      use('review', '2 #cccccccc', 4),
      use('docs', '1', 5),
      use('docs', '1 #dddddddd', 6),
      use(null, null, 7),
    ],
    [],
  );
  assert.deepEqual(
    rows.map(({ name, version, hash, uses, changedSilently }) => [name, version, hash, uses, changedSilently]),
    [
      ['docs', '1', '', 1, false],
      ['docs', '1', 'dddddddd', 1, false],
      ['review', '1', 'aaaaaaaa', 1, false],
      ['review', '1', 'bbbbbbbb', 2, true],
      ['review', '2', 'cccccccc', 1, false],
    ],
  );
});

test('versions are compared by the same outcomes, and only where there are enough', () => {
  const many = (version: string, at: number, undone: number): ReturnType<typeof outcome>[] =>
    Array.from({ length: 40 }, (_, n) => outcome(version, at + n, n < undone ? 'undone' : 'kept'));
  const [one, two, three] = promptRows(
    [],
    [...many('1 #a', 0, 30), ...many('2 #b', 100, 4), outcome('3 #c', 200, 'kept'), outcome('3 #c', 201, 'preferred')],
  );
  assert.ok(one && two && three);
  assert.equal(describeVersion(one, undefined), '');
  assert.equal(describeVersion(two, one), 'better');
  assert.equal(describeVersion(one, two), 'worse');
  assert.equal(describeVersion(two, two), 'too close to call');
  assert.equal(describeVersion(three, two), 'not enough yet');
  assert.deepEqual([three.judged, three.won], [1, 1]);
});
