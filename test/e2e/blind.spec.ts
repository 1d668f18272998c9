import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, test } from 'node:test';
import type axe from 'axe-core';
import { openSqliteLedger } from '../../src/storage/ledger/sqlite.ts';
import { ChatPage } from './chatPage.ts';
import { openVSCode } from './harness.ts';
import { KEY_ENV, settingsFor, startModels } from './models.ts';

/** A blind comparison in real VS Code: what is said when it is switched on, that no name shows before the vote, and the vote. */

const models = await startModels();
const { cloud } = models;
const AXE = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const code = await openVSCode({
  consents: [models.cloud.url],
  settings: settingsFor(models),
  env: KEY_ENV,
  files: { 'test/sum.test.ts': 'import { add } from "../sum";\n\nassert.equal(add(1, 2), 3);\n' },
});
after(async () => {
  await code.close();
  await models.stop();
});

async function problemsOf({ frame }: ChatPage): Promise<string[]> {
  await frame.evaluate(AXE);
  return frame.evaluate(async () => {
    const { run } = (globalThis as unknown as { axe: typeof axe }).axe;
    // The background is that of VS Code behind the frame, which axe does not see; test/webview checks contrast.
    const rules = { region: { enabled: false }, 'color-contrast': { enabled: false } };
    const { violations } = await run(document, { rules });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  });
}

/** The kinds and models of the votes on the ledger. */
async function votes(): Promise<string[]> {
  const file = path.join(code.globalStorageDir, 'ledger', 'ledger.db');
  const store = await openSqliteLedger({ file, windowId: 'spec' });
  try {
    const all = await store.answerOutcomes({ since: 0, until: Number.MAX_SAFE_INTEGER });
    return all
      .flatMap(({ kind, model }) => (/preferred|equal|neither/.test(kind) ? [`${model} ${kind}`] : []))
      .toSorted();
  } finally {
    await store.close();
  }
}

test(
  'two models answer a question about a test; their names are nowhere on the page before the vote, which is on the ledger',
  code.inWindow(async (window) => {
    await window.command('Gearshift: Compare Models Blind');
    await window.answer('Files that are not critical', 'test/**');
    await window.answer('Compare one in how many questions', '1');
    await window.pick('cloud/frontier');
    const dialog = window.dialog('Compare models blind?');
    await dialog.getByText('You pay for both answers').waitFor();
    await dialog.getByRole('button', { name: 'Turn On' }).click();

    cloud.script(({ model }) => `Answer of a model with ${model === 'mid' ? 'three' : 'four'} letters: use assert.`);
    await window.openFile('test/sum.test.ts');
    await window.selectLines(1, 3);
    const chat = await ChatPage.open(window);
    await chat.ask('What does this test miss?');
    const bar = chat.frame.getByRole('region', { name: 'Which answer is better?' });
    await bar.waitFor({ timeout: 90_000 });
    assert.deepEqual(cloud.book.calls.map(({ body }) => (body as { model: string }).model).toSorted(), [
      'frontier',
      'mid',
    ]);
    const turns = await chat.frame.locator('.side-by-side').evaluate((node) => node.outerHTML);
    assert.doesNotMatch(turns, /frontier|cloud|\bmid\b|\$\d|tokens?\b/i);
    assert.deepEqual(await problemsOf(chat), []);
    for (const look of ['dark2026', 'light2026', 'contrast'] as const) await window.screenshot('blind-vote', look);

    // By keyboard: the better one is four letters, wherever it is.
    const inA = /four/.test(await chat.answer(0).innerText());
    await bar.getByRole('button', { name: 'A is better' }).focus();
    if (!inA) await window.press('Tab');
    await window.press('Enter');
    const told = chat.frame.locator('.vote-told');
    await told.getByText(inA ? 'Your vote: A is better.' : 'Your vote: B is better.').waitFor();
    assert.equal(await told.evaluate((node) => node === document.activeElement), true);
    await chat
      .answer(inA ? 0 : 1)
      .locator('.model', { hasText: 'frontier · cloud' })
      .waitFor();
    await chat
      .answer(inA ? 1 : 0)
      .locator('.model', { hasText: 'mid · cloud' })
      .waitFor();
    assert.deepEqual(await problemsOf(chat), []);
    await window.screenshot('blind-voted');
    for (let tries = 0; (await votes()).length < 2; tries++) {
      assert.ok(tries < 50, 'the votes are on the ledger');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.deepEqual(await votes(), ['frontier preferred', 'mid not-preferred']);

    await window.command('Gearshift: Open Insights');
    const page = await window.webview('.period-bar');
    const table = page.getByRole('table', { name: 'Blind votes by category and model' });
    await table.getByText('too close to call').first().waitFor();
    await table.scrollIntoViewIfNeeded();
    await window.screenshot('blind-insights');
  }),
);
