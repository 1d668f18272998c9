import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { ChatPage } from './chatPage.ts';
import { openVSCode } from './harness.ts';
import { KEY_ENV, settingsFor, startModels } from './models.ts';

const models = await startModels();
const { cloud } = models;
const code = await openVSCode({
  consents: [models.cloud.url],
  settings: settingsFor(models),
  env: KEY_ENV,
  files: { 'a.ts': 'const a = 1;\n', 'long.ts': 'export const limit = compute(previous, next);\n'.repeat(1_300) },
});
after(async () => {
  await code.close();
  await models.stop();
});
beforeEach(() => cloud.reset());

const REFUSING = {
  'gearshift.budgets': [{ usd: 0.0001, period: 'month', stop: 'refuse' }],
  'gearshift.tiers.localAnswers': ['ollama/llama3.2:3b'],
};

test(
  'at its budget a question is not sent: the user sees the figures, and can still send it; the meter warns',
  code.inWindow({ settings: { 'gearshift.budgets': [{ usd: 0.001, period: 'day' }] } }, async (window) => {
    const chat = await ChatPage.open(window);
    await chat.ask('Is this within the budget?');
    const refused = chat.answer(0).locator('.status');
    await refused
      .filter({ hasText: /Budget \$0\.0010 a day: \$0 spent, \$0\.0010 left\. This may cost up to/ })
      .waitFor();
    assert.equal(cloud.book.calls.length, 0);
    await chat.answer(0).getByRole('button', { name: 'Send anyway' }).click();
    await refused.waitFor({ state: 'detached' });
    await chat.answer(0).locator('.small-print .cost').waitFor();
    await chat.ended(0);
    assert.equal(cloud.book.calls.length, 1);
    const hover = await window.hoverMeter();
    await hover.getByText(/Budget \$0\.0010 a day/).waitFor();
  }),
);

test(
  'a budget that refuses has no such button, and does not affect the local tier',
  code.inWindow({ settings: REFUSING, used: true }, async (window) => {
    const chat = await ChatPage.open(window);
    await chat.ask('And now?');
    await chat.answer(0).locator('.status', { hasText: 'a month' }).waitFor();
    assert.equal(await chat.answer(0).getByRole('button', { name: 'Send anyway' }).count(), 0);
    await chat.chooseTier('local');
    await chat.ask('And locally?');
    await chat.ended(1);
    assert.equal(cloud.book.calls.length, 0);
  }),
);

test(
  'with $0.30 left Auto steps down before the budget refuses, says so, and a refusal offers mid',
  code.inWindow(
    {
      settings: {
        'gearshift.chat.tier': 'auto',
        'gearshift.confirmAbove': 100,
        'gearshift.budgets': [{ usd: 0.3, period: 'day', tier: 'frontier', stop: 'refuse' }],
      },
      used: true,
    },
    async (window) => {
      const chat = await ChatPage.open(window);
      await chat.newThread();
      await chat.frame.locator('.tier-button', { hasText: 'Auto' }).waitFor();
      const sent = cloud.book.calls.length;
      await chat.mention('file:long', 'long.ts');
      await chat.ask('Redesign the architecture of this module: decide on boundaries, migration and consistency.');
      const answer = await chat.ended(0);
      assert.match(
        await chat.routeOf(answer),
        /Auto chose mid: the frontier budget has \$0\.30 left and this may cost \$0\.\d\d, so mid/,
      );
      assert.deepEqual(
        cloud.book.calls.slice(sent).map(({ body }) => (body as { model: string }).model),
        ['mid'],
        'nothing was refused',
      );
      // What the user chooses against the budget is refused, with the way down.
      await chat.chooseTier('frontier');
      await chat.mention('file:long', 'long.ts');
      await chat.ask('And the same from frontier?');
      await chat.answer(1).locator('.status', { hasText: 'Budget $0.30 a day for frontier' }).waitFor();
      await chat.answer(1).getByRole('button', { name: 'Use mid' }).click();
      await chat.answer(1).locator('.tier-name', { hasText: 'mid' }).waitFor();
      await chat.ended(1);
    },
  ),
);

test(
  'an escalation that may cost more than the set amount shows its estimate and asks',
  // Without the preview, which shows the estimate as well.
  code.inWindow(
    { settings: { 'gearshift.confirmAbove': 0.1, 'gearshift.escalate.previewAbove': 100 }, used: true },
    async (window) => {
      const editor = await window.openFile('a.ts');
      await window.selectLines(1, 1);
      await window.contextMenu(editor, 'Gearshift', 'Escalate');
      await window.menuItem('Explain');
      const chat = await ChatPage.find(window);
      const card = chat.frame.locator('.consent');
      await card.waitFor();
      await card.getByText('Details').click();
      const words = await card.innerText();
      assert.match(words, /frontier, about \d+ tokens in/);
      assert.match(words, /likely \$0\.\d+, at most \$0\.\d+/);
      assert.equal(cloud.book.calls.length, 0);
      await chat.button('Send').click();
      await chat.ended(0);
      assert.equal(cloud.book.calls.length, 1);
    },
  ),
);
