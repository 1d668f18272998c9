/** Names that say that their value is secret, read word by word. */

/** Part of a name that may say that its value is secret. Cheap to look for; `kindOf` then reads the whole name. */
export const MARK =
  /passw|passphrase|passcode|pwd|pass\b|pass_|secret|key|token|credential|auth|pw\b|salt|pepper|kennwort|senha|contrase|passe\b|wachtwoord|passord|adgangskode|salasana|haslo|sifre|parola\b|parool|heslo|lozinka|geslo|jelszo|losenord|clave\b|psk\b|setcookie/gi;

/** How sure a name makes us, from a value that people type (`password`) to one that only machines draw (`cacheKey`). */
export type NameKind = 'password' | 'key' | 'maybe';

/** What people make up and type. */
const PASSWORD_WORDS = new Set(
  'password passwords passwd passwort passphrase passcode pass pwd pw psw secret secrets kennwort senha contrasena passe wachtwoord passord adgangskode salasana haslo sifre parola parool heslo lozinka geslo jelszo losenord clave psk setcookie'.split(
    ' ',
  ),
);
/** What follows such a word when the value is about a secret and not the secret. */
const ABOUT = new Set(
  'name names url uri path file dir type types kind length len size count expiry expires expiration ttl header headers field label placeholder hint regex pattern policy ref reference endpoint prefix suffix index limit min max format message error errors input selector template version algorithm alg strength method mode at in enabled required id ids title text description location provider source store manager service scope scopes class icon color status state schema'.split(
    ' ',
  ),
);
/** What goes before `key` when it opens no door. */
const OPEN_KEYS = new Set(
  'public pub primary foreign publishable partition sort cache row group order translation i18n query react map hot short arrow gpg pgp apt'.split(
    ' ',
  ),
);
/** What goes before `key` or `token` when it is certainly a secret. */
const SECRET_KEYS = new Set(
  'api access private secret auth encryption signing master account shared service client license subscription consumer app application admin webhook deploy ssh session jwt hmac crypto cipher refresh bearer id bot personal csrf functions host openai azure'.split(
    ' ',
  ),
);

/** The name of a file, as a key of a list of files. */
const FILE = /\.(?:[cm]?[jt]sx?|py|rb|go|rs|java|kt|swift|php|cs|cpp|h|sh|json|ya?ml|toml|xml|md|txt|css|html|vue)$/i;

/**
 * What a name promises about its value; null for a name like any other. A name is read word by word, so that
 * `tokenizer`, `keyboard` and `compass` are ordinary names.
 *
 * @param name with letters, digits, `_`, `-`, `.` and `$`
 */
export function kindOf(name: string): NameKind | null {
  if (FILE.test(name)) return null;
  const words = name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter(Boolean);
  while (
    words.length > 1 &&
    /^(?:v|value|values|string|str|text|env|var|default|test|dev|prod|production|staging|old|new|current|primary|b|base|hex|hash|raw)$/.test(
      words.at(-1) ?? '',
    )
  )
    words.pop();
  const last = words.at(-1) ?? '';
  const before = words.at(-2) ?? '';
  if (ABOUT.has(last) && !(last === 'id' && before === 'key')) return null;
  if (words.some((word) => PASSWORD_WORDS.has(word) && (word !== 'pass' || word === last))) return 'password';
  if (
    /(?:password|passwd|passphrase|secret)$/.test(last) ||
    /^(?:db|user|my|smtp|mail|ftp|ssh|sql|root|admin|login|ldap|mysql|pg|redis|mongo|wifi|key|store|app|bind|require|master|vnc)(?:pass|pw|pwd)$/.test(
      last,
    )
  )
    return 'password';
  if (last === 'masterauth' || (last === 'ident' && before === 'auth')) return 'password';
  if (
    /^(?:api|access|secret|private|auth|master|encryption)(?:key|token)$/.test(last) ||
    /^(?:authtoken|oauth)$/.test(last)
  )
    return 'key';
  if (/^(?:token|authorization|credentials?)$/.test(last) || (last === 'auth' && words.length <= 3)) return 'key';
  if (last === 'key' || (last === 'id' && before === 'key')) {
    const owner = last === 'id' ? (words.at(-3) ?? '') : before;
    if (OPEN_KEYS.has(owner)) return null;
    return SECRET_KEYS.has(owner) ? 'key' : 'maybe';
  }
  if (last === 'keys' && /^(?:api|access|secret|private|auth|encryption|signing|master|session)$/.test(before))
    return 'key';
  if (last === 'salt' || last === 'pepper' || last === 'tokens' || last === 'keys' || last === 'keypass')
    return 'maybe';
  return null;
}
