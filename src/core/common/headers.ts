/** Headers of the connection itself: no setting and no import may state them. */
const CONNECTION_HEADER =
  /^(host|connection|content-(length|encoding|type)|transfer-encoding|te|trailer|upgrade|keep-alive|expect|via|http2-settings|proxy-.*|sec-.*|accept-encoding)$/i;

/** Names of headers that carry keys. They live in the secret storage, never in settings, which are synced in plain text. */
const SECRET_HEADER =
  /key|token|secret|auth|passw|passphrase|passcode|credential|cookie|session|signature|jwt|bearer|hmac|otp\b|\b(?:pass|pwd|pin|sid|sig|code|cert)\b/i;
/** Values that are keys whatever their header is called: with a scheme, as issuers begin keys, or long and random. */
const SECRET_VALUE =
  /^(?:(?:bearer|basic|token|digest)\s+\S{4,}|(?:sk|rk|pk|gsk|xai|pplx|hf|nvapi|gh[pousr]|github_pat|glpat|xox[abprs]|AKIA|AIza|eyJ)[-_.\w]{12,}\S*|(?=\D*\d)(?=[^a-z]*[a-z])[\w+/=-]{24,})$/i;

/**
 * What is done with a header of this name: `plain` may be in a setting, `secret` goes to the secret storage, `key` is
 * what "Set API key" makes, and `never` belongs to the connection.
 *
 * @param value where it is known: a key under a plain name is a key too
 */
export function classifyHeader(name: string, value = ''): 'plain' | 'secret' | 'key' | 'never' {
  if (/^authorization$/i.test(name)) return 'key';
  if (CONNECTION_HEADER.test(name)) return 'never';
  return SECRET_HEADER.test(name) || SECRET_VALUE.test(value.trim()) ? 'secret' : 'plain';
}

/** A name that HTTP allows (RFC 9110, section 5.6.2). */
export const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
