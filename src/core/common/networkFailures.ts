import { ModelError, type Failure } from './failures.ts';

/** Errors that a request threw before a server answered, as one `Failure`. */

/** A member of a value that may be anything. */
const field = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;

/** The most characters of a server's words. */
const MOST_DETAIL = 300;

/** Words of a server as they may be shown: one line, no control or hidden characters, cut at a sentence to 300 characters. */
export function cleanDetail(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  if (line.length <= MOST_DETAIL) return line;
  const start = line.slice(0, MOST_DETAIL - 1);
  const sentences = /^.{60,}[.!?](?= )|^.{30,}[。！？]/su.exec(`${start} `)?.[0];
  return sentences ?? `${start.replace(/ [^ ]{0,40}$/, '').toWellFormed()}…`;
}

/** A failure from whatever fetch, a stream or a client library threw. */
export function failureOfError(error: unknown): Failure {
  for (const cause of causes(error)) {
    if (cause instanceof ModelError) return cause.failure;
    // The server does not speak HTTP; the parser's error has a name but not always a code.
    if (field(cause, 'name') === 'HTTPParserError')
      return { kind: 'not-a-model', detail: cleanDetail(messageOf(cause)) };
    const code = field(cause, 'code');
    const kind = typeof code === 'string' ? kindOfCode(code) : undefined;
    if (kind)
      return {
        kind,
        detail: kind === 'tls' ? `${messageOf(cause)} (${String(code)})` : String(code),
        ...(kind === 'timeout' ? { waitingFor: 'connection' as const } : {}),
      };
  }
  const message = error instanceof Error ? error.message : String(error);
  if ([...causes(error)].some((cause) => /\bproxy\b/i.test(messageOf(cause))))
    return { kind: 'proxy', detail: cleanDetail(messageOf([...causes(error)].at(-1))) };
  if (/terminated|other side closed|socket hang up|premature close/i.test(message)) return { kind: 'reset' };
  // Ports that fetch never connects to, such as 9 or 25.
  if ([...causes(error)].some((cause) => messageOf(cause) === 'bad port'))
    return { kind: 'bad-url', detail: 'blocked port' };
  if (/fetch failed|network/i.test(message)) return { kind: 'reset', detail: cleanDetail(message) };
  return { kind: 'internal', detail: cleanDetail(message) };
}

const messageOf = (error: unknown): string => String(field(error, 'message') ?? '');

function kindOfCode(code: string): Failure['kind'] | undefined {
  if (code === 'ECONNREFUSED' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH') return 'refused';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EAI_NODATA') return 'dns';
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_VERIFY|EPROTO/.test(code)) return 'tls';
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT' || code === 'UND_ERR_HEADERS_TIMEOUT')
    return 'timeout';
  if (code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW') return 'not-a-model';
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_SOCKET' || code === 'ECONNABORTED') return 'reset';
  return undefined;
}

/** An error, its causes, and the parts of aggregate errors (a name with several addresses), at most 20. */
function* causes(error: unknown): Generator<unknown> {
  const queue = [error];
  for (let n = 0; queue.length && n < 20; n++) {
    const next = queue.shift();
    yield next;
    if (next instanceof AggregateError) queue.push(...(next.errors as unknown[]));
    const cause = field(next, 'cause');
    if (cause) queue.push(cause);
  }
}
