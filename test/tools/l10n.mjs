/**
 * `npm run l10n`: gathers every text that the code shows, as the first argument of `t(...)`, into
 * media/l10n/bundle.l10n.json, from which translations are made.
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = path.resolve(import.meta.dirname, '../..');
export const BUNDLE = path.join(ROOT, 'media/l10n/bundle.l10n.json');

/**
 * @returns {{ texts: string[], unclear: string[] }} the texts in alphabetical order, and the places where the text is
 *   not written out and so cannot be found
 */
export function gatherTexts() {
  const texts = new Set();
  const unclear = [];
  const src = path.join(ROOT, 'src');
  for (const name of fs.readdirSync(src, { recursive: true, encoding: 'utf8' })) {
    if (!/\.tsx?$/.test(name)) continue;
    const text = fs.readFileSync(path.join(src, name), 'utf8');
    if (!text.includes("'@vscode/l10n'")) continue;
    const file = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
    /** @param {ts.Node} node */
    const visit = (node) => {
      if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 't') {
        const [first] = node.arguments;
        if (first && ts.isStringLiteralLike(first)) texts.add(first.text);
        else unclear.push(`${name}:${file.getLineAndCharacterOfPosition(node.pos).line + 1}`);
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
  }
  return { texts: [...texts].sort(), unclear };
}

/** @param {string[]} texts */
export const formatBundle = (texts) =>
  `${JSON.stringify(Object.fromEntries(texts.map((text) => [text, text])), null, 2)}\n`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { texts, unclear } = gatherTexts();
  for (const place of unclear) console.error(`${place}: the text is not written out`);
  fs.writeFileSync(BUNDLE, formatBundle(texts));
  console.log(`${path.relative(ROOT, BUNDLE)}: ${texts.length} texts`);
  if (unclear.length) process.exit(1);
}
