import {
  base64,
  BASE36,
  BASE62,
  BASE64,
  BASE64_URL,
  BECH32,
  DIGITS,
  drawn,
  form,
  hex,
  key,
  LOWER,
  password,
  UPPER,
  uuid,
  type SecretForm,
} from './secretAlphabets.ts';

/**
 * Further forms of secrets: tokens of issuers without a pattern of their own, which are found because their text is
 * drawn, and passwords where commands, markup and other languages have them.
 */

const jwt = (s: string): string =>
  `eyJ${drawn(33, s)}.eyJ${drawn(120, `${s}u`, BASE64_URL)}.${drawn(43, `${s}t`, BASE64_URL)}`;
const assigned = (name: string, make: (seed: string) => string): SecretForm =>
  form(name, (s) => ['x = ', make(s), '\n']);
const words = (count: number, s: string): string =>
  Array.from({ length: count }, (_, i) => drawn(5, `${s}${i}`, LOWER)).join(' ');

/** Tokens of issuers that have no pattern of their own. */
const TOKENS: readonly SecretForm[] = [
  assigned('GitHub installation with a signature', (s) => `ghs_${drawn(6, s, DIGITS)}_${jwt(s)}`),
  assigned('Tailscale', (s) => `tskey-auth-${drawn(12, s)}CNTRL-${drawn(32, `${s}t`)}`),
  assigned('Adafruit', (s) => `aio_${drawn(28, s)}`),
  assigned('Duffel', (s) => `duffel_live_${drawn(43, s, BASE64_URL)}`),
  assigned('Frame.io', (s) => `fio-u-${drawn(64, s, BASE64_URL)}`),
  assigned('Infracost', (s) => `ico-${drawn(32, s)}`),
  assigned('Apify', (s) => `apify_api_${drawn(36, s)}`),
  assigned('Modal', (s) => `as-${drawn(22, s)}`),
  assigned('LlamaCloud', (s) => `llx-${drawn(48, s)}`),
  assigned('Render', (s) => `rnd_${drawn(28, s)}`),
  assigned('Polar', (s) => `polar_oat_${drawn(43, s)}`),
  assigned('Segment', (s) => `sgp_${drawn(64, s)}`),
  assigned('Rootly', (s) => `rootly_${hex(64, s)}`),
  assigned('WooCommerce', (s) => `cs_${hex(40, s)}`),
  assigned('Mollie', (s) => `live_${drawn(30, s)}`),
  assigned('Xendit', (s) => `xnd_production_${drawn(64, s)}`),
];

/** Tokens of issuers with a pattern of their own. */
const ISSUERS: readonly SecretForm[] = [
  key('AWS session token alone', (s) => `IQoJb3JpZ2luX2Vj${drawn(400, s, BASE64)}`),
  key('DigitalOcean Spaces', (s) => `DO00${drawn(15, s, UPPER + DIGITS)}4`),
  key('Backblaze', (s) => `K005${drawn(26, s, BASE64)}7`),
  key('ClickHouse', (s) => `4b1d${drawn(38, s)}`),
  key('OpenShift', (s) => `sha256~${drawn(43, s, BASE64_URL)}`),
  key('ClickUp', (s) => `pk_${drawn(8, s, DIGITS)}_${drawn(32, s, UPPER + DIGITS)}`),
  key('RunPod', (s) => `rpa_${drawn(42, s, UPPER + DIGITS)}`),
  key('Anyscale', (s) => `esecret_${drawn(26, s, BASE36)}`),
  key('Harness', (s) => `pat.${drawn(22, s)}.${hex(24, s)}.${drawn(20, `${s}t`)}`),
  key('Brave Search', (s) => `BSA${drawn(27, s, BASE64_URL)}`),
  key('Axiom', (s) => `xaat-${uuid(s)}`),
  key('Unleash', (s) => `default:development.${hex(56, s)}`),
  key('Nostr', (s) => `nsec1${drawn(58, s, BECH32.toLowerCase())}`),
  key('Zoho', (s) => `1000.${hex(32, s)}.${hex(32, `${s}t`)}`),
  key('Salesforce', (s) => `00D${drawn(12, s)}!${drawn(96, `${s}t`, `${BASE62}._`)}`),
  key('Trello', (s) => `ATTA${hex(64, s)}${drawn(8, s, UPPER + DIGITS)}`),
  key('Bitwarden', (s) => `0.${uuid(s)}.${drawn(30, s)}:${drawn(22, `${s}t`, BASE64)}==`),
  key('Settlemint', (s) => `sm_pat_${drawn(16, s)}`),
  key('Intra42', (s) => `s-s4t2ud-${hex(64, s)}`),
  key('Firebase messaging', (s) => `AAAA${drawn(7, s, BASE64_URL)}:APA91b${drawn(134, `${s}t`, BASE64_URL)}`),
  key('Canva', (s) => `cnvca${drawn(52, s, BASE64_URL)}`),
  key('YouTrack', (s) => `perm:${drawn(20, s)}.${drawn(12, `${s}u`)}.${drawn(30, `${s}t`)}`),
  key('MaxMind', (s) => `${drawn(6, s)}_${drawn(29, `${s}t`)}_mmk`),
  key('Adobe', (s) => `p8e-${drawn(32, s, BASE36)}`),
  key('Matrix', (s) => `syt_${drawn(8, s)}_${drawn(20, `${s}u`, LOWER + UPPER)}_${drawn(6, `${s}t`)}`),
  key('PayPal', (s) => `A21AA${drawn(90, s, BASE64_URL)}`),
  key('ReadMe', (s) => `rdme_${drawn(70, s, BASE36)}`),
  key('Midtrans', (s) => `Mid-server-${drawn(24, s, BASE64_URL)}`),
  key('Flagsmith', (s) => `ser.${drawn(21, s)}3`),
  key('Mollie', (s) => `live_${drawn(30, s)}`),
  key('Infisical', (s) => `st.${hex(24, s)}.${hex(32, `${s}u`)}.${hex(32, `${s}t`)}`),
  key('Azure DevOps, older', (s) => drawn(52, s, `${LOWER}234567`)),
  form('Letters alone in a Terraform variable', (s) => [
    'variable "db_password" {\n  default = "',
    drawn(14, s, LOWER + UPPER),
    '"\n}',
  ]),
  form('Letters alone in another language', (s) => ['密码: ', drawn(14, s, LOWER + UPPER), '\n']),
  form('OpenVPN static key', (s) => [
    '#\n',
    `-----BEGIN OpenVPN Static key V1-----\n${Array.from({ length: 16 }, (_, i) => hex(32, `${s}${i}`)).join('\n')}\n-----END OpenVPN Static key V1-----`,
  ]),
  form('Hash of a password', (s) => ["VALUES (1, 'ada', '", `$2b$12$${drawn(53, s, `${BASE62}./`)}`, "');"]),
  form('Hash in a shadow file', (s) => [
    'ada:',
    `$6$${drawn(16, s)}$${drawn(86, `${s}t`, `${BASE62}./`)}`,
    ':19000:0:99999:7:::',
  ]),
  form('Token URI', (s) => ['secret-token:', `production_wma_${drawn(40, s)}`]),
];

/** Passwords and keys where commands, addresses, markup and languages have them. */
const PLACES: readonly SecretForm[] = [
  form('Cookie', (s) => ['Cookie: ', `sessionid=${drawn(32, s, BASE36)}; x=1`, '\n']),
  form('Login of nginx', (s) => ['proxy_set_header Authorization "Basic ', base64(18, s), '";']),
  form('Login in an f-string', (s) => ['{"Authorization": f"Bearer ', drawn(40, s), '"}']),
  form('Key of a map', (s) => ['https://maps.example.com/v1?key=', hex(32, s), '"']),
  form('Key of an Azure function', (s) => ['https://x.example.net/api/f?code=', `${drawn(54, s, BASE64_URL)}==`, '\n']),
  form('Key in a path', (s) => ['https://mainnet.infura.io/v3/', hex(32, s), '"']),
  form('Login in Python', (s) => ["requests.get(url, auth=('ada', '", password(12, s), "'))"]),
  form('Login of a mailer', (s) => ['server.login("ada@example.com", "', password(12, s), '")']),
  form('Login of JDBC', (s) => ['DriverManager.getConnection(url, "ada", "', password(12, s), '")']),
  form('Login in C#', (s) => ['new NetworkCredential("ada", "', password(12, s), '")']),
  form('PowerShell', (s) => ['ConvertTo-SecureString "', password(12, s), '" -AsPlainText -Force']),
  form('OpenSSL', (s) => ['openssl rsa -in k.pem -passin pass:', drawn(12, s), ' -out x']),
  form('Archive', (s) => ['7z x a.7z -p', `${drawn(11, s)}7`, '\n']),
  form('MongoDB client', (s) => ['mongosh -u ada -p ', drawn(12, s), ' tea']),
  form('LDAP client', (s) => ['ldapsearch -D cn=a -w ', drawn(12, s), ' -b x']),
  form('Samba client', (s) => ['smbclient //h/s -U ada%', drawn(12, s), '\n']),
  form('FreeRDP', (s) => ['xfreerdp /u:ada /p:', drawn(12, s), ' /v:h']),
  form('AWS command', (s) => ['aws configure set aws_secret_access_key ', drawn(40, s, BASE64), '\n']),
  form('npm command', (s) => ['npm config set //r.example/:_authToken ', drawn(36, s), '\n']),
  form('Property list', (s) => ['<key>Password</key>\n<string>', password(12, s).replaceAll('&', 'a'), '</string>']),
  form('Android text', (s) => ['<string name="api_key">', drawn(32, s), '</string>']),
  form('Gradle', (s) => ["storePassword '", password(12, s), "'\n"]),
  form('Clojure', (s) => [':password "', password(12, s), '"']),
  form('Macro in C', (s) => ['#define API_KEY "', drawn(32, s), '"']),
  form('Array in C', (s) => ['char password[] = "', password(12, s), '";']),
  form('Cast', (s) => ['apiKey: ("', drawn(32, s), '" as string)']),
  form('PHP', (s) => ["$dbpass = '", password(12, s), "';"]),
  form('SQL function', (s) => ["SET PASSWORD FOR ada = PASSWORD('", password(12, s), "');"]),
  form('Terraform variable', (s) => [
    'variable "db_password" {\n  type = string\n  default = "',
    password(12, s),
    '"\n}',
  ]),
  form('Escaped for HTML', (s) => ['&quot;password&quot;:&quot;', drawn(12, s), '&quot;']),
  form('Words of a wallet', (s) => ['MNEMONIC="', words(12, s), '"']),
  form('WiFi code', (s) => ['WIFI:T:WPA;S:home;P:', drawn(12, s), ';;']),
  form('French', (s) => ['motDePasse = "', password(12, s), '"']),
  form('Spanish', (s) => ['contraseña = "', password(12, s), '"']),
  form('Russian', (s) => ['пароль = "', password(12, s), '"']),
  form('Chinese', (s) => ['密码：', password(12, s).replaceAll(/[;,]/g, 'a'), '\n']),
  form('Japanese', (s) => ['パスワード: ', password(12, s), '\n']),
];

export const FURTHER_FORMS: readonly SecretForm[] = [...TOKENS, ...ISSUERS, ...PLACES];
