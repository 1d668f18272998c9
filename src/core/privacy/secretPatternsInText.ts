import { MIXED_LETTERS, row, token, type SecretPattern } from './secretPattern.ts';

/**
 * Between two lines of base64: a line break, or its escape inside a string, with what editors, diffs, comments and
 * string literals put around it.
 */
const BREAK = String.raw`(?:(?:\\r)?(?:\\n)?[ \t"'\x60+,.;\\]{0,20}\r?\n(?:[ \t]{0,40}\r?\n){0,3}[ \t]{0,40}(?:(?:[-+>#*|]|\/\/|\d{1,6}[:|]?)[ \t]{0,8}){0,2}["'\x60]?|(?:(?:\\{1,4}r)?\\{1,4}n){1,2}|(?:%0[Dd])?%0[Aa])`;
const PRIVATE = '(?:[A-Z0-9]+ ){0,5}PRIVATE KEY';
/** Percent codes are those of `+`, `/`, and `=`. */
const BASE64 = '(?:[A-Za-z0-9+/=]|%2[BbFf]|%3[Dd])';

/**
 * A private key with its header. The header alone is only code that names it: the match needs base64 with a digit after
 * it, and takes nothing but base64 up to the end mark, so that code and questions behind a header stay.
 */
const PRIVATE_KEY = new RegExp(
  `-----BEGIN ${PRIVATE}(?: BLOCK)?-----` +
    String.raw`(?:${BREAK}(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset): [^\r\n\\]{1,100}){0,5}` +
    String.raw`(?:${BREAK}| {1,4})?(?=[A-Za-z+/]{0,60}[0-9])${BASE64}{16,}` +
    `(?:(?:${BREAK}| )${BASE64}{16,})*` +
    `(?:(?:(?:${BREAK}| )${BASE64}{1,15}){0,2}(?:${BREAK}| )?-----END ${PRIVATE}(?: BLOCK)?-----)?`,
  'g',
);

/** One line of a key: 64 or 70 characters with a digit, a small letter, and a capital, which no hash in hex has. */
const KEY_LINE = `(?=[A-Za-z+/]{0,63}[0-9])(?=[a-z0-9+/]{0,63}[A-Z])(?=[A-Z0-9+/]{0,63}[a-z])(?:[A-Za-z0-9+/]{64}|[A-Za-z0-9+/]{70})(?![A-Za-z0-9+/])`;

/**
 * Lines of a private key without its header, as a search, a diff or a cut leaves them: two or more lines of base64, and
 * the short line at their end. A certificate or a public key with its header is matched as a whole without a group: it
 * is no secret.
 */
const KEY_LINES = new RegExp(
  `-----BEGIN (?!${PRIVATE})[A-Z0-9 ]{1,60}-----(?:${BREAK}[A-Za-z0-9+/=]{1,76}(?![A-Za-z0-9+/=]))*` +
    String.raw`|(?:^|\n[ \t]{0,40}(?:(?:[-+>#*|]|\/\/|\d{1,6}[:|]?)[ \t]{0,8}){0,2}["'\x60]?|\\n|["'\x60])` +
    `(?<secret>${KEY_LINE}(?:${BREAK}${KEY_LINE})+(?:${BREAK}[A-Za-z0-9+/]{1,69}={1,2}(?![A-Za-z0-9+/=]))?)`,
  'g',
);

/**
 * A password between the user and the host of an address, also one with `/` or `@` that should have been encoded: it
 * ends at the first `@` before a host with a dot or a port, else at the last one before the path. A port is none, and
 * neither is a variable that is in its place.
 */
const PASSWORD_IN_ADDRESS =
  /:\/\/[^\s:/@"'`<>{}]{0,100}:(?!\d{1,5}[/?#]|\$\{|\$\w+@|\*+@|<|\{|%\w+%)(?<typed>(?:[^\s"'`<>{}]{2,200}?)(?=@(?:[\w-]{1,60}\.[\w.-]|localhost|[\w-]{1,60}:\d|\[))|[^\s/"'`<>{}]{2,200}(?=@[\w[]))/g;

/** The last lines of a private key, before its end mark: what a part that begins within the key has of it. */
const KEY_END = new RegExp(
  String.raw`-----END ${PRIVATE}(?: BLOCK)?-----(?<=(?<head>(?:(?<![A-Za-z0-9+/=])(?=[A-Za-z+/]{0,75}[0-9=])${BASE64}{4,76}${BREAK}){1,3})-----END ${PRIVATE}(?: BLOCK)?-----)`,
  'g',
);

/** Private keys, web tokens, and passwords in addresses, headers and commands. */
export const TEXT_PATTERNS: readonly SecretPattern[] = [
  // Private keys
  row('Private key in PEM or PGP armor', 'RFC 7468; RFC 9580 section 6.2', ['PRIVATE KEY'], PRIVATE_KEY),
  row('Lines of a private key', 'RFC 7468: 64 characters a line; OpenSSH: 70', [], KEY_LINES),
  row('End of a private key', 'RFC 7468', ['-----END '], KEY_END),
  row(
    'SSH.com',
    'RFC 4716 section 3',
    ['SSH2 ENCRYPTED PRIVATE KEY'],
    /---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\r?\n(?:[A-Za-z-]{1,64}: [^\r\n]{1,200}\r?\n){0,5}[A-Za-z0-9+/=]{16,}(?:\r?\n[A-Za-z0-9+/=]{1,80})*(?:\r?\n---- END SSH2 ENCRYPTED PRIVATE KEY ----)?/g,
  ),
  row(
    'PuTTY',
    'the.earth.li/~sgtatham/putty: PPK file format',
    ['Private-Lines:'],
    /Private-Lines: \d{1,4}\r?\n(?<secret>[A-Za-z0-9+/=]{16,}(?:\r?\n[A-Za-z0-9+/=]{1,80}(?![\w-]))*)/g,
  ),
  row(
    'JSON web key',
    'RFC 7518 section 6',
    ['"kty"', "'kty'"],
    /["'](?:d|p|q|dp|dq|qi|k)["'][ \t]{0,4}:[ \t]{0,4}["'](?<secret>[\w-]{22,})["']/g,
  ),
  row(
    'OpenVPN static key',
    'openvpn.net: static key mode',
    ['OpenVPN Static key'],
    new RegExp(
      `-----BEGIN OpenVPN Static key V1-----(?:${BREAK}[a-f0-9]{32}){1,16}(?:${BREAK}-----END OpenVPN Static key V1-----)?`,
      'g',
    ),
  ),
  row(
    'Hash of a password',
    'man 5 crypt; github.com/P-H-C: PHC string format; RFC 2307; RFC 5803; pgbouncer.org: userlist.txt',
    ['$1$', '$apr1$', '$2', '$5$', '$6$', '$y$', '$argon2', 'SHA', '" "md5'],
    /\{S?SHA(?:224|256|384|512)?\}[A-Za-z0-9+/]{26,120}={0,2}|\bSCRAM-SHA-(?:1|256|512)\$\d{1,9}:[A-Za-z0-9+/=]{8,90}\$[A-Za-z0-9+/=]{20,90}:[A-Za-z0-9+/=]{20,90}|(?<=" ")md5[a-f0-9]{32}(?=")|(?<![\w$])\$(?:(?:apr)?1\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}|2[abxy]\$\d\d\$[./A-Za-z0-9]{53}|[56]\$(?:rounds=\d{1,9}\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{43,86}|y\$[./A-Za-z0-9]{1,10}\$[./A-Za-z0-9]{1,40}\$[./A-Za-z0-9]{43}|argon2(?:id|i|d)\$v=\d{1,3}\$[\w=,]{1,60}\$[A-Za-z0-9+/]{8,90}\$[A-Za-z0-9+/]{16,90})(?![./A-Za-z0-9])/g,
  ),
  token('age', 'age-encryption.org/v1', ['AGE-SECRET-KEY-1'], /AGE-SECRET-KEY-1[0-9A-Z]{58}/),

  row(
    'Private key in PEM, encoded once more',
    'RFC 7468; base64 of the header, but of no certificate and no public key',
    ['LS0tLS1CRUdJTi'],
    /LS0tLS1CRUdJTi(?!BDRVJU|BQVUJM|BSU0EgUFVC|BYNTA5|BUUlVT|BFQyBQQVJB|BESCBQQVJB)[A-Za-z0-9+/]{60,}={0,2}/g,
  ),
  row(
    'Private key in DER, as base64',
    'RFC 5208, RFC 8017, RFC 5915, RFC 7292',
    [
      'IBADAN',
      'IBAAKC',
      'MHcCAQEE',
      'MIGkAgEBBD',
      'MC4CAQAwBQYDK2V',
      'MIGHAgEAMBMG',
      'MIG2AgEAMBAG',
      'AzCC',
      'AzCA',
      'BOBgkqhkiG9w0BBQ0w',
    ],
    /(?<![A-Za-z0-9+/])(?:MI[A-Za-z0-9+/]{4}(?:IBADAN|IBAAKC|IBAzCC|IBAzCA|BOBgkqhkiG9w0BBQ0w)|MHcCAQEE|MIGkAgEBBD|MC4CAQAwBQYDK2V|MIGHAgEAMBMG|MIG2AgEAMBAG)[A-Za-z0-9+/]{30,}={0,2}/g,
  ),
  row(
    'Google service account, as base64',
    'cloud.google.com: service account keys',
    ['c2VydmljZV9hY2NvdW50I', 'NlcnZpY2VfYWNjb3VudC'],
    /(?<![A-Za-z0-9+/])(?:eyJ0eXBlIjoi|eyAidHlwZSI6|ewogICJ0eXBlIjogIn|ewogICAgInR5cGUiOiAi)[A-Za-z0-9+/]{60,}={0,2}/g,
  ),

  // Web tokens and headers
  row(
    'JSON web token',
    'RFC 7519',
    ['eyJ'],
    /(?<![\w-](?<!\\[nrt]|%[0-9A-Fa-f]{2}))eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}/g,
  ),
  row(
    'JSON web token, encrypted',
    'RFC 7516',
    ['eyJ'],
    /(?<![\w-](?<!\\[nrt]|%[0-9A-Fa-f]{2}))eyJ[\w-]{10,}\.[\w-]*\.[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/g,
  ),
  row(
    'Authorization header',
    'RFC 9110 section 11.6.2',
    ['uthorization', 'UTHORIZATION'],
    /authorization\\?["']?(?:[ \t]{0,8}[:=,][ \t]{0,8}(?:[A-Za-z$@]{0,2}\\?["'`])?|[ \t]{1,8}\\?["'])(?:(?:bearer|basic|token|apikey|bot|ssws|digest|negotiate)[ \t]{1,8}(?:token=)?|[A-Za-z][\w-]{1,20}[ \t]{1,4}(?=[\w.~+/=:-]{0,60}\d)(?=[\w.~+/=:-]{16}))(?<secret>[\w.~+/=:-]{8,})/gi,
  ),
  row('Bearer token', 'RFC 6750', ['earer ', 'EARER '], /\bbearer {1,8}(?<secret>[\w.~+/-]{24,}=*)/gi),

  // Passwords in addresses and on command lines
  row('Password in an address', 'RFC 3986 section 3.2.1', ['://'], PASSWORD_IN_ADDRESS),
  row(
    'netrc',
    'man netrc',
    ['login', 'machine'],
    /\b(?:login|account|machine)[ \t]{1,8}\S{1,200}\s{1,40}password[ \t]{1,8}["']?(?<typed>[^\s"']{3,200})/g,
  ),
  row(
    'pgpass',
    'postgresql.org/docs: the password file',
    [':'],
    /:(?<=(?<![^\s"'`])(?:[\w.*-]{1,200}|\/[\w./-]{1,200}):)(?:\d{2,5}|\*):[A-Za-z*][\w*-]{0,60}:[A-Za-z*][\w*-]{0,60}:(?<typed>[^\s:"'`,;]{4,200})$/gm,
  ),
  row(
    'Connection string',
    'learn.microsoft.com: ADO.NET connection strings',
    ['assword', 'ASSWORD', 'wd', 'WD'],
    /(?:(?<=;[ \t]{0,4})|(?=[^;\r\n"']{1,200};[ \t]{0,4}[\w ]{2,40}=))\b(?:password|pwd)[ \t]{0,4}=[ \t]{0,4}(?!\$|\{|<|%)(?<typed>[^;"'`\s]{3,200}(?<!["'`]))/gi,
  ),
  row(
    'Connection string that begins with the password',
    'learn.microsoft.com: ADO.NET connection strings',
    ['Password=', 'Pwd=', 'PWD='],
    /(?:^|["'`])(?:Password|Pwd|PWD)=(?!\$|\{|<|%)(?<typed>[^;"'`\s]{3,200});/gm,
  ),
  row('Token URI', 'RFC 8959', ['secret-token:'], /\bsecret-token:(?<secret>[\w.~%+-]{8,})/g),
  row(
    'Cookie',
    'RFC 6265 section 4',
    ['ookie', 'OOKIE'],
    /\bcookie2?\\?["']?[ \t]{0,4}[:=,][ \t]{0,4}(?:[A-Za-z$@]{0,2}\\?["'`])?(?<secret>[\w.-]{1,60}=(?:[^\s"'`${}()[\]\\=]{0,200}[; ]{0,2}[\w.-]{0,60}=){0,4}[^\s;"'`$<>{}()[\]\\=]{16}[^\r\n"'`${}()[\]\\]{0,4000})/gi,
  ),
  row(
    'Key in the query of an address',
    'developers.google.com/maps: API key parameter; learn.microsoft.com: Azure Functions access keys',
    ['key=', 'appid=', 'code='],
    /[?&](?:(?:key|appid)=(?=[A-Fa-f0-9]{32})|code=(?=[\w%-]{30}))(?<secret>[\w%-]{30,200}={0,2})(?![\w%-])/g,
  ),
  row(
    'Signature in the query of an address',
    'docs.aws.amazon.com/AmazonCloudFront: signed URLs',
    ['ignature=', '&hmac=', '?hmac='],
    /[?&](?:[Ss]ignature|hmac)=(?<secret>[\w%~+/.-]{32,}={0,2})/g,
  ),
  row(
    'Token as the user of an address',
    'docs.github.com: cloning with a token',
    ['@'],
    /:\/\/(?=[\w-]{0,60}\d)(?<secret>[A-Za-z0-9_-]{30,200})(?=(?::[\w-]{0,40})?@(?![\w.-]{0,60}sentry)[\w[])/g,
  ),
  row(
    'Password in an address of Go',
    'github.com/go-sql-driver/mysql: DSN',
    ['@tcp(', '@unix('],
    /["'`=][\w-]{1,40}:(?<typed>[^\s"'`@/]{2,100})(?=@(?:tcp|unix)\()/g,
  ),
  row(
    'Password in an address of Oracle',
    'docs.oracle.com: JDBC URL, SQL*Plus',
    ['oracle:', 'sqlplus', 'expdp', 'impdp', 'sqlldr'],
    /(?:oracle:(?:thin|oci):|\b(?:sqlplus|expdp|impdp|sqlldr)[ \t]{1,4}(?:-\w{1,8}[ \t]{1,4}){0,3}(?:userid=)?["']?)\w{1,40}\/(?<typed>[^\s"'`@/$]{3,100})(?=@)/g,
  ),
  row(
    'Composer login',
    'getcomposer.org: authentication',
    ['oauth"', 'bearer"', 'token"'],
    /"(?:(?:github|gitlab|bitbucket)-(?:oauth|token)|bearer)"\s{0,4}:\s{0,4}\{\s{0,40}"[\w.-]{1,100}"\s{0,4}:\s{0,4}"(?<secret>[^"\s]{8,400})"/g,
  ),
  row(
    'Bundler login',
    'bundler.io: credentials for gem sources',
    ['BUNDLE_'],
    /\bBUNDLE_[A-Z0-9_]{1,80}__[A-Z0-9_]{1,80}["']?[ \t]{0,4}[:=][ \t]{0,4}["']?(?<secret>[\w.-]{1,80}:[^\s"']{4,200})/g,
  ),
  row(
    'AWS secret key beside its identifier',
    'docs.aws.amazon.com: IAM access keys',
    ['AKIA', 'ASIA'],
    /(?:AKIA|ASIA)[A-Z2-7]{16}["']?[ \t]{0,4}[,;|:\t ][ \t]{0,4}["']?[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=])/g,
  ),
  row(
    'Key in the path of an address',
    'docs.infura.io; docs.alchemy.com',
    ['infura.io/', 'alchemy.com/', 'quiknode.pro/'],
    /(?:infura\.io\/(?:ws\/)?v3|alchemy\.com\/v2|quiknode\.pro)\/(?<secret>[\w-]{20,})/g,
  ),
  row(
    'WiFi code',
    'github.com/zxing: barcode contents',
    ['WIFI:'],
    /WIFI:[^\r\n"']{0,100}?P:(?<typed>[^;"'\r\n]{4,100});/g,
  ),
  row(
    'Terraform variable',
    'developer.hashicorp.com/terraform: input variables',
    ['variable '],
    /\bvariable[ \t]{1,4}"[\w-]{0,60}(?:password|passwd|secret|token|api_?key|access_?key)[\w-]{0,20}"[ \t]{0,4}\{[^}]{0,400}?\bdefault[ \t]{0,8}=[ \t]{0,4}"(?<typed>(?=[^"]{0,100}\d)[^"\s]{6,200})"/gi,
  ),
  row(
    'Terraform variable of letters alone',
    'developer.hashicorp.com/terraform: input variables',
    ['variable '],
    new RegExp(
      String.raw`\bvariable[ \t]{1,4}"\w{0,60}(?:password|passwd|secret|token|api_?key|access_?key)\w{0,20}"[ \t]{0,4}\{[^}]{0,400}?\bdefault[ \t]{0,8}=[ \t]{0,4}"(?<typed>${MIXED_LETTERS})"`,
      'g',
    ),
  ),
  row(
    'Property list',
    'developer.apple.com: property lists',
    ['</key>'],
    /<key>[^<\r\n]{0,40}(?:password|passphrase|secret|token|api[ _-]?key)[^<\r\n]{0,20}<\/key>\s{0,40}<string>(?<typed>(?=[^<\r\n]{0,100}[\d!@#$%^&*?])[^<\s]{6,400})<\/string>/gi,
  ),
  row(
    'Words of a wallet',
    'github.com/bitcoin: BIP-39',
    ['nemonic', 'NEMONIC', 'hrase', 'HRASE'],
    /(?:mnemonic|(?:seed|recovery|secret)[_ -]?phrase)\w{0,20}\\?["']?\s{0,4}[:=]\s{0,4}\\?["'`]?(?<secret>(?:[a-z]{3,8}[ ,]{1,3}){11,23}[a-z]{3,8})(?![a-z])/gi,
  ),
];
