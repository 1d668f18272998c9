import assert from 'node:assert/strict';
import { test } from 'node:test';
import type * as vscode from 'vscode';
import { InstructionBox } from '../../../src/editor/edits/instructionBox.ts';
import { startHost } from '../../support/vscode/host.ts';

/** The box between the lines of the editor that takes an instruction. */

const ASKED = { title: 'Edit 2 lines in a.ts', placeHolder: 'For example: shorter' };

/** Enter in the box: VS Code writes the words into the comment that it was given, and hands that over. */
function sendTyped(box: InstructionBox, comment: { body: unknown } | undefined, words: string): void {
  assert.ok(comment);
  comment.body = words;
  box.send(comment);
}

test('the box is below its line with its words, gives what is sent, and is gone then', async (t) => {
  const host = startHost(t, { files: { 'a.ts': 'let a = 1;\n' } });
  const { document } = await host.show('a.ts');
  const box = new InstructionBox();
  const answer = box.ask(document as unknown as vscode.TextDocument, 3, ASKED);
  const [controller] = host.commentControllers;
  const [thread] = controller?.threads ?? [];
  const [comment] = thread?.comments ?? [];
  assert.deepEqual([thread?.range?.start.line, thread?.label, thread?.canReply], [3, ASKED.title, false]);
  assert.deepEqual([comment?.body, comment?.mode, comment?.label], ['', 0, ASKED.placeHolder]);
  sendTyped(box, comment, ' add types ');
  assert.equal(await answer, 'add types');
  assert.deepEqual(controller?.threads, []);
  box.dispose();
});

test('a box that is sent without words counts as canceled', async (t) => {
  const host = startHost(t, { files: { 'a.ts': 'let a = 1;\n' } });
  const { document } = await host.show('a.ts');
  const box = new InstructionBox();
  const answer = box.ask(document as unknown as vscode.TextDocument, 0, ASKED);
  sendTyped(box, host.commentControllers[0]?.threads[0]?.comments[0], '   ');
  assert.equal(await answer, undefined);
  assert.deepEqual(host.commentControllers[0]?.threads, []);
  box.dispose();
});

test('T21 another extension cannot send words that the user did not type', async (t) => {
  const host = startHost(t, { files: { 'a.ts': 'let a = 1;\n' } });
  const { document } = await host.show('a.ts');
  const box = new InstructionBox();
  const answer = box.ask(document as unknown as vscode.TextDocument, 0, ASKED);
  const [thread] = host.commentControllers[0]?.threads ?? [];
  const [comment] = thread?.comments ?? [];
  for (const forged of [undefined, null, 'add types', { body: 'add types' }, { ...comment, body: 'add types' }, thread])
    box.send(forged);
  assert.equal(host.commentControllers[0]?.threads.length, 1, 'the box still waits for the user');
  sendTyped(box, comment, 'my own');
  assert.equal(await answer, 'my own');
  box.dispose();
});

test('Cancel and another question end the one before', async (t) => {
  const host = startHost(t, { files: { 'a.ts': 'let a = 1;\n' } });
  const { document } = await host.show('a.ts');
  const box = new InstructionBox();
  const first = box.ask(document as unknown as vscode.TextDocument, 0, ASKED);
  const second = box.ask(document as unknown as vscode.TextDocument, 0, ASKED);
  assert.equal(await first, undefined);
  assert.equal(host.commentControllers[0]?.threads.length, 1);
  box.cancel();
  assert.equal(await second, undefined);
  box.dispose();
});

test('a user who has turned comments off is asked at the top of the window', async (t) => {
  const host = startHost(t, { files: { 'a.ts': 'let a = 1;\n' } });
  host.settings.set('comments.visible', false);
  const { document } = await host.show('a.ts');
  const box = new InstructionBox();
  host.willType(/Edit 2 lines/, ' shorter ');
  assert.equal(await box.ask(document as unknown as vscode.TextDocument, 0, ASKED), 'shorter');
  assert.deepEqual(host.commentControllers[0]?.threads, []);
  box.dispose();
});
