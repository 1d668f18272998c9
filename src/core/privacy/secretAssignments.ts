import { entropy, isDrawn, isGenerated } from './drawnText.ts';
import { kindOf, MARK, type NameKind } from './secretNames.ts';

/**
 * Secrets that show by the name they are given: `password = "…"`, `AZURE_OPENAI_KEY=…`, `<apiKey>…</apiKey>`,
 * `setPassword("…")`. What the name says decides how much the value must look like a secret.
 */

export interface Span {
  readonly start: number;
  readonly end: number;
}

const NAME_CHARACTER = /[\w$.-]/;
/** Longest name that is read, in characters. */
const LONGEST_NAME = 80;

/** A quote, also one that is itself inside a string. */
const QUOTE = String.raw`(?:\\{0,3}["'\x60]|&quot;|&#3[49];)`;
/** Where a string begins. The prefix is that of Python, C#, C++ and Rust strings. */
const OPEN = String.raw`(?:[A-Za-z@$]{1,2})?(?<quote>"""|'''|${QUOTE})`;
/** `: string =`, `: &str =`, Go's `string =`, Visual Basic's `As String =`: a type between name and value. */
const TYPE = String.raw`(?::[ \t]{0,4}[\w&?'.<>|[\]][\w&?'.<>|[\] ]{0,40}(?==)|[ \t]{1,4}(?:string|String|str|As[ \t]{1,4}\w{1,20})\b)?`;
const NAME_END = String.raw`(?:${QUOTE})?(?:\[\d{0,5}\])?[\])]{0,2}\*{0,2}${TYPE}[ \t]{0,20}`;
const ASSIGN = String.raw`(?::=|=>|->|\|\|=?|\?\?=?|\?=|={1,3}|!==?|:|\bor\b)`;

interface Form {
  /** What goes from the end of a name to its value. */
  readonly head: RegExp;
  /** What the value is if no quote opens it: one that may be code, or the text up to a space, the end of the line, a tag. */
  readonly bare: 'code' | 'line' | 'whole line' | 'element' | null;
  /** Whether a value without quotes is text for whatever reads it, and never code. */
  readonly isText?: boolean;
  /** Whether only a value that a machine drew counts, if the name is not that of a password. */
  readonly isWeak?: boolean;
  /** Whether only a value that a machine drew counts, whatever the name. */
  readonly isGuess?: boolean;
  /** Whether only a generated password counts, and only after the name of a password. */
  readonly isGenerated?: boolean;
}

/** In the order in which they are tried. */
const FORMS = {
  /** `name = "value"`, `"name": "value"`, `env["NAME"] = "value"`, `name || "value"`, `name: string = "value"` */
  string: {
    head: new RegExp(String.raw`${NAME_END}${ASSIGN}\*{0,2}\s{0,20}(?:(?:\(|(?<=[=\s]){)[ \t]{0,4})?${OPEN}`, 'y'),
    bare: null,
  },
  /** `name = ["value", …]`; what follows the first value is looked at with `NEXT` */
  list: { head: new RegExp(String.raw`${NAME_END}${ASSIGN}[ \t]{0,4}\[\s{0,20}${OPEN}`, 'y'), bare: null },
  /** YAML's `name:` with `- value` on the next lines */
  listBelow: {
    head: new RegExp(String.raw`(?:${QUOTE})?[ \t]{0,4}:[ \t]{0,4}\r?\n[ \t]{0,40}-[ \t]{1,4}(?:${OPEN})?`, 'y'),
    bare: 'whole line',
    isWeak: true,
  },
  /** `"name": { "value": "value" }` of Azure's and Terraform's files */
  valueInside: {
    head: new RegExp(
      String.raw`(?:${QUOTE})?[ \t]{0,4}[:=][ \t]{0,4}\{\s{0,40}(?:[^{}]{0,200}?[\s,])?(?:${QUOTE})?[Vv]alue(?:${QUOTE})?[ \t]{0,4}[:=][ \t]{0,4}${OPEN}`,
      'y',
    ),
    bare: null,
  },
  /** `("name", "value")` */
  pair: { head: new RegExp(String.raw`${QUOTE}[ \t]{0,4},\s{0,20}${OPEN}`, 'y'), bare: null, isWeak: true },
  /** `name="name" value="value"`, `"name": "name", "value": "value"`, `ParameterKey=name,ParameterValue=value` */
  nameAndValue: {
    head: new RegExp(
      String.raw`(?:${QUOTE})?\s{0,4},?\s{0,20}(?:${QUOTE})?(?:[A-Za-z]{0,20}[Vv]alue|content|default)(?:${QUOTE})?\s{0,4}[:=]\s{0,4}(?:${OPEN})?`,
      'y',
    ),
    bare: 'line',
    isText: true,
  },
  /** YAML's `- name: NAME` with `value: value` on the next line */
  valueBelow: {
    head: new RegExp(String.raw`(?:${QUOTE})?[ \t]{0,4}\r?\n[ \t]{1,40}value:[ \t]{1,4}(?:${OPEN})?`, 'y'),
    bare: 'line',
    isText: true,
  },
  /** `name=value`, `name: value` */
  bare: {
    head: new RegExp(
      String.raw`(?:${QUOTE})?\]?\*{0,2}[ \t]{0,20}(?::=|\?=|=>|:-|[:=])\*{0,2}[ \t]{0,20}(?:(?:&|!!?)[\w./-]{1,40}[ \t]{1,4})?`,
      'y',
    ),
    bare: 'code',
  },
  /** YAML's `name: >-` with the value below */
  block: {
    head: new RegExp(String.raw`(?:${QUOTE})?[ \t]{0,4}:[ \t]{0,4}[|>][-+]?[ \t]{0,4}\r?\n[ \t]{1,40}`, 'y'),
    bare: 'line',
    isText: true,
  },
  /** `name = <<END` of shells and Terraform, with the value below */
  heredoc: {
    head: /[ \t]{0,4}[:=][ \t]{0,4}<<[-~]?["']?\w{1,20}["']?\r?\n[ \t]{0,40}/y,
    bare: 'whole line',
    isText: true,
  },
  /** `name:` or `name =` and the value on the next line */
  nextLine: {
    head: new RegExp(
      String.raw`(?:${QUOTE})?[ \t]{0,4}[:=][ \t]{0,4}[\\(]?[ \t]{0,4}\r?\n[ \t]{1,40}(?:${OPEN})?(?![-#])`,
      'y',
    ),
    bare: 'whole line',
    isWeak: true,
  },
  /** `#define NAME "value"`, `name 'value'` */
  spaced: { head: /[ \t]{1,8}(?<quote>["'`])/y, bare: null, isWeak: true },
  /** `name="name">value<` */
  namedElement: {
    head: new RegExp(String.raw`${QUOTE}[^<>\r\n]{0,100}>\s{0,4}(?:<!\[CDATA\[)?`, 'y'),
    bare: 'element',
  },
  /** `| name | value |` of a table, and `name is value` of a sentence */
  told: {
    head: new RegExp(
      String.raw`\*{0,2}(?:[ \t]{0,4}\|[ \t]{0,8}|[ \t]{1,4}(?:is|was|ist|lautet|est|es|é|è|era|to|jest|je|är|er|on|->|→|–|—)[ \t:]{1,4})\*{0,2}(?:${OPEN})?`,
      'y',
    ),
    bare: 'line',
    isWeak: true,
  },
  /** `name for the staging server: value` of a sentence */
  toldLater: {
    head: /(?:[ \t]{1,4}[A-Za-z/]{1,20}){1,5}[ \t]{0,4}(?:\[[^\]\r\n]{0,40}\][ \t]{0,4})?:[ \t]{1,4}/y,
    bare: 'line',
    isGenerated: true,
  },
  /** `name value` of a configuration or a sentence */
  word: { head: /(?:[ \t]{1,8}|: )(?=\S{8})/y, bare: 'line', isGenerated: true },
  /** `name value` of a command */
  argument: { head: /[ \t]{1,4}(?=[\w+/.=~-]{20})/y, bare: 'line', isGuess: true },
  /** `name = wrap("value")` */
  wrapped: {
    head: new RegExp(
      String.raw`${NAME_END}${ASSIGN}[ \t]{0,20}(?:new[ \t]{1,4})?[\w.:]{1,40}\(\s{0,4}(?:[a-z_]{1,20}[ \t]{0,2}=[ \t]{0,2})?${OPEN}`,
      'y',
    ),
    bare: null,
    isWeak: true,
  },
} as const satisfies Record<string, Form>;

/** `setPassword("value")`, `.password("value")` */
const CALL: Form = { head: new RegExp(String.raw`\(\s{0,4}${OPEN}`, 'y'), bare: null };
/** `NAME=value` and `name=value` without spaces, as shells, addresses, and connection strings have them. */
const TIGHT: Form = { head: /=(?![=~"'`])/y, bare: 'line', isText: true };
/** `?name=value` and `&name=value` of an address. */
const QUERY: Form = { head: /=/y, bare: 'code', isText: true };
/** A further value of a list: `, "value"`, and `- value` on the next line. */
const NEXT: Form = { head: new RegExp(String.raw`${QUOTE}[ \t]{0,4},\s{0,40}${OPEN}`, 'y'), bare: null };
const NEXT_BELOW: Form = {
  head: new RegExp(String.raw`(?:${QUOTE})?[ \t]{0,4}\r?\n[ \t]{0,40}-[ \t]{1,4}(?:${OPEN})?`, 'y'),
  bare: 'whole line',
  isWeak: true,
};
/** `--name value` */
const FLAG: Form = { head: new RegExp(String.raw`[ \t]{1,4}(?:${OPEN})?`, 'y'), bare: 'line', isText: true };
/** `NAME=value`, `some.name=value` and `NAME: value` as shells, .env files, properties and YAML read it: to the end of the line. */
const SETTING: Form = { head: /(?:=|:[ \t]{1,4})(?!["'`])/y, bare: 'whole line', isText: true };
/** `<name>value</name>` */
const ELEMENT: Form = { head: /(?:\s[^<>\r\n]{0,100})?>\s{0,4}(?:<!\[CDATA\[)?/y, bare: 'element', isText: true };

/** What is before a setting on its line. */
const SETTING_START = /(?:^|[\n;]|: )[ \t]{0,30}(?:- )?$|(?:export|ENV|ARG|-e|set|setx|SetEnv)[ \t]{1,4}["']?$/;
/** What is before a variable whose value follows after a space. */
const SPACED_SETTING = /(?:^|[\n;])[ \t]{0,30}(?:ENV|setx?(?:[ \t]{1,4}-\w{1,3})?|SetEnv|setenv)[ \t]{1,4}$/;

/** Longest value, in characters. Session tokens of clouds have some 1,500. */
const LONGEST_VALUE = 4_000;
/** The end of a line, a comment up to there, or the command of a shell that gets the variable before it. */
const LINE_END = /^["']?[ \t]*(?:[\r\n]|$|#)/;
const COMMAND = /^[ \t]{1,4}[a-z][\w./-]*(?:[ \t\r\n]|$)/;
/** Ends of a value that no quote opens: where it may be code, and where it is text. */
const ENDS = { code: /[\s"'`,;(){}[\]<>\\]/g, line: /[\s"'`<]/g } as const;

/** The values that are behind names of secrets, in order. Takes linear time on every text. */
export function findAssigned(text: string): Span[] {
  const values = new Values(text);
  const kinds = new Map<string, NameKind | null>();
  const found: Span[] = [];
  let done = 0;
  for (const { index } of text.matchAll(MARK)) {
    if (index < done) continue;
    let start = index;
    while (start > done && index - start < LONGEST_NAME && NAME_CHARACTER.test(text[start - 1] ?? '')) start--;
    let end = index;
    while (end < text.length && end - index < LONGEST_NAME && NAME_CHARACTER.test(text[end] ?? '')) end++;
    done = end;
    const name = text.slice(start, end);
    let kind = kinds.get(name);
    if (kind === undefined) {
      kind = kindOf(name);
      kinds.set(name, kind);
    }
    const given = kind && secretAfter(values, start, end, name, kind);
    if (!kind || !given) continue;
    let span: Span | undefined = given.span;
    while (span) {
      found.push(span);
      done = span.end;
      span = given.next && secretOf(values, given.next, done, name, kind);
    }
  }
  return found;
}

/** The secret that the text gives to a name which is at `start` to `end`; `next` finds further ones of a list. */
function secretAfter(
  values: Values,
  start: number,
  end: number,
  name: string,
  kind: NameKind,
): { readonly span: Span; readonly next: Form | undefined } | undefined {
  const before = values.text.slice(Math.max(0, start - 40), start);
  // The user of an address: what follows is found as the password of the address.
  if (before.endsWith('//') && values.text[end] === ':') return undefined;
  const tried: Form[] = [];
  const isVariable = /^[A-Z][A-Z\d_]*$/.test(name);
  if ((isVariable || /^[a-z][\w-]*(?:\.[\w-]+)+$/.test(name)) && SETTING_START.test(before)) tried.push(SETTING);
  if (/^--?\w/.test(name) || (isVariable && SPACED_SETTING.test(before))) tried.push(FLAG);
  if (/[?&]$/.test(before)) tried.push(QUERY);
  else if (isVariable || /[;\s"'=,-]$/.test(before) || name.startsWith('-')) tried.push(TIGHT);
  if (/^(?:set|with|use|add)[A-Z_]|\.(?:set|with|use|add)?\w+$/.test(name)) tried.push(CALL);
  if (/<(?:\w{1,40}:)?$/.test(before)) tried.push(ELEMENT);
  const isText = isVariable || name.startsWith('-');
  for (const form of [...tried, ...Object.values<Form>(FORMS)]) {
    const span = secretOf(values, form === TIGHT && !isText ? { ...TIGHT, isText } : form, end, name, kind);
    if (span) return { span, next: form === FORMS.list ? NEXT : form === FORMS.listBelow ? NEXT_BELOW : undefined };
  }
  return undefined;
}

/** The secret that a form finds behind a name which ends at `end`. */
function secretOf(values: Values, form: Form, end: number, name: string, kind: NameKind): Span | undefined {
  const value = values.after(form, end);
  if (!value) return undefined;
  const given = values.text.slice(value.start, value.end);
  if (form.isGenerated) {
    const isMade = isGenerated(given) || (isDrawn(given) && CODE.test(given)) || isMixedLetters(given);
    if (kind !== 'password') return isSecret(given, 'maybe', 'bare') && isGenerated(given) ? value : undefined;
    return isMade && !isHarmless(given) ? value : undefined;
  }
  // Sentences use it as a verb: "you can pass 'x'".
  if (form === FORMS.spaced && /^pass$/i.test(name)) return undefined;
  // A key without an owner that is hexadecimal is a hash or a fingerprint.
  if (/^keys?$/i.test(name) && /^[\da-f]+$/i.test(given)) return undefined;
  // An entry of an object or a statement ends in a comma, a semicolon or a bracket; a shell takes them as they are.
  const isShell = /^[A-Z][A-Z\d_]*$/.test(name) && values.text[value.start - 1] === '=';
  if (form === SETTING && !isShell && /[(){}[\];,]/.test(given)) return undefined;
  // What a call gets is often the name of a secret, not the secret: `getenv("DB_PASSWORD2")`.
  if (form === FORMS.wrapped && CODE.test(given) && !isDrawn(given)) return undefined;
  const how = value.isQuoted ? 'quoted' : form.isText ? 'literal' : 'bare';
  // `PASS: name` is what test runners print.
  const isReport = /^pass$/i.test(name) && how === 'bare';
  const sureness = isReport || form.isGuess || (form.isWeak && kind !== 'password') ? 'maybe' : kind;
  return isSecret(given, sureness, how) ? value : undefined;
}

/** Reads values from a text. It remembers where the last value of each kind ended, so that no part is read twice. */
class Values {
  readonly text: string;
  readonly #ends = new Map<string, { from: number; to: number; isClosed: boolean }>();

  constructor(text: string) {
    this.text = text;
  }

  /** The value that a form finds behind a name which ends at `at`. */
  after({ head, bare }: Form, at: number): (Span & { readonly isQuoted: boolean }) | undefined {
    head.lastIndex = at;
    const match = head.exec(this.text);
    if (!match) return undefined;
    const quote = match.groups?.quote;
    const start = head.lastIndex;
    if (quote === undefined && !bare) return undefined;
    const { to, isClosed } = this.#end(quote ?? (bare === 'code' ? 'code' : 'line'), start);
    if (to - start > LONGEST_VALUE || to === start) return undefined;
    if (quote !== undefined) return isClosed ? { start, end: to, isQuoted: true } : undefined;
    // The next parameter of an address, a form, or a connection string is no part of the value.
    const parameter = this.text.slice(start, to).search(/[&;](?:amp;)?[\w.-]{1,40}=/);
    const end = parameter > 0 ? start + parameter : to;
    const next = this.text[end] ?? '\n';
    // What is called or indexed is code.
    if (bare === 'code' && /[({[<]/.test(next)) return undefined;
    if (bare === 'element' && this.text.startsWith(']]><', to - 3)) return { start, end: to - 3, isQuoted: false };
    const rest = this.text.slice(to, to + 20);
    const isWhole = LINE_END.test(rest) || (this.text[start - 1] === '=' && COMMAND.test(rest));
    if ((bare === 'element' && next !== '<') || (bare === 'whole line' && !isWhole)) return undefined;
    return { start, end, isQuoted: false };
  }

  /** Where a value ends that begins at `from`: at its quote, or at the first character that cannot be part of it. */
  #end(kind: string, from: number): { to: number; isClosed: boolean } {
    const known = this.#ends.get(kind);
    if (known && from >= known.from && from <= known.to) return known;
    const { text } = this;
    let to = from;
    let isClosed = false;
    if (kind === 'code' || kind === 'line') {
      const ends = ENDS[kind];
      ends.lastIndex = from;
      to = ends.exec(text)?.index ?? text.length;
    } else {
      while (to < text.length && text[to] !== '\n' && text[to] !== '\r') {
        isClosed = text.startsWith(kind, to);
        if (isClosed) break;
        to += text[to] === '\\' && kind.length === 1 ? 2 : 1;
      }
    }
    const end = { from, to: Math.min(to, text.length), isClosed };
    this.#ends.set(kind, end);
    return end;
  }
}

/**
 * Whether a value is one that somebody made up or a machine drew, and not a word, a path, a sentence or another name.
 *
 * @param how `quoted` is a string of the program, `literal` a value that nothing reads as code, `bare` may be code
 */
function isSecret(whole: string, kind: NameKind, how: 'quoted' | 'literal' | 'bare'): boolean {
  const value = whole.slice(0, JUDGED);
  // Without letters it is a version, a date or a number.
  if (kind === 'password' && APP_PASSWORD.test(value)) return true;
  if (!/[A-Za-z]/.test(value) || SENTENCE.test(value) || /^[\w.:]+\($/.test(value) || isHarmless(value)) return false;
  const isRandom = isDrawn(value);
  const hasDigits = /\d.*\d/.test(value);
  if (isPath(value)) return false;
  if (how === 'bare' && /[(){}[\];,]/.test(value)) return false;
  if (kind === 'maybe') return isRandom && value.length >= 20 && hasDigits;
  if (kind === 'password' && isMixedLetters(value)) return true;
  if (how === 'bare' && CODE.test(value))
    return (
      (kind === 'password' && (isGenerated(value) || /^(?=\D{1,40}\d{1,40}[a-z])[a-z\d]{12,}$/.test(value))) ||
      (isRandom && (hasDigits || /^\w*\d\w*$/.test(value) || (kind === 'password' && !/[^A-Za-z]/.test(value))))
    );
  if (isRandom) return true;
  const kinds = kindsOf(value);
  if (kinds < 2 || (CODE.test(value) && !/\d/.test(value))) return false;
  if (how === 'bare') return value.length >= 8 && /\d/.test(value) && entropy(value) >= 2.75 && !isWordy(value);
  if (kind === 'key')
    return (
      value.length >= 8 &&
      /\d/.test(value) &&
      entropy(value) >= 2.75 &&
      !isWordy(value) &&
      !/^[A-Za-z]+\d{1,3}$/.test(value)
    );
  return value.length >= 6 && entropy(value) >= 2.5 && (kinds === 4 || !isWordy(value));
}

/** The passwords that Apple and Google draw for programs: four times four letters. */
const APP_PASSWORD = /^[a-z]{4}([- ])[a-z]{4}\1[a-z]{4}\1[a-z]{4}$/;

/** Letters of both cases, with a capital and one small letter that are no word: names of code have whole words. */
const isMixedLetters = (value: string): boolean =>
  /^[A-Za-z]{9,}$/.test(value) &&
  (/[A-Z]{6}[a-z]/.test(value) || (value.match(/[A-Z][a-z](?![a-z])/g) ?? []).some((pair) => !SHORT_WORDS.has(pair)));
const SHORT_WORDS = new Set(
  'Am An As At Be By Cb Co Cs Db De Do El Ev Ex Fn Go He Id If In Io Ip Is It Js Kb Li Md Me Ms My Ng No Of Ok On Op Or Os Pk Pw Py Qa Re So Ss Td Th To Tr Ts Tx Ul Un Ui Up Us Vm We Ws'.split(
    ' ',
  ),
);

/** So much of a value is looked at, in characters: it shows what the rest is. */
const JUDGED = 200;

/** Words with spaces, or in a script that has none. */
const SENTENCE = /\s|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

/** A name, a member or a type: `user.passwordHash`, `Token::Plus`, `keys.client_write_MAC_key`. */
const CODE = /^[A-Za-z_$][\w$]*(?:(?:\.|::|->|\?\.)[A-Za-z_$#][\w$]*)*[!?]?$/;

/** How many of small letters, capitals, digits and symbols a value has. */
const kindsOf = (value: string): number =>
  [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((kind) => kind.test(value)).length;

/** Whether a value is only in the place of a secret: a variable, a template, a call, or words of an example. */
export const isHarmless = (value: string): boolean => isReference(value) || isPlaceholder(value);

/** Variables, templates and calls that stand for a value which is elsewhere. */
const REFERENCES: readonly RegExp[] = [
  /^\$\{?[A-Za-z_][\w.:-]*\}?$|\$\{|\$\(/, // $VAR, ${VAR}, $(command)
  /\{\{|\}\}|<%|^#\{|^%[\w.-]+%$|^@[\w.]+@$/, // templates
  /^<[^<>]*>$|^\{[^{}]*\}$|^\[[^[\]]*\]$/, // <your-key>
  /^https?:\/\/|^data:/,
  /^(?:process|os|env|environ|System|import|config|settings|secrets|vars?|this|self|req|request|res|ctx|context|params|props|data|local|module|each|inputs|steps|github|std|Deno|Bun)(?:\.|::|->|\[|\?\.)(?:[A-Za-z_("'].{0,60})?$/,
  /^(?:env|getenv|ENV|environ)\W/,
];
const isReference = (value: string): boolean => REFERENCES.some((reference) => reference.test(value));

/** Words that examples and templates put in the place of a secret. */
const PLACEHOLDER_WORDS = new Set(
  'a an the my your our some any this that is it me here to be or and of for with from put insert enter replace change changeme changeit redacted removed hidden masked example sample test testing tests dummy fake mock placeholder foo bar baz none null nil undefined true false todo fixme tbd xxx xxxx string str number int bool boolean text value required optional default api key keys token tokens secret secrets password passwd pass pwd passphrase credential credentials access private public client auth user username admin root guest postgres mysql redis email name id new old current http https com org'.split(
    ' ',
  ),
);

/** Whether a value is made of such words alone, or of one sign over and over. */
function isPlaceholder(value: string): boolean {
  if (/^(.)\1+$/.test(value) || /[xX]{5,}|\*{4,}|\.{3}|…/.test(value)) return true;
  const words = value
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[-_\s.:/]+/)
    .filter(Boolean);
  return words.length > 0 && words.every((word) => PLACEHOLDER_WORDS.has(word));
}

/** A path or a URN: parts of letters, with digits only at their end. `./credentials/token.js`, `urn:params:oauth2` */
const isPath = (value: string): boolean =>
  /[/:]/.test(value) &&
  value.split(/[/:]/).every((part) => /^(?:@?[A-Za-z_.-]*\d{0,4}|v?\d{1,3}(?:\.\d{1,3})?)$/.test(part));

/** Words, joined by signs or by capitals, with a number at most in a part of its own: `oauth-client-v2`. */
const isWordy = (value: string): boolean => /^[A-Za-z]*(?:[-_.:/@ ](?:[A-Za-z]+|v?\d{1,4}))*[-_.:/]?$/i.test(value);
