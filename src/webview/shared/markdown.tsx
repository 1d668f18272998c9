import { t } from '@vscode/l10n';
import type { Token, Tokens } from 'marked';
import type { ComponentChildren, JSX, VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import type { ReadonlySignal } from '@preact/signals';
import { codeTokens } from '../../core/common/codeBlocks.ts';
import { decode, filePlace, type FilePlace } from '../../core/chat/fileLinks.ts';
import { pathInComment, readFenceInfo } from '../../core/edits/answerPaths.ts';
import { CodeView, type CodeActions } from './codeView.tsx';
import { Icon } from './components.tsx';
import { plainChunks } from './highlight.ts';
import { IncrementalLexer } from './incrementalLexer.ts';
import { decodeEntities, misleads, webAddress } from './links.ts';
import { memo } from './memo.tsx';
import { TextChunk, VisibleText } from './text.tsx';

/**
 * Draws what a model wrote. It is untrusted: the lexer's tokens become elements from a short list that we create here,
 * everything else is text. No part of it is ever parsed as HTML, nothing is loaded, and links only tell the host.
 */

export interface MarkdownActions {
  readonly code: CodeActions;
  openLink(address: string): void;
  /** Names that lead to a file of the workspace. */
  readonly files: ReadonlySignal<ReadonlySet<string>>;
  openFile(place: FilePlace): void;
}

interface MarkdownProps {
  text: string;
  /** More of it is still to come. */
  growing: boolean;
  actions: MarkdownActions;
}

/** Longer text is shown as plain text from here on, so that a runaway answer cannot freeze the page. */
const MAX_MARKDOWN = 512 * 1024;
/** Longer text is drawn in parts, in characters: a text that grows must not be laid out again as a whole. */
const LONG_TEXT = 8_192;
/** Deeper nesting is shown as its source. */
const MAX_DEPTH = 24;

export const Markdown = memo(function Markdown({ text, growing, actions }: MarkdownProps) {
  const lexer = useMemo(() => new IncrementalLexer(), []);
  const tokens = lexer.lex(text.slice(0, MAX_MARKDOWN), !growing);
  const levels = headingLevels(tokens);
  let block = 0;
  return (
    <div class="markdown">
      {tokens.map((token, i) => {
        const first = block;
        block += codeTokens([token]).length;
        const last = i === tokens.length - 1;
        return (
          <Block
            key={i}
            token={token}
            first={first}
            level={levels[i] ?? 3}
            growing={growing && last}
            actions={actions}
          />
        );
      })}
      {text.length > MAX_MARKDOWN && <PlainLines text={text.slice(MAX_MARKDOWN)} />}
    </div>
  );
});

/** Long text as it is. */
export function PlainLines({ text }: { text: string }): JSX.Element {
  return (
    <div class="plain">
      {plainChunks(text).map((chunk, i) => (
        <TextChunk key={i} text={chunk.pieces.map((piece) => piece.text).join('')} />
      ))}
    </div>
  );
}

interface BlockProps {
  token: Token;
  /** Number of the first code block inside. */
  first: number;
  level: number;
  growing: boolean;
  actions: MarkdownActions;
}

const Block = memo(function Block({ token, first, level, growing, actions }: BlockProps) {
  const numbers = new Map(codeTokens([token]).map((code, i) => [code, first + i]));
  return <>{new Drawing(numbers, level, growing, actions).block(token, 0)}</>;
});

/** Levels for assistive technology never skip one, whatever the model wrote; the turn's own heading is the second. */
function headingLevels(tokens: readonly Token[]): number[] {
  let previous = 2;
  return tokens.map((token) => {
    if (token.type !== 'heading') return 3;
    previous = Math.min(6, (token as Tokens.Heading).depth + 2, previous + 1);
    return previous;
  });
}

/** Turns the tokens of one top-level block into elements. */
class Drawing {
  readonly #numbers: ReadonlyMap<Tokens.Code, number>;
  readonly #level: number;
  readonly #growing: boolean;
  readonly #actions: MarkdownActions;

  constructor(numbers: ReadonlyMap<Tokens.Code, number>, level: number, growing: boolean, actions: MarkdownActions) {
    this.#numbers = numbers;
    this.#level = level;
    this.#growing = growing;
    this.#actions = actions;
  }

  block(token: Token, depth: number): VNode | null {
    if (depth > MAX_DEPTH) return <p class="literal">{literal(token.raw)}</p>;
    switch (token.type) {
      case 'space':
      case 'def':
        return null;
      case 'hr':
        return <hr />;
      case 'code':
        return this.#code(token as Tokens.Code);
      case 'heading':
        return this.#heading(token as Tokens.Heading, depth);
      case 'blockquote':
        return <blockquote>{this.#blocks(token.tokens, depth)}</blockquote>;
      case 'list':
        return this.#list(token as Tokens.List, depth);
      case 'table':
        return this.#table(token as Tokens.Table, depth);
      case 'html':
        return <p class="literal">{literal(token.raw.trimEnd())}</p>;
      case 'text':
      case 'paragraph':
        return <p>{this.#inline(token.tokens ?? [token], depth)}</p>;
      default:
        return <p>{this.#inline([token], depth)}</p>;
    }
  }

  #blocks(tokens: readonly Token[] | undefined, depth: number): ComponentChildren {
    return tokens?.map((token) => this.block(token, depth + 1));
  }

  #code(token: Tokens.Code): VNode {
    return (
      <CodeView
        text={token.text}
        language={readFenceInfo(token.lang ?? '').language}
        file={this.#fileOf(token)}
        block={this.#numbers.get(token) ?? 0}
        growing={this.#growing}
        actions={this.#actions.code}
      />
    );
  }

  /** The file that a block is for, by its fence or by a comment in its first line; a link where it is one of the workspace. */
  #fileOf(token: Tokens.Code): ComponentChildren {
    const path =
      readFenceInfo(token.lang ?? '').path ?? pathInComment(token.text.slice(0, 300).split('\n', 1)[0] ?? '');
    if (!path) return null;
    const name = <VisibleText text={path} />;
    const place = filePlace(path);
    if (!place) return name;
    return (
      <FileLink place={place} actions={this.#actions} otherwise={name}>
        {name}
      </FileLink>
    );
  }

  #heading(token: Tokens.Heading, depth: number): VNode {
    const Tag = `h${depth === 0 ? this.#level : 3}` as 'h3';
    return <Tag class={`h${token.depth}`}>{this.#inline(token.tokens, depth)}</Tag>;
  }

  #list(list: Tokens.List, depth: number): VNode {
    const items = list.items.map((item) => <li class={item.task ? 'task-item' : ''}>{this.#item(item, depth)}</li>);
    if (!list.ordered) return <ul>{items}</ul>;
    return <ol start={typeof list.start === 'number' ? list.start : 1}>{items}</ol>;
  }

  /** The lines of a tight list are not paragraphs. */
  #item(item: Tokens.ListItem, depth: number): ComponentChildren {
    return item.tokens.map((token) => {
      if (token.type === 'checkbox') return this.#inline([token], depth);
      if (token.type === 'text' && !item.loose) return this.#inline(token.tokens ?? [token], depth);
      return this.block(token, depth + 1);
    });
  }

  #table(table: Tokens.Table, depth: number): VNode {
    const align = (cell: Tokens.TableCell): string => (cell.align ? `align-${cell.align}` : '');
    return (
      <div class="table-scroll" tabIndex={0} role="region" aria-label={t('Table')}>
        <table>
          <thead>
            <tr>
              {table.header.map((cell) =>
                // An empty header cell has no name to give to its column.
                cell.text.trim() ? <th class={align(cell)}>{this.#inline(cell.tokens, depth)}</th> : <td />,
              )}
            </tr>
          </thead>
          <tbody>
            {table.rows.map((row) => (
              <tr>
                {row.map((cell) => (
                  <td class={align(cell)}>{this.#inline(cell.tokens, depth)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    );
  }

  #inline(tokens: readonly Token[] | undefined, depth: number): ComponentChildren {
    return tokens?.map((token) => this.#span(token, depth + 1));
  }

  #span(token: Token, depth: number): ComponentChildren {
    if (depth > MAX_DEPTH) return literal(token.raw);
    switch (token.type) {
      case 'strong':
        return <strong>{this.#inline(token.tokens, depth)}</strong>;
      case 'em':
        return <em>{this.#inline(token.tokens, depth)}</em>;
      case 'del':
        return <del>{this.#inline(token.tokens, depth)}</del>;
      case 'codespan':
        return <CodeSpan text={(token as Tokens.Codespan).text} actions={this.#actions} />;
      case 'br':
        return <br />;
      case 'link':
        return this.#link(token as Tokens.Link, depth);
      case 'image':
        return <Picture image={token as Tokens.Image} />;
      case 'checkbox':
        return <Checkbox checked={(token as Tokens.Checkbox).checked} />;
      case 'html':
        // Models break lines in table cells this way; it is our element that breaks, not theirs.
        return /^<br\s*\/?>$/i.test(token.raw) ? <br /> : literal(token.raw);
      case 'escape':
        return <VisibleText text={(token as Tokens.Escape).text} />;
      case 'text':
        if (token.tokens) return this.#inline(token.tokens, depth);
        // Text beyond the lexer's budget is shown as it was written.
        if (token.text.length > LONG_TEXT) return <PlainLines text={token.text} />;
        return <VisibleText text={decodeEntities(token.text)} />;
      default:
        return literal(token.raw);
    }
  }

  #link(link: Tokens.Link, depth: number): ComponentChildren {
    const words = this.#inline(link.tokens, depth);
    const place = link.autolink ? undefined : filePlace(decode(link.href));
    if (place)
      return (
        <FileLink place={place} actions={this.#actions} otherwise={literal(link.raw)}>
          {words}
        </FileLink>
      );
    const address = webAddress(link.autolink ? link.href : decodeEntities(link.href));
    // A link that does not lead to the web stays as it was written.
    if (address === undefined) return link.autolink ? words : literal(link.raw);
    const open = (event: Event): void => {
      event.preventDefault();
      this.#actions.openLink(address);
    };
    return (
      <>
        {/* No `href`: nothing that the browser could follow by itself, only a message to the host. */}
        <a
          role="link"
          tabIndex={0}
          title={address}
          onClick={open}
          onKeyDown={(event) => {
            if (event.key === 'Enter') open(event);
          }}
        >
          {words}
        </a>
        {misleads(decodeEntities(plainText(link.tokens)), address) && (
          <span class="link-target">
            {' ('}
            {address}
            {')'}
          </span>
        )}
      </>
    );
  }
}

/** Code in a line; when it names a file of the workspace, a link to it. */
function CodeSpan({ text, actions }: { text: string; actions: MarkdownActions }): JSX.Element {
  const place = filePlace(text);
  const code = (
    <code>
      <VisibleText text={text} place="code" />
    </code>
  );
  if (!place) return code;
  return (
    <FileLink place={place} actions={actions} otherwise={code}>
      {code}
    </FileLink>
  );
}

interface FileLinkProps {
  place: FilePlace;
  actions: MarkdownActions;
  /** The text to show while no such file is known. */
  otherwise: ComponentChildren;
  children: ComponentChildren;
}

function FileLink({ place, actions, otherwise, children }: FileLinkProps): JSX.Element {
  if (!actions.files.value.has(place.path)) return <>{otherwise}</>;
  const name = place.line === undefined ? place.path : `${place.path}:${place.line}`;
  return (
    <button type="button" class="link file-link" title={t('Open {0}', name)} onClick={() => actions.openFile(place)}>
      {children}
    </button>
  );
}

const literal = (text: string): VNode => <VisibleText text={text} />;

/** A picture is never loaded: loading tells its server, and the address may carry what the model was shown. */
function Picture({ image }: { image: Tokens.Image }): JSX.Element {
  return (
    <span class="picture" title={t("Images in answers aren't loaded")}>
      <Icon name="file-media" />
      <VisibleText text={image.text ? `${decodeEntities(image.text)} (${image.href})` : image.href} />
    </span>
  );
}

function Checkbox({ checked }: { checked: boolean }): JSX.Element {
  return (
    <span class="task" role="img" aria-label={checked ? t('Done') : t('Not done')}>
      {checked && <Icon name="check" />}
    </span>
  );
}

/** The text of the link as a reader sees it. */
function plainText(tokens: readonly Token[]): string {
  return tokens
    .map((token) =>
      'tokens' in token && token.tokens ? plainText(token.tokens) : ((token as Tokens.Text).text ?? token.raw),
    )
    .join('');
}
