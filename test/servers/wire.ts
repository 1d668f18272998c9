/** One response on its way to the client, with the byte-level part of the scenario applied. */
import type { ServerResponse } from 'node:http';
import { setImmediate as tick, setTimeout as timer } from 'node:timers/promises';
import { createBrotliCompress, createDeflate, createGzip } from 'node:zlib';
import type { BrotliCompress, Deflate, Gzip } from 'node:zlib';
import type { Book, BookEntry } from './book.ts';
import type { Reply, Scenario } from './scenario.ts';
import { toJson } from './scenario.ts';

/** Thrown to unwind an exchange that the scenario has ended; nobody has to handle it. */
export class ExchangeOver extends Error {}

/** Waits; `Infinity` waits for the signal. Rejects when the signal aborts. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (!(ms > 0)) return;
  const longest = 2 ** 31 - 1;
  await timer(Math.min(ms, longest), undefined, { signal });
}

/** How long a written byte gets to reach the client before a reset, which may overtake it. */
const RESET_AFTER_MS = 10;

type Compressor = Gzip | Deflate | BrotliCompress;

const COMPRESSORS: Readonly<Record<NonNullable<Scenario['encoding']>, () => Compressor>> = {
  gzip: createGzip,
  deflate: createDeflate,
  br: createBrotliCompress,
};

export class Wire {
  readonly #response: ServerResponse;
  readonly #scenario: Scenario;
  readonly #entry: BookEntry;
  readonly #book: Book;
  readonly #signal: AbortSignal;
  #compressor: Compressor | undefined;
  #compressed: Buffer[] = [];

  constructor(response: ServerResponse, scenario: Scenario, entry: BookEntry, book: Book, signal: AbortSignal) {
    this.#response = response;
    this.#scenario = scenario;
    this.#entry = entry;
    this.#book = book;
    this.#signal = signal;
  }

  get headSent(): boolean {
    return this.#response.headersSent;
  }

  /** Sends the status line and headers now, ahead of any body. */
  head(status: number, headers: Readonly<Record<string, string>>): void {
    if (this.headSent || this.#response.destroyed) return;
    this.#writeHead(status, headers);
    this.#response.flushHeaders();
  }

  /** Sends a piece of the body, after the head if that was not sent before. */
  async write(text: string | Uint8Array): Promise<void> {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text;
    const compressor = this.#compressor;
    if (!compressor) return this.#emit(bytes);
    await new Promise<void>((resolve) => compressor.write(bytes, () => compressor.flush(() => resolve())));
    await this.#emit(Buffer.concat(this.#compressed.splice(0)));
  }

  /** Ends the body well-formed. */
  async end(): Promise<void> {
    const compressor = this.#compressor;
    if (compressor) {
      await new Promise<void>((resolve) => compressor.once('end', resolve).end());
      await this.#emit(Buffer.concat(this.#compressed.splice(0)));
    }
    if (this.#response.destroyed) return;
    this.#entry.phase = 'complete';
    // The client may act on the last byte before the socket reports it sent, so the book is closed first.
    this.#book.close(this.#entry, 'server');
    await new Promise<void>((resolve) => this.#response.once('close', resolve).end(resolve));
  }

  /** A whole answer in one go. */
  async reply({ status = 200, headers = {}, body = '' }: Reply): Promise<void> {
    const isObject = typeof body === 'object' && !(body instanceof Uint8Array);
    const bytes = body instanceof Uint8Array ? body : Buffer.from(isObject ? toJson(body) : body);
    const { cut, chunkBytes, encoding } = this.#scenario;
    this.#writeHead(status, {
      ...(isObject && { 'content-type': 'application/json; charset=utf-8' }),
      ...(!cut && !chunkBytes && !encoding && ![204, 304].includes(status) && { 'content-length': `${bytes.length}` }),
      ...headers,
    });
    if (bytes.length > 0) await this.write(bytes);
    else this.#response.flushHeaders();
    await this.end();
  }

  #writeHead(status: number, headers: Readonly<Record<string, string>>): void {
    const { contentType, encoding, headers: extra } = this.#scenario;
    if (encoding && !('content-encoding' in headers)) {
      const compressor = COMPRESSORS[encoding]();
      compressor.on('data', (bytes: Buffer) => this.#compressed.push(bytes));
      this.#compressor = compressor;
    }
    this.#entry.status = status;
    this.#response.writeHead(status, {
      ...headers,
      ...(this.#compressor && { 'content-encoding': encoding }),
      ...(contentType && { 'content-type': contentType }),
      ...extra,
    });
  }

  async #emit(bytes: Uint8Array): Promise<void> {
    const { cut, chunkBytes = Infinity, delay } = this.#scenario;
    const allowed = cut ? cut.atByte - this.#entry.bytesWritten : Infinity;
    const sent = bytes.subarray(0, Math.min(bytes.length, allowed));
    for (let at = 0; at < sent.length; at += chunkBytes) {
      await this.#put(sent.subarray(at, Math.min(at + chunkBytes, sent.length)));
      if (chunkBytes < Infinity) await tick();
      if (delay?.betweenChunksMs) await sleep(delay.betweenChunksMs, this.#signal);
    }
    if (cut && bytes.length >= allowed) await this.#cut(cut.how);
  }

  async #put(bytes: Uint8Array): Promise<void> {
    if (this.#response.destroyed || bytes.length === 0) return;
    this.#entry.bytesWritten += bytes.length;
    if (this.#response.write(bytes)) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#response.off('drain', done).off('close', done);
        resolve();
      };
      this.#response.once('drain', done).once('close', done);
    });
  }

  async #cut(how: 'end' | 'close' | 'reset'): Promise<never> {
    this.#response.flushHeaders();
    const socket = this.#response.socket;
    if (how === 'end') {
      this.#book.close(this.#entry, 'server');
      await new Promise<void>((resolve) => this.#response.once('close', resolve).end(resolve));
    } else {
      await timer(RESET_AFTER_MS);
      // A client in this process, which was busy all the while, has its turn to read.
      for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
      this.#book.close(this.#entry, 'server');
      if (how === 'close') socket?.destroy();
      else socket?.resetAndDestroy();
    }
    throw new ExchangeOver();
  }
}
