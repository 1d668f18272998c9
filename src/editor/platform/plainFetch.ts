import http from 'node:http';
import { pipeline, Readable, type Transform } from 'node:stream';
import zlib from 'node:zlib';
import type { PlainRequest } from '../../core/privacy/privateFetch.ts';

/**
 * `fetch` by Node's own client, for plain HTTP. The built-in one brings some 10 MB more into the extension host, for what
 * a server on this machine has no use for: certificates and redirects.
 *
 * Rejects as `fetch` does: with the signal's reason, or with an error that has a `code`.
 */
export const plainFetch = (
  url: string,
  { method = 'GET', headers, body: text, signal }: PlainRequest,
): Promise<Response> =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(reasonOf(signal));
    const request = http.request(url, { method, headers: Object.fromEntries(new Headers(headers)) });
    let body: http.IncomingMessage | undefined;
    const abort = (): void => {
      const reason = signal ? reasonOf(signal) : undefined;
      // Who reads the body is told first: else it hears of a connection that was closed.
      body?.destroy(reason);
      request.destroy(reason);
    };
    signal?.addEventListener('abort', abort, { once: true });
    request.once('close', () => signal?.removeEventListener('abort', abort));
    request.once('error', (error) => reject(signal?.aborted ? reasonOf(signal) : nameParserError(error)));
    request.once('response', (answer) => {
      body = answer;
      const { statusCode: status = 0, statusMessage: statusText = '' } = answer;
      const fields = new Headers();
      for (const [name, values] of Object.entries(answer.headersDistinct))
        for (const value of values ?? []) fields.append(name, value);
      const empty = method === 'HEAD' || status === 204 || status === 205 || status === 304;
      if (empty) answer.resume();
      try {
        const stream = empty ? null : (Readable.toWeb(decoded(answer)) as ReadableStream<Uint8Array>);
        resolve(new Response(stream, { status, statusText, headers: fields }));
      } catch (error) {
        // A status that is none.
        request.destroy();
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
    request.end(text ?? undefined);
  });

/** Nobody asked for compression, but something between here and the server may not know that. */
function decoded(answer: http.IncomingMessage): Readable {
  // What has come is handed on at once, and what was cut is read as far as it goes.
  const { Z_SYNC_FLUSH, BROTLI_OPERATION_FLUSH } = zlib.constants;
  const options = { flush: Z_SYNC_FLUSH, finishFlush: Z_SYNC_FLUSH };
  const decoder = ((): Transform | undefined => {
    switch (answer.headers['content-encoding']?.trim().toLowerCase()) {
      case 'gzip':
      case 'x-gzip':
        return zlib.createGunzip(options);
      case 'deflate':
        return zlib.createInflate(options);
      case 'br':
        return zlib.createBrotliDecompress({ flush: BROTLI_OPERATION_FLUSH, finishFlush: BROTLI_OPERATION_FLUSH });
      default:
        return undefined;
    }
  })();
  // Errors of either reach who reads the decoder.
  return decoder ? pipeline(answer, decoder, () => undefined) : answer;
}

const reasonOf = ({ reason }: AbortSignal): Error =>
  reason instanceof Error ? reason : new DOMException('This operation was aborted', 'AbortError');

/** As `fetch` names what does not speak HTTP. */
function nameParserError(error: Error & { code?: string }): Error {
  if (error.code?.startsWith('HPE_')) error.name = 'HTTPParserError';
  return error;
}
