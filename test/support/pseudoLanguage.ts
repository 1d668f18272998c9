import { config } from '@vscode/l10n';
import fs from 'node:fs';
import path from 'node:path';
import type { TestContext } from 'node:test';

/** A made-up language: readable, at least 40% longer than English, with letters beyond ASCII and marks around each text. */

const LETTERS: Readonly<Record<string, string>> = {
  a: 'áà',
  e: 'éè',
  i: 'íì',
  o: 'óò',
  u: 'úù',
  A: 'Á',
  E: 'É',
  I: 'Í',
  O: 'Ó',
  U: 'Ú',
};
/** Around each translated text. */
const OPEN = '⟦';
const CLOSE = '⟧';
export const IS_TRANSLATED = /[⟦⟧]/;

/** Every text of the product. */
const BUNDLE = path.resolve(import.meta.dirname, '../../media/l10n/bundle.l10n.json');

/** `Save` → `⟦Sáàvéè⟧`. What is in braces, in backquotes and in quotes stays as it is. */
export function pseudo(text: string): string {
  const parts = text.split(/(\{\d+\}|`[^`]*`|"[^"]*"|\$\([\w~-]+\))/);
  let long = parts
    .map((part, n) => (n % 2 ? part : part.replace(/[aeiouAEIOU]/g, (letter) => LETTERS[letter] ?? letter)))
    .join('');
  for (let n = 1; long.length < text.length * 1.4; n++) long += n % 9 ? 'é' : ' ';
  return `${OPEN}${long}${CLOSE}`;
}

/** The whole bundle in this language. */
const pseudoBundle = (): Record<string, string> =>
  Object.fromEntries(
    Object.keys(JSON.parse(fs.readFileSync(BUNDLE, 'utf8')) as object).map((text) => [text, pseudo(text)]),
  );

/** The extension's own texts are in this language until the test ends. */
export function speakPseudo(t: TestContext): Record<string, string> {
  const contents = pseudoBundle();
  config({ contents });
  t.after(() => config({ contents: {} }));
  return contents;
}
