import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { BUNDLE, formatBundle, gatherTexts } from './tools/l10n.mjs';

test('every text that is shown can be translated: it is written out, and it is in the bundle (npm run l10n)', () => {
  const { texts, unclear } = gatherTexts();
  assert.deepEqual(unclear, []);
  assert.ok(texts.length > 150);
  assert.equal(fs.readFileSync(BUNDLE, 'utf8'), formatBundle(texts));
});
