import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';
import { formatCount, formatSeconds } from '../src/core/common/format.ts';
import { formatAmount, formatDecimal, plural, setLanguage } from '../src/core/common/language.ts';
import { BUNDLE, formatBundle, gatherTexts } from './tools/l10n.mjs';

test('every text that is shown can be translated: it is written out, and it is in the bundle (npm run l10n)', () => {
  const { texts, unclear } = gatherTexts();
  assert.deepEqual(unclear, []);
  assert.ok(texts.length > 150);
  assert.equal(fs.readFileSync(BUNDLE, 'utf8'), formatBundle(texts));
});

const SRC = path.resolve(import.meta.dirname, '../src');

/** Calls `visit` with each node of each file that shows texts; what it returns is a fault, listed with its place. */
function faults(visit: (node: ts.Node, file: string) => string | false | undefined): string[] {
  const found: string[] = [];
  for (const name of fs.readdirSync(SRC, { recursive: true, encoding: 'utf8' })) {
    if (!/\.tsx?$/.test(name)) continue;
    const text = fs.readFileSync(path.join(SRC, name), 'utf8');
    if (!text.includes("'@vscode/l10n'")) continue;
    const file = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
    const walk = (node: ts.Node): void => {
      const fault = visit(node, name.replaceAll('\\', '/'));
      if (fault) found.push(`${name}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1} ${fault}`);
      ts.forEachChild(node, walk);
    };
    walk(file);
  }
  return found;
}

/** The text of a call of `t`. */
const textOf = (node: ts.Node): string | undefined => {
  if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression) || node.expression.text !== 't') return undefined;
  const [first] = node.arguments;
  return first && ts.isStringLiteralLike(first) ? first.text : undefined;
};

test('no text is translated while a file loads, because there are no translations yet', () => {
  const isLater = (node: ts.Node): boolean =>
    ts.isFunctionLike(node) ||
    (ts.isPropertyDeclaration(node) && !node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword));
  const early = faults((node) => {
    const text = textOf(node);
    if (text === undefined) return false;
    for (let up = node.parent; !ts.isSourceFile(up); up = up.parent) if (isLater(up)) return false;
    return text;
  });
  assert.deepEqual(early, []);
});

/** Formats of files and of patches, whose words are not for people. */
const FORMATS = ['core/edits/editFormats.ts'];

test('no sentence is built from pieces: after a text comes another sentence, an icon or a mark, never a word', () => {
  const words = (literal: string): boolean => /[A-Za-z]{2}/.test(literal.replace(/\$\([\w~-]+\)|\.md$/g, ''));
  const glued = faults((node, file) => {
    if (FORMATS.includes(file)) return false;
    if (ts.isTemplateExpression(node)) {
      if (!node.templateSpans.some(({ expression }) => textOf(expression) !== undefined)) return false;
      return (
        [node.head, ...node.templateSpans.map(({ literal }) => literal)].some(({ text }) => words(text)) &&
        node.getText()
      );
    }
    if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.PlusToken) return false;
    const sides = [node.left, node.right];
    return (
      sides.some((side) => textOf(side) !== undefined) &&
      sides.some((side) => ts.isStringLiteralLike(side) && words(side.text)) &&
      node.getText()
    );
  });
  assert.deepEqual(glued, []);
});

/** What is counted in texts; `of {1} models` is a part of more than one. */
const COUNTED =
  /(?<!of )\{\d\} (?:[a-z]+ )?(files|rows|lines|findings|problems|secrets|hidden characters|questions|models|sections|hits|suggestions|changes|requests|minutes)\b/;
/** Where the number is never one, or is a range such as `3 or more`. */
const NEVER_ONE = [
  '{0} of {1} problems, errors first.',
  '{0} minutes',
  '{0} files are attached',
  '{0} questions came before',
];

/** Texts with two counts or more. */
const TWO_COUNTS = /^(The cost ledger was damaged\.|Of your last )/;

test('a text that counts something has a singular form', () => {
  const missing = faults((node) => {
    const text = textOf(node);
    if (text === undefined || !COUNTED.test(text) || NEVER_ONE.includes(text) || TWO_COUNTS.test(text)) return false;
    const { parent } = node;
    const isPlural =
      ts.isCallExpression(parent) && ts.isIdentifier(parent.expression) && parent.expression.text === 'plural';
    return !isPlural && text;
  });
  assert.deepEqual(missing, []);
});

test('plurals and numbers follow the language of the editor', (t) => {
  t.after(() => setLanguage('en'));
  const files = (count: number): string => plural(count, 'one', 'other');
  assert.deepEqual([0, 1, 2].map(files), ['other', 'one', 'other']);
  assert.deepEqual([formatCount(3210), formatSeconds(1900), formatAmount(1234.5)], ['3.2k', '1.9', '1,234.50']);
  setLanguage('fr');
  assert.deepEqual([0, 1, 2].map(files), ['one', 'one', 'other']);
  assert.deepEqual([formatCount(3210), formatSeconds(1900), formatDecimal(0.25, 2)], ['3,2k', '1,9', '0,25']);
  setLanguage('ja');
  assert.deepEqual([0, 1, 2].map(files), ['other', 'other', 'other']);
  setLanguage('no language at all');
  assert.equal(files(1), 'other', 'what is no language changes nothing');
});
