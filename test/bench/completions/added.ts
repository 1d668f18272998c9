import type { Page } from 'playwright-core';
import { openVSCode, type OpenOptions } from '../../e2e/harness.ts';
import { startOllama } from '../../servers/ollama.ts';
import { quantile } from './figures.ts';
import { takeSeen, watchScreen } from './screen.ts';

/** What both suggest: it begins with a letter that is never typed, so that each key needs a new suggestion. */
const SUGGESTION = 'zero(42);';
const MODEL = 'qwen2.5-coder:1.5b-base';
/** What is typed, with a pause after every seventh key. */
const WORDS = 'const total = first + second;\nreturn other(total, first) && wait(it) || done;\n'.repeat(6);
const KEY_MS = 110;
const PAUSE_MS = 900;

/** Ms from the last key before a pause to ghost text. */
export interface Waits {
  readonly p50: number;
  readonly p95: number;
  readonly pauses: number;
  /** Pauses that ended without ghost text. */
  readonly without: number;
}

/**
 * What we add between the last key and ghost text: a model that takes no time, against an extension that has its answer
 * before it is asked. Their difference is ours; the rest is VS Code's own wait, its way to the extension host and back,
 * and its drawing.
 */
export async function measureAdded(): Promise<{ floor: Waits; ours: Waits }> {
  const floor = await measure({
    settings: { 'gearshift.completions.enabled': false },
    extensions: ['test/fixtures/instant-suggestion'],
  });
  const server = await startOllama({ models: [MODEL] });
  server.script(SUGGESTION);
  server.preload(MODEL);
  try {
    const ours = await measure({
      settings: {
        'gearshift.providers': { ollama: { kind: 'ollama', baseUrl: server.url } },
        'gearshift.tiers.local': [`ollama/${MODEL}`],
      },
      env: { OLLAMA_HOST: undefined },
    });
    return { floor, ours };
  } finally {
    await server.stop();
  }
}

async function measure(options: OpenOptions): Promise<Waits> {
  const code = await openVSCode({ ...options, files: { 'a.ts': 'export function sum() {\n  \n}\n' } });
  try {
    const window = await code.newWindow();
    await window.openFile('a.ts');
    await window.goTo(2, 999);
    await watchScreen(window.page);
    await type(window.page, WORDS.slice(0, 100));
    await takeSeen(window.page);
    const lastKeys = await type(window.page, WORDS);
    const { keys, ghosts } = await takeSeen(window.page);
    await window.close();
    const waits = lastKeys.map((n) => {
      const [key, next] = [keys[n], keys[n + 1]];
      if (!key) throw new Error(`of ${WORDS.length} keys only ${keys.length} were seen`);
      const shown = ghosts.find(({ at, text }) => at > key.at && at < (next?.at ?? Infinity) && text === SUGGESTION);
      return shown ? shown.at - key.at : Infinity;
    });
    const without = waits.filter((ms) => ms === Infinity).length;
    return { p50: quantile(waits, 0.5), p95: quantile(waits, 0.95), pauses: waits.length, without };
  } finally {
    await code.close();
  }
}

/** Types like a person; the indexes of the keys with a pause after them. */
async function type(page: Page, text: string): Promise<number[]> {
  const lastKeys: number[] = [];
  let due = performance.now();
  for (const [n, char] of [...text].entries()) {
    await page.waitForTimeout(Math.max(0, due - performance.now()));
    await page.keyboard.press(char === ' ' ? 'Space' : char === '\n' ? 'Enter' : char);
    // In the middle of words too.
    const pause = n % 7 === 6;
    if (pause) lastKeys.push(n);
    due = Math.max(due, performance.now()) + (pause ? PAUSE_MS : KEY_MS);
  }
  await page.waitForTimeout(PAUSE_MS);
  return lastKeys;
}
