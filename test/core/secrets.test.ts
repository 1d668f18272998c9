import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { maskSecrets, unmaskSecrets } from '../../src/core/secrets.ts';

/** Letters and digits that look drawn, the same each time. Put together here, so that no file holds a whole key. */
function drawn(
  length: number,
  seed: string,
  alphabet = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789',
): string {
  let text = '';
  for (let round = 0; text.length < length; round++)
    for (const byte of createHash('sha256').update(`${seed}${round}`).digest())
      text += alphabet[byte % alphabet.length];
  return text.slice(0, length);
}
const hex = (length: number, seed: string): string => drawn(length, seed, '0123456789abcdef');
const upper = (length: number, seed: string): string => drawn(length, seed, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567');

const secrets: readonly (readonly [before: string, secret: string, after?: string])[] = [
  ['aws = "', `AKIA${upper(16, 'a')}`, '"'],
  ['', `ASIA${upper(16, 'b')}`],
  ['key: ', `AIza${drawn(35, 'c')}`],
  ['', `ya29.${drawn(60, 'd')}`],
  ['', `GOCSPX-${drawn(28, 'e')}`],
  ['git clone https://', `ghp_${drawn(36, 'f')}`, '@github.com/a/b'],
  ['', `gho_${drawn(36, 'g')}`],
  ['', `ghs_${drawn(36, 'h')}`],
  ['', `github_pat_${drawn(22, 'i')}_${drawn(59, 'j')}`],
  ['', `glpat-${drawn(20, 'k')}`],
  ['', `ATATT3${drawn(80, 'l')}`],
  ['', `ATBB${drawn(32, 'm')}`],
  ["key = '", `sk-ant-api03-${drawn(80, 'n')}`, "'"],
  ['', `sk-or-v1-${hex(64, 'o')}`],
  ['', `sk-proj-${drawn(60, 'p')}`],
  ['', `sk-${drawn(48, 'q')}`],
  ['', `gsk_${drawn(52, 'r')}`],
  ['', `xai-${drawn(80, 's')}`],
  ['', `hf_${drawn(34, 't')}`],
  ['', `r8_${drawn(37, 'u')}`],
  ['', `xoxb-123456789012-${drawn(24, 'v')}`],
  ['https://hooks.slack.com/services/', `T0${upper(8, 'w')}/B0${upper(8, 'x')}/${drawn(24, 'y')}`],
  ['https://discord.com/api/webhooks/', `123456789012345678/${drawn(68, 'z')}`],
  ['', `123456789:AA${drawn(33, 'aa')}`],
  ['', `sk_live_${drawn(24, 'ab')}`],
  ['', `rk_test_${drawn(24, 'ac')}`],
  ['', `whsec_${drawn(32, 'ad')}`],
  ['', `sq0atp-${drawn(22, 'ae')}`],
  ['', `SG.${drawn(22, 'af')}.${drawn(43, 'ag')}`],
  ['', `key-${hex(32, 'ah')}`],
  ['', `${hex(32, 'ai')}-us12`],
  ['', `AC${hex(32, 'aj')}`],
  ['//registry/:_authToken=', `npm_${drawn(36, 'ak')}`],
  ['', `pypi-AgE${drawn(80, 'al')}`],
  ['', `rubygems_${hex(48, 'am')}`],
  ['', `dckr_pat_${drawn(27, 'an')}`],
  ['', `dop_v1_${hex(64, 'ao')}`],
  ['', `hvs.${drawn(30, 'ap')}`],
  ['', `${drawn(14, 'aq')}.atlasv1.${drawn(67, 'ar')}`],
  ['', `dapi${hex(32, 'as')}`],
  ['', `shpat_${hex(32, 'at')}`],
  ['', `glsa_${drawn(32, 'au')}_${hex(8, 'av')}`],
  ['', `lin_api_${drawn(40, 'aw')}`],
  ['DefaultEndpointsProtocol=https;AccountKey=', `${drawn(86, 'ax')}==`, ';EndpointSuffix=core.windows.net'],
  ['postgres://ada:', 'Tr0ub4dor&3', '@db.example.com/tea'],
  ['mongodb+srv://ada:', drawn(20, 'ay'), '@cluster.example.net'],
  ['Authorization: Bearer ', drawn(40, 'az')],
  ['', `eyJ${drawn(20, 'ba')}.eyJ${drawn(60, 'bb')}.${drawn(43, 'bc')}`],
  ['const password = "', 'correct-Horse7battery', '";'],
  ['"clientSecret": "', drawn(40, 'bd'), '",'],
  ['DB_PASSWORD=', drawn(20, 'be')],
  ["api_key: '", drawn(32, 'bf'), "'"],
  ['aws_secret_access_key = ', drawn(40, 'bg')],
  ['', `-----BEGIN RSA PRIVATE KEY-----\n${drawn(64, 'bh')}\n${drawn(64, 'bi')}\n-----END RSA PRIVATE KEY-----`],
  ['', `-----BEGIN OPENSSH PRIVATE KEY-----\n${drawn(64, 'bj')}\n-----END OPENSSH PRIVATE KEY-----`],
];

test(`T18 ${secrets.length} forms of secrets are masked, and what stands around them stays`, () => {
  assert.ok(secrets.length >= 50);
  for (const [before, secret, after = ''] of secrets) {
    const { text, count } = maskSecrets(`${before}${secret}${after}\n`);
    assert.ok(!text.includes(secret), `${before}${secret}`);
    assert.equal(text, `${before}«masked secret 1»${after}\n`);
    assert.equal(count, 1);
  }
});

test('of 200 innocent strings at most two are masked', () => {
  const innocent = [
    ...Array.from({ length: 40 }, (_, i) => `commit ${hex(40, `c${i}`)}`),
    ...Array.from({ length: 30 }, (_, i) => `sha256:${hex(64, `s${i}`)}`),
    ...Array.from({ length: 30 }, () => `id: ${randomUUID()}`),
    ...Array.from({ length: 30 }, (_, i) => `"integrity": "sha512-${drawn(86, `i${i}`)}=="`),
    ...Array.from({ length: 30 }, (_, i) => `url(data:image/png;base64,${drawn(200, `b${i}`)})`),
    'const password = process.env.PASSWORD;',
    'password: string',
    'password: z.string().min(8)',
    "password = getpass.getpass('Password: ')",
    'const token = await getToken(user);',
    'token: TokenKind.Identifier',
    'tokens = estimateTokens(text)',
    "apiKey: 'your-api-key-here'",
    'api_key="<YOUR_API_KEY>"',
    'API_KEY=${API_KEY}',
    'secret: ${{ secrets.NPM_TOKEN }}',
    'password: "changeme"',
    "passwordField: 'input[name=password]'",
    'const maxTokens = 8192;',
    'maxTokens: 16_384',
    "tokenType: 'Bearer'",
    'secretName: my-app-tls',
    'https://example.com/a:b@c',
    'git@github.com:ada/tea.git',
    'http://localhost:11434/api/generate',
    'accessKey="k"',
    'function validatePassword(password: string): boolean {',
    "label: t('Password')",
    'if (token === undefined) return;',
    'token.length > 0',
    'private_key_path = "/etc/ssl/private/key.pem"',
    'passwordHash: bcrypt.hashSync(password, 10)',
    'sk-learn is a library',
    'hf_transfer is fast',
    'key-value store',
    'const tokenizer = new Tokenizer();',
    'CSRF_TOKEN_HEADER = "X-CSRF-Token"',
    'secret = input("Enter the secret: ")',
    'PASSWORD_MIN_LENGTH = 12',
    'credentials: "include"',
    'token = tokens[index]',
    'token: "keyword.control"',
    'export const API_KEY_HEADER = "x-api-key";',
    'secretKeyRef: { name: db, key: password }',
    'access_token_expires_in: 3600',
    'export type Token = string;',
    'lorem ipsum dolor sit amet consectetur',
    'AKIA is how AWS keys begin',
    'eyJ is how tokens begin',
    '-----BEGIN CERTIFICATE-----',
    '-----BEGIN PUBLIC KEY-----',
  ];
  assert.ok(innocent.length >= 200);
  const masked = innocent.filter((text) => maskSecrets(text).count > 0);
  assert.ok(masked.length <= 2, masked.join('\n'));
});

test('the same secret has the same number, and is put back by it', () => {
  const key = `ghp_${drawn(36, 'same')}`;
  const other = `ghp_${drawn(36, 'other')}`;
  const text = `a = ${key}; b = ${other}; c = ${key}`;
  const masked = maskSecrets(text);
  assert.deepEqual(masked, {
    text: 'a = «masked secret 1»; b = «masked secret 2»; c = «masked secret 1»',
    count: 3,
    secrets: [key, other],
  });
  assert.equal(unmaskSecrets(masked.text, masked.secrets), text);
  assert.equal(unmaskSecrets('«masked secret 9»', masked.secrets), '«masked secret 9»');
});

test('a long text takes no long time', () => {
  const text = 'const token = await getToken(user); // https://example.com/path?x=1\n'.repeat(15_000);
  const started = performance.now();
  maskSecrets(text);
  maskSecrets('a'.repeat(1_000_000));
  maskSecrets('"'.repeat(200_000));
  maskSecrets('password'.repeat(50_000));
  assert.ok(performance.now() - started < 5_000, `${performance.now() - started} ms`);
});
