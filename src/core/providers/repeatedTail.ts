/**
 * Ollama ends a stream without a last line when a token equals the one before it more than thirty times (`tokenRepeat`
 * in llm/server.go of 0.9 and llm/llama_server.go of 0.33; tokens are compared without the spaces around them). Every
 * failure of its own has an error line, and a server that dies breaks the connection.
 */

/** The server sends this many equal tokens before it gives up; one more where text came before them. */
const SILENT_END = 30;

/** Counts the equal tokens at the end of an answer. */
export class RepeatedTail {
  #last = '';
  #count = 0;

  /** @param token the text of one line or event; empty where it has none */
  add(token: string): void {
    const bare = token.trim();
    this.#count = bare === this.#last ? this.#count + 1 : 1;
    this.#last = bare;
  }

  /** Whether a stream that ends here, by itself, was stopped because its model repeats a token. */
  get isStop(): boolean {
    return this.#count >= SILENT_END;
  }
}
