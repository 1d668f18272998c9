import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { keysOf } from './touched.mjs';

const FILES: Readonly<Record<string, string>> = {
  'package.json': '{}',
  'media/prompts/fix.md': 'Fix this.',
  'src/core/a.ts': "import type { B } from './b.ts';\nexport type A = B;\n",
  'src/core/b.ts': 'export type B = 1;\n',
  'src/core/lazy.ts': "export const b = () => import('./b.ts');\n",
  'src/webview/chat/main.css': 'a {}',
  'test/core/cases/one.txt': '1',
  'test/core/typed.test.ts': "import type { A } from '../../src/core/a.ts';\nexport type C = A;\n",
  'test/core/lazy.test.ts': "import '../../src/core/lazy.ts';\n",
  'test/core/folder.test.ts': "path.join(import.meta.dirname, 'cases');\n",
  'test/core/words.test.ts': "test('cases', () => path.join(temporary, 'cases'));\n",
  'test/media.test.ts': "path.resolve(import.meta.dirname, '../media/prompts');\n",
  'test/manifest.test.ts': "fs.readFileSync(path.join(ROOT, 'package.json'));\n",
  'test/child.test.ts': "spawn(process.execPath, [fileURLToPath(new URL('./child.ts', import.meta.url))]);\n",
  'test/child.ts': "import '../src/core/lazy.ts';\n",
  'test/ofWorkspace.test.ts': "mkdir(join(folder, 'src')); write('src/', `src/${name}.ts`);\n",
  'test/tools/one.mjs': "import '../../src/core/a.ts';\n",
  'test/tools/two.mjs': '',
  'test/corpus.test.ts': "for (const tool of fs.readdirSync(path.join(ROOT, 'test/tools'))) read(tool);\n",
  'test/page.test.ts': "import './build.mjs';\n",
  'test/build.mjs': 'export const entry = (page) => `src/webview/${page}/main.tsx`;\n',
};
const TESTS = Object.keys(FILES).filter((file) => file.endsWith('.test.ts'));

/** The tests whose key changes when this file changes. */
function touchedBy(file: string): string[] {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'gearshift-touched-'));
  try {
    for (const [name, text] of Object.entries(FILES)) {
      fs.mkdirSync(path.join(root, path.dirname(name)), { recursive: true });
      fs.writeFileSync(path.join(root, name), text);
    }
    const before = keysOf(TESTS, root);
    assert.deepEqual(keysOf(TESTS, root), before, 'without a change nothing is touched');
    fs.appendFileSync(path.join(root, file), ' ');
    const after = keysOf(TESTS, root);
    return TESTS.filter((name) => before.get(name) !== after.get(name));
  } finally {
    fs.rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  }
}

const CASES: readonly (readonly [string, readonly string[]])[] = [
  ['src/core/a.ts', []],
  ['src/core/b.ts', ['test/core/lazy.test.ts', 'test/child.test.ts']],
  ['test/core/typed.test.ts', ['test/core/typed.test.ts']],
  ['test/core/cases/one.txt', ['test/core/folder.test.ts']],
  ['media/prompts/fix.md', ['test/media.test.ts']],
  ['package.json', ['test/manifest.test.ts']],
  ['test/child.ts', ['test/child.test.ts']],
  ['test/tools/one.mjs', ['test/corpus.test.ts']],
  ['src/webview/chat/main.css', ['test/page.test.ts']],
];
for (const [file, expected] of CASES)
  test(`a change of ${file} touches the tests that import it, name it or read its folder, and no other`, () => {
    assert.deepEqual(touchedBy(file), expected);
  });
