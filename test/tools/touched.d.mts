export function keysOf(tests: string[], root?: string): Map<string, string>;
export function runTouched(options: { faults: boolean }): Promise<string>;
