/** Places in files that the output of a program names: stack traces, compilers, test runners. */

export interface OutputPlace {
  /** As written, with `/` between folders; may be absolute. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
}

/** `src/a.ts:12:5`, `src/a.ts(12,5)`, and Python's `File "a.py", line 12`. Addresses (`http://host:80`) have no extension. */
const PLACE =
  /"(?<quoted>[^"\n]{1,300})", line (?<quotedLine>\d{1,7})|(?:file:\/\/)?(?<path>(?:(?<![A-Za-z])[A-Za-z]:)?[\w@.\-/\\+]{1,300}\.[A-Za-z]\w{0,9})(?::(?<line>\d{1,7})|\((?<inBrackets>\d{1,7})[,)])/g;

/** The places in the order in which they are named, each file's line once; at most `most`. */
export function placesInOutput(output: string, most: number): readonly OutputPlace[] {
  const places = new Map<string, OutputPlace>();
  for (const { groups = {} } of output.matchAll(PLACE)) {
    const path = (groups.quoted ?? groups.path ?? '').replaceAll('\\', '/');
    const line = Number(groups.quotedLine ?? groups.line ?? groups.inBrackets);
    if (line > 0) places.set(`${path}:${line}`, { path, line });
    if (places.size >= most) break;
  }
  return [...places.values()];
}
