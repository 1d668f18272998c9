import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCompletionCommands } from '../../../src/editor/completion/completionCommands.ts';
import { startOllama } from '../../servers/ollama.ts';
import { openGhostText } from '../../support/ghostText.ts';
import { settle, until } from '../../support/window.ts';

/** The local tier: what is told of its model, what is sent where, and what the user can do about ghost text. */

const MODEL = 'qwen2.5-coder:1.5b-base';
const real = (url: string, init: RequestInit): Promise<Response> => globalThis.fetch(url, init);
const FILES = { 'a.ts': 'const value = \n' };

async function withOllama(
  t: Parameters<typeof openGhostText>[0],
  models: readonly string[] = [MODEL],
  more: object = {},
) {
  const ollama = await startOllama({ models: [...models] });
  t.after(() => ollama.stop());
  const window = openGhostText(t, {
    settings: { 'ollama.baseUrl': ollama.url, 'tiers.local': [`ollama/${MODEL}`], ...more },
    answer: real,
    files: FILES,
  });
  return { ollama, ...window, window };
}

test('nothing is asked before a file is open; then the model is loaded before a key is typed', async (t) => {
  const { host, ollama, local, reaches } = await withOllama(t);
  await local.completions;
  await settle();
  assert.equal(ollama.book.entries.length, 0);
  assert.equal(local.state(), undefined, 'nothing is known yet');
  await host.show('a.ts');
  await reaches('ready');
  assert.deepEqual([local.state()?.ready, local.state()?.words], [true, 'ready']);
  assert.equal(ollama.loads(MODEL), 1);
  assert.equal(ollama.book.calls.filter(({ body }) => JSON.stringify(body).includes('const value')).length, 0);
});

test('with completions turned off no model is loaded', async (t) => {
  const { host, ollama, change, reaches } = await withOllama(t, [MODEL], { 'completions.enabled': false });
  await host.show('a.ts');
  await settle();
  assert.equal(ollama.book.entries.length, 0);
  await change('completions.enabled', true);
  await reaches('ready');
});

test('every state of the tier has words and a next step', async (t) => {
  const { ollama, host, local, reaches, change } = await withOllama(t, []);
  await host.show('a.ts');
  await reaches('missing');
  assert.deepEqual([local.state()?.ready, local.state()?.next], [false, 'pull-model']);
  assert.match(local.state()?.words ?? '', /model not found/);
  ollama.addModel({ name: 'llama3.2:3b', capabilities: ['completion'], family: 'llama' });
  await change('tiers.local', ['ollama/llama3.2:3b']);
  await reaches('cannot-infill');
  assert.deepEqual([local.state()?.words, local.state()?.next], ["model can't fill in the middle", 'settings']);
  ollama.addModel({ name: MODEL });
  await change('tiers.local', [`ollama/${MODEL}`]);
  await reaches('ready');
  await ollama.stop();
  local.recheck();
  await reaches('unreachable');
  assert.match(local.state()?.words ?? '', /no server at 127\.0\.0\.1/);
  assert.equal(local.state()?.next, 'start-ollama');
  await change('tiers.local', []);
  assert.equal(local.state(), undefined);
});

test('a server on another computer is asked nothing before the user agrees, and then at once', async (t) => {
  const window = openGhostText(t, {
    settings: { 'ollama.baseUrl': 'http://192.168.1.7:11434', 'tiers.local': [`ollama/${MODEL}`] },
    files: FILES,
  });
  await window.host.show('a.ts');
  await window.reaches('refused');
  assert.match(window.local.state()?.words ?? '', /you have not agreed to 192\.168\.1\.7:11434 yet/);
  assert.equal(window.sent.length, 0);
  await window.config.agree(['http://192.168.1.7:11434'], 'local');
  await window.reaches('unreachable');
  assert.ok(window.sent.every(({ url }) => url.startsWith('http://192.168.1.7:11434/')));
  assert.ok(window.sent.length > 0);
});

test('an untrusted workspace and private mode send nothing to another computer; granting trust takes effect', async (t) => {
  const window = openGhostText(t, {
    settings: { 'ollama.baseUrl': 'http://192.168.1.7:11434', 'tiers.local': [`ollama/${MODEL}`] },
    consents: ['http://192.168.1.7:11434'],
    files: FILES,
  });
  window.host.trusted = false;
  await window.host.show('a.ts');
  await window.reaches('refused');
  assert.match(window.local.state()?.words ?? '', /not trusted/);
  assert.equal(window.sent.length, 0);
  await window.change('private', true);
  window.host.trusted = true;
  window.host.didGrantTrust.fire();
  await settle();
  await window.reaches('refused');
  assert.match(window.local.state()?.words ?? '', /private mode/);
  assert.equal(window.sent.length, 0);
});

test('an extension that ends in its first turn sends nothing afterwards', async (t) => {
  const ollama = await startOllama({ models: [MODEL] });
  t.after(() => ollama.stop());
  const { host, local } = openGhostText(t, {
    settings: { 'ollama.baseUrl': ollama.url, 'tiers.local': [`ollama/${MODEL}`] },
    answer: real,
    shown: 'const value = ',
  });
  local.dispose();
  await settle();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(await local.completions, null);
  assert.equal(ollama.book.entries.length, 0);
  assert.equal(host.inlineCompletionProviders.length, 0);
});

test('after its end nothing listens to the editor', async (t) => {
  const { host, local, reaches } = await withOllama(t);
  await host.show('a.ts');
  await reaches('ready');
  await local.completions;
  local.dispose();
  assert.equal(host.inlineCompletionProviders.length, 0);
  for (const emitter of [host.didChange, host.didChangeEditor, host.didChangeSelection, host.didGrantTrust])
    assert.equal(emitter.listeners, 0);
  assert.deepEqual([...host.commands.keys()], []);
});

test('snoozing says until when, asks for nothing until then, and can be ended', async (t) => {
  const window = await withOllama(t);
  const { host, local, reaches, ask, ollama, config } = window;
  host.commands.set('editor.action.inlineSuggest.hide', () => undefined);
  const commands = createCompletionCommands({ config, track: (part) => part, local });
  await host.show('a.ts');
  await reaches('ready');
  const asked = ollama.book.calls.length;
  host.willPick(/Snooze Completions/, '15 minutes');
  await commands['gearshift.completions.snooze']();
  assert.match(local.state()?.words ?? '', /^snoozed until \d/);
  assert.ok(Math.abs(local.snoozedUntil - Date.now() - 900_000) < 5_000);
  assert.deepEqual(await ask('a.ts', 0, 14, 'typing'), []);
  assert.equal(ollama.book.calls.length, asked);
  host.willPick(/Snooze Completions/, 'Resume now');
  await commands['gearshift.completions.snooze']();
  assert.equal(local.state()?.words, 'ready');
  host.willPick(/Snooze Completions/, 'Until the window is reloaded');
  await commands['gearshift.completions.snooze']();
  assert.equal(local.state()?.words, 'snoozed');
  assert.equal(window.window.changes > 0, true);
});

test('a snooze ends by itself, and the status changes', async (t) => {
  const window = await withOllama(t);
  window.host.commands.set('editor.action.inlineSuggest.hide', () => undefined);
  await window.local.snooze(30);
  const before = window.window.changes;
  await until(() => window.local.snoozedUntil === 0);
  await until(() => window.window.changes > before);
});

test('the command that turns completions on and off writes the setting and removes a suggestion from the screen', async (t) => {
  const { host, config, local, setting } = await withOllama(t);
  host.commands.set('editor.action.inlineSuggest.hide', () => undefined);
  const commands = createCompletionCommands({ config, track: (part) => part, local });
  await commands['gearshift.completions.toggle']();
  assert.equal(setting('completions.enabled'), false);
  assert.deepEqual(host.executed.at(-1), ['editor.action.inlineSuggest.hide']);
  await commands['gearshift.completions.toggle']();
  assert.equal(setting('completions.enabled'), true);
});

test('asked why there is no suggestion, it says the reason with the step that helps, or shows one', async (t) => {
  const { host, config, local, ollama, reaches, change } = await withOllama(t);
  const commands = createCompletionCommands({ config, track: (part) => part, local });
  await commands['gearshift.completions.explain']();
  assert.match(host.said[0] ?? '', /Open a file and put the cursor/);
  await host.show('a.ts', 0, 14);
  await reaches('ready');
  await change('completions.enabled', false);
  host.commands.set('gearshift.settings.open', () => undefined);
  host.willClick(/No suggestion here/, 'Settings');
  await commands['gearshift.completions.explain']();
  assert.deepEqual(host.executed.at(-1), ['gearshift.settings.open']);
  await change('completions.enabled', true);
  ollama.script('42;');
  host.commands.set('editor.action.inlineSuggest.trigger', () => undefined);
  await commands['gearshift.completions.explain']();
  assert.deepEqual(host.executed.at(-1), ['editor.action.inlineSuggest.trigger']);
  ollama.script('');
  await host.show('a.ts', 1, 0);
  host.willClick(/No suggestion here/, 'Show Details');
  await commands['gearshift.completions.explain']();
  const { document } = host.activeEditor!;
  assert.equal(document.uri.scheme, 'gearshift-explanation');
  assert.match(document.getText(), new RegExp(MODEL));
});

test('the user is asked once about another extension that writes ghost text, and the answer is a setting', async (t) => {
  const cases = [
    ['Only Gearshift', 'github.copilot', undefined],
    ['Only GitHub Copilot', undefined, false],
    ['Both', undefined, undefined],
  ] as const;
  for (const [answer, suppressed, enabled] of cases) {
    const { host, reaches, setting, local } = await withOllama(t);
    const packageJSON = { displayName: 'GitHub Copilot' };
    host.extensions.set('github.copilot', { isActive: true, packageJSON } as unknown as never);
    host.willClick(/GitHub Copilot also suggests code as you type/, answer);
    await host.show('a.ts');
    await reaches('ready');
    await until(() => host.said.length === 1);
    await settle();
    assert.equal(host.settings.get('editor.inlineSuggest.experimental.suppressInlineSuggestions'), suppressed);
    assert.equal(setting('completions.enabled'), enabled);
    local.recheck();
    await settle();
    assert.equal(host.said.length, 1);
  }
});

test('the request that tests the tier is in the format of its model', async (t) => {
  const { host, local, reaches } = await withOllama(t);
  const unknown = await local.testRequest();
  assert.equal(unknown.kind, 'fim');
  await host.show('a.ts');
  await reaches('ready');
  const request = await local.testRequest();
  assert.match(JSON.stringify(request), /fim_prefix|prefix/);
});

test('where neither server nor name tells whether a model can infill, one try does, and is remembered', async (t) => {
  const unknown = 'mycompany/complete:v2';
  const { host, ollama, config, local, reaches, change, memory } = await withOllama(t);
  ollama.addModel({ name: unknown, capabilities: ['completion'], family: 'llama', template: '{{ .Prompt }}' });
  await host.show('a.ts', 0, 14);
  await change('tiers.local', [`ollama/${unknown}`]);
  await reaches('cannot-tell');
  assert.deepEqual(
    [local.state()?.words, local.state()?.next],
    ['unknown if it can fill in the middle: try it', 'try-infill'],
  );
  const commands = createCompletionCommands({ config, track: (part) => part, local });
  ollama.script('The function adds two numbers.');
  host.willClick(/No suggestion here/, 'Try it');
  await commands['gearshift.completions.explain']();
  assert.match(host.said.at(-1) ?? '', /did not fill a gap in any format/);
  assert.equal(local.state()?.next, 'try-infill');
  ollama.script(({ prompt }) => (prompt.includes('<fim_prefix>') ? 'a + b' : 'Sure, here is'));
  host.willClick(/No suggestion here/, 'Try it');
  await commands['gearshift.completions.explain']();
  assert.match(host.said.at(-1) ?? '', /mycompany\/complete:v2 fills gaps in code/);
  await reaches('ready');
  assert.match(JSON.stringify(await local.testRequest()), /<fim_prefix>/);
  assert.match(
    JSON.stringify(memory.get('completions.provenFormats')),
    /"ollama\/mycompany\/complete:v2 http.*":"starcoder"/,
  );
});

test('asked why there is no suggestion, it never ends in an error: the editor may be closed, another extension may fail', async (t) => {
  const { host, config, local, ollama, reaches } = await withOllama(t);
  const commands = createCompletionCommands({ config, track: (part) => part, local });
  await host.show('a.ts', 0, 14);
  await reaches('ready');
  ollama.script('42;');
  host.commands.set('editor.action.inlineSuggest.trigger', () => Promise.reject(new Error('Model is disposed!')));
  const before = host.said.length;
  await commands['gearshift.completions.explain']();
  assert.ok(host.said.length > before, 'it is told in words');
  assert.ok(!host.said.slice(before).some((words) => words.includes('Model is disposed')), host.said.join());
});

test('asked why there is no suggestion, and the editor is left in the meantime, it shows nothing in another one', async (t) => {
  const { host, config, local, ollama, reaches } = await withOllama(t);
  const commands = createCompletionCommands({ config, track: (part) => part, local });
  host.add(host.uri('b.ts'), 'const other = 1;\n');
  const editor = await host.show('a.ts', 0, 14);
  await reaches('ready');
  ollama.script('42;');
  const triggered: string[] = [];
  host.commands.set('editor.action.inlineSuggest.trigger', () => void triggered.push('trigger'));
  const before = host.said.length;
  const asked = commands['gearshift.completions.explain']();
  await host.show('b.ts', 0, 0);
  await asked;
  assert.ok(editor !== host.activeEditor);
  assert.deepEqual(triggered, []);
  assert.match(host.said.slice(before).join(), /Go back there and ask again/);
});
