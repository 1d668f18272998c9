import { open } from 'node:fs/promises';

/** Reading files of lines of any size, a piece at a time. */

const LINE_END = 0x0a;

export interface ReadLines {
  /** Text after the last line end counts as a line too; otherwise it may still be in the middle of a write. */
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
  options: ReadLines = {},
): Promise<number> {
  let end = from;
  for await (const piece of readPieces(file, from, options)) {
    piece.lines.forEach(onLine);
    end = piece.end;
  }
  return end;
}

/** The lines of a piece of a file, and the byte after the last line end that was met. Lines are good until the next piece. */
export interface Piece {
  readonly lines: readonly Buffer[];
  readonly end: number;
}

/** The lines of a file that are not empty, from the byte `from` on, a piece at a time. */
export async function* readPieces(
  file: string,
  from: number,
  { final = false, chunk = 1 << 20, longest = chunk }: ReadLines = {},
): AsyncGenerator<Piece, void> {
  const handle = await open(file, 'r');
  try {
    let buffer = Buffer.alloc(chunk);
    for (let offset = from; ;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
      const lines: Buffer[] = [];
      const used = takeLines(buffer.subarray(0, bytesRead), (line) => lines.push(line));
      const isFull = bytesRead === buffer.length;
      if (isFull && used === 0 && buffer.length < longest) {
        buffer = Buffer.alloc(Math.min(2 * buffer.length, longest));
      } else if (isFull) {
        if (used === 0) lines.push(buffer);
        offset += used === 0 ? buffer.length : used;
        yield { lines, end: offset };
      } else {
        const rest = buffer.subarray(used, bytesRead);
        if (final && rest.length > 0) lines.push(rest);
        yield { lines, end: offset + used };
        return;
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
