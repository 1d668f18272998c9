import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { startOllama } from '../servers/ollama.ts';
import { startOpenAi } from '../servers/openai.ts';
import { openVSCode } from './harness.ts';

/** Settings that come from elsewhere: Continue's file, the environment, presets. */

const KEY = 'canary-import-0815-key';
const ollama = await startOllama({ models: ['qwen2.5-coder:1.5b-base', 'llama3.2:3b'] });
const cloud = await startOpenAi({ apiKey: KEY, models: [{ name: 'chatty' }] });
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gearshift-continue-'));
fs.writeFileSync(
  path.join(folder, 'config.yaml'),
  `name: Mine
version: 1.0.0
schema: v1
models:
  - { name: Tab, provider: ollama, model: "qwen2.5-coder:1.5b-base", apiBase: "${ollama.url}", roles: [autocomplete] }
  - { name: Chatty, provider: openai, model: chatty, apiBase: "${cloud.baseUrl}", apiKey: ${KEY} }
rules: [Be brief]
`,
);
/** A server without a name of its own is called by its place. */
const CHATTY = `local-${new URL(cloud.baseUrl).port}`;
const code = await openVSCode({
  env: {
    OLLAMA_HOST: new URL(ollama.url).host,
    CONTINUE_GLOBAL_DIR: folder,
    GROQ_API_KEY: 'canary-import-0816-key',
  },
  files: { 'a.ts': '\n' },
});
after(async () => {
  await code.close();
  await Promise.all([ollama.stop(), cloud.stop()]);
  fs.rmSync(folder, { recursive: true });
});

const settingsText = (): string => fs.readFileSync(code.server.settingsFile, 'utf8');

test(
  "Continue's models become tiers, its key goes into the secret storage, and what was left is listed",
  code.inWindow(async (window) => {
    await window.command('Gearshift: Import Settings…');
    await window.pick('Continue config.yaml');
    const dialog = window.dialog('Import from Continue config.yaml?');
    await dialog.getByText(/rules: not supported by Gearshift/).waitFor();
    await dialog.getByRole('button', { name: 'Import' }).click();
    const page = await window.webview('#presets');
    await page.locator('.imported').getByText(`the key of ${CHATTY}, into the secret storage`).waitFor();
    await page.locator('.imported').getByText('rules: not supported by Gearshift').waitFor();
    await page.locator('[data-tier="mid"] .chain .model', { hasText: `${CHATTY}/chatty` }).waitFor();
    const row = page.locator(`[data-provider="${CHATTY}"]`);
    await row.getByText('key stored').waitFor();
    await row.getByRole('button', { name: /^Test/ }).click();
    await row.getByText('1 model available').waitFor();
    assert.equal(cloud.book.last?.headers['authorization'], `Bearer ${KEY}`);
    assert.doesNotMatch(settingsText() + code.logs() + (await page.locator('body').innerHTML()), /canary-import/);
  }),
);

test(
  'keys of the environment are taken by the name of their variable',
  code.inWindow(async (window) => {
    await window.command('Gearshift: Import Settings…');
    await window.pick('Environment variables');
    await window.dialog('Import from Environment variables?').getByRole('button', { name: 'Import' }).click();
    const page = await window.webview('#presets');
    await page.locator('[data-provider="groq"]').getByText('key from the environment variable GROQ_API_KEY').waitFor();
    assert.doesNotMatch(settingsText(), /canary-import/);
    assert.match(settingsText(), /GROQ_API_KEY/);
  }),
);

test(
  'a preset sets all tiers, says what it would cost and needs, and can be undone',
  code.inWindow(async (window) => {
    await window.command('Gearshift: Open Settings');
    const page = await window.webview('#presets');
    const preset = page.locator('[data-preset="all-local"]');
    await preset.getByText('$0 a month').waitFor();
    await preset.getByText('mid: ollama/llama3.2:3b').waitFor();
    const before = await page.locator('[data-tier="mid"] .chain .model').innerText();
    await page
      .locator('[data-preset="three-layers"]')
      .getByText(/about \$\d+\.\d\d a month/)
      .waitFor();
    await preset.getByRole('button', { name: /^Use this/ }).click();
    await preset.getByText('active').waitFor();
    await page.locator('[data-tier="mid"] .chain .model', { hasText: 'ollama/llama3.2:3b' }).waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.locator('[data-tier="mid"] .chain .model', { hasText: before }).waitFor();
    // The three are taken back one after the other.
    for (let i = 0; i < 50 && /tiers/.test(settingsText()); i++) await window.page.waitForTimeout(100);
    assert.doesNotMatch(settingsText(), /tiers/);
  }),
);
