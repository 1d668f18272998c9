import { ModelError } from '../common/failures.ts';
import { joinShapes, type LearnedShape, type RequestShape } from '../common/requestShape.ts';
import type { ProviderEvent, Wire } from './provider.ts';
import { adaptTo, LEARNED_SHAPES, type Sent } from './refusedParameters.ts';

/** A call is sent again in another form at most so often: servers name one thing at a time. */
const MOST_FORMS = 4;

/** One request in a form. */
interface Form {
  /** What a refusal of it can be about. */
  readonly sent: Sent;
  /** Sends it, with the first event that is taken. Throws `ModelError`. */
  readonly events: AsyncIterable<ProviderEvent>;
}

/**
 * Streams one answer. What a server refuses of the request is changed, and it is sent again, as long as nothing of an
 * answer came. A change is remembered once the server takes the request with it: one that did not help taught nothing.
 *
 * @param usual how requests to the endpoint differ from the usual before anything is learned
 * @param build makes the request in a shape; `refusedFields` are the fields of the limit that this call has tried
 * @throws ModelError
 */
export async function* askInForms(
  model: string,
  wire: Wire,
  signal: AbortSignal,
  usual: RequestShape,
  build: (shape: LearnedShape, refusedFields: ReadonlySet<string>) => Form,
): AsyncGenerator<ProviderEvent> {
  const known = LEARNED_SHAPES.get(wire.baseUrl, model);
  let learned = known;
  let shape = joinShapes(usual, learned, wire.request);
  const refusedFields = new Set<string>();
  const remember = (): void => {
    if (learned !== undefined && learned !== known) LEARNED_SHAPES.learn(wire.baseUrl, model, learned);
  };
  for (let form = 1; ; form++) {
    const { sent, events } = build(shape, refusedFields);
    let isBegun = false;
    try {
      for await (const event of events) {
        if (!isBegun) remember();
        isBegun = true;
        yield event;
      }
      return;
    } catch (error) {
      if (!(error instanceof ModelError) || isBegun || form === MOST_FORMS || signal.aborted) throw error;
      const change = adaptTo(error.failure, sent);
      if (!change) throw error;
      if (change.learned.maxTokens) refusedFields.add(shape.maxTokens ?? 'max_tokens');
      shape = joinShapes(shape, change.learned, change.once);
      learned = joinShapes(learned, change.learned);
      wire.debug?.(
        `${model}: the server refused ${error.failure.param ?? 'a part of the request'}; sent again with ${JSON.stringify({ ...change.learned, ...change.once })}`,
      );
    }
  }
}
