/**
 * Events in which other protocols stream, as gateways pass them on, in the shape of OpenAI's chunks: Anthropic's
 * messages (docs.anthropic.com, "Streaming messages"), OpenAI's responses, Cohere's chat, and the tokens of Hugging
 * Face's text generation. What is none of them stays as it is.
 */

type Json = Readonly<Record<string, unknown>>;

const asObject = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};

/** Types of events whose `delta` is text or a thought. */
const SAYS = /text|content|message|reason|think|refus/i;
/** Types of events whose `delta` is no text for people. */
const NO_TEXT = /argument|function|tool|code|audio|image|json|signature|citation/i;

/** The events of one answer. */
export class NativeEvents {
  /** Anthropic counts the input at the beginning and the output at the end. */
  #usage: Json = {};
  /** Responses say the whole text again at their end. */
  #hasPieces = false;

  /** @returns the event in OpenAI's shape, or as it is */
  read(event: Json): Json {
    if ('choices' in event) return event;
    const { delta, message, token, response, type } = event;
    const { blockReason } = asObject(event['promptFeedback']);
    if (typeof blockReason === 'string') return { ...event, ...chunk(undefined, `blocked: ${blockReason}`) };
    if (typeof asObject(token)['text'] === 'string') return this.#token(event);
    const isResponse = typeof type === 'string' && type.startsWith('response.');
    if (isResponse && typeof asObject(response)['status'] === 'string') return this.#response(asObject(response));
    if (type === 'message_start') {
      this.#usage = asObject(asObject(message)['usage']);
      return { model: asObject(message)['model'], choices: [] };
    }
    if (typeof type !== 'string' || (delta === undefined && event['content_block'] === undefined)) return event;
    if (typeof delta === 'string')
      return SAYS.test(type) && !NO_TEXT.test(type) ? this.#text({ type, text: delta }) : { choices: [] };
    const inner = asObject(delta);
    if ('content' in inner || 'role' in inner) return event;
    return this.#delta(event, inner);
  }

  #delta(event: Json, delta: Json): Json {
    const usage = asObject(event['usage'] ?? asObject(delta['usage'])['tokens'] ?? delta['usage']);
    const reason = delta['stop_reason'] ?? delta['finish_reason'];
    const content = asObject(delta['message'])['content'] ?? event['content_block'] ?? delta;
    const counted = Object.keys(usage).length > 0 ? { usage: { ...this.#usage, ...usage } } : {};
    return { ...(reason === undefined ? this.#text(content) : chunk(undefined, reason)), ...counted };
  }

  #text(part: unknown): Json {
    this.#hasPieces = true;
    return chunk([part]);
  }

  #token({ token, details, ...event }: Json): Json {
    const { text, special } = asObject(token);
    const reason = asObject(details)['finish_reason'];
    return { ...event, ...chunk(special === true ? '' : text, reason) };
  }

  /** What responses say of themselves while they go on, and at their end. */
  #response(response: Json): Json {
    const { status, output, usage, model, error } = response;
    const base = { model, ...(usage ? { usage } : {}) };
    if (status === 'failed') return { ...base, error: error ?? { message: String(status) } };
    if (status !== 'completed' && status !== 'incomplete') return { model, choices: [] };
    const { reason } = asObject(response['incomplete_details']);
    return { ...base, ...chunk(this.#hasPieces ? undefined : output, reason ?? status) };
  }
}

/** The choices of a chunk with a piece of text, or with a reason. */
const chunk = (content: unknown, reason?: unknown): Json => ({
  choices: [{ index: 0, delta: content === undefined ? {} : { content }, finish_reason: reason ?? null }],
});
