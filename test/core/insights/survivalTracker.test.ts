import assert from 'node:assert/strict';
import test from 'node:test';
import { SurvivalTracker } from '../../../src/core/insights/survivalTracker.ts';
import type { OutcomeRow } from '../../../src/core/ledger/outcomes.ts';
import { HandClock } from '../../support/handClock.ts';

const URI = 'file:///a.ts';
const BY = { callId: 'call', tier: 'local', task: 'completion', model: 'small', language: 'typescript' } as const;

function start() {
  const clock = new HandClock();
  const rows: OutcomeRow[] = [];
  const aftermath = new SurvivalTracker({ record: (row) => rows.push(row), now: () => 5_000_000 + clock.ms, clock });
  const change = (offset: number, removed: number, text: string, undone: (() => string) | null = null) =>
    aftermath.changed({ uri: URI, changes: [{ offset, removed, text }], undone });
  const accept = (id = 'o') => aftermath.accepted({ id, by: BY, uri: URI, pieces: [{ at: 10, text: 'abcdefghij' }] });
  const edit = (id = 'e', text = 'new line') =>
    aftermath.applied({ id, by: { ...BY, tier: 'mid', task: 'edit' }, uri: URI, pieces: [{ at: 4, text }] }, 'before');
  const said = () => rows.map(({ kind, kept, characters }) => `${kind} ${kept}/${characters}`);
  const ends = () => said().filter((words) => /^(kept|edited|undone)/.test(words));
  return { clock, rows, aftermath, change, accept, edit, said, ends };
}

test('accepted text is looked for after 30 s, after 5 min and at the next save', () => {
  const { clock, aftermath, change, accept, said, rows } = start();
  accept();
  change(0, 0, 'above\n');
  clock.pass(29_999);
  assert.deepEqual(said(), []);
  clock.pass(1);
  change(16, 3, '');
  aftermath.saved(URI);
  aftermath.saved(URI);
  change(16, 1, '');
  clock.pass(270_000);
  assert.deepEqual(said(), ['there-30s 10/10', 'there-saved 7/10', 'there-5min 6/10']);
  assert.deepEqual(rows[0], {
    ...BY,
    outcomeId: 'o:there-30s',
    at: 5_000_000 + 1_030_000,
    kind: 'there-30s',
    characters: 10,
    kept: 10,
    ms: null,
  });
  // Since code is followed to its commit, a saved one is still looked for after 15 min and there.
  clock.pass(600_000);
  assert.deepEqual(said().at(-1), 'there-15min 6/10');
  aftermath.committed((uri) => uri === URI);
  assert.deepEqual(said().at(-1), 'there-commit 6/10');
  assert.equal(aftermath.size, 0);
});

test('text that was never saved is still looked for at the first save, however late', () => {
  const { clock, aftermath, accept, said } = start();
  accept();
  clock.pass(3_600_000);
  assert.equal(aftermath.size, 1);
  aftermath.saved(URI);
  assert.deepEqual(said().at(-1), 'there-saved 10/10');
  aftermath.committed(() => true);
  assert.equal(aftermath.size, 0);
});

test('an accepted suggestion that is undone is no longer there', () => {
  const { clock, change, accept, said } = start();
  accept();
  change(10, 10, '', () => 'before');
  clock.pass(30_000);
  assert.deepEqual(said(), ['there-30s 0/10']);
});

test('changes that came between accepting and following count', () => {
  const { clock, aftermath, said } = start();
  const since = [[{ offset: 0, removed: 0, text: '!!' }], [{ offset: 12, removed: 2, text: '' }]];
  aftermath.accepted({ id: 'o', by: BY, uri: URI, pieces: [{ at: 10, text: 'abcdefghij' }] }, since);
  clock.pass(30_000);
  assert.deepEqual(said(), ['there-30s 8/10']);
});

test('what is closed is not looked for any more, and other documents do not matter', () => {
  const { clock, aftermath, accept, said } = start();
  accept();
  aftermath.changed({ uri: 'file:///b.ts', changes: [{ offset: 0, removed: 99, text: '' }], undone: null });
  aftermath.saved('file:///b.ts');
  aftermath.closed(URI, false);
  clock.pass(400_000);
  assert.deepEqual(said(), []);
  assert.deepEqual([aftermath.size, clock.waiting], [0, 0]);
});

test('an edit that stays is kept: at a save after half a minute, else after 5 min', () => {
  const { clock, aftermath, edit, said, ends } = start();
  edit('a');
  aftermath.saved(URI);
  assert.deepEqual(said(), []);
  clock.pass(30_000);
  aftermath.saved(URI);
  edit('b');
  clock.pass(300_000);
  assert.deepEqual(ends(), ['kept 7/7', 'kept 7/7']);
  clock.pass(8 * 3_600_000);
  assert.deepEqual([aftermath.size, clock.waiting], [0, 0]);
});

test('an edit of which something was changed is edited, whatever is added around it', () => {
  const { clock, change, edit, ends } = start();
  edit('a');
  change(0, 0, 'above ');
  clock.pass(300_000);
  edit('b');
  change(5, 2, '');
  clock.pass(300_000);
  assert.deepEqual(ends(), ['kept 7/7', 'edited 5/7']);
});

test('an edit is undone when an undo brings the document back, or nothing of the edit is left', () => {
  const { clock, change, edit, said, aftermath } = start();
  edit('a');
  change(4, 8, '', () => 'before');
  edit('b');
  change(20, 5, '', () => 'something else');
  change(4, 8, '', () => 'longer by what was typed since');
  edit('c');
  change(4, 8, '');
  aftermath.retracted('c');
  aftermath.retracted('c');
  edit('d');
  change(4, 3, 'old', () => 'before');
  clock.pass(300_000);
  assert.deepEqual(said(), ['undone 0/7', 'undone 0/7', 'undone 0/7', 'undone 0/7']);
});

test('an edit that only takes lines out can be undone too', () => {
  const { change, edit, said } = start();
  edit('a', '');
  change(4, 0, 'the line', () => 'before');
  assert.deepEqual(said(), ['undone 0/0']);
});

test('an edit is judged when its file is closed, unless that loses what was not saved', () => {
  const { aftermath, edit, said } = start();
  edit('a');
  aftermath.closed(URI, false);
  edit('b');
  aftermath.closed(URI, true);
  assert.deepEqual(said(), ['kept 7/7']);
});

test('thousands of texts need no more than one timer, and the oldest are given up', () => {
  const { clock, aftermath, accept, rows } = start();
  for (let n = 0; n < 10_000; n++) accept(`o${n}`);
  assert.deepEqual([aftermath.size, clock.waiting], [200, 1]);
  clock.pass(400_000);
  assert.equal(rows.length, 400);
  assert.ok(rows.every(({ outcomeId }) => Number(/\d+/.exec(outcomeId)?.[0]) >= 9_800));
  aftermath.dispose();
  assert.equal(clock.waiting, 0);
});

test('inserted code is looked for at 30 s, 5 min and 15 min and at its commit, and has one end', () => {
  const { clock, aftermath, change, rows, said } = start();
  const by = { ...BY, tier: 'mid', task: 'chat' } as const;
  aftermath.inserted({ id: 'i', by, uri: URI, pieces: [{ at: 4, text: 'new line' }] });
  clock.pass(60_000);
  change(5, 2, '');
  clock.pass(840_000);
  assert.deepEqual(said(), ['there-30s 7/7', 'edited 5/7', 'there-5min 5/7', 'there-15min 5/7', 'useful 5/7']);
  // The last edit inside of it was made a minute after it was inserted.
  assert.equal(rows.at(-1)?.at, (rows[0]?.at ?? 0) + 30_000);
  aftermath.committed((uri) => uri === 'file:///b.ts');
  assert.equal(aftermath.size, 1);
  aftermath.committed((uri) => uri === URI);
  assert.deepEqual([said().at(-1), aftermath.size], ['there-commit 5/7', 0]);
});

test('code that is never committed is given up after a working day, and code of which nothing is left was not useful', () => {
  const { clock, aftermath, change, said } = start();
  const by = { ...BY, tier: 'mid', task: 'chat' } as const;
  aftermath.inserted({ id: 'i', by, uri: URI, pieces: [{ at: 4, text: 'new line' }] });
  change(4, 8, '', () => 'before');
  assert.deepEqual(said(), ['undone 0/7']);
  aftermath.inserted({ id: 'j', by, uri: URI, pieces: [{ at: 4, text: 'new line' }] });
  clock.pass(8 * 3_600_000);
  assert.deepEqual([aftermath.size, clock.waiting], [0, 0]);
});
