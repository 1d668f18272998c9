import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { debugLog, giveUp, listenToDebugLog } from '../../../src/core/common/debugLog.ts';

let stop: () => void = () => undefined;
afterEach(() => stop());

function listen(): [string, unknown][] {
  const said: [string, unknown][] = [];
  stop = listenToDebugLog((line, error) => said.push([line, error]));
  return said;
}

test('an error that was ignored is logged with its place', async () => {
  const said = listen();
  const error = new Error('no access');
  assert.equal(await Promise.reject<number>(error).catch(giveUp('a file', 7)), 7);
  assert.deepEqual(said, [['a file', error]]);
});

test('a missing file and stopped work are not logged', () => {
  const said = listen();
  debugLog('a file', Object.assign(new Error('no such file'), { code: 'ENOENT' }));
  debugLog('a file of VS Code', Object.assign(new Error('no such file'), { code: 'FileNotFound' }));
  debugLog('an answer', new DOMException('stopped', 'AbortError'));
  assert.deepEqual(said, []);
});

test('any thrown value can be logged', () => {
  const said = listen();
  for (const thrown of [undefined, null, 'text', 3, { code: 7 }]) debugLog('odd', thrown);
  assert.equal(said.length, 5);
});

test('after the end no listener is called, and a newer listener stays', () => {
  const said = listen();
  const first = stop;
  const other: string[] = [];
  stop = listenToDebugLog((line) => other.push(line));
  first();
  debugLog('now', new Error('x'));
  stop();
  debugLog('later', new Error('x'));
  assert.deepEqual([said.length, other], [0, ['now']]);
});
