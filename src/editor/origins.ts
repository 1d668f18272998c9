import type * as vscode from 'vscode';
import type { Attachment } from '../core/chat/conversation.ts';

/** The document that a piece of context was taken from, as it was then: answers are made for this text. */
export interface Origin {
  readonly uri: vscode.Uri;
  readonly text: string;
  /** The lines that were attached, from 0, the end exclusive. */
  readonly about: { readonly start: number; readonly end: number };
}

/** Kept as long as the conversation is in memory; after a reload there is nothing to compare with. */
const origins = new WeakMap<Attachment, Origin>();

export function rememberOrigin(attachment: Attachment, document: vscode.TextDocument, range: vscode.Range): void {
  origins.set(attachment, {
    uri: document.uri,
    text: document.getText(),
    about: { start: range.start.line, end: range.end.line + 1 },
  });
}

export const originOf = (attachment: Attachment): Origin | undefined => origins.get(attachment);
