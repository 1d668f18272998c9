import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { placesInOutput } from '../../../src/core/chat/outputPlaces.ts';
import { cpuMs } from '../../support/cpuTime.ts';

const named = (output: string): string[] => placesInOutput(output, 20).map(({ path, line }) => `${path}:${line}`);

test('the places of stack traces, compilers and test runners are found, in their order, each once', () => {
  const output = [
    "TypeError: Cannot read properties of undefined (reading 'n')",
    '    at take (/home/me/shop/src/pool.ts:12:5)',
    '    at file:///home/me/shop/src/main.mjs:3:1',
    "src/a.ts(40,7): error TS2322: Type 'number' is not assignable to type 'string'.",
    'src/a.ts:40:7 - error TS2322',
    '  File "app/views.py", line 17, in index',
    'main.go:9: undefined: x',
    'C:\\shop\\a.cs:line 4, at C:\\shop\\b.cs:5',
    'lib\\pool.cs(8): warning CS0168',
    ' --> src/main.rs:2:13',
    'at com.acme.Pool.take(Pool.java:88)',
  ].join('\n');
  assert.deepEqual(named(output), [
    '/home/me/shop/src/pool.ts:12',
    '/home/me/shop/src/main.mjs:3',
    'src/a.ts:40',
    'app/views.py:17',
    'main.go:9',
    'C:/shop/b.cs:5',
    'lib/pool.cs:8',
    'src/main.rs:2',
    'Pool.java:88',
  ]);
});

test('text that is not a place in a file is not changed', () => {
  assert.deepEqual(named('12:30:01 http://127.0.0.1:8080/a localhost:3000 version 1.2:3 a.ts:0 ratio 4:3'), []);
});

test('long output is read in reasonable time, and no more places than wanted come back', () => {
  const output = 'src/a/'.repeat(50_000) + Array.from({ length: 500 }, (_, i) => `\nx${i}.ts:1`).join('');
  const start = cpuMs();
  assert.equal(placesInOutput(output, 5).length, 5);
  assert.ok(cpuMs() - start < 2_000);
});

/** What was looked for in one expression before, which took seconds for a megabyte. */
const PLACE =
  /"(?<quoted>[^"\n]{1,300})", line (?<quotedLine>\d{1,7})|(?:file:\/\/)?(?<path>(?:(?<![A-Za-z])[A-Za-z]:)?[\w@.\-/\\+]{1,300}\.[A-Za-z]\w{0,9})(?::(?<line>\d{1,7})|\((?<inBrackets>\d{1,7})[,)])/g;

test('for any output the places are those of the expression that describes them', () => {
  const words = fc.constantFrom('src/a.ts', 'C:\\b.cs', 'D:/c.d/e.go', 'file:///x/y.mjs', 'http://h.io:80/', '"q.py", line 7', ':12:5', ':3', '(4,5)', '(6)', ' ', '\n', 'at ', '.', 'a', 'a.b', '-x.y', '@s/p.ts', '"', ': ', '::'); // prettier-ignore
  fc.assert(
    fc.property(fc.array(words, { maxLength: 30 }), (parts) => {
      const output = parts.join('');
      const expected = [...output.matchAll(PLACE)].flatMap(({ groups = {} }) => {
        const line = Number(groups.quotedLine ?? groups.line ?? groups.inBrackets);
        return line > 0 ? [`${(groups.quoted ?? groups.path ?? '').replaceAll('\\', '/')}:${line}`] : [];
      });
      assert.deepEqual(
        placesInOutput(output, 1_000).map(({ path, line }) => `${path}:${line}`),
        [...new Set(expected)],
        JSON.stringify(output),
      );
    }),
    { numRuns: 2_000 },
  );
});

test('a megabyte of any pump is read in under 300 ms', () => {
  for (const pump of [
    'a',
    'a.',
    'src/a.ts',
    'a.ts:',
    ':1',
    '(1,',
    '"',
    '"a',
    'C:',
    'a/b.c:1',
    'a.ts(1',
    ' at x (/a/b.js:1:2)\n',
  ]) {
    let best = Infinity;
    for (let i = 0; i < 3; i++) {
      const before = process.threadCpuUsage();
      placesInOutput(pump.repeat(Math.ceil(1_000_000 / pump.length)), 1_000_000);
      const { user, system } = process.threadCpuUsage(before);
      best = Math.min(best, (user + system) / 1000);
      if (best < 300) break;
    }
    assert.ok(best < 300, `${JSON.stringify(pump)}: ${Math.round(best)} ms`);
  }
});
