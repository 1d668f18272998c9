import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as vscode from 'vscode';
import { applierIn, change, diffs, file, originOf, proposed, settle, until } from './rig.ts';

/** What an answer proposes: shown as a diff before anything is written, then taken, left or followed up. */

const POOL = 'const size = 1;\nconst name = "pool";\n\nexport { size, name };\n';

test('a change is shown as a diff, nothing is written before the user takes it, and then it is one step', async (t) => {
  const { host, applier, propose } = applierIn(t, { files: { 'src/pool.ts': POOL } });
  await propose(change('src/pool.ts', 'const size = 1;', 'const size = 8;'));
  assert.deepEqual(diffs(host), ['src/pool.ts: proposed change']);
  assert.equal(proposed(host), POOL.replace('1', '8'));
  assert.equal(host.text('src/pool.ts'), POOL);
  assert.equal(host.applied.length, 0);
  await applier.apply(undefined);
  assert.equal(host.text('src/pool.ts'), POOL.replace('1', '8'));
  assert.equal(host.applied.length, 1);
  assert.deepEqual(diffs(host), []);
  assert.deepEqual(host.said, []);
});

test('a change that is thrown away leaves the file as it was, and closes its diff', async (t) => {
  const { host, applier, propose } = applierIn(t, { files: { 'src/pool.ts': POOL } });
  await propose(change('src/pool.ts', 'const size = 1;', 'const size = 8;'));
  await applier.discard(undefined);
  assert.deepEqual([diffs(host), host.applied.length, host.text('src/pool.ts')], [[], 0, POOL]);
  await applier.apply(undefined);
  assert.equal(host.applied.length, 0);
});

test('what the user typed after the question stays: the change is made for the document as it is now', async (t) => {
  const { host, applier, propose } = applierIn(t, { files: { 'src/pool.ts': POOL } });
  await propose(change('src/pool.ts', 'const size = 1;', 'const size = 8;'));
  host.type('src/pool.ts', `// mine\n${POOL}`);
  await applier.apply(undefined);
  assert.equal(host.text('src/pool.ts'), `// mine\n${POOL.replace('1', '8')}`);
});

test('an equal line that came since does not make the shown change ambiguous', async (t) => {
  const { host, applier, propose } = applierIn(t, { files: { 'src/pool.ts': POOL } });
  await propose(change('src/pool.ts', 'const size = 1;', 'const size = 8;'));
  host.type('src/pool.ts', `${POOL}const size = 1;\n`);
  await applier.apply(undefined);
  assert.equal(host.text('src/pool.ts'), `${POOL.replace('1', '8')}const size = 1;\n`);
  assert.deepEqual(host.said, []);
});

test('a change whose lines were edited since is not written, and the user hears which', async (t) => {
  const { host, applier, propose } = applierIn(t, { files: { 'src/pool.ts': POOL } });
  await propose(change('src/pool.ts', 'const size = 1;', 'const size = 8;'));
  host.type('src/pool.ts', POOL.replace('size = 1', 'size = 3'));
  await applier.apply(undefined);
  assert.equal(host.applied.length, 0);
  assert.match(host.said.join(), /does not fit src\/pool\.ts, so nothing was changed/);
});

test('a document with CRLF keeps its line ends', async (t) => {
  const text = POOL.replaceAll('\n', '\r\n');
  const { host, applier, propose } = applierIn(t, { files: { 'src/pool.ts': text } });
  await propose(change('src/pool.ts', 'const size = 1;', 'const size = 8;\nconst most = 9;'));
  await applier.apply(undefined);
  assert.equal(host.text('src/pool.ts'), text.replace('size = 1;', 'size = 8;\r\nconst most = 9;'));
});

test('several files come as one list of diffs and are written together', async (t) => {
  const { host, applier, propose } = applierIn(t, { files: { 'a.ts': 'let a = 1;\n', 'b.ts': 'let b = 1;\n' } });
  await propose(change('a.ts', 'let a = 1;', 'let a = 2;') + change('b.ts', 'let b = 1;', 'let b = 2;'));
  assert.deepEqual(diffs(host), ['Proposed changes (2 files)']);
  assert.equal(host.contexts.get('gearshift.showsProposals'), true);
  await applier.apply(undefined);
  assert.deepEqual([host.text('a.ts'), host.text('b.ts')], ['let a = 2;\n', 'let b = 2;\n']);
  assert.equal(host.applied.length, 1);
  assert.equal(host.contexts.get('gearshift.showsProposals'), false);
  assert.deepEqual(diffs(host), []);
});

test('a file that can be run needs its own question, beside and not among the others', async (t) => {
  const { host, applier, propose } = applierIn(t, { files: { 'a.ts': 'let a = 1;\n' } });
  await propose(change('a.ts', 'let a = 1;', 'let a = 2;') + file('.vscode/tasks.json', '{ "tasks": [] }'));
  assert.deepEqual(diffs(host), ['a.ts: proposed change', '.vscode/tasks.json: proposed change']);
  await applier.apply(undefined);
  const [question] = host.messages;
  assert.equal(question?.text, 'Change .vscode/tasks.json?');
  assert.equal(question.modal, true);
  assert.match(question.detail ?? '', /make the editor run programs/);
  assert.equal(host.onDisk('.vscode/tasks.json'), null);
  assert.deepEqual(diffs(host).length, 2, 'a refused change stays on show');
  host.willClick(/^Change \.vscode/, 'Replace It');
  await applier.apply(undefined);
  assert.match(host.onDisk('.vscode/tasks.json') ?? '', /"tasks"/);
  assert.equal(host.text('a.ts'), 'let a = 1;\n');
});

test('a manifest whose scripts change asks, and one whose version changes does not', async (t) => {
  const manifest = '{\n  "version": "1.0.0",\n  "scripts": { "test": "node --test" }\n}\n';
  const { host, applier, propose } = applierIn(t, { files: { 'package.json': manifest } });
  await propose(change('package.json', '  "version": "1.0.0",', '  "version": "1.0.1",'));
  await applier.apply(undefined);
  assert.deepEqual(host.said, []);
  await propose(change('package.json', '  "scripts": { "test": "node --test" }', '  "scripts": { "test": "curl x" }'));
  await applier.apply(undefined);
  assert.deepEqual(host.said, ['Change package.json?']);
  assert.equal(host.text('package.json'), manifest.replace('1.0.0', '1.0.1'));
});

test('hidden characters in new code are asked about before they are written', async (t) => {
  const { host, applier, propose } = applierIn(t, { files: { 'a.ts': 'let a = 1;\n' } });
  await propose(change('a.ts', 'let a = 1;', 'let a = "\u202e1";'));
  await applier.apply(undefined);
  assert.match(host.messages[0]?.detail ?? '', /hidden characters/);
  assert.equal(host.text('a.ts'), 'let a = 1;\n');
});

test('paths that leave the workspace are refused, and the rest of the answer is shown', async (t) => {
  const { host, propose } = applierIn(t, { files: { 'a.ts': 'let a = 1;\n' } });
  await propose(
    file('../../etc/passwd', 'root') + file('/etc/cron.d/x', 'x') + change('a.ts', 'let a = 1;', 'let a = 2;'),
  );
  assert.match(host.said.join(), /passwd is outside this workspace.*cron\.d\/x is outside this workspace/);
  assert.deepEqual(diffs(host), ['a.ts: proposed change']);
});

test('an answer without a change, and one whose change is there already, have a message', async (t) => {
  const { host, propose } = applierIn(t, { files: { 'a.ts': 'let a = 2;\n' } });
  await propose('It is fine as it is.');
  await propose(file('a.ts', 'let a = 2;'));
  assert.deepEqual(host.said, ['There is no change to apply in this answer.', 'a.ts already contains this change.']);
  assert.deepEqual(diffs(host), []);
});

test('an edit without a path goes to what was asked about, else to the open editor, else to nothing', async (t) => {
  const { host, propose } = applierIn(t, { files: { 'a.ts': 'let a = 1;\n', 'b.ts': 'let a = 1;\n' } });
  const edit = change('', 'let a = 1;', 'let a = 2;').trimStart();
  await propose(edit);
  assert.deepEqual(host.said, ['Open the file that should be changed.']);
  await host.show('b.ts');
  await propose(edit);
  await propose(edit, { origins: [originOf(host.uri('a.ts'), 'let a = 1;\n')] });
  assert.deepEqual(diffs(host), ['b.ts: proposed change', 'a.ts: proposed change']);
});

test('what does not fit says where it nearly did, and the user may see that place', async (t) => {
  const { host, propose } = applierIn(t, { files: { 'src/pool.ts': POOL } });
  host.willClick(/does not fit/, 'Go to Location');
  await propose(change('src/pool.ts', 'const size = 2;\nconst name = "pool";', 'const size = 8;'));
  await until(() => host.activeEditor !== undefined);
  assert.match(host.said[0] ?? '', /Line 1 of src\/pool\.ts should be/);
  assert.equal(host.activeEditor?.document.uri.path.endsWith('src/pool.ts'), true);
  assert.equal(host.activeEditor?.selection.active.line, 0);
  assert.deepEqual(diffs(host), []);
});

test('of a change that fits in part the user may take the part, or have it written again', async (t) => {
  const { host, applier, propose } = applierIn(t, { files: { 'src/pool.ts': POOL } });
  const answer =
    change('src/pool.ts', 'const size = 1;', 'const size = 8;') + change('src/pool.ts', 'no such line', 'x');
  const asked: string[] = [];
  host.willClick(/does not fit/, 'Ask for a Cleaner Edit');
  await propose(answer, {
    askAgain: (uri, trouble) => Promise.resolve(void asked.push(`${uri.path.split('/').at(-1)} ${trouble}`)),
  });
  await settle();
  assert.match(asked.join(), /^pool\.ts The lines to be changed are not in src\/pool\.ts/);
  host.willClick(/does not fit/, 'Apply Remaining Changes');
  await propose(answer);
  await until(() => diffs(host).length > 0);
  await applier.apply(undefined);
  assert.equal(host.text('src/pool.ts'), POOL.replace('1', '8'));
});

test('a failure of asking again ends in the log, not in an unhandled rejection', async (t) => {
  const { host, log, propose } = applierIn(t, { files: { 'a.ts': 'let a = 1;\n' } });
  host.willClick(/does not fit/, 'Ask for a Cleaner Edit');
  await propose(change('a.ts', 'no such line', 'x'), { askAgain: () => Promise.reject(new Error('no network')) });
  await settle();
  assert.match(log.errors.join(), /no network/);
});

test('in the refactor preview only what stays checked is written', async (t) => {
  const { host, applier, propose } = applierIn(t, { files: { 'src/pool.ts': POOL } });
  const answer =
    change('src/pool.ts', 'const size = 1;', 'const size = 8;') +
    change('src/pool.ts', 'const name = "pool";', 'const name = "ring";');
  await propose(answer);
  let described: (string | undefined)[] = [];
  host.preview = (entries) => {
    described = entries.map(({ metadata }) => metadata?.description);
    return entries.slice(1);
  };
  await applier.choose(undefined);
  assert.deepEqual(described.length, 2);
  assert.match(described.join(), /line 1.*line 2/);
  assert.equal(host.text('src/pool.ts'), POOL.replace('pool', 'ring'));
});

test('closing the refactor preview writes nothing, says nothing and keeps the diff', async (t) => {
  const { host, applier, propose } = applierIn(t, { files: { 'src/pool.ts': POOL } });
  await propose(change('src/pool.ts', 'const size = 1;', 'const size = 8;'));
  host.preview = () => undefined;
  await applier.choose(undefined);
  assert.deepEqual([host.text('src/pool.ts'), host.said, diffs(host).length], [POOL, [], 1]);
});

test('one hunk is accepted and written, another is rejected and leaves the diff, which then closes', async (t) => {
  const text = `${POOL}\n// a\n// b\n// c\nlet last = 1;\n`;
  const { host, applier, propose } = applierIn(t, { files: { 'src/pool.ts': text } });
  await propose(
    change('src/pool.ts', 'const size = 1;', 'const size = 8;') +
      change('src/pool.ts', 'let last = 1;', 'let last = 2;'),
  );
  await applier.takeHunk(true, 0);
  assert.equal(host.text('src/pool.ts'), text.replace('size = 1', 'size = 8'));
  assert.deepEqual(diffs(host).length, 1);
  await applier.takeHunk(false, 8);
  assert.equal(host.text('src/pool.ts'), text.replace('size = 1', 'size = 8'));
  assert.deepEqual(diffs(host), []);
  assert.equal(host.activeEditor?.document.uri.path.endsWith('/src/pool.ts'), true);
});

test('the links on proposed lines run the commands of this extension, and are on no other lines', async (t) => {
  const { host, propose } = applierIn(t, { files: { 'src/pool.ts': POOL } });
  await propose(change('src/pool.ts', 'const size = 1;', 'const size = 8;'));
  const input = host.activeTab?.input;
  assert.ok(input && 'modified' in input);
  const document = host.find(input.modified) as unknown as vscode.TextDocument;
  const [registered] = host.hoverProviders;
  const hover = async (line: number): Promise<string> => {
    const token = new vscode.CancellationTokenSource().token;
    const found = await registered?.value.provideHover(document, new vscode.Position(line, 0), token);
    return (found?.contents ?? []).map((part) => (part as vscode.MarkdownString).value).join();
  };
  assert.match(await hover(0), /command:gearshift\.edits\.acceptHunk\?%5B0%5D.*rejectHunk\?%5B0%5D/);
  assert.equal(await hover(2), '');
});

test('a new file is proposed against nothing and created; a deleted one is gone', async (t) => {
  const { host, applier, propose } = applierIn(t, { files: { 'old.ts': 'let old = 1;\n' } });
  await propose(file('src/new.ts', 'export const fresh = 1;'));
  const input = host.activeTab?.input;
  assert.ok(input && 'original' in input);
  assert.equal(host.find(input.original)?.getText(), '');
  await applier.apply(undefined);
  assert.equal(host.onDisk('src/new.ts'), 'export const fresh = 1;\n');
  await propose('```diff\n--- a/old.ts\n+++ /dev/null\n@@ -1 +0,0 @@\n-let old = 1;\n```\n');
  assert.equal(proposed(host), '');
  await applier.apply(undefined);
  assert.equal(host.onDisk('old.ts'), null);
});

test('a document that cannot be changed is named, its diff stays, and nothing counts as applied', async (t) => {
  const { host, applier, told, propose } = applierIn(t, { files: { 'src/pool.ts': POOL } });
  await propose(change('src/pool.ts', 'const size = 1;', 'const size = 8;'));
  host.readOnly.add(host.uri('src/pool.ts').toString());
  await applier.apply(undefined);
  await settle();
  assert.deepEqual(host.said, ['src/pool.ts cannot be changed.']);
  assert.deepEqual([diffs(host).length, told], [1, []]);
  await applier.undo();
  assert.deepEqual(host.said.at(-1), 'There is no applied change to undo.');
});

test('a proposal grows while a model writes, can be followed up, and closing it informs the caller', async (t) => {
  const { host, applier } = applierIn(t, { files: { 'src/pool.ts': POOL } });
  const document = await host.open(host.uri('src/pool.ts'));
  const streamed = await applier.stream(document as unknown as vscode.TextDocument, POOL, {});
  let closed = 0;
  streamed.onClosed(() => void (closed += 1));
  streamed.show(POOL.replace('1', '4'));
  await new Promise((resolve) => setTimeout(resolve, 120));
  assert.equal(proposed(host), POOL.replace('1', '4'));
  assert.equal(host.text('src/pool.ts'), POOL);
  let asked = 0;
  streamed.finish(POOL.replace('1', '8'), () => Promise.resolve(void (asked += 1)), undefined);
  await applier.followUp(undefined);
  assert.equal(asked, 1);
  await applier.discard(undefined);
  assert.equal(closed, 1);
});

test('half an answer is never written: while the model still writes, taking it has to wait', async (t) => {
  const { host, applier } = applierIn(t, { files: { 'src/pool.ts': POOL } });
  const document = await host.open(host.uri('src/pool.ts'));
  const streamed = await applier.stream(document as unknown as vscode.TextDocument, POOL, {});
  streamed.show(POOL.replace('1', '4'));
  await applier.apply(undefined);
  await applier.choose(undefined);
  await applier.takeHunk(true, 0);
  assert.equal(host.text('src/pool.ts'), POOL);
  assert.deepEqual(new Set(host.said), new Set(['The answer is still being written.']));
  streamed.finish(POOL.replace('1', '8'), () => Promise.resolve(), undefined);
  await applier.apply(undefined);
  assert.equal(host.text('src/pool.ts'), POOL.replace('1', '8'));
});

test('closing the list of several files by hand ends what its buttons do', async (t) => {
  const { host, applier, propose } = applierIn(t, { files: { 'a.ts': 'let a = 1;\n', 'b.ts': 'let b = 1;\n' } });
  await propose(change('a.ts', 'let a = 1;', 'let a = 2;') + change('b.ts', 'let b = 1;', 'let b = 2;'));
  host.closeTabs([...host.tabs]);
  await settle();
  assert.equal(host.contexts.get('gearshift.showsProposals'), false);
  host.addTab('Proposed changes (2 files)', undefined);
  await applier.apply(undefined);
  assert.equal(host.applied.length, 0);
});

test('disposing leaves no listener and no provider behind', (t) => {
  const { host, applier } = applierIn(t, {});
  applier.dispose();
  assert.equal(host.didClose.listeners, 0);
  assert.deepEqual([host.contentProviders.size, host.hoverProviders.length], [0, 0]);
});

test('a diff says at each change what accepts and rejects it, with the keys, until it is decided', async (t) => {
  const { host, applier, propose } = applierIn(t, { files: { 'src/pool.ts': POOL } });
  const words = (): unknown[] => {
    const editor = host.editors.find(({ document }) => document.uri.scheme === 'gearshift-proposal');
    return [...(editor?.decorations.values() ?? [])].flat().map((option) => {
      const { range, renderOptions } = option as unknown as vscode.DecorationOptions;
      return [range.start.line, renderOptions?.after?.contentText];
    });
  };
  const hint = 'Accept (Alt+Enter) · Reject (Alt+Backspace)';
  await propose(
    change('src/pool.ts', 'const size = 1;', 'const size = 8;') +
      change('src/pool.ts', 'export { size, name };', 'export { size };\nexport { name };'),
  );
  host.didChangeVisibleEditors.fire(host.editors);
  assert.deepEqual(words(), [
    [0, hint],
    [3, hint],
  ]);
  await applier.takeHunk(true, 0);
  await settle();
  assert.deepEqual(words(), [[3, hint]]);
});
