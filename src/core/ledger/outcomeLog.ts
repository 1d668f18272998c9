import type { Clock } from '../common/clock.ts';
import type { OutcomeRow, OutcomeStore } from './outcomes.ts';

/** So long outcomes are gathered before they are written together, in ms: a typing user never waits for the disk. */
const GATHER_MS = 1_000;

export interface OutcomeLogParts {
  readonly store: () => Promise<Pick<OutcomeStore, 'recordOutcomes'>>;
  readonly clock: Pick<Clock, 'after'>;
  readonly onError: (error: unknown) => void;
}

/** Takes outcomes at once and writes them a little later, in batches. */
export class OutcomeLog {
  readonly #parts: OutcomeLogParts;
  #rows: OutcomeRow[] = [];
  #stop: (() => void) | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(parts: OutcomeLogParts) {
    this.#parts = parts;
  }

  record = (row: OutcomeRow): void => {
    this.#rows.push(row);
    this.#stop ??= this.#parts.clock.after(GATHER_MS, () => void this.flush());
  };

  /** Writes what waits; never rejects. */
  flush(): Promise<void> {
    this.#stop?.();
    this.#stop = null;
    const rows = this.#rows;
    this.#rows = [];
    if (rows.length > 0) this.#writing = this.#writing.then(() => this.#write(rows));
    return this.#writing;
  }

  async #write(rows: readonly OutcomeRow[]): Promise<void> {
    try {
      await (await this.#parts.store()).recordOutcomes(rows);
    } catch (error) {
      this.#parts.onError(error);
    }
  }
}
