import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dismissalKey } from '../../../src/core/codeTools/dismissals.ts';

const FILE = [
  'take() {',
  '  return this.items.pop();',
  '}',
  '',
  'give() {',
  '  return this.items.pop();',
  '}',
  'size = 1;',
];
const key = (lines: readonly string[], line: number): string => dismissalKey('a.ts', 'bug', lines, line);

test('equal lines of a file have different keys, by what is above them', () => {
  assert.notEqual(key(FILE, 2), key(FILE, 6));
  assert.notEqual(key(FILE, 3), key(FILE, 7));
  const same = Array.from({ length: 30 }, () => 'next();');
  assert.equal(key(same, 20), key(same, 21), 'where nothing tells them apart, the key stays short');
});

test('a key stays when lines are added elsewhere, and changes with its own line', () => {
  const longer = ['import a;', '', ...FILE];
  for (const line of [2, 6, 8]) assert.equal(key(longer, line + 2), key(FILE, line));
  assert.notEqual(key(FILE.with(7, 'size = 2;'), 8), key(FILE, 8));
  assert.equal(key(FILE.with(7, '  size  =  1;'), 8), key(FILE, 8), 'whatever its spaces');
});

test('a line beyond the file has a key too', () => assert.equal(typeof key(FILE, 99), 'string'));
