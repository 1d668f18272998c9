export interface Reference {
  file: string;
  anchor: string;
  picture: boolean;
}
export function referencesOf(markdown: string, page?: string): Reference[];
export function anchorsOf(markdown: string): string[];
export function packagedReadme(markdown: string): string;
export function findDeadReferences(markdown: string, inside: readonly string[]): string[];
