import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import * as vscode from 'vscode';
import { InlineEdit } from '../../../src/editor/edits/inlineEdit.ts';
import { InPlaceEdits } from '../../../src/editor/edits/inPlace.ts';
import { asking, type Reply } from '../../support/asking.ts';
import { applierIn, diffs, settle, until } from './rig.ts';

/** An instruction on lines of a file: what is asked, what the editor shows meanwhile, and what becomes of the file. */

const POOL = ['export function take() {', '  return 1;', '}', '', 'export const size = 1;', ''].join('\n');
const TWO = POOL.replace('return 1', 'return 2');

function editing(t: TestContext, reply: Reply, files: Readonly<Record<string, string>> = { 'src/pool.ts': POOL }) {
  const rig = applierIn(t, { files });
  const { host, applier, checkpoints } = rig;
  const { asker, asked, rejected, sent } = asking(reply);
  const inPlace = new InPlaceEdits({
    write: (proposals) => applier.write(proposals),
    keep: (...files) => checkpoints.keep(...files),
  });
  t.after(() => inPlace.dispose());
  const asks: { readonly line: number; readonly title: string }[] = [];
  const inline = new InlineEdit({
    oneShot: asker,
    inPlace,
    applier: () => Promise.resolve(applier),
    ask: async (_, line, { title, placeHolder }) => {
      asks.push({ line, title });
      return (await host.input({ title, prompt: placeHolder }))?.trim() || undefined;
    },
    fix: () => Promise.resolve(),
  });
  /** The titles of the CodeLenses of a file, by their lines. */
  const lenses = async (name: string): Promise<string[]> => {
    const document = host.find(host.uri(name)) as unknown as vscode.TextDocument;
    const found = (await host.codeLensProviders[0]?.value.provideCodeLenses(document, {} as never)) ?? [];
    return found.map(({ range, command }) => `${range.start.line} ${command?.title}`);
  };
  /** The new lines as the editor shows them, by the line that they follow. */
  // They get their words a moment after they are made.
  const insets = async (): Promise<string[]> => {
    await new Promise((resolve) => setTimeout(resolve, 450));
    return host.commentControllers
      .flatMap(({ threads }) => threads)
      .map(({ range, comments }) => `${range ? range.start.line : 'top'} ${added(comments[0]?.body.value)}`);
  };
  /** The lines that are marked as removed. */
  const removed = (name: string): number[] => {
    const editor = host.editors.find(({ document }) => document === host.find(host.uri(name)));
    return [...(editor?.decorations.values() ?? [])].flat().flatMap(({ start, end }) => {
      return Array.from({ length: end.line - start.line + 1 }, (_, i) => start.line + i);
    });
  };
  return { ...rig, inPlace, inline, asked, rejected, sent, asks, lenses, insets, removed };
}

const added = (body = ''): string =>
  body
    .split('\n')
    .filter((line) => line.startsWith('+ '))
    .map((line) => line.slice(2))
    .join('|');

const block = (...lines: string[]): string => ['```ts', ...lines, '```'].join('\n');

test('the selected lines are asked about; the change waits in the editor and is not in the document before it is accepted', async (t) => {
  const { host, inPlace, inline, asked, sent, told, asks, lenses, insets, removed } = editing(t, () =>
    block('  return 2;'),
  );
  await host.show('src/pool.ts', 1, 2, 1, 8);
  host.willType(/Edit 1 line in src\/pool\.ts/, 'return two');
  await inline.start(undefined);
  assert.match(sent(), /<edit>\n {2}return 1;\n<\/edit>/);
  assert.match(sent(), /Instruction: return two/);
  assert.deepEqual([asked[0]?.task, asked[0]?.action, asked[0]?.language], ['edit', 'inline-edit', 'typescript']);
  assert.deepEqual(asks, [{ line: 0, title: 'Edit 1 line in src/pool.ts' }]);
  assert.deepEqual(removed('src/pool.ts'), [1]);
  assert.deepEqual(await insets(), ['1   return 2;']);
  assert.deepEqual(await lenses('src/pool.ts'), [
    '1 Accept (Alt+Enter)',
    '1 Reject (Alt+Backspace)',
    '1 Accept all (Shift+Alt+Enter)',
    '1 Discard (Shift+Alt+Backspace)',
    '1 Another version… (Ctrl+Alt+J)',
  ]);
  assert.equal(host.contexts.get('gearshift.editsInPlace'), true);
  assert.equal(host.text('src/pool.ts'), POOL);
  await inPlace.take(true);
  assert.equal(host.text('src/pool.ts'), TWO);
  assert.deepEqual([await insets(), removed('src/pool.ts'), await lenses('src/pool.ts')], [[], [], []]);
  assert.equal(host.contexts.get('gearshift.editsInPlace'), false);
  await until(() => told.length > 0);
  assert.match(told.join(), /^applied small pool\.ts/);
});

test('changes are accepted and rejected one by one, by their CodeLens or at the cursor, and each is one step', async (t) => {
  const whole = POOL.replace('return 1', 'return 2').replace('size = 1', 'size = 8');
  const { host, inPlace, inline, lenses, insets, removed } = editing(t, () => block(`// pool\n${whole.trimEnd()}`));
  const editor = await host.show('src/pool.ts', 0, 0, 5, 0);
  host.willType(/Edit 5 lines/, 'all');
  await inline.start(undefined);
  assert.deepEqual(removed('src/pool.ts'), [1, 4]);
  assert.deepEqual(await insets(), ['top // pool', '1   return 2;', '4 export const size = 8;']);
  assert.match((await lenses('src/pool.ts'))[0] ?? '', /^0 1 of 3$/);
  assert.equal(editor.selection.active.line, 0, 'the first change is revealed');
  editor.selection = new vscode.Selection(4, 0, 4, 0) as never;
  await inPlace.take(false);
  await inPlace.take(true, { kind: 'inPlace', uri: editor.document.uri.toString(), hunk: '1' });
  assert.equal(host.text('src/pool.ts'), TWO);
  assert.equal(host.applied.length, 1);
  await inPlace.acceptAll();
  assert.equal(host.text('src/pool.ts'), `// pool\n${TWO}`);
  assert.deepEqual(await lenses('src/pool.ts'), []);
});

test('what the user types in the meantime stays, and a change of the same lines is dropped with a message', async (t) => {
  const whole = POOL.replace('return 1', 'return 2').replace('size = 1', 'size = 8');
  const { host, inPlace, inline, removed } = editing(t, () => block(whole.trimEnd()));
  await host.show('src/pool.ts', 0, 0, 5, 0);
  host.willType(/Edit 5 lines/, 'all');
  await inline.start(undefined);
  host.type('src/pool.ts', `// mine\n${POOL}`);
  assert.deepEqual(removed('src/pool.ts'), [2, 5]);
  host.type('src/pool.ts', `// mine\n${POOL.replace('size = 1', 'size = 3')}`);
  assert.deepEqual(removed('src/pool.ts'), [2]);
  assert.match(host.statusMessages.join(), /You edited lines of a proposed change/);
  await inPlace.acceptAll();
  assert.equal(host.text('src/pool.ts'), `// mine\n${TWO.replace('size = 1', 'size = 3')}`);
});

test('a save in the middle writes the text with the accepted changes, and nothing that waits', async (t) => {
  const whole = POOL.replace('return 1', 'return 2').replace('size = 1', 'size = 8');
  const { host, inPlace, inline } = editing(t, () => block(whole.trimEnd()));
  const editor = await host.show('src/pool.ts', 0, 0, 5, 0);
  host.willType(/Edit 5 lines/, 'all');
  await inline.start(undefined);
  await editor.document.save();
  assert.equal(host.onDisk('src/pool.ts'), POOL);
  await inPlace.take(true);
  await editor.document.save();
  assert.equal(host.onDisk('src/pool.ts'), TWO);
  assert.equal(inPlace.has(), true);
});

test('a selection that ends at the start of a line does not include that line', async (t) => {
  const { host, inline, sent } = editing(t, () => undefined);
  await host.show('src/pool.ts', 0, 0, 2, 0);
  host.willType(/Edit 2 lines/, 'shorter');
  await inline.start(undefined);
  assert.match(sent(), /<edit>\nexport function take\(\) \{\n {2}return 1;\n<\/edit>/);
});

test('without a selection it is the function around the cursor, or its line where nothing is known', async (t) => {
  const { host, inline, sent } = editing(t, () => undefined);
  await host.show('src/pool.ts', 1);
  host.willType(/Edit 1 line /, 'x');
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
  host.willType(/Edit 1 line /, 'x');
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
  const { host, inline, asked, inPlace } = editing(t, () => block('x'), { 'src/pool.ts': POOL, '.env': 'KEY=1\n' });
  await assert.rejects(inline.start(undefined), /Open a file and select what should be changed/);
  await host.show('src/pool.ts', 1);
  host.willType(/Edit/, '   ');
  await inline.start(undefined);
  await host.show('.env', 0);
  host.willType(/Edit/, 'rotate');
  await inline.start(undefined);
  assert.match(host.said.join(), /\.env looks like a file with secrets/);
  assert.deepEqual([asked.length, inPlace.has()], [0, false]);
});

test('the change grows as the answer comes, and typing beside it stays; there is nothing to accept yet', async (t) => {
  const seen: unknown[] = [];
  const rig = editing(t, async (_, __, onText) => {
    onText('```ts\n  const two = 2;\n  ret');
    await new Promise((resolve) => setTimeout(resolve, 150));
    seen.push(await rig.insets(), rig.removed('src/pool.ts'), await rig.lenses('src/pool.ts'));
    rig.host.type('src/pool.ts', `// mine\n${POOL}`);
    await rig.inPlace.acceptAll();
    return block('  const two = 2;', '  return two;');
  });
  const { host, inline, insets, inPlace } = rig;
  await host.show('src/pool.ts', 1, 0, 1, 11);
  host.willType(/Edit/, 'name it');
  await inline.start(undefined);
  assert.deepEqual(seen, [
    ['1   const two = 2;'],
    [1],
    ['1 $(loading~spin) Gearshift is writing…', '1 Stop (Shift+Alt+Backspace)'],
  ]);
  assert.match(host.said.join(), /still being written/);
  assert.deepEqual(await insets(), ['2   const two = 2;|  return two;']);
  await inPlace.acceptAll();
  assert.equal(host.text('src/pool.ts'), `// mine\n${POOL.replace('  return 1;', '  const two = 2;\n  return two;')}`);
});

test('Discard, Cancel and closing the document end the call; none writes or says anything', async (t) => {
  for (const way of ['discard', 'cancel', 'close'] as const) {
    await t.test(way, async (t) => {
      let aborted = false;
      const { host, inline, inPlace, insets } = editing(t, async (_, signal) => {
        if (way === 'discard') inPlace.discard();
        if (way === 'cancel') host.progress[0]?.cancel();
        if (way === 'close') host.closeTabs([...host.tabs]);
        aborted = signal.aborted;
        return undefined;
      });
      await host.show('src/pool.ts', 1);
      host.willType(/Edit/, 'x');
      await inline.start(undefined);
      assert.deepEqual(
        [aborted, await insets(), host.said, host.applied.length, inPlace.has()],
        [true, [], [], 0, false],
      );
    });
  }
});

test('an answer without code is not accepted, and nothing waits; the same holds for a failed call', async (t) => {
  const replies = [() => 'I am sorry, but I cannot help with that.', () => Promise.reject(new Error('no such tier'))];
  const { host, inline, inPlace, rejected } = editing(t, () => replies.shift()?.());
  await host.show('src/pool.ts', 1);
  host.willType(/Edit/, 'x');
  await inline.start(undefined);
  assert.deepEqual(rejected, ['it contains no code to replace these lines']);
  assert.equal(inPlace.has(), false);
  host.willType(/Edit/, 'x');
  await assert.rejects(inline.start(undefined), /no such tier/);
  assert.equal(inPlace.has(), false);
});

test('an answer that changes nothing says so', async (t) => {
  const { host, inline, inPlace } = editing(t, () => block('  return 1;'));
  await host.show('src/pool.ts', 1, 0, 1, 11);
  host.willType(/Edit/, 'x');
  await inline.start(undefined);
  assert.deepEqual(host.said, ['The answer leaves these lines as they are.']);
  assert.equal(inPlace.has(), false);
});

test('the key of the inline edit asks for another version while a change waits', async (t) => {
  const answers = [block('  return 2;'), block('  return 3;')];
  const { host, inline, inPlace, sent, insets } = editing(t, () => answers.shift());
  await host.show('src/pool.ts', 1, 0, 1, 11);
  host.willType(/Edit/, 'two');
  await inline.start(undefined);
  host.willType(/What should be different/, 'three');
  await inline.start(undefined);
  assert.match(sent(1), /return 2;/);
  assert.match(sent(1), /Change your version further\. Instruction: three/);
  assert.deepEqual(await insets(), ['1   return 3;']);
  await inPlace.acceptAll();
  assert.equal(host.text('src/pool.ts'), POOL.replace('return 1', 'return 3'));
});

test('line ends and the missing newline at the end of a file stay as they are', async (t) => {
  const text = 'let a = 1;\r\nlet b = 1;\r\nlet c = 1;';
  const { host, inPlace, inline } = editing(t, () => block('let c = 2;', 'let d = 2;'), { 'a.ts': text });
  await host.show('a.ts', 2, 0, 2, 10);
  host.willType(/Edit/, 'two');
  await inline.start(undefined);
  await inPlace.acceptAll();
  await settle();
  assert.equal(host.text('a.ts'), text.replace('let c = 1;', 'let c = 2;\r\nlet d = 2;'));
});

test('where the settings hide comments or CodeLenses, the change is a diff as before', async (t) => {
  const { host, inline, inPlace, applier } = editing(t, () => block('  return 2;'));
  host.settings.set('editor.codeLens', false);
  await host.show('src/pool.ts', 1, 0, 1, 11);
  host.willType(/Edit/, 'two');
  await inline.start(undefined);
  assert.deepEqual([diffs(host), inPlace.has()], [['src/pool.ts: proposed change'], false]);
  await applier.apply(undefined);
  assert.equal(host.text('src/pool.ts'), TWO);
});

test('before an edit first changes a file, the file is kept; all of its changes are one checkpoint', async (t) => {
  const whole = POOL.replace('return 1', 'return 2').replace('size = 1', 'size = 8');
  const { host, inPlace, inline, checkpoints } = editing(t, () => block(whole.trimEnd()));
  await host.show('src/pool.ts', 0, 0, 5, 0);
  host.willType(/Edit 5 lines/, 'Two things');
  await inline.start(undefined);
  await inPlace.take(true);
  host.type('src/pool.ts', `// mine\n${host.text('src/pool.ts')}`);
  await inPlace.acceptAll();
  assert.equal(host.text('src/pool.ts'), `// mine\n${whole}`);
  host.willPick(/Restore the files to before/, 'Two things');
  host.willClick(/^Restore 1 file/, 'Restore');
  await checkpoints.choose();
  assert.equal(host.text('src/pool.ts'), POOL);
});

test('an edit in a document that no editor shows has no insets; they are there again with the editor', async (t) => {
  const { host, inline, insets } = editing(t, () => block('  return 2;'), { 'src/pool.ts': POOL, 'b.ts': '' });
  await host.show('src/pool.ts', 1, 0, 1, 11);
  host.willType(/Edit/, 'two');
  await inline.start(undefined);
  assert.deepEqual(await insets(), ['1   return 2;']);
  const hidden = host.editors.splice(0);
  host.didChangeVisibleEditors.fire([]);
  assert.deepEqual(await insets(), []);
  host.editors.push(...hidden);
  host.didChangeVisibleEditors.fire(hidden);
  assert.deepEqual(await insets(), ['1   return 2;']);
});
