import { hasHidden } from '../../core/common/hiddenCharacters.ts';

/** Which links of a model's answer may be clicked, and what the reader must see of them before. */

/** The longest address that the host accepts. */
const MAX_LENGTH = 4096;
/** A link text longer than this is not searched for names; its target is simply shown. */
const MAX_NAMED = 300;

/**
 * The normalized address (host in ASCII, so look-alike letters show) of a web link; undefined for whatever else:
 * other schemes, relative addresses, and names in front of the host, which exist to be mistaken for it.
 */
export function webAddress(href: string): string | undefined {
  if (!/^https?:\/\//i.test(href) || !URL.canParse(href)) return undefined;
  const url = new URL(href);
  if (url.username || url.password || !url.hostname) return undefined;
  return url.href.length <= MAX_LENGTH ? url.href : undefined;
}

/** Whether the text of a link names another place than the one it leads to, or hides something. */
export function misleads(text: string, address: string): boolean {
  if (text.length > MAX_NAMED || hasHidden(text, 'code')) return true;
  const target = new URL(address);
  for (const [named] of text.matchAll(
    /(?:[a-z][\w+.-]*:\/\/)?[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}{2,}[^\s]*/giu,
  )) {
    const full = /^[a-z][\w+.-]*:\/\//i.test(named) ? named : `${target.protocol}//${named}`;
    if (!URL.canParse(full)) return true;
    const url = new URL(full);
    if (url.host !== target.host || url.protocol !== target.protocol) return true;
    // A bare host may stand for any of its pages; a longer address only for itself.
    const whole = url.pathname + url.search + url.hash;
    if (whole !== '/' && whole !== target.pathname + target.search + target.hash) return true;
  }
  return false;
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00A0', copy: '©', reg: '®', trade: '™', hellip: '…',
  mdash: '—', ndash: '–', lsquo: '‘', rsquo: '’', ldquo: '“', rdquo: '”', bull: '•', middot: '·', times: '×',
  deg: '°', larr: '←', rarr: '→', uarr: '↑', darr: '↓', harr: '↔', rArr: '⇒', le: '≤', ge: '≥', ne: '≠',
  plusmn: '±', sect: '§', para: '¶', euro: '€', colon: ':', sol: '/', num: '#', lpar: '(', rpar: ')', lsqb: '[',
  rsqb: ']', lcub: '{', rcub: '}', ast: '*', lowbar: '_', grave: '`', vert: '|', Tab: '\t', NewLine: '\n',
}; // prettier-ignore

/** Resolves HTML's character references, which Markdown text may hold; the lexer leaves them. Unknown ones stay. */
export function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w{1,20}));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return Object.hasOwn(ENTITIES, name) ? (ENTITIES[name] ?? whole) : whole;
    const point = hex === undefined ? Number.parseInt(decimal, 10) : Number.parseInt(hex, 16);
    const valid = point > 0 && point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff);
    return valid ? String.fromCodePoint(point) : '\uFFFD';
  });
}
