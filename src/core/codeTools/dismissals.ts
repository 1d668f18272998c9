/** Findings that the user dismissed, by their place and kind: the same is not raised again where the code is the same. */

/** So many are remembered, the newest. */
const MOST = 1_000;

/** Shorter lines, such as a bracket, are identified together with the line before them. In characters. */
const SHORT = 8;

/**
 * What a finding is remembered by: its file, its kind and the text of its line, which stays when lines are added above.
 *
 * @param lines all lines of the file
 * @param line of the finding, from 1
 */
export function dismissalKey(path: string, kind: string, lines: readonly string[], line: number): string {
  const texts: string[] = [];
  for (let i = line - 1; i >= 0 && texts.join('').length < SHORT; i--) {
    const text = (lines[i] ?? '').replace(/\s+/g, ' ').trim();
    if (text !== '' || i === line - 1) texts.unshift(text);
  }
  return JSON.stringify([path, kind, ...texts]);
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
