import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { findDynamicCode } from './tools/dynamicCode.mjs';

/** No cache of machine code, no text that becomes code: `npm run package` looks through the built files in the same way. */

const SRC = path.resolve(import.meta.dirname, '../src');

test('T25 the extension runs nothing but its own modules: no vm, no code cache, no eval', () => {
  const files = fs.readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name));
  assert.ok(files.length > 100);
  assert.deepEqual(
    files.flatMap((file) => findDynamicCode(file, fs.readFileSync(path.join(SRC, file), 'utf8'))),
    [],
  );
});

test('each way to run other code is found, however it is written', () => {
  const ways = [
    `import vm from 'node:vm';`,
    `import { Script } from 'vm';`,
    `export { Script } from 'node:vm';`,
    `import{Script as a}from"node:vm";`,
    `const vm = await import('node:vm');`,
    `const vm = require('vm');`,
    `process.getBuiltinModule('node:vm');`,
    `import { createRequire } from 'node:module';`,
    `import v8 from 'node:v8';`,
    `new Script(text, { cachedData });`,
    `new Script(text, { 'cachedData': data });`,
    `script.createCachedData();`,
    `eval(text);`,
    `(0, eval)(text);`,
    `globalThis.eval(text);`,
    `globalThis['eval'](text);`,
    `new Function('a', text);`,
    `Function(text)();`,
    `new globalThis.Function(text);`,
    `setTimeout('alert(1)', 5);`,
  ];
  for (const way of ways) assert.equal(findDynamicCode('way.ts', way).length > 0, true, way);
});

test('words in comments, strings and names do not count as code that runs', () => {
  const text = [
    '// eval(text), new Function(text)',
    'const hint = `Do not use eval() or node:vm`;',
    'interface Model { readonly eval_count: number; readonly Function: string }',
    'const evaluate = (call: Function) => setTimeout(() => call(), 5);',
    `import fs from 'node:fs';`,
  ].join('\n');
  assert.deepEqual(findDynamicCode('fine.ts', text), []);
});
