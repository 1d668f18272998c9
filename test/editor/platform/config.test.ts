import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Config } from '../../../src/editor/platform/config.ts';
import { openWindow, settle } from '../../support/window.ts';

/** The settings as the extension reads, writes and keeps them. */

const LAB = { kind: 'openai', baseUrl: 'https://lab.example/v1' };

test('the user changes one field of a shipped provider, adds one and removes one; the others stay', (t) => {
  const { config } = openWindow(t, {
    settings: { providers: { openrouter: { apiKeyEnv: 'MY_KEY' }, lab: LAB, mistral: null } },
  });
  const { providers } = config.settings;
  const shipped = config.defaultValue('providers') as Record<string, { baseUrl: string }>;
  assert.equal(providers.get('openrouter')?.baseUrl, shipped['openrouter']?.baseUrl);
  assert.equal(providers.get('openrouter')?.apiKeyEnv, 'MY_KEY');
  assert.equal(providers.get('lab')?.baseUrl, 'https://lab.example/v1');
  assert.equal(providers.has('mistral'), false);
  assert.ok(providers.has('anthropic'));
  assert.deepEqual(config.userValue('providers'), {
    openrouter: { apiKeyEnv: 'MY_KEY' },
    lab: LAB,
    mistral: null,
  });
  assert.equal(config.problems.length, 0);
});

test('OLLAMA_HOST changes the address of the shipped Ollama, and the setting overrides it', (t) => {
  const window = openWindow(t, { env: { OLLAMA_HOST: '0.0.0.0:12345' } });
  assert.equal(window.config.settings.providers.get('ollama')?.baseUrl, 'http://127.0.0.1:12345');
  return window.change('ollama.baseUrl', 'http://127.0.0.1:999').then(() => {
    assert.equal(window.config.settings.providers.get('ollama')?.baseUrl, 'http://127.0.0.1:999');
  });
});

test('a write is reported once, and a change of other settings is not', async (t) => {
  const { config, host, change } = openWindow(t);
  const heard: boolean[] = [];
  config.onChange((settings) => heard.push(settings.private));
  await change('private', true);
  assert.deepEqual(heard, [true]);
  assert.equal(host.settings.get('gearshift.private'), true);
  host.didChangeConfiguration.fire({ affectsConfiguration: (section) => section === 'editor' });
  assert.equal(heard.length, 1);
});

test('an invalid value is reported once with its setting, and the last good value stays', async (t) => {
  const { config, host, change } = openWindow(t, { settings: { 'tiers.mid': ['openrouter/good'] } });
  assert.equal(config.settings.tiers.mid[0]?.model, 'good');
  host.willClick(/gearshift\.tiers\.mid/, 'Open settings.json');
  host.commands.set('workbench.action.openSettingsJson', () => undefined);
  await change('tiers.mid', 'not a list');
  await settle();
  assert.equal(config.settings.tiers.mid[0]?.model, 'good');
  assert.deepEqual(
    config.problems.map(({ setting }) => setting),
    ['gearshift.tiers.mid'],
  );
  assert.deepEqual(host.executed, [
    ['workbench.action.openSettingsJson', { revealSetting: { key: 'gearshift.tiers.mid' } }],
  ]);
  // Another change of other settings brings the same problem: it is not told again.
  await change('confirmAbove', 2);
  await settle();
  assert.equal(host.said.filter((text) => text.includes('tiers.mid')).length, 1);
  await change('tiers.mid', ['openrouter/better']);
  assert.equal(config.problems.length, 0);
});

test('a value that was bad from the start falls back to the shipped one', (t) => {
  const { config, host } = openWindow(t, { settings: { confirmAbove: 'much', budgets: 7 } });
  assert.equal(config.settings.confirmAbove, config.defaultValue('confirmAbove'));
  assert.equal(config.settings.budgets.length, 0);
  assert.match(host.said.join(), /\(1 more in the Gearshift settings\)/);
});

test('the setting of earlier versions allows nothing, at the first start or later, and the user is told once', async (t) => {
  const settings = { 'consent.cloud': ['https://a.example', 'https://b.example mid', 7] };
  const { config, memory, host, log, change } = openWindow(t, { settings });
  assert.deepEqual([...config.settings.consent], []);
  await settle();
  assert.match(host.said.join('\n'), /gearshift\.consent\.cloud does not allow anything anymore/);
  assert.equal(memory.values.has('consents'), false, 'nothing of it is kept');
  await change('consent.cloud', ['https://a.example', 'https://evil.example']);
  assert.deepEqual([...config.settings.consent], []);
  const again = new Config(log, memory);
  assert.deepEqual([...again.settings.consent], []);
  await settle();
  assert.equal(host.said.length, 1, 'told once');
  // What the user agrees to afterwards is kept alone, without what the setting names.
  await again.agree(['https://a.example'], 'mid');
  assert.deepEqual(memory.values.get('consents'), ['https://a.example mid']);
  again.dispose();
});

test('an agreement is for one tier, is kept outside the settings, and can be revoked', async (t) => {
  const { config, memory, host, log } = openWindow(t, { consents: [] });
  const agreed: (readonly string[])[] = [];
  config.onAgreed((origins) => agreed.push(origins));
  await config.agree(['https://a.example'], 'mid');
  await config.agree(['https://a.example'], 'mid');
  assert.deepEqual([...config.settings.consent], ['https://a.example mid']);
  assert.deepEqual(memory.values.get('consents'), ['https://a.example mid']);
  assert.equal(host.settings.has('gearshift.consent.cloud'), false);
  assert.deepEqual(agreed, [['https://a.example'], ['https://a.example']]);
  await config.revoke('https://a.example mid');
  assert.deepEqual([...config.settings.consent], []);
  // What was taken back does not come again from a setting.
  host.settings.set('gearshift.consent.cloud', ['https://a.example mid']);
  const again = new Config(log, memory);
  assert.deepEqual([...again.settings.consent], []);
  again.dispose();
});

test('after it is disposed it gets no events', async (t) => {
  const { config, host } = openWindow(t);
  let heard = 0;
  config.onChange(() => heard++);
  config.dispose();
  host.didChangeConfiguration.fire({ affectsConfiguration: () => true });
  assert.equal(heard, 0);
  assert.deepEqual([host.didChangeConfiguration.listeners, host.didChangeFolders.listeners], [0, 0]);
});
