/** Types of strict-server.mjs, for the TypeScript that uses it. */

export function makeStrict(from: string, to: string): void;
export function withStrictAnswer(code: string): string | undefined;
