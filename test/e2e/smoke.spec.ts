import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openVSCode } from './harness.ts';

const code = await openVSCode();
after(() => code.close());

test(
  'the packaged extension shows its meter in the status bar',
  code.inWindow(async (window) => {
    assert.notEqual((await window.statusBarItem().innerText()).trim(), '');
  }),
);

test(
  'the palette offers the commands of Gearshift',
  code.inWindow({ used: true }, async (window) => {
    await window.press('F1');
    await window.quickInput().fill('>Gearshift');
    const rows = window.page.locator('.quick-input-list .monaco-list-row', { hasText: 'Gearshift' });
    await rows.first().waitFor();
    assert.ok((await rows.count()) > 1, 'fewer than two commands');
    await window.press('Escape');
  }),
);
