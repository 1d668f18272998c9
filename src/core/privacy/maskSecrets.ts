import { eventLoop } from '../common/eventLoop.ts';
import type { ModelRequest } from '../common/types.ts';

/**
 * Secrets inside ordinary text: keys with a known form, private keys, passwords in addresses and assignments. The gateway
 * masks them in whatever leaves the machine. Each pattern takes only what must be hidden, so that the code around it
 * still says what it does.
 *
 * The forms are those that the services document; most begin with letters that they reserved for being found.
 */

export interface Masked {
  readonly text: string;
  /** How many were masked. */
  readonly count: number;
  /** For putting them back into what a model makes of the text. */
  readonly secrets: SecretNames;
}

/**
 * A short name for a secret, the same each time, which tells nothing of it to who has not the key that it is made with.
 * Names follow from the secrets alone: what a conversation begins with stays the same for the providers' caches, and
 * answers of long ago can be read.
 */
export type NameSecret = (secret: string) => string;

/** Secrets by their names; null for a name that two secrets share, and that is better left as it is. */
export type SecretNames = ReadonlyMap<string, string | null>;

/** The first group, if there is one, is what goes; else the whole match. */
const KNOWN: readonly RegExp[] = [
  // The header alone is only code that names it: the match takes lines of base64 after it, and nothing else.
  /-----BEGIN (?:[A-Z0-9]+ ){0,5}PRIVATE KEY(?: BLOCK)?-----(?:(?:\s|\\[nr]){0,9}(?:Proc-Type|DEK-Info|Version|Comment): [^\r\n\\]{1,100}){0,5}(?:(?:\s|\\[nr]){0,9}[A-Za-z0-9+/=]{16,})(?:(?:\s|\\[nr]){1,9}[A-Za-z0-9+/=]{16,})*(?:(?:(?:\s|\\[nr]){1,9}[A-Za-z0-9+/=]{1,15}){0,2}(?:\s|\\[nr]){0,9}-----END (?:[A-Z0-9]+ ){0,5}PRIVATE KEY(?: BLOCK)?-----)?/g,
  /\b(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA)[A-Z2-7]{16}\b/g, // AWS
  /\bAIza[\w-]{35}(?![\w-])/g, // Google
  /\bya29\.[\w-]{20,}/g, // Google OAuth
  /\bGOCSPX-[\w-]{28}(?![\w-])/g,
  /\bgh[pousr]_[A-Za-z0-9]{36,255}\b/g, // GitHub
  /\bgithub_pat_[A-Za-z0-9_]{22,255}\b/g,
  /\bgl(?:pat|dt|ptt|rt|oas|cbt|ft|imt|agent|soat)-[\w-]{20,}/g, // GitLab
  /\bATATT3[\w=-]{60,}/g, // Atlassian
  /\bATBB[A-Za-z0-9]{32}\b/g, // Bitbucket
  /\bsk-(?:ant|or|proj|svcacct|admin|live)-[\w-]{20,}/g, // Anthropic, OpenRouter, OpenAI
  /\bsk-[A-Za-z0-9]{20,}\b/g, // OpenAI, DeepSeek
  /\bgsk_[A-Za-z0-9]{40,}\b/g, // Groq
  /\bxai-[A-Za-z0-9]{40,}\b/g,
  /\bhf_[A-Za-z0-9]{30,}\b/g, // Hugging Face
  /\br8_[A-Za-z0-9]{30,}\b/g, // Replicate
  /\bpplx-[A-Za-z0-9]{40,}\b/g,
  /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/g, // Slack
  /\bxapp-\d-[A-Z0-9]+-\d+-[a-f0-9]+/g,
  /https:\/\/hooks\.slack\.com\/services\/(T\w+\/B\w+\/\w{20,})/g,
  /https:\/\/(?:\w+\.)?discord(?:app)?\.com\/api\/webhooks\/(\d+\/[\w-]{60,})/g,
  /\b[MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27,}/g, // Discord
  /\b\d{8,10}:AA[\w-]{33}(?![\w-])/g, // Telegram
  /\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,}\b/g, // Stripe
  /\bwhsec_[A-Za-z0-9+/=]{30,}/g,
  /\bsq0(?:atp|csp)-[\w-]{22,}/g, // Square
  /\bSG\.[\w-]{16,32}\.[\w-]{30,}/g, // SendGrid
  /\bkey-[a-f0-9]{32}\b/g, // Mailgun
  /\b[a-f0-9]{32}-us\d{1,2}\b/g, // Mailchimp
  /\b(?:AC|SK)[a-f0-9]{32}\b/g, // Twilio
  /\bnpm_[A-Za-z0-9]{36}\b/g,
  /\bpypi-AgE[\w-]{50,}/g,
  /\brubygems_[a-f0-9]{48}\b/g,
  /\bdckr_(?:pat|oat)_[\w-]{20,}/g, // Docker
  /\bdop_v1_[a-f0-9]{64}\b/g, // DigitalOcean
  /\bhvs\.[\w-]{24,}/g, // Vault
  /\b[a-z0-9]{14}\.atlasv1\.[\w=-]{60,}/gi, // Terraform
  /\bdapi[a-f0-9]{32}\b/g, // Databricks
  /\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}\b/g, // Shopify
  /\bNRAK-[A-Z0-9]{27}\b/g, // New Relic
  /\bglsa_[A-Za-z0-9]{32}_[a-f0-9]{8}\b/g, // Grafana
  /\bsntrys_[\w=+/-]{40,}/g, // Sentry
  /\blin_api_[A-Za-z0-9]{40}\b/g, // Linear
  /\bsecret_[A-Za-z0-9]{43}\b/g, // Notion
  /\bntn_[A-Za-z0-9]{40,}\b/g,
  /\bfigd_[\w-]{40,}/g, // Figma
  /\bPMAK-[a-f0-9]{24}-[a-f0-9]{34}\b/g, // Postman
  /\bEAA[A-Za-z0-9]{60,}\b/g, // Facebook
  /\bAccountKey=([A-Za-z0-9+/]{60,}={0,2})/g, // Azure storage
  /\b(?:sig|SharedAccessSignature)=([A-Za-z0-9%+/]{40,})/g,
  /(?<![\w-])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}/g, // JSON web token
  /\b[a-z][a-z0-9+.-]{1,30}:\/\/[^\s:/@"'`<>${}]{1,100}:([^\s/@"'`<>${}]{3,200})@[\w[]/gi, // password in an address
  /\b(?:authorization|proxy-authorization)["']?\s*[:=]\s*["'`]?(?:bearer|basic|token)\s+([\w.~+/=-]{12,})/gi,
  /\bbearer\s+([\w.~+/-]{24,}=*)/gi,
];

/** A name that says what its value is. */
const NAMED =
  /((?:passw(?:or)?d|passphrase|pwd|secret|api[_-]?key|access[_-]?key|private[_-]?key|auth[_-]?token|access[_-]?token|refresh[_-]?token|client[_-]?secret|encryption[_-]?key|token|credential)[\w-]{0,40})["'`]?[ \t]{0,20}(?::=|=>|[:=])[ \t]{0,20}(?:"([^"\r\n]{6,300})"|'([^'\r\n]{6,300})'|`([^`\r\n]{6,300})`|([^\s"'`,;(){}[\]<>]{12,300}))/gi;

/** What such a name is given in examples, templates and code that fetches it. */
const HARMLESS =
  /^(?:\$|%|<|\{|process\.|os\.|env[.[(]|System\.|config|your|my|the|example|changeme|placeholder|xxx+|\*+|\.{3}|null|none|true|false|undefined|test|dummy|string|number|required|optional|secret|password|token|https?:|\/)/i;

/** Replaces each secret by `«masked secret 3f9a2»`; the same secret has the same name, so that code stays readable. */
export function maskSecrets(text: string, nameOf: NameSecret): Masked {
  const secrets = new Map<string, string | null>();
  let masked = '';
  let at = 0;
  let count = 0;
  for (const { start, end } of findSecrets(text)) {
    const secret = text.slice(start, end);
    const name = nameOf(secret);
    addName(secrets, name, secret);
    masked += `${text.slice(at, start)}«masked secret ${name}»`;
    at = end;
    count += 1;
  }
  return { text: masked + text.slice(at), count, secrets };
}

/** How many secrets a text has that would be masked. */
export const countSecrets = (text: string): number => findSecrets(text).length;

/** Puts the secrets back that `maskSecrets` took out; what it never gave out stays as it is. */
export const unmaskSecrets = (text: string, secrets: SecretNames): string =>
  text.replace(/«masked secret ([0-9a-z]+)»/g, (mark, name: string) => secrets.get(name) ?? mark);

/** Whether a model speaks of what was masked. */
export const hasMasked = (text: string): boolean => text.includes('«masked secret ');

/** The secrets of several texts by their names. */
export function namesOf(texts: Iterable<string>, nameOf: NameSecret): SecretNames {
  const all = new Map<string, string | null>();
  for (const text of texts) for (const [name, secret] of maskSecrets(text, nameOf).secrets) addName(all, name, secret);
  return all;
}

/** A request as it may leave the machine. Pictures are sent as they are. */
export async function maskRequest<Request extends ModelRequest>(
  request: Request,
  nameOf: NameSecret,
): Promise<Request> {
  const mask = async (text: string): Promise<string> => {
    await eventLoop.yieldIfBusy();
    return maskSecrets(text, nameOf).text;
  };
  if (request.kind === 'chat') {
    const messages = [];
    for (const message of request.messages) messages.push({ ...message, content: await mask(message.content) });
    return { ...request, messages };
  }
  const { prompt } = request;
  if ('raw' in prompt) return { ...request, prompt: { raw: await mask(prompt.raw) } };
  return { ...request, prompt: { prefix: await mask(prompt.prefix), suffix: await mask(prompt.suffix) } };
}

function addName(names: Map<string, string | null>, name: string, secret: string | null): void {
  const known = names.get(name);
  names.set(name, known === undefined || known === secret ? secret : null);
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where the secrets are, in order; none overlaps another. */
function findSecrets(text: string): Span[] {
  const spans: Span[] = [];
  for (const pattern of KNOWN) {
    for (const match of text.matchAll(pattern)) spans.push(spanOf(match, match[1] ?? match[0]));
  }
  for (const match of text.matchAll(NAMED)) {
    const quoted = match[2] ?? match[3] ?? match[4];
    const value = quoted ?? match[5] ?? '';
    if (isSecretValue(value, quoted !== undefined)) spans.push(spanOf(match, value));
  }
  spans.sort((a, b) => a.start - b.start || b.end - a.end);
  const found: Span[] = [];
  for (const span of spans) if (span.start >= (found.at(-1)?.end ?? 0)) found.push(span);
  return found;
}

function spanOf(match: RegExpMatchArray, value: string): Span {
  const start = (match.index ?? 0) + match[0].lastIndexOf(value);
  return { start, end: start + value.length };
}

/** A value that somebody typed or a machine drew, and not a word, a path, a sentence or another name. */
function isSecretValue(value: string, quoted: boolean): boolean {
  if (HARMLESS.test(value) || /\s/.test(value) || (/^[\w-]+(?:\.[\w-]+)*\(?$/.test(value) && !/\d/.test(value)))
    return false;
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((kind) => kind.test(value)).length;
  return quoted ? kinds >= 2 && entropy(value) >= 2.5 : kinds >= 2 && /\d/.test(value) && entropy(value) >= 3.3;
}

/** Bits for each character, by how often each occurs. */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}
