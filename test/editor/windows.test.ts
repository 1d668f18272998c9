import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import * as vscode from 'vscode';
import { activate } from '../../src/main.ts';
import { openWindow } from '../support/window.ts';

/** The whole extension, switched on and off again in one process. */

/** What VS Code hands over at activation. */
function contextIn(t: TestContext, { memory, secrets }: ReturnType<typeof openWindow>): () => vscode.ExtensionContext {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gearshift-windows-'));
  t.after(() => fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  const folder = (name: string): vscode.Uri => vscode.Uri.file(path.join(dir, name));
  return () =>
    ({
      subscriptions: [],
      globalState: Object.assign(memory, { setKeysForSync: () => undefined }),
      workspaceState: memory,
      secrets,
      extensionUri: vscode.Uri.file(path.resolve(import.meta.dirname, '../..')),
      extensionPath: path.resolve(import.meta.dirname, '../..'),
      globalStorageUri: folder('global'),
      storageUri: folder('workspace'),
      logUri: folder('logs'),
      extension: { packageJSON: { version: '0.0.0' } },
      extensionMode: 1,
    }) as unknown as vscode.ExtensionContext;
}

test('F75 turned on and off a hundred times, the extension leaves nothing in the window or the process', async (t) => {
  const window = openWindow(t, { files: { 'a.ts': 'let a;\n' } });
  const make = contextIn(t, window);
  const { host } = window;
  const cycle = async (): Promise<void> => {
    const context = make();
    activate(context);
    // Long enough for what starts a moment later.
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.ok(host.commands.has('gearshift.chat.new') && listenersOf(host) > 5, 'it is on');
    for (const disposable of context.subscriptions.toReversed()) await (disposable.dispose() as unknown);
    await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const left = (): Record<string, number> => {
    const counts: Record<string, number> = {
      commands: host.commands.size,
      views: host.viewProviders.size,
      serializers: host.panelSerializers.size,
      contents: host.contentProviders.size,
      'status bar items': host.statusBarItems.filter(({ isDisposed }) => !isDisposed).length,
      listeners: listenersOf(host),
    };
    for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1;
    return counts;
  };
  for (let n = 0; n < 3; n++) await cycle();
  const before = left();
  assert.equal(before['commands'], 0);
  for (let n = 0; n < 100; n++) await cycle();
  const after = left();
  for (const [name, count] of Object.entries(after))
    assert.ok(count <= (before[name] ?? 0) + 2, `${name}: ${before[name] ?? 0} before, ${count} after`);
});

/** Listeners on all events of the editor. */
const listenersOf = (host: object): number =>
  Object.values(host).reduce<number>(
    (sum, value) =>
      sum + (value instanceof vscode.EventEmitter ? (value as unknown as { listeners: number }).listeners : 0),
    0,
  );
