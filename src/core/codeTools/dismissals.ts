/** Findings that the user dismissed, by their place and kind: the same is not raised again where the code is the same. */

/** So many are remembered, the newest. */
const MOST = 1_000;

/** Shorter lines, such as a bracket, are identified together with the line before them. In characters. */
const SHORT = 8;

/** A line that is in a file more than once is identified together with so many lines before it, at most. */
const MOST_BEFORE = 6;

/**
 * What a finding is remembered by: its file, its kind and the text of its line, which stays when lines are added above.
 *
 * @param lines all lines of the file
 * @param line of the finding, from 1
 */
export function dismissalKey(path: string, kind: string, lines: readonly string[], line: number): string {
  const plain = lines.map((text) => text.replace(/\s+/g, ' ').trim());
  const own = plain[line - 1] ?? '';
  let others = plain.flatMap((text, at) => (at !== line - 1 && text === own ? [at] : []));
  const texts = [own];
  let before = line - 1;
  for (let count = 0; count < MOST_BEFORE && (others.length > 0 || texts.join('').length < SHORT); count++) {
    before = textBefore(plain, before);
    if (before < 0) break;
    texts.unshift(plain[before] ?? '');
    others = others.map((at) => textBefore(plain, at)).filter((at) => at >= 0 && plain[at] === plain[before]);
  }
  return JSON.stringify([path, kind, ...texts]);
}

/** The line with text before another, from 0; -1 where there is none. */
function textBefore(lines: readonly string[], at: number): number {
  let before = at - 1;
  while (before >= 0 && lines[before] === '') before -= 1;
  return before;
}

/** Where dismissals are kept between windows. */
interface DismissalMemory {
  readonly load: () => readonly string[];
  readonly save: (keys: readonly string[]) => void;
  /** A short name for a key, so that no code is kept. */
  readonly hash: (key: string) => string;
}

export class Dismissals {
  readonly #memory: DismissalMemory;

  constructor(memory: DismissalMemory) {
    this.#memory = memory;
  }

  has(key: string): boolean {
    return this.#memory.load().includes(this.#memory.hash(key));
  }

  add(key: string): void {
    const hash = this.#memory.hash(key);
    const others = this.#memory.load().filter((each) => each !== hash);
    this.#memory.save([...others, hash].slice(-MOST));
  }

  /** Lets findings be raised again. */
  forget(keys: readonly string[]): void {
    const hashes = new Set(keys.map((key) => this.#memory.hash(key)));
    this.#memory.save(this.#memory.load().filter((each) => !hashes.has(each)));
  }
}
