import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Selection } from 'vscode';
import { registerCompare, useCode, type FollowCode } from '../../../src/editor/chat/codeBlockActions.ts';
import { startHost } from '../../support/vscode/host.ts';

/** What can be done with a code block of an answer beside applying it. */

const ANSWER =
  'First:\n```ts\nlet a = 1;\n```\nthen:\n```golang\nfunc b() {}\n```\nand\n```\nlet hidden = "\u202e";\n```\n';

test('a block is copied as it is written, and a block that is not there does nothing', async (t) => {
  const host = startHost(t);
  await useCode(ANSWER, 1, 'copy');
  assert.equal(host.clipboard, 'func b() {}');
  await useCode(ANSWER, 9, 'copy');
  assert.equal(host.clipboard, 'func b() {}');
});

test('a block replaces the selection; without an editor or in a read-only file nothing is inserted', async (t) => {
  const host = startHost(t, { files: { 'a.ts': 'before\nold\nafter\n' } });
  await useCode(ANSWER, 0, 'insert');
  assert.deepEqual(host.said, ['Open a file and put the cursor where the code should go.']);
  await host.show('a.ts', 1, 0, 1, 3);
  await useCode(ANSWER, 0, 'insert');
  assert.equal(host.text('a.ts'), 'before\nlet a = 1;\nafter\n');
  host.readOnly.add(host.uri('a.ts').toString());
  await useCode(ANSWER, 0, 'insert');
  assert.equal(host.said.at(-1), 'a.ts cannot be changed.');
});

test('what becomes of code is followed wherever it went: copied, inserted at one or several cursors, a new file', async (t) => {
  const host = startHost(t, { files: { 'a.ts': 'one\ntwo\nthree\n' } });
  const followed: Parameters<FollowCode>[0][] = [];
  const use = (kind: 'copy' | 'insert' | 'newFile') => useCode(ANSWER, 0, kind, (code) => void followed.push(code));
  await use('copy');
  assert.deepEqual(followed.at(-1), { text: 'let a = 1;' }, 'copied: it may be pasted anywhere');
  await use('insert');
  assert.equal(followed.length, 1, 'without an editor nothing was inserted');
  const editor = await host.show('a.ts', 0, 0, 0, 3);
  await use('insert');
  const inserted = () => {
    const { placed } = followed.at(-1)!;
    assert.ok(placed);
    return placed.at.map((at) => placed.document.getText().slice(at, at + 'let a = 1;'.length));
  };
  assert.deepEqual(inserted(), ['let a = 1;']);
  editor.selections = [new Selection(2, 0, 2, 5), new Selection(0, 0, 0, 0), new Selection(1, 1, 1, 2)];
  await use('insert');
  assert.equal(host.text('a.ts'), 'let a = 1;let a = 1;\ntlet a = 1;o\nlet a = 1;\n');
  assert.deepEqual(inserted(), ['let a = 1;', 'let a = 1;', 'let a = 1;']);
  host.readOnly.add(host.uri('a.ts').toString());
  await use('insert');
  assert.equal(followed.length, 3, 'a file that cannot be changed has no code');
  await use('newFile');
  assert.deepEqual([inserted(), followed.at(-1)?.placed?.document.isUntitled], [['let a = 1;'], true]);
});

test('code with hidden characters is used only after the user was told', async (t) => {
  const host = startHost(t, { files: { 'a.ts': 'old\n' } });
  await host.show('a.ts', 0, 0, 0, 3);
  await useCode(ANSWER, 2, 'insert');
  await useCode(ANSWER, 2, 'newFile');
  assert.equal(host.text('a.ts'), 'old\n');
  assert.deepEqual([host.messages.length, host.messages[0]?.modal, host.documents.length], [2, true, 1]);
  host.willClick(/hidden characters/, 'Use it');
  await useCode(ANSWER, 2, 'insert');
  assert.match(host.text('a.ts') ?? '', /\u202e/);
});

test('a new file is untitled, in the language that VS Code knows for the word of the fence', async (t) => {
  const host = startHost(t);
  for (const block of [0, 1]) await useCode(ANSWER, block, 'newFile');
  assert.deepEqual(
    host.documents.map(({ languageId, isUntitled }) => [languageId, isUntitled]),
    [
      ['typescript', true],
      ['go', true],
    ],
  );
  await useCode('```unheard-of\nx\n```', 0, 'newFile');
  assert.equal(host.activeEditor?.document.getText(), 'x');
});

test('a block is compared with what is selected, or with the file; nothing changes', async (t) => {
  const host = startHost(t, { files: { 'src/a.ts': 'before\nold\nafter\n' } });
  const compare = registerCompare();
  t.after(() => void compare.dispose());
  await useCode(ANSWER, 0, 'compare');
  assert.deepEqual(host.said, ['Open the file to compare the code with.']);
  const sides = (): (string | undefined)[] => {
    const input = host.activeTab?.input;
    assert.ok(input && 'modified' in input);
    return [host.find(input.original)?.getText(), host.find(input.modified)?.getText()];
  };
  await host.show('src/a.ts', 1, 0, 1, 3);
  await useCode(ANSWER, 0, 'compare');
  assert.deepEqual([host.activeTab?.label, sides()], ['src/a.ts and the answer', ['old', 'let a = 1;']]);
  await host.show('src/a.ts', 0);
  await useCode(ANSWER, 0, 'compare');
  assert.deepEqual(sides(), ['before\nold\nafter\n', 'let a = 1;']);
  assert.equal(host.applied.length, 0);
});
