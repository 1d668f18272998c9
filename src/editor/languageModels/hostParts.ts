import * as vscode from 'vscode';
import type { HostMessage, HostPart } from '../../core/languageModels/hostMessages.ts';

/** Parts of VS Code's messages as plain data, and answers as parts of VS Code. */

/**
 * Thoughts have a part of their own in newer versions of VS Code, which the published types do not have. Where it is
 * missing, thoughts are not shown.
 */
type ThinkingPart = new (value: string) => vscode.LanguageModelResponsePart;
const thinkingPart = (): ThinkingPart | undefined =>
  (vscode as unknown as { readonly LanguageModelThinkingPart?: ThinkingPart }).LanguageModelThinkingPart;

/** A thought as VS Code shows it; undefined where it cannot. */
export function thinking(text: string): vscode.LanguageModelResponsePart | undefined {
  const Part = thinkingPart();
  return Part && new Part(text);
}

/** The messages of a request. */
export const readMessages = (messages: readonly vscode.LanguageModelChatRequestMessage[]): HostMessage[] =>
  messages.map(({ role, content }) => ({ role, parts: content.map(readPart) }));

function readPart(part: unknown): HostPart {
  if (part instanceof vscode.LanguageModelTextPart) return { kind: 'text', text: part.value };
  if (part instanceof vscode.LanguageModelToolCallPart)
    return { kind: 'call', id: part.callId, name: part.name, input: part.input };
  if (part instanceof vscode.LanguageModelToolResultPart)
    return { kind: 'result', id: part.callId, parts: part.content.map(readPart) };
  if (part instanceof vscode.LanguageModelDataPart) {
    const { data, mimeType } = part;
    return {
      kind: 'data',
      mime: mimeType,
      base64: () => Buffer.from(data).toString('base64'),
      text: () => Buffer.from(data).toString('utf8'),
    };
  }
  const Thinking = thinkingPart();
  const { value } = Object(part) as { value?: unknown };
  if (Thinking && part instanceof Thinking)
    return { kind: 'thinking', text: Array.isArray(value) ? value.join('') : String(value ?? '') };
  return { kind: 'other', json: toJson(value ?? part) };
}

/** A part of a kind that we do not know, such as a tree of a tool's result. */
function toJson(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    return '';
  }
}

/** The count that VS Code's context ring and its compaction go by: a data part that it does not show. */
export const usagePart = (usage: {
  readonly prompt: number;
  readonly output: number;
  readonly cached: number;
}): vscode.LanguageModelDataPart =>
  vscode.LanguageModelDataPart.json(
    {
      prompt_tokens: usage.prompt,
      completion_tokens: usage.output,
      total_tokens: usage.prompt + usage.output,
      prompt_tokens_details: { cached_tokens: usage.cached },
    },
    'usage',
  );
