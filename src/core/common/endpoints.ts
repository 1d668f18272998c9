import { t } from '@vscode/l10n';
import { kindOfHost } from './hosts.ts';

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

/**
 * Decides whether an address from the settings may be used at all. Plain http is for this machine and for private
 * networks; there the consent says that the connection is not encrypted.
 *
 * @param allowUnencrypted the user says that the network is private in fact, though the address does not show it
 */
export function checkEndpoint(text: string, allowUnencrypted = false): EndpointCheck {
  const refuse = (why: string): EndpointCheck => ({ ok: false, why });
  if (/[\s\p{Cc}]/u.test(text)) return refuse(t('it contains spaces or control characters'));
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
  const kind = kindOfHost(url.hostname);
  if (kind === 'metadata') return refuse(t('it is the address of a machine metadata service'));
  const loopback = kind === 'loopback';
  if (url.protocol === 'http:' && !loopback && kind !== 'private' && !allowUnencrypted)
    return refuse(
      t(
        'http without encryption is only for this computer and private networks; use https://, or set "allowUnencrypted" if the network really is private',
      ),
    );
  return {
    ok: true,
    endpoint: { baseUrl: url.href.replace(/\/+$/, ''), origin: url.origin, host: url.host, loopback },
  };
}

/** {@link checkEndpoint} for the address of a provider. */
export const endpointOf = ({
  baseUrl,
  allowUnencrypted,
}: {
  readonly baseUrl: string;
  readonly allowUnencrypted?: boolean | undefined;
}): EndpointCheck => checkEndpoint(baseUrl, allowUnencrypted);

/** Whether a host name, as URLs have it, is this machine. */
export const isLoopback = (hostname: string): boolean => kindOfHost(hostname) === 'loopback';

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
    // A bare IPv6 address has no brackets; Go's own parser of hosts takes it too.
    const [, bare, after = ''] = /^([0-9a-f]*:[0-9a-f:]*:[0-9a-f.]*)(\/.*)?$/i.exec(rest) ?? [];
    const named = bare === undefined ? rest : `[${bare}]${after}`;
    const url = new URL(`${scheme ?? 'http'}://${named.startsWith(':') ? `127.0.0.1${named}` : named}`);
    // The URL parser drops a port that is the scheme's own default, so look at the text.
    const port = /:(\d+)(?:\/|$)/.exec(named.replace(/^\[[^\]]*\]/, ''))?.[1] ?? defaultPort;
    const host = url.hostname === '0.0.0.0' ? '127.0.0.1' : url.hostname === '[::]' ? '[::1]' : url.hostname;
    return `${url.protocol}//${host}:${port}${url.pathname}`.replace(/\/+$/, '');
  } catch {
    return undefined;
  }
}
