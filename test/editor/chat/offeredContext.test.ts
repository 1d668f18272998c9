import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import * as vscode from 'vscode';
import { settle, until } from '../../support/settle.ts';
import { chatIn } from './rig.ts';

/** What the chat sees of the editor without being told, and what of it is sent. */

const FILES = {
  'src/pool.ts': 'export function take() {\n  return 1;\n}\n',
  'leaves.py': 'def brew():\n    return "tea"\n',
  '.env': 'KEY=topsecret\n',
};

async function room(t: TestContext, over: Parameters<typeof chatIn>[1] = {}) {
  const chat = await chatIn(t, { files: FILES, ...over });
  await chat.ready();
  const offers = () => (chat.state()?.offers ?? []).map(({ label, on }) => (on ? label : `(${label})`));
  const offered = (...wanted: string[]) => until(() => offers().join() === wanted.join(), `offers ${wanted.join()}`);
  const idOf = (label: string): string => chat.state()?.offers.find((offer) => offer.label === label)?.id ?? '';
  const sent = (at = -1): string => JSON.stringify(chat.calls.at(at)?.request);
  const select = async (...at: Parameters<typeof chat.host.show>): Promise<void> => {
    const textEditor = await chat.host.show(...at);
    chat.host.didChangeSelection.fire({ textEditor, selections: textEditor.selections });
  };
  return { ...chat, select, offers, offered, idOf, sent };
}

test('the open file is offered and not sent; a click attaches it', async (t) => {
  const { host, offered, ask, sent, say, idOf, state } = await room(t);
  await host.show('leaves.py', 0);
  await offered('(leaves.py)');
  await ask('why?');
  assert.doesNotMatch(sent(), /tea/);
  say({ kind: 'takeOffer', offerId: idOf('leaves.py') });
  await until(() => state()?.chips.length === 1);
  await offered();
  await ask('and now?');
  assert.match(sent(), /return \\"tea\\"/);
  assert.match(sent(), /and now/);
});

test('a plain question costs no more because of the file that is offered: the request is the same as without an editor', async (t) => {
  const { host, offered, ask, calls } = await room(t);
  const messages = () => (calls.at(-1)?.request as unknown as { messages: unknown }).messages;
  await host.show('leaves.py', 0);
  await offered('(leaves.py)');
  await ask('What is a mutex?');
  const beside = messages();
  const alone = await room(t, { offersContext: () => false });
  await alone.ask('What is a mutex?');
  assert.deepEqual(beside, (alone.calls.at(-1)?.request as unknown as { messages: unknown }).messages);
});

test('the selection is sent once, is not sent after it was removed, and comes back with another selection', async (t) => {
  const { select, offered, ask, sent, say, idOf, calls } = await room(t);
  await select('src/pool.ts', 1, 0, 1, 11);
  await offered('src/pool.ts:2');
  await ask('what is it?');
  assert.match(sent(), /src\/pool\.ts:2[^]*return 1;/);
  await offered('(src/pool.ts:2)');
  await ask('and?');
  const last = (calls.at(-1)?.request as unknown as { messages: { content: string }[] }).messages.at(-1)?.content;
  assert.equal(last, 'and?', 'the thread has it already');
  await select('src/pool.ts', 0, 0, 1, 11);
  await offered('src/pool.ts:1-2');
  say({ kind: 'removeOffer', offerId: idOf('src/pool.ts:1-2') });
  await offered('(src/pool.ts:1-2)');
  await ask('something else');
  assert.doesNotMatch(sent(), /pool\.ts:1-2/);
});

test('files and symbols that a question names are offered, and only those that exist', async (t) => {
  const { host, say, offered, offers } = await room(t);
  host.commands.set('vscode.executeWorkspaceSymbolProvider', (query) =>
    query === 'takeOne'
      ? [
          new vscode.SymbolInformation(
            'takeOne',
            vscode.SymbolKind.Function,
            '',
            new vscode.Location(host.uri('src/pool.ts') as unknown as vscode.Uri, new vscode.Range(0, 0, 0, 4)),
          ),
        ]
      : [],
  );
  say({ kind: 'draft', text: 'What does leaves.py do, and gone.py, and takeOne, and missingOne?' });
  await offered('(leaves.py)', '(takeOne · src/pool.ts)');
  say({ kind: 'draft', text: 'what is in .env?' });
  await until(() => offers().length === 0);
});

test('a secret file, the output of a tool, an empty file and the setting turned off offer nothing', async (t) => {
  let on = true;
  const { host, select, offers, offered, ask, sent, view } = await room(t, { offersContext: () => on });
  await select('.env', 0, 0, 0, 13);
  await settle();
  await ask('what?');
  assert.doesNotMatch(sent(), /topsecret/);
  assert.deepEqual(offers(), []);
  assert.deepEqual(host.said, [], 'the user is not asked about it either');
  await host.show('src/pool.ts', 0);
  await offered('(src/pool.ts)');
  on = false;
  view.refresh();
  await offered();
  await host.show('src/pool.ts', 0, 0, 1, 11);
  await ask('and now?');
  assert.doesNotMatch(sent(), /return 1/);
});

test('a prompt gathers what it asks for; a selection that the user removed is not among it', async (t) => {
  const { select, offered, say, idOf, ask, sent, calls } = await room(t);
  await select('src/pool.ts', 1, 0, 1, 11);
  await offered('src/pool.ts:2');
  say({ kind: 'removeOffer', offerId: idOf('src/pool.ts:2') });
  await offered('(src/pool.ts:2)');
  await ask('/explain how promises work');
  assert.doesNotMatch(sent(), /return 1/);
  assert.equal(calls.length, 1);
});
