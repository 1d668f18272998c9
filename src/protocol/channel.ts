import * as v from 'valibot';

/**
 * The two ends of a webview's channel. Pages get messages, never services; what a page sends is untrusted and is
 * parsed against a closed list before any handler sees it.
 */

/** First message of the host to every page: what the page needs before it can draw. */
export interface PageInit {
  readonly kind: 'init';
  /** Translations for `@vscode/l10n`; empty for English. */
  readonly l10n: Record<string, string | { message: string; comment: string[] }>;
}

/** An id that the host issued: short and plain. */
export const Id = v.pipe(v.string(), v.regex(/^[\w.:-]{1,80}$/));
export const TierName = v.picklist(['local', 'mid', 'frontier']);
export const TierChoiceName = v.picklist(['auto', 'local', 'mid', 'frontier']);

/** Parses what a page sent; undefined (and nothing else) for anything that is not on the list. */
export function parsePageMessage<T>(schema: v.GenericSchema<unknown, T>, message: unknown): T | undefined {
  const parsed = v.safeParse(schema, message);
  return parsed.success ? parsed.output : undefined;
}
