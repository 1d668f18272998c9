import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import * as vscode from 'vscode';
import type { KeptFile } from '../../../src/core/evaluation/keptTask.ts';
import { ProblemChecks } from '../../../src/editor/evaluation/problemChecks.ts';
import { startHost } from '../../support/vscode/host.ts';

/** "No new problems": language servers look at copies, and where none looks, that is no pass. */

const PATIENCE = { appearsMs: 300, quietMs: 20 };
const BEFORE = 'let a = 1;\nBAD old;\n';

const file = (over: Partial<KeptFile> = {}): KeptFile => ({ path: 'src/a.ts', before: BEFORE, after: BEFORE, ...over });

/** A language server: each line with `BAD` is an error, and so is a line with a stray bracket. It judges what has a tab. */
function serve(t: TestContext, judges: (name: string) => boolean = (name) => name.endsWith('.ts')) {
  const host = startHost(t, { files: { 'src/a.ts': BEFORE } });
  const seen: string[] = [];
  const problem = (line: string, at: number): vscode.Diagnostic[] =>
    /BAD|^\)/.test(line)
      ? [
          new vscode.Diagnostic(
            new vscode.Range(at, 0, at, 1),
            line.startsWith(')') ? 'stray' : line,
            vscode.DiagnosticSeverity.Error,
          ),
        ]
      : [];
  host.commands.set('vscode.open', ((uri: vscode.Uri, options: { readonly background?: boolean }) => {
    assert.equal(options.background, true, 'the tab of the user stays in front');
    host.addTab(path.basename(uri.path), new vscode.TabInputText(uri) as never);
    seen.push(uri.fsPath);
    setTimeout(() => {
      const document = host.find(uri as never);
      if (!document || !judges(uri.path)) return;
      host.diagnostics.set(uri.toString(), document.getText().split('\n').flatMap(problem) as never);
      host.didChangeDiagnostics.fire({ uris: [uri as never] });
    }, 5);
  }) as never);
  return { host, seen, looks: new ProblemChecks(PATIENCE) };
}

const never = new AbortController().signal;
const words = (looks: ProblemChecks, kept: KeptFile, text: string): Promise<string> =>
  looks.newProblems({ files: [kept] }, [{ path: kept.path, text }], never);

test('a problem that was not there before fails, with its words; one that was there, or that the user kept, does not', async (t) => {
  const { looks } = serve(t);
  assert.equal(await words(looks, file(), BEFORE.replace('1', '2')), '');
  assert.equal(await words(looks, file(), `// moved\n${BEFORE}`), '', 'its line does not count');
  assert.equal(await words(looks, file(), `${BEFORE}BAD new;\n`), 'New problems in src/a.ts: BAD new;');
  assert.equal(await words(looks, file(), `${BEFORE}BAD old;\n`), 'New problems in src/a.ts: BAD old;', 'once more');
  assert.equal(await words(looks, file({ after: `${BEFORE}BAD new;\n` }), `${BEFORE}BAD new;\n`), '', 'as it was kept');
  assert.equal(
    await words(looks, file({ before: null, after: 'let b;\n' }), 'BAD b;\n'),
    'New problems in src/a.ts: BAD b;',
  );
});

test('what no language server judges is unknown, which is said and is no pass', async (t) => {
  const { looks } = serve(t);
  const text = file({ path: 'notes.txt' });
  assert.equal(
    await words(looks, text, BEFORE),
    'It is unknown whether notes.txt has new problems: no language server here finds mistakes in it.',
  );
  assert.match(await looks.newProblems({ files: [] }, [], never), /^It is unknown/);
  const stopped = new AbortController();
  stopped.abort();
  const { path: name } = file();
  assert.match(
    await looks.newProblems({ files: [file()] }, [{ path: name, text: 'x' }], stopped.signal),
    /^It is unknown/,
  );
});

test('the files of the user are not touched, opened or left open; copies are gone, and are not made twice', async (t) => {
  const { host, seen, looks } = serve(t);
  host.addTab('own', new vscode.TabInputText(host.uri('src/a.ts') as never) as never);
  const left = (): string[] => fs.readdirSync(os.tmpdir()).filter((name) => name.startsWith('gearshift-problems-'));
  const before = left();
  assert.equal(await words(looks, file(), 'BAD x;\n'), 'New problems in src/a.ts: BAD x;');
  assert.equal(host.text('src/a.ts'), BEFORE);
  assert.ok(seen.length >= 4 && seen.every((name) => !name.startsWith(host.uri('.').fsPath)));
  assert.deepEqual(
    host.tabs.map(({ label }) => label),
    ['own'],
  );
  assert.deepEqual(left(), before);
  assert.equal(host.diagnostics.size, 0, 'no problem of a copy stays in the list');
  const made = seen.length;
  await words(looks, file(), 'BAD x;\n');
  assert.equal(seen.length, made, 'the same answer is judged once');
  assert.match(await words(looks, file({ path: '../../evil.ts' }), 'let a;\n'), /^It is unknown whether/);
  assert.equal(seen.length, made, 'a path out of the folder is not written');
});
