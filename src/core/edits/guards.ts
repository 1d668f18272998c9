import { imbalance, newTo, omissionIn, omittedWithin } from './codeShape.ts';
import { nameWorthKeeping } from './declarations.ts';
import { isShell, isStrayCommand } from './commands.ts';
import { LEAVES } from './excerpt.ts';
import { applyHunks, type FailureReason, type Hunk } from './hunks.ts';
import { readLines } from './lines.ts';
import { weightOf } from './locator.ts';
import { isImport, namesLost } from './imports.ts';
import { isFence, isMark } from './marks.ts';
import type { Guarded, Refusal } from './refusal.ts';
import { alikeKey, areAlike, omissionsWithin, regionsOf, withoutOmissions, type IsNew } from './omissions.ts';

/**
 * What must not happen to a file without a question, whatever the format and the words of an answer: marks are never
 * written, and what a model left out is never deleted. Where nothing vanishes, nothing is refused.
 */

/** The hunks that may be shown, without lines that only stand for what is left out; or why none may. */
export function guard(
  hunks: readonly Hunk[],
  file: readonly string[],
  how: Guarded,
): { readonly hunks: readonly Hunk[] } | Refusal {
  if (hunks.length === 0) return { hunks };
  const isNew = newTo(file);
  const refusal = marksIn(hunks, file, how, isNew);
  if (refusal || how.allowsLoss) return refusal ?? { hunks };
  const kept = withoutOmissions(hunks, file, how, isNew);
  if ('reason' in kept) return kept;
  return (
    omissionsWithin(kept, file, how, isNew) ?? lossIn(kept, file, how) ?? unclosedBy(kept, file, how) ?? { hunks: kept }
  );
}

/** Why the text of a new file may not be written: marks, or places where something is left out; null where it may. */
export function guardNewFile(hunk: Hunk, how: Omit<Guarded, 'format'>): FailureReason | null {
  const whole: Guarded = { ...how, format: 'whole' };
  const isNew = (): boolean => true;
  const marked = marksIn([hunk], [], whole, isNew);
  if (marked || how.isProse || how.allowsLoss) return marked?.reason ?? null;
  const isCut =
    hunk.lines.some((line) => omissionIn(line) === 'sure') || omittedWithin(hunk.lines, [], how.language, isNew) >= 0;
  return isCut ? 'elided' : null;
}

/** Marks of edit formats and fences, and commands in code, that the file has not. */
function marksIn(hunks: readonly Hunk[], file: readonly string[], how: Guarded, isNew: IsNew): Refusal | undefined {
  let fences = 0;
  let fenced: number | undefined;
  for (const { start, end, lines } of hunks) {
    for (const [i, line] of lines.entries()) {
      // In prose a row of equals signs below text is a heading.
      const isHeading = how.isProse && /^=+$/.test(line) && (lines[i - 1] ?? file[start - 1] ?? '').trim() !== '';
      if (isMark(line) && !isHeading && isNew(line)) return { reason: 'marks', at: start };
      if (isFence(line)) {
        fences += 1;
        if (isNew(line)) fenced ??= start;
      }
      const isCommand = isCode(how) ? isStrayCommand(line) : /^\s*\$ \S/.test(line) && isStrayCommand(line);
      if (isCommand && !how.isProse && isNew(line)) return { reason: 'marks', at: start };
    }
    for (const line of file.slice(start, end)) if (isFence(line)) fences -= 1;
  }
  if (fenced === undefined) return undefined;
  // Fences come in pairs; outside of prose only a file that has some already may get more.
  const mayHave = how.isProse || file.some(isFence);
  return mayHave && fences % 2 === 0 ? undefined : { reason: 'marks', at: fenced };
}

/** Languages in which a line that runs a program cannot be a statement. */
const CODE =
  /^(?:[cm]?[jt]sx?|typescript|javascript|typescriptreact|javascriptreact|py|python|java|go|golang|rs|rust|cs|csharp|c|cc|cpp|h|hpp|kt|kotlin|swift|php|css|scss|less|json|html?|vue|svelte|dart|scala)$/i;
const isCode = ({ language, isProse }: Guarded): boolean => !isProse && !isShell(language) && CODE.test(language);

/** Net lines that may vanish before it is worth a question, and the share of what is replaced. */
const MUCH = { lines: 10, share: 0.5 } as const;

/** Functions that vanish, the end of a file, or most of it: where the answer does not say what it removes. */
function lossIn(
  hunks: readonly Hunk[],
  file: readonly string[],
  { format, language, question = '' }: Guarded,
): Refusal | undefined {
  if (format !== 'whole' && format !== 'piece') return undefined;
  const names = new Set<string>();
  let at: number | undefined;
  let declared: Set<string> | undefined;
  const added = hunks.flatMap(({ lines }) => lines);
  const stays = (name: string): boolean => {
    declared ??= new Set([...keptLines(hunks, file), ...added].flatMap((line) => nameWorthKeeping(line) ?? []));
    return declared.has(name);
  };
  for (const region of regionsOf(hunks, file)) {
    const removed = region.flatMap(({ start, end }) => file.slice(start, end));
    const came = region.flatMap(({ lines }) => lines);
    if (count(removed) <= count(came)) continue;
    const before = removed.flatMap((line) => nameWorthKeeping(line) ?? []);
    const gone = before.filter((name) => !stays(name));
    const fresh = came.flatMap((line) => nameWorthKeeping(line) ?? []).filter((name) => !before.includes(name)).length;
    // As many new names as old ones: they were renamed.
    if (gone.length <= fresh) continue;
    for (const name of gone) if (!mentions(question, name)) names.add(name);
    if (names.size > 0) at ??= region[0]?.start;
  }
  if (names.size > 0) return { reason: 'drops', at: at ?? 0, names: [...names] };
  const lost = namesLost(
    hunks.flatMap(({ start, end }) => file.slice(start, end)),
    [...keptLines(hunks, file), ...added],
    language,
  ).filter((name) => !mentions(question, name));
  if (lost.length > 0) return { reason: 'drops', at: hunks[0]?.start ?? 0, names: lost };
  const vanish = hunks.reduce(
    (sum, { start, end, lines }) => sum + file.slice(start, end).filter(isText).length - lines.filter(isText).length,
    0,
  );
  if (format === 'whole') {
    const last = hunks.at(-1);
    const reachesEnd = last && file.slice(last.end).every((line) => weightOf(line.trim()) < 1);
    if (last && reachesEnd && (onlyRemoves(last, file) || endsEarly(last, file)))
      return { reason: 'excerpt', at: last.start };
    const [first] = hunks;
    const isHead = first && file.slice(0, first.start).every((line) => !isText(line));
    // An import can go where others stay; a license, or all that is above the code, was only not shown.
    const showsImports =
      first &&
      file.slice(first.start, first.end).every((line) => !isText(line) || isImport(line)) &&
      [...keptLines(hunks, file), ...added].some(isImport);
    if (first && isHead && (onlyRemoves(first, file) || beginsLate(first, file)) && !showsImports)
      return { reason: 'excerpt', at: first.start };
    if (vanish >= MUCH.lines && vanish > file.filter(isText).length * MUCH.share)
      return { reason: 'drops', at: hunks[0]?.start ?? 0, names: [] };
  }
  return undefined;
}

/** An excerpt after which the brackets of a file, which balanced, do so no longer. A `case` of a shell never balances. */
function unclosedBy(hunks: readonly Hunk[], file: readonly string[], how: Guarded): Refusal | undefined {
  if ((how.format !== 'whole' && how.format !== 'piece') || how.isProse || isShell(how.language)) return undefined;
  const net = (lines: readonly string[]): string =>
    ['()', '[]', '{}'].map(([open = '', close = '']) => amount(lines, open) - amount(lines, close)).join();
  const removed = hunks.flatMap(({ start, end }) => file.slice(start, end));
  const isUnclosed = MARKUP.test(how.language) && unclosedTag(hunks, file);
  if (isUnclosed) return { reason: 'excerpt', at: hunks[0]?.start ?? 0 };
  // Mostly as many brackets come as go, and the whole file need not be read.
  if (net(removed) === net(hunks.flatMap(({ lines }) => lines))) return undefined;
  const isBalanced = (lines: readonly string[]): boolean => Object.values(imbalance(lines)).every((each) => each === 0);
  const after = readLines(applyHunks(file.join('\n'), hunks)).content;
  return isBalanced(file) && !isBalanced(after) ? { reason: 'excerpt', at: hunks[0]?.start ?? 0 } : undefined;
}

const MARKUP = /^(?:html?|xhtml|xml|svg|vue|svelte|astro)$/i;
/** Elements whose closing tag may be left out, or that have none. */
const OPTIONAL =
  /^(?:p|li|dt|dd|option|optgroup|tr|td|th|thead|tbody|tfoot|colgroup|html|head|body|area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr)$/i;

/** Whether an element that was closed as often as opened is so no longer. */
function unclosedTag(hunks: readonly Hunk[], file: readonly string[]): boolean {
  const nets = (lines: readonly string[]): ReadonlyMap<string, number> => {
    const found = new Map<string, number>();
    const text = lines.join('\n').replace(/<!--[^]*?-->/g, '');
    for (const [, close, name = '', self] of text.matchAll(
      /<(\/?)([A-Za-z][\w.:-]*)(?:\s(?:[^<>"'{}]|"[^"]*"|'[^']*'|\{[^{}]*\})*)?(\/?)>/g,
    ))
      if (!self && !OPTIONAL.test(name)) found.set(name, (found.get(name) ?? 0) + (close ? -1 : 1));
    return found;
  };
  const same = (a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean =>
    [...new Set([...a.keys(), ...b.keys()])].every((name) => (a.get(name) ?? 0) === (b.get(name) ?? 0));
  const removed = nets(hunks.flatMap(({ start, end }) => file.slice(start, end)));
  if (same(removed, nets(hunks.flatMap(({ lines }) => lines)))) return false;
  const before = nets(file);
  const after = nets(readLines(applyHunks(file.join('\n'), hunks)).content);
  return [...after].some(([name, net]) => net !== 0 && (before.get(name) ?? 0) === 0);
}

const amount = (lines: readonly string[], char: string): number =>
  lines.reduce((sum, line) => sum + line.split(char).length - 1, 0);

const isText = (line: string): boolean => line.trim() !== '';
const count = (lines: readonly string[]): number => lines.filter(isText).length;

const onlyRemoves = ({ start, end, lines }: Hunk, file: readonly string[]): boolean =>
  file.slice(start, end).some(isText) && !lines.some(isText);

/** Whether an answer ends with a line that it altered, before the end of the file; or with little in place of much. */
function endsEarly({ start, end, lines }: Hunk, file: readonly string[]): boolean {
  const [goes, comes] = [file.slice(start, end).filter(isText), lines.filter(isText)];
  if (goes.length - comes.length >= 3 && comes.length * 3 <= goes.length) return true;
  if (goes.length <= comes.length) return false;
  const last = comes.at(-1) ?? '';
  const isAltered = (line: string): boolean => areAlike(alikeKey(line), alikeKey(last));
  if (isAltered(goes.at(-1) ?? '')) return false;
  // Nothing closes the file after it, and nothing says that it ends there.
  return goes.some(isAltered) || (!file.slice(end).some(isText) && !LEAVES.test(last));
}

/** Whether the first line of the file goes with a change behind it: an answer that begins there has not shown it. */
function beginsLate({ start, end, lines }: Hunk, file: readonly string[]): boolean {
  const [goes, comes] = [file.slice(start, end).filter(isText), lines.filter(isText)];
  return goes.length > comes.length && !areAlike(alikeKey(goes[0] ?? ''), alikeKey(comes[0] ?? ''));
}

function keptLines(hunks: readonly Hunk[], file: readonly string[]): string[] {
  const kept: string[] = [];
  let at = 0;
  for (const { start, end } of [...hunks].sort((a, b) => a.start - b.start)) {
    for (; at < start; at++) kept.push(file[at] ?? '');
    at = Math.max(at, end);
  }
  for (; at < file.length; at++) kept.push(file[at] ?? '');
  return kept;
}

const mentions = (question: string, name: string): boolean =>
  question !== '' && new RegExp(`(?<![\\w$])${name.replace(/[^\w]/g, '\\$&')}(?![\\w$])`).test(question);

const PROSE =
  /\.(?:mdx?|markdown|rst|adoc|asciidoc|txt|tex|bib|org|typ|ipynb|rmd|mdc)$|(?:^|[\\/])(?:readme|license|changelog|notes)$/i;

/** Whether a file is text for people, by its name, by the language of the block, or by what is in it. */
export function isProseFile(path: string | null | undefined, language: string, file: readonly string[]): boolean {
  if (path !== null && path !== undefined) return PROSE.test(path);
  if (language !== '' && /^(?:md|markdown|mdx|rst|txt|text|plaintext|tex|latex)$/i.test(language)) return true;
  return (language === '' || isShell(language)) && looksLikeProse(file);
}

/** Each block of an answer asks it of the same file. */
const looks = new WeakMap<readonly string[], boolean>();

function looksLikeProse(file: readonly string[]): boolean {
  let known = looks.get(file);
  if (known === undefined) {
    known = file.some((line) => /^(?:`{3,}|~{3,}|#{2,6} \S)/.test(line));
    looks.set(file, known);
  }
  return known;
}

/** The language that a file is in: that of the block, else the extension. */
export const languageFor = (path: string | null | undefined, language: string): string =>
  (path !== null && path !== undefined ? /\.([A-Za-z]\w*)$/.exec(path)?.[1] : undefined) ?? language;
