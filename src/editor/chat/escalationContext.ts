import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { debugLog, giveUp } from '../../core/common/debugLog.ts';
import type { Attachment, AttachmentKind } from '../../core/chat/conversation.ts';
import { preparePart, type Part } from '../../core/chat/escalation.ts';
import { placesInOutput } from '../../core/chat/outputPlaces.ts';
import { isSecretFile } from '../../core/privacy/sensitiveFiles.ts';
import { estimateTokens } from '../../core/common/tokens.ts';
import { gatherEscalation, type Selected } from './attach.ts';
import { labelOf, pathOf } from '../platform/activeEditor.ts';
import { isReadable } from '../platform/contextFiles.ts';
import { diffOf, repositoryOf } from '../platform/git.ts';
import { originOf } from '../platform/attachmentOrigins.ts';
import { exists, findTarget } from '../edits/targets.ts';
import { sliceBetweenSecrets } from '../../core/privacy/maskSecrets.ts';
import { withWholeSecrets } from '../platform/activeEditor.ts';

/** The context that a senior would want beside the code: its dependencies, its callers, its changes. */

/** How long the language server may take over definitions, and over callers, in ms. */
const LANGUAGE_SERVER_MS = 1_500;
/** A part around the code that has fewer tokens is worth no row in the preview. */
const FEWEST_TOKENS = 5;
const MOST_NAMES = 40;
const MOST_DEFINITIONS = 6;
const MOST_CALLERS = 6;
const MOST_LINES = 60;
const MOST_DIFF = 60_000;
/** Places that an output names: so many are looked for, and so many are sent, with the lines before and behind. */
const MOST_NAMED = 30;
const MOST_PLACES = 4;
const AROUND = 30;

/** The code in question first; undefined when the user decides against sending it. */
export async function gatherParts(editor: Selected): Promise<Part[] | undefined> {
  const { document } = editor;
  const main = await gatherEscalation(editor);
  const about = main && originOf(main)?.about;
  if (!main || !about) return undefined;
  const range = document.validateRange(new vscode.Range(about.start, 0, about.end, 0));
  const [definitions, callers, diff] = await Promise.all([
    within(LANGUAGE_SERVER_MS, definitionsIn(document, range), []),
    within(LANGUAGE_SERVER_MS, callersOf(document, range), []),
    within(LANGUAGE_SERVER_MS, changesOf(document.uri), undefined),
  ]);
  const imports = importsOf(document, range);
  const isWorth = ({ tokens }: Attachment): boolean => tokens >= FEWEST_TOKENS;
  const around = [...(imports ? [imports] : []), ...definitions, ...callers].filter(isWorth);
  return [
    preparePart(main, true),
    ...around.map((part) => preparePart(part, true)),
    ...(diff && isWorth(diff) ? [preparePart(diff, false)] : []),
  ];
}

/** The lines at the head of the file that bring something in, if they are not part of the selection. */
function importsOf(document: vscode.TextDocument, range: vscode.Range): Attachment | undefined {
  const lines: string[] = [];
  let last = -1;
  for (let i = 0; i < Math.min(document.lineCount, range.start.line, 300); i++) {
    const { text } = document.lineAt(i);
    const begins =
      /^\s*(?:import|from\s+\S+\s+import|#include|using|use|require|open|const\s+.*=\s*require\(|package|export\s+.*\sfrom)\b/.test(
        text,
      );
    // The names of an import may go over several lines.
    if (begins || (last === i - 1 && /^\s+[\w"'`]|^[)}]/.test(text))) {
      lines.push(text);
      last = i;
    }
  }
  const text = lines.join('\n');
  if (!text) return undefined;
  return attachmentOf('file', t('imports of {0}', pathOf(document.uri)), document, text);
}

async function definitionsIn(document: vscode.TextDocument, range: vscode.Range): Promise<Attachment[]> {
  const found = await Promise.all(
    namesIn(document, range).map((position) =>
      ask<readonly (vscode.Location | vscode.LocationLink)[]>(
        'vscode.executeDefinitionProvider',
        document.uri,
        position,
      ),
    ),
  );
  const places = new Map<string, vscode.Location>();
  for (const definition of found.flatMap((list) => list?.slice(0, 1) ?? [])) {
    const place =
      'targetUri' in definition ? new vscode.Location(definition.targetUri, definition.targetRange) : definition;
    const isHere = place.uri.toString() === document.uri.toString() && range.contains(place.range.start);
    if (!isHere && isOwnFile(place.uri)) places.set(`${place.uri.toString()}#${place.range.start.line}`, place);
  }
  return texts([...places.values()].slice(0, MOST_DEFINITIONS), (label) => t('definition {0}', label));
}

/** Where the names in the code come first; keywords have no definition and cost only the question. */
function namesIn(document: vscode.TextDocument, range: vscode.Range): vscode.Position[] {
  const start = document.offsetAt(range.start);
  const names = new Map<string, vscode.Position>();
  for (const { 0: name, index } of document.getText(range).matchAll(/[\p{L}_$][\p{L}\p{N}_$]{2,}/gu)) {
    if (names.size >= MOST_NAMES) break;
    if (!names.has(name)) names.set(name, document.positionAt(start + index));
  }
  return [...names.values()];
}

async function callersOf(document: vscode.TextDocument, range: vscode.Range): Promise<Attachment[]> {
  const at = declaredAt(document, range);
  if (!at) return [];
  const [item] = (await ask<vscode.CallHierarchyItem[]>('vscode.prepareCallHierarchy', document.uri, at)) ?? [];
  const calls = item && (await ask<vscode.CallHierarchyIncomingCall[]>('vscode.provideIncomingCalls', item));
  const places = (calls ?? [])
    .filter(
      ({ from }) =>
        isOwnFile(from.uri) && !(from.uri.toString() === document.uri.toString() && range.contains(from.range)),
    )
    .map(({ from }) => new vscode.Location(from.uri, from.range));
  return texts(places.slice(0, MOST_CALLERS), (label) => t('caller {0}', label));
}

/** The name that the first line of the code declares. */
function declaredAt(document: vscode.TextDocument, range: vscode.Range): vscode.Position | undefined {
  for (let line = range.start.line; line < Math.min(range.end.line, range.start.line + 10); line++) {
    const match =
      /(?:function\*?|class|def|fn|func|fun|const|let)\s+(?:\([^)]*\)\s*)?([\p{L}_$][\p{L}\p{N}_$]*)|^\s*(?:(?:public|private|protected|static|async|override)\s+)*(?!if|for|while|switch|return|catch)([\p{L}_$][\p{L}\p{N}_$]*)\s*(?:<[^>]*>)?\(.*[{:]\s*$/u.exec(
        document.lineAt(line).text,
      );
    const name = match?.[1] ?? match?.[2];
    if (match && name) return new vscode.Position(line, match.index + match[0].indexOf(name));
  }
  return undefined;
}

async function changesOf(uri: vscode.Uri): Promise<Attachment | undefined> {
  const repository = await repositoryOf(uri);
  if (!repository) return undefined;
  const { text, remarks } = await diffOf(repository, 'head', MOST_DIFF, uri.fsPath);
  if (!text) return undefined;
  return {
    id: crypto.randomUUID(),
    kind: 'diff',
    label: t('git diff of {0}', pathOf(uri)),
    path: pathOf(uri),
    language: 'diff',
    text,
    notes: '',
    remarks,
    tokens: estimateTokens(text),
  };
}

/** Files of the workspace that may leave: not what was installed or generated, not what holds secrets. */
const isOwnFile = (uri: vscode.Uri): boolean =>
  vscode.workspace.getWorkspaceFolder(uri) !== undefined &&
  !/\/node_modules\//.test(uri.path) &&
  !isSecretFile(uri.path);

async function texts(places: readonly vscode.Location[], labeled: (label: string) => string): Promise<Attachment[]> {
  const made = await Promise.all(
    places.map(async ({ uri, range }) => {
      if (!(await isReadable(uri))) return [];
      const document = await vscode.workspace.openTextDocument(uri);
      const end = Math.min(range.end.line, range.start.line + MOST_LINES - 1);
      const lines = withWholeSecrets(
        document,
        document.validateRange(new vscode.Range(range.start.line, 0, end, Number.MAX_SAFE_INTEGER)),
      );
      return [attachmentOf('symbol', labeled(labelOf(uri, lines)), document, document.getText(lines))];
    }),
  );
  return made.flat();
}

function attachmentOf(kind: AttachmentKind, label: string, document: vscode.TextDocument, text: string): Attachment {
  const { uri, languageId } = document;
  return {
    id: crypto.randomUUID(),
    kind,
    label,
    path: pathOf(uri),
    language: languageId,
    text,
    notes: '',
    tokens: estimateTokens(text),
  };
}

/** Asks VS Code's language features; what they refuse or do not know is no error here. */
async function ask<T>(command: string, ...args: readonly unknown[]): Promise<T | undefined> {
  try {
    return await vscode.commands.executeCommand<T | undefined>(command, ...args);
  } catch (error) {
    debugLog(command, error);
    return undefined;
  }
}

async function within<T>(ms: number, asked: Promise<T>, late: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(late), ms);
  });
  try {
    return await Promise.race([asked.catch(giveUp('language features', late)), timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** A failed test as VS Code hands it over: its message, and the code around the place that it names. */
export async function gatherTestFailure(argument: unknown): Promise<Part[] | undefined> {
  const { test, message } = (argument ?? {}) as {
    test?: Partial<vscode.TestItem>;
    message?: Partial<vscode.TestMessage>;
  };
  const said = message?.message;
  const words = typeof said === 'string' ? said : said?.value;
  if (!words) return undefined;
  const location = message?.location;
  const facts = [
    words,
    ...(message?.expectedOutput === undefined ? [] : [t('Expected: {0}', message.expectedOutput)]),
    ...(message?.actualOutput === undefined ? [] : [t('Actual: {0}', message.actualOutput)]),
  ].join('\n');
  const failure: Attachment = {
    id: crypto.randomUUID(),
    kind: 'problems',
    label: t('failure of {0}', String(test?.label ?? t('a test')).slice(0, 200)),
    path: '',
    language: '',
    text: sliceBetweenSecrets(facts, 0, MOST_DIFF),
    notes: '',
    tokens: estimateTokens(facts),
  };
  const uri = location?.uri ?? test?.uri;
  const line = location?.range.start.line ?? test?.range?.start.line;
  const tested = uri && line !== undefined && isOwnFile(uri) ? [linesAt(uri, line)] : [];
  const places = [...tested, ...(await placesNamedIn(facts))].filter(isFirstNear);
  const code = await texts(places, (label) => t('code {0}', label));
  return [preparePart(failure, true), ...code.map((part) => preparePart(part, true))];
}

/** Output of a terminal, and the code around the places that it names. */
export async function gatherOutput(output: Attachment): Promise<Part[]> {
  const places = (await placesNamedIn(output.text)).filter(isFirstNear);
  const code = await texts(places, (label) => t('code {0}', label));
  return [preparePart(output, true), ...code.map((part) => preparePart(part, true))];
}

const linesAt = (uri: vscode.Uri, line: number): vscode.Location =>
  new vscode.Location(uri, new vscode.Range(Math.max(0, line - AROUND), 0, line + AROUND - 1, 0));

/** A place that no earlier one shows already. */
const isFirstNear = ({ uri, range }: vscode.Location, at: number, all: readonly vscode.Location[]): boolean =>
  !all
    .slice(0, at)
    .some((other) => other.uri.toString() === uri.toString() && other.range.intersection(range) !== undefined);

/** Where in the workspace the output of a program points to. */
async function placesNamedIn(output: string): Promise<vscode.Location[]> {
  const found: vscode.Location[] = [];
  for (const { path, line } of placesInOutput(output, MOST_NAMED)) {
    const uri = await fileNamed(path);
    if (uri && isOwnFile(uri)) found.push(linesAt(uri, line - 1));
    if (found.length >= MOST_PLACES) break;
  }
  return found;
}

/** The file of the workspace that a program means; a bare name only if there is just one such file. */
async function fileNamed(path: string): Promise<vscode.Uri | undefined> {
  const result = await findTarget(path, []);
  if (result.kind === 'ok' && (await exists(result.target.uri))) return result.target.uri;
  if (/[/{}[\]*?]/.test(path)) return undefined;
  const [only, ...more] = await vscode.workspace.findFiles(`**/${path}`, '**/node_modules/**', 2);
  return more.length === 0 ? only : undefined;
}
