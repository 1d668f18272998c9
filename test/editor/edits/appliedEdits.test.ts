import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import type { AppliedEdit } from '../../../src/editor/edits/proposal.ts';
import { Diagnostic, Range } from '../../support/vscode/values.ts';
import { applierIn, change, diffs, file, settle, until } from './rig.ts';

/** Applied changes: the way back, new problems that they bring, and what the ledger is told. */

const TWO = { 'a.ts': 'let a = 1;\n', 'b.ts': 'let b = 1;\n' };
const BOTH = change('a.ts', 'let a = 1;', 'let a = 2;') + change('b.ts', 'let b = 1;', 'let b = 2;');

test('changes of several files are undone in one step, from the message as from the command', async (t) => {
  for (const way of ['message', 'command'] as const) {
    await t.test(way, async (t) => {
      const { host, applier, propose } = applierIn(t, { files: TWO });
      if (way === 'message') host.willClick(/2 files were changed/, 'Undo');
      await propose(BOTH);
      await applier.apply(undefined);
      if (way === 'command') await applier.undo();
      await until(() => host.applied.length === 2);
      assert.deepEqual([host.text('a.ts'), host.text('b.ts')], ['let a = 1;\n', 'let b = 1;\n']);
    });
  }
});

test('undoing keeps what the user has typed elsewhere since', async (t) => {
  const { host, applier, propose } = applierIn(t, { files: { 'a.ts': 'let a = 1;\n\nlet z = 1;\n' } });
  await propose(change('a.ts', 'let a = 1;', 'let a = 2;'));
  await applier.apply(undefined);
  host.type('a.ts', 'let a = 2;\n\nlet z = 26;\n');
  await applier.undo();
  assert.equal(host.text('a.ts'), 'let a = 1;\n\nlet z = 26;\n');
});

test('the palette offers to undo while there is a change that can be undone', async (t) => {
  const { host, applier, propose } = applierIn(t, { files: { 'a.ts': 'let a = 1;\n' } });
  const offered = (): unknown => host.contexts.get('gearshift.hasAppliedChange');
  assert.ok(!offered());
  await propose(change('a.ts', 'let a = 1;', 'let a = 2;'));
  await applier.apply(undefined);
  assert.equal(offered(), true);
  await applier.undo();
  assert.equal(offered(), false);
});

test('what was edited inside the change stays, and the user hears that not all was undone', async (t) => {
  const { host, applier, propose } = applierIn(t, { files: { 'a.ts': 'let a = 1;\n' } });
  await propose(change('a.ts', 'let a = 1;', 'let a = 2;'));
  await applier.apply(undefined);
  host.type('a.ts', 'let a = 3;\n');
  await applier.undo();
  assert.equal(host.text('a.ts'), 'let a = 3;\n');
  assert.match(host.said.join(), /Part of the change in a\.ts couldn't be undone/);
});

test('a created file is deleted again unless it was edited; a deleted one comes back', async (t) => {
  const { host, applier, propose } = applierIn(t, { files: { 'old.ts': 'let old = 1;\n' } });
  await propose(file('new.ts', 'let fresh = 1;'));
  await applier.apply(undefined);
  await applier.undo();
  assert.equal(host.onDisk('new.ts'), null);
  await propose(file('new.ts', 'let fresh = 1;'));
  await applier.apply(undefined);
  host.write('new.ts', 'let mine = 1;\n');
  await applier.undo();
  assert.equal(host.text('new.ts'), 'let mine = 1;\n');
  assert.deepEqual(host.said, ["new.ts has been edited since, so it wasn't deleted."]);
  await propose('```diff\n--- a/old.ts\n+++ /dev/null\n@@ -1 +0,0 @@\n-let old = 1;\n```\n');
  await applier.apply(undefined);
  assert.equal(host.onDisk('old.ts'), null);
  await applier.undo();
  assert.equal(host.onDisk('old.ts'), 'let old = 1;\n');
});

test('undoing a deletion whose file is there again changes nothing of it', async (t) => {
  const { host, applier, propose } = applierIn(t, { files: { 'old.ts': 'let old = 1;\n' } });
  await propose('```diff\n--- a/old.ts\n+++ /dev/null\n@@ -1 +0,0 @@\n-let old = 1;\n```\n');
  await applier.apply(undefined);
  host.write('old.ts', 'let mine = 1;\n');
  await applier.undo();
  assert.equal(host.text('old.ts'), 'let mine = 1;\n');
  assert.match(host.said.join(), /old\.ts/);
});

test('an undo that the editor refuses is reported, and can be tried again', async (t) => {
  const { host, applier, propose } = applierIn(t, { files: { 'a.ts': 'let a = 1;\n' } });
  await propose(change('a.ts', 'let a = 1;', 'let a = 2;'));
  await applier.apply(undefined);
  host.readOnly.add(host.uri('a.ts').toString());
  await applier.undo();
  assert.equal(host.text('a.ts'), 'let a = 2;\n');
  assert.deepEqual(host.said, ['a.ts cannot be changed.']);
  host.readOnly.clear();
  await applier.undo();
  assert.equal(host.text('a.ts'), 'let a = 1;\n');
});

test('changes are undone from the newest to the oldest, each once', async (t) => {
  const { host, applier, propose } = applierIn(t, { files: { 'a.ts': 'let a = 1;\n' } });
  for (const [from, to] of [
    ['1', '2'],
    ['2', '3'],
  ]) {
    await propose(change('a.ts', `let a = ${from};`, `let a = ${to};`));
    await applier.apply(undefined);
  }
  const seen: (string | null)[] = [];
  for (let i = 0; i < 3; i++) {
    await applier.undo();
    seen.push(host.text('a.ts'));
  }
  assert.deepEqual(seen, ['let a = 2;\n', 'let a = 1;\n', 'let a = 1;\n']);
  assert.deepEqual(host.said, ['There is no applied change to undo.']);
});

test('the ledger hears what was written and where, and that it was undone', async (t) => {
  const { applier, told, propose } = applierIn(t, { files: { 'a.ts': '// x\nlet a = 1;\n' } });
  await propose(change('a.ts', 'let a = 1;', 'let a = 2;'));
  await applier.apply(undefined);
  await until(() => told.length > 0);
  assert.deepEqual(told, ['applied small a.ts [{"at":5,"text":"let a = 2;\\n"}]']);
  await applier.undo();
  assert.deepEqual(told.slice(1), ['retracted']);
});

test('a link that leads out of the workspace since the diff was shown is not written through', async (t) => {
  const { host, applier, propose } = applierIn(t, { files: { 'src/a.ts': 'let a = 1;\n' } });
  await propose(change('src/a.ts', 'let a = 1;', 'let a = 2;'));
  const outside = `${host.root}/outside`;
  fs.mkdirSync(outside);
  fs.writeFileSync(`${outside}/a.ts`, 'let a = 1;\n');
  fs.rmSync(host.uri('src').fsPath, { recursive: true });
  fs.symlinkSync(outside, host.uri('src').fsPath);
  await applier.apply(undefined);
  assert.equal(fs.readFileSync(`${outside}/a.ts`, 'utf8'), 'let a = 1;\n');
  assert.deepEqual(host.said, ["src/a.ts is outside this workspace, so it wasn't written."]);
  assert.equal(host.applied.length, 0);
  assert.equal(diffs(host).length, 1);
});

test('new problems are shown two seconds later with undo and fix; old ones are not', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { host, applier, propose } = applierIn(t, { files: { 'a.ts': 'let a = 1;\n' } });
  const uri = host.uri('a.ts');
  const problem = (message: string, severity = 0) => new Diagnostic(new Range(0, 4, 0, 5), message, severity);
  host.diagnostics.set(uri.toString(), [problem('unused a', 1)]);
  const fixes: string[] = [];
  host.willClick(/introduced a new problem: 1: cannot find b/, 'Fix');
  await propose(change('a.ts', 'let a = 1;', 'let a = b;'), {
    fix: (_, problems) => Promise.resolve(void fixes.push(problems)),
  });
  await applier.apply(undefined);
  host.diagnostics.set(uri.toString(), [problem('unused a', 1), problem('cannot find b'), problem('a hint', 3)]);
  await settle();
  t.mock.timers.tick(1_900);
  await settle();
  assert.deepEqual(host.said, []);
  t.mock.timers.tick(200);
  await until(() => fixes.length > 0);
  assert.deepEqual(fixes, ['1: cannot find b']);
});

test('the message of a new problem undoes the change that brought it', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { host, applier, propose } = applierIn(t, { files: { 'a.ts': 'let a = 1;\n' } });
  host.willClick(/introduced a new problem/, 'Undo');
  await propose(change('a.ts', 'let a = 1;', 'let a = b;'));
  await applier.apply(undefined);
  host.diagnostics.set(host.uri('a.ts').toString(), [new Diagnostic(new Range(0, 8, 0, 9), 'cannot find b')]);
  await settle();
  t.mock.timers.tick(2_100);
  await until(() => host.text('a.ts') === 'let a = 1;\n');
  assert.deepEqual(host.messages.at(-1)?.buttons, ['Undo'], 'nobody can be asked for a fix');
});

test('where the chat shows what was applied, no message repeats it; its undo and fix work once', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { host, applier, propose } = applierIn(t, { files: TWO });
  const seen: AppliedEdit[] = [];
  await propose(BOTH, {
    onApplied: (edit) => seen.push(edit) > 0,
    fix: () => Promise.resolve(),
  });
  await applier.apply(undefined);
  host.diagnostics.set(host.uri('b.ts').toString(), [new Diagnostic(new Range(0, 0, 0, 1), 'wrong')]);
  await settle();
  t.mock.timers.tick(2_100);
  await until(() => seen.length === 2);
  assert.deepEqual(
    seen.map(({ files, problems, fix }) => [files, problems, fix !== null]),
    [
      [['a.ts', 'b.ts'], null, false],
      [['a.ts', 'b.ts'], ['1: wrong'], true],
    ],
  );
  assert.deepEqual(host.said, []);
  assert.equal(await seen[0]?.undo(), true);
  assert.equal(await seen[0]?.undo(), false);
  assert.deepEqual([host.text('a.ts'), host.text('b.ts')], ['let a = 1;\n', 'let b = 1;\n']);
});

test('what the user types while something is asked moves the change, or the user hears that it does not fit', async (t) => {
  const text = 'let a = 1;\nlet b = 1;\n';
  for (const [typed, expected] of [
    [`// mine\n${text}`, `// mine\n${text.replace('a = 1', 'a = "\u202e"')}`],
    [text.replace('a = 1', 'a = 7'), text.replace('a = 1', 'a = 7')],
  ] as const) {
    const { host, applier, propose } = applierIn(t, { files: { 'a.ts': text } });
    await propose(change('a.ts', 'let a = 1;', 'let a = "\u202e";'));
    const ask = host.message.bind(host);
    host.message = (kind, words, rest) => {
      if (words === 'Change a.ts?') host.type('a.ts', typed);
      return ask(kind, words, rest);
    };
    host.willClick(/^Change a\.ts/, 'Replace It');
    await applier.apply(undefined);
    assert.equal(host.text('a.ts'), expected);
    assert.equal(
      host.said.some((words) => /changed in the meantime/.test(words)),
      typed === expected,
    );
  }
});
