import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Token, Tokens } from 'marked';
import fc from 'fast-check';
import { lexMarkdown } from '../../src/core/common/codeBlocks.ts';
import { growingText } from '../../src/webview/shared/growingText.ts';
import { IncrementalLexer } from '../../src/webview/shared/incrementalLexer.ts';

/** What streams in looks at every moment like what it will be. */

const shape = (tokens: readonly Token[]): string[] =>
  tokens.filter(({ type }) => type !== 'space').map(({ type }) => type);

/** All text that a reader would see as words. */
const words = (tokens: readonly Token[]): string =>
  tokens
    .map((token) => {
      if (token.type === 'list') return (token as Tokens.List).items.map((item) => words(item.tokens)).join(' ');
      if (token.type === 'code' || token.type === 'codespan') return '';
      const inside = (token as { tokens?: Token[] }).tokens;
      return inside ? words(inside) : 'text' in token ? String(token.text) : '';
    })
    .join('');

const BLOCKS = [
  'Do:',
  '1. one\n\n2. two\n\n3. three',
  '1. **Bold** first\n2. then `code`\n   - nested **two**\n   - [ ] open\n10. last',
  '- a\n- b\n\n- c',
  '## A heading with `code`',
  'Use **a lock** and `take()`, see [the docs](https://example.com/a_b) or ~~nothing~~.',
  '| a | b |\n|---|:-:|\n| 1 | **2** |',
  '```ts\nconst a = `x`;\n// 1.\n- 2\n```',
  '> quoted **text**',
  '---',
];

test('every beginning of an answer has the blocks of the whole, and no open marks', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(BLOCKS, { minLength: 1 }), fc.integer({ min: 1, max: 5 }), (blocks, step) => {
      const text = blocks.join('\n\n');
      const whole = shape(lexMarkdown(text));
      const lexer = new IncrementalLexer();
      for (let end = 1; end < text.length; end += step) {
        const tokens = lexer.lex(text.slice(0, end), false);
        const now = shape(tokens);
        assert.deepEqual(now, whole.slice(0, now.length), JSON.stringify(text.slice(0, end)));
        assert.doesNotMatch(words(tokens), /\*\*|~~|`|\]\(|^\||\n\|/, JSON.stringify(text.slice(0, end)));
      }
      assert.deepEqual([...lexer.lex(text, true)], [...lexMarkdown(text)]);
    }),
    { numRuns: 200 },
  );
});

test('an ordered list that grows letter by letter is one list at every moment', () => {
  const text = 'Do:\n\n1. one\n\n2. two\n\n3. three';
  const lexer = new IncrementalLexer();
  for (let end = 1; end <= text.length; end++) {
    const lists = lexer.lex(text.slice(0, end), false).filter(({ type }) => type === 'list');
    assert.ok(lists.length <= 1, text.slice(0, end));
  }
});

test('finished text is not changed, and no text that a reader waits for is lost', () => {
  for (const text of [
    'a * b',
    '2 * 3 = 6',
    'x[i](y)',
    'It costs $5.',
    'a_b_c',
    '1. one',
    'Use `a` and **b**.',
    'x = 2',
  ])
    assert.equal(growingText(text), text);
  assert.equal(growingText('```ts\na\n``'), '```ts\na\n');
  assert.equal(growingText('Use **a lo'), 'Use **a lo**');
  assert.equal(growingText('Use `a'), 'Use `a`');
  assert.equal(growingText('see [docs](https://exa'), 'see docs');
});
