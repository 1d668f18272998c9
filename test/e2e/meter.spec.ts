import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, beforeEach, test } from 'node:test';
import { formatUsd } from '../../src/core/money/pricing.ts';
import { openLedger } from '../../src/storage/ledger/openLedger.ts';
import path from 'node:path';
import { ChatPage } from './chatPage.ts';
import { openVSCode, type Window } from './harness.ts';
import { KEY_ENV, settingsFor, startModels } from './models.ts';

const models = await startModels();
const { cloud, ollama } = models;
const code = await openVSCode({
  consents: [models.cloud.url],
  settings: settingsFor(models),
  env: KEY_ENV,
  files: { 'a.ts': 'const value = 1;\n\n' },
});
after(async () => {
  await code.close();
  await models.stop();
});
beforeEach(() => {
  cloud.reset();
  ollama.reset();
});

/** A name that a server may give to a model. */
const HOSTILE = '<b>x</b><img src=x> $(bug) [y](command:gearshift.ledger.clear)';

/** Nano-USD and rows of everything on the ledger, read from its file. */
async function readLedger() {
  const { store } = await openLedger({
    dir: path.join(code.globalStorageDir, 'ledger'),
    windowId: 'spec',
    clock: Date.now,
    log: () => undefined,
  });
  const rows = await store.rows({ since: 0 });
  const totals = await store.totals(0);
  await store.close();
  return { rows, nanoUsd: totals.reduce((sum, total) => sum + total.nanoUsd, 0) };
}

/** Asks a number of questions, mixing tiers; every fourth goes to the frontier. */
async function talk(chat: ChatPage, questions: number): Promise<void> {
  const before = await chat.frame.locator('article.answer').count();
  for (let i = 0; i < questions; i++) {
    if (i % 4 === 3) await chat.chooseTier('frontier');
    if (i % 4 === 0 && i > 0) await chat.chooseTier('mid');
    await chat.ask(`Question ${i}`);
    await chat.ended(before + i);
  }
}

async function type(window: Window, words: readonly string[]): Promise<void> {
  await window.openFile('a.ts');
  await window.goTo(2, 999);
  for (const word of words) {
    const calls = ollama.book.calls.length;
    await window.type(word);
    await ollama.book.waitFor((book) => book.calls.length > calls, 45_000);
    await window.press('Enter');
  }
}

test(
  "after a mixed session of more than thirty calls in two windows the meter equals the servers' book to the last nano-dollar",
  code.inWindow(async (first) => {
    const second = await code.newWindow();
    await Promise.all([
      type(first, ['const a = ', 'const b = ', 'const c = ', 'const d = ']),
      (async () => {
        const chat = await ChatPage.open(second);
        await talk(chat, 14);
      })(),
    ]);
    const chat = await ChatPage.open(first);
    cloud.next('status:400');
    await chat.ask('This one is turned away');
    await chat.ended(0);
    await Promise.all([talk(chat, 12), type(second, ['const e = ', 'const f = '])]);

    const book = cloud.book.totals();
    assert.ok(
      book.modelCalls + ollama.book.calls.length >= 30,
      `${book.modelCalls} + ${ollama.book.calls.length} calls`,
    );
    const shown = formatUsd(book.costNano);
    for (const window of [first, second]) {
      await window.page.waitForFunction(
        ([selector, text]) => document.querySelector(selector ?? '')?.textContent?.includes(text ?? '') ?? false,
        ['#gearshift\\.gearshift\\.meter', shown],
        { timeout: 2_000 },
      );
    }
    const { rows, nanoUsd } = await readLedger();
    assert.equal(nanoUsd, book.costNano);
    assert.equal(rows.filter(({ provider }) => provider === 'cloud').length, cloud.book.calls.length);
    assert.ok(rows.every(({ settled }) => settled !== null));
    assert.equal(new Set(rows.map(({ windowId }) => windowId)).size, 2);
    const local = rows.filter(({ tier }) => tier === 'local');
    assert.ok(
      local.length >= 6 && local.every(({ settled }) => settled?.cost.source === 'free' && settled.cost.nanoUsd === 0),
    );

    const hover = await (await first.hoverMeter()).innerText();
    for (const words of ['Today', '7 days', 'This month', shown, 'local', 'mid', 'frontier', 'completions'])
      assert.ok(hover.includes(words), `${words} in: ${hover}`);
    await second.close();
  }),
);

test(
  'T08 the hover shows the name of a model as text, whatever it looks like, and its links run their commands',
  code.inWindow({ used: true, settings: { 'gearshift.tiers.frontier': [`cloud/${HOSTILE}`] } }, async (window) => {
    const hover = await window.hoverMeter();
    // In the row of its tier, and in the sentence that another model answers now.
    await hover.locator('td', { hasText: HOSTILE }).waitFor();
    await hover.locator('p', { hasText: HOSTILE }).waitFor();
    assert.equal(await hover.locator('img, b, .codicon-bug').count(), 0);
    assert.deepEqual(await hover.locator('a').allInnerTexts(), [
      'Compare on kept tasks',
      'Insights',
      'Settings',
      'Pause completions',
      'Export',
    ]);
    await hover.getByText('Pause completions').click();
    await window.page.locator('.statusbar-item .codicon-circle-slash').first().waitFor();
    const again = await window.hoverMeter();
    await again.getByText('Resume completions').click();
    await window.page.locator('.statusbar-item .codicon-circle-slash').first().waitFor({ state: 'detached' });
  }),
);

test(
  "the meter's page and the export agree with the ledger",
  code.inWindow({ used: true }, async (window) => {
    await window.command('Gearshift: Open Insights');
    const page = await window.webview('#root table');
    const { nanoUsd, rows } = await readLedger();
    await page.getByText(formatUsd(nanoUsd)).first().waitFor();
    await window.command('Gearshift: Export Ledger');
    const name = `gearshift-ledger-${new Date().toISOString().slice(0, 10)}.csv`;
    await window.page.waitForFunction(
      (end) =>
        [...document.querySelectorAll('.quick-input-widget input.input')].some((input) =>
          (input as HTMLInputElement).value.endsWith(end),
        ),
      name,
    );
    await window.press('Enter');
    await window.notification(/rows of the ledger exported/).waitFor();
    const lines = fs.readFileSync(path.join(code.workspace, name), 'utf8').trim().split('\r\n');
    assert.equal(lines.length, rows.length + 1);
    const column = lines[0]?.split(',').indexOf('costNanoUsd') ?? -1;
    assert.equal(
      lines.slice(1).reduce((sum, line) => sum + Number(line.split(',')[column]), 0),
      nanoUsd,
    );
  }),
);
