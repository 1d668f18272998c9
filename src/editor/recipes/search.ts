import path from 'node:path';
import * as vscode from 'vscode';
import { estimateTokens } from '../../core/common/tokens.ts';
import { linesInSecrets, sliceBetweenSecrets } from '../../core/privacy/maskSecrets.ts';
import { FOUND_TOKENS } from '../../core/recipes/estimate.ts';
import { pathOf } from '../platform/activeEditor.ts';
import { listFiles, readText } from '../platform/files.ts';
import { repositoryOf } from '../platform/git.ts';

/** What the workspace has for texts: lines of its files, documentation included, and messages of its history. */

/** How long a search may take, in ms. */
const SEARCH_MS = 10_000;
/** Lines shown around a place. */
const AROUND = 3;
/** Places of one file. */
const MOST_PLACES = 4;
/** Messages of the history that are looked at. */
const MOST_COMMITS = 300;

interface Found {
  readonly uri: vscode.Uri;
  readonly lines: readonly string[];
  readonly places: readonly number[];
  /** How many of the texts it has. */
  readonly texts: number;
}

/** Passages with path and line numbers, those with most of the texts first, as far as there is room. */
export async function searchWorkspace(texts: readonly string[], signal: AbortSignal): Promise<string> {
  const needles = texts.map((text) => text.toLowerCase().trim()).filter((text) => text.length > 1);
  if (needles.length === 0) return '';
  const late = AbortSignal.any([signal, AbortSignal.timeout(SEARCH_MS)]);
  const found: Found[] = [];
  for (const uri of (await listFiles()).files) {
    if (late.aborted) break;
    const read = await readText(uri);
    if (read.kind !== 'read') continue;
    const hit = findIn(uri, read.file.text, needles);
    if (hit) found.push(hit);
  }
  found.sort((a, b) => b.texts - a.texts || Number(isDocumentation(b.uri)) - Number(isDocumentation(a.uri)));
  const passages: string[] = [];
  let left = FOUND_TOKENS;
  for (const each of [...found.map(passageOf), await historyFor(needles)]) {
    const tokens = estimateTokens(each);
    if (each === '' || tokens > left) continue;
    left -= tokens;
    passages.push(each);
  }
  return passages.join('\n\n');
}

function findIn(uri: vscode.Uri, text: string, needles: readonly string[]): Found | undefined {
  const lower = text.toLowerCase();
  const inside = needles.filter((needle) => lower.includes(needle));
  if (inside.length === 0) return undefined;
  const lines = withoutSecretLines(text.split(/\r?\n/));
  const places: number[] = [];
  for (const [i, line] of lines.entries()) {
    if (places.length >= MOST_PLACES) break;
    const small = line.toLowerCase();
    if (inside.some((needle) => small.includes(needle)) && i > (places.at(-1) ?? -AROUND - 1) + AROUND) places.push(i);
  }
  return places.length > 0 ? { uri, lines, places, texts: inside.length } : undefined;
}

/**
 * Lines without those of a secret that goes over several lines: a part of a private key does not show that it is one, and
 * would be sent.
 */
function withoutSecretLines(lines: readonly string[]): string[] {
  const hidden = linesInSecrets(lines.join('\n'));
  return lines.map((line, i) => (hidden.has(i) ? '' : line));
}

const isDocumentation = (uri: vscode.Uri): boolean =>
  /(^|\/)docs?\//i.test(uri.path) || path.posix.extname(uri.path) === '.md';

const passageOf = ({ uri, lines, places }: Found): string =>
  [
    `${pathOf(uri)}:`,
    ...places.map((place) =>
      lines
        .slice(Math.max(0, place - AROUND), place + AROUND + 1)
        .map((line, i) => `${Math.max(0, place - AROUND) + i + 1}: ${sliceBetweenSecrets(line, 0, 300)}`)
        .join('\n'),
    ),
  ].join('\n…\n');

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
