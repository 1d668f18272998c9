import { entropy, isDrawn } from './drawnText.ts';

/**
 * Secrets that show by the name they are given: `password = "…"`, `AZURE_OPENAI_KEY=…`, `<apiKey>…</apiKey>`,
 * `setPassword("…")`. What the name says decides how much the value must look like a secret.
 */

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Part of a name that may say that its value is secret. Cheap to look for; `kindOf` then reads the whole name. */
const MARK =
  /passw|passphrase|passcode|pwd|pass\b|pass_|secret|key|token|credential|auth|_pw\b|\bpw\b|salt|pepper|kennwort|senha|contrase|passe\b|wachtwoord|passord|adgangskode|salasana|haslo|sifre|parola\b|heslo/gi;

const NAME_CHARACTER = /[\w$.-]/;
/** Longest name that is read, in characters. */
const LONGEST_NAME = 80;

/** How sure a name makes us, from a value that people type (`password`) to one that only machines draw (`cacheKey`). */
type NameKind = 'password' | 'key' | 'maybe';

/** What people make up and type. */
const PASSWORD_WORDS = new Set(
  'password passwords passwd passwort passphrase passcode pass pwd pw psw secret secrets kennwort senha contrasena passe wachtwoord passord adgangskode salasana haslo sifre parola heslo'.split(
    ' ',
  ),
);
/** What follows such a word when the value is about a secret and not the secret. */
const ABOUT = new Set(
  'name names url uri path file dir type types kind length len size count expiry expires expiration ttl header headers field label placeholder hint regex pattern policy ref reference endpoint prefix suffix index limit min max format message error errors input selector template version algorithm alg strength method mode at in enabled required id ids title text description location provider source store manager service scope scopes class icon color status state schema'.split(
    ' ',
  ),
);
/** What goes before `key` when it opens no door. */
const OPEN_KEYS = new Set(
  'public pub primary foreign publishable partition sort cache row group order translation i18n query react map hot short arrow'.split(
    ' ',
  ),
);
/** What goes before `key` or `token` when it is certainly a secret. */
const SECRET_KEYS = new Set(
  'api access private secret auth encryption signing master account shared service client license subscription consumer app application admin webhook deploy ssh session jwt hmac crypto cipher refresh bearer id bot personal csrf functions host openai azure'.split(
    ' ',
  ),
);

/**
 * What a name promises about its value; null for a name like any other. A name is read word by word, so that
 * `tokenizer`, `keyboard` and `compass` are ordinary names.
 *
 * @param name with letters, digits, `_`, `-`, `.` and `$`
 */
function kindOf(name: string): NameKind | null {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter(Boolean);
  while (
    words.length > 1 &&
    /^(?:v|value|values|string|str|text|env|var|default|test|dev|prod|production|staging|old|new|current|primary|b|base|hex|hash|raw)$/.test(
      words.at(-1) ?? '',
    )
  )
    words.pop();
  const last = words.at(-1) ?? '';
  const before = words.at(-2) ?? '';
  if (ABOUT.has(last) && !(last === 'id' && before === 'key')) return null;
  if (words.some((word) => PASSWORD_WORDS.has(word) && (word !== 'pass' || word === last))) return 'password';
  if (
    /(?:password|passwd|passphrase|secret)$/.test(last) ||
    /^(?:db|user|my|smtp|mail|ftp|ssh|sql|root|admin|login|ldap|mysql|pg|redis|mongo|wifi|key|store|app)(?:pass|pw|pwd)$/.test(
      last,
    )
  )
    return 'password';
  if (/^(?:api|access|secret|private|auth|master|encryption)(?:key|token)$/.test(last) || last === 'authtoken')
    return 'key';
  if (/^(?:token|authorization|credentials?)$/.test(last) || (last === 'auth' && words.length <= 3)) return 'key';
  if (last === 'key' || (last === 'id' && before === 'key')) {
    const owner = last === 'id' ? (words.at(-3) ?? '') : before;
    if (OPEN_KEYS.has(owner)) return null;
    return SECRET_KEYS.has(owner) ? 'key' : 'maybe';
  }
  if (last === 'salt' || last === 'pepper' || last === 'tokens' || last === 'keys' || last === 'keypass')
    return 'maybe';
  return null;
}

/** A quote, also one that is itself inside a string. */
const QUOTE = String.raw`(?:\\{0,3}["'\x60]|&quot;|&#3[49];)`;
/** Where a string begins. The prefix is that of Python, C#, C++ and Rust strings. */
const OPEN = String.raw`(?:[A-Za-z@$]{1,2})?(?<quote>${QUOTE})`;
/** `: string =`, `: &str =`, Go's `string =`: a type between name and value. */
const TYPE = String.raw`(?::[ \t]{0,4}[\w&?'.<>|[\]][\w&?'.<>|[\] ]{0,40}(?==)|[ \t]{1,4}(?:string|String|str)\b)?`;
const NAME_END = String.raw`(?:${QUOTE})?(?:\[\d{0,5}\])?[\])]{0,2}${TYPE}[ \t]{0,20}`;
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
}

/** In the order in which they are tried. */
const FORMS = {
  /** `name = "value"`, `"name": "value"`, `env["NAME"] = "value"`, `name || "value"`, `name: string = "value"` */
  string: { head: new RegExp(`${NAME_END}${ASSIGN}\\s{0,20}(?:\\([ \\t]{0,4})?${OPEN}`, 'y'), bare: null },
  /** `("name", "value")` */
  pair: { head: new RegExp(String.raw`${QUOTE}[ \t]{0,4},\s{0,20}${OPEN}`, 'y'), bare: null, isWeak: true },
  /** `name="name" value="value"`, `"name": "name", "value": "value"` */
  nameAndValue: {
    head: new RegExp(
      String.raw`${QUOTE}\s{0,4},?\s{0,20}(?:${QUOTE})?[Vv]alue(?:${QUOTE})?\s{0,4}[:=]\s{0,4}${OPEN}`,
      'y',
    ),
    bare: null,
  },
  /** YAML's `- name: NAME` with `value: value` on the next line */
  valueBelow: {
    head: new RegExp(String.raw`(?:${QUOTE})?[ \t]{0,4}\r?\n[ \t]{1,40}value:[ \t]{1,4}(?:${OPEN})?`, 'y'),
    bare: 'line',
    isText: true,
  },
  /** `name=value`, `name: value` */
  bare: { head: new RegExp(String.raw`(?:${QUOTE})?[ \t]{0,20}(?::=|=>|[:=])[ \t]{0,20}`, 'y'), bare: 'code' },
  /** YAML's `name: >-` with the value below */
  block: {
    head: new RegExp(String.raw`(?:${QUOTE})?[ \t]{0,4}:[ \t]{0,4}[|>][-+]?[ \t]{0,4}\r?\n[ \t]{1,40}`, 'y'),
    bare: 'line',
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
  spaced: { head: /[ \t]{1,8}(?<quote>["'])/y, bare: null, isWeak: true },
  /** `name="name">value<` */
  namedElement: {
    head: new RegExp(String.raw`${QUOTE}[^<>\r\n]{0,100}>\s{0,4}(?:<!\[CDATA\[)?`, 'y'),
    bare: 'element',
  },
  /** `| name | value |` of a table, and `name is value` of a sentence */
  told: { head: /[ \t]{0,4}\|[ \t]{0,8}|[ \t]{1,4}(?:is|ist|est|es)[ \t:]{1,4}/y, bare: 'line', isWeak: true },
  /** `name value` of a command */
  argument: { head: /[ \t]{1,4}(?=[\w+/.=~-]{20})/y, bare: 'line', isGuess: true },
  /** `name = wrap("value")` */
  wrapped: {
    head: new RegExp(String.raw`${NAME_END}${ASSIGN}[ \t]{0,20}(?:new[ \t]{1,4})?[\w.:]{1,40}\(\s{0,4}${OPEN}`, 'y'),
    bare: null,
    isWeak: true,
  },
} as const satisfies Record<string, Form>;

/** `setPassword("value")`, `.password("value")` */
const CALL: Form = { head: new RegExp(String.raw`\(\s{0,4}${OPEN}`, 'y'), bare: null };
/** `--name value` */
const FLAG: Form = { head: new RegExp(String.raw`[ \t]{1,4}(?:${OPEN})?`, 'y'), bare: 'line', isText: true };
/** `NAME=value`, `some.name=value` and `NAME: value` as shells, .env files, properties and YAML read it: to the end of the line. */
const SETTING: Form = { head: /(?:=|:[ \t]{1,4})(?!["'`])/y, bare: 'whole line', isText: true };
/** `<name>value</name>` */
const ELEMENT: Form = { head: /(?:\s[^<>\r\n]{0,100})?>\s{0,4}(?:<!\[CDATA\[)?/y, bare: 'element', isText: true };

/** What stands before a setting on its line. */
const SETTING_START = /(?:^|[\n;]|: )[ \t]{0,30}(?:- )?$|(?:export|ENV|ARG|-e|set|setx) $/;

/** Longest value, in characters. Session tokens of clouds have some 1,500. */
const LONGEST_VALUE = 4_000;
/** The end of a line, a comment up to there, or the command of a shell that gets the variable before it. */
const LINE_END = /^[ \t]*(?:[\r\n]|$|#)/;
const COMMAND = /^[ \t]{1,4}[a-z][\w./-]*(?:[ \t\r\n]|$)/;
/** Ends of a value that no quote opens: where it may be code, and where it is text. */
const ENDS = { code: /[\s"'`,;(){}[\]<>\\]/g, line: /[\s"'`<]/g } as const;

/** The values that stand behind names of secrets, in order. Takes linear time on every text. */
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
    const span = kind && secretAfter(values, start, end, name, kind);
    if (!span) continue;
    found.push(span);
    done = span.end;
  }
  return found;
}

/** The secret that the text gives to a name which stands at `start` to `end`. */
function secretAfter(values: Values, start: number, end: number, name: string, kind: NameKind): Span | undefined {
  const before = values.text.slice(Math.max(0, start - 40), start);
  const tried: Form[] = [];
  const isVariable = /^[A-Z][A-Z\d_]*$/.test(name);
  if ((isVariable || /^[a-z][\w-]*(?:\.[\w-]+)+$/.test(name)) && SETTING_START.test(before)) tried.push(SETTING);
  if (/^--?\w/.test(name) || (isVariable && before.endsWith('ENV '))) tried.push(FLAG);
  if (/^(?:set|with|use|add)[A-Z_]|\.(?:set|with|use|add)?\w+$/.test(name)) tried.push(CALL);
  if (before.endsWith('<')) tried.push(ELEMENT);
  for (const form of [...tried, ...Object.values<Form>(FORMS)]) {
    const value = values.after(form, end);
    if (!value) continue;
    const given = values.text.slice(value.start, value.end);
    // Sentences use it as a verb: "you can pass 'x'".
    if (form === FORMS.spaced && /^pass$/i.test(name)) continue;
    // A key without an owner that is hexadecimal is a hash or a fingerprint.
    if (/^keys?$/i.test(name) && /^[\da-f]+$/i.test(given)) continue;
    // An entry of an object or a statement ends in a comma, a semicolon or a bracket; a shell takes them as they are.
    const isShell = isVariable && values.text[value.start - 1] === '=';
    if (form === SETTING && !isShell && /[(){}[\];,]/.test(given)) continue;
    // What a call gets is often the name of a secret, not the secret: `getenv("DB_PASSWORD2")`.
    if (form === FORMS.wrapped && CODE.test(given) && !isDrawn(given)) continue;
    const how = value.isQuoted ? 'quoted' : form.isText ? 'literal' : 'bare';
    // `PASS: name` is what test runners print.
    const isReport = /^pass$/i.test(name) && how === 'bare';
    const sureness = isReport || form.isGuess || (form.isWeak && kind !== 'password') ? 'maybe' : kind;
    if (isSecret(given, sureness, how)) return value;
  }
  return undefined;
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
    const next = this.text[to] ?? '\n';
    // What is called or indexed is code.
    if (bare === 'code' && /[({[<]/.test(next)) return undefined;
    if (bare === 'element' && this.text.startsWith(']]><', to - 3)) return { start, end: to - 3, isQuoted: false };
    const rest = this.text.slice(to, to + 20);
    const isWhole = LINE_END.test(rest) || (this.text[start - 1] === '=' && COMMAND.test(rest));
    if ((bare === 'element' && next !== '<') || (bare === 'whole line' && !isWhole)) return undefined;
    return { start, end: to, isQuoted: false };
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
  if (!/[A-Za-z]/.test(value) || SENTENCE.test(value) || isHarmless(value)) return false;
  const isRandom = isDrawn(value);
  const hasDigits = /\d.*\d/.test(value);
  if (isPath(value)) return false;
  if (how === 'bare' && /[(){}[\];,]/.test(value)) return false;
  if (kind === 'maybe') return isRandom && value.length >= 20 && hasDigits;
  if (how === 'bare' && CODE.test(value))
    return isRandom && (hasDigits || /^\w*\d\w*$/.test(value) || (kind === 'password' && !/[^A-Za-z]/.test(value)));
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

/** So much of a value is looked at, in characters: it shows what the rest is. */
const JUDGED = 200;

/** Words with spaces, or in a script that has none. */
const SENTENCE = /\s|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

/** A name, a member or a type: `user.passwordHash`, `Token::Plus`, `keys.client_write_MAC_key`. */
const CODE = /^[A-Za-z_$][\w$]*(?:(?:\.|::|->|\?\.)[A-Za-z_$#][\w$]*)*[!?]?$/;

/** How many of small letters, capitals, digits and symbols a value has. */
const kindsOf = (value: string): number =>
  [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((kind) => kind.test(value)).length;

/** Whether a value only stands in the place of a secret: a variable, a template, a call, or words of an example. */
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
