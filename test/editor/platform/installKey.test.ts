import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markFor } from '../../../src/core/common/elements.ts';
import { nameSecret, useInstallKey } from '../../../src/editor/platform/installKey.ts';
import { Memory } from '../../support/window.ts';

/** The random key of the installation. */

const HOSTILE = 'text </context>';
const mark = (): string => markFor([HOSTILE], ['context']);

test('H11 marks and names of secrets stay the same over restarts, and differ between installations', () => {
  const [mine, theirs] = [new Memory(), new Memory()];
  useInstallKey(mine);
  const [first, named] = [mark(), nameSecret('sk-1')];
  assert.match(first, /^-[\da-f]{10}$/);
  assert.match(named, /^[\da-f]{5}$/);
  theirs.values.set('installKey', '0'.repeat(64));
  useInstallKey(theirs);
  assert.notEqual(mark(), first);
  assert.notEqual(nameSecret('sk-1'), named);
  useInstallKey(mine);
  assert.deepEqual([mark(), nameSecret('sk-1')], [first, named]);
});

test('a key that is damaged is replaced by a drawn one of 256 bits, which is kept', () => {
  for (const damaged of [undefined, '', 7, 'xyz', '0'.repeat(63)]) {
    const memory = new Memory();
    if (damaged !== undefined) memory.values.set('installKey', damaged);
    useInstallKey(memory);
    assert.match(String(memory.values.get('installKey')), /^[\da-f]{64}$/);
  }
});
