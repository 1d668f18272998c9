import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeHoles } from '../../../src/core/setup/ollamaHoles.ts';

test('T24 versions with known holes are named with them and with the version to update to; others are not', () => {
  assert.match(describeHoles('0.17.0'), /0\.17\.0 has a known security hole \(CVE-2026-7482\).*0\.17\.1 or later\.$/);
  assert.match(describeHoles('0.1.28'), /4 other holes are known\.$/);
  for (const version of ['0.17.1', '0.17.10', '0.32.15', '1.0.0', '0.0.0', '', 'dev'])
    assert.equal(describeHoles(version), '', version);
});
