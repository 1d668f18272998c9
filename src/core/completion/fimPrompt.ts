import type { FimRequest } from '../common/types.ts';
import type { DocumentContext } from './documentContext.ts';
import { ALL_TOKENS, formatPrompt, neutralize, type Snippet } from './fim.ts';
import type { UsableFormat } from './localModel.ts';

/** Tokens of an answer at most; a suggestion is read before it is accepted. */
const MAX_TOKENS = 160;

export interface PromptParts {
  readonly docContext: DocumentContext;
  readonly format: UsableFormat;
  readonly path: string;
  readonly repo: string;
  readonly language: string;
  readonly snippets: readonly Snippet[];
  /** 0 by default: the likeliest answer. */
  readonly temperature?: number;
}

/** The question to the model, in its family's own words. */
export function buildRequest({ docContext, format, temperature = 0, ...file }: PromptParts): FimRequest {
  const rest = { kind: 'fim', maxTokens: MAX_TOKENS, temperature } as const;
  if (format.mode === 'raw') {
    const { raw, stop } = formatPrompt(format.family, { before: docContext.before, after: docContext.after, ...file });
    return { ...rest, prompt: { raw }, stop };
  }
  // Ollama takes an empty suffix for a chat question and an empty prompt for an order to load the model.
  const prefix = neutralize(docContext.before, ALL_TOKENS) || '\n';
  const suffix = neutralize(docContext.after, ALL_TOKENS) || '\n';
  const { api } = format;
  return { ...rest, prompt: { prefix, suffix, ...(api ? { api, files: file.snippets } : {}) }, stop: [] };
}
