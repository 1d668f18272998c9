import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CodebaseIndex } from '../../../src/core/codebase/codebaseIndex.ts';
import { indexWhole } from '../../../src/core/codebase/fileEntry.ts';
import { queryTerms } from '../../../src/core/codebase/words.ts';

/** Files that say the same under other names, so that their scores are equal, and some that say more or less. */
const texts = fc.constantFrom(
  'export function connection() {\n  return connection.open;\n}\n',
  'export function connection() {\n  return connection.pool;\n}\n',
  'export const lost = () => connection;\n',
  'export const other = 1;\n',
);

test('the order of what is found does not depend on the order in which files were indexed', () => {
  fc.assert(
    fc.property(
      fc
        .array(texts, { minLength: 2, maxLength: 20 })
        .map((list) => list.map((text, i) => [`f${i}.ts`, text] as const))
        .chain((files) => fc.tuple(fc.constant(files), fc.shuffledSubarray(files, { minLength: files.length }))),
      ([files, shuffled]) => {
        const search = (list: typeof files, most = 20) => {
          const index = new CodebaseIndex();
          for (const [key, text] of list) index.set({ key, mtime: 0, size: text.length, entry: indexWhole(key, text) });
          const hits = index.search('connection lost', queryTerms('connection lost'), most);
          return hits.map(({ file, piece }) => `${file} ${piece}`);
        };
        assert.deepEqual(search(shuffled), search(files));
        assert.deepEqual(search(shuffled, 1), search(files).slice(0, 1));
      },
    ),
    { numRuns: 300 },
  );
});
