/** Headers of the connection itself: no setting and no import may state them. */
const CONNECTION_HEADER =
  /^(host|connection|content-(length|encoding|type)|transfer-encoding|te|trailer|upgrade|keep-alive|expect|via|http2-settings|proxy-.*|sec-.*|accept-encoding)$/i;

/** Names of headers that carry keys. They live in the secret storage, never in settings, which are synced in plain text. */
const SECRET_HEADER = /key|token|secret|auth|passw|credential|cookie|session|signature|jwt|bearer/i;

/**
 * What is done with a header of this name: `plain` may stand in a setting, `secret` goes to the secret storage, `key` is
 * what "Set API key" makes, and `never` belongs to the connection.
 */
export function classifyHeader(name: string): 'plain' | 'secret' | 'key' | 'never' {
  if (/^authorization$/i.test(name)) return 'key';
  if (CONNECTION_HEADER.test(name)) return 'never';
  return SECRET_HEADER.test(name) ? 'secret' : 'plain';
}

/** A name that HTTP allows (RFC 9110, section 5.6.2). */
export const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
