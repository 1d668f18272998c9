import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';

/** The index of cases in `test/fixtures/wire/CASES.md`: each row names shapes and tests that exist. */

const ROOT = path.resolve(import.meta.dirname, '../../..');
const FOLDER = path.join(ROOT, 'test/fixtures/wire');

const rows = readFileSync(path.join(FOLDER, 'CASES.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| case |'))
  .map((line) => {
    const [name = '', what = '', where = ''] = line.slice(2, -2).split(' | ');
    return { name, what, references: [...where.matchAll(/`([^`]+)`/g)].map(([, reference = '']) => reference) };
  });

/** The names of a list's entries, or its members where it is none. */
function entriesOf(list: string): readonly string[] {
  const value = JSON.parse(readFileSync(path.join(FOLDER, list), 'utf8')) as unknown;
  return Array.isArray(value) ? value.map((entry: { name: string }) => entry.name) : Object.keys(value as object);
}

/** What is wrong with a reference; undefined when it leads to something. */
function problemOf(reference: string): string | undefined {
  const [file = '', name] = reference.split(/: (.*)/s);
  if (file.endsWith('.txt')) return existsSync(path.join(FOLDER, file)) ? undefined : 'no such shape';
  const place = path.join(file.endsWith('.json') ? FOLDER : ROOT, file);
  if (!existsSync(place)) return 'no such file';
  if (!name) return 'no name';
  if (file.endsWith('.json')) return entriesOf(file).includes(name) ? undefined : 'no such entry';
  const tests = readFileSync(place, 'utf8')
    .replaceAll("\\'", "'")
    .matchAll(/\b(?:test|fault)\(\s*['"`]([^\n]*)/g);
  return [...tests].some(([, title = '']) => title.startsWith(name)) ? undefined : 'no such test';
}

test('every case of the index leads to shapes and tests that exist', () => {
  assert.ok(rows.length > 90, `${rows.length} rows`);
  for (const { name, what, references } of rows) {
    assert.ok(name && what && references.length > 0, `${name}: ${what}`);
    for (const reference of references) assert.equal(problemOf(reference), undefined, `${name}: ${reference}`);
  }
});

test('every report and every fact has a row', () => {
  const found = new Set(rows.map(({ name }) => name));
  const reports = [7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 34].map((number) => `H${number}`);
  const facts = [
    ...['A', 'C', 'F'],
    ...Array.from({ length: 16 }, (_, at) => `B${at + 1}`),
    ...Array.from({ length: 10 }, (_, at) => `D${at + 1}`),
    ...Array.from({ length: 10 }, (_, at) => `E${at + 1}`),
  ];
  assert.deepEqual(
    [...reports, ...facts].filter((name) => !found.has(name)),
    [],
  );
});

test('a reference to what is not there is found', () => {
  const wrong = [
    'no-such-shape.txt',
    'streams.json: no such entry',
    'test/core/providers/no-such.test.ts: a test',
    'test/core/providers/wireCases.test.ts: no test of this name',
    'test/core/providers/wireCases.test.ts',
  ];
  assert.ok(wrong.every((reference) => problemOf(reference) !== undefined));
});
