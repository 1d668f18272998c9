import assert from 'node:assert/strict';
import test from 'node:test';
import { readDocumentContext } from '../../../src/core/completion/documentContext.ts';
import { fitAnswer } from '../../../src/core/completion/postprocess.ts';
import { at } from './support.ts';

/**
 * A suggestion that the user types along with is fitted again after each key. When the user types an opener and Enter,
 * VS Code writes the line that closes the block: the suggestion then ends before its own one.
 */

/** [language, document, the rest of the suggestion, what is left of it] */
const CASES: readonly (readonly [string, string, string, string])[] = [
  [
    'go',
    '\tif !ok {\n\t\t█\n\t}\n\n// Set\n',
    'misses++\n\t\treturn nil\n\t}\n\treturn found\n}',
    'misses++\n\t\treturn nil',
  ],
  ['typescript', 'f() {\n  if (a) {\n    b();█\n  }\n', '\n    c();\n  } else {\n    d();\n  }\n  e();', '\n    c();'],
  ['typescript', 'const a = [\n  1,█\n];\n', '\n  2,\n];\nconst b = 3;', '\n  2,'],
  ['python', 'x = {\n    "a": 1,\n    █\n}\n', '"b": 2,\n}\nprint(x)', '"b": 2,'],
  ['typescript', 'it("x", () => {\n  █\n});\n', 'await y();\n});\n\nit("z", () => {', 'await y();'],
  ['css', '.a {\n  color: red;█\n}\n', '\n  margin: 0;\n}\n\n.b {', '\n  margin: 0;'],
  // What the document does not close stays.
  ['typescript', 'f() {\n  if (a) {\n    b();█\n}\n', '\n    c();\n  }\n  e();', '\n    c();\n  }\n  e();'],
  ['python', 'def f():\n    if a:\n        b()█\n\nx = 1\n', '\n    return c\n', '\n    return c'],
  ['typescript', '  a();█\n}\n', '\n  if (b) {\n    c();\n  }\n  d();', '\n  if (b) {\n    c();\n  }\n  d();'],
];

for (const [language, marked, text, wanted] of CASES)
  test(`${language}: ${JSON.stringify(marked)} with ${JSON.stringify(text)}`, () => {
    const { document, position } = at(marked, { language });
    const fit = fitAnswer(text, readDocumentContext(document, position));
    assert.equal('text' in fit ? fit.text : fit.emptiedBy, wanted);
  });
