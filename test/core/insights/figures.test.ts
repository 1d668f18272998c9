import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cacheNote } from '../../../src/core/insights/figures.ts';

test('the share of input from caches is shown where there is any', () => {
  assert.equal(cacheNote({ inputTokens: 1_000, cachedTokens: 620 }), '62% of the input read from caches');
  assert.equal(cacheNote({ inputTokens: 1_000, cachedTokens: 0 }), '');
  assert.equal(cacheNote({ inputTokens: 0, cachedTokens: 0 }), '');
});
