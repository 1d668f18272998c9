import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import * as vscode from 'vscode';
import { parseSettings, type RawSettings } from '../../../src/core/settings/settings.ts';
import { askStepUp, tellCostDrift } from '../../../src/editor/platform/notifications.ts';
import { registerCommands, type CommandTable } from '../../../src/editor/platform/commands.ts';
import { COMMANDS } from '../../../src/editor/platform/contributions.ts';
import { readMachineMemory, readSurroundings } from '../../../src/editor/platform/hardware.ts';
import { createLog } from '../../../src/editor/platform/log.ts';
import { isDemoProvider, noticesOf } from '../../../src/editor/platform/notices.ts';
import { reportIssue } from '../../../src/editor/platform/reportIssue.ts';
import { HOST_CLOCK, watchSending } from '../../../src/editor/platform/requestEvents.ts';
import { workspaceId, workspaceUri } from '../../../src/editor/platform/workspace.ts';
import { startOpenAi } from '../../servers/openai.ts';
import { DEFAULTS } from '../../support/manifest.ts';
import { hasProxy } from '../../../src/editor/platform/proxy.ts';
import { startHost } from '../../support/vscode/host.ts';
import { setEnv, settle } from '../../support/window.ts';

/** The small parts of the platform: commands, log, notices, reports, and what this computer tells. */

test('a command that fails, or whose feature did not start, says so; the others continue', async (t) => {
  const host = startHost(t);
  const log = createLog('/extension');
  const ran: unknown[] = [];
  const table: Partial<CommandTable> = {
    'gearshift.meter.open': () => Promise.reject(new Error('the page is gone')),
    'gearshift.settings.open': (uri, argument) => void ran.push([uri, argument]),
  };
  const registered = registerCommands(table, log);
  await vscode.commands.executeCommand('gearshift.meter.open');
  await vscode.commands.executeCommand('gearshift.ledger.export');
  assert.match(host.said.join('\n'), /^the page is gone\nThis part of Gearshift could not be started/);
  const uri = host.uri('a.ts');
  await vscode.commands.executeCommand('gearshift.settings.open', uri);
  await vscode.commands.executeCommand('gearshift.settings.open', { apiKey: 'sk-1' });
  assert.deepEqual(ran, [
    [uri, uri],
    [undefined, { apiKey: 'sk-1' }],
  ]);
  assert.equal(host.commands.size, COMMANDS.length - 1, 'VS Code registers the one that focuses the view');
  registered.dispose();
  assert.equal(host.commands.size, 0);
});

test('lines of the log have no key and no home, errors have their place, and the last lines are kept', (t) => {
  const host = startHost(t);
  const log = createLog('/extension');
  const [channel] = host.channels;
  log.hide('my-very-own-key');
  log.hide('abc');
  log.info('sent my-very-own-key, and abc is a word');
  log.error('somewhere', new Error('my-very-own-key was refused'));
  log.debug('detail', new Error('why'));
  log.trace('each key');
  const lines = channel?.lines ?? [];
  assert.doesNotMatch(JSON.stringify(lines), /my-very-own-key/);
  assert.match(JSON.stringify(lines), /abc is a word/);
  assert.deepEqual(
    lines.map(([level]) => level),
    ['info', 'error', 'debug'],
  );
  assert.match(lines[1]?.[1] ?? '', /^somewhere: /);
  assert.match(lines[2]?.[1] ?? '', /^detail: .*why/);
  for (let i = 0; i < 500; i++) log.warn(`line ${i}`);
  assert.equal(log.recent.length, 200);
  assert.match(log.recent.at(-1) ?? '', / warn line 499$/);
  log.show();
  assert.equal(channel?.isShown, true);
  log.dispose();
  assert.equal(channel.isDisposed, true);
});

test('traces are written only while they are wanted', (t) => {
  const host = startHost(t);
  const log = createLog('/extension');
  const [channel] = host.channels;
  assert.ok(channel);
  channel.logLevel = 1;
  log.trace('each key', new Error('why'));
  assert.equal(channel.lines.length, 1);
  assert.equal(log.recent.length, 0, 'they would leave no room for what matters');
});

test('a report of an issue has versions and the last lines; an editor without a reporter shows it as text', async (t) => {
  const host = startHost(t);
  const log = createLog('/extension');
  log.warn('something odd');
  const context = { extension: { packageJSON: { version: '1.2.3' } } } as unknown as vscode.ExtensionContext;
  await reportIssue(context, log);
  const text = host.activeEditor?.document.getText() ?? '';
  assert.match(text, /1\.2\.3/);
  assert.match(text, /something odd/);
  assert.match(host.said.join(), /no issue reporter\. Copy this text/);
  const opened: unknown[] = [];
  host.commands.set(
    'workbench.action.openIssueReporter',
    (options: { issueBody: string }) => void opened.push(options),
  );
  await reportIssue(context, log);
  assert.match(JSON.stringify(opened), /gearshift\.gearshift.*something odd/);
});

test('the demo says that it is one, only while its models answer', (t) => {
  const settingsOf = (mid: string) =>
    parseSettings(
      {
        ...DEFAULTS,
        providers: { 'demo-cloud': { kind: 'openai', baseUrl: 'http://127.0.0.1:1/v1' } },
        'tiers.mid': [mid],
      } as RawSettings,
      undefined,
    ).settings;
  setEnv(t, { GEARSHIFT_DEMO: '1' });
  assert.match(noticesOf(settingsOf('demo-cloud/mid'), ['Repaired.']).join(), /^Demo models: .*,Repaired\.$/);
  assert.deepEqual(noticesOf(settingsOf('openrouter/mid'), []), []);
  assert.deepEqual(['demo-cloud', 'my-demo-lab'].map(isDemoProvider), [true, false], 'no user added it');
  delete process.env['GEARSHIFT_DEMO'];
  assert.deepEqual(noticesOf(settingsOf('demo-cloud/mid'), []), []);
});

test('a more expensive model answers only after a click; closing the message decides nothing, and No is respected', async (t) => {
  const host = startHost(t);
  const small = { model: { provider: 'lab', model: 'small' }, price: undefined, mostNanoUsd: 1e6 };
  const large = { model: { provider: 'lab', model: 'large' }, price: undefined, mostNanoUsd: 9e9 };
  assert.equal(await askStepUp(small, large), undefined);
  host.willClick(/large/, 'Do not use it');
  assert.equal(await askStepUp(small, large), false);
  host.willClick(/large/, 'Use large');
  assert.equal(await askStepUp(small, large), true);
});

test('a price that is out of date is reported with both amounts, and leads to the settings', async (t) => {
  const host = startHost(t);
  const opened: unknown[] = [];
  host.commands.set('gearshift.settings.open', () => void opened.push(1));
  host.willClick(
    /lab\/big charged \$2\.00 for the last 20 calls, but at the configured price they would cost \$1\.00/,
    'Open Settings',
  );
  const model = { provider: 'lab', model: 'big' };
  await tellCostDrift({ model, calls: 20, stated: 2e9, computed: 1e9 } as Parameters<typeof tellCostDrift>[0]);
  assert.equal(opened.length, 1);
});

test('windows of one folder share their threads, others and windows without a folder have their own', (t) => {
  const host = startHost(t, { folders: ['one', 'two'] });
  assert.equal(workspaceUri(), host.folders[0]?.uri.toString());
  const first = workspaceId();
  assert.match(first, /^[0-9a-f]{16}$/);
  host.folders.reverse();
  assert.notEqual(workspaceId(), first);
  host.folders.length = 0;
  assert.deepEqual([workspaceUri(), workspaceId()], [null, 'no-workspace']);
});

test('this computer tells its memory, and where Ollama may be', async (t) => {
  const memory = await readMachineMemory();
  assert.ok(memory.ram > 2 ** 28);
  assert.ok(memory.vram === undefined || memory.vram > 0);
  setEnv(t, { OLLAMA_HOST: '10.0.0.7' });
  const around = await readSurroundings('http://127.0.0.1:1');
  assert.deepEqual([around.configured, around.ollamaHost], ['http://127.0.0.1:1', '10.0.0.7']);
  assert.equal(around.container, fs.existsSync('/.dockerenv') || fs.existsSync('/run/.containerenv'));
});

test('a request says when it looks for a connection and when it is sent; another fetch counts as sent at its end', async (t) => {
  const server = await startOpenAi({ models: ['mid'] });
  t.after(() => server.stop());
  const steps = (): { seen: string[]; connecting: () => void; sent: () => void } => {
    const seen: string[] = [];
    return { seen, connecting: () => void seen.push('connecting'), sent: () => void seen.push('sent') };
  };
  const real = steps();
  const response = await watchSending(real, () => fetch(`${server.baseUrl}/models`));
  await response.text();
  assert.deepEqual(real.seen, ['connecting', 'sent']);
  const other = steps();
  await watchSending(other, () => Promise.resolve(new Response('')));
  assert.deepEqual(other.seen, ['sent']);
  const failing = steps();
  await assert.rejects(watchSending(failing, () => Promise.reject(new Error('no'))));
  assert.deepEqual(failing.seen, ['sent']);
  // Requests of others beside it are not taken for its own.
  const beside = steps();
  await Promise.all([
    watchSending(beside, () => settle().then(() => new Response(''))),
    fetch(`${server.baseUrl}/models`).then((answer) => answer.text()),
  ]);
  assert.deepEqual(beside.seen, ['sent']);
  assert.ok(HOST_CLOCK.uptime !== undefined && HOST_CLOCK.uptime() > 0);
});

test('a proxy comes from the settings or the environment, unless the user turned proxies off', (t) => {
  const host = startHost(t);
  assert.equal(hasProxy({}), false);
  for (const name of ['HTTP_PROXY', 'https_proxy', 'ALL_PROXY']) assert.ok(hasProxy({ [name]: 'http://p:1' }), name);
  assert.equal(hasProxy({ HTTP_PROXY: '', NO_PROXY: '*' }), false);
  host.settings.set('http.proxy', 'http://p:1');
  assert.ok(hasProxy({}));
  host.settings.set('http.proxySupport', 'off');
  assert.equal(hasProxy({ HTTP_PROXY: 'http://p:1' }), false);
});
