/**
 * Reads the body of an answer as the events that it holds, whatever a server makes of the format: server-sent events
 * with or without empty lines between them, data over several lines, lines of JSON without `data:`, one whole object, a
 * list. Comments, names of events, and data that is no JSON (pings) end nothing.
 */

export type WireEvent =
  /** @param whole the object is the whole body, not a piece of a stream */
  | { readonly kind: 'object'; readonly name: string; readonly value: unknown; readonly whole: boolean }
  /** `[DONE]` */
  | { readonly kind: 'done' }
  /** JSON that breaks off. */
  | { readonly kind: 'broken' }
  /** Data that was never meant to be JSON. */
  | { readonly kind: 'words'; readonly name: string; readonly text: string };

/** Data over more lines than this is only read at its end. */
const MOST_TRIES = 64;

/** The events of a body, each as soon as it is whole. Throws what the body throws. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<WireEvent> {
  const decoder = new TextDecoder();
  const lines = new EventLines();
  // A body that begins like JSON is one; everything else comes in lines.
  let whole: string | undefined = '';
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const text = decoder.decode(value, { stream: true });
      if (whole === undefined) {
        yield* lines.feed(text);
        continue;
      }
      whole += text;
      if (/^\s*([[{]|$)/.test(whole)) continue;
      yield* lines.feed(whole);
      whole = undefined;
    }
  } finally {
    // A caller that leaves early wants no more of it.
    await reader.cancel().catch(() => undefined);
  }
  const rest = decoder.decode();
  if (whole !== undefined) yield* readWhole(whole + rest);
  else yield* lines.end(rest);
}

function* readWhole(text: string): Generator<WireEvent> {
  if (!text.trim()) return;
  const value = parse(text);
  if (value !== undefined) {
    for (const each of Array.isArray(value) ? value : [value])
      yield { kind: 'object', name: '', value: each, whole: true };
    return;
  }
  const lines = new EventLines();
  yield* lines.feed(text);
  yield* lines.end('');
}

/** Lines of a stream of events. */
class EventLines {
  /** The beginning of a line whose end has not arrived. */
  #begun = '';
  /** A line ended with a carriage return: a line feed that follows belongs to it. */
  #afterReturn = false;
  #name = '';
  #data: string[] = [];

  *feed(text: string): Generator<WireEvent> {
    let start = 0;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      const isReturn = code === 13;
      if (!isReturn && code !== 10) {
        this.#afterReturn = false;
        continue;
      }
      if (!(code === 10 && this.#afterReturn)) {
        const line = this.#begun + text.slice(start, at);
        this.#begun = '';
        yield* this.#line(line);
      }
      this.#afterReturn = isReturn;
      start = at + 1;
    }
    this.#begun += text.slice(start);
  }

  *end(text: string): Generator<WireEvent> {
    yield* this.feed(text);
    if (this.#begun) yield* this.#line(this.#begun);
    this.#begun = '';
    yield* this.#flush();
  }

  *#line(line: string): Generator<WireEvent> {
    if (!line.trim()) return yield* this.#flush();
    const field = /^\s*(data|event|id|retry|error)\s*:\s?(.*)$/s.exec(line);
    const [, name, value = ''] = field ?? [];
    if (name === 'event') {
      // Without an empty line in between the data before belongs to the event before.
      yield* this.#flush();
      this.#name = value.trim();
    } else if (name === 'error') {
      // Older servers of llama.cpp name the field so.
      yield* this.#flush();
      this.#name = name;
      yield* this.#add(value);
    } else if (name === 'data' || (!field && /^\s*[[{]/.test(line))) yield* this.#add(field ? value : line);
    else if (!field && this.#data.length > 0) yield* this.#add(line);
    else if (!field && !line.startsWith(':')) yield { kind: 'words', name: this.#name, text: line };
  }

  /** One more line of data: an event as soon as it is whole, since not every server sends the empty line after it. */
  *#add(data: string): Generator<WireEvent> {
    const line = data.trim();
    if (!line) return;
    if (/^"?\[?done\]?"?$/i.test(line)) {
      yield* this.#flush();
      return yield { kind: 'done' };
    }
    const alone = /^[[{].*[\]}]$/s.test(line) ? parse(line) : undefined;
    if (alone !== undefined && !this.#isInside()) {
      // What was not whole before belongs to an event of its own.
      if (this.#data.length > 0) yield* this.#flush();
      return yield this.#object(alone);
    }
    this.#data.push(data);
    const isTried = this.#data.length > 1 && this.#data.length <= MOST_TRIES && /[\]}]$/.test(line);
    const value = isTried ? parse(this.#data.join('\n')) : undefined;
    if (value !== undefined) yield this.#object(value);
  }

  /** Whether the lines so far are JSON that goes on: what is a whole value by itself is only a part of it then. */
  #isInside(): boolean {
    return /^\s*[[{]\s*$/.test(this.#data[0] ?? '') && this.#data.length < MOST_TRIES;
  }

  #object(value: unknown): WireEvent {
    const name = this.#name;
    this.#name = '';
    this.#data = [];
    return { kind: 'object', name, value, whole: false };
  }

  *#flush(): Generator<WireEvent> {
    const text = this.#data.join('\n').trim();
    const name = this.#name;
    this.#name = '';
    this.#data = [];
    if (!text) return;
    const value = parse(text);
    if (value !== undefined) yield { kind: 'object', name, value, whole: false };
    else if (/^[[{]/.test(text)) yield { kind: 'broken' };
    else yield { kind: 'words', name, text };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
