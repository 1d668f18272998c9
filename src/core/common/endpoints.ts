import { t } from '@vscode/l10n';

/** What is known about an address before anything is sent to it. */
export interface Endpoint {
  /** Without a trailing slash. */
  readonly baseUrl: string;
  /** Scheme, host and port: what keys and consents are bound to. */
  readonly origin: string;
  /** Host with port, for people. */
  readonly host: string;
  /** On this very machine, as far as the address tells. */
  readonly loopback: boolean;
}

export type EndpointCheck =
  { readonly ok: true; readonly endpoint: Endpoint } | { readonly ok: false; readonly why: string };

const METADATA_HOSTS = new Set(['169.254.169.254', 'metadata.google.internal', '[fd00:ec2::254]', '100.100.100.200']);

/**
 * Decides whether an address from the settings may be used at all. Plain http is for this machine and for private
 * networks; there the consent says that the connection is not encrypted.
 */
export function checkEndpoint(text: string): EndpointCheck {
  const refuse = (why: string): EndpointCheck => ({ ok: false, why });
  if (/[\s\p{Cc}]/u.test(text)) return refuse(t('it contains blanks or control characters'));
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return refuse(t('it is not a URL; it must look like https://host/v1'));
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return refuse(t('it must start with https:// or http://'));
  if (url.username || url.password) return refuse(t('it must not contain a user name or password'));
  if (url.search || url.hash) return refuse(t('it must not have a query or a fragment'));
  if (url.port === '0') return refuse(t('port 0 cannot be used'));
  if (METADATA_HOSTS.has(url.hostname)) return refuse(t('it is the address of a machine metadata service'));
  const loopback = isLoopback(url.hostname);
  if (url.protocol === 'http:' && !loopback && !isPrivate(url.hostname))
    return refuse(t('http without encryption is only for this computer and private networks; use https://'));
  return {
    ok: true,
    endpoint: { baseUrl: url.href.replace(/\/+$/, ''), origin: url.origin, host: url.host, loopback },
  };
}

/** Whether a host name, as URLs have it, is this machine. */
export function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/\.$/, '');
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

function isPrivate(hostname: string): boolean {
  const host = hostname.replace(/\.$/, '');
  return (
    /^10\.|^192\.168\.|^172\.(1[6-9]|2\d|3[01])\./.test(host) ||
    /^\[f[cd]/.test(host) ||
    /\.(local|lan|internal|home\.arpa)$/.test(host) ||
    !/[.:]/.test(host)
  );
}

/**
 * The address that `OLLAMA_HOST` means, by Ollama's own rules: the scheme is optional, a bare host means port 11434,
 * and an address to listen on (`0.0.0.0`, `::`) means this machine. Undefined when it cannot be understood.
 */
export function ollamaHostUrl(value: string): string | undefined {
  const text = value.trim().replace(/^["']|["']$/g, '');
  if (!text) return undefined;
  const scheme = /^(https?):\/\//i.exec(text)?.[1]?.toLowerCase();
  const rest = scheme ? text.slice(scheme.length + 3) : text;
  const defaultPort = scheme === 'https' ? '443' : scheme === 'http' ? '80' : '11434';
  try {
    const url = new URL(`${scheme ?? 'http'}://${rest.startsWith(':') ? `127.0.0.1${rest}` : rest}`);
    // The URL parser drops a port that is the scheme's own default, so look at the text.
    const port = /:(\d+)(?:\/|$)/.exec(rest.replace(/^\[[^\]]*\]/, ''))?.[1] ?? defaultPort;
    const host = url.hostname === '0.0.0.0' ? '127.0.0.1' : url.hostname === '[::]' ? '[::1]' : url.hostname;
    return `${url.protocol}//${host}:${port}${url.pathname}`.replace(/\/+$/, '');
  } catch {
    return undefined;
  }
}
