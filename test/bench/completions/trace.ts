import fs from 'node:fs';
import path from 'node:path';

/**
 * What is typed, and when. A file of `files` is a whole program; what is between `⟦` and `⟧` is missing at first and
 * is then typed by a person's rhythm: lognormal around 110 ms within words, slower between them, and now and then a
 * pause to think. Everything follows from the seed, so that each run types the same.
 */

/** The folder of the programs. */
export const PROGRAMS = path.join(import.meta.dirname, 'files');

export interface Hole {
  /** Line of the cursor at the start, from 1, and its indentation, which is there already. */
  readonly line: number;
  readonly indent: string;
  /** What is typed, without that indentation. */
  readonly text: string;
  readonly keys: readonly Key[];
}

export interface Key {
  readonly char: string;
  /** Where it is in the text of its hole. */
  readonly offset: number;
  /** Ms to rest before this key. */
  readonly waitMs: number;
}

export interface Fixture {
  readonly name: string;
  /** The whole program. */
  readonly full: string;
  /** The program with its holes. */
  readonly holed: string;
  readonly holes: readonly Hole[];
}

/** A pause begins here, in ms: shorter rests belong to the rhythm. */
export const PAUSE_MS = 600;

/** Those that a run types unless it is told otherwise: six programs in four languages, one hole of each. */
export const USUAL = /^(cache\.go|crawler\.py|ledger\.py|panel\.ts|router\.ts|tokens\.rs)$/;

/** @param most holes of a program; what is in the others is there from the start */
export function loadFixtures(seed = 1, most = Infinity): Fixture[] {
  return fs
    .readdirSync(PROGRAMS)
    .filter((file) => file.endsWith('.txt'))
    .sort()
    .map((file, i) =>
      parseFixture(file.replace(/\.txt$/, ''), fs.readFileSync(path.join(PROGRAMS, file), 'utf8'), seed + i, most),
    );
}

function parseFixture(name: string, marked: string, seed: number, most: number): Fixture {
  const random = randomFrom(seed);
  const holes: Hole[] = [];
  let holed = '';
  let rest = marked;
  for (let at = rest.indexOf('⟦'); at >= 0 && holes.length < most; at = rest.indexOf('⟦')) {
    const end = rest.indexOf('⟧');
    const region = rest.slice(at + 1, end);
    const indent = /^[ \t]*/.exec(region)?.[0] ?? '';
    const text = region.slice(indent.length);
    holed += rest.slice(0, at) + indent;
    holes.push({ line: holed.split('\n').length, indent, text, keys: rhythm(text, random) });
    rest = rest.slice(end + 1);
  }
  return { name, full: marked.replaceAll(/[⟦⟧]/g, ''), holed: holed + rest.replaceAll(/[⟦⟧]/g, ''), holes };
}

function rhythm(text: string, random: () => number): Key[] {
  const keys: Key[] = [];
  let untilPause = 25 + Math.floor(random() * 30);
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    const before = text.charAt(i - 1);
    const atLineStart = /\n[ \t]*$/.test(text.slice(0, i));
    let waitMs = Math.min(450, 105 * Math.exp(0.35 * gaussian(random)));
    if (/\W/.test(char) || /\W/.test(before)) waitMs *= 1.25;
    // People think after a word or at the start of a line, not while the editor still has to be told the indentation.
    const mayThink =
      (/[\w)\]},;]/.test(before) && /[\s(.=]/.test(char) && char !== '\n') || (atLineStart && /[\w']/.test(char));
    if (--untilPause <= 0 && mayThink && i < text.length - 12) {
      waitMs = PAUSE_MS + random() * 900;
      untilPause = 35 + Math.floor(random() * 40);
    }
    keys.push({ char, offset: i, waitMs: Math.round(waitMs) });
    // The editor indents by itself.
    if (char === '\n') while (/[ \t]/.test(text.charAt(i + 1))) i++;
  }
  return keys;
}

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const gaussian = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
