import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { readLinux } from '../../../src/editor/platform/power.ts';

/** Sentence, power supplies with their files, whether that is on battery. */
const CASES: readonly (readonly [string, Record<string, Record<string, string>>, boolean])[] = [
  [
    'a laptop on its battery',
    { AC: { type: 'Mains', online: '0' }, BAT0: { type: 'Battery', status: 'Discharging' } },
    true,
  ],
  [
    'a laptop at the mains',
    { AC: { type: 'Mains', online: '1' }, BAT0: { type: 'Battery', status: 'Charging' } },
    false,
  ],
  [
    'a full one at the mains',
    { AC: { type: 'Mains', online: '1' }, BAT0: { type: 'Battery', status: 'Discharging' } },
    false,
  ],
  ['charged over USB', { ucsi: { type: 'USB', online: '1' }, BAT0: { type: 'Battery', status: 'Discharging' } }, false],
  ['a desktop with a wireless mouse', { hid: { type: 'Battery', scope: 'Device', status: 'Discharging' } }, false],
  ['a desktop', {}, false],
];

for (const [sentence, supplies, expected] of CASES) {
  test(`${sentence}: ${expected ? 'on battery' : 'not on battery'}`, async (context) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'power-'));
    context.after(() => fs.rmSync(folder, { recursive: true }));
    for (const [name, files] of Object.entries(supplies)) {
      fs.mkdirSync(path.join(folder, name));
      for (const [file, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name, file), `${text}\n`);
    }
    assert.equal(await readLinux(folder), expected);
  });
}

test('where there is nothing to read, the computer counts as plugged in', async () => {
  assert.equal(await readLinux('/nowhere'), false);
});
