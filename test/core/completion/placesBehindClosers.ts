/** Places behind what the editor closed by itself, for tests and the bench in real VS Code. */

/** A piece of a program that is missing. */
export interface Gap {
  readonly language: string;
  readonly before: string;
  readonly text: string;
  readonly after: string;
  /** What the editor has closed behind the cursor: it is part of the text, and in the document already. */
  readonly closed?: string;
}

export interface Program {
  readonly language: string;
  readonly text: string;
}

const PAIRS: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}', '"': '"' };

/** Position of the character that closes what is opened at `from`; -1 where it is not found. */
function findCloser(text: string, from: number): number {
  const open = text.charAt(from);
  const close = PAIRS[open] ?? '';
  if (open === close) return endOfString(text, from);
  for (let at = from + 1, depth = 0; at < text.length; at++) {
    const end = /["']/.test(text.charAt(at)) ? endOfString(text, at) : -1;
    if (end >= 0) at = end;
    else if (text.charAt(at) === open) depth++;
    else if (text.charAt(at) === close && depth-- === 0) return at;
  }
  return -1;
}

/** Position of the quote that closes a string on its line; -1 where there is none. */
function endOfString(text: string, from: number): number {
  for (let at = from + 1; at < text.length && text.charAt(at) !== '\n'; at++) {
    if (text.charAt(at) === '\\') at++;
    else if (text.charAt(at) === text.charAt(from)) return at;
  }
  return -1;
}

/** Places at which the user has just typed an opener, and the editor has closed it and those before it on the line. */
export function placesBehindClosers(programs: readonly Program[]): Gap[] {
  const found: Gap[] = [];
  for (const { language, text } of programs) {
    const inFile: Gap[] = [];
    for (const { index } of text.matchAll(/[([{"](?=[\w\n $@%\\/.:-])/g)) {
      const line = text.lastIndexOf('\n', index) + 1;
      const lineEnd = text.indexOf('\n', index);
      const openers = [...text.slice(line, index + 1).matchAll(/[([{"]/g)]
        .map((match) => ({ at: line + match.index, closer: findCloser(text, line + match.index) }))
        .filter(({ closer }) => closer > index || closer < 0);
      // A quote that closes is no opener; a bracket that nothing closes is part of a text.
      if (openers.at(-1)?.at !== index || openers.some(({ closer }) => closer < 0)) continue;
      if (
        /#|\/\/|\/\*|^\s*\*|'|`|\\|\/[^/\n]+\//.test(text.slice(line, lineEnd)) ||
        (text.slice(line, index).split('"').length - 1) % 2 === 1
      )
        continue;
      const last = Math.max(...openers.map(({ closer }) => closer));
      const isBody = index + 1 === lineEnd;
      if (last > lineEnd && !isBody) continue;
      // Of a block all lines are missing, of a line its rest.
      const end = isBody ? last + 1 : lineEnd;
      const closed = openers
        .map(({ at }) => PAIRS[text.charAt(at)] ?? '')
        .reverse()
        .join('');
      const gap = {
        language,
        before: text.slice(0, index + 1),
        text: text.slice(index + 1, end),
        after: text.slice(end),
        closed,
      };
      // An empty body has nothing to be shown.
      if (gap.text.split('\n').length <= 8 && /[^\s)\]}"]/.test(gap.text)) inFile.push(gap);
    }
    // Evenly over the file.
    const step = Math.max(1, inFile.length / 8);
    for (let i = 0; i < inFile.length; i += step) found.push(inFile[Math.floor(i)] ?? ({} as Gap));
  }
  return found;
}
