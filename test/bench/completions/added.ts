import type { Page } from 'playwright-core';
import { openVSCode, type OpenOptions } from '../../e2e/harness.ts';
import { startOllama } from '../../servers/ollama.ts';
import { quantile } from './figures.ts';
import { takeSeen, watchScreen } from './screen.ts';

const MODEL = 'qwen2.5-coder:1.5b-base';
const START = 'export function sum() {\n  ';
/** What is typed, with a pause at the end of each word. */
const TEXT = Array.from(
  { length: 8 },
  (_, i) => `const total${i} = first + second${i};\nreturn other${i}(total, first) && wait(it) || done${i};\n`,
).join('');
/** Begins with a letter that is never typed. */
const WRONG = 'zero(42);';
const KEY_MS = 110;
const PAUSE_MS = 900;

/** Ms from the last key before a pause to ghost text, at pauses before which there was none. */
export interface Waits {
  readonly p50: number;
  readonly p95: number;
  readonly pauses: number;
}

/**
 * What we add between the last key and ghost text. The model takes no time, and its suggestions end with a word, so that
 * each pause needs a new one; or it is always wrong, so that all do. What VS Code itself takes (its own wait, the way to
 * the extension host and back, drawing) is what an extension needs that has its answer before it is asked.
 */
export async function measureAdded(): Promise<{ floor: Waits; right: Waits; wrong: Waits }> {
  const floor = await measure({
    settings: { 'gearshift.completions.enabled': false },
    extensions: ['test/fixtures/instant-suggestion'],
  });
  return { floor, right: await measureModel(restOfWord), wrong: await measureModel(() => WRONG) };
}

async function measureModel(answer: (prompt: string) => string): Promise<Waits> {
  const server = await startOllama({ models: [MODEL] });
  server.script(({ prompt }) => answer(prompt));
  server.preload(MODEL);
  try {
    return await measure({
      settings: {
        'gearshift.providers': { ollama: { kind: 'ollama', baseUrl: server.url } },
        'gearshift.tiers.local': [`ollama/${MODEL}`],
      },
      env: { OLLAMA_HOST: undefined },
    });
  } finally {
    await server.stop();
  }
}

/** What is missing of the word at the cursor, or the next one; nothing at the end of a line. */
function restOfWord(prompt: string): string {
  const prefix = /<\|fim_prefix\|>([^]*)<\|fim_suffix\|>/.exec(prompt)?.[1] ?? '';
  // The editor indents new lines by itself.
  const typed = prefix.slice(prefix.indexOf(START) + START.length).replace(/\n +/g, '\n');
  return /^ *[^ \n]+/.exec(TEXT.slice(typed.length))?.[0] ?? '';
}

async function measure(options: OpenOptions): Promise<Waits> {
  const code = await openVSCode({ ...options, files: { 'a.ts': `${START}\n}\n` } });
  try {
    const window = await code.newWindow();
    await window.openFile('a.ts');
    await window.goTo(2, 999);
    await watchScreen(window.page);
    const lastKeys = await type(window.page, TEXT);
    const { keys, ghosts } = await takeSeen(window.page);
    await window.close();
    if (keys.length !== TEXT.length) throw new Error(`of ${TEXT.length} keys ${keys.length} were seen`);
    const waits = lastKeys.flatMap((n) => {
      const at = keys[n]?.at ?? 0;
      const next = keys[n + 1]?.at ?? Infinity;
      const before = ghosts.findLast((ghost) => ghost.at <= at)?.text ?? '';
      // What is being typed along with stays on the screen.
      if (before.startsWith(TEXT.charAt(n)) && before.length > 1) return [];
      const shown = ghosts.find((ghost) => ghost.at > at && ghost.at < next && ghost.text !== '');
      return shown ? [shown.at - at] : [];
    });
    // The first ones are those of a model that is not known yet.
    const known = waits.slice(5);
    return { p50: quantile(known, 0.5), p95: quantile(known, 0.95), pauses: known.length };
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
    const pause = char !== ' ' && text[n + 1] === ' ';
    if (pause) lastKeys.push(n);
    due = Math.max(due, performance.now()) + (pause ? PAUSE_MS : KEY_MS);
  }
  await page.waitForTimeout(PAUSE_MS);
  return lastKeys;
}
