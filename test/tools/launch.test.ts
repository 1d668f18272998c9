import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

const ROOT = path.resolve(import.meta.dirname, '../..');

const read = <T>(file: string): T => JSON.parse(fs.readFileSync(path.join(ROOT, file), 'utf8')) as T;

interface Launch {
  readonly configurations: readonly {
    readonly type: string;
    readonly preLaunchTask?: string;
    readonly outFiles?: readonly string[];
    readonly args?: readonly string[];
  }[];
}
interface Tasks {
  readonly tasks: readonly { readonly label: string; readonly type: string; readonly script: string }[];
}
interface Package {
  readonly main: string;
  readonly scripts: Readonly<Record<string, string>>;
}

const { main, scripts } = read<Package>('package.json');

test('F5 builds first, and maps breakpoints of the files that VS Code loads and of those that they import', () => {
  const [host] = read<Launch>('.vscode/launch.json').configurations;
  assert.equal(host?.type, 'extensionHost');
  const task = read<Tasks>('.vscode/tasks.json').tasks.find(({ label }) => label === host.preLaunchTask);
  assert.equal(task?.script, 'build');
  const patterns = (host.outFiles ?? []).map((pattern) => pattern.replace('${workspaceFolder}/', ''));
  for (const file of [path.posix.normalize(main), `dist/chunk-ABCDEFGH${path.extname(main)}`, 'dist/webview/chat.js'])
    assert.ok(
      patterns.some((pattern) => path.matchesGlob(file, pattern)),
      file,
    );
  for (const folder of (host.args ?? []).flatMap((arg) => /\$\{workspaceFolder\}\/(.+)/.exec(arg)?.[1] ?? []))
    assert.ok(fs.existsSync(path.join(ROOT, folder)), folder);
});

test('every task runs a script that exists', () => {
  for (const { label, type, script } of read<Tasks>('.vscode/tasks.json').tasks) {
    assert.equal(type, 'npm', label);
    assert.ok(scripts[script], script);
  }
});

test('every command and file that CONTRIBUTING.md and ARCHITECTURE.md name exists', () => {
  for (const document of ['CONTRIBUTING.md', 'ARCHITECTURE.md']) {
    const text = fs.readFileSync(path.join(ROOT, document), 'utf8');
    for (const [, script = ''] of text.matchAll(/npm run (\w[\w:-]*)/g))
      if (!script.endsWith(':')) assert.ok(scripts[script], `${document}: npm run ${script}`);
    for (const [, file = ''] of text.matchAll(/[`(]((?:src|test|docs|media)\/[\w./-]+)[`)]/g))
      assert.ok(fs.existsSync(path.join(ROOT, file)), `${document}: ${file}`);
  }
});
