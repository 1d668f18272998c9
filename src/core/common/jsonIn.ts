/**
 * JSON in answers of models. A server may send anything, so reading an answer must come to an end: longer texts and
 * deeper values than a model was asked for are no JSON, and the text is gone through line by line.
 */

/** Longest answer that is looked at, in characters: the answers that are asked for have 8,192 tokens. */
const LONGEST = 512 * 1024;
/** More levels than any value has that is asked for. */
const DEEPEST = 64;

/** The first JSON value in an answer; undefined where there is none. */
export function jsonIn(answer: string): { readonly value: unknown } | undefined {
  for (const value of jsonValuesIn(answer)) return { value };
  return undefined;
}

/**
 * The JSON values in an answer, the most likely first: the whole of it, what is in fences, what is between the first
 * and the last bracket of a kind, and its lines as a list.
 *
 * @param isTaken whether what is between brackets within a sentence counts
 */
export function* jsonValuesIn(answer: string, isTaken: (span: string) => boolean = () => true): Generator<unknown> {
  if (answer.length > LONGEST) return;
  const starts = [answer.search(/\{\s*"/), answer.indexOf('{'), answer.indexOf('[')].filter((at) => at >= 0);
  const spans = [...new Set(starts)]
    .sort((a, b) => a - b)
    .map((at) => answer.slice(at, answer.lastIndexOf(answer[at] === '{' ? '}' : ']') + 1))
    .filter(isTaken);
  // An object on each line.
  const rows = answer.split('\n').flatMap((row) => objectIn(row) ?? []);
  const byRows = rows.length > 1 ? [`[${rows.join(',')}]`] : [];
  for (const text of [answer, ...textsInFences(answer), ...spans, ...byRows])
    // Some models leave a comma behind the last entry.
    for (const json of [text, text.replace(/,(?=\s*[}\]])/g, '')]) {
      const read = parsed(json);
      if (read && !isDeep(read.value)) yield read.value;
    }
}

/** A line that is one object, without a comma behind it. */
function objectIn(row: string): string | undefined {
  const text = row.trim().replace(/,$/, '');
  return text.startsWith('{') && text.endsWith('}') ? text : undefined;
}

function parsed(json: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(json) };
  } catch {
    return undefined;
  }
}

/** What is between two lines of the same marks, in order. */
function textsInFences(text: string): string[] {
  const lines = text.split('\n');
  const found: string[] = [];
  /** Marks that no later line closes. */
  const open = new Set<string>();
  for (let i = 0; i < lines.length; i++) {
    const mark = /^\s*(`{3,}|~{3,})/.exec(lines[i] ?? '')?.[1];
    if (mark === undefined || open.has(mark)) continue;
    const end = endOf(lines, i, mark);
    if (end < 0) open.add(mark);
    else {
      found.push(lines.slice(i + 1, end).join('\n'));
      i = end;
    }
  }
  return found;
}

function endOf(lines: readonly string[], start: number, mark: string): number {
  for (let i = start + 2; i < lines.length; i++) if (lines[i]?.trim() === mark) return i;
  return -1;
}

/** Whether a value has more levels than any that is asked for; counted level by level, so that no stack overflows. */
function isDeep(value: unknown): boolean {
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) return true;
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
  }
  return false;
}
