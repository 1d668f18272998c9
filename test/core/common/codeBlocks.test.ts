import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lexer, type Token } from 'marked';
import { codeBlocks, codeTokens, lexMarkdown } from '../../../src/core/common/codeBlocks.ts';
import { IncrementalLexer } from '../../../src/webview/shared/incrementalLexer.ts';
import { leastCpuMs } from '../../support/cpuTime.ts';

/** Longest answer that the page reads as Markdown, in characters. */
const LONG = 512 * 1024;

/** What a failed model repeats, and what costs a lexer most. */
const PUMPS = [
  ...['!', '! ', '> ', '>', '1. ', '- ', '+ ', '* ', '# ', 'a_a_a_', 'a_ ', '_a_ ', '*a ', '**a ', '***a', 'a*b', '*_'],
  ...['`a', '`a` ', '``` ', '[a', '[a](', '[a](b ', '![a', '[]', '][', '[^a]', '[a][b] ', '<a ', '<a', '</', '<!--'],
  ...['~a', '~~a~', '|', '| a ', '\\', '\\a', '&', '&amp', 'a@', 'a@b.', 'http://', 'http://a.', 'www.', '"', "'"],
  ...['\t', ' ', '\n', ' \n', 'a\n', 'a  \n', '- a\n', '- a\n\n', '1. a\n', '> a\n', '>a\n\n', '# a\n', '# a\n\n'],
  ...['a\n\n', '| a | b |\n', 'a|b\n-|-\n', '=\n', '-\n', '---\n', '```\n', '~~~\n', '    a\n', '[a]: b\n', '<div>\n'],
  ...['- - - a\n', '> > > a\n\n', '    ```\n- a\n', '<div>\n```\n\n- a\n', '- ```\n', '- [ ] a\n', '\r', '\r\n'],
  ...['=', '#', '$', '{', '(', ')', '\0', 'é', '😀', 'word word ', 'The answer is no. '],
];

const fill = (pump: string, length: number): string => pump.repeat(Math.ceil(length / pump.length)).slice(0, length);
const inPieces = (text: string, length: number, between: string): string =>
  (text.match(new RegExp(`[^]{1,${length}}`, 'g')) ?? []).join(between).slice(0, LONG);

/** Of each kind that costs in pieces what it costs as a whole, one. */
const DENSE = ['!', 'a_a_a_', '_a_ ', '*_', '`a', '[a](', '[a](b ', '~a', '&', '\\', 'a\n', '- a\n', '😀'];

test('H5 512 kB of any pump are read in under 200 ms, at once, as paragraphs, as items and as cells', () => {
  const slow: string[] = [];
  for (const pump of PUMPS)
    for (const [form, text] of [
      ['whole', fill(pump, LONG)],
      ['paragraphs', inPieces(fill(pump, LONG), 1_500, '\n\n')],
      ['items', `- ${inPieces(fill(pump.replaceAll('\n', ' '), LONG), 100, '\n- ')}`],
      ['cells', `|a|b|\n|-|-|\n|${inPieces(fill(pump.replaceAll(/[\n|]/g, ' '), LONG), 100, '|b|\n|')}`],
    ].slice(0, DENSE.includes(pump) ? 4 : 1) as [string, string][]) {
      const ms = leastCpuMs(() => codeBlocks(text), 200);
      if (ms >= 200) slow.push(`${JSON.stringify(pump)} as ${form}: ${Math.round(ms)} ms`);
    }
  assert.deepEqual(slow, []);
});

test('H5 a pump that streams in costs little with each piece', () => {
  for (const pump of ['!', '> ', '1. ', 'a_a_a_', '- a\n', 'a\n', '| a | b |\n', '[a](']) {
    const lexer = new IncrementalLexer();
    const text = fill(pump, LONG);
    lexer.lex(text.slice(0, 200_000), false);
    const ms = leastCpuMs(() => {
      lexer.lex('', false);
      lexer.lex(text.slice(0, 200_000), false);
      for (let i = 1; i <= 3; i++) lexer.lex(text.slice(0, 200_000 + i * 60), false);
    }, 500);
    assert.ok(ms < 500, `${JSON.stringify(pump)}: ${Math.round(ms)} ms for five readings`);
  }
});

test('H5 any mixture of pumps is read in time, and loses no character', () => {
  const piece = fc.tuple(fc.constantFrom(...PUMPS), fc.integer({ min: 1, max: 20_000 }));
  fc.assert(
    fc.property(
      fc.array(piece, { minLength: 1, maxLength: 12 }),
      fc.constantFrom('', '\n', '\n\n'),
      (pieces, between) => {
        const text = pieces
          .map(([pump, length]) => fill(pump, length))
          .join(between)
          .replaceAll('\r', '\n');
        let tokens: Token[] = [];
        const ms = leastCpuMs(() => (tokens = lexMarkdown(text)), 500);
        // Mixtures can hide lists from the count of lines: they may cost twice what one pump may.
        assert.ok(ms < 500, `${Math.round(ms)} ms`);
        assert.ok(codeTokens(tokens).every((code) => typeof code.text === 'string'));
      },
    ),
    { numRuns: 25 },
  );
});

test('a text within the budget has exactly the tokens of Markdown', () => {
  const inline = fc.constantFrom(
    'word',
    '`code`',
    '**bold**',
    '*em*',
    'a_b',
    '[l](http://x.y)',
    '[r][1]',
    '<b>',
    '~~x~~',
    '\\*',
    '!',
  );
  const line = fc.array(inline, { minLength: 1, maxLength: 12 }).map((parts) => parts.join(' '));
  const block = fc.oneof(
    line,
    line.map((text) => `# ${text}`),
    fc.array(line, { minLength: 1, maxLength: 6 }).map((items) => items.map((text) => `- ${text}`).join('\n')),
    fc.array(line, { minLength: 1, maxLength: 4 }).map((items) => items.map((text) => `> - ${text}`).join('\n')),
    line.map((text) => `| a | b |\n|---|---|\n| ${text} | x |`),
    line.map((text) => `\`\`\`ts\n${text}\n\n${text}\n\`\`\``),
    line.map((text) => `1. ${text}\n\n   ~~~sh\n   ${text}\n   ~~~`),
    fc.constant('[1]: https://example.com'),
    fc.constant('---'),
  );
  fc.assert(
    fc.property(fc.array(block, { maxLength: 20 }), (blocks) => {
      const text = blocks.join('\n\n');
      assert.deepEqual(
        JSON.parse(JSON.stringify(lexMarkdown(text))),
        JSON.parse(JSON.stringify(lexer(text, { gfm: true }))),
      );
    }),
    { numRuns: 200 },
  );
});

test('long honest answers keep their form: a list, a table, code, and code in a list', () => {
  const words = 'an item with `code`, a **strong** word and a [link](https://example.com)';
  const list = Array.from({ length: 400 }, (_, i) => `${i + 1}. ${words}`).join('\n');
  const table = `| a | b |\n|---|---|\n${Array.from({ length: 500 }, (_, i) => `| ${i} | ${words} |`).join('\n')}`;
  const code = Array.from({ length: 9_000 }, (_, i) => `const line${i} = '${'='.repeat(40)}';`).join('\n');
  const inList = `- so:\n\n  \`\`\`ts\n${code.replaceAll(/^/gm, '  ').slice(0, 50_000)}\n  \`\`\``;
  const text = [list, table, `\`\`\`ts\n${code}\n\`\`\``, inList, 'The end.'].join('\n\n');
  assert.deepEqual(
    lexMarkdown(text)
      .filter(({ type }) => type !== 'space')
      .map(({ type }) => type),
    ['list', 'table', 'code', 'list', 'paragraph'],
  );
  assert.deepEqual(
    codeBlocks(text).map((block) => block.language),
    ['ts', 'ts'],
  );
  assert.equal(codeBlocks(text)[0]?.text, code);
});

test('text beyond the budget stays as it was written, and text before and after it keeps its form', () => {
  for (const hostile of [
    fill('!', 9_000),
    fill('> ', 9_000),
    fill('a_', 20_000),
    fill('[a](', 9_000),
    fill('1. ', 9_000),
  ]) {
    const tokens = lexMarkdown(`# One\n\n${hostile}\n\n\`\`\`ts\nlast\n\`\`\`\n`);
    assert.equal(tokens[0]?.type, 'heading');
    assert.deepEqual(
      codeTokens(tokens).map((code) => code.text),
      ['last'],
      hostile.slice(0, 4),
    );
    assert.ok(
      tokens
        .map(({ raw }) => raw)
        .join('')
        .includes(hostile.trimEnd()),
    );
  }
});
