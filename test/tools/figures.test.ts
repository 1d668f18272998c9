import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

const SCRIPT = path.resolve(import.meta.dirname, 'figures.mjs');

/** Runs the script with `--check` on a checkout of these files. */
function figures(files: Readonly<Record<string, string>>): { code: number | null; output: string } {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'gearshift-figures-'));
  try {
    for (const [file, text] of Object.entries(files)) {
      fs.mkdirSync(path.join(root, path.dirname(file)), { recursive: true });
      fs.writeFileSync(path.join(root, file), text);
    }
    const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, '--check', root], { encoding: 'utf8' });
    return { code: status, output: stdout + stderr };
  } finally {
    fs.rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  }
}

const lines = (count: number, line: (n: number) => string): string =>
  Array.from({ length: count }, (_, n) => `${line(n)}\n`).join('');
const longFunction = (count: number): string =>
  `export function long() {\n${lines(count - 2, (n) => `  use(${n});`)}}\n`;
const longClass = (count: number): string => `export class Large {\n${lines(count - 2, (n) => `  a${n} = ${n};`)}}\n`;

test('a function of 120 lines and a class of 400 are within the limits; one line more is not', () => {
  assert.equal(figures({ 'src/core/a.ts': longFunction(120) + longClass(400) }).code, 0);
  const { code, output } = figures({ 'src/core/a.ts': longFunction(121), 'src/core/b.ts': longClass(401) });
  assert.equal(code, 1);
  assert.match(output, /function long \(src\/core\/a\.ts:1\) has 121 lines/);
  assert.match(output, /class Large \(src\/core\/b\.ts:1\) has 401 lines/);
});

test('a long function may be one flat switch or table, but not one whose entries are long themselves', () => {
  const cases = lines(100, (n) => `    case ${n}:\n      return 'n${n}';`);
  const flat = `export function words(n: number) {\n  switch (n) {\n${cases}    default:\n      return '';\n  }\n}\n`;
  assert.equal(figures({ 'src/core/a.ts': flat }).code, 0);
  const deep = `export function words(n: number) {\n  switch (n) {\n    case 1: {\n${lines(130, (n) => `      use(${n});`)}    }\n  }\n}\n`;
  assert.equal(figures({ 'src/core/a.ts': deep }).code, 1);
});

test('a circle of imports fails when it exists at run time, and is listed when it consists of types', () => {
  const types = figures({
    'src/core/a.ts': "import type { B } from './b.ts';\nexport type A = B;\n",
    'src/core/b.ts': "import type { A } from './a.ts';\nexport type B = A;\n",
  });
  assert.equal(types.code, 0);
  assert.match(types.output, /cycles with types\n {2}src\/core\/a\.ts, src\/core\/b\.ts/);
  const runtime = figures({
    'src/core/a.ts': "export * from './b.ts';\n",
    'src/core/b.ts': "export const c = () => import('./sub/c.ts');\n",
    'src/core/sub/c.ts': "import { a } from '../a.ts';\nexport { a };\n",
  });
  assert.equal(runtime.code, 1);
  assert.match(runtime.output, /circle: src\/core\/a\.ts, src\/core\/b\.ts, src\/core\/sub\/c\.ts/);
});

test('rooms, arrows, comments and test lines are counted by floor', () => {
  const { output } = figures({
    'src/core/chat/a.ts': "import type { B } from '../common/b.ts';\n// why\nexport type A = B; // and a word\n",
    'src/core/common/b.ts': "/**\n * Text.\n */\nexport type B = 'http://no-comment';\n",
    'src/editor/e.ts': "import type { A } from '../core/chat/a.ts';\nexport type E = A;\n",
    'test/core/deep/b.test.ts': '1;\n2;\n3;\n4;\n5;\n6;\n7;\n',
    'test/faults/f.test.ts': '1;\n2;\n',
  });
  // floor, files, lines, comments, rooms, arrows, circles, test lines, per source line
  assert.match(output, /core +2 +7 +71\.4% +2 +1 +0 +7 +1\.00/);
  assert.match(output, /editor +1 +2 +0\.0% +1 +0 +0 +0 +0\.00/);
  assert.match(output, /faults +2\n/);
});
