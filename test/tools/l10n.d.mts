export const BUNDLE: string;
export function gatherTexts(): { texts: string[]; unclear: string[] };
export function formatBundle(texts: string[]): string;
