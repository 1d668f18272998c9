import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as vscode from 'vscode';
import { registerCommands } from '../../../src/editor/platform/commands.ts';
import { createLog } from '../../../src/editor/platform/log.ts';
import {
  showErrorMessage,
  showInformationMessage,
  showWarningMessage,
  withoutLinks,
  withProgress,
} from '../../../src/editor/platform/messages.ts';
import { startHost } from '../../support/vscode/host.ts';

/** What VS Code makes a link of in the text of a message: `linkedText.ts` of VS Code 1.139. */
const LINK = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/gi;

const EVIL = '[more](command:workbench.action.terminal.sendSequence?%7B%22text%22%3A%22id%5Cn%22%7D)';

test('T08 no text makes a link in a message', (t) => {
  startHost(t);
  const piece = fc.constantFrom('[', ']', '(', ')', '](', 'x', 'command:a', 'file:///a', 'https://a', ' ', '"', '] (');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (parts) => {
      assert.doesNotMatch(withoutLinks(parts.join('')), LINK);
    }),
  );
  assert.match(EVIL, LINK, 'the form that VS Code knows');
  assert.equal(withoutLinks('Save the file [a] (b)?'), 'Save the file [a] (b)?');
});

test('T08 messages, progress and failing commands show words of others as text, and keep their buttons', async (t) => {
  const host = startHost(t);
  await showInformationMessage(`Done: ${EVIL}`);
  await showWarningMessage(`${EVIL}`, { modal: true, detail: 'why' });
  host.willClick(/more/, 'Open');
  assert.equal(await showErrorMessage(`400: ${EVIL}`, 'Open'), 'Open');
  await withProgress({ location: vscode.ProgressLocation.Notification, title: EVIL }, async (progress) =>
    progress.report({ message: EVIL, increment: 1 }),
  );
  registerCommands({ 'gearshift.meter.open': () => Promise.reject(new Error(`no ${EVIL}`)) }, createLog('/extension'));
  await vscode.commands.executeCommand('gearshift.meter.open');
  const shown = host.messages.map(({ text }) => text);
  assert.equal(shown.length, 4);
  for (const text of [...shown, ...host.said]) assert.doesNotMatch(text, LINK);
});
