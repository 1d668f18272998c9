import assert from 'node:assert/strict';
import test from 'node:test';
import { SurvivalTracker } from '../../../src/core/insights/survivalTracker.ts';
import { SuggestionTracker } from '../../../src/core/insights/suggestionTracker.ts';
import { OutcomeLog } from '../../../src/core/ledger/outcomeLog.ts';
import type { OutcomeRow } from '../../../src/core/ledger/outcomes.ts';
import { HandClock } from '../../support/handClock.ts';

const URI = 'file:///a.ts';
const AT = 100;

/** An editor in which a user types behind a place, as far as the changes of its document tell. */
function start() {
  const clock = new HandClock();
  const rows: OutcomeRow[] = [];
  const record = (row: OutcomeRow) => void rows.push(row);
  const aftermath = new SurvivalTracker({ record, now: clock.now, clock });
  const offers = new SuggestionTracker({
    record,
    onAccepted: (placed, since) => aftermath.accepted(placed, since),
    now: clock.now,
    clock,
  });
  const offer = (text: string, at = AT, callId = 'call') => ({
    by: { callId, tier: 'local', task: 'completion', model: 'small', language: null } as const,
    uri: URI,
    at,
    text,
  });
  const change = (offset: number, removed: number, text: string, uri = URI) => {
    const changes = [{ offset, removed, text }];
    aftermath.changed({ uri, changes, undone: null });
    offers.changed(uri, changes);
  };
  return {
    clock,
    offers,
    offer,
    change,
    show: (text: string, at?: number, callId?: string) => {
      offers.shown(offer(text, at, callId));
      clock.pass(200);
    },
    /** One key after the other. */
    type: (text: string, at = AT) => [...text].forEach((key, n) => change(at + n, 0, key)),
    /** What was said so far, once no more text comes. */
    said: () => {
      clock.pass(2_000);
      return rows.map(({ kind, characters, kept }) => `${kind} ${kept === null ? '' : `${kept}/`}${characters}`);
    },
    rows,
    aftermath,
  };
}

test('accepted as a whole, and followed from then on', () => {
  const { show, offers, offer, change, said, clock, rows } = start();
  show('compute(1);');
  change(AT, 0, 'compute(1);');
  offers.accepted(offer('compute(1);'));
  change(AT + 8, 1, '');
  assert.deepEqual(said(), ['offered 11', 'accepted 11']);
  clock.pass(30_000);
  assert.deepEqual(said().at(-1), 'there-30s 10/11');
  assert.equal(new Set(rows.map(({ outcomeId }) => outcomeId)).size, rows.length);
});

test('the rest of what was typed along is accepted, and only that counts as accepted', () => {
  const { show, offers, offer, type, change, said } = start();
  show('compute(1);');
  type('com');
  show('pute(1);', AT + 3);
  change(AT + 3, 0, 'pute(1);');
  offers.accepted(offer('pute(1);', AT + 3));
  assert.deepEqual(said(), ['offered 11', 'accepted 8']);
});

test('by words, then something else: accepted in part, with what was deleted in between', () => {
  const { show, change, said, clock } = start();
  show('compute(one, two);');
  change(AT, 0, 'compute');
  show('(one, two);', AT + 7);
  change(AT + 7, 0, '(one');
  change(AT + 11, 0, ';');
  change(AT + 7, 4, '');
  assert.deepEqual(said(), ['offered 18', 'accepted-part 11']);
  clock.pass(30_000);
  assert.deepEqual(said().at(-1), 'there-30s 7/11');
});

test('typed to its end, across keys, brackets that close by themselves, and going back', () => {
  const { show, change, type, said } = start();
  show('go(a)\n  .on();');
  type('g');
  change(AT + 1, 0, 'o');
  change(AT + 1, 1, '');
  change(AT + 1, 0, 'o');
  change(AT + 2, 0, '()');
  type('a', AT + 3);
  change(AT + 4, 1, ')');
  change(AT + 5, 0, '\n  ');
  type('.on', AT + 8);
  change(AT + 11, 0, '()');
  change(AT + 12, 1, ')');
  type(';', AT + 13);
  assert.deepEqual(said(), ['offered 14', 'typed-through 14']);
});

test('something else is typed, the cursor goes away, or another suggestion takes its place: rejected', () => {
  for (const leave of [
    ({ type }: ReturnType<typeof start>) => type('x'),
    ({ offers }: ReturnType<typeof start>) => offers.left(),
    ({ show, offers }: ReturnType<typeof start>) => {
      show('other', AT, 'call2');
      offers.dispose();
    },
  ]) {
    const editor = start();
    editor.show('compute');
    leave(editor);
    assert.deepEqual(editor.said().slice(0, 2), ['offered 7', 'rejected 7']);
  }
});

test('a suggestion that stays while it grows and while it is typed is one offer', () => {
  const { show, type, offers, said, rows } = start();
  show('one();');
  show('one();\ntwo();');
  type('on');
  show('e();\ntwo();', AT + 2);
  offers.left();
  assert.deepEqual(said(), ['offered 13', 'rejected 11']);
  assert.equal(rows[0]?.at, 1_000_000);
});

test('what was replaced before it could be seen was not offered', () => {
  const { offers, offer, clock, type, said } = start();
  offers.shown(offer('compute'));
  clock.pass(40);
  type('x');
  assert.deepEqual(said(), []);
  offers.shown(offer('next', AT, 'call2'));
  clock.pass(40);
  offers.shown(offer('last', AT, 'call3'));
  clock.pass(40);
  type('l');
  offers.dispose();
  assert.deepEqual(said(), ['offered 4']);
});

test('an alternative that is accepted counts for its own call', () => {
  const { show, offers, offer, said, rows } = start();
  show('compute');
  offers.accepted(offer('other', AT, 'call2'));
  assert.deepEqual(said(), ['offered 7', 'rejected 7', 'offered 5', 'accepted 5']);
  assert.deepEqual(
    rows.map(({ callId }) => callId),
    ['call', 'call', 'call2', 'call2'],
  );
});

test('changes of other documents end nothing', () => {
  const { show, change, type, said } = start();
  show('go');
  change(0, 0, 'log line', 'output:log');
  type('go');
  assert.deepEqual(said(), ['offered 2', 'typed-through 2']);
});

test('an editor that types, accepts and leaves thousands of times keeps nothing', () => {
  const { show, type, offers, offer, clock, rows, aftermath } = start();
  for (let n = 0; n < 3_000; n++) {
    show('compute', AT, `call${n}`);
    if (n % 3 === 0) type('x');
    else if (n % 3 === 1) offers.accepted(offer('compute', AT, `call${n}`));
    else offers.left();
  }
  offers.dispose();
  assert.equal(rows.filter(({ kind }) => kind === 'offered').length, 3_000);
  assert.equal(rows.filter(({ kind }) => kind === 'accepted' || kind === 'rejected').length, 2_999);
  assert.ok(clock.waiting <= 1 && aftermath.size <= 200);
});

test('outcomes are written together a second later, and those that wait at the end are not lost', async () => {
  const clock = new HandClock();
  const batches: number[] = [];
  const errors: unknown[] = [];
  const store = {
    recordOutcomes: (rows: readonly OutcomeRow[]) => {
      batches.push(rows.length);
      return batches.length === 2 ? Promise.reject(new Error('no')) : Promise.resolve();
    },
  };
  const log = new OutcomeLog({ store: () => Promise.resolve(store), clock, onError: (error) => errors.push(error) });
  const row = {
    ...start().offer('x').by,
    outcomeId: 'a',
    at: 0,
    kind: 'offered',
    characters: 1,
    kept: null,
    ms: null,
  } as const;
  log.record(row);
  clock.pass(500);
  log.record(row);
  assert.deepEqual(batches, []);
  clock.pass(500);
  await log.flush();
  log.record(row);
  await log.flush();
  assert.equal(errors.length, 1);
  log.record(row);
  await log.flush();
  await log.flush();
  assert.deepEqual([batches, clock.waiting], [[2, 1, 1], 0]);
});
