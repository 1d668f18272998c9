import fs from 'node:fs';
import path from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { startDemo } from '../servers/demo.ts';
import { ChatPage } from './chatPage.ts';
import { openVSCode, QUIET_TYPING, type Theme, type Window } from './harness.ts';

/**
 * Takes the pictures of the walkthrough in a real window, on the models of the demo, one for each of VS Code's kinds of
 * theme. `npm run pictures` starts it.
 */

const FOLDER = path.resolve(import.meta.dirname, '../../media/walkthrough');
/** The pictures show the whole window, so it is as small as one can work in, in pixels. */
const WINDOW = { width: 760, height: 500 };
const MAX_BYTES = 60_000;
const CLOSE_SIDE_BAR = 'Control+Alt+Shift+s';

/** By the names that the manifest has for them. */
const THEMES: Readonly<Record<string, Theme>> = {
  light: 'light2026',
  dark: 'dark2026',
  hc: 'contrast',
  hcLight: 'contrastLight',
};

/** Runs in a page: a picture as WebP. */
async function encode(png: string): Promise<string> {
  const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
  const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/webp', quality: 0.86 })).arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

/** Writes the window as it is. */
async function take(window: Window, encoder: Page, name: string): Promise<void> {
  const png = await window.page.screenshot({ animations: 'disabled' });
  const webp = Buffer.from(await encoder.evaluate(encode, png.toString('base64')), 'base64');
  if (webp.length > MAX_BYTES) throw new Error(`${name} has ${webp.length} bytes.`);
  fs.writeFileSync(path.join(FOLDER, `${name}.webp`), webp);
}

/** Scrolls a part of the page of settings or chat to its top. */
async function showTop(window: Window, part: Locator): Promise<void> {
  await part.evaluate((element) => {
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    element.scrollIntoView({ block: 'start' });
  });
  await window.page.waitForTimeout(300); // the page scrolls
}

async function takeAll(window: Window, encoder: Page): Promise<void> {
  await window.page.setViewportSize(WINDOW);
  const chat = await ChatPage.open(window);
  await chat.mention('leaves.py', 'leaves.py');
  await chat.composer().press('End');
  await window.type('What does this file do?');
  await window.press('Enter');
  await chat.ended(0);
  for (const [look, theme] of Object.entries(THEMES)) {
    await window.setTheme(theme);
    await takeTheme(window, encoder, look);
  }
}

async function takeTheme(window: Window, encoder: Page, look: string): Promise<void> {
  const go = await window.openFile('stock.go');
  const chat = await ChatPage.open(window);
  await showTop(window, chat.frame.locator('article').first());
  await window.page.waitForTimeout(500); // the editor draws its colors
  await take(window, encoder, `chat-${look}`);
  await window.press(CLOSE_SIDE_BAR);
  await window.openFile('stock.go');
  await window.selectLines(8, 12);
  await window.contextMenu(go, 'Gearshift', 'Escalate');
  await window.menuItem('Ask…');
  await window.page
    .locator('.quick-input-widget:visible')
    .getByText(/^Send to .* at most \$/)
    .waitFor();
  await window.quickInput().fill('Is this safe when two goroutines call it?');
  await take(window, encoder, `escalate-${look}`);
  await window.press('Escape');

  const text = fs.readFileSync(path.join(window.code.workspace, 'src/brewing.ts'), 'utf8').split('\n');
  const body = text.findIndex((line) => line.includes('function totalSteepingTime')) + 2;
  await window.openFile('src/brewing.ts');
  await window.goTo(body);
  await window.command('Trigger Inline Suggestion');
  await window.ghostText();
  await take(window, encoder, `model-${look}`);
  await window.hoverMeter();
  await take(window, encoder, `meter-${look}`);

  await window.command('Gearshift: Manage Local Models');
  const settings = await window.webview('#ollama .card');
  await showTop(window, settings.locator('#ollama .card').first());
  await take(window, encoder, `ollama-${look}`);
  await showTop(window, settings.locator('#providers'));
  await take(window, encoder, `key-${look}`);
}

/** Takes the pictures and writes them to `media/walkthrough`. */
export async function takePictures(): Promise<void> {
  const demo = await startDemo();
  const { ollamaUrl, localModel, openAiBaseUrl, midModel, frontierModel, prices } = demo.addresses;
  const code = await openVSCode({
    consents: [demo.openai.url],
    env: { OLLAMA_HOST: undefined },
    keys: { [CLOSE_SIDE_BAR.toLowerCase().replace('control', 'ctrl')]: 'workbench.action.closeSidebar' },
    settings: {
      ...QUIET_TYPING,
      'workbench.layoutControl.enabled': false,
      'gearshift.providers': {
        ollama: { kind: 'ollama', baseUrl: ollamaUrl },
        cloud: { kind: 'openai', baseUrl: openAiBaseUrl, prices },
      },
      'gearshift.tiers.local': [`ollama/${localModel}`],
      'gearshift.tiers.mid': [`cloud/${midModel}`],
      'gearshift.tiers.frontier': [`cloud/${frontierModel}`],
    },
  });
  try {
    await code.inWindow(async (window) => {
      const encoder = await code.context.newPage();
      await takeAll(window, encoder);
      await encoder.close();
    })({ name: 'pictures' });
  } finally {
    await code.close();
    await demo.stop();
  }
}
