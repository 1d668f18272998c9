import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { RECOMMENDED_MODELS } from '../../src/core/setup/ollamaRecommend.ts';
import { startOllama } from '../servers/ollama.ts';
import { startOpenAi } from '../servers/openai.ts';
import { ChatPage } from './chatPage.ts';
import { openVSCode } from './harness.ts';
import { firstPaint } from '../support/firstPaint.ts';

/** From a profile without a single setting of Gearshift to everything that works, by the user interface alone. */

const KEY = 'sk-first-minutes-canary';
const ollama = await startOllama({
  models: [],
  registry: Object.fromEntries(RECOMMENDED_MODELS.map(({ model }) => [model, [40_000, 500]])),
  pullBytesPerSecond: 40_000,
});
const cloud = await startOpenAi({
  apiKey: KEY,
  // states prices in its list and the cost of each answer, as OpenRouter does
  dialect: 'openrouter',
  models: [
    { name: 'quick', price: { input: 0.27, output: 1.1 } },
    { name: 'deep', price: { input: 5, output: 25 } },
  ],
});
const code = await openVSCode({
  env: { OLLAMA_HOST: new URL(ollama.url).host },
  files: { 'a.ts': 'const value =' },
});
after(async () => {
  await code.close();
  await Promise.all([ollama.stop(), cloud.stop()]);
});

const MOST_GESTURES = 25;

test(
  'ghost text, an answer, an escalation and a non-zero meter in at most 25 clicks and keys beyond typing',
  code.inWindow(async (window) => {
    let gestures = 0;
    const key = async (name: string): Promise<void> => {
      gestures++;
      await window.press(name);
    };
    const click = async (what: { click(): Promise<void> }): Promise<void> => {
      gestures++;
      await what.click();
    };

    // Ollama was found by OLLAMA_HOST; the recommended model is pulled and used.
    await window.command('Gearshift: Open Settings');
    gestures += 2; // F1 and Enter
    const page = await window.webview('#ollama');
    await page.locator('[data-ollama="ollama"]').getByText('Ollama 0.32.9').waitFor();
    const drawn = await page.evaluate(firstPaint);
    const best = page.locator('.card .models .row').first();
    const model = await best.locator('.address').innerText();
    await click(best.getByRole('button', { name: /^Pull/ }));
    await page.getByRole('progressbar', { name: `Pulling ${model}` }).waitFor();
    await page.locator(`[data-pull="${model}"]`).getByText('is there').waitFor();
    await best.getByText('in use').waitFor();

    // A provider with its key.
    await click(page.getByRole('button', { name: 'Add provider' }));
    await window.type('cloud');
    await key('Tab');
    await window.type(cloud.baseUrl);
    await key('Enter');
    await window.page.locator('.quick-input-widget:visible', { hasText: 'API key for cloud' }).waitFor();
    await window.type(KEY);
    await key('Enter');
    const row = page.locator('[data-provider="cloud"]');
    await row.getByText('2 models available').waitFor();

    // Its models for mid and frontier, found over the endpoint's own list.
    for (const [tier, name] of [
      ['mid', 'quick'],
      ['frontier', 'deep'],
    ] as const) {
      const card = page.locator(`[data-tier="${tier}"]`);
      await click(card.getByRole('button', { name: /^Change/ }));
      await window.type(name);
      await card.getByRole('option', { name: new RegExp(`cloud/${name}`) }).waitFor();
      await key('Enter');
      await card.locator('.chain .model', { hasText: `cloud/${name}` }).waitFor();
    }

    // Ghost text.
    ollama.script(' 42;');
    gestures += 2; // Ctrl+P and Enter
    await window.openFile('a.ts');
    await key('Control+End');
    await window.type(' ');
    assert.equal((await window.ghostText()).trim(), '42;');
    await key('Tab');
    assert.match(await window.editorText('a.ts'), /const value = +42;/);

    // An answer.
    await key('ControlOrMeta+Alt+g');
    const chat = await ChatPage.find(window);
    await chat.composer().and(chat.frame.locator(':focus')).waitFor();
    await window.type('Are you there?');
    await key('Enter');
    await click(chat.button('Allow'));
    await chat.ended(0);
    assert.equal(cloud.book.calls[0]?.headers['authorization'], `Bearer ${KEY}`);

    // An escalation.
    await key('Control+1');
    await window.page.locator('.monaco-editor.focused').waitFor(); // a page hands keys on in its own time
    await key('Control+Alt+h');
    await window.page.locator('.quick-input-widget:visible').getByText('no secrets found').waitFor();
    await window.type('Is this right?');
    await key('Enter');
    // The first use of each tier at an address is introduced.
    await click(chat.button('Allow'));
    // An escalation has a thread of its own.
    await chat.frame.getByText('escalated').waitFor();
    await chat.ended(0);
    assert.equal((cloud.book.calls.at(-1)?.body as { model: string }).model, 'deep');

    // A meter that is not zero.
    const amount = window.statusBarItem().filter({ hasText: /\$0\.\d*[1-9]/ });
    await amount.waitFor();
    await click(amount);
    await window.webview('.page h1, main');
    assert.ok(gestures <= MOST_GESTURES, `${gestures} clicks and keys`);

    // All that is ticked off in the walkthrough, to which one can come back.
    await window.command('Gearshift: Get Started');
    const steps = window.page.locator('.getting-started-step');
    await steps.filter({ hasText: 'Find or install Ollama' }).waitFor();
    for (const title of [
      'Find or install',
      'Choose a local',
      'Add a key',
      'Ask something',
      'Escalate a hard',
      'Read the meter',
    ])
      await steps.filter({ hasText: title }).locator('.codicon.complete').first().waitFor();
    await window.screenshot('walkthrough');
    console.log(`settings page drawn ${Math.round(drawn)} ms after its frame began to load`);
    console.log(`first minutes: ${gestures} clicks and keys beyond typing`);
  }),
);
