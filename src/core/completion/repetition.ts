/**
 * Models that got stuck say the same again and again. Ollama applies no repeat penalty any more to models that set none
 * (0.32.7), and other servers never did, so nothing is left to them.
 */

/** Lines that a repeated passage has at most; a passage that comes so often is a loop. */
const MOST_LINES = 6;
const TIMES = 3;
/** The same within a line: shorter passages, such as the zeros of a list, may well come often. */
const LEAST_CHARACTERS = 8;
const MOST_CHARACTERS = 80;
const TIMES_IN_LINE = 4;

/** The text up to the end of the first passage of a loop; the whole text where there is none. */
export function cutLoop(text: string): string {
  const lines = text.split('\n');
  for (let start = 0; start < lines.length; start++) {
    const size = loopAt(lines, start);
    if (size > 0) return cutLine(lines.slice(0, start + size).join('\n'));
  }
  return cutLine(text);
}

/** Lines of a passage that begins at `start` and comes {@link TIMES} times in a row; 0 where there is none. */
function loopAt(lines: readonly string[], start: number): number {
  for (let size = 2; size <= MOST_LINES; size++) {
    if (start + size * TIMES > lines.length) return 0;
    const passage = lines.slice(start, start + size);
    const isLoop = passage.some((line) => /\w{3}/.test(line)) && new Set(passage).size > 1;
    const again = (i: number): boolean => lines[start + i] === passage[i % size];
    if (isLoop && Array.from({ length: size * TIMES }, (_, i) => i).every(again)) return size;
  }
  return 0;
}

const IN_LINE = new RegExp(
  `([^\\n]{${LEAST_CHARACTERS},${MOST_CHARACTERS}}?)\\1{${TIMES_IN_LINE - 1},}(?:[^\\n]{0,${MOST_CHARACTERS}})$`,
);

function cutLine(text: string): string {
  // The loop is at the end: what comes after one is no loop.
  const line = text.slice(text.lastIndexOf('\n') + 1);
  if (line.length < LEAST_CHARACTERS * TIMES_IN_LINE || line.length > 400) return text;
  const found = IN_LINE.exec(line);
  if (!found || !/\w{3}/.test(found[1] ?? '')) return text;
  return text.slice(0, text.length - line.length + found.index + (found[1]?.length ?? 0));
}
