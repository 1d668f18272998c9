export function oddWords(text: string): { word: string; better: string; index: number }[];
export function findOddWords(): string[];
