import path from 'node:path';
import * as vscode from 'vscode';
import type { Attachment } from '../../core/chat/conversation.ts';
import type { FoundPiece } from '../../core/codebase/choose.ts';
import { giveUp } from '../../core/common/debugLog.ts';
import { estimateTokens } from '../../core/common/tokens.ts';
import { linesInSecrets, sliceBetweenSecrets } from '../../core/privacy/maskSecrets.ts';
import { FOUND_TOKENS } from '../../core/recipes/estimate.ts';
import { pathOf } from '../platform/activeEditor.ts';
import { readText } from '../platform/files.ts';
import { repositoryOf } from '../platform/git.ts';
import type { SharedPartTypes } from '../platform/sharedParts.ts';
import { listSources } from '../platform/sources.ts';

/**
 * What the workspace has for texts: pieces of its code by the index, lines of its files, documentation included, messages
 * of its history, and the web pages that the user attached.
 */

/** How long a search may take, in ms, and how much of it the index may be waited for. */
const SEARCH_MS = 15_000;
const INDEX_MS = 8_000;
/** Pieces of the index. */
const MOST_PIECES = 12;
/** Lines shown around a place. */
const AROUND = 3;
/** Places of one file, and of one page. */
const MOST_PLACES = 4;
const MOST_OF_PAGE = 12;
/** Lines of a page that are shown where none has one of the texts. */
const BEGINNING = 60;
/** Messages of the history that are looked at. */
const MOST_COMMITS = 300;

export interface SearchParts {
  readonly codebase: () => Promise<Pick<SharedPartTypes['codebase'], 'findPieces'>>;
  /** What is attached; only web pages are looked at. */
  readonly attachments: readonly Attachment[];
}

/** A stretch of lines, from 0, the end exclusive. */
type Range = readonly [start: number, end: number];

/** Lines of a file or of a page that say something for the texts. */
interface Found {
  readonly name: string;
  readonly lines: readonly string[];
  readonly ranges: readonly Range[];
  /** How many of the texts it has. */
  readonly texts: number;
}

/**
 * Passages with paths and line numbers, as far as there is room: of the pages, then the pieces of the index, then places
 * that have the texts word for word, those with most of them first.
 */
export async function searchWorkspace(
  texts: readonly string[],
  { codebase, attachments }: SearchParts,
  signal: AbortSignal,
): Promise<string> {
  const needles = texts.map((text) => text.toLowerCase().trim()).filter((text) => text.length > 1);
  if (needles.length === 0) return '';
  const late = AbortSignal.any([signal, AbortSignal.timeout(SEARCH_MS)]);
  const pages = attachments.filter(({ kind }) => kind === 'url').map((page) => findInPage(page, needles));
  const pieces = await piecesFor(texts, codebase, late);
  const byIndex = new Map<string, Found>();
  const byText: Found[] = [];
  for (const uri of (await listSources()).values()) {
    if (late.aborted) break;
    const read = await readText(uri);
    if (read.kind !== 'read') continue;
    const name = pathOf(uri);
    const lines = read.file.text.split(/\r?\n/);
    const own = pieces.filter((piece) => piece.path === name).map(rangeOf);
    if (own.length > 0) byIndex.set(name, { name, lines, ranges: own, texts: 0 });
    const hit = findIn(name, read.file.text, lines, needles, own);
    if (hit) byText.push(hit);
  }
  byText.sort((a, b) => b.texts - a.texts || Number(isDocumentation(b.name)) - Number(isDocumentation(a.name)));
  // The index knows which file matters most.
  const ranked = [...new Set(pieces.map((piece) => piece.path))].flatMap((name) => byIndex.get(name) ?? []);
  const history = await historyFor(needles);
  return [
    ...withinTokens(pages.map(passageOf), FOUND_TOKENS / 4),
    ...withinTokens(ranked.map(passageOf), FOUND_TOKENS / 3),
    ...withinTokens([...byText.map(passageOf), history], FOUND_TOKENS / 3),
  ].join('\n\n');
}

const rangeOf = ({ firstLine, lastLine }: FoundPiece): Range => [firstLine - 1, lastLine];

/** The pieces of the index for all texts; none where there is no index. */
async function piecesFor(
  texts: readonly string[],
  codebase: SearchParts['codebase'],
  signal: AbortSignal,
): Promise<readonly FoundPiece[]> {
  const options = { most: MOST_PIECES, mostTokens: FOUND_TOKENS / 3, waitMs: INDEX_MS, signal };
  const found = await codebase()
    .then((index) => index.findPieces(texts.join(' '), options))
    .catch(giveUp('the index of the codebase'));
  return found?.kind === 'found' ? found.pieces : [];
}

function withinTokens(passages: readonly string[], most: number): string[] {
  let left = most;
  return passages.filter((passage) => {
    const tokens = estimateTokens(passage);
    if (passage === '' || tokens > left) return false;
    left -= tokens;
    return true;
  });
}

/** @param shown lines that are shown already */
function findIn(
  name: string,
  text: string,
  lines: readonly string[],
  needles: readonly string[],
  shown: readonly Range[],
): Found | undefined {
  const lower = text.toLowerCase();
  const inside = needles.filter((needle) => lower.includes(needle));
  if (inside.length === 0) return undefined;
  const ranges = placesIn(lines, inside, MOST_PLACES, shown);
  return ranges.length > 0 ? { name, lines, ranges, texts: inside.length } : undefined;
}

/** A page is one the user chose, so its beginning is shown where it has none of the texts. */
function findInPage({ label, text }: Attachment, needles: readonly string[]): Found {
  const lines = text.split(/\r?\n/);
  const ranges = placesIn(lines, needles, MOST_OF_PAGE, []);
  return { name: label, lines, ranges: ranges.length > 0 ? ranges : [[0, BEGINNING]], texts: needles.length };
}

/** The first places that have one of the texts, with the lines around them. */
function placesIn(
  lines: readonly string[],
  needles: readonly string[],
  most: number,
  shown: readonly Range[],
): readonly Range[] {
  const places: number[] = [];
  for (const [i, line] of lines.entries()) {
    if (places.length >= most) break;
    if (i <= (places.at(-1) ?? -AROUND - 1) + AROUND || shown.some(([start, end]) => i >= start && i < end)) continue;
    const small = line.toLowerCase();
    if (needles.some((needle) => small.includes(needle))) places.push(i);
  }
  return places.map((place) => [Math.max(0, place - AROUND), place + AROUND + 1] as const);
}

const isDocumentation = (name: string): boolean => /(^|\/)docs?\//i.test(name) || path.posix.extname(name) === '.md';

/** The lines with their numbers, without those of a longer secret: a part of a key does not show that it is one. */
function passageOf({ name, lines, ranges }: Found): string {
  const hidden = linesInSecrets(lines.join('\n'));
  const shown = ([start, end]: Range): string =>
    lines
      .slice(start, end)
      .flatMap((line, i) => (hidden.has(start + i) ? [] : [`${start + i + 1}: ${sliceBetweenSecrets(line, 0, 300)}`]))
      .join('\n');
  return [`${name}:`, ...ranges.map(shown)].join('\n…\n');
}

/** Messages of commits that have one of the texts. */
async function historyFor(needles: readonly string[]): Promise<string> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const repository = folder && (await repositoryOf(folder).catch(() => undefined));
  const log = await repository?.log({ maxEntries: MOST_COMMITS }).catch(() => []);
  const messages = (log ?? [])
    .map(({ message }) => sliceBetweenSecrets(message.trim(), 0, 500))
    .filter((message) => needles.some((needle) => message.toLowerCase().includes(needle)));
  return messages.length === 0
    ? ''
    : ['Messages of the history:', ...messages.slice(0, 20).map((each) => `- ${each}`)].join('\n');
}
