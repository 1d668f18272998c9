import { createHash } from 'node:crypto';

/** What forms of secrets are made of: the alphabets of issuers, and text that looks drawn. */

export const DIGITS = '0123456789';
export const LOWER = 'abcdefghijklmnopqrstuvwxyz';
export const UPPER = LOWER.toUpperCase();
export const BASE62 = LOWER + UPPER + DIGITS;
export const BASE64 = `${BASE62}+/`;
export const BASE64_URL = `${BASE62}-_`;
export const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
export const BASE36 = LOWER + DIGITS;
export const BASE32 = `${UPPER}234567`;
const HEX = '0123456789abcdef';
export const BECH32 = 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L';
/** What generators of passwords draw from. */
const PASSWORD = `${BASE62}!@#%^&*`;
/** Django's `get_random_secret_key`. */
export const DJANGO = `${LOWER}${DIGITS}!@#$%^&*(-_=+)`;

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
export const uuid = (seed: string): string => {
  const all = hex(32, seed);
  return [all.slice(0, 8), all.slice(8, 12), `4${all.slice(13, 16)}`, `a${all.slice(17, 20)}`, all.slice(20)].join('-');
};
/** Base64 of so many random bytes. */
export const base64 = (bytes: number, seed: string): string => {
  const whole = drawn(Math.ceil((bytes * 8) / 6), seed, BASE64);
  return whole + '='.repeat((4 - (whole.length % 4)) % 4);
};
/** A password that a person would be given: with a capital, a digit and a symbol. */
export const password = (length: number, seed: string): string =>
  `${drawn(length - 3, seed, PASSWORD)}${drawn(1, seed, UPPER)}${drawn(1, seed, DIGITS)}${drawn(1, seed, '!#%^*')}`;
export const lines = (count: number, seed: string, length = 64): string =>
  Array.from({ length: count }, (_, i) => drawn(length, `${seed}${i}`, BASE64)).join('\n');

/** What is before the secret, the secret, and what is behind it. */
export type Sample = readonly [before: string, secret: string, after?: string];
export interface SecretForm {
  readonly name: string;
  readonly make: (seed: string) => Sample;
}

export const form = (name: string, make: (seed: string) => Sample): SecretForm => ({ name, make });
/** A form whose secret shows by itself, wherever it is. */
export const key = (name: string, make: (seed: string) => string): SecretForm => form(name, (seed) => ['', make(seed)]);
