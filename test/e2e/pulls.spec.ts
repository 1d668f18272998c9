import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { startOllama } from '../servers/ollama.ts';
import { openVSCode, type Window } from './harness.ts';

/** Downloads of models, through the settings page. */

const MODEL = 'starcoder2:3b';
const ollama = await startOllama({ models: ['qwen2.5-coder:1.5b-base'], registry: { [MODEL]: [300_000, 500] } });
const code = await openVSCode({ env: { OLLAMA_HOST: new URL(ollama.url).host }, files: { 'a.ts': '\n' } });
after(async () => {
  await code.close();
  await ollama.stop();
});
beforeEach(() => ollama.reset());

async function startPull(window: Window) {
  await window.command('Gearshift: Manage Local Models');
  const page = await window.webview('#ollama');
  await page.getByRole('textbox', { name: 'Another model' }).fill(MODEL);
  await page.getByRole('textbox', { name: 'Another model' }).press('Enter');
  return page;
}

test(
  'a pull shows bytes and time left, is canceled in the page, and resumed where it was',
  code.inWindow(async (window) => {
    ollama.timing.pullBytesPerSecond = 20_000;
    const page = await startPull(window);
    const pull = page.locator(`[data-pull="${MODEL}"]`);
    await pull.getByText(/\d+ kB of 30[01] kB · \d+ kB\/s · \d+ s left/).waitFor();
    await window.notification(`Pulling ${MODEL}`).waitFor();
    await pull.getByRole('button', { name: /^Cancel/ }).click();
    await pull.getByText(/^Stopped at \d+ kB of 30[01] kB/).waitFor();
    await ollama.book.waitFor((book) => book.entries.find((entry) => entry.closedBy === 'client'));
    const kept = ollama.pulledBytes(MODEL);
    assert.ok(kept > 0 && kept < 300_000, `${kept}`);
    ollama.timing.pullBytesPerSecond = 400_000;
    await pull.getByRole('button', { name: /^Resume/ }).click();
    await pull.getByText('is there').waitFor();
    assert.ok(ollama.models().includes(MODEL));
    // It was pulled to be used.
    await page.locator('[data-tier="local"] .chain li').first().getByText(MODEL).waitFor();
  }),
);

test(
  'a full disk and a lost connection say what helps, and pulling again works',
  code.inWindow({ used: true }, async (window) => {
    ollama.removeModel(MODEL);
    ollama.timing.pullBytesPerSecond = 300_000;
    const message = 'write /root/.ollama/models/blobs/sha256-1-partial-0: no space left on device';
    ollama.next({ error: { afterTokens: 2, message } }, '/api/pull');
    const page = await startPull(window);
    const pull = page.locator(`[data-pull="${MODEL}"]`);
    await pull.getByText(/disk on which Ollama keeps its models is full.*OLLAMA_MODELS/).waitFor();
    ollama.next({ error: { afterTokens: 1, message: 'max retries exceeded: unexpected EOF' } }, '/api/pull');
    await pull.getByRole('button', { name: /^Pull again/ }).click();
    await pull.getByText(/was interrupted.*resumes it/).waitFor();
    await pull.getByRole('button', { name: /^Pull again/ }).click();
    await pull.getByText('is there').waitFor();
  }),
);
