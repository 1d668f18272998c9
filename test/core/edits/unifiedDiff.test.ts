import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { unifiedDiff } from '../../../src/core/edits/unifiedDiff.ts';

/** The difference of two versions is one that git itself applies. */

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'unified-'));
after(() => fs.rmSync(dir, { recursive: true, force: true }));

/** What git makes of the text before and the diff. */
function applied(before: string | null, diff: string): string | null {
  const file = path.join(dir, 'x.txt');
  fs.rmSync(file, { force: true });
  if (before !== null) fs.writeFileSync(file, before);
  if (diff !== '') execFileSync('git', ['apply', '--whitespace=nowarn', '-'], { cwd: dir, input: diff, stdio: 'pipe' });
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : null;
}

const text = fc
  .tuple(
    fc.array(fc.constantFrom('a', 'b', '', '  c', '-d', '+e', '\\ f', '@@ g', 'h\r'), { maxLength: 30 }),
    fc.boolean(),
  )
  .map(([lines, ends]) => lines.join('\n') + (ends && lines.length > 0 ? '\n' : ''));

test('git applies it and comes to the text after', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(text, text, (before, now) => {
      const diff = unifiedDiff({ nameBefore: 'x.txt', nameAfter: 'x.txt', before, after: now });
      assert.equal(diff === '', before === now);
      assert.equal(applied(before, diff), now, diff);
    }),
    { numRuns: 150 },
  );
});

test('new, deleted and renamed files are shown as git shows them', () => {
  assert.equal(applied(null, unifiedDiff({ nameBefore: null, nameAfter: 'x.txt', before: '', after: 'a\n' })), 'a\n');
  assert.equal(applied('a\n', unifiedDiff({ nameBefore: 'x.txt', nameAfter: null, before: 'a\n', after: '' })), null);
  const renamed = unifiedDiff({ nameBefore: 'old.ts', nameAfter: 'new.ts', before: 'a\n', after: 'a\n' });
  assert.match(renamed, /^diff --git a\/old\.ts b\/new\.ts\nrename from old\.ts\nrename to new\.ts\n$/);
});
