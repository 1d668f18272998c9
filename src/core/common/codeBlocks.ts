import { lexer, walkTokens, type Token, type Tokens } from 'marked';

/**
 * The code blocks of an answer, numbered. Page and host both count with this file, so that "copy block 3" means the
 * same block at both ends: the page sends only the number, the host takes the text from the answer it stored.
 */

export interface CodeBlock {
  /** First word of the fence's info string, or empty. */
  readonly language: string;
  readonly text: string;
}

/** The fenced and indented code blocks of a Markdown text, in document order. */
export function codeBlocks(markdown: string): readonly CodeBlock[] {
  return codeTokens(lexMarkdown(markdown)).map((token) => ({ language: languageOf(token), text: token.text }));
}

/** Markdown's tokens. Text nested so deeply that the lexer gives up is one paragraph: shown as it is, without blocks. */
export function lexMarkdown(markdown: string): Token[] {
  try {
    return lexer(markdown, { gfm: true });
  } catch {
    const text: Tokens.Text = { type: 'text', raw: markdown, text: markdown };
    return [{ type: 'paragraph', raw: markdown, text: markdown, tokens: [text] }];
  }
}

/** The code tokens among these and inside them, in document order. */
export function codeTokens(tokens: Token[]): Tokens.Code[] {
  const found: Tokens.Code[] = [];
  // What it returns matters only to walkers that are asynchronous.
  void walkTokens(tokens, (token) => {
    if (token.type === 'code') found.push(token as Tokens.Code);
  });
  return found;
}

export const languageOf = (token: Tokens.Code): string => token.lang?.trim().split(/\s+/)[0] ?? '';
