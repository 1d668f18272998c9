import fs from 'node:fs';
import path from 'node:path';
import type { OllamaServer } from '../../servers/ollama.ts';
import type { VSCode, Window } from '../../e2e/harness.ts';
import { judgeShown, type Pass, type Spot, type TypedKey } from './figures.ts';
import { readHostUsage } from '../../support/hostProcess.ts';
import { findOwed } from './owed.ts';
import { readPlace, takeSeen, watchScreen, type Ghost, type Place } from './screen.ts';
import { PAUSE_MS, type Fixture, type Hole } from './trace.ts';

/** VS Code's. */
const TAB_SIZE = 4;

interface Tally {
  readonly keys: TypedKey[];
  readonly ghosts: Ghost[];
  readonly accepted: { characters: number; wrong: number; keys: number };
}

export interface TypeOptions {
  /** Accepts what is offered at the end of a pause with Tab. */
  readonly accepting: boolean;
  /** Puts the server back before each hole: its book is empty, its model answers as it should. */
  readonly reset: () => void;
}

/** Types the holes of all fixtures into a window. */
export async function typeFixtures(
  code: VSCode,
  window: Window,
  server: OllamaServer,
  fixtures: readonly Fixture[],
  { accepting, reset }: TypeOptions,
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
      reset();
      const before = readHostUsage(code.dir);
      const started = performance.now();
      await new Typist(window, hole, hole.line + earlier, accepting, tally).type();
      seconds += (performance.now() - started) / 1000;
      const after = readHostUsage(code.dir);
      cpuMs = before && after && cpuMs !== undefined ? cpuMs + after.cpuMs - before.cpuMs : undefined;
      calls.push(...server.book.calls.filter(({ body }) => (body as { prompt?: string }).prompt));
      await window.page.waitForTimeout(300);
    }
    await window.press('ControlOrMeta+s');
    await window.page.waitForTimeout(500);
    // VS Code leaves the indentation of an empty line there.
    const written = fs.readFileSync(path.join(code.workspace, fixture.name), 'utf8').replace(/[ \t]+$/gm, '');
    if (written !== fixture.full) {
      fs.mkdirSync('test-results', { recursive: true });
      fs.writeFileSync(`test-results/bench-${fixture.name}`, written);
      console.log(`  ${fixture.name}: what was typed is not the program (see test-results/bench-${fixture.name})`);
    }
    await window.press('Escape');
  }
  return { ...tally, calls, timing: server.timing, seconds, cpuMs };
}

/** What was pressed, to be joined with what the page saw. */
interface Pressed {
  readonly spot: Spot;
  spotAfter: Spot;
  readonly mends: boolean;
  readonly moves: boolean;
  restMs: number;
}

/** A line below that VS Code closed by itself: where the break before it is in the program. */
interface OwedLine {
  readonly from: number;
}

/** Types one hole as a user does who sees what VS Code closed by itself, and steps over it. */
class Typist {
  readonly #window: Window;
  readonly #hole: Hole;
  readonly #firstLine: number;
  readonly #accepting: boolean;
  readonly #tally: Tally;
  readonly #pressed: Pressed[] = [];
  readonly #below: OwedLine[] = [];
  /** Where the cursor is in the text of the hole. */
  #offset = 0;
  #due = performance.now();
  constructor(window: Window, hole: Hole, firstLine: number, accepting: boolean, tally: Tally) {
    this.#window = window;
    this.#hole = hole;
    this.#firstLine = firstLine;
    this.#accepting = accepting;
    this.#tally = tally;
  }

  async type(): Promise<void> {
    const { text, keys } = this.#hole;
    for (const key of keys) {
      if (key.offset < this.#offset) continue;
      const last = this.#pressed.at(-1);
      if (last) last.restMs = key.waitMs;
      await this.#wait(key.waitMs);
      let place = await this.#look();
      if (this.#accepting && key.waitMs >= PAUSE_MS && (await this.#accept(place))) {
        if (key.offset < this.#offset) continue;
        place = await this.#look();
      }
      if (this.#isAtLineStart()) {
        await this.#indent(place, key.char);
        place = await this.#look();
      }
      if (key.char === '\n') await this.#breakLine(place);
      else await this.#typeOne(key.char, place);
    }
    await this.#window.page.waitForTimeout(200);
    if (this.#offset < text.length) console.log(`  ${text.length - this.#offset} characters were not typed`);
    await this.#look();
    await this.#join();
  }

  /** Waits from the moment at which the last key was due: looking at the screen takes its time too. */
  async #wait(ms: number): Promise<void> {
    this.#due = Math.max(this.#due + ms, performance.now());
    await this.#window.page.waitForTimeout(Math.max(0, this.#due - performance.now()));
  }

  async #look(): Promise<Place> {
    const place = await readPlace(this.#window.page);
    const last = this.#pressed.at(-1);
    if (last) last.spotAfter = this.#spotAt(place);
    return place;
  }

  /** Waits until the screen shows what a key did; a busy machine draws late. */
  async #lookUntil(isDone: (place: Place) => boolean): Promise<Place> {
    let place = await this.#look();
    for (let tries = 0; tries < 40 && !isDone(place); tries++) {
      await this.#window.page.waitForTimeout(25);
      place = await this.#look();
    }
    return place;
  }

  #spotAt({ before, rest }: Place): Spot {
    return { before, rest: rest.trim(), missing: this.#hole.text.slice(this.#offset, this.#below.at(-1)?.from) };
  }

  async #press(key: string, place: Place, characters: number, mends = characters === 0): Promise<void> {
    const spot = this.#spotAt(place);
    this.#offset += characters;
    const spotAfter = { ...spot, missing: spot.missing.slice(characters) };
    this.#pressed.push({ spot, spotAfter, mends, moves: /^(Arrow|Home$|End$)/.test(key), restMs: 0 });
    await this.#window.page.keyboard.press(key);
  }

  /** A key between two that belong to the text. */
  async #mend(key: string, place: Place): Promise<Place> {
    await this.#press(key, place, 0);
    await this.#wait(60);
    return this.#lookUntil((now) => JSON.stringify(now) !== JSON.stringify(place));
  }

  async #typeOne(char: string, place: Place): Promise<void> {
    // Some characters take the row that the list has chosen: a user who means another word closes it.
    const word = /\w*$/.exec(place.before)?.[0] ?? '';
    if (place.listed !== null && /[^\w\s]/.test(char) && place.listed !== word)
      place = await this.#mend('Escape', place);
    await this.#press(char === ' ' ? 'Space' : char, place, 1);
    if (place.rest.charAt(0) !== char || !/[)\]}"'`]/.test(char)) return;
    // VS Code writes no second one over its own, unless it has forgotten that it is its own.
    const after = await this.#lookUntil(({ before }) => before.length !== place.before.length);
    if (after.rest === place.rest) await this.#mend('Delete', after);
  }

  async #breakLine(place: Place): Promise<void> {
    // Enter would take the row that the list has chosen.
    if (place.listed !== null) place = await this.#mend('Escape', place);
    const closed = place.rest.trim();
    const owed = this.#below.at(-1);
    if (closed === '' && owed?.from === this.#offset) return this.#stepDown(place);
    const start = this.#offset;
    await this.#press('Enter', place, 1);
    const after = await this.#lookUntil(({ line }) => line !== place.line);
    const at = findOwed(this.#hole.text.slice(start), closed);
    if (closed === '' || after.rest.trim() !== '' || !after.below.trim().startsWith(closed) || at < 0) return;
    this.#below.push({ from: this.#hole.text.lastIndexOf('\n', start + at) });
    await this.#look();
  }

  /** The line that comes next is there already. */
  async #stepDown(place: Place): Promise<void> {
    const { text } = this.#hole;
    const there = place.below.trim();
    const start = this.#offset + 1 + (/^[ \t]*/.exec(text.slice(this.#offset + 1))?.[0] ?? '').length;
    let common = 0;
    while (common < there.length && there.charAt(common) === text.charAt(start + common)) common++;
    this.#below.pop();
    let now = await this.#mend('ArrowDown', place);
    now = await this.#mend('End', now);
    this.#offset = start + common;
    for (let n = there.length - common; n > 0; n--) now = await this.#mend('ArrowLeft', now);
    await this.#look();
  }

  #isAtLineStart(): boolean {
    const { text } = this.#hole;
    return text.charAt(this.#offset - 1) === '\n' && text.charAt(this.#offset) !== '\n';
  }

  /** Brings the indentation that VS Code wrote to that of the program. */
  async #indent(place: Place, char: string): Promise<void> {
    const { text, indent } = this.#hole;
    const wanted = /^[ \t]*/.exec(text.slice(this.#offset))?.[0] ?? '';
    const unit = indent.includes('\t') ? TAB_SIZE : /^ {4}/.test(indent) ? 4 : 2;
    const width = wanted.replaceAll('\t', ' '.repeat(TAB_SIZE)).length;
    this.#offset += wanted.length;
    // VS Code takes the indentation back by itself when the bracket comes.
    const closes = /[)\]}]/.test(char);
    for (let n = 0; place.before.length > width && !closes && n < 20; n++) place = await this.#mend('Backspace', place);
    for (let n = 0; place.before.length < width && n < 20; n++)
      place = await this.#mend(width - place.before.length >= unit ? 'ControlOrMeta+]' : 'Space', place);
  }

  /** Accepts what is offered; whether that brought the cursor forward. */
  async #accept(place: Place): Promise<boolean> {
    const { page } = this.#window;
    const shown = await page.evaluate(() => globalThis.benchSeen.ghosts.at(-1));
    const verdict = shown ? judgeShown(shown, this.#spotAt(place)) : 'none';
    if (!shown || verdict === 'none') return false;
    // Tab would take the row that the list has chosen.
    if (place.listed !== null) {
      place = await this.#mend('Escape', place);
      const still = await page.evaluate(() => globalThis.benchSeen.ghosts.at(-1)?.text ?? '');
      if (still !== shown.text) return false;
    }
    const from = this.#offset;
    await this.#join();
    await this.#window.press('Tab');
    await page.waitForTimeout(60);
    this.#tally.accepted.keys++;
    const now = await readPlace(page);
    const forward = verdict === 'right' ? this.#offsetAt(now) - from : 0;
    this.#tally.ghosts.push(...(await takeSeen(page)).ghosts);
    if (forward > 0) {
      this.#offset = from + forward;
      this.#tally.accepted.characters += forward;
      this.#due = performance.now();
      return true;
    }
    this.#tally.accepted.characters += shown.text.length;
    this.#tally.accepted.wrong += shown.text.length;
    await this.#window.press('ControlOrMeta+z');
    await page.waitForTimeout(60);
    await takeSeen(page);
    return false;
  }

  /** Where a place on screen is in the text of the hole. */
  #offsetAt({ line, before }: Place): number {
    const lines = this.#hole.text.split('\n');
    const n = Math.min(lines.length - 1, line - this.#firstLine);
    const start = lines.slice(0, n).reduce((sum, each) => sum + each.length + 1, 0);
    const typed = before.trimStart();
    if (n > 0 && typed === '') return start;
    return start + (/^[ \t]*/.exec(lines[n] ?? '')?.[0] ?? '').length + typed.length;
  }

  /** Joins what was pressed with what the page saw since the last time. */
  async #join(): Promise<void> {
    const seen = await takeSeen(this.#window.page);
    const pressed = this.#pressed.splice(0);
    const keys = seen.keys.filter(({ key }) => !['Control', 'Shift', 'Meta'].includes(key));
    if (keys.length !== pressed.length) console.log(`  ${pressed.length} keys were pressed, and ${keys.length} seen`);
    pressed.forEach((facts, i) => {
      const key = keys[i];
      if (key) this.#tally.keys.push({ ...facts, at: key.at, ghost: key.ghost, listed: key.listed });
    });
    this.#tally.ghosts.push(...seen.ghosts);
  }
}
