/** The listeners to the events of a session. */
export class SessionListeners<Event> {
  readonly #listeners = new Set<(event: Event) => void>();
  readonly #log: (where: string, error: unknown) => void;

  constructor(log: (where: string, error: unknown) => void) {
    this.#log = log;
  }

  add(listener: (event: Event) => void): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  clear(): void {
    this.#listeners.clear();
  }

  /** A listener that throws harms neither the answer under way nor the other listeners. */
  emit(event: Event): void {
    for (const listener of this.#listeners)
      try {
        listener(event);
      } catch (error) {
        this.#log('chat', error);
      }
  }
}
