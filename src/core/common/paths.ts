/** Whether an absolute path lies inside a folder; both with links resolved, and with the separator of the system. */
export function isInside(folder: string, file: string, separator: '/' | '\\'): boolean {
  const base = folder.endsWith(separator) ? folder : folder + separator;
  return file.startsWith(base) && !file.slice(base.length).split(/[\\/]/).includes('..');
}

/** The escapes of C, as git prints unusual characters in quoted names; other bytes are in octal. */
const ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 };

/** The name that git means: of a quoted one what its escapes stand for, read as UTF-8; any other one as it is. */
export function readQuotedPath(name: string): string {
  const quoted = /^"((?:[^"\\]|\\.)*)"$/s.exec(name)?.[1];
  if (quoted === undefined) return name;
  const bytes: number[] = [];
  for (const [, octal, escape, plain] of quoted.matchAll(/\\([0-7]{3})|\\(.)|([^\\]+)/gs)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8) & 0xff);
    else if (escape !== undefined && escape in ESCAPES) bytes.push(ESCAPES[escape] ?? 0);
    else bytes.push(...new TextEncoder().encode(escape ?? plain ?? ''));
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}
