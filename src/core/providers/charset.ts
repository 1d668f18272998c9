/**
 * Bodies in other character sets than UTF-8. JSON is UTF-8 whatever a header says (RFC 8259, section 8.1), and many
 * frameworks state a set that they do not use; so the first bytes beyond ASCII that arrive decide, and only UTF-16 is believed.
 */

/** A response whose body is in UTF-8; the same one where it is already. */
export function inUtf8(response: Response): Response {
  const decoder = decoderOf(response.headers.get('content-type') ?? '');
  if (!decoder || !response.body) return response;
  const { status, statusText, headers } = response;
  const convert = new Converter(decoder);
  const reader = response.body.getReader();
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        for (;;) {
          const { done, value } = await reader.read();
          const converted = done ? convert.end() : convert.next(value);
          if (converted.length > 0) controller.enqueue(converted);
          if (done) return controller.close();
          if (converted.length > 0) return;
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { status, statusText, headers });
}

/** Types of Node declare the constructor, and not the class, where those of the DOM are absent. */
type Decoder = InstanceType<typeof TextDecoder>;

/** The decoder for the set that a content type states; undefined for UTF-8, none, or one that is unknown. */
function decoderOf(contentType: string): Decoder | undefined {
  const [, label = ''] = /charset\s*=\s*"?([\w.:-]+)/i.exec(contentType) ?? [];
  if (!label || /^utf-?8$/i.test(label)) return undefined;
  try {
    return new TextDecoder(label);
  } catch {
    return undefined;
  }
}

const ENCODER = new TextEncoder();

/** Bytes in UTF-8 from those of another set, as they come. */
class Converter {
  readonly #decoder: Decoder;
  /** Undefined while all was ASCII. */
  #isUtf8: boolean | undefined;
  /** Bytes that are too few to tell. */
  #held = new Uint8Array();

  constructor(decoder: Decoder) {
    this.#decoder = decoder;
    if (decoder.encoding.startsWith('utf-16')) this.#isUtf8 = false;
  }

  next(chunk: Uint8Array): Uint8Array {
    const bytes = new Uint8Array([...this.#held, ...chunk]);
    this.#held = new Uint8Array();
    if (this.#isUtf8 === undefined) {
      const at = bytes.findIndex((byte) => byte >= 0x80);
      if (at < 0) return bytes;
      const known = isUtf8(bytes.subarray(at));
      if (known === undefined) {
        this.#held = bytes.slice(at);
        return bytes.slice(0, at);
      }
      this.#isUtf8 = known;
    }
    return this.#isUtf8 ? bytes : ENCODER.encode(this.#decoder.decode(bytes, { stream: true }));
  }

  end(): Uint8Array {
    return this.#isUtf8 ? new Uint8Array() : ENCODER.encode(this.#decoder.decode(this.#held));
  }
}

/** Whether bytes are UTF-8, of which the last character may be cut; undefined when there is only a cut one. */
function isUtf8(bytes: Uint8Array): boolean | undefined {
  let known: true | undefined;
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at] ?? 0;
    const length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if ((first >= 0x80 && first < 0xc2) || first > 0xf4) return false;
    const rest = bytes.subarray(at + 1, at + length);
    if (rest.some((byte) => (byte & 0xc0) !== 0x80)) return false;
    if (rest.length < length - 1) return known;
    if (first >= 0x80) known = true;
    at += length;
  }
  return known;
}
