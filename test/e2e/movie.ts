import fs from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { startDemo } from '../servers/demo.ts';
import { animate, type Frame } from '../tools/webp.mjs';
import { ChatPage } from './chatPage.ts';
import { openVSCode, QUIET_TYPING, type Window } from './harness.ts';

/**
 * Records the moving picture of the README in a real window, on the models of the demo: ghost text, an escalation with
 * its price, the answer, the meter. `npm run movie` starts it.
 */

const FILE = path.resolve(import.meta.dirname, '../../media/screenshots/gearshift.webp');
const SIZE = { width: 1120, height: 680 };
const MAX_BYTES = 1_200_000;
const MAX_MS = 10_500;
/** Milliseconds in which the answer is written, however long the model takes. */
const ANSWER_MS = 1_200;
const QUALITY = 0.8;

interface Shot {
  readonly png: Buffer;
  /** Milliseconds that it is shown. */
  ms: number;
}

/** Takes pictures of a window. */
class Recorder {
  readonly shots: Shot[] = [];
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** @param ms milliseconds that the picture is shown */
  async take(ms: number): Promise<void> {
    this.shots.push({ png: await this.#page.screenshot({ animations: 'disabled' }), ms });
  }
}

async function play(window: Window): Promise<readonly Shot[]> {
  const recorder = new Recorder(window.page);
  await ChatPage.open(window);
  await window.page.setViewportSize(SIZE);

  const text = fs.readFileSync(path.join(window.code.workspace, 'src/brewing.ts'), 'utf8').split('\n');
  const body = text.findIndex((line) => line.includes('function totalSteepingTime')) + 2;
  await window.openFile('src/brewing.ts');
  await window.goTo(body);
  await recorder.take(500);
  for (const part of ['  ret', 'urn ', 'tea', '.']) {
    await window.type(part);
    await recorder.take(120);
  }
  await window.ghostText();
  await recorder.take(1000);
  await window.press('Tab');
  await window.page.waitForTimeout(300); // the editor draws what was accepted
  await recorder.take(500);

  const go = await window.openFile('stock.go');
  await window.selectLines(8, 12);
  await recorder.take(400);
  await window.contextMenu(go, 'Gearshift', 'Escalate');
  await window.page.locator('.monaco-menu .action-item', { hasText: 'Ask…' }).last().waitFor();
  await recorder.take(800);
  await window.menuItem('Ask…');
  await window.page.locator('.quick-input-widget:visible').getByText('no secrets found').waitFor();
  await recorder.take(400);
  for (const part of ['Is this safe ', 'when two ', 'goroutines ', 'call it?']) {
    await window.type(part);
    await recorder.take(150);
  }
  await recorder.take(1100);
  await window.press('Enter');

  const chat = await ChatPage.find(window);
  await chat.frame.locator('article.answer').first().waitFor();
  const written = recorder.shots.length;
  let done = false;
  const end = chat.ended(0).then(() => (done = true));
  while (!done) {
    await recorder.take(0);
    await window.page.waitForTimeout(400);
  }
  await end;
  const ofAnswer = recorder.shots.slice(written);
  for (const shot of ofAnswer) shot.ms = Math.round(ANSWER_MS / ofAnswer.length);
  await recorder.take(1300);
  await window.hoverMeter();
  await recorder.take(2000);
  return recorder.shots;
}

interface Part {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly webp: string;
}

/** Runs in a page: the part of a picture that differs from the one before, as WebP; undefined where nothing does. */
async function encodeChange([png, before, quality]: [string, string | undefined, number]): Promise<Part | undefined> {
  const load = async (data: string) => createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
  const draw = (bitmap: ImageBitmap): OffscreenCanvasRenderingContext2D => {
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
    if (!context) throw new Error('no canvas');
    context.drawImage(bitmap, 0, 0);
    return context;
  };
  const bitmap = await load(png);
  let [left, top, right, bottom] = [0, 0, bitmap.width, bitmap.height];
  if (before !== undefined) {
    const pixels = (context: OffscreenCanvasRenderingContext2D) =>
      new Uint32Array(context.getImageData(0, 0, bitmap.width, bitmap.height).data.buffer);
    const now = pixels(draw(bitmap));
    const old = pixels(draw(await load(before)));
    [left, top, right, bottom] = [bitmap.width, bitmap.height, 0, 0];
    for (const [n, value] of now.entries()) {
      if (value === old[n]) continue;
      const [x, y] = [n % bitmap.width, Math.floor(n / bitmap.width)];
      [left, right] = [Math.min(left, x), Math.max(right, x + 1)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y + 1)];
    }
    if (right === 0) return undefined;
    [left, top] = [left - (left % 2), top - (top % 2)];
  }
  const [width, height] = [right - left, bottom - top];
  const part = draw(await createImageBitmap(bitmap, left, top, width, height));
  const blob = await part.canvas.convertToBlob({ type: 'image/webp', quality });
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const webp = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  return { x: left, y: top, width, height, webp };
}

/** @returns a WebP file of the shots; a shot in which nothing changes makes the one before longer */
async function encode(page: Page, shots: readonly Shot[]): Promise<Buffer> {
  const frames: Frame[] = [];
  let before: string | undefined;
  for (const { png, ms } of shots) {
    const data = png.toString('base64');
    const part = await page.evaluate(encodeChange, [data, before, QUALITY] as [string, string | undefined, number]);
    const last = frames.at(-1);
    if (part) frames.push({ ...part, webp: Buffer.from(part.webp, 'base64'), ms });
    else if (last) last.ms += ms;
    before = data;
  }
  return animate(SIZE.width, SIZE.height, frames);
}

/** Records the picture and writes it to `media/screenshots`. */
export async function record(): Promise<void> {
  const demo = await startDemo();
  const { ollamaUrl, localModel, openAiBaseUrl, midModel, frontierModel, prices } = demo.addresses;
  const code = await openVSCode({
    consents: [demo.openai.url],
    env: { OLLAMA_HOST: undefined },
    settings: {
      ...QUIET_TYPING,
      'workbench.colorTheme': 'Dark 2026',
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
      const shots = await play(window);
      const page = await code.context.newPage();
      const movie = await encode(page, shots);
      await page.close();
      const ms = shots.reduce((sum, shot) => sum + shot.ms, 0);
      if (ms > MAX_MS) throw new Error(`The moving picture takes ${ms} ms.`);
      if (movie.length > MAX_BYTES) throw new Error(`The moving picture has ${movie.length} bytes.`);
      fs.writeFileSync(FILE, movie);
    })({ name: 'movie' });
  } finally {
    await code.close();
    await demo.stop();
  }
}
