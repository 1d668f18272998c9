import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { FIM_FAMILY_NAMES, INFILL_APIS } from '../src/core/common/infillSetting.ts';
import { parseSettings, type RawSettings } from '../src/core/settings/settings.ts';
import { SETTINGS } from '../src/core/settings/settingsTable.ts';
import { CHAT_VIEW, COMMANDS } from '../src/editor/platform/contributions.ts';
import { DEFAULTS, MANIFEST } from './support/manifest.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const { configuration, commands, views } = MANIFEST.contributes;

test('the manifest and the code have the same commands', () => {
  assert.deepEqual(commands.map(({ command }) => command).sort(), [...COMMANDS].sort());
});

test('the chat view is where the code looks for it', () => {
  assert.deepEqual(
    views['gearshift']?.map(({ id }) => id),
    [CHAT_VIEW],
  );
});

test('the manifest has exactly the settings that the code reads', () => {
  assert.deepEqual(Object.keys(DEFAULTS).sort(), Object.keys(SETTINGS).sort());
});

test('the table and the manifest have the same defaults', () => {
  for (const [name, setting] of Object.entries(SETTINGS))
    // The shipped providers are a list of addresses, which the manifest alone states.
    if (name !== 'providers') assert.deepEqual(setting.default, DEFAULTS[name], name);
  const keys = Object.values(SETTINGS).map(({ key }) => key);
  assert.equal(new Set(keys).size, keys.length, 'no two settings have the same place');
});

test('the manifest knows every family and every way to infill', () => {
  const names = [
    ...JSON.stringify(configuration.properties['gearshift.providers']).matchAll(/"enum":(\["qwen"[^\]]*\])/g),
  ];
  assert.deepEqual(JSON.parse(names[0]?.[1] ?? ''), [...FIM_FAMILY_NAMES, ...INFILL_APIS]);
});

test('T02 every setting states its scope, and a workspace can set none', () => {
  // Nothing is on this list yet. What comes onto it touches neither network, money, privacy nor logging.
  const workspaceMay = new Set<string>();
  for (const [name, { scope }] of Object.entries(configuration.properties)) {
    assert.ok(scope, `${name} has no scope`);
    if (!workspaceMay.has(name))
      assert.ok(scope === 'application' || scope === 'machine', `${name} has scope ${scope}`);
  }
  assert.equal(configuration.properties['gearshift.ollama.baseUrl']?.scope, 'machine');
});

test('the shipped defaults are valid and complete, and give no consent', () => {
  const { settings, problems } = parseSettings(DEFAULTS as RawSettings, undefined);
  assert.deepEqual(problems, []);
  assert.deepEqual(
    [...settings.providers.keys()],
    ['ollama', 'openrouter', 'openai', 'anthropic', 'deepseek', 'mistral', 'google', 'groq', 'litellm'],
  );
  assert.equal(settings.consent.size, 0);
  for (const chain of Object.values(settings.tiers)) assert.equal(chain.length, 1, 'one model per tier to begin with');
});

test('only stable API, the oldest supported editor, and both sides of a remote window', () => {
  assert.equal(MANIFEST.enabledApiProposals, undefined);
  assert.equal(MANIFEST.engines.vscode, `^${MANIFEST.devDependencies['@types/vscode']}`);
  assert.deepEqual(MANIFEST.extensionKind, ['ui', 'workspace']);
  assert.deepEqual(MANIFEST.activationEvents, ['onStartupFinished']);
  assert.equal(MANIFEST.capabilities['untrustedWorkspaces']?.supported, 'limited');
  assert.equal(MANIFEST.capabilities['virtualWorkspaces']?.supported, 'limited');
});

test('every translatable text of the manifest has its English', () => {
  const text = fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8');
  const english = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.nls.json'), 'utf8')) as Record<string, string>;
  const used = new Set([...text.matchAll(/"%([\w.]+)%"/g)].map(([, key]) => key ?? ''));
  assert.deepEqual([...used].sort(), Object.keys(english).sort());
});

test('T25 versions are pinned, and nothing runs at installation', () => {
  for (const [name, version] of Object.entries(MANIFEST.devDependencies))
    assert.match(version, /^(npm:[\w@/-]+@)?\d+\.\d+\.\d+$/, `${name} is not pinned`);
});
