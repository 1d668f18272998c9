import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placesInOutput } from '../../../src/core/chat/outputPlaces.ts';

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

test('what is no place in a file is left alone', () => {
  assert.deepEqual(named('12:30:01 http://127.0.0.1:8080/a localhost:3000 version 1.2:3 a.ts:0 ratio 4:3'), []);
});

test('long output is read in reasonable time, and no more places than wanted come back', () => {
  const output = 'src/a/'.repeat(50_000) + Array.from({ length: 500 }, (_, i) => `\nx${i}.ts:1`).join('');
  const start = performance.now();
  assert.equal(placesInOutput(output, 5).length, 5);
  assert.ok(performance.now() - start < 2_000);
});
