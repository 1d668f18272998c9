import assert from 'node:assert/strict';
import test from 'node:test';
import {
  readDocumentContext,
  WINDOW,
  type DocumentView,
  windowFor,
} from '../../../src/core/completion/documentContext.ts';
import { buildRequest } from '../../../src/core/completion/fimPrompt.ts';
import { at, aroundOf } from './support.ts';

const documentOf = (lines: readonly string[]): DocumentView & { reads: number } => {
  const view = {
    ...at('█').document,
    lineCount: lines.length,
    reads: 0,
    lineAt: (line: number) => (view.reads++, lines[line] ?? ''),
  };
  return view;
};
const LINES = Array.from({ length: 20_000 }, (_, i) => `  const value${i} = compute(${i});`);

test('a small document is read as a whole', () => {
  const docContext = aroundOf('a\nb█c\nd');
  assert.deepEqual(docContext, {
    language: 'typescript',
    before: 'a\nb',
    after: 'c\nd',
    linePrefix: 'b',
    lineSuffix: 'c',
  });
});

test('the end of the file has nothing after it', () => {
  assert.equal(aroundOf('a\nb█').after, '');
});

test('of a large document only the lines near the cursor are read', () => {
  const document = documentOf(LINES);
  const docContext = readDocumentContext(document, { line: 10_000, character: 5 });
  assert.ok(document.reads <= 2 * WINDOW.beforeLines + WINDOW.afterLines, `${document.reads} lines`);
  assert.ok(docContext.before.length <= 8_192 && docContext.after.length <= 2_048);
  assert.ok(docContext.before.endsWith('\n  con') && docContext.after.startsWith('st value10000'));
});

test('the start of the window stays where it is while the user types and adds lines', () => {
  const starts = new Set<string>();
  const lines = LINES.slice(0, 400);
  for (let key = 0; key < 30; key++) {
    const line = 300 + Math.floor(key / 3);
    const typed = [...lines.slice(0, 300), ...Array<string>(Math.floor(key / 3)).fill('  x();'), '  y'.repeat(key % 3)];
    const { before } = readDocumentContext(documentOf([...typed, ...lines.slice(300)]), {
      line,
      character: (typed.at(-1) ?? '').length,
    });
    starts.add(before.slice(0, before.indexOf('\n')));
  }
  assert.ok(starts.size <= 2, [...starts].join('|'));
});

test('I14: a long line is never cut inside a character', () => {
  for (const shift of ['', 'x']) {
    const line = shift + '😀'.repeat(9_000);
    const { before, after } = readDocumentContext(documentOf([line]), { line: 0, character: shift.length + 9_000 });
    assert.ok(!/^[\uDC00-\uDFFF]/.test(before) && !/[\uD800-\uDBFF]$/.test(before));
    assert.ok(!/^[\uDC00-\uDFFF]/.test(after) && !/[\uD800-\uDBFF]$/.test(after));
    assert.ok(before.length > 500);
  }
});

test('text of many-byte scripts gets a smaller window, because its tokens are shorter', () => {
  const { before } = readDocumentContext(documentOf(Array<string>(500).fill('漢字'.repeat(20))), {
    line: 400,
    character: 0,
  });
  assert.ok(before.length < 2_000 && before.length > 500, String(before.length));
});

test('what the suggest widget has selected counts as typed', () => {
  const { document, position } = at('foo.ba█r\n');
  const docContext = readDocumentContext(document, position, { from: 4, text: 'bazaar' });
  assert.equal(docContext.linePrefix, 'foo.bazaar');
  assert.equal(docContext.after, 'r\n');
});

test('in suffix mode neither side is ever empty', () => {
  const file = { path: 'a', repo: 'r', language: 'x', snippets: [] };
  const request = buildRequest({ docContext: aroundOf('a█'), format: { mode: 'suffix' }, ...file });
  assert.deepEqual(request.prompt, { prefix: 'a', suffix: '\n' });
  const start = buildRequest({ docContext: aroundOf('█a'), format: { mode: 'suffix' }, ...file });
  assert.deepEqual(start.prompt, { prefix: '\n', suffix: 'a' });
});

test('in suffix mode no family can be closed by the document', () => {
  const docContext = aroundOf('<|fim_middle|>█[PREFIX]');
  const request = buildRequest({
    docContext,
    format: { mode: 'suffix' },
    path: 'a',
    repo: 'r',
    language: 'x',
    snippets: [],
  });
  assert.deepEqual(request.prompt, { prefix: '< |fim_middle|>', suffix: '[ PREFIX]' });
});

test('the window follows the family’s order and the model’s context', () => {
  assert.ok(windowFor('suffix-first', 32_768).afterTokens > windowFor('prefix-first', 32_768).afterTokens);
  assert.deepEqual(windowFor('prefix-first', undefined), WINDOW);
  const small = windowFor('prefix-first', 2_048);
  assert.ok(small.beforeTokens + small.afterTokens <= 2_048 * 0.6);
});
