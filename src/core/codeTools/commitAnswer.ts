import { cutAtControlTokens } from '../common/controlTokens.ts';
import { withoutThoughts } from '../common/thinkingMarks.ts';
import { looksLikeConventional } from './conventionalCommit.ts';

/**
 * Finds the commit message in what a model answered. Models wrap a message in fences, quotes, tags, JSON or a command,
 * write about it before and after it, and offer several. The reader tells these apart by their form; lists of words are
 * only hints. An answer without a message gives an empty text, so that the next model can be asked.
 */

/** Wrappings that a model puts inside each other; more are not unwrapped. */
const MOST_WRAPPINGS = 6;

/** Longest first line of a message, in characters: beside other text, and as the whole answer. */
const MOST_SUBJECT = 120;
const MOST_LONE_SUBJECT = 250;

/** Length from which a line with several sentences is prose and no subject, in characters. */
const PROSE = 72;

/** What is behind so many characters of an answer, thoughts aside, is no commit message and not looked at. */
const MOST_ANSWER = 20_000;

/** The commit message in an answer, without anything around it; empty if there is none. */
export function readCommitMessage(answer: string): string {
  const lines = answer.split(/\r\n?|\n/);
  const isIndented = lines.every((line) => line.trim() === '' || INDENTED.test(line));
  const text = (isIndented ? lines.map((line) => line.replace(INDENTED, '')) : lines).join('\n');
  const said = cutAtControlTokens(withoutThoughts(text)).slice(0, MOST_ANSWER);
  return messageIn(said.replace(DIFF_BEHIND, ''), 0);
}

function messageIn(text: string, depth: number): string {
  if (depth > MOST_WRAPPINGS) return '';
  const inside = unwrapped(text) ?? unescaped(text.trim());
  if (inside !== undefined) return messageIn(inside, depth + 1);
  const lines = text
    .trim()
    .split('\n')
    .map((line) => line.trimEnd());
  const start = findStart(lines, depth);
  return typeof start === 'string' ? start : start === undefined ? '' : endMessage(lines.slice(start));
}

// ---- What surrounds the whole answer

const FENCE = /^\s*(`{3,}|~{3,})\s*([^`]*)$/;
const SHELL = /^(?:bash|sh|shell|zsh|fish|console|terminal|powershell|pwsh|cmd|bat)\b/i;
const DIFF = /^(?:diff|patch)\b/i;
const TAG =
  /<((?:git[-_ ]?)?commit(?:[-_ ]?(?:message|msg))?|message|answer|final(?:[-_ ]?answer)?|output|result|response)>([\s\S]*?)<\/\1>/i;
const PAIRS = ['""', "''", '``', '“”', '„“', '‘’', '«»', '「」'] as const;

/** The change itself, shown again below the message. */
const DIFF_BEHIND = /\n```(?:diff|patch)\n(?:(?!```)[^\n]*\n)*```\s*$/i;

/** What a text wholly consists of, without the outermost wrapping; undefined if it has none. */
function unwrapped(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  const lines = trimmed.split('\n');
  if (FENCE.test(lines[0] ?? '') && endOfFence(lines, 0) === lines.length - 1) {
    const info = FENCE.exec(lines[0] ?? '')?.[2] ?? '';
    const inside = lines.slice(1, -1).join('\n');
    return SHELL.test(info) ? (commandMessage(inside) ?? '') : DIFF.test(info) ? '' : inside;
  }
  if (lines.every((line) => line.trim() === '' || /^> ?/.test(line)))
    return lines.map((line) => line.replace(/^> ?/, '')).join('\n');
  return (
    unquoted(trimmed) ??
    structured(trimmed) ??
    (/^\$?\s*git commit\b/.test(trimmed) ? commandMessage(trimmed) : undefined)
  );
}

/** A message in one line whose line ends are written as in a string of code. */
const unescaped = (text: string): string | undefined =>
  !text.includes('\n') && /\S\\n\\n\S/.test(text) ? text.replaceAll('\\n', '\n') : undefined;

/** A block of code by its indentation. */
const INDENTED = /^(?: {4}|\t)/;

/** The text of a quotation that is the whole text. */
function unquoted(text: string): string | undefined {
  const triple = /^("""|''')([\s\S]+)\1$/.exec(text)?.[2];
  if (triple !== undefined && !/"""|'''/.test(triple)) return triple;
  if (/^"(?:[^"\\\n]|\\.)*\\.(?:[^"\\\n]|\\.)*"$/.test(text)) return parsed(text) as string | undefined;
  for (const [open = '', close = ''] of PAIRS) {
    if (text.length < 3 || !text.startsWith(open) || !text.endsWith(close)) continue;
    const inside = text.slice(1, -1);
    // An apostrophe within a word ends no quotation.
    const marks = inside.replace(/(?<=\p{L})['’](?=\p{L})/gu, '');
    if (!marks.includes(open) && !marks.includes(close)) return inside;
  }
  return /^(\*\*|__)((?:(?!\1)[^\n])+)\1$/.exec(text)?.[2];
}

/** The message of a tag, of JSON, of an assignment or of an entry of `git log`; what has such a form without one holds none. */
function structured(text: string): string | undefined {
  const tagged = TAG.exec(text)?.[2] ?? WHOLE_TAG.exec(text)?.[2];
  if (tagged !== undefined) return joined(tagOf(tagged, SUBJECT_NAMES), tagOf(tagged, BODY_NAMES)) ?? tagged;
  if (/^(?:\{[^]*\}|\[[^]*\])$/.test(text)) {
    const value = parsed(text);
    return value === undefined ? undefined : (messageField(value, 0) ?? '');
  }
  const logged = /^commit [0-9a-f]{7,40}\b[^]*?\n\n((?: {4}.*(?:\n|$)|\n)+)/.exec(text)?.[1];
  if (logged !== undefined) return logged.replace(/^ {4}/gm, '');
  const assigned = /^\w+\s*=\s*(\S.*\S)$/.exec(text)?.[1];
  return assigned === undefined ? undefined : unquoted(assigned);
}

/** Any tag around the whole text. */
const WHOLE_TAG = /^<([a-z][\w-]*)(?:\s[^<>]*)?>([\s\S]*)<\/\1>$/;
const SUBJECT_NAMES = ['message', 'commit_message', 'commitmessage', 'subject', 'title', 'summary'] as const;
const BODY_NAMES = ['body', 'description'] as const;

const tagOf = (text: string, names: readonly string[]): string | undefined =>
  names.flatMap((name) => new RegExp(`<${name}>([^]*?)</${name}>`, 'i').exec(text)?.[1]?.trim() ?? [])[0];

const joined = (subject: string | undefined, body: string | undefined): string | undefined =>
  subject === undefined || !body ? subject : `${subject}\n\n${body}`;

/** The first message in a value of JSON, however deep; of several in a list the first. */
function messageField(value: unknown, depth: number): string | undefined {
  if (typeof value !== 'object' || value === null || depth > MOST_WRAPPINGS) return undefined;
  if (Array.isArray(value)) {
    const [first] = value as readonly unknown[];
    return typeof first === 'string' ? first : messageField(first, depth + 1);
  }
  const fields = new Map(Object.entries(value).map(([name, field]) => [name.toLowerCase(), field as unknown]));
  const named = (names: readonly string[]): string | undefined =>
    names.map((name) => fields.get(name)).find((field) => typeof field === 'string');
  const own = joined(named(SUBJECT_NAMES), named(BODY_NAMES));
  if (own !== undefined) return own;
  for (const field of fields.values()) {
    const inside = messageField(field, depth + 1);
    if (inside !== undefined) return inside;
  }
  return undefined;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}

/** The message of a `git commit` command. */
function commandMessage(command: string): string | undefined {
  if (!/\bgit\s+commit\b/.test(command)) return undefined;
  const heredoc = /<<-?\s*['"]?(\w+)['"]?\n([\s\S]*?)\n\s*\1\b/.exec(command)?.[2];
  if (heredoc !== undefined) return heredoc;
  const parts = [...command.matchAll(/(?:-\w*m|--message)[\s=]*(?:"((?:[^"\\]|\\[\s\S])*)"|'([^']*)')/g)];
  const texts = parts.map(([, double, single]) => double?.replace(/\\(["$`\\])/g, '$1') ?? single ?? '');
  return texts.length > 0 ? texts.join('\n\n') : undefined;
}

/** The line that closes the fence of line `from`, or undefined. Fences inside it come after an empty line or a colon. */
function endOfFence(lines: readonly string[], from: number): number | undefined {
  const marks = FENCE.exec(lines[from] ?? '')?.[1] ?? '```';
  let inner = 0;
  for (let i = from + 1; i < lines.length; i++) {
    const [, run = '', info = ''] = FENCE.exec(lines[i] ?? '') ?? [];
    if (run === '' || run[0] !== marks[0]) continue;
    const before = lines[i - 1]?.trim() ?? '';
    const opens =
      info.trim() !== '' || (inner === 0 && i - 1 > from && /^$|[:：]$/.test(before) && closesTwice(lines, i));
    if (opens) inner++;
    else if (inner > 0) inner--;
    else if (run.length >= marks.length) return i;
  }
  return undefined;
}

/** Whether two more lines of marks follow: one for the fence that opens here, one for the fence around it. */
const closesTwice = (lines: readonly string[], at: number): boolean =>
  lines.slice(at + 1).filter((line) => FENCE.test(line)).length >= 2;

// ---- What precedes the message

/** Hints: how lines to the user begin, and lines about the message. A subject begins with none of them. */
const TO_THE_USER =
  /^[*_]*(?:here(?:'s|’s| is| are)\b|(?:sure|certainly|okay|ok|alright|absolutely|of course|great|got it|understood|happy to)\b(?:[,.!:]|$)|(?:i|we)(?:'|’|\s)|(?:let me|let['’]s|you|your)\b|(?:sorry|apolog|unfortunately|please (?:provide|share|paste)|as an ai\b|no changes\b|there (?:are|is) no\b|nothing to commit)|(?:based on|looking at|given|after reviewing|below is|the following is) |the (?:user|diff|changes (?:look|are))\b|(?:the |a |this |that |suggested |final |proposed )*(?:commit )?message\b(?:\s*$|[:.]|\s(?:is|follows|uses|describes|summari[sz]es|captures)\b)|hope (?:this|that)|feel free|would you like|if you(?:'d|’d| would| want| need)|want me to)/i;

/** A word to the user before the message in the same line. */
const OPENER = /^(?:sure|certainly|okay|ok|of course|absolutely)\s*[!,.:]\s+(?=\S)/i;

const isLeadIn = (line: string): boolean => /[:：][*_]*$/.test(line.trim());
const isToTheUser = (line: string): boolean => TO_THE_USER.test(line.trim());
const isRule = (line: string): boolean => /^\s*(?:-{3,}|\*{3,}|_{3,}|={3,})\s*$/.test(line);
const isTable = (line: string): boolean => /^\s*\|.*\|\s*$/.test(line);
const HEADING = /^(#{1,6})\s+(\S.*)$/;
/** A line that is bold as a whole is a heading too. */
const BOLD = /^\*\*([^*]+)\*\*[:：]?$|^__([^_]+)__[:：]?$/;
const ITEM = /^\s*(?:([-*+•])|\(?(?:\d+|[a-c])[.)])\s+(\S.*)$/;
/** `Commit message: …`, and the parts of a message where the answer names them. */
const LABEL =
  /^[*_]*(?:(?:here['’]s|here is|the|a|your|suggested|proposed|final|generated|git)\s+)*commit\s+(?:message|msg|subject|title|summary)(?:\s+is)?[*_]*\s*[:：][*_]*[ \t]+(?=\S)|^[*_]*(?:subject|title|final answer|result|option \w+)(?:\s+line)?[*_]*\s*[:：][*_]*[ \t]+(?=\S)/i;

/** Where the message begins, or the message itself where it was inside something; undefined without one. */
function findStart(lines: readonly string[], depth: number): number | string | undefined {
  let underHeading = false;
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? '';
    if (line === '' || isRule(line) || /^step \d+\b/i.test(line)) continue;
    if (/^[[{]/.test(line)) {
      const value = structured(lines.slice(i).join('\n').trim());
      if (value !== undefined) return messageIn(value, depth + 1);
    }
    if (FENCE.test(line)) {
      const end = endOfFence(lines, i) ?? lines.length;
      const inside = lines.slice(i + 1, end).join('\n');
      const info = FENCE.exec(line)?.[2] ?? '';
      const isShell = SHELL.test(info);
      const message = isShell ? commandMessage(inside) : DIFF.test(info) ? '' : messageIn(inside, depth + 1);
      // What follows a command is about the command.
      if (message) return messageIn(message, depth + 1);
      if (isShell) return undefined;
      i = end;
      continue;
    }
    const heading = HEADING.exec(line)?.[2] ?? BOLD.exec(line)?.slice(1).find(Boolean);
    if (heading !== undefined) {
      if (looksLikeConventional(heading) || isLoneHeading(lines, i)) return i;
      // Below a heading of another part of the answer is text about the change.
      underHeading = !/\b(?:message|subject|commit|title|option|result|answer)\b/i.test(heading);
      continue;
    }
    const [, bullet, item] = ITEM.exec(line) ?? [];
    if (item !== undefined) {
      const alone = unquoted(item.trim()) ?? item;
      const isCandidate = bullet === undefined || alone !== item || looksLikeConventional(item);
      // Without a candidate it is a list of changes; what follows one is about the list.
      if (!isCandidate && underHeading) continue;
      return isCandidate ? messageIn(alone, depth + 1) : undefined;
    }
    if (isTable(line)) return undefined;
    // Indented lines right below another are code of it.
    if (INDENTED.test(line) && lines[i - 1]) continue;
    const set = /^>/.test(line) ? /^> ?/ : INDENTED.test(line) ? INDENTED : undefined;
    if (set) {
      // A block quote or a block of code by its indentation.
      const end = lines.findIndex((each, at) => at > i && each !== '' && !set.test(each));
      const block = lines.slice(i, end < 0 ? lines.length : end).map((each) => each.replace(set, ''));
      return messageIn(block.join('\n'), depth + 1);
    }
    const rest = line.replace(OPENER, '');
    if (rest !== line && !isLeadIn(rest) && (LABEL.test(rest) || (!isToTheUser(rest) && isSubject(rest, false))))
      return messageIn([rest, ...lines.slice(i + 1)].join('\n'), depth + 1);
    if (LABEL.test(line)) return i;
    const quoted = quotedIn(line);
    if (quoted !== undefined) return messageIn(quoted, depth + 1);
    if (IS_TITLE.test(line) || (underHeading && !looksLikeConventional(line) && /[.!?。]$/.test(line))) continue;
    if (isLeadIn(line) || isToTheUser(line) || !isSubject(line, lines.length === 1)) {
      // A sentence that goes on in the next line is left out whole.
      if (!/[.!?:：…)*]$/.test(line)) while (lines[i + 1]) i++;
      continue;
    }
    return i;
  }
  return undefined;
}

/** `Commit message`, on a line of its own. */
const IS_TITLE = /^(?:the |your |suggested |proposed |final )*(?:git )?commit (?:message|msg)$/i;

/** The message that a sentence about it quotes: it has the conventional form, or the sentence ends with it. */
function quotedIn(line: string): string | undefined {
  if (looksLikeConventional(line)) return undefined;
  const last = /\b(?:message|subject|title)\b[^"“`]*[:：]\s*(["“`].+)$/i.exec(line)?.[1];
  const whole = last === undefined ? undefined : unquoted(last);
  if (whole !== undefined) return whole;
  const quotes = [...line.matchAll(/`([^`]+)`|"([^"]+)"|“([^”]+)”/g)].map(([, ...each]) => each.find(Boolean) ?? '');
  const conventional = quotes.filter(looksLikeConventional);
  return isToTheUser(line) && conventional.length === 1 ? conventional[0] : undefined;
}

/** A heading that can only be the subject: it is the first line and the only heading, and names no part of an answer. */
function isLoneHeading(lines: readonly string[], at: number): boolean {
  const words = (lines[at] ?? '').replace(/[#*_]/g, '').trim();
  if (lines.slice(0, at).some(Boolean) || isLeadIn(lines[at] ?? '') || !/\s/.test(words)) return false;
  if (lines.slice(at + 1).some((line) => HEADING.test(line) || BOLD.test(line))) return false;
  if (/\b(?:commit|message|summary|changes|overview|suggest\w*|option|analysis)\b/i.test(words)) return false;
  const next = lines.slice(at + 1).find(Boolean) ?? '';
  return !FENCE.test(next) && !ITEM.test(next) && !isTable(next) && !looksLikeConventional(next);
}

/** Whether a line can be the subject of a message, by its form. */
function isSubject(line: string, isAlone: boolean): boolean {
  if (line.length > (isAlone || looksLikeConventional(line) ? MOST_LONE_SUBJECT : MOST_SUBJECT)) return false;
  if (!/[\p{L}\p{N}]/u.test(line) || /^\s/.test(line)) return false;
  // Code: what opens a block, ends a statement, or is a tag or a directive.
  if (
    /[{;,([\\]$|=>$/.test(line) ||
    /^(?:<[!?/]|<\w[^>]*>$|#include\b|[)}\]]|diff --git |index [0-9a-f]+\.\.|@@ |(?:---|\+\+\+) )/.test(line)
  )
    return false;
  // A question to the user, the path of a file, several sentences.
  if (/[?？]$/.test(line) || /^\S+\/\S+\.\w+$/.test(line)) return false;
  const ends = line.match(/[.!?]\s+\p{Lu}/gu)?.length ?? 0;
  return line.length <= PROSE || ends === 0 || (isAlone && ends === 1);
}

// ---- What follows the message

/** How paragraphs about a message, or with another one, begin. Hints; marks of Markdown end a message in any words. */
const AFTERWORD = new RegExp(
  `^[*_(]*(?:${[
    '(?:explanation|rationale|reasoning|justification)\\s*(?:[*_:：]|$)',
    'why (?:this|i)\\b',
    'alternatively\\b|alternatives?(?: (?:message|subject|option|version)s?)?\\s*(?:[*_:：]|$)|another (?:option|version)\\b',
    'or(?:,| if you\\b|\\s*[:：]|$)|option (?:\\d+|[a-c]|one|two|three)\\b',
    'this (?:commit )?(?:message|subject|title|summary)\\b|(?:the|that) commit message\\b',
    'the (?:message|subject(?: line)?|title) (?:follows|adheres|above|uses the|is (?:concise|short|under|within))\\b',
    'let me know\\b|feel free\\b|hope (?:this|that)\\b|would you like\\b|want me to\\b',
    'you (?:can|may|could) (?:also )?(?:adjust|change|copy|edit|modify|shorten|tweak|use) (?:it|this|the (?:message|wording|scope|type))\\b',
    "if you(?:['’]d| would)? (?:like|need|prefer|want)\\b[^\\n]*\\b(?:longer|me|message|shorter|version|wording)\\b",
    "i(?:['’]ve|['’]ll| have| will)? (?:also|can|chose|could|focused|followed|hope|keep|kept|made|opted|picked|tried|used?|went|wrote|written)\\b",
    '\\d+ char',
  ].join('|')})`,
  'i',
);

/** The message that begins with the first line, without what was written about it. */
function endMessage(lines: readonly string[]): string {
  const [first = '', ...rest] = lines;
  const named = first.replace(LABEL, '');
  const bare = HEADING.exec(named)?.[2] ?? named;
  const subject = (unquoted(bare) ?? bare).trim();
  const kept: string[] = [];
  let inFence = false;
  for (const [i, given] of rest.entries()) {
    // Where the answer names the parts of the message, the body's name goes too.
    const line = first === named || inFence ? given : given.replace(BODY_LABEL, '');
    if (line !== given && i === 0) kept.push('');
    const begins = i === 0 || rest[i - 1] === '';
    if (FENCE.test(line)) inFence = !inFence;
    else if (!inFence && (isRule(line) || isTable(line) || (begins && endsHere(line, subject)))) break;
    if (line !== '' || inFence || kept.at(-1) !== '') kept.push(line);
  }
  // The closing mark of a fence that was not seen to open.
  if (kept.filter((line) => FENCE.test(line)).length % 2 === 1 && FENCE.test(kept.at(-1) ?? '')) kept.pop();
  const body = withoutAfterwords(kept.join('\n').trimEnd());
  return body.trim() === '' ? subject : `${subject}\n${body}`;
}

const BODY_LABEL = /^[*_]*(?:body|description)[*_]*\s*[:：][*_]*\s*/i;

const endsHere = (line: string, subject: string): boolean =>
  AFTERWORD.test(line) ||
  isHeading(line) ||
  line.trim() === subject ||
  (looksLikeConventional(line) && looksLikeConventional(subject));

/** A heading of Markdown; a line such as `# of items` in a sentence is none. */
const isHeading = (line: string): boolean => /^(?:#{2,6}\s+\S|#\s+\p{Lu})/u.test(line) || BOLD.test(line);

/** Takes off paragraphs to the user, and lines that announce something that was taken off. */
function withoutAfterwords(body: string): string {
  const paragraphs = body.split(/\n{2,}/);
  while (paragraphs.length > 1) {
    const last = paragraphs.at(-1)?.trim() ?? '';
    const isOneLine = !last.includes('\n');
    if (last !== '' && !(isOneLine && isLeadIn(last) && isToTheUser(last)) && !(isOneLine && AFTERWORD.test(last)))
      break;
    paragraphs.pop();
  }
  return paragraphs.join('\n\n');
}
