import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SettingsFromPage, SettingsState } from '../../../src/protocol/settings.ts';
import { modelsAnswer, openSettingsPage } from '../../support/settingsPage.ts';
import { endpointFor } from '../../support/window.ts';

/** The page's providers: what their form writes, where keys go, and what a test sends and says. */

const LAB = { kind: 'openai', baseUrl: 'https://lab.example/v1' };
const FORM: Extract<SettingsFromPage, { kind: 'setProvider' }> = {
  kind: 'setProvider',
  edit: 'e-1',
  name: 'lab',
  providerKind: 'openai',
  baseUrl: 'https://lab.example/v1',
  apiKeyEnv: '',
  headers: [],
};
const view = (state: SettingsState, name = 'lab') => state.providers.find((each) => each.name === name);

test('the form writes a provider into the settings, its keys into the secret storage', async (t) => {
  const page = await openSettingsPage(t);
  const headers = [
    { name: 'X-Team', value: 'compilers' },
    { name: 'api-key', value: 'azure-1' },
  ];
  const state = await page.after({ ...FORM, headers }, ({ lastEdit }) => lastEdit?.edit === 'e-1');
  assert.deepEqual(state.lastEdit, { edit: 'e-1', problem: '' });
  assert.deepEqual(page.setting('providers'), { lab: { ...LAB, headers: { 'X-Team': 'compilers' } } });
  assert.deepEqual(view(state)?.headers, [{ name: 'X-Team', value: 'compilers' }]);
  assert.equal(view(state)?.key, 'stored');
  const lab = page.provider('lab');
  assert.deepEqual(await page.keys.headers(lab, endpointFor(lab)), { 'api-key': 'azure-1' });
  assert.doesNotMatch(JSON.stringify([page.posted, [...page.host.settings]]), /azure-1/);
});

test('H8: a key under the plain name of a header goes to the secret storage too', async (t) => {
  const page = await openSettingsPage(t);
  const headers = [
    { name: 'X-Team', value: 'compilers' },
    { name: 'X-Upstream', value: 'Bearer abcd-1234-efgh' },
  ];
  await page.after({ ...FORM, headers }, ({ lastEdit }) => lastEdit?.edit === 'e-1');
  assert.deepEqual(page.setting('providers'), { lab: { ...LAB, headers: { 'X-Team': 'compilers' } } });
  const lab = page.provider('lab');
  assert.deepEqual(await page.keys.headers(lab, endpointFor(lab)), { 'X-Upstream': 'Bearer abcd-1234-efgh' });
});

test('a header that is a key, or belongs to the connection, is refused by the host too', async (t) => {
  const page = await openSettingsPage(t);
  for (const name of ['Authorization', 'authorization', 'Host', 'Content-Length', 'Proxy-Authorization']) {
    const headers = [{ name, value: 'sk-1' }];
    const state = await page.after({ ...FORM, edit: name, headers }, ({ lastEdit }) => lastEdit?.edit === name);
    assert.equal(state.lastEdit?.problem, `The header ${name} cannot be set here.`);
  }
  assert.equal(page.setting('providers'), undefined);
  assert.equal(page.secrets.values.size, 0);
});

test('a variable that was typed beside an address is allowed for it, and for no other', async (t) => {
  const page = await openSettingsPage(t, { env: { LAB_KEY: 'sk-env' } });
  const state = await page.after({ ...FORM, apiKeyEnv: 'LAB_KEY' }, ({ lastEdit }) => lastEdit);
  assert.equal(view(state)?.key, 'environment');
  await page.change('providers', { lab: { ...LAB, baseUrl: 'https://elsewhere.example/v1', apiKeyEnv: 'LAB_KEY' } });
  assert.equal(await page.keys.origin(page.provider('lab')), 'not-agreed');
});

test('an address that cannot be used is refused with the reason, and nothing is written', async (t) => {
  const page = await openSettingsPage(t);
  for (const [baseUrl, words] of [
    ['lab.example/v1', /https:\/\/host\/v1/],
    ['http://lab.example/v1', /https:\/\//],
    ['https://me:secret@lab.example', /user name or password/],
  ] as const) {
    const state = await page.after({ ...FORM, edit: baseUrl.length.toString(), baseUrl }, ({ lastEdit }) => lastEdit);
    assert.match(state.lastEdit?.problem ?? '', words);
  }
  assert.equal(page.setting('providers'), undefined);
});

test('changing a provider keeps what the form does not show; removing it leaves no trace', async (t) => {
  const prices = { big: { input: 1, output: 2 } };
  const page = await openSettingsPage(t, {
    settings: { providers: { lab: { ...LAB, prices, apiKeyEnv: 'OLD', headers: { 'X-Old': '1' } } } },
  });
  await page.after({ ...FORM, baseUrl: 'https://new.example/v1' }, (state) => view(state)?.host === 'new.example');
  assert.deepEqual(page.setting('providers'), { lab: { kind: 'openai', baseUrl: 'https://new.example/v1', prices } });
  await page.after({ kind: 'removeProvider', name: 'lab' }, (state) => !view(state));
  assert.equal(page.setting('providers'), undefined);
});

test('a test without a key says how fast it was and lists the models; a server without models is asked nothing more', async (t) => {
  const page = await openSettingsPage(t, {
    settings: { providers: { lab: { ...LAB, prices: { big: { input: 1, output: 2 } } } } },
    answer: () => modelsAnswer('big', 'small'),
  });
  const state = await page.after({ kind: 'testProvider', provider: 'lab' }, (now) => view(now)?.test.state === 'ok');
  assert.match(JSON.stringify(view(state)?.test), /"Connected in .* s\. 2 models available\."/);
  assert.equal(view(state)?.modelCount, 2);
  const listed = page.posted.find((message) => message.kind === 'models');
  assert.deepEqual(
    listed?.models.map(({ id }) => id),
    ['big', 'small'],
  );
  assert.match(listed?.models[0]?.detail ?? '', /\$1 in · \$2 out/);
  assert.equal(page.host.said.length, 0);
  assert.deepEqual(
    page.sent.map(({ url }) => url).filter((url) => url.includes('lab')),
    ['https://lab.example/v1/models'],
  );
});

test('Test asks once before a variable or a header leaves; no sends nothing, yes sends them', async (t) => {
  const page = await openSettingsPage(t, {
    settings: { providers: { lab: { ...LAB, apiKeyEnv: 'LAB_KEY', headers: { 'X-Team': 'compilers' } } } },
    env: { LAB_KEY: 'sk-env' },
    answer: () => modelsAnswer('big'),
  });
  const sentToLab = () => page.sent.filter(({ url }) => url.includes('lab.example'));
  const refused = await page.done({ kind: 'testProvider', provider: 'lab' });
  assert.equal(view(refused)?.test.state, 'idle');
  assert.deepEqual(sentToLab(), []);
  page.host.willClick(/Ask https:\/\/lab\.example for its models\?/, 'Ask for Models');
  await page.after({ kind: 'testProvider', provider: 'lab' }, (now) => view(now)?.test.state === 'ok');
  const [request] = sentToLab();
  assert.equal(request?.headers.get('authorization'), 'Bearer sk-env');
  assert.equal(request.headers.get('x-team'), 'compilers');
  assert.deepEqual(page.host.said.length, 2, 'one question for each press, and nothing else');
  assert.deepEqual([...page.config.settings.consent], [], 'the chat still asks before the first question');
});

test('a list for the model picker sends nothing that the user did not agree to, and says why', async (t) => {
  const page = await openSettingsPage(t, {
    settings: { providers: { lab: { ...LAB, headers: { 'X-Team': 'compilers' } } } },
    answer: () => modelsAnswer('big'),
  });
  const state = await page.after(
    { kind: 'listModels', provider: 'lab' },
    (now) => view(now)?.listing.state === 'failed',
  );
  assert.match(JSON.stringify(view(state)?.listing), /not agreed/);
  assert.equal(view(state)?.test.state, 'idle');
  assert.deepEqual(
    page.sent.filter(({ url }) => url.includes('lab')),
    [],
  );
});

test('Set key stores what was typed, tests it at once, and Remove key takes it away', async (t) => {
  const page = await openSettingsPage(t, {
    settings: { providers: { lab: LAB } },
    answer: (_, init) =>
      new Headers(init.headers).get('authorization') === 'Bearer sk-right'
        ? modelsAnswer('big')
        : Response.json({ error: { message: 'no' } }, { status: 401 }),
  });
  page.host.willType(/API key for lab/, 'sk-wrong');
  const wrong = await page.after({ kind: 'setKey', provider: 'lab' }, (now) => view(now)?.test.state === 'failed');
  assert.match(JSON.stringify(view(wrong)?.test), /refused the key \(401\)/);
  page.host.willType(/API key for lab/, 'sk-right');
  const right = await page.after({ kind: 'setKey', provider: 'lab' }, (now) => view(now)?.test.state === 'ok');
  assert.equal(view(right)?.key, 'stored');
  await page.after({ kind: 'removeKey', provider: 'lab' }, (now) => view(now)?.key !== 'stored');
  assert.deepEqual([...page.secrets.values], []);
});

test('Set key for a variable that waits for an agreement counts as one, and the test is sent with it', async (t) => {
  const page = await openSettingsPage(t, {
    settings: { providers: { lab: { ...LAB, apiKeyEnv: 'LAB_KEY' } } },
    env: { LAB_KEY: 'sk-env' },
    answer: () => modelsAnswer('big'),
  });
  page.host.willClick(/A key belongs to the address/, 'Send the Key');
  await page.after({ kind: 'setKey', provider: 'lab' }, (now) => view(now)?.test.state === 'ok');
  assert.equal(page.sent.find(({ url }) => url.includes('lab'))?.headers.get('authorization'), 'Bearer sk-env');
});

test('a page cannot make the host write what no form has, nor act on a provider that is not there', async (t) => {
  const page = await openSettingsPage(t);
  const before = new Map(page.host.settings);
  for (const message of [
    { ...FORM, headers: [{ name: 'X A', value: '1' }] },
    { ...FORM, name: 'a/b' },
    { kind: 'setSwitch', setting: 'trusted', on: true },
    { kind: 'unknown' },
    'text',
    null,
  ])
    page.shown.webview.say(message);
  await page.done({ kind: 'testProvider', provider: 'nobody' });
  await page.done({ kind: 'setKey', provider: 'nobody' });
  assert.deepEqual([...page.host.settings], [...before]);
  assert.equal(page.host.said.length, 0);
});

test('an address that is pasted into the form is understood: that of a deployment with its version, that of a request without its path', async (t) => {
  const page = await openSettingsPage(t);
  const pasted = 'https://acme.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=2024-06-01';
  const headers = [{ name: 'api-key', value: 'azure-1' }];
  const state = await page.after({ ...FORM, baseUrl: pasted, headers }, ({ lastEdit }) => lastEdit?.edit === 'e-1');
  assert.deepEqual(state.lastEdit, { edit: 'e-1', problem: '' });
  const lab = page.provider('lab');
  assert.equal(lab.baseUrl, 'https://acme.openai.azure.com/openai/deployments/gpt-4o');
  assert.deepEqual(lab.query, { 'api-version': '2024-06-01' });
  assert.deepEqual(await page.keys.headers(lab, endpointFor(lab)), { 'api-key': 'azure-1' });
});
