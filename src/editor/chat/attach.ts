import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Attachment } from '../../core/chat/conversation.ts';
import { inOneLine } from '../../core/common/elements.ts';
import { estimateTokens } from '../../core/common/tokens.ts';
import { labelOf, pathOf, withWholeSecrets } from '../platform/activeEditor.ts';
import { rememberOrigin } from '../platform/attachmentOrigins.ts';
import { mayLeave } from '../platform/mayLeave.ts';
import { symbolsAround } from '../platform/symbolsAround.ts';
import { showWarningMessage } from '../platform/messages.ts';

/** Largest text that is attached, in characters; more could not be sent anyway. */
const MOST_CHARACTERS = 1_500_000;

/** Diagnostics that are sent with an escalation. */
const MOST_DIAGNOSTICS = 20;

/** The selection, or the whole file, as context for a question; undefined when the user decides against it. */
export async function attach(editor: vscode.TextEditor, what: 'selection' | 'file'): Promise<Attachment | undefined> {
  const { document, selection } = editor;
  if (what === 'file') return attachFile(document);
  return selection.isEmpty ? undefined : attachRange(document, selection);
}

/** Part of a document as context for a question. */
export async function attachRange(
  document: vscode.TextDocument,
  chosen: vscode.Range,
): Promise<Attachment | undefined> {
  if (!(await mayLeave(document.uri))) return undefined;
  const range = withWholeSecrets(document, chosen);
  const attachment = make('selection', document, labelOf(document.uri, range), document.getText(range), '');
  if (attachment) rememberOrigin(attachment, document, range);
  return attachment;
}

/** A whole file as context for a question. */
export async function attachFile(document: vscode.TextDocument): Promise<Attachment | undefined> {
  if (!(await mayLeave(document.uri))) return undefined;
  const attachment = make('file', document, pathOf(document.uri), document.getText(), '');
  if (attachment) rememberOrigin(attachment, document, new vscode.Range(0, 0, document.lineCount, 0));
  return attachment;
}

/** The function, class or the like around the cursor; undefined where there is none. */
export async function attachSymbol(editor: vscode.TextEditor): Promise<Attachment | undefined> {
  const { document, selection } = editor;
  const innermost = (await symbolsAround(document, selection.active)).at(-1);
  if (!innermost || !(await mayLeave(document.uri))) return undefined;
  const range = withWholeSecrets(document, innermost.range);
  return make('symbol', document, `${innermost.name} · ${labelOf(document.uri, range)}`, document.getText(range), '');
}

/** A place in a document: that of an editor, or of a problem whose document no editor shows. */
export type Selected = Pick<vscode.TextEditor, 'document' | 'selection'>;

/** The code that an escalation sends: the selection, or without one the enclosing symbol, with the known facts about it. */
export async function gatherEscalation(editor: Selected): Promise<Attachment | undefined> {
  const { document, selection } = editor;
  if (!(await mayLeave(document.uri))) return undefined;
  const symbols = await symbolsAround(document, selection.active);
  const innermost = symbols.at(-1);
  const chosen = selection.isEmpty ? (innermost?.range ?? linesAround(document, selection.active.line)) : selection;
  const range = withWholeSecrets(document, chosen);
  const notes = [
    t('File: {0}', inOneLine(pathOf(document.uri))),
    t('Language: {0}', document.languageId),
    ...(symbols.length ? [t('Inside: {0}', symbols.map(({ name }) => inOneLine(name)).join(' › '))] : []),
    ...diagnosticsIn(document, range),
  ].join('\n');
  const made = make('escalation', document, labelOf(document.uri, range), document.getText(range), notes);
  if (!made) return undefined;
  const attachment = { ...made, tokens: made.tokens + estimateTokens(notes) };
  rememberOrigin(attachment, document, range);
  return attachment;
}

/** The question that goes with an escalation: what one would want to know of a senior colleague about this code. */
export function escalationQuestion(attachment: Attachment): string {
  return attachment.notes.includes(DIAGNOSTIC_MARK)
    ? t('Find the cause of the problems reported in this code, explain it, and show the fix.')
    : t('Review this code: explain what it does, what is wrong or risky about it, and show the improved version.');
}

const DIAGNOSTIC_MARK = '- line ';

function diagnosticsIn(document: vscode.TextDocument, range: vscode.Range): string[] {
  const found = vscode.languages
    .getDiagnostics(document.uri)
    .filter(({ range: where, severity }) => severity <= vscode.DiagnosticSeverity.Warning && where.intersection(range))
    .slice(0, MOST_DIAGNOSTICS)
    .map(
      ({ range: where, severity, message, source }) =>
        `${DIAGNOSTIC_MARK}${where.start.line + 1}: ${severity === vscode.DiagnosticSeverity.Error ? 'error' : 'warning'}: ${message.replace(/\s+/g, ' ')}${source ? ` (${source})` : ''}`,
    );
  return found.length ? [t('Diagnostics:'), ...found] : [];
}

/** Without symbols: the whole document if it is short, else the lines around the cursor. */
function linesAround(document: vscode.TextDocument, line: number): vscode.Range {
  const [from, to] = document.lineCount <= 300 ? [0, document.lineCount - 1] : [Math.max(0, line - 60), line + 60];
  return document.validateRange(new vscode.Range(from, 0, to, Number.MAX_SAFE_INTEGER));
}

function make(
  kind: Attachment['kind'],
  document: vscode.TextDocument,
  label: string,
  text: string,
  notes: string,
): Attachment | undefined {
  if (text.length > MOST_CHARACTERS) {
    void showWarningMessage(t('{0} is too large to be attached; select the part that matters.', label));
    return undefined;
  }
  return {
    id: crypto.randomUUID(),
    kind,
    label,
    path: pathOf(document.uri),
    language: document.languageId,
    text,
    notes,
    tokens: estimateTokens(text),
  };
}
