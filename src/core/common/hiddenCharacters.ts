/**
 * Characters that a reader cannot see, or takes for others, in text that a model wrote: bidi controls, zero width and
 * tag characters, runs of variation selectors, control characters; and letters of another script inside a Latin word.
 * They stay where honest text needs them: joiners inside emoji and in the scripts that use them, the tags of the three
 * flags that have any, one variation selector after what it can vary.
 */

type HiddenKind = 'hidden' | 'lookalike';

/** A run of such characters, in UTF-16 offsets. */
export interface HiddenRun {
  readonly kind: HiddenKind;
  readonly start: number;
  readonly end: number;
}

/** In code also the spaces that are not a space: they break programs. In prose they are good typography. */
export type HiddenPlace = 'prose' | 'code';

/**
 * The classes of characters, made when they are first needed: their sets are large, and most windows never see any.
 */
let classes: ReturnType<typeof makeClasses> | undefined;

function makeClasses() {
  const suspect =
    /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}\u2800\uFFF9-\uFFFB]|(?![\t\n])\p{Cc}/u;
  return {
    /** Every character that might be hidden; most text has none and is done after this one search. */
    suspect,
    suspectInCode: new RegExp(`${suspect.source}|[\\u00A0\\u2000-\\u200A\\u202F\\u205F\\u3000]`, 'u'),
    emoji: /[\p{Extended_Pictographic}\p{Emoji_Modifier}\uFE0F\u{E007F}]/u,
    pictograph: /[\p{Extended_Pictographic}]/u,
    /** Scripts in which a joiner or a non-joiner changes how letters connect. */
    joining:
      /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Nko}\p{Script=Mongolian}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}]/u,
    /** Scripts written without spaces, where a zero width space says where a line may break. */
    spaceless: /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}]/u,
    rightToLeft: /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u,
    variable: /[\p{Emoji}\p{S}\p{Script=Han}\p{Script=Myanmar}\p{Script=Phags_Pa}\u203C\u2049]/u,
    eastAsian: /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303F\uFF00-\uFFEF]/u,
    flagWithTags:
      /\u{1F3F4}\u{E0067}\u{E0062}(?:\u{E0065}\u{E006E}\u{E0067}|\u{E0073}\u{E0063}\u{E0074}|\u{E0077}\u{E006C}\u{E0073})\u{E007F}/gu,
  };
}

/** Letters of other scripts that look like Latin ones; of Cherokee and Lisu most do. */
const LOOKALIKES =
  /[\u13A0-\u13FF\uAB70-\uABBF\uA4D0-\uA4FFавеіјӏкмнорсԁԛѕтухһԝАВЕІЈКМНОРСЅТУХҮօսոհցαικνορτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ]+/g;

/** All runs in the order of the text. */
export function findHidden(text: string, place: HiddenPlace = 'prose'): HiddenRun[] {
  const runs = [...findUnseen(text, place), ...findLookAlikes(text), ...findPosers(text, place)];
  return runs.sort((a, b) => a.start - b.start);
}

/** Whether there is anything in the text that its reader would not see. */
export const hasHidden = (text: string, place: HiddenPlace = 'prose'): boolean => findHidden(text, place).length > 0;

/** Longest command that a message or a list shows whole, in characters. */
const MOST_SHOWN = 300;

/**
 * Whether a command shows all that it is, so that a user who allows it has read it: one line that is not too long, without
 * characters that cannot be seen and runs of spaces that push a part out of sight.
 */
export const showsAll = (command: string): boolean =>
  command.length <= MOST_SHOWN && !/[\p{C}\p{Zl}\p{Zp}]|[\p{Zs}]{4}/u.test(command) && !hasHidden(command, 'code');

/** The content of a run, for its tooltip: `U+202E`, or the letters that tag characters spell. */
export function describeCharacters(run: string): string {
  const points = [...run].map((char) => char.codePointAt(0) ?? 0);
  const names = points.slice(0, 4).map((point) => `U+${point.toString(16).toUpperCase().padStart(4, '0')}`);
  return names.join(' ') + (points.length > 4 ? ` +${points.length - 4}` : '');
}

/** The letters that tag characters spell, since a model would read them; empty for other characters. */
export function spellTags(run: string): string {
  const points = [...run]
    .map((char) => char.codePointAt(0) ?? 0)
    .filter((point) => point >= 0xe0020 && point <= 0xe007e);
  return String.fromCodePoint(...points.slice(0, 500).map((point) => point - 0xe0000));
}

function findUnseen(text: string, place: HiddenPlace): HiddenRun[] {
  classes ??= makeClasses();
  const suspect = place === 'code' ? classes.suspectInCode : classes.suspect;
  if (!suspect.test(text)) return [];
  const flags = new Set<number>();
  for (const flag of text.matchAll(classes.flagWithTags)) {
    for (let i = flag.index + 2; i < flag.index + flag[0].length; i += 2) flags.add(i);
  }
  const runs: { kind: 'hidden'; start: number; end: number }[] = [];
  const all = new RegExp(suspect.source, 'gu');
  for (const match of text.matchAll(all)) {
    const start = match.index;
    const end = start + match[0].length;
    if (flags.has(start) || isHonest(classes, text, start, end, match[0])) continue;
    const last = runs.at(-1);
    if (last?.end === start) last.end = end;
    else runs.push({ kind: 'hidden', start, end });
  }
  return runs;
}

function isHonest(
  known: ReturnType<typeof makeClasses>,
  text: string,
  start: number,
  end: number,
  char: string,
): boolean {
  const before = lastCharacter(text, start);
  const after = String.fromCodePoint(text.codePointAt(end) ?? 0x20);
  const point = char.codePointAt(0) ?? 0;
  if (char === '\r') return after === '\n';
  // C and Python part their pages so, on a line of its own or at the head of one.
  if (char === '\f') return start === 0 || before === '\n' || after === '\n' || after === '\r';
  if (char === '\u200D')
    return (known.emoji.test(before) && known.pictograph.test(after)) || known.joining.test(before);
  if (char === '\u200C') return known.joining.test(before);
  if (char === '\u200B') return known.spaceless.test(before);
  if (char === '\u200E' || char === '\u200F' || char === '\u061C')
    // The Arabic letter mark counts as Arabic itself.
    return known.rightToLeft.test(lineAround(text, start).replace(/[\u200E\u200F\u061C]/g, ''));
  if (char === '\u3000') return known.eastAsian.test(before) || known.eastAsian.test(after);
  if (point >= 0x180b && point <= 0x180f) return /\p{Script=Mongolian}/u.test(before);
  if (point >= 0xe0100 && point <= 0xe01ef) return /\p{Script=Han}/u.test(before);
  if (point >= 0xfe00 && point <= 0xfe0f)
    return /[0-9#*]/.test(before) ? after === '\u20E3' : known.variable.test(before);
  return false;
}

function lastCharacter(text: string, end: number): string {
  const pair = end >= 2 && /[\uDC00-\uDFFF]/.test(text.charAt(end - 1));
  return text.slice(Math.max(0, end - (pair ? 2 : 1)), end);
}

/** The line, or what is near on a long one: enough to tell the direction of writing. */
function lineAround(text: string, at: number): string {
  const from = Math.max(text.lastIndexOf('\n', at - 1) + 1, at - 200);
  const to = text.indexOf('\n', at);
  return text.slice(from, Math.min(to < 0 ? text.length : to, at + 200));
}

/**
 * `pаssword` with a Cyrillic а; a word wholly in its own script is not one. Greek letters are names in formulas
 * (`x_α`, `Δt`), so they count only right beside a Latin letter.
 */
function findLookAlikes(text: string): HiddenRun[] {
  const runs: HiddenRun[] = [];
  if (text.search(LOOKALIKES) < 0) return runs;
  for (const word of text.matchAll(/[\p{L}\p{N}_]+/gu)) {
    if (!/\p{Script=Latin}/u.test(word[0])) continue;
    for (const letters of word[0].matchAll(LOOKALIKES)) {
      const end = letters.index + letters[0].length;
      const beside = word[0].charAt(letters.index - 1) + word[0].charAt(end);
      if (/\p{Script=Greek}/u.test(letters[0]) && !/\p{Script=Latin}/u.test(beside)) continue;
      runs.push({ kind: 'lookalike', start: word.index + letters.index, end: word.index + end });
    }
  }
  return runs;
}

/** Characters that pose as ASCII whatever is beside them; most text has none of them. */
const POSERS =
  /[\u01C3\u037E\u0131\u0237\u017F\u0251\u0261\u1D00-\u1D25\u2160-\u2188\u212A\u2C80-\u2CFF\uFB00-\uFB06\uFF01-\uFF5E\uFFFC\u{10400}-\u{1044F}\u{1D400}-\u{1D7FF}]+/gu;
/** Of these the letters of phonetics and of old scripts, ligatures, and numerals: within a word of code they pose. */
const ODD_LETTERS =
  /[\u0237\u017F\u0251\u0261\u1D00-\u1D25\u2160-\u2188\u212A\u2C80-\u2CFF\uFB00-\uFB06\uFFFC\u{10400}-\u{1044F}]/u;

/** A click letter as `!`, a Greek question mark as `;`, wide and mathematical letters, and a dotless i. */
function findPosers(text: string, place: HiddenPlace): HiddenRun[] {
  const runs: HiddenRun[] = [];
  if (text.search(POSERS) < 0) return runs;
  for (const { 0: run, index } of text.matchAll(POSERS)) {
    const end = index + run.length;
    if (poses(run, lineAround(text, index), lastCharacter(text, index), text.slice(end, end + 2), place))
      runs.push({ kind: 'lookalike', start: index, end });
  }
  return runs;
}

function poses(run: string, line: string, before: string, after: string, place: HiddenPlace): boolean {
  const besideLatin = /[A-Za-z0-9_]$/.test(before) || /^[A-Za-z0-9_]/.test(after);
  // A click is a letter of words in Southern Africa; no word ends with it.
  if (run.includes('\u01C3')) return !/^\p{L}/u.test(after);
  if (run.includes('\u037E')) return !/\p{Script=Greek}/u.test(line.replaceAll('\u037E', ''));
  if (ODD_LETTERS.test(run)) return place === 'code' && besideLatin;
  // Turkish has it beside letters that only Turkish and its like have.
  if (run.includes('\u0131')) return place === 'code' && besideLatin && !/[çğşöüəÇĞŞÖÜƏİ]/.test(line);
  // Wide signs and letters belong to the scripts of East Asia.
  if (/[\uFF01-\uFF5E]/.test(run))
    return (
      (besideLatin && /[\uFF10-\uFF19\uFF21-\uFF3A\uFF41-\uFF5A]/.test(run)) ||
      !/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3001-\u303F]/u.test(line)
    );
  // One such letter is a name in a formula.
  return besideLatin || [...run].length > 2 || place === 'code';
}
