/** From an answer to a paced stream of frames: the part of generating that does not depend on the protocol. */
import { setImmediate as tick } from 'node:timers/promises';
import type { Exchange } from './loopback.ts';
import { toJson } from './scenario.ts';
import { countTokens, tokenize } from './text.ts';
import type { Answer } from './text.ts';
import { sleep } from './wire.ts';

/** One token on its way out. */
export interface Piece {
  readonly kind: 'reasoning' | 'text';
  readonly text: string;
}

/** What will be generated if nothing interferes. */
export interface Plan {
  readonly pieces: Iterable<Piece>;
  readonly finish: string;
  /** Tokens of the tool calls at its end, which are output like any other. */
  readonly callTokens: number;
}

/** Cuts an answer into tokens and applies the request's limits. */
export function planAnswer(answer: Answer, limits: { stop: readonly string[]; maxTokens: number }): Plan {
  const reasoning = cutIntoPieces('reasoning', answer.reasoning ?? []);
  const text = cutAtStop(cutIntoPieces('text', answer.text ?? []), limits.stop);
  const pieces = [...reasoning, ...text];
  if (pieces.length > limits.maxTokens)
    return { pieces: pieces.slice(0, limits.maxTokens), finish: 'length', callTokens: 0 };
  const callTokens = answer.toolCalls ? countTokens(JSON.stringify(answer.toolCalls)) : 0;
  return { pieces, finish: answer.finish ?? (answer.toolCalls ? 'tool_calls' : 'stop'), callTokens };
}

function cutIntoPieces(kind: Piece['kind'], text: string | readonly string[]): Piece[] {
  return (typeof text === 'string' ? tokenize(text) : text).map((token) => ({ kind, text: token }));
}

/** Everything before the first stop; the stop itself is never sent. */
function cutAtStop(pieces: Piece[], stops: readonly string[]): Piece[] {
  const text = pieces.map((piece) => piece.text).join('');
  const ends = stops.map((stop) => (stop === '' ? -1 : text.indexOf(stop))).filter((at) => at >= 0);
  if (ends.length === 0) return pieces;
  let left = Math.min(...ends);
  const kept: Piece[] = [];
  for (const piece of pieces) {
    if (left <= 0) break;
    kept.push({ ...piece, text: piece.text.slice(0, left) });
    left -= piece.text.length;
  }
  return kept;
}

function* endlessPieces(): Generator<Piece> {
  for (let n = 1; ; n++) yield { kind: 'text', text: ` word${n % 1000}` };
}

/** How a protocol puts a generation on the wire. */
export interface Voice {
  /** Frames before the first token. */
  begin(): unknown[];
  piece(piece: Piece): unknown;
  /** Frames after the last token. */
  finish(reason: string): unknown[];
  /** The frame of an error in mid-stream. */
  error(message: string): unknown;
  /** The answer as one object, for `stream: false`. */
  whole(reason: string): object;
}

/** How frames become bytes. */
export interface Framing {
  readonly contentType: string;
  frame(json: string): string;
  readonly keepAlive: string;
  /** The end marker; empty if the protocol has none of its own. */
  readonly end: string;
}

export const NDJSON: Framing = {
  contentType: 'application/x-ndjson',
  frame: (json) => `${json}\n`,
  keepAlive: '\n',
  end: '',
};

export const SSE: Framing = {
  contentType: 'text/event-stream',
  frame: (json) => `data: ${json}\n\n`,
  keepAlive: ': keep-alive\n\n',
  end: 'data: [DONE]\n\n',
};

export interface Delivery {
  readonly stream: boolean;
  readonly voice: Voice;
  readonly framing: Framing;
  readonly plan: Plan;
  readonly tokensPerSecond: number;
  /** Error body for a failure when nothing was sent yet (`stream: false`). */
  readonly errorBody: (message: string) => object;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sees each token as it is generated; returning false ends the stream at once, without any end marker. */
  readonly onToken?: (piece: Piece) => boolean;
}

/** Generates and sends; the book counts each token when it is generated, sent or not. */
export async function deliver(exchange: Exchange, delivery: Delivery): Promise<void> {
  const { scenario, entry, signal, wire } = exchange;
  const { voice, framing, stream, plan } = delivery;
  const { delay, error, stallAfterTokens } = scenario;
  const head = () => wire.head(200, { 'content-type': framing.contentType, ...delivery.headers });
  let sent = 0;
  const send = async (frame: unknown): Promise<void> => {
    head();
    const frames = scenario.mapFrame?.(frame as Record<string, unknown>, sent) ?? [frame];
    sent++;
    for (const each of frames) await wire.write(framing.frame(toJson(each)));
  };

  await sleep(delay?.headersMs ?? 0, signal);
  const keepAlive = async (everyMs: number): Promise<never> => {
    for (;;) {
      head();
      await wire.write(framing.keepAlive);
      await sleep(Math.max(1, everyMs), signal);
    }
  };
  if (stream && scenario.keepAliveMs !== undefined && stallAfterTokens === undefined)
    await keepAlive(scenario.keepAliveMs);
  if (stream && (delay?.firstTokenMs !== undefined || stallAfterTokens !== undefined)) head();
  await sleep(delay?.firstTokenMs ?? 0, signal);

  entry.phase = 'decoding';
  let tokens = 0;
  let broken = false;
  const pieces = scenario.endless ? endlessPieces() : plan.pieces;
  for await (const piece of decode(pieces, delivery.tokensPerSecond, delay?.betweenTokensMs ?? 0, signal)) {
    if (tokens === error?.afterTokens) break;
    if (tokens === stallAfterTokens)
      await (scenario.keepAliveMs === undefined ? sleep(Infinity, signal) : keepAlive(scenario.keepAliveMs));
    if (tokens++ === 0 && stream) for (const frame of voice.begin()) await send(frame);
    entry.tokens.output++;
    if (piece.kind === 'reasoning') entry.tokens.reasoning++;
    entry[piece.kind] += piece.text;
    if (delivery.onToken?.(piece) === false) {
      broken = true;
      break;
    }
    if (stream) await send(voice.piece(piece));
  }

  if (error) {
    const { message = 'the model failed in mid-stream' } = error;
    if (!stream) return wire.reply({ status: 500, body: delivery.errorBody(message) });
    await send(error.frame ?? voice.error(message));
    return wire.end();
  }
  if (!broken && !scenario.endless) entry.tokens.output += plan.callTokens;
  const reason = scenario.finish ?? plan.finish;
  if (!stream) return wire.reply({ headers: delivery.headers ?? {}, body: voice.whole(reason) });
  if (tokens === 0) for (const frame of voice.begin()) await send(frame);
  if (!broken) for (const frame of voice.finish(reason)) await send(frame);
  if (!broken && !scenario.noEnd && framing.end !== '') await wire.write(framing.end);
  await wire.end();
}

/** Yields each piece when its decode step is over. Late steps are caught up, so the rate holds on a busy machine. */
async function* decode(
  pieces: Iterable<Piece>,
  tokensPerSecond: number,
  betweenTokensMs: number,
  signal: AbortSignal,
): AsyncGenerator<Piece> {
  const start = performance.now();
  let step = 0;
  for (const piece of pieces) {
    step++;
    const due = start + (step * 1000) / tokensPerSecond + (step - 1) * betweenTokensMs;
    const wait = due - performance.now();
    if (wait >= 1) await sleep(wait, signal);
    else if (step % 32 === 0) await tick();
    signal.throwIfAborted();
    yield piece;
  }
}
