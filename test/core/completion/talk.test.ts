import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { unwrapFence } from '../../../src/core/completion/talk.ts';
import { accept } from './accept.ts';
import { aroundOf } from './support.ts';

/** What chat models say around the code that belongs into a gap, in the words of many models. */

const LEADS = [
  '',
  'Here is the completed code:\n\n',
  "Sure! Here's the missing code:\n",
  'Below is the completed function:\n\n',
  'To complete the function, you can use:\n\n',
  'You can use the following code:\n',
  'Certainly! The function should look like this:\n\n',
  'Based on the context, the code that belongs there is:\n\n',
  "I'll complete the code for you.\n\n",
  'Okay. The gap should be filled with `a call`, which handles the error (as above):\n\n',
] as const;
/** These say too little to be known as talk without a fence. */
const SHORT_LEADS = [
  'Answer:\n',
  'Completed code:\n',
  '**Answer**\n\n',
  '### Completed code\n\n',
  'Hier ist der fehlende Code:\n\n',
  'Voici le code :\n\n',
  '以下是代码：\n',
] as const;
const FENCES = [
  ['```L\n', '\n```'],
  ['```\n', '\n```\n\nThis works because it is right.'],
  ['~~~L\n', '\n~~~\n'],
  ['```L\n', '\n```\n\n**Explanation:** it does what you want.\n'],
  ['   ```L\n', '\n   ```'],
  ['````L\n', '\n````'],
] as const;

const FOLDER = path.join(import.meta.dirname, 'corpus/gaps');
const GAPS = fs.readdirSync(FOLDER).flatMap((file) => {
  const marked = fs.readFileSync(path.join(FOLDER, file), 'utf8');
  return [...marked.matchAll(/⟦([ \t]*)([^⟧]*)⟧/g)].map(({ 0: whole, 1: indent = '', 2: text = '', index }) => ({
    language: file.replace(/\.txt$/, ''),
    before: marked.slice(0, index).replace(/[⟦⟧]/g, '') + indent,
    text,
    after: marked.slice(index + whole.length).replace(/[⟦⟧]/g, ''),
  }));
});

const plain = (text: string): string => text.replace(/[ \t]+$/gm, '');

/** Shares of the gaps that are filled rightly by an answer. */
function shareOf(answerOf: (language: string, text: string) => string): number {
  const right = GAPS.filter(({ language, before, text, after }) => {
    const got = accept(language, `${before}█${after}`, answerOf(language, text));
    return plain(got) === plain(before + text + after);
  });
  return right.length / GAPS.length;
}

for (const lead of [...LEADS, ...SHORT_LEADS])
  test(`code in a fence after ${JSON.stringify(lead)} is what is shown`, () => {
    for (const [open, close] of FENCES) {
      const share = shareOf((language, text) => `${lead}${open.replace('L', language)}${text}${close}`);
      assert.ok(share >= 0.97, `${share} with ${JSON.stringify(open + close)}`);
    }
  });

test('code in a fence that closes the block around it keeps its indentation', () => {
  for (const [before, text] of [
    ['    for (a) {\n        █\n    b();\n', 'c();\n    }'],
    ['  x = [\n    █\n  y();\n', '1,\n  ];'],
  ] as const)
    assert.equal(accept('c', before, `Sure:\n\`\`\`c\n${text}\n\`\`\``), before.replace('█', text));
});

test('code at the left margin that closes the block around it gets that block’s indentation', () => {
  const before = 'f {\n    for (a) {\n        █\n    b();\n';
  for (const [said, wanted] of [
    ['c();\n}', 'c();\n    }'],
    ['c();\nd();\n}', 'c();\n        d();\n    }'],
    ['if (c) {\n    d();\n}\ne();\n}', 'if (c) {\n            d();\n        }\n        e();\n    }'],
  ] as const)
    assert.equal(accept('c', before, `Sure:\n\`\`\`c\n${said}\n\`\`\``), before.replace('█', wanted));
});

test('a sentence before code without a fence is not part of it where there is code', () => {
  for (const lead of LEADS.slice(1))
    for (const after of ['', '\n\nThis function adds the numbers and returns the sum.'])
      assert.equal(accept('typescript', 'f(1);\n█\n', `${lead}g(2);${after}`).trimEnd(), 'f(1);\ng(2);', lead + after);
});

test('while only talk has come there is no answer yet, and code is shown as it comes', () => {
  const context = { docContext: aroundOf('f(1);\n█\n'), tokens: [] };
  for (const lead of [...LEADS.slice(1), ...SHORT_LEADS.filter((each) => !each.startsWith('#'))])
    for (const begun of ['', '`', '``']) assert.equal(unwrapFence(lead + begun, context), '', lead + begun);
  for (const code of ['g(2);\n', 'else:\n', 'try:\n', '  return a\n', 'puts name\n', 'Foo.bar\n'])
    assert.equal(unwrapFence(code, context), code);
});

test('sentences are text in comments and in languages of prose', () => {
  for (const [language, marked] of [
    ['typescript', '// █\n'],
    ['python', 'def f():\n    """█"""\n'],
    ['markdown', '█\n'],
    ['yaml', 'description: █\n'],
  ] as const)
    for (const text of ['The code of this function is old.', 'Here is what you can use in the end.'])
      assert.ok(accept(language, marked, text).includes(text), `${language} ${text}`);
});
