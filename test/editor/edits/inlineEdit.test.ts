import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import * as vscode from 'vscode';
import { InlineEdit } from '../../../src/editor/edits/inlineEdit.ts';
import { asking, type Reply } from '../../support/asking.ts';
import { applierIn, diffs, proposed, settle, until } from './rig.ts';

/** An instruction on lines of a file: what is asked, what the diff shows meanwhile, and what becomes of the file. */

const POOL = ['export function take() {', '  return 1;', '}', '', 'export const size = 1;', ''].join('\n');

function editing(t: TestContext, reply: Reply, files: Readonly<Record<string, string>> = { 'src/pool.ts': POOL }) {
  const rig = applierIn(t, { files });
  const { asker, asked, rejected, sent } = asking(reply);
  const fixes: string[] = [];
  const inline = new InlineEdit(
    asker,
    () => Promise.resolve(rig.applier),
    (_, problems) => Promise.resolve(void fixes.push(problems)),
  );
  return { ...rig, inline, asked, rejected, sent, fixes };
}

const block = (...lines: string[]): string => ['```ts', ...lines, '```'].join('\n');

test('the selected lines are asked about, the answer comes as a diff, and taking it changes those lines alone', async (t) => {
  const { host, applier, inline, asked, sent, told } = editing(t, () => block('  return 2;'));
  await host.show('src/pool.ts', 1, 2, 1, 8);
  host.willType(/Edit 1 lines in src\/pool\.ts/, 'return two');
  await inline.start(undefined);
  assert.match(sent(), /<edit>\n {2}return 1;\n<\/edit>/);
  assert.match(sent(), /Instruction: return two/);
  assert.deepEqual([asked[0]?.task, asked[0]?.action, asked[0]?.language], ['edit', 'inline-edit', 'typescript']);
  await until(() => proposed(host) === POOL.replace('return 1', 'return 2'));
  assert.equal(host.text('src/pool.ts'), POOL);
  await applier.apply(undefined);
  assert.equal(host.text('src/pool.ts'), POOL.replace('return 1', 'return 2'));
  await until(() => told.length > 0);
  assert.match(told.join(), /^applied small pool\.ts/);
});

test('a selection that ends at the start of a line does not take that line along', async (t) => {
  const { host, inline, sent } = editing(t, () => undefined);
  await host.show('src/pool.ts', 0, 0, 2, 0);
  host.willType(/Edit 2 lines/, 'shorter');
  await inline.start(undefined);
  assert.match(sent(), /<edit>\nexport function take\(\) \{\n {2}return 1;\n<\/edit>/);
});

test('without a selection it is the function around the cursor, or its line where nothing is known', async (t) => {
  const { host, inline, sent } = editing(t, () => undefined);
  await host.show('src/pool.ts', 1);
  host.willType(/Edit 1 lines/, 'x');
  await inline.start(undefined);
  host.commands.set('vscode.executeDocumentSymbolProvider', () => [
    new vscode.DocumentSymbol(
      'take',
      '',
      vscode.SymbolKind.Function,
      new vscode.Range(0, 0, 2, 1),
      new vscode.Range(0, 0, 0, 1),
    ),
  ]);
  host.willType(/Edit 3 lines/, 'x');
  await inline.start(undefined);
  assert.match(sent(0), /<edit>\n {2}return 1;\n<\/edit>/);
  assert.match(sent(1), /<edit>\nexport function take\(\) \{\n {2}return 1;\n\}\n<\/edit>/);
});

test('while the user types the instruction the lines may move: those that were meant are asked about', async (t) => {
  const { host, inline, sent } = editing(t, () => undefined);
  const editor = await host.show('src/pool.ts', 1, 2, 1, 8);
  host.willType(/Edit 1 lines/, 'x');
  const asked = host.input.bind(host);
  host.input = async (options) => {
    // A formatter adds a line above, and the editor moves the selection with the text.
    host.type('src/pool.ts', `// head\n${POOL}`);
    editor.selection = new vscode.Selection(2, 2, 2, 8) as never;
    return asked(options);
  };
  await inline.start(undefined);
  assert.match(sent(), /<edit>\n {2}return 1;\n<\/edit>/);
});

test('no instruction, no editor or a secret file: nothing is asked', async (t) => {
  const { host, inline, asked } = editing(t, () => block('x'), { 'src/pool.ts': POOL, '.env': 'KEY=1\n' });
  await assert.rejects(inline.start(undefined), /Open a file and select what should be changed/);
  await host.show('src/pool.ts', 1);
  host.willType(/Edit/, '   ');
  await inline.start(undefined);
  await host.show('.env', 0);
  host.willType(/Edit/, 'rotate');
  await inline.start(undefined);
  assert.match(host.said.join(), /\.env looks like a file with secrets/);
  assert.deepEqual([asked.length, diffs(host)], [0, []]);
});

test('the diff grows as the answer comes', async (t) => {
  const seen: (string | undefined)[] = [];
  const { host, inline } = editing(t, async (_, __, onText) => {
    onText('```ts\n  const two = 2;\n  ret');
    await new Promise((resolve) => setTimeout(resolve, 120));
    seen.push(proposed(host));
    return block('  const two = 2;', '  return two;');
  });
  const editor = await host.show('src/pool.ts', 1, 0, 1, 11);
  host.willType(/Edit/, 'name it');
  await inline.start(undefined);
  assert.match(seen[0] ?? '', /const two = 2;/);
  assert.equal(editor.document.getText(), POOL);
});

test('closing the diff ends the call; so does Cancel; neither writes or says anything', async (t) => {
  for (const way of ['close', 'cancel'] as const) {
    await t.test(way, async (t) => {
      let aborted = false;
      const { host, inline, applier } = editing(t, async (_, signal) => {
        if (way === 'close') await applier.discard(undefined);
        else host.progress[0]?.cancel();
        aborted = signal.aborted;
        return undefined;
      });
      await host.show('src/pool.ts', 1);
      host.willType(/Edit/, 'x');
      await inline.start(undefined);
      assert.deepEqual([aborted, diffs(host), host.said, host.applied.length], [true, [], [], 0]);
    });
  }
});

test('an answer without code is not accepted, and its diff closes; so does that of a call that fails', async (t) => {
  const replies = [() => 'I am sorry, but I cannot help with that.', () => Promise.reject(new Error('no such tier'))];
  const { host, inline, rejected } = editing(t, () => replies.shift()?.());
  await host.show('src/pool.ts', 1);
  host.willType(/Edit/, 'x');
  await inline.start(undefined);
  assert.deepEqual(rejected, ['it contains no code to replace these lines']);
  assert.deepEqual(diffs(host), []);
  await host.show('src/pool.ts', 1);
  host.willType(/Edit/, 'x');
  await assert.rejects(inline.start(undefined), /no such tier/);
  assert.deepEqual(diffs(host), []);
});

test('a follow-up goes on from the answer before, in a diff of its own', async (t) => {
  const answers = [block('  return 2;'), block('  return 3;')];
  const { host, applier, inline, sent } = editing(t, () => answers.shift());
  await host.show('src/pool.ts', 1, 0, 1, 11);
  host.willType(/Edit/, 'two');
  await inline.start(undefined);
  host.willType(/What should be different/, 'three');
  await applier.followUp(undefined);
  assert.match(sent(1), /return 2;/);
  assert.match(sent(1), /Change your version further\. Instruction: three/);
  assert.deepEqual(diffs(host).length, 1);
  await applier.apply(undefined);
  assert.equal(host.text('src/pool.ts'), POOL.replace('return 1', 'return 3'));
});

test('line ends and the missing newline at the end of a file stay as they are', async (t) => {
  const text = 'let a = 1;\r\nlet b = 1;\r\nlet c = 1;';
  const { host, applier, inline } = editing(t, () => block('let b = 2;'), { 'a.ts': text });
  await host.show('a.ts', 1, 0, 1, 10);
  host.willType(/Edit/, 'two');
  await inline.start(undefined);
  await applier.apply(undefined);
  await settle();
  assert.equal(host.text('a.ts'), text.replace('b = 1', 'b = 2'));
});
