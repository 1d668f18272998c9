import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agreeTo, agreeToList, agreeToServer } from '../../../src/editor/platform/consent.ts';
import { openWindow, type TestWindow } from '../../support/window.ts';

/** What the user is asked before something is sent outside of the chat, and what the answer allows. */

const LAB = { kind: 'openai', baseUrl: 'https://lab.example/v1' };
const listing = (window: TestWindow) => agreeToList(window.provider('lab'), window);

test('a test of a tier asks once for its place, with model, price and the variable; the answer is for that tier', async (t) => {
  const window = openWindow(t, {
    settings: { providers: { lab: { ...LAB, apiKeyEnv: 'LAB_KEY', prices: { big: { input: 1, output: 2 } } } } },
  });
  const { host, config, prices } = window;
  const ask = () => agreeTo(window.provider('lab'), 'big', config, prices, true, 'mid');
  assert.equal(await ask(), false, 'closing the question is no');
  assert.deepEqual([...config.settings.consent], []);
  host.willClick(/Send to lab\.example\?/, 'Allow');
  assert.equal(await ask(), true);
  const [, question] = host.messages;
  assert.equal(question?.modal, true);
  assert.match(question?.detail ?? '', /big \(\$1 in.*\$2 out.*The key in the environment variable LAB_KEY is sent/s);
  assert.deepEqual([...config.settings.consent], ['https://lab.example mid']);
  assert.equal(await ask(), true);
  assert.equal(host.messages.length, 2, 'it is not asked again');
  assert.equal(await agreeTo(window.provider('lab'), 'big', config, prices, true, 'frontier'), false);
});

test('an Ollama on this computer needs no consent, another one is asked about, unencrypted ones say so', async (t) => {
  const { host, config } = openWindow(t);
  assert.equal(await agreeToServer('http://127.0.0.1:11434', config), true);
  assert.equal(await agreeToServer('no address', config), false);
  assert.equal(host.messages.length, 0);
  assert.equal(await agreeToServer('http://192.168.1.7:11434', config), false);
  assert.match(host.messages[0]?.detail ?? '', /another computer.*The connection is not encrypted\./s);
  host.willClick(/192\.168\.1\.7:11434/, 'Allow');
  assert.equal(await agreeToServer('http://192.168.1.7:11434', config), true);
  assert.deepEqual([...config.settings.consent], ['http://192.168.1.7:11434 local']);
  assert.equal(await agreeToServer('http://192.168.1.7:11434', config), true);
  assert.equal(host.messages.length, 2);
});

test('a provider that gets nothing of the user is asked for its models without a question', async (t) => {
  const window = openWindow(t, { settings: { providers: { lab: LAB } } });
  assert.equal(await listing(window), 'needless');
  await window.keys.store(window.provider('lab'), 'sk-typed');
  assert.equal(await listing(window), 'needless', 'the key was typed for this address');
  assert.equal(window.host.messages.length, 0);
});

test('the question for models names what is sent with it: the variable and every header, never a value', async (t) => {
  const window = openWindow(t, {
    settings: { providers: { lab: { ...LAB, apiKeyEnv: 'LAB_KEY', headers: { 'X-Team': 'compilers' } } } },
    env: { LAB_KEY: 'sk-env' },
  });
  await window.keys.storeHeaders(window.provider('lab'), { 'api-key': 'azure-1' });
  assert.equal(await listing(window), 'refused');
  assert.equal(await window.keys.origin(window.provider('lab')), 'not-agreed', 'no is no');
  const [question] = window.host.messages;
  assert.equal(question?.text, 'Ask https://lab.example for its models?');
  assert.match(question.detail ?? '', /LAB_KEY is sent with it\. These headers are sent with it: X-Team, api-key\./);
  assert.doesNotMatch(JSON.stringify(window.host.messages), /sk-env|azure-1|compilers/);
  window.host.willClick(/for its models/, 'Ask for Models');
  assert.equal(await listing(window), 'agreed');
  assert.equal(await window.keys.origin(window.provider('lab')), 'environment');
  assert.deepEqual([...window.config.settings.consent], [], 'no code may be sent because of it');
});

test('a header that carries a key is asked about when it is all that there is', async (t) => {
  const window = openWindow(t, { settings: { providers: { lab: LAB } } });
  await window.keys.storeHeaders(window.provider('lab'), { 'api-key': 'azure-1' });
  window.host.willClick(/for its models/, 'Ask for Models');
  assert.equal(await listing(window), 'agreed');
});

test('with consent only the variable is asked about; what may not be sent at all asks nothing', async (t) => {
  const window = openWindow(t, {
    settings: { providers: { lab: { ...LAB, apiKeyEnv: 'LAB_KEY' } } },
    env: { LAB_KEY: 'sk-env' },
  });
  window.host.trusted = false;
  assert.equal(await listing(window), 'needless');
  window.host.trusted = true;
  await window.change('private', true);
  assert.equal(await listing(window), 'needless');
  assert.equal(window.host.messages.length, 0);
  await window.change('private', false);
  window.memory.values.set('consents', ['https://lab.example']);
  await window.change('private', undefined);
  assert.equal(await listing(window), 'refused');
  window.host.willClick(/Send the key in the environment variable LAB_KEY/, 'Send the Key');
  assert.equal(await listing(window), 'needless');
});

test('a keyring that is locked does not keep the question for headers from being asked', async (t) => {
  const window = openWindow(t, { settings: { providers: { lab: { ...LAB, headers: { 'X-Team': 'c' } } } } });
  window.secrets.locked = true;
  window.host.willClick(/for its models/, 'Ask for Models');
  assert.equal(await listing(window), 'agreed');
});
