import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Linter } from 'eslint';
import tseslint from 'typescript-eslint';
import { findOddWords, oddWords } from './words.mjs';
import { wordsRule } from './wordsRule.mjs';

/** What the ESLint rule says of a file of a page. */
const lint = (code: string): string[] =>
  new Linter()
    .verify(
      code,
      [
        {
          files: ['**/*.tsx'],
          languageOptions: { parser: tseslint.parser as Linter.Parser, parserOptions: { ecmaFeatures: { jsx: true } } },
          plugins: { gearshift: { rules: { words: wordsRule } } },
          rules: { 'gearshift/words': 'error' },
        },
      ],
      'page.tsx',
    )
    .map(({ message }) => message);

test('the words of the table are found, each with a better one; parts of other words are not', () => {
  const words = (text: string): string[] => oddWords(text).map(({ word }) => word);
  assert.deepEqual(words('A dearer model goes along at present, 5 % of {0}.'), [
    'dearer',
    'goes along',
    'at present',
    '5 %',
  ]);
  assert.deepEqual(words('An endeared programmer recommends 5% of it, and goes on a walk.'), []);
});

test('texts in the code that users read are checked, others are not', () => {
  const found = lint(`
    const a = t('This is dear');
    const b = vscode.l10n.t(\`\${x} goes along\`);
    const c = <p>switched off</p>;
    const d = log('dear'), e = 'goes along';
  `);
  assert.deepEqual(
    found.map((line) => line.split('"')[1]),
    ['dear', 'goes along', 'switched off'],
  );
});

test('no odd word is in the manifest or in Markdown', () => {
  assert.deepEqual(findOddWords(), []);
});
