import { Lexer, walkTokens, type Token, type Tokens, type TokensList } from 'marked';

/**
 * The code blocks of an answer, numbered. Page and host both count with this file, so that "copy block 3" means the
 * same block at both ends: the page sends only the number, the host takes the text from the answer it stored.
 *
 * The lexer's time grows with the square of a paragraph and of its nesting. A model that fails writes "!!!!!!" or
 * "> > > >" without end, so every text has a budget here; what is beyond it is plain text.
 */

export interface CodeBlock {
  /** First word of the fence's info string, or empty. */
  readonly language: string;
  readonly text: string;
}

/** Longest paragraph, cell or heading with marks of its own, in characters. */
const LONGEST_INLINE = 8_192;
/** Longest run of one character that is no letter, digit or line end; texts that are no longer need no look. */
const LONGEST_RUN = 200;
const RUN = new RegExp(`([^\\p{L}\\p{N}\\n])\\1{${LONGEST_RUN}}`, 'u');
/** Most quotes and lists inside each other. */
const MOST_NESTED = 24;
/**
 * Most characters that are read inside of quotes and lists, and what each of those costs beside its own: quotes of
 * falling depth are read twice at each level, so 24 of them would take a minute.
 */
const MOST_INSIDE = 2_000_000;
const COST_INSIDE = 200;
/** For each of its lines the lexer looks through all that follow: the share of their square that counts. */
const LINES_INSIDE = 5;
/** Characters that make the lexer look ahead, each through the whole paragraph. */
const MARKS = /[*_~`[\]<!\\&@:]/g;
/** Most steps, as characters times marks: of one paragraph, of all together, and of one that is always cheap. */
const MOST_STEPS = { paragraph: 2_000_000, all: 10_000_000, cheap: 2_000 } as const;
/**
 * Most lines of Markdown. One of fenced code costs a quarter; one that goes on with what the line before it began costs
 * more the longer that is, since the lexer joins them again each time.
 */
const MOST_LINES = 10_000;
const JOINED_LINES = 100;

/** The fenced and indented code blocks of a Markdown text, in document order. */
export function codeBlocks(markdown: string): readonly CodeBlock[] {
  return codeTokens(lexMarkdown(markdown)).map((token) => ({ language: languageOf(token), text: token.text }));
}

/**
 * Markdown's tokens, within a budget: paragraphs, nesting and lines beyond it are text as it was written, without code
 * blocks.
 *
 * @param links definitions that an earlier part of the text gave
 */
export function lexMarkdown(
  markdown: string,
  links: TokensList['links'] = {},
): Token[] & { links?: TokensList['links'] } {
  const end = endOfBudget(markdown);
  try {
    const lexer = new BudgetLexer({ gfm: true });
    Object.assign(lexer.tokens.links, links);
    const tokens = lexer.lex(markdown.slice(0, end));
    if (end < markdown.length) tokens.push(plainParagraph(markdown.slice(end)));
    return tokens;
  } catch {
    return [plainParagraph(markdown)];
  }
}

/** The lexer of Markdown, which leaves what would take too long as it is. */
class BudgetLexer extends Lexer {
  #depth = 0;
  #steps = 0;
  #inside = 0;

  override blockTokens(src: string, tokens: Token[] = [], lastParagraphClipped?: boolean): TokensList {
    if (this.#depth > 0) this.#inside += src.length + COST_INSIDE + countLines(src) ** 2 / LINES_INSIDE;
    const isTooDeep = this.#depth > MOST_NESTED || (this.#depth > 0 && marksAt(src) > MOST_NESTED);
    if (isTooDeep || this.#inside > MOST_INSIDE) tokens.push(plainText(src));
    else {
      this.#depth += 1;
      super.blockTokens(src, tokens, lastParagraphClipped);
      this.#depth -= 1;
    }
    return tokens as TokensList;
  }

  override inlineTokens(src: string, tokens: Token[] = []): Token[] {
    if (this.#affords(src)) return super.inlineTokens(src, tokens);
    tokens.push(plainText(src));
    return tokens;
  }

  #affords(src: string): boolean {
    if (src.length > LONGEST_INLINE || (src.length > LONGEST_RUN && RUN.test(src))) return false;
    const steps = src.length * (src.match(MARKS)?.length ?? 0);
    if (steps > MOST_STEPS.paragraph || (steps > MOST_STEPS.cheap && this.#steps + steps > MOST_STEPS.all))
      return false;
    this.#steps += steps;
    return true;
  }
}

/** Quotes and lists that the first line of a text opens. */
const marksAt = (text: string): number =>
  /^(?:[ \t]*(?:>|[-*+](?=[ \t])|\d{1,9}[.)]))+/.exec(text.slice(0, 400))?.[0].match(/[->*+.)]/g)?.length ?? 0;

function countLines(text: string): number {
  let lines = 1;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}

/** Where the lines of a text are beyond the budget, as an offset. */
function endOfBudget(markdown: string): number {
  if (markdown.length < MOST_LINES) return markdown.length;
  let fence = '';
  let cost = 0;
  let joined = 0;
  let nested = 0;
  for (let at = 0; at < markdown.length;) {
    const newline = markdown.indexOf('\n', at);
    const end = newline < 0 ? markdown.length : newline + 1;
    const start = markdown.slice(at, Math.min(end, at + 400));
    const opens = /^ {0,3}(`{3,}|~{3,})/.exec(start)?.[1] ?? '';
    if (fence !== '') {
      cost += 0.25;
      if (opens.startsWith(fence)) fence = '';
    } else {
      const marks = marksAt(start);
      if ((marks > 0 && !/^ *>/.test(start)) || start.trim() === '') joined = nested = 0;
      else joined += 1;
      nested = Math.max(nested, marks);
      cost += (1 + joined / JOINED_LINES) * (1 + nested);
      fence = opens;
    }
    if (cost > MOST_LINES) return at;
    at = end;
  }
  return markdown.length;
}

const plainText = (text: string): Tokens.Text => ({ type: 'text', raw: text, text });

const plainParagraph = (text: string): Tokens.Paragraph => ({
  type: 'paragraph',
  raw: text,
  text,
  tokens: [plainText(text)],
});

/** The code tokens among these and inside them, in document order. */
export function codeTokens(tokens: Token[]): Tokens.Code[] {
  const found: Tokens.Code[] = [];
  // Only asynchronous walkers use its return value.
  void walkTokens(tokens, (token) => {
    if (token.type === 'code') found.push(token as Tokens.Code);
  });
  return found;
}

const languageOf = (token: Tokens.Code): string => token.lang?.trim().split(/\s+/)[0] ?? '';
