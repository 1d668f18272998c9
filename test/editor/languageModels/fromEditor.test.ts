import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { Uri } from 'vscode';
import { buildThis, escalateInAgentMode } from '../../../src/editor/languageModels/fromEditor.ts';
import { removeFromChat, useInChat } from '../../../src/editor/languageModels/useInChat.ts';
import { openWindow } from '../../support/window.ts';

/** From the editor to VS Code's agents: what the user asked for is in the input, and nothing is sent by itself. */

function chat(t: TestContext, isActive: boolean) {
  const window = openWindow(t, { settings: {} });
  const opened: Record<string, unknown>[] = [];
  window.host.commands.set('workbench.action.chat.open', ((how: Record<string, unknown>) => opened.push(how)) as never);
  if (isActive) window.host.extensions.set('GitHub.copilot-chat', { isActive: true } as never);
  return { ...window, opened };
}

test('an agent opens on its tier, with the question in the input for the user to send', async (t) => {
  const { opened } = chat(t, true);
  await escalateInAgentMode(() => Promise.reject(new Error('not needed')));
  await buildThis(() => Promise.reject(new Error('not needed')));
  assert.deepEqual(opened, [
    { mode: 'agent', modelSelector: { vendor: 'gearshift', id: 'frontier' } },
    { mode: 'Gearshift Build', modelSelector: { vendor: 'gearshift', id: 'mid' } },
  ]);
});

test("without VS Code's chat extension the user is asked first, and nothing opens after a no", async (t) => {
  const { opened } = chat(t, false);
  let asked = 0;
  await buildThis(() => Promise.resolve(void asked++));
  assert.deepEqual([asked, opened.length], [1, 0]);
});

test('in private mode VS Code is not touched, and the user reads why', async (t) => {
  const window = openWindow(t, { settings: { private: true } });
  await useInChat({ config: window.config, context: {} as never, log: window.log });
  assert.match(window.host.messages[0]?.text ?? '', /Private mode is on/);
  assert.deepEqual(window.host.executed, []);
});

/** VS Code 1.139, as far as the command touches it: its chat extension comes when the setting changes. */
function newEditor(t: TestContext) {
  const window = openWindow(t, { settings: { 'tiers.local': ['ollama/qwen3:4b'] } });
  const { host } = window;
  const user = fs.mkdtempSync(path.join(os.tmpdir(), 'gearshift-user-'));
  t.after(() => fs.rmSync(user, { recursive: true, force: true }));
  const storage = path.join(user, 'globalStorage', 'gearshift.gearshift');
  fs.mkdirSync(storage, { recursive: true });
  const groups = path.join(user, 'chatLanguageModels.json');
  const opened: unknown[] = [];
  const add = (group: object): void => {
    const before = fs.existsSync(groups) ? (JSON.parse(fs.readFileSync(groups, 'utf8')) as { vendor: string }[]) : [];
    if (before.some(({ vendor }) => vendor === 'gearshift'))
      throw new Error('Group already exists for vendor gearshift');
    fs.writeFileSync(groups, JSON.stringify([...before, group]));
  };
  host.commands.set('lm.addLanguageModelsProviderGroup', add as never);
  host.commands.set('workbench.action.chat.open', ((how: unknown) => opened.push(how)) as never);
  const extension = { isActive: false, activate: async () => void (extension.isActive = true) };
  host.didChangeConfiguration.event((event) => {
    if (event.affectsConfiguration('chat.disableAIFeatures'))
      host.extensions.set('GitHub.copilot-chat', extension as never);
  });
  const context = { globalStorageUri: Uri.file(storage) } as never;
  const { config, log } = window;
  return {
    host,
    groups,
    opened,
    run: () => useInChat({ config, context, log }),
    remove: () => removeFromChat({ context, log }),
  };
}

test('one command: group, chat extension, models for errands, and the chat opens on mid; twice is the same; undone', async (t) => {
  const { host, groups, opened, run, remove } = newEditor(t);
  fs.writeFileSync(groups, JSON.stringify([{ name: 'Other', vendor: 'other' }]));
  host.willClick(/Use Gearshift in VS Code's chat\?[\s\S]*Microsoft's built-in chat extension/, 'Use Gearshift');
  host.willClick(/Use Gearshift in VS Code's chat\?/, 'Use Gearshift');
  await run();
  await run();
  const vendors = () =>
    (JSON.parse(fs.readFileSync(groups, 'utf8')) as { vendor: string }[]).map(({ vendor }) => vendor);
  assert.deepEqual(vendors(), ['other', 'gearshift']);
  assert.equal(host.settings.get('chat.utilityModel'), 'gearshift/mid');
  assert.equal(host.settings.get('chat.utilitySmallModel'), 'gearshift/local');
  assert.deepEqual(opened, Array(2).fill({ mode: 'agent', modelSelector: { vendor: 'gearshift', id: 'mid' } }));
  host.willClick(/Remove Gearshift/, 'Remove');
  await remove();
  assert.deepEqual(vendors(), ['other'], 'groups of others stay');
  assert.equal(host.settings.get('chat.utilityModel'), undefined);
  assert.notEqual(host.settings.get('chat.disableAIFeatures'), true);
});

test('nothing is changed before the user agrees, and a VS Code without the commands is named', async (t) => {
  const { host, groups, run } = newEditor(t);
  await run();
  assert.equal(fs.existsSync(groups), false);
  assert.deepEqual(
    [...host.settings.keys()].filter((name) => name.startsWith('chat.')),
    [],
  );
  host.commands.delete('lm.addLanguageModelsProviderGroup');
  await run();
  assert.match(host.messages.at(-1)?.text ?? '', /does not let extensions provide models/);
});

test('a model for errands that the user chose stays, and AI features that the user turned off need a yes of their own', async (t) => {
  const { host, run, remove } = newEditor(t);
  host.settings.set('chat.utilityModel', 'other/small');
  host.settings.set('chat.disableAIFeatures', true);
  host.willClick(/You turned AI features off/, 'Use Gearshift');
  await run();
  assert.equal(host.settings.get('chat.disableAIFeatures'), false);
  assert.equal(host.settings.get('chat.utilityModel'), 'other/small');
  host.willClick(/Remove Gearshift/, 'Remove, and Turn AI Features Off');
  await remove();
  assert.equal(host.settings.get('chat.disableAIFeatures'), true);
  assert.equal(host.settings.get('chat.utilityModel'), 'other/small');
});
