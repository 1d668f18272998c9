import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { Position, Range, Uri } from 'vscode';
import type * as vscode from 'vscode';
import type { SuggestionTracker } from '../../../src/core/insights/suggestionTracker.ts';
import { RequestReader } from '../../../src/editor/completion/requestReader.ts';
import { itemOf, offerOf } from '../../../src/editor/completion/suggestionItems.ts';
import { startOllama } from '../../servers/ollama.ts';
import { openGhostText } from '../../support/ghostText.ts';
import { startHost } from '../../support/vscode/host.ts';
import { settle, until } from '../../support/window.ts';

/** Between VS Code and the completions: what of a document is read, and what VS Code is given to show. */

const MODEL = 'qwen2.5-coder:1.5b-base';
const real = (url: string, init: RequestInit): Promise<Response> => globalThis.fetch(url, init);

async function ghost(t: TestContext, files: Record<string, string>, { contextLength = 4_096 } = {}) {
  const ollama = await startOllama({ models: [MODEL], contextLength });
  t.after(() => ollama.stop());
  const told: { readonly shown: unknown[]; readonly accepted: unknown[]; left: number } = {
    ...{ shown: [], accepted: [], left: 0 },
  };
  const tracker = {
    shown: (offer: unknown) => void told.shown.push(offer),
    accepted: (offer: unknown) => void told.accepted.push(offer),
    left: () => void told.left++,
  } as unknown as SuggestionTracker;
  const window = openGhostText(t, {
    settings: { 'ollama.baseUrl': ollama.url, 'tiers.local': [`ollama/${MODEL}`] },
    answer: real,
    files,
    offers: () => tracker,
  });
  await window.host.show(Object.keys(files)[0] ?? '');
  await window.reaches('ready');
  return { ...window, ollama, told };
}

test('a suggestion is shown at the cursor, and reported when it is shown and when it is accepted', async (t) => {
  const { ask, ollama, told, host, ledger } = await ghost(t, { 'a.ts': 'const value = \n' });
  ollama.script('42;');
  const [item] = await ask('a.ts', 0, 14);
  assert.equal(item?.insertText, '42;');
  assert.deepEqual([item.range?.start.character, item.range?.end.character], [14, 14]);
  assert.equal(told.shown.length, 1);
  assert.equal(ledger.settled.length, 1);
  const { command = '', arguments: args = [] } = item.command ?? {};
  const accept = host.commands.get(command) as (id: unknown) => void;
  accept(args[0]);
  accept(args[0]);
  accept('nonsense');
  assert.deepEqual(told.accepted, told.shown, 'accepted once, whatever the command is called with');
});

test('after Tab, what VS Code closed by itself is not suggested again', async (t) => {
  const { ask, ollama, host } = await ghost(t, { 'a.py': '\n' });
  ollama.script(({ prompt }) => (prompt.includes('print("<|fim_suffix|>') ? 'hello")' : ''));
  host.type('a.py', 'print()\n');
  assert.deepEqual(await ask('a.py', 0, 6, 'typing'), []);
  host.type('a.py', 'print("")\n');
  const [item] = await ask('a.py', 0, 7, 'typing');
  assert.equal(item?.insertText, 'hello');
  host.type('a.py', 'print("hello")\n');
  assert.deepEqual(await ask('a.py', 0, 12, 'typing'), []);
  assert.deepEqual(await ask('a.py', 0, 13, 'typing'), [], 'behind the quote');
});

test('a request that VS Code cancels shows nothing, and ends at the server when the settings change', async (t) => {
  const { ollama, host, log, local, change } = await ghost(t, { 'a.ts': 'const value = \n' });
  await local.completions;
  const provider = host.inlineCompletionProviders[0]!.value;
  ollama.next('hang');
  const document = (await host.open(host.uri('a.ts'))) as unknown as vscode.TextDocument;
  const { CancellationTokenSource } = await import('vscode');
  const source = new CancellationTokenSource();
  const found = provider.provideInlineCompletionItems(
    document,
    new Position(0, 14),
    { triggerKind: 0, selectedCompletionInfo: undefined } as vscode.InlineCompletionContext,
    source.token,
  );
  await until(() => ollama.book.calls.some(({ path, closedBy }) => path === '/api/generate' && closedBy === undefined));
  source.cancel();
  assert.deepEqual(await found, []);
  assert.ok(log.recent.every((line) => !line.includes(' error ')));
  await change('completions.comments', false);
  await until(() =>
    ollama.book.calls.every(({ path, closedBy }) => path !== '/api/generate' || closedBy !== undefined),
  );
});

test('a server that fails is one line in the log, not one for each key, and never a message', async (t) => {
  const { ask, ollama, log, host } = await ghost(t, { 'a.ts': 'const value = \nconst other = \n' });
  ollama.always('status:500');
  await ask('a.ts', 0, 14);
  await ask('a.ts', 1, 14);
  const lines = log.recent.filter((line) => / warn completion: /.test(line));
  assert.equal(lines.length, 1, log.recent.join('\n'));
  assert.equal(host.said.length, 0);
});

test('files with secrets and documents of other programs are not sent, and the reason is known', async (t) => {
  const { ask, ollama, local, host, change } = await ghost(t, { 'a.ts': 'const a = 1\n', '.env': 'TOKEN=\n' });
  await change('completions.languages', { plaintext: true });
  const before = ollama.book.calls.length;
  assert.deepEqual(await ask('.env', 0, 6), []);
  const loaded = await local.completions;
  const document = (await host.open(host.uri('.env'))) as unknown as vscode.TextDocument;
  const why = await loaded?.explainAt(document, new Position(0, 6));
  assert.match(why?.text ?? '', /secret/);
  assert.equal(ollama.book.calls.length, before);
});

test('changed settings forget what was suggested', async (t) => {
  const { ask, ollama, change } = await ghost(t, { 'a.ts': 'const value = \n' });
  ollama.script('1;');
  assert.equal((await ask('a.ts', 0, 14, 'typing'))[0]?.insertText, '1;');
  ollama.script('2;');
  await change('completions.comments', false);
  assert.equal((await ask('a.ts', 0, 14, 'typing'))[0]?.insertText, '2;');
});

const item = {
  text: 'go();',
  replaceAfter: 0,
  replaceBefore: 0,
  source: 'model',
  callId: 'c',
  model: 'm',
  ms: 1,
  rest: null,
} as const;

test('an item replaces what its text repeats: white space before it, the rest of the line after it', () => {
  const { range, insertText } = itemOf({ ...item, replaceBefore: 2, replaceAfter: 3 }, new Position(4, 10), undefined);
  assert.equal(insertText, 'go();');
  assert.deepEqual([range.start.character, range.end.character], [8, 13]);
});

test('with the suggest widget open the item is what the widget would insert, and continues from there', () => {
  const widget = { range: new Range(0, 3, 0, 6), text: 'forEach' } as vscode.SelectedCompletionInfo;
  const here = itemOf({ ...item, text: '(x)', replaceAfter: 1 }, new Position(0, 6), widget);
  assert.deepEqual([here.insertText, here.range.start.character, here.range.end.character], ['forEach(x)', 3, 7]);
  const longer = { range: new Range(0, 3, 0, 9), text: 'forEach' } as vscode.SelectedCompletionInfo;
  assert.equal(itemOf(item, new Position(0, 6), longer).range.end.character, 9, 'never less than the widget replaces');
});

test('what is still to come is given as the document would have it: without what is typed, with its line ends', async (t) => {
  const host = startHost(t, { files: { 'a.ts': 'ab\r\n  x = go\r\n' } });
  const document = (await host.open(host.uri('a.ts'))) as unknown as vscode.TextDocument;
  const at = new Position(1, 8);
  const offer = offerOf(item, { insertText: 'go\n  .on();', range: new Range(1, 6, 1, 8) }, document, at);
  assert.deepEqual([offer.text, offer.at], ['\r\n  .on();', document.offsetAt(at)]);
  assert.deepEqual(offer.by, { callId: 'c', tier: 'local', task: 'completion', model: 'm', language: 'typescript' });
  const other = offerOf(item, { insertText: 'Go()', range: new Range(1, 6, 1, 8) }, document, at);
  assert.deepEqual([other.text, other.at], ['Go()', document.offsetAt(new Position(1, 6))]);
});

test('a request says where the document is, what is selected in the widget, and how many cursors there are', async (t) => {
  const host = startHost(t, { files: { 'src/a.ts': 'one\ntwo\n' } });
  const reader = new RequestReader();
  const document = (await host.open(host.uri('src/a.ts'))) as unknown as vscode.TextDocument;
  await reader.followingLinks(document);
  assert.equal(reader.followingLinks(document), null, 'asked once');
  const widget = { range: new Range(1, 0, 1, 2), text: 'twofold' } as vscode.SelectedCompletionInfo;
  const request = reader.at(document, new Position(1, 2), 'typing', widget, 7);
  assert.deepEqual([request.document.path, request.repo, request.sinceEditMs], ['src/a.ts', 'project', 7]);
  assert.deepEqual(request.selected, { from: 0, text: 'twofold' });
  assert.equal(request.document.lineAt(1), 'two');
  assert.equal(request.severalCursors, false);
  const elsewhere = { range: new Range(0, 0, 1, 2), text: 'x' } as vscode.SelectedCompletionInfo;
  assert.equal(reader.at(document, new Position(1, 2), 'typing', elsewhere, 0).selected, undefined);
});

test('where a link leads is known before anything is sent', async (t) => {
  const host = startHost(t, { files: { 'real.ts': 'x' } });
  const fs = await import('node:fs');
  fs.symlinkSync(host.uri('real.ts').fsPath, host.uri('link.ts').fsPath);
  const document = (await host.open(host.uri('link.ts'))) as unknown as vscode.TextDocument;
  const reader = new RequestReader();
  assert.notEqual(reader.followingLinks(document), null);
  await reader.followingLinks(document);
  await settle();
  assert.equal(
    reader.at(document, new Position(0, 1), 'typing', undefined, 0).document.realPath,
    host.uri('real.ts').fsPath,
  );
  reader.forgetPlaces();
  assert.notEqual(reader.followingLinks(document), null, 'another folder may be open now');
});

test('T17 an open file of the workspace is sent with it; one from elsewhere, as the settings of the editor, does not', async (t) => {
  const passage = (name: string): string =>
    `export function computeTotal(items: Item[]) {\n  // ${name}\n  return items.reduce((sum, item) => sum + item.price, 0);\n}\n`;
  const { ask, ollama, host } = await ghost(t, {
    'a.ts': 'function computeTotals(items: Item[]) {\n  return items.reduce((sum, item) => sum + \n}\n',
    'near.ts': passage('canary-near'),
  });
  const elsewhere = fs.mkdtempSync(path.join(os.tmpdir(), 'gearshift-elsewhere-'));
  t.after(() => fs.rmSync(elsewhere, { recursive: true }));
  fs.writeFileSync(path.join(elsewhere, 'far.ts'), passage('canary-far'));
  await host.open(host.uri('near.ts'));
  await host.open(Uri.file(path.join(elsewhere, 'far.ts')) as never);
  ollama.script('item.price, 0);');
  // What is beside the file is gathered while the first question is under way.
  for (let tries = 0; tries < 3; tries++) await ask('a.ts', 1, 43 - tries);
  const sent = JSON.stringify(ollama.book.calls.map(({ body }) => body));
  assert.match(sent, /canary-near/);
  assert.doesNotMatch(sent, /canary-far/);
});

test('a small window that the server runs the model with bounds the prompt: every request is answered', async (t) => {
  const lines = Array.from({ length: 600 }, (_, n) => `export const value${n} = compute(${n}, 'label ${n}');`);
  const files = { 'a.ts': `${[...lines.slice(0, 300), '', ...lines.slice(300)].join('\n')}\n` };
  for (const contextLength of [1_024, 2_048]) {
    const { ask, ollama, ledger } = await ghost(t, files, { contextLength });
    ollama.script('const a = 1;');
    const [item] = await ask('a.ts', 300, 0);
    assert.equal(item?.insertText, 'const a = 1;', `${contextLength}`);
    const row = ledger.settled.at(-1);
    assert.equal(row?.outcome, 'done', JSON.stringify(row?.failure));
    assert.ok((row?.usage.input ?? 0) > contextLength / 4, 'the window is used');
    assert.ok((row?.usage.input ?? 0) < contextLength, `${row?.usage.input} of ${contextLength}`);
  }
});
