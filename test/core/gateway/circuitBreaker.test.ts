import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FailureKind } from '../../../src/core/common/failures.ts';
import { Circuits, type Permit, type Rejection } from '../../../src/core/gateway/circuitBreaker.ts';

const ORIGIN = 'http://127.0.0.1:11434';
const MINUTE_MS = 60_000;
const PAUSE_MS = 30_000;

/** A breaker with a clock that only the test moves. */
function rig() {
  const time = { now: 1_000_000 };
  const circuits = new Circuits({ now: () => time.now, uptime: () => time.now, after: () => () => undefined });
  const ask = (begunAt: number | null = null, model = 'm'): Permit | Rejection =>
    circuits.admit(ORIGIN, model, begunAt);
  const enter = (begunAt: number | null = null): Permit => {
    const leave = ask(begunAt);
    assert.ok('probe' in leave, 'the call is let through');
    return leave;
  };
  const refusal = (begunAt: number | null = null): Rejection => {
    const refused = ask(begunAt);
    assert.ok('retryInMs' in refused, 'the call is refused');
    return refused;
  };
  const fail = (kind: FailureKind = 'server-error'): void => enter().failed({ kind });
  const state = (): string | undefined => circuits.snapshot()[0]?.state;
  return { time, circuits, ask, enter, refusal, fail, state };
}

test('three failures in a row leave a model alone for 30 s, and only that model', () => {
  const { time, ask, fail, refusal, circuits } = rig();
  for (let i = 0; i < 3; i++) fail();
  assert.deepEqual(refusal(), { retryInMs: PAUSE_MS, lastFailure: { kind: 'server-error' } });
  assert.ok('probe' in ask(null, 'another'));
  time.now += 12_000;
  assert.equal(refusal().retryInMs, 18_000);
  assert.deepEqual(
    circuits
      .snapshot()
      .map(({ model, state, retryInMs, lastFailureAgoMs }) => [model, state, retryInMs, lastFailureAgoMs]),
    [
      ['m', 'open', 18_000, 12_000],
      ['another', 'closed', null, null],
    ],
  );
});

test('more than half of at least five calls in a minute open the circuit, half of them do not', () => {
  for (const [outcomes, expected] of [
    ['xx.x', 'closed'],
    ['xx.xx', 'open'],
    ['x.x.', 'closed'],
    ['x.x.x', 'open'],
    ['.x.x.x', 'closed'],
    ['.x.xx', 'open'],
  ] as const) {
    const { enter, fail, state } = rig();
    for (const outcome of outcomes)
      if (outcome === 'x') fail();
      else enter().succeeded(5);
    assert.equal(state(), expected, outcomes);
  }
});

test('failures of over a minute ago do not count', () => {
  const { time, enter, fail, state } = rig();
  fail();
  enter().succeeded(1);
  fail();
  enter().succeeded(1);
  time.now += MINUTE_MS;
  fail();
  assert.equal(state(), 'closed');
});

test('failures of the request, the key or the answer say nothing about the endpoint', () => {
  const { enter, state } = rig();
  for (const kind of ['auth', 'bad-request', 'context-length', 'content-filter'] as const)
    for (let i = 0; i < 5; i++) enter().failed({ kind });
  for (let i = 0; i < 5; i++) enter().failed({ kind: 'incomplete', endedByServer: true });
  assert.equal(state(), 'closed');
});

test('after the pause one call is the probe, and its outcome decides', () => {
  const { time, enter, fail, refusal, state } = rig();
  for (let i = 0; i < 3; i++) fail();
  time.now += PAUSE_MS;
  const first = enter();
  assert.equal(first.probe, true);
  assert.equal(state(), 'probing');
  refusal();
  first.failed({ kind: 'timeout' });
  assert.equal(refusal().retryInMs, PAUSE_MS);
  time.now += PAUSE_MS;
  enter().succeeded(40);
  assert.equal(state(), 'closed');
  // What was before is forgotten: two failures are not three.
  fail();
  fail();
  assert.equal(state(), 'closed');
});

test('a canceled probe decides nothing: the next call is the probe', () => {
  const { time, enter, fail, state } = rig();
  for (let i = 0; i < 3; i++) fail();
  time.now += PAUSE_MS;
  enter().withdrawn();
  assert.equal(state(), 'open');
  assert.equal(enter().probe, true);
});

test('a question of the user that began after the circuit opened is a probe at once; typing is not', () => {
  const { time, enter, fail, refusal } = rig();
  const before = time.now;
  for (let i = 0; i < 3; i++) fail();
  time.now += 5;
  refusal(null);
  refusal(before);
  assert.equal(enter(time.now).probe, true);
  refusal(time.now);
});

test('calls that began before the circuit opened neither prolong the pause nor decide for the probe', () => {
  const { time, enter, fail, refusal, state } = rig();
  const [early, late] = [enter(), enter()];
  for (let i = 0; i < 3; i++) fail();
  time.now += 10_000;
  early.failed({ kind: 'reset' });
  assert.equal(refusal().retryInMs, 20_000);
  time.now += 20_000;
  const probe = enter();
  late.failed({ kind: 'reset' });
  assert.equal(state(), 'probing');
  probe.succeeded(3);
  assert.equal(state(), 'closed');
});

test('permission is returned once: reports after the first change nothing', () => {
  const { enter, circuits, state } = rig();
  for (let i = 0; i < 5; i++) {
    const leave = enter();
    leave.succeeded(7);
    leave.failed({ kind: 'server-error' });
    leave.withdrawn();
  }
  assert.equal(state(), 'closed');
  assert.equal(circuits.snapshot()[0]?.lastFailure, null);
  assert.equal(circuits.snapshot()[0]?.lastLatencyMs, 7);
});

test('whatever happens, at most one call is out while the circuit is not closed, and a pause ends', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('ask' as const), person: fc.boolean() }),
    fc.record({ do: fc.constantFrom('succeed' as const, 'fail' as const, 'withdraw' as const), which: fc.nat(20) }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.nat(40_000) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const { time, ask, state } = rig();
      const out: Permit[] = [];
      for (const each of steps) {
        if (each.do === 'wait') time.now += each.ms;
        else if (each.do === 'ask') {
          const before = state();
          const leave = ask(each.person ? time.now : null);
          if ('retryInMs' in leave) {
            assert.notEqual(before ?? 'closed', 'closed');
            assert.ok(leave.retryInMs <= PAUSE_MS);
          } else {
            assert.equal(leave.probe, before === 'open');
            out.push(leave);
          }
        } else if (out.length > 0) {
          const [leave] = out.splice(each.which % out.length, 1);
          if (each.do === 'succeed') leave?.succeeded(1);
          else if (each.do === 'fail') leave?.failed({ kind: 'refused' });
          else leave?.withdrawn();
        }
        const probes = out.filter(({ probe }) => probe).length;
        assert.equal(probes, state() === 'probing' ? 1 : 0);
      }
      for (const leave of out) leave.withdrawn();
      time.now += PAUSE_MS;
      assert.ok('probe' in ask());
    }),
  );
});
