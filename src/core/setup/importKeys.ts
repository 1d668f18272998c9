/** What is in a configuration in the place of a key: a key, the name of a variable that holds it, or neither. */

type FoundKey =
  | { readonly kind: 'none' }
  /** A text that only fills the place, such as `YOUR_API_KEY`. */
  | { readonly kind: 'placeholder' }
  /** The key is in a store of the editor or of the other tool, which nothing else can read. */
  | { readonly kind: 'elsewhere' }
  /**
   * `secret`: a name of Continue's secrets, which it looks up in its own `.env` files and in the environment; otherwise
   * the name of an environment variable.
   */
  | { readonly kind: 'variable'; readonly name: string; readonly secret: boolean }
  | { readonly kind: 'key'; readonly key: string };

const NAME = '([A-Za-z_][A-Za-z0-9_]*)';
/** `${{ secrets.NAME }}` and `${{ inputs.NAME }}`: docs.continue.dev/reference. */
const SECRET = new RegExp(String.raw`^\$\{\{\s*(?:secrets|inputs)\.${NAME}\s*\}\}$`);
/**
 * The ways to name an environment variable: `${NAME}`, `${env:NAME}` (VS Code), `${{ env.NAME }}`, `$NAME`, `%NAME%`,
 * `os.environ/NAME` (docs.litellm.ai, "proxy/configs"), `process.env.NAME`, with a default behind `:-` or not.
 */
const VARIABLE = [
  String.raw`\$\{\{\s*(?:env\.)?${NAME}\s*\}\}`,
  String.raw`\$\{\s*(?:env[:.])?${NAME}\s*(?::-[^}]*)?\}`,
  String.raw`\$(?:env:)?${NAME}`,
  String.raw`%${NAME}%`,
  String.raw`\{\{\s*(?:env\.)?${NAME}\s*\}\}`,
  String.raw`(?:os\.environ\/|process\.env\.|env[:.])${NAME}`,
].map((pattern) => new RegExp(`^${pattern}$`));

/** `${input:chat.lm.secret.…}`: VS Code keeps the value in its secret storage (code.visualstudio.com, "Language models"). */
const INPUT = /^\$\{input:[^}]*\}$/;

/**
 * Words of texts that are where a key belongs. Short ones count only as words of their own: the random part of a key may
 * hold any four letters.
 */
const FILLER = new RegExp(
  [
    'placeholder|example|changeme|your[-_ ]?(?:api|key|token)|api[-_ ]?key|key[-_ ]?here|goes[-_ ]?here|no[-_ ]?key',
    '(?<![a-z0-9])(?:your|dummy|fake|insert|replace|x{3,}|none?|not|todo|empty)(?![a-z0-9])',
  ].join('|'),
  'i',
);
/** Beginnings that issuers give to their keys; what follows them is random. */
const ISSUED = /^(?:sk|rk|pk|gsk|xai|pplx|hf|nvapi|fw|csk|tgp|r8|key|AIza)[-_]?(?=[\w-]{6})/;

/** Longest key in characters; signed tokens, the longest kind, stay below. */
const MOST_KEY = 8_000;

/**
 * What a text in the place of a key is. A key is known by what keys have in common: one word of printable ASCII that begins
 * as issuers begin keys, or that is long and has digits in it. All else is taken for a placeholder, so that it never
 * replaces a good key.
 *
 * @param ownServer whether it is for a server of the user's own (this computer, a private network), whose keys may be short
 */
export function readKey(text: string | undefined, ownServer: boolean): FoundKey {
  const value = text?.trim() ?? '';
  if (!value) return { kind: 'none' };
  if (value.length > MOST_KEY) return { kind: 'placeholder' };
  const secret = SECRET.exec(value)?.[1];
  if (secret) return { kind: 'variable', name: secret, secret: true };
  if (INPUT.test(value)) return { kind: 'elsewhere' };
  for (const pattern of VARIABLE) {
    const name = pattern.exec(value)?.[1];
    if (name) return { kind: 'variable', name, secret: false };
  }
  return looksLikeKey(value, ownServer) ? { kind: 'key', key: value } : { kind: 'placeholder' };
}

/** Keys of cloud providers without such a beginning have 30 characters and more. */
const SHORTEST = 16;

function looksLikeKey(value: string, ownServer: boolean): boolean {
  if (!/^[\x21-\x7e]+$/.test(value) || /[<>{}[\]$"'`\\]|\.\.\.|\*\*/.test(value)) return false;
  if (FILLER.test(value) || /(.)\1{5}/.test(value)) return false;
  if (ISSUED.test(value)) return true;
  if (!/\d/.test(value)) return false;
  return ownServer ? value.length >= 4 : value.length >= SHORTEST && /[A-Za-z]/.test(value);
}
