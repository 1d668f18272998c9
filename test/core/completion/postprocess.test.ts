import assert from 'node:assert/strict';
import test from 'node:test';
import { chooseFormat } from '../../../src/core/completion/fim.ts';
import {
  cutAtTokens,
  dropDoubledSpace,
  dropHidden,
  dropRepeatedLine,
  dropRepeatedLineStart,
  dropThoughts,
  fitAnswer,
  readAnswer,
  unifyLineEnds,
} from '../../../src/core/completion/postprocess.ts';
import { unwrapFence } from '../../../src/core/completion/talk.ts';
import { aroundOf } from './support.ts';

const qwen = chooseFormat({ model: 'qwen2.5-coder' });
const tokens = qwen.mode === 'raw' ? qwen.family.tokens : [];
const context = (marked: string) => ({ docContext: aroundOf(marked), tokens });

test('line ends are LF inside', () => assert.equal(unifyLineEnds('a\r\nb\rc\n'), 'a\nb\nc\n'));

test('thoughts are no part of the answer, and unfinished thoughts are no answer yet', () => {
  const answers = [
    '<think>hm\n</think>\n\nfoo()',
    '<thinking>hm</thinking>foo()',
    '<reasoning>hm</reasoning>\nfoo()',
    '[THINK]hm[/THINK]foo()',
    '◁think▷hm◁/think▷foo()',
    '<seed:think>hm</seed:think>foo()',
    '<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>foo()',
    '<|channel>thought\nhm<channel|>foo()',
    'I should call foo.\n</think>\n\nfoo()',
  ];
  for (const answer of answers) assert.equal(dropThoughts(answer, context('█')), 'foo()', answer);
  assert.equal(dropThoughts('<think>hm', context('█')), '');
  assert.equal(dropThoughts('a <think> b', context('█')), 'a <think> b');
  assert.equal(dropThoughts('hm</reasoning>', context('<reasoning>█')), 'hm</reasoning>', 'the document has the mark');
});

test('an answer ends at the first control token', () => {
  assert.equal(cutAtTokens('foo()<|endoftext|>bar', context('█')), 'foo()');
  assert.equal(cutAtTokens('<|fim_middle|>foo()', context('█')), 'foo()');
  assert.equal(cutAtTokens('foo()<|eot_id|>', context('█')), 'foo()');
  assert.equal(cutAtTokens('foo()<｜end▁of▁sentence｜>', context('█')), 'foo()');
  assert.equal(cutAtTokens('a <| f |> b', context('█')), 'a <| f |> b', 'an operator is no token');
});

test('code is taken out of a fence', () => {
  assert.equal(unwrapFence('```ts\nfoo();\n```\nThat is it.', context('█')), 'foo();');
  assert.equal(unwrapFence('Here is the code:\n\n```\nfoo();', context('█')), 'foo();');
  assert.equal(unwrapFence('Here is the code:\n', context('█')), '', 'nothing is known yet');
  assert.equal(unwrapFence('```', context('█')), '');
  assert.equal(unwrapFence('```ts\nfoo();\n```', context('/**\n * ```\n * █')), '```ts\nfoo();\n```');
});

test('the start of the line is not repeated', () => {
  assert.equal(dropRepeatedLineStart('const total = a + b;', context('  const total = █')), 'a + b;');
  assert.equal(dropRepeatedLineStart('  const total = a;', context('  const total = █')), 'a;');
  assert.equal(dropRepeatedLineStart('ab', context('a█')), 'ab', 'a letter may come twice');
});

test('one space before the cursor is enough', () => {
  assert.equal(dropDoubledSpace(' x', context('return █')), 'x');
  assert.equal(dropDoubledSpace('  x', context('  █')), '  x');
});

test('the line above is not repeated', () => {
  assert.equal(dropRepeatedLine('import a;\nimport b;', context('import a;\n█')), '');
  assert.equal(dropRepeatedLine('}', context('  }\n█')), '}', 'brackets may');
  assert.equal(dropRepeatedLine('port b;', context('import a;\nim█')), 'port b;');
});

test('T14: characters that cannot be seen drop the suggestion; honest ones do not', () => {
  assert.equal(dropHidden('if (admin\u202E) {', context('█')), '');
  for (const space of ['\u00A0', '\u2009', '\u202F', '\u00AD'])
    assert.equal(dropHidden(`10${space}kg';`, context("const a = '█")), `10${space}kg';`, 'text in a string');
  assert.equal(dropHidden('a =\u00A01;', context('█')), '', 'no space of a program');
  assert.equal(dropHidden('a\u200Bb', context('█')), '');
  assert.equal(dropHidden("olmalıdır';", context("const a = '█")), "olmalıdır';", 'Turkish in a string');
  assert.equal(dropHidden('kırmızı = 1;', context('█')), '', 'a dotless i in a word of code');
  assert.equal(dropHidden('kırmızı = 1;', context('const kırmızı = 2;\n█')), 'kırmızı = 1;', 'a name of the document');
  assert.equal(dropHidden('p\u0430y();', context('// \u0430\n█')), '', 'a letter of another script within a word');
  assert.equal(dropHidden("'p\u0430y'", context('█')), '', 'also in a string');
  assert.equal(dropHidden("label = '👩‍👩‍👧'", context('█')), "label = '👩‍👩‍👧'");
  const answer = readAnswer('a\u2066b', context('x = █'), 'ended');
  assert.deepEqual([answer.text, answer.emptiedBy], ['', 'hidden-characters']);
});

/** Sentence, document, remembered text, what is inserted, how much of the line's rest it replaces. */
const FITS: readonly (readonly [string, string, string, string, number])[] = [
  ['a bracket that is there is not written again', 'call(█)', 'a, b)', 'a, b', 0],
  ['nor is a bracket with its semicolon', 'call(█);', 'a, b);', 'a, b', 0],
  ['a bracket that the text itself opens stays', 'if (█) {', 'ready()', 'ready()', 0],
  ['a quote that is there is not written again', "import a from '█'", "./a'", './a', 0],
  ['a string of its own ends at the quote that is there', "x('a', █')", "'b'", "'b", 0],
  ['text that goes on after the brackets replaces them', 'call(█)', 'a, b);', 'a, b);', 1],
  ['text that leaves open what the rest closes is kept', 'f(█) + g(1)', 'a) + h(2', 'a) + h(2', 0],
  ['the rest of the line is not said twice', 'const a = █ + b;', 'x + b;', 'x', 0],
  ['a block before a bracket', 'on(█)', '() => {\n  x();\n})', '() => {\n  x();\n}', 0],
  ['the next line is not said again', '  a();\n  █\n  c();', 'b();\n  c();\n}', 'b();', 0],
  ['line breaks at the end are for nobody', '█\n', 'a();\n\n', 'a();', 0],
];

for (const [sentence, marked, text, expected, replaceAfter] of FITS) {
  test(`fitting: ${sentence}`, () => {
    assert.deepEqual(fitAnswer(text, aroundOf(marked)), { text: expected, replaceAfter });
  });
}

test('white space alone is no suggestion', () => {
  assert.deepEqual(fitAnswer(' \n ', aroundOf('a█')), { emptiedBy: 'blank' });
  assert.deepEqual(fitAnswer('  ', aroundOf('a█ + b')), { emptiedBy: 'blank' });
});

test('a space before the rest of the line is kept', () => {
  assert.deepEqual(fitAnswer('a = ', aroundOf('█b')), { text: 'a = ', replaceAfter: 0 });
});
