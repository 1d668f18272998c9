import type * as vscode from 'vscode';
import type { Attachment } from '../../core/chat/conversation.ts';

/** The document that a piece of context was taken from, as it was then: answers are made for this text. */
export interface Origin {
  readonly uri: vscode.Uri;
  readonly text: string;
  /** The lines that were attached, from 0, the end exclusive. */
  readonly about: { readonly start: number; readonly end: number };
}

/** Kept by the id of the attachment, the newest only: after a reload there is nothing to compare with. */
const origins = new Map<string, Origin>();
const MOST_ORIGINS = 100;

export function rememberOrigin(attachment: Attachment, document: vscode.TextDocument, range: vscode.Range): void {
  const [oldest] = origins.keys();
  if (origins.size >= MOST_ORIGINS && oldest !== undefined) origins.delete(oldest);
  origins.set(attachment.id, {
    uri: document.uri,
    text: document.getText(),
    about: { start: range.start.line, end: range.end.line + 1 },
  });
}

export const originOf = (attachment: Attachment): Origin | undefined => origins.get(attachment.id);
