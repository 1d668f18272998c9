import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { runInTerminal, suggestCommand } from '../../../src/editor/chat/terminal.ts';
import { asking } from '../../support/asking.ts';
import { startHost } from '../../support/vscode/host.ts';
import { Terminal } from '../../support/vscode/surfaces.ts';

/** Commands for the terminal: what a model wrote is inserted, and runs only once the user has seen and agreed to it. */

const WISH = /What do you want to do in the terminal/;

function atTerminal(t: TestContext) {
  const host = startHost(t);
  const terminal = new Terminal('zsh');
  host.terminal = terminal;
  host.commands.set('workbench.action.terminal.copySelection', () => undefined);
  return { host, terminal };
}

test('a command is inserted at the prompt and not run; the model gets the shell and the wish', async (t) => {
  const { host, terminal } = atTerminal(t);
  const { asker, asked, sent } = asking(() => '```sh\nfind . -size +10M\n```');
  host.willType(WISH, 'find large files');
  await suggestCommand(() => Promise.resolve(asker));
  assert.deepEqual(terminal.sent, [{ text: 'find . -size +10M', runs: false }]);
  assert.match(sent(), /zsh/);
  assert.match(sent(), /find large files/);
  assert.equal(asked.length, 1);
});

test('no answer inserts several lines, hidden characters, or text that is not a command', async (t) => {
  for (const answer of ['', 'I cannot do that.\n\nSorry, ask again.', '```sh\necho a\u202Eb\n```']) {
    const { host, terminal } = atTerminal(t);
    const { asker } = asking(() => answer);
    host.willType(WISH, 'anything');
    await suggestCommand(() => Promise.resolve(asker));
    assert.deepEqual(
      terminal.sent.filter(({ text }) => /\u202E|\n/.test(text)),
      [],
      JSON.stringify(answer),
    );
    assert.ok(terminal.sent.every(({ runs }) => !runs));
  }
});

test('an empty wish asks no model; a failed call inserts nothing', async (t) => {
  const { host, terminal } = atTerminal(t);
  const { asker, asked } = asking(() => undefined);
  host.willType(WISH, '   ');
  await suggestCommand(() => Promise.resolve(asker));
  assert.equal(asked.length, 0);
  host.willType(WISH, 'list files');
  await suggestCommand(() => Promise.resolve(asker));
  assert.deepEqual([asked.length, terminal.sent], [1, []]);
});

test('without a terminal one is opened', async (t) => {
  const { host } = atTerminal(t);
  host.terminal = undefined;
  const { asker } = asking(() => '```sh\nls\n```');
  host.willType(WISH, 'list files');
  await suggestCommand(() => Promise.resolve(asker));
  assert.deepEqual((host.terminal as Terminal | undefined)?.sent, [{ text: 'ls', runs: false }]);
});

test('a shell block runs after the user has seen it, and not otherwise', async (t) => {
  const { host, terminal } = atTerminal(t);
  await runInTerminal('npm test');
  assert.deepEqual(terminal.sent, [], 'the question was closed');
  host.willClick(/Run this in the terminal/, 'Run');
  await runInTerminal('npm test\n');
  assert.deepEqual(terminal.sent, [{ text: 'npm test', runs: true }]);
  const [message] = host.messages.slice(-1);
  assert.deepEqual([message?.modal, message?.detail], [true, 'npm test']);
});

test('hidden characters are named, and a workspace that is not trusted runs nothing', async (t) => {
  const { host, terminal } = atTerminal(t);
  await runInTerminal('echo a\u202Eb');
  assert.match(host.messages.at(-1)?.detail ?? '', /hidden characters/);
  host.trusted = false;
  await runInTerminal('npm test');
  assert.match(host.said.at(-1) ?? '', /not trusted/);
  assert.deepEqual(terminal.sent, []);
});
