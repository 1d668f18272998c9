import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filePlace, filesNamed } from '../../../src/core/chat/fileLinks.ts';
import { cpuMs } from '../../support/cpuTime.ts';

test('a relative path with or without lines is a place', () => {
  const place = (text: string): string | undefined => {
    const found = filePlace(text);
    return found && `${found.path}:${found.line ?? ''}`;
  };
  assert.equal(place('src/pool.ts'), 'src/pool.ts:');
  assert.equal(place('./src/pool.ts:40'), 'src/pool.ts:40');
  assert.equal(place('src/pool.ts:40-88'), 'src/pool.ts:40');
  assert.equal(place('src/pool.ts:40:7'), 'src/pool.ts:40');
  assert.equal(place('src/pool.ts#L40-L88'), 'src/pool.ts:40');
  assert.equal(place('src\\win\\a.cs(12)'), 'src/win/a.cs:12');
  assert.equal(place('app/[id]/page.tsx'), 'app/[id]/page.tsx:');
  assert.equal(place('Dockerfile'), 'Dockerfile:');
  assert.equal(place('.github/workflows/ci.yml'), '.github/workflows/ci.yml:');
});

test('what cannot be a file of the workspace is none', () => {
  for (const text of [
    'const a = 1;',
    'pool',
    'foo()',
    '../x.ts',
    'a/../../x.ts',
    '/etc/passwd.txt',
    'C:\\x\\a.ts',
    'https://example.com/a.ts',
    'command:x.y',
    'file:///etc/a.txt',
    'a.ts:0',
    `${'x/'.repeat(200)}a.ts`,
    'a\u202Eb.ts',
    '3.14',
  ])
    assert.equal(filePlace(text), undefined, text);
});

test('the files of an answer are found in spans and links, each once, and not in code', () => {
  const text =
    'See `src/a.ts:3` and `src/a.ts`, [b](src/b%20c.ts#L4), `x = 1`, [web](https://x.example/a.ts).\n```\n`d.ts`\n```';
  assert.deepEqual(filesNamed(text).slice(0, 2), ['src/a.ts', 'src/b c.ts']);
});

test('a hostile answer takes no more than a moment', () => {
  const start = cpuMs();
  filesNamed('`'.repeat(200_000));
  filesNamed('`a/'.repeat(100_000));
  filesNamed(`\`${'a.'.repeat(140)}\` `.repeat(500));
  filesNamed(']('.repeat(100_000));
  assert.ok(cpuMs() - start < 2000, `${cpuMs() - start} ms`);
});
