import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const TESTS = fileURLToPath(new URL('..', import.meta.url));

/** How many cases the fault list has of each letter. */
const CASES = { F: 75, G: 16, M: 21 };

test('every case of the fault list stands in the name of a test', () => {
  const files = readdirSync(TESTS, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.test.ts'));
  // Names begin with their ids, in a call or in a row of a table that names are made of.
  const named = files.flatMap((name) =>
    [...readFileSync(join(TESTS, name), 'utf8').matchAll(/['"`]((?:[FGM]\d\d[ ,:]*)+)/g)].flatMap(
      ([, ids = '']) => ids.match(/[FGM]\d\d/g) ?? [],
    ),
  );
  const known = Object.entries(CASES).flatMap(([letter, count]) =>
    Array.from({ length: count }, (_, n) => `${letter}${String(n + 1).padStart(2, '0')}`),
  );
  const found = new Set(named);
  assert.deepEqual(
    known.filter((id) => !found.has(id)),
    [],
  );
  assert.deepEqual(
    [...found].filter((id) => !known.includes(id)),
    [],
    'and no other',
  );
});
