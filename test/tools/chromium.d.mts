/** Types of chromium.mjs, for the TypeScript that uses it. */
export const CHROMIUM_ARGS: string[];
export function ensureChromium(): Promise<string>;
