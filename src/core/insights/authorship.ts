/**
 * Which models wrote lines of the user's files, so that a model does not review its own lines. Only short hashes of
 * lines and the model's name are kept, on this computer.
 */

/** Lines that one model wrote into files, oldest first. */
export interface AuthoredLines {
  /** As the provider names it. */
  readonly model: string;
  /** Hashes of the lines without the spaces around them. */
  readonly lines: readonly string[];
}

interface AuthorshipMemory {
  readonly load: () => readonly AuthoredLines[];
  readonly save: (authored: readonly AuthoredLines[]) => void;
  /** A short name for a line. */
  readonly hash: (line: string) => string;
}

/** Lines that are remembered; of more, the oldest are forgotten. */
const MOST_LINES = 2_000;

/** Shorter lines are in every file and say nothing of who wrote them. In characters. */
const SHORTEST = 8;

/** A model wrote a change if it wrote at least this share of its telling lines. */
const SHARE = 0.1;

export class Authorship {
  readonly #memory: AuthorshipMemory;

  constructor(memory: AuthorshipMemory) {
    this.#memory = memory;
  }

  /** Text of a model was written into a document. */
  note(model: string, texts: readonly string[]): void {
    const lines = texts.flatMap(tellingLines).map(this.#memory.hash);
    if (model === '' || lines.length === 0) return;
    const authored = [...this.#memory.load(), { model, lines }];
    let count = authored.reduce((sum, each) => sum + each.lines.length, 0);
    while (count > MOST_LINES && authored.length > 1) count -= authored.shift()?.lines.length ?? 0;
    this.#memory.save(authored);
  }

  /**
   * The models that wrote lines of a change, most lines first.
   *
   * @param added the lines that the change adds
   */
  authorsOf(added: readonly string[]): readonly string[] {
    const wanted = added.flatMap(tellingLines).map(this.#memory.hash);
    const byLine = new Map<string, string>();
    for (const { model, lines } of this.#memory.load()) for (const line of lines) byLine.set(line, model);
    const counts = new Map<string, number>();
    for (const line of wanted) {
      const model = byLine.get(line);
      if (model !== undefined) counts.set(model, (counts.get(model) ?? 0) + 1);
    }
    return [...counts]
      .filter(([, count]) => count >= wanted.length * SHARE)
      .sort(([, a], [, b]) => b - a)
      .map(([model]) => model);
  }
}

const tellingLines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.length >= SHORTEST && /\p{L}/u.test(line));
