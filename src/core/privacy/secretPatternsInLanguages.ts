import { MIXED_LETTERS, row, type SecretPattern } from './secretPattern.ts';

/**
 * The word for a password in languages whose word is not of plain English letters, in several words, or that English
 * code uses for something else. The others are in `secretNames.ts`.
 */
const WORDS = [
  // Cyrillic: Russian, Ukrainian, Bulgarian, Serbian
  ...['парол[ьяі]?', 'парола', 'лозинка', 'шифра'],
  // Chinese, Japanese, Korean, Thai, Vietnamese, Indonesian, Hindi, Bengali
  ...[
    '密[码碼]',
    '口令',
    'パスワード',
    '暗証番号',
    '비밀번호',
    '암호',
    '패스워드',
    'รหัสผ่าน',
    'mật[ \t]khẩu',
    'kata[ \t]sandi',
    'पासवर्ड',
    'কূটশব্দ',
    'পাসওয়ার্ড',
  ],
  // Arabic, Persian, Urdu, Hebrew, Greek, Armenian, Georgian
  ...[
    'كلمة[ \t](?:المرور|السر)',
    '(?:ال)?رمز[ \t](?:عبور|المرور)',
    'گذرواژه',
    'پاس[ \t]?ورڈ',
    'ה?סיסמ[אה]',
    'κωδικ(?:ός|ο)(?:[ \t]πρόσβασης)?',
    'συνθηματικό',
    'գաղտնաբառ',
    'პაროლი',
  ],
  // Latin letters
  ...[
    'contraseñ[ao]',
    'contrasenya',
    'hasł[oa]',
    'lösenord(?:et)?',
    'şifre(?:si)?',
    'jelszó',
    'slaptažod\\w{1,4}',
    'parole',
    'lykilorð',
    'mot[ \t]de[ \t]passe',
    "parola[ \t]d['’]ordine",
    'palavra[ \t-]passe',
    'zugangsdaten',
    'parolă',
    'pasahitza',
    'salasõna',
    'fjalëkalim\\w{0,4}',
    'neno[ \t]la[ \t]siri',
  ],
];

/** A part of each word that both small letters and capitals at its beginning have. */
const HINTS = [
  ...[
    'арол',
    'озинка',
    'ифра',
    'АРОЛ',
    '密',
    '口令',
    'パスワード',
    '暗証',
    '비밀번호',
    '암호',
    '패스워드',
    'รหัสผ่าน',
    'ật khẩu',
    'ata sandi',
    'पासवर्ड',
    'কূটশব্দ',
    'পাসওয়ার্ড',
  ],
  ...['كلمة ', 'رمز ', 'گذرواژه', 'پاس', 'סיסמ', 'ωδικ', 'υνθημ', 'աղտնաբառ', 'პაროლი'],
  ...[
    'ontrase',
    'asło',
    'asła',
    'ösenord',
    'ifre',
    'elszó',
    'laptažod',
    'arole',
    'ykilorð',
    'ot de passe',
    'arola d',
    'alavra',
    'ugangsdaten',
    'arolă',
    'asahitza',
    'alasõna',
    'jalëkalim',
    'eno la siri',
  ],
];

/** What is between the word and the password: a sign, or a verb. */
const BETWEEN = String.raw`(?:["'\x60*_]{0,3}\s{0,4}(?:[:=：＝—–]|=>|->|→|-[ \t])|[ \t]{0,2}[はが是为為는은이가]|[ \t]{1,2}(?:היא|הוא|هي|هو|है|είναι|это|є|e|es|est|är|to|jest|is|a|la|on|yra|ir)[ \t])`;

/** The word, and what goes from it to the password. */
const before = (words: readonly string[]): string =>
  String.raw`(?<![\p{L}\p{N}])(?:${words.join('|')})(?:[ \t]{1,2}[\p{L}\p{M}/]{1,20}){0,3}${BETWEEN}[\s*]{0,4}["'\x60「“«]?`;
const BEFORE = before(WORDS);
/** Where the case of the password counts, a word may still begin with a capital. */
const BEFORE_IN_ANY_CASE = before(
  WORDS.map((word) => word.replace(/^\p{Ll}/u, (first) => `[${first}${first.toUpperCase()}]`)),
);

export const LANGUAGE_PATTERNS: readonly SecretPattern[] = [
  row(
    'Password under its name in another language',
    'unicode.org/cldr: languages; the word as the browsers translate it',
    HINTS,
    new RegExp(
      String.raw`${BEFORE}(?<typed>(?=[!-~]{0,100}[\d!@#$%^&*?])[^\s"'\x60;,<>(){}[\]「」“”«»]{6,200})`,
      'giu',
    ),
  ),
  row(
    'Password of letters alone under its name in another language',
    'unicode.org/cldr: languages; the word as the browsers translate it',
    HINTS,
    new RegExp(String.raw`${BEFORE_IN_ANY_CASE}(?<typed>${MIXED_LETTERS})(?![\p{L}\p{N}])`, 'gu'),
  ),
  row(
    'Login of a name and a password in a sentence',
    'the word for it in English, German, French, Spanish, Italian',
    ['redential', 'ogin', 'ugangsdaten', 'dentifiant', 'redencial', 'REDENTIAL', 'LOGIN'],
    /(?<![\w-])(?:credentials?|logins?|zugangsdaten|identifiants|credenciales|credenziali)\b[^\r\n:=]{0,30}:[ \t]{1,4}["'`]?[\w.@+-]{1,60}["'`]?[ \t]{0,2}[/:|,][ \t]{0,2}["'`]?(?<drawn>[^\s"'`,;]{8,100})/gi,
  ),
];
