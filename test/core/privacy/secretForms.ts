import { createHash } from 'node:crypto';

/** Letters and digits that look drawn, the same each time. Put together here, so that no file holds a whole key. */
export function drawn(
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
export const hex = (length: number, seed: string): string => drawn(length, seed, '0123456789abcdef');
const upper = (length: number, seed: string): string => drawn(length, seed, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567');

export const secrets: readonly (readonly [before: string, secret: string, after?: string])[] = [
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

/** A name for each, as the gateway's own would be. */
export const nameOf = (secret: string): string => createHash('sha256').update(secret).digest('hex').slice(0, 8);
