import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lexMarkdown } from '../../src/core/common/codeBlocks.ts';
import { IncrementalLexer } from '../../src/webview/shared/incrementalLexer.ts';

/** While an answer streams, the page shows the same blocks as if all that came had been read at once, but for the one that still grows. */

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
  tokens.filter(({ type }) => type !== 'space').map(({ type, raw }) => [type, raw.trimEnd()]);

/** The last block of a growing text is drawn as it will look, see `growingText`: those before it are as they are. */
function streams(whole: string, step: number): void {
  const lexer = new IncrementalLexer();
  for (let at = 1; at <= whole.length; at += step) {
    const text = whole.slice(0, at);
    const seen = shape(lexer.lex(text, false));
    const real = shape(lexMarkdown(text));
    const settled = Math.max(0, Math.min(seen.length, real.length) - 1);
    assert.deepEqual(seen.slice(0, settled), real.slice(0, settled), JSON.stringify(text));
  }
  assert.deepEqual(shape(lexer.lex(whole, true)), shape(lexMarkdown(whole)));
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
