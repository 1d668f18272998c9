/**
 * The rows of tables straight from the pages of an SQLite file, for files that SQLite itself refuses: one damaged page
 * near the root hides all that is below it, though the leaves with the rows are sound.
 * Layout: https://www.sqlite.org/fileformat2.html, sections 1.3, 1.6 and 2.1.
 */

/** INTEGER and REAL as numbers; integers beyond 2^53 and BLOBs are not decoded. */
export type Value = string | number | null;

/** What a file without a readable header is taken for: the default of SQLite. */
const PAGE_BYTES = 4_096;
const FILE_HEADER_BYTES = 100;
const LEAF_OF_TABLE = 0x0d;

/** The size of pages that the first bytes of a database tell. */
export function pageBytesOf(head: Buffer): number {
  const told = head.length >= FILE_HEADER_BYTES ? head.readUInt16BE(16) : 0;
  const bytes = told === 1 ? 65_536 : told;
  return bytes >= 512 && (bytes & (bytes - 1)) === 0 ? bytes : PAGE_BYTES;
}

/**
 * The rows on a page, as far as they can be decoded; none when it is no leaf of a table.
 *
 * @param number of the page, from 1
 * @param readPage gives the page of a number, for what of a row does not fit on its own; undefined when there is none
 */
export function rowsOnPage(
  page: Buffer,
  number: number,
  readPage: (number: number) => Buffer | undefined,
): readonly (readonly Value[])[] {
  const header = number === 1 ? FILE_HEADER_BYTES : 0;
  if (page[header] !== LEAF_OF_TABLE) return [];
  const cells = page.readUInt16BE(header + 3);
  const rows: (readonly Value[])[] = [];
  for (let cell = 0; cell < cells; cell += 1) {
    const pointer = header + 8 + 2 * cell;
    if (pointer + 2 > page.length) break;
    try {
      rows.push(decodeRecord(readPayload(page, page.readUInt16BE(pointer), readPage)));
    } catch {
      // A damaged cell costs its row and no other.
    }
  }
  return rows;
}

/** The bytes of a row; rows that are too long for a page go on in a chain of overflow pages. */
function readPayload(page: Buffer, start: number, readPage: (number: number) => Buffer | undefined): Buffer {
  const [bytes, afterBytes] = readVarint(page, start);
  const [, from] = readVarint(page, afterBytes);
  const usable = page.length;
  const most = usable - 35;
  if (bytes > 1e6) throw new RangeError('no row is that long');
  if (bytes <= most) return slice(page, from, bytes);
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const fitted = least + ((bytes - least) % (usable - 4));
  const here = fitted <= most ? fitted : least;
  const parts = [slice(page, from, here)];
  let left = bytes - here;
  for (let next = page.readUInt32BE(from + here); left > 0;) {
    const more = readPage(next);
    if (!more) throw new RangeError('the rest of the row is missing');
    parts.push(slice(more, 4, Math.min(left, usable - 4)));
    left -= usable - 4;
    next = more.readUInt32BE(0);
  }
  return Buffer.concat(parts);
}

function slice(bytes: Buffer, from: number, length: number): Buffer {
  if (from + length > bytes.length) throw new RangeError('past the end');
  return bytes.subarray(from, from + length);
}

/** Big-endian, seven bits a byte; of the ninth byte all eight. Answers also where it ends. */
function readVarint(bytes: Buffer, start: number): [value: number, end: number] {
  let value = 0;
  for (let index = 0; index < 8; index += 1) {
    const byte = bytes.readUInt8(start + index);
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return [value, start + index + 1];
  }
  return [value * 256 + bytes.readUInt8(start + 8), start + 9];
}

function decodeRecord(payload: Buffer): Value[] {
  const [headerBytes, first] = readVarint(payload, 0);
  if (headerBytes > payload.length) throw new RangeError('past the end');
  const values: Value[] = [];
  let body = headerBytes;
  for (let place = first; place < headerBytes;) {
    const [type, next] = readVarint(payload, place);
    const length = lengthOf(type);
    values.push(decodeValue(slice(payload, body, length), type));
    body += length;
    place = next;
  }
  if (body !== payload.length) throw new RangeError('bytes left over');
  return values;
}

/** Bytes of a value by its serial type. */
const lengthOf = (type: number): number =>
  type >= 12 ? (type - (type % 2 === 0 ? 12 : 13)) / 2 : (FIXED[type] ?? NaN);
const FIXED = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];

function decodeValue(bytes: Buffer, type: number): Value {
  if (type === 0) return null;
  if (type === 8 || type === 9) return type - 8;
  if (type === 7) return bytes.readDoubleBE();
  if (type === 6) return toSafe(bytes.readBigInt64BE());
  if (type < 6) return bytes.readIntBE(0, bytes.length);
  if (type >= 13 && type % 2 === 1) return bytes.toString('utf8');
  throw new RangeError(`serial type ${type}`);
}

function toSafe(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError('beyond whole numbers');
  return number;
}
