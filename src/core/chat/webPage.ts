import { t } from '@vscode/l10n';
import { giveUp } from '../common/debugLog.ts';
import { kindOfHost } from '../common/hosts.ts';
import { textOfHtml, titleOfHtml } from './context.ts';

/** A web page as context: fetched once, when the user asks for exactly this address, and kept as text. */
export interface WebPage {
  /** The address that answered. */
  readonly address: string;
  readonly title: string;
  readonly text: string;
}

/** Largest page that is read, in bytes, and the longest time for it, in ms. */
const MOST_BYTES = 2 * 1024 * 1024;
const WITHIN_MS = 10_000;
const MOST_REDIRECTS = 3;

/** The addresses of a host name. Rejects when the name is not known. */
export type LookUp = (hostname: string) => Promise<readonly string[]>;

/**
 * Fetches a page. No cookies, no credentials; redirects stay on the same host, so that an address never leads elsewhere
 * than it says. Only the public web is reached: what answers on this computer, in a private network or for a cloud
 * machine's own keys does not belong into a question to a model.
 *
 * @param lookUp tells where a name leads; without it only the name is looked at
 * @throws an `Error` in the user's words
 */
export async function fetchPage(address: string, fetch: typeof globalThis.fetch, lookUp?: LookUp): Promise<WebPage> {
  let url = webUrl(address);
  const signal = AbortSignal.timeout(WITHIN_MS);
  for (let redirects = 0; ; redirects++) {
    await checkPublic(url, lookUp);
    const response = await ask(url, fetch, signal);
    const location = response.status >= 300 && response.status < 400 ? response.headers.get('location') : null;
    if (location === null) return readPage(url, response, signal);
    await response.body?.cancel();
    const next = webUrl(new URL(location, url).href);
    if (next.hostname !== url.hostname || redirects >= MOST_REDIRECTS)
      throw new Error(t('{0} redirects to {1}. Mention that address if it is the one you mean.', url.host, next.href));
    url = next;
  }
}

async function checkPublic(url: URL, lookUp: LookUp | undefined): Promise<void> {
  const refuse = (): never => {
    throw new Error(
      t('{0} is not on the public web: pages of this computer and of private networks are not fetched.', url.host),
    );
  };
  if (kindOfHost(url.hostname) !== 'public') refuse();
  // A name that is not found may still be known to a proxy.
  const addresses = (await lookUp?.(url.hostname).catch(giveUp('address of a page', []))) ?? [];
  const kinds = addresses.map((address) => kindOfHost(address.includes(':') ? `[${plainIPv6(address)}]` : address));
  if (kinds.some((kind) => kind !== 'public')) refuse();
}

/** An IPv6 address as the URL parser writes it. */
function plainIPv6(address: string): string {
  const url = `http://[${address.replace(/%.*$/, '')}]/`;
  return URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : '';
}

function webUrl(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password)
    throw new Error(t('{0} is not the address of a web page.', address.slice(0, 200)));
  return url;
}

async function ask(url: URL, fetch: typeof globalThis.fetch, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, {
      redirect: 'manual',
      credentials: 'omit',
      signal,
      headers: { accept: 'text/html, text/plain, application/json;q=0.9' },
    });
  } catch (error) {
    throw troubleWith(url, signal, error);
  }
}

const troubleWith = (url: URL, signal: AbortSignal, error: unknown): Error =>
  new Error(
    signal.aborted
      ? t('{0} did not answer in time.', url.host)
      : t('{0} could not be reached: {1}', url.host, reason(error)),
    { cause: error },
  );

const reason = (error: unknown): string => {
  const { cause } = error as { cause?: { code?: unknown } };
  return typeof cause?.code === 'string' ? cause.code : error instanceof Error ? error.message : String(error);
};

async function readPage(url: URL, response: Response, signal: AbortSignal): Promise<WebPage> {
  const type = response.headers.get('content-type') ?? '';
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(t('{0} answered {1}.', url.host, response.status));
  }
  if (type && !/^(text\/|application\/(xhtml\+xml|json|xml|[\w.+-]+\+json))/i.test(type)) {
    await response.body?.cancel();
    throw new Error(t('{0} is not text but {1}.', url.href, type.split(';', 1)[0] ?? type));
  }
  const body = await readBody(response, /charset="?([\w-]+)/i.exec(type)?.[1]).catch((error: unknown) => {
    throw troubleWith(url, signal, error);
  });
  const html = /html/i.test(type) || /^\s*<(!doctype html|html)/i.test(body);
  return {
    address: url.href,
    title: html ? titleOfHtml(body) : '',
    text: html ? textOfHtml(body) : body.trim(),
  };
}

/** Longest secret in one word, in characters. */
const LONGEST_SECRET = 10_000;

/** The body up to the limit; what is beyond it is never read. */
async function readBody(response: Response, charset = 'utf-8'): Promise<string> {
  const decoder = decoderFor(charset);
  let text = '';
  let size = 0;
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    size += chunk.byteLength;
    if (size > MOST_BYTES) return withoutLastWord(text);
  }
  return text + decoder.decode();
}

/** A text that was cut, without its last word: it may be half a secret. A word longer than a secret stays. */
function withoutLastWord(text: string): string {
  const end = Math.max(text.lastIndexOf(' '), text.lastIndexOf('\n'), text.lastIndexOf('>'));
  return text.length - end < LONGEST_SECRET ? text.slice(0, end + 1) : text;
}

function decoderFor(charset: string): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder();
  }
}
