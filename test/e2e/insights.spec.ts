import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { openSqliteLedger } from '../../src/storage/ledger/sqlite.ts';
import { makeLedger } from '../support/yearLedger.ts';
import { ChatPage } from './chatPage.ts';
import { openVSCode } from './harness.ts';
import { KEY_ENV, settingsFor, startModels } from './models.ts';

/** Insights in real VS Code: an empty ledger, one day, a year; advice, undo, the keyboard, and pictures. */

const models = await startModels();
const code = await openVSCode({
  consents: [models.cloud.url],
  settings: { ...settingsFor(models), 'gearshift.chat.tier': 'auto' },
  env: KEY_ENV,
  files: { 'a.ts': 'export const list = [];\n' },
});
after(async () => {
  await code.close();
  await models.stop();
});

const ledgerFile = () => path.join(code.globalStorageDir, 'ledger', 'ledger.db');

/**
 * Writes the rows of so many days, as another window would have.
 * @returns when the newest was opened, in ms since the epoch
 */
async function fill(days: number, seed: number): Promise<number> {
  const store = await openSqliteLedger({ file: ledgerFile(), windowId: 'spec' });
  const { opened, settled, outcomes } = makeLedger(days, Date.now(), seed);
  store.include([
    ...opened.map((row) => ({ kind: 'opened', row }) as const),
    ...settled.map((row) => ({ kind: 'settled', row }) as const),
    ...outcomes.map((row) => ({ kind: 'outcome', row }) as const),
  ]);
  await store.close();
  return Math.max(...opened.map(({ openedAt }) => openedAt));
}

const LOOKS = ['dark2026', 'light2026', 'contrast'] as const;

test(
  'Insights shows an empty ledger, a day and a year; advice changes the next route, and undo restores it',
  code.inWindow(async (window) => {
    await window.setTheme('dark2026');
    await window.command('Gearshift: Open Insights');
    // VS Code may load the page of a panel a second time just after it was opened.
    await (await window.webview('.period-bar')).locator('.codicon').first().waitFor();
    await window.page.waitForTimeout(2_000);
    let page = await window.webview('.period-bar');
    await page.getByRole('heading', { name: 'Insights' }).waitFor();
    await page.locator('.amount', { hasText: '$0' }).waitFor();
    await page.getByText('No calls in this period.').waitFor();
    assert.equal(await page.getByRole('heading', { name: 'Advice' }).count(), 0);
    await window.screenshot('insights-empty', 'dark2026');

    const newest = await fill(1, 7);
    page = await window.webview('.period-bar');
    // In the first hours of a month the questions of the last day are in the month before.
    const isEarlier = new Date(newest).getMonth() !== new Date().getMonth();
    if (isEarlier) await page.getByRole('button', { name: 'Earlier' }).click();
    await page
      .getByText(/not enough yet: \d+ of 20/)
      .first()
      .waitFor();
    await window.screenshot('insights-day', 'dark2026');
    if (isEarlier) await page.getByRole('button', { name: 'Later' }).click();

    await fill(365, 8);
    page = await window.webview('.period-bar');
    await page.locator('.advice li', { hasText: 'Send bugs to frontier' }).waitFor();
    for (const look of LOOKS) {
      await window.setTheme(look);
      // A change of the theme may load the page again.
      await window.page.waitForTimeout(1_000);
      await (await window.webview('.advice li')).locator('.cost-bar').last().waitFor();
      await window.screenshot('insights-year', look);
    }
    page = await window.webview('.advice li');
    const card = page.locator('.advice li', { hasText: 'Send bugs to frontier' });

    // The keyboard: the newest bar, the one before it, and the switch.
    const bars = page.locator('.cost-bar');
    await bars.last().focus();
    await window.press('ArrowLeft');
    assert.equal(await bars.nth((await bars.count()) - 2).evaluate((bar) => bar === document.activeElement), true);
    await page.getByRole('button', { name: 'Week', exact: true }).focus();
    await window.press('Enter');
    await page.getByText('Cost by week, eight weeks').first().waitFor();
    await page.getByRole('button', { name: 'Earlier' }).click();
    await page.getByRole('button', { name: 'Later' }).click();

    await card.getByText('Try it on my questions').click();
    await card.getByText('Nothing was sent for this.').waitFor();
    assert.equal(models.cloud.book.calls.length, 0);
    await card.getByRole('button', { name: 'Apply' }).click();
    await page.locator('.applied', { hasText: 'Send bugs to frontier' }).waitFor();
    const chat = await ChatPage.open(window);
    await chat.ask('Fix the crash when the list is empty');
    await chat
      .answer(0)
      .locator('.route', { hasText: /Auto → frontier/ })
      .waitFor();
    await chat.ended(0);

    await page.getByRole('button', { name: 'Undo' }).click();
    await page.locator('.applied').waitFor({ state: 'detached' });
    await chat.newThread();
    await chat.ask('Fix the crash when the list is empty');
    await chat
      .answer(0)
      .locator('.route', { hasText: /Auto → mid/ })
      .waitFor();
    await chat.ended(0);

    // The question is on the page with its category, which the user may correct.
    const [question] = await page.locator('.questions select').all();
    assert.ok(question);
    assert.equal(await question.inputValue(), 'bug');
    await question.selectOption('refactoring');
    const store = await openSqliteLedger({ file: ledgerFile(), windowId: 'spec' });
    try {
      for (let tries = 0; ; tries++) {
        // The page may not have listed the newest one when the user chose.
        const rows = await store.questions({ since: 0, limit: 3 });
        if (rows.some(({ ownCategory }) => ownCategory === 'refactoring')) break;
        assert.ok(tries < 50, 'the correction is on the ledger');
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    } finally {
      await store.close();
    }
    assert.ok(fs.existsSync(ledgerFile()));
  }),
);
