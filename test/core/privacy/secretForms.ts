import { createHash } from 'node:crypto';

/**
 * A corpus of secrets. Each form draws from the real alphabet of its issuer and stands in the text that people have it
 * in. Put together here, so that no file holds a whole key.
 */

const DIGITS = '0123456789';
const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = LOWER.toUpperCase();
const BASE62 = LOWER + UPPER + DIGITS;
const BASE64 = `${BASE62}+/`;
const BASE64_URL = `${BASE62}-_`;
const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const BASE36 = LOWER + DIGITS;
const BASE32 = `${UPPER}234567`;
const HEX = '0123456789abcdef';
const BECH32 = 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L';
/** What generators of passwords draw from. */
const PASSWORD = `${BASE62}!@#%^&*`;
/** Django's `get_random_secret_key`. */
const DJANGO = `${LOWER}${DIGITS}!@#$%^&*(-_=+)`;

/** Text that looks drawn, the same each time for a seed. */
export function drawn(length: number, seed: string, alphabet = BASE62): string {
  let state = createHash('sha256').update(`${seed}${alphabet}`).digest().readUInt32LE();
  let text = '';
  while (text.length < length) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    text += alphabet[((mixed ^ (mixed >>> 14)) >>> 0) % alphabet.length];
  }
  return text;
}

export const hex = (length: number, seed: string): string => drawn(length, seed, HEX);
const uuid = (seed: string): string => {
  const all = hex(32, seed);
  return [all.slice(0, 8), all.slice(8, 12), `4${all.slice(13, 16)}`, `a${all.slice(17, 20)}`, all.slice(20)].join('-');
};
/** Base64 of so many random bytes. */
const base64 = (bytes: number, seed: string): string => {
  const whole = drawn(Math.ceil((bytes * 8) / 6), seed, BASE64);
  return whole + '='.repeat((4 - (whole.length % 4)) % 4);
};
/** A password that a person would be given: with a capital, a digit and a symbol. */
const password = (length: number, seed: string): string =>
  `${drawn(length - 3, seed, PASSWORD)}${drawn(1, seed, UPPER)}${drawn(1, seed, DIGITS)}${drawn(1, seed, '!#%^*')}`;
const lines = (count: number, seed: string, length = 64): string =>
  Array.from({ length: count }, (_, i) => drawn(length, `${seed}${i}`, BASE64)).join('\n');

/** What stands before the secret, the secret, and what stands behind it. */
type Sample = readonly [before: string, secret: string, after?: string];
interface SecretForm {
  readonly name: string;
  readonly make: (seed: string) => Sample;
}

const form = (name: string, make: (seed: string) => Sample): SecretForm => ({ name, make });
/** A form whose secret shows by itself, wherever it stands. */
const key = (name: string, make: (seed: string) => string): SecretForm => form(name, (seed) => ['', make(seed)]);

/** Forms that show by themselves. */
const KEYS: readonly SecretForm[] = [
  form('AWS access key', (s) => ['aws = "', `AKIA${drawn(16, s, BASE32)}`, '"']),
  key('AWS temporary key', (s) => `ASIA${drawn(16, s, BASE32)}`),
  key('AWS Bedrock', (s) => `ABSK${base64(90, s)}`),
  key('Amazon MWS', (s) => `amzn.mws.${uuid(s)}`),
  form('AWS signed address', (s) => ['https://b.s3.amazonaws.com/k?X-Amz-Signature=', hex(64, s), '&x=1']),
  form('Google API key', (s) => ['key: ', `AIza${drawn(35, s, BASE64_URL)}`]),
  key('Google OAuth', (s) => `ya29.${drawn(180, s, BASE64_URL)}`),
  key('Google OAuth refresh', (s) => `1//0${drawn(98, s, BASE64_URL)}`),
  key('Google OAuth client', (s) => `GOCSPX-${drawn(28, s, BASE64_URL)}`),
  form('Google signed address', (s) => ['https://storage.googleapis.com/b/o?X-Goog-Signature=', hex(512, s)]),
  form('Azure storage', (s) => [
    'DefaultEndpointsProtocol=https;AccountName=tea;AccountKey=',
    `${drawn(86, s, BASE64)}==`,
    ';EndpointSuffix=core.windows.net',
  ]),
  form('Azure Service Bus', (s) => ['Endpoint=sb://x/;SharedAccessKeyName=Root;SharedAccessKey=', base64(32, s)]),
  form('Azure shared access signature', (s) => [
    'https://a.blob.core.windows.net/c?sv=2022-11-02&sig=',
    `${drawn(43, s).slice(0, 20)}%2B${drawn(20, `${s}b`)}%3D`,
  ]),
  key('Microsoft Entra client', (s) => `${drawn(3, s)}8Q~${drawn(34, `${s}t`, `${BASE62}_~.-`)}`),
  key('Azure storage, identifiable', (s) => `${drawn(76, s, BASE64)}+ASt${drawn(6, `${s}t`, BASE64)}==`),
  key('Azure Service Bus, identifiable', (s) => `${drawn(33, s, BASE64)}+ASb${drawn(6, `${s}t`, BASE64)}=`),
  key('Azure AI Search', (s) => `${drawn(42, s)}AzSe${drawn(6, `${s}t`)}`),
  key('Azure OpenAI', (s) => `${drawn(52, s)}JQQJ99${drawn(4, `${s}m`, UPPER)}${drawn(22, `${s}t`)}`),
  key('Azure DevOps', (s) => `${drawn(76, s)}AZDO${drawn(4, `${s}t`)}`),
  key('DigitalOcean', (s) => `dop_v1_${hex(64, s)}`),
  key('Alibaba Cloud', (s) => `LTAI${drawn(20, s)}`),
  key('Tencent Cloud', (s) => `AKID${drawn(32, s)}`),
  key('Yandex Cloud', (s) => `AQVN${drawn(36, s, BASE64_URL)}`),
  key('Scaleway', (s) => `SCW${drawn(17, s, UPPER + DIGITS)}`),
  key('Heroku', (s) => `HRKU-AA${drawn(58, s, BASE64_URL)}`),
  key('Fly.io', (s) => `fm2_${base64(150, s)}`),
  key('Cloudflare', (s) => `cfut_${drawn(48, s)}`),
  key('Cloudflare Origin CA', (s) => `v1.0-${hex(24, s)}-${hex(146, `${s}t`)}`),
  key('Vercel', (s) => `vcp_${drawn(56, s)}`),
  key('Vercel Blob', (s) => `vercel_blob_rw_${drawn(16, s)}_${drawn(30, `${s}t`)}`),
  key('Netlify', (s) => `nfp_${drawn(36, s)}`),
  key('Supabase', (s) => `sbp_${hex(40, s)}`),
  key('Supabase secret', (s) => `sb_secret_${drawn(31, s, BASE64_URL)}`),
  key('PlanetScale', (s) => `pscale_tkn_${drawn(43, s, BASE64_URL)}`),
  key('Neon', (s) => `napi_${drawn(64, s, BASE36)}`),
  key('MongoDB Atlas', (s) => `mdb_sa_sk_${drawn(40, s, BASE64_URL)}`),
  key('Databricks', (s) => `dapi${hex(32, s)}`),
  key('Doppler', (s) => `dp.st.prd.${drawn(43, s)}`),
  key('Pulumi', (s) => `pul-${hex(40, s)}`),
  key('Vault', (s) => `hvs.${drawn(90, s, BASE64_URL)}`),
  form('Vault before 1.10', (s) => ['vault login ', `s.${drawn(24, s)}`]),
  key('Terraform Cloud', (s) => `${drawn(14, s)}.atlasv1.${drawn(67, `${s}t`, BASE64_URL)}`),
  key('Docker', (s) => `dckr_pat_${drawn(27, s, BASE64_URL)}`),
  form('GitHub in an address', (s) => ['git clone https://', `ghp_${drawn(36, s)}`, '@github.com/a/b']),
  key('GitHub app', (s) => `ghs_${drawn(36, s)}`),
  key('GitHub fine-grained', (s) => `github_pat_${drawn(22, s)}_${drawn(59, `${s}t`)}`),
  key('GitLab', (s) => `glpat-${drawn(20, s, BASE64_URL)}`),
  key('GitLab routable', (s) => `glpat-${drawn(27, s, BASE64_URL)}.01.${drawn(9, `${s}t`, BASE36)}`),
  key('GitLab runner', (s) => `GR1348941${drawn(20, s, BASE64_URL)}`),
  key('Atlassian', (s) => `ATATT3xFfGF0${drawn(170, s, BASE64_URL)}=${hex(8, s).toUpperCase()}`),
  key('Bitbucket', (s) => `ATBB${drawn(32, s)}`),
  key('Sourcegraph', (s) => `sgp_${hex(16, s)}_${hex(40, `${s}t`)}`),
  form('npm', (s) => ['//registry.example.com/:_authToken=', `npm_${drawn(36, s)}`]),
  key('PyPI', (s) => `pypi-AgE${drawn(150, s, BASE64_URL)}`),
  key('RubyGems', (s) => `rubygems_${hex(48, s)}`),
  key('NuGet', (s) => `oy2${drawn(43, s, BASE36)}`),
  key('crates.io', (s) => `cio${drawn(32, s)}`),
  key('Clojars', (s) => `CLOJARS_${drawn(60, s, BASE36)}`),
  key('Packagist', (s) => `packagist_uut_${hex(68, s)}`),
  key('JFrog', (s) => `AKCp${drawn(69, s)}`),
  key('JFrog reference', (s) => `cmVmdGtu${drawn(56, s)}`),
  key('CircleCI', (s) => `CCIPAT_${drawn(22, s, BASE58)}_${hex(40, `${s}t`)}`),
  key('Buildkite', (s) => `bkua_${hex(40, s)}`),
  key('Sonar', (s) => `sqp_${hex(40, s)}`),
  key('Sentry', (s) => `sntryu_${hex(64, s)}`),
  key('Sentry organization', (s) => `sntrys_eyJ${drawn(100, s, BASE64)}_${drawn(43, `${s}t`, BASE64)}`),
  key('New Relic', (s) => `NRAK-${drawn(27, s, UPPER + DIGITS)}`),
  key('New Relic license', (s) => `${hex(36, s)}NRAL`),
  key('Grafana', (s) => `glsa_${drawn(32, s)}_${hex(8, `${s}t`)}`),
  key('Grafana Cloud', (s) => `glc_${base64(100, s)}`),
  key('Grafana API key', (s) => `eyJrIjoi${drawn(72, s)}=`),
  key('Dynatrace', (s) => `dt0c01.${drawn(24, s, BASE32)}.${drawn(64, `${s}t`, BASE32)}`),
  key('Honeycomb', (s) => `hcaik_${drawn(58, s, BASE36)}`),
  key('Statsig', (s) => `secret-${drawn(43, s)}`),
  key('dbt', (s) => `dbtc_${drawn(40, s, BASE64_URL)}`),
  key('PostHog', (s) => `phx_${drawn(43, s)}`),
  key('Prefect', (s) => `pnu_${drawn(36, s)}`),
  key('LaunchDarkly', (s) => `sdk-${uuid(s)}`),
  form('Anthropic', (s) => ["key = '", `sk-ant-api03-${drawn(93, s, BASE64_URL)}AA`, "'"]),
  key('OpenRouter', (s) => `sk-or-v1-${hex(64, s)}`),
  key('OpenAI project', (s) => `sk-proj-${drawn(74, s, BASE64_URL)}T3BlbkFJ${drawn(74, `${s}t`, BASE64_URL)}`),
  key('OpenAI', (s) => `sk-${drawn(20, s)}T3BlbkFJ${drawn(20, `${s}t`)}`),
  key('DeepSeek', (s) => `sk-${hex(32, s)}`),
  key('LiteLLM', (s) => `sk-${drawn(22, s)}`),
  key('Langfuse', (s) => `sk-lf-${uuid(s)}`),
  key('Groq', (s) => `gsk_${drawn(52, s)}`),
  key('xAI', (s) => `xai-${drawn(80, s)}`),
  key('Hugging Face', (s) => `hf_${drawn(34, s, LOWER + UPPER)}`),
  key('Replicate', (s) => `r8_${drawn(37, s)}`),
  key('Perplexity', (s) => `pplx-${drawn(48, s)}`),
  key('Together', (s) => `tgp_v1_${drawn(43, s, BASE64_URL)}`),
  key('Fireworks', (s) => `fw_${drawn(24, s)}`),
  key('Cerebras', (s) => `csk-${drawn(48, s, BASE36)}`),
  key('NVIDIA', (s) => `nvapi-${drawn(64, s, BASE64_URL)}`),
  key('ElevenLabs', (s) => `sk_${hex(48, s)}`),
  key('Pinecone', (s) => `pcsk_${drawn(5, s)}_${drawn(63, `${s}t`)}`),
  key('Tavily', (s) => `tvly-dev-${drawn(32, s)}`),
  key('LangSmith', (s) => `lsv2_pt_${hex(32, s)}_${hex(10, `${s}t`)}`),
  key('Voyage', (s) => `pa-${drawn(43, s, BASE64_URL)}`),
  key('Jina', (s) => `jina_${hex(32, s)}${drawn(28, `${s}t`, BASE64_URL)}`),
  key('Firecrawl', (s) => `fc-${hex(32, s)}`),
  key('E2B', (s) => `e2b_${hex(40, s)}`),
  key('Cursor', (s) => `crsr_${hex(64, s)}`),
  key('Ollama', (s) => `${hex(32, s)}.${drawn(24, `${s}t`, BASE64_URL)}`),
  key('Zhipu', (s) => `${hex(32, s)}.${drawn(16, `${s}t`)}`),
  key('Slack bot', (s) => `xoxb-${drawn(12, s, DIGITS)}-${drawn(13, `${s}u`, DIGITS)}-${drawn(24, `${s}t`)}`),
  key('Slack app', (s) => `xapp-1-A${drawn(10, s, UPPER + DIGITS)}-${drawn(13, `${s}u`, DIGITS)}-${hex(64, `${s}t`)}`),
  form('Slack webhook', (s) => [
    'https://hooks.slack.com/services/',
    `T${drawn(10, s, UPPER + DIGITS)}/B${drawn(10, `${s}u`, UPPER + DIGITS)}/${drawn(24, `${s}t`)}`,
  ]),
  key('Discord', (s) => `MT${drawn(24, s)}.G${drawn(5, `${s}u`, BASE64_URL)}.${drawn(38, `${s}t`, BASE64_URL)}`),
  form('Discord webhook', (s) => [
    'https://discord.com/api/webhooks/',
    `${drawn(18, s, DIGITS)}/${drawn(68, `${s}t`, BASE64_URL)}`,
  ]),
  key('Telegram', (s) => `${drawn(10, s, '123456789')}:AA${drawn(33, `${s}t`, BASE64_URL)}`),
  form('Teams webhook', (s) => [
    'https://tea.webhook.office.com/webhookb2/',
    `${uuid(s)}@${uuid(`${s}u`)}/IncomingWebhook/${hex(32, `${s}v`)}/${uuid(`${s}w`)}`,
  ]),
  form('Zapier webhook', (s) => [
    'https://hooks.zapier.com/hooks/catch/',
    `${drawn(7, s, '123456789')}/${drawn(7, `${s}t`, BASE36)}`,
    '/',
  ]),
  key('SendGrid', (s) => `SG.${drawn(22, s, BASE64_URL)}.${drawn(43, `${s}t`, BASE64_URL)}`),
  key('Mailgun', (s) => `key-${hex(32, s)}`),
  key('Mailgun domain', (s) => `${hex(32, s)}-${hex(8, `${s}t`)}-${hex(8, `${s}u`)}`),
  key('Mailchimp', (s) => `${hex(32, s)}-us12`),
  key('Mandrill', (s) => `md-${drawn(22, s, BASE64_URL)}`),
  key('Brevo', (s) => `xkeysib-${hex(64, s)}-${drawn(16, `${s}t`)}`),
  key('Resend', (s) => `re_${drawn(8, s, BASE58)}_${drawn(24, `${s}t`, BASE58)}`),
  key('Twilio', (s) => `SK${hex(32, s)}`),
  key('Intercom', (s) => `dG9rO${drawn(54, s, BASE64)}=`),
  key('Stripe', (s) => `sk_live_${drawn(99, s)}`),
  key('Stripe restricted', (s) => `rk_test_${drawn(24, s)}`),
  key('Stripe webhook', (s) => `whsec_${drawn(32, s)}`),
  key('Standard webhook', (s) => `whsec_${base64(32, s)}`),
  key('Square', (s) => `EAAA${drawn(60, s, BASE64_URL)}`),
  key('Square OAuth', (s) => `sq0csp-${drawn(43, s, BASE64_URL)}`),
  key('Shopify', (s) => `shpat_${hex(32, s)}`),
  key('Razorpay', (s) => `rzp_live_${drawn(14, s)}`),
  key('Flutterwave', (s) => `FLWSECK-${hex(32, s)}-X`),
  key('Plaid', (s) => `access-production-${uuid(s)}`),
  key('Braintree', (s) => `access_token$production$${drawn(16, s, BASE36)}$${hex(32, `${s}t`)}`),
  key('Lob', (s) => `live_${hex(35, s)}`),
  key('Shippo', (s) => `shippo_live_${hex(40, s)}`),
  key('EasyPost', (s) => `EZAK${drawn(54, s)}`),
  key('Notion', (s) => `ntn_${drawn(46, s)}`),
  key('Notion before 2024', (s) => `secret_${drawn(43, s)}`),
  key('Linear', (s) => `lin_api_${drawn(40, s)}`),
  key('Figma', (s) => `figd_${drawn(40, s, BASE64_URL)}`),
  key('Postman', (s) => `PMAK-${hex(24, s)}-${hex(34, `${s}t`)}`),
  key('Airtable', (s) => `pat${drawn(14, s)}.${hex(64, `${s}t`)}`),
  key('Asana', (s) => `1/12${drawn(14, s, DIGITS)}:${hex(32, `${s}t`)}`),
  key('HubSpot', (s) => `pat-na1-${uuid(s)}`),
  key('Typeform', (s) => `tfp_${drawn(59, s, BASE64_URL)}`),
  key('Contentful', (s) => `CFPAT-${drawn(43, s, BASE64_URL)}`),
  key('Mapbox', (s) => `sk.eyJ${drawn(60, s)}.${drawn(22, `${s}t`, BASE64_URL)}`),
  key('Dropbox', (s) => `sl.${drawn(137, s, BASE64_URL)}`),
  key('Facebook', (s) => `EAA${drawn(180, s)}`),
  key('X', (s) => `${'A'.repeat(20)}${drawn(20, s)}%2B${drawn(60, `${s}t`)}`),
  form('Okta', (s) => ['Authorization: SSWS ', `00${drawn(40, s, BASE64_URL)}`]),
  key('LinkedIn', (s) => `WPL_AP1.${drawn(16, s)}.${drawn(6, `${s}t`)}==`),
  key('1Password', (s) => `ops_eyJ${drawn(250, s)}`),
  key(
    '1Password Secret Key',
    (s) =>
      `A3-${drawn(6, s, UPPER + DIGITS)}-${drawn(6, `${s}a`, UPPER + DIGITS)}-${['b', 'c', 'd', 'e'].map((each) => drawn(5, s + each, UPPER + DIGITS)).join('-')}`,
  ),
  key('age', (s) => `AGE-SECRET-KEY-1${drawn(58, s, BECH32)}`),
  key(
    'JSON web token',
    (s) => `eyJ${drawn(33, s)}.eyJ${drawn(120, `${s}u`, BASE64_URL)}.${drawn(43, `${s}t`, BASE64_URL)}`,
  ),
  key(
    'JSON web token, encrypted',
    (s) =>
      `eyJ${drawn(33, s)}.${drawn(340, `${s}u`, BASE64_URL)}.${drawn(16, `${s}v`)}.${drawn(80, `${s}w`, BASE64_URL)}.${drawn(22, `${s}t`, BASE64_URL)}`,
  ),
  form('JSON web key', (s) => ['{"kty":"EC","crv":"P-256","d":"', drawn(43, s, BASE64_URL), '"}']),
  form('Bearer token', (s) => ['Authorization: Bearer ', drawn(40, s, `${BASE62}-._~+/`)]),
  form('Basic login', (s) => ["headers: { 'Authorization': 'Basic ", base64(18, s), "' }"]),
  key(
    'RSA key',
    (s) => `-----BEGIN RSA PRIVATE KEY-----\n${lines(25, s)}\n${drawn(24, s, BASE64)}==\n-----END RSA PRIVATE KEY-----`,
  ),
  key(
    'RSA key, encrypted',
    (s) =>
      `-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,${hex(32, s).toUpperCase()}\n\n${lines(25, s)}\n-----END RSA PRIVATE KEY-----`,
  ),
  key(
    'OpenSSH key',
    (s) =>
      `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines(6, s, 70)}\n${drawn(40, s, BASE64)}\n-----END OPENSSH PRIVATE KEY-----`,
  ),
  key(
    'PGP key',
    (s) =>
      `-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v2\n\n${lines(20, s)}\n=${drawn(4, s)}\n-----END PGP PRIVATE KEY BLOCK-----`,
  ),
  form('Google service account', (s) => [
    '"private_key": "',
    `-----BEGIN PRIVATE KEY-----\\n${lines(26, s).replaceAll('\n', '\\n')}\\n-----END PRIVATE KEY-----`,
    '\\n",',
  ]),
  form('Key in one line', (s) => [
    'KEY="',
    `-----BEGIN EC PRIVATE KEY----- ${lines(3, s).replaceAll('\n', ' ')} -----END EC PRIVATE KEY-----`,
    '"',
  ]),
  key(
    'SSH2 key',
    (s) =>
      `---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nComment: "rsa"\n${lines(10, s, 70)}\n---- END SSH2 ENCRYPTED PRIVATE KEY ----`,
  ),
  form('PuTTY key', (s) => [
    'PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 2\n',
    `${lines(1, s)}\n${drawn(40, s, BASE64)}`,
    '\nPrivate-MAC: 00',
  ]),
  form('Lines of a key', (s) => ['Why is this refused?\n\n', lines(5, s), '\n\nIt worked before.']),
  form('Lines of a key in a diff', (s) => ['@@ -3,2 +3,3 @@\n+', lines(4, s).replaceAll('\n', '\n+'), '\n context']),
  form('Lines of a key in a string', (s) => ['  "', lines(4, s).replaceAll('\n', '\\n" +\n  "'), '"']),
];

/** Forms that show by what they are called or by where they stand. */
const NAMED: readonly SecretForm[] = [
  form('AWS secret key', (s) => ['aws_secret_access_key = ', drawn(40, s, BASE64)]),
  form('AWS secret key in code', (s) => ["secretAccessKey: '", drawn(40, s, BASE64), "',"]),
  form('AWS session token', (s) => ['AWS_SESSION_TOKEN=', `${drawn(340, s, BASE64)}==`]),
  form('Password in code', (s) => ['const password = "', password(16, s), '";']),
  form('Password of letters and digits', (s) => ['password = "', drawn(16, s), '"']),
  form('Short password', (s) => ["password: '", password(8, s), "',"]),
  form('Password with a type', (s) => ['const password: string = "', password(14, s), '";']),
  form('Password in Rust', (s) => ['let db_password: &str = "', password(14, s), '";']),
  form('Password in Go', (s) => ['var dbPassword string = "', password(14, s), '"']),
  form('Password in a .env file', (s) => ['\nDB_PASSWORD=', password(16, s), '\n']),
  form('Password that is exported', (s) => ['export PGPASSWORD=', drawn(12, s, `${BASE62}!#%^;`)]),
  form('Secret in base64', (s) => ['SECRET_KEY="', base64(32, s), '"']),
  form('Django secret', (s) => ['SECRET_KEY = "', drawn(50, s, DJANGO), '"']),
  form('JWT secret in hex', (s) => ['JWT_SECRET=', hex(64, s)]),
  form('Client secret', (s) => ['"clientSecret": "', drawn(40, s), '",']),
  form('Client secret in a string', (s) => ['body = "{\\"client_secret\\": \\"', drawn(40, s), '\\"}"']),
  form('API key', (s) => ["api_key: '", drawn(32, s), "'"]),
  form('Azure OpenAI key', (s) => ['AZURE_OPENAI_KEY=', hex(32, s)]),
  form('Azure OpenAI key of today', (s) => ['AZURE_OPENAI_KEY="', drawn(84, s), '"']),
  form('Key of a service', (s) => ['SPEECH_KEY = "', hex(32, s), '"']),
  form('Datadog', (s) => ['DD_API_KEY: ', hex(32, s)]),
  form('Heroku before 2024', (s) => ['HEROKU_API_KEY=', uuid(s)]),
  form('Cloudflare before 2026', (s) => ['CLOUDFLARE_API_TOKEN=', drawn(40, s, BASE64_URL)]),
  form('Mistral', (s) => ['MISTRAL_API_KEY=', drawn(32, s)]),
  form('Cohere', (s) => ['export COHERE_API_KEY="', drawn(40, s), '"']),
  form('TOTP secret', (s) => ['totp_secret = "', drawn(32, s, BASE32), '"']),
  form('WordPress', (s) => ["define('AUTH_SALT', '", drawn(64, s, `${BASE62}!@#%^&*()-_[]{}<>~+=,.;:/?|`), "');"]),
  form('WordPress password', (s) => ["define( 'DB_PASSWORD', '", password(16, s), "' );"]),
  form('Environment in Python', (s) => ['os.environ["API_TOKEN"] = "', drawn(40, s), '"']),
  form('Default of a variable', (s) => ['process.env.API_KEY || "', drawn(32, s), '"']),
  form('Default in Python', (s) => ['os.getenv("API_KEY", "', drawn(32, s), '")']),
  form('Call', (s) => ['dataSource.setPassword("', password(14, s), '");']),
  form('Builder', (s) => ['.password("', password(14, s), '")']),
  form('Wrapped', (s) => ['api_key = SecretStr("', drawn(40, s), '")']),
  form('XML', (s) => ['<password>', password(14, s).replaceAll('&', '+'), '</password>']),
  form('XML setting', (s) => ['<add key="ApiKey" value="', drawn(32, s), '" />']),
  form('Spring property', (s) => ['<property name="password" value="', password(14, s), '"/>']),
  form('Name and value in JSON', (s) => ['{ "name": "DB_PASSWORD", "value": "', password(14, s), '" }']),
  form('Name and value in YAML', (s) => ['- name: DB_PASSWORD\n  value: ', drawn(20, s), '\n']),
  form('YAML', (s) => ['  password: ', password(14, s).replace(/^[!@#%^&*]/, 'a'), '\n']),
  form('YAML on the next line', (s) => ['api_key:\n  ', drawn(40, s), '\n']),
  form('YAML block', (s) => ['password: >-\n  ', drawn(20, s, BASE62), '\n']),
  form('Kubernetes secret', (s) => ['kind: Secret\ndata:\n  tls.crt: ', base64(30, s), '\n']),
  form('Kubernetes client key', (s) => ['    client-key-data: ', base64(120, s), '\n']),
  form('Docker login', (s) => ['{"auths":{"ghcr.io":{"auth":"', base64(24, s), '"}}}']),
  form('npm before tokens', (s) => ['//registry.example.com/:_auth=', base64(24, s)]),
  form('Terraform password', (s) => [
    '"type": "random_password", "attributes": {"result": "',
    drawn(24, s, `${BASE62}!@#%&*()-_=+[]{}:?`),
    '"}',
  ]),
  form('Address', (s) => ['postgres://ada:', password(14, s).replaceAll(/[#%@^]/g, '.'), '@db.example.com/tea']),
  form('Address with a name of one part', (s) => ['mysql://root:', drawn(12, s), '@db/tea']),
  form('Address with / in the password', (s) => [
    'postgres://ada:',
    `${drawn(6, s)}/${drawn(6, `${s}t`)}`,
    '@db.example.com/tea',
  ]),
  form('Address with @ in the password', (s) => [
    'postgres://ada:',
    `${drawn(6, s)}@${drawn(6, `${s}t`)}`,
    '@db.example.com/tea',
  ]),
  form('Address of Redis', (s) => ['redis://:', drawn(16, s), '@cache:6379/0']),
  form('Address of MongoDB', (s) => ['mongodb+srv://ada:', drawn(20, s), '@cluster.example.net']),
  form('Connection string', (s) => [
    'Server=db;Database=tea;User Id=sa;Password=',
    `${drawn(8, s)}$1`,
    ';Encrypt=true',
  ]),
  form('Connection string, short', (s) => ['"Server=db;Uid=sa;Pwd=', drawn(8, s), ';"']),
  form('Connection string that begins with the password', (s) => ['"Password=', drawn(8, s), ';Server=db"']),
  form('SQL', (s) => ["CREATE USER ada WITH PASSWORD '", password(12, s), "';"]),
  form('Properties', (s) => ['spring.datasource.password=', drawn(12, s), '\n']),
  form('Compose file', (s) => ['      POSTGRES_PASSWORD: ', drawn(12, s), '\n']),
  form('Kubernetes secret in JSON', (s) => ['{"kind":"Secret","data":{"tls.crt":"', base64(30, s), '"}}']),
  form('curl', (s) => ['curl -s -u ada:', password(12, s), ' https://api.example.com']),
  form('sshpass', (s) => ['sshpass -p ', password(12, s), ' ssh ada@host']),
  form('MySQL client', (s) => ['mysqldump -u root -p', password(12, s), ' tea']),
  form('redis-cli', (s) => ['redis-cli -h cache -a ', password(12, s), ' ping']),
  form('docker login', (s) => ['docker login -u ada -p ', password(12, s), ' ghcr.io']),
  form('Flag', (s) => ['login --password ', password(12, s), ' --quiet']),
  form('Flag with a token', (s) => [
    'kubeadm join 10.0.0.1:6443 --token ',
    `${drawn(6, s, BASE36)}.${drawn(16, `${s}t`, BASE36)}`,
  ]),
  form('netrc', (s) => ['machine api.example.com login ada password ', password(12, s), '\n']),
  form('pgpass', (s) => ['db.example.com:5432:tea:ada:', drawn(12, s), '\n']),
  form('Key taken apart', (s) => ['key = "', `ghp_${drawn(18, s)}" + "${drawn(18, `${s}t`)}`, '"']),
  form('Key taken apart over lines', (s) => [
    "const key =\n  '",
    `sk-ant-api03-${drawn(40, s)}' +\n  '${drawn(55, `${s}t`)}`,
    "';",
  ]),
  form('Key with a character without width', (s) => ['', `ghp_${drawn(10, s)}\u200b${drawn(26, `${s}t`)}`]),
];

export const FORMS: readonly SecretForm[] = [...KEYS, ...NAMED];

/** One secret of each form. */
export const secrets: readonly Sample[] = FORMS.map(({ name, make }) => make(name));

/** A name for each, as the gateway's own would be. */
export const nameOf = (secret: string): string => createHash('sha256').update(secret).digest('hex').slice(0, 8);
