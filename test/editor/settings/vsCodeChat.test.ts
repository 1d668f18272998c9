import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { VsCodeChatFacts } from '../../../src/core/setup/vsCodeChat.ts';
import { openSettingsPage } from '../../support/settingsPage.ts';
import { until } from '../../support/window.ts';

/** The section of the settings page about VS Code's own chat. */

const FACTS: VsCodeChatFacts = {
  version: '1.139.1',
  hasApi: true,
  hasGroupCommand: true,
  hasChatCommand: true,
  group: false,
  builtIn: 'off',
  aiOff: undefined,
  utility: { 'chat.utilityModel': '', 'chat.utilitySmallModel': '' },
  agentHost: false,
};

async function open(t: TestContext, settings: Record<string, unknown> = {}) {
  let facts = FACTS;
  const ran: string[] = [];
  const page = await openSettingsPage(t, {
    settings,
    vsCodeChat: () => Promise.resolve(facts),
    openVsCodeChat: () => Promise.resolve(void ran.push('open')),
  });
  const command = (id: string, then?: () => void): void => {
    page.host.commands.set(id, () => {
      ran.push(id);
      then?.();
    });
  };
  const set = (next: Partial<VsCodeChatFacts>): void => {
    facts = { ...facts, ...next };
  };
  return { page, ran, command, set };
}

test('the page shows the state of each piece; a missing one is not a fault until the user sets it up', async (t) => {
  const { page, ran, command, set } = await open(t);
  const before = page.state.vsCodeChat;
  assert.equal(before?.used, false);
  assert.equal(before?.obstacle, '');
  assert.ok(before?.pieces.every(({ level }) => level === 'ok' || level === 'info'));
  command('gearshift.vscodeChat.use', () => set({ group: true, builtIn: 'active' }));
  const { vsCodeChat: after } = await page.after({ kind: 'vsCodeChat', action: 'use' }, (s) => s.vsCodeChat?.used);
  assert.deepEqual(ran, ['gearshift.vscodeChat.use']);
  const levels = Object.fromEntries(after?.pieces.map(({ id, level }) => [id, level]) ?? []);
  assert.deepEqual([levels['group'], levels['builtIn'], levels['chat.utilityModel']], ['ok', 'ok', 'warning']);
  await page.done({ kind: 'vsCodeChat', action: 'open' });
  command('gearshift.vscodeChat.remove', () => set({ group: false }));
  await page.after({ kind: 'vsCodeChat', action: 'remove' }, (s) => s.vsCodeChat?.used === false);
  assert.deepEqual(ran.slice(1), ['open', 'gearshift.vscodeChat.remove']);
});

test('the button of a piece does what it promises, and one that is in order by now does nothing', async (t) => {
  const { page, ran, command, set } = await open(t);
  for (const id of [
    'gearshift.vscodeChat.use',
    'workbench.action.openSettingsJson',
    'workbench.action.openWorkspaceSettings',
    'update.checkForUpdate',
  ])
    command(id);
  await page.done({ kind: 'fixVsCodeChat', piece: 'builtIn' });
  set({ group: true, agentHost: true, aiOff: 'workspace', hasGroupCommand: false });
  for (const piece of ['harness', 'aiFeatures', 'version', 'registered'])
    await page.done({ kind: 'fixVsCodeChat', piece });
  assert.deepEqual(ran, [
    'gearshift.vscodeChat.use',
    'workbench.action.openSettingsJson',
    'workbench.action.openWorkspaceSettings',
    'update.checkForUpdate',
  ]);
});

test('the page names what forbids the setup', async (t) => {
  const secret = await open(t, { private: true });
  assert.match(secret.page.state.vsCodeChat?.obstacle ?? '', /Private mode is on/);
});

test('the page follows VS Code: its chat extension comes without a reload, and settings change elsewhere', async (t) => {
  const { page, set } = await open(t);
  const levelOf = (id: string) => page.state.vsCodeChat?.pieces.find((piece) => piece.id === id)?.level;
  set({ group: true, builtIn: 'active' });
  page.host.didChangeExtensions.fire();
  await until(() => levelOf('builtIn') === 'ok');
  set({ aiOff: 'user' });
  page.host.didChangeConfiguration.fire({ affectsConfiguration: (section) => section === 'chat' });
  await until(() => levelOf('aiFeatures') === 'warning');
});
