import assert from 'node:assert/strict';
import test from 'node:test';
import { cutLoop } from '../../../src/core/completion/repetition.ts';
import { readAnswer } from '../../../src/core/completion/postprocess.ts';
import { aroundOf } from './support.ts';

test('a passage of lines that comes three times is a loop', () => {
  assert.equal(
    cutLoop('a = one();\n' + 'b = two();\nc = three();\n'.repeat(3)),
    'a = one();\nb = two();\nc = three();',
  );
  const rows = '<tr>\n  <td>one</td>\n</tr>\n';
  assert.equal(cutLoop(rows.repeat(2)), rows.repeat(2), 'two of them may be meant');
  assert.equal(cutLoop('}\n\n'.repeat(5)), '}\n\n'.repeat(5), 'no words');
});

test('a long passage that comes again and again within a line is a loop, lists are not', () => {
  assert.equal(cutLoop(`const x = ${'and then some more '.repeat(6)}`), 'const x = and then some more');
  for (const text of [
    '[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]',
    '='.repeat(70),
    'f(a, b, c, d, e, f, g, h, i)',
  ])
    assert.equal(cutLoop(text), text, text);
});

test('a stuck model’s answer is shown once, whatever the server does about repeats', () => {
  const context = { docContext: aroundOf('f();\n█\n\ng();'), tokens: [] };
  const stuck = 'first(one);\n' + 'second(two);\n'.repeat(12);
  const { text } = readAnswer(stuck, context, 'cut');
  assert.ok(text.split('second').length - 1 <= 2, text);
  const looping = readAnswer('first(one);\n' + 'second(two);\nthird(three);\n'.repeat(8), context, 'cut');
  assert.equal(looping.text.split('second').length - 1, 1, looping.text);
});
