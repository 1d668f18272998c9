import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { test, type TestContext } from 'node:test';
import * as vscode from 'vscode';
import type { Attachment } from '../../../src/core/chat/conversation.ts';
import { ContextPicker, takeTerminal } from '../../../src/editor/chat/contextPicker.ts';
import { startRepository } from '../../support/gitRepository.ts';
import { startHost } from '../../support/vscode/host.ts';

/** What can be attached with `@`, what of it is taken, and what never leaves without the user's word. */

const FILES = {
  'src/pool.ts': 'export function take() {\n  return 1;\n}\n',
  'src/ring.ts': 'export const ring = 1; // needle\n',
  'README.md': '# Pool\n',
  '.env': 'KEY=topsecret needle\n',
  'node_modules/x/index.js': 'needle\n',
};

const CODEBASE = { status: () => 'not indexed', start: () => undefined };

const PEM = [
  '-----BEGIN RSA PRIVATE KEY-----',
  ...Array.from({ length: 6 }, (_, i) => createHash('sha384').update(`${i}`).digest('base64')),
  '-----END RSA PRIVATE KEY-----',
].join('\n');

function sources(t: TestContext, over: Partial<ConstructorParameters<typeof ContextPicker>[0]> = {}) {
  const host = startHost(t, { files: FILES });
  const context = new ContextPicker({
    urls: () => true,
    trusted: () => true,
    fetch: () => Promise.reject(new Error('no network')),
    codebase: CODEBASE,
    ...over,
  });
  /** The labels that are offered, with `!` for what is not to be had right now. */
  const offered = async (mention: string, query = ''): Promise<string[]> =>
    (await context.suggest(mention, query)).map(({ label, unavailable }) => (unavailable ? `${label}!` : label));
  const take = async (mention: string, query: string, label: string | RegExp): Promise<Attachment | undefined> => {
    const found = await context.suggest(mention, query);
    const meant = found.find((each) => (typeof label === 'string' ? each.label === label : label.test(each.label)));
    assert.ok(meant, `${String(label)} is not among ${found.map((each) => each.label).join(', ')}`);
    return context.take(meant.id);
  };
  return { host, context, offered, take };
}

test('the first list says what is there, and of what is not, why', async (t) => {
  const { host, context, offered } = sources(t);
  assert.deepEqual(await offered('', ''), [
    // What can be had comes first: Enter takes the first row.
    ...['@file', '@folder', '@symbol', '@codebase', '@search', '@url'],
    ...['@selection!', '@problems!', '@diff!', '@diff:staged!', '@terminal!'],
  ]);
  const reasons = (await context.suggest('', '')).map(({ unavailable }) => unavailable).filter(Boolean);
  assert.deepEqual(
    new Set(reasons),
    new Set(['Nothing is selected in the editor', 'There are no problems', 'No git repository', 'No terminal is open']),
  );
  await host.show('src/pool.ts', 0, 0, 1, 0);
  host.terminal = { name: 'zsh' };
  const now = await offered('', '');
  assert.deepEqual([now[0], now[1], now.includes('@terminal')], ['@selection', '@currentFile', true]);
});

test('a file that was made while the list of files is fresh is found', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 1_000_000 });
  const { host, offered } = sources(t);
  assert.deepEqual(await offered('file', 'ring'), ['ring.ts']);
  fs.writeFileSync(host.uri('src/made.ts').fsPath, 'export const made = 1;\n');
  t.mock.timers.tick(2_000);
  assert.deepEqual(await offered('file', 'made'), ['made.ts']);
});

test('names that every JavaScript object has are not sources', async (t) => {
  const { offered } = sources(t);
  assert.deepEqual(await offered('constructor', 'x'), []);
});

test('files are offered without those that are installed or hold secrets, and taken with unsaved changes', async (t) => {
  const { host, offered, take } = sources(t);
  assert.deepEqual((await offered('file', '')).sort(), ['README.md', 'pool.ts', 'ring.ts']);
  await host.open(host.uri('src/pool.ts'));
  host.type('src/pool.ts', 'unsaved');
  const taken = await take('file', 'pool', 'pool.ts');
  assert.deepEqual(
    [taken?.kind, taken?.path, taken?.language, taken?.text],
    ['file', 'src/pool.ts', 'typescript', 'unsaved'],
  );
  await host.show('README.md');
  assert.equal((await offered('file', ''))[0], 'README.md', 'what is open comes first');
});

test('a file that is too large or not text is refused with its name', async (t) => {
  const { host, take } = sources(t);
  host.write('big.txt', 'x'.repeat(1024 * 1024 + 1));
  host.write('data.bin', new Uint8Array([1, 0, 2]));
  await assert.rejects(take('file', 'big', 'big.txt'), /big\.txt is too large to be attached, or is not text/);
  await assert.rejects(take('file', 'data', 'data.bin'), /data\.bin is too large/);
});

test('a folder is taken without secrets, and says how many were left out', async (t) => {
  const { host, take, offered } = sources(t);
  host.write('src/.env', 'KEY=topsecret\n');
  assert.ok((await offered('folder', '')).includes('src'));
  const taken = await take('folder', 'src', 'src');
  assert.match(taken?.text ?? '', /return 1;[^]*needle/);
  assert.doesNotMatch(taken?.text ?? '', /topsecret/);
  assert.match(taken?.remarks?.join() ?? '', /secret/);
});

test('a link out of the workspace is neither in a folder nor in a search', async (t) => {
  const { host, take } = sources(t);
  fs.writeFileSync(`${host.root}/private.txt`, 'outside needle\n');
  fs.symlinkSync(`${host.root}/private.txt`, host.uri('src/innocent.txt').fsPath);
  assert.doesNotMatch((await take('folder', 'src', 'src'))?.text ?? '', /outside/);
  assert.doesNotMatch((await take('search', 'needle', /needle/))?.text ?? '', /outside/);
});

test('a search finds lines of files that may be sent, and says so when there is none', async (t) => {
  const { take, offered } = sources(t);
  const taken = await take('search', 'needle', /Lines with/);
  assert.match(taken?.text ?? '', /ring/);
  assert.doesNotMatch(taken?.text ?? '', /topsecret|node_modules/);
  await assert.rejects(take('search', 'haystack', /Lines with/), /No line in the workspace contains “haystack”/);
  assert.deepEqual(await offered('search', 'n'), [], 'one letter is no search');
});

test('a suggestion is taken by its id and no other; a page cannot name a path', async (t) => {
  const { context } = sources(t);
  assert.equal(await context.take('/etc/passwd'), undefined);
  assert.equal(await context.take('src/pool.ts'), undefined);
});

test('the selection is widened to whole secrets, and one of a secret file needs consent', async (t) => {
  const { host, take } = sources(t);
  host.write('key.ts', `const pem = \`${PEM}\`;\n`);
  await host.show('key.ts', 3, 0, 4, 0);
  assert.match((await take('', '', '@selection'))?.text ?? '', /BEGIN RSA[^]*END RSA/);
  await host.show('.env', 0, 0, 0, 5);
  assert.equal(await take('', '', '@selection'), undefined);
  host.willClick(/\.env looks like a file with secrets/, 'Attach it');
  assert.equal((await take('', '', '@selection'))?.text, 'KEY=t');
});

test('a symbol is taken as a whole, also where only its name was found, and cuts no secret', async (t) => {
  const { host, take } = sources(t);
  const uri = host.uri('src/pool.ts') as unknown as vscode.Uri;
  const range = new vscode.Range(0, 16, 0, 20);
  host.commands.set('vscode.executeWorkspaceSymbolProvider', () => [
    new vscode.SymbolInformation('take', vscode.SymbolKind.Function, 'pool', new vscode.Location(uri, range)),
    new vscode.SymbolInformation(
      'other',
      vscode.SymbolKind.Function,
      '',
      new vscode.Location(vscode.Uri.file('/lib.d.ts'), range),
    ),
  ]);
  host.commands.set('vscode.executeDocumentSymbolProvider', () => [
    new vscode.DocumentSymbol('take', '', vscode.SymbolKind.Function, new vscode.Range(0, 0, 2, 1), range),
  ]);
  const taken = await take('symbol', 'ta', 'take');
  assert.deepEqual([taken?.text, taken?.label], [FILES['src/pool.ts'].trimEnd(), 'take · src/pool.ts:1-3']);
  await assert.rejects(take('symbol', 'ot', 'other'), /is not among/);
  const key = host.write('key.ts', `const pem = \`${PEM}\`;\n`) as unknown as vscode.Uri;
  host.commands.set('vscode.executeWorkspaceSymbolProvider', () => [
    new vscode.SymbolInformation(
      'pem',
      vscode.SymbolKind.Variable,
      '',
      new vscode.Location(key, new vscode.Range(3, 0, 5, 0)),
    ),
  ]);
  host.commands.set('vscode.executeDocumentSymbolProvider', () => []);
  assert.match((await take('symbol', 'pem', 'pem'))?.text ?? '', /BEGIN RSA[^]*END RSA/);
});

test('problems of files that may be sent are attached, errors and warnings only', async (t) => {
  const { host, take } = sources(t);
  const at = (message: string, severity: number) =>
    new vscode.Diagnostic(new vscode.Range(1, 0, 1, 1), message, severity);
  host.diagnostics.set(host.uri('src/pool.ts').toString(), [at('cannot find x', 0), at('a hint', 3)] as never);
  host.diagnostics.set(host.uri('.env').toString(), [at('topsecret is no number', 0)] as never);
  const taken = await take('', '', '@problems');
  assert.match(taken?.text ?? '', /src\/pool\.ts[^]*2[^]*cannot find x/);
  assert.doesNotMatch(taken?.text ?? '', /hint|topsecret/);
  assert.equal(taken?.label, 'problems (1)');
});

test('what is staged and what is not are attached apart', async (t) => {
  const { host, git, repository } = startRepository(t, FILES);
  const context = new ContextPicker({
    urls: () => false,
    trusted: () => true,
    fetch: globalThis.fetch,
    codebase: CODEBASE,
  });
  host.write('README.md', '# Staged\n');
  git('add', 'README.md');
  host.write('README.md', '# Unstaged\n');
  Object.assign(repository.state, { indexChanges: [{}], workingTreeChanges: [{}] });
  const found = await context.suggest('', '');
  const text = async (label: string): Promise<string> =>
    (await context.take(found.find((each) => each.label === label)?.id ?? ''))?.text ?? '';
  assert.match(await text('@diff'), /-# Staged\n\+# Unstaged/);
  assert.match(await text('@diff:staged'), /-# Pool\n\+# Staged/);
  assert.deepEqual(
    found.some(({ label }) => label === '@url'),
    false,
    'web pages are switched off',
  );
});

test('the selection of the terminal comes over the clipboard, which is as it was afterwards', async (t) => {
  const { host } = sources(t);
  host.terminal = { name: 'zsh' };
  host.clipboard = 'mine';
  host.commands.set('workbench.action.terminal.copySelection', () => void (host.clipboard = 'npm ERR! code 1'));
  const taken = await takeTerminal();
  assert.deepEqual(
    [taken?.text, taken?.notes, host.clipboard],
    ['npm ERR! code 1', 'Output of the terminal zsh', 'mine'],
  );
  host.commands.set('workbench.action.terminal.copySelection', () => undefined);
  await assert.rejects(takeTerminal(), /Select the lines in the terminal first/);
  host.commands.set('workbench.action.terminal.copySelection', () => Promise.reject(new Error('no terminal')));
  await assert.rejects(takeTerminal(), /no terminal/);
  assert.equal(host.clipboard, 'mine');
});

test('what is dropped is taken from the workspace only', async (t) => {
  const { host, context } = sources(t);
  fs.writeFileSync(`${host.root}/private.txt`, 'outside');
  const dropped = await context.dropped([
    host.uri('README.md').toString(),
    vscode.Uri.file(`${host.root}/private.txt`).toString(),
    host.uri('src').toString(),
    host.uri('gone.ts').toString(),
  ]);
  assert.deepEqual(
    dropped.map(({ kind, label }) => `${kind} ${label}`),
    ['file README.md', 'folder src'],
  );
  assert.deepEqual(host.said, [
    'Only files from this workspace can be dropped here.',
    'gone.ts is too large to be attached, or is not text.',
  ]);
});

test('text that is pasted counts its lines; under the name of a secret file it needs consent', async (t) => {
  const { host, context } = sources(t);
  assert.equal((await context.pasted('', 'a\nb'))?.label, 'pasted text, 2 lines');
  assert.equal(await context.pasted('id_rsa', 'key'), undefined);
  assert.match(host.said.join(), /id_rsa looks like a file with secrets/);
});

test('web pages are fetched only when chosen, and not in a workspace that is not trusted', async (t) => {
  const asked: string[] = [];
  const fetch = (input: unknown): Promise<Response> => {
    asked.push(String(input));
    return Promise.reject(new Error('no network'));
  };
  const { offered, take } = sources(t, { fetch });
  assert.deepEqual(await offered('url', 'example.org/a'), ['https://example.org/a']);
  assert.deepEqual([await offered('url', 'ex'), await offered('url', 'javascript:alert(1)')], [[], []]);
  assert.deepEqual(asked, []);
  await assert.rejects(take('url', 'http://127.0.0.1/admin', /./), /./);
  assert.deepEqual(asked, [], 'an address inside the own network is not fetched');
  const untrusted = sources(t, { trusted: () => false });
  assert.deepEqual(await untrusted.offered('url', 'example.org/a'), ['https://example.org/a!']);
});

test('a prompt gets the first context that is there; what the user refuses is not replaced by something else', async (t) => {
  const { host, context } = sources(t);
  assert.deepEqual(await context.gather([['selection', 'symbol', 'file']]), []);
  await host.show('src/pool.ts', 1, 2, 1, 8);
  const labels = async (): Promise<string[]> =>
    (await context.gather([['selection', 'symbol', 'file']])).map(({ kind, label }) => `${kind} ${label}`);
  assert.deepEqual(await labels(), ['selection src/pool.ts:2']);
  await host.show('src/pool.ts', 1, 2);
  assert.deepEqual(await labels(), ['file src/pool.ts']);
  host.commands.set('vscode.executeDocumentSymbolProvider', () => [
    new vscode.DocumentSymbol(
      'all',
      '',
      vscode.SymbolKind.Function,
      new vscode.Range(0, 0, 2, 1),
      new vscode.Range(0, 0, 0, 1),
    ),
  ]);
  assert.deepEqual(await labels(), ['symbol all · src/pool.ts:1-3']);
  await host.show('.env', 0);
  assert.deepEqual(await labels(), []);
  assert.equal(host.said.filter((text) => text.includes('.env')).length, 1, 'asked once, and not again for the file');
});
