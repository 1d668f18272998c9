import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SharedParts } from '../../../src/editor/platform/sharedParts.ts';

test('a part is made once, when it is first asked for', async () => {
  const parts = new SharedParts();
  let made = 0;
  parts.provide('openSettings', () => {
    made += 1;
    return Promise.resolve(() => Promise.resolve());
  });
  assert.equal(made, 0);
  assert.equal(parts.made('openSettings'), undefined);
  const [first, second] = await Promise.all([parts.get('openSettings'), parts.get('openSettings')]);
  assert.equal(first, second);
  assert.equal(made, 1);
  assert.equal(parts.made('openSettings'), first);
});

test('a part whose making failed is made again, and one that nothing offers is named in the error', async () => {
  const parts = new SharedParts();
  let tries = 0;
  parts.provide('openSettings', () =>
    ++tries === 1 ? Promise.reject(new Error('no disk')) : Promise.resolve(() => Promise.resolve()),
  );
  await assert.rejects(parts.get('openSettings'), /no disk/);
  await parts.get('openSettings');
  assert.equal(tries, 2);
  await assert.rejects(new SharedParts().get('openSettings'), /openSettings/);
});
