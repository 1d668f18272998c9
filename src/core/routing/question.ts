import { fold, isWordCode, MASKED } from './lexicon.ts';

/** What a request asks, apart from what it quotes. */
export interface ParsedQuestion {
  /** Folded characters; what is quoted, pasted or a name of a thing is masked. */
  readonly codes: Uint16Array;
  readonly length: number;
  /** Words that are not masked; two characters of an unspaced script count as one. */
  readonly words: number;
  readonly sentences: number;
  /** Items of lists. */
  readonly items: number;
  readonly asks: boolean;
  /** Share of the text that is code or output, 0 to 1. */
  readonly pasted: number;
  readonly hasTrace: boolean;
}

/** Longer texts are judged by their beginning and their end, where questions are. */
const HEAD_CHARS = 4_000;
const TAIL_CHARS = 2_000;

const LF = 10;
const BACKTICK = 96;

/** Takes a request apart in one pass. Any text will do; the time grows with the length up to 6,000 characters. */
export function readQuestion(full: string): ParsedQuestion {
  const text =
    full.length > HEAD_CHARS + TAIL_CHARS ? `${full.slice(0, HEAD_CHARS)}\n${full.slice(-TAIL_CHARS)}` : full;
  const codes = new Uint16Array(text.length);
  let pasted = 0;
  let items = 0;
  let inFence = false;
  let hasTrace = false;
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    const kind = readLine(text, start, end);
    const isFence = kind === 'fence';
    if (isFence) inFence = !inFence;
    if (kind === 'trace') hasTrace = true;
    if (kind === 'item' && !inFence) items++;
    if (inFence || isFence || kind === 'code' || kind === 'trace') {
      codes.fill(MASKED, start, end);
      pasted += end - start;
    } else foldLine(text, codes, start, end);
    if (end < text.length) codes[end] = LF;
    start = end + 1;
  }
  return {
    codes,
    length: text.length,
    items,
    hasTrace,
    pasted: text.length ? pasted / text.length : 0,
    ...count(codes),
  };
}

type LineKind = 'prose' | 'item' | 'fence' | 'code' | 'trace';

const TRACE =
  /^\s*(?:at .+[(:]\S*\d|File ".+", line \d|Traceback \(|Caused by: |goroutine \d|panic: |[\w.]+(?:Error|Exception)(?::|$)|\d{4}-\d\d-\d\d[T ]\d\d:)/;

/** Looks at one line. Code is known by its signs: prose has few of them. */
function readLine(text: string, start: number, end: number): LineKind {
  let i = start;
  while (i < end && text.charCodeAt(i) <= 32) i++;
  if (text.startsWith('```', i) || text.startsWith('~~~', i)) return 'fence';
  const first = text.charCodeAt(i);
  if (end - start < 400 && TRACE.test(text.slice(start, end))) return 'trace';
  let signs = 0;
  for (let k = i; k < end; k++) {
    const code = text.charCodeAt(k);
    // ; { } ( ) [ ] = < > | & $ \ and quotes are left out: they are in prose, too
    if (
      code === 59 ||
      code === 123 ||
      code === 125 ||
      code === 40 ||
      code === 41 ||
      code === 91 ||
      code === 93 ||
      (code >= 60 && code <= 62) ||
      code === 124 ||
      code === 38 ||
      code === 36 ||
      code === 92
    )
      signs++;
  }
  const length = end - i;
  if (length > 3 && signs >= 3 && signs / length > 0.09 && start > 0) return 'code';
  const second = text.charCodeAt(i + 1);
  if ((first === 45 || first === 42 || first === 8226) && second === 32) return 'item';
  if (first >= 48 && first <= 57 && (second === 46 || second === 41)) return 'item';
  return 'prose';
}

/** Folds a line of prose and masks what it quotes, and names of things: paths, `snake_case`, `camelCase`. */
function foldLine(text: string, codes: Uint16Array, start: number, end: number): void {
  let i = start;
  while (i < end) {
    const code = text.charCodeAt(i);
    const quote = closingQuote(code);
    if (quote > 0 && (code === BACKTICK || i === start || !isWordCode(fold(text.charCodeAt(i - 1))))) {
      const close = text.indexOf(String.fromCharCode(quote), i + 1);
      if (close > i && close < end && close - i < 120) {
        codes.fill(MASKED, i, close + 1);
        i = close + 1;
        continue;
      }
    }
    if (code > 127 || !isWordCode(fold(code))) {
      codes[i] = fold(code);
      i++;
      continue;
    }
    const from = i;
    let isName = false;
    for (; i < end; i++) {
      const letter = text.charCodeAt(i);
      if (letter > 127) break;
      const isUpper = letter >= 65 && letter <= 90;
      const isLower = letter >= 97 && letter <= 122;
      const isDigit = letter >= 48 && letter <= 57;
      if (letter === 95) isName = true;
      else if (isUpper) {
        const before = i > from ? text.charCodeAt(i - 1) : 65;
        if (before >= 97 && before <= 122) isName = true;
      } else if (letter === 46 || letter === 47 || letter === 58) {
        // `a.b`, `a/b.ts`, `a::b` name things, unless a blank follows as at the end of a sentence
        const after = text.charCodeAt(i + 1);
        if (!(i + 1 < end && (isWordCode(after | 32) || after === 58))) break;
        if (letter !== 47 || /^\/\S*[/.]\w/.test(text.slice(i, Math.min(end, i + 80)))) isName = true;
      } else if (!isLower && !isDigit) break;
    }
    for (let k = from; k < i; k++) codes[k] = isName ? MASKED : fold(text.charCodeAt(k));
    if (i === from) codes[i++] = fold(code);
  }
}

/** The code of the sign that closes a quotation; 0: the sign opens none. */
function closingQuote(code: number): number {
  switch (code) {
    case BACKTICK:
    case 34:
      return code;
    case 0x201c:
      return 0x201d;
    case 0x201e:
      return 0x201c;
    case 0xab:
      return 0xbb;
    case 0x300c:
      return 0x300d;
    default:
      return 0;
  }
}

function count(codes: Uint16Array): Pick<ParsedQuestion, 'words' | 'sentences' | 'asks'> {
  let words = 0;
  let sentences = 0;
  let asks = false;
  let inWord = false;
  let open = false;
  for (const code of codes) {
    if (code >= 0x2e80 && isWordCode(code)) {
      words += 0.5;
      open = true;
      inWord = false;
    } else if (isWordCode(code)) {
      if (!inWord) words++;
      inWord = open = true;
    } else {
      inWord = false;
      if (code === 63 || code === 0xff1f || code === 0x61f) asks = true;
      const ends = code === 46 || code === 63 || code === 33 || code === LF || code === 0x3002 || code === 0xff1f;
      if (ends && open) {
        sentences++;
        open = false;
      }
    }
  }
  return { words, sentences: sentences + (open ? 1 : 0), asks };
}
