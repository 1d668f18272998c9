import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lexMarkdown } from '../../src/core/common/codeBlocks.ts';
import { IncrementalLexer } from '../../src/webview/shared/incrementalLexer.ts';

/** While an answer streams, the page shows the same blocks as when it has ended. */

const LINES = [
  '1. one',
  '2. two',
  '3) three',
  '10',
  '2',
  '- a',
  '* b',
  '+',
  '   - nested',
  '  more',
  '    indented',
  'text',
  '**bold',
  '> quote',
  '# heading',
  '```',
  '```ts',
  'const a = 1;',
  '| a | b |',
  '|---|---|',
  '| 1 | 2 |',
  '---',
  '===',
  '<div>',
  '</div>',
];

const shape = (tokens: readonly { type: string; raw: string }[]): unknown[] =>
  tokens.map(({ type, raw }) => [type, raw]);

function streams(whole: string, step: number): void {
  const lexer = new IncrementalLexer();
  for (let at = 1; at <= whole.length; at += step) {
    const text = whole.slice(0, at);
    assert.deepEqual(shape(lexer.lex(text, false)), shape(lexMarkdown(text)), JSON.stringify(text));
  }
}

test('the items of an ordered list with empty lines between them are one list while they arrive', () => {
  streams('Do:\n\n1. one\n\n2. two\n\n3. three', 1);
});

test('any text that arrives in pieces has the same blocks as the text at once', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constantFrom(...LINES), fc.constant('')), { maxLength: 14 }),
      fc.integer({ min: 1, max: 4 }),
      (lines, step) => streams(lines.join('\n'), step),
    ),
    { numRuns: 500 },
  );
});
