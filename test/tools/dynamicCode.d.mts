export function findDynamicCode(file: string, text: string): string[];
