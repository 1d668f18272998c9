import { commentText } from './codeShape.ts';
import { nameWorthKeeping } from './declarations.ts';

/** Lines that bring names in from elsewhere, and which of those names a change would lose although they are still used. */

const IMPORT =
  /^\s*(?:import\b(?!\s*\()|from\s+\S+\s+import\b|export\s.*\bfrom\b|use\s|using\s|#\s*include\b|@import\b|require(?:_once|_relative)?\b|open\s+[A-Z]|alias\s+[A-Z]|library\(|(?:const|let|var|local)\s.*\brequire\s*\()/;

export const isImport = (line: string): boolean => IMPORT.test(line);

/** The names that an import brings, as far as the line says them; none for a header or a whole namespace. */
function namesIn(line: string, language: string): string[] {
  if (/^\s*(?:#\s*include|@import|using\s+[\w.]+;|require)/.test(line)) return [];
  const isPython = /^py/i.test(language);
  const said = line
    .replace(/(["'`]).*?\1/g, ' ')
    .replace(/\bfrom\s+[\w.]+(?=\s+import\b)|\brequire\b.*/g, ' ')
    // Of a path only the name counts by which the code calls it.
    .replace(isPython ? /\b(\w+)(?:\.\w+)+/g : /[\w$]+(?:\.|::|\\)(?=[\w{*])/g, isPython ? '$1' : '')
    .replace(/\*\s+as\b|[\w$]+\s+as\b/g, ' ');
  const words = said.match(/[\p{L}_$][\p{L}\p{N}_$]*/gu) ?? [];
  return words.filter((word) => !KEYWORD.test(word));
}

const KEYWORD =
  /^(?:import|from|export|use|using|type|typeof|static|const|let|var|local|as|open|alias|library|pub|crate|self|super|mod)$/;

/**
 * The names that the removed imports brought, that no import of the text afterward brings, and that its code uses.
 *
 * @param removed lines that go away
 * @param after all lines of the file afterward
 */
export function namesLost(removed: readonly string[], after: readonly string[], language: string): string[] {
  const gone = new Set(removed.filter(isImport).flatMap((line) => namesIn(line, language)));
  if (gone.size === 0) return [];
  const code: string[] = [];
  for (const line of after) {
    if (!isImport(line)) code.push(line);
    else for (const name of namesIn(line, language)) gone.delete(name);
  }
  // An import over several lines names what it brings in lines of its own.
  const used = new Set(
    code.flatMap((line) => (commentText(line) === null ? (line.match(/[\p{L}_$][\p{L}\p{N}_$]*/gu) ?? []) : [])),
  );
  const declared = new Set(code.flatMap((line) => nameWorthKeeping(line) ?? []));
  return [...gone].filter((name) => used.has(name) && !declared.has(name));
}
