import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ChatPage } from './chatPage.ts';
import { openVSCode } from './harness.ts';

/** The first question of a user who has set up nothing: no key, and no Ollama. */

const code = await openVSCode({ env: { OLLAMA_HOST: '127.0.0.1:1' }, files: { 'a.ts': 'const a = 1;\n' } });
after(() => code.close());

test(
  'the first question without anything set up sends nothing and shows what is missing, with buttons that lead there',
  code.inWindow(async (window) => {
    const chat = await ChatPage.open(window);
    await chat.frame.locator('.tier-button', { hasText: 'Auto' }).waitFor();
    await chat.ask('What does this project do?');
    const answer = chat.answer(0);
    await answer.locator('.status', { hasText: 'Nothing was sent: no model is ready to answer yet.' }).waitFor();
    const card = answer.getByRole('region', { name: 'Set up a model' });
    assert.deepEqual(await card.locator('li').allInnerTexts(), [
      'mid: OpenRouter has no API key.',
      'local: no model on this computer is set to answer questions.',
    ]);
    assert.equal(await answer.locator('.hand-over').count(), 0, 'there is nothing to hand over');
    assert.equal(await chat.frame.locator('.consent').count(), 0, 'consent is not asked for');
    await card.getByRole('button', { name: 'Set API key for OpenRouter' }).click();
    await window.page.locator('.quick-input-widget:visible', { hasText: 'API key for OpenRouter' }).waitFor();
    await window.press('Escape');
    await card.getByRole('button', { name: 'Choose a local model' }).click();
    const page = await window.webview('#tiers');
    await page.locator('[data-tier="local"]').getByText('Answers with').waitFor();
  }),
);
