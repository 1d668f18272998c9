import type { Token, TokensList } from 'marked';
import { lexMarkdown } from '../../core/common/codeBlocks.ts';
import { growingText } from './growingText.ts';

/**
 * Lexes a growing Markdown text. New text can only change the last block and those that it may become a part of, so
 * only they are lexed again; the tokens before them stay the same objects, by which the page knows what it need not
 * draw again. While the text grows, its end is read as it will look; see `growingText`.
 */
export class IncrementalLexer {
  #text = '';
  #tokens: Token[] = [];
  #links: TokensList['links'] = {};
  #whole = false;

  /** The tokens of `text`. With `complete`, exactly those of lexing it in one go (a link may be defined further down). */
  lex(text: string, complete: boolean): readonly Token[] {
    if (text === this.#text && (this.#whole || !complete)) return this.#tokens;
    if (complete) this.#replace(lexMarkdown(text));
    else if (text.startsWith(this.#text) && this.#text) this.#append(text);
    else this.#replace(lexMarkdown(growingText(text)));
    this.#text = text;
    this.#whole = complete;
    return this.#tokens;
  }

  /** Keeps the objects of tokens that are as before, unless a link definition may have given them another meaning. */
  #replace(tokens: ReturnType<typeof lexMarkdown>): void {
    const old = this.#tokens;
    this.#links = tokens.links ?? {};
    const keep = Object.keys(this.#links).length === 0;
    this.#tokens = tokens.map((token, i) => {
      const before = old[i];
      return keep && before?.type === token.type && before.raw === token.raw ? before : token;
    });
  }

  #append(text: string): void {
    // Without an empty line between them, the last block can become a part of the one before it; of a list even with one.
    let stable = this.#tokens.findLastIndex(({ type }) => type !== 'space');
    while (stable > 0 && !isEnded(this.#tokens, stable)) stable--;
    stable = Math.max(0, stable);
    const kept = this.#tokens.slice(0, stable);
    // The lexer rewrites line ends, so offsets into the text do not hold with carriage returns: then from the start.
    const offset = text.includes('\r') ? 0 : kept.reduce((sum, token) => sum + token.raw.length, 0);
    if (offset === 0) return this.#replace(lexMarkdown(growingText(text)));
    const fresh = lexMarkdown(growingText(text.slice(offset)), this.#links);
    this.#links = fresh.links ?? this.#links;
    this.#tokens = [...kept, ...fresh];
  }
}

/** Whether the block before the token at `index` can take up nothing more. */
function isEnded(tokens: readonly Token[], index: number): boolean {
  const before = tokens.findLastIndex(({ type }, i) => i < index && type !== 'space');
  const block = tokens[before];
  if (!block || block.type === 'list') return block === undefined;
  const isClosed = block.type === 'heading' || block.type === 'hr' || (block.type === 'code' && isFence(block.raw));
  return isClosed || before < index - 1 || /\n[ \t]*\n$/.test(block.raw);
}

const isFence = (raw: string): boolean => /^ {0,3}(?:```|~~~)/.test(raw);
