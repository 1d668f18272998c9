import type { ElementContent, RootContent } from 'hast';
import bash from 'highlight.js/lib/languages/bash';
import c from 'highlight.js/lib/languages/c';
import cpp from 'highlight.js/lib/languages/cpp';
import csharp from 'highlight.js/lib/languages/csharp';
import css from 'highlight.js/lib/languages/css';
import diff from 'highlight.js/lib/languages/diff';
import go from 'highlight.js/lib/languages/go';
import ini from 'highlight.js/lib/languages/ini';
import java from 'highlight.js/lib/languages/java';
import javascript from 'highlight.js/lib/languages/javascript';
import json from 'highlight.js/lib/languages/json';
import markdown from 'highlight.js/lib/languages/markdown';
import python from 'highlight.js/lib/languages/python';
import rust from 'highlight.js/lib/languages/rust';
import sql from 'highlight.js/lib/languages/sql';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';
import { createLowlight } from 'lowlight';

/** Colors for code: pieces of text with the class names of the highlighter's own grammars. */

interface Piece {
  readonly text: string;
  /** For example `hljs-title function_`, or empty. */
  readonly scope: string;
}

/** Some lines in a row. `key` differs whenever anything in it does, so a chunk drawn once is not drawn again. */
export interface Chunk {
  readonly key: string;
  readonly pieces: readonly Piece[];
}

/** Lines of one chunk: small, so that a change lays out little; large, so that a long text has few elements. */
const CHUNK_LINES = 48;

const LANGUAGES = {
  bash, c, cpp, csharp, css, diff, go, ini, java, javascript, json, markdown, python, rust, sql, typescript, xml, yaml,
}; // prettier-ignore

const lowlight = createLowlight(LANGUAGES);
// Names that models write, beyond the aliases that the grammars bring along.
lowlight.registerAlias({
  bash: ['shell', 'shellscript', 'console', 'zsh'],
  css: ['scss', 'less'],
  ini: ['toml', 'properties', 'dotenv'],
  javascript: ['javascriptreact'],
  json: ['jsonc', 'json5', 'jsonl'],
  typescript: ['typescriptreact'],
  xml: ['vue', 'svelte'],
});

export const canHighlight = (language: string): boolean => lowlight.registered(language.toLowerCase());

/** @param language one that `canHighlight` */
export function highlight(language: string, text: string): Chunk[] {
  const pieces: Piece[] = [];
  flatten(lowlight.highlight(language.toLowerCase(), text).children, '', pieces);
  return chunk(pieces);
}

/** Longest part of a line without end, in characters: to lay it out again as a whole takes longer than a frame. */
const LONGEST_PART = 4_096;
const LINE_PARTS = new RegExp(`[^\\n]{1,${LONGEST_PART}}\\n?|\\n`, 'gu');

/** The same chunks without colors. */
export function plainChunks(text: string): Chunk[] {
  if (!text) return [];
  const isLong = text.length > LONGEST_PART && text.split('\n').some((line) => line.length > LONGEST_PART);
  const parts = isLong ? (text.match(LINE_PARTS) ?? []) : [text];
  return chunk(parts.map((part) => ({ text: part, scope: '' })));
}

/** The innermost element gives the color: an expression inside a template string is no longer a string. */
function flatten(nodes: readonly (RootContent | ElementContent)[], scope: string, into: Piece[]): void {
  for (const node of nodes) {
    if (node.type === 'text') into.push({ text: node.value, scope });
    else if (node.type === 'element') {
      const { className } = node.properties;
      flatten(node.children, Array.isArray(className) ? className.join(' ') : scope, into);
    }
  }
}

/** Cuts at every 48th line end, also inside of a piece, and behind the parts of a line that is too long. */
function chunk(pieces: readonly Piece[]): Chunk[] {
  const chunks: Chunk[] = [];
  let current: Piece[] = [];
  let lines = 0;
  const close = (): void => {
    if (current.length)
      chunks.push({ key: current.map((piece) => `${piece.scope}\0${piece.text}`).join('\0'), pieces: current });
    current = [];
    lines = 0;
  };
  for (const piece of pieces) {
    let from = 0;
    for (let at = piece.text.indexOf('\n'); at >= 0; at = piece.text.indexOf('\n', at + 1)) {
      if (++lines < CHUNK_LINES) continue;
      current.push({ text: piece.text.slice(from, at + 1), scope: piece.scope });
      from = at + 1;
      close();
    }
    if (from < piece.text.length) current.push({ text: piece.text.slice(from), scope: piece.scope });
    if (piece.text.length >= LONGEST_PART) close();
  }
  close();
  return chunks;
}
