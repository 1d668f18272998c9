import { open } from 'node:fs/promises';

/** Reading files of lines of any size, a piece at a time. */

export const LINE_END = 0x0a;

export interface ReadLines {
  /** What follows the last line end counts as a line too; else it may still be being written. */
  readonly final?: boolean;
  /** Bytes read at once; the event loop gets its turn between them. */
  readonly chunk?: number;
  /** Bytes from which on what has no line end is junk, and passes as one line. */
  readonly longest?: number;
}

/** Calls back with each line that is not empty, from the byte `from` on, and answers the byte after the last line end. */
export async function readLines(
  file: string,
  from: number,
  onLine: (line: Buffer) => void,
  { final = false, chunk = 1 << 20, longest = chunk }: ReadLines = {},
): Promise<number> {
  const handle = await open(file, 'r');
  try {
    let buffer = Buffer.alloc(chunk);
    for (let offset = from; ;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
      const used = takeLines(buffer.subarray(0, bytesRead), onLine);
      const isFull = bytesRead === buffer.length;
      if (isFull && used > 0) {
        offset += used;
      } else if (isFull && buffer.length < longest) {
        buffer = Buffer.alloc(Math.min(2 * buffer.length, longest));
      } else if (isFull) {
        onLine(buffer);
        offset += buffer.length;
      } else {
        const rest = buffer.subarray(used, bytesRead);
        if (final && rest.length > 0) onLine(rest);
        return offset + used;
      }
    }
  } finally {
    await handle.close();
  }
}

/** Bytes up to and including the last line end. */
export function takeLines(bytes: Buffer, onLine: (line: Buffer) => void): number {
  let start = 0;
  for (let end = bytes.indexOf(LINE_END); end >= 0; end = bytes.indexOf(LINE_END, start)) {
    if (end > start) onLine(bytes.subarray(start, end));
    start = end + 1;
  }
  return start;
}
