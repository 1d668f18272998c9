import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { cutPieces, chooseHits, withinTokens } from '../../../src/core/codebase/choose.ts';
import { indexWhole, isMachineMade, linesOf, rangesOf } from '../../../src/core/codebase/fileEntry.ts';
import { piecesOf } from '../../../src/core/codebase/pieces.ts';

/** Pieces of files: together they are the whole file, and they begin where something is defined. */

const body = (count: number, indent = '  '): string[] =>
  Array.from({ length: count }, (_, i) => `${indent}step(${i});`);

test('pieces are the whole of any text, in order, each of at most 60 lines', () => {
  const line = fc.oneof(
    fc.constantFrom(
      '',
      'function take() {',
      '  return 1;',
      '}',
      '# Heading',
      'class Pool:',
      '    def take(self):',
      '// x',
    ),
    fc.string({ maxLength: 40 }).filter((text) => !/[\r\n]/.test(text)),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 300 }), (lines) => {
      let next = 1;
      for (const { firstLine, lastLine } of piecesOf(lines)) {
        assert.equal(firstLine, next);
        assert.ok(lastLine >= firstLine && lastLine - firstLine < 62);
        next = lastLine + 1;
      }
      assert.equal(next, lines.length + 1);
    }),
  );
});

test('definitions of many languages begin pieces and name them, with the comments in front', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['export async function takeOne(a: string): Promise<void> {', 'takeOne'],
    ['def take_one(self):', 'take_one'],
    ['func (p *Pool) TakeOne(n int) error {', 'TakeOne'],
    ['pub(crate) fn take_one<T>(&self) -> T {', 'take_one'],
    ['impl Pool {', 'Pool'],
    ['public static int takeOne(int a) {', 'takeOne'],
    ['export const takeOne = async (a) => {', 'takeOne'],
    ['class TakeOne < Base', 'TakeOne'],
    ['CREATE TABLE IF NOT EXISTS take_one (', 'take_one'],
    ['fun takeOne(a: Int) {', 'takeOne'],
    ['sub take_one {', 'take_one'],
    ['  #takeOne(a: number): void {', 'takeOne'],
    ['## Take one', 'Take one'],
  ];
  for (const [line, name] of cases) {
    const pieces = piecesOf([
      'function before() {',
      ...body(30),
      '}',
      '',
      '/** What it does. */',
      line,
      ...body(14),
      '',
    ]);
    const found = pieces.find(({ symbols }) => symbols.includes(name));
    assert.ok(found, `${line}: ${JSON.stringify(pieces)}`);
    if (!line.startsWith(' ')) assert.equal(found.firstLine, 34, line);
  }
  const [ordinary] = piecesOf(['if (x) {', '  return call(a) {', '}', 'for (const a of b) {']);
  assert.deepEqual(ordinary?.symbols, []);
});

test('generated code is not indexed as text', () => {
  assert.ok(isMachineMade('x=1;'.repeat(2_000)));
  assert.ok(!isMachineMade(body(2_000).join('\n')));
  assert.ok(!isMachineMade('short'));
});

test('a piece is cut with its lines; a part of a key that goes over several lines is left out', () => {
  const key = [
    '-----BEGIN RSA PRIVATE KEY-----',
    ...Array.from({ length: 70 }, (_, i) => `${'MIIEpAIBAAKCAQEA'.repeat(3)}${i}`),
  ];
  const text = [
    'function take() {',
    ...body(20),
    '}',
    ...key,
    '-----END RSA PRIVATE KEY-----',
    'function last() {',
    ...body(20),
    '}',
  ];
  const all = piecesOf(text).map((_, i) => i);
  const cut = cutPieces('src/a.ts', text.join('\r\n'), piecesOf(text), all);
  assert.doesNotMatch(cut.map((piece) => piece.text).join('\n'), /MIIEpAIB/);
  assert.match(cut.map((piece) => piece.text).join('\n'), /function last/);
  for (const { tokens, symbol } of cut) assert.ok(tokens > 0 && symbol);
});

test('few pieces of one file are taken, neighbors as one, and none that match far worse', () => {
  const hit = (file: string, piece: number, score: number) => ({ file, piece, firstLine: 1, lastLine: 2, score });
  const hits = [hit('a', 3, 10), hit('a', 2, 9), hit('a', 7, 8), hit('b', 0, 7), hit('c', 0, 1)];
  assert.deepEqual(chooseHits(hits, 10), [
    { file: 'a', pieces: [2, 3] },
    { file: 'b', pieces: [0] },
  ]);
  const lines = ['function one() {', ...body(20), '}', 'function two() {', ...body(20), '}'];
  const [joined, ...none] = cutPieces('a.ts', lines.join('\n'), rangesOf(indexWhole('a.ts', lines.join('\n'))), [0, 1]);
  assert.deepEqual([joined?.firstLine, joined?.lastLine, none.length], [1, 44, 0]);
  assert.equal(
    withinTokens(
      [
        { ...joined!, tokens: 900 },
        { ...joined!, tokens: 200 },
      ],
      500,
    ).length,
    1,
    'the first one is taken whatever it has',
  );
});

test('every source of this project is indexed whole', () => {
  const root = path.resolve(import.meta.dirname, '../../..');
  for (const file of fs.readdirSync(path.join(root, 'src/core'), { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    const text = fs.readFileSync(path.join(root, 'src/core', file), 'utf8');
    const { pieces, terms, counts } = indexWhole(file, text);
    assert.equal(pieces.at(-3), linesOf(text).length, file);
    assert.deepEqual([pieces.at(-1), terms.length], [terms.length, counts.length], file);
  }
});
