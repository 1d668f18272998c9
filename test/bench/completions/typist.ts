import fs from 'node:fs';
import path from 'node:path';
import type { OllamaServer } from '../../servers/ollama.ts';
import type { VSCode, Window } from '../../e2e/harness.ts';
import { judgeGhost, type Pass, type TypedKey } from './figures.ts';
import { readHostUsage } from '../../support/hostProcess.ts';
import { cursorLine, takeSeen, watchScreen, type Ghost } from './screen.ts';
import { PAUSE_MS, type Fixture, type Hole } from './trace.ts';

/** VS Code's. */
const TAB_SIZE = 4;

interface Tally {
  readonly keys: TypedKey[];
  readonly ghosts: Ghost[];
  readonly accepted: { characters: number; wrong: number; keys: number };
}

/**
 * Types the holes of all fixtures into a window.
 *
 * @param accepting whether what is offered at the end of a pause is accepted with Tab
 */
export async function typeFixtures(
  code: VSCode,
  window: Window,
  server: OllamaServer,
  fixtures: readonly Fixture[],
  accepting: boolean,
): Promise<Pass> {
  const tally: Tally = { keys: [], ghosts: [], accepted: { characters: 0, wrong: 0, keys: 0 } };
  let seconds = 0;
  let cpuMs: number | undefined = 0;
  const calls: Pass['calls'][number][] = [];
  await watchScreen(window.page);
  for (const fixture of fixtures) {
    await window.openFile(fixture.name);
    for (const [i, hole] of fixture.holes.entries()) {
      // A hole that was filled moves those below it.
      const earlier = fixture.holes.slice(0, i).reduce((sum, { text }) => sum + text.split('\n').length - 1, 0);
      await window.goTo(hole.line + earlier, 999);
      await window.page.waitForTimeout(1500);
      await takeSeen(window.page);
      server.reset();
      const before = readHostUsage(code.dir);
      const started = performance.now();
      await typeHole(window, hole, accepting, tally);
      seconds += (performance.now() - started) / 1000;
      const after = readHostUsage(code.dir);
      cpuMs = before && after && cpuMs !== undefined ? cpuMs + after.cpuMs - before.cpuMs : undefined;
      calls.push(...server.book.calls.filter(({ body }) => (body as { prompt?: string }).prompt));
      await window.page.waitForTimeout(300);
    }
    await window.press('ControlOrMeta+s');
    await window.page.waitForTimeout(500);
    const written = fs.readFileSync(path.join(code.workspace, fixture.name), 'utf8');
    if (written !== fixture.full) {
      fs.mkdirSync('test-results', { recursive: true });
      fs.writeFileSync(`test-results/bench-${fixture.name}`, written);
      console.log(`  ${fixture.name}: what was typed is not the program (see test-results/bench-${fixture.name})`);
    }
    await window.press('Escape');
  }
  return { ...tally, calls, timing: server.timing, seconds, cpuMs };
}

async function typeHole(window: Window, { text, keys, indent }: Hole, accepting: boolean, tally: Tally): Promise<void> {
  const { page } = window;
  /** What was pressed, to be joined with what the page saw. */
  const pressed: { missing: string; missingAfter: string; mends: boolean; restMs: number }[] = [];
  const press = async (
    key: string,
    facts: { missing: string; missingAfter?: string; mends?: boolean },
  ): Promise<void> => {
    pressed.push({ missingAfter: facts.missing, mends: false, restMs: 0, ...facts });
    await page.keyboard.press(key);
  };
  let due = performance.now();
  let offset = 0;
  for (const key of keys) {
    if (key.offset < offset) continue;
    const rest = (ms: number): Promise<void> => {
      due = Math.max(due + ms, performance.now());
      return page.waitForTimeout(Math.max(0, due - performance.now()));
    };
    const last = pressed.at(-1);
    if (last) last.restMs = key.waitMs;
    await rest(key.waitMs);
    if (accepting && key.waitMs >= PAUSE_MS) {
      const taken = await accept(window, text.slice(key.offset), tally);
      if (taken > 0) {
        offset = key.offset + taken;
        due = performance.now();
        if (last) last.restMs = 0;
        const seen = await takeSeen(page);
        join(tally, seen, pressed.splice(0));
        continue;
      }
    }
    const missing = text.slice(key.offset);
    await press(key.char === '\n' ? 'Enter' : key.char, { missing, missingAfter: missing.slice(1) });
    offset = key.offset + 1;
    if (key.char === '\n') {
      const after = text.slice(offset);
      const wanted = /^[ \t]*/.exec(after)?.[0] ?? '';
      const typed = after.slice(wanted.length);
      await page.waitForTimeout(20);
      // On the screen a tab is as many blanks as it is wide.
      const shown = (/^\s*/.exec(await cursorLine(page))?.[0] ?? '').length;
      const there = indent.includes('\t') ? Math.floor(shown / TAB_SIZE) : shown;
      // The editor takes the indentation back by itself when the bracket comes.
      if (there > wanted.length && !/^[)\]}]/.test(typed)) {
        const unit = /\t/.test(indent) ? 1 : /^ {4}/.test(indent) ? 4 : 2;
        for (let n = (there - wanted.length) / unit; n > 0; n--) {
          await rest(120);
          await press('Backspace', { missing: typed, mends: true });
        }
      }
      for (let n = wanted.length - there; n > 0; n--) {
        await press(indent.includes('\t') ? 'Tab' : 'Space', { missing: after.slice(-n - typed.length), mends: true });
      }
      offset += wanted.length;
    }
  }
  await page.waitForTimeout(200);
  join(tally, await takeSeen(page), pressed);
}

function join(
  tally: Tally,
  seen: Awaited<ReturnType<typeof takeSeen>>,
  pressed: readonly Omit<TypedKey, 'at' | 'ghost'>[],
): void {
  const keys = seen.keys.filter(
    ({ key }) => !['Tab', 'Control', 'Shift', 'z'].includes(key) || pressed.length === seen.keys.length,
  );
  if (keys.length !== pressed.length) console.log(`  ${pressed.length} keys were pressed, and ${keys.length} seen`);
  pressed.forEach((facts, i) => {
    const key = keys[i];
    if (key) tally.keys.push({ ...facts, at: key.at, ghost: key.ghost });
  });
  tally.ghosts.push(...seen.ghosts);
}

/** Accepts what is offered; how many characters of the missing text that brought. */
async function accept(window: Window, missing: string, tally: Tally): Promise<number> {
  const ghost = await window.page.evaluate(() => globalThis.benchSeen.ghosts.at(-1)?.text ?? '');
  const verdict = judgeGhost(ghost, missing);
  if (verdict === 'none') return 0;
  const seen = await takeSeen(window.page);
  await window.press('Tab');
  await window.page.waitForTimeout(60);
  const stray = await takeSeen(window.page);
  tally.accepted.keys++;
  tally.accepted.characters += ghost.length;
  const put = { ghosts: [...seen.ghosts, ...stray.ghosts], keys: seen.keys };
  await window.page.evaluate((back) => {
    globalThis.benchSeen.ghosts.unshift(...back.ghosts);
    globalThis.benchSeen.keys.unshift(...back.keys);
  }, put);
  if (verdict === 'right') return taken(ghost, missing);
  tally.accepted.wrong += ghost.length - (verdict === 'over' ? missing.length : 0);
  await window.press('ControlOrMeta+z');
  await takeSeenKeys(window, seen.keys.length);
  return 0;
}

/** Forgets the keys after the first `n`. */
const takeSeenKeys = (window: Window, n: number): Promise<void> =>
  window.page.evaluate((count) => {
    globalThis.benchSeen.keys.length = count;
  }, n);

/** Characters of `missing` that ghost text stands for: white space may look different. */
function taken(ghost: string, missing: string): number {
  const words = ghost.replace(/\s/g, '').length;
  let n = 0;
  let at = 0;
  for (; n < words; at++) if (/\S/.test(missing.charAt(at))) n++;
  return at;
}
