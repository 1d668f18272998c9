import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyWords, type KeyOrigin } from '../../../src/editor/platform/apiKeys.ts';
import { endpointFor, openWindow, settle, type TestWindow } from '../../support/window.ts';

/** Keys as the user enters, agrees to and removes them; each is bound to the address that it was meant for. */

const LAB = { kind: 'openai', baseUrl: 'https://lab.example/v1', apiKeyEnv: 'LAB_KEY' };
const ELSEWHERE = { ...LAB, baseUrl: 'https://elsewhere.example/v1' };

const keyOf = (window: TestWindow, name = 'lab'): Promise<string | null> =>
  window.keys.get(window.provider(name), endpointFor(window.provider(name)));

test('a typed key is kept without spaces for its origin, and another address never gets it', async (t) => {
  const window = openWindow(t, { settings: { providers: { lab: { ...LAB, apiKeyEnv: undefined } } } });
  window.host.willType(/sent only to https:\/\/lab\.example/, '  sk-typed-1 ');
  assert.equal(await window.keys.ask(window.provider('lab')), true);
  assert.equal(await keyOf(window), 'sk-typed-1');
  assert.equal(await window.keys.origin(window.provider('lab')), 'stored');
  await window.change('providers', { lab: { ...ELSEWHERE, apiKeyEnv: undefined } });
  assert.equal(await keyOf(window), null);
  // A provider of another name at the same address has keys of its own.
  await window.change('providers', { lab2: { ...LAB, apiKeyEnv: undefined } });
  assert.equal(await keyOf(window, 'lab2'), null);
  await window.change('providers', { lab: { ...LAB, apiKeyEnv: undefined } });
  assert.equal(await keyOf(window), 'sk-typed-1');
  await window.keys.remove(window.provider('lab'));
  assert.equal(await keyOf(window), null);
  assert.deepEqual([...window.secrets.values], []);
});

test('a key with spaces inside is refused, nothing and Escape store nothing', async (t) => {
  const window = openWindow(t, { settings: { providers: { lab: { ...LAB, apiKeyEnv: undefined } } } });
  const lab = window.provider('lab');
  window.host.willType(/API key for lab/, 'sk 1');
  await assert.rejects(window.keys.ask(lab), /is refused/);
  for (const nothing of ['   ', undefined]) {
    window.host.willType(/API key for lab/, nothing);
    assert.equal(await window.keys.ask(lab), false);
  }
  assert.deepEqual([...window.secrets.values], []);
});

test('the key of a variable waits for the user, is asked about once in a window, and goes after the answer', async (t) => {
  const window = openWindow(t, { settings: { providers: { lab: LAB } }, env: { LAB_KEY: 'sk-env' } });
  assert.equal(await window.keys.origin(window.provider('lab')), 'not-agreed');
  assert.equal(await keyOf(window), null);
  assert.equal(await keyOf(window), null);
  await settle();
  assert.deepEqual(window.host.said, [
    'Send the key in the environment variable LAB_KEY to https://lab.example? The provider lab names it.',
  ]);
  // Another address is another question.
  await window.change('providers', { lab: ELSEWHERE });
  window.host.willClick(/to https:\/\/elsewhere\.example/, 'Send the Key');
  let changes = 0;
  window.keys.onChange(() => changes++);
  assert.equal(await keyOf(window), null);
  await settle();
  assert.ok(changes > 0, 'who shows the state of the key is told');
  assert.equal(await keyOf(window), 'sk-env');
  assert.equal(window.host.said.length, 2);
});

test('without a keyring a consent lasts for this window, and the views of the state are updated', async (t) => {
  const window = openWindow(t, { settings: { providers: { lab: LAB } }, env: { LAB_KEY: 'sk-env' } });
  window.secrets.locked = true;
  let changes = 0;
  window.keys.onChange(() => changes++);
  await window.keys.agree(window.provider('lab'));
  assert.equal(await keyOf(window), 'sk-env');
  assert.ok(changes > 0);
});

test('a user who agrees to send to a place agrees to the variable that is named for it, and to no other', async (t) => {
  const window = openWindow(t, {
    settings: { providers: { lab: LAB, other: ELSEWHERE } },
    env: { LAB_KEY: 'sk-env' },
  });
  await window.config.agree(['https://lab.example'], 'mid');
  await settle();
  assert.equal(await window.keys.origin(window.provider('lab')), 'environment');
  assert.equal(await window.keys.origin(window.provider('other')), 'not-agreed');
});

test('an agreed place without an agreed variable sends no key: settings can name another variable at any time', async (t) => {
  const window = openWindow(t, {
    settings: { providers: { lab: LAB } },
    env: { LAB_KEY: 'sk-env' },
    consents: ['https://lab.example'],
  });
  assert.equal(await keyOf(window), null);
  assert.equal(await window.keys.origin(window.provider('lab')), 'not-agreed');
  await window.keys.agree(window.provider('lab'));
  assert.equal(await keyOf(window), 'sk-env');
  await window.keys.remove(window.provider('lab'));
  assert.equal(await window.keys.origin(window.provider('lab')), 'not-agreed', 'what was removed stays removed');
});

test('a keyring that cannot be read rejects with a message, and is asked again once it is open', async (t) => {
  const window = openWindow(t, { settings: { providers: { lab: { ...LAB, apiKeyEnv: undefined } } } });
  await window.keys.store(window.provider('lab'), 'sk-1');
  window.secrets.locked = true;
  await assert.rejects(keyOf(openLocked(window)), /keyring is locked/);
  assert.equal(await window.keys.origin(window.provider('lab')), 'unreadable');
  window.secrets.locked = false;
  assert.equal(await keyOf(window), 'sk-1');
});

/** Forgets what was read, as another window's change of the storage does. */
function openLocked(window: TestWindow): TestWindow {
  window.secrets.changedElsewhere();
  return window;
}

test('headers that carry keys are kept for their origin, count as a key, and are removed with it', async (t) => {
  const window = openWindow(t, { settings: { providers: { lab: { ...LAB, apiKeyEnv: undefined } } } });
  const lab = window.provider('lab');
  await window.keys.storeHeaders(lab, { 'api-key': 'azure-1' });
  assert.deepEqual(await window.keys.headers(lab, endpointFor(lab)), { 'api-key': 'azure-1' });
  assert.equal(await window.keys.origin(lab), 'stored', 'else the page offers no way to remove them');
  await window.change('providers', { lab: { ...ELSEWHERE, apiKeyEnv: undefined } });
  const moved = window.provider('lab');
  assert.deepEqual(await window.keys.headers(moved, endpointFor(moved)), {});
  await window.keys.remove(lab);
  assert.deepEqual(await window.keys.headers(lab, endpointFor(lab)), {});
  assert.deepEqual([...window.secrets.values], []);
});

test('no key that was read is in the log', async (t) => {
  const window = openWindow(t, { settings: { providers: { lab: { ...LAB, apiKeyEnv: undefined } } } });
  await window.keys.store(window.provider('lab'), 'plain-words-as-a-key');
  await window.keys.storeHeaders(window.provider('lab'), { 'x-token': 'other-plain-words' });
  await keyOf(window);
  await window.keys.headers(window.provider('lab'), endpointFor(window.provider('lab')));
  window.log.warn('sent plain-words-as-a-key and other-plain-words');
  window.log.error('call', new Error('refused: plain-words-as-a-key'));
  assert.doesNotMatch(JSON.stringify([window.host.channels[0]?.lines, window.log.recent]), /plain-words/);
});

test('Set API key lists every provider with the state of its key, and says when it is stored', async (t) => {
  const window = openWindow(t, { settings: { providers: { lab: { ...LAB, apiKeyEnv: undefined } } } });
  window.host.willPick(/Set API key/, 'lab');
  window.host.willType(/API key for lab/, 'sk-1');
  await window.keys.pick([...window.config.settings.providers.values()]);
  assert.deepEqual(window.host.said, ['The key for lab has been saved.']);
  window.host.willPick(/Set API key/, undefined);
  await window.keys.pick([...window.config.settings.providers.values()]);
  assert.equal(window.host.said.length, 1);
});

test('Set API key begins with what a tier uses and lacks a key for, and ends with servers that need none', async (t) => {
  const window = openWindow(t, { settings: { 'tiers.frontier': ['anthropic/claude-opus-5'] } });
  const { keys, config, provider } = window;
  await keys.store(provider('openrouter'), 'sk-1');
  const shown: string[] = [];
  t.mock.method(window.host, 'pick', (items: readonly { label: string }[]) => {
    shown.push(...items.map(({ label }) => label));
  });
  await keys.pick([...config.settings.providers.values()]);
  assert.equal(shown[0], 'Anthropic');
  assert.deepEqual(shown.slice(-2).sort(), ['LiteLLM', 'Ollama']);
  assert.ok(shown.indexOf('OpenRouter') < shown.indexOf('Groq'), shown.join());
});

test('Set API key asks to send the key of a variable before it asks for another one', async (t) => {
  const window = openWindow(t, { settings: { providers: { lab: LAB } }, env: { LAB_KEY: 'sk-env' } });
  window.host.willClick(/A key belongs to the address/, 'Send the Key');
  assert.equal(await window.keys.ask(window.provider('lab')), true);
  assert.equal(await keyOf(window), 'sk-env');
  assert.equal(window.host.messages[0]?.modal, true);
});

test('an address that cannot be used gets no key and asks for none', async (t) => {
  const window = openWindow(t);
  const bad = { ...window.provider('openrouter'), name: 'bad', baseUrl: 'not an address' };
  assert.equal(await window.keys.ask(bad), false);
  await window.keys.store(bad, 'sk-1');
  await window.keys.storeHeaders(bad, { 'x-key': '1' });
  await window.keys.agree(bad);
  await window.keys.remove(bad);
  assert.equal(await window.keys.origin(bad), 'missing');
  assert.equal(await window.keys.confirm(bad), true, 'there is nothing to ask');
  assert.deepEqual([...window.secrets.values], []);
});

test('every state of a key has its own text', (t) => {
  const { provider } = openWindow(t, { settings: { providers: { lab: LAB } } });
  const origins: KeyOrigin[] = ['environment', 'stored', 'missing', 'not-needed', 'not-agreed', 'unreadable'];
  const words = origins.map((origin) => keyWords(origin, provider('lab')));
  assert.equal(new Set(words).size, origins.length);
  for (const text of [words[0], words[4]]) assert.match(text ?? '', /LAB_KEY/);
});
