import assert from 'node:assert/strict';
import test from 'node:test';
import { LocalModel, RETRY_MS, type LocalModelClient } from '../../../src/core/completion/localModel.ts';
import { ModelError, type Failure } from '../../../src/core/common/failures.ts';
import { Clock, QWEN, settingsWith, settle } from './support.ts';

function modelWith(client: Partial<LocalModelClient> = {}, settings = settingsWith()) {
  const clock = new Clock();
  const asked: string[] = [];
  const states: string[] = [];
  const model = new LocalModel({
    client: {
      show: (ref, signal) => {
        asked.push(`show ${ref.model}`);
        return client.show ? client.show(ref, signal) : Promise.resolve(QWEN);
      },
      load: (ref, signal) => {
        asked.push(`load ${ref.model}`);
        return client.load ? client.load(ref, signal) : Promise.resolve();
      },
    },
    now: clock.now,
  });
  model.configure(settings);
  model.onChange(({ kind }) => states.push(kind));
  const wake = async (trigger: 'typing' | 'invoke' = 'typing'): Promise<string> => {
    model.wake(trigger);
    await settle();
    return model.state.kind;
  };
  return { model, clock, asked, states, wake };
}

const failing = (failure: Failure) => () => Promise.reject(new ModelError(failure));
const REF = { provider: 'ollama', model: 'qwen2.5-coder:1.5b-base' };

test('no server is asked before the user types; then the model is looked up and loaded, once', async () => {
  const { model, asked, states, wake } = modelWith();
  await settle();
  assert.deepEqual([model.state.kind, asked], ['unknown', []]);
  model.wake('typing');
  model.wake('typing');
  await wake();
  assert.deepEqual(states, ['checking', 'loading', 'ready']);
  assert.deepEqual(asked, [`show ${REF.model}`, `load ${REF.model}`]);
  assert.ok(model.state.kind === 'ready' && model.state.format.mode === 'raw' && model.state.contextTokens === 32_768);
});

test('every way not to be ready has a state, a sentence and a next step', async () => {
  const none = { ...QWEN, capabilities: ['completion'], architecture: 'llama', family: 'llama' };
  const cases: [Partial<LocalModelClient>, string, RegExp, string, string?][] = [
    [{ show: failing({ kind: 'model-missing' }) }, 'missing', /ollama pull/, 'pull-model'],
    [{ show: failing({ kind: 'refused' }) }, 'unreachable', /127\.0\.0\.1:11434/, 'start-ollama'],
    [{ show: failing({ kind: 'no-consent' }) }, 'refused', /not agreed/, 'consent'],
    [{ load: failing({ kind: 'server-error', detail: 'out of memory' }) }, 'refused', /out of memory/, 'retry'],
    [{ show: () => Promise.resolve(none) }, 'cannot-infill', /cannot fill a gap/, 'settings', 'llama3.2:3b'],
    [{ show: () => Promise.resolve({ ...QWEN, remoteHost: 'ollama.com' }) }, 'refused', /in the cloud/, 'settings'],
    [{}, 'refused', /in the cloud/, 'settings', 'qwen3-coder:480b-cloud'],
  ];
  for (const [client, state, words, next, name] of cases) {
    const { model, wake } = modelWith(client, settingsWith({}, [name ?? REF.model]));
    assert.equal(await wake(), state);
    const described = model.describe();
    assert.match(described.text, words);
    assert.equal(described.next, next);
  }
});

test('a server beside Ollama is asked how it fills gaps, with the same table of families', async () => {
  const { model, wake } = modelWith(
    { show: () => Promise.resolve({ template: '', family: '', architecture: '' }) },
    settingsWith({}, [REF.model], 'openai'),
  );
  assert.equal(await wake(), 'ready');
  assert.ok(model.state.kind === 'ready' && model.state.format.mode === 'raw');
});

test('an unknown ability to infill is a state, which a right answer ends', async () => {
  const show = () => Promise.resolve({ template: '', family: '', architecture: '' });
  const { model, wake } = modelWith({ show }, settingsWith({}, ['mycompany/complete:v2'], 'openai'));
  assert.equal(await wake(), 'cannot-tell');
  const { text, next } = model.describe();
  assert.match(text, /cannot tell whether mycompany\/complete:v2 can infill/);
  assert.equal(next, 'try-infill');
  model.prove('starcoder');
  await settle();
  assert.ok(model.state.kind === 'ready' && model.state.format.mode === 'raw');
  assert.equal(model.state.format.family.name, 'starcoder');
});

test('a check asks the server, does not wait for the load, and ends with the signal', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { model, asked } = modelWith({ load: () => promise });
  const state = await model.check(new AbortController().signal);
  assert.equal(state.kind, 'loading');
  assert.equal((await model.check(new AbortController().signal)).kind, 'loading');
  resolve();
  await settle();
  assert.equal((await model.check(new AbortController().signal)).kind, 'ready');
  assert.deepEqual(asked, [`show ${REF.model}`, `load ${REF.model}`]);

  const { model: other } = modelWith({ show: () => new Promise(() => undefined) });
  const until = new AbortController();
  const checked = other.check(until.signal);
  until.abort();
  await assert.rejects(checked);
});

test('L09: a server that is down for an hour of typing is asked at most 130 times', async () => {
  const { asked, clock, wake } = modelWith({ show: failing({ kind: 'refused' }) });
  for (let ms = 0; ms < 3_600_000; ms += 1_000) {
    clock.ms += 1_000;
    await wake();
  }
  assert.ok(asked.length <= 130 && asked.length >= 100, String(asked.length));
});

test('a user who asks by key is answered at once, and a server that came back is found', async () => {
  let up = false;
  const { wake } = modelWith({
    show: () => (up ? Promise.resolve(QWEN) : Promise.reject(new ModelError({ kind: 'refused' }))),
  });
  assert.equal(await wake(), 'unreachable');
  up = true;
  assert.equal(await wake(), 'unreachable');
  assert.equal(await wake('invoke'), 'ready');
});

test('other settings are another model; the same settings are not', async () => {
  const { model, asked, wake } = modelWith();
  await wake();
  model.configure(settingsWith({ enabled: false }));
  assert.equal(model.state.kind, 'ready');
  model.configure(settingsWith({}, ['codestral:22b']));
  await settle();
  assert.equal(model.state.kind, 'ready');
  assert.deepEqual(asked.slice(2), ['show codestral:22b', 'load codestral:22b']);
  model.configure(settingsWith({}, []));
  assert.equal(model.state.kind, 'none');
});

test('a load for settings that have changed since is abandoned and changes nothing', async () => {
  let given: AbortSignal | undefined;
  const { model, wake } = modelWith({
    load: (ref, signal) => {
      if (ref.model === 'codestral:22b') return Promise.resolve();
      given = signal;
      return new Promise(() => undefined);
    },
  });
  assert.equal(await wake(), 'loading');
  model.configure(settingsWith({}, ['codestral:22b']));
  await settle();
  assert.equal(given?.aborted, true);
  assert.ok(model.state.kind === 'ready' && model.state.model.model === 'codestral:22b');
});

test('after a long rest the model is loaded again, outside any completion', async () => {
  const { asked, clock, model, wake } = modelWith();
  await wake();
  clock.ms += 200_000;
  model.report(REF, null);
  clock.ms += 200_000;
  await wake();
  assert.equal(asked.length, 2);
  clock.ms += 100_000;
  assert.equal(await wake(), 'ready');
  assert.deepEqual(asked.slice(2), [`load ${REF.model}`]);
});

test('a completion that waited in vain for its first token means a model that was unloaded', async () => {
  const { asked, model, wake } = modelWith();
  await wake();
  model.report(REF, { kind: 'timeout', waitingFor: 'headers' });
  await settle();
  assert.deepEqual([model.state.kind, asked.at(-1), asked.length], ['ready', `load ${REF.model}`, 3]);
});

test('single failures are forgiven, three in a row are not, and a success forgets them', async () => {
  const { model, clock, wake } = modelWith();
  await wake();
  const fail = (): string => {
    model.report(REF, { kind: 'server-error' });
    return model.state.kind;
  };
  assert.deepEqual([fail(), fail()], ['ready', 'ready']);
  model.report(REF, null);
  assert.deepEqual([fail(), fail()], ['ready', 'ready']);
  for (let n = 0; n < 5; n++) model.report(REF, { kind: 'incomplete', endedByServer: true });
  assert.equal(model.state.kind, 'ready', 'Ollama ends an answer that repeats itself');
  assert.deepEqual([fail(), fail(), fail()], ['ready', 'ready', 'refused']);
  clock.ms += RETRY_MS;
  assert.equal(await wake(), 'ready');
});

test('waiting for the model ends with the signal', async () => {
  const { model, wake } = modelWith({ load: () => new Promise(() => undefined) });
  await wake();
  const controller = new AbortController();
  const settled = model.settled(controller.signal);
  controller.abort(new Error('gone'));
  await assert.rejects(settled, /gone/);
  assert.equal(model.state.kind, 'loading');
  assert.match(model.describe().text, /being loaded/);
});

test('the state says whether text leaves the computer, and where to', async () => {
  const show = () => Promise.resolve({ template: '', family: '', architecture: '', api: 'mistral-api' as const });
  for (const [baseUrl, leavesTo] of [
    ['https://api.mistral.ai/v1', 'api.mistral.ai'],
    ['http://192.168.1.7:8080/v1', '192.168.1.7:8080'],
    ['http://127.0.0.1:8080/v1', undefined],
    ['http://localhost:8080/v1', undefined],
  ] as const) {
    const settings = settingsWith({}, ['codestral'], 'openai');
    const provider = settings.providers.get('ollama');
    assert.ok(provider);
    const { model, wake } = modelWith(
      { show },
      { ...settings, providers: new Map([['ollama', { ...provider, baseUrl }]]) },
    );
    assert.equal(await wake(), 'ready');
    assert.ok(model.state.kind === 'ready');
    assert.equal(model.state.leavesTo, leavesTo);
    const { text } = model.describe();
    assert.equal(text.includes('leaves this computer'), leavesTo !== undefined, text);
  }
});
