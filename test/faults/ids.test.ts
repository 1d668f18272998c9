import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const TESTS = fileURLToPath(new URL('..', import.meta.url));

const idOf = (letter: string, number: number): string => `${letter}${String(number).padStart(2, '0')}`;

/** The ids in the first cells of the catalog's tables, in order; `I01-I03` stands for three. */
const catalogue = readFileSync(join(TESTS, 'faults/CATALOGUE.md'), 'utf8')
  .split('\n')
  .flatMap((line) => [
    ...(/^\| ([FGMTIL]\d\d[^|]*)\|/.exec(line)?.[1] ?? '').matchAll(/([A-Z])(\d\d)(?:-[A-Z](\d\d))?/g),
  ])
  .flatMap(([, letter = '', from, to = from]) =>
    Array.from({ length: Number(to) - Number(from) + 1 }, (_, n) => idOf(letter, Number(from) + n)),
  );

/** The ids that names of tests begin with, in a call or in a row of a table that names are made of. */
const tested = new Set(
  readdirSync(TESTS, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(test|spec)\.ts$/.test(name) && !name.endsWith('ids.test.ts'))
    .flatMap((name) => [...readFileSync(join(TESTS, name), 'utf8').matchAll(/['"`]((?:[FGMTIL]\d\d\b[ ,:]*)+)/g)])
    .flatMap(([, ids = '']) => ids.match(/[FGMTIL]\d\d/g) ?? []),
);

test('the catalog has every id once, and no gap', () => {
  for (const letter of 'FGMTIL') {
    const own = catalogue.filter((id) => id.startsWith(letter));
    assert.ok(own.length > 10, letter);
    assert.deepEqual(
      [...own].sort(),
      own.map((_, n) => idOf(letter, n + 1)),
    );
  }
});

test('every case of the catalog is in the name of a test', () => {
  assert.deepEqual(
    catalogue.filter((id) => !tested.has(id)),
    [],
  );
});

test('no test names a case that is not in the catalog', () => {
  assert.deepEqual(
    [...tested].filter((id) => !catalogue.includes(id)),
    [],
  );
});
