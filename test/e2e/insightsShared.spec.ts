import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { exportRows } from '../../src/core/ledger/export.ts';
import type { LedgerRow } from '../../src/core/ledger/ledger.ts';
import { openSqliteLedger } from '../../src/storage/ledger/sqlite.ts';
import { makeLedger } from '../support/yearLedger.ts';
import { ChatPage } from './chatPage.ts';
import { openVSCode, type Window } from './harness.ts';
import { KEY_ENV, settingsFor, startModels } from './models.ts';

/** Insights in real VS Code: what is shared (report, a colleague's export), the watched week, a flat plan, a narrow page. */

const models = await startModels();
const settings = { ...settingsFor(models), 'gearshift.chat.tier': 'auto' };
const code = await openVSCode({
  consents: [models.cloud.url],
  settings,
  env: KEY_ENV,
  files: { 'a.ts': 'export const list = [];\n' },
});
after(async () => {
  await code.close();
  await models.stop();
});

const DAYS = 40;
const COLLEAGUES = 'colleague.json';

/** Writes the rows of so many days, as another window would have. */
async function fill(): Promise<void> {
  const file = path.join(code.globalStorageDir, 'ledger', 'ledger.db');
  const store = await openSqliteLedger({ file, windowId: 'spec' });
  const { opened, settled, outcomes } = makeLedger(DAYS, Date.now(), 5);
  store.include([
    ...opened.map((row) => ({ kind: 'opened', row }) as const),
    ...settled.map((row) => ({ kind: 'settled', row }) as const),
    ...outcomes.map((row) => ({ kind: 'outcome', row }) as const),
  ]);
  await store.close();
}

/** The export of a colleague who asked for ten days. */
function writeColleagues(): { readonly questions: number } {
  const { opened, settled } = makeLedger(10, Date.now(), 99);
  const rows = opened.map((row, index): LedgerRow => {
    const { attemptId: _, ...end } = settled[index] as (typeof settled)[number];
    return { ...row, settled: end };
  });
  fs.writeFileSync(path.join(code.workspace, COLLEAGUES), exportRows(rows, 'json'));
  return { questions: rows.filter(({ task }) => task !== 'completion').length };
}

async function openInsights(window: Window) {
  await window.command('Gearshift: Open Insights');
  // VS Code may load the page of a panel a second time just after it was opened.
  await (await window.webview('.period-bar')).locator('.codicon').first().waitFor();
  await window.page.waitForTimeout(2_000);
  return window.webview('.period-bar');
}

/** Waits for VS Code's simple file dialog, types a path where one is given, and takes it. */
async function takeFile(window: Window, end: string, file?: string): Promise<void> {
  const input = window.page.locator('.quick-input-widget:visible input.input');
  await input.waitFor();
  // The dialog writes its folder there first, and after a moment.
  for (const end = Date.now() + 45_000; file && (await input.inputValue()) !== file;) {
    assert.ok(Date.now() < end, `the dialog says ${await input.inputValue()}`);
    if ((await input.inputValue()) !== '') await input.fill(file);
    await window.page.waitForTimeout(300);
  }
  await window.page.waitForFunction(
    (wanted) =>
      [...document.querySelectorAll('.quick-input-widget input.input')].some((each) =>
        (each as HTMLInputElement).value.endsWith(wanted),
      ),
    end,
  );
  await window.press('Enter');
}

test(
  'the report of a period is one file without scripts or questions, and a colleague is compared read-only',
  code.inWindow(async (window) => {
    await fill();
    const { questions } = writeColleagues();
    const page = await openInsights(window);
    await page.locator('.advice li').first().waitFor();
    const amount = await page.locator('.amount').innerText();

    await page.getByRole('button', { name: 'Report' }).click();
    await takeFile(window, '.html');
    await window.notification('The report was saved.').waitFor();
    const name = fs.readdirSync(code.workspace).find((file) => file.endsWith('.html'));
    assert.ok(name);
    const html = fs.readFileSync(path.join(code.workspace, name), 'utf8');
    assert.ok(html.includes(amount.trim()), 'the amount of the page');
    assert.doesNotMatch(html, /<script|\son\w+=|https?:\/\/|src=/i);

    await page.getByRole('button', { name: "Compare with a colleague's export" }).click();
    await takeFile(window, COLLEAGUES, path.join(code.workspace, COLLEAGUES));
    const table = page.getByRole('table', { name: /^A colleague's ledger, (9|10) days$/ });
    await table.getByRole('row', { name: new RegExp(`^Questions.* ${questions} `) }).waitFor();
    assert.equal(models.cloud.book.calls.length, 0, 'nothing was sent');
  }),
);

test(
  'Watch a week counts questions without changing them, survives a reload, and After a month ticks what the ledger says',
  code.inWindow({ used: true }, async (window) => {
    let page = await openInsights(window);
    await page.getByRole('button', { name: 'Watch a week' }).click();
    await page.locator('.watch', { hasText: 'Day 1 of 7.' }).waitFor();
    const chat = await ChatPage.open(window);
    await chat.ask('Fix the crash when the list is empty');
    await chat.ended(0);
    await window.reload();
    page = await openInsights(window);
    await page.locator('.watch', { hasText: 'Day 1 of 7.' }).waitFor();
    await page.locator('.watch', { hasText: /Questions so far: [1-9]/ }).waitFor();
    await page.getByRole('button', { name: 'Stop watching' }).click();
    await page.getByRole('button', { name: 'Watch a week' }).waitFor();

    await window.command('Gearshift: After a Month');
    const steps = window.page.locator('.getting-started-step');
    const step = (words: RegExp) => steps.filter({ hasText: words });
    await step(/report/i)
      .locator('.codicon.complete')
      .first()
      .waitFor();
    await step(/advice/i)
      .locator('.codicon.complete')
      .first()
      .waitFor();
    assert.equal(
      await step(/Watch a week/i)
        .locator('.codicon.complete')
        .count(),
      0,
      'the week was not watched',
    );
    assert.equal(
      await step(/budget/i)
        .locator('.codicon.complete')
        .count(),
      0,
    );
    await window.screenshot('insights-after-month');
  }),
);

test(
  'a call under a flat plan is in plan on the meter, in its hover and in Insights',
  code.inWindow({ used: true }, async (window) => {
    const { ollama, cloud } = settings['gearshift.providers'];
    await window.setSetting('gearshift.providers', { ollama, cloud: { ...cloud, monthlyPlan: 3 } });
    const chat = await ChatPage.open(window);
    await chat.newThread();
    await chat.ask('What is a monad?');
    await chat.ended(0);
    await chat.answer(0).locator('.small-print', { hasText: 'in plan' }).waitFor();
    const hover = await window.hoverMeter();
    await hover.getByText(/Plan cloud, \$3\.00 a month: by list price, its calls would have cost \$\d/).waitFor();
    await window.screenshot('insights-plan-hover');
    const page = await openInsights(window);
    await page.locator('.facts li', { hasText: /^Plan cloud, \$3\.00 a month/ }).waitFor();
    await page
      .locator('.ledger td.cost', { hasText: /^in plan \(\$0\.\d+\)/ })
      .first()
      .waitFor();
  }),
);

test(
  'a page of 260 px holds everything, by keyboard too; pictures of each part',
  code.inWindow({ used: true }, async (window) => {
    let page = await openInsights(window);
    for (const look of ['dark2026', 'light2026', 'contrast'] as const) {
      await window.setTheme(look);
      await window.page.waitForTimeout(1_000);
      page = await window.webview('#what-if-title');
      for (const part of ['money', 'time', 'quality', 'what-if']) {
        await page.locator(`#${part}-title`).evaluate((title) => title.scrollIntoView());
        await window.screenshot(`insights-${part}-${look}`);
      }
    }
    await window.command('View: Toggle Primary Side Bar Visibility');
    await window.page.setViewportSize({ width: 320, height: 900 });
    page = await window.webview('#what-if-title');
    const width = await page.evaluate(() => document.documentElement.clientWidth);
    assert.ok(width <= 300, `${width} px`);
    assert.equal(
      await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
      0,
    );
    for (const part of ['money', 'quality', 'what-if']) {
      await page.locator(`#${part}-title`).evaluate((title) => title.scrollIntoView());
      await window.screenshot(`insights-narrow-${part}`);
    }
    // A slider by keyboard: the split changes, and the cost with it.
    const slider = page.getByRole('slider').first();
    const before = await slider.inputValue();
    await slider.focus();
    await window.press('ArrowRight');
    await page.waitForFunction(
      (value) => document.querySelector<HTMLInputElement>('input[type=range]')?.value === value,
      String(Number(before) + 5),
    );
    await window.page.setViewportSize({ width: 1400, height: 900 });
  }),
);
