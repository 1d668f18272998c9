import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startOpenAi } from '../servers/openai.ts';
import { ChatPage } from './chatPage.ts';
import { openVSCode } from './harness.ts';
import { KEY_ENV, settingsFor, startModels } from './models.ts';

/** The meter of the context window, and what happens when it is full, in real VS Code. */

const models = await startModels();
/** States its windows and prices as OpenRouter does. */
const small = await startOpenAi({
  apiKey: 'sk-right',
  models: [{ name: 'small', contextLength: 20_000, price: { input: 0.27, output: 1.1 } }],
});
const settings = settingsFor(models);
const code = await openVSCode({
  consents: [models.cloud.url, small.url],
  settings: {
    ...settings,
    'gearshift.providers': {
      ...settings['gearshift.providers'],
      small: {
        kind: 'openai',
        baseUrl: small.baseUrl,
        prices: { small: { input: 0.27, output: 1.1 } },
        contextTokens: { small: 2_600 },
        apiKeyEnv: 'GEARSHIFT_TEST_KEY',
      },
    },
    'gearshift.tiers.mid': ['small/small'],
  },
  env: KEY_ENV,
  files: { 'a.ts': 'let a;\n' },
});
after(async () => {
  await code.close();
  await Promise.all([models.stop(), small.stop()]);
});

const LONG = 'lorem ipsum dolor '.repeat(190);

test(
  'the meter says share and cost while typing, and that turns will be folded; the fold is shown and opens',
  code.inWindow(async (window) => {
    small.script(({ prompt }) => (prompt.includes('Write the notes.') ? 'NOTES: locks.' : `Answer. ${LONG}`));
    const chat = await ChatPage.open(window);
    await chat.composer().click();
    await chat.composer().pressSequentially('What is a lock?');
    await chat.frame.locator('.room[title*="~$0.000"]', { hasText: /<\$0\.01/ }).waitFor();
    await chat.composer().press('Enter');
    await chat.ended(0);
    await chat.ask('And a mutex?');
    await chat.ended(1);
    await chat.composer().fill(`Compare. ${LONG}`);
    await chat.frame.locator('.composer-problem', { hasText: 'the mid tier will summarize the' }).waitFor();
    await window.screenshot('chat-window-near');
    await chat.composer().press('Enter');
    await chat.ended(2);
    const fold = chat.frame.locator('.fold');
    await fold.click();
    await fold.getByText('NOTES: locks.').waitFor();
    await window.screenshot('chat-fold');
    const last = JSON.stringify(small.book.calls.at(-1)?.body);
    assert.match(last, /NOTES: locks/);
    assert.doesNotMatch(last, /What is a lock/);
    await window.reload();
    const again = await ChatPage.open(window);
    await again.frame.locator('.fold').waitFor();
  }),
);
