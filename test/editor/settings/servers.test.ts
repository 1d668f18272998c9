import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SettingsState } from '../../../src/protocol/settings.ts';
import type { Tier } from '../../../src/core/common/types.ts';
import type { LocalModelState } from '../../../src/core/completion/localModel.ts';
import { startOllama } from '../../servers/ollama.ts';
import { startOpenAi } from '../../servers/openai.ts';
import { openSettingsPage } from '../../support/settingsPage.ts';
import { settle, until } from '../../support/window.ts';

/** Tests of the tiers, and what the page does with Ollama: real requests to servers on this computer. */

const real = (url: string, init: RequestInit): Promise<Response> => globalThis.fetch(url, init);
const tierOf = (state: SettingsState, tier: Tier) => state.tiers.find((each) => each.tier === tier);
const wordsOf = (state: SettingsState, tier: Tier): string => {
  const test = tierOf(state, tier)?.test;
  return test && 'words' in test ? test.words : '';
};
const FILL = {
  kind: 'fim',
  prompt: { prefix: 'a = ', suffix: '\n' },
  maxTokens: 16,
  temperature: 0,
  stop: [],
} as const;

test('a test of a tier is one cheap call after one question, with its time and cost, and is on the ledger', async (t) => {
  const cloud = await startOpenAi({ apiKey: 'sk-1', models: [{ name: 'mid', price: { input: 1, output: 2 } }] });
  t.after(() => cloud.stop());
  const page = await openSettingsPage(t, {
    settings: {
      providers: { lab: { kind: 'openai', baseUrl: cloud.baseUrl, prices: { mid: { input: 1, output: 2 } } } },
      'tiers.mid': ['lab/mid'],
    },
    answer: real,
  });
  await page.keys.store(page.provider('lab'), 'sk-1');
  const refused = await page.done({ kind: 'testTier', tier: 'mid' });
  assert.equal(tierOf(refused, 'mid')?.test.state, 'idle');
  assert.equal(cloud.book.calls.length, 0, 'nothing is sent before the user agrees');
  page.host.willClick(/Send to 127\.0\.0\.1/, 'Allow');
  cloud.script('ready');
  const state = await page.after({ kind: 'testTier', tier: 'mid' }, (s) => tierOf(s, 'mid')?.test.state === 'ok');
  assert.match(wordsOf(state, 'mid'), /^Answered in .* s \(first token after .* s\), .*\$0\.0/);
  const rows = await page.store.rows({ since: 0, limit: 10 });
  assert.deepEqual(
    rows.map(({ task, tier }) => [task, tier]),
    [['test', 'mid']],
  );
  assert.equal(cloud.book.calls.length, 1);
});

test('a test that fails says why, and one that throws does not run forever', async (t) => {
  const cloud = await startOpenAi({ apiKey: 'sk-1', models: ['mid'] });
  t.after(() => cloud.stop());
  const page = await openSettingsPage(t, {
    settings: { providers: { lab: { kind: 'openai', baseUrl: cloud.baseUrl } }, 'tiers.mid': ['lab/mid'] },
    consents: [cloud.url],
    answer: real,
    infillTest: () => Promise.reject(new Error('the local tier did not start')),
  });
  const wrong = await page.after({ kind: 'testTier', tier: 'mid' }, (s) => tierOf(s, 'mid')?.test.state === 'failed');
  assert.match(wordsOf(wrong, 'mid'), /401/);
  // A failure of our own: the words say it, and the button works again.
  await page.change('tiers.local', ['lab/mid']);
  const own = await page.after({ kind: 'testTier', tier: 'local' }, (s) => tierOf(s, 'local')?.test.state === 'failed');
  assert.equal(wordsOf(own, 'local'), 'the local tier did not start');
  assert.match(page.host.said.join('\n'), /That did not work: the local tier did not start/);
  // Another chain is not the one that was tested.
  const other = await page.after(
    { kind: 'setTier', tier: 'mid', chain: [] },
    (s) => tierOf(s, 'mid')?.chain.length === 0,
  );
  assert.equal(tierOf(other, 'mid')?.test.state, 'idle');
  await page.done({ kind: 'testTier', tier: 'mid' });
  assert.equal(cloud.book.calls.length, 1);
});

test('the local tier is loaded first and told apart from a model that fills nothing in', async (t) => {
  const ollama = await startOllama({ models: ['qwen2.5-coder:1.5b-base'] });
  t.after(() => ollama.stop());
  const page = await openSettingsPage(t, {
    settings: { 'ollama.baseUrl': ollama.url, 'tiers.local': ['ollama/qwen2.5-coder:1.5b-base'] },
    answer: real,
    infillTest: () => Promise.resolve(FILL),
  });
  ollama.script('1;');
  const ok = await page.after({ kind: 'testTier', tier: 'local' }, (s) => tierOf(s, 'local')?.test.state === 'ok');
  assert.match(wordsOf(ok, 'local'), /, free\. Fill-in-the-middle works\. Memory: loaded in .* s/);
  assert.equal(ollama.loads('qwen2.5-coder:1.5b-base'), 1);
  ollama.script('  ');
  const empty = await page.after(
    { kind: 'testTier', tier: 'local' },
    (s) => tierOf(s, 'local')?.test.state === 'failed',
  );
  assert.match(wordsOf(empty, 'local'), /couldn't fill a gap/);
  assert.equal(tierOf(empty, 'local')?.chain[0]?.warning, '');
});

test('where it is unknown whether the local model can infill, the page offers a try, and an answer in words is not a proof', async (t) => {
  const ollama = await startOllama({ models: ['mycompany/complete:v2'] });
  t.after(() => ollama.stop());
  const model = { provider: 'ollama', model: 'mycompany/complete:v2' };
  const page = await openSettingsPage(t, {
    settings: { 'ollama.baseUrl': ollama.url, 'tiers.local': ['ollama/mycompany/complete:v2'] },
    answer: real,
    infillTest: () => Promise.resolve({ ...FILL, prompt: { raw: 'a = ' } }),
    localState: () => ({ tier: 'local', model, ready: false, words: 'try it', next: 'try-infill' }),
  });
  assert.equal(tierOf(page.state, 'local')?.triesInfill, true);
  assert.equal(tierOf(page.state, 'mid')?.triesInfill, false);
  ollama.script('Sure, here is the function.');
  const words = await page.after(
    { kind: 'testTier', tier: 'local' },
    (s) => tierOf(s, 'local')?.test.state === 'failed',
  );
  assert.match(wordsOf(words, 'local'), /couldn't fill a gap/);
});

test('the check-up offers the try as well, and no longer once the model has filled a gap', async (t) => {
  const ollama = await startOllama({ models: ['mycompany/complete:v2'] });
  t.after(() => ollama.stop());
  const model = { provider: 'ollama', model: 'mycompany/complete:v2' };
  const unproven: LocalModelState = { kind: 'cannot-tell', model, why: 'Gearshift cannot tell.' };
  const proven: LocalModelState = { kind: 'ready', model, format: { mode: 'suffix' }, contextTokens: undefined };
  const page = await openSettingsPage(t, {
    settings: { 'ollama.baseUrl': ollama.url, 'tiers.local': ['ollama/mycompany/complete:v2'] },
    answer: real,
    infillTest: () => Promise.resolve({ ...FILL, prompt: { raw: 'a = ' } }),
    localModel: () => (ollama.book.calls.length > 0 ? proven : unproven),
  });
  ollama.script('1;');
  const state = await page.after({ kind: 'runDoctor' }, (s) => s.doctor.state === 'done');
  const finding = state.doctor.findings.findIndex(({ text }) => text === unproven.why);
  assert.equal(state.doctor.findings[finding]?.fix, 'Try it');
  const tried = await page.after(
    { kind: 'fix', finding },
    (s) => s.doctor.state === 'done' && !s.doctor.findings.some(({ text }) => text === unproven.why),
  );
  assert.equal(tierOf(tried, 'local')?.test.state, 'ok');
});

test('models that are not installed, or do not suit completions, are warned of in the chain', async (t) => {
  const ollama = await startOllama({ models: ['llama3.2:3b'] });
  t.after(() => ollama.stop());
  const page = await openSettingsPage(t, {
    settings: { 'ollama.baseUrl': ollama.url, 'tiers.local': ['ollama/llama3.2:3b', 'ollama/qwen2.5-coder:3b-base'] },
    answer: real,
  });
  const state = await page.after(
    { kind: 'lookForOllama', provider: 'ollama' },
    // What a model can do is known a moment after the server is reached.
    (s) => s.ollama[0]?.state === 'reached' && tierOf(s, 'local')?.chain[0]?.warning !== '',
  );
  const [first, second] = tierOf(state, 'local')?.chain ?? [];
  assert.notEqual(first?.warning, '');
  assert.match(second?.warning ?? '', /is not on this server yet: pull it/);
});

test('the local tier answers with none by default; models on the server that can chat are offered, then chosen or removed', async (t) => {
  const ollama = await startOllama({
    models: [
      { name: 'qwen2.5-coder:1.5b-base', capabilities: ['completion', 'insert'] },
      { name: 'team-chat:7b', capabilities: ['completion'] },
      { name: 'team-embed:1b', capabilities: ['embedding'] },
    ],
  });
  t.after(() => ollama.stop());
  const page = await openSettingsPage(t, { settings: { 'ollama.baseUrl': ollama.url }, answer: real });
  const answersOf = (s: SettingsState) => tierOf(s, 'local')?.answers;
  assert.deepEqual(answersOf(page.state)?.chain, []);
  const found = await page.after(
    { kind: 'lookForOllama', provider: 'ollama' },
    (s) => answersOf(s)?.offers.some(({ installed }) => installed) === true,
  );
  assert.deepEqual(
    answersOf(found)?.offers.map(({ provider, model }) => `${provider}/${model}`),
    ['ollama/team-chat:7b'],
  );
  assert.equal(tierOf(found, 'mid')?.answers, undefined);
  const chosen = await page.after(
    { kind: 'setLocalAnswers', chain: ['ollama/team-chat:7b'] },
    (s) => answersOf(s)?.chain.length === 1,
  );
  assert.deepEqual(answersOf(chosen), { chain: ['ollama/team-chat:7b'], offers: [] });
  await page.after({ kind: 'setLocalAnswers', chain: [] }, (s) => answersOf(s)?.chain.length === 0);
});

test('a model that is on the server and not recommended can be used: for completions when it can infill, else for chat', async (t) => {
  const ollama = await startOllama({
    models: [
      { name: 'team-fim:7b', family: 'qwen2', capabilities: ['completion', 'insert'] },
      { name: 'team-chat:7b', capabilities: ['completion'] },
      { name: 'team-embed:1b', capabilities: ['embedding'] },
    ],
  });
  t.after(() => ollama.stop());
  const page = await openSettingsPage(t, {
    settings: { 'ollama.baseUrl': ollama.url, 'tiers.local': ['ollama/other'], 'tiers.mid': ['ollama/else'] },
    answer: real,
  });
  const state = await page.after(
    { kind: 'lookForOllama', provider: 'ollama' },
    (s) => s.ollama[0]?.state === 'reached',
  );
  assert.deepEqual(Object.fromEntries((state.ollama[0]?.installed ?? []).map(({ model, uses }) => [model, uses])), {
    'team-fim:7b': ['local'],
    'team-chat:7b': ['mid'],
    'team-embed:1b': [],
  });
  const use = { kind: 'useModel', provider: 'ollama' } as const;
  await page.after({ ...use, model: 'team-fim:7b', tier: 'local' }, (s) => s.tiers[0]?.chain.length === 2);
  assert.deepEqual(page.setting('tiers.local'), ['ollama/team-fim:7b', 'ollama/other']);
  await page.after({ ...use, model: 'team-chat:7b', tier: 'mid' }, (s) => s.tiers[1]?.chain.length === 2);
  assert.deepEqual(page.setting('tiers.mid'), ['ollama/team-chat:7b', 'ollama/else']);
});

test('a pull shows its progress, can be stopped and continues, and puts the model first in the local tier', async (t) => {
  const ollama = await startOllama({ models: [], registry: { 'qwen2.5-coder:1.5b-base': [4_000_000, 1_000] } });
  t.after(() => ollama.stop());
  ollama.timing.pullBytesPerSecond = 2_000_000;
  const page = await openSettingsPage(t, {
    settings: { 'ollama.baseUrl': ollama.url, 'tiers.local': ['ollama/other'] },
    answer: real,
  });
  const pull = { kind: 'pull', provider: 'ollama', model: 'qwen2.5-coder:1.5b-base', use: true } as const;
  const pullOf = (s: SettingsState) => s.ollama[0]?.pulls[0];
  await page.after(pull, (s) => (pullOf(s)?.percent ?? 0) > 0);
  assert.equal(page.host.progress[0]?.title, 'Pulling qwen2.5-coder:1.5b-base');
  const stopped = await page.after(
    { kind: 'cancelPull', provider: 'ollama', model: pull.model },
    (s) => pullOf(s)?.state === 'cancelled',
  );
  assert.match(pullOf(stopped)?.words ?? '', /^Stopped at .* of .*\. Pulling again resumes from there\.$/);
  assert.deepEqual(page.setting('tiers.local'), ['ollama/other'], 'a model that is not there is not used');
  ollama.timing.pullBytesPerSecond = Infinity;
  const done = await page.after(pull, (s) => pullOf(s)?.state === 'done' && s.tiers[0]?.chain.length === 2);
  assert.equal(pullOf(done)?.words, 'qwen2.5-coder:1.5b-base is there.');
  assert.deepEqual(page.setting('tiers.local'), ['ollama/qwen2.5-coder:1.5b-base', 'ollama/other']);
  assert.equal(page.rechecked, 1);
});

test('a pull that fails says why and offers to pull again; the notification can stop one too', async (t) => {
  const ollama = await startOllama({ models: [], registry: { 'big:1b': [50_000_000] } });
  t.after(() => ollama.stop());
  const page = await openSettingsPage(t, { settings: { 'ollama.baseUrl': ollama.url }, answer: real });
  const pullOf = (s: SettingsState, model: string) => s.ollama[0]?.pulls.find((each) => each.model === model);
  const missing = { kind: 'pull', provider: 'ollama', model: 'no-such:1b', use: false } as const;
  const failed = await page.after(missing, (s) => pullOf(s, 'no-such:1b')?.state === 'failed');
  assert.deepEqual(page.host.said, [pullOf(failed, 'no-such:1b')?.words]);
  assert.deepEqual(page.host.messages[0]?.buttons, ['Pull again']);
  ollama.timing.pullBytesPerSecond = 1_000_000;
  await page.after({ ...missing, model: 'big:1b' }, (s) => pullOf(s, 'big:1b')?.state === 'running');
  page.host.progress.at(-1)?.cancel();
  await until(() => pullOf(page.state, 'big:1b')?.state === 'cancelled');
  assert.equal(page.host.messages.length, 1, 'who stops a download is not told that it failed');
});

test('a download ends when the extension does', async (t) => {
  const ollama = await startOllama({ models: [], registry: { 'big:1b': [50_000_000] } });
  t.after(() => ollama.stop());
  ollama.timing.pullBytesPerSecond = 1_000_000;
  const page = await openSettingsPage(t, { settings: { 'ollama.baseUrl': ollama.url }, answer: real });
  await page.after({ kind: 'pull', provider: 'ollama', model: 'big:1b', use: false }, (s) => s.ollama[0]?.pulls.length);
  page.panel.dispose();
  await settle();
  const { length } = page.posted;
  await until(() => ollama.book.entries.some(({ path, closedBy }) => path === '/api/pull' && closedBy === 'client'));
  assert.ok(page.posted.length <= length + 1);
  assert.equal(page.host.said.length, 0);
});

test('loaded models are listed and unloaded; a server that is not there says so, also for an unload', async (t) => {
  const ollama = await startOllama({ models: ['qwen2.5-coder:1.5b-base'] });
  const page = await openSettingsPage(t, { settings: { 'ollama.baseUrl': ollama.url }, answer: real });
  ollama.preload('qwen2.5-coder:1.5b-base');
  const look = { kind: 'lookForOllama', provider: 'ollama' } as const;
  const unload = { kind: 'unload', provider: 'ollama', model: 'qwen2.5-coder:1.5b-base' } as const;
  const state = await page.after(look, (s) => s.ollama[0]?.running.length === 1);
  assert.match(state.ollama[0]?.running[0]?.words ?? '', /unloads in|stays loaded/);
  await page.after(unload, (s) => s.ollama[0]?.state === 'reached' && s.ollama[0].running.length === 0);
  assert.equal(page.host.said.length, 0);
  await ollama.stop();
  const gone = await page.after(unload, (s) => s.ollama[0]?.state === 'unreachable');
  assert.match(gone.ollama[0]?.words ?? '', /No Ollama at 127\.0\.0\.1/);
  await until(() => page.host.said.length > 0);
  assert.match(page.host.said.join(), /No Ollama at 127\.0\.0\.1/);
});

test("how long models stay loaded is written beside the provider's other fields, and can be removed", async (t) => {
  const page = await openSettingsPage(t, { settings: { providers: { ollama: { headers: { 'X-A': '1' } } } } });
  const set = (value: '' | '2h') =>
    page.after({ kind: 'setKeepAlive', provider: 'ollama', value }, (s) => s.ollama[0]?.keepAlive === value);
  await set('2h');
  assert.deepEqual(page.setting('providers'), { ollama: { headers: { 'X-A': '1' }, keepAlive: '2h' } });
  await set('');
  assert.deepEqual(page.setting('providers'), { ollama: { headers: { 'X-A': '1' } } });
});

test('an Ollama elsewhere is used only when the user says so, and its address says where it comes from', async (t) => {
  const page = await openSettingsPage(t);
  const [ollama] = page.state.ollama;
  assert.equal(ollama?.note, 'This is the default address.');
  await page.done({ kind: 'useOllamaAt', url: 'http://192.168.1.7:11434' });
  assert.equal(page.setting('ollama.baseUrl'), undefined);
  page.host.willClick(/192\.168\.1\.7:11434/, 'Allow');
  const moved = await page.after(
    { kind: 'useOllamaAt', url: 'http://192.168.1.7:11434' },
    (s) => s.ollama[0]?.host === '192.168.1.7:11434',
  );
  assert.equal(moved.ollama[0]?.note, 'The address is from gearshift.ollama.baseUrl.');
  await page.done({ kind: 'useOllamaAt', url: 'nonsense' });
  assert.equal(page.setting('ollama.baseUrl'), 'http://192.168.1.7:11434');
  await page.done({ kind: 'openOllamaDownload' });
  assert.equal(page.host.openedOutside[0]?.toString(), 'https://ollama.com/download');
});

test('all models on a server are listed, cloud models under any name are marked, and a version with a security hole is pointed out', async (t) => {
  const ollama = await startOllama({
    version: '0.17.0',
    models: [
      'team-model:7b',
      { name: 'fast', remoteHost: 'http://127.0.0.1:1', remoteModel: 'gpt-oss:120b' },
      'gpt-oss:120b-cloud',
    ],
  });
  t.after(() => ollama.stop());
  const page = await openSettingsPage(t, { settings: { 'ollama.baseUrl': ollama.url }, answer: real });
  const state = await page.after(
    { kind: 'lookForOllama', provider: 'ollama' },
    (s) => s.ollama[0]?.state === 'reached' && s.ollama[0].installed.length > 0,
  );
  const listed = new Map((state.ollama[0]?.installed ?? []).map((each) => [each.model.replace(/:latest$/, ''), each]));
  assert.equal(listed.get('team-model:7b')?.cloud, false);
  for (const name of ['fast', 'gpt-oss:120b-cloud']) {
    assert.equal(listed.get(name)?.cloud, true, name);
    assert.match(listed.get(name)?.words ?? '', /leaves this computer/, name);
  }
  assert.match(state.ollama[0]?.holes ?? '', /CVE-2026-7482/);
});
