/** Places in files that the output of a program names: stack traces, compilers, test runners. */

export interface OutputPlace {
  /** As written, with `/` between folders; may be absolute. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
}

/** Python's `File "a.py", line 12`. */
const QUOTED = /"([^"\n]{1,300})", line (\d{1,7})/g;
/** The position behind a path: `:12:5` and `(12,5)`. The path is then read backward, so that no text costs more than once. */
const LINE = /:(\d{1,7})|\((\d{1,7})[,)]/g;
const LONGEST_PATH = 311;
const IN_PATH = /[\w@.\-/\\+]/;
/** Addresses (`http://host:80`) have no such ending. */
const ENDING = /[^]\.[A-Za-z]\w{0,9}$/;

/** The places in the order in which they are named, each file's line once; at most `most`. */
export function placesInOutput(output: string, most: number): readonly OutputPlace[] {
  const places = new Map<string, OutputPlace>();
  for (const { path, line } of found(output)) {
    const plain = path.replaceAll('\\', '/');
    if (line > 0) places.set(`${plain}:${line}`, { path: plain, line });
    if (places.size >= most) break;
  }
  return [...places.values()];
}

/** No place begins inside of the one before it. */
function* found(output: string): Generator<OutputPlace> {
  const quoted = output.matchAll(QUOTED);
  let next = quoted.next();
  let end = 0;
  for (const match of output.matchAll(LINE)) {
    for (; !next.done && next.value.index < match.index; next = quoted.next()) {
      yield toOutputPlace(next.value);
      end = next.value.index + next.value[0].length;
    }
    if (match.index < end) continue;
    const path = output.slice(startOfPath(output, end, match.index), match.index);
    if (!ENDING.test(path.slice(-13))) continue;
    yield { path, line: Number(match[1] ?? match[2]) };
    end = match.index + match[0].length;
  }
  for (; !next.done; next = quoted.next()) yield toOutputPlace(next.value);
}

const toOutputPlace = (match: RegExpExecArray): OutputPlace => ({ path: match[1] ?? '', line: Number(match[2]) });

/** @param from where the place before it ends */
function startOfPath(output: string, from: number, end: number): number {
  let start = end;
  while (start > from && end - start < LONGEST_PATH && IN_PATH.test(output.charAt(start - 1))) start -= 1;
  if (start - 5 >= from && output.slice(start - 5, start + 2) === 'file://') return start + 2;
  // `C:` before it, of Windows.
  const isDrive = start - 2 >= from && /(?:^|[^A-Za-z])[A-Za-z]:$/.test(output.slice(Math.max(0, start - 3), start));
  return isDrive ? start - 2 : start;
}
