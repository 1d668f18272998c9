import { codeTokens, lexMarkdown } from '../common/codeBlocks.ts';
import { pathInHeading } from './answerPaths.ts';
import { parseCodeBlock } from './parseAnswer.ts';
import type { ParsedAnswer } from './proposal.ts';

/**
 * The edit that one code block of an answer proposes, when the user chooses the block: it is counted as the page counts it, and the
 * line before it may name its file.
 *
 * @param block from 0; undefined if there is no such block
 */
export function editsOfBlock(answer: string, block: number): ParsedAnswer | undefined {
  const token = codeTokens(lexMarkdown(answer))[block];
  if (!token) return undefined;
  const isFenced = token.codeBlockStyle !== 'indented';
  if (isFenced && !/\n[ \t>]*(?:`{3,}|~{3,})[ \t]*\n*$/.test(token.raw))
    return { edits: [], problems: [{ problem: 'truncated', path: null, line: 1 }] };
  return parseCodeBlock(token.text, token.lang ?? '', pathBefore(answer, token.raw));
}

/** The file that the last line with text before the block names, if that is not a line of another block. */
function pathBefore(answer: string, raw: string): string | null {
  const at = answer.indexOf(raw.trimEnd());
  const lines = at < 0 ? [] : answer.slice(0, at).trimEnd().split('\n');
  const line = lines.at(-1) ?? '';
  return /^\s*(?:`{3,}|~{3,})/.test(line) ? null : pathInHeading(line);
}
