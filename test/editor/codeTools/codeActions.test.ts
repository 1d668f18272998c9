import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import * as vscode from 'vscode';
import { registerCodeActions } from '../../../src/editor/codeTools/codeActions.ts';
import type { InlineEdit } from '../../../src/editor/edits/inlineEdit.ts';
import { asking, type Reply } from '../../support/asking.ts';
import { bookLog } from '../../support/bookLog.ts';
import { startHost } from '../../support/vscode/host.ts';

/** The light bulb: what it offers where, and what each entry does. */

const POOL = 'let size = 1;\nexport const take = () => size;\n';

function bulb(t: TestContext, reply: Reply = () => undefined, files: Record<string, string> = { 'pool.ts': POOL }) {
  const host = startHost(t, { files });
  const log = bookLog();
  const { asker, asked, sent } = asking(reply);
  const done: string[] = [];
  const lines = ({ start, end }: vscode.Range): string => `${start.line}-${end.line}`;
  const inlineEdit = {
    run: (_: unknown, range: vscode.Range, wish: string) =>
      Promise.resolve(void done.push(`edit ${lines(range)} ${wish}`)),
  };
  const disposable = registerCodeActions({
    inlineEdit: () => Promise.resolve(inlineEdit as unknown as InlineEdit),
    oneShot: () => Promise.resolve(asker),
    askChat: (_, range, question) => Promise.resolve(void done.push(`chat ${lines(range)} ${question}`)),
    escalate: (_, at, problems) => Promise.resolve(void done.push(`escalate ${at.line} ${problems}`)),
    agents: {
      isActive: () => host.extensions.has('GitHub.copilot-chat'),
      fix: (_, at, problems) => Promise.resolve(void done.push(`agent ${at.line} ${problems}`)),
    },
    log,
  });
  t.after(() => disposable.dispose());
  const offered = async (range: vscode.Range, diagnostics: vscode.Diagnostic[] = [], only?: vscode.CodeActionKind) => {
    const document = (await host.show(Object.keys(files)[0] ?? '')).document as unknown as vscode.TextDocument;
    const context = { diagnostics, only, triggerKind: 1 };
    const token = new vscode.CancellationTokenSource().token;
    const found = await host.codeActionProviders[0]?.value.provideCodeActions(document, range, context, token);
    return (found ?? []) as vscode.CodeAction[];
  };
  const run = async (actions: readonly vscode.CodeAction[], title: RegExp): Promise<void> => {
    const { command } = actions.find((action) => title.test(action.title)) ?? {};
    assert.ok(command, `${title} is not offered`);
    await vscode.commands.executeCommand(command.command, ...(command.arguments ?? []));
  };
  return { host, log, offered, run, done, asked, sent, disposable };
}

const AT = new vscode.Range(0, 5, 0, 5);
const SELECTED = new vscode.Range(0, 4, 0, 8);
const problem = (severity = 0): vscode.Diagnostic =>
  new vscode.Diagnostic(new vscode.Range(1, 0, 1, 3), 'no\n  export', severity);

test('problems can be fixed, explained and escalated; each entry knows the problem it is for', async (t) => {
  const { offered, run, done } = bulb(t);
  const actions = await offered(AT, [problem()]);
  assert.deepEqual(
    actions.map(({ title, diagnostics }) => [title, diagnostics?.length]),
    [
      ['Fix with Gearshift', 1],
      ['Explain with Gearshift', 1],
      ['Escalate with Gearshift', 1],
    ],
  );
  for (const title of [/^Fix/, /^Explain/, /^Escalate/]) await run(actions, title);
  assert.match(
    done[0] ?? '',
    /^edit 0-2 Fix these problems with the smallest change that is right:\nline 2: no export$/,
  );
  assert.match(done[1] ?? '', /^chat 0-2 Explain these problems[^]*line 2: no export$/);
  assert.equal(done[2], 'escalate 1 line 2: no export');
});

test("where VS Code's agents are there, one of them can fix a problem", async (t) => {
  const { host, offered, run, done } = bulb(t);
  host.extensions.set('GitHub.copilot-chat', { isActive: true } as never);
  await run(await offered(AT, [problem()]), /agent mode$/);
  assert.deepEqual(done, ['agent 1 line 2: no export']);
});

test('T21 an entry for a file that no editor shows runs only after the user agrees', async (t) => {
  const { host, offered, run, done } = bulb(t, undefined);
  const actions = await offered(AT, [problem()]);
  host.editors.splice(0);
  await run(actions, /^Fix/);
  await run(actions, /^Escalate/);
  assert.deepEqual(done, []);
  assert.equal(host.messages[0]?.modal, true);
  assert.match(host.messages[0]?.text ?? '', /^Fix with Gearshift: pool\.ts\?$/);
  host.willClick(/^Fix/, 'Run');
  await run(actions, /^Fix/);
  assert.equal(done.length, 1);
});

test('hints do not count as problems; without a selection nothing is offered unasked', async (t) => {
  const { offered } = bulb(t);
  assert.deepEqual(await offered(AT, [problem(2), problem(3)]), []);
});

test('a selection offers tests, documentation and a name, each to where it is answered', async (t) => {
  const { offered, run, done } = bulb(t);
  const actions = await offered(SELECTED);
  assert.deepEqual(
    actions.map(({ title }) => title),
    ['Generate tests with Gearshift', 'Document with Gearshift', 'Suggest a better name with Gearshift'],
  );
  await run(actions, /tests/);
  await run(actions, /Document/);
  assert.match(done[0] ?? '', /^chat 0-0 Write tests/);
  assert.match(done[1] ?? '', /^edit 0-1 Add documentation comments[^]*Do not change the code/);
});

test('VS Code asks for kinds, and gets only those', async (t) => {
  const { offered } = bulb(t);
  const kinds = async (only: vscode.CodeActionKind): Promise<string[]> =>
    (await offered(AT, [problem()], only)).map(({ title }) => title.split(' ')[0] ?? '');
  assert.deepEqual(await kinds(vscode.CodeActionKind.QuickFix), ['Fix', 'Explain', 'Escalate']);
  assert.deepEqual(await kinds(vscode.CodeActionKind.RefactorRewrite), ['Generate', 'Document', 'Suggest']);
});

test('a name is chosen from those of the model and renamed by the language server', async (t) => {
  const { host, offered, run, sent } = bulb(t, () => '1. poolSize\n`capacity`\nsize\nsome words in between\npoolSize');
  let renamed: unknown[] = [];
  host.commands.set('vscode.executeDocumentRenameProvider', (uri: vscode.Uri, at: vscode.Position, name: string) => {
    renamed = [at.line, at.character, name];
    const edit = new vscode.WorkspaceEdit();
    edit.replace(uri, SELECTED, name);
    edit.replace(uri, new vscode.Range(1, 26, 1, 30), name);
    return edit;
  });
  host.willPick(/Rename size to/, 'capacity');
  await run(await offered(SELECTED), /name/);
  assert.match(sent(), /Find better names for size of line 1/);
  assert.deepEqual(renamed, [0, 4, 'capacity']);
  assert.equal(host.text('pool.ts'), POOL.replaceAll('size', 'capacity'));
  assert.equal(host.applied.length, 1);
});

test('without a name, a choice or a rename the user reads why, and nothing changes', async (t) => {
  const answers = ['size', 'capacity', 'capacity'];
  const { host, offered, run } = bulb(t, () => answers.shift());
  const actions = await offered(SELECTED);
  await run(actions, /name/);
  assert.deepEqual(host.said, ['No better name was found for size.']);
  await run(actions, /name/);
  assert.equal(host.said.length, 1);
  host.commands.set('vscode.executeDocumentRenameProvider', () => undefined);
  host.willPick(/Rename/, 'capacity');
  await run(actions, /name/);
  assert.deepEqual(host.said.at(-1), 'size cannot be renamed here.');
  assert.equal(host.text('pool.ts'), POOL);
});

test('what has moved by the time of the choice is not renamed', async (t) => {
  const { host, offered, run } = bulb(t, () => {
    host.type('pool.ts', `// above\n${POOL}`);
    return 'capacity';
  });
  host.willPick(/Rename/, 'capacity');
  await run(await offered(SELECTED), /name/);
  assert.match(host.said.join(), /size is no longer where it was/);
  assert.equal(host.applied.length, 0);
});

test('the code around a name cuts no secret in half', async (t) => {
  const body = Array.from({ length: 30 }, (_, i) => createHash('sha384').update(`${i}`).digest('base64'));
  const key = ['-----BEGIN RSA PRIVATE KEY-----', ...body, '-----END RSA PRIVATE KEY-----'];
  const text = ['const pem = `', ...key, '`;', ...Array.from({ length: 5 }, () => ''), 'let size = 1;', ''].join('\n');
  const { offered, run, sent } = bulb(t, () => undefined, { 'pool.ts': text });
  const line = text.split('\n').indexOf('let size = 1;');
  await run(await offered(new vscode.Range(line, 4, line, 8)), /name/);
  // Only a whole key is recognized and masked on its way.
  assert.equal(sent().includes('BEGIN RSA PRIVATE KEY'), sent().includes('END RSA PRIVATE KEY'));
});

test('a secret file is asked about first, and without consent nothing is sent', async (t) => {
  const { host, offered, run, asked } = bulb(t, () => 'x', { '.env': 'size=1\n' });
  await run(await offered(new vscode.Range(0, 0, 0, 4)), /name/);
  assert.match(host.said.join(), /\.env looks like a file with secrets/);
  assert.equal(asked.length, 0);
});

test('failures are shown and logged; ids that were never issued do nothing', async (t) => {
  const { host, log, offered, run } = bulb(t, () => Promise.reject(new Error('no tier is set up')));
  await run(await offered(SELECTED), /name/);
  assert.deepEqual(host.said, ['no tier is set up']);
  assert.match(log.errors.join(), /no tier is set up/);
  await vscode.commands.executeCommand('gearshift.codeAction.run', 999);
  await vscode.commands.executeCommand('gearshift.codeAction.run', { toString: () => '1' });
  assert.equal(host.said.length, 1);
});

test('disposing takes the light bulb and its command away', async (t) => {
  const { host, disposable } = bulb(t);
  disposable.dispose();
  assert.equal(host.codeActionProviders.length, 0);
  await assert.rejects(async () => vscode.commands.executeCommand('gearshift.codeAction.run', 1), /not found/);
});
