import * as vscode from 'vscode';
import type { Suggestion } from '../../core/completion/complete.ts';
import type { ShownSuggestion } from '../../core/insights/suggestionTracker.ts';

/** The item replaces what the suggest widget would, and what of the line's rest is part of its text. */
export function itemOf(
  found: Suggestion,
  position: vscode.Position,
  widget: vscode.SelectedCompletionInfo | undefined,
): vscode.InlineCompletionItem & { readonly insertText: string; readonly range: vscode.Range } {
  const start = widget?.range.start ?? position.translate(0, -found.replaceBefore);
  const end = position.translate(0, found.replaceAfter);
  const insertText = (widget?.text ?? '') + found.text;
  const range = new vscode.Range(start, widget?.range.end.isAfter(end) ? widget.range.end : end);
  return Object.assign(new vscode.InlineCompletionItem(insertText, range), { insertText, range });
}

/** The part of an item that is not in the document yet, at the cursor. */
export function offerOf(
  { callId, model, ms }: Suggestion,
  { insertText, range }: { readonly insertText: string; readonly range: vscode.Range },
  document: vscode.TextDocument,
  position: vscode.Position,
): ShownSuggestion {
  const whole = document.eol === vscode.EndOfLine.CRLF ? insertText.replace(/\r?\n/g, '\r\n') : insertText;
  const typed = document.getText(new vscode.Range(range.start, position));
  const goesOn = whole.startsWith(typed);
  return {
    by: { callId, tier: 'local', task: 'completion', model, language: document.languageId },
    uri: document.uri.toString(),
    at: document.offsetAt(goesOn ? position : range.start),
    text: goesOn ? whole.slice(typed.length) : whole,
    ms,
  };
}
